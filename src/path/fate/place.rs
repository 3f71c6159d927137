//! The faults that look at who asks, from where, and with what.

use super::{Ending, Fate, Stage, Unit, down};
use crate::control::{Armed, Exceeded, Facts};
use crate::plan::{Capability, Deprovision, Fault, Fence, FenceAction, FreezeMode};
use crate::units::Moment;
use crate::vendor::Refusal;

/// What such a fault does to a unit.
pub(super) fn apply(armed: &Armed, fault: &Fault, facts: &Facts<'_>, unit: Unit) -> Option<Fate> {
    let Unit { stage, at, .. } = unit;
    match fault {
        // Nobody is known yet who could be shut out, and the vendors' own rules begin at the login.
        Fault::GeoFence(_) | Fault::VpnDetection(_) | Fault::AccountFreeze { .. }
            if facts.capability == Some(Capability::Metadata) =>
        {
            None
        }
        Fault::GeoFence(fence) | Fault::VpnDetection(fence) => fenced(fence, facts, stage),
        Fault::AccountFreeze { mode } => frozen(*mode, facts, stage),
        // Everything below is about requests.
        _ if !stage.is_request() => None,
        Fault::TokenRevoke => facts.issued.filter(|issued| *issued < armed.since).map(|_| no(Refusal::RevokedToken)),
        // A refresh token lives on when the tokens that it gave have expired.
        Fault::TokenExpire { .. } if signs_in(facts) => None,
        Fault::TokenExpire { after } => {
            facts.issued.filter(|issued| at.since(*issued) >= *after).map(|_| no(Refusal::ExpiredToken))
        }
        Fault::RateLimit(limit) => armed.exceeds(limit, facts, at).map(|exceeded| match exceeded {
            Exceeded::For(wait) => no(Refusal::Throttled(wait)),
            Exceeded::Banned(wait) => no(Refusal::Banned(wait)),
        }),
        Fault::Quota { calls } => armed.used_up(*calls, facts.endpoint).then(|| no(Refusal::Quota)),
        Fault::MeetingLock { heads } => locked(*heads, facts),
        Fault::Deprovision(gone) => deprovisioned(gone, armed.since, facts, at),
        // Who gives tokens also says how, and by which keys.
        Fault::IdpDown { how } => {
            let gives = matches!(facts.capability, Some(Capability::Login | Capability::Metadata));
            gives.then(|| down(*how))
        }
        Fault::MfaRequired => signs_in(facts).then(|| no(Refusal::MfaRequired)),
        _ => None,
    }
}

fn no(refusal: Refusal) -> Fate {
    Fate::end(Ending::Refuse(refusal))
}

fn fenced(fence: &Fence, facts: &Facts<'_>, stage: Stage) -> Option<Fate> {
    let outside = |suspicion: &crate::plan::Suspicion| suspicion.of(facts.region, facts.trail) >= suspicion.threshold;
    if !fence.suspicion.as_ref().is_none_or(outside) {
        return None;
    }
    match fence.action(facts.capability) {
        FenceAction::Allow => None,
        FenceAction::Refuse => shut_out(stage, Refusal::Fenced(facts.address)),
        FenceAction::Slow => stage.is_request().then(|| Fate::late(fence.slow_by)).flatten(),
        FenceAction::Lock => stage.is_request().then(|| locked(fence.lock_at, facts)).flatten(),
    }
}

fn frozen(mode: FreezeMode, facts: &Facts<'_>, stage: Stage) -> Option<Fate> {
    match mode {
        FreezeMode::Whole | FreezeMode::Organisation | FreezeMode::Disabled => shut_out(stage, Refusal::Frozen(mode)),
        FreezeMode::SendOnly => {
            let sends = facts.capability.is_some_and(Capability::is_sending);
            (stage.is_request() && sends).then(|| no(Refusal::Frozen(mode)))
        }
    }
}

/// Whether somebody asks for a token, and not whether one is good.
fn signs_in(facts: &Facts<'_>) -> bool {
    facts.capability == Some(Capability::Login) && !facts.asks
}

/// Who has left signs in no more when the platform has heard of it; his tokens may live longer, and some credentials for ever.
fn deprovisioned(gone: &Deprovision, since: Moment, facts: &Facts<'_>, at: Moment) -> Option<Fate> {
    let heard = since + gone.after;
    let kept = facts
        .capability
        .is_some_and(|capability| capability == Capability::Metadata || gone.keeps.contains(&capability));
    if kept || at < heard {
        return None;
    }
    let token = facts.issued.filter(|issued| !signs_in(facts) && *issued < heard);
    match (token, gone.token_life) {
        (Some(issued), Some(life)) if at.since(issued) < life => None,
        (Some(_), Some(_)) => Some(no(Refusal::ExpiredToken)),
        (Some(_), None) => Some(no(Refusal::RevokedToken)),
        (None, _) => Some(no(Refusal::Frozen(FreezeMode::Disabled))),
    }
}

/// A meeting that would have so many heads.
fn locked(heads: u32, facts: &Facts<'_>) -> Option<Fate> {
    let many = facts.heads.filter(|many| facts.capability == Some(Capability::Meeting) && *many >= heads)?;
    Some(no(Refusal::MeetingLocked(many)))
}

/// A no for a request, the end for a stream that stands.
fn shut_out(stage: Stage, refusal: Refusal) -> Option<Fate> {
    match stage {
        Stage::Request | Stage::RequestHead => Some(no(refusal)),
        Stage::Standing | Stage::StandingSocket => Some(Fate::end(Ending::Close)),
        _ => None,
    }
}
