//! When one inject hit what concerns one journey: cell by cell, so that it takes bounded room however long a drill lasts.

use std::collections::BTreeMap;

use crate::units::Moment;

/// Hits are kept by this much time at first, in nanoseconds, with the first and the last in it. A window that reaches over an edge is
/// answered exactly; only one that lies within a single cell could miss a hit between two others, and no deadline is that short.
const CELL: u64 = 10_000_000;

/// The most cells of one inject and journey; where there are more, they are made twice as wide. Eleven minutes that are hit all the time
/// have cells of 10 ms, and twelve hours of 1.3 s.
const CELLS: usize = 65_536;

/// The hits of one inject that concern one journey.
#[derive(Clone, Debug)]
pub(super) struct Bites {
    pub(super) units: u64,
    /// Phase by phase.
    pub(super) phases: Vec<u64>,
    /// How wide a cell is, in nanoseconds.
    width: u64,
    cells: BTreeMap<u64, (Moment, Moment)>,
}

impl Bites {
    pub(super) fn none(phases: usize) -> Self {
        Self { units: 0, phases: vec![0; phases], width: CELL, cells: BTreeMap::new() }
    }

    /// So many units more, at a moment in a phase.
    pub(super) fn record(&mut self, units: u64, at: Moment, phase: Option<usize>) {
        self.units += units;
        if let Some(phase) = phase {
            self.phases[phase] += units;
        }
        self.mark(at, at);
        while self.cells.len() > CELLS {
            self.width *= 2;
            for (first, last) in std::mem::take(&mut self.cells).into_values() {
                self.mark(first, last);
            }
        }
    }

    /// There were hits from one moment to another, of one cell.
    fn mark(&mut self, first: Moment, last: Moment) {
        let cell = self.cells.entry(first.nanos() / self.width).or_insert((first, last));
        *cell = (cell.0.min(first), cell.1.max(last));
    }

    /// Whether there was one from `from` to `to`, both included.
    pub(super) fn any_within(&self, from: Moment, to: Moment) -> bool {
        let mut cells = self.cells.range(from.nanos() / self.width..=to.nanos() / self.width);
        cells.any(|(_, (first, last))| (from..=to).contains(first) || (from..=to).contains(last))
    }

    /// Cell by cell: the first and the last of each.
    pub(super) fn stretches(&self) -> impl Iterator<Item = (Moment, Moment)> {
        self.cells.values().copied()
    }

    /// The first from then on, to within a cell.
    pub(super) fn first_since(&self, from: Moment) -> Option<Moment> {
        let mut cells = self.cells.range(from.nanos() / self.width..);
        cells.find_map(|(_, (first, last))| [*first, *last].into_iter().find(|at| *at >= from))
    }
}
