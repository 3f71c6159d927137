//! What only the whole scenario can tell: no part is wrong by itself, and together they cannot be played.

use super::cx::Cx;
use super::diagnostic::Code;
use super::node::{Mark, Value};
use super::scenario::Parts;
use super::table::{Row, Table};
use super::variants::Expected;
use crate::limits;
use crate::plan::{DrillWay, Endpoint, Expectation, Group, Journey, Recipients};
use crate::units::{EndpointId, GroupId, RegionId, Span};

/// Reports every pair of regions that a message has to travel between without a link.
pub(super) fn links(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    let mut told: Vec<(RegionId, RegionId)> = Vec::new();
    for (_, row, journey) in parts.journeys.read() {
        for (number, route) in journey.routes.iter().enumerate() {
            for (whose, pair) in ways(parts, journey, route.endpoint) {
                if told.iter().any(|other| *other == pair || *other == (pair.1, pair.0)) {
                    continue;
                }
                told.push(pair);
                missing_link(cx, parts, (row, number), &whose, pair);
            }
        }
    }
}

/// The legs without a link of everybody who has to do with a route, by whose connections they are: sender and recipient, between them a gateway, and
/// what a twin asks or tells others by itself.
fn ways(parts: &Parts<'_>, journey: &Journey, endpoint: EndpointId) -> Vec<(String, (RegionId, RegionId))> {
    let name = |group: GroupId| parts.groups.rows.get(group.index()).map_or("", |row| row.name.as_str()).to_owned();
    let of = |group, endpoint| missing_legs(parts, group, endpoint).into_iter().map(move |leg| (name(group), leg));
    let provider = parts.endpoints.get(endpoint.index()).and_then(|endpoint| endpoint.sso.as_ref());
    let signs_in = provider.into_iter().flat_map(|trust| of(journey.from, trust.provider));
    let mut ways: Vec<_> = of(journey.from, endpoint).chain(signs_in).chain(own_ways(parts, endpoint)).collect();
    let Some(gateway) = parts.endpoints.get(endpoint.index()).filter(|endpoint| endpoint.gateway().is_some()) else {
        ways.extend(of(journey.recipients(), endpoint));
        return ways;
    };
    let onward = |id: EndpointId| {
        let leg = parts.endpoints.get(id.index()).map(|target| (gateway.region, target.region));
        leg.filter(|leg| !is_linked(parts, *leg)).map(|leg| (gateway.name.clone(), leg))
    };
    ways.extend(gateway.inspected_by().and_then(onward));
    for id in gateway.gateway().into_iter().flat_map(|gateway| gateway.targets()) {
        ways.extend(onward(id).into_iter().chain(of(journey.recipients(), id)).chain(own_ways(parts, id)));
    }
    ways
}

/// The legs without a link by which an endpoint asks the provider whose tokens it takes, and tells other stores what has changed. How a service that is
/// no twin does that is its own business.
fn own_ways(parts: &Parts<'_>, id: EndpointId) -> Vec<(String, (RegionId, RegionId))> {
    let Some(endpoint) = parts.endpoints.get(id.index()).filter(|endpoint| endpoint.url.is_none()) else {
        return Vec::new();
    };
    let provider = endpoint.sso.as_ref().map(|trust| trust.provider);
    let others = provider.into_iter().chain(endpoint.kind.peers().iter().map(|peer| peer.to));
    let regions = others.filter_map(|other| Some((endpoint.region, parts.endpoints.get(other.index())?.region)));
    regions.filter(|leg| !is_linked(parts, *leg)).map(|leg| (endpoint.name.clone(), leg)).collect()
}

fn is_linked(parts: &Parts<'_>, (a, b): (RegionId, RegionId)) -> bool {
    a == b || parts.links.iter().any(|link| link.joins(a, b))
}

/// The legs of a group's way to an endpoint for which there is no link.
fn missing_legs(parts: &Parts<'_>, group: GroupId, endpoint: EndpointId) -> Vec<(RegionId, RegionId)> {
    let (Some(group), Some(endpoint)) = (parts.groups.get(group.index()), parts.endpoints.get(endpoint.index())) else {
        return Vec::new();
    };
    let exit = group.via.as_ref().map_or(group.region, |exit| exit.region);
    let legs = [(group.region, exit), (exit, endpoint.region)];
    legs.into_iter().filter(|leg| !is_linked(parts, *leg)).collect()
}

fn missing_link(
    cx: &mut Cx<'_>,
    parts: &Parts<'_>,
    (row, route): (&Row<'_, Journey>, usize),
    who: &str,
    (a, b): (RegionId, RegionId),
) {
    let name = |region: RegionId| parts.regions.rows.get(region.index()).map_or("", |row| row.name.as_str());
    let at = route_mark(row, route);
    let message =
        format!("no link joins `{}` and `{}`, which the connections of `{who}` have to cross", name(a), name(b));
    let hint = format!("add `{}-{}: {{ latency: 10ms }}` to `links`", name(a), name(b));
    cx.hinted::<()>(Code::MissingLink, at, message, hint);
}

/// Where the n-th route of a journey stands.
pub(super) fn route_mark(row: &Row<'_, Journey>, route: usize) -> Mark {
    let Some(routes) = row.node.get("routes") else { return row.at };
    match &routes.value.value {
        Value::List(items) => items.get(route).map_or(routes.at, |item| item.at),
        _ => routes.value.at,
    }
}

/// A platform has a function for whatever is sent by it.
pub(super) fn carriers(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, journey) in parts.journeys.read() {
        for (number, route) in journey.routes.iter().enumerate() {
            let Some(endpoint) = parts.endpoints.get(route.endpoint.index()) else { continue };
            if !endpoint.kind.sends(journey.send) {
                let message =
                    format!("`{}` ({}) has no function for `{}`", endpoint.name, endpoint.kind, journey.send.name());
                let hint = "take the route out: this journey has no way there".to_owned();
                cx.hinted::<()>(Code::BadRoute, route_mark(row, number), message, hint);
            }
        }
    }
}

/// A message to a whole group is one request of the vendor's.
pub(super) fn recipients(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, journey) in parts.journeys.read() {
        let Recipients::All(group) = journey.to else { continue };
        let Some(Group { name, count, .. }) = parts.groups.get(group.index()) else { continue };
        for (number, route) in journey.routes.iter().enumerate() {
            let Some(endpoint) = parts.endpoints.get(route.endpoint.index()) else { continue };
            let most = endpoint.kind.recipients_of_one_request(journey.send);
            if *count > most {
                let message = format!(
                    "group `{name}` has {count} accounts; one request to `{}` ({}) names at most {most}",
                    endpoint.name, endpoint.kind
                );
                cx.error::<()>(Code::OutOfRange, route_mark(row, number), message);
            }
        }
    }
}

/// Nobody writes to himself, so that whoever writes to his own group has to have somebody there.
pub(super) fn company(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, journey) in parts.journeys.read() {
        let inside = journey.from == journey.recipients() && !journey.send.is_of_documents();
        let Some(group) = parts.groups.get(journey.from.index()).filter(|_| inside) else { continue };
        let (exposed, control, name) = (group.exposed(), group.control, &group.name);
        if exposed > 1 && control != 1 {
            continue;
        }
        let alone = if exposed == 1 && control == 0 { "has one account" } else { "has an arm of one account" };
        let message =
            format!("journey `{}` is from `{name}` to `{name}`, which {alone}, and nobody writes to himself", row.name);
        let hint = format!("give `{name}` more accounts, or send to another group");
        cx.hinted::<()>(Code::OutOfRange, row.at, message, hint);
    }
}

/// Holds the drill to what firedrill can play.
pub(super) fn bounds(cx: &mut Cx<'_>, parts: &Parts<'_>, drill: Option<Span>, phases_at: Mark) {
    let Some(drill) = drill else { return };
    if drill > limits::DRILL {
        cx.error::<()>(
            Code::OutOfRange,
            phases_at,
            format!("the drill lasts {drill}; at most {} can be played", limits::DRILL),
        );
        return;
    }
    let mut total: u64 = parts.controls.iter().map(|control| control.planned(drill)).fold(0, u64::saturating_add);
    for (_, row, journey) in parts.journeys.read() {
        total = total.saturating_add(journey.planned(drill));
        if total > limits::MESSAGES {
            let message = format!(
                "with journey `{}` the drill sends {total} messages; at most {} can be played",
                row.name,
                limits::MESSAGES
            );
            cx.error::<()>(Code::OutOfRange, row.at, message);
            return;
        }
    }
}

/// The targets that an expectation is because of have to exist.
pub(super) fn expectation(cx: &mut Cx<'_>, parts: &Parts<'_>, expected: &Expected) -> Expectation {
    for (name, at) in &expected.because {
        parts.targets.find(cx, name, *at);
    }
    Expectation { verdict: expected.verdict, because: expected.because.iter().map(|(name, _)| name.clone()).collect() }
}

/// The endpoints that some journey routes to, or a gateway of its sends on to or has texts inspected by, a way in leads to, or a program may find
/// by itself; `None` if one of them could not be read.
pub(super) fn routed(
    journeys: &Table<'_, Journey>,
    ways: &Table<'_, DrillWay>,
    endpoints: &Table<'_, Endpoint>,
) -> Option<Vec<EndpointId>> {
    let mut routed = Vec::new();
    for row in &journeys.rows {
        routed.extend(row.value.as_ref()?.routes.iter().map(|route| route.endpoint));
    }
    for id in routed.clone() {
        let endpoint = endpoints.get(id.index())?;
        routed.extend(endpoint.gateway().into_iter().flat_map(|gateway| gateway.targets()));
        routed.extend(endpoint.inspected_by());
    }
    for row in &ways.rows {
        routed.extend(row.value.as_ref()?.twins.iter().map(|to| to.endpoint));
    }
    // Whoever shows a provider's tokens signs in there.
    let provider = |id: &EndpointId| Some(endpoints.get(id.index())?.sso.as_ref()?.provider);
    let providers: Vec<_> = routed.iter().filter_map(provider).collect();
    routed.extend(providers);
    Some(routed)
}
