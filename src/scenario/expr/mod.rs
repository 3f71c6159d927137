//! The expressions of targets: `agg(metric{label=value, …}) op bound`, for single figures without `agg(…)`; or the same in parts, as a map.
//!
//! The grammar grows and never changes its meaning. It is read strictly, and every mistake points at its place.

mod long;
mod short;
mod words;

use super::cx::{Cx, short as shortened};
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Mark, Node};
use super::spell;
use super::table::Table;
use crate::plan::{Boundary, Claim, DrillWay, Endpoint, Expr, Inject, Journey, Label, Naming, Phase};
use crate::units::{ClassId, HostId, TargetId};

/// What expressions refer to.
pub(super) struct Names<'t, 'n> {
    pub(super) journeys: &'t Table<'n, Journey>,
    pub(super) endpoints: &'t Table<'n, Endpoint>,
    pub(super) injects: &'t Table<'n, Inject>,
    pub(super) claims: &'t Table<'n, Claim>,
    pub(super) boundaries: &'t Table<'n, Boundary>,
    pub(super) ways: &'t Table<'n, DrillWay>,
    pub(super) phases: &'t Table<'n, Phase>,
    /// The classes of data that journeys name, as [`Plan::classes`](crate::plan::Plan::classes) has them.
    pub(super) classes: Vec<String>,
    /// The hosts that ways in name, as [`Plan::hosts`](crate::plan::Plan::hosts) has them.
    pub(super) hosts: Vec<String>,
    /// The targets among which an expression stands.
    pub(super) targets: Vec<String>,
}

/// An expression that was read.
pub(super) struct Read {
    pub(super) expr: Expr,
    /// As written; of an expression in parts, as it would be written in one line.
    pub(super) text: String,
    /// The claim that its bound is taken from.
    pub(super) claim: Option<String>,
}

/// Reads the expression in `node`.
pub(super) fn read(cx: &mut Cx<'_>, node: &Node, names: &Names<'_, '_>) -> Option<Read> {
    let text = cx.word(node, "the expression")?;
    let (expr, claim) = short::read(cx, text, node, names)?;
    Some(Read { expr, text: text.to_owned(), claim })
}

/// Reads the expression of a target that is a map: under `expr`, or in parts.
pub(super) fn of(cx: &mut Cx<'_>, fields: &mut Fields<'_>, names: &Names<'_, '_>) -> Option<Read> {
    let parts = long::Parts::of(fields);
    match (fields.take("expr"), parts.first()) {
        (Some(node), None) => read(cx, node, names),
        (Some(_), Some(at)) => {
            let message = "`expr` says it all, and a part of an expression stands beside it";
            cx.hinted(Code::Conflict, at, message, "write `expr` alone, or `metric`, `op` and `value`".to_owned())
        }
        (None, Some(_)) => {
            let (expr, claim) = parts.read(cx, fields.at, names)?;
            let text = expr.written(names, claim.as_deref()).to_string();
            Some(Read { expr, text, claim })
        }
        (None, None) => {
            fields.need(cx, "expr", "\"recovery_time <= 2h\"");
            None
        }
    }
}

impl Names<'_, '_> {
    /// The target called so.
    fn slo(&self, cx: &mut Cx<'_>, name: &str, at: Mark) -> Option<TargetId> {
        if let Some(position) = self.targets.iter().position(|target| target == name) {
            return Some(TargetId(super::table::id(position)));
        }
        let known: Vec<_> = self.targets.iter().map(String::as_str).collect();
        cx.hinted(Code::UnknownName, at, format!("there is no target `{}`", shortened(name)), spell::hint(name, &known))
    }
}

impl Names<'_, '_> {
    /// The class of data called so.
    fn class(&self, cx: &mut Cx<'_>, name: &str, at: Mark) -> Option<ClassId> {
        if let Some(position) = self.classes.iter().position(|class| class == name) {
            return Some(ClassId(super::table::id(position)));
        }
        if self.journeys.rows.iter().any(|row| row.value.is_none()) {
            // It may be the class of a journey of which something else has been complained of.
            return None;
        }
        let known: Vec<_> = self.classes.iter().map(String::as_str).collect();
        let name_it = || "write `class: NAME` at the journeys whose messages stand for it".to_owned();
        let hint = spell::hint(name, &known).or_else(|| known.is_empty().then(name_it));
        cx.hinted(Code::UnknownName, at, format!("no journey is of class `{}`", shortened(name)), hint)
    }

    /// The host called so.
    fn host(&self, cx: &mut Cx<'_>, name: &str, at: Mark) -> Option<HostId> {
        let name = name.to_ascii_lowercase();
        if let Some(position) = self.hosts.iter().position(|host| *host == name) {
            return Some(HostId(super::table::id(position)));
        }
        let known: Vec<_> = self.hosts.iter().map(String::as_str).collect();
        let list_it = || {
            let hint = "list it by name under `allow` or `map` of a way in: such hosts have figures of their own";
            hint.to_owned()
        };
        let hint = spell::hint(&name, &known).or_else(|| known.is_empty().then(list_it));
        cx.hinted(Code::UnknownName, at, format!("no way in names the host `{}`", shortened(&name)), hint)
    }
}

impl Naming for Names<'_, '_> {
    fn name(&self, label: Label) -> &str {
        match label {
            Label::Journey(id) => called(self.journeys, id.index()),
            Label::Class(id) => self.classes.get(id.index()).map_or("?", String::as_str),
            Label::Phase(id) => called(self.phases, id.index()),
            Label::Route(id) | Label::Dlp(id) => called(self.endpoints, id.index()),
            Label::Inject(id) => called(self.injects, id.index()),
            Label::Slo(id) => self.targets.get(id.index()).map_or("?", String::as_str),
            Label::Boundary(id) => called(self.boundaries, id.index()),
            Label::When(when) => when.name(),
            Label::Way(id) => called(self.ways, id.index()),
            Label::Host(id) => self.hosts.get(id.index()).map_or("?", String::as_str),
            Label::Set(set) => set.name(),
        }
    }
}

fn called<'t, T>(table: &'t Table<'_, T>, index: usize) -> &'t str {
    table.rows.get(index).map_or("?", |row| row.name.as_str())
}
