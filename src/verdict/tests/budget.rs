use super::*;
use crate::analysis::tests::script::refused_within;
use crate::plan::Window;
use crate::verdict::budgets;

fn promised(millionths: u32, window: Window) -> Target {
    let share = Share::from_millionths(millionths).expect("a share");
    Target { window: Some(window), ..target(None, Metric::Availability, Op::Ge, Bound::Share(share)) }
}

/// Half a minute of an outage, known to within a second or two.
fn down(number: u32) -> What {
    refused_within(70, 100)(number)
}

#[test]
fn an_outage_costs_what_it_lasted() {
    let plan = planned(vec![promised(999_000, Window::Month)]);
    let observation = observed(&plan, down);
    let outage = observation.journeys[0].outages.first().expect("an outage");
    let (low, high) = (outage.lo_s, outage.hi_s.expect("it ended"));
    let told = budgets(&plan, &observation);
    // 0.1 % of 30 and of 90 days.
    let allowed: Vec<f64> = told.iter().map(|budget| budget.allowed.secs_f64()).collect();
    assert_eq!(allowed, [2_592.0, 7_776.0], "the month that was promised, and the quarter beside it");
    for budget in &told {
        assert_eq!((budget.outages, budget.low_s, budget.high_s), (1, low, Some(high)));
        let (least, most) = budget.spent();
        assert!((least - low / budget.allowed.secs_f64()).abs() < 1e-12 && most.is_some_and(|most| most > least));
    }
}

#[test]
fn the_month_in_which_the_drill_starts_decides_how_much_may_be_lost() {
    let allowed = |started: &str| {
        let mut plan = planned(vec![promised(999_000, Window::Month)]);
        plan.starts(started.parse().expect("a moment"));
        let told = budgets(&plan, &observed(&plan, down));
        let why = judge(&plan, &observed(&plan, down)).targets.remove(0).why;
        (told.iter().map(|budget| budget.allowed.secs_f64()).collect::<Vec<_>>(), why)
    };
    // A thousandth of 28, 29 and 31 days, and of the quarters' 90, 91 and 92. In Hong Kong March begins at 16:00 UTC.
    let (february, why) = allowed("2026-02-28T15:59:59Z");
    assert_eq!(february, [2_419.2, 7_776.0]);
    assert_eq!(
        why,
        "what one outage leaves of 2026-02 (Asia/Hong_Kong, 40,320 min), if nothing else happens: 28.9–30.1 s of the 40 min 19 s that may be lost"
    );
    assert_eq!(allowed("2028-02-29T15:59:59Z").0, [2_505.6, 7_862.4]);
    assert_eq!(allowed("2026-02-28T16:00:00Z").0, [2_678.4, 7_776.0]);
    let (december, why) = allowed("2026-12-31T15:59:59Z");
    assert_eq!(december, [2_678.4, 7_948.8]);
    assert_eq!(
        why,
        "what one outage leaves of 2026-12 (Asia/Hong_Kong, 44,640 min), if nothing else happens: 28.9–30.1 s of the 44 min 38 s that may be lost"
    );
}

#[test]
fn a_window_that_begins_whenever_is_as_long_as_it_says() {
    let rolling = Window::Rolling(Span::from_secs(28 * 86_400));
    let mut plan = planned(vec![promised(999_000, rolling)]);
    plan.starts("2026-12-31T15:59:59Z".parse().expect("a moment"));
    let told = budgets(&plan, &observed(&plan, down));
    let allowed: Vec<_> = told.iter().map(|budget| (budget.window, budget.allowed.secs_f64())).collect();
    assert_eq!(allowed, [(rolling, 2_419.2), (Window::Month, 2_678.4), (Window::Quarter, 7_948.8)]);
    let why = judge(&plan, &observed(&plan, down)).targets.remove(0).why;
    assert_eq!(
        why,
        "what one outage leaves of a window of 28d (40,320 min), if nothing else happens: 28.9–30.1 s of the 40 min 19 s that may be lost"
    );
}

#[test]
fn what_is_left_is_judged_and_nothing_is_extrapolated() {
    // Some 30 s of a month are 0.0012 %, of which 99.9 % leaves 43 minutes and 99.9999 % two and a half seconds.
    assert_eq!(outcome(&promised(999_000, Window::Month), down), TargetOutcome::Pass);
    assert_eq!(outcome(&promised(999_999, Window::Month), down), TargetOutcome::Fail);
    let judged = judged(&promised(999_000, Window::Month), down);
    let (low, high) = (judged.low.expect("a bound"), judged.high.expect("a bound"));
    assert!((0.99998..0.99999).contains(&low) && (low..0.999_999).contains(&high), "{judged:?}");
    // Within the drill itself far more than a thousandth was bad.
    assert_eq!(outcome(&promised(999_000, Window::Drill), down), TargetOutcome::Fail);
    assert_eq!(outcome(&promised(999_000, Window::Month), |_| What::Good), TargetOutcome::Pass);
}

#[test]
fn whoever_promises_nothing_for_longer_than_the_drill_has_no_budget() {
    for target in [promised(999_000, Window::Drill), availability(99)] {
        let plan = planned(vec![target]);
        assert_eq!(budgets(&plan, &observed(&plan, down)), []);
    }
}

#[test]
fn a_budget_that_counts_slices_is_spent_by_slices() {
    use crate::plan::Budgeting;
    use crate::units::TargetId;
    let spent = |budgeting, what: &dyn Fn(u32) -> What| {
        let mut spent = target(None, Metric::ErrorBudget, Op::Le, Bound::Share(Share::from_percent(2)));
        spent.expr.of = Selector { slo: Some(TargetId(0)), ..Selector::default() };
        let slo = Target { budgeting: Some(budgeting), ..promised(999_000, Window::Month) };
        let plan = planned(vec![slo, spent]);
        judge(&plan, &observed(&plan, what)).targets.remove(1)
    };
    let slices = Budgeting::Timeslices { every: Span::from_secs(10), good: Share::from_percent(95) };
    let near = |a: Option<f64>, b: f64| a.is_some_and(|a| (a - b).abs() < 1e-9);
    // Refused from 60 to 90 s: three slices of ten seconds, of the 2,592 s that may be lost in a month.
    let told = spent(slices, &refused_within(60, 90));
    assert!(near(told.observed, 30.0 / 2_592.0) && near(told.low, 30.0 / 2_592.0), "{told:?}");
    assert_eq!(told.verdict, TargetOutcome::Pass);
    // One slice that is half bad is no outage in the time of which it would be counted: eight in a hundred, far apart.
    let sparse = |number: u32| {
        if (600..700).contains(&number) && number.is_multiple_of(12) { What::Refused } else { What::Good }
    };
    let told = spent(slices, &sparse);
    assert!(near(told.observed, 10.0 / 2_592.0), "{told:?}");
    assert!(told.why.ends_with("of the 99.9% that `availability` promises for a month (43,200 min)"), "{}", told.why);
    // By messages: 300 of the 25,920 that may be bad among the 25,920,000 that a month brings at this rate.
    let told = spent(Budgeting::Occurrences, &refused_within(60, 90));
    assert!(near(told.observed, 300.0 / 25_920.0), "{told:?}");
}

#[test]
fn a_share_of_a_budget_can_be_asked() {
    use crate::units::TargetId;
    let asked = |millionths, what: &dyn Fn(u32) -> What| {
        let bound = Bound::Share(Share::from_millionths(millionths).expect("a share"));
        let mut spent = target(None, Metric::ErrorBudget, Op::Le, bound);
        spent.expr.of = Selector { slo: Some(TargetId(0)), ..Selector::default() };
        let plan = planned(vec![promised(999_000, Window::Month), spent]);
        judge(&plan, &observed(&plan, what)).targets.remove(1)
    };
    // [28.9, 30.13] s of 2,592: between 1.115 and 1.163 %.
    let told = asked(20_000, &down);
    assert_eq!((told.verdict, told.n), (TargetOutcome::Pass, 1));
    let near = |a: Option<f64>, b: f64| a.is_some_and(|a| (a - b).abs() < 1e-9);
    assert!(near(told.low, 28.9 / 2_592.0) && near(told.high, 30.13 / 2_592.0), "{told:?}");
    assert_eq!(
        told.why,
        "one outage took 28.9–30.1 s of the 43 min 12 s that `availability` lets be lost in a month (43,200 min)"
    );
    assert_eq!(asked(11_300, &down).verdict, TargetOutcome::Inconclusive);
    assert_eq!(asked(11_100, &down).verdict, TargetOutcome::Fail);
    let good = asked(0, &|_| What::Good);
    assert_eq!((good.verdict, good.observed), (TargetOutcome::Pass, Some(0.0)));
    // Still down at the end: at least so much is gone, and nobody knows how much.
    let open = asked(900_000, &refused_within(150, 180));
    assert_eq!((open.verdict, open.high), (TargetOutcome::Inconclusive, None));
}

#[test]
fn an_outage_costs_what_of_it_lies_in_the_phases() {
    use crate::units::TargetId;
    let near = |(low, high): (f64, Option<f64>), (least, most): (f64, Option<f64>)| {
        (low - least).abs() < 1e-9 && high.zip(most).map_or(high == most, |(high, most)| (high - most).abs() < 1e-9)
    };
    let lost = |phase, what: &dyn Fn(u32) -> What| {
        let slo = Target { phases: vec![PhaseId(phase)], ..promised(999_000, Window::Month) };
        let mut spent = target(None, Metric::ErrorBudget, Op::Le, Bound::Share(Share::from_percent(50)));
        (spent.expr.of, spent.phases) =
            (Selector { slo: Some(TargetId(0)), ..Selector::default() }, slo.phases.clone());
        let plan = planned(vec![slo, spent]);
        let observation = observed(&plan, what);
        let told = budgets(&plan, &observation).remove(0);
        // The budget, the share of it and what is left of the window go by the same outages.
        let judged = judge(&plan, &observation).targets;
        let seconds = |low: Option<f64>, high: Option<f64>, of: f64| {
            (low.map_or(0.0, |low| low * of), high.map(|high| high * of))
        };
        let share = seconds(judged[1].low, judged[1].high, 2_592.0);
        assert!(near(share, (told.low_s, told.high_s)), "{judged:?} of {told:?}");
        let left = judged[0].high.map(|high| (1.0 - high) * 2_592_000.0);
        assert!(left.is_some_and(|left| (left - told.low_s).abs() < 1e-6), "{judged:?} of {told:?}");
        assert_eq!(judged[0].n, told.outages as u64);
        (told.outages, (told.low_s, told.high_s))
    };
    // Down for certain from 51 s, a deadline after the first bad message, to 79.9 s, and at most from 49.9 to 80.03 s; the fault's phase
    // begins at 60 s.
    let across = refused_within(50, 80);
    let ((before, first), (after, second)) = (lost(0, &across), lost(1, &across));
    assert!((before, after) == (1, 1) && near(first, (9.0, Some(10.1))) && near(second, (19.9, Some(20.03))));
    assert_eq!(lost(2, &across), (0, (0.0, Some(0.0))));
    // One that begins with a phase takes nothing of the one before, in which all was good.
    let within = refused_within(60, 90);
    assert_eq!((lost(0, &within).0, lost(1, &within).0), (0, 1));
    // Of one that has not ended it is known what it took of the phases that have: all of the fault's.
    let open = refused_within(50, 180);
    assert!(near(lost(0, &open).1, (9.0, Some(10.1))) && near(lost(1, &open).1, (60.0, Some(60.0))));
    let (outages, rest) = lost(2, &open);
    assert!(outages == 1 && near(rest, (59.9, None)), "{rest:?}");
}
