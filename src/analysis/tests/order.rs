//! Whatever the order in which records come, the final figures are the same.

use proptest::prelude::*;

use crate::journal::{Attempt, Decision, End, Ending, Event, Gap, Hit, Record, UnsentCause};
use crate::units::{AccountId, RouteId, Span};

use super::script::{FREEZE, ORDER, What, attempt, control, fold, hit, ms, plan, records, seal};

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        6 => Just(What::Good),
        4 => Just(What::Refused),
        2 => (0_u64..3_000).prop_map(What::Received),
        1 => any::<bool>().prop_map(What::Twice),
        1 => Just(What::NotSent),
        1 => Just(What::Unanswered),
        1 => Just(What::UnansweredButReceived),
        1 => Just(What::Lost),
        1 => Just(What::Declined),
        2 => Just(What::FailedOver),
        1 => Just(What::Unsent(UnsentCause::Slots)),
        1 => Just(What::Unsent(UnsentCause::Lag)),
    ]
}

/// A drill of a few dozen messages with a bit of everything.
fn drill(kinds: &[What], hits: &[(u64, u64)]) -> Vec<Record> {
    let numbered = (0_u32..).zip(kinds);
    let mut all: Vec<Record> =
        numbered.flat_map(|(number, what)| records(number, ms(u64::from(number) * 100), *what)).collect();
    // A second acknowledgement, later and on another route, and one more attempt at the same moment.
    let again = attempt(0, ms(700), Ending::Acknowledged);
    all.push(Record::Attempt(Attempt { number: 3, route: RouteId(1), ..again.clone() }));
    all.push(Record::Attempt(Attempt { number: 4, ending: Ending::Unanswered, ..again }));
    all.extend(hits.iter().map(|(connection, at)| {
        let Record::Hit(template) = hit(FREEZE, ms(*at)) else { unreachable!() };
        let account = (connection % 2 == 0).then_some(AccountId(2));
        Record::Hit(Hit { connection: *connection, exchange: u32::from(at % 2 == 0), account, ..template })
    }));
    let n_down = |n_down| Decision::Detector { journey: ORDER, n_down, bad: 1, all: 10, planned: 1_800 };
    all.extend([
        control(ms(0), Event::Applied(FREEZE)),
        control(ms(0), Event::Phase(crate::units::PhaseId(0))),
        control(ms(2_000), Event::Decided { position: 9, decision: n_down(3) }),
        control(ms(2_500), Event::Switched { journey: ORDER, account: None, from: RouteId(0), to: RouteId(1) }),
        control(ms(3_000), Event::Lifted(FREEZE)),
        Record::Gap(Gap { from: ms(100), to: ms(200), lost: 1 }),
        seal(End::Completed),
    ]);
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shuffled_records_give_the_same_figures(
        kinds in prop::collection::vec(what(), 20..80),
        hits in prop::collection::vec((0_u64..80, 0_u64..8_000), 0..40),
        keys in prop::collection::vec(any::<u32>(), 500),
    ) {
        let mut all = drill(&kinds, &hits);
        let in_order = fold(&plan(), &all).observe(None);
        let mut keyed: Vec<_> = all.drain(..).enumerate().map(|(i, record)| (keys[i % keys.len()], record)).collect();
        keyed.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Record> = keyed.into_iter().map(|(_, record)| record).collect();
        let folds = fold(&plan(), &shuffled);
        prop_assert_eq!(&folds.observe(None), &in_order);
        // The counters that the drill asks come out the same as well.
        let grace = Span::ZERO;
        let other = fold(&plan(), &drill(&kinds, &hits));
        prop_assert_eq!((folds.pending(), folds.drained_by(grace)), (other.pending(), other.drained_by(grace)));
        prop_assert_eq!(in_order.messages, folds.counts());
    }
}
