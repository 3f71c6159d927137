//! The journal from outside: what reads back, what survives a crash, what shows after a manipulation, what a full ring and a full disk do.

mod export;
mod running;
mod tampering;

use std::path::Path;

use firedrill::draw::Seed;
use firedrill::journal::{
    Attempt, Code, Collector, Control, DIRECTORY, End, Ending, Event, FILE, Integrity, Journal, Message, ReadError,
    Receipt, Record, Recording, Start, WorldKind, Writer,
};
use firedrill::limits::BLOCK_BYTES;
use firedrill::plan::{Capability, Plan};
use firedrill::units::{AccountId, JourneyId, MessageId, Moment, RouteId, Span};

fn plan() -> Plan {
    let question = Some("Does a journal keep what it was given?".into());
    Plan { question, grace: Span::from_secs(10), ..Plan::bare("quiet") }
}

fn start() -> Start {
    Start::of(&plan(), WorldKind::Virtual, Seed(7), "2026-01-05T09:00:00Z")
}

fn millis(millis: u64) -> Moment {
    Moment::ZERO + Span::from_millis(millis)
}

/// The `n`-th record of a drill that sends ten messages a second: message, attempt, receipt and a rare note in turn.
fn record(n: u32) -> Record {
    let id = MessageId { journey: JourneyId(0), number: n / 4 };
    let due = millis(u64::from(n) * 25);
    match n % 4 {
        0 => Record::Message(Message {
            id,
            account: AccountId(n % 20),
            stream_number: n / 80,
            recipients: vec![AccountId(20 + n % 30)],
            capability: Capability::Chat,
            class: 0,
            due,
            bytes: 200,
            hash: u64::from(n) << 32,
        }),
        1 => Record::Attempt(Attempt {
            message: id,
            number: 1,
            route: RouteId(0),
            connection: Some(u64::from(n % 20)),
            exchange: n / 80,
            slot_at: due,
            sent: due,
            done: due + Span::from_micros(36_500),
            ending: Ending::Acknowledged,
            code: Code { status: 200, word: "".into() },
            declined: Vec::new(),
        }),
        2 => Record::Receipt(Receipt {
            message: id,
            recipient: AccountId(20),
            route: RouteId(0),
            at: due,
            fresh: true,
            intact: true,
        }),
        _ => Record::Control(Control { at: due, event: Event::Note(format!("note {n}")) }),
    }
}

/// Plays `records` into a run's directory.
fn write(run: &Path, records: u32) {
    let writer = Writer::create(run, &start()).expect("an empty directory");
    let keeper = Journal::inline(Collector::new(writer, ()));
    let journal = keeper.journal();
    (0..records).for_each(|n| journal.append(record(n)));
    keeper.finish(millis(u64::from(records) * 25), End::Completed).into_result().expect("written");
}

fn read(path: &Path) -> (Vec<Record>, Integrity) {
    let mut records = Vec::new();
    let integrity = Recording::open(path).expect("a journal").fold(&mut records).expect("unharmed");
    (records, integrity)
}

/// The bytes of a journal file and where each of its blocks begins, the end last.
fn file_and_blocks(run: &Path) -> (Vec<u8>, Vec<usize>) {
    let bytes = std::fs::read(run.join(DIRECTORY).join(FILE)).expect("a journal");
    let mut starts = vec![0];
    while let Some(head) = bytes.get(starts[starts.len() - 1]..).filter(|rest| !rest.is_empty()) {
        let length = u32::from_le_bytes(head[10..14].try_into().expect("four bytes"));
        starts.push(starts[starts.len() - 1] + 58 + length as usize);
    }
    (bytes, starts)
}

#[test]
fn a_hundred_thousand_records_read_back_from_each_of_the_three_paths() {
    let run = tempfile::tempdir().expect("a directory");
    write(run.path(), 100_000);
    let (records, integrity) = read(run.path());
    assert_eq!(records.len(), 100_001);
    assert!(records.iter().take(100_000).zip(0..).all(|(found, n)| *found == record(n)));
    assert!(matches!(&records[100_000], Record::Seal(seal) if seal.records == 100_000 && seal.end == End::Completed));
    assert!(integrity.sealed && integrity.blocks > 2_400);
    assert_eq!((integrity.records, integrity.skipped, integrity.torn_bytes), (100_001, 0, 0));
    assert_eq!(read(&run.path().join(DIRECTORY)).1, integrity);
    assert_eq!(read(&run.path().join(DIRECTORY).join(FILE)).1, integrity);
    let (_, starts) = file_and_blocks(run.path());
    assert!(starts.windows(2).all(|pair| pair[1] - pair[0] <= BLOCK_BYTES));
}

#[test]
fn the_plan_reads_back_and_a_changed_one_does_not() {
    let mut start = start();
    assert_eq!(firedrill::journal::plan(&start).expect("the plan"), plan());
    start.plan["grace"] = "11s".into();
    assert!(matches!(firedrill::journal::plan(&start), Err(ReadError::PlanDigest { .. })));
}

#[test]
fn the_same_records_give_the_same_bytes_and_no_journal_is_overwritten() {
    let runs = [tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory")];
    for run in &runs {
        write(run.path(), 2_000);
    }
    assert_eq!(file_and_blocks(runs[0].path()), file_and_blocks(runs[1].path()));
    assert!(Writer::create(runs[0].path(), &start()).is_err());
}

#[test]
fn what_is_no_journal_says_so() {
    let empty = tempfile::tempdir().expect("a directory");
    assert!(matches!(Recording::open(empty.path()), Err(ReadError::Missing(_))));
    std::fs::write(empty.path().join(FILE), b"").expect("a small file");
    assert!(matches!(Recording::open(empty.path()), Err(ReadError::NoStart(_))));
    std::fs::write(empty.path().join(FILE), [b'x'; 100]).expect("a small file");
    assert!(matches!(Recording::open(empty.path()), Err(ReadError::Altered { block: 0, .. })));
    // A file of another name may be anybody's, however long.
    for text in ["targets: {}\n", &"targets: {}\n".repeat(20)] {
        let file = empty.path().join("mine.yaml");
        std::fs::write(&file, text).expect("a small file");
        assert!(matches!(Recording::open(&file), Err(ReadError::NotAJournal(_))), "{text}");
    }
}
