//! Numbers that lead to a person, by their shape and their check digits. Each function is given a run of digits in a text and says from
//! where to where the whole of it reaches.

use super::checks;
use super::scan::Run;

type Place = Option<(usize, usize)>;

/// Whether a byte continues a word or a number.
fn is_word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// Whether a number is the rest of something that began before it: `AB1234`, `HT-2026`, `3.1415`.
pub(super) fn is_within_a_word(bytes: &[u8], start: usize) -> bool {
    match bytes[..start] {
        [.., before, b'-' | b'.'] | [.., before] => is_word(Some(&before)),
        [] => false,
    }
}

/// The run of digits at a place, if there is one.
fn run_at(bytes: &[u8], start: usize) -> Option<Run> {
    let rest = bytes.get(start..)?;
    let length = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    (length > 0).then_some(Run { start, end: start + length })
}

/// The run of digits behind one blank or hyphen.
fn after_one(bytes: &[u8], end: usize) -> Option<Run> {
    matches!(bytes.get(end), Some(b' ' | b'-')).then(|| run_at(bytes, end + 1)).flatten()
}

impl Run {
    fn length(self) -> usize {
        self.end - self.start
    }

    fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start..self.end]
    }
}

/// `A123456(3)`, also with brackets of full width, or with none.
pub(super) fn hkid(bytes: &[u8], run: Run) -> Place {
    let capitals = bytes[..run.start].iter().rev().take(3).take_while(|byte| byte.is_ascii_uppercase()).count();
    let start = run.start - capitals;
    if !(1..=2).contains(&capitals) || !(6..=7).contains(&run.length()) || is_word(bytes[..start].last()) {
        return None;
    }
    let (letters, digits) = (&bytes[start..run.start], &bytes[run.start..run.start + 6]);
    let behind = &bytes[run.start + 6..];
    let (check, taken) = match behind {
        [b'(', check, b')', ..] => (*check, 3),
        // The brackets of full width are three bytes each.
        [0xef, 0xbc, 0x88, check, 0xef, 0xbc, 0x89, ..] => (*check, 7),
        [check, rest @ ..] if !is_word(rest.first()) => (*check, 1),
        _ => return None,
    };
    (checks::hkid(letters, digits) == Some(check)).then_some((start, run.start + 6 + taken))
}

/// Seventeen digits, of which eight are a date, and a check digit or an `X`.
pub(super) fn resident(bytes: &[u8], run: Run) -> Place {
    let end = match (run.length(), bytes.get(run.end)) {
        (18, _) => run.end,
        (17, Some(b'X' | b'x')) => run.end + 1,
        _ => return None,
    };
    let (digits, check) = (&bytes[run.start..run.start + 17], bytes[end - 1].to_ascii_uppercase());
    let holds = checks::is_birthday(&digits[6..14]) && checks::resident(digits) == check;
    (holds && !is_word(bytes.get(end))).then_some((run.start, end))
}

/// Thirteen to nineteen digits in one, or in the groups that are embossed: 4-4-4-4, 4-6-5.
pub(super) fn card(bytes: &[u8], run: Run) -> Place {
    // Two to six are the industries that issue payment cards.
    if !matches!(bytes[run.start], b'2'..=b'6') {
        return None;
    }
    let end = match run.length() {
        13..=19 => run.end,
        4 => grouped(bytes, run, &[4, 4, 4]).or_else(|| grouped(bytes, run, &[6, 5]))?,
        _ => return None,
    };
    let mut digits = bytes[run.start..end].iter().copied().filter(u8::is_ascii_digit);
    let check = digits.next_back()?;
    let holds = checks::luhn(digits) == check;
    (holds && !is_word(bytes.get(end))).then_some((run.start, end))
}

/// Where the groups of these lengths end that follow a run.
fn grouped(bytes: &[u8], run: Run, lengths: &[usize]) -> Option<usize> {
    lengths.iter().try_fold(run.end, |end, length| {
        after_one(bytes, end).filter(|group| group.length() == *length).map(|group| group.end)
    })
}

/// `+852 9123 4567`, `(852) 91234567`, `+86 138 0013 8000`, or a number without the country's code behind a word that foretells one.
pub(super) fn phone(bytes: &[u8], run: Run, foretold: bool) -> Place {
    let abroad = matches!(bytes[..run.start].last(), Some(b'+' | b'('));
    if abroad && matches!(run.of(bytes), b"852" | b"86") {
        let bracket = usize::from(bytes.get(run.end) == Some(&b')'));
        let blank = usize::from(matches!(bytes.get(run.end + bracket), Some(b' ' | b'-')));
        let local = run_at(bytes, run.end + bracket + blank).and_then(|run| local(bytes, run));
        return local.map(|end| (run.start, end));
    }
    if abroad && let Some(code) = [&b"852"[..], b"86"].into_iter().find(|code| run.of(bytes).starts_with(code)) {
        let rest = Run { start: run.start + code.len(), end: run.end };
        return local(bytes, rest).map(|end| (run.start, end));
    }
    foretold.then(|| local(bytes, run)).flatten().map(|end| (run.start, end))
}

/// Where a number without the country's code ends: eight digits in Hong Kong, none of which begins with 0 or 1, and eleven on the
/// mainland's mobile networks.
fn local(bytes: &[u8], run: Run) -> Option<usize> {
    let first = *bytes.get(run.start)?;
    let mobile = || first == b'1' && matches!(bytes.get(run.start + 1), Some(b'3'..=b'9'));
    let end = match run.length() {
        8 if first >= b'2' => run.end,
        4 if first >= b'2' => grouped(bytes, run, &[4])?,
        11 if mobile() => run.end,
        3 if mobile() => grouped(bytes, run, &[4, 4])?,
        _ => return None,
    };
    (!is_word(bytes.get(end))).then_some(end)
}

/// Behind a street's name and before a floor or a room; in English, a floor before a street.
pub(super) fn address(bytes: &[u8], run: Run) -> Place {
    chinese_address(bytes, run).or_else(|| english_address(bytes, run))
}

/// So far behind the number of a house its floor or room is looked for.
const TO_THE_FLOOR: usize = 48;

/// So far behind a floor its street is looked for.
const TO_THE_STREET: usize = 96;

/// `道中123號…45樓`: street, perhaps which part of it, number, and where in the house.
fn chinese_address(bytes: &[u8], run: Run) -> Place {
    let names = &bytes[..run.start];
    // 皇后大道中: the part of a street stands behind its word.
    let parts = ["東", "东", "南", "西", "北", "中"];
    let name = parts.iter().find_map(|part| names.strip_suffix(part.as_bytes())).unwrap_or(names);
    let before = ["道", "街", "路", "徑", "里", "巷"].iter().any(|street| name.ends_with(street.as_bytes()));
    let behind = &bytes[run.end..];
    if !before || !["號", "号"].iter().any(|number| behind.starts_with(number.as_bytes())) {
        return None;
    }
    let near = &behind[..behind.len().min(TO_THE_FLOOR)];
    let ends = ["樓", "楼", "室"].iter().filter_map(|place| Some(memchr::memmem::find(near, place.as_bytes())? + 3));
    ends.max().map(|end| (run.start, run.end + end))
}

/// `12/F, … 34 Some Road`: floor, number and street.
fn english_address(bytes: &[u8], run: Run) -> Place {
    let behind = &bytes[run.end..];
    let near = behind[..behind.len().min(TO_THE_STREET)].strip_prefix(b"/F")?;
    let streets = ["Road", "Street", "Avenue", "Lane"].iter();
    let street = streets.filter_map(|word| Some(memchr::memmem::find(near, word.as_bytes())? + word.len())).min()?;
    let house = near[..street].iter().any(u8::is_ascii_digit);
    house.then_some((run.start, run.end + 2 + street))
}
