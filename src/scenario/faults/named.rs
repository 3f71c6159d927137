//! The parameters of the faults that act on names.

use std::net::IpAddr;

use crate::plan::{Answered, BlockAction, DnsAnswer, Fault, Listed, NoAnswer, SniBlock};
use crate::scenario::cx::{Cx, short};
use crate::scenario::diagnostic::Code;
use crate::scenario::node::Node;
use crate::scenario::params::{self, Params};

/// Reads one of them.
pub(super) fn read(cx: &mut Cx<'_>, params: &mut Params<'_, '_>, name: &str) -> Option<Fault> {
    match name {
        "sni_block" => sni_block(cx, params).map(Fault::SniBlock),
        "dns_answer" => dns_answer(cx, params).map(Fault::DnsAnswer),
        _ => None,
    }
}

fn sni_block(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<SniBlock> {
    let names = params.read(cx, "names", |cx, node, _| names(cx, node));
    let actions = [("reset", BlockAction::Reset), ("drop", BlockAction::Drop)];
    let action = params.read(cx, "action", params::word(&actions, &[]));
    let trigger = params.read(cx, "trigger", params::quantity);
    let residual = params.read(cx, "residual", params::span);
    let residual_chance = params.read(cx, "residual_chance", params::quantity);
    Some(SniBlock {
        names: names?,
        action: action?,
        trigger: trigger?,
        residual: residual?,
        residual_chance: residual_chance?,
    })
}

fn dns_answer(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<DnsAnswer> {
    let hosts = params.read(cx, "names", |cx, node, _| names(cx, node));
    let given = params.read_or(cx, "address", None, |cx, node, _| addresses(cx, node).map(Some));
    let failures = [("nxdomain", NoAnswer::Nxdomain), ("servfail", NoAnswer::Servfail)];
    let failure =
        params.read_or(cx, "failure", None, |cx, node, param| params::word(&failures, &[])(cx, node, param).map(Some));
    let delay = params.read(cx, "delay", params::span);
    let (hosts, given, failure, delay) = (hosts?, given?, failure?, delay?);
    let answer = match (given, failure) {
        (Some(_), Some(_)) => {
            let at = params.entry("failure")?.at;
            return cx.error(Code::BadInject, at, "a resolver that fails has no `address`: write one of them");
        }
        (Some(given), None) => Answered::Addresses(given),
        (None, Some(failure)) => Answered::No(failure),
        (None, None) if delay.is_zero() => {
            let at = params.entry("names")?.at;
            let hint = "write `address`, `failure` or `delay`".to_owned();
            return cx.hinted(Code::Missing, at, "`dns_answer` does not say what is answered, or how late", hint);
        }
        (None, None) => Answered::Real,
    };
    Some(DnsAnswer { names: hosts, answer, delay })
}

fn addresses(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<IpAddr>> {
    if node.items().is_empty() {
        let hint = "write `failure: nxdomain` for none".to_owned();
        return cx.hinted(Code::BadInject, node.at, "an empty list of addresses is no answer", hint);
    }
    let read = node.items().iter().map(|item| {
        let word = cx.word(item, "an address")?;
        let address = word.parse::<IpAddr>().ok();
        address.or_else(|| cx.error(Code::BadName, item.at, format!("`{}` is no address", short(word))))
    });
    let read: Vec<_> = read.collect();
    read.into_iter().collect()
}

/// Hosts by their names: nobody says a port in a hello, and addresses are not names.
fn names(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<Listed>> {
    if node.items().is_empty() {
        return cx.error(Code::BadInject, node.at, "an empty list of `names` would hit nothing");
    }
    let read: Vec<_> = node.items().iter().map(|item| listed(cx, item)).collect();
    read.into_iter().collect()
}

fn listed(cx: &mut Cx<'_>, node: &Node) -> Option<Listed> {
    let word = cx.word(node, "a host's name")?;
    let listed = word.parse::<Listed>().ok().filter(|listed| listed.domain().is_some() && !listed.names_port());
    listed.or_else(|| {
        let hint = "write `api.example.com`, or `*.example.com` for all names below one".to_owned();
        cx.hinted(Code::BadName, node.at, format!("`{}` is no host's name", short(word)), hint)
    })
}
