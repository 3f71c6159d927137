//! Deliveries that are counted: as so many, as so many in a time, and as a share with its bounds.

use super::*;
use crate::confidence::{RISK, at_least, at_most};
use crate::units::Rate;
use TargetOutcome::{Fail, Inconclusive, Pass};

/// What becomes of each message.
type Play<'a> = &'a dyn Fn(u32) -> What;

fn share(metric: Metric, op: Op, millionths: u32) -> Target {
    let bound = Bound::Share(Share::from_millionths(millionths).expect("a share"));
    target(Some(Aggregate::Ratio), metric, op, bound)
}

fn at(confidence: Confidence, target: Target) -> Target {
    Target { confidence, ..target }
}

fn near(a: Option<f64>, b: f64) -> bool {
    a.is_some_and(|a| (a - b).abs() < 1e-9)
}

/// Every fiftieth is received twice: 36 of 1,800. Its receiver drops every second of these again.
fn some_twice(number: u32) -> What {
    match number % 100 {
        10 => What::Twice(true),
        60 => What::Twice(false),
        _ => What::Good,
    }
}

#[test]
fn every_count_is_met_missed_and_left_open() {
    let unacknowledged = |number: u32| if number == 5 { What::UnansweredButReceived } else { What::Good };
    let declined = |number: u32| if number == 5 { What::Declined } else { What::Good };
    // Message 3 comes after message 5 of its sender, which was due 200 ms later.
    let overtaken = |number: u32| if number == 3 { What::Received(300) } else { What::Good };
    let kept = |number: u32| if number == 5 { What::Twice(false) } else { What::Good };
    let dropped = |number: u32| if number == 5 { What::Twice(true) } else { What::Good };
    let nothing = |_: u32| What::Refused;
    let table: [(Metric, Play, &str); 4] = [
        (Metric::Unacknowledged, &unacknowledged, "1 of 1,800 deliveries received"),
        (Metric::Reordered, &overtaken, "1 of 1,800 deliveries received"),
        (Metric::DuplicatedAfterDedup, &kept, "1 of 1,801 receipts"),
        (Metric::Declined, &declined, "1 of 1,800 deliveries answered for"),
    ];
    for (metric, what, why) in table {
        assert_eq!(outcome(&none(metric), |_| What::Good), Pass, "{metric:?}");
        let missed = judged(&none(metric), what);
        assert_eq!((missed.verdict, missed.observed, missed.why.as_str()), (Fail, Some(1.0), why), "{metric:?}");
        assert_eq!(outcome(&none(metric), nothing), Inconclusive, "{metric:?}");
        // That it is counted may be said.
        let counted = Target { expr: Expr { aggregate: Some(Aggregate::Count), ..none(metric).expr }, ..none(metric) };
        assert_eq!(judged(&counted, what).why, why);
    }
    // What the receiver drops is a duplicate all the same, and none is left.
    assert_eq!(outcome(&none(Metric::Duplicated), dropped), Fail);
    assert_eq!(outcome(&none(Metric::DuplicatedAfterDedup), dropped), Pass);
}

#[test]
fn a_share_of_duplicates_has_its_exact_interval() {
    // Far enough apart to be independent: 36 of 1,800 raw, and 18 after the receiver's own de-duplication.
    for (metric, twice) in [(Metric::Duplicated, 36.0), (Metric::DuplicatedAfterDedup, 18.0)] {
        let told = judged(&at(Confidence::Bound, share(metric, Op::Le, 50_000)), some_twice);
        assert_eq!((told.verdict, told.n, told.n_effective), (Pass, 1_800, Some(1_800.0)));
        let (low, high) = (at_least(twice, 1_800.0, RISK), at_most(twice, 1_800.0, RISK));
        assert!(near(told.observed, twice / 1_800.0) && near(told.low, low) && near(told.high, high), "{told:?}");
    }
    let told = judged(&share(Metric::Duplicated, Op::Le, 50_000), some_twice);
    assert_eq!((told.why.as_str(), told.low), ("36 of 1,800 deliveries received", Some(0.02)));
    // Receipts beyond the first are counted among receipts; deliveries that came twice, among deliveries.
    assert_eq!(judged(&none(Metric::Duplicated), some_twice).why, "36 of 1,836 receipts");
}

#[test]
fn two_in_a_hundred_within_their_interval_can_be_asked() {
    // The interval of 36 in 1,800, two-sided at 95 %: 1.40 to 2.76 %.
    let (low, high) = (at_least(36.0, 1_800.0, RISK / 2.0), at_most(36.0, 1_800.0, RISK / 2.0));
    assert!(0.0140 < low && low < 0.0141 && 0.0275 < high && high < 0.0277, "{low} {high}");
    let asked = |millionths, min_samples| {
        let target = at(Confidence::Interval, share(Metric::Duplicated, Op::Eq, millionths));
        judged(&Target { min_samples, ..target }, some_twice)
    };
    for (millionths, expected) in [(13_900, Fail), (14_200, Pass), (20_000, Pass), (27_400, Pass), (27_800, Fail)] {
        let told = asked(millionths, 1_000);
        assert_eq!((told.verdict, told.confidence), (expected, "interval95"), "{millionths}");
        assert!(near(told.low, low) && near(told.high, high), "{told:?}");
    }
    // It says how many samples it takes, and with fewer nothing is held.
    let few = asked(20_000, 1_801);
    assert_eq!((few.verdict, few.why.as_str()), (Inconclusive, "1,800 samples are too few, 1,801 would do"));
    // Without bounds exactly 2 % is what came.
    assert_eq!(outcome(&share(Metric::Duplicated, Op::Eq, 20_000), some_twice), Pass);
}

#[test]
fn what_befalls_neighbours_counts_for_less() {
    // As many duplicates as before, in three rows of twelve: few pieces of news.
    let in_rows = |number: u32| if number % 600 < 12 { What::Twice(true) } else { What::Good };
    let told = judged(&at(Confidence::Bound, share(Metric::Duplicated, Op::Le, 50_000)), in_rows);
    assert_eq!(told.observed, Some(0.02));
    // Of the 35 that have a next one, 33 are followed by another: ρ ≈ 0.92, and 1,800 are worth some 78.
    let worth = told.n_effective.expect("it is counted");
    assert!((60.0..100.0).contains(&worth), "{worth}");
    assert_eq!(told.verdict, Inconclusive);
    assert!(told.why.contains("independent ones, since neighbours fare alike"), "{}", told.why);
}

#[test]
fn the_other_shares() {
    let lost = |number: u32| if number % 100 == 50 { What::Lost } else { What::Good };
    let refused = |number: u32| if number % 100 == 50 { What::Refused } else { What::Good };
    let declined = |number: u32| if number % 100 == 50 { What::Declined } else { What::Good };
    let unasked = |number: u32| if number % 100 == 50 { What::UnansweredButReceived } else { What::Good };
    let late = |number: u32| if number % 100 == 50 { What::Received(300) } else { What::Good };
    let table: [(Metric, Play); 5] = [
        (Metric::Lost, &lost),
        (Metric::Undelivered, &refused),
        (Metric::Declined, &declined),
        (Metric::Unacknowledged, &unasked),
        (Metric::Reordered, &late),
    ];
    for (metric, what) in table {
        let told = |millionths| judged(&share(metric, Op::Le, millionths), what);
        assert_eq!((told(10_000).observed, told(10_000).n), (Some(0.01), 1_800), "{metric:?}");
        assert_eq!((told(10_000).verdict, told(9_999).verdict), (Pass, Fail), "{metric:?}");
        let shown = judged(&at(Confidence::Bound, share(metric, Op::Le, 10_000)), what);
        assert_eq!((shown.verdict, shown.n_effective), (Inconclusive, Some(1_800.0)), "{metric:?}");
        assert_eq!(outcome(&share(metric, Op::Le, 10_000), |_| What::Unanswered), {
            // Of what nobody answered, only that it never arrived is known.
            if metric == Metric::Undelivered { Fail } else { Inconclusive }
        });
    }
}

/// What is overtaken in a row is overtaken by one thing: 18 of 1,800 come late, nine by nine or each by itself.
#[test]
fn messages_out_of_order_have_exact_bounds_and_count_for_less_in_a_row() {
    let apart = |number: u32| if number % 100 == 50 { What::Received(300) } else { What::Good };
    // Two senders take turns, a tenth of a second apart: of nine in a row each takes as long as it takes to be overtaken by what follows.
    let in_rows = |number: u32| match number % 900 {
        50..59 => What::Received(3_000),
        _ => What::Good,
    };
    let told = |what: Play| judged(&at(Confidence::Bound, share(Metric::Reordered, Op::Le, 20_000)), what);
    let (alone, together) = (told(&apart), told(&in_rows));
    assert!(near(alone.observed, 0.01) && near(together.observed, 0.01), "{alone:?}, {together:?}");
    let high = at_most(18.0, 1_800.0, RISK);
    assert!(near(alone.high, high) && alone.verdict == Pass, "{alone:?}");
    // Eight of nine neighbours of one that is late are late as well: the correlation is about 8/9, and so many are worth a seventeenth.
    let worth = together.n_effective.expect("counted");
    assert!(
        (90.0..130.0).contains(&worth) && together.high > Some(high) && together.verdict == Inconclusive,
        "{together:?}"
    );
}

#[test]
fn a_rate_is_in_the_time_of_the_phases() {
    // 36 in the three minutes of the drill are 12 a minute.
    let rate = |op, a_minute| {
        let bound = Bound::Rate(Rate::new(a_minute, Span::from_secs(60)).expect("a rate"));
        target(Some(Aggregate::Rate), Metric::Duplicated, op, bound)
    };
    let told = judged(&rate(Op::Le, 12), some_twice);
    assert_eq!((told.verdict, told.observed, told.why.as_str()), (Pass, Some(0.2), "36 of 1,836 receipts in 180 s"));
    assert_eq!((outcome(&rate(Op::Le, 11), some_twice), outcome(&rate(Op::Lt, 12), some_twice)), (Fail, Fail));
    // In the fault phase alone there are 12 in its minute.
    let fault = Target { phases: vec![PhaseId(1)], ..rate(Op::Le, 12) };
    assert_eq!(judged(&fault, some_twice).why, "12 of 612 receipts in 60 s");
    assert_eq!(outcome(&rate(Op::Le, 12), |_| What::Refused), Inconclusive);
}

#[test]
fn what_is_declined_is_known_without_receipts() {
    use crate::plan::Receipts;
    let mut plan = planned(vec![none(Metric::Declined), share(Metric::Declined, Op::Le, 10_000)]);
    plan.endpoints.iter_mut().for_each(|endpoint| endpoint.receipts = Receipts::Acceptance);
    let judged = |what: &dyn Fn(u32) -> What| judge(&plan, &observed(&plan, what)).targets;
    let met = judged(&|_| What::Lost);
    assert_eq!((met[0].verdict, met[0].why.as_str()), (Pass, "none of 1,800 deliveries answered for"));
    let missed = judged(&|number| if number % 50 == 10 { What::Declined } else { What::Lost });
    assert_eq!((missed[0].verdict, missed[0].observed, missed[0].n), (Fail, Some(36.0), 1_800));
    assert!(near(missed[1].observed, 0.02), "{missed:?}");
    // Of what nobody answered nothing is known.
    let refused = judged(&|_| What::Refused);
    assert_eq!((refused[0].verdict, refused[0].why.as_str()), (Inconclusive, "nothing was answered"));
}
