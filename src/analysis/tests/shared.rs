//! What became of changes of a shared document, told from records alone, beside a store that knows what is in it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::script::{attempt, fold, id, message, ms, plan, seal};
use crate::analysis::{DocumentFigures, Observation};
use crate::journal::{Attempt, Code, End, Ending, Found, Record, Shared, Synced};
use crate::plan::{Documents, Editing, EndpointKind, Lock, Peer, Plan, Route};
use crate::units::{EndpointId, Span};

const STORE: EndpointId = EndpointId(0);
const OTHER: EndpointId = EndpointId(1);

/// The journey's messages are changes of one document at one store.
fn edited() -> Plan {
    let mut plan = plan();
    plan.endpoints[0].kind = EndpointKind::Documents(Documents::USUAL);
    plan.journeys[0].send = crate::plan::Capability::Edit;
    plan.journeys[0].routes.truncate(1);
    plan.journeys[0].editing =
        Some(Editing { documents: vec!["q3".to_owned()], lock: Lock::Optimistic, think: Span::ZERO });
    plan
}

/// The same with a second store, and nothing that carries anything from one to the other.
fn at_two_stores() -> Plan {
    let mut plan = edited();
    plan.endpoints[1].kind = EndpointKind::Documents(Documents::USUAL);
    plan.journeys[0].routes.push(Route { endpoint: OTHER, timeout: Span::from_secs(1) });
    plan
}

/// Somebody, or nobody in the end, reads at that moment, and finds this text, with these copies.
fn found(by: Option<u32>, at: u64, writer: Option<u32>, copies: &[u32]) -> Record {
    found_at(STORE, by, at, writer, copies)
}

fn found_at(endpoint: EndpointId, by: Option<u32>, at: u64, writer: Option<u32>, copies: &[u32]) -> Record {
    Record::Shared(Shared::Found(Found {
        by: by.map(id),
        document: 0,
        endpoint,
        asked: ms(at),
        at: ms(at + 1),
        writer: writer.map(id),
        copies: copies.iter().map(|copy| id(*copy)).collect(),
    }))
}

/// A try that began, by reading, and ended at these moments.
fn tried(number: u32, (from, to): (u64, u64), ending: Ending, status: u16) -> Record {
    let code = Code { status, word: "".into() };
    Record::Attempt(Attempt { done: ms(to), code, ..attempt(number, ms(from), ending) })
}

/// With six messages that were due at the beginning.
fn observe(records: Vec<Record>) -> Observation {
    let due: Vec<Record> = (0..6).map(|number| message(number, ms(0))).collect();
    fold(&edited(), &[due, records, vec![seal(End::Completed)]].concat()).observe(None)
}

fn figures(records: Vec<Record>) -> DocumentFigures {
    observe(records).shared.documents.remove(0)
}

use Ending::{Acknowledged, Refused, Unanswered};

/// Anna's answer is lost. Bert reads what she wrote and changes it, she reads what he wrote and changes that: each is made from the other,
/// and both from what was there before them.
#[test]
fn two_changes_that_saw_each_other_keep_what_was_there_before() {
    let records = vec![
        found(Some(0), 0, None, &[]),
        tried(0, (0, 10), Acknowledged, 200),
        found(Some(1), 20, Some(0), &[]),
        tried(1, (20, 30), Unanswered, 0),
        found(Some(2), 40, Some(1), &[]),
        tried(2, (40, 50), Acknowledged, 200),
        found(Some(1), 60, Some(2), &[]),
        tried(1, (60, 70), Acknowledged, 200),
        found(None, 100, Some(1), &[]),
    ];
    let figures = figures(records);
    assert_eq!((figures.edits, figures.lost_updates, figures.stale_reads), (3, Some(0), Some(0)));
}

/// What was read before a write that was refused is in nothing. The first try was taken, though nobody was told.
#[test]
fn what_was_read_before_a_refusal_is_no_base() {
    let records = |last: u32| {
        vec![
            found(Some(0), 0, None, &[]),
            tried(0, (0, 30), Unanswered, 0),
            found(Some(1), 5, None, &[]),
            tried(1, (5, 10), Acknowledged, 200),
            // Written in any case, over the change that was just taken.
            found(Some(0), 40, Some(1), &[]),
            tried(0, (40, 50), Refused, 412),
            found(Some(2), 60, Some(0), &[]),
            tried(2, (60, 70), Acknowledged, 200),
            found(None, 100, Some(last), &[]),
        ]
    };
    assert_eq!(figures(records(2)).lost_updates, Some(1));
    assert_eq!(figures(records(1)).lost_updates, Some(1));
}

/// Two stores that tell each other, and are read in the end: what differs there is still on its way, and may undo what is there.
#[test]
fn what_stores_have_not_told_each_other_is_not_known() {
    let mut plan = edited();
    let store = |to| {
        EndpointKind::Documents(Documents {
            peers: vec![Peer { to: EndpointId(to), every: Span::from_secs(1) }],
            ..Documents::USUAL
        })
    };
    (plan.endpoints[0].kind, plan.endpoints[1].kind) = (store(1), store(0));
    plan.journeys[0].routes.push(Route { endpoint: EndpointId(1), timeout: Span::from_secs(1) });
    let told = |there: u32, copies: &[u32]| {
        let Record::Shared(Shared::Found(end)) = found(None, 100, Some(there), copies) else { unreachable!() };
        let records = vec![
            message(0, ms(0)),
            found(Some(0), 0, None, &[]),
            tried(0, (0, 10), Acknowledged, 200),
            found(None, 100, Some(0), &[]),
            Record::Shared(Shared::Found(Found { endpoint: EndpointId(1), ..end })),
            seal(End::Completed),
        ];
        let told = fold(&plan, &records).observe(None).shared;
        (told.documents[0].lost_updates, told.unknown.get("q3").cloned())
    };
    assert_eq!(told(0, &[]), (Some(0), None));
    let why = "`dingtalk` and `lite` had not told each other in the end what `q3` is".to_owned();
    assert_eq!(told(1, &[]), (None, Some(why.clone())));
    assert_eq!(told(0, &[1]), (None, Some(why)));
}

/// What becomes of one step of one change.
#[derive(Clone, Copy, Debug)]
enum Came {
    Answered,
    AnswerLost,
    RequestLost,
    /// By something before the store.
    Refused,
}

/// What is in the document: the last text, how often it was written, and the changes in it.
type State = (Option<u32>, u64, BTreeSet<u32>);

/// Two stores that know what is in their document, and never tell each other.
#[derive(Default)]
struct Model {
    now: [State; 2],
    /// What those who think have read, at which of them, and when.
    read: BTreeMap<u32, (u64, usize, State)>,
    over: BTreeSet<u32>,
    acknowledged: BTreeMap<u32, u64>,
    reads: Vec<(u64, BTreeSet<u32>)>,
    records: Vec<Record>,
}

impl Model {
    /// Whoever begins a try goes to this store.
    fn step(&mut self, at: u64, (number, store): (u32, usize), lock: Lock, came: Came) {
        if self.over.contains(&number) {
            return;
        }
        let Some((from, store, base)) = self.read.remove(&number) else {
            let now = self.now[store].clone();
            self.records.push(found_at([STORE, OTHER][store], Some(number), at, now.0, &[]));
            self.reads.push((at, now.2.clone()));
            self.read.insert(number, (at, store, now));
            return;
        };
        let arrives = matches!(came, Came::Answered | Came::AnswerLost);
        let taken = arrives && (lock == Lock::None || self.now[store].1 == base.1);
        if taken {
            let mut has = base.2;
            has.insert(number);
            self.now[store] = (Some(number), at, has);
        }
        let (ending, status) = match came {
            Came::Answered if taken => (Acknowledged, 200),
            Came::Answered => (Refused, 412),
            Came::Refused => (Refused, 503),
            Came::AnswerLost | Came::RequestLost => (Unanswered, 0),
        };
        if ending == Acknowledged {
            self.acknowledged.insert(number, at);
        }
        if matches!(came, Came::Answered) {
            self.over.insert(number);
        }
        self.records.push(tried(number, (from, at), ending, status));
    }

    fn is_there(&self, one: u32) -> bool {
        self.now.iter().any(|now| now.2.contains(&one))
    }

    fn lost(&self) -> usize {
        self.acknowledged.keys().filter(|one| !self.is_there(**one)).count()
    }

    fn stale(&self) -> usize {
        let lacks = |(asked, has): &(u64, BTreeSet<u32>)| {
            let there = self.acknowledged.iter().filter(|(one, at)| self.is_there(**one) && **at < *asked);
            there.into_iter().any(|(one, _)| !has.contains(one))
        };
        self.reads.iter().filter(|read| lacks(read)).count()
    }
}

fn came() -> impl Strategy<Value = Came> {
    prop_oneof![Just(Came::Answered), Just(Came::AnswerLost), Just(Came::RequestLost), Just(Came::Refused)]
}

proptest! {
    /// Whoever tries again, whatever was lost on the way, with and without a condition: what is told from records is what the store knows.
    #[test]
    fn it_is_as_if_the_store_had_told(
        looks in any::<bool>(),
        steps in proptest::collection::vec((0_u32..6, 0_usize..2, came()), 1..60),
    ) {
        let lock = if looks { Lock::Optimistic } else { Lock::None };
        let mut model = Model::default();
        // Two milliseconds are from a question to the next step.
        for (at, (number, store, came)) in (1_u64..).map(|step| step * 2).zip(steps) {
            model.step(at, (number, store), lock, came);
        }
        let ends = [(STORE, 0), (OTHER, 1)].map(|(at, store)| found_at(at, None, 1_000, model.now[store].0, &[]));
        let (lost, stale) = (model.lost() as u64, model.stale() as u64);
        let due = (0..6).map(|number| message(number, ms(0)));
        let records: Vec<Record> = due.chain(model.records).chain(ends).chain([seal(End::Completed)]).collect();
        let told = fold(&at_two_stores(), &records).observe(None).shared;
        let document = &told.documents[0];
        prop_assert_eq!((document.lost_updates, document.stale_reads), (Some(lost), Some(stale)));
    }
}

/// A change that one store refused and the next one took is one change, of which somebody was told once that it met another's. Whichever
/// record comes first, it is told of the store that refused it first.
#[test]
fn what_was_refused_and_then_taken_is_one_change() {
    let records = vec![
        tried(0, (0, 10), Refused, 412),
        tried(0, (30, 40), Acknowledged, 200),
        tried(1, (50, 60), Refused, 412),
        found(None, 100, Some(0), &[0]),
    ];
    let observation = observe(records.clone());
    let cell = &observation.shared.cells[0];
    assert_eq!((cell.edits, cell.refused, cell.conflicts), (1, 1, 2));
    assert_eq!((observation.shared.documents[0].edits, observation.shared.documents[0].refused), (1, 1));
    let shuffled = observe(records.into_iter().rev().collect());
    assert_eq!(shuffled.shared, observation.shared);
}

/// Anna's first try is taken by one store, whose answer is lost, and her second by the other, where it is made from what Bert wrote. Who reads
/// her text at the first store has Bert's change as soon as the other one has told it of hers, and not before.
#[test]
fn a_text_is_of_the_try_that_came_to_where_it_is_read() {
    let told = |carried: Option<Ending>| {
        let synced = carried.map(|ending| {
            Record::Shared(Shared::Synced(Synced {
                from: OTHER,
                to: STORE,
                connection: None,
                sent: ms(55),
                done: ms(58),
                ending,
                status: 200,
                messages: vec![id(0)],
            }))
        });
        let records = [
            found_at(OTHER, Some(5), 0, None, &[]),
            tried(5, (0, 10), Acknowledged, 200),
            found(Some(0), 20, None, &[]),
            tried(0, (20, 30), Unanswered, 0),
            found_at(OTHER, Some(0), 40, Some(5), &[]),
            tried(0, (40, 50), Acknowledged, 200),
        ];
        let read = [
            found(Some(1), 60, Some(0), &[]),
            found(None, 100, Some(0), &[]),
            found_at(OTHER, None, 100, Some(0), &[]),
            seal(End::Completed),
        ];
        let due = (0..6).map(|number| message(number, ms(0)));
        let records: Vec<Record> = due.chain(records).chain(synced).chain(read).collect();
        let document = fold(&at_two_stores(), &records).observe(None).shared.documents.remove(0);
        (document.lost_updates, document.stale_reads)
    };
    // Anna's own second read has Bert's change; the third one only if it was carried.
    assert_eq!(told(None), (Some(0), Some(2)));
    assert_eq!(told(Some(Refused)), (Some(0), Some(2)));
    assert_eq!(told(Some(Acknowledged)), (Some(0), Some(1)));
}

/// One attempt ends and the next begins at the same moment: only the first wrote nothing.
#[test]
fn a_try_that_begins_as_a_refused_one_ends_may_have_written() {
    let records = vec![
        found(Some(0), 0, None, &[]),
        tried(0, (0, 4), Unanswered, 0),
        found(Some(1), 5, Some(0), &[]),
        tried(1, (5, 8), Acknowledged, 200),
        found(Some(0), 10, Some(1), &[]),
        tried(0, (10, 20), Refused, 503),
        found(Some(0), 20, Some(1), &[]),
        tried(0, (20, 30), Acknowledged, 200),
        found(None, 100, Some(0), &[]),
    ];
    assert_eq!(figures(records).lost_updates, Some(0));
}
