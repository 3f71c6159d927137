//! What a route keeps of the functions: by what was tried on it, and by the catalogue.

use super::*;
use crate::analysis::tests::script::{fold, seal};
use crate::journal::{End, Ending};
use crate::plan::{Capability, CoverageSet, Edition, EndpointKind};
use crate::units::{EndpointId, RouteId};
use crate::vendor::catalogue::{self, State, Tally};
use TargetOutcome::{Fail, Inconclusive, Pass};

const LITE: EndpointKind = EndpointKind::Dingtalk(Edition::Lite);

fn coverage(set: CoverageSet, op: Op, share: f64) -> Target {
    // Rounded down: a bound in millionths, never above the share.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share in millionths")]
    let millionths = libm::floor(share * 1e6) as u32;
    let mut target = target(None, Metric::Coverage, op, Bound::Share(Share::from_millionths(millionths).unwrap()));
    target.expr.of = Selector { route: Some(EndpointId(1)), set: Some(set), ..Selector::default() };
    target
}

/// What the catalogue says of Lite, with some functions otherwise.
fn listed(set: CoverageSet, otherwise: impl Fn(&catalogue::Operation) -> Option<State>) -> Tally {
    let state = |one| otherwise(one).unwrap_or(catalogue::state(&LITE, one));
    Tally::of(set, catalogue::operations().iter().map(|one| (one, state(one))))
}

fn failed_over(number: u32) -> What {
    if (600..900).contains(&number) { What::FailedOver } else { What::Good }
}

/// The drill in which the journey goes over to Lite, where attempts end as `ending` says, with the verdict and the reason.
fn on_lite(target: &Target, ending: impl Fn(u32) -> Ending) -> TargetVerdict {
    let mut records = drill(failed_over);
    records.retain_mut(|record| match record {
        Record::Attempt(attempt) if attempt.route == RouteId(1) => {
            attempt.ending = ending(attempt.message.number);
            true
        }
        Record::Receipt(receipt) => receipt.route != RouteId(1),
        _ => true,
    });
    records.push(seal(End::Completed));
    let plan = planned(vec![target.clone()]);
    judge(&plan, &fold(&plan, &records).observe(None)).targets.remove(0)
}

#[test]
fn a_coverage_that_is_kept() {
    for set in [CoverageSet::Api, CoverageSet::Common] {
        let expected = listed(set, |_| None);
        let judged = judged(&coverage(set, Op::Ge, expected.low()), failed_over);
        assert_eq!((judged.verdict, judged.observed, judged.high), (Pass, Some(expected.low()), Some(expected.high())));
        assert_eq!(judged.n, 100, "functions, whichever way they are counted");
        // One function, the one that was called, by what was seen.
        assert!(judged.why.contains("of 100 functions 1 by what the drill saw, 99 by the catalogue"), "{}", judged.why);
        assert_eq!(outcome(&coverage(set, Op::Ge, expected.high() + 0.01), failed_over), Fail);
    }
    // What does for some and not for others decides nothing.
    let between = f64::midpoint(listed(CoverageSet::Api, |_| None).low(), listed(CoverageSet::Api, |_| None).high());
    assert_eq!(outcome(&coverage(CoverageSet::Api, Op::Ge, between), failed_over), Inconclusive);
}

#[test]
fn what_is_refused_every_time_is_gone() {
    let gone = |one: &catalogue::Operation| (one.capability == Capability::Chat).then_some(State::Missing);
    for set in [CoverageSet::Api, CoverageSet::Common] {
        let (before, after) = (listed(set, |_| None), listed(set, gone));
        assert!(after.high() < before.low(), "the catalogue has chat on Lite");
        let judged = on_lite(&coverage(set, Op::Ge, before.low()), |_| Ending::Refused);
        assert_eq!((judged.verdict, judged.low, judged.high), (Fail, Some(after.low()), Some(after.high())));
        let chats = catalogue::operations().iter().filter(|one| one.capability == Capability::Chat).count();
        assert!(judged.why.contains(&format!("{chats} by what the drill saw")), "{}", judged.why);
        // Once acknowledged it is there, whatever else was refused.
        let once = |number: u32| if number == 700 { Ending::Acknowledged } else { Ending::Refused };
        assert_eq!(on_lite(&coverage(set, Op::Ge, before.low()), once).verdict, Pass);
    }
}

#[test]
fn what_nobody_answered_is_in_doubt() {
    let doubtful = |one: &catalogue::Operation| {
        (one.capability == Capability::Chat).then(|| catalogue::state(&LITE, one).max(State::Degraded))
    };
    let expected = listed(CoverageSet::Common, doubtful);
    let without = |number: u32| if number.is_multiple_of(2) { Ending::Unanswered } else { Ending::Refused };
    let judged = on_lite(&coverage(CoverageSet::Common, Op::Ge, listed(CoverageSet::Common, |_| None).low()), without);
    assert_eq!((judged.verdict, judged.low, judged.high), (Inconclusive, Some(expected.low()), Some(expected.high())));
}

#[test]
fn a_route_that_nobody_tried_says_nothing() {
    let target = coverage(CoverageSet::Api, Op::Ge, 0.1);
    let unused = judged(&target, |_| What::Good);
    assert_eq!((unused.verdict, unused.why.as_str()), (Inconclusive, "no message was tried on lite there"));
    assert_eq!(without_traffic(&target), Inconclusive);
    // Tried in another phase than the target's.
    let baseline = Target { phases: vec![PhaseId(0)], ..target };
    assert_eq!(outcome(&baseline, failed_over), Inconclusive);
}

#[test]
fn the_primary_route_is_covered_by_what_it_did() {
    let mut primary = coverage(CoverageSet::Api, Op::Ge, 1.0);
    primary.expr.of.route = Some(EndpointId(0));
    assert_eq!(outcome(&primary, |_| What::Good), Pass);
    assert_eq!(outcome(&primary, |_| What::Refused), Fail, "refused throughout");
}
