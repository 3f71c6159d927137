use super::*;
use crate::units::Span;

fn with(source: &Source, variant: Option<&str>, set: &[&str]) -> Result<Loaded, Diagnostics> {
    let options =
        Options { variant: variant.map(str::to_owned), set: set.iter().map(|text| (*text).to_owned()).collect() };
    load(source, &options)
}

fn first(result: Result<Loaded, Diagnostics>) -> Diagnostic {
    match result {
        Ok(loaded) => panic!("loaded: {:?}", loaded.plan),
        Err(found) => found.iter().next().cloned().expect("a mistake"),
    }
}

#[test]
fn a_path_sets_adds_and_removes() {
    let small = source(SMALL);
    let loaded =
        with(&small, None, &["journeys.order.deadline=7s", "grace=3s", "journeys.order.bytes=100B"]).expect("loads");
    assert_eq!(loaded.plan.journeys[0].deadline, Span::from_secs(7));
    assert_eq!((loaded.plan.grace, loaded.plan.journeys[0].bytes.0), (Span::from_secs(3), 100));
    let removed = with(&small, None, &["injects.trouble="]).expect("loads");
    assert!(removed.plan.injects.is_empty());
    let item = with(&small, None, &["journeys.order.routes.1=dingtalk"]);
    assert_eq!(first(item).code, Code::Conflict);
}

#[test]
fn mistakes_of_the_command_line_are_shown_there() {
    let small = source(SMALL);
    let one = first(with(&small, None, &["journeys.order.deadline=7 seconds"]));
    assert_eq!((one.file.as_str(), one.code, one.column), ("--set", Code::BadFigure, 25));
    assert_eq!(one.hint.as_deref(), Some("write `7s`"));
    let one = first(with(&small, None, &["journeys.oder.deadline=7s"]));
    assert_eq!((one.code, one.hint.as_deref()), (Code::BadOverride, Some("did you mean `order`?")));
    for broken in ["journeys", "a..b=1", "=1", "grace.x=1", "variants.x=1", "journeys.order.rate=[", "nothing="] {
        assert!(with(&small, None, &[broken]).is_err(), "{broken}");
    }
}

#[test]
fn a_variant_is_applied_before_the_command_line() {
    let source = small_and("variants:\n  slow: { set: { grace: 20s, phases.fault: 30m } }\n");
    let loaded = with(&source, Some("slow"), &["grace=21s"]).expect("loads");
    assert_eq!(loaded.plan.variant.as_deref(), Some("slow"));
    assert_eq!((loaded.plan.grace, loaded.plan.phases[2].length), (Span::from_secs(21), Span::from_secs(1_800)));
    assert_eq!(loaded.variants, ["slow"]);
    let one = first(with(&source, Some("slo"), &[]));
    assert_eq!((one.code, one.hint.as_deref()), (Code::UnknownName, Some("did you mean `slow`?")));
}

/// A variant may add a phase; on the command line a phase that is not there is one of another scenario.
#[test]
fn a_phase_that_is_not_there_is_not_set_from_outside() {
    let one = first(with(&source(SMALL), None, &["phases.falt=10m"]));
    assert_eq!((one.code, one.hint.as_deref()), (Code::BadOverride, Some("did you mean `fault`?")));
    with(&source(SMALL), None, &["phases.fault=10m"]).expect("loads");
    let source = small_and("variants:\n  longer: { set: { phases.aftermath: { kind: recovery, for: 30m } } }\n");
    assert_eq!(with(&source, Some("longer"), &[]).expect("loads").plan.phases.len(), 5);
}

#[test]
fn check_all_looks_into_every_variant_and_says_each_thing_once() {
    let text = "variants:\n  good: {}\n  bad: { set: { phases.fault: 30 } }\n  worse: { because: [rto] }\n";
    let source = small_and(text);
    let checked = check_all(&source);
    let lines: Vec<_> = checked.diagnostics.iter().map(|one| (one.line, one.code, one.variant.clone())).collect();
    assert_eq!(lines, [(18, Code::BadFigure, Some("bad".to_owned())), (19, Code::Missing, None)]);
}
