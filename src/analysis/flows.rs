//! Where messages really went: each attempt, and each by which a gateway sends on or has a text inspected, is joined with the connection that carried it, and so with
//! the endpoint and the region that its data touched, whatever the plan says of its route.
//!
//! Data touches a place when a request is handed to a connection that leads there. Whether it was taken there makes no difference, and
//! an attempt for which no connection was made to anywhere, or only after it had ended, touches nothing: what the path refuses by itself
//! goes no further, though the same client's connection may lead on for a later request.

use std::collections::{BTreeMap, BTreeSet};

use super::settle::Course;
use crate::journal::{Attempt, Ending, Hop, Inspected, Onward, Synced};
use crate::limits::{CONNECTIONS_KNOWN, CROSSINGS_TOLD};
use crate::plan::{EndpointKind, Plan, When};
use crate::units::{AccountId, BoundaryId, EndpointId, JourneyId, MessageId, Moment, PhaseId, RegionId, RouteId};

/// What one journey's messages of one phase touched in one place, in one course of things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The journey.
    pub journey: JourneyId,
    /// The phase in which the messages were due.
    pub phase: PhaseId,
    /// In which course of things they were sent.
    pub when: When,
    /// The endpoint that a connection was made to …
    pub endpoint: EndpointId,
    /// … and the region in which it was found.
    pub region: RegionId,
    /// By which gateway it was sent on or inspected, if it was.
    pub via: Option<EndpointId>,
    /// How many attempts were carried there.
    pub attempts: u64,
    /// The bytes of their texts.
    pub bytes: u64,
    /// When the first began …
    pub first: Moment,
    /// … and the last.
    pub last: Moment,
}

/// One attempt that carried a message across a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crossing {
    /// When it began.
    pub at: Moment,
    /// The message.
    pub message: MessageId,
    /// The number of the attempt, or of the gateway's try; 0 of an inspection.
    pub number: u16,
    /// Who sent it.
    pub account: AccountId,
    /// The connection that carried it …
    pub connection: u64,
    /// … to this endpoint …
    pub endpoint: EndpointId,
    /// … in this region.
    pub region: RegionId,
    /// The gateway, if one sent it on or had it inspected.
    pub via: Option<EndpointId>,
    /// The boundary.
    pub boundary: BoundaryId,
    /// In which course of things.
    pub when: When,
}

/// What was carried where, so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Flows {
    led: Led,
    /// Attempts that are not joined yet.
    carried: Vec<Carried>,
    cells: BTreeMap<Cell, Sum>,
    /// The earliest of each boundary and course of things.
    crossings: BTreeMap<(BoundaryId, When), BTreeSet<Crossing>>,
    /// Attempts of which it is not known any more where their connection led.
    pub(super) unknown: u64,
}

type Place = (EndpointId, RegionId);

/// What is summed: by which gateway it was sent on comes last.
type Cell = (JourneyId, PhaseId, When, Place, Option<EndpointId>);

/// An attempt that was handed to a connection.
#[derive(Clone, Copy, Debug)]
struct Carried {
    message: MessageId,
    number: u16,
    route: RouteId,
    via: Option<EndpointId>,
    connection: u64,
    sent: Moment,
    done: Moment,
    /// Whether it is a change of a document that one store told another: then the message itself may be over long ago.
    told: bool,
}

#[derive(Clone, Copy, Debug)]
struct Sum {
    attempts: u64,
    bytes: u64,
    first: Moment,
    last: Moment,
}

impl Flows {
    /// A connection was made. One that leads to nothing that the plan has comes from a damaged journal.
    pub(super) fn hop(&mut self, plan: &Plan, hop: &Hop) {
        if hop.endpoint.index() >= plan.endpoints.len() || hop.to.index() >= plan.regions.len() {
            return;
        }
        self.led.made(hop.connection, (hop.endpoint, hop.to), hop.at);
    }

    /// An attempt has ended.
    pub(super) fn attempt(&mut self, attempt: &Attempt) {
        if let Some(connection) = attempt.connection.filter(|_| attempt.ending != Ending::NotSent) {
            let &Attempt { message, number, route, sent, done, .. } = attempt;
            self.carried.push(Carried { message, number, route, via: None, connection, sent, done, told: false });
        }
    }

    /// A gateway has sent a message on. In which course of things that was, the route tells that led to the gateway.
    pub(super) fn onward(&mut self, plan: &Plan, onward: &Onward) {
        let &Onward { message, number, gateway, sent, done, .. } = onward;
        let Some(route) = leads(plan, message, gateway) else { return };
        if let Some(connection) = onward.connection.filter(|_| onward.ending != Ending::NotSent) {
            self.carried.push(Carried {
                message,
                number,
                route,
                via: Some(gateway),
                connection,
                sent,
                done,
                told: false,
            });
        }
    }

    /// A store has told another one of changes, and with them their texts.
    pub(super) fn synced(&mut self, plan: &Plan, synced: &Synced) {
        let Some(connection) = synced.connection.filter(|_| synced.ending != Ending::NotSent) else { return };
        let (via, sent, done) = (Some(synced.from), synced.sent, synced.done);
        for message in synced.messages.iter().copied().filter(|message| plan.work(*message).is_some()) {
            self.carried.push(Carried {
                message,
                number: 1,
                route: RouteId(0),
                via,
                connection,
                sent,
                done,
                told: true,
            });
        }
    }

    /// A gateway had a message's text inspected, if the text was handed to a connection for that.
    pub(super) fn inspected(&mut self, plan: &Plan, inspected: &Inspected) {
        let &Inspected { message, gateway, asked: sent, done, .. } = inspected;
        let Some(route) = leads(plan, message, gateway) else { return };
        if let Some(connection) = inspected.connection.filter(|_| inspected.exchange > 0) {
            let carried =
                Carried { message, number: 0, route, via: Some(gateway), connection, sent, done, told: false };
            self.carried.push(carried);
        }
    }

    /// Joins the attempts that began until a moment: all that belongs to them has come.
    pub(super) fn join(&mut self, plan: &Plan, courses: &mut [Course], until: Moment) {
        let (now, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.carried).into_iter().partition(|one| one.sent <= until);
        self.carried = later;
        for one in &now {
            match self.led.to(one.connection, one.done) {
                // A sign-in carries no message, and where it leads no data goes.
                Some((endpoint, _)) if matches!(plan.endpoints[endpoint.index()].kind, EndpointKind::Sso(_)) => {}
                Some(place) => self.record(plan, &mut courses[one.message.journey.index()], one, place),
                None => self.unknown += u64::from(self.led.forgot && !self.led.is_new(one.connection)),
            }
        }
        self.led.forget(until);
    }

    fn record(&mut self, plan: &Plan, course: &mut Course, one: &Carried, place: Place) {
        let (endpoint, region) = place;
        let journey = &plan.journeys[one.message.journey.index()];
        let (account, due, bytes, when) = if one.told {
            let account = plan.senders(journey).nth(one.message.number);
            (account, one.sent, journey.bytes.0, When::Steady)
        } else {
            let Some((row, _)) = course.ledger.row(one.message.number) else { return };
            let when = course.ledger.when(row.account, row.due, one.route);
            (row.account, row.due, u64::from(row.bytes), when)
        };
        let phase = plan.phase_at(due).unwrap_or(PhaseId(0));
        let none = Sum { attempts: 0, bytes: 0, first: Moment::MAX, last: Moment::ZERO };
        let sum = self.cells.entry((one.message.journey, phase, when, place, one.via)).or_insert(none);
        *sum = Sum {
            attempts: sum.attempts + 1,
            bytes: sum.bytes + bytes,
            first: sum.first.min(one.sent),
            last: sum.last.max(one.sent),
        };
        let crossed =
            plan.boundaries_of(one.message.journey).filter(|(_, boundary)| boundary.is_crossed(endpoint, region));
        for (boundary, _) in crossed {
            if !one.told {
                course.ledger.crossed(one.message.number, one.sent);
            }
            // Of a control arm it is told how many there were.
            if journey.control_of.is_some() {
                continue;
            }
            let &Carried { message, number, connection, via, sent: at, .. } = one;
            let crossing = Crossing { at, message, number, account, connection, endpoint, region, via, boundary, when };
            let told = self.crossings.entry((boundary, when)).or_default();
            told.insert(crossing);
            if told.len() > CROSSINGS_TOLD {
                told.pop_last();
            }
        }
    }

    /// Where a connection led over which something ended then, if it had been made and is remembered.
    pub(super) fn led_to(&mut self, connection: u64, at: Moment) -> Option<EndpointId> {
        self.led.to(connection, at).map(|(endpoint, _)| endpoint)
    }

    /// What was carried where.
    pub(super) fn flows(&self) -> Vec<Flow> {
        let flow = |(key, sum): (&Cell, &Sum)| {
            let &(journey, phase, when, (endpoint, region), via) = key;
            let &Sum { attempts, bytes, first, last } = sum;
            Flow { journey, phase, when, endpoint, region, via, attempts, bytes, first, last }
        };
        self.cells.iter().map(flow).collect()
    }

    /// The earliest crossings of each boundary and course of things.
    pub(super) fn crossings(&self) -> Vec<Crossing> {
        self.crossings.values().flatten().copied().collect()
    }
}

/// The route by which a message comes to a gateway.
fn leads(plan: &Plan, message: MessageId, gateway: EndpointId) -> Option<RouteId> {
    plan.journeys.get(message.journey.index())?.route_to(gateway)
}

/// Where connections lead. Connections that were made one after the other mostly lead to the same place: such a run is kept as one.
#[derive(Clone, Debug, Default)]
struct Led {
    /// By the first number of a run.
    runs: BTreeMap<u64, Run>,
    /// When those were made that some of what is not joined yet may have been too early for.
    new: BTreeMap<u64, Moment>,
    /// Whether it was too much to keep.
    forgot: bool,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    last: u64,
    place: Place,
    used: Moment,
}

impl Led {
    /// A connection was made.
    fn made(&mut self, connection: u64, place: Place, at: Moment) {
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
    fn to(&mut self, connection: u64, ended: Moment) -> Option<Place> {
        if self.new.get(&connection).is_some_and(|made| *made > ended) {
            return None;
        }
        let run = self.run(connection)?;
        run.used = run.used.max(ended);
        Some(run.place)
    }

    /// Whether it is known when it was made.
    fn is_new(&self, connection: u64) -> bool {
        self.new.contains_key(&connection)
    }

    /// Forgets when those were made that stood at a moment until when everything is joined, and what was not used for longest, if it is too
    /// much.
    fn forget(&mut self, until: Moment) {
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
