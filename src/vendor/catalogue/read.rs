//! The catalogue's text, read strictly.

use std::collections::BTreeSet;

use super::{Call, Operation, Source, Standing, State, WEIGHTS};
use crate::plan::{Capability, Edition, EndpointKind};

/// What is wrong with the text, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Mistake {
    /// The line, from 1; the one after the last for what is wrong with the whole.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// The columns that a line has.
const COLUMNS: usize = 9;

/// Reads a catalogue. Empty lines and lines that begin with `#` say nothing.
///
/// # Errors
/// The first line that is wrong: a column too many or too few, an unknown word, an id or a call that stands twice, an answer that is not
/// "supported" without what it rests on; or weights that do not add up to [`WEIGHTS`].
pub fn read(text: &'static str) -> Result<Vec<Operation>, Mistake> {
    let mut operations: Vec<Operation> = Vec::new();
    let (mut ids, mut calls) = (BTreeSet::new(), BTreeSet::new());
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    for (number, line) in lines {
        let at = |why: String| Mistake { line: number, why };
        let operation = operation(line).map_err(at)?;
        if !ids.insert(operation.id) {
            return Err(at(format!("the id `{}` stands twice", operation.id)));
        }
        // Ids in a path may have any name.
        let shape: Vec<_> = operation.call.path.split('/').map(|part| if is_id(part) { "{}" } else { part }).collect();
        if !calls.insert((operation.call.method, shape.join("/"))) {
            return Err(at(format!("the call `{}` stands twice", operation.call)));
        }
        operations.push(operation);
    }
    let sum: u32 = operations.iter().map(|operation| operation.weight).sum();
    if sum != WEIGHTS {
        let why = format!("all uses together are {sum}; they must be {WEIGHTS}");
        return Err(Mistake { line: text.lines().count() + 1, why });
    }
    Ok(operations)
}

fn operation(text: &'static str) -> Result<Operation, String> {
    let columns: Vec<&'static str> = text.split('|').map(str::trim).collect();
    let Ok([id, name, purpose, weight, asked, source, on_lite, on_teams, comment]) =
        <[&'static str; COLUMNS]>::try_from(columns.clone())
    else {
        return Err(format!("{} columns, {COLUMNS} are expected", columns.len()));
    };
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return Err(format!("`{id}` is no id: lower-case letters, digits and hyphens"));
    }
    if name.is_empty() {
        return Err("what the function does is missing".to_owned());
    }
    let weight = weight.parse::<u16>().map_err(|_| format!("`{weight}` is no number of calls"))?;
    let (path, probed) = match asked.strip_suffix(" unprobed") {
        Some(rest) => (rest, false),
        None => (asked, true),
    };
    let (teams, counterpart) = teams_cell(on_teams)?;
    let lite = lite_cell(on_lite)?;
    let read = Operation {
        id,
        name,
        capability: capability_of(purpose)?,
        weight: weight.into(),
        call: call(path)?,
        probed,
        mainland: Standing { state: State::Supported, source: one_of(&Source::ALL, source, "source")?, page: None },
        lite,
        teams,
        counterpart,
        remarks: if comment == "-" { "" } else { comment },
    };
    let parts: Vec<_> = read.remarks.split("; ").collect();
    if parts.len() > 1 && !parts.iter().all(|part| part.starts_with("Lite: ") || part.starts_with("Teams: ")) {
        return Err("of several remarks each begins with `Lite: ` or `Teams: `".to_owned());
    }
    for kind in [EndpointKind::Dingtalk(Edition::Lite), EndpointKind::Teams] {
        if super::state(&kind, &read) == State::Degraded && super::remark(&kind, &read).is_none() {
            return Err(format!("degraded on {kind}, and the remark does not say what is lost"));
        }
    }
    Ok(read)
}

fn is_id(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}') && segment.len() > 2
}

fn one_of<T: Copy>(all: &[(&'static str, T)], word: &str, what: &str) -> Result<T, String> {
    let found = all.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
    let known = || all.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| format!("`{word}` is no {what}: write one of {}", known()))
}

fn capability_of(word: &str) -> Result<Capability, String> {
    let all: Vec<_> = Capability::ALL.into_iter().chain([Capability::Other]).map(|one| (one.name(), one)).collect();
    one_of(&all, word, "capability")
}

/// A state, its source, and whatever stands behind them.
fn standing(cell: &'static str) -> Result<(Standing, Option<&'static str>), String> {
    let mut words = cell.splitn(3, ' ');
    let state = one_of(&State::ALL, words.next().unwrap_or_default(), "state")?;
    let source = one_of(&Source::ALL, words.next().unwrap_or_default(), "source")?;
    let fits = match source {
        Source::Documented | Source::Assumed => true,
        Source::Article | Source::Undocumented => state == State::Missing,
        Source::Sdk => false,
    };
    if !fits {
        return Err(format!("`{state} {source}` says nothing: only what is missing is so for this reason"));
    }
    Ok((Standing { state, source, page: None }, words.next().map(str::trim)))
}

fn lite_cell(cell: &'static str) -> Result<Standing, String> {
    let (standing, page) = standing(cell)?;
    if (standing.source == Source::Documented) != page.is_some() {
        return Err(format!("`{cell}`: the page stands behind `documented`, and behind nothing else"));
    }
    Ok(Standing { page, ..standing })
}

fn teams_cell(cell: &'static str) -> Result<(Standing, Option<Call>), String> {
    let (standing, rest) = standing(cell)?;
    let counterpart = match (standing.state, rest) {
        (State::Missing, None) | (State::Supported | State::Degraded, Some("-")) => None,
        (State::Supported | State::Degraded, Some(text)) => Some(call(text)?),
        _ => return Err(format!("`{cell}`: what is there has a call, or `-`, and what is missing has none")),
    };
    Ok((standing, counterpart))
}

fn call(text: &'static str) -> Result<Call, String> {
    const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let (method, path) = text.split_once(' ').unwrap_or((text, ""));
    if !METHODS.contains(&method) {
        return Err(format!("`{method}` is no method: write one of {}", METHODS.join(", ")));
    }
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
    };
    let good = path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(|part| plain(part) || is_id(part)));
    if !good {
        return Err(format!("`{path}` is no path"));
    }
    Ok(Call { method, path })
}
