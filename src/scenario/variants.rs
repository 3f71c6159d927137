//! Named overrides of a scenario, and what a scenario expects of itself.

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Entry, Mark, Node};
use super::table::Table;
use crate::limits;
use crate::plan::Verdict;

/// A variant as it is written.
pub(super) struct Variant {
    /// What it sets, by dotted path.
    pub(super) set: Vec<Entry>,
    /// What it expects.
    pub(super) expect: Option<Expected>,
}

/// An expectation with the places of its parts, to be checked against the targets.
#[derive(Clone)]
pub(super) struct Expected {
    pub(super) verdict: Verdict,
    pub(super) because: Vec<(String, Mark)>,
}

const VERDICTS: [(&str, Verdict); 3] =
    [("pass", Verdict::Pass), ("fail", Verdict::Fail), ("inconclusive", Verdict::Inconclusive)];

/// The variants of a scenario.
pub(super) fn read<'n>(cx: &mut Cx<'_>, node: Option<&'n Node>) -> Table<'n, Variant> {
    let mut table = Table::names(cx, node, "variant", limits::VARIANTS);
    table.fill(|row, _| {
        let mut fields = Fields::of(cx, row.node, format!("variant `{}`", row.name), row.at)?;
        let set = match fields.take("set") {
            Some(node) => cx.map(node, "`set`").map(<[Entry]>::to_vec),
            None => Some(Vec::new()),
        };
        let expect = expectation(cx, &mut fields);
        fields.finish(cx);
        Some(Variant { set: set?, expect })
    });
    table
}

/// `expect` and `because` among the keys of a scenario or a variant.
pub(super) fn expectation(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Expected> {
    let expect = fields.take("expect");
    let because = fields.entry("because");
    let verdict = expect.and_then(|node| cx.choice(node, "verdict", &VERDICTS, &[]));
    if let (Some(entry), None) = (because, expect) {
        return cx.hinted(Code::Missing, entry.at, "`because` of what?", "write `expect: fail` beside it".to_owned());
    }
    let verdict = verdict?;
    let names = because.map(|entry| names(cx, &entry.value)).unwrap_or_default();
    if let (Some(entry), Verdict::Pass) = (because, verdict) {
        return cx.error(
            Code::Conflict,
            entry.at,
            "a drill that passes does so because of all its targets: leave `because` out",
        );
    }
    Some(Expected { verdict, because: names })
}

fn names(cx: &mut Cx<'_>, node: &Node) -> Vec<(String, Mark)> {
    let nodes = node.items();
    nodes.iter().filter_map(|node| cx.word(node, "a target's name").map(|name| (name.to_owned(), node.at))).collect()
}
