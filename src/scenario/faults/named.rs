//! The parameters of the faults that act on names.

use crate::plan::{BlockAction, Fault, Listed, SniBlock};
use crate::scenario::cx::{Cx, short};
use crate::scenario::diagnostic::Code;
use crate::scenario::node::Node;
use crate::scenario::params::{self, Params};

/// Reads one of them.
pub(super) fn read(cx: &mut Cx<'_>, params: &mut Params<'_, '_>, name: &str) -> Option<Fault> {
    match name {
        "sni_block" => sni_block(cx, params).map(Fault::SniBlock),
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
