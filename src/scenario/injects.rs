//! What is injected when.

use super::actions;
use super::aim::{self, Targets};
use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::faults;
use super::fields::Fields;
use super::journeys::positive;
use super::meant;
use super::node::{Entry, Mark, Node};
use super::phases;
use super::shape;
use super::spell;
use super::table::{Row, Table, id};
use crate::limits;
use crate::plan::param::may;
use crate::plan::{Action, Aim, Doc, Fault, Guard, Inject, Param, ParamKind, Phase, Pick};
use crate::units::{Moment, PhaseId, Span};

/// What can be injected: faults of the path alone, or whatever a drill can do.
pub(super) type Known = &'static [&'static [Doc]];

/// What a path alone can do.
pub(super) const PATH: Known = &[Fault::DOCS];

/// What a drill can do.
const DRILL: Known = &[Fault::DOCS, Action::DOCS];

/// The undo of an action, where it does not belong.
const UNDO: &[Param] = &[may("undo", ParamKind::Text, "")];

/// What injects refer to.
pub(super) struct Around<'a, 'n> {
    pub(super) phases: &'a Table<'n, Phase>,
    pub(super) targets: &'a Targets<'a, 'n>,
    pub(super) guard: Option<&'a Guard>,
}

/// The injects.
pub(super) fn read<'n>(cx: &mut Cx<'_>, node: Option<&'n Node>, around: &Around<'_, '_>) -> Table<'n, Inject> {
    let mut table = Table::names(cx, node, "inject", limits::PARTS);
    table.fill(|row, _| inject(cx, row, around));
    table
}

fn inject(cx: &mut Cx<'_>, row: &Row<'_, Inject>, around: &Around<'_, '_>) -> Option<Inject> {
    let mut fields = Fields::of(cx, row.node, format!("inject `{}`", row.name), row.at)?;
    let window = window(cx, &mut fields, row, around.phases);
    let length = window.as_ref().map(|window| window.end.since(window.start));
    let shape = shape::read(cx, &mut fields, length);
    fields.not_yet(cx, &["lease"]);
    let fault = the_fault(cx, &mut fields, (&row.name, row.at), DRILL).and_then(|entry| {
        if Action::DOCS.iter().any(|doc| doc.name == entry.key) {
            actions::shapeless(cx, &mut fields, &entry.key);
            return actions::read(cx, &row.name, entry, length, around);
        }
        of_the_path(cx, row, entry, around.targets)
    });
    misplaced(cx, &mut fields, UNDO, "it stands in the map of `exec` or `http`; faults of the path end by themselves");
    misplaced(cx, &mut fields, Param::AIM, "it stands in the map of the fault");
    fields.finish(cx);
    let window = window?;
    let (fault, aim, pick) = fault?;
    Some(Inject {
        name: row.name.clone(),
        fault,
        aim,
        shape: shape?,
        pick,
        start: window.start,
        end: window.end,
        during: window.during,
    })
}

/// A fault of the path, whom it hits, and which of the units.
fn of_the_path(
    cx: &mut Cx<'_>,
    row: &Row<'_, Inject>,
    entry: &Entry,
    targets: &Targets<'_, '_>,
) -> Option<(Fault, Aim, Pick)> {
    let what = format!("`{}` of inject `{}`", entry.key, row.name);
    let doc = Fault::DOCS.iter().find(|doc| doc.name == entry.key);
    let example = doc.map(|doc| meant::in_full(doc, &entry.value, Some(targets)));
    let mut fields = Fields::such_as(cx, &entry.value, what, entry.at, example)?;
    let fault = faults::read(cx, &mut fields, entry, targets.regions);
    let aim = aim::read(cx, &mut fields, targets);
    let pick = shape::pick(cx, &mut fields);
    if let (Some(aim), Some(fault)) = (&aim, &fault) {
        aim::fits(cx, entry.at, fault, aim);
    }
    misplaced(cx, &mut fields, Param::TIMES, "it stands in the inject, beside the fault");
    fields.finish(cx);
    Some((fault?, aim?, pick?))
}

/// Keys that are right elsewhere: says where.
pub(super) fn misplaced(cx: &mut Cx<'_>, fields: &mut Fields<'_>, elsewhere: &[Param], hint: &str) {
    let others: Vec<_> = fields.others().collect();
    for entry in others {
        if elsewhere.iter().any(|param| param.name == entry.key) {
            let message = format!("`{}` has no place here", entry.key);
            cx.hinted::<()>(Code::UnknownKey, entry.at, message, hint.to_owned());
            fields.forgive(entry);
        }
    }
}

/// The one key of the inject that is a fault.
pub(super) fn the_fault<'n>(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'n>,
    (name, at): (&str, Mark),
    docs: Known,
) -> Option<&'n Entry> {
    let known = |key: &str| docs.iter().copied().flatten().find(|doc| doc.name == key);
    let others: Vec<_> = fields.others().collect();
    let mut given: Option<&Entry> = None;
    let mut mistaken = false;
    for entry in others {
        if let Some(doc) = known(&entry.key) {
            fields.take_any(doc.name);
            match given {
                None => given = Some(entry),
                Some(first) => {
                    let message = format!("inject `{}` has two faults, `{}` and `{}`", name, first.key, entry.key);
                    cx.hinted::<()>(Code::Conflict, entry.at, message, "write one inject for each".to_owned());
                }
            }
        } else if let Some(word) = faults::LATER.iter().find(|word| **word == entry.key) {
            fields.refuse(word);
            mistaken = true;
            cx.not_yet::<()>(entry.at, &format!("the fault `{word}`"));
        } else if let Some(doc) = Action::DOCS.iter().find(|doc| doc.name == entry.key) {
            fields.refuse(doc.name);
            mistaken = true;
            let message = format!("`{}` is done outside of the path, which a path alone does not do", doc.name);
            cx.hinted::<()>(Code::BadInject, entry.at, message, "write it into a scenario, and play that".to_owned());
        } else {
            mistaken = true;
        }
    }
    if given.is_none() && mistaken {
        unknown_fault(cx, fields, name, docs);
    } else if given.is_none() {
        let hint = format!("write one of {}", names(docs).join(", "));
        cx.hinted::<()>(Code::Missing, at, format!("inject `{name}` has no fault"), hint);
    }
    given
}

fn names(docs: Known) -> Vec<&'static str> {
    docs.iter().copied().flatten().map(|doc| doc.name).collect()
}

/// An inject without a fault most likely has its name misspelt: say so instead of "no such key".
fn unknown_fault(cx: &mut Cx<'_>, fields: &mut Fields<'_>, name: &str, docs: Known) {
    let others: Vec<_> = fields.others().collect();
    let times = || Param::TIMES.iter().chain(Param::AIM).map(|param| param.name);
    for entry in others.into_iter().filter(|entry| spell::nearest(&entry.key, times()).is_none()) {
        let message = format!("`{}`, in inject `{}`, is no fault", short(&entry.key), name);
        let words: Vec<_> = names(docs).into_iter().chain(faults::LATER.iter().copied()).collect();
        let near = spell::meant(&entry.key, &words).map(|near| format!("did you mean `{near}`?"));
        let hint = near.unwrap_or_else(|| format!("possible here: {}", names(docs).join(", ")));
        cx.hinted::<()>(Code::UnknownWord, entry.at, message, hint);
        fields.forgive(entry);
    }
}

struct Window {
    start: Moment,
    end: Moment,
    during: Option<PhaseId>,
}

/// The four keys that say when.
struct Times<'n> {
    during: Option<&'n Entry>,
    at: Option<&'n Entry>,
    after: Option<&'n Entry>,
    length: Option<&'n Entry>,
}

fn window(cx: &mut Cx<'_>, fields: &mut Fields<'_>, row: &Row<'_, Inject>, table: &Table<'_, Phase>) -> Option<Window> {
    let times = Times {
        during: fields.entry("during"),
        at: fields.entry("at"),
        after: fields.entry("after"),
        length: fields.entry("for"),
    };
    let window = match (times.during, times.at) {
        (Some(_), Some(at)) => {
            cx.error(Code::Conflict, at.at, "an inject is `during` a phase or `at` a time, not both")
        }
        (Some(during), None) => within_phase(cx, row, &times, &during.value, table),
        (None, Some(at)) => at_time(cx, row, &times, at),
        (None, None) => {
            let hint = "write `during: fault`, or `at: 10m` with `for: 5m`".to_owned();
            cx.hinted(Code::Missing, row.at, format!("inject `{}` has no time", row.name), hint)
        }
    }?;
    inside_the_drill(cx, row, &window, table)?;
    Some(window)
}

fn length_of(cx: &mut Cx<'_>, entry: &Entry) -> Option<Span> {
    positive(cx, &entry.value, "the length of the inject")
}

/// From the phase's start, or `after` so much of it, to the phase's end, or `for` so long.
fn within_phase(
    cx: &mut Cx<'_>,
    row: &Row<'_, Inject>,
    times: &Times<'_>,
    during: &Node,
    table: &Table<'_, Phase>,
) -> Option<Window> {
    let phase = table.named(cx, during);
    let after = times.after.map(|entry| cx.quantity::<Span>(&entry.value, "the offset within the phase"));
    let length = times.length.map(|entry| length_of(cx, entry));
    let position = phase?;
    let phase = table.get(position)?;
    let start = match after {
        Some(after) => phase.start + after?,
        None => phase.start,
    };
    if start >= phase.end() {
        let at = times.after.map_or(row.at, |entry| entry.value.at);
        let message = format!("inject `{}` would start after its phase `{}` has ended", row.name, phase.name);
        return cx.error(Code::BadInject, at, message);
    }
    let end = match length {
        Some(length) => start + length?,
        None => phase.end(),
    };
    Some(Window { start, end, during: Some(PhaseId(id(position))) })
}

/// From a moment of the drill, for so long.
fn at_time(cx: &mut Cx<'_>, row: &Row<'_, Inject>, times: &Times<'_>, at: &Entry) -> Option<Window> {
    if let Some(after) = times.after {
        let message = "`after` counts from the start of a phase: it goes with `during`";
        cx.error::<()>(Code::Conflict, after.at, message);
    }
    let start = cx.quantity::<Span>(&at.value, "the start of the inject");
    let Some(length) = times.length else {
        let hint = "write `for: 5m`".to_owned();
        return cx.hinted(Code::Missing, at.at, format!("inject `{}` has no end", row.name), hint);
    };
    let length = length_of(cx, length);
    let start = Moment::ZERO + start?;
    Some(Window { start, end: start + length?, during: None })
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
