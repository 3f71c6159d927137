use std::collections::BTreeMap;

use crate::confidence::Pairs;
use crate::units::Moment;

/// The width of a cell at first, in nanoseconds: a tenth of a second. What programs ask ten times a second is still told apart.
pub(super) const CELL: u64 = 100_000_000;

/// The most cells; where there are more, they are made twice as wide. Less than two hours in which something is asked all the time have cells of a
/// tenth of a second.
pub(super) const CELLS: usize = 65_536;

/// Whether those that were asked for one after another had something in common, by cells of time: whatever comes first, the sums are the
/// same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    width: u64,
    cells: BTreeMap<u64, Cell>,
}

/// How many began in a cell of time, and how many of them had it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cell {
    all: u64,
    had: u64,
}

impl Default for Alike {
    fn default() -> Self {
        Self { width: CELL, cells: BTreeMap::new() }
    }
}

impl Alike {
    pub(in crate::analysis) fn add(&mut self, at: Moment, had: bool) {
        let cell = self.cells.entry(at.nanos() / self.width).or_default();
        cell.all += 1;
        cell.had += u64::from(had);
        while self.cells.len() > CELLS {
            self.widen();
        }
    }

    /// Adds those of other samples.
    pub(super) fn merge(&mut self, other: &Self) {
        while self.width < other.width {
            self.widen();
        }
        for (number, cell) in &other.cells {
            let mine = self.cells.entry(number * other.width / self.width).or_default();
            mine.all += cell.all;
            mine.had += cell.had;
        }
        while self.cells.len() > CELLS {
            self.widen();
        }
    }

    fn widen(&mut self) {
        self.width *= 2;
        for (number, cell) in std::mem::take(&mut self.cells) {
            let wider = self.cells.entry(number / 2).or_default();
            wider.all += cell.all;
            wider.had += cell.had;
        }
    }

    /// Neighbours by whether they had it. The order within a cell is not known: as much as can be is taken to have come in a row, so that the
    /// samples are never worth more than they are.
    pub fn pairs(&self) -> Pairs {
        let mut pairs = Pairs::default();
        let mut last: Option<bool> = None;
        for Cell { all, had } in self.cells.values().copied() {
            let rest = all - had;
            let first = match (had, rest) {
                (_, 0) => true,
                (0, _) => false,
                _ => last.unwrap_or(false),
            };
            if let Some(last) = last {
                pairs.record(last, first);
            }
            let (leading, following) = if first { (had, rest) } else { (rest, had) };
            pairs.record_alike(first, leading.saturating_sub(1));
            if following > 0 {
                pairs.record(first, !first);
                pairs.record_alike(!first, following - 1);
            }
            last = Some(if following > 0 { !first } else { first });
        }
        pairs
    }

    /// The longest time in which all that began had it, from the first of them on, in seconds and to within a cell. `None` = none had.
    pub fn longest(&self) -> Option<[f64; 2]> {
        let mut longest: Option<(u64, u64)> = None;
        let mut run: Option<(u64, u64)> = None;
        for (number, cell) in &self.cells {
            run = (cell.had == cell.all).then(|| (run.map_or(*number, |(first, _)| first), *number));
            if let Some((first, last)) = run.filter(|(first, last)| longest.is_none_or(|(a, b)| last - first > b - a)) {
                longest = Some((first, last));
            }
        }
        let seconds = |cell: u64| Moment::from_nanos(cell * self.width).secs_f64();
        longest.map(|(first, last)| [seconds(first), seconds(last + 1)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    fn at(millis: u64) -> Moment {
        Moment::ZERO + Span::from_millis(millis)
    }

    /// One in a cell each: the pairs are those of the sequence itself.
    #[test]
    fn one_by_one_they_are_what_they_are() {
        let mut alike = Alike::default();
        let mut same = Pairs::default();
        let had = [false, false, true, true, true, false, true];
        // Last first: the order in which they come is nothing.
        for (n, had) in (0..7_u32).zip(had).rev() {
            alike.add(at(u64::from(n) * 100), had);
        }
        had.windows(2).for_each(|two| same.record(two[0], two[1]));
        assert_eq!(alike.pairs(), same);
    }

    /// Of a cell's samples nobody knows the order, and none makes them worth more than the one that is assumed.
    #[test]
    fn within_a_cell_they_are_taken_to_have_come_in_rows() {
        let mut alike = Alike::default();
        (0..100).for_each(|n| alike.add(at(n), n % 2 == 0));
        let mut mixed = Pairs::default();
        (1..100).for_each(|n| mixed.record((n - 1) % 2 == 0, n % 2 == 0));
        assert!(alike.pairs().effective(100) < 10.0 && mixed.effective(100) > 99.0);
    }

    #[test]
    fn the_longest_row_has_its_ends() {
        let mut alike = Alike::default();
        assert_eq!(alike.longest(), None);
        for n in 0..50 {
            alike.add(at(n * 100), (10..15).contains(&n) || (20..40).contains(&n));
        }
        assert_eq!(alike.longest(), Some([2.0, 4.0]));
    }

    /// More time than there are cells for: they are wider, and nothing is lost.
    #[test]
    fn cells_are_bounded() {
        let mut alike = Alike::default();
        let hours = 6 * 3_600;
        (0..hours * 10).for_each(|n| alike.add(at(n * 100), n % 7 == 0));
        assert!(alike.cells.len() <= CELLS);
        assert_eq!(alike.cells.values().map(|cell| cell.all).sum::<u64>(), hours * 10);
    }
}
