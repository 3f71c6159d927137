//! Audit trails: who reads that of a gateway, from where and how often.

use std::net::IpAddr;

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::groups;
use super::node::{Entry, Mark, Node};
use super::scenario::Parts;
use super::table::{Row, Table, id};
use crate::limits::TWIN_RECORDS;
use crate::plan::{Audit, Endpoint, Region, is_variable_name};
use crate::units::{EndpointId, RegionId, Span};

/// An auditor asks at most so often: whatever he asks for has to be read.
const LEAST: Span = Span::from_millis(100);

/// The auditor of a gateway, with an address that nobody has yet.
pub(super) fn read(
    cx: &mut Cx<'_>,
    entry: &Entry,
    (row, endpoint): (&Row<'_, Endpoint>, &Endpoint),
    regions: &Table<'_, Region>,
    others: &[IpAddr],
) -> Option<Audit> {
    let example = "audit: { every: 5s }".to_owned();
    let mut fields = Fields::such_as(cx, &entry.value, "`audit`", entry.at, Some(example))?;
    let every = fields.need(cx, "every", "5s").and_then(|node| every(cx, node));
    let from = match fields.take("from") {
        Some(node) => regions.named(cx, node).map(|region| RegionId(id(region))),
        None => Some(endpoint.region),
    };
    let keeps = fields.entry("keeps").map(|entry| keeps(cx, entry, endpoint));
    let token = fields.entry("token").map(|entry| token(cx, entry, endpoint));
    fields.finish(cx);
    let beyond = endpoint.url.as_ref().is_some_and(|url| !url.is_here());
    if token.is_none() && beyond {
        let message = format!("the auditor of `{}`, a service beyond this machine, has no token there", row.name);
        let hint = "write `token: \"${AUDIT_TOKEN}\"`, and set that variable".to_owned();
        return cx.hinted(Code::Missing, entry.at, message, hint);
    }
    let (every, from) = (every?, from?);
    let address = groups::spare(cx, (&row.name, row.at), regions, from, others)?;
    Some(Audit {
        every,
        from,
        address,
        keeps: keeps.map_or(Some(None), |read| read.map(Some))?,
        token: token.map_or(Some(None), |read| read.map(Some))?,
    })
}

fn every(cx: &mut Cx<'_>, node: &Node) -> Option<Span> {
    let span: Span = cx.quantity(node, "the time between questions")?;
    if span < LEAST {
        let message = format!("an auditor asks at most once in {LEAST}, not every {span}");
        return cx.error(Code::OutOfRange, node.at, message);
    }
    Some(span)
}

fn keeps(cx: &mut Cx<'_>, entry: &Entry, endpoint: &Endpoint) -> Option<u32> {
    if endpoint.url.is_some() {
        let hint = "leave `keeps` out".to_owned();
        return cx.hinted(Code::Conflict, entry.at, "how much a gateway keeps that is no twin is its own affair", hint);
    }
    let keeps = cx.count(&entry.value, "the number of entries that are kept", 1, TWIN_RECORDS as u64)?;
    u32::try_from(keeps).ok()
}

/// The name in `${NAME}`. Anything else is not quoted: somebody may have written the secret itself.
fn token(cx: &mut Cx<'_>, entry: &Entry, endpoint: &Endpoint) -> Option<String> {
    let node = &entry.value;
    if endpoint.url.is_none() {
        let hint = "leave `token` out, or name the gateway's `url`".to_owned();
        return cx.hinted(Code::Conflict, entry.at, "a twin knows its auditor", hint);
    }
    let word = cx.word(node, "the auditor's token")?;
    let name = word.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|name| is_variable_name(name));
    if name.is_none() {
        let message = "the auditor's token stands in the environment and not in a scenario";
        let hint = "write `token: \"${AUDIT_TOKEN}\"`, and set that variable".to_owned();
        return cx.hinted(Code::BadName, Mark { end: node.at.start, ..node.at }, message, hint);
    }
    name.map(str::to_owned)
}

/// A target on audit trails needs one that is read.
pub(super) fn promised(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    let unread = parts.endpoints.rows.iter().all(|row| row.value.is_some())
        && parts
            .endpoints
            .read()
            .all(|(.., endpoint)| endpoint.gateway().is_none_or(|gateway| gateway.audit.is_none()));
    for (_, row, target) in parts.targets.read() {
        if unread && target.expr.metric.is_of_audits() {
            let message = format!("target `{}` is about audit trails, and nobody reads any", row.name);
            let hint = "write `audit: { every: 5s }` at a gateway".to_owned();
            cx.hinted::<()>(Code::Conflict, row.at, message, hint);
        }
    }
}

/// The legs of auditors' ways for which there is no link.
pub(super) fn links(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, endpoint) in parts.endpoints.read() {
        let Some(audit) = endpoint.gateway().and_then(|gateway| gateway.audit.as_ref()) else { continue };
        let (a, b) = (audit.from, endpoint.region);
        if a == b || parts.links.iter().any(|link| link.joins(a, b)) {
            continue;
        }
        let name = |region: RegionId| parts.regions.rows.get(region.index()).map_or("", |row| row.name.as_str());
        let at = row.node.get("audit").map_or(row.at, |entry| entry.at);
        let message =
            format!("no link joins `{}` and `{}`, which the auditor of `{}` has to cross", name(a), name(b), row.name);
        let hint = format!("add `{}-{}: {{ latency: 10ms }}` to `links`", name(a), name(b));
        cx.hinted::<()>(Code::MissingLink, at, message, hint);
    }
}

/// Targets about audit trails that select none which anybody reads: nothing will be known of them.
pub(super) fn unread(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    let is_unknown = parts.journeys.rows.iter().any(|row| row.value.is_none())
        || parts.endpoints.rows.iter().any(|row| row.value.is_none());
    if is_unknown {
        return;
    }
    let has_auditor = |id: EndpointId| {
        let gateway = parts.endpoints.get(id.index()).and_then(Endpoint::gateway);
        gateway.is_some_and(|gateway| gateway.audit.is_some())
    };
    for (_, row, target) in parts.targets.read().filter(|(.., target)| target.expr.metric.is_of_audits()) {
        let of = &target.expr.of;
        let journeys = parts.journeys.read().filter(|(index, ..)| parts.selects(of, *index));
        let mut routes = journeys.flat_map(|(.., journey)| &journey.routes).map(|route| route.endpoint);
        if !routes.any(|id| of.route.is_none_or(|route| route == id) && has_auditor(id)) {
            let why = "nothing that it selects goes by a gateway whose audit trail is read";
            let hint = "write `audit: { every: 5s }` at the gateway, or choose other labels".to_owned();
            cx.lint(
                Code::TooFewMessages,
                row.at,
                format!("target `{}` is about audit trails, and {why}", row.name),
                hint,
            );
        }
    }
}
