//! "Did you mean": the nearest of the words that would have been right.

use crate::units::six_digits;

/// Words that people write for units, and the unit they mean.
const UNITS: &[(&str, &str)] = &[
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("S", "s"),
    ("mins", "m"),
    ("minute", "m"),
    ("minutes", "m"),
    ("M", "m"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("H", "h"),
    ("day", "d"),
    ("days", "d"),
    ("msec", "ms"),
    ("msecs", "ms"),
    ("millis", "ms"),
    ("usec", "us"),
    ("micros", "us"),
    ("b", "B"),
    ("byte", "B"),
    ("bytes", "B"),
    ("K", "KiB"),
    ("k", "KiB"),
    ("kb", "kB"),
    ("kib", "KiB"),
    ("Kib", "KiB"),
    ("Mb", "MB"),
    ("mb", "MB"),
    ("percent", "%"),
    ("pct", "%"),
];

/// Words of other tools and of everyday speech for keys of ours.
pub(super) const SYNONYMS: &[(&str, &str)] = &[
    ("accounts", "groups"),
    ("users", "groups"),
    ("services", "endpoints"),
    ("platforms", "endpoints"),
    ("flows", "journeys"),
    ("traffic", "journeys"),
    ("stages", "phases"),
    ("faults", "injects"),
    ("chaos", "injects"),
    ("objectives", "targets"),
    ("slos", "targets"),
    ("type", "kind"),
    ("location", "region"),
    ("members", "count"),
    ("sender", "from"),
    ("recipient", "to"),
    ("recipients", "to"),
    ("receiver", "to"),
    ("frequency", "rate"),
    ("qps", "rate"),
    ("rps", "rate"),
    ("size", "bytes"),
    ("fallback", "failover"),
    ("retries", "retry"),
    ("duration", "for"),
    ("length", "for"),
    ("phase", "during"),
    ("when", "during"),
    ("start", "at"),
    ("begin", "at"),
    ("probability", "chance"),
    ("toxicity", "chance"),
    ("percent", "chance"),
    ("delay", "latency"),
    ("delay", "constant"),
    ("mean", "constant"),
    ("expression", "expr"),
    ("condition", "expr"),
    ("query", "expr"),
    ("severity", "level"),
    ("priority", "level"),
    ("threshold", "value"),
];

/// The candidate that is meant by `word`: the nearest, or what others call so.
pub(super) fn meant<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let synonym = || {
        let mut ours = SYNONYMS.iter().filter(|(other, _)| *other == word).map(|(_, ours)| *ours);
        ours.find_map(|ours| candidates.iter().copied().find(|candidate| *candidate == ours))
    };
    nearest(word, candidates.iter().copied()).or_else(synonym)
}

/// The candidate nearest to `word`, if one is near: a slip of the pen away, or its beginning.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // Beyond this nothing that firedrill knows is near, and the distance is quadratic.
    if word.len() > 64 {
        return None;
    }
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', ' '], "-");
    let word = plain(word);
    candidates
        .into_iter()
        .take(1_000)
        .map(|candidate| (strsim::damerau_levenshtein(&word, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| {
            let begins = word.len() >= 4 && plain(candidate).starts_with(&word);
            begins || *distance <= 1.max(word.len().min(candidate.len()) / 3)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A hint for a word that should have been one of `candidates`: the nearest, or else all of them if they are few.
pub(super) fn hint(word: &str, candidates: &[&str]) -> Option<String> {
    match meant(word, candidates) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if candidates.is_empty() || candidates.len() > 24 => None,
        None => Some(format!("possible here: {}", candidates.join(", "))),
    }
}

/// A hint for a unit that is none.
pub(super) fn unit_hint(unit: &str) -> Option<String> {
    let unit = unit.trim();
    UNITS.iter().find(|(wrong, _)| *wrong == unit).map(|(_, right)| format!("did you mean `{right}`?"))
}

/// What may be meant by a text that is no quantity, as it is written: `2 hours` is `2h`, `1 per second` is `1/s`, 0.999 is 99.9 %.
pub(super) fn quantities(text: &str) -> Vec<String> {
    if text.len() > 64 {
        return Vec::new();
    }
    if let Ok(number) = text.parse::<f64>() {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let share = if number < 1.0 { number * 100.0 } else { number };
        // Of 1 nobody knows whether it is one of a hundred or all.
        return if is_plain && text != "1" { vec![format!("{}%", six_digits(share))] } else { Vec::new() };
    }
    let unit = |word: &str| {
        UNITS.iter().find(|(wrong, _)| *wrong == word).map_or(word.to_owned(), |(_, right)| (*right).to_owned())
    };
    let mut meant = String::new();
    let mut word = String::new();
    for c in text.replace(" per ", "/").chars().filter(|c| !c.is_whitespace()).chain(['\n']) {
        if c.is_alphabetic() {
            word.push(c);
            continue;
        }
        meant += &unit(&std::mem::take(&mut word));
        meant.extend(Some(c).filter(|c| *c != '\n'));
    }
    // A minute is `m` in a time, and `min` in a rate.
    match meant.contains('/') {
        true if meant.ends_with("/m") => vec![meant + "in"],
        true => vec![meant],
        false => vec![meant.replace("min", "m")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_are_recognised() {
        let words = ["latency", "limits", "account_freeze", "region"];
        assert_eq!(nearest("latnecy", words), Some("latency"));
        assert_eq!(nearest("account-freeze", words), Some("account_freeze"));
        assert_eq!(nearest("Region", words), Some("region"));
        assert_eq!(nearest("lat", words), None);
        assert_eq!(nearest("account", words), Some("account_freeze"));
        assert_eq!(nearest("bandwidth", words), None);
        assert_eq!(unit_hint("seconds"), Some("did you mean `s`?".into()));
    }
}
