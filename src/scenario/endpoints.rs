//! The platforms that messages are sent to.

use std::net::IpAddr;

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Mark, Node};
use super::table::{Row, Table, id};
use crate::limits;
use crate::plan::{Edition, Endpoint, EndpointKind, Guard, Limits, Receipts, Region, Tier};
use crate::units::RegionId;

/// Kinds that firedrill knows by name and cannot play yet.
const LATER: &[&str] = &["sso", "gateway", "dlp", "erp", "http", "websocket", "tcp", "matrix", "smtp"];

/// Which platform, before its edition is read.
#[derive(Clone, Copy)]
enum Kind {
    Dingtalk,
    Teams,
}

/// The endpoints.
pub(super) fn read<'n>(
    cx: &mut Cx<'_>,
    node: Option<&'n Node>,
    regions: &Table<'_, Region>,
    guard: Option<&Guard>,
) -> Table<'n, Endpoint> {
    let mut table = Table::names(cx, node, "endpoint", limits::PARTS);
    table.fill(|row, _| endpoint(cx, row, regions, guard));
    table
}

fn endpoint(
    cx: &mut Cx<'_>,
    row: &Row<'_, Endpoint>,
    regions: &Table<'_, Region>,
    guard: Option<&Guard>,
) -> Option<Endpoint> {
    let mut fields = Fields::of(cx, row.node, format!("endpoint `{}`", row.name), row.at)?;
    let kind = kind(cx, &mut fields);
    let region =
        fields.need(cx, "region", "hk").and_then(|node| regions.named(cx, node)).map(|region| RegionId(id(region)));
    let url = fields.take("url").map(|node| url(cx, node, guard));
    let limits = match fields.take("limits") {
        Some(node) => cx.choice(node, "kind of limits", &[("vendor", Limits::Vendor), ("off", Limits::Off)], &[]),
        None => Some(Limits::default()),
    };
    let receipts = receipts(cx, &mut fields, url.is_some());
    let tier = match fields.take("tier") {
        Some(node) => cx.choice(node, "tier", &[("paid", Tier::Paid), ("free", Tier::Free)], &[]),
        None => Some(Tier::default()),
    };
    let processor = fields.take("processor").and_then(|node| cx.word(node, "the processor")).map(str::to_owned);
    fields.not_yet(cx, &["credentials", "app_key", "app_secret", "token", "tenant", "ca", "probe"]);
    fields.finish(cx);
    let url = match url {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Endpoint {
        name: row.name.clone(),
        kind: kind?,
        region: region?,
        url,
        limits: limits?,
        receipts: receipts?,
        tier: tier?,
        processor,
    })
}

/// How the drill hears of receipts: by the inbox of a twin, and from a real service not at all, unless something else is written.
fn receipts(cx: &mut Cx<'_>, fields: &mut Fields<'_>, real: bool) -> Option<Receipts> {
    let Some(node) = fields.take("receipts") else {
        return Some(if real { Receipts::Acceptance } else { Receipts::Inbox });
    };
    let words = [("acceptance", Receipts::Acceptance), ("inbox", Receipts::Inbox)];
    let receipts = cx.choice(node, "way of receipts", &words, &["stream", "notification", "read_status"])?;
    if real && receipts == Receipts::Inbox {
        let hint = "write `receipts: acceptance`, or leave it out".to_owned();
        return cx.hinted(Code::Conflict, node.at, "only a twin has an inbox, and `url` names a real service", hint);
    }
    Some(receipts)
}

/// Which platform, with its edition.
pub(super) fn kind(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<EndpointKind> {
    let node = fields.need(cx, "kind", "dingtalk");
    let kind = node.and_then(|node| {
        cx.choice(node, "kind of endpoint", &[("dingtalk", Kind::Dingtalk), ("teams", Kind::Teams)], LATER)
    });
    match kind {
        Some(Kind::Dingtalk) => {
            let node = fields.need(cx, "edition", "mainland")?;
            let editions = [("mainland", Edition::Mainland), ("lite", Edition::Lite)];
            cx.choice(node, "edition of DingTalk", &editions, &[]).map(EndpointKind::Dingtalk)
        }
        Some(Kind::Teams) => Some(EndpointKind::Teams),
        None => {
            // Not worth a second mistake.
            fields.take("edition");
            None
        }
    }
}

/// The address of a service that firedrill does not play itself, as `host:port`.
fn url(cx: &mut Cx<'_>, node: &Node, guard: Option<&Guard>) -> Option<String> {
    let word = cx.word(node, "the url")?;
    if word.starts_with("https://") {
        return cx.not_yet(node.at, "an https:// url");
    }
    let bad = |cx: &mut Cx<'_>| {
        let hint = "write http://host:port, such as http://127.0.0.1:9000".to_owned();
        cx.hinted(Code::BadFigure, node.at, format!("`{}` is no url that can be dialled", short(word)), hint)
    };
    let Some(rest) = word.strip_prefix("http://") else { return bad(cx) };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let Some((host, port)) = authority.rsplit_once(':') else { return bad(cx) };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_host = bare.parse::<IpAddr>().is_ok() || (!host.is_empty() && host.chars().all(fits));
    if !is_host || !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return bad(cx);
    }
    guarded(cx, node.at, bare, authority, guard).map(|()| authority.to_owned())
}

fn guarded(cx: &mut Cx<'_>, at: Mark, host: &str, authority: &str, guard: Option<&Guard>) -> Option<()> {
    let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let listed = guard.map(|guard| guard.hosts.iter().any(|listed| listed == host || listed == authority));
    match (loopback, listed) {
        (true, None | Some(true)) => Some(()),
        (false, Some(true)) => cx.not_yet(at, "a service beyond this machine, which needs its own credentials,"),
        (_, Some(false)) => cx.hinted(
            Code::NotGuarded,
            at,
            format!("the guard does not list `{host}`"),
            format!("add it: `guard: {{ hosts: [{host}] }}`"),
        ),
        (false, None) => {
            let hint = "without a guard only twins and this machine are dialled; \
                        list host, longest duration, rate cap and stop conditions in `guard`";
            cx.hinted(Code::NotGuarded, at, format!("`{host}` is neither a twin nor on this machine"), hint.to_owned())
        }
    }
}
