//! Sliding windows, told a few at a time, against a recomputation from all messages at once.

use std::sync::Arc;

use proptest::prelude::*;

use crate::analysis::{Folds, WindowFigures, Windows};
use crate::confidence::{Along, Pairs, RISK, Ranks, at_least, at_most};
use crate::draw::Seed;
use crate::journal::{End, Record, Seal};
use crate::plan::{Aggregate, Bound, Confidence, Expr, Metric, Op, Plan, Selector, Sliding, Target};
use crate::units::{Moment, PhaseId, Share, Span};

use super::script::{ORDER, What, ms, plan, records};

/// Three phases of ten seconds, in which a hundred messages each are due.
fn short(target: Target) -> Plan {
    let mut plan = Plan { injects: Vec::new(), targets: vec![target], ..plan() };
    for (number, phase) in (0..).zip(&mut plan.phases) {
        (phase.start, phase.length) = (ms(number * 10_000), Span::from_secs(10));
    }
    plan
}

const DEADLINE: u64 = 1_000;

/// Good or bad, and how long it took.
#[derive(Clone, Copy)]
struct Fared {
    good: bool,
    took: Option<u64>,
}

/// After the deadline and an attempt's second, or the time that a target asks about, nobody waits for a message any more.
fn settled(target: &Target) -> u64 {
    match target.expr.bound {
        Bound::Time(span) => (span.nanos() / 1_000_000).max(2 * DEADLINE),
        _ => 2 * DEADLINE,
    }
}

fn fared(what: What, target: &Target) -> Fared {
    let settled = settled(target);
    let took = match what {
        What::Good => Some(30),
        What::Received(after) if after <= settled => Some(after),
        _ => None,
    };
    Fared { good: took.is_some_and(|took| took <= DEADLINE), took }
}

/// The windows over the phases that a target selects, from when until when in milliseconds.
fn windows(target: &Target) -> Vec<(u64, u64)> {
    let sliding = target.sliding.unwrap();
    let (length, every) = (sliding.length.nanos() / 1_000_000, sliding.every.nanos() / 1_000_000);
    let stretches = match target.phases.as_slice() {
        [PhaseId(0), PhaseId(2)] => vec![(0, 10_000), (20_000, 30_000)],
        _ => vec![(0, 30_000)],
    };
    let mut all = Vec::new();
    for (from, to) in stretches {
        let mut start = from;
        while start + length < to {
            all.push((start, start + length));
            start += every;
        }
        all.push((to - length, to));
    }
    all
}

/// One window from all its messages.
fn window(target: &Target, fared: &[Fared], all: usize) -> (WindowFigures, bool) {
    let n = fared.len() as u64;
    let bound_ms = match target.expr.bound {
        Bound::Time(span) => Some(span.nanos() / 1_000_000),
        _ => None,
    };
    let bad = |one: &Fared| bound_ms.map_or(!one.good, |most| one.took.is_none_or(|took| took > most));
    let mut pairs = Pairs::default();
    fared.windows(2).for_each(|two| pairs.record(bad(&two[0]), bad(&two[1])));
    // Two senders take turns.
    fared.windows(3).for_each(|three| pairs.record_along(Along::Source, bad(&three[0]), bad(&three[2])));
    let (effective, good) = (pairs.effective(n), fared.iter().filter(|one| !bad(one)).count() as f64);
    let share = good / n as f64;
    let mut sorted: Vec<Option<f64>> = fared.iter().map(|one| one.took.map(|ms| ms as f64 / 1e3)).collect();
    sorted.sort_by(|a, b| a.unwrap_or(f64::INFINITY).total_cmp(&b.unwrap_or(f64::INFINITY)));
    // What is not in by then takes longer, if it comes at all.
    let longest = settled(target) as f64 / 1e3;
    let at = |rank: u64| sorted[usize::try_from(rank).unwrap() - 1];
    let (observed, of) = if let Some(Aggregate::Percentile(thousandths)) = target.expr.aggregate {
        let point = at((n * u64::from(thousandths)).div_ceil(100_000).max(1));
        let exactly = (point.unwrap_or(longest), point.unwrap_or(f64::INFINITY));
        let ranks = |risk| Ranks::of(f64::from(thousandths) / 1e5, n, effective, risk);
        let between = move |risk: f64| {
            let low = ranks(risk).at_least.map_or(0.0, |rank| at(rank).unwrap_or(longest));
            (low, ranks(risk).at_most.and_then(at).unwrap_or(f64::INFINITY))
        };
        let of: Box<dyn Fn(f64) -> (f64, f64)> =
            if target.confidence == Confidence::Point { Box::new(move |_| exactly) } else { Box::new(between) };
        (point, [of(RISK), of(RISK / all as f64)])
    } else {
        let of = |risk: f64| match target.confidence {
            Confidence::Point => (share, share),
            _ => (at_least(share * effective, effective, risk), at_most(share * effective, effective, risk)),
        };
        (Some(share), [of(RISK), of(RISK / all as f64)])
    };
    let [one, together] = of;
    let upward = target.expr.op.is_lower_bound();
    let (kept, broken) = if upward { (one.0, together.1) } else { (one.1, together.0) };
    // Of fewer than twenty the 95th percentile is just the largest. A bound says by itself when they are too few.
    let enough = match (target.expr.aggregate, target.confidence) {
        (Some(Aggregate::Percentile(at)), Confidence::Point) => n * u64::from(100_000 - at) >= 100_000,
        _ => true,
    };
    // No figure that is to be at least something can be one that never came.
    let figure = observed.unwrap_or(f64::INFINITY);
    let figures = WindowFigures { start: Moment::ZERO, n, effective, share, observed, figure, kept, broken };
    (figures, n > 0 && enough && n >= target.min_samples)
}

/// All windows that were looked at, and how many were not.
fn recomputed(target: &Target, kinds: &[What]) -> (Vec<WindowFigures>, u64) {
    let windows = windows(target);
    let mut seen = Vec::new();
    let mut unknown = 0;
    for (from, to) in &windows {
        let due = |number: u64| (*from..*to).contains(&(number * 100));
        let inside = (0..).zip(kinds).filter(|(number, _)| due(*number)).map(|(_, what)| fared(*what, target));
        let inside: Vec<Fared> = inside.collect();
        let (figures, looked_at) = window(target, &inside, windows.len());
        unknown += u64::from(!looked_at);
        if looked_at {
            seen.push(WindowFigures { start: ms(*from), ..figures });
        }
    }
    (seen, unknown)
}

/// The same from the folds, which look after so many records.
fn folded(target: &Target, kinds: &[What], look_after: usize) -> Windows {
    let mut folds = Folds::new(Arc::new(short(target.clone())), Seed(7)).looking_after(look_after);
    let all = (0_u32..).zip(kinds).flat_map(|(n, what)| records(n, ms(u64::from(n) * 100), *what));
    let seal = Record::Seal(Seal { at: ms(100_000), end: End::Completed, records: 0 });
    for (position, record) in (0..).zip(all.chain([seal])) {
        folds.record(position, &record);
    }
    let observation = folds.observe(None);
    observation.journeys[0].windows[0].clone()
}

/// A histogram of three digits tells values apart to a thousandth.
fn alike(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq() || (a - b).abs() <= 2e-3 * b.abs() + 1e-5
}

/// The window that was told is as it is recomputed, and none is worse. Of those that the resolution does not tell apart it may be any.
fn worst(
    told: Option<WindowFigures>,
    seen: &[WindowFigures],
    upward: bool,
    of: fn(&WindowFigures) -> f64,
) -> Result<(), TestCaseError> {
    let Some(told) = told else {
        prop_assert_eq!(seen.len(), 0);
        return Ok(());
    };
    let order = |a: &f64, b: &f64| if upward { a.total_cmp(b) } else { b.total_cmp(a) };
    let worst = seen.iter().map(of).min_by(order);
    prop_assert!(worst.is_some_and(|worst| alike(of(&told), worst)), "{told:?} {worst:?}");
    let naive = seen.iter().find(|window| window.start == told.start);
    let Some(naive) = naive else { return Err(TestCaseError::fail(format!("no window is {told:?}"))) };
    prop_assert_eq!(told.n, naive.n, "{:?} {:?}", told, naive);
    prop_assert!(alike(told.effective, naive.effective) && alike(told.share, naive.share), "{told:?} {naive:?}");
    prop_assert!(alike(told.kept, naive.kept) && alike(told.broken, naive.broken), "{told:?} {naive:?}");
    let observed = told.observed.zip(naive.observed).is_none_or(|(a, b)| alike(a, b));
    prop_assert!(observed && told.observed.is_some() == naive.observed.is_some(), "{told:?} {naive:?}");
    Ok(())
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        8 => Just(What::Good),
        // Apart by more than the resolution, so that the order is the same.
        2 => prop::sample::select(vec![100, 250, 400, 600, 900, 1_500, 60_000]).prop_map(What::Received),
        1 => Just(What::Refused),
        1 => Just(What::Lost),
    ]
}

fn target() -> impl Strategy<Value = Target> {
    let share = |percent| Bound::Share(Share::from_percent(percent));
    let time = |millis| Bound::Time(Span::from_millis(millis));
    let figure = prop_oneof![
        (any::<bool>(), 50_u32..99).prop_map(move |(up, percent)| {
            (None, Metric::Availability, if up { Op::Ge } else { Op::Le }, share(percent))
        }),
        (prop::sample::select(vec![50_000, 80_000, 95_000]), prop::sample::select(vec![300, 500, 3_000]))
            .prop_map(move |(at, most)| (Some(Aggregate::Percentile(at)), Metric::DeliveryLatency, Op::Le, time(most))),
    ];
    let windows = (1_u64..=10).prop_flat_map(|secs| (Just(secs), 1_u64..=secs * 2));
    let judged = prop::sample::select(vec![Confidence::Point, Confidence::Bound]);
    (figure, windows, judged, any::<bool>(), 0_u64..40).prop_map(|(figure, (secs, halves), confidence, apart, few)| {
        let (aggregate, metric, op, bound) = figure;
        let of = Selector { journey: Some(ORDER), ..Selector::default() };
        let every = Span::from_millis(halves * 500);
        let phases = if apart { vec![PhaseId(0), PhaseId(2)] } else { vec![PhaseId(0), PhaseId(1), PhaseId(2)] };
        let sliding = Some(Sliding { length: Span::from_secs(secs), every });
        let expr = Expr { aggregate, metric, of, op, bound };
        Target { phases, sliding, confidence, min_samples: few, ..Target::new("one", "one", expr) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_are_what_all_messages_make_of_them(
        target in target(),
        kinds in prop::collection::vec(what(), 300),
        look_after in 1_usize..400,
    ) {
        let told = folded(&target, &kinds, look_after);
        let (seen, unknown) = recomputed(&target, &kinds);
        prop_assert_eq!((told.looked_at, told.unknown), (seen.len() as u64, unknown));
        let upward = target.expr.op.is_lower_bound();
        worst(told.worst, &seen, upward, |window| window.figure)?;
        worst(told.weakest, &seen, upward, |window| window.kept)?;
        worst(told.clearest, &seen, upward, |window| window.broken)?;
        // When it is looked what can be told leaves no trace, down to the last digit.
        prop_assert_eq!(&told, &folded(&target, &kinds, usize::MAX));
    }
}
