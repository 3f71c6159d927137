//! The journal from outside: what survives a crash, what shows after a manipulation, what a full ring and a full disk do.

use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firedrill::draw::Seed;
use firedrill::journal::{
    Attempt, Code, Collector, Control, DIRECTORY, End, Ending, Event, FILE, Integrity, Journal, Message, ReadError,
    Receipt, Record, Recording, Sink, Start, Store, WorldKind, Writer, verify,
};
use firedrill::limits::{BLOCK_BYTES, RING_RECORDS};
use firedrill::plan::{Capability, Plan};
use firedrill::units::{AccountId, JourneyId, MessageId, Moment, RouteId, Span};

fn plan() -> Plan {
    Plan {
        name: "quiet".into(),
        question: Some("Does a journal keep what it was given?".into()),
        variant: None,
        expect: None,
        seed: None,
        regions: Vec::new(),
        links: Vec::new(),
        endpoints: Vec::new(),
        groups: Vec::new(),
        accounts: Vec::new(),
        journeys: Vec::new(),
        phases: Vec::new(),
        injects: Vec::new(),
        grace: Span::from_secs(10),
        targets: Vec::new(),
        claims: Vec::new(),
        guard: None,
        runbook: None,
    }
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
fn a_journal_torn_at_any_byte_of_its_last_block_reads_up_to_that_block() {
    let run = tempfile::tempdir().expect("a directory");
    write(run.path(), 100);
    let (bytes, starts) = file_and_blocks(run.path());
    let (last, whole) = (starts[starts.len() - 2], bytes.len());
    let torn = run.path().join("torn.fdj");
    for end in last..whole {
        std::fs::write(&torn, &bytes[..end]).expect("a small file");
        let (records, integrity) = read(&torn);
        assert_eq!(integrity.torn_bytes, (end - last) as u64, "cut at {end}");
        assert!(!integrity.sealed && integrity.altered_at.is_none());
        assert_eq!(records.len() as u64, integrity.records);
        assert!(records.len() > 60 && records.len() < 100);
    }
}

#[test]
fn every_flipped_bit_is_found_in_its_block() {
    let run = tempfile::tempdir().expect("a directory");
    write(run.path(), 50);
    let (bytes, starts) = file_and_blocks(run.path());
    let flipped = run.path().join("flipped.fdj");
    for at in 0..bytes.len() {
        let mut copy = bytes.clone();
        copy[at] ^= 1 << (at % 8);
        std::fs::write(&flipped, copy).expect("a small file");
        let block = u32::try_from(starts.partition_point(|start| *start <= at) - 1).expect("few blocks");
        let integrity = verify(&flipped).expect("an answer");
        assert_eq!((integrity.altered_at, integrity.sealed), (Some(block), false), "byte {at}");
    }
}

#[test]
fn a_missing_block_and_bytes_behind_the_seal_are_found() {
    let run = tempfile::tempdir().expect("a directory");
    write(run.path(), 200);
    let (bytes, starts) = file_and_blocks(run.path());
    let changed = run.path().join("changed.fdj");
    for missing in 0..starts.len() - 2 {
        let without = [&bytes[..starts[missing]], &bytes[starts[missing + 1]..]].concat();
        std::fs::write(&changed, without).expect("a small file");
        let block = u32::try_from(missing).expect("few blocks");
        assert_eq!(verify(&changed).expect("an answer").altered_at, Some(block));
    }
    std::fs::write(&changed, &bytes[..starts[starts.len() - 2]]).expect("a small file");
    let integrity = verify(&changed).expect("an answer");
    assert!(!integrity.sealed && integrity.altered_at.is_none(), "without its last block a journal is unsealed");
    std::fs::write(&changed, [&bytes[..], b"more"].concat()).expect("a small file");
    assert!(verify(&changed).expect("an answer").altered_at.is_some());
}

#[test]
fn what_is_no_journal_says_so() {
    let empty = tempfile::tempdir().expect("a directory");
    assert!(matches!(Recording::open(empty.path()), Err(ReadError::Missing(_))));
    std::fs::write(empty.path().join(FILE), b"").expect("a small file");
    assert!(matches!(Recording::open(empty.path()), Err(ReadError::NoStart(_))));
    std::fs::write(empty.path().join(FILE), [b'x'; 100]).expect("a small file");
    assert!(matches!(Recording::open(empty.path()), Err(ReadError::Altered { block: 0, .. })));
}

/// A store whose contents can be looked at, and which is full after some bytes.
#[derive(Clone)]
struct Shelf {
    held: Arc<Mutex<Vec<u8>>>,
    room: usize,
}

impl Shelf {
    fn of(room: usize) -> Self {
        Self { held: Arc::default(), room }
    }

    fn writer(&self) -> Writer {
        Writer::new(Box::new(self.clone()), Path::new("shelf"), &start()).expect("room for the start")
    }
}

impl Write for Shelf {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.held.lock().expect("no panic");
        let len = bytes.len().min(self.room - held.len());
        if len == 0 && !bytes.is_empty() {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        held.extend_from_slice(&bytes[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Store for Shelf {}

#[test]
fn a_full_disk_is_remembered_and_the_folds_go_on() {
    let shelf = Shelf::of(20_000);
    let keeper = Journal::inline(Collector::new(shelf.writer(), Vec::new()));
    let journal = keeper.journal();
    (0..5_000).for_each(|n| journal.append(record(n)));
    let failure = keeper.failure().expect("the shelf is full");
    assert_eq!(failure.source.kind(), io::ErrorKind::StorageFull);
    let finished = keeper.finish(millis(25_000), End::Failed);
    assert_eq!((finished.sink.len(), finished.records), (5_001, 5_001));
    assert!(finished.into_result().is_err());
    let torn = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(torn.path(), &*shelf.held.lock().expect("no panic")).expect("a small file");
    let (records, integrity) = read(torn.path());
    assert!(integrity.torn_bytes > 0 && !integrity.sealed && records.len() > 300);
    assert!(records.iter().zip(0..).all(|(found, n)| *found == record(n)), "what was journalled stands");
}

/// A sink that does not return from its first record until it is let go.
struct Stuck {
    go: Receiver<()>,
    seen: Vec<Record>,
}

impl Sink for Stuck {
    fn record(&mut self, _: u64, record: &Record) {
        if self.seen.is_empty() {
            self.go.recv().expect("let go");
        }
        self.seen.push(record.clone());
    }
}

#[test]
fn a_full_ring_is_a_gap_with_the_right_count() {
    let run = tempfile::tempdir().expect("a directory");
    let (let_go, go) = channel();
    let collector =
        Collector::new(Writer::create(run.path(), &start()).expect("empty"), Stuck { go, seen: Vec::new() });
    let keeper = Journal::threaded(collector).expect("a thread");
    let journal = keeper.journal();
    let sent = u32::try_from(RING_RECORDS).expect("it fits") + 5_000;
    (0..sent).for_each(|n| journal.append(record(n)));
    let mut barrier = keeper.barrier();
    assert!(!barrier.passed());
    let_go.send(()).expect("the sink waits");
    while !barrier.passed() {
        std::thread::yield_now();
    }
    journal.append(record(sent));
    let finished = keeper.finish(millis(1_000_000), End::Completed);
    let (records, integrity) = read(run.path());
    assert!(integrity.sealed);
    assert_eq!(records, finished.sink.seen);
    let lost: u64 = records.iter().map(|record| if let Record::Gap(gap) = record { gap.lost } else { 0 }).sum();
    let gaps = records.iter().filter(|record| matches!(record, Record::Gap(_))).count() as u64;
    assert!(lost > 4_000 && gaps > 0);
    assert_eq!(integrity.records - 1 - gaps + lost, u64::from(sent) + 1);
    let Some(Record::Gap(gap)) = records.iter().find(|record| matches!(record, Record::Gap(_))) else { return };
    assert!(gap.from < gap.to && gap.to >= record(sent - 1).at());
    assert!(records.contains(&record(sent)), "after the gap records arrive again");
}

#[test]
fn in_real_time_a_block_closes_after_a_second_even_when_nothing_follows() {
    let shelf = Shelf::of(1 << 20);
    let keeper = Journal::threaded(Collector::new(shelf.writer(), ())).expect("a thread");
    let before = shelf.held.lock().expect("no panic").len();
    keeper.journal().append(record(0));
    let (_alarm, clock) = channel::<()>();
    for _ in 0..500 {
        if shelf.held.lock().expect("no panic").len() > before {
            assert_eq!(keeper.position(), 1);
            return;
        }
        let _ = clock.recv_timeout(Duration::from_millis(10));
    }
    panic!("the block is still open");
}

#[test]
fn many_players_append_to_one_journal_and_a_dropped_keeper_closes_it() {
    let run = tempfile::tempdir().expect("a directory");
    let keeper = Journal::threaded(Collector::new(Writer::create(run.path(), &start()).expect("empty"), Vec::new()))
        .expect("a thread");
    std::thread::scope(|scope| {
        for player in 0..4 {
            let journal = keeper.journal();
            scope.spawn(move || (0..1_000).for_each(|n| journal.append(record(n * 4 + player))));
        }
    });
    let mut barrier = keeper.barrier();
    while !barrier.passed() {
        std::thread::yield_now();
    }
    assert_eq!(keeper.observe(|position, sink| (position, sink.len())), (4_000, 4_000));
    drop(keeper);
    let (records, integrity) = read(run.path());
    assert_eq!((records.len(), integrity.sealed, integrity.torn_bytes), (4_000, false, 0));
}
