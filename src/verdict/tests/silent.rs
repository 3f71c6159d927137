//! What a route without receipts took, or may have taken, shows nothing: what is counted of receipts lies between bounds.

use super::*;
use crate::analysis::tests::script::hop;
use crate::dlp::Kind;
use crate::plan::{Boundary, Corpus, Place, Reach, Receipts, Sensitivity};
use crate::units::{EndpointId, MessageId};
use TargetOutcome::{Fail, Inconclusive, Pass};

const DINGTALK: EndpointId = EndpointId(0);
const LITE: EndpointId = EndpointId(1);
const UNSEEN: &str = "none of 600 deliveries received; of 1,200 more no receipt could have told; ";

fn ratio(metric: Metric, op: Op, percent: u32) -> Target {
    let bound = Bound::Share(Share::from_millionths(percent * 10_000).unwrap());
    Target { confidence: Confidence::Point, ..target(Some(Aggregate::Ratio), metric, op, bound) }
}

fn at_most(metric: Metric, count: u64) -> Target {
    target(None, metric, Op::Le, Bound::Count(count))
}

/// Nobody tells of receipts; where the script has some nevertheless, they are known.
fn silent(targets: Vec<Target>) -> Plan {
    let mut plan = planned(targets);
    plan.endpoints.iter_mut().for_each(|endpoint| endpoint.receipts = Receipts::Acceptance);
    plan
}

fn verdicts(plan: &Plan, records: Vec<Record>) -> Vec<TargetVerdict> {
    judge(plan, &completed(plan, records)).targets
}

#[test]
fn what_may_not_leave_may_have_left_with_what_nobody_answered() {
    let targets = vec![
        none(Metric::DlpLeaks),
        at_most(Metric::DlpLeaks, 1_800),
        ratio(Metric::DlpLeaks, Op::Le, 1),
        ratio(Metric::DlpLeaks, Op::Le, 50),
    ];
    let mut plan = silent(targets);
    let share = |percent: u32| Share::from_millionths(percent * 10_000).unwrap();
    plan.journeys[0].corpus =
        Some(Corpus { violations: share(10), look_alikes: share(0), kinds: vec![Kind::Hkid, Kind::Phone] });
    let violates = |number: &u32| {
        let id = MessageId { journey: ORDER, number: *number };
        matches!(plan.journeys[0].sensitivity(id), Sensitivity::Violation(_))
    };
    let all = (0..1_800).filter(violates).count();
    let dropped = (600..1_200).filter(violates).count();
    let what = |number: u32| if (600..1_200).contains(&number) { What::Unanswered } else { What::Refused };
    let told = verdicts(&plan, drill(what));
    let outcomes: Vec<_> = told.iter().map(|one| one.verdict).collect();
    assert_eq!(outcomes, [Inconclusive, Pass, Inconclusive, Pass], "{told:#?}");
    assert_eq!((told[0].low, told[0].high), (Some(0.0), Some(dropped as f64)));
    let known = all - dropped;
    let why =
        format!("none of {known} deliveries of what may not leave; of {dropped} more no receipt could have told; ");
    assert!(told[0].why.starts_with(&why), "{}", told[0].why);
    assert_eq!(told[2].high, Some(dropped as f64 / all as f64));
    // Where nothing else was sent, nothing at all is known; what the platform took has left.
    assert_eq!(verdicts(&plan, drill(|_| What::Unanswered))[0].why, "no receipt could have told");
    let taken = verdicts(&plan, drill(|_| What::Lost)).remove(0);
    assert_eq!((taken.verdict, taken.observed), (Fail, Some(all as f64)));
    // A receipt could have told, and there was none: it did not leave.
    plan.endpoints.iter_mut().for_each(|endpoint| endpoint.receipts = Receipts::Inbox);
    assert_eq!(verdicts(&plan, drill(what))[0].verdict, Pass);
}

/// A third goes by the first route; the rest fails over to the second, which tells of no receipts.
fn failed_over(plan: &mut Plan, never: EndpointId) -> Vec<Record> {
    plan.endpoints[LITE.index()].receipts = Receipts::Acceptance;
    plan.boundaries = vec![Boundary {
        name: "home".to_owned(),
        classes: Vec::new(),
        groups: Vec::new(),
        rule: Reach::Never(vec![Place::Endpoint(never)]),
    }];
    let mut records = drill(|number| if number < 600 { What::Good } else { What::FailedOver });
    records.retain(|record| !matches!(record, Record::Receipt(receipt) if receipt.message.number >= 600));
    let led = |number: u32| if number < 600 { DINGTALK } else { LITE };
    records.extend((0..1_800).map(|number| hop(u64::from(number), led(number), ms(u64::from(number) * 100))));
    records
}

#[test]
fn what_crossed_by_a_silent_route_may_have_been_received_on_the_wrong_side() {
    let wrong_side = Metric::WrongSide;
    let targets = vec![
        none(wrong_side),
        at_most(wrong_side, 1_200),
        ratio(wrong_side, Op::Le, 1),
        ratio(wrong_side, Op::Le, 67),
        ratio(wrong_side, Op::Ge, 50),
    ];
    let mut plan = planned(targets);
    let records = failed_over(&mut plan, LITE);
    let told = verdicts(&plan, records);
    let outcomes: Vec<_> = told.iter().map(|one| one.verdict).collect();
    assert_eq!(outcomes, [Inconclusive, Pass, Inconclusive, Pass, Inconclusive], "{told:#?}");
    assert!(told[0].why.starts_with(UNSEEN), "{}", told[0].why);
    // What went by the silent route did not cross here: of what did, all is known. But a share of all is smaller if more was received.
    let records = failed_over(&mut plan, DINGTALK);
    let told = verdicts(&plan, records);
    assert_eq!((told[0].verdict, told[0].low, told[0].high), (Fail, Some(600.0), Some(600.0)));
    assert_eq!((told[4].verdict, told[4].low, told[4].high), (Inconclusive, Some(600.0 / 1_800.0), Some(1.0)));
    // Nothing crossed, and that is known of each.
    let records = failed_over(&mut plan, EndpointId(7));
    let told = verdicts(&plan, records);
    assert_eq!((told[0].verdict, told[0].why.as_str()), (Pass, "none of 600 deliveries received"));
    assert_eq!((told[2].verdict, told[2].high), (Pass, Some(0.0)));
}

#[test]
fn what_nobody_acknowledged_may_have_been_received_by_a_silent_route() {
    let plan = silent(vec![none(Metric::Unacknowledged), ratio(Metric::Unacknowledged, Op::Le, 1)]);
    let unanswered = |number: u32| if number < 600 { What::Good } else { What::Unanswered };
    for told in verdicts(&plan, drill(unanswered)) {
        assert_eq!(told.verdict, Inconclusive, "{told:?}");
        assert!(told.why.starts_with(UNSEEN), "{}", told.why);
    }
    // What was acknowledged is owed, received or not.
    let taken = |number: u32| if number < 600 { What::Good } else { What::Lost };
    for told in verdicts(&plan, drill(taken)) {
        assert_eq!((told.verdict, told.high), (Pass, Some(0.0)), "{told:?}");
    }
}
