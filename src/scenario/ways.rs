//! Ways in for programs that are not ours: the section `ways_in`.

use std::net::IpAddr;

use ipnet::IpNet;

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Entry, Mark, Node, Value};
use super::table::{Row, Table};
use crate::limits;
use crate::plan::{Lead, Listed, NotListed, WayIn, WayKind};

/// The ways in, each by its name.
pub(super) fn read<'n>(cx: &mut Cx<'_>, node: Option<&'n Node>) -> Table<'n, WayIn> {
    let mut table = Table::names(cx, node, "way", limits::PARTS);
    table.fill(|row, _| way(cx, row));
    table
}

fn way(cx: &mut Cx<'_>, row: &Row<'_, WayIn>) -> Option<WayIn> {
    let mut fields = Fields::of(cx, row.node, format!("way `{}`", row.name), row.at)?;
    let map = fields.take("map").map_or(Some(Vec::new()), |node| leads(cx, node));
    let read = with(cx, &mut fields, (&row.name, row.at), map);
    fields.finish(cx);
    read
}

/// Reads everything but the map.
pub(super) fn with(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'_>,
    (name, at): (&str, Mark),
    map: Option<Vec<Lead>>,
) -> Option<WayIn> {
    let listens = WayKind::ALL.map(|kind| (kind, fields.take(kind.name())));
    let listens: Vec<_> = listens.into_iter().filter_map(|(kind, node)| Some((kind, node?))).collect();
    let listen = match listens[..] {
        [(kind, node)] => cx.word(node, "the address to listen at").map(|at| (kind, at.to_owned())),
        [] => {
            let hint = "write for instance `forward: 127.0.0.1:8888`; `socks` and `sni` are the others".to_owned();
            cx.hinted(Code::Missing, at, format!("way `{name}` does not say what it speaks"), hint)
        }
        [_, (_, second), ..] => cx.error(Code::Conflict, second.at, "a way speaks one of `forward`, `socks` and `sni`"),
    };
    let allow = listed(cx, fields.take("allow"), "a host");
    let intercept = intercepted(cx, fields.take("intercept"));
    let pass_through = listed(cx, fields.take("pass_through"), "a host with whom TLS does not end here");
    let from = from(cx, fields.take("proxy_protocol_from"));
    let (kind, listen) = listen?;
    let (allow, map, intercept, pass_through, proxy_protocol_from) = (allow?, map?, intercept?, pass_through?, from?);
    Some(WayIn { name: name.to_owned(), kind, listen, allow, map, intercept, pass_through, proxy_protocol_from })
}

/// Every item of a list, or `None` if one of them has mistakes.
fn each<T>(node: Option<&Node>, read: impl FnMut(&Node) -> Option<T>) -> Option<Vec<T>> {
    let read: Vec<_> = node.map_or(&[][..], Node::items).iter().map(read).collect();
    read.into_iter().collect()
}

fn listed(cx: &mut Cx<'_>, node: Option<&Node>, what: &str) -> Option<Vec<Listed>> {
    each(node, |item| {
        let word = cx.word(item, what)?;
        word.parse().map_err(|error| not_listed(cx, item, &error)).ok()
    })
}

fn not_listed(cx: &mut Cx<'_>, node: &Node, error: &NotListed) {
    cx.error::<()>(Code::BadName, node.at, short_of(&error.to_string()));
}

/// What is wrong may quote what was written, which may be long.
fn short_of(text: &str) -> String {
    if text.chars().count() > 300 { short(text) } else { text.to_owned() }
}

/// Hosts that have a name: an authority that signs for addresses would be one for everybody's.
fn intercepted(cx: &mut Cx<'_>, node: Option<&Node>) -> Option<Vec<Listed>> {
    let read = listed(cx, node, "a host with whom TLS ends here")?;
    let addresses = node.map_or(&[][..], Node::items).iter().zip(&read).filter(|(_, host)| host.domain().is_none());
    let mut all_named = true;
    for (item, _) in addresses {
        all_named = false;
        cx.error::<()>(Code::BadName, item.at, "TLS ends here with hosts by their names, not by addresses");
    }
    all_named.then_some(read)
}

/// `HOST: ADDRESS`, as `--map` has them with an `=` between.
fn leads(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<Lead>> {
    let entries = cx.map(node, "`map`")?;
    let read: Vec<_> = entries.iter().map(|entry| lead(cx, entry)).collect();
    read.into_iter().collect()
}

/// One entry of a map.
pub(super) fn lead(cx: &mut Cx<'_>, entry: &Entry) -> Option<Lead> {
    let Value::Word(to) = &entry.value.value else {
        return cx.error(
            Code::WrongKind,
            entry.value.at,
            format!("where `{}` leads is an address, not {}", short(&entry.key), entry.value.kind()),
        );
    };
    let lead = format!("{}={to}", entry.key).parse();
    lead.map_err(|error| not_listed(cx, &entry.value, &error)).ok()
}

/// Blocks of addresses of proxies that say for whom they speak.
pub(super) fn from(cx: &mut Cx<'_>, node: Option<&Node>) -> Option<Vec<IpNet>> {
    let Some(node) = node else { return Some(Vec::new()) };
    if node.items().is_empty() {
        let hint = "leave `proxy_protocol_from` out where nobody speaks it".to_owned();
        return cx.hinted(Code::Missing, node.at, "an empty list would let nobody in", hint);
    }
    each(Some(node), |item| {
        let word = cx.word(item, "a block of addresses")?;
        let block = word.parse().ok().or_else(|| word.parse::<IpAddr>().ok().map(IpNet::from));
        block.map(|block: IpNet| block.trunc()).or_else(|| {
            let hint = "write a block such as 127.0.0.0/8 or an address".to_owned();
            cx.hinted(Code::BadFigure, item.at, format!("`{}` is no block of addresses", short(word)), hint)
        })
    })
}
