//! A platform that is down from one moment to another, whatever that does to messages that are under way: the truth lies within the
//! bounds of its outage, which are no wider than they may be.

use proptest::prelude::*;

use crate::analysis::{Outage, Point};
use crate::units::{Moment, Span};

use super::script::{ms, outages, plan};

/// How long a message may be under way, in milliseconds, before it meets the platform; the rest of the deadline of 1,000 is its way back.
const UNDER_WAY: u64 = 900;

/// The outages of 1,800 messages, one every 100 ms. Each meets the platform after its own time, and is good if it is not down then.
fn found(down: &[(u64, u64)], under_way: &[u64], back: u64) -> Vec<Outage> {
    let journey = plan().journeys.remove(0);
    let point = |n: u64| {
        let due = n * 100;
        let meets = due + under_way[usize::try_from(n).unwrap() % under_way.len()];
        let is_down = down.iter().any(|(from, to)| (*from..*to).contains(&meets));
        Point { due: ms(due), good_at: (!is_down).then_some(ms(meets + back)), number: None }
    };
    outages(&journey.detector, journey.deadline, |_: Moment| 5, (0..1_800).map(point))
}

fn holds_the_truth(outage: &Outage, (from, to): (u64, u64)) -> bool {
    let truth = Span::from_millis(to - from).secs_f64();
    let (lo, hi) = (outage.lo_s, outage.hi_s.unwrap());
    // 2Δ + 2D = 2.2 s.
    lo <= truth + 1e-9 && truth <= hi + 1e-9 && hi - lo <= 2.2 + 1e-9
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_outage_of_any_length(
        from in 10_000_u64..20_000,
        length in prop_oneof![Just(30_000_u64), Just(7_300), 2_000_u64..60_000],
        under_way in prop::collection::vec(0..UNDER_WAY, 1..200),
        back in 0_u64..=100,
    ) {
        let down = (from, from + length);
        let found = found(&[down], &under_way, back);
        prop_assert_eq!(found.len(), 1);
        prop_assert!(holds_the_truth(&found[0], down), "{:?} is not in {:?}", down, found[0]);
    }

    #[test]
    fn three_of_two_seconds(
        from in 10_000_u64..20_000,
        // At least what is under way when one ends, ten good ones, and hold_up, so that the next is another.
        apart in 3_000_u64..20_000,
        under_way in prop::collection::vec(0..UNDER_WAY, 1..200),
        back in 0_u64..=100,
    ) {
        let down = [0, 1, 2].map(|n| from + n * (2_000 + apart)).map(|from| (from, from + 2_000));
        let found = found(&down, &under_way, back);
        prop_assert_eq!(found.len(), 3);
        for (outage, down) in found.iter().zip(down) {
            prop_assert!(holds_the_truth(outage, down), "{:?} is not in {:?}", down, outage);
        }
    }
}
