//! The parameters of the faults that look at who asks, from where, and with what.

use std::collections::BTreeMap;

use crate::plan::{
    Capability, Deprovision, Down, ExitKind, Fault, Fence, FenceAction, FreezeMode, RateLimit, Region, Scope, Score,
    Suspicion,
};
use crate::scenario::aim::{CAPABILITIES, CAPABILITIES_LATER};
use crate::scenario::cx::Cx;
use crate::scenario::diagnostic::Code;
use crate::scenario::node::{Mark, Node, Value};
use crate::scenario::params::{self, Params};
use crate::scenario::table::{Table, id};
use crate::units::{RegionId, Span};

/// Reads one of them; `at` is the place of its name.
pub(super) fn read(
    cx: &mut Cx<'_>,
    params: &mut Params<'_, '_>,
    name: &str,
    at: Mark,
    regions: &Table<'_, Region>,
) -> Option<Fault> {
    match name {
        "geo_fence" => fence(cx, params, at, regions).map(Fault::GeoFence),
        "vpn_detection" => fence(cx, params, at, regions).map(Fault::VpnDetection),
        "account_freeze" => {
            let words = [
                ("whole", FreezeMode::Whole),
                ("send-only", FreezeMode::SendOnly),
                ("organisation", FreezeMode::Organisation),
                ("disabled", FreezeMode::Disabled),
            ];
            params.read(cx, "mode", params::word(&words, &[])).map(|mode| Fault::AccountFreeze { mode })
        }
        "token_revoke" => Some(Fault::TokenRevoke),
        "token_expire" => params.read(cx, "after", params::span).map(|after| Fault::TokenExpire { after }),
        "rate_limit" => rate_limit(cx, params).map(Fault::RateLimit),
        "quota" => params.read(cx, "calls", params::count).map(|calls| Fault::Quota { calls }),
        "meeting_lock" => heads(cx, params, "heads").map(|heads| Fault::MeetingLock { heads }),
        "capability_missing" => Some(Fault::CapabilityMissing),
        "deprovision" => deprovision(cx, params).map(Fault::Deprovision),
        "idp_down" => params.read(cx, "how", params::word(&Down::ALL, &[])).map(|how| Fault::IdpDown { how }),
        "mfa_required" => Some(Fault::MfaRequired),
        // A fault whose documentation exists and whose reader was forgotten: the test that loads every example tells.
        _ => None,
    }
}

fn deprovision(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<Deprovision> {
    let after = params.read(cx, "after", params::span);
    let life = params.read_or(cx, "token_life", None, |cx, node, param| params::span(cx, node, param).map(Some));
    let keeps = params.read(cx, "keeps", |cx, node, _| {
        if matches!(&node.value, Value::Word(word) if word == "none") {
            return Some(Vec::new());
        }
        let one = |node| cx.choice(node, "capability", CAPABILITIES, CAPABILITIES_LATER);
        node.items().iter().map(one).collect::<Vec<_>>().into_iter().collect()
    });
    Some(Deprovision { after: after?, token_life: life?, keeps: keeps? })
}

fn rate_limit(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<RateLimit> {
    let requests = params.read(cx, "requests", params::count).and_then(|requests| u32::try_from(requests).ok());
    let within = params.read(cx, "within", params::span);
    let ban = params.read_or(cx, "ban", None, |cx, node, param| params::span(cx, node, param).map(Some));
    let scopes = [("account", Scope::Account), ("organisation", Scope::Organisation)];
    let scope = params.read(cx, "scope", params::word(&scopes, &[]));
    Some(RateLimit { requests: requests?, within: within?, ban: ban?, scope: scope? })
}

fn heads(cx: &mut Cx<'_>, params: &mut Params<'_, '_>, key: &str) -> Option<u32> {
    params.read(cx, key, params::count).and_then(|heads| u32::try_from(heads).ok())
}

fn fence(cx: &mut Cx<'_>, params: &mut Params<'_, '_>, at: Mark, regions: &Table<'_, Region>) -> Option<Fence> {
    let actions = params.read_or(cx, "actions", BTreeMap::new(), |cx, node, _| actions(cx, node));
    let stated = params.entry("score").or(params.entry("threshold"));
    let signs = signs(cx, params, regions);
    let lock_at = heads(cx, params, "lock_at");
    let slow_by: Option<Span> = params.read(cx, "slow_by", params::span);
    let suspicion = signs.and_then(|signs| {
        if signs.looks() {
            return enough(cx, at, &signs).map(|()| Some(signs));
        }
        let Some(entry) = stated else { return Some(None) };
        let hint = "name the signs: `welcome`, `networks`, `rtt_excess`, `time_zone`".to_owned();
        cx.hinted(Code::BadInject, entry.at, format!("`{}` of which signs?", entry.key), hint)
    });
    Some(Fence { actions: actions?, suspicion: suspicion?, lock_at: lock_at?, slow_by: slow_by? })
}

/// The signs that a fence looks for, and what they weigh.
fn signs(cx: &mut Cx<'_>, params: &mut Params<'_, '_>, regions: &Table<'_, Region>) -> Option<Suspicion> {
    let welcome = params.read_or(cx, "welcome", Vec::new(), |cx, node, _| {
        let found = node.items().iter().map(|node| regions.named(cx, node).map(|region| RegionId(id(region))));
        found.collect::<Vec<_>>().into_iter().collect()
    });
    let networks = params.read_or(cx, "networks", Vec::new(), |cx, node, _| networks(cx, node));
    let rtt_excess = params.read_or(cx, "rtt_excess", None, |cx, node, param| params::span(cx, node, param).map(Some));
    let time_zone = params.read(cx, "time_zone", params::flag);
    let score = score(cx, params);
    let threshold = params.read(cx, "threshold", params::count).and_then(|least| u32::try_from(least).ok());
    Some(Suspicion {
        welcome: welcome?,
        networks: networks?,
        rtt_excess: rtt_excess?,
        time_zone: time_zone?,
        score: score?,
        threshold: threshold?,
    })
}

/// Reports signs that could never make anybody suspect.
fn enough(cx: &mut Cx<'_>, at: Mark, signs: &Suspicion) -> Option<()> {
    let most = signs.most();
    if most >= signs.threshold {
        return Some(());
    }
    let hint = format!("look for more signs, or lower `threshold` to at most {most}");
    let message = format!("its signs add up to {most} at most, and it shuts out from {} on", signs.threshold);
    cx.hinted(Code::BadInject, at, message, hint)
}

fn networks(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<ExitKind>> {
    let words = [("vpn", ExitKind::Vpn), ("leased", ExitKind::Leased), ("direct", ExitKind::Direct)];
    let read: Vec<_> = node.items().iter().map(|node| cx.choice(node, "kind of network", &words, &[])).collect();
    read.into_iter().collect()
}

/// What each sign weighs; what is not written weighs what its documentation says.
fn score(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<Score> {
    params.map(cx, "score", |cx, weights| {
        let mut weight = |key| weights.read(cx, key, params::count).and_then(|weight| u32::try_from(weight).ok());
        let (country, network) = (weight("country"), weight("network"));
        let (rtt, time_zone) = (weight("rtt"), weight("time_zone"));
        Some(Score { country: country?, network: network?, rtt: rtt?, time_zone: time_zone? })
    })
}

fn actions(cx: &mut Cx<'_>, node: &Node) -> Option<BTreeMap<Capability, FenceAction>> {
    let words = [
        ("allow", FenceAction::Allow),
        ("refuse", FenceAction::Refuse),
        ("lock", FenceAction::Lock),
        ("slow", FenceAction::Slow),
    ];
    let entries = cx.map(node, "`actions`")?;
    let read: Vec<_> = entries
        .iter()
        .map(|entry| {
            let capability = cx.choose(&entry.key, entry.at, "capability", CAPABILITIES, CAPABILITIES_LATER)?;
            let action = cx.choice(&entry.value, "action of a fence", &words, &[])?;
            if action == FenceAction::Lock && capability != Capability::Meeting {
                let message = format!("`{}` has no heads to be locked at; only meetings have", capability.name());
                return cx.error(Code::BadInject, entry.value.at, message);
            }
            Some((capability, action))
        })
        .collect();
    read.into_iter().collect()
}
