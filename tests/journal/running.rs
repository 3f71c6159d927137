//! A journal while it is written: full disks, full rings, many players.

use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firedrill::journal::{Collector, End, Journal, Record, Sink, Store, Writer};
use firedrill::limits::RING_RECORDS;

use super::{millis, read, record, start};

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
