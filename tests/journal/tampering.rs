//! A journal that was cut off reads as far as it goes; one that was changed says where.

use std::fs::File;
use std::os::unix::fs::FileExt;

use firedrill::journal::verify;

use super::{file_and_blocks, read, write};

#[test]
fn a_journal_torn_at_any_byte_of_its_last_block_reads_up_to_that_block() {
    let run = tempfile::tempdir().expect("a directory");
    write(run.path(), 100);
    let (bytes, starts) = file_and_blocks(run.path());
    let (last, whole) = (starts[starts.len() - 2], bytes.len());
    // Shortened in place, from the end: some file systems wait for the disk when a file is written anew.
    let torn = run.path().join("torn.fdj");
    std::fs::write(&torn, &bytes).expect("a small file");
    let file = File::options().write(true).open(&torn).expect("the file");
    for end in (last..whole).rev() {
        file.set_len(end as u64).expect("a shorter file");
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
    std::fs::write(&flipped, &bytes).expect("a small file");
    let file = File::options().write(true).open(&flipped).expect("the file");
    for at in 0..bytes.len() {
        file.write_all_at(&[bytes[at] ^ 1 << (at % 8)], at as u64).expect("a byte");
        let block = u32::try_from(starts.partition_point(|start| *start <= at) - 1).expect("few blocks");
        let integrity = verify(&flipped).expect("an answer");
        assert_eq!((integrity.altered_at, integrity.sealed), (Some(block), false), "byte {at}");
        file.write_all_at(&bytes[at..=at], at as u64).expect("a byte");
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
