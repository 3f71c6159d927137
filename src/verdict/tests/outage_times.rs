//! Times that are told of outages besides the longest recovery: together, how many, until they were certain, until it was decided.

use super::*;
use crate::analysis::tests::script::{control, refused_within};
use crate::journal::{Decision, Event};
use crate::units::RouteId;
use TargetOutcome::{Fail, Inconclusive, Pass};

fn within(aggregate: Option<Aggregate>, metric: Metric, millis: u64) -> Target {
    target(aggregate, metric, Op::Le, Bound::Time(Span::from_millis(millis)))
}

/// Down from 60 s to 70 s and from 80 s to 100 s: [8.9, 10.13] s and [18.9, 20.13] s.
fn twice_down(number: u32) -> What {
    let (first, second) = (refused_within(60, 70)(number), refused_within(80, 100)(number));
    if first == What::Good { second } else { first }
}

#[test]
fn outages_together_and_how_many() {
    let together = |millis| judged(&within(Some(Aggregate::Sum), Metric::RecoveryTime, millis), twice_down);
    let verdicts = [30_260, 30_259, 27_800, 27_799].map(|millis| together(millis).verdict);
    assert_eq!(verdicts, [Pass, Inconclusive, Inconclusive, Fail]);
    let why = "2 outages together, the longest: order, which no inject explains";
    assert_eq!((together(30_260).why.as_str(), together(30_260).n), (why, 2));
    // The longest of them, said or not.
    for aggregate in [None, Some(Aggregate::Max)] {
        let longest = |millis| outcome(&within(aggregate, Metric::RecoveryTime, millis), twice_down);
        assert_eq!((longest(20_130), longest(18_899)), (Pass, Fail));
    }
    let most = |n| target(Some(Aggregate::Count), Metric::RecoveryTime, Op::Le, Bound::Count(n));
    assert_eq!((outcome(&most(2), twice_down), outcome(&most(1), twice_down)), (Pass, Fail));
    assert_eq!(judged(&most(2), twice_down).why, "2 outages");
    assert_eq!((outcome(&most(0), |_| What::Good), without_traffic(&most(0))), (Pass, Inconclusive));
}

/// A figure whose bound lies within what is known of it says so, and what would tell it more closely; one that has no end says that.
#[test]
fn a_bound_within_what_is_known_is_told() {
    let open = judged(&recovery(20_000), twice_down);
    let why = "the worst of 2 outages: order, which no inject explains; it lies between 18.9 s and 20.1 s, with its bound of 20 s \
               between them: more messages, or a shorter deadline, would tell it more closely";
    assert_eq!((open.verdict, open.why.as_str()), (Inconclusive, why));
    for millis in [20_130, 18_899] {
        assert_eq!(
            judged(&recovery(millis), twice_down).why,
            "the worst of 2 outages: order, which no inject explains"
        );
    }
}

#[test]
fn the_time_to_detect_is_known_within_bounds() {
    let down = refused_within(60, 90);
    // Five in a row make an outage: certain at the deadline of the one due at 60.4. It began after 59.9, and at the latest when the first
    // bad message was given up: [0.4, 1.5] s.
    let told = judged(&within(None, Metric::DetectTime, 1_500), &down);
    assert_eq!((told.verdict, told.n), (Pass, 1));
    let near = |a: Option<f64>, b: f64| a.is_some_and(|a| (a - b).abs() < 1e-9);
    assert!(near(told.low, 0.4) && near(told.high, 1.5), "{told:?}");
    let verdicts = [1_499, 400, 399].map(|millis| outcome(&within(None, Metric::DetectTime, millis), &down));
    assert_eq!(verdicts, [Inconclusive, Inconclusive, Fail]);
    // Where nothing was to be detected it took no time; where nothing could have been, nothing is known.
    assert_eq!(outcome(&within(None, Metric::DetectTime, 1), |_| What::Good), Pass);
    assert_eq!(without_traffic(&within(None, Metric::DetectTime, 1)), Inconclusive);
}

/// Called for at 60.5 s, and switched at a moment, if at all.
fn decided(target: &Target, switched: Option<u64>) -> TargetVerdict {
    let (from, to) = (RouteId(0), RouteId(1));
    let decision = Decision::Failover { journey: ORDER, account: None, from, to, failures: 5, switch_at: ms(72_500) };
    let called = control(ms(60_500), Event::Decided { position: 1, decision });
    let switch = |at| control(ms(at), Event::Switched { journey: ORDER, account: None, from, to });
    let plan = planned(vec![target.clone()]);
    let records = [drill(refused_within(60, 90)), vec![called], switched.map(switch).into_iter().collect()].concat();
    judge(&plan, &completed(&plan, records)).targets.remove(0)
}

#[test]
fn deciding_took_from_the_call_to_the_switch() {
    let by = |millis| within(None, Metric::DecideTime, millis);
    let told = decided(&by(12_000), Some(72_500));
    assert_eq!((told.verdict, told.observed, told.low, told.high), (Pass, Some(12.0), Some(12.0), Some(12.0)));
    assert_eq!(decided(&by(11_999), Some(72_500)).verdict, Fail);
    // A switch that never came was not decided within any time: at the end, 190 s, deciding had taken 129.5 s.
    let open = decided(&by(129_500), None);
    assert_eq!((open.verdict, open.low, open.high), (Inconclusive, Some(129.5), None));
    assert!(open.why.ends_with("and the switch did not come"), "{}", open.why);
    assert_eq!(decided(&by(129_499), None).verdict, Fail);
    let never = judged(&by(60_000), refused_within(60, 90));
    let why = "the only outage: order under freeze, and no failover was ever decided";
    assert_eq!((never.verdict, never.why.as_str()), (Inconclusive, why));
    assert_eq!(outcome(&by(1), |_| What::Good), Pass);
}
