//! Availability by slices of time: a hundred messages in ten seconds, of which so many have to be good.

use super::*;
use crate::analysis::tests::script::refused_within;
use crate::confidence::{RISK, at_least};
use crate::plan::{Budgeting, Window};
use TargetOutcome::{Fail, Inconclusive, Pass};

/// In slices of ten seconds, of which there are six in each of the three phases.
fn in_slices(percent: u32, good: u32) -> Target {
    let budgeting = Budgeting::Timeslices { every: Span::from_secs(10), good: Share::from_percent(good) };
    Target { budgeting: Some(budgeting), ..availability(percent) }
}

#[test]
fn slices_are_counted_and_not_messages() {
    // Five bad ones in each slice leave each at 95 %; a sixth makes one slice bad.
    let spread = |number: u32| if number % 20 == 10 { What::Refused } else { What::Good };
    let told = judged(&in_slices(100, 95), spread);
    assert_eq!((told.verdict, told.observed, told.n), (Pass, Some(1.0), 18));
    assert_eq!(told.why, "18 of 18 slices of 10s were good: at least 95% of their messages were");
    let one_more = |number: u32| if number == 601 { What::Refused } else { spread(number) };
    let told = judged(&in_slices(95, 95), one_more);
    assert_eq!((told.verdict, told.observed), (Fail, Some(17.0 / 18.0)));
    assert_eq!(outcome(&in_slices(94, 95), one_more), Pass);
    // By messages it is the other way round.
    assert_eq!((outcome(&availability(96), spread), outcome(&availability(94), one_more)), (Fail, Pass));
    assert_eq!(without_traffic(&in_slices(1, 95)), Inconclusive);
}

#[test]
fn what_had_too_few_messages_is_not_told() {
    // Eleven messages of the last slice.
    let plan = planned(vec![in_slices(100, 95)]);
    let mut records = drill(|_| What::Good);
    records.retain(|record| record.at() < ms(171_050));
    let told = judge(&plan, &completed(&plan, records)).targets.remove(0);
    assert_eq!((told.verdict, told.n), (Pass, 17));
    assert!(told.why.ends_with("; 1 more had too few messages to tell"), "{}", told.why);
}

#[test]
fn what_is_left_at_the_end_of_a_phase_is_a_slice_as_well() {
    // Of 25 s there are two in a minute, and ten seconds more.
    let budgeting = Some(Budgeting::Timeslices { every: Span::from_secs(25), good: Share::from_percent(95) });
    let target = Target { budgeting, ..availability(100) };
    let told = judged(&target, |_| What::Good);
    assert_eq!((told.verdict, told.observed, told.n), (Pass, Some(1.0), 9));
    let why = "9 of 9 slices of 25s (3 shorter, at the end of a phase) were good: at least 95% of their messages were";
    assert_eq!(told.why, why);
    // Down for the last nine seconds of the fault's phase.
    let tail = refused_within(111, 120);
    let told = judged(&target, &tail);
    assert_eq!((told.verdict, told.observed), (Fail, Some(8.0 / 9.0)));
    // Of a month that takes ten seconds, as long as the slice is, and not twenty-five.
    let month = Target { window: Some(Window::Month), ..target.clone() };
    let told = judged(&month, &tail);
    let left = 1.0 - 10.0 / 2_592_000.0;
    assert!(told.observed.is_some_and(|share| (share - left).abs() < 1e-12), "{told:?}");
    // With eleven messages nobody knows of it, which may have taken all of its time.
    let plan = planned(vec![month]);
    let mut records = drill(|_| What::Good);
    records.retain(|record| record.at() < ms(171_050));
    let told = judge(&plan, &completed(&plan, records)).targets.remove(0);
    assert!(told.why.contains("; 1 more had too few messages to tell"), "{}", told.why);
    assert!(told.low.is_some_and(|low| (low - left).abs() < 1e-12) && told.high == Some(1.0), "{told:?}");
}

#[test]
fn slices_in_a_row_are_one_piece_of_news() {
    let target = Target { confidence: Confidence::Bound, ..in_slices(20, 95) };
    // The last three slices of the fault phase and the first three of the next are bad. Within phases, of five that follow a bad one four
    // are bad, and of ten that follow a good one one is: ρ = 0.7, and 18 are worth 18 · 0.3 / 1.7.
    let told = judged(&target, refused_within(90, 150));
    assert_eq!((told.observed, told.n), (Some(12.0 / 18.0), 18));
    let worth = 18.0 * 0.3 / 1.7;
    assert!(told.n_effective.is_some_and(|n| (n - worth).abs() < 1e-9), "{told:?}");
    let low = at_least(12.0 / 18.0 * worth, worth, RISK);
    assert!(told.low.is_some_and(|told| (told - low).abs() < 1e-9) && low < 0.2, "{told:?}");
    assert_eq!(told.verdict, Inconclusive);
    // Where each is like the one before, all of them say what one does.
    assert_eq!(judged(&target, refused_within(60, 120)).n_effective, Some(1.0));
}

#[test]
fn what_is_left_of_a_window_by_slices_and_by_messages() {
    let month = |budgeting, millionths| {
        let bound = Bound::Share(Share::from_millionths(millionths).expect("a share"));
        let target = target(None, Metric::Availability, Op::Ge, bound);
        Target { window: Some(Window::Month), budgeting: Some(budgeting), ..target }
    };
    let slices = Budgeting::Timeslices { every: Span::from_secs(10), good: Share::from_percent(95) };
    // Three bad slices are 30 s of 2,592,000 s.
    let told = judged(&month(slices, 999_988), refused_within(60, 90));
    let left = 1.0 - 30.0 / 2_592_000.0;
    assert!(told.observed.is_some_and(|share| (share - left).abs() < 1e-12), "{told:?}");
    assert_eq!((told.verdict, outcome(&month(slices, 999_989), refused_within(60, 90))), (Pass, Fail));
    // 300 bad messages of 25,920,000, at ten a second: just as much.
    let told = judged(&month(Budgeting::Occurrences, 999_988), refused_within(60, 90));
    assert!(told.observed.is_some_and(|share| (share - left).abs() < 1e-12), "{told:?}");
    assert_eq!((told.verdict, outcome(&month(Budgeting::Occurrences, 999_989), refused_within(60, 90))), (Pass, Fail));
    assert!(told.why.starts_with("300 of 1,800 messages were bad, which leaves"), "{}", told.why);
}

#[test]
fn of_a_route_the_window_brings_what_the_route_carried() {
    // Two hundred messages came by the second route, and a hundred of the other sixteen hundred were bad: of a month's 25,920,000 messages
    // the first route carries as large a part.
    let failing_over = |number: u32| match number {
        600..800 => What::FailedOver,
        800..900 => What::Refused,
        _ => What::Good,
    };
    let bound = Bound::Share(Share::from_millionths(999_000).expect("a share"));
    let mut target = target(None, Metric::Availability, Op::Ge, bound);
    (target.window, target.budgeting) = (Some(Window::Month), Some(Budgeting::Occurrences));
    target.expr.of.route = Some(crate::units::EndpointId(0));
    let fault = Target { phases: vec![PhaseId(1)], ..target.clone() };
    for (target, n) in [(target, 1_600), (fault, 400)] {
        let told = judged(&target, failing_over);
        let left = 1.0 - 100.0 / (25_920_000.0 * 16.0 / 18.0);
        assert!(told.observed.is_some_and(|share| (share - left).abs() < 1e-12), "{told:?}");
        assert_eq!((told.verdict, told.n), (Pass, n));
    }
}
