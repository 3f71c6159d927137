use super::table::{Cell, Table};
use crate::analysis::Observation;
use crate::plan::Metric;
use crate::report::Report;
use crate::report::words::{count, millis, moment, plain, plural, secs};

/// A conservation line with its figures.
pub(crate) struct Equation {
    /// What is counted.
    pub(crate) what: &'static str,
    /// The whole.
    pub(crate) whole: (String, &'static str),
    /// Its parts.
    pub(crate) parts: Vec<(String, &'static str)>,
    /// Whether it holds.
    pub(crate) holds: bool,
}

impl Equation {
    fn new(what: &'static str, whole: (u64, &'static str), parts: &[(u64, &'static str)]) -> Self {
        Self {
            what,
            whole: (count(whole.0), whole.1),
            parts: parts.iter().map(|(n, name)| (count(*n), *name)).collect(),
            holds: whole.0 == parts.iter().map(|(n, _)| n).sum::<u64>(),
        }
    }

    /// The sign between the whole and its parts.
    pub(crate) fn sign(&self) -> &'static str {
        if self.holds { "=" } else { "≠" }
    }

    /// `1,300 intended = 1,300 accepted + 0 refused`.
    pub(crate) fn text(&self) -> String {
        let parts: Vec<_> = self.parts.iter().map(|(n, name)| format!("{n} {name}")).collect();
        format!("{} {} {} {}", self.whole.0, self.whole.1, self.sign(), parts.join(" + "))
    }
}

/// The lines that must balance in every report.
pub(super) fn equations(observation: &Observation) -> Vec<Equation> {
    let (m, d) = (&observation.messages, &observation.deliveries);
    let mut messages = vec![
        (m.accepted, "accepted"),
        (m.refused, "refused"),
        (m.indeterminate, "indeterminate"),
        (m.unsent, "unsent"),
    ];
    if m.open > 0 || !observation.finished {
        messages.push((m.open, "open"));
    }
    let mut received =
        vec![(d.delivered, "delivered"), (d.unacknowledged, "unacknowledged"), (d.duplicated, "duplicated")];
    // Only what is damaged or a service delivers strays.
    if d.strayed > 0 {
        received.push((d.strayed, "strayed"));
    }
    let mut lines = vec![
        Equation::new("Messages", (m.intended, "intended"), &messages),
        Equation::new(
            "Promised deliveries",
            (d.owed, "owed"),
            &[(d.delivered, "delivered"), (d.lost, "lost"), (d.pending, "pending")],
        ),
        Equation::new("Receipts", (d.received, "received"), &received),
    ];
    // Where every message was judged, the first line and the last have the same figure.
    lines.extend(Some(intended(observation)).filter(|line| line.parts.len() > 1 || !line.holds));
    lines.push(judged(observation));
    lines
}

/// Every message that was to be sent: judged, or why not.
fn intended(observation: &Observation) -> Equation {
    let figures = observation.journeys.iter().flat_map(|journey| &journey.phases).map(|slice| &slice.figures);
    let [valid, blocked, sender] = figures.fold([0; 3], |[valid, blocked, sender], figures| {
        [valid + figures.valid, blocked + figures.blocked, sender + figures.blame.sender]
    });
    let intended = observation.messages.intended;
    // Of a drill that did not finish some are still under way: how many, only the rest says.
    let open = if observation.finished { 0 } else { intended.saturating_sub(valid + blocked + sender) };
    let others = [(blocked, "rightly blocked"), (sender, "blamed on the sender"), (open, "not decided yet")];
    let parts: Vec<_> = [(valid, "judged")].into_iter().chain(others.into_iter().filter(|(n, _)| *n > 0)).collect();
    Equation::new("Messages judged", (intended, "intended"), &parts)
}

/// Every message that was judged, and whose doing it was.
fn judged(observation: &Observation) -> Equation {
    let figures = observation.journeys.iter().flat_map(|journey| &journey.phases).map(|slice| &slice.figures);
    let [valid, good, injected, system] = figures.fold([0; 4], |[valid, good, injected, system], figures| {
        let blame = &figures.blame;
        [valid + figures.valid, good + figures.good, injected + blame.injected, system + blame.system]
    });
    let parts = [(good, "good"), (injected, "blamed on injects"), (system, "blamed on the system")];
    Equation::new("Messages by blame", (valid, "judged"), &parts)
}

/// What the conservation lines do not say.
pub(super) fn integrity(observation: &Observation) -> Table {
    let d = &observation.deliveries;
    let mut table = Table::new("Integrity of what was received", &["What", "#Count", "Meaning"]);
    let overtaken = "overtaken by a later message of the same sender";
    let reordered = if d.reordered == 0 {
        overtaken.to_owned()
    } else {
        let late = millis(d.reordered_late.secs_f64() * 1e3);
        format!("{overtaken}; at most {} places and {late} behind the first that had", count(d.reordered_extent))
    };
    let unseen = match d.unobserved {
        0 => String::new(),
        more => format!("; of {} more nobody can tell, since their receipts are not observed", count(more)),
    };
    let never = format!("whatever became of the message: nobody got it{unseen}");
    let rows = [
        ("never received", d.undelivered, &*never),
        ("duplicated", d.duplicated, "receipts beyond the first of one message and recipient"),
        (
            "duplicated, as a person would see it",
            d.duplicated_after_dedup,
            "those that remain after the receiver has sorted out what it already had",
        ),
        ("out of order", d.reordered, &*reordered),
        (
            "late after a failover",
            d.late_after_failover,
            "delivered after the deadline, by another route than the one in force when it was due",
        ),
        ("damaged", d.damaged, "the text was not the one that was sent"),
        (
            "strayed",
            d.strayed,
            "received by somebody for whom it was not, or as a message that never was: damaged on the way, or misdelivered by a service",
        ),
        ("declined", d.declined, "the platform said at once that this recipient would not get it"),
        ("on the wrong side of a boundary", d.wrong_side, "data that crossed a border it must not cross"),
    ];
    for (what, n, meaning) in rows.into_iter().filter(|(what, n, _)| *what != "strayed" || *n > 0) {
        // As targets call it, where it is called otherwise.
        let metric = match what {
            "never received" => Some(Metric::Undelivered),
            "duplicated, as a person would see it" => Some(Metric::DuplicatedAfterDedup),
            "out of order" => Some(Metric::Reordered),
            "on the wrong side of a boundary" => Some(Metric::WrongSide),
            _ => None,
        };
        let name = Cell::name(what);
        let name = metric.map_or(name.clone(), |metric| name.with(metric.name()));
        table.rows.push(vec![name, count(n).into(), meaning.into()]);
    }
    table
}

/// Whether the sender kept up and the journal is whole.
pub(super) fn health(report: &Report<'_>) -> Vec<String> {
    let observation = report.observation;
    let sender = &observation.sender;
    let mut sentences = vec![format!(
        "The sender ran {} late at the 99th percentile, {} at worst.",
        millis(sender.lag_ms.p99),
        millis(sender.lag_ms.max)
    )];
    if sender.unsent > 0 {
        sentences.push(format!(
            "{} were never tried: {} because every slot was held by another attempt, {} because their account was busy with others, {} \
             because the sender was late, {} because the drill was stopped.",
            plural(sender.unsent, "message", "messages"),
            count(sender.unsent_slots),
            count(sender.unsent_turn),
            count(sender.unsent_lag),
            count(sender.unsent_stopped)
        ));
    } else {
        sentences.push("Every due message was tried.".into());
    }
    for slow in &sender.slow {
        sentences.push(format!(
            "From {} to {} the sender of {} was too slow; figures there are inconclusive.",
            moment(slow.from_s),
            moment(slow.to_s),
            plain(&slow.journey)
        ));
    }
    for stalled in &sender.stalled {
        sentences.push(format!(
            "From {} to {} firedrill stood still, because its machine gave it no time, while messages of {} were under way; their figures \
             are inconclusive.",
            moment(stalled.from_s),
            moment(stalled.to_s),
            plain(&stalled.journey)
        ));
    }
    if observation.overdue > 0 {
        sentences.push(format!(
            "{} came so late that nothing was expected any more; figures are inconclusive.",
            plural(observation.overdue, "record", "records")
        ));
    }
    for gap in &observation.gaps {
        sentences.push(format!(
            "The journal lost {} between {} and {}; figures there are inconclusive.",
            plural(gap.lost, "record", "records"),
            moment(gap.from_s),
            moment(gap.to_s)
        ));
    }
    if observation.gaps.is_empty() {
        sentences
            .push(format!("The journal has no gap; the figures stand on {} records.", count(observation.position)));
    }
    match &report.judgement.unsteady {
        Some(why) if why.is_empty() => sentences.push("The steady state did not hold.".into()),
        Some(why) => sentences.push(format!("The steady state did not hold: {}.", plain(why))),
        None if observation.steady.is_some() => {
            sentences.push("The steady state held before anything was injected.".into());
        }
        None => {}
    }
    if observation.end.is_none() {
        sentences.push(format!(
            "The journal has no seal: the run broke off, and the figures stand for {} after its start.",
            secs(observation.at.secs_f64())
        ));
    }
    sentences
}
