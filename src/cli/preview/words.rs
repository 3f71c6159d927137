//! What an inject does and how hard, in the words of its scenario.

use super::place;
use crate::injector;
use crate::plan::{
    Action, After, Answered, Back, BlockAction, BodyEdit, Deciding, Delay, Down, Dropped, Failover, FailoverBy, Fault,
    Inject, LossModel, NoAnswer, Plan, Resend, Shape, SniBlock, Wave,
};
use crate::units::{Span, thousands};

/// Everything that is to be said of an inject besides whom it hits, a line each.
pub(super) fn lines(plan: &Plan, inject: &Inject) -> Vec<String> {
    if let Some(action) = inject.fault.action() {
        return done(action);
    }
    let settings = settings(&inject.fault).map(|settings| format!("with {settings}"));
    let lines = [settings, shape(&inject.shape), pick(inject), handshake(plan, inject).map(str::to_owned)];
    lines.into_iter().flatten().collect()
}

/// When a journey changes its route, who decides, and whether it returns.
pub(super) fn failover(plan: &Plan, failover: &Failover) -> String {
    let who = match failover.by {
        FailoverBy::Account => "each account leaves a route for itself",
        FailoverBy::Journey => "the whole journey leaves a route at once",
    };
    let when = match (failover.on, failover.after) {
        (Deciding::Runbook, _) => "when the runbook says so".to_owned(),
        (Deciding::Automatic, After::Failures(1)) => "after 1 attempt that failed".to_owned(),
        (Deciding::Automatic, After::Failures(n)) => {
            format!("after {} attempts in a row that failed", thousands(n.into()))
        }
        (Deciding::Automatic, After::Silence(silence)) => format!("after {silence} without an acknowledgement"),
    };
    let decide = match (failover.on, failover.decide) {
        (Deciding::Runbook, _) => String::new(),
        (_, Span::ZERO) => ", at once".to_owned(),
        (_, decide) => format!(", and {decide} of deciding"),
    };
    let resend = match failover.resend {
        Resend::Unconfirmed => "; what was not acknowledged is sent again by the next",
        Resend::None => "; nothing is sent again",
    };
    let back = match failover.back {
        Back::Never => "; it does not return".to_owned(),
        Back::When { good_for, every, from } => format!(
            "; it returns when the first route has taken a probe of {} every {every} for {good_for}",
            plan.groups[from.index()].name
        ),
    };
    format!("{who} {when}{decide}{resend}{back}")
}

/// What is done outside, to the letter.
fn done(action: &Action) -> Vec<String> {
    let mut lines = vec![
        format!("does   {}", action.act),
        format!("undoes {}", action.undo),
        format!("each within {}; `run` asks for --allow-actions, `rehearse` does nothing", action.timeout),
    ];
    let calls = [&action.act, &action.undo].into_iter();
    let missing: std::collections::BTreeSet<_> = calls.filter_map(|call| injector::possible(call).err()).collect();
    lines.extend(missing.into_iter().map(|why| format!("cannot be done here: {why}")));
    let names: std::collections::BTreeSet<_> = action.variables().collect();
    if !names.is_empty() {
        lines.push(format!("with the secrets {}", names.into_iter().collect::<Vec<_>>().join(", ")));
    }
    lines
}

/// The parameters of a fault, defaults included.
fn settings(fault: &Fault) -> Option<String> {
    Some(match fault {
        Fault::Latency(latency) => {
            let jitter = if latency.jitter.is_zero() { String::new() } else { format!(", jitter: {}", latency.jitter) };
            let kept = latency.correlation;
            let kept = if kept.fraction() > 0.0 { format!(", correlation: {kept}") } else { String::new() };
            format!("{}{jitter}{kept}", delay(&latency.delay))
        }
        Fault::Bandwidth { rate, shared } => format!("rate: {rate}, shared: {shared}"),
        Fault::Loss(loss) => format!("{}, rto: {}", model(&loss.model), loss.rto),
        Fault::SlowClose { delay } => format!("delay: {delay}"),
        Fault::Timeout { after } => {
            format!("after: {}", after.map_or("the lift".to_owned(), |after| after.to_string()))
        }
        Fault::Reset { after } => format!("after: {after}"),
        Fault::Slicer { size, variation, pause } => format!("size: {size}, variation: {variation}, pause: {pause}"),
        Fault::LimitData { bytes } => format!("bytes: {bytes}"),
        Fault::Status { code } | Fault::WebsocketDrop { code } => format!("code: {code}"),
        Fault::Throttle { retry_after } => format!("retry_after: {retry_after}"),
        Fault::DropReply { how: Dropped::Silence } => "how: silence".to_owned(),
        Fault::DropReply { how: Dropped::Close } => "how: close".to_owned(),
        Fault::Reorder { by } => format!("by: {by}"),
        Fault::Body(BodyEdit::Replace(text)) => format!("replace: {text:?}"),
        Fault::Body(BodyEdit::Truncate(size)) => format!("truncate: {size}"),
        Fault::PushDelay(pushed) | Fault::DlpSlow(pushed) => delay(pushed),
        Fault::DlpDown { how } | Fault::IdpDown { how } => {
            let word = Down::ALL.iter().find(|(_, known)| known == how).map_or("", |(word, _)| word);
            format!("how: {word}")
        }
        Fault::DnsAnswer(dns) => {
            let names: Vec<_> = dns.names.iter().map(ToString::to_string).collect();
            let answer = match &dns.answer {
                Answered::Real => String::new(),
                Answered::Addresses(given) => {
                    let given: Vec<_> = given.iter().map(ToString::to_string).collect();
                    format!(", address: [{}]", given.join(", "))
                }
                Answered::No(NoAnswer::Nxdomain) => ", failure: nxdomain".to_owned(),
                Answered::No(NoAnswer::Servfail) => ", failure: servfail".to_owned(),
            };
            format!("names: [{}]{answer}, delay: {}", names.join(", "), dns.delay)
        }
        Fault::SniBlock(block) => {
            let names: Vec<_> = block.names.iter().map(ToString::to_string).collect();
            let action = if block.action == BlockAction::Reset { "reset" } else { "drop" };
            let SniBlock { trigger, residual, residual_chance, .. } = block;
            format!(
                "names: [{}], action: {action}, trigger: {trigger}, residual: {residual}, residual_chance: {residual_chance}",
                names.join(", ")
            )
        }
        Fault::GeoFence(_)
        | Fault::VpnDetection(_)
        | Fault::AccountFreeze { .. }
        | Fault::TokenExpire { .. }
        | Fault::RateLimit(_)
        | Fault::Quota { .. }
        | Fault::MeetingLock { .. }
        | Fault::Deprovision(_) => place::settings(fault)?,
        Fault::Refuse
        | Fault::Blackhole
        | Fault::Partition
        | Fault::Corrupt
        | Fault::Duplicate
        | Fault::SilentLoss
        | Fault::TokenRevoke
        | Fault::CapabilityMissing
        | Fault::MfaRequired
        | Fault::Action(_) => return None,
    })
}

fn thousandths(value: u32) -> f64 {
    f64::from(value) / 1e3
}

fn delay(delay: &Delay) -> String {
    match delay {
        Delay::Constant(span) => format!("constant: {span}"),
        Delay::Normal { mean, sd } => format!("normal: {{ mean: {mean}, sd: {sd} }}"),
        Delay::Lognormal { median, sigma_thousandths } => {
            let micros = Span::from_micros(median.micros());
            format!("lognormal: {{ median: {micros}, sigma: {} }}", thousandths(*sigma_thousandths))
        }
        Delay::Pareto { least, shape_thousandths } => {
            format!("pareto: {{ least: {least}, shape: {} }}", thousandths(*shape_thousandths))
        }
        Delay::Table(spans) => {
            let (least, most) = (spans.iter().min(), spans.iter().max());
            let (least, most) = (least.copied().unwrap_or_default(), most.copied().unwrap_or_default());
            format!("table: {} delays between {least} and {most}", spans.len())
        }
    }
}

fn model(model: &LossModel) -> String {
    match model {
        LossModel::Random(share) => format!("random: {share}"),
        LossModel::GilbertElliott { to_bad, to_good, good, bad } => {
            format!("gilbert_elliott: {{ to_bad: {to_bad}, to_good: {to_good}, good: {good}, bad: {bad} }}")
        }
    }
}

fn shape(shape: &Shape) -> Option<String> {
    let ramp = (!shape.ramp.is_zero()).then(|| format!("rising for {}", shape.ramp));
    let wave = match &shape.wave {
        Wave::Steady => None,
        Wave::Step { every, steps } => Some(format!("in {steps} steps of {every}")),
        Wave::Sine { period, low } => Some(format!("swinging between {low} and 100% every {period}")),
        Wave::Burst { every, length } => Some(format!("in bursts of {length} every {every}")),
        Wave::Trace(levels) => Some(format!("at {} recorded levels", levels.len())),
    };
    let said: Vec<_> = [ramp, wave].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn pick(inject: &Inject) -> Option<String> {
    let every = inject.pick.every.filter(|every| *every > 1);
    let first = inject.pick.first;
    match (first, every) {
        (None, None) => None,
        (Some(first), None) => Some(format!("the first {first} of them only")),
        (None, Some(every)) => Some(format!("one in {every} of them only")),
        (Some(first), Some(every)) => Some(format!("one in {every} of them only, {first} times")),
    }
}

/// What becomes of those who connect: a listener can only tell addresses apart.
fn handshake(plan: &Plan, inject: &Inject) -> Option<&'static str> {
    match (&inject.fault, plan.is_of_addresses(inject)) {
        (Fault::Refuse, true) => Some("the listener is closed: who connects is refused"),
        (Fault::Refuse, false) => {
            Some("the aim is finer than an address: connections are accepted, then reset (after_accept)")
        }
        (Fault::Blackhole, true) => Some("SYNs are swallowed: who connects waits, and tries again when TCP does"),
        (Fault::Blackhole, false) => {
            Some("the aim is finer than an address: connections are accepted, then nothing passes")
        }
        _ => None,
    }
}
