//! Figures that someone asserted.

use super::cx::Cx;
use super::fields::Fields;
use super::node::Node;
use super::table::Table;
use crate::limits;
use crate::plan::{Claim, ClaimKind, ClaimOp};

/// The claims.
pub(super) fn read<'n>(cx: &mut Cx<'_>, node: Option<&'n Node>) -> Table<'n, Claim> {
    let mut table = Table::names(cx, node, "claim", limits::PARTS);
    table.fill(|row, _| {
        let mut fields = Fields::of(cx, row.node, format!("claim `{}`", row.name), row.at)?;
        let value = fields.need(cx, "value", "1.8s").and_then(|node| cx.word(node, "the value"));
        let ops = [("==", ClaimOp::Equal), (">=", ClaimOp::AtLeast), ("<=", ClaimOp::AtMost)];
        let op = match fields.take("op") {
            Some(node) => cx.choice(node, "comparison of a claim", &ops, &[]),
            None => Some(ClaimOp::default()),
        };
        let kinds = [
            ("vendor_claim", ClaimKind::VendorClaim),
            ("measured", ClaimKind::Measured),
            ("standard", ClaimKind::Standard),
            ("estimate", ClaimKind::Estimate),
        ];
        let kind =
            fields.need(cx, "kind", "vendor_claim").and_then(|node| cx.choice(node, "kind of claim", &kinds, &[]));
        let source =
            fields.need(cx, "source", "\"who said so, and where\"").and_then(|node| cx.word(node, "the source"));
        let verified = match fields.take("verified") {
            Some(node) => cx.flag(node, "yes or no (true or false)"),
            None => Some(false),
        };
        let remark = fields.take("note").and_then(|node| cx.word(node, "the note")).map(str::to_owned);
        fields.finish(cx);
        Some(Claim {
            name: row.name.clone(),
            value: value?.to_owned(),
            op: op?,
            kind: kind?,
            source: source?.to_owned(),
            verified: verified?,
            note: remark,
        })
    });
    table
}
