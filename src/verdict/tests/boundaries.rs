//! What crosses a boundary is counted exactly; what nobody sent shows nothing.

use super::*;
use crate::analysis::tests::script::hop;
use crate::plan::{Boundary, Place, Reach, When};
use crate::units::{BoundaryId, EndpointId, GroupId};
use TargetOutcome::{Fail, Inconclusive, Pass};

/// Nobody's messages may touch the second endpoint; every connection leads to the first, but those from 100 s to 110 s.
fn judged(expr: Selector, what: impl Fn(u32) -> What) -> TargetVerdict {
    let (first, second) = (EndpointId(0), EndpointId(1));
    let target =
        Target { expr: Expr { of: expr, ..none(Metric::BoundaryViolations).expr }, ..none(Metric::BoundaryViolations) };
    let boundary = |name: &str, group, endpoint| Boundary {
        name: name.to_owned(),
        classes: Vec::new(),
        groups: vec![GroupId(group)],
        rule: Reach::Never(vec![Place::Endpoint(endpoint)]),
    };
    let boundaries =
        vec![boundary("senders", 0, second), boundary("recipients", 1, second), boundary("nobody", 7, first)];
    let plan = Plan { boundaries, ..planned(vec![target]) };
    let mut records = drill(what);
    let led = |number: u32| if (1_000..1_100).contains(&number) { second } else { first };
    records.extend((0..1_800).map(|number| hop(u64::from(number), led(number), ms(u64::from(number) * 100))));
    judge(&plan, &completed(&plan, records)).targets.remove(0)
}

#[test]
fn crossings_are_met_missed_and_left_open() {
    let all = Selector::default();
    let missed = judged(all, |_| What::Good);
    // An attempt that crosses two boundaries is one attempt.
    assert_eq!((missed.verdict, missed.observed), (Fail, Some(100.0)));
    assert_eq!(missed.why, "100 of 1,800 attempts that were carried anywhere");
    let met = judged(all, |number| if (1_000..1_100).contains(&number) { What::NotSent } else { What::Good });
    assert_eq!((met.verdict, met.why.as_str()), (Pass, "nothing of 1,700 attempts that were carried anywhere"));
    let open = judged(all, |_| What::NotSent);
    assert_eq!(
        (open.verdict, open.why.as_str()),
        (Inconclusive, "nothing that a boundary concerns was carried anywhere")
    );
}

#[test]
fn labels_select_a_boundary_and_a_course_of_things() {
    let of = |boundary| Selector { boundary: Some(BoundaryId(boundary)), ..Selector::default() };
    assert_eq!(judged(of(0), |_| What::Good).observed, Some(100.0));
    assert_eq!(judged(of(2), |_| What::Good).verdict, Inconclusive);
    let when = |when| Selector { when: Some(when), ..Selector::default() };
    assert_eq!(judged(when(When::Steady), |_| What::Good).observed, Some(100.0));
    for (course, why) in [
        (When::Failover, "nothing that a boundary concerns was sent after a failover"),
        (When::Flush, "nothing that a boundary concerns waited for a failover and was sent then"),
        (When::Failback, "nothing that a boundary concerns was sent after a return"),
    ] {
        let told = judged(when(course), |_| What::Good);
        assert_eq!((told.verdict, told.why.as_str()), (Inconclusive, why));
    }
    let route = |route| Selector { route: Some(EndpointId(route)), ..Selector::default() };
    assert_eq!(judged(route(0), |_| What::Good).verdict, Pass);
    assert_eq!(judged(route(1), |_| What::Good).observed, Some(100.0));
}
