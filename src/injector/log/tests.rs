use std::fs;

use super::*;
use crate::injector::{Standing, outstanding};
use crate::plan::Exec;

fn drill() -> Drill {
    let word = |text: &str| text.to_owned();
    Drill { firedrill: word("0"), scenario: word("s"), started: word("2026-01-01T00:00:00Z"), host: word("h") }
}

fn action() -> Action {
    let exec = |word: &str| Call::Exec(Exec { run: vec![word.to_owned()], env: BTreeMap::new() });
    Action { act: exec("do"), undo: exec("undo"), timeout: Span::from_secs(3) }
}

fn log(place: &Path) -> UndoLog {
    UndoLog::create(place, &drill(), PathBuf::from("/")).expect("room")
}

fn left(place: &Path) -> Vec<u32> {
    let found = outstanding(place).expect("a directory");
    let entries = found.iter().flat_map(|found| match &found.standing {
        Standing::Left(_, entries) => entries.clone(),
        Standing::Running => panic!("it is locked"),
        Standing::Unreadable(error) => panic!("{error}"),
    });
    entries.map(|entry| entry.number).collect()
}

#[test]
fn what_is_begun_stands_until_it_is_settled_and_the_last_comes_first() {
    let place = tempfile::tempdir().expect("a place");
    let log = log(place.path());
    for _ in 0..3 {
        log.begin("cut", Moment::ZERO, &action()).expect("room");
    }
    assert!(matches!(outstanding(place.path()).expect("a directory")[0].standing, Standing::Running));
    assert!(matches!(UndoLog::open(log.path()), Err(UndoLogError::Running(_))));
    log.settle(2, Settled::Undone).expect("room");
    let path = log.path().to_owned();
    drop(log);
    assert_eq!(left(place.path()), [3, 1]);
    let again = reopened(&path);
    assert_eq!(again.outstanding().iter().map(|entry| entry.number).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(again.outstanding()[0].undo, action().undo);
    for number in [3, 1] {
        again.settle(number, Settled::Undone).expect("room");
    }
    drop(again);
    assert!(outstanding(place.path()).expect("a directory").is_empty());
}

/// Opens a log that nobody has. A test beside this one may just be starting a program, which holds a copy of every descriptor until it is loaded,
/// and with it the lock.
fn reopened(path: &Path) -> UndoLog {
    for _ in 0..100_000 {
        match UndoLog::open(path) {
            Err(UndoLogError::Running(_)) => std::thread::yield_now(),
            opened => return opened.expect("nobody has it"),
        }
    }
    panic!("nobody has it, and it stays locked");
}

#[test]
fn a_line_that_was_cut_off_says_nothing_and_does_not_spoil_the_next() {
    let place = tempfile::tempdir().expect("a place");
    let log = log(place.path());
    log.begin("cut", Moment::ZERO, &action()).expect("room");
    let path = log.path().to_owned();
    drop(log);
    let whole = fs::read(&path).expect("a file");
    let second = whole.split_inclusive(|byte| *byte == b'\n').nth(1).expect("an entry").to_vec();
    for length in 1..second.len() {
        fs::write(&path, [&whole[..], &second[..length]].concat()).expect("room");
        assert_eq!(left(place.path()), [1], "{length}");
        let log = reopened(&path);
        log.settle(1, Settled::ByHand).expect("room");
        drop(log);
        assert!(left(place.path()).is_empty(), "{length}");
    }
}

#[test]
fn a_line_that_a_full_disk_has_cut_off_is_gone_before_the_next() {
    let place = tempfile::tempdir().expect("a place");
    let log = log(place.path());
    for _ in 0..2 {
        log.begin("cut", Moment::ZERO, &action()).expect("room");
        let mut torn = OpenOptions::new().append(true).open(log.path()).expect("a file");
        torn.write_all(b"{\"running\":{\"num").expect("room");
    }
    log.settle(2, Settled::Undone).expect("room");
    let path = log.path().to_owned();
    drop(log);
    assert_eq!(left(place.path()), [1]);
    let again = UndoLog::open(&path).expect("it is whole");
    again.settle(1, Settled::Undone).expect("room");
    drop(again);
    assert!(left(place.path()).is_empty());
}

#[test]
fn the_directories_that_were_made_for_it_are_found_however_they_are_named() {
    let of = |file: &'static str| directories(Path::new(file)).collect::<Vec<_>>();
    assert_eq!(of("reports/s/r/undo.jsonl"), ["reports/s/r", "reports/s", "reports", "."].map(Path::new));
    assert_eq!(of("/a/r/undo.jsonl"), ["/a/r", "/a", "/"].map(Path::new));
}

#[test]
fn damage_is_told_and_never_taken_for_nothing() {
    let place = tempfile::tempdir().expect("a place");
    let log = log(place.path());
    log.begin("cut", Moment::ZERO, &action()).expect("room");
    let path = log.path().to_owned();
    drop(log);
    let mut bytes = fs::read(&path).expect("a file");
    let middle = bytes.len() - 20;
    bytes[middle] = 0;
    fs::write(&path, bytes).expect("room");
    let found = outstanding(place.path()).expect("a directory");
    assert!(matches!(found[0].standing, Standing::Unreadable(UndoLogError::Damaged { line: 2, .. })));
    assert!(matches!(UndoLog::open(&path), Err(UndoLogError::Damaged { line: 2, .. })));
}

#[test]
fn a_program_is_known_by_its_number_and_its_beginning() {
    let mut sleep = std::process::Command::new("sleep");
    std::os::unix::process::CommandExt::process_group(&mut sleep, 0);
    let mut child = sleep.arg("60").spawn().expect("sleep");
    let pid = i32::try_from(child.id()).expect("a number");
    let running = Running { number: 1, pid, ticks: ticks(pid) };
    assert!(running.is_there());
    assert!(!Running { ticks: running.ticks.map(|ticks| ticks + 1), ..running }.is_there());
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
    assert!(!running.is_there());
}
