use super::Tile;
use super::arms;
use super::table::{Cell, Table, Tone};
use crate::analysis::{
    Alert, Basis, Blame, Degraded, Deliveries, Figures, JourneyBasis, JourneyFigures, Latency, Outage, Recovery,
};
use crate::plan::PhaseKind;
use crate::report::Report;
use crate::report::names::{Names, phase_kind};
use crate::report::words::{
    NONE, basis, count, list, millis, moment, moment_of, percent, percent_exact, plain, plural, secs, secs_exact,
    secs_range, secs_range_beside,
};
use crate::units::six_digits;

/// One journey's figures.
pub(crate) struct JourneyPage {
    /// Its name.
    pub(crate) name: String,
    /// What its figures are, in a sentence.
    pub(crate) about: String,
    /// Phase by phase.
    pub(crate) phases: Table,
    /// Route by route.
    pub(crate) routes: Table,
    /// Beside its control arm, if it has one.
    pub(crate) arms: Table,
    /// Every outage.
    pub(crate) outages: Table,
}

pub(super) fn journeys(report: &Report<'_>) -> Vec<JourneyPage> {
    report.observation.journeys.iter().map(|journey| page(report, journey)).collect()
}

fn page(report: &Report<'_>, journey: &JourneyFigures) -> JourneyPage {
    let name = plain(&journey.id);
    JourneyPage {
        about: about(journey),
        phases: phases(report, journey, &name),
        routes: routes(report, journey, &name),
        arms: arms::table(journey, &name),
        outages: outages(report, journey, &name),
        name,
    }
}

/// By which routes messages of a journey go of which nobody reports the receipt.
pub(super) fn silent_routes(journey: &JourneyFigures) -> String {
    let silent = journey.routes.iter().filter(|route| route.basis == Basis::Acceptance);
    list(&silent.map(|route| plain(&route.route)).collect::<Vec<_>>())
}

fn about(journey: &JourneyFigures) -> String {
    let ends = match journey.basis {
        JourneyBasis::Delivery => "its last recipient received it (basis: delivery)".to_owned(),
        JourneyBasis::Acceptance => {
            "the platform acknowledged it (basis: acceptance, since nobody reports its receipt)".to_owned()
        }
        JourneyBasis::Mixed => {
            format!(
                "its last recipient received it, or, of what went by {}, until the platform acknowledged it, since nobody reports its \
                 receipt there (basis: mixed)",
                silent_routes(journey)
            )
        }
    };
    let deadline = secs_exact(journey.deadline_s);
    let mut text = format!(
        "Times count from the moment a message was due until {ends}. A message is good if that took at most {deadline} for everyone \
         it was owed to. {} bad messages in a row make an outage.",
        journey.n_down
    );
    if let Some(of) = &journey.control_of {
        let of = plain(of);
        text = format!(
            "These are the messages of the control arm of {of}: no inject hits them, and they stay on their route. {text}"
        );
    }
    if let Some(sentence) = journey.degraded.as_ref().map(degraded) {
        text = format!("{text} {sentence}");
    }
    if !journey.alerts.is_empty() {
        text = format!("{text} {}", alerts(&journey.alerts));
    }
    text
}

/// For how long it was not down and kept its promises no better.
fn degraded(degraded: &Degraded) -> String {
    let least = degraded.availability.map(|least| format!("fewer than {} good", percent_exact(least)));
    let longest = degraded
        .latency
        .iter()
        .map(|promise| format!("p{} above {}", six_digits(promise.percentile), secs_exact(promise.at_most_s)));
    let measures: Vec<_> = least.into_iter().chain(longest).collect();
    let (measures, window) = (measures.join(" or "), secs_exact(degraded.window_s));
    match degraded.stretches {
        0 => format!("While it was not down, it was never degraded ({measures}, over {window})."),
        n => format!(
            "While it was not down, it was degraded for {} in {} ({measures}, over {window}).",
            secs(degraded.total_s),
            plural(n, "stretch", "stretches")
        ),
    }
}

/// Whether anybody would have been called, had there been alerts on the error budget.
fn alerts(alerts: &[Alert]) -> String {
    let fired = alerts.iter().filter_map(|alert| alert.fired_s.map(|at| (at, alert)));
    match fired.min_by(|(a, _), (b, _)| a.total_cmp(b)) {
        Some((at, alert)) => format!(
            "Of the usual alerts on its error budget the first would have fired at {} (burning {} times too fast, over {} and {}).",
            moment(at),
            alert.factor,
            secs_exact(alert.long_s),
            secs_exact(alert.short_s)
        ),
        None => "None of the usual alerts on its error budget would have fired.".into(),
    }
}

const TITLES: [&str; 8] =
    ["#Due", "#Good", "#Median", "#p90", "#p99", "#Largest", "#Availability", "Not good, by blame"];

fn phases(report: &Report<'_>, journey: &JourneyFigures, name: &str) -> Table {
    let mut titles = vec!["Phase", "Kind"];
    titles.extend(TITLES);
    let mut table = Table::new(format!("{name}, phase by phase ({})", basis(journey.basis)), &titles);
    for slice in &journey.phases {
        let kind = report.observation.phases.iter().find(|phase| phase.phase == slice.phase).map(|phase| phase.kind);
        let kind = kind.map_or(NONE, phase_kind);
        table.rows.push(row(vec![Cell::name(plain(&slice.phase)), kind.into()], &slice.figures));
    }
    table.rows.push(row(vec![Cell::name("all but warm-up"), "".into()], &journey.figures));
    table
}

/// Route by route: what became of what was due while it was in force, and beside it how long what it carried took. A route that was shut
/// off carried only what came through; whoever stands in for it carries what the other failed.
fn routes(report: &Report<'_>, journey: &JourneyFigures, name: &str) -> Table {
    let titles = [
        "Route",
        "#Due while in force",
        "#Good of these",
        "#Availability of these",
        "Not good of these, by blame",
        "#Carried, or last tried",
        "#Median of these",
        "#p90",
        "#p99",
        "#Largest",
    ];
    let caption = format!(
        "{name}, by route, without warm-up: what was due while the route was in force, whichever carried it in the end; and apart from \
         that what it carried itself"
    );
    let mut table = Table::new(caption, &titles);
    let names = Names(report.plan);
    for slice in &journey.routes {
        let called = names.endpoint_called(&slice.route);
        let alias = plain(&slice.route);
        let head = if called == alias { Cell::name(called) } else { Cell::name(called).with(alias) };
        let (due, latency) = (&slice.in_force, &slice.figures.latency_ms);
        let mut row = vec![
            head,
            count(due.valid + due.blame.sender).into(),
            count(due.good).into(),
            due.availability.map_or(NONE.into(), percent).into(),
            blame(&due.blame, []).into(),
            count(slice.figures.valid).into(),
        ];
        row.extend([latency.p50, latency.p90, latency.p99, latency.max].map(|value| quantile(latency, value).into()));
        table.rows.push(row);
    }
    table
}

/// What was due is the sum of what was good, what was not, and what is left out of the availability.
fn row(mut cells: Vec<Cell>, figures: &Figures) -> Vec<Cell> {
    let latency = &figures.latency_ms;
    let blocked = (figures.blocked, "rightly blocked");
    let undecided = figures.messages.intended.saturating_sub(figures.valid + figures.blocked + figures.blame.sender);
    let undecided = (undecided, "not decided yet");
    cells.extend([
        count(figures.messages.intended).into(),
        count(figures.good).into(),
        quantile(latency, latency.p50).into(),
        quantile(latency, latency.p90).into(),
        quantile(latency, latency.p99).into(),
        quantile(latency, latency.max).into(),
        figures.availability.map_or(NONE.into(), percent).into(),
        blame(&figures.blame, [blocked, undecided]).into(),
    ]);
    cells
}

/// A percentile that falls among the undelivered says what it exceeds.
pub(super) fn quantile(latency: &Latency, value: Option<f64>) -> String {
    match (value, latency.at_least) {
        (Some(ms), _) => millis(ms),
        (None, Some(ms)) if latency.n > 0 => format!("> {}", millis(ms)),
        _ => NONE.into(),
    }
}

/// What was not good, by whose doing it was; what says nothing of the system is left out of the availability beside it.
fn blame<const N: usize>(blame: &Blame, others: [(u64, &'static str); N]) -> String {
    let judged = [(blame.injected, "injected"), (blame.system, "system")].map(|(n, who)| (n, who, ""));
    let left_out = [(blame.sender, "sender")].into_iter().chain(others).map(|(n, what)| (n, what, " (left out)"));
    let parts = judged.into_iter().chain(left_out).filter(|(n, ..)| *n > 0);
    let words: Vec<_> = parts.map(|(n, what, how)| format!("{} {what}{how}", count(n))).collect();
    if words.is_empty() { NONE.into() } else { words.join(", ") }
}

fn outages(report: &Report<'_>, journey: &JourneyFigures, name: &str) -> Table {
    let titles = ["From", "To", "#Lasted", "#Certain after", "#Bad messages", "First bad message"];
    let mut table = Table::new(format!("{name}, every outage"), &titles);
    let drill = report.observation.at.secs_f64();
    for outage in &journey.outages {
        table.rows.push(vec![
            Cell::name(moment_of(drill, outage.start_s)),
            outage.end_s.map_or("still down at the end".into(), |at| moment_of(drill, at)).into(),
            lasted(outage).into(),
            secs(outage.declared_s - outage.start_s).into(),
            count(outage.bad).into(),
            outage.first_bad.as_deref().map_or(NONE.into(), plain).into(),
        ]);
    }
    table
}

fn lasted(outage: &Outage) -> String {
    secs_range(outage.lo_s, outage.hi_s)
}

/// Availability and median of the first journey, the worst recovery, promises broken: what people ask first.
pub(super) fn tiles(report: &Report<'_>) -> Vec<Tile> {
    let observation = report.observation;
    let mut tiles = vec![recovery_tile(&observation.recovery)];
    if let Some(journey) = observation.journeys.first() {
        let figures = &journey.figures;
        let name = plain(&journey.id);
        tiles.push(Tile {
            label: format!("Availability of {name}"),
            value: figures.availability.map_or(NONE.into(), percent),
            note: format!(
                "{} of {} were in time ({})",
                count(figures.good),
                plural(figures.valid, "message", "messages"),
                secs_exact(journey.deadline_s)
            ),
            tone: Tone::Quiet,
        });
        tiles.push(Tile {
            label: format!("Median of {name}"),
            value: quantile(&figures.latency_ms, figures.latency_ms.p50),
            note: format!("{}; p99 {}", basis(journey.basis), quantile(&figures.latency_ms, figures.latency_ms.p99)),
            tone: Tone::Quiet,
        });
    }
    let Deliveries { lost, owed, undelivered, pairs, unobserved, .. } = observation.deliveries;
    tiles.push(receipts_tile(report, "Promised deliveries lost", lost, &format!("of {} acknowledged", count(owed))));
    let all = count(pairs + unobserved);
    tiles.push(receipts_tile(report, "Never received", undelivered, &format!("of {all}, acknowledged or not")));
    tiles
}

/// A figure on receipts, with what it takes in that others do not, and of how many deliveries it says nothing. Where nobody observes any
/// receipt, that nothing is missing is not known.
fn receipts_tile(report: &Report<'_>, label: &str, missing: u64, of: &str) -> Tile {
    let deliveries = &report.observation.deliveries;
    let label = label.into();
    let seen = deliveries.owed > 0 || deliveries.received > 0;
    if missing == 0 && deliveries.unobserved > 0 && !seen {
        return Tile { label, value: NONE.into(), note: "receipts are not observed".into(), tone: Tone::Quiet };
    }
    let journeys = match report.observation.journeys.len() {
        0 | 1 => String::new(),
        n => format!(", of {n} journeys together"),
    };
    let warmed_up = report.plan.phases.iter().any(|phase| phase.kind == PhaseKind::Warmup);
    let warm_up = if warmed_up { ", with those of the warm-up" } else { "" };
    let unseen = match deliveries.unobserved {
        0 => String::new(),
        more => format!("; receipts of {} are not observed", count(more)),
    };
    let tone = match (missing, deliveries.unobserved) {
        (1.., _) => Tone::Bad,
        (0, 0) => Tone::Good,
        (0, _) => Tone::Quiet,
    };
    Tile { label, value: count(missing), note: format!("{of}{journeys}{warm_up}{unseen}"), tone }
}

fn recovery_tile(recovery: &[Recovery]) -> Tile {
    let bad = recovery.iter().filter(|r| r.outcome.is_outage());
    let worst = bad.max_by(|a, b| {
        let key = |r: &Recovery| r.hi_s.unwrap_or(f64::INFINITY);
        key(a).total_cmp(&key(b))
    });
    let Some(worst) = worst else {
        let note = "no journey was down".into();
        return Tile { label: "Longest outage".into(), value: "none".into(), note, tone: Tone::Good };
    };
    let who = worst.inject.as_deref().map_or("unattributed".into(), |inject| format!("after {}", plain(inject)));
    let objective = worst.objective_s.map(|s| format!(", objective {}", secs_exact(s))).unwrap_or_default();
    Tile {
        label: format!("Longest outage of {}", plain(&worst.journey)),
        value: secs_range_beside(worst.lo_s, worst.hi_s, worst.objective_s),
        note: format!("{who}{objective}"),
        tone: super::recovery::tone(worst),
    }
}
