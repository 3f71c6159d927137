//! What left and may not is counted exactly; where nothing of the kind was sent, nothing is shown.

use super::inspections::inspected;
use super::*;
use crate::analysis::tests::script::hop;
use crate::dlp::Kind;
use crate::journal::Ruling;
use crate::plan::{Boundary, Corpus, Place, Reach, Sensitivity};
use crate::units::{EndpointId, MessageId};
use TargetOutcome::{Fail, Inconclusive, Pass};

/// A tenth of the messages have something in them that may not leave.
fn leaky(target: &Target) -> Plan {
    let mut plan = planned(vec![target.clone()]);
    let share = |percent: u32| Share::from_millionths(percent * 10_000).unwrap();
    plan.journeys[0].corpus =
        Some(Corpus { violations: share(10), look_alikes: share(10), kinds: vec![Kind::Hkid, Kind::Phone] });
    plan
}

fn violates(plan: &Plan, number: u32) -> bool {
    let sort = plan.journeys[0].sensitivity(MessageId { journey: ORDER, number });
    matches!(sort, Sensitivity::Violation(_))
}

fn judged(target: &Target, what: impl Fn(&Plan, u32) -> What) -> (TargetVerdict, Observation) {
    let plan = leaky(target);
    let observation = observed(&plan, |number| what(&plan, number));
    (judge(&plan, &observation).targets.remove(0), observation)
}

#[test]
fn leaks_are_met_missed_and_left_open() {
    let target = none(Metric::DlpLeaks);
    let all = (0..1_800).filter(|number| violates(&leaky(&target), *number)).count();
    let (met, observation) =
        judged(&target, |plan, number| if violates(plan, number) { What::Refused } else { What::Good });
    assert_eq!((met.verdict, met.observed), (Pass, Some(0.0)));
    assert_eq!(met.why, format!("none of {all} deliveries of what may not leave"));
    assert!(observation.leaks.is_empty());
    let (missed, observation) = judged(&target, |_, _| What::Good);
    assert_eq!((missed.verdict, missed.observed), (Fail, Some(all as f64)));
    // The earliest are told one by one, each by its message, its way and its moment.
    assert_eq!(observation.leaks.len(), crate::limits::CROSSINGS_TOLD.min(all));
    let plan = leaky(&target);
    let first = (0..1_800).find(|number| violates(&plan, *number)).expect("one");
    let leak = &observation.leaks[0];
    assert_eq!((leak.message.as_str(), leak.route.as_str()), (format!("order.{first}").as_str(), "dingtalk"));
    assert!(leak.at_s >= f64::from(first) / 10.0 && leak.at_s <= f64::from(first) / 10.0 + 1.0, "{leak:?}");
    let (open, _) = judged(&target, |_, _| What::NotSent);
    assert_eq!(open.verdict, Pass, "it was tried, and did not leave");
    let without = planned(vec![target.clone()]);
    let told = judge(&without, &observed(&without, |_| What::Good)).targets.remove(0);
    assert_eq!(told.verdict, Inconclusive);
    assert!(told.why.contains("nothing was sent that may not leave"), "{}", told.why);
}

#[test]
fn a_share_of_them_is_what_was_observed() {
    let ratio = |op, percent: u32| {
        let bound = Bound::Share(Share::from_millionths(percent * 10_000).unwrap());
        super::target(Some(Aggregate::Ratio), Metric::DlpLeaks, op, bound)
    };
    assert_eq!(
        judged(&ratio(Op::Le, 50), |_, number| if number < 1_000 { What::Refused } else { What::Good }).0.verdict,
        Pass
    );
    assert_eq!(judged(&ratio(Op::Le, 1), |_, _| What::Good).0.verdict, Fail);
}

/// What was rightly blocked and went by another way then is judged in no figure, and has leaked, and crossed, all the same.
#[test]
fn what_was_blocked_before_and_left_by_another_way_is_counted() {
    let lite = EndpointId(1);
    let by_lite = |metric| {
        let target = none(metric);
        Target { expr: Expr { of: Selector { route: Some(lite), ..target.expr.of }, ..target.expr }, ..target }
    };
    let targets = [Metric::DlpLeaks, Metric::WrongSide, Metric::Undelivered].map(by_lite);
    let rule = Reach::Never(vec![Place::Endpoint(lite)]);
    let boundary = Boundary { name: "home".to_owned(), classes: Vec::new(), groups: Vec::new(), rule };
    let plan = Plan { targets: targets.to_vec(), boundaries: vec![boundary], ..leaky(&none(Metric::DlpLeaks)) };
    let mut records = drill(|number| if violates(&plan, number) { What::FailedOver } else { What::Good });
    let blocked: Vec<u32> = (0..1_800).filter(|number| violates(&plan, *number)).collect();
    records.extend(blocked.iter().map(|number| inspected(*number, Ruling::Block, 1)));
    records.extend(blocked.iter().map(|number| hop(u64::from(*number), lite, ms(u64::from(*number) * 100))));
    let told = judge(&plan, &completed(&plan, records)).targets;
    let all = blocked.len();
    for (told, things) in told.iter().zip(["deliveries of what may not leave", "deliveries received"]) {
        assert_eq!((told.verdict, told.observed), (Fail, Some(all as f64)), "{told:?}");
        assert_eq!(told.why, format!("{all} of {all} {things}"));
    }
    // Nobody asks if it arrived.
    assert_eq!((told[2].verdict, told[2].why.as_str()), (Inconclusive, "no message was judged there"));
}
