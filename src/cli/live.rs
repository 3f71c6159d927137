//! What a person sees while a drill is played: one line that is drawn anew, or plain lines where nobody looks at a terminal.

use std::sync::Arc;

use super::say;
use crate::drill::{Live, Watch};
use crate::plan::Plan;
use crate::units::{JourneyId, Moment, PhaseId};

const BAR: usize = 24;

/// A view for the conductor to call.
pub(super) fn watch(plan: Arc<Plan>) -> Watch {
    let mut last: Option<(Option<PhaseId>, Vec<u8>)> = None;
    let watched = say::is_watched();
    Box::new(move |now: Moment, live: &mut Live| {
        let ended = now >= plan.end();
        let phase = if ended { None } else { plan.phase_at(now) };
        let routes: Vec<u8> = plan.journey_ids().map(|(id, _)| live.route(id).0).collect();
        let state = Some((phase, routes));
        if watched {
            say::piece(&format!("\r\x1b[K{}", line(&plan, now, live, phase)));
        } else if last != state {
            say::line(&line(&plan, now, live, phase));
        }
        last = state;
    })
}

/// Takes the line away, so that what follows starts at the margin.
pub(super) fn clear() {
    if say::is_watched() {
        say::piece("\r\x1b[K");
    }
}

fn line(plan: &Plan, now: Moment, live: &Live, phase: Option<PhaseId>) -> String {
    let counts = live.folds.counts();
    let phase = phase.map_or("awaiting receipts", |id| plan.phases[id.index()].name.as_str());
    let routes: Vec<_> = plan.journey_ids().map(|(id, _)| route(plan, live, id)).collect();
    let time = format!("{:.1}", now.secs_f64());
    let pending = live.folds.pending();
    let faults = live.faults().map(|id| plan.injects[id.index()].name.as_str()).collect::<Vec<_>>().join(", ");
    let faults = if faults.is_empty() { String::new() } else { format!(" · {faults}") };
    format!(
        "{} {time:>6} s  {phase}{faults} · {} due, {} accepted, {pending} on their way · {}",
        bar(plan, now),
        counts.intended,
        counts.accepted,
        routes.join(", "),
    )
}

fn route(plan: &Plan, live: &Live, id: JourneyId) -> String {
    let journey = &plan.journeys[id.index()];
    let endpoint = journey.routes[live.route(id).index()].endpoint;
    format!("{} by {}", journey.name, plan.endpoints[endpoint.index()].name)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of the bar, between 0 and its length"
)]
fn bar(plan: &Plan, now: Moment) -> String {
    let share = (now.secs_f64() / plan.end().secs_f64().max(1e-9)).clamp(0.0, 1.0);
    let full = (share * BAR as f64) as usize;
    format!("{}{}", "█".repeat(full), "░".repeat(BAR - full))
}
