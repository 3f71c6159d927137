//! Boundaries, and the mistakes that one can make with them.

use super::*;
use crate::plan::{Metric, Place, Reach, When};
use crate::units::{BoundaryId, EndpointId, RegionId};

/// [`SMALL`] with data of a class, boundaries and targets.
fn with(boundaries: &str, targets: &str) -> Source {
    let text = SMALL.replace("rate: 2/s", "rate: 2/s, class: customers");
    source(&format!("{text}boundaries:\n{boundaries}targets:\n{targets}"))
}

const NONE_CROSSES: &str = "  kept: { expr: \"boundary_violations == 0\", level: must }\n";

#[test]
fn a_boundary_says_whom_it_concerns_and_what_they_may_touch() {
    let text = "  home: { class: customers, within: [hk, teams] }\n  off: { groups: [purchasing], never: teams }\n";
    let targets = "  kept: { expr: \"boundary_violations{boundary=off, when=flush} == 0\", level: must }\n\
                   \x20 all: \"boundary_violations{when=failover} == 0\"\n\
                   \x20 home: \"boundary_violations{boundary=home} == 0\"\n";
    let loaded = load(&with(text, targets), &Options::default()).expect("it loads");
    assert!(loaded.lints.is_empty(), "{}", loaded.lints);
    let plan = loaded.plan;
    assert_eq!(plan.boundaries[0].classes, ["customers"]);
    let places = vec![Place::Region(RegionId(0)), Place::Endpoint(EndpointId(1))];
    assert_eq!(plan.boundaries[0].rule, Reach::Within(places));
    assert_eq!(plan.boundaries[1].rule, Reach::Never(vec![Place::Endpoint(EndpointId(1))]));
    let expr = &plan.targets.iter().find(|target| target.name == "kept").expect("a target").expr;
    assert_eq!(
        (expr.metric, expr.of.boundary, expr.of.when),
        (Metric::BoundaryViolations, Some(BoundaryId(1)), Some(When::Flush))
    );
    // What is written is read back.
    assert_eq!(expr.written(&plan, None).to_string(), "boundary_violations{boundary=off, when=flush} == 0");
}

#[test]
fn mistakes_are_told_with_a_hint() {
    for (boundary, told) in [
        ("{ within: [hk] }", "boundary `x` does not say whom it concerns"),
        ("{ class: customer, within: [hk] }", "no journey sends data of class `customer`"),
        ("{ class: customers }", "boundary `x` has no `within`"),
        ("{ class: customers, within: [hk], never: [teams] }", "`within` and `never` both say what may be touched"),
        ("{ class: customers, within: [hongkong] }", "there is no region and no endpoint `hongkong`"),
        ("{ class: customers, within: [] }", "`within` names nothing"),
        ("{ class: customers, classes: [customers], within: [hk] }", "`class` and `classes` say the same"),
        ("{ group: sales, never: [hk] }", "there is no group `sales`"),
        ("{ class: customers, whithin: [hk] }", "boundary `x` has no key `whithin`"),
    ] {
        let found = found(&with(&format!("  x: {boundary}\n"), NONE_CROSSES));
        assert!(found.iter().any(|line| line.contains(told)), "{boundary}: {found:#?}");
    }
}

#[test]
fn a_boundary_of_which_nothing_is_promised_is_a_lint() {
    let text = "  home: { class: customers, within: [hk] }\n";
    let loaded = load(&with(text, "  lost: \"lost == 0\"\n"), &Options::default()).expect("it loads");
    assert!(loaded.lints.to_string().contains("no target promises that boundary `home` holds"), "{}", loaded.lints);
    for promise in ["boundary_violations == 0", "boundary_violations{boundary=home} == 0", "wrong_side == 0"] {
        let loaded = load(&with(text, &format!("  kept: \"{promise}\"\n")), &Options::default()).expect("it loads");
        assert!(!loaded.lints.to_string().contains("no target promises"), "{}", loaded.lints);
    }
}

#[test]
fn a_name_that_is_a_region_and_an_endpoint_is_not_guessed() {
    let text = with("  x: { class: customers, never: [hk] }\n", NONE_CROSSES).text;
    let found = found(&source(&text.replace("teams: {", "hk: {").replace("[dingtalk, teams]", "[dingtalk, hk]")));
    assert!(found.iter().any(|line| line.contains("`hk` is a region and an endpoint")), "{found:#?}");
}

/// What crosses by a route without receipts may have been received on the wrong side; what goes by another, or crosses nothing, is known.
#[test]
fn nobody_tells_of_the_wrong_side_beyond_a_silent_route() {
    let text = "  home: { class: customers, never: [teams] }\n";
    let lints = |silent: &str, boundary: &str, target: &str| {
        let kind = format!("kind: {silent},");
        let text = with(boundary, target).text.replace(&kind, &format!("{kind} receipts: acceptance,"));
        let loaded = load(&source(&text), &Options::default()).expect("it loads");
        loaded.lints.iter().any(|lint| lint.code == Code::SilentRoute)
    };
    let home = "  home: \"wrong_side == 0\"\n";
    assert!(lints("teams", text, home));
    assert!(
        !lints("dingtalk", text, home) && !lints("teams", "  home: { class: customers, never: [dingtalk] }\n", home)
    );
    assert!(!lints("teams", text, "  home: \"wrong_side{route=dingtalk} == 0\"\n"));
}
