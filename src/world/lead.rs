//! How much earlier than it is due a timer of the sockets world is armed.
//!
//! From the moment for which the kernel's timer is armed to the moment at which the task runs, it takes some tens of microseconds, more the
//! longer the processor has slept, and most of that is the same every time. A timer is armed that much earlier, and what is then left is
//! waited out by the task. Why, and what it gives, is in `docs/decisions/0017-timers.md`.

use crate::limits::{PRECISE_SPIN, SPIN, SPIN_BURST, SPIN_SHARE};
use crate::units::{Moment, Span};

/// How exactly the sockets world wakes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    precise: bool,
}

impl Timing {
    /// Half of the wakes within about 20 µs, for a hundredth of a core at the most ([`SPIN_SHARE`]).
    #[must_use]
    pub fn normal() -> Self {
        Self { precise: false }
    }

    /// Half of the wakes within a microsecond or two: a worker spins through the last stretch, up to [`PRECISE_SPIN`] for each timer. For
    /// few timers at a time, on a machine with a core to spare.
    #[must_use]
    pub fn precise() -> Self {
        Self { precise: true }
    }
}

/// Sleeps by length, each class twice as long as the one before; the first is up to 64 µs, the last from 131 ms on.
const CLASSES: usize = 12;
const FIRST_CLASS: u64 = 64_000;

/// What is assumed before anything was seen.
const FIRST_LEAD: Span = Span::from_micros(40);

/// The lateness of wakes, by the length of the sleep: in normal timing about its median, in precise timing what few wakes exceed.
pub(super) struct Leads {
    timing: Timing,
    /// How late, and how many wakes say so.
    by_class: [(Span, u32); CLASSES],
    /// Everything that was spun, were it spun evenly at its share, would have taken until then.
    spun_until: Moment,
}

impl Leads {
    pub(super) fn new(timing: Timing) -> Self {
        Self { timing, by_class: [(FIRST_LEAD, 0); CLASSES], spun_until: Moment::ZERO }
    }

    /// The longest that a task may wait out itself.
    pub(super) fn spin(&self, now: Moment) -> Span {
        if self.timing.precise {
            PRECISE_SPIN
        } else if self.spun_until <= now + SPIN_BURST * SPIN_SHARE {
            SPIN
        } else {
            Span::ZERO
        }
    }

    /// A task is about to wait for so long by itself.
    pub(super) fn spend(&mut self, now: Moment, span: Span) {
        self.spun_until = self.spun_until.max(now) + span * SPIN_SHARE;
    }

    /// When to arm for what is due at `due`: early by what the wake will take.
    pub(super) fn armed(&self, now: Moment, due: Moment) -> Moment {
        if due == Moment::MAX || self.spin(now).is_zero() {
            due
        } else {
            due.before(self.by_class[class(due.since(now))].0)
        }
    }

    /// A wake from a sleep of `slept` took `late`. What took longer than anybody waits out says how busy the machine is, and not what a
    /// wake takes.
    pub(super) fn learn(&mut self, slept: Span, late: Span) {
        if late > PRECISE_SPIN {
            return;
        }
        let (lead, seen) = &mut self.by_class[class(slept)];
        let (above, below) = (late.saturating_sub(*lead), lead.saturating_sub(late));
        // Large steps at first, then small ones, so that no single wake on a busy machine counts for much.
        let step = |span: Span, part: u64, most: u64| {
            let part = part.min(1 + u64::from(*seen));
            Span::from_nanos(span.nanos() / part).min(Span::from_micros(most.max(64 >> (*seen).min(6))))
        };
        let (up, down) = if self.timing.precise {
            (step(above, 4, 20), step(below, 64, 1))
        } else {
            (step(above, 8, 4), step(below, 8, 4))
        };
        *lead = (*lead + up).saturating_sub(down).min(PRECISE_SPIN);
        *seen = seen.saturating_add(1);
    }
}

fn class(slept: Span) -> usize {
    let doublings = (slept.nanos() / FIRST_CLASS).checked_ilog2().map_or(0, |log| log as usize + 1);
    doublings.min(CLASSES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Moment {
        Moment::ZERO + Span::from_micros(micros)
    }

    /// What is armed ahead of a sleep of 20 ms after wakes that took 100 to 140 µs, and one in twenty 5 ms.
    fn learned(timing: Timing) -> Span {
        let mut leads = Leads::new(timing);
        let slept = Span::from_millis(20);
        for n in 0..400 {
            let late = if n % 20 == 10 { 5_000 } else { 100 + n * 7 % 41 };
            leads.learn(slept, Span::from_micros(late));
        }
        let due = at(0) + slept;
        due.since(leads.armed(at(0), due))
    }

    #[test]
    fn normal_timing_learns_what_wakes_take() {
        let lead = learned(Timing::normal());
        assert!(lead >= Span::from_micros(110) && lead <= Span::from_micros(130), "{lead}");
    }

    #[test]
    fn precise_timing_learns_what_few_wakes_exceed() {
        let lead = learned(Timing::precise());
        assert!(lead >= Span::from_micros(130) && lead <= Span::from_micros(200), "{lead}");
    }

    #[test]
    fn sleeps_of_one_length_say_nothing_of_others() {
        let mut leads = Leads::new(Timing::normal());
        (0..100).for_each(|_| leads.learn(Span::from_millis(200), Span::from_micros(300)));
        assert_eq!(leads.armed(at(0), at(1_000)), at(1_000).before(FIRST_LEAD));
        assert!(leads.armed(at(0), at(200_000)) <= at(200_000 - 290));
    }

    #[test]
    fn never_is_never() {
        let leads = Leads::new(Timing::precise());
        assert_eq!(leads.armed(at(5), Moment::MAX), Moment::MAX);
    }

    /// A timer every 50 µs, waited out for 40 µs each, for ten seconds: no more than the share, and the burst once.
    #[test]
    fn waiting_out_takes_a_small_share() {
        let mut leads = Leads::new(Timing::normal());
        let (mut spun, each) = (Span::ZERO, Span::from_micros(40));
        for n in 0..200_000 {
            if !leads.spin(at(50 * n)).is_zero() {
                leads.spend(at(50 * n), each);
                spun = spun + each;
            }
        }
        let most = Span::from_nanos(Span::from_secs(10).nanos() / SPIN_SHARE) + SPIN_BURST + each;
        assert!(spun <= most && spun + each * 2 >= most, "{spun}");
        leads.spend(at(10_000_000), Span::from_millis(1));
        assert_eq!(leads.armed(at(10_000_000), at(10_001_000)), at(10_001_000), "then nothing is armed early");
    }
}
