//! The promises that the drill holds the system to.

use super::cx::Cx;
use super::diagnostic::Code;
use super::expr::{self, Names};
use super::fields::Fields;
use super::node::{Node, Value};
use super::table::{Row, Table, id};
use crate::limits;
use crate::plan::{Level, Phase, PhaseKind, Target};
use crate::units::PhaseId;

/// The targets.
pub(super) fn read<'n>(
    cx: &mut Cx<'_>,
    node: Option<&'n Node>,
    phases: &Table<'_, Phase>,
    names: &Names<'_, '_>,
) -> Table<'n, Target> {
    let mut table = Table::names(cx, node, "target", limits::PARTS);
    table.fill(|row, _| target(cx, row, phases, names));
    table
}

fn target(cx: &mut Cx<'_>, row: &Row<'_, Target>, phases: &Table<'_, Phase>, names: &Names<'_, '_>) -> Option<Target> {
    let (node, level, chosen) = if matches!(row.node.value, Value::Word(_)) {
        (Some(row.node), Some(Level::default()), Some(all_but_warmup(phases)))
    } else {
        let mut fields = Fields::of(cx, row.node, format!("target `{}`", row.name), row.at)?;
        let node = fields.need(cx, "expr", "\"recovery_time <= 2h\"");
        let chosen = chosen(cx, &mut fields, phases);
        let levels = [("must", Level::Must), ("should", Level::Should), ("info", Level::Info)];
        let level = match fields.take("level") {
            Some(node) => cx.choice(node, "level", &levels, &[]),
            None => Some(Level::default()),
        };
        fields.not_yet(cx, &["window", "budgeting", "confidence", "min_samples", "clock", "abort"]);
        fields.finish(cx);
        (node, level, chosen)
    };
    let expr = node.and_then(|node| expr::read(cx, node, names));
    let text = node.and_then(|node| cx.word(node, "the expression"))?.to_owned();
    let chosen = chosen?;
    let baseline = |phase: &PhaseId| phases.get(phase.index()).is_some_and(|phase| phase.kind == PhaseKind::Baseline);
    let steady_state = !chosen.is_empty() && chosen.iter().all(baseline);
    Some(Target { name: row.name.clone(), expr: expr?, text, level: level?, phases: chosen, steady_state })
}

/// The phases under `phase` or `phases`, each of which may hold one name or several; by default all but warm-up.
fn chosen(cx: &mut Cx<'_>, fields: &mut Fields<'_>, phases: &Table<'_, Phase>) -> Option<Vec<PhaseId>> {
    let (one, many) = (fields.entry("phase"), fields.entry("phases"));
    if let (Some(_), Some(many)) = (one, many) {
        return cx.error(Code::Conflict, many.at, "`phase` and `phases` say the same: write one of them");
    }
    let Some(entry) = one.or(many) else { return Some(all_but_warmup(phases)) };
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
