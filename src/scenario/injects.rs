//! What is injected when.

use super::aim::{self, Targets};
use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::faults;
use super::fields::Fields;
use super::journeys::positive;
use super::node::{Entry, Mark, Node};
use super::phases;
use super::spell;
use super::table::{Row, Table, id};
use crate::limits;
use crate::plan::{Fault, Inject, Phase};
use crate::units::{Moment, PhaseId, Span};

/// The injects.
pub(super) fn read<'n>(
    cx: &mut Cx<'_>,
    node: Option<&'n Node>,
    phases: &Table<'_, Phase>,
    targets: &Targets<'_, '_>,
) -> Table<'n, Inject> {
    let mut table = Table::names(cx, node, "inject", limits::PARTS);
    table.fill(|row, _| inject(cx, row, phases, targets));
    table
}

fn inject(
    cx: &mut Cx<'_>,
    row: &Row<'_, Inject>,
    phases: &Table<'_, Phase>,
    targets: &Targets<'_, '_>,
) -> Option<Inject> {
    let mut fields = Fields::of(cx, row.node, format!("inject `{}`", row.name), row.at)?;
    let window = window(cx, &mut fields, row, phases);
    fields.not_yet(cx, &["ramp", "waveform", "undo", "lease"]);
    let fault = the_fault(cx, &mut fields, row).and_then(|entry| {
        let mut fields = Fields::of(cx, &entry.value, format!("`{}` of inject `{}`", entry.key, row.name), entry.at)?;
        let aim = aim::read(cx, &mut fields, targets);
        let fault = faults::read(cx, &mut fields, &entry.key);
        if let Some(aim) = &aim {
            aim::fits(cx, &entry.key, entry.at, aim);
        }
        fields.finish(cx);
        Some((fault?, aim?))
    });
    let window = window?;
    let (fault, aim) = fault?;
    Some(Inject { name: row.name.clone(), fault, aim, start: window.start, end: window.end, during: window.during })
}

/// The one key of the inject that is a fault.
fn the_fault<'n>(cx: &mut Cx<'_>, fields: &mut Fields<'n>, row: &Row<'_, Inject>) -> Option<&'n Entry> {
    let known = |key: &str| Fault::DOCS.iter().find(|doc| doc.name == key);
    let others: Vec<_> = fields.others().collect();
    let mut given: Option<&Entry> = None;
    let mut mistaken = false;
    for entry in others {
        if let Some(doc) = known(&entry.key) {
            fields.take_any(doc.name);
            match given {
                None => given = Some(entry),
                Some(first) => {
                    let message = format!("inject `{}` has two faults, `{}` and `{}`", row.name, first.key, entry.key);
                    cx.hinted::<()>(Code::Conflict, entry.at, message, "write one inject for each".to_owned());
                }
            }
        } else if let Some(word) = faults::LATER.iter().find(|word| **word == entry.key) {
            fields.take_any(word);
            mistaken = true;
            cx.not_yet::<()>(entry.at, &format!("the fault `{word}`"));
        } else {
            mistaken = true;
        }
    }
    if given.is_none() && mistaken {
        unknown_fault(cx, fields, row);
    } else if given.is_none() {
        let hint = format!("write one of {}", names().join(", "));
        cx.hinted::<()>(Code::Missing, row.at, format!("inject `{}` has no fault", row.name), hint);
    }
    given
}

fn names() -> Vec<&'static str> {
    Fault::DOCS.iter().map(|doc| doc.name).collect()
}

/// An inject without a fault most likely has its name misspelt: say so instead of "no such key".
fn unknown_fault(cx: &mut Cx<'_>, fields: &mut Fields<'_>, row: &Row<'_, Inject>) {
    let others: Vec<_> = fields.others().collect();
    let times = ["during", "at", "after", "for"];
    for entry in others.into_iter().filter(|entry| spell::nearest(&entry.key, times).is_none()) {
        let message = format!("`{}`, in inject `{}`, is no fault", short(&entry.key), row.name);
        let words: Vec<_> = names().into_iter().chain(faults::LATER.iter().copied()).collect();
        let near = spell::nearest(&entry.key, words).map(|near| format!("did you mean `{near}`?"));
        let hint = near.unwrap_or_else(|| format!("possible here: {}", names().join(", ")));
        cx.hinted::<()>(Code::UnknownWord, entry.at, message, hint);
        fields.forgive(entry);
    }
}

struct Window {
    start: Moment,
    end: Moment,
    during: Option<PhaseId>,
}

fn window(cx: &mut Cx<'_>, fields: &mut Fields<'_>, row: &Row<'_, Inject>, table: &Table<'_, Phase>) -> Option<Window> {
    let during = fields.entry("during");
    let at = fields.entry("at");
    let after = fields.entry("after");
    let length = fields.entry("for");
    let mut span = |entry: Option<&Entry>, what: &str| -> Option<Option<Span>> {
        entry.map_or(Some(None), |entry| cx.quantity(&entry.value, what).map(Some))
    };
    let offset = span(after, "the offset within the phase");
    let moment = span(at, "the start of the inject");
    let length = match length {
        Some(entry) => positive(cx, &entry.value, "the length of the inject").map(Some),
        None => Some(None),
    };
    let window = match (during, at) {
        (Some(_), Some(at)) => {
            cx.error(Code::Conflict, at.at, "an inject is `during` a phase or `at` a time, not both")
        }
        (None, None) => {
            let hint = "write `during: fault`, or `at: 10m` with `for: 5m`".to_owned();
            cx.hinted(Code::Missing, row.at, format!("inject `{}` has no time", row.name), hint)
        }
        (Some(during), None) => {
            let phase = table.named(cx, &during.value)?;
            within(cx, row, table.get(phase)?, phase, offset?, length?, after.map(|entry| entry.value.at))
        }
        (None, Some(at)) => {
            if let Some(after) = after {
                cx.error::<()>(
                    Code::Conflict,
                    after.at,
                    "`after` counts from the start of a phase: it goes with `during`",
                );
            }
            let start = Moment::ZERO + moment??;
            match length? {
                Some(length) => Some(Window { start, end: start + length, during: None }),
                None => cx.hinted(
                    Code::Missing,
                    at.at,
                    format!("inject `{}` has no end", row.name),
                    "write `for: 5m`".to_owned(),
                ),
            }
        }
    }?;
    inside_the_drill(cx, row, &window, table)?;
    Some(window)
}

fn within(
    cx: &mut Cx<'_>,
    row: &Row<'_, Inject>,
    phase: &Phase,
    position: usize,
    offset: Option<Span>,
    length: Option<Span>,
    offset_at: Option<Mark>,
) -> Option<Window> {
    let start = phase.start + offset.unwrap_or_default();
    if start >= phase.end() {
        let message = format!("inject `{}` would start after its phase `{}` has ended", row.name, phase.name);
        return cx.error(Code::BadInject, offset_at.unwrap_or(row.at), message);
    }
    let end = length.map_or(phase.end(), |length| start + length);
    Some(Window { start, end, during: Some(PhaseId(id(position))) })
}

fn inside_the_drill(cx: &mut Cx<'_>, row: &Row<'_, Inject>, window: &Window, table: &Table<'_, Phase>) -> Option<()> {
    let Some(total) = phases::total(table) else { return Some(()) };
    let end = Moment::ZERO + total;
    if window.end > end {
        let message = format!("inject `{}` ends at {}, after the drill, which ends at {end}", row.name, window.end);
        return cx.error(Code::BadInject, row.at, message);
    }
    Some(())
}
