//! Journals that no version of this program has written, but whose checksums hold.

use std::io::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::NamedTempFile;

use super::*;
use crate::draw::Seed;
use crate::journal::block::{Hash, Header};
use crate::journal::record::{Control, End, Event, Seal, WorldKind};
use crate::units::Moment;

const BEFORE_THE_FIRST: Hash = [0; 32];

fn start() -> Vec<u8> {
    let (firedrill, started, plan_sha256) = ("0.0.0".into(), String::new(), String::new());
    let plan = serde_json::Value::Null;
    let start =
        Start { firedrill, world: WorldKind::Virtual, seed: Seed(1), started, calendar: None, plan_sha256, plan };
    serde_json::to_vec(&start).expect("plain data")
}

/// A start and these blocks, with headers that fit.
fn journal(blocks: &[(u32, &[u8])]) -> NamedTempFile {
    let (mut file, mut previous) = (NamedTempFile::new().expect("a file"), BEFORE_THE_FIRST);
    let first = start();
    for (sequence, (records, payload)) in (0..).zip([(0, &first[..])].iter().chain(blocks)) {
        let header = Header::new(sequence, &previous, *records, payload);
        previous = header.hash;
        file.write_all(&[&header.to_bytes()[..], payload].concat()).expect("a small file");
    }
    file
}

fn encoded(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        codec::encode(record, &mut Vec::new(), &mut out);
    }
    out
}

fn note(text: &str) -> Record {
    Record::Control(Control { at: Moment::ZERO, event: Event::Note(text.into()) })
}

fn seal(records: u64) -> Record {
    Record::Seal(Seal { at: Moment::ZERO, end: End::Completed, records })
}

#[test]
fn unknown_kinds_keep_their_positions_and_are_counted() {
    let payload = [encoded(&[note("a")]), vec![3, 200, 1, 2], encoded(&[note("b"), seal(3)])].concat();
    let file = journal(&[(4, &payload)]);
    let recording = Recording::open(file.path()).expect("a journal");
    let found: Vec<_> = recording.records().expect("a file").map(|record| record.expect("readable")).collect();
    assert_eq!(found, [(0, note("a")), (2, note("b")), (3, seal(3))]);
    let integrity = verify(file.path()).expect("an answer");
    assert_eq!((integrity.records, integrity.skipped, integrity.sealed), (4, 1, true));
}

#[test]
fn a_block_that_holds_other_than_its_header_counts_is_unreadable() {
    let two = encoded(&[note("a"), note("b")]);
    for count in [1, 3] {
        let file = journal(&[(count, &two), (1, &encoded(&[note("c")]))]);
        let error = Recording::open(file.path()).expect("a journal").fold(&mut ()).expect_err("a wrong count");
        assert!(matches!(error, ReadError::Record { block: 1, .. }), "{error}");
    }
    let file = journal(&[(1, &two)]);
    let error = Recording::open(file.path()).expect("a journal").fold(&mut ()).expect_err("a wrong count");
    assert!(matches!(error, ReadError::Record { block: 1, position: 1, source: DecodeError::Count }), "{error}");
}

#[test]
fn a_seal_counts_what_stands_before_it_and_nothing_stands_behind_it() {
    for (records, damage) in [(vec![note("a"), seal(7)], Damage::Seal), (vec![seal(0), note("a")], Damage::AfterSeal)] {
        let file = journal(&[(2, &encoded(&records))]);
        let error = Recording::open(file.path()).expect("a journal").fold(&mut ()).expect_err("altered");
        assert!(matches!(error, ReadError::Altered { block: 1, damage: found } if found == damage), "{error}");
    }
    let file = journal(&[(1, &encoded(&[seal(0)])), (1, &encoded(&[note("a")]))]);
    assert_eq!(verify(file.path()).expect("an answer").altered_at, Some(2));
}

#[test]
fn a_later_version_is_named() {
    let mut file = NamedTempFile::new().expect("a file");
    let header = Header { version: VERSION + 1, ..Header::new(0, &BEFORE_THE_FIRST, 0, b"") };
    file.write_all(&header.to_bytes()).expect("a small file");
    let error = Recording::open(file.path()).expect_err("too new");
    assert!(matches!(error, ReadError::Version { block: 0, found } if found == VERSION + 1), "{error}");
}

proptest! {
    #[test]
    fn no_payload_panics(count in 0_u32..20, payload in vec(any::<u8>(), 0..200)) {
        let file = journal(&[(count, &payload)]);
        let _ = verify(file.path());
    }

    #[test]
    fn no_file_panics(bytes in vec(any::<u8>(), 0..200)) {
        let mut file = NamedTempFile::new().expect("a file");
        file.write_all(&bytes).expect("a small file");
        prop_assert!(Recording::open(file.path()).is_err());
        let _ = verify(file.path());
    }
}
