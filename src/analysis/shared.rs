//! What became of changes of shared documents, and how old what readers got was.
//!
//! A change is lost if it was acknowledged and is in nothing that is there in the end, at no store and in no conflicting copy. It is a
//! conflict that somebody was told of if it was refused since the document had changed (412), or is there as a conflicting copy. A read is
//! stale if a change had been acknowledged before it was asked for that is there in the end and not in what was read; what was lost is no
//! matter of time.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::lineage::{Changes, Lineage};
use super::settle::Course;
use super::versions::{Carried, Unwritten, Version, Versions};
use super::{Distribution, Latency};
use crate::journal::{Attempt, Ending, Found, Shared};
use crate::limits::{LOST_UPDATES_TOLD, VERSIONS_KNOWN};
use crate::plan::Plan;
use crate::units::{EndpointId, JourneyId, MessageId, Moment, PhaseId, Span};

/// What became of one document. What depends on what is there in the end is `None` as long as nobody knows that.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DocumentFigures {
    /// Its name.
    pub document: String,
    /// Changes that were acknowledged.
    pub edits: u64,
    /// Those of them that are in nothing that is there in the end.
    pub lost_updates: Option<u64>,
    /// Changes that were refused, since the document had changed, and that no store has acknowledged later.
    pub refused: u64,
    /// Conflicting copies that are there in the end.
    pub copies: Option<u64>,
    /// How often it was read, also by those who went on to change it.
    pub reads: u64,
    /// How often something was missing then.
    pub stale_reads: Option<u64>,
    /// How old what was read was: since when something was missing. Nothing was, of what is 0.
    pub stale_read_window_ms: Option<Latency>,
    /// The earliest changes that were lost.
    pub first: Vec<LostUpdate>,
}

/// A change that was acknowledged and is in nothing that is there in the end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LostUpdate {
    /// The message: its journey and its number in it.
    pub message: String,
    /// Who wrote it.
    pub account: String,
    /// The store that took it …
    pub route: String,
    /// … and when it had said so.
    pub at_s: f64,
}

/// What targets select from: changes and reads of one journey's messages of one phase at one store.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedCell {
    /// The journey.
    pub journey: JourneyId,
    /// The phase in which the messages were due.
    pub phase: PhaseId,
    /// The store.
    pub endpoint: EndpointId,
    /// Changes that were acknowledged.
    pub edits: u64,
    /// Those that were lost.
    pub lost: u64,
    /// Those that were refused, whatever became of them later, or are there as conflicting copies.
    pub conflicts: u64,
    /// Those that were refused and not acknowledged later.
    pub refused: u64,
    /// How old what was read was.
    pub ages: Distribution,
    /// How many reads were stale.
    pub stale: u64,
}

/// Everything about documents that was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Papers {
    found: Vec<Found>,
    /// Acknowledged changes, with the store that took each: the first.
    acknowledged: BTreeMap<MessageId, (Moment, EndpointId)>,
    /// Changes that were refused since the document had changed, with the store that refused each first.
    refused: BTreeMap<MessageId, (Moment, EndpointId)>,
    unwritten: Unwritten,
    carried: Carried,
    /// How many records were too many to be kept.
    forgotten: u64,
}

/// What is told of documents in the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Document by document, by name.
    pub documents: Vec<DocumentFigures>,
    /// By journey, phase and store.
    pub cells: Vec<SharedCell>,
    /// Of which documents it is not known what is there in the end, and why.
    pub unknown: BTreeMap<String, String>,
}

type Place = (JourneyId, PhaseId, EndpointId);

impl Papers {
    /// Something was read, or told from store to store.
    pub(super) fn record(&mut self, plan: &Plan, shared: &Shared) {
        let found = match shared {
            Shared::Found(found) => found,
            Shared::Synced(synced) => {
                self.forgotten += u64::from(!self.carried.synced(synced));
                return;
            }
        };
        let known = |id: &MessageId| plan.work(*id).is_some();
        let fits = found.by.as_ref().is_none_or(known) && found.endpoint.index() < plan.endpoints.len();
        if !fits {
            return;
        }
        // What is there in the end is few, and decides.
        if self.found.len() >= VERSIONS_KNOWN && found.by.is_some() {
            self.forgotten += 1;
        } else {
            self.found.push(found.clone());
        }
    }

    /// An attempt has ended.
    pub(super) fn attempt(&mut self, plan: &Plan, attempt: &Attempt) {
        let Some(journey) = plan.journeys.get(attempt.message.journey.index()).filter(|journey| journey.edits()) else {
            return;
        };
        let Some(route) = journey.routes.get(attempt.route.index()) else { return };
        if matches!(attempt.ending, Ending::Refused | Ending::NotSent) {
            self.unwritten.entry(attempt.message).or_default().push((attempt.sent, attempt.done));
        }
        let all = match (attempt.ending, attempt.code.status) {
            (Ending::Acknowledged, _) => &mut self.acknowledged,
            (Ending::Refused, 412) => &mut self.refused,
            _ => return,
        };
        // The first, in whatever order the records come.
        let told = (attempt.done, route.endpoint);
        let first = all.entry(attempt.message).or_insert(told);
        *first = told.min(*first);
    }

    /// What became of all of it.
    pub(super) fn told(&self, plan: &Plan, courses: &[Course]) -> Told {
        let all = plan.documents();
        let unknown = self.unknown(plan, &all);
        let mut cells = Cells { courses, cells: BTreeMap::new() };
        let documents: Vec<_> = (0_u16..)
            .zip(&all)
            .map(|(position, (name, _))| self.document(plan, (position, name), &mut cells))
            .map(|figures| if unknown.contains_key(&figures.document) { figures.so_far() } else { figures })
            .collect();
        Told { documents, cells: cells.cells.into_values().collect(), unknown }
    }

    fn unknown(&self, plan: &Plan, all: &[(&str, Vec<EndpointId>)]) -> BTreeMap<String, String> {
        if self.forgotten > 0 {
            let why = "there were too many versions to remember where each came from";
            return all.iter().map(|(name, _)| ((*name).to_owned(), why.to_owned())).collect();
        }
        let unknown = |(position, (name, stores)): (u16, &(&str, Vec<EndpointId>))| {
            Some(((*name).to_owned(), self.unknown_of(plan, (position, name), stores)?))
        };
        (0_u16..).zip(all).filter_map(unknown).collect()
    }

    /// Why it is not known what a document is in the end, if it is not.
    fn unknown_of(&self, plan: &Plan, (position, name): (u16, &str), stores: &[EndpointId]) -> Option<String> {
        let called = |store: EndpointId| &plan.endpoints[store.index()].name;
        let mut ends = BTreeMap::new();
        for end in self.found.iter().filter(|found| found.by.is_none() && found.document == position) {
            let copies: BTreeSet<MessageId> = end.copies.iter().copied().collect();
            ends.insert(end.endpoint, (end.writer, copies));
        }
        if let Some(unread) = stores.iter().find(|store| !ends.contains_key(store)) {
            return Some(format!("nobody could read what `{name}` is at `{}` in the end", called(*unread)));
        }
        // What a store still has to tell another one may undo what is there.
        let differs = |one: EndpointId, other: EndpointId| {
            ends.get(&one).zip(ends.get(&other)).is_some_and(|(own, there)| own != there)
        };
        let mut pairs =
            plan.endpoint_ids().flat_map(|(one, at)| at.kind.peers().iter().map(move |peer| (one, peer.to)));
        let (one, other) = pairs.find(|(one, other)| differs(*one, *other))?;
        Some(format!("`{}` and `{}` had not told each other in the end what `{name}` is", called(one), called(other)))
    }

    fn document(&self, plan: &Plan, (position, name): (u16, &str), cells: &mut Cells<'_>) -> DocumentFigures {
        let of_it = |id: &MessageId| plan.work(*id).is_some_and(|work| work.document == name);
        let found: Vec<&Found> = self.found.iter().filter(|found| found.document == position).collect();
        // A text that was there before its message was of another drill, and is no version of this one.
        let versions = Versions::new(plan, &found, &self.unwritten, &self.carried);
        let version = |found: &Found| found.writer.and_then(|text| versions.of(text, (found.endpoint, found.at)));
        let beside = |found: &Found| {
            found.copies.iter().flat_map(|text| versions.any_of(*text, found.at)).collect::<Vec<Version>>()
        };
        let ends = || found.iter().filter(|found| found.by.is_none());
        let beside_in_the_end: BTreeSet<Version> = ends().flat_map(|end| beside(end)).collect();
        let copies: BTreeSet<MessageId> = beside_in_the_end.iter().map(|copy| copy.message).collect();
        let taken: BTreeMap<MessageId, (Moment, EndpointId)> =
            self.acknowledged.iter().filter(|(id, _)| of_it(id)).map(|(id, taken)| (*id, *taken)).collect();
        let mut lineage = Lineage::new(&Changes {
            bases: versions.bases(),
            acknowledged: taken.iter().map(|(id, (at, _))| (*id, *at)).collect(),
            ends: ends().filter_map(|end| version(end)).chain(beside_in_the_end).collect(),
        });
        let mut ages = Distribution::new(Span::ZERO);
        let mut stale = 0;
        for (by, read) in found.iter().filter_map(|read| Some((read.by?, read))) {
            let there = version(read).into_iter().chain(beside(read));
            let since = lineage.oldest_missing(there).filter(|since| *since < read.asked);
            let age = since.map_or(Span::ZERO, |since| read.asked.since(since));
            let cell = cells.of(by, read.endpoint);
            cell.ages.record(age);
            cell.stale += u64::from(since.is_some());
            ages.record(age);
            stale += u64::from(since.is_some());
        }
        for (id, (_, endpoint)) in &taken {
            let cell = cells.of(*id, *endpoint);
            cell.edits += 1;
            cell.conflicts += u64::from(copies.contains(id) || self.refused.contains_key(id));
        }
        let mut lost: Vec<(Moment, MessageId, EndpointId)> =
            lineage.lost().iter().filter_map(|id| taken.get(id).map(|(at, endpoint)| (*at, *id, *endpoint))).collect();
        lost.sort_unstable();
        for (_, id, endpoint) in &lost {
            cells.of(*id, *endpoint).lost += 1;
        }
        let refused: Vec<_> = self.refused.iter().filter(|(id, _)| of_it(id) && !taken.contains_key(*id)).collect();
        for (id, (_, endpoint)) in &refused {
            let cell = cells.of(**id, *endpoint);
            cell.refused += 1;
            cell.conflicts += 1;
        }
        DocumentFigures {
            document: name.to_owned(),
            edits: taken.len() as u64,
            lost_updates: Some(lost.len() as u64),
            refused: refused.len() as u64,
            copies: Some(copies.len() as u64),
            reads: ages.n(),
            stale_reads: Some(stale),
            stale_read_window_ms: Some(ages.figures()),
            first: lost.iter().take(LOST_UPDATES_TOLD).map(|one| told(plan, one)).collect(),
        }
    }
}

impl DocumentFigures {
    /// What of it is known before the end is.
    fn so_far(self) -> Self {
        Self {
            lost_updates: None,
            copies: None,
            stale_reads: None,
            stale_read_window_ms: None,
            first: Vec::new(),
            ..self
        }
    }
}

fn told(plan: &Plan, (at, id, endpoint): &(Moment, MessageId, EndpointId)) -> LostUpdate {
    let journey = &plan.journeys[id.journey.index()];
    LostUpdate {
        message: format!("{}.{}", journey.name, id.number),
        account: plan.account_name(plan.senders(journey).nth(id.number)),
        route: plan.endpoints[endpoint.index()].name.clone(),
        at_s: at.secs_f64(),
    }
}

/// The cells that are being filled.
struct Cells<'c> {
    courses: &'c [Course],
    cells: BTreeMap<Place, SharedCell>,
}

impl Cells<'_> {
    fn of(&mut self, id: MessageId, endpoint: EndpointId) -> &mut SharedCell {
        let journey = id.journey;
        let phase = self.courses[journey.index()].told.phase_of(id.number);
        self.cells.entry((journey, phase, endpoint)).or_insert_with(|| SharedCell {
            journey,
            phase,
            endpoint,
            edits: 0,
            lost: 0,
            conflicts: 0,
            refused: 0,
            ages: Distribution::new(Span::ZERO),
            stale: 0,
        })
    }
}
