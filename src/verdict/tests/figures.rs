//! Each metric with rows that pass, fail and say nothing.

use super::*;
use crate::analysis::tests::script::refused_within;
use crate::journal::Gap;
use crate::plan::Verdict;
use crate::units::EndpointId;
use TargetOutcome::{Fail, Inconclusive, NotEvaluated, Pass};

#[test]
fn latencies() {
    // Received after 30 ms, acknowledged after 20 ms, attempted when due.
    let good = |_: u32| What::Good;
    for (metric, millis) in [(Metric::DeliveryLatency, 30), (Metric::AcceptLatency, 20), (Metric::ServiceLatency, 30)] {
        for thousandths in [50_000, 95_000, 99_000, 99_900] {
            assert_eq!(outcome(&percentile(metric, thousandths, millis), good), Pass, "{metric:?}");
            assert_eq!(outcome(&percentile(metric, thousandths, millis - 1), good), Fail, "{metric:?}");
        }
        assert_eq!(without_traffic(&percentile(metric, 95_000, millis)), Inconclusive);
    }
    let figure = judged(&percentile(Metric::DeliveryLatency, 95_000, 800), good);
    assert_eq!((figure.observed, figure.low, figure.high, figure.n), (Some(0.03), Some(0.03), Some(0.03), 1_800));
    assert_eq!(figure.why, "over 1,800 messages");
}

#[test]
fn percentiles_among_the_undelivered() {
    // One in ten is lost: p50 is known, p95 is at least the deadline of a second.
    let some_lost = |number: u32| if number.is_multiple_of(10) { What::Lost } else { What::Good };
    let p = |thousandths, millis| outcome(&percentile(Metric::DeliveryLatency, thousandths, millis), some_lost);
    assert_eq!(p(50_000, 30), Pass);
    assert_eq!(p(95_000, 999), Fail);
    // A bound at or above what is known leaves it open.
    assert_eq!((p(95_000, 1_000), p(95_000, 5_000)), (Inconclusive, Inconclusive));
    let figure = judged(&percentile(Metric::DeliveryLatency, 95_000, 999), some_lost);
    assert_eq!((figure.observed, figure.low, figure.high), (None, Some(1.0), None));
    // That it is at least so much can be said.
    let at_least = |op| {
        target(Some(Aggregate::Percentile(95_000)), Metric::DeliveryLatency, op, Bound::Time(Span::from_millis(999)))
    };
    assert_eq!(outcome(&at_least(Op::Gt), some_lost), Pass);
    assert_eq!(outcome(&at_least(Op::Lt), some_lost), Fail);
}

#[test]
fn other_aggregates() {
    let of = |aggregate, millis| {
        target(Some(aggregate), Metric::DeliveryLatency, Op::Le, Bound::Time(Span::from_millis(millis)))
    };
    // Half after 30, half after 50 ms: the mean is 40.
    let what = |number: u32| if number.is_multiple_of(2) { What::Good } else { What::Received(50) };
    let verdicts =
        |aggregate, millis| (outcome(&of(aggregate, millis), what), outcome(&of(aggregate, millis - 1), what));
    assert_eq!(verdicts(Aggregate::Mean, 40), (Pass, Fail));
    assert_eq!(verdicts(Aggregate::Min, 30), (Pass, Fail));
    assert_eq!(verdicts(Aggregate::Max, 50), (Pass, Fail));
    let lost = |number: u32| if number == 0 { What::Lost } else { What::Good };
    assert_eq!(
        (outcome(&of(Aggregate::Max, 999), lost), outcome(&of(Aggregate::Max, 1_000), lost)),
        (Fail, Inconclusive)
    );
    assert_eq!(outcome(&of(Aggregate::Mean, 500), lost), Inconclusive);
}

#[test]
fn too_few_samples_say_how_many_would_do() {
    let target = percentile(Metric::DeliveryLatency, 99_000, 800);
    let plan = planned(vec![target]);
    let of = |messages: u32| {
        let mut records = journey(|_| What::Good);
        records.retain(|record| record.at() < ms(u64::from(messages) * 100 - 50));
        judge(&plan, &completed(&plan, records)).targets.remove(0)
    };
    let few = of(99);
    assert_eq!((few.verdict, few.n), (Inconclusive, 99));
    assert_eq!(few.why, "99 samples are too few, 100 would do");
    assert_eq!(of(1).why, "one sample is too few, 100 would do");
    assert_eq!(of(100).verdict, Pass);
}

#[test]
fn shares_and_counts() {
    // 18 of 1,800 are refused: 99 % are good.
    let refused = |number: u32| if number.is_multiple_of(100) { What::Refused } else { What::Good };
    assert_eq!((outcome(&availability(99), refused), outcome(&availability(100), refused)), (Pass, Fail));
    assert_eq!(without_traffic(&availability(99)), Inconclusive);

    let lost = |number: u32| if number == 5 { What::Lost } else { What::Good };
    assert_eq!((outcome(&none(Metric::Lost), |_| What::Good), outcome(&none(Metric::Lost), lost)), (Pass, Fail));
    // Refused is not lost, and where nothing was owed, nothing is known.
    assert_eq!(outcome(&none(Metric::Lost), refused), Pass);
    assert_eq!(outcome(&none(Metric::Lost), |_| What::Refused), Inconclusive);

    assert_eq!(outcome(&none(Metric::Undelivered), |_| What::Good), Pass);
    assert_eq!(judged(&none(Metric::Undelivered), refused).observed, Some(18.0));
    assert_eq!(outcome(&none(Metric::Undelivered), refused), Fail);
    assert_eq!(without_traffic(&none(Metric::Undelivered)), Inconclusive);

    let twice = |number: u32| if number == 5 { What::Twice(true) } else { What::Good };
    assert_eq!(outcome(&none(Metric::Duplicated), |_| What::Good), Pass);
    assert_eq!(outcome(&none(Metric::Duplicated), twice), Fail);
    assert_eq!(outcome(&none(Metric::Duplicated), |_| What::Lost), Inconclusive);
}

#[test]
fn recovery_times() {
    // The truth lies in [28.9, 30.13] s.
    let down = refused_within(60, 90);
    assert_eq!(outcome(&recovery(30_130), &down), Pass);
    assert_eq!((outcome(&recovery(30_129), &down), outcome(&recovery(28_900), &down)), (Inconclusive, Inconclusive));
    assert_eq!(outcome(&recovery(28_899), &down), Fail);
    // Still down after 28.9 s: fail below that, open above.
    let censored = refused_within(150, 180);
    assert_eq!((outcome(&recovery(28_899), &censored), outcome(&recovery(7_200_000), &censored)), (Fail, Inconclusive));
    // Tolerated passes because there was a hit; without a hit nothing is known.
    assert_eq!(outcome(&recovery(1), |_| What::Good), Pass);
    let plan = planned(vec![recovery(1)]);
    assert_eq!(judge(&plan, &completed(&plan, journey(|_| What::Good))).targets[0].verdict, Inconclusive);
    assert_eq!(without_traffic(&recovery(1)), Inconclusive);
}

#[test]
fn recovery_in_a_phase_stands_on_what_hit_in_that_phase() {
    let in_phases = |phases: &[u16], what: &dyn Fn(u32) -> What| {
        let target = Target { phases: phases.iter().copied().map(PhaseId).collect(), ..recovery(1_000) };
        outcome(&target, what)
    };
    // The only hit is in the fault phase, and was tolerated there.
    let good = |_: u32| What::Good;
    assert_eq!((in_phases(&[1], &good), in_phases(&[1, 2], &good)), (Pass, Pass));
    assert_eq!((in_phases(&[0], &good), in_phases(&[2], &good)), (Inconclusive, Inconclusive));
    // A real outage in the fault phase says nothing of recovery in the others.
    let down = refused_within(60, 90);
    assert_eq!((in_phases(&[1], &down), in_phases(&[2], &down)), (Fail, Inconclusive));
}

#[test]
fn recovery_of_one_inject_leaves_out_what_is_not_its() {
    let mut target = recovery(1_000);
    target.expr.of.inject = Some(FREEZE);
    // The outage begins 40 s after the hit: unattributed, and the inject was tolerated.
    assert_eq!(outcome(&target, refused_within(100, 110)), Pass);
    assert_eq!(outcome(&recovery(1_000), refused_within(100, 110)), Fail);
    assert_eq!(outcome(&target, refused_within(60, 90)), Fail);
}

#[test]
fn only_the_phases_and_the_route_that_were_asked_for() {
    let mut baseline = availability(100);
    baseline.phases = vec![PhaseId(0)];
    assert_eq!(outcome(&baseline, refused_within(60, 90)), Pass);
    let mut lite = availability(100);
    lite.expr.of.route = Some(EndpointId(1));
    assert_eq!(outcome(&lite, |_| What::Good), Inconclusive);
    assert_eq!(outcome(&lite, |number| if number < 900 { What::Refused } else { What::FailedOver }), Pass);
    let mut senseless = none(Metric::Lost);
    senseless.expr.of.inject = Some(FREEZE);
    assert_eq!(outcome(&senseless, |_| What::Good), NotEvaluated);
}

#[test]
fn what_overlaps_a_slow_sender_or_a_gap_is_inconclusive() {
    let mut records = drill(refused_within(60, 90));
    let Some(Record::Attempt(late)) =
        records.iter_mut().find(|record| matches!(record, Record::Attempt(attempt) if attempt.message.number == 700))
    else {
        unreachable!()
    };
    late.sent = ms(70_150);
    let mut baseline = availability(100);
    baseline.phases = vec![PhaseId(0)];
    let plan = planned(vec![availability(100), baseline.clone()]);
    let judgement = judge(&plan, &completed(&plan, records));
    assert_eq!(judgement.targets.iter().map(|t| t.verdict).collect::<Vec<_>>(), [Inconclusive, Pass]);
    assert_eq!((judgement.verdict, judgement.reasons.len()), (Verdict::Inconclusive, 1));

    let gap = Record::Gap(Gap { from: ms(65_000), to: ms(65_500), lost: 3 });
    let mut recovery_phase = baseline;
    recovery_phase.phases = vec![PhaseId(2)];
    let plan = planned(vec![availability(100), recovery_phase]);
    let judgement = judge(&plan, &completed(&plan, [drill(refused_within(60, 90)), vec![gap]].concat()));
    assert_eq!(judgement.targets.iter().map(|t| t.verdict).collect::<Vec<_>>(), [Inconclusive, Pass]);
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
}
