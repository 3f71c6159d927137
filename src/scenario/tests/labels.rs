//! The labels `class` and `phase` of figures.

use super::*;
use crate::units::{PhaseId, Span};

/// Two journeys, of which one is of a class, and a target.
fn with(target: &str) -> Source {
    let notes =
        "  notes: { class: internal, from: factory, to: purchasing, rate: 2/s, deadline: 5s, routes: [teams] }\n";
    source(&format!("{}targets:\n  t: {target}\n", SMALL.replacen("phases:", &format!("{notes}phases:"), 1)))
}

#[test]
fn a_class_selects_the_journeys_that_name_it() {
    let plan = plan(&with("\"lost{class=internal} == 0\""));
    let of = plan.targets[0].expr.of;
    let selected: Vec<_> =
        plan.journey_ids().map(|(id, journey)| (journey.name.as_str(), plan.selects(&of, id))).collect();
    assert_eq!(selected, [("order", false), ("notes", true)]);
}

#[test]
fn a_phase_is_the_targets_only_one() {
    for target in [
        "\"p95(delivery_latency{phase=baseline}) <= 1s\"",
        "{ expr: \"p95(delivery_latency{phase=baseline}) <= 1s\", level: info }",
        "{ expr: \"p95(delivery_latency) <= 1s\", phase: baseline, level: info }",
    ] {
        let read = &plan(&with(target)).targets[0];
        assert_eq!((read.phases.as_slice(), read.steady_state), (&[PhaseId(1)][..], true), "{target}");
    }
}

#[test]
fn labels_are_read_strictly() {
    for (target, expected, said) in [
        ("\"lost{class=internl} == 0\"", "unknown-name", "no journey is of class `internl`"),
        ("\"lost{phase=falt} == 0\"", "unknown-name", "there is no phase `falt`"),
        ("\"error_budget{phase=fault} <= 1%\"", "unknown-word", "`error_budget` has no label `phase`"),
        ("\"observed_failures{class=internal} == 0\"", "unknown-word", "has no label `class`"),
        ("\"lost{phase=fault, phase=fault} == 0\"", "bad-expression", "`phase` stands twice"),
        ("{ expr: \"lost{phase=fault} == 0\", phases: [fault] }", "conflict", "says in which phase already"),
    ] {
        let told = mistake(&with(target));
        assert!(told.starts_with(expected) && told.contains(said), "{target}: {told}");
    }
    let hint = |source: &Source| match load(source, &Options::default()) {
        Err(found) => found.iter().find_map(|one| one.hint.clone()),
        Ok(_) => None,
    };
    assert_eq!(hint(&with("\"lost{class=internl} == 0\"")).as_deref(), Some("did you mean `internal`?"));
    let of_none = hint(&small_and("targets: { t: \"lost{class=internal} == 0\" }\n"));
    assert_eq!(of_none.as_deref(), Some("write `class: NAME` at the journeys whose messages stand for it"));
}

#[test]
fn a_bound_may_be_that_of_the_last_run_that_passed() {
    use crate::plan::Bound;
    for (text, millionths) in
        [("previous_pass", 1_000_000_u64), ("previous_pass * 1.10", 1_100_000), ("previous_pass*0.5", 500_000)]
    {
        let mut target = plan(&with(&format!("\"recovery_time <= {text}\""))).targets.remove(0);
        assert_eq!(target.expr.bound, Bound::Previous(millionths), "{text}");
        target.compare_with("20260401T000000.000Z-virtual-1", 100.0);
        let asked = Span::from_secs_f64(100.0 * millionths as f64 / 1e6);
        assert_eq!(target.expr.bound, Bound::Time(asked), "{text}");
    }
    // Of counts so many as keep it: 3.3 are 3 at most, and 4 at least.
    for (op, count) in [("<=", 3), (">=", 4)] {
        let mut target = plan(&with(&format!("\"lost {op} previous_pass * 1.1\""))).targets.remove(0);
        target.compare_with("run", 3.0);
        assert_eq!(target.expr.bound, Bound::Count(count));
    }
    for (target, said) in [
        ("{ expr: \"recovery_time <= previous_pass\", level: must }", "the first run has none before it that passed"),
        ("\"recovery_time <= previous_pass + 1s\"", "by what it is multiplied"),
        ("\"recovery_time <= previous_pass * 0\"", "by what it is multiplied"),
        ("{ expr: \"ratio(lost) <= previous_pass\", confidence: upper95 }", "has no bounds"),
        ("\"rate(lost) <= previous_pass\"", "a rate cannot be compared"),
        ("{ expr: \"availability >= previous_pass\", window: month }", "a promise for windows says itself how much"),
    ] {
        let told = mistake(&with(target));
        assert!(told.contains(said), "{target}: {told}");
    }
}

/// A class of nobody is no class that could not be read.
#[test]
fn a_journey_that_cannot_be_read_may_be_of_any_class() {
    let unread = SMALL.replacen("rate: 2/s", "rate: soon, class: internal", 1);
    let told = found(&source(&format!("{unread}targets: {{ t: \"lost{{class=internal}} == 0\" }}\n")));
    assert!(told.iter().all(|one| !one.contains("class")), "{told:#?}");
}
