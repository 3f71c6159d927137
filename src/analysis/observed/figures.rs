use serde::Serialize;

use super::{Alike, Ends, ObservedCell, WayOutage};
use crate::analysis::{Distribution, Latency, Windows};
use crate::units::Span;

/// The figures of one way in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WayFigures {
    /// Its name.
    pub id: String,
    /// Over the whole drill but warm-up.
    #[serde(flatten)]
    pub figures: ObservedFigures,
    /// Phase by phase, in the order of the plan. What is asked for belongs to the phase in which it began.
    pub phases: Vec<ObservedPhase>,
    /// Host by host, of those that were asked for, over the whole drill but warm-up.
    pub hosts: Vec<ObservedHost>,
    /// When what was asked for failed for a while.
    pub outages: Vec<WayOutage>,
    /// What targets select from.
    #[serde(skip)]
    pub cells: Vec<ObservedCell>,
    /// What the windows of targets show.
    #[serde(skip)]
    pub windows: Vec<Windows>,
}

/// A way in, in one phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ObservedPhase {
    /// The phase's name.
    pub phase: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: ObservedFigures,
}

/// One host by a way in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ObservedHost {
    /// Its name; `None` = all that no way in names.
    pub host: Option<String>,
    /// Its figures.
    #[serde(flatten)]
    pub figures: ObservedFigures,
    /// When what was asked of it failed for a while.
    pub outages: Vec<WayOutage>,
}

/// What programs that are not ours asked for, and what they got.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ObservedFigures {
    /// All that was asked for.
    pub asked: u64,
    /// How it ended.
    #[serde(flatten)]
    pub ends: Ends,
    /// Those that the way in let in and that ended before the drill did, …
    pub valid: u64,
    /// … how many of them were requests that were read, the others being connections, …
    pub requests: u64,
    /// … and how many got what they asked for.
    pub good: u64,
    /// good / valid; `None` without any.
    pub availability: Option<f64>,
    /// Answers with a status of 400 or more.
    pub errors: u64,
    /// Those that a fault hit …
    pub hit: u64,
    /// … and that did not get what they asked for.
    pub hit_in_vain: u64,
    /// The longest time in which nothing that was asked for was got, from when to when, to within a tenth of a second or, where the drill is
    /// longer than two hours, a little more; `None` = there was none.
    pub longest_failing_s: Option<[f64; 2]>,
    /// From requests to the end of their answers.
    pub latency_ms: Latency,
    /// Until connections stood.
    pub connect_ms: Latency,
    /// Bytes that went on to hosts.
    pub sent: u64,
    /// Bytes that went back to programs.
    pub received: u64,
}

impl ObservedFigures {
    /// The figures of cells.
    pub fn of<'a>(cells: impl Iterator<Item = &'a ObservedCell>) -> Self {
        let mut figures = Self::default();
        let (mut latency, mut connect) = (Distribution::new(Span::ZERO), Distribution::new(Span::ZERO));
        let mut failed = Alike::default();
        for cell in cells {
            figures.ends.add(&cell.ends);
            figures.requests += cell.requests;
            figures.good += cell.good;
            figures.errors += cell.errors;
            figures.hit += cell.hit;
            figures.hit_in_vain += cell.hit_in_vain;
            figures.sent += cell.sent;
            figures.received += cell.received;
            latency.add(&cell.latency);
            connect.add(&cell.connect);
            failed.merge(&cell.failed);
        }
        figures.asked = figures.ends.asked();
        figures.valid = figures.ends.valid();
        figures.availability = (figures.valid > 0).then(|| figures.good as f64 / figures.valid as f64);
        figures.longest_failing_s = failed.longest();
        figures.latency_ms = latency.figures();
        figures.connect_ms = connect.figures();
        figures
    }
}
