//! The platforms that messages are sent to.

use std::net::Ipv6Addr;
use std::sync::Arc;

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Entry, Mark, Node};
use super::table::{Row, Table, id};
use super::{documents, gateways, inspections, receipts, service, sso, wire};
use crate::limits;
use crate::plan::{
    Applies, Blank, Dedupe, Edition, Endpoint, EndpointKind, Erp, Gateway, Guard, Limits, Mail, Poll, Receipts, Region,
    Service, Tier, Tls, Url, Within,
};
use crate::units::RegionId;

/// Which platform, before its edition is read.
#[derive(Clone, Copy)]
enum Kind {
    Dingtalk,
    Teams,
    Matrix,
    Erp,
    Documents,
    Described(Described),
    Smtp,
    Sso,
    Dlp,
    Gateway,
}

/// What a service by scenario speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Described {
    /// Requests and answers.
    Http,
    /// Frames on a WebSocket.
    Websocket,
    /// Frames on bare TCP.
    Tcp,
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
    let trusts: Vec<_> = table
        .read()
        .filter_map(|(index, row, endpoint)| sso::trust(cx, &table, row, endpoint).map(|trust| (index, trust)))
        .collect();
    for (index, trust) in trusts {
        if let Some(endpoint) = table.rows[index].value.as_mut() {
            endpoint.sso = Some(trust);
        }
    }
    let inspected: Vec<_> = table
        .read()
        .filter_map(|(index, row, endpoint)| Some((index, inspections::read(cx, &table, row, endpoint)?)))
        .collect();
    for (index, inspection) in inspected {
        if let Some(Endpoint { kind: EndpointKind::Gateway(gateway), .. }) = table.rows[index].value.as_mut() {
            Arc::make_mut(gateway).inspection = Some(inspection);
        }
    }
    documents::syncs(cx, &mut table);
    table
}

fn endpoint(
    cx: &mut Cx<'_>,
    row: &Row<'_, Endpoint>,
    regions: &Table<'_, Region>,
    guard: Option<&Guard>,
) -> Option<Endpoint> {
    let mut fields = Fields::of(cx, row.node, format!("endpoint `{}`", row.name), row.at)?;
    let kind = match kind(cx, &mut fields, described) {
        Some(EndpointKind::Gateway(bare)) => {
            gateways::read(cx, &mut fields, &bare).map(|gateway| EndpointKind::Gateway(Arc::new(gateway)))
        }
        other => other,
    };
    let region =
        fields.need(cx, "region", "hk").and_then(|node| regions.named(cx, node)).map(|region| RegionId(id(region)));
    let url = fields.take("url").map(|node| url(cx, node, kind.as_ref(), guard));
    let ca = fields.entry("ca").map(|entry| ca(cx, entry, url.as_ref(), kind.as_ref()));
    // Read when the groups, and when all endpoints are known.
    fields.entry("credentials");
    if matches!(kind, Some(EndpointKind::Http(_) | EndpointKind::Gateway(_))) {
        fields.entry("sso");
    }
    let limits = match fields.take("limits") {
        Some(node) => cx.choice(node, "kind of limits", &[("vendor", Limits::Vendor), ("off", Limits::Off)], &[]),
        None => Some(Limits::default()),
    };
    let receipts = receipts::read(cx, &mut fields, kind.as_ref(), url.is_some());
    let tier = match fields.take("tier") {
        Some(node) => cx.choice(node, "tier", &[("paid", Tier::Paid), ("free", Tier::Free)], &[]),
        None => Some(Tier::default()),
    };
    let processor = fields.take("processor").and_then(|node| cx.word(node, "the processor")).map(str::to_owned);
    let contract = fields.take("contract").and_then(|node| cx.word(node, "the contract")).map(str::to_owned);
    fields.not_yet(cx, &["tenant", "probe"]);
    fields.finish(cx);
    let (kind, receipts) = (kind?, receipts?);
    let kind = match kind {
        EndpointKind::Wire(wire) => {
            let pushed = (receipts.push, receipts.way);
            wire::with_push(cx, Arc::unwrap_or_clone(wire), pushed, (url.is_some(), row.at))?
        }
        kind => with_poll(cx, kind, receipts.poll, receipts.way, row.at)?,
    };
    let mut url = match url {
        Some(read) => Some(read?),
        None => None,
    };
    if let Some(ca) = ca {
        let ca = Some(ca?);
        // Mail to this machine is secured if it is said by what.
        url = url.map(|url| {
            let within = url.tls.as_ref().map_or(Within::Starttls, |tls| tls.within);
            Url { tls: Some(Tls { ca, within }), ..url }
        });
    }
    Some(Endpoint {
        name: row.name.clone(),
        kind,
        region: region?,
        url,
        limits: limits?,
        receipts: receipts.way,
        tier: tier?,
        processor,
        contract,
        sso: None,
        credentials: Vec::new(),
    })
}

/// The kind with what its recipients ask, if they do.
fn with_poll(cx: &mut Cx<'_>, kind: EndpointKind, poll: Option<Poll>, way: Receipts, at: Mark) -> Option<EndpointKind> {
    let EndpointKind::Http(service) = kind else { return Some(kind) };
    if way == Receipts::Inbox && !service.sends_with(Blank::To) {
        let hint = "put `{to}` into `send`, or write `receipts: acceptance`".to_owned();
        return cx.hinted(Code::Conflict, at, "`send` does not say to whom, so nobody can receive it", hint);
    }
    Some(EndpointKind::Http(Arc::new(Service { poll, ..Arc::unwrap_or_clone(service) })))
}

/// The file of private authorities, which only a service needs that speaks TLS: any mail server can.
fn ca(cx: &mut Cx<'_>, entry: &Entry, url: Option<&Option<Url>>, kind: Option<&EndpointKind>) -> Option<String> {
    let ca = cx.word(&entry.value, "the file of authorities")?;
    match url {
        // Its own mistake was told.
        Some(None) => None,
        Some(Some(Url { tls: Some(_), .. })) => Some(ca.to_owned()),
        Some(Some(_)) if matches!(kind, Some(EndpointKind::Smtp(_))) => Some(ca.to_owned()),
        _ => {
            let hint = "write a `url` of TLS, such as `https://…`, or leave `ca` out".to_owned();
            cx.hinted(Code::Conflict, entry.at, "`ca` proves who a service with an https:// url is", hint)
        }
    }
}

/// What a service speaks that stands here.
fn described(cx: &mut Cx<'_>, fields: &mut Fields<'_>, what: Described) -> Option<EndpointKind> {
    match what {
        Described::Http => service::read(cx, fields).map(|service| EndpointKind::Http(Arc::new(service))),
        Described::Websocket | Described::Tcp => {
            wire::read(cx, fields, what).map(|wire| EndpointKind::Wire(Arc::new(wire)))
        }
    }
}

/// The keys of which nothing is said where nobody knows what they are for.
const NOT_WORTH: [&str; 28] = [
    "lock",
    "on_conflict",
    "syncs_with",
    "every",
    "dedupe",
    "applies",
    "rate_limit",
    "edition",
    "capability",
    "send",
    "success",
    "connect",
    "framing",
    "login",
    "taken",
    "refused",
    "token_life",
    "refresh_life",
    "keys",
    "password",
    "sso",
    "rules",
    "timeout",
    "breaker",
    "audit",
    "dlp",
    "when_dlp_fails",
    "dlp_timeout",
];

/// Which platform, with its edition; `described` reads what another service speaks.
pub(super) fn kind(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'_>,
    described: impl FnOnce(&mut Cx<'_>, &mut Fields<'_>, Described) -> Option<EndpointKind>,
) -> Option<EndpointKind> {
    let node = fields.need(cx, "kind", "dingtalk");
    let kinds = [
        ("dingtalk", Kind::Dingtalk),
        ("teams", Kind::Teams),
        ("matrix", Kind::Matrix),
        ("erp", Kind::Erp),
        ("documents", Kind::Documents),
        ("http", Kind::Described(Described::Http)),
        ("websocket", Kind::Described(Described::Websocket)),
        ("tcp", Kind::Described(Described::Tcp)),
        ("smtp", Kind::Smtp),
        ("dlp", Kind::Dlp),
        ("sso", Kind::Sso),
        ("gateway", Kind::Gateway),
    ];
    let kind = node.and_then(|node| cx.choice(node, "kind of endpoint", &kinds, &[]));
    match kind {
        Some(Kind::Dingtalk) => {
            let node = fields.need(cx, "edition", "mainland")?;
            let editions = [("mainland", Edition::Mainland), ("lite", Edition::Lite)];
            cx.choice(node, "edition of DingTalk", &editions, &[]).map(EndpointKind::Dingtalk)
        }
        Some(Kind::Teams) => Some(EndpointKind::Teams),
        Some(Kind::Matrix) => Some(EndpointKind::Matrix),
        Some(Kind::Erp) => erp(cx, fields).map(EndpointKind::Erp),
        Some(Kind::Documents) => documents::store(cx, fields).map(EndpointKind::Documents),
        Some(Kind::Described(what)) => described(cx, fields, what),
        Some(Kind::Smtp) => service::capability(cx, fields).map(|capability| EndpointKind::Smtp(Mail { capability })),
        Some(Kind::Sso) => sso::read(cx, fields).map(EndpointKind::Sso),
        Some(Kind::Dlp) => Some(EndpointKind::Dlp),
        Some(Kind::Gateway) => {
            service::capability(cx, fields).map(|capability| EndpointKind::Gateway(Arc::new(Gateway::bare(capability))))
        }
        None => {
            // Not worth a second mistake.
            for key in NOT_WORTH {
                fields.take(key);
            }
            None
        }
    }
}

/// How an ERP's twin takes webhooks.
fn erp(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Erp> {
    let usual = Erp::USUAL;
    let dedupe = match fields.take("dedupe") {
        Some(node) => cx.choice(node, "way of de-duplication", &Dedupe::ALL, &[]),
        None => Some(usual.dedupe),
    };
    let applies = match fields.take("applies") {
        Some(node) => cx.choice(node, "way of applying states", &Applies::ALL, &[]),
        None => Some(usual.applies),
    };
    let rate_limit = match fields.take("rate_limit") {
        Some(node) => cx.quantity(node, "the rate limit").map(Some),
        None => Some(usual.rate_limit),
    };
    Some(Erp { dedupe: dedupe?, applies: applies?, rate_limit: rate_limit? })
}

/// The address of a service that firedrill does not play itself.
fn url(cx: &mut Cx<'_>, node: &Node, kind: Option<&EndpointKind>, guard: Option<&Guard>) -> Option<Url> {
    let word = cx.word(node, "the url")?;
    let (read, hint) = match kind {
        Some(EndpointKind::Smtp(_)) => {
            (mail_url(word), "write smtp://host:port or smtps://host, such as smtp://127.0.0.1:2525")
        }
        Some(EndpointKind::Wire(wire)) if wire.is_websocket() => {
            (socket_url(word), "write wss://host or ws://host:port, such as ws://127.0.0.1:9000")
        }
        Some(EndpointKind::Wire(_)) => {
            (bytes_url(word), "write tcp://host:port or tls://host:port, such as tcp://127.0.0.1:9000")
        }
        _ => (parsed(word), "write https://host or http://host:port, such as http://127.0.0.1:9000"),
    };
    let Some(url) = read else {
        let (server, more) = server_of(word);
        let more = if more { "/…" } else { "" };
        let hint = match kind {
            _ if more.is_empty() => hint.to_owned(),
            Some(EndpointKind::Http(_)) => format!(
                "{hint}: the path goes to `path` of `send`, and what is secret in it or before the host into a variable, as `${{NAME}}`"
            ),
            _ => format!("{hint}, and nothing else"),
        };
        let message = format!("`{}{more}` is no url that can be dialled", short(&server));
        return cx.hinted(Code::BadFigure, node.at, message, hint);
    };
    guarded(cx, node.at, &url, guard).map(|()| url)
}

/// A url without what may be secret: who asks, and what for. Tells whether there was any of it.
fn server_of(word: &str) -> (String, bool) {
    let begins = word.find("://").map_or(0, |at| at + "://".len());
    let (scheme, rest) = word.split_at(begins);
    // A password may hold whatever else ends a host.
    let server = rest.rsplit('@').next().unwrap_or_default();
    let server = server.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    (format!("{scheme}{server}"), server.len() < rest.trim_end_matches('/').len())
}

/// `https://host[:port]`, or `http://host:port`.
pub(super) fn parsed(word: &str) -> Option<Url> {
    match word.strip_prefix("https://") {
        Some(rest) => place(rest, Some(Tls::default()), Some(443)),
        None => place(word.strip_prefix("http://")?, None, None),
    }
}

/// `smtps://host[:port]`, which is TLS from the beginning, or `smtp://host[:port]`, which is secured by STARTTLS, but not on this machine.
/// The ports are those of RFC 8314 and RFC 6409.
pub(super) fn mail_url(word: &str) -> Option<Url> {
    if let Some(rest) = word.strip_prefix("smtps://") {
        return place(rest, Some(Tls { within: Within::Mail, ..Tls::default() }), Some(465));
    }
    let url = place(word.strip_prefix("smtp://")?, None, Some(587))?;
    let tls = (!url.is_here()).then(|| Tls { within: Within::Starttls, ..Tls::default() });
    Some(Url { tls, ..url })
}

/// `wss://host[:port]`, or `ws://host:port`.
fn socket_url(word: &str) -> Option<Url> {
    match word.strip_prefix("wss://") {
        Some(rest) => place(rest, Some(Tls::default()), Some(443)),
        None => place(word.strip_prefix("ws://")?, None, None),
    }
}

/// `tcp://host:port`, or `tls://host:port`.
fn bytes_url(word: &str) -> Option<Url> {
    match word.strip_prefix("tls://") {
        Some(rest) => place(rest, Some(Tls { within: Within::Bytes, ..Tls::default() }), None),
        None => place(word.strip_prefix("tcp://")?, None, None),
    }
}

/// What follows the scheme; `known` is the port if none is written.
fn place(rest: &str, tls: Option<Tls>, known: Option<u16>) -> Option<Url> {
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok().filter(|port| *port > 0)?),
        _ => (authority, known?),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_host = match bare {
        Some(bare) => bare.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(fits),
    };
    is_host.then(|| Url { host: bare.unwrap_or(host).to_ascii_lowercase(), port, tls })
}

/// Reports a service that the guard does not allow.
pub(super) fn guarded(cx: &mut Cx<'_>, at: Mark, url: &Url, guard: Option<&Guard>) -> Option<()> {
    let (host, authority) = (url.host.as_str(), url.authority());
    let listed = guard.map(|guard| guard.hosts.iter().any(|listed| *listed == host || *listed == authority));
    if url.is_here() {
        return Some(());
    }
    match listed {
        Some(true) => Some(()),
        Some(false) => cx.hinted(
            Code::NotGuarded,
            at,
            format!("the guard does not list `{host}`"),
            format!("add it: `guard: {{ hosts: [{host}] }}`"),
        ),
        None => {
            let hint = "without a guard only twins and this machine are dialled; \
                        list host, longest duration and rate cap in `guard`, with `stop: none`";
            cx.hinted(Code::NotGuarded, at, format!("`{host}` is neither a twin nor on this machine"), hint.to_owned())
        }
    }
}
