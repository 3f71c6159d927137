//! Where connections lead that were made, for as long as anything may go over them.

use std::collections::BTreeMap;

use crate::limits::CONNECTIONS_KNOWN;
use crate::units::{EndpointId, Moment, RegionId};

/// An endpoint, and the region in which it was found.
pub(super) type Place = (EndpointId, RegionId);

/// Where connections lead. Those that were made one after the other mostly lead to the same place: such a run is kept as one.
#[derive(Clone, Debug, Default)]
pub(super) struct Led {
    /// By the first number of a run.
    runs: BTreeMap<u64, Run>,
    /// When those were made that some of what is not joined yet may have been too early for.
    new: BTreeMap<u64, Moment>,
    /// Whether it was too much to keep.
    pub(super) forgot: bool,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    last: u64,
    place: Place,
    used: Moment,
}

impl Led {
    /// A connection was made.
    pub(super) fn made(&mut self, connection: u64, place: Place, at: Moment) {
        // One that is dialled again in another's place was there before.
        if self.run(connection).is_none() {
            self.new.insert(connection, at);
        } else if let Some(first) = self.new.get_mut(&connection) {
            *first = at.min(*first);
        }
        self.let_go(connection);
        let next = connection.checked_add(1).filter(|next| self.runs.get(next).is_some_and(|run| run.place == place));
        let next = next.and_then(|next| self.runs.remove(&next));
        let last = next.map_or(connection, |run| run.last);
        let used = next.map_or(at, |run| run.used.max(at));
        let before = self.runs.range_mut(..connection).next_back();
        match before.filter(|(_, run)| run.last.checked_add(1) == Some(connection) && run.place == place) {
            Some((_, run)) => *run = Run { last, place, used: used.max(run.used) },
            None => {
                self.runs.insert(connection, Run { last, place, used });
            }
        }
    }

    /// Takes a connection out of its run, and leaves the others of it.
    fn let_go(&mut self, connection: u64) {
        let run = self.runs.range(..=connection).next_back().map(|(first, run)| (*first, *run));
        let Some((first, run)) = run.filter(|(_, run)| connection <= run.last) else { return };
        self.runs.remove(&first);
        if first < connection {
            self.runs.insert(first, Run { last: connection - 1, ..run });
        }
        if connection < run.last {
            self.runs.insert(connection + 1, run);
        }
    }

    fn run(&mut self, connection: u64) -> Option<&mut Run> {
        let (_, run) = self.runs.range_mut(..=connection).next_back()?;
        (connection <= run.last).then_some(run)
    }

    /// Where a connection leads over which something ended then, if it had been made.
    pub(super) fn to(&mut self, connection: u64, ended: Moment) -> Option<Place> {
        if self.new.get(&connection).is_some_and(|made| *made > ended) {
            return None;
        }
        let run = self.run(connection)?;
        run.used = run.used.max(ended);
        Some(run.place)
    }

    /// Whether it is known when it was made.
    pub(super) fn is_new(&self, connection: u64) -> bool {
        self.new.contains_key(&connection)
    }

    /// Forgets when those were made that stood at a moment until when everything is joined, and what was not used for longest, if it is too
    /// much.
    pub(super) fn forget(&mut self, until: Moment) {
        self.new.retain(|_, made| *made > until);
        if self.runs.len() <= CONNECTIONS_KNOWN {
            return;
        }
        self.forgot = true;
        let mut used: Vec<_> = self.runs.iter().map(|(first, run)| (run.used, *first)).collect();
        used.sort_unstable();
        for (_, first) in used.into_iter().take(self.runs.len() - CONNECTIONS_KNOWN / 2) {
            self.runs.remove(&first);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Led, Place};
    use crate::units::{EndpointId, Moment, RegionId};

    const HERE: Place = (EndpointId(0), RegionId(0));
    const THERE: Place = (EndpointId(1), RegionId(0));

    proptest! {
        #[test]
        fn runs_say_of_every_connection_where_it_leads(all in proptest::collection::btree_map(0_u64..40, any::<bool>(), 0..40), order in any::<proptest::sample::Index>()) {
            let mut made: Vec<(u64, bool)> = all.clone().into_iter().collect();
            if !made.is_empty() {
                let middle = order.index(made.len());
                made.rotate_left(middle);
            }
            let mut led = Led::default();
            let place = |here: bool| if here { HERE } else { THERE };
            for (connection, here) in made {
                led.made(connection, place(here), Moment::ZERO);
            }
            for connection in 0..41 {
                prop_assert_eq!(led.to(connection, Moment::ZERO), all.get(&connection).map(|here| place(*here)));
            }
        }
    }

    #[test]
    fn what_is_dialled_again_leaves_the_others_of_its_run() {
        for again in 1..=5 {
            let mut led = Led::default();
            for connection in [1, 2, 3, 4, 5, again] {
                led.made(connection, HERE, Moment::ZERO);
            }
            assert_eq!(led.runs.len(), 1, "{again}");
            led.made(again, THERE, Moment::ZERO);
            for connection in 1..=5 {
                let place = if connection == again { THERE } else { HERE };
                assert_eq!(led.to(connection, Moment::ZERO), Some(place), "{connection} of {again}");
            }
        }
    }

    #[test]
    fn connections_to_one_place_are_one_run() {
        let mut led = Led::default();
        for connection in [3, 1, 2, 5, 4] {
            led.made(connection, HERE, Moment::ZERO);
        }
        assert_eq!(led.runs.len(), 1);
    }
}
