//! Ways in of a drill: those of a path alone, whose maps may name endpoints, with a limit, and within what the guard allows.

use std::net::SocketAddr;

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Mark, Node, Value};
use super::table::{Row, Table, id};
use super::ways;
use crate::limits::{self, OBSERVED_RATE};
use crate::plan::{DrillWay, Endpoint, Guard, Lead, Listed, ToTwin, WayIn};
use crate::units::{EndpointId, Rate};

/// What ways in refer to.
pub(super) struct Around<'a, 'n> {
    pub(super) endpoints: &'a Table<'n, Endpoint>,
    pub(super) guard: Option<&'a Guard>,
}

/// The ways in, each by its name.
pub(super) fn read<'n>(cx: &mut Cx<'_>, node: Option<&'n Node>, around: &Around<'_, '_>) -> Table<'n, DrillWay> {
    let mut table = Table::names(cx, node, "way", limits::PARTS);
    table.fill(|row, _| way(cx, row, around));
    table
}

fn way(cx: &mut Cx<'_>, row: &Row<'_, DrillWay>, around: &Around<'_, '_>) -> Option<DrillWay> {
    let mut fields = Fields::of(cx, row.node, format!("way `{}`", row.name), row.at)?;
    let map = match fields.take("map") {
        Some(node) => mapped(cx, node, around.endpoints),
        None => Some((Vec::new(), Vec::new())),
    };
    let limit = match fields.entry("limit") {
        Some(entry) => limit(cx, &entry.value),
        None => Some(OBSERVED_RATE),
    };
    let (leads, twins) = map.unzip();
    let way = ways::with(cx, &mut fields, (&row.name, row.at), leads);
    fields.finish(cx);
    let (way, twins, limit) = (way?, twins?, limit?);
    is_here(cx, row.at, &way)?;
    is_guarded(cx, row.at, &way, around.guard)?;
    let hosts = hosts(&way, &twins);
    Some(DrillWay { way, twins, hosts, limit })
}

/// What leads to an address, and what to the twin of an endpoint.
fn mapped(cx: &mut Cx<'_>, node: &Node, endpoints: &Table<'_, Endpoint>) -> Option<(Vec<Lead>, Vec<ToTwin>)> {
    let (mut leads, mut twins, mut whole) = (Vec::new(), Vec::new(), true);
    for entry in cx.map(node, "`map`")? {
        let position = match &entry.value.value {
            Value::Word(word) => endpoints.position(word),
            _ => None,
        };
        let Some(position) = position else {
            match ways::lead(cx, entry) {
                Some(lead) => leads.push(lead),
                None => whole = false,
            }
            continue;
        };
        let to = ToTwin { host: entry.key.clone(), endpoint: EndpointId(id(position)) };
        let is_twin = endpoints.get(position).is_none_or(|endpoint| endpoint.url.is_none());
        if !is_twin {
            let hint = "list its host under `allow`, where the program finds the service itself".to_owned();
            let message = format!(
                "endpoint `{}` is a service by its address, and has no twin",
                short(&endpoints.rows[position].name)
            );
            cx.hinted::<()>(Code::Conflict, entry.value.at, message, hint);
            whole = false;
        } else if to.lead(SocketAddr::from(([127, 0, 0, 1], 1))).is_none() {
            let hint = "write `host` or `host:port`".to_owned();
            cx.hinted::<()>(Code::BadName, entry.at, format!("`{}` is no host", short(&entry.key)), hint);
            whole = false;
        } else {
            twins.push(to);
        }
    }
    whole.then_some((leads, twins))
}

fn limit(cx: &mut Cx<'_>, node: &Node) -> Option<Rate> {
    cx.quantity(node, "the limit")
}

/// Nobody else's machine takes part in a drill: nobody asks here for a token.
fn is_here(cx: &mut Cx<'_>, at: Mark, way: &WayIn) -> Option<()> {
    let local = way.listen.parse::<SocketAddr>().is_ok_and(|listen| listen.ip().to_canonical().is_loopback());
    if !local {
        let message = format!(
            "way `{}` listens at `{}`, which is no address of this machine alone",
            way.name,
            short(&way.listen)
        );
        return cx.hinted(
            Code::OutOfRange,
            at,
            message,
            "write `127.0.0.1:0`, or another port of 127.0.0.1".to_owned(),
        );
    }
    if way.proxy_protocol_from.is_empty() {
        return Some(());
    }
    let message = "a drill's ways in are for programs of this machine, which nobody speaks for".to_owned();
    cx.hinted(Code::Conflict, at, message, "leave `proxy_protocol_from` out".to_owned())
}

/// What is not on this machine has to stand in the guard, too.
fn is_guarded(cx: &mut Cx<'_>, at: Mark, way: &WayIn, guard: Option<&Guard>) -> Option<()> {
    let guarded = |listed: &Listed| {
        let text = listed.to_string();
        let host =
            |guarded: &String| text == *guarded || text.rsplit_once(':').is_some_and(|(host, _)| host == guarded);
        listed.is_here() || guard.is_some_and(|guard| guard.hosts.iter().any(host))
    };
    let outside = way.allow.iter().find(|listed| !guarded(listed)).map(ToString::to_string);
    let elsewhere = || {
        let lead = way.map.iter().find(|lead| !lead.to.ip().to_canonical().is_loopback())?;
        let named = guard.is_some_and(|guard| guard.hosts.contains(&lead.to.to_string()));
        (!named).then(|| lead.to.to_string())
    };
    let Some(host) = outside.or_else(elsewhere) else { return Some(()) };
    let hint = format!(
        "add a `guard` that lists `{host}`, how long the drill may last and how much it may ask, or lead the host to a twin with `map`"
    );
    let message = format!("way `{}` leads to `{host}`, which is neither a twin nor on this machine", way.name);
    cx.hinted(Code::NotGuarded, at, message, hint)
}

/// The hosts that it names one by one.
fn hosts(way: &WayIn, twins: &[ToTwin]) -> Vec<String> {
    let bare = |text: &str| {
        let host = text.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        host.map_or(text, |(host, _)| host).to_ascii_lowercase()
    };
    let allowed = way.allow.iter().chain(&way.intercept).map(ToString::to_string);
    let mapped = way.map.iter().map(|lead| lead.to_string().split('=').next().unwrap_or_default().to_owned());
    let named = allowed.chain(mapped).chain(twins.iter().map(|to| to.host.clone()));
    // All names below one, and blocks of addresses, are nobody's name; an expression has no word for brackets.
    let one = |host: &String| !host.contains(['*', '/', ':', '[']);
    let mut hosts: Vec<_> = named.map(|text| bare(&text)).filter(one).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}
