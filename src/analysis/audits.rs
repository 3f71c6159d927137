//! What a gateway's audit trail tells, beside what the gateway was seen to do.
//!
//! An act is a try of a gateway to send a message on that was handed to a connection. Of a gateway of the user's own, whose tries nobody sees,
//! it is an attempt that it acknowledged. An entry tells of the earliest act that it fits and that no other entry tells of. What fits no act
//! tells of something that never happened.

use std::collections::{BTreeMap, BTreeSet};

use super::audited::{Amiss, AuditCell, AuditFigures, UntoldFigures};
use super::flows::Flows;
use crate::journal::{Act, Attempt, Audited, Ending, Onward};
use crate::limits::CROSSINGS_TOLD;
use crate::plan::Plan;
use crate::units::{EndpointId, JourneyId, MessageId, Moment, Numbers, PhaseId, Span};

/// What is told, by whom: the gateway, the message, and the endpoint by which it was sent on, if that is seen.
type Key = (EndpointId, MessageId, Option<EndpointId>);

/// Everything that audited gateways did, and what their trails tell of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Audits {
    /// Whether what each audited gateway does is seen: whether it is a twin.
    audited: BTreeMap<EndpointId, bool>,
    /// Acts of which it is not known yet where their connection led.
    done: Vec<Done>,
    /// Acts of which no entry tells so far.
    untold: BTreeMap<Key, BTreeSet<Acted>>,
    /// The same, the oldest first.
    by_age: BTreeSet<(Acted, Key)>,
    /// How many of them are remembered.
    known: usize,
    /// The messages of acts that are not remembered any more.
    forgotten: BTreeMap<(EndpointId, JourneyId), Numbers>,
    /// Entries that came and are not looked at yet.
    came: Vec<Audited>,
    /// The messages that were handed to each gateway.
    tried: BTreeMap<(EndpointId, JourneyId), Numbers>,
    cells: BTreeMap<(EndpointId, JourneyId, PhaseId), AuditCell>,
    /// The earliest entries of each gateway that tell of what never happened.
    wrong: BTreeMap<EndpointId, BTreeSet<(Moment, MessageId, Option<EndpointId>)>>,
    /// When each trail was read for the last time: until when everything has to be in it, if it was read to its end.
    ended: BTreeMap<EndpointId, Option<Moment>>,
    /// How many entries of each gateway came.
    entries: BTreeMap<EndpointId, u64>,
}

#[derive(Clone, Copy, Debug)]
struct Done {
    gateway: EndpointId,
    message: MessageId,
    /// By which endpoint, on which connection.
    by: Option<(EndpointId, Option<u64>)>,
    acted: Acted,
}

/// One act: when it began, when it was over, and in which phase its message was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Acted {
    began: Moment,
    at: Moment,
    phase: PhaseId,
    /// Tells apart what happened in one moment.
    number: u16,
}

impl Audits {
    /// Remembers at most so many acts of which nothing is told.
    pub(super) fn new(plan: &Plan, known: usize) -> Self {
        let seen = |id: EndpointId| plan.endpoints[id.index()].url.is_none();
        Self { audited: plan.audits().map(|(id, _)| (id, seen(id))).collect(), known, ..Self::default() }
    }

    /// An attempt has ended, of a message that was due in this phase.
    pub(super) fn attempt(&mut self, plan: &Plan, phase: PhaseId, attempt: &Attempt) {
        let &Attempt { message, number, sent: began, done: at, ending, .. } = attempt;
        if self.audited.is_empty() || ending == Ending::NotSent {
            return;
        }
        let route = plan.journeys.get(message.journey.index()).and_then(|one| one.routes.get(attempt.route.index()));
        let Some((&gateway, &seen)) = route.and_then(|route| self.audited.get_key_value(&route.endpoint)) else {
            return;
        };
        self.tried.entry((gateway, message.journey)).or_default().insert(message.number);
        if !seen && ending == Ending::Acknowledged {
            self.done.push(Done { gateway, message, by: None, acted: Acted { began, at, phase, number } });
        }
    }

    /// A gateway has sent a message on that was due in this phase.
    pub(super) fn onward(&mut self, phase: PhaseId, onward: &Onward) {
        let &Onward { message, number, gateway, endpoint, connection, sent: began, done: at, ending, .. } = onward;
        if ending != Ending::NotSent && self.audited.get(&gateway) == Some(&true) {
            let by = Some((endpoint, connection));
            self.done.push(Done { gateway, message, by, acted: Acted { began, at, phase, number } });
        }
    }

    /// An auditor has received an entry.
    pub(super) fn entry(&mut self, plan: &Plan, audited: &Audited) {
        let known = audited.message.journey.index() < plan.journeys.len();
        if known && self.audited.contains_key(&audited.gateway) {
            self.came.push(audited.clone());
        }
    }

    /// A trail was read for the last time.
    pub(super) fn ended(&mut self, gateway: EndpointId, until: Moment, whole: bool) {
        self.ended.insert(gateway, whole.then_some(until));
    }

    /// Looks at what happened until a moment: all of it has come, but for the attempts of messages that may be under way.
    pub(super) fn look(
        &mut self,
        plan: &Plan,
        flows: &mut Flows,
        until: Moment,
        under_way: impl Fn(MessageId, Moment) -> bool,
    ) {
        let (now, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.done).into_iter().partition(|done| done.acted.began <= until);
        self.done = later;
        for done in now {
            // What counts is where the connection really led; one that was made to nowhere was meant for that endpoint.
            let led = |(endpoint, connection): (EndpointId, Option<u64>)| {
                connection.and_then(|connection| flows.led_to(connection, done.acted.at)).unwrap_or(endpoint)
            };
            let key = (done.gateway, done.message, done.by.map(led));
            self.cell(done.gateway, done.message.journey, done.acted.phase).acts += 1;
            self.untold.entry(key).or_default().insert(done.acted);
            self.by_age.insert((done.acted, key));
        }
        let (mut now, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.came).into_iter().partition(|entry| entry.at <= until);
        self.came = later;
        now.sort_by_key(|entry| (entry.at, entry.gateway, entry.entry));
        for entry in now {
            let is_under_way = under_way(entry.message, entry.at);
            self.take(plan, &entry, is_under_way);
        }
        while self.by_age.len() > self.known {
            self.forget();
        }
    }

    /// Takes an entry of a message of which an attempt may have been under way when it came, and never have ended.
    fn take(&mut self, plan: &Plan, entry: &Audited, is_under_way: bool) {
        let &Audited { message, gateway, at, act, endpoint, .. } = entry;
        *self.entries.entry(gateway).or_default() += 1;
        let seen = self.audited.get(&gateway).copied().unwrap_or_default();
        let key = (gateway, message, endpoint.filter(|_| seen));
        if act == Act::SentOn && self.tell(key, at) {
            return;
        }
        let has = |numbers: Option<&Numbers>| numbers.is_some_and(|numbers| numbers.has(message.number));
        let tried = has(self.tried.get(&(gateway, message.journey)));
        // Of what is not seen it may have done more than was acknowledged; a refusal is one of many that a sender may have heard.
        let by_its_word = !seen || act == Act::Refused;
        if tried && by_its_word {
            return;
        }
        let phase = plan.phase_at(at).unwrap_or(PhaseId(0));
        // It may tell of an act that was forgotten, or of an attempt that was still waiting when nothing more was written down.
        let is_unsure = has(self.forgotten.get(&(gateway, message.journey))) || (by_its_word && is_under_way);
        let cell = self.cell(gateway, message.journey, phase);
        if is_unsure {
            cell.unsure += 1;
            return;
        }
        cell.wrong += 1;
        let wrong = self.wrong.entry(gateway).or_default();
        wrong.insert((at, message, endpoint));
        if wrong.len() > CROSSINGS_TOLD {
            wrong.pop_last();
        }
    }

    /// An entry came that tells of the earliest act that it fits, if there is one.
    fn tell(&mut self, key: Key, at: Moment) -> bool {
        let Some(acts) = self.untold.get_mut(&key) else { return false };
        let Some(acted) = acts.first().copied().filter(|acted| acted.began <= at) else { return false };
        acts.remove(&acted);
        if acts.is_empty() {
            self.untold.remove(&key);
        }
        self.by_age.remove(&(acted, key));
        let (gateway, message, _) = key;
        self.cell(gateway, message.journey, acted.phase).lag.record(at.since(acted.at));
        true
    }

    /// Lets go of the oldest act of which nothing is told.
    fn forget(&mut self) {
        let Some((acted, key)) = self.by_age.pop_first() else { return };
        if let Some(acts) = self.untold.get_mut(&key) {
            acts.remove(&acted);
            if acts.is_empty() {
                self.untold.remove(&key);
            }
        }
        let (gateway, message, _) = key;
        self.forgotten.entry((gateway, message.journey)).or_default().insert(message.number);
        self.cell(gateway, message.journey, acted.phase).forgotten += 1;
    }

    fn cell(&mut self, gateway: EndpointId, journey: JourneyId, phase: PhaseId) -> &mut AuditCell {
        self.cells.entry((gateway, journey, phase)).or_insert_with(|| AuditCell::new(gateway, journey, phase))
    }

    /// Gateway by gateway, in the order of the plan.
    pub(super) fn figures(&self, plan: &Plan) -> Vec<AuditFigures> {
        let mut cells = self.cells.clone();
        let mut missing: BTreeMap<EndpointId, BTreeSet<(Moment, MessageId, Option<EndpointId>)>> = BTreeMap::new();
        let mut waited = Span::MAX;
        for (&(gateway, message, endpoint), acts) in &self.untold {
            for acted in acts {
                let Some(cell) = cells.get_mut(&(gateway, message.journey, acted.phase)) else { continue };
                match self.ended.get(&gateway).copied().flatten() {
                    Some(until) if acted.at <= until => {
                        cell.missing += 1;
                        waited = waited.min(until.since(acted.at));
                        let told = missing.entry(gateway).or_default();
                        told.insert((acted.at, message, endpoint));
                        if told.len() > CROSSINGS_TOLD {
                            told.pop_last();
                        }
                    }
                    // It ended after the trail was read for the last time.
                    Some(_) => cell.acts -= 1,
                    None => cell.open += 1,
                }
            }
        }
        for cell in cells.values_mut() {
            cell.wait(waited);
        }
        let none = BTreeSet::new();
        let of = |gateway: EndpointId| {
            let cells: Vec<AuditCell> = cells.values().filter(|cell| cell.gateway == gateway).cloned().collect();
            let missing = missing.get(&gateway).unwrap_or(&none).iter().map(|one| (Amiss::Missing, *one));
            let wrong = self.wrong.get(&gateway).unwrap_or(&none).iter().map(|one| (Amiss::Wrong, *one));
            let first = missing.chain(wrong).map(|(what, one)| UntoldFigures::of(plan, what, one)).collect();
            let entries = self.entries.get(&gateway).copied().unwrap_or_default();
            AuditFigures::of(plan, gateway, (entries, first), cells)
        };
        self.audited.keys().map(|gateway| of(*gateway)).collect()
    }
}
