//! Targets on what programs that are not ours got: met, missed, and not known.

use super::*;
use crate::analysis::tests::observed::{BOT, ended, plan as with_ways, request, seen};
use crate::confidence::{RISK, at_least};
use crate::journal::{Observed, ObservedEnd};
use TargetOutcome::{Fail, Inconclusive, Pass};

fn asks(aggregate: Option<Aggregate>, metric: Metric, op: Op, bound: Bound) -> Target {
    let target = target(aggregate, metric, op, bound);
    let of = Selector { way: Some(BOT), ..Selector::default() };
    Target { expr: Expr { of, ..target.expr }, ..target }
}

fn share(percent: u32) -> Bound {
    Bound::Share(Share::from_millionths(percent * 10_000).expect("a share"))
}

fn told(target: &Target, observed: impl IntoIterator<Item = Observed>) -> TargetVerdict {
    let plan = Plan { targets: vec![target.clone()], ..with_ways() };
    judge(&plan, &seen(&plan, observed)).targets.remove(0)
}

/// One in a hundred fails, far apart from each other: ten a second, over a hundred seconds.
fn one_in_a_hundred(n: u64) -> Observed {
    let asked = request("a.example:443", ms(n * 100));
    if n % 100 == 50 { Observed { status: 503, ..asked } } else { asked }
}

#[test]
fn an_availability_is_met_missed_and_left_open() {
    let at = |percent| asks(None, Metric::ObservedAvailability, Op::Ge, share(percent));
    let kept = told(&at(95), (0..1_000).map(one_in_a_hundred));
    assert_eq!((kept.verdict, kept.observed, kept.n), (Pass, Some(0.99), 1_000));
    assert_eq!(kept.why, "990 of 1,000 exchanges and connections were good");
    assert_eq!(told(&at(100), (0..1_000).map(one_in_a_hundred)).verdict, Fail);
    let none = told(&at(95), []);
    assert_eq!(none.verdict, Inconclusive);
    assert!(none.why.contains("no program came"), "{}", none.why);
    // Whatever the way in refused by itself says nothing of the host.
    let denied = ended(ObservedEnd::Denied, request("x.example:443", ms(1)));
    assert_eq!(told(&at(95), [denied]).verdict, Inconclusive);
    let way = Target {
        expr: Expr { of: Selector { way: Some(crate::units::WayId(1)), ..Selector::default() }, ..at(95).expr },
        ..at(95)
    };
    assert_eq!(told(&way, (0..1_000).map(one_in_a_hundred)).verdict, Inconclusive, "nobody came by the other way in");
}

/// The bound is Clopper and Pearson's, of as many as they are worth.
#[test]
fn a_bound_is_exact() {
    let bound = |percent| Target {
        confidence: Confidence::Bound,
        ..asks(None, Metric::ObservedAvailability, Op::Ge, share(percent))
    };
    let kept = told(&bound(98), (0..1_000).map(one_in_a_hundred));
    assert_eq!((kept.verdict, kept.n_effective), (Pass, Some(1_000.0)));
    let low = at_least(990.0, 1_000.0, RISK);
    assert!(kept.low.is_some_and(|is| (is - low).abs() < 1e-12), "{kept:?} and not {low}");
    // Ten failures in a row are one piece of news.
    let in_a_row = (0..1_000)
        .map(|n| if (500..510).contains(&n) { one_in_a_hundred(50) } else { request("a.example:443", ms(n * 100)) });
    let moved = in_a_row.enumerate().map(|(n, asked)| Observed { began: ms(n as u64 * 100), ..asked });
    let row = told(&bound(98), moved);
    assert!(row.n_effective.is_some_and(|worth| worth < 150.0) && row.verdict == Inconclusive, "{row:?}");
}

#[test]
fn a_latency_is_met_missed_and_left_open() {
    let at = |metric, millis| {
        asks(Some(Aggregate::Percentile(95_000)), metric, Op::Le, Bound::Time(Span::from_millis(millis)))
    };
    let play = || (0..1_000).map(one_in_a_hundred);
    assert_eq!(told(&at(Metric::ObservedLatency, 21), play()).verdict, Pass);
    assert_eq!(told(&at(Metric::ObservedLatency, 19), play()).verdict, Fail);
    let none = told(&at(Metric::ObservedConnectLatency, 100), play());
    assert_eq!(none.verdict, Inconclusive, "all were requests");
    assert!(none.why.starts_with("nothing of the kind"), "{}", none.why);
    // One in ten is never answered: nobody knows for how long it would have been waited.
    let waits = play().enumerate().map(|(n, asked)| if n % 10 == 3 { ended(ObservedEnd::Left, asked) } else { asked });
    let waits = told(&at(Metric::ObservedLatency, 21), waits);
    assert_eq!((waits.verdict, waits.observed, waits.high), (Inconclusive, None, None));
}

#[test]
fn failures_and_refusals_are_counted() {
    let at = |metric, most| asks(None, metric, Op::Le, Bound::Count(most));
    let play = || (0..1_000).map(one_in_a_hundred);
    assert_eq!(told(&at(Metric::ObservedFailures, 10), play()).verdict, Pass);
    let missed = told(&at(Metric::ObservedFailures, 9), play());
    assert_eq!((missed.verdict, missed.why.as_str()), (Fail, "10 of 1,000 exchanges and connections"));
    assert_eq!(told(&at(Metric::ObservedFailures, 9), []).verdict, Inconclusive);
    let ratio = asks(Some(Aggregate::Ratio), Metric::ObservedFailures, Op::Le, share(2));
    assert_eq!(told(&Target { confidence: Confidence::Bound, ..ratio }, play()).verdict, Pass);
    let limited = Observed { count: 30, ..ended(ObservedEnd::Limited, request("", ms(5_000))) };
    let refused = || play().chain([limited.clone()]);
    let counted = told(&at(Metric::ObservedRefusals, 0), refused());
    assert_eq!((counted.verdict, counted.observed, counted.n), (Fail, Some(30.0), 1_030));
    assert_eq!(told(&at(Metric::ObservedRefusals, 30), refused()).verdict, Pass);
    assert_eq!(told(&at(Metric::ObservedRefusals, 0), []).verdict, Inconclusive);
}
