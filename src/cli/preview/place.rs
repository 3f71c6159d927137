//! The parameters of the faults that look at who asks, in the words of their scenario.

use crate::plan::{ExitKind, Fault, Fence, FenceAction, FreezeMode, RateLimit, Scope, Suspicion};

/// The parameters, defaults included; `None` for the faults of the way.
pub(super) fn settings(fault: &Fault) -> Option<String> {
    Some(match fault {
        Fault::GeoFence(fence) | Fault::VpnDetection(fence) => of_fence(fence),
        Fault::AccountFreeze { mode } => format!("mode: {}", mode_word(*mode)),
        Fault::TokenExpire { after } => format!("after: {after}"),
        Fault::RateLimit(limit) => of_limit(limit),
        Fault::Quota { calls } => format!("calls: {calls}"),
        Fault::MeetingLock { heads } => format!("heads: {heads}"),
        Fault::Deprovision(gone) => {
            let life = gone.token_life.map_or(String::new(), |life| format!(", token_life: {life}"));
            let keeps: Vec<_> = gone.keeps.iter().map(|capability| capability.name()).collect();
            let keeps = if keeps.is_empty() { "none".to_owned() } else { keeps.join(" and ") };
            format!("after: {}{life}, keeps: {keeps}", gone.after)
        }
        _ => return None,
    })
}

fn mode_word(mode: FreezeMode) -> &'static str {
    match mode {
        FreezeMode::Whole => "whole",
        FreezeMode::SendOnly => "send-only",
        FreezeMode::Organisation => "organisation",
        FreezeMode::Disabled => "disabled",
    }
}

fn of_limit(limit: &RateLimit) -> String {
    let ban = limit.ban.map_or(String::new(), |ban| format!(", ban: {ban}"));
    let scope = match limit.scope {
        Scope::Account => "account",
        Scope::Organisation => "organisation",
    };
    format!("requests: {}, within: {}{ban}, scope: {scope}", limit.requests, limit.within)
}

fn of_fence(fence: &Fence) -> String {
    let word = |action: &FenceAction| match action {
        FenceAction::Allow => "allow".to_owned(),
        FenceAction::Refuse => "refuse".to_owned(),
        FenceAction::Lock => format!("lock at {} heads", fence.lock_at),
        FenceAction::Slow => format!("slow by {}", fence.slow_by),
    };
    let listed = fence.actions.iter().map(|(capability, action)| format!("{}: {}", capability.name(), word(action)));
    let mut said: Vec<_> = listed.collect();
    said.push(if said.is_empty() { "every capability refused" } else { "every other capability refused" }.to_owned());
    said.extend(fence.suspicion.as_ref().map(signs));
    said.join(", ")
}

fn signs(suspicion: &Suspicion) -> String {
    let score = suspicion.score;
    let mut signs = Vec::new();
    if !suspicion.welcome.is_empty() {
        signs.push(format!("an address elsewhere {}", score.country));
    }
    if !suspicion.networks.is_empty() {
        let networks: Vec<_> = suspicion.networks.iter().map(|network| network_word(*network)).collect();
        signs.push(format!("network {} {}", networks.join(" or "), score.network));
    }
    if let Some(most) = suspicion.rtt_excess {
        signs.push(format!("a round trip {most} too long {}", score.rtt));
    }
    if suspicion.time_zone {
        signs.push(format!("another clock {}", score.time_zone));
    }
    format!("for whoever reaches {}: {}", suspicion.threshold, signs.join(", "))
}

fn network_word(network: ExitKind) -> &'static str {
    match network {
        ExitKind::Vpn => "vpn",
        ExitKind::Leased => "leased",
        ExitKind::Direct => "direct",
    }
}
