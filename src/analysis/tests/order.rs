//! Whatever the order in which records come, the final figures are the same.

use std::sync::Arc;

use proptest::prelude::*;

use crate::analysis::{Figures, Folds, Observation, Series};
use crate::draw::Seed;
use crate::journal::{Attempt, Decision, End, Ending, Event, Gap, Hit, Record, UnsentCause};
use crate::units::{AccountId, EndpointId, RegionId, RouteId, Span};

use super::flows::{bounded, led};
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
        1 => Just(What::Unsent(UnsentCause::Turn)),
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
    all.extend((0..kinds.len() as u64).filter(|number| number % 7 != 3).map(|number| {
        if number % 2 == 0 { led(number, EndpointId(0), RegionId(0)) } else { led(number, EndpointId(1), RegionId(1)) }
    }));
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
        let in_order = fold(&bounded(), &all).observe(None);
        let mut keyed: Vec<_> = all.drain(..).enumerate().map(|(i, record)| (keys[i % keys.len()], record)).collect();
        keyed.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Record> = keyed.into_iter().map(|(_, record)| record).collect();
        let folds = fold(&bounded(), &shuffled);
        prop_assert_eq!(&folds.observe(None), &in_order);
        // The counters that the drill asks come out the same as well.
        let grace = Span::ZERO;
        let other = fold(&bounded(), &drill(&kinds, &hits));
        prop_assert_eq!((folds.pending(), folds.drained_by(grace)), (other.pending(), other.drained_by(grace)));
        prop_assert_eq!(in_order.messages, folds.counts());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// A drill of minutes, whose messages are told and let go of as soon as that can be, whatever the order of records within the time
    /// by which they may be apart; and the same drill, of which everything is kept to the end.
    #[test]
    fn letting_go_of_messages_changes_no_figure(
        kinds in prop::collection::vec(what(), 40..60),
        hit in prop::collection::vec((0_u64..900, 0_u64..30), 0..60),
        pushes in prop::collection::vec((1_000_000_u64..1_000_004, 0_u64..90_000), 0..60),
        apart in prop::collection::vec(0_u64..5_000, 97),
        records in 1_usize..200,
    ) {
        let plan = plan();
        let nobody_waits = |kind: What| if kind == What::Open { What::Good } else { kind };
        let kinds: Vec<What> = kinds.iter().cycle().take(900).map(|kind| nobody_waits(*kind)).collect();
        // On attempts while they last, and on receivers at any time.
        let hit = hit.iter().map(|(number, after)| (*number, number * 100 + after));
        let hits: Vec<(u64, u64)> = hit.chain(pushes).collect();
        let mut all = drill(&kinds, &hits);
        let kept = fold(&plan, &all).observe(None);
        let mut keyed: Vec<_> = all.drain(..).enumerate().map(|(i, record)| {
            // The seal is the last.
            let last = matches!(record, Record::Seal(_));
            let at = record.at() + if last { Span::from_secs(1_000) } else { Span::from_millis(apart[i % apart.len()]) };
            (at, i, record)
        }).collect();
        keyed.sort_by_key(|(at, i, _)| (*at, *i));
        let mut folds = Folds::new(Arc::new(plan), Seed(7)).looking_after(records);
        let mut most = 0;
        for (position, (_, _, record)) in (0_u64..).zip(&keyed) {
            folds.record(position, record);
            most = most.max(folds.kept());
        }
        let told = folds.observe(None);
        prop_assert_eq!(&told.recovery, &kept.recovery);
        prop_assert_eq!(&told.injects, &kept.injects);
        prop_assert_eq!(told.deliveries, kept.deliveries);
        prop_assert_eq!(&told.journeys[0].outages, &kept.journeys[0].outages);
        prop_assert_eq!(&told.journeys[0].routes, &kept.journeys[0].routes);
        prop_assert_eq!(&told.journeys[0].neighbours, &kept.journeys[0].neighbours);
        prop_assert!(told.journeys[0].cells == kept.journeys[0].cells, "cells");
        prop_assert_eq!(&told.journeys[0].phases, &kept.journeys[0].phases);
        prop_assert_eq!(&told.journeys[0].degraded, &kept.journeys[0].degraded);
        prop_assert_eq!(&told.journeys[0].series, &kept.journeys[0].series);
        prop_assert_eq!(&told.flows, &kept.flows);
        prop_assert!(told == kept, "rest");
        // Of 900 messages not all were kept at any time.
        prop_assert!(most < 700, "{most}");
    }
}

/// What only people read left out.
fn for_targets(mut told: Observation) -> Observation {
    for journey in &mut told.journeys {
        journey.figures = Figures::default();
        journey.phases.iter_mut().for_each(|phase| phase.figures = Figures::default());
        journey.routes.iter_mut().for_each(|route| route.figures = Figures::default());
        journey.series = Series::default();
        journey.failed.clear();
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// A drill that looks often for broken targets, after every so many records, sees at each look what folds show that were never looked at,
    /// and in the end the same figures. It looks for a moment so long ago that everything until then has come.
    #[test]
    fn looking_often_changes_no_figure(
        kinds in prop::collection::vec(what(), 40..60),
        hit in prop::collection::vec((0_u64..900, 0_u64..30), 0..60),
        apart in prop::collection::vec(0_u64..1_000, 97),
        every in 50_usize..300,
    ) {
        let plan = plan();
        let kinds: Vec<What> = kinds.iter().cycle().take(900).copied().collect();
        let hits: Vec<(u64, u64)> = hit.iter().map(|(number, after)| (*number, number * 100 + after)).collect();
        let mut keyed: Vec<_> = drill(&kinds, &hits).into_iter().enumerate().map(|(i, record)| {
            let last = matches!(record, Record::Seal(_));
            let at = record.at() + if last { Span::from_secs(1_000) } else { Span::from_millis(apart[i % apart.len()]) };
            (at, i, record)
        }).collect();
        keyed.sort_by_key(|(at, i, _)| (*at, *i));
        let records: Vec<Record> = keyed.iter().map(|(.., record)| record.clone()).collect();
        let mut folds = Folds::new(Arc::new(plan.clone()), Seed(7));
        let (mut looks, mut most) = (0, 0);
        for (position, (come, _, record)) in keyed.iter().enumerate() {
            folds.record(position as u64, record);
            let is_seal = matches!(record, Record::Seal(_));
            if position % every == every - 1 && !is_seal {
                let at = ms(come.since(ms(1_000)).nanos() / 1_000_000);
                let seen = folds.evidence(at);
                // Each of these folds all records so far: one look in a few is compared.
                if looks % 4 == 0 {
                    prop_assert!(seen == for_targets(fold(&plan, &records[..=position]).observe(Some(at))), "{at}");
                }
                (looks, most) = (looks + 1, most.max(folds.kept()));
            }
        }
        prop_assert!(folds.observe(None) == fold(&plan, &records).observe(None));
        prop_assert!(looks > 5 && most < 700, "{looks} {most}");
    }
}
