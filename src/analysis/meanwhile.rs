//! What became of the messages that were due while a journey was down: that it was down says only that too few came in time.

use serde::Serialize;

use super::Mark;
use super::message::Told;
use super::outage::Around;

/// The messages that were due during an outage, from the first bad one until the first good one of its end was received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Meanwhile {
    /// Those that were good all the same.
    pub good: u64,
    /// Those that came, too late.
    pub late: u64,
    /// Those that had not come when the figures were taken: of a drill that was played to its end, they never did.
    pub missing: u64,
    /// Those that came in time and were damaged, or had crossed a boundary.
    pub spoilt: u64,
}

/// The same of each outage of a journey, by its position.
#[derive(Clone, Debug, Default)]
pub(super) struct Meanwhiles {
    outages: Vec<Meanwhile>,
    /// Those that were good since the last bad one: whether they lie within the outage, the next bad one says.
    since: u64,
}

impl Meanwhiles {
    /// The next message in order of due moment.
    pub(super) fn next(&mut self, mark: Option<Mark>, around: Around) {
        let Some(mark) = mark.filter(|_| around.inside) else { return };
        let good = match mark {
            Mark::Good => return self.since += 1,
            Mark::Bad => std::mem::take(&mut self.since),
        };
        // What was good after the last one of an outage before is none of this one's.
        if self.outages.len() > around.outage {
            self.of(around.outage).good += good;
        } else {
            self.of(around.outage);
        }
    }

    /// A message to which nothing happens any more, in no order.
    pub(super) fn count(&mut self, told: &Told<'_>, around: Around) {
        if told.counted() != Some(Mark::Bad) || !around.inside {
            return;
        }
        let due_by = told.due_by;
        let of = self.of(around.outage);
        *match told.completed {
            None => &mut of.missing,
            Some(at) if at > due_by => &mut of.late,
            Some(_) => &mut of.spoilt,
        } += 1;
    }

    fn of(&mut self, outage: usize) -> &mut Meanwhile {
        if self.outages.len() <= outage {
            self.outages.resize(outage + 1, Meanwhile::default());
        }
        &mut self.outages[outage]
    }

    /// Of one outage.
    pub(super) fn at(&self, outage: usize) -> Meanwhile {
        self.outages.get(outage).copied().unwrap_or_default()
    }
}
