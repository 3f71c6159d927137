//! `junit.xml`: one suite with a case a target, and one for the run itself, so that a run which judged nothing is not green.
//!
//! A must-target that failed is a failure; one that is inconclusive or was not evaluated is an error with the reason. Targets of a
//! lower level decide nothing: their case succeeds, and a property and the output say what became of them.

use quick_junit::{NonSuccessKind, Property, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::words::plain;
use super::{Outcome, RenderError, Report};
use crate::plan::Level;
use crate::report::names::{Names, bound_of, level};
use crate::report::view::shown;
use crate::units::six_digits;
use crate::verdict::{TargetOutcome, TargetVerdict};

pub(super) fn render(report: &Report<'_>) -> Result<String, RenderError> {
    let name = plain(&report.plan.name);
    let mut suite = TestSuite::new(&name);
    for (key, value) in properties(report) {
        suite.add_property(Property::new(key, value));
    }
    suite.add_test_case(run(report, &name));
    suite.add_test_cases(report.judgement.targets.iter().map(|target| case(report, target, &name)));
    let mut junit = Junit::new("firedrill");
    junit.add_test_suite(suite);
    Ok(junit.to_string()?)
}

fn properties(report: &Report<'_>) -> Vec<(&'static str, String)> {
    let mut properties = vec![
        ("firedrill", plain(&report.start.firedrill)),
        ("seed", report.start.seed.0.to_string()),
        ("plan_sha256", plain(&report.start.plan_sha256)),
        ("verdict", Outcome::of(report.exit_code).to_string()),
        ("exit_code", report.exit_code.to_string()),
    ];
    properties.extend(report.plan.variant.as_deref().map(|variant| ("variant", plain(variant))));
    properties.extend(report.against.map(|promises| ("judged_against", plain(&promises.file))));
    properties.extend(report.against.map(|promises| ("judged_against_sha256", promises.sha256.clone())));
    properties
}

/// The run itself: an error unless it passed or failed by its targets.
fn run(report: &Report<'_>, scenario: &str) -> TestCase {
    let outcome = Outcome::of(report.exit_code);
    let judged_by_targets = matches!(outcome, Outcome::Pass | Outcome::Fail);
    let status = if judged_by_targets {
        TestCaseStatus::success()
    } else {
        let reasons = outcome.reasons(report);
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type(outcome.to_string()).set_message(outcome.sentence(report)).set_description(reasons.join("\n"));
        status
    };
    let mut case = TestCase::new("the run itself", status);
    case.set_classname(scenario);
    case
}

fn case(report: &Report<'_>, target: &TargetVerdict, scenario: &str) -> TestCase {
    let why = plain(&target.why);
    let mut case = TestCase::new(plain(&target.name), status(target, &message(report, target, &why)));
    case.set_classname(scenario);
    let figure = |value: Option<f64>| value.map_or("none".to_owned(), |value| six_digits(value).to_string());
    let whose = [("claim", &target.claim), ("source", &target.source)];
    for (key, value) in whose.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
        case.add_property(Property::new(key, plain(value)));
    }
    for (key, value) in [
        ("expr", plain(&target.expr)),
        ("level", level(target.level).to_owned()),
        ("verdict", word(target.verdict).to_owned()),
        ("confidence", target.confidence.to_owned()),
        ("observed", figure(target.observed)),
        ("low", figure(target.low)),
        ("high", figure(target.high)),
        ("unit", target.measure.unit().to_owned()),
        ("n", target.n.to_string()),
    ] {
        case.add_property(Property::new(key, value));
    }
    let decides = match target.level {
        Level::Must => "",
        _ if target.verdict == TargetOutcome::Pass => "",
        Level::Should => " (level should: reported, decides nothing)",
        Level::Info => " (level info: reported, decides nothing)",
    };
    case.set_system_out(format!("{}: {why}{decides}", word(target.verdict)));
    case
}

/// What was promised, what was observed, each with its unit, and why.
fn message(report: &Report<'_>, target: &TargetVerdict, why: &str) -> String {
    let planned = report.plan.targets.iter().find(|planned| planned.name == target.name);
    let promise = planned.map_or_else(|| plain(&target.expr), |planned| Names(report.plan).promise(planned));
    match shown(target, bound_of(report.plan, &target.name)) {
        Some(shown) => format!("{promise} → {shown}: {why}"),
        None => format!("{promise} → {why}"),
    }
}

fn status(target: &TargetVerdict, message: &str) -> TestCaseStatus {
    let kind = match (target.level, target.verdict) {
        (Level::Must, TargetOutcome::Fail) => NonSuccessKind::Failure,
        (Level::Must, TargetOutcome::Inconclusive | TargetOutcome::NotEvaluated) => NonSuccessKind::Error,
        _ => return TestCaseStatus::success(),
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(word(target.verdict)).set_message(message).set_description(plain(&target.expr));
    status
}

fn word(verdict: TargetOutcome) -> &'static str {
    match verdict {
        TargetOutcome::Pass => "pass",
        TargetOutcome::Fail => "fail",
        TargetOutcome::Inconclusive => "inconclusive",
        TargetOutcome::NotEvaluated => "not_evaluated",
    }
}
