//! Figures of a class of data, over all journeys of that class.

use super::*;
use crate::plan::Sliding;
use crate::units::ClassId;
use TargetOutcome::{Fail, Inconclusive, Pass};

/// What a target says when it is of a class: of the orders, or of notes, of which none was sent.
fn of(class: u16, target: &Target) -> TargetVerdict {
    let of = Selector { class: Some(ClassId(class)), ..Selector::default() };
    let expr = Expr { of, ..target.expr.clone() };
    let mut plan = planned(vec![Target { expr, ..target.clone() }]);
    plan.journeys[0].class = Some("customers".into());
    let like = plan.journeys[0].clone();
    plan.journeys.push(crate::plan::Journey { name: "notes".into(), class: Some("internal".into()), ..like });
    let observed = completed(&plan, drill(|number| if number == 700 { What::Refused } else { What::Good }));
    judge(&plan, &observed).targets.remove(0)
}

#[test]
fn a_class_is_judged_by_its_own_messages() {
    let none = none(Metric::Undelivered);
    let latency = percentile(Metric::DeliveryLatency, 50_000, 500);
    let windows = Target { sliding: Some(Sliding::halfway(Span::from_secs(60))), ..latency.clone() };
    for (target, verdict) in [(&none, Fail), (&latency, Pass), (&windows, Pass)] {
        let told = of(0, target);
        assert_eq!(told.verdict, verdict, "{told:?}");
        let (told, name) = (of(1, target), &target.name);
        assert_eq!((told.verdict, told.n), (Inconclusive, 0), "{name}: {told:?}");
    }
    // A class that names nothing, as a damaged journal may have it, is no class of a journey that has none.
    assert_eq!(of(9, &none).verdict, Inconclusive);
}
