//! Targets on what programs that are not ours got: met, missed, and not known.

use super::*;
use crate::analysis::tests::observed::{BOT, ended, plan as with_ways, request, seen};
use crate::analysis::tests::script::{control, fold, inject};
use crate::confidence::{RISK, at_least};
use crate::journal::{Event, Observed, ObservedEnd, Record};
use crate::plan::{Abort, Sliding};
use crate::units::InjectId;
use crate::verdict::broken;
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

fn in_windows(target: Target, secs: u64) -> Target {
    Target { sliding: Some(Sliding::halfway(Span::from_secs(secs))), ..target }
}

/// Ten a second for three minutes, with six failures in a row: from 70 s to 70.6 s, which lie in the windows from 65 and from 70 s alone.
fn six_in_a_row() -> impl Iterator<Item = Observed> {
    (0..1_800).map(|n| {
        let asked = request("a.example:443", ms(n * 100));
        if (700..706).contains(&n) { Observed { status: 503, ..asked } } else { asked }
    })
}

#[test]
fn what_the_whole_keeps_a_window_may_not() {
    let at = |percent| asks(None, Metric::ObservedAvailability, Op::Ge, share(percent));
    assert_eq!(told(&at(95), six_in_a_row()).verdict, Pass);
    let missed = told(&in_windows(at(95), 10), six_in_a_row());
    assert_eq!((missed.verdict, missed.observed, missed.n), (Fail, Some(0.94), 100));
    let why = "the worst of 35 windows of 10s, bot from 65 s to 75 s: 94 of 100 exchanges and connections were good";
    assert_eq!(missed.why, why);
    let window = missed.window.expect("a window");
    assert_eq!((window.journey, window.way.as_deref(), window.of), (None, Some("bot"), 35));
    assert_eq!(told(&in_windows(at(94), 10), six_in_a_row()).verdict, Pass);
    // Whatever order the records come in: they are written when something is over.
    let mut backwards: Vec<_> = six_in_a_row().collect();
    backwards.reverse();
    assert_eq!(told(&in_windows(at(95), 10), backwards).why, why);
    // In a minute nobody asked for anything: what was promised of each window is not known.
    let pause = six_in_a_row().filter(|asked| !(ms(100_000)..ms(160_000)).contains(&asked.began));
    let open = told(&in_windows(at(90), 10), pause);
    assert_eq!(open.verdict, Inconclusive);
    assert!(
        open.why.starts_with("bot from 100 s to 110 s had no exchange or connection, too few to tell"),
        "{}",
        open.why
    );
    assert_eq!(told(&in_windows(at(90), 10), []).verdict, Inconclusive, "nobody came");
}

#[test]
fn latencies_are_kept_in_every_window() {
    let p95 = |metric, millis| {
        let of = asks(Some(Aggregate::Percentile(95_000)), metric, Op::Le, Bound::Time(Span::from_millis(millis)));
        in_windows(of, 10)
    };
    let slow = || {
        six_in_a_row().map(|asked| match asked.status {
            503 => Observed { status: 200, ended: asked.began + Span::from_millis(500), ..asked },
            _ => asked,
        })
    };
    let missed = told(&p95(Metric::ObservedLatency, 100), slow());
    assert_eq!(missed.why, "the worst of 35 windows of 10s, bot from 65 s to 75 s: over 100 requests");
    assert_eq!((missed.verdict, told(&p95(Metric::ObservedLatency, 501), slow()).verdict), (Fail, Pass));
    let none = told(&p95(Metric::ObservedConnectLatency, 100), slow());
    assert_eq!(none.verdict, Inconclusive, "all were requests: {}", none.why);
}

/// The first tenth of a second at which it is certain that a target cannot be kept, with what is said then. What is certain stays so, and thus
/// it is between one at which it is and one at which it is not.
fn certain(target: &Target, observed: impl Iterator<Item = Observed>) -> Option<(f64, TargetVerdict)> {
    let target = Target { abort: Some(Abort::default()), ..target.clone() };
    let plan = Plan { targets: vec![target], ..with_ways() };
    let records: Vec<_> = observed.map(Record::Observed).collect();
    let found = |tenth: u32| {
        let at = ms(u64::from(tenth) * 100);
        let until: Vec<_> = records.iter().filter(|record| record.at() <= at).cloned().collect();
        broken(&plan, &fold(&plan, &until).evidence(at))
    };
    let (mut not_yet, mut certain) = (0, 1_800);
    let mut said = found(certain)?;
    while certain - not_yet > 1 {
        let middle = u32::midpoint(not_yet, certain);
        match found(middle) {
            Some(judged) => (certain, said) = (middle, judged),
            None => not_yet = middle,
        }
    }
    Some((f64::from(certain) / 10.0, said))
}

/// What is still to come nobody knows, but it is no more than the way in takes, and may all be good.
#[test]
fn what_cannot_be_kept_any_more_is_certain_at_once() {
    let failures = |most| asks(None, Metric::ObservedFailures, Op::Le, Bound::Count(most));
    let at = |target: &Target| certain(target, six_in_a_row()).map(|(at, _)| at);
    // The sixth failure began at 70.5 s and was over 20 ms later.
    assert_eq!((at(&failures(5)), at(&failures(6))), (Some(70.6), None));
    let slowest =
        |millis| asks(Some(Aggregate::Max), Metric::ObservedLatency, Op::Le, Bound::Time(Span::from_millis(millis)));
    assert_eq!((at(&slowest(19)), at(&slowest(21))), (Some(0.1), None));
    // In a minute the way in takes 200 a second, with a second's worth at once: 12,201. Of these six are less than a twentieth of a percent.
    let fault = |millionths| {
        let bound = Bound::Share(Share::from_millionths(millionths).expect("a share"));
        Target { phases: vec![PhaseId(1)], ..asks(None, Metric::ObservedAvailability, Op::Ge, bound) }
    };
    assert_eq!((at(&fault(999_600)), at(&fault(999_500))), (Some(70.5), None));
    let said = certain(&fault(999_600), six_in_a_row()).expect("it is certain").1;
    let why = "it could not be kept any more at 70.5 s: 5 of at most 12,201 exchanges and connections were not good";
    assert_eq!((said.verdict, said.why.as_str()), (Fail, why));
}

/// Half a minute of failures by an inject, from 70 s on, ten a second.
fn half_a_minute(end: u64) -> impl Iterator<Item = Observed> {
    (0..1_800).map(move |n| {
        let asked = request("a.example:443", ms(n * 100));
        let hit = Observed { status: 503, injects: vec![crate::units::InjectId(0)], ..asked.clone() };
        if (700..end).contains(&n) { hit } else { asked }
    })
}

#[test]
fn a_recovery_is_met_missed_and_left_open() {
    let at = |secs| asks(None, Metric::ObservedRecoveryTime, Op::Le, Bound::Time(Span::from_secs(secs)));
    // From the last good one at 69.9 s to the answer of that at 100 s, and two cells of a tenth of a second for their order.
    let kept = told(&at(31), half_a_minute(1_000));
    assert_eq!((kept.verdict, kept.n), (Pass, 1));
    assert_eq!(kept.why, "the only outage: bot under freeze");
    assert!(kept.high.is_some_and(|high| (high - (30.12 + 0.2)).abs() < 1e-6), "{kept:?}");
    // The first that failed was at 70 s and the last at 99.9 s, and took 20 ms.
    assert!(kept.low.is_some_and(|low| (low - (29.9 - 0.02 - 0.2)).abs() < 1e-6), "{kept:?}");
    assert_eq!(told(&at(29), half_a_minute(1_000)).verdict, Fail);
    assert_eq!(told(&at(30), half_a_minute(1_000)).verdict, Inconclusive, "it may have been a little less, or more");
    let down = told(&at(31), half_a_minute(1_800));
    assert_eq!((down.verdict, down.high), (Fail, None), "110 seconds at least");
    assert_eq!(down.why, "the only outage: bot under freeze, still down at the end");
    let host = Selector { way: Some(BOT), host: Some(crate::units::HostId(0)), ..Selector::default() };
    let other = Target { expr: Expr { of: host, ..at(31).expr }, ..at(31) };
    let names = with_ways().hosts().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let of_it = told(&other, half_a_minute(1_000));
    assert_eq!(of_it.verdict, if names[0] == "a.example" { Pass } else { Inconclusive }, "{names:?}: {of_it:?}");
    let count = |most| asks(Some(Aggregate::Count), Metric::ObservedRecoveryTime, Op::Le, Bound::Count(most));
    assert_eq!(
        (told(&count(0), half_a_minute(1_000)).verdict, told(&count(1), half_a_minute(1_000)).verdict),
        (Fail, Pass)
    );
    // Two in a row are none, and a hit that nobody suffers from is tolerated.
    let tolerated = told(&at(1), half_a_minute(702));
    assert_eq!((tolerated.verdict, tolerated.observed), (Pass, Some(0.0)));
    let quiet = told(&at(1), six_in_a_row().map(|asked| Observed { status: 200, ..asked }));
    assert_eq!(quiet.verdict, Inconclusive);
    assert!(quiet.why.starts_with("there was no outage, and no inject hit"), "{}", quiet.why);
}

fn recovery(clock: Clock, inject: Option<u16>, secs: u64) -> Target {
    let target = asks(None, Metric::ObservedRecoveryTime, Op::Le, Bound::Time(Span::from_secs(secs)));
    let of = Selector { inject: inject.map(InjectId), ..target.expr.of };
    Target { clock, expr: Expr { of, ..target.expr }, ..target }
}

/// Judged with a second inject in the plan; the first was applied 5 s before what failed.
fn injected(targets: &[Target], observed: impl Iterator<Item = Observed>) -> (Vec<TargetVerdict>, Observation) {
    let plan = with_ways();
    let injects = vec![inject("freeze"), inject("stall")];
    let plan = Plan { injects, targets: targets.to_vec(), ..plan };
    let mut records = vec![control(ms(65_000), Event::Applied(FREEZE))];
    records.extend(observed.map(Record::Observed));
    let seen = completed(&plan, records);
    (judge(&plan, &seen).targets, seen)
}

#[test]
fn a_recovery_counts_by_three_clocks() {
    let at = |clock| [36, 35, 34, 20].map(|secs| recovery(clock, None, secs));
    let clocks = [Clock::Impact, Clock::Injection, Clock::Detection];
    let (told, seen) = injected(&clocks.map(at).concat(), half_a_minute(1_000));
    let verdicts: Vec<_> = told.chunks(4).map(|of| of.iter().map(|one| one.verdict).collect::<Vec<_>>()).collect();
    // From 65 s to between 99.9 s, when the last that failed was asked, and 100.02 s; and two tenths for their order.
    assert_eq!(verdicts[1], [Pass, Inconclusive, Fail, Fail]);
    let since = &told[4];
    assert!(since.low.is_some_and(|low| (low - (34.9 - 0.2)).abs() < 1e-6), "{since:?}");
    assert!(since.high.is_some_and(|high| (high - (35.02 + 0.2)).abs() < 1e-6), "{since:?}");
    assert_eq!(since.why, "the only outage: bot under freeze, counted from injection");
    // The others begin at 70 s, and a little later: when enough had failed to be certain.
    assert_eq!((&verdicts[0][..], &verdicts[2][..]), (&[Pass, Pass, Pass, Fail][..], &[Pass, Pass, Pass, Fail][..]));
    let outage = &seen.observed[0].outages[0];
    let words: Vec<_> = outage.clocks.iter().map(|told| (told.clock.name(), told.from_s)).collect();
    let declared = outage.outage.declared_s;
    assert_eq!(words, [("impact", Some(70.0)), ("injection", Some(65.0)), ("detection", Some(declared))]);
    assert!((70.0..75.0).contains(&declared), "{declared}");
    assert!(told[8].high.is_some_and(|high| (high - (100.02 - declared + 0.2)).abs() < 1e-6), "{:?}", told[8]);
    // The tightest objective by each clock stands beside it.
    assert!(outage.clocks.iter().all(|told| told.objective_s == Some(20.0)), "{outage:?}");
    assert!(seen.observed[0].hosts[0].outages[0].clocks.iter().all(|told| told.objective_s.is_none()), "another's");
    // By a clock that never began nothing is known: of this play no record tells that anything was applied.
    let open = self::told(&recovery(Clock::Injection, None, 36), half_a_minute(1_000));
    assert_eq!(open.verdict, Inconclusive);
    assert_eq!(open.why, "the only outage: bot under freeze, and there is no injection from which it could count");
}

#[test]
fn a_recovery_is_told_of_the_inject_that_is_named() {
    let of = |inject, secs| recovery(Clock::Impact, Some(inject), secs);
    let judged = |observed: &mut dyn Iterator<Item = Observed>| {
        let (told, _) = injected(&[of(0, 31), of(0, 29), of(1, 31)], observed);
        told.into_iter().map(|one| (one.verdict, one.why)).collect::<Vec<_>>()
    };
    let told = judged(&mut half_a_minute(1_000));
    assert_eq!(told[0], (Pass, "the only outage: bot under freeze".to_owned()));
    assert_eq!((told[1].0, told[2].0), (Fail, Inconclusive));
    assert!(told[2].1.starts_with("there was no outage, and no inject hit"), "{told:?}");
    // What the other one hit was served all the same.
    let stalled = |asked: Observed| match asked.injects[..] {
        [] => Observed { injects: vec![InjectId(1)], ..asked },
        _ => asked,
    };
    let told = judged(&mut half_a_minute(1_000).map(stalled));
    assert_eq!((told[0].0, &told[2]), (Pass, &(Pass, "tolerated: an inject hit, and no outage followed".to_owned())));
    // One that has caused an outage in the fault was not tolerated in the recovery, where it hit as well.
    let late = |asked: Observed| Observed { injects: vec![FREEZE], ..asked };
    let in_recovery = Target { phases: vec![PhaseId(2)], ..of(0, 31) };
    let (told, _) = injected(std::slice::from_ref(&in_recovery), half_a_minute(1_000).map(late));
    assert_eq!(told[0].verdict, Inconclusive, "{:?}", told[0]);
    let served = half_a_minute(700).map(late);
    assert_eq!(injected(&[in_recovery], served).0[0].verdict, Pass, "it has hit there, and none has failed");
}
