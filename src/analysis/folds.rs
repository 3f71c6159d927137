use std::sync::Arc;

use super::auditors::Auditors;
use super::audits::Audits;
use super::books::Books;
use super::flows::Flows;
use super::hits::Hits;
use super::inspections::Inspections;
use super::journey::JourneyFold;
use super::lag::Lags;
use super::leavers::Leavers;
use super::ledger::Ledger;
use super::live::{Failures, Live, Standing};
use super::message;
use super::misfits::Doubts;
use super::observed::Watched;
use super::patience::Patience;
use super::recovery::Switching;
use super::settle::{Course, LOOK_AFTER};
use super::shared::Papers;
use super::touched::Touched;
use super::tried::TriedBy;
use super::{Basis, Messages};
use crate::draw::Seed;
use crate::journal::{
    Attempt, CallEnd, Control, Decision, Event, Gap, Inspected, Onward, Receipt, Record, Seal, Shared, Unsent,
    UnsentCause,
};
use crate::limits::ACTS_KNOWN;
use crate::plan::{Half, Journey, Plan, Route, Sensitivity};
use crate::units::{AccountId, InjectId, JourneyId, MessageId, Moment, PhaseId, RouteId, Span};

/// Folds the journal, record by record. The same folds run live and offline, and give the same final figures whatever the order in
/// which the records came.
#[derive(Clone, Debug)]
pub struct Folds {
    pub(super) plan: Arc<Plan>,
    pub(super) courses: Vec<Course>,
    pub(super) hits: Hits,
    pub(super) watched: Watched,
    pub(super) touched: Touched,
    pub(super) flows: Flows,
    pub(super) books: Books,
    pub(super) audits: Audits,
    pub(super) auditors: Auditors,
    pub(super) inspections: Inspections,
    pub(super) papers: Papers,
    pub(super) leavers: Leavers,
    pub(super) lags: Lags,
    pub(super) live: Live,
    /// Journey by journey.
    pub(super) tried: Vec<TriedBy>,
    pub(super) switching: Vec<Switching>,
    pub(super) controls: Vec<Control>,
    pub(super) gaps: Vec<Gap>,
    pub(super) seals: Vec<Seal>,
    /// Unsent messages by cause: slots, lag, stopped, turn.
    pub(super) unsent: [u64; 4],
    /// Message records, receipts, and records about journeys that the plan does not have.
    pub(super) messages: u64,
    pub(super) receipts: u64,
    pub(super) foreign: u64,
    pub(super) position: u64,
    pub(super) latest: Moment,
    /// The latest due moment: everything that was due before is in the journal, or late.
    pub(super) latest_due: Moment,
    /// Records since it was last looked what can be told, after how many it will be, and after how many it is at least.
    pub(super) unsettled: usize,
    pub(super) next_look: usize,
    pub(super) look_after: usize,
}

impl Folds {
    /// Folds for a plan. Nothing is drawn, but figures stand for the play of a seed, which a caller must have decided by now.
    pub fn new(plan: Arc<Plan>, seed: Seed) -> Self {
        let course = |(id, journey): (JourneyId, &Journey)| {
            let ends_with = |route: &Route| {
                if plan.has_receipts(journey, route.endpoint) { Basis::Delivery } else { Basis::Acceptance }
            };
            let bases: Vec<Basis> = journey.routes.iter().map(ends_with).collect();
            let planned = journey.planned(plan.end().since(Moment::ZERO));
            let patience = Patience::of(&plan, journey);
            let told = JourneyFold::new(&plan, id, bases.clone(), patience.settled());
            Course::new(Ledger::new(bases, planned, Doubts::of(&plan, journey), patience), told, journey)
        };
        Self {
            courses: plan.journey_ids().map(course).collect(),
            hits: Hits::new(&plan),
            watched: Watched::new(&plan),
            touched: Touched::new(&plan),
            flows: Flows::default(),
            books: Books::default(),
            audits: Audits::new(&plan, ACTS_KNOWN),
            auditors: Auditors::new(&plan),
            inspections: Inspections::default(),
            papers: Papers::default(),
            leavers: Leavers::new(&plan, seed),
            lags: Lags::new(&plan),
            live: Live::default(),
            tried: vec![TriedBy::new(); plan.journeys.len()],
            switching: vec![Switching::default(); plan.injects.len()],
            controls: Vec::new(),
            gaps: Vec::new(),
            seals: Vec::new(),
            unsent: [0; 4],
            messages: 0,
            receipts: 0,
            foreign: 0,
            position: 0,
            latest: Moment::ZERO,
            latest_due: Moment::ZERO,
            unsettled: 0,
            next_look: LOOK_AFTER,
            look_after: LOOK_AFTER,
            plan,
        }
    }

    /// Looks after so many records what can be told and need not be kept, instead of after some thousands. The figures are the same.
    #[must_use]
    pub fn looking_after(mut self, records: usize) -> Self {
        (self.next_look, self.look_after) = (records, records);
        self
    }

    /// Takes in the record that stands at `position` of the journal, counted from 0.
    pub fn record(&mut self, position: u64, record: &Record) {
        self.position = self.position.max(position + 1);
        self.latest = self.latest.max(record.at());
        match record {
            Record::Message(message) => self.messages += u64::from(self.knows(message.id)),
            Record::Receipt(_) => self.receipts += 1,
            _ => {}
        }
        if let Record::Message(message) = record {
            self.latest_due = self.latest_due.max(message.due);
        }
        self.apply(record);
        self.settle_now_and_then();
    }

    fn apply(&mut self, record: &Record) {
        match record {
            Record::Message(message) => {
                for early in self.change(message.id, |ledger| ledger.message(message)).unwrap_or_default() {
                    self.apply(&early);
                }
            }
            Record::Unsent(unsent) if !self.put_off(unsent.message, record) => {
                self.unsent[match unsent.cause {
                    UnsentCause::Slots => 0,
                    UnsentCause::Lag => 1,
                    UnsentCause::Stopped => 2,
                    UnsentCause::Turn => 3,
                }] += 1;
                self.change(unsent.message, |ledger| ledger.unsent(unsent));
            }
            Record::Attempt(attempt) if !self.put_off(attempt.message, record) => self.attempt(attempt),
            Record::Receipt(receipt) if self.is_over(receipt.message) => self.again(receipt),
            Record::Unsent(Unsent { message, .. })
            | Record::Attempt(Attempt { message, .. })
            | Record::Onward(Onward { message, .. })
            | Record::Inspected(Inspected { message, .. })
                if self.is_over(*message) =>
            {
                self.courses[message.journey.index()].ledger.misfits.overdue += 1;
            }
            Record::Receipt(receipt) if !self.put_off(receipt.message, record) => {
                self.receipt(receipt);
            }
            Record::Onward(onward) if !self.put_off(onward.message, record) => self.onward(onward),
            Record::Inspected(inspected) if !self.put_off(inspected.message, record) => self.inspected(inspected),
            Record::Hit(hit) => {
                self.hits.record(&self.plan, hit);
                self.auditors.hit(&self.plan, hit);
                self.flows.hit(hit);
            }
            Record::Hop(hop) => {
                self.hits.hop(hop);
                self.flows.hop(&self.plan, hop);
            }
            Record::Entry(entry) => self.books.record(&self.plan, entry),
            Record::Audited(audited) => {
                self.auditors.entry(audited);
                self.audits.entry(&self.plan, audited);
            }
            Record::Shared(shared) => self.shared(shared),
            Record::Observed(observed) => self.watched.record(&self.plan, observed),
            Record::Control(control) => self.control(control),
            Record::Gap(gap) => self.gaps.push(gap.clone()),
            Record::Stall(stall) => self.courses.iter_mut().for_each(|course| course.told.stall(stall)),
            Record::Seal(seal) => self.seals.push(seal.clone()),
            // Of what was dialled its hop says where it led.
            Record::Dialled(_)
            | Record::Unsent(_)
            | Record::Attempt(_)
            | Record::Onward(_)
            | Record::Inspected(_)
            | Record::Receipt(_) => {}
        }
    }

    fn knows(&self, id: MessageId) -> bool {
        id.journey.index() < self.courses.len()
    }

    /// Whether a message was counted already, so that nothing was to come any more.
    fn is_over(&self, id: MessageId) -> bool {
        self.courses.get(id.journey.index()).is_some_and(|course| course.ledger.is_over(id.number))
    }

    /// A receipt of a message that is over: one more, or the first, of which nothing can be told now but that it came.
    fn again(&mut self, receipt: &Receipt) {
        let course = &mut self.courses[receipt.message.journey.index()];
        if course.told.is_missing(receipt.message.number, receipt.recipient) {
            course.ledger.misfits.overdue += 1;
            course.ledger.misfits.overdue_receipts += 1;
        } else {
            course.told.again(receipt);
        }
        self.leavers.again(receipt);
    }

    /// Keeps a record until its message is known. Says whether nothing more is to be done about it now.
    fn put_off(&mut self, id: MessageId, record: &Record) -> bool {
        let Some(course) = self.courses.get_mut(id.journey.index()) else {
            // A gateway was told so, maybe by flipped bits.
            let told = matches!(record, Record::Onward(_) | Record::Inspected(_)) && self.plan.flips_bits();
            self.foreign += u64::from(!told);
            return true;
        };
        course.ledger.put_off(id.number, || record.clone())
    }

    /// Changes the row of a message, and the counters with it.
    pub(super) fn change<T>(&mut self, id: MessageId, change: impl FnOnce(&mut Ledger) -> T) -> Option<T> {
        let Some(course) = self.courses.get_mut(id.journey.index()) else {
            self.foreign += 1;
            return None;
        };
        let ledger = &mut course.ledger;
        let before = standing(ledger, id.number);
        let result = change(ledger);
        if let Some(now) = standing(ledger, id.number) {
            self.live.change(id, before, now);
        }
        Some(result)
    }

    fn attempt(&mut self, attempt: &Attempt) {
        let id = attempt.message;
        self.change(id, |ledger| ledger.attempt(attempt));
        self.courses[id.journey.index()].ledger.relies(&self.plan, attempt);
        if let Some(connection) = attempt.connection {
            self.hits.carries(connection);
        }
        self.flows.attempt(attempt);
        self.papers.attempt(&self.plan, attempt);
        if let Some((row, _)) = self.courses[id.journey.index()].ledger.row(id.number) {
            let ready = row.due.max(attempt.slot_at);
            let deadline = self.plan.journeys[id.journey.index()].deadline;
            self.lags.record(id.journey, deadline, ready, attempt.sent);
            let phase = self.plan.phase_at(row.due).unwrap_or(PhaseId(0));
            self.tried[id.journey.index()].entry((phase, attempt.route)).or_default().record(attempt);
            self.live.attempt(row.account, attempt);
            self.leavers.attempt(&self.plan, row.account, attempt);
            self.audits.attempt(&self.plan, phase, attempt);
        }
    }

    /// A gateway has sent a message on.
    fn onward(&mut self, onward: &Onward) {
        if let Some(connection) = onward.connection {
            self.hits.carries(connection);
        }
        if let Some(course) = self.courses.get_mut(onward.message.journey.index()) {
            course.ledger.onward(onward);
            let due = course.ledger.row(onward.message.number).map(|(row, _)| row.due);
            let phase = due.and_then(|due| self.plan.phase_at(due)).unwrap_or(PhaseId(0));
            self.audits.onward(phase, onward);
        }
        self.flows.onward(&self.plan, onward);
    }

    /// A gateway had a message inspected.
    fn inspected(&mut self, inspected: &Inspected) {
        if let Some(connection) = inspected.connection {
            self.hits.carries(connection);
        }
        let (id, plan) = (inspected.message, &self.plan);
        let Some(course) = self.courses.get_mut(id.journey.index()) else { return };
        let content = plan.journeys[id.journey.index()].sensitivity(id);
        course.ledger.inspected(inspected, matches!(content, Sensitivity::Violation(_)));
        if let Some((row, _)) = course.ledger.row(id.number) {
            self.inspections.record(plan, (row.due, row.account), inspected);
        }
        self.flows.inspected(plan, inspected);
    }

    /// A document was read, or told from one store to another.
    fn shared(&mut self, shared: &Shared) {
        self.papers.record(&self.plan, shared);
        let Shared::Synced(synced) = shared else { return };
        if let Some(connection) = synced.connection {
            self.hits.carries(connection);
        }
        for course in self
            .courses
            .iter_mut()
            .zip(0_u16..)
            .filter(|(_, id)| synced.is_of(JourneyId(*id)))
            .map(|(course, _)| course)
        {
            course.ledger.synced(synced);
        }
        self.flows.synced(&self.plan, synced);
    }

    fn control(&mut self, control: &Control) {
        // Probes are in no figure, and as many as a long failover makes them.
        if matches!(control.event, Event::Probed { .. }) {
            return;
        }
        self.controls.push(control.clone());
        match &control.event {
            Event::Applied(inject) => {
                self.switching.get_mut(inject.index()).map(|switching| switching.applied.insert(control.at));
            }
            Event::Calling(inject, Half::Act) => {
                self.switching.get_mut(inject.index()).map(|switching| switching.acting.insert(control.at));
            }
            Event::Called(called) if called.came.end == CallEnd::Rehearsed => {
                if let Some(switching) = self.switching.get_mut(called.inject.index()) {
                    switching.rehearsed = true;
                }
            }
            Event::Lifted(inject) => {
                self.switching.get_mut(inject.index()).map(|switching| switching.lifted.insert(control.at));
            }
            Event::AuditEnded { gateway, until, whole } => self.audits.ended(*gateway, *until, *whole),
            Event::Switched { journey, account, to, .. } => {
                if let Some(course) = self.courses.get_mut(journey.index()) {
                    course.ledger.switches.insert((control.at, *account, *to));
                    self.live.switched(*journey, *to, *account);
                }
            }
            Event::Decided { decision: Decision::Detector { journey, n_down, .. }, .. } => {
                self.courses.get_mut(journey.index()).map(|course| course.detectors.insert((control.at, *n_down)));
            }
            _ => {}
        }
    }

    /// How many records it has taken in: the position that a decision stands on.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Messages by outcome, as they stand now.
    pub fn counts(&self) -> Messages {
        self.live.messages
    }

    /// Deliveries that are owed and not in.
    pub fn pending(&self) -> u64 {
        self.live.pending
    }

    /// Until when the drain waits for deliveries that are owed and not in: `grace` after the latest of their acknowledgements. `None`
    /// = for nothing.
    pub fn drained_by(&self, grace: Span) -> Option<Moment> {
        self.live.latest_waiting().map(|acknowledged| acknowledged + grace)
    }

    /// Units that an inject has hit.
    pub fn hits(&self, inject: InjectId) -> u64 {
        self.hits.injects.get(inject.index()).map_or(0, |hits| hits.units)
    }

    /// Attempts in a row on a route that were not acknowledged: of the whole journey, or of one account. `None` = none was made since
    /// the route came into force.
    pub fn failures(&self, journey: JourneyId, route: RouteId, account: Option<AccountId>) -> Option<&Failures> {
        self.live.failures(journey, route, account)
    }
}

fn standing(ledger: &Ledger, number: u32) -> Option<Standing> {
    ledger.row(number).map(|(row, slots)| Standing {
        fate: message::fate(row, slots),
        acked: row.acked,
        pending: message::pending(&ledger.bases, row, slots),
    })
}

impl crate::journal::Sink for Folds {
    fn record(&mut self, position: u64, record: &Record) {
        Self::record(self, position, record);
    }
}
