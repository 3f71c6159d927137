//! When it is certain that a promise cannot be kept: not one message earlier, and whatever the figure is then.

use super::*;
use crate::analysis::tests::script::{control, fold, refused_within};
use crate::journal::{Decision, End, Event};
use crate::plan::{Abort, Arrival, Verdict};
use crate::verdict::broken;
use TargetOutcome::{Fail, Inconclusive};

fn aborting(target: Target) -> Target {
    Target { abort: Some(Abort::default()), ..target }
}

/// The second at which it is certain, to a tenth of a second, with what is said then; `None` = never. What is certain stays so, and thus the
/// first moment is between one at which it is and one at which it is not.
fn certain(plan: &Plan, what: impl Fn(u32) -> What) -> Option<(f64, TargetVerdict)> {
    let records = drill(what);
    let found = |tenth: u32| {
        let at = ms(u64::from(tenth) * 100);
        let until: Vec<_> = records.iter().filter(|record| record.at() <= at).cloned().collect();
        let mut folds = fold(plan, &until);
        let all = folds.observe(Some(at));
        let judged = broken(plan, &folds.evidence(at));
        assert_eq!(judged, broken(plan, &all), "what only people read changes no verdict");
        judged
    };
    let (mut not_yet, mut certain) = (0, 1_900);
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

fn at(target: Target, what: impl Fn(u32) -> What) -> Option<f64> {
    certain(&planned(vec![aborting(target)]), what).map(|(at, judged)| {
        assert_eq!(judged.verdict, Fail);
        assert!(judged.why.starts_with("it could not be kept any more at "), "{}", judged.why);
        at
    })
}

/// Down for as many seconds as are asked for, from 60 s on.
fn down(tenths: u32) -> impl Fn(u32) -> What {
    move |number| if (600..600 + tenths).contains(&number) { What::Refused } else { What::Good }
}

#[test]
fn a_share_is_lost_with_the_first_message_too_many() {
    // 1 % of 1,800 are 18; the 19th is due at 61.8 s, and bad when its second has passed.
    assert_eq!((at(availability(99), down(18)), at(availability(99), down(19))), (None, Some(62.8)));
    // In the fault phase alone six of 600.
    let fault = Target { phases: vec![PhaseId(1)], ..availability(99) };
    assert_eq!((at(fault.clone(), down(6)), at(fault, down(7))), (None, Some(61.6)));
    let said = certain(&planned(vec![aborting(availability(99))]), down(30)).expect("it is certain").1;
    assert_eq!(said.why, "it could not be kept any more at 62.8 s: 19 of at most 1,800 messages were bad");
    assert_eq!((said.observed, said.low, said.high, said.n), (None, Some(0.0), Some(1_781.0 / 1_800.0), 1_800));
}

#[test]
fn where_more_may_come_than_planned_more_may_be_bad() {
    let mut plan = planned(vec![aborting(availability(99))]);
    plan.journeys[0].arrival = Arrival::Poisson;
    // At most 1,800 + 10·√1,800 + 10 = 2,235 (rounded up): 22 of them may be bad.
    assert_eq!(certain(&plan, down(22)), None);
    assert_eq!(certain(&plan, down(23)).map(|(at, _)| at), Some(63.2));
}

#[test]
fn latencies_are_lost_when_too_many_took_long() {
    // Of 1,800 five in a hundred, 90, may take longer than 100 ms, and they are known when they have arrived.
    let slow = |few: u32| move |number: u32| if number < few { What::Received(200) } else { What::Good };
    let p95 = percentile(Metric::DeliveryLatency, 95_000, 100);
    assert_eq!((at(p95.clone(), slow(90)), at(p95, slow(91))), (None, Some(9.2)));
    // Who still waits when the deadline has passed waits for longer than less than that.
    let refused = |few: u32| move |number: u32| if number < few { What::Refused } else { What::Good };
    let p95 = |millis| percentile(Metric::DeliveryLatency, 95_000, millis);
    assert_eq!((at(p95(100), refused(91)), at(p95(1_000), refused(91))), (Some(10.0), Some(10.0)));
    // Nothing is known of longer bounds: what is refused may be sent again.
    assert_eq!(at(p95(1_001), refused(91)), None);
    let of = |aggregate, millis| {
        target(Some(aggregate), Metric::DeliveryLatency, Op::Le, Bound::Time(Span::from_millis(millis)))
    };
    assert_eq!((at(of(Aggregate::Max, 200), slow(1)), at(of(Aggregate::Max, 199), slow(1))), (None, Some(0.2)));
    // 1,800 messages may take 18 s together at a mean of 10 ms: 30 ms each, the 601st is one too many.
    assert_eq!(at(of(Aggregate::Mean, 10), |_| What::Good), Some(60.1));
    assert_eq!(at(of(Aggregate::Mean, 30), |_| What::Good), None);
}

#[test]
fn counts_only_grow() {
    let twice = |number: u32| if number % 100 == 10 { What::Twice(true) } else { What::Good };
    // One in ten seconds, 40 ms after it was due; the third of them at 21.04 s.
    let most = |op, n| target(None, Metric::Duplicated, op, Bound::Count(n));
    assert_eq!((at(most(Op::Le, 2), twice), at(most(Op::Eq, 0), twice)), (Some(21.1), Some(1.1)));
    assert_eq!(at(most(Op::Le, 18), twice), None);
    // 0.1 % of 1,800 is 1.8: the second is one too many.
    let bound = Bound::Share(Share::from_millionths(1_000).expect("a share"));
    assert_eq!(at(target(Some(Aggregate::Ratio), Metric::Duplicated, Op::Le, bound), twice), Some(11.1));
    let rate = |n| {
        let rate = crate::units::Rate::new(n, Span::from_secs(60)).expect("a rate");
        target(Some(Aggregate::Rate), Metric::Duplicated, Op::Le, Bound::Rate(rate))
    };
    assert_eq!((at(rate(6), twice), at(rate(5), twice)), (None, Some(151.1)), "15 in three minutes, and one more");
}

#[test]
fn an_outage_only_gets_longer() {
    // Down from 60 s, with a deadline of a second: longer than 10 s when the message of 71.1 s was bad too.
    assert_eq!(at(recovery(10_000), refused_within(60, 90)), Some(72.1));
    assert_eq!(at(recovery(10_000), down(112)), Some(72.1));
    assert_eq!(at(recovery(10_000), down(111)), None);
    let most = |n| target(None, Metric::RecoveryTime, Op::Le, Bound::Count(n));
    let outages = |n| Target { expr: Expr { aggregate: Some(Aggregate::Count), ..most(n).expr }, ..most(n) };
    // Five in a row make one: certain a second after the fifth.
    assert_eq!((at(outages(0), down(50)), at(outages(1), down(50))), (Some(61.4), None));
}

#[test]
fn it_waits_for_its_time_and_for_reliable_figures() {
    let after = |secs| {
        let target = Target { phases: vec![PhaseId(1)], ..availability(99) };
        planned(vec![Target { abort: Some(Abort { after: Span::from_secs(secs) }), ..target }])
    };
    let when = |secs| certain(&after(secs), down(30)).map(|(at, _)| at);
    assert_eq!((when(0), when(1), when(30)), (Some(61.6), Some(61.6), Some(90.0)));
    // A target that does not say so ends nothing.
    assert_eq!(certain(&planned(vec![availability(99)]), down(30)), None);
    // Nor does one whose sender was too slow: its figures are not reliable.
    let mut records = drill(down(30));
    for record in &mut records {
        if let Record::Attempt(attempt) = record
            && attempt.message.number == 602
        {
            attempt.sent = ms(60_350);
        }
    }
    let plan = planned(vec![aborting(availability(99))]);
    assert_eq!(broken(&plan, &fold(&plan, &records).observe(Some(ms(100_000)))), None);
}

#[test]
fn what_was_decided_is_not_decided_again() {
    let plan = planned(vec![aborting(availability(99)), availability(50)]);
    let decision = Decision::Abort {
        target: "availability".into(),
        expr: "availability".into(),
        observed: None,
        low: Some(0.0),
        high: Some(0.5),
        n: 1_800,
        why: "it could not be kept any more at 70s: of this test".into(),
    };
    let decided = control(ms(70_000), Event::Decided { position: 9, decision });
    let mut records = drill(|_| What::Good);
    records.retain(|record| record.at() < ms(70_000));
    records.push(decided);
    records.push(Record::Seal(crate::journal::Seal { at: ms(71_000), end: End::Aborted, records: 0 }));
    let observation = fold(&plan, &records).observe(None);
    assert_eq!((observation.conservation.clone(), observation.finished), (Vec::<String>::new(), false));
    let judgement = judge(&plan, &observation);
    // By the records alone it would have been kept.
    let first = &judgement.targets[0];
    assert_eq!((first.verdict, first.high, first.n), (Fail, Some(0.5), 1_800));
    assert_eq!((judgement.verdict, judgement.word()), (Verdict::Fail, "fail"));
    // Both bear the same name and text here, as the decision knows them; another does not.
    let other = planned(vec![Target { name: "other".into(), ..availability(50) }]);
    let judged = judge(&other, &observation).targets.remove(0);
    assert_eq!(judged.verdict, Inconclusive);
    assert!(judged.why.starts_with("the run did not finish; so far: "), "{}", judged.why);
}
