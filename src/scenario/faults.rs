//! A fault's own parameters.

use std::collections::BTreeMap;

use super::aim::{CAPABILITIES, CAPABILITIES_LATER};
use super::cx::Cx;
use super::delay;
use super::fields::Fields;
use super::node::Node;
use crate::plan::{Capability, Fault, FenceAction, FreezeMode};

/// Faults that firedrill knows by name and cannot inject yet.
pub(super) const LATER: &[&str] = &[
    "bandwidth",
    "loss",
    "slow_close",
    "timeout",
    "reset",
    "slicer",
    "limit_data",
    "refuse",
    "blackhole",
    "corrupt",
    "throttle",
    "drop_reply",
    "duplicate",
    "reorder",
    "body",
    "websocket_drop",
    "push_delay",
    "silent_loss",
    "sni_block",
    "dns_answer",
    "vpn_detection",
    "deprovision",
    "token_revoke",
    "idp_down",
    "mfa_required",
    "rate_limit",
    "token_expire",
    "quota",
    "meeting_lock",
    "capability_missing",
    "dlp_slow",
    "dlp_down",
    "exec",
    "http",
    "toxiproxy",
    "netem",
    "chaos_mesh",
];

/// Reads the parameters of the fault called `name`, which is one of `Fault::DOCS`.
pub(super) fn read(cx: &mut Cx<'_>, fields: &mut Fields<'_>, name: &str) -> Option<Fault> {
    match name {
        "latency" => delay::in_fields(cx, fields, "the latency").map(|delay| Fault::Latency(delay.into())),
        "partition" => Some(Fault::Partition),
        "status" => {
            let node = fields.need(cx, "code", "503")?;
            let code = cx.count(node, "the HTTP status", 400, 599)?;
            Some(Fault::Status { code: u16::try_from(code).ok()? })
        }
        "geo_fence" => geo_fence(cx, fields),
        "account_freeze" => {
            let modes = [("whole", FreezeMode::Whole), ("send-only", FreezeMode::SendOnly)];
            let mode = match fields.take("mode") {
                Some(node) => cx.choice(node, "way to freeze an account", &modes, &["organisation"])?,
                None => FreezeMode::Whole,
            };
            Some(Fault::AccountFreeze { mode })
        }
        // A fault whose documentation exists and whose reader was forgotten: the test that loads every example tells.
        _ => None,
    }
}

fn geo_fence(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Fault> {
    fields.not_yet(cx, &["country", "network", "rtt_excess", "time_zone", "score", "threshold", "delay"]);
    let Some(node) = fields.take("actions") else { return Some(Fault::GeoFence { actions: BTreeMap::new() }) };
    actions(cx, node).map(|actions| Fault::GeoFence { actions })
}

fn actions(cx: &mut Cx<'_>, node: &Node) -> Option<BTreeMap<Capability, FenceAction>> {
    let words = [("allow", FenceAction::Allow), ("refuse", FenceAction::Refuse)];
    let entries = cx.map(node, "`actions`")?;
    let read: Vec<_> = entries
        .iter()
        .map(|entry| {
            let capability = cx.choose(&entry.key, entry.at, "capability", CAPABILITIES, CAPABILITIES_LATER);
            let action = cx.choice(&entry.value, "action of a fence", &words, &["lock", "degrade"]);
            Some((capability?, action?))
        })
        .collect();
    read.into_iter().collect()
}
