//! What a person sees while a drill is played: one line that is drawn anew, or plain lines where nobody looks at a terminal.

use std::sync::Arc;

use super::say;
use crate::drill::{Live, Watch};
use crate::plan::Plan;
use crate::units::{JourneyId, Moment, PhaseId};

/// The bar in a wide terminal; in a narrow one it is a tenth of the line.
const BAR: usize = 24;
/// For a terminal that does not say how wide it is.
const COLUMNS: usize = 80;

/// A view for the conductor to call.
pub(super) fn watch(plan: Arc<Plan>) -> Watch {
    let mut last: Option<(Option<PhaseId>, Vec<u8>)> = None;
    let watched = say::is_watched();
    Box::new(move |now: Moment, live: &mut Live| {
        let ended = live.is_draining() || now >= plan.end();
        let phase = if ended { None } else { plan.phase_at(now) };
        let routes: Vec<u8> = plan.journey_ids().map(|(id, _)| live.route(id).0).collect();
        let state = Some((phase, routes));
        if watched {
            // A line that is wrapped could not be drawn anew. Asked each time: windows are resized.
            let columns = say::columns().unwrap_or(COLUMNS);
            let whole = line(&plan, now, live, phase, BAR.min(columns / 10));
            say::anew(&cut(&whole, columns.saturating_sub(1)));
        } else if last != state {
            say::line(&line(&plan, now, live, phase, BAR));
        }
        last = state;
    })
}

/// Takes the line away, so that what follows starts at the margin.
pub(super) fn clear() {
    if say::is_watched() {
        say::anew("");
    }
}

fn line(plan: &Plan, now: Moment, live: &Live, phase: Option<PhaseId>, columns: usize) -> String {
    let counts = live.folds.counts();
    let phase = phase.map_or("awaiting receipts", |id| plan.phases[id.index()].name.as_str());
    let routes: Vec<_> = plan.journey_ids().map(|(id, _)| route(plan, live, id)).collect();
    let time = format!("{:.1}", now.secs_f64());
    let pending = live.folds.pending();
    let faults = live.faults().map(|id| plan.injects[id.index()].name.as_str()).collect::<Vec<_>>().join(", ");
    let faults = if faults.is_empty() { String::new() } else { format!(" · {faults}") };
    format!(
        "{} {time:>6} s  {phase}{faults} · {} due, {} accepted, {pending} on their way · {}",
        bar(plan, now, columns),
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
fn bar(plan: &Plan, now: Moment, columns: usize) -> String {
    let share = (now.secs_f64() / plan.end().secs_f64().max(1e-9)).clamp(0.0, 1.0);
    let full = (share * columns as f64) as usize;
    format!("{}{}", "█".repeat(full), "░".repeat(columns - full))
}

/// As much of a line as so many columns hold. Names are ASCII, and every other sign here is one column wide.
fn cut(line: &str, columns: usize) -> String {
    if line.chars().count() <= columns {
        return line.to_owned();
    }
    line.chars().take(columns.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_line_is_cut_to_the_terminal() {
        for (columns, shown) in [(9, "░░ 1.0 s"), (8, "░░ 1.0 s"), (7, "░░ 1.0…"), (1, "…"), (0, "…")]
        {
            assert_eq!(cut("░░ 1.0 s", columns), shown);
        }
    }
}
