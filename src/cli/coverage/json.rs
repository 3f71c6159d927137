//! For programs: one JSON document.

use serde_json::{Value, json};

use super::answers::{Against, Answers, Line};
use super::ask::Found;
use super::text::why;
use crate::plan::CoverageSet;
use crate::vendor::catalogue::{self, Existence, State};

/// The whole report.
pub(super) fn json(answers: &Answers) -> String {
    let sets: Vec<_> = CoverageSet::ALL.iter().map(|(_, set)| shares(answers, *set)).collect();
    let sources: serde_json::Map<_, _> =
        answers.sources().into_iter().map(|(source, count)| (source.to_string(), Value::from(count))).collect();
    let listed = |state| answers.with(state).map(|line| function(answers, line)).collect::<Vec<_>>();
    let document = json!({
        "from": answers.from.to_string(),
        "to": answers.to.to_string(),
        "sets": sets,
        "functions": answers.lines.len(),
        "observed": answers.observed(),
        "sources": sources,
        "assumptions": answers.assumptions(),
        "missing": listed(State::Missing),
        "degraded": listed(State::Degraded),
        "asked": answers.place.as_ref().map(|place| asked(answers, place)),
    });
    // Words and numbers, which JSON never refuses.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn shares(answers: &Answers, set: CoverageSet) -> Value {
    let tally = answers.tally(set);
    let denominator = match set {
        CoverageSet::Api => format!("the functions in the catalogue that {} offers, each as one", answers.from),
        CoverageSet::Common => "the same, each by its estimated use".to_owned(),
    };
    json!({
        "set": set.name(),
        "denominator": denominator,
        "all": tally.all,
        "supported": tally.supported,
        "degraded": tally.degraded,
        "low": tally.low(),
        "high": tally.high(),
        "claimed": answers.claimed(set),
    })
}

fn function(answers: &Answers, line: &Line) -> Value {
    let operation = line.operation;
    let there = catalogue::call(&answers.to, operation).filter(|_| line.state() != State::Missing);
    json!({
        "id": operation.id,
        "name": operation.name,
        "capability": operation.capability.name(),
        "use": operation.weight,
        "call": operation.call.to_string(),
        "there": there.map(|call| call.to_string()),
        "source": if line.is_observed() { "observed".to_owned() } else { line.listed.source.to_string() },
        "page": line.listed.page,
        "remark": catalogue::remark(&answers.to, operation),
    })
}

fn asked(answers: &Answers, place: &str) -> Value {
    let each = |line: &Line| {
        let found = line.found.as_ref()?;
        let word = match found {
            Found::Told(Existence::Exists) => "there",
            Found::Told(Existence::Missing) => "not there",
            Found::Told(Existence::Guarded(_)) => "guarded",
            Found::Told(Existence::Unclear(_)) => "unclear",
            Found::Skipped(_) => "not asked",
        };
        Some(
            json!({ "id": line.operation.id, "found": word, "why": why(found), "listed": line.listed.state.to_string() }),
        )
    };
    let ids = |what| answers.against(what).map(|line| line.operation.id).collect::<Vec<_>>();
    json!({
        "place": place,
        "functions": answers.lines.iter().filter_map(each).collect::<Vec<_>>(),
        "not_there_against_the_catalogue": ids(Against::NotThere),
        "there_against_the_catalogue": ids(Against::ThereAfterAll),
    })
}
