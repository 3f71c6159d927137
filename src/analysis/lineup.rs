//! Samples put in the order of due moments although messages are counted in another: what becomes of one may be known long after that of the
//! next, and by which route it came only then.

use std::collections::BTreeMap;

use super::neighbours::Among;
use super::rows::{Row, Strand, Whose};

/// What a message, or one recipient's part in it, had of what targets count: in which of the rows, and whether it had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) row: usize,
    pub(super) has: bool,
    pub(super) whose: Whose,
}

/// The messages that are not counted yet, with the samples of those due after them.
///
/// Of what lies between two of them only its ends are kept, and how many neighbours in it were alike: as much as there are open messages, and
/// accounts that sent or received something between two of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Lineup {
    open: BTreeMap<u32, Open>,
}

/// A message that is not counted yet.
#[derive(Clone, Debug, Default)]
struct Open {
    /// What is told of it already.
    told: Vec<Sample>,
    /// The samples between it and the next that is not counted yet.
    after: Stretch,
}

/// Samples one after the other, row by row.
#[derive(Clone, Debug, Default)]
struct Stretch(BTreeMap<(Among, usize), Strand>);

impl Stretch {
    fn next(&mut self, among: &[Among], sample: &Sample) {
        for among in among {
            self.0.entry((*among, sample.row)).or_default().next(sample.has, sample.whose);
        }
    }

    /// Puts what comes after it behind it.
    fn append(&mut self, after: Self) {
        for (row, strand) in after.0 {
            self.0.entry(row).or_default().append(strand);
        }
    }
}

impl Lineup {
    /// The next message in order of due moment, with what is told of it before it is counted.
    pub(super) fn next(&mut self, number: u32, told: Vec<Sample>) {
        self.open.insert(number, Open { told, after: Stretch::default() });
    }

    /// A message is counted, among these, with these samples besides those that were told before; among none if it does not count. It goes,
    /// with what lies behind it, to the rows if no open message lies before it.
    pub(super) fn count(
        &mut self,
        number: u32,
        (among, samples): (&[Among], &[Sample]),
        rows: &mut BTreeMap<(Among, usize), Row>,
    ) {
        let Some(Open { told, after }) = self.open.remove(&number) else { return };
        let samples = told.iter().chain(samples);
        if let Some((_, before)) = self.open.range_mut(..number).next_back() {
            samples.for_each(|sample| before.after.next(among, sample));
            before.after.append(after);
            return;
        }
        for sample in samples {
            for among in among {
                rows.entry((*among, sample.row)).or_default().next(sample.has, sample.whose);
            }
        }
        for (row, strand) in after.0 {
            rows.entry(row).or_default().append(&strand);
        }
    }
}
