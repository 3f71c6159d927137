//! Gateways: what stands at the endpoint itself, and the rules, which are read once groups are known.

use std::net::IpAddr;
use std::sync::Arc;

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::inspections;
use super::node::{Entry, Mark, Node, Value};
use super::scenario::Parts;
use super::spell;
use super::table::{Row, Table, id};
use super::{audits, groups};
use crate::plan::{
    Account, Breaker, Endpoint, EndpointKind, Forwarding, Gateway, Group, Journey, Receipts, Recipients, Region,
};
use crate::units::{EndpointId, GroupId, Span};

/// A gateway as it is described at its endpoint, still without rules and without an address.
pub(super) fn read(cx: &mut Cx<'_>, fields: &mut Fields<'_>, bare: &Gateway) -> Option<Gateway> {
    let at = fields.at;
    // Read when the groups, and when all endpoints are known.
    let rules = fields.entry("rules");
    fields.entry("audit");
    inspections::keys(fields);
    if rules.is_none() && fields.entry("url").is_none() {
        let hint = "write for instance `rules: [{ to: [lite] }]`".to_owned();
        cx.hinted::<()>(Code::Missing, at, "a gateway has `rules`, which say where it sends on to", hint);
    }
    let timeout = match fields.take("timeout") {
        Some(node) => positive(cx, node, "the gateway's timeout"),
        None => Some(bare.timeout),
    };
    let breaker = match fields.entry("breaker") {
        Some(entry) => breaker(cx, entry, bare.breaker),
        None => Some(bare.breaker),
    };
    Some(Gateway { timeout: timeout?, breaker: breaker?, ..bare.clone() })
}

fn positive(cx: &mut Cx<'_>, node: &Node, what: &str) -> Option<Span> {
    let span: Span = cx.quantity(node, what)?;
    if span.is_zero() {
        cx.error(Code::OutOfRange, node.at, format!("{what} is longer than nothing"))
    } else {
        Some(span)
    }
}

fn breaker(cx: &mut Cx<'_>, entry: &Entry, usual: Breaker) -> Option<Breaker> {
    let mut fields = Fields::of(cx, &entry.value, "`breaker`", entry.at)?;
    let failures = match fields.take("failures") {
        Some(node) => cx.count(node, "the number of failures", 1, 1_000_000),
        None => Some(u64::from(usual.failures)),
    };
    let pause = match fields.take("pause") {
        Some(node) => positive(cx, node, "the breaker's pause"),
        None => Some(usual.pause),
    };
    fields.finish(cx);
    Some(Breaker { failures: u32::try_from(failures?).ok()?, pause: pause? })
}

/// Every account; and once these and the groups are known, the rules of every gateway, and an address of its own for each.
pub(super) fn complete(
    cx: &mut Cx<'_>,
    endpoints: &mut Table<'_, Endpoint>,
    groups: &Table<'_, Group>,
    regions: &Table<'_, Region>,
) -> Option<Vec<Account>> {
    let accounts = groups::accounts(cx, groups, regions);
    let names: Vec<(String, Option<bool>)> = endpoints
        .rows
        .iter()
        .map(|row| (row.name.clone(), row.value.as_ref().map(|endpoint| endpoint.gateway().is_some())))
        .collect();
    let mut taken: Vec<IpAddr> = accounts.iter().flatten().map(|account| account.address).collect();
    endpoints.fill_more(|row, endpoint| {
        let EndpointKind::Gateway(gateway) = &endpoint.kind else { return Some(endpoint) };
        let rules = match row.node.get("rules") {
            Some(entry) => rules(cx, entry, &names, groups)?,
            None => Vec::new(),
        };
        let address = groups::spare(cx, (&row.name, row.at), regions, endpoint.region, &taken)?;
        taken.push(address);
        let audit = match row.node.get("audit") {
            Some(entry) => Some(audits::read(cx, entry, (row, &endpoint), regions, &taken)?),
            None => None,
        };
        taken.extend(audit.as_ref().map(|audit| audit.address));
        let gateway = Gateway { rules, address, audit, ..Gateway::clone(gateway) };
        Some(Endpoint { kind: EndpointKind::Gateway(Arc::new(gateway)), ..endpoint })
    });
    accounts
}

fn rules(
    cx: &mut Cx<'_>,
    entry: &Entry,
    endpoints: &[(String, Option<bool>)],
    groups: &Table<'_, Group>,
) -> Option<Vec<Forwarding>> {
    let Value::List(items) = &entry.value.value else {
        let hint = "write `rules: [{ class: customers, to: [lite] }, { to: [teams] }]`".to_owned();
        return cx.hinted(Code::WrongKind, entry.value.at, "`rules` is a list", hint);
    };
    if items.is_empty() {
        return cx.error(Code::Missing, entry.at, "a gateway without a rule sends nothing on");
    }
    let read: Vec<_> = items.iter().map(|item| rule(cx, item, endpoints, groups)).collect();
    read.into_iter().collect()
}

fn rule(
    cx: &mut Cx<'_>,
    node: &Node,
    endpoints: &[(String, Option<bool>)],
    groups: &Table<'_, Group>,
) -> Option<Forwarding> {
    let mut fields = Fields::of(cx, node, "a rule", node.at.first(1))?;
    let nothing = |cx: &mut Cx<'_>, entry: &Entry| {
        cx.error::<()>(Code::Missing, entry.at, format!("`{}` names nothing", entry.key));
    };
    let classes = fields.words(cx, ("class", "classes"), nothing, |_, name, _| Some(name.to_owned()));
    let groups = fields.words(cx, ("group", "groups"), nothing, |cx, name, at| {
        groups.find(cx, name, at).map(|position| GroupId(id(position)))
    });
    let to = match fields.need(cx, "to", "[lite, teams]") {
        Some(node) if node.items().is_empty() => cx.error(Code::Missing, node.at, "`to` names no endpoint"),
        Some(node) => {
            let read: Vec<_> = node.items().iter().map(|item| target(cx, item, endpoints)).collect();
            read.into_iter().collect::<Option<Vec<_>>>()
        }
        None => None,
    };
    fields.finish(cx);
    Some(Forwarding { classes: classes?, groups: groups?, to: to? })
}

/// An endpoint that a gateway may send on to: one that exists, and is no gateway itself, so that nothing goes in circles.
fn target(cx: &mut Cx<'_>, node: &Node, endpoints: &[(String, Option<bool>)]) -> Option<EndpointId> {
    let name = cx.word(node, "an endpoint's name")?;
    let Some(position) = endpoints.iter().position(|(known, _)| known == name) else {
        let names: Vec<_> = endpoints.iter().map(|(name, _)| name.as_str()).collect();
        let message = format!("there is no endpoint `{}`", short(name));
        return cx.hinted(Code::UnknownName, node.at, message, spell::hint(name, &names));
    };
    match endpoints[position].1 {
        Some(true) => {
            let hint = "name the endpoints that messages are to reach in the end".to_owned();
            let message = format!("`{name}` is a gateway, and gateways do not send on to gateways");
            cx.hinted(Code::Conflict, node.at, message, hint)
        }
        _ => Some(EndpointId(id(position))),
    }
}

/// Where a gateway may send on to; nowhere from any other endpoint.
pub(super) fn beyond(parts: &Parts<'_>, endpoint: EndpointId) -> Vec<EndpointId> {
    let gateway = parts.endpoints.get(endpoint.index()).and_then(Endpoint::gateway);
    gateway.map_or_else(Vec::new, |gateway| gateway.targets())
}

/// Where it sends a journey's messages on to as long as nothing fails.
pub(super) fn first_beyond(parts: &Parts<'_>, journey: &Journey, endpoint: EndpointId) -> Option<EndpointId> {
    parts.endpoints.get(endpoint.index())?.gateway()?.forwards(journey).first().copied()
}

/// What only shows when journeys are known: each that goes by a gateway has a rule, whose endpoints can send it and tell of its receipt.
pub(super) fn fit(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, journey) in parts.journeys.read() {
        for (number, route) in journey.routes.iter().enumerate() {
            let Some(endpoint) = parts.endpoints.get(route.endpoint.index()) else { continue };
            let Some(gateway) = endpoint.gateway() else { continue };
            let at = super::checks::route_mark(row, number);
            let targets = gateway.forwards(journey);
            if targets.is_empty() && !(endpoint.url.is_some() && gateway.rules.is_empty()) {
                let hint = format!("end the rules of `{}` with one for everybody: `{{ to: [lite] }}`", endpoint.name);
                let message = format!("no rule of `{}` fits the messages of `{}`", endpoint.name, row.name);
                cx.hinted::<()>(Code::BadRoute, at, message, hint);
            }
            for id in targets {
                let Some(target) = parts.endpoints.get(id.index()) else { continue };
                carries(cx, at, (&endpoint.name, journey.send), target);
                names_all(cx, at, parts, (journey, target));
            }
        }
    }
    unknown_classes(cx, parts);
}

fn carries(cx: &mut Cx<'_>, at: Mark, (gateway, send): (&str, crate::plan::Capability), target: &Endpoint) {
    if !target.kind.sends(send) {
        let message = format!(
            "`{gateway}` sends these messages on to `{}` ({}), which has no function for `{}`",
            target.name,
            target.kind,
            send.name()
        );
        let hint = "take the endpoint out of the rule, or send the journey past the gateway".to_owned();
        cx.hinted::<()>(Code::BadRoute, at, message, hint);
    }
    if target.sso.is_some() {
        let message = format!("`{gateway}` sends on to `{}`, whose tokens only a sender himself gets", target.name);
        let hint = "leave `sso` out there, or send the journey past the gateway".to_owned();
        cx.hinted::<()>(Code::Conflict, at, message, hint);
    }
    if matches!(target.receipts, Receipts::ReadStatus { .. }) {
        let message =
            format!("`{gateway}` sends on to `{}`, of which only its own sender can ask who has read", target.name);
        let hint = "let it tell of receipts in another way, such as `receipts: inbox`".to_owned();
        cx.hinted::<()>(Code::Conflict, at, message, hint);
    }
}

/// A message to a whole group is one request at the endpoint that it is sent on to.
fn names_all(cx: &mut Cx<'_>, at: Mark, parts: &Parts<'_>, (journey, target): (&Journey, &Endpoint)) {
    let Recipients::All(group) = journey.to else { return };
    let Some(Group { name, count, .. }) = parts.groups.get(group.index()) else { return };
    let most = target.kind.recipients_of_one_request(journey.send);
    if *count > most {
        let message = format!(
            "group `{name}` has {count} accounts; one request to `{}` ({}) names at most {most}",
            target.name, target.kind
        );
        cx.error::<()>(Code::OutOfRange, at, message);
    }
}

/// Classes in rules that no journey's data has.
fn unknown_classes(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    if parts.journeys.rows.iter().any(|row| row.value.is_none()) {
        return;
    }
    let known: Vec<_> = parts.journeys.read().filter_map(|(.., journey)| journey.class.as_deref()).collect();
    for (_, row, endpoint) in parts.endpoints.read() {
        let Some(gateway) = endpoint.gateway() else { continue };
        for class in
            gateway.rules.iter().flat_map(|rule| &rule.classes).filter(|class| !known.contains(&class.as_str()))
        {
            let at = row_of_rules(row);
            let message = format!("no journey sends data of class `{}`", short(class));
            cx.hinted::<()>(Code::UnknownName, at, message, spell::hint(class, &known));
        }
    }
}

fn row_of_rules(row: &Row<'_, Endpoint>) -> Mark {
    row.node.get("rules").map_or(row.at, |entry| entry.at)
}
