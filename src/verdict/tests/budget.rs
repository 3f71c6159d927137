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
