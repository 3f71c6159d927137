//! Where certain messages may not come.

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Entry, Mark, Node};
use super::scenario::Parts;
use super::spell;
use super::table::{Table, id};
use crate::limits;
use crate::plan::{Boundary, Endpoint, Group, Journey, Metric, Place, Reach, Region};
use crate::units::{EndpointId, GroupId, RegionId};

/// What boundaries refer to.
pub(super) struct Around<'t, 'n> {
    pub(super) regions: &'t Table<'n, Region>,
    pub(super) endpoints: &'t Table<'n, Endpoint>,
    pub(super) groups: &'t Table<'n, Group>,
    pub(super) journeys: &'t Table<'n, Journey>,
}

/// The boundaries.
pub(super) fn read<'n>(cx: &mut Cx<'_>, node: Option<&'n Node>, around: &Around<'_, '_>) -> Table<'n, Boundary> {
    let mut table = Table::names(cx, node, "boundary", limits::PARTS);
    table.fill(|row, _| {
        let mut fields = Fields::of(cx, row.node, format!("boundary `{}`", row.name), row.at)?;
        let classes = names(cx, &mut fields, "class", "classes", |cx, name, at| around.class(cx, name, at));
        let groups = names(cx, &mut fields, "group", "groups", |cx, name, at| {
            around.groups.find(cx, name, at).map(|position| GroupId(id(position)))
        });
        let rule = rule(cx, &mut fields, around);
        fields.finish(cx);
        let (classes, groups) = (classes?, groups?);
        if classes.is_empty() && groups.is_empty() {
            let hint = "write for instance `class: customers`, or `group: overseas`".to_owned();
            let message = format!("boundary `{}` does not say whom it concerns", row.name);
            return cx.hinted(Code::Missing, row.at, message, hint);
        }
        let boundary = Boundary { name: row.name.clone(), classes, groups, rule: rule? };
        around.concerned(cx, &boundary, row.at);
        Some(boundary)
    });
    table
}

/// Boundaries of which nothing is promised: what crosses them is counted, and fails no drill.
pub(super) fn unpromised(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (index, row, _) in parts.boundaries.read() {
        let mut targets = parts.targets.read().map(|(.., target)| &target.expr);
        let promised = targets.any(|expr| {
            expr.metric == Metric::WrongSide
                || expr.metric == Metric::BoundaryViolations
                    && expr.of.boundary.is_none_or(|boundary| boundary.index() == index)
        });
        if !promised && parts.targets.rows.iter().all(|target| target.value.is_some()) {
            let message = format!("no target promises that boundary `{}` holds", row.name);
            let hint = format!("write `boundary_violations{{boundary={}}} == 0` as a target that must hold", row.name);
            cx.lint(Code::Unused, row.at, message, hint);
        }
    }
}

fn rule(cx: &mut Cx<'_>, fields: &mut Fields<'_>, around: &Around<'_, '_>) -> Option<Reach> {
    match (fields.entry("within"), fields.entry("never")) {
        (Some(within), None) => around.places(cx, within).map(Reach::Within),
        (None, Some(never)) => around.places(cx, never).map(Reach::Never),
        (Some(_), Some(never)) => {
            let hint = "write two boundaries, if both are meant".to_owned();
            cx.hinted(Code::Conflict, never.at, "`within` and `never` both say what may be touched", hint)
        }
        (None, None) => {
            fields.need(cx, "within", "[hk, singapore]");
            None
        }
    }
}

/// The names under the singular or the plural key; either may hold one name or a list.
fn names<T>(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'_>,
    one: &'static str,
    many: &'static str,
    read: impl FnMut(&mut Cx<'_>, &str, Mark) -> Option<T>,
) -> Option<Vec<T>> {
    fields.words(cx, (one, many), names_nothing, read)
}

fn names_nothing(cx: &mut Cx<'_>, entry: &Entry) {
    cx.error::<()>(Code::Missing, entry.at, format!("`{}` names nothing", entry.key));
}

/// Every name of a list, at least one.
fn all<T>(
    cx: &mut Cx<'_>,
    entry: &Entry,
    mut read: impl FnMut(&mut Cx<'_>, &str, Mark) -> Option<T>,
) -> Option<Vec<T>> {
    let nodes = entry.value.items();
    if nodes.is_empty() {
        names_nothing(cx, entry);
        return None;
    }
    let read: Vec<_> =
        nodes.iter().map(|node| cx.word(node, "a name").and_then(|word| read(cx, word, node.at))).collect();
    read.into_iter().collect()
}

impl Around<'_, '_> {
    /// A class of data that some journey has.
    fn class(&self, cx: &mut Cx<'_>, name: &str, at: Mark) -> Option<String> {
        let journeys = self.journeys.read().map(|(.., journey)| journey);
        let known: Vec<_> = journeys.filter_map(|journey| journey.class.as_deref()).collect();
        if known.contains(&name) || self.journeys.rows.iter().any(|row| row.value.is_none()) {
            return Some(name.to_owned());
        }
        let hint = spell::hint(name, &known).or_else(|| {
            known.is_empty().then(|| format!("write `class: {}` at a journey that sends such data", short(name)))
        });
        cx.hinted(Code::UnknownName, at, format!("no journey sends data of class `{}`", short(name)), hint)
    }

    /// Regions and endpoints by their names.
    fn places(&self, cx: &mut Cx<'_>, entry: &Entry) -> Option<Vec<Place>> {
        all(cx, entry, |cx, name, at| {
            let region = self.regions.position(name).map(|position| Place::Region(RegionId(id(position))));
            let endpoint = self.endpoints.position(name).map(|position| Place::Endpoint(EndpointId(id(position))));
            match (region, endpoint) {
                (Some(_), Some(_)) => {
                    let message = format!("`{}` is a region and an endpoint: which is meant?", short(name));
                    cx.hinted(Code::Conflict, at, message, "give one of them another name".to_owned())
                }
                (Some(place), None) | (None, Some(place)) => Some(place),
                (None, None) => {
                    let regions = self.regions.rows.iter().map(|row| row.name.as_str());
                    let known: Vec<_> =
                        regions.chain(self.endpoints.rows.iter().map(|row| row.name.as_str())).collect();
                    let message = format!("there is no region and no endpoint `{}`", short(name));
                    cx.hinted(Code::UnknownName, at, message, spell::hint(name, &known))
                }
            }
        })
    }

    /// A boundary that concerns nobody's messages keeps nothing in.
    fn concerned(&self, cx: &mut Cx<'_>, boundary: &Boundary, at: Mark) {
        let unread = self.journeys.rows.iter().any(|row| row.value.is_none());
        if !unread && !self.journeys.read().any(|(.., journey)| boundary.concerns(journey)) {
            cx.lint(Code::Unused, at, format!("boundary `{}` concerns no journey", boundary.name), None);
        }
    }
}
