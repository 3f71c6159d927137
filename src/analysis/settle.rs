//! When a message is told: as soon as nothing that may still come changes it, by the moments in the records. So the order in which records
//! come leaves no trace, as long as those of one moment are no more than [`RECORDS_APART`](crate::limits::RECORDS_APART) apart.

use std::collections::BTreeSet;

use super::hits::crowded_out_by_injects;
use super::journey::JourneyFold;
use super::ledger::Ledger;
use super::message::{Fate, Horizon, Told, is_open, last_heard};
use super::outage::N_DOWN_BEFORE;
use super::reorder::Arrivals;
use super::row::{Row, Slot};
use super::tally::Beside;
use super::touched::join;
use super::{Basis, Folds};
use crate::limits::ROWS_AT_ONCE;
use crate::plan::{Journey, Plan, Recipients};
use crate::units::{AccountId, JourneyId, MessageId, Moment, PhaseId, Span};

/// The messages of one journey, from their records to their figures.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) ledger: Ledger,
    pub(super) told: JourneyFold,
    pub(super) arrivals: Arrivals,
    pub(super) deadline: Span,
    /// Whether each reader has a stream of his own.
    pub(super) to_all: bool,
    /// Since when which `n_down` was in force.
    pub(super) detectors: BTreeSet<(Moment, u32)>,
}

/// For what messages are told: the records until `horizon`, or the last time, whatever they lack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    pub(super) horizon: Horizon,
    pub(super) last: bool,
}

impl Pass {
    /// Everything that happened until then, and belongs together, has come.
    fn quiet_until(&self, patience: Span) -> Moment {
        if self.last { Moment::MAX } else { self.horizon.at.before(patience) }
    }
}

impl Folds {
    /// Looks which messages can be told, now and then.
    pub(super) fn settle_now_and_then(&mut self) {
        self.unsettled += 1;
        if self.unsettled < self.next_look {
            return;
        }
        self.settle_until(self.latest_due);
    }

    /// Tells what can be told by a moment, and lets go of it. It leaves no trace that it was looked then.
    pub(super) fn settle_until(&mut self, at: Moment) {
        self.unsettled = 0;
        self.settle(Pass { horizon: Horizon { at: at.min(self.latest_due), finished: false }, last: false });
        self.next_look = self.look_after.max(self.kept() / 2);
    }

    /// Tells what can be told, and lets go of it.
    pub(super) fn settle(&mut self, pass: Pass) {
        let quiet = self.courses.iter().map(|course| course.ledger.patience.quiet).max().unwrap_or_default();
        let until = pass.quiet_until(quiet);
        if until == Moment::ZERO {
            return;
        }
        let waiting = join(&self.plan, &mut self.hits, &mut self.courses, (pass, until));
        self.touched.take(&self.plan, &mut self.hits, &waiting, until);
        self.hits.forget();
        let courses = &self.courses;
        // Whoever waits for an answer in a drill that has not ended by itself is in no record of an attempt.
        let under_way = |id: MessageId, at: Moment| {
            let course = courses.get(id.journey.index()).filter(|_| pass.last && !pass.horizon.finished);
            at + quiet > pass.horizon.at && course.is_some_and(|course| course.ledger.row(id.number).is_some())
        };
        self.audits.look(&self.plan, &mut self.flows, until, under_way);
        self.courses.iter_mut().for_each(|course| course.ledger.forget_syncs(until));
        for handed_on in self.flows.join(&self.plan, &mut self.courses, until) {
            self.inspections.handed_on(handed_on);
        }
        let courses = &self.courses;
        let is_over = |id: MessageId| courses[id.journey.index()].ledger.is_over(id.number);
        self.leavers.look(&self.plan, &self.switching, until, is_over);
        self.books.look(&self.plan, until, |id| courses[id.journey.index()].phase_of(&self.plan, id.number));
        for (journey, course) in (0_u16..).map(JourneyId).zip(&mut self.courses) {
            let given_up = course.settle(pass, until);
            self.live.forget(journey, &given_up);
        }
        let courses = &self.courses;
        let is_over = |id: MessageId| courses[id.journey.index()].ledger.is_over(id.number);
        self.inspections.settle(&self.plan, |id| pass.last || is_over(id));
    }

    /// How many messages and hits are kept, because something may still happen to them: bounded by what is due within the time that the
    /// plan gives a message, and what is not delivered, however long the drill is.
    pub fn kept(&self) -> usize {
        self.courses.iter().map(|course| course.ledger.kept()).sum::<usize>() + self.hits.bites.len()
    }
}

impl Course {
    /// The phase in which a message was due, whether it was told already or not.
    fn phase_of(&self, plan: &Plan, number: u32) -> PhaseId {
        let due = self.ledger.row(number).and_then(|(row, _)| plan.phase_at(row.due));
        due.unwrap_or_else(|| self.told.phase_of(number))
    }

    pub(super) fn new(ledger: Ledger, told: JourneyFold, journey: &Journey) -> Self {
        Self {
            ledger,
            told,
            arrivals: Arrivals::default(),
            deadline: journey.deadline,
            to_all: matches!(journey.to, Recipients::All(_)),
            detectors: BTreeSet::new(),
        }
    }

    /// How many bad messages in a row make an outage, for a message due then.
    pub(super) fn n_down(&self, due: Moment) -> u32 {
        let until = self.detectors.range(..=(due, u32::MAX)).next_back();
        until.map_or(N_DOWN_BEFORE, |(_, n_down)| *n_down)
    }

    /// Tells what can be told; everything that happened `until` then has come. Gives what was given up, with when it was acknowledged.
    fn settle(&mut self, pass: Pass, until: Moment) -> Vec<(u32, Moment)> {
        self.decide_crowded_out(until);
        self.take_arrivals(until);
        self.judge(pass);
        let hit: BTreeSet<u32> =
            self.ledger.tries.iter().filter(|attempt| attempt.hit).map(|attempt| attempt.message).collect();
        let given_up = self.count_open(pass, &hit);
        self.tell(pass, &hit);
        if !pass.last {
            self.arrivals.forget_before(self.ledger.next_to_tell().map_or(self.ledger.end(), |(number, _)| number));
            self.ledger.compact();
        }
        given_up
    }

    fn decide_crowded_out(&mut self, until: Moment) {
        let injected = crowded_out_by_injects(&self.ledger, self.ledger.patience.thinks, until);
        self.ledger.crowded_out_by_injects.extend(injected);
        self.ledger.crowded_out.retain(|_, given_up| given_up.at > until);
    }

    fn take_arrivals(&mut self, until: Moment) {
        for (at, number, sender, reader) in self.ledger.arrivals(until) {
            let whose = (sender, self.reader(reader));
            if let Some(late) = self.arrivals.next(whose, number, at) {
                self.ledger.late.entry(number).or_default().push(late);
            }
        }
    }

    fn reader(&self, reader: AccountId) -> AccountId {
        if self.to_all { reader } else { AccountId(0) }
    }

    /// Judges the messages that are as good or bad as they will ever be.
    fn judge(&mut self, pass: Pass) {
        while self.ledger.unjudged < self.ledger.end() {
            let number = self.ledger.unjudged;
            if !self.judge_one(pass, number) {
                return;
            }
            self.ledger.unjudged += 1;
        }
    }

    fn judge_one(&mut self, pass: Pass, number: u32) -> bool {
        let Some((row, slots)) = self.ledger.row(number) else {
            // Its record was lost, if it has not come by when it would have been judged.
            let next = self.ledger.due_from(number);
            return pass.last || next.is_some_and(|due| due + self.ledger.patience.judged <= pass.horizon.at);
        };
        if !self.can_be_judged(pass, number, row, slots) {
            return false;
        }
        let (row, slots) = self.ledger.as_judged(number).unwrap_or((row, slots));
        let told = Told::new(&self.ledger, number, (row, slots), self.deadline, pass.horizon);
        let n_down = self.n_down(row.due);
        self.told.judge(&told, n_down);
        let mark = told.mark;
        self.ledger.judge(number, mark);
        true
    }

    fn can_be_judged(&self, pass: Pass, number: u32, row: &Row, slots: &[Slot]) -> bool {
        pass.last || self.is_over(pass, number, row, slots) || row.due + self.ledger.patience.judged <= pass.horizon.at
    }

    /// Whether nothing happens to a message any more.
    fn is_over(&self, pass: Pass, number: u32, row: &Row, slots: &[Slot]) -> bool {
        let heard = last_heard(row, slots) + self.ledger.patience.after_message;
        pass.last
            || heard <= pass.horizon.at
                && !is_open(&self.ledger.patience, &self.ledger.bases, row, slots)
                && !self.ledger.crowded_out.contains_key(&number)
    }

    /// Tells the messages that were judged and of which it is certain where among the outages they lie.
    fn tell(&mut self, pass: Pass, hit: &BTreeSet<u32>) {
        let certain = if pass.last { Moment::MAX } else { self.told.certain_before() };
        while let Some((number, due)) = self.ledger.next_to_tell() {
            if number >= self.ledger.unjudged || (due >= certain && due != Moment::MAX) {
                return;
            }
            let Some((row, slots)) = self.ledger.row(number) else {
                self.told.unknown(number);
                self.ledger.told(false);
                continue;
            };
            let as_judged = self.ledger.as_judged(number).unwrap_or((row, slots));
            let told = Told::new(&self.ledger, number, as_judged, self.deadline, pass.horizon);
            self.told.tell(&told);
            let over = self.is_over(pass, number, row, slots);
            if over {
                self.count(pass, number, hit);
            } else {
                self.keep_open(number);
            }
            self.ledger.told(!over);
        }
    }

    fn keep_open(&mut self, number: u32) {
        let Some((row, slots)) = self.ledger.row(number) else { return };
        for slot in slots.iter().filter(|slot| !slot.arrived) {
            self.arrivals.keep_open((row.account, self.reader(slot.recipient)), number);
        }
    }

    /// Counts a message that was told.
    fn count(&mut self, pass: Pass, number: u32, hit: &BTreeSet<u32>) {
        let late = self.ledger.late.remove(&number).unwrap_or_default();
        let crowded_out = self.ledger.crowded_out_by_injects.remove(&number);
        let Some((row, slots)) = self.ledger.row(number) else { return };
        let both = row.unsent.is_some() && row.attempts > 0;
        let unsent = row.unsent.is_some() && row.attempts == 0;
        let hit = if unsent { crowded_out } else { hit.contains(&number) || row.hit_on_its_way };
        let told = Told::new(&self.ledger, number, (row, slots), self.deadline, pass.horizon);
        let accepted = told.fate == Fate::Accepted;
        self.told.count(&told, Beside { hit, late: &late });
        self.ledger.failed.over(number, accepted);
        self.ledger.misfits.both += u64::from(both);
    }

    /// Counts the messages that were told although they were open, and are over.
    fn count_open(&mut self, pass: Pass, hit: &BTreeSet<u32>) -> Vec<(u32, Moment)> {
        let mut given_up = Vec::new();
        let open: Vec<u32> = self.ledger.open().collect();
        for number in open {
            let Some((row, slots)) = self.ledger.row(number) else { continue };
            let in_vain = self.is_in_vain(pass, row, slots);
            if !in_vain && !self.is_over(pass, number, row, slots) {
                continue;
            }
            for slot in slots.iter().filter(|slot| !slot.arrived) {
                self.arrivals.give_up((row.account, self.reader(slot.recipient)), number);
            }
            if in_vain {
                given_up.push((number, row.acked));
            }
            self.count(pass, number, hit);
            self.ledger.close(number);
        }
        given_up
    }

    /// Whether receipts of a message that was taken may still come.
    pub(super) fn is_awaited(&self, pass: Pass, row: &Row) -> bool {
        let has_receipts = self.ledger.bases.get(row.acked_route.index()) == Some(&Basis::Delivery);
        !pass.last && has_receipts && self.ledger.patience.given_up(row.due) > pass.horizon.at
    }

    /// Whether a message is waited for no longer: taken, and not received by when whatever may have held it is long over.
    fn is_in_vain(&self, pass: Pass, row: &Row, slots: &[Slot]) -> bool {
        let sent_again = row.acks == 0 && self.ledger.patience.may_be_sent_again(row);
        !pass.last
            && row.attempts > 0
            && !sent_again
            && is_open(&self.ledger.patience, &self.ledger.bases, row, slots)
            && self.ledger.patience.given_up(row.due) <= pass.horizon.at
    }
}

/// How many records are taken in, at least, before it is looked what can be told.
pub(super) const LOOK_AFTER: usize = ROWS_AT_ONCE;
