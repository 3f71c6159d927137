//! Messages out of order, as RFC 4737 tells them: which (section 3.3, type-P-reordered), by how many positions (section 4.2.1, reordering
//! extent), and by how much time (section 4.2.2, late-time offset). Order is that of a stream: of one sender, and in a journey to a whole
//! group of one reader.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::units::{AccountId, Moment, Span};

/// A message that arrived after a later one of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Late {
    /// How many arrivals lie between it and the first of those that overtook it, itself included.
    pub(super) extent: u64,
    /// How much later than that one it arrived.
    pub(super) by: Span,
}

/// A sender and, in a journey to a whole group, a reader.
pub(super) type Whose = (AccountId, AccountId);

/// The arrivals of one journey, one after another by time, and of one moment by number: of those the earlier is no later.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrivals {
    streams: BTreeMap<Whose, Stream>,
}

#[derive(Clone, Debug, Default)]
struct Stream {
    arrived: u64,
    /// Whatever was the latest message so far when it arrived, as long as an earlier one may follow.
    latest: VecDeque<Arrival>,
    /// Messages that may follow however late, with the first that overtook each.
    open: BTreeMap<u32, Option<Arrival>>,
    /// Those of them that nothing has overtaken yet.
    ahead: BTreeSet<u32>,
}

/// Which message arrived, at which position of its stream, and when.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    number: u32,
    position: u64,
    at: Moment,
}

impl Arrivals {
    /// A message has arrived. Tells if it is late.
    pub(super) fn next(&mut self, whose: Whose, number: u32, at: Moment) -> Option<Late> {
        self.streams.entry(whose).or_default().next(number, at)
    }

    /// A message has not arrived yet, and may still do so after [`forget_before`](Self::forget_before).
    pub(super) fn keep_open(&mut self, whose: Whose, number: u32) {
        let stream = self.streams.entry(whose).or_default();
        let overtaken_by = stream.overtaken_by(number);
        stream.open.insert(number, overtaken_by);
        if overtaken_by.is_none() {
            stream.ahead.insert(number);
        }
    }

    /// A message that was kept open will not arrive.
    pub(super) fn give_up(&mut self, whose: Whose, number: u32) {
        if let Some(stream) = self.streams.get_mut(&whose) {
            stream.open.remove(&number);
            stream.ahead.remove(&number);
        }
    }

    /// No message before this one arrives any more, but those that are kept open.
    pub(super) fn forget_before(&mut self, number: u32) {
        for stream in self.streams.values_mut() {
            while stream.latest.front().is_some_and(|first| first.number < number) {
                stream.latest.pop_front();
            }
        }
    }
}

impl Stream {
    /// The first arrival that overtook a message.
    fn overtaken_by(&self, number: u32) -> Option<Arrival> {
        let first = self.latest.partition_point(|other| other.number <= number);
        self.latest.get(first).copied()
    }

    fn next(&mut self, number: u32, at: Moment) -> Option<Late> {
        let arrival = Arrival { number, position: self.arrived, at };
        self.arrived += 1;
        let overtaken_by = match self.open.remove(&number) {
            Some(overtaken_by) => overtaken_by,
            None => self.overtaken_by(number),
        };
        if self.latest.back().is_none_or(|last| last.number < number) {
            self.latest.push_back(arrival);
        }
        self.ahead.remove(&number);
        while let Some(first) = self.ahead.first().copied().filter(|first| *first < number) {
            self.ahead.remove(&first);
            self.open.insert(first, Some(arrival));
        }
        overtaken_by.map(|first| Late { extent: arrival.position - first.position, by: at.since(first.at) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: u64) -> Moment {
        Moment::ZERO + Span::from_millis(ms)
    }

    const WHOSE: Whose = (AccountId(0), AccountId(0));

    fn told(arrivals: &[(u64, u32)]) -> Vec<(u32, u64, u64)> {
        let mut by_time = arrivals.to_vec();
        by_time.sort_unstable();
        let mut stream = Arrivals::default();
        let late = |(ms, number): (u64, u32)| {
            let late = stream.next(WHOSE, number, at(ms))?;
            Some((number, late.extent, late.by.nanos() / 1_000_000))
        };
        by_time.into_iter().filter_map(late).collect()
    }

    /// 1 is overtaken by 2, whether or not 2 is forgotten before it arrives; 4 by the first after it that comes.
    #[test]
    fn what_is_kept_open_may_arrive_at_any_time() {
        let mut stream = Arrivals::default();
        assert!([(2, 10), (3, 20)].into_iter().all(|(number, ms)| stream.next(WHOSE, number, at(ms)).is_none()));
        stream.keep_open(WHOSE, 1);
        stream.keep_open(WHOSE, 4);
        stream.forget_before(5);
        assert!([(5, 30), (6, 40)].into_iter().all(|(number, ms)| stream.next(WHOSE, number, at(ms)).is_none()));
        let late = |extent, ms| Some(Late { extent, by: Span::from_millis(ms) });
        assert_eq!(stream.next(WHOSE, 1, at(100)), late(4, 90));
        assert_eq!(stream.next(WHOSE, 4, at(110)), late(3, 80));
    }

    /// The first of those that overtook 4, 5 and 6 is 7, which arrived at the fourth place, after 30 ms.
    #[test]
    fn extent_and_time_count_from_the_first_that_overtook() {
        let order = [1, 2, 3, 7, 8, 9, 10, 4, 5, 6, 11];
        let arrivals: Vec<_> = (0..).step_by(10).zip(order).collect();
        assert_eq!(told(&arrivals), [(4, 4, 40), (5, 5, 50), (6, 6, 60)]);
    }

    #[test]
    fn what_arrives_together_is_in_order() {
        assert_eq!(told(&[(5, 1), (5, 2), (5, 3)]), []);
        assert_eq!(told(&[]), []);
    }

    proptest! {
        /// As the definitions are written: with an earlier arrival of a larger number; positions and time since the first such.
        #[test]
        fn it_is_what_the_definitions_say(times in proptest::collection::vec(0_u64..50, 0..60)) {
            let arrivals: Vec<(u64, u32)> = times.into_iter().zip(0..).collect();
            let mut order = arrivals.clone();
            order.sort_by_key(|(ms, number)| (*ms, *number));
            let late = |(i, (ms, number)): (usize, &(u64, u32))| {
                let first = order[..i].iter().position(|(_, other)| other > number)?;
                Some((*number, (i - first) as u64, ms - order[first].0))
            };
            let expected: Vec<_> = order.iter().enumerate().filter_map(late).collect();
            prop_assert_eq!(told(&arrivals), expected);
        }
    }
}
