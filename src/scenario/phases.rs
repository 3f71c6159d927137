//! The stretches of the drill, one after another.

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Node, Value};
use super::spell;
use super::table::{Row, Table};
use crate::limits;
use crate::plan::{Phase, PhaseKind};
use crate::units::{Moment, Span};

/// The kinds of phase; a phase of such a name needs no kind.
const KINDS: &[(&str, PhaseKind)] = &[
    ("warmup", PhaseKind::Warmup),
    ("baseline", PhaseKind::Baseline),
    ("fault", PhaseKind::Fault),
    ("recovery", PhaseKind::Recovery),
];

/// The phases and their moments.
pub(super) fn read<'n>(cx: &mut Cx<'_>, node: Option<&'n Node>) -> Table<'n, Phase> {
    let mut table = Table::names(cx, node, "phase", limits::PARTS);
    let mut start = Moment::ZERO;
    table.fill(|row, _| {
        let (kind, length) = match row.node.value {
            Value::Map(_) => {
                let mut fields = Fields::of(cx, row.node, format!("phase `{}`", row.name), row.at)?;
                let kind = match (fields.take("kind"), kind_of(&row.name)) {
                    (Some(node), _) => cx.choice(node, "kind of phase", KINDS, &[]),
                    (None, Some(kind)) => Some(kind),
                    (None, None) => fields.need(cx, "kind", "fault").and(None),
                };
                let length = fields.need(cx, "for", "10m").and_then(|node| length(cx, node, &row.name));
                fields.finish(cx);
                (kind, length)
            }
            _ => (by_name(cx, row), length(cx, row.node, &row.name)),
        };
        let phase = Phase { name: row.name.clone(), kind: kind?, start, length: length? };
        start = phase.end();
        Some(phase)
    });
    table
}

fn kind_of(name: &str) -> Option<PhaseKind> {
    KINDS.iter().find(|(word, _)| *word == name).map(|(_, kind)| *kind)
}

fn by_name(cx: &mut Cx<'_>, row: &Row<'_, Phase>) -> Option<PhaseKind> {
    let name = &row.name;
    kind_of(name).or_else(|| {
        let length = if let Value::Word(word) = &row.node.value { short(word) } else { "10m".to_owned() };
        let near = spell::nearest(name, KINDS.iter().map(|(word, _)| *word));
        let meant = near.map_or(String::new(), |near| format!("did you mean `{near}`? If not, "));
        let hint = format!("{meant}write `{name}: {{kind: fault, for: {length}}}`; only warmup, baseline, fault and recovery say their kind by their name");
        cx.hinted(Code::Missing, row.at, format!("what kind of phase is `{name}`?"), hint)
    })
}

fn length(cx: &mut Cx<'_>, node: &Node, name: &str) -> Option<Span> {
    let length: Span = cx.quantity(node, &format!("the length of phase `{name}`"))?;
    if length.is_zero() {
        return cx.error(Code::OutOfRange, node.at, format!("phase `{name}` has no length"));
    }
    Some(length)
}

/// The whole drill's length, if every phase could be read.
pub(super) fn total(table: &Table<'_, Phase>) -> Option<Span> {
    table.rows.iter().map(|row| row.value.as_ref().map(|phase| phase.length)).sum()
}
