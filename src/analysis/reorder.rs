//! Messages out of order, as RFC 4737 tells them: which (section 3.3, type-P-reordered), by how many positions (section 4.2.1, reordering
//! extent), and by how much time (section 4.2.2, late-time offset). Order is that of a stream: of one sender, and in a journey to a whole
//! group of one reader.

use std::collections::BTreeMap;

use super::ledger::Ledger;
use crate::units::{AccountId, Moment, Span};

/// A message that arrived after a later one of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Late {
    /// Its number.
    pub(super) number: u32,
    /// How many arrivals lie between it and the first of those that overtook it, itself included.
    pub(super) extent: u64,
    /// How much later than that one it arrived.
    pub(super) by: Span,
}

/// An arrival: when, and which message.
type Arrival = (Moment, u32);

/// Every message of a journey that arrived out of order; once for each reader who got it so. `to_all` says whether each reader has a stream
/// of his own.
pub(super) fn reordered(ledger: &Ledger, to_all: bool) -> Vec<Late> {
    let mut streams: BTreeMap<(AccountId, AccountId), Vec<Arrival>> = BTreeMap::new();
    for (number, (row, slots)) in ledger.rows() {
        for slot in slots.iter().filter(|slot| slot.received()) {
            let reader = if to_all { slot.recipient } else { AccountId(0) };
            streams.entry((row.account, reader)).or_default().push((slot.at, number));
        }
    }
    streams.into_values().flat_map(of_stream).collect()
}

/// The same for one stream, whose arrivals stand in the order of their numbers.
fn of_stream(mut arrivals: Vec<Arrival>) -> Vec<Late> {
    // Stable: of what arrives at one moment the earlier is no later.
    arrivals.sort_by_key(|(at, _)| *at);
    // Whatever was the latest message so far when it arrived: with its position, and its moment.
    let mut latest: Vec<(u32, usize, Moment)> = Vec::new();
    let mut late = Vec::new();
    for (position, (at, number)) in arrivals.into_iter().enumerate() {
        let overtaken_by = latest.partition_point(|(other, ..)| *other <= number);
        match latest.get(overtaken_by) {
            None => latest.push((number, position, at)),
            Some((_, first, when)) => {
                late.push(Late { number, extent: (position - first) as u64, by: at.since(*when) });
            }
        }
    }
    late
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: u64) -> Moment {
        Moment::ZERO + Span::from_millis(ms)
    }

    fn told(arrivals: &[(u64, u32)]) -> Vec<(u32, u64, u64)> {
        let mut by_number: Vec<Arrival> = arrivals.iter().map(|(ms, number)| (at(*ms), *number)).collect();
        by_number.sort_by_key(|(_, number)| *number);
        of_stream(by_number).into_iter().map(|late| (late.number, late.extent, late.by.nanos() / 1_000_000)).collect()
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
