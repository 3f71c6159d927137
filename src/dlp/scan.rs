//! What of a text may not leave: one pass over its bytes. Every number is looked at once, with a bounded stretch around it, so that no
//! text takes longer than its length.

use serde::Serialize;

use super::Kind;
use super::marks::{Mark, marks};
use super::people;

/// Something that may not leave, and where in the text it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Its first byte.
    pub start: usize,
    /// The first byte behind it.
    pub end: usize,
}

/// A run of digits in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What was read on the way to a number: where the last word ended that foretells one.
#[derive(Clone, Copy, Debug, Default)]
struct Foretold {
    phone: Option<usize>,
    contract: Option<usize>,
}

/// A number belongs to the word before it if it begins within so many bytes: room for `號碼是 (+852) `.
const NEAR: usize = 24;

/// Everything in a text that may not leave, in the order in which it stands there.
pub fn inspect(text: &str) -> Vec<Finding> {
    let bytes = text.as_bytes();
    let (mut found, mut foretold, mut words) = (Vec::new(), Foretold::default(), marks(text).peekable());
    let mut at = 0;
    loop {
        let run = next_run(bytes, at);
        let until = run.map_or(bytes.len(), |run| run.start);
        while let Some(word) = words.next_if(|word| word.start < until) {
            match word.mark {
                Mark::Phone => foretold.phone = Some(word.end),
                Mark::Contract => foretold.contract = Some(word.end),
                Mark::Secret => found.push(Finding { kind: Kind::Contract, start: word.start, end: word.end }),
            }
        }
        let Some(run) = run else { return found };
        let finding = number(bytes, run, foretold);
        at = finding.map_or(run.end, |finding| finding.end.max(run.end));
        found.extend(finding);
    }
}

/// The next run of digits from here.
fn next_run(bytes: &[u8], from: usize) -> Option<Run> {
    let start = from + bytes[from..].iter().position(u8::is_ascii_digit)?;
    let length = bytes[start..].iter().position(|byte| !byte.is_ascii_digit());
    Some(Run { start, end: length.map_or(bytes.len(), |length| start + length) })
}

/// What a number is, if it is anything.
fn number(bytes: &[u8], run: Run, foretold: Foretold) -> Option<Finding> {
    let near = |word: Option<usize>| word.is_some_and(|end| run.start - end <= NEAR);
    let finding = |kind, (start, end)| Finding { kind, start, end };
    let (contract, phone) = (near(foretold.contract), near(foretold.phone));
    if contract && run.end - run.start >= 4 {
        return Some(finding(Kind::Contract, (run.start, end_of_name(bytes, run.end))));
    }
    if let Some(card) = people::hkid(bytes, run) {
        return Some(finding(Kind::Hkid, card));
    }
    if people::is_within_a_word(bytes, run.start) {
        return None;
    }
    people::resident(bytes, run)
        .map(|place| finding(Kind::Resident, place))
        .or_else(|| people::card(bytes, run).map(|place| finding(Kind::Card, place)))
        .or_else(|| people::phone(bytes, run, phone).map(|place| finding(Kind::Phone, place)))
        .or_else(|| people::address(bytes, run).map(|place| finding(Kind::Address, place)))
}

/// Where a name like `FD-2026-0042` ends, in whose midst this is.
fn end_of_name(bytes: &[u8], from: usize) -> usize {
    let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/');
    bytes[from..].iter().position(|byte| !goes_on(byte)).map_or(bytes.len(), |length| from + length)
}
