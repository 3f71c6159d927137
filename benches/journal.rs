//! How many attempts a second one core appends (encoded, hashed, checked, written) and reads back. Run with `cargo bench --bench journal`.
#![expect(clippy::print_stdout, reason = "its figures are its purpose")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::io;
use std::path::Path;
use std::time::Instant;

use firedrill::draw::Seed;
use firedrill::journal::{
    Attempt, Code, Collector, End, Ending, Journal, Keeper, Record, Recording, Start, Store, WorldKind, Writer,
};
use firedrill::units::{JourneyId, MessageId, Moment, RouteId, Span};

const ATTEMPTS: u32 = 2_000_000;

fn start() -> Start {
    Start {
        firedrill: env!("CARGO_PKG_VERSION").into(),
        world: WorldKind::Virtual,
        seed: Seed(7),
        started: "2026-01-05T09:00:00Z".into(),
        calendar: None,
        plan_sha256: String::new(),
        plan: serde_json::Value::Null,
    }
}

fn attempt(n: u32) -> Record {
    let due = Moment::ZERO + Span::from_micros(100) * u64::from(n);
    Record::Attempt(Attempt {
        message: MessageId { journey: JourneyId(0), number: n },
        number: 1,
        route: RouteId(0),
        connection: Some(u64::from(n % 500)),
        exchange: n / 500,
        slot_at: due,
        sent: due,
        done: due + Span::from_nanos(36_512_345),
        ending: Ending::Acknowledged,
        code: Code { status: 200, word: "".into() },
        declined: Vec::new(),
    })
}

fn rate(what: &str, attempts: u64, began: Instant) {
    println!("{what:<28} {:>12.0} attempts/s", attempts as f64 / began.elapsed().as_secs_f64());
}

fn play(what: &str, keeper: Keeper<()>) {
    let journal = keeper.journal();
    let began = Instant::now();
    for n in 0..ATTEMPTS {
        journal.append(attempt(n));
    }
    let finished = keeper.finish(Moment::ZERO + Span::from_secs(200), End::Completed);
    // A ring that is flooded loses records: only those that came through count.
    rate(what, finished.records, began);
    assert!(finished.failure.is_none());
}

fn writer(store: impl Store) -> Writer {
    Writer::new(Box::new(store), Path::new("nowhere"), &start()).expect("a store that takes everything")
}

fn main() {
    play("inline, to nowhere", Journal::inline(Collector::new(writer(io::sink()), ())));
    play("threaded, to nowhere", Journal::threaded(Collector::new(writer(io::sink()), ())).expect("a thread"));

    let run = tempfile::tempdir().expect("a directory");
    let to_file = Writer::create(run.path(), &start()).expect("an empty directory");
    play("inline, to a file, synced", Journal::inline(Collector::new(to_file, ())));

    let began = Instant::now();
    let recording = Recording::open(run.path()).expect("a journal");
    let integrity = recording.fold(&mut ()).expect("unharmed");
    rate("read back, checked", integrity.records, began);
    let bytes = std::fs::metadata(recording.path()).expect("a file").len();
    println!("{} blocks, {:.1} bytes an attempt", integrity.blocks, bytes as f64 / f64::from(ATTEMPTS));
}
