//! A fault as its victims would tell it.

use crate::plan::{
    Answered, BlockAction, BodyEdit, Call, Direction, Down, Dropped, Fault, FreezeMode, Inject, LossModel, NoAnswer,
};
use crate::report::names::Names;
use crate::report::words::{list, plural, secs, secs_exact};

/// Who is meant if nobody is named.
const EVERYONE: &str = "Every platform";

/// What was done to whom.
pub(super) fn happened(names: Names<'_>, inject: &Inject) -> String {
    let endpoints: Vec<_> = inject.aim.endpoints.iter().map(|id| names.endpoint(*id)).collect();
    let who = if endpoints.is_empty() { EVERYONE.into() } else { list(&endpoints) };
    network(names, inject).unwrap_or_else(|| platform(names, inject, &who))
}

/// The faults of the way.
fn network(names: Names<'_>, inject: &Inject) -> Option<String> {
    let aim = names.aim(inject);
    Some(match &inject.fault {
        Fault::Latency(latency) => {
            let way = match inject.aim.direction {
                Direction::Both => "each way",
                Direction::ToEndpoint => "on its way there",
                Direction::FromEndpoint => "on its way back",
            };
            format!("Traffic ({aim}) became {} slower {way}", secs(latency.delay.mean().secs_f64()))
        }
        Fault::Bandwidth { rate, shared } => {
            format!("Traffic ({aim}) was held to {rate}{}", if *shared { " together" } else { " a connection" })
        }
        Fault::Loss(loss) => match loss.model {
            LossModel::Random(share) => format!("The network ({aim}) lost {share} of its segments"),
            LossModel::GilbertElliott { .. } => format!("The network ({aim}) lost segments in bursts"),
        },
        Fault::SlowClose { delay } => format!("Connections ({aim}) ended {} late", secs(delay.secs_f64())),
        Fault::Timeout { .. } => format!("Connections ({aim}) fell silent"),
        Fault::Reset { .. } => format!("Connections ({aim}) were reset"),
        Fault::Slicer { size, .. } => format!("Traffic ({aim}) came in slices of about {size}"),
        Fault::LimitData { bytes } => format!("Connections ({aim}) ended after {bytes}"),
        Fault::Refuse => format!("New connections ({aim}) were refused"),
        Fault::Blackhole => format!("The network ({aim}) swallowed everything"),
        Fault::Partition => format!("The network ({aim}) was cut"),
        Fault::Corrupt => format!("Bits of the traffic ({aim}) were flipped"),
        Fault::DnsAnswer(dns) => {
            let names: Vec<_> = dns.names.iter().map(ToString::to_string).collect();
            let how = match &dns.answer {
                Answered::Real => format!("{} late", secs(dns.delay.secs_f64())),
                Answered::Addresses(_) => "with other addresses".to_owned(),
                Answered::No(NoAnswer::Nxdomain) => "that there is no such name".to_owned(),
                Answered::No(NoAnswer::Servfail) => "that it cannot be found out".to_owned(),
            };
            format!("Whoever ({aim}) asked for {} was answered {how}", list(&names))
        }
        Fault::SniBlock(block) => {
            let names: Vec<_> = block.names.iter().map(ToString::to_string).collect();
            let how = if block.action == BlockAction::Reset { "reset" } else { "silenced" };
            format!("Connections ({aim}) that named {} were {how}", list(&names))
        }
        _ => return None,
    })
}

/// The faults of whoever answers.
fn platform(names: Names<'_>, inject: &Inject, who: &str) -> String {
    let aim = &inject.aim;
    match &inject.fault {
        Fault::Status { code } => format!("{who} answered with status {code}"),
        Fault::Throttle { .. } => format!("{who} refused requests as too many"),
        Fault::DropReply { how: Dropped::Silence } => format!("{who} did as it was asked and never answered"),
        Fault::DropReply { how: Dropped::Close } => format!("{who} did as it was asked and hung up"),
        Fault::Duplicate => format!("{who} got requests, or pushed frames, twice"),
        Fault::Reorder { .. } => format!("{who} was reached out of order"),
        Fault::Body(BodyEdit::Replace(_)) => format!("{who} answered something else"),
        Fault::Body(BodyEdit::Truncate(_)) => format!("{who} cut its answers short"),
        Fault::WebsocketDrop { code } => format!("{who} closed push connections with code {code}"),
        Fault::PushDelay(delay) => format!("{who} pushed {} late", secs(delay.mean().secs_f64())),
        Fault::SilentLoss => format!("{who} accepted messages that it never delivered"),
        Fault::GeoFence(fence) => {
            let regions: Vec<_> = aim.regions.iter().map(|id| names.region(*id)).collect();
            let fenced = match (regions.is_empty(), &fence.suspicion) {
                (false, _) => list(&regions),
                (true, Some(_)) => "whoever looked suspect".into(),
                (true, None) => "everyone".into(),
            };
            format!("{who} fenced {fenced} out")
        }
        Fault::VpnDetection(_) => format!("{who} looked for ways round its fence"),
        Fault::TokenRevoke => format!("{who} revoked tokens"),
        Fault::TokenExpire { after } => format!("{who} let tokens expire after {}", secs(after.secs_f64())),
        Fault::RateLimit(limit) => {
            format!("{who} took {} requests in {} and no more", limit.requests, secs(limit.within.secs_f64()))
        }
        Fault::Quota { calls } => format!("{who} had {} left and no more", plural(*calls, "call", "calls")),
        Fault::MeetingLock { heads } => format!("{who} locked meetings of {heads} and more"),
        Fault::CapabilityMissing => {
            let missing: Vec<_> = aim.capabilities.iter().map(|capability| capability.name().to_owned()).collect();
            format!("{who} did not know how to do this: {}", list(&missing))
        }
        Fault::AccountFreeze { mode } => {
            let share = if aim.share.fraction() < 1.0 { format!("{} of ", aim.share) } else { String::new() };
            let group = aim.group.map_or("every account".into(), |group| names.group(group));
            let how = match mode {
                FreezeMode::Whole => "froze",
                FreezeMode::Organisation if aim.group.is_none() => {
                    return format!("{who} froze the whole organisation");
                }
                FreezeMode::Organisation => "froze the whole organisation of",
                FreezeMode::SendOnly => "stopped the sending of",
                FreezeMode::Disabled => "disabled",
            };
            format!("{who} {how} {share}{group}")
        }
        Fault::IdpDown { how } => format!("{who} gave no tokens and {}", instead(*how)),
        Fault::MfaRequired => format!("{who} asked whoever signed in for a second factor"),
        Fault::Deprovision(gone) => {
            let group = aim.group.map_or("accounts".into(), |group| names.group(group));
            let share = if aim.share.fraction() < 1.0 { format!("{} of ", aim.share) } else { String::new() };
            let heard = if gone.after.is_zero() {
                String::new()
            } else {
                format!(" (heard of {} later)", secs_exact(gone.after.secs_f64()))
            };
            format!("The directory took {share}{group} away{heard}")
        }
        Fault::DlpSlow(_) => format!("{} took longer to inspect texts", inspectors(who)),
        Fault::DlpDown { how } => format!("{} inspected nothing and {}", inspectors(who), instead(*how)),
        Fault::Action(action) => match action.act {
            Call::Exec(_) => format!("A program was run outside{}", taken_away(names, inject)),
            Call::Http(_) => format!("A request was made outside{}", taken_away(names, inject)),
        },
        // Told by the other half.
        other => other.name().replace('_', " "),
    }
}

/// Whom a call outside took away, if it did.
fn taken_away(names: Names<'_>, inject: &Inject) -> String {
    let Some(group) = inject.aim.group else { return String::new() };
    let share = if inject.aim.share.fraction() < 1.0 { format!("{} of ", inject.aim.share) } else { String::new() };
    format!(", which took {share}{} away", names.group(group))
}

/// What so many hits were.
pub(super) fn bit(fault: &Fault, hits: u64) -> String {
    let (what, many, done) = match fault {
        Fault::Latency(_) | Fault::Loss(_) | Fault::Bandwidth { .. } | Fault::Reorder { .. } => {
            ("unit", "units", "delayed")
        }
        Fault::Slicer { .. } => ("unit", "units", "sliced"),
        Fault::SlowClose { .. } => ("end", "ends", "delayed"),
        Fault::DlpSlow(_) => ("inspection", "inspections", "delayed"),
        Fault::DlpDown { .. } => ("inspection", "inspections", "lost"),
        Fault::PushDelay(_) => ("frame", "frames", "delayed"),
        Fault::SilentLoss => ("frame", "frames", "lost"),
        Fault::Timeout { .. } | Fault::Blackhole => ("unit", "units", "swallowed"),
        Fault::Partition => ("unit", "units", "held"),
        Fault::Reset { .. } => ("connection", "connections", "reset"),
        Fault::DnsAnswer(_) => ("look-up", "look-ups", "answered"),
        Fault::SniBlock(_) => ("connection", "connections", "blocked"),
        Fault::LimitData { .. } => ("unit", "units", "counted"),
        Fault::WebsocketDrop { .. } => ("connection", "connections", "closed"),
        Fault::Refuse => ("connection", "connections", "refused"),
        Fault::Corrupt => ("unit", "units", "corrupted"),
        Fault::Duplicate => ("unit", "units", "doubled"),
        Fault::DropReply { .. } => ("answer", "answers", "lost"),
        Fault::Body(_) => ("answer", "answers", "changed"),
        Fault::Status { .. }
        | Fault::Throttle { .. }
        | Fault::TokenRevoke
        | Fault::TokenExpire { .. }
        | Fault::RateLimit(_)
        | Fault::Quota { .. }
        | Fault::MeetingLock { .. }
        | Fault::Deprovision(_)
        | Fault::IdpDown { .. }
        | Fault::MfaRequired
        | Fault::CapabilityMissing => ("request", "requests", "refused"),
        Fault::GeoFence(_) | Fault::VpnDetection(_) | Fault::AccountFreeze { .. } => {
            ("request or connection", "requests or connections", "turned away")
        }
        // It concerns no unit that firedrill sees.
        Fault::Action(_) => ("unit", "units", "seen"),
    };
    format!("{} {done}", plural(hits, what, many))
}

/// Whoever inspects: by name, or all of them.
fn inspectors(who: &str) -> &str {
    if who == EVERYONE { "Whatever inspects texts" } else { who }
}

/// What whoever asked them saw.
fn instead(how: Down) -> &'static str {
    match how {
        Down::Error => "answered with errors",
        Down::Hang => "answered nothing",
        Down::Reset => "reset whoever asked",
    }
}
