//! The promises that the drill holds the system to.

mod abort;
mod judged;
mod sliding;

use super::cx::Cx;
use super::diagnostic::Code;
use super::expr::{self, Names};
use super::fields::Fields;
use super::node::Value;
use super::table::{Row, Table, id};
use crate::limits;
use crate::plan::{Bound, Budgeting, Level, Phase, PhaseKind, Target, Window};
use crate::units::PhaseId;

/// The targets.
pub(super) fn read<'n>(
    cx: &mut Cx<'_>,
    node: Option<&'n super::node::Node>,
    names: &mut Names<'_, '_>,
) -> Table<'n, Target> {
    let mut table = Table::names(cx, node, "target", limits::PARTS);
    names.targets = table.rows.iter().map(|row| row.name.clone()).collect();
    table.fill(|row, _| target(cx, row, names));
    service_levels(cx, &mut table);
    table
}

fn target(cx: &mut Cx<'_>, row: &Row<'_, Target>, names: &Names<'_, '_>) -> Option<Target> {
    let phases = names.phases;
    if matches!(row.node.value, Value::Word(_)) {
        let read = expr::read(cx, row.node, names)?;
        let chosen = read.expr.of.phase.map_or_else(|| all_but_warmup(phases), |phase| vec![phase]);
        return Some(in_phases(promised(&row.name, read), chosen, phases));
    }
    let mut fields = Fields::of(cx, row.node, format!("target `{}`", row.name), row.at)?;
    let read = expr::of(cx, &mut fields, names);
    let chosen = chosen(cx, &mut fields, phases, read.as_ref().and_then(|read| read.expr.of.phase));
    let levels = [("must", Level::Must), ("should", Level::Should), ("info", Level::Info)];
    let level = match fields.take("level") {
        Some(node) => cx.choice(node, "level", &levels, &[]),
        None => Some(Level::default()),
    };
    let judged = judged::read(cx, &mut fields, read.as_ref().map(|read| &read.expr), level);
    let source = match fields.take("source") {
        Some(node) => cx.word(node, "the source").map(|text| Some(text.trim().to_owned())),
        None => Some(None),
    };
    let abort = fields.entry("abort");
    let after = abort.map(|entry| abort::read(cx, entry));
    fields.finish(cx);
    let (level, judged, source) = (level?, judged?, source?);
    let target = in_phases(Target { level, source, ..judged.of(promised(&row.name, read?)) }, chosen?, phases);
    compared(cx, row, &target)?;
    slices_fit(cx, row, &target, phases)?;
    holds_the_drill(cx, row, &target, phases)?;
    sliding::fit(cx, row.at, &target, phases)?;
    match abort.zip(after) {
        Some((entry, after)) => abort::of(cx, entry.at, target, after?, phases),
        None => Some(target),
    }
}

fn promised(name: &str, read: expr::Read) -> Target {
    Target { claim: read.claim, ..Target::new(name, read.text, read.expr) }
}

/// A target of baselines alone is a condition for injecting anything; but what became of documents is told when all is over.
fn in_phases(target: Target, chosen: Vec<PhaseId>, phases: &Table<'_, Phase>) -> Target {
    let baseline = |phase: &PhaseId| phases.get(phase.index()).is_some_and(|phase| phase.kind == PhaseKind::Baseline);
    let told_then = !target.expr.metric.is_of_documents();
    let steady_state = told_then && !chosen.is_empty() && chosen.iter().all(baseline);
    Target { phases: chosen, steady_state, ..target }
}

/// The phases under `phase` or `phases`, each of which may hold one name or several, or the one that the expression's label names; by default
/// all but warm-up.
fn chosen(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'_>,
    phases: &Table<'_, Phase>,
    labelled: Option<PhaseId>,
) -> Option<Vec<PhaseId>> {
    let (one, many) = (fields.entry("phase"), fields.entry("phases"));
    if let (Some(_), Some(many)) = (one, many) {
        return cx.error(Code::Conflict, many.at, "`phase` and `phases` say the same: write one of them");
    }
    if let Some((_, entry)) = labelled.zip(one.or(many)) {
        let message = "the label `phase` of the figure says in which phase already";
        return cx.hinted(Code::Conflict, entry.at, message, "write one of them".to_owned());
    }
    let Some(entry) = one.or(many) else {
        return Some(labelled.map_or_else(|| all_but_warmup(phases), |phase| vec![phase]));
    };
    let nodes = entry.value.items();
    if nodes.is_empty() {
        return cx.error(Code::Missing, entry.at, "a target of no phase judges nothing");
    }
    let read: Vec<_> = nodes.iter().map(|node| phases.named(cx, node).map(|phase| PhaseId(id(phase)))).collect();
    let mut list: Vec<PhaseId> = read.into_iter().collect::<Option<_>>()?;
    list.sort_unstable();
    list.dedup();
    Some(list)
}

fn all_but_warmup(phases: &Table<'_, Phase>) -> Vec<PhaseId> {
    phases
        .read()
        .filter(|(_, _, phase)| phase.kind != PhaseKind::Warmup)
        .map(|(index, ..)| PhaseId(id(index)))
        .collect()
}

/// The first run has no run before it: it could never pass, and no other after it, if it had to be as good as the last that did.
fn compared(cx: &mut Cx<'_>, row: &Row<'_, Target>, target: &Target) -> Option<()> {
    let Bound::Previous(_) = target.expr.bound else { return Some(()) };
    if target.level == Level::Must {
        let message = format!("target `{}` must hold, and the first run has none before it that passed", row.name);
        return cx.hinted(Code::Conflict, row.at, message, "write `level: should` or `info`".to_owned());
    }
    if target.window.is_some_and(Window::is_beyond_the_drill) || target.sliding.is_some() {
        let message = "a promise for windows says itself how much, and not that of another run";
        return cx.hinted(Code::Conflict, row.at, message, "leave `window` out".to_owned());
    }
    Some(())
}

/// Slices lie within phases.
fn slices_fit(cx: &mut Cx<'_>, row: &Row<'_, Target>, target: &Target, phases: &Table<'_, Phase>) -> Option<()> {
    let Some(Budgeting::Timeslices { every, .. }) = target.budgeting else { return Some(()) };
    let longest = target.phases.iter().filter_map(|id| phases.get(id.index())).map(|phase| phase.length).max();
    if longest.is_none_or(|longest| longest >= every) {
        return Some(());
    }
    let message = format!("no phase of target `{}` is as long as a slice of {every}", row.name);
    cx.hinted(Code::Conflict, row.at, message, "write a shorter `every`".to_owned())
}

/// An outage of the drill can cost a window no more than all of it.
fn holds_the_drill(cx: &mut Cx<'_>, row: &Row<'_, Target>, target: &Target, phases: &Table<'_, Phase>) -> Option<()> {
    let drill = super::phases::total(phases);
    let Some(Window::Rolling(length)) = target.window.filter(|_| drill.is_some()) else { return Some(()) };
    let Some(drill) = drill.filter(|drill| length < *drill) else { return Some(()) };
    let message = format!("target `{}` has a window of {length}, and the drill alone lasts {drill}", row.name);
    let hint = "write a longer one, or `window: drill`".to_owned();
    cx.hinted(Code::OutOfRange, row.at, message, hint)
}

/// A budget is that of a promise which has one. Only when all targets are read it is known which do.
fn service_levels(cx: &mut Cx<'_>, table: &mut Table<'_, Target>) {
    // What could not be read has been complained of already.
    let promises: Vec<_> = table.rows.iter().map(|row| row.value.as_ref().map(Promise::of)).collect();
    for row in &mut table.rows {
        let Some(target) = &row.value else { continue };
        let Some(promise) = target.expr.of.slo.and_then(|slo| promises[slo.index()]) else { continue };
        if !promise.has_budget {
            let message = format!("target `{}` is about the error budget of a target that has none", row.name);
            let hint = "name one with `availability >= …` and `window: month`, `quarter`, `year` or `{ rolling: 30d }`"
                .to_owned();
            row.value = cx.hinted(Code::Conflict, row.at, message, hint);
        } else if let Some(why) = promise.unsettled.filter(|_| target.abort.is_some()) {
            let message = format!("target `{}` cannot end the drill, since {why}", row.name);
            row.value = cx.hinted(Code::Conflict, row.at, message, "leave `abort` out".to_owned());
        }
    }
}

/// What an error budget has to know of its promise.
#[derive(Clone, Copy)]
struct Promise {
    has_budget: bool,
    /// Why what is spent of it is known only at the end.
    unsettled: Option<&'static str>,
}

impl Promise {
    fn of(target: &Target) -> Self {
        let unsettled = match target.budgeting {
            Some(Budgeting::Timeslices { .. }) => Some("slices are told when they are over"),
            _ if target.expr.of.route.is_some() => {
                Some("which route carries a message is known only when it has arrived")
            }
            _ => None,
        };
        Self { has_budget: target.service_level().is_some(), unsettled }
    }
}
