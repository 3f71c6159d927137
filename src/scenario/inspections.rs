//! That a gateway has texts inspected: by whom, for how long at most, and what becomes of those of which no verdict came.

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::journeys::positive;
use super::node::Node;
use super::scenario::Parts;
use super::table::{Row, Table, id};
use crate::plan::{Endpoint, EndpointKind, Fails, Inspection, Journey, Metric, Selector};
use crate::units::EndpointId;

/// The keys that say more about it.
const MORE: [&str; 2] = ["when_dlp_fails", "dlp_timeout"];

/// Its keys, which are read when all endpoints are known.
pub(super) fn keys(fields: &mut Fields<'_>) {
    for key in ["dlp"].into_iter().chain(MORE) {
        fields.entry(key);
    }
}

/// How a gateway has texts inspected. `None` if it does not, or if it was told why not.
pub(super) fn read(
    cx: &mut Cx<'_>,
    all: &Table<'_, Endpoint>,
    row: &Row<'_, Endpoint>,
    endpoint: &Endpoint,
) -> Option<Inspection> {
    endpoint.gateway()?;
    let mut fields = Fields::of(cx, row.node, format!("endpoint `{}`", row.name), row.at)?;
    let Some(by) = fields.entry("dlp") else {
        for key in MORE {
            if let Some(entry) = fields.entry(key) {
                let hint = "name the endpoint that inspects, such as `dlp: guard`, or leave it out".to_owned();
                let message = format!("`{key}` is about inspecting texts, and nobody inspects them here");
                cx.hinted::<()>(Code::Conflict, entry.at, message, hint);
            }
        }
        return None;
    };
    if endpoint.url.is_some() {
        let hint = "leave `dlp` out: what it lets through is told by `dlp_leaks`".to_owned();
        return cx.hinted(Code::Conflict, by.at, "a gateway with a `url` has texts inspected by itself", hint);
    }
    let fails = match fields.take("when_dlp_fails") {
        Some(node) => cx.choice(node, "way to fail", &[("closed", Fails::Closed), ("open", Fails::Open)], &[]),
        None => Some(Fails::default()),
    };
    let timeout = match fields.take("dlp_timeout") {
        Some(node) => positive(cx, node, "the time for a verdict"),
        None => Some(Inspection::TIMEOUT),
    };
    let by = inspector(cx, all, &by.value);
    Some(Inspection { by: by?, timeout: timeout?, fails: fails? })
}

fn inspector(cx: &mut Cx<'_>, all: &Table<'_, Endpoint>, node: &Node) -> Option<EndpointId> {
    let position = all.named(cx, node)?;
    if let Some(other) = all.get(position).filter(|other| !matches!(other.kind, EndpointKind::Dlp)) {
        let hint = "name an endpoint of `kind: dlp`".to_owned();
        let message = format!("texts are inspected by data loss prevention, and `{}` is {}", other.name, other.kind);
        return cx.hinted(Code::Conflict, node.at, message, hint);
    }
    Some(EndpointId(id(position)))
}

/// Targets about inspections that select none: nothing will be known of them.
pub(super) fn unasked(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    let unread = parts.journeys.rows.iter().any(|row| row.value.is_none())
        || parts.endpoints.rows.iter().any(|row| row.value.is_none());
    if unread {
        return;
    }
    for (_, row, target) in parts.targets.read().filter(|(.., target)| target.expr.metric.is_of_inspections()) {
        let of = &target.expr.of;
        let journeys = || parts.journeys.read().filter(|(index, ..)| parts.selects(of, *index));
        let mut inspected =
            journeys().map(|(.., journey)| journey).filter(|one| is_inspected(parts, of, one)).peekable();
        let leaks =
            |journey: &Journey| journey.corpus.as_ref().is_some_and(|corpus| corpus.violations.fraction() > 0.0);
        let (why, hint) = if inspected.peek().is_none() {
            ("nothing that it selects is inspected", "write `dlp: NAME` at the gateway, or choose other labels")
        } else if target.expr.metric == Metric::DlpDetection && !inspected.any(leaks) {
            ("nothing that it selects may not leave", "write `content: { violations: 5% }` at the journey")
        } else {
            continue;
        };
        let message = format!("target `{}` takes inspections, and {why}", row.name);
        cx.lint(Code::TooFewMessages, row.at, message, hint.to_owned());
    }
}

/// Whether a journey's messages may come to a gateway, of those that are selected, that has them inspected by whom that is.
fn is_inspected(parts: &Parts<'_>, of: &Selector, journey: &Journey) -> bool {
    journey.routes.iter().map(|route| route.endpoint).any(|id| {
        let by = parts.endpoints.get(id.index()).and_then(Endpoint::inspected_by);
        of.route.is_none_or(|route| route == id) && by.is_some_and(|by| of.dlp.is_none_or(|dlp| dlp == by))
    })
}
