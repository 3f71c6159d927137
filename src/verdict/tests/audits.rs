//! What an audit trail does not tell is counted exactly; where nobody read one, nothing is shown.

use super::*;
use crate::analysis::tests::audits::{GATEWAY, audited_plan, ended, entry, sent_on};
use crate::units::EndpointId;
use TargetOutcome::{Fail, Inconclusive, Pass};

const LITE: EndpointId = EndpointId(1);

/// Ten messages, a tenth of a second apart, of which the trail tells of those that are asked for, half a second after each.
fn judged(target: &Target, told: impl Fn(u32) -> bool, whole: Option<bool>) -> TargetVerdict {
    let due = |number: u32| u64::from(number) * 100;
    let mut records: Vec<Record> = (0..10).flat_map(|number| sent_on(number, due(number), &[LITE])).collect();
    let heard = (0..10).filter(|number| told(*number));
    records.extend(heard.map(|number| entry(u64::from(number), number, Some(LITE), due(number) + 510)));
    records.extend(whole.map(|whole| ended(9_000, whole)));
    let plan = Plan { targets: vec![target.clone()], ..audited_plan() };
    judge(&plan, &completed(&plan, records)).targets.remove(0)
}

#[test]
fn what_is_missing_is_met_missed_and_left_open() {
    let target = none(Metric::AuditMissing);
    let met = judged(&target, |_| true, Some(true));
    assert_eq!((met.verdict, met.observed), (Pass, Some(0.0)));
    assert_eq!(met.why, "none of 10 messages that were sent on is missing in the audit trail");
    let missed = judged(&target, |number| number != 3, Some(true));
    assert_eq!((missed.verdict, missed.observed, missed.n), (Fail, Some(1.0), 10));
    // Of a trail that could not be read to its end nobody knows what else is in it.
    for whole in [Some(false), None] {
        let open = judged(&target, |number| number != 3, whole);
        assert_eq!((open.verdict, open.observed), (Inconclusive, None), "{whole:?}");
        let unread = judged(&target, |_| false, whole);
        assert_eq!((unread.verdict, &*unread.why), (Inconclusive, "nobody read what became of it in an audit trail"));
    }
    // One that was read and is empty has lost everything.
    assert_eq!(judged(&target, |_| false, Some(true)).observed, Some(10.0));
    // Nothing was sent on.
    assert_eq!(without_traffic(&target), Inconclusive);
}

#[test]
fn labels_select_the_gateway() {
    let of = |route| {
        let target = none(Metric::AuditMissing);
        let of = Selector { route: Some(route), ..target.expr.of };
        Target { expr: Expr { of, ..target.expr }, ..target }
    };
    assert_eq!(judged(&of(GATEWAY), |_| true, Some(true)).verdict, Pass);
    assert_eq!(judged(&of(LITE), |_| true, Some(true)).verdict, Inconclusive);
}

#[test]
fn what_is_wrong_is_met_missed_and_left_open() {
    let target = none(Metric::AuditWrong);
    assert_eq!(judged(&target, |_| true, Some(true)).verdict, Pass);
    assert_eq!(judged(&target, |_| false, Some(false)).verdict, Inconclusive);
    let plan = Plan { targets: vec![target], ..audited_plan() };
    let mut records = sent_on(0, 100, &[LITE]);
    records.extend([entry(1, 0, Some(LITE), 700), entry(2, 0, Some(EndpointId(2)), 700), ended(9_000, true)]);
    let missed = judge(&plan, &completed(&plan, records)).targets.remove(0);
    assert_eq!((missed.verdict, missed.observed), (Fail, Some(1.0)));
}

#[test]
fn lags_are_met_missed_and_left_open() {
    let of =
        |aggregate, millis| target(Some(aggregate), Metric::AuditLag, Op::Le, Bound::Time(Span::from_millis(millis)));
    // Half a second, from the end of a try.
    let (longest, median) = (Aggregate::Max, Aggregate::Percentile(50_000));
    assert_eq!(judged(&of(longest, 500), |_| true, Some(true)).verdict, Pass);
    assert_eq!(judged(&of(longest, 499), |_| true, Some(true)).verdict, Fail);
    // What is missing is later than all else: nobody found it for eight seconds.
    assert_eq!(judged(&of(median, 500), |number| number < 9, Some(true)).verdict, Pass);
    assert_eq!(judged(&of(longest, 8_000), |number| number < 9, Some(true)).verdict, Fail);
    assert_eq!(judged(&of(longest, 60_000), |number| number < 9, Some(true)).verdict, Inconclusive);
    assert_eq!(judged(&of(median, 500), |number| number < 9, Some(false)).verdict, Inconclusive);
}
