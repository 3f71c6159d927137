//! Templates read back: what was filled in.

use super::super::head::decode;
use super::fill::is_all;
use crate::plan::{Blank, Json, Pattern, Piece};
use serde_json::Value;

/// What was found in the places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::vendor) struct Places(Vec<(Blank, String)>);

impl Places {
    /// What stood in a place.
    pub(in crate::vendor) fn take(self, blank: Blank) -> Option<String> {
        self.0.into_iter().find(|(known, _)| *known == blank).map(|(_, text)| text)
    }

    pub(in crate::vendor) fn get(&self, blank: Blank) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == blank).map(|(_, text)| text.as_str())
    }

    /// Takes in what was found elsewhere; `false` if a place holds something else there.
    pub(in crate::vendor) fn join(&mut self, others: Self) -> bool {
        let is_same = |blank, text: &str| blank == Blank::Any || self.get(blank).is_none_or(|known| known == text);
        let fits = others.0.iter().all(|(blank, text)| is_same(*blank, text));
        self.0.extend(others.0);
        fits
    }
}

/// What was filled into a template; `None` if the text was not made of it.
pub(in crate::vendor) fn read(
    template: &Pattern,
    text: &str,
    plain: impl Fn(&str) -> Option<String>,
) -> Option<Places> {
    let (mut found, mut rest) = (Places::default(), text);
    let mut pieces = template.pieces();
    while let [piece, after @ ..] = pieces {
        pieces = after;
        match piece {
            Piece::Plain(wanted) | Piece::Variable(wanted) => rest = rest.strip_prefix(wanted.as_str())?,
            Piece::Place(blank) => {
                let end = match after {
                    [Piece::Plain(last) | Piece::Variable(last)] => rest.strip_suffix(last.as_str())?.len(),
                    [Piece::Plain(next) | Piece::Variable(next), ..] => rest.find(next.as_str())?,
                    // No two places stand side by side.
                    _ => rest.len(),
                };
                let one = Places(vec![(*blank, plain(&rest[..end])?)]);
                if !found.join(one) {
                    return None;
                }
                rest = &rest[end..];
            }
        }
    }
    rest.is_empty().then_some(found)
}

/// A part of an address without its percent-encoding; `None` if something stands in it that would be encoded.
pub(in crate::vendor) fn percent(part: &str) -> Option<String> {
    (!part.contains(['/', '?', '&', '#'])).then(|| decode(part))
}

/// What was filled into a JSON value; the recipients' list is told with commas. What else is in an object does not matter.
pub(in crate::vendor) fn read_json(wanted: &Json, value: &Value) -> Option<Places> {
    let mut found = Places::default();
    match (wanted, value) {
        (Json::Fixed(fixed), value) if fixed == value => {}
        (Json::Text(text), Value::String(value)) => found = read(text, value, |part| Some(part.to_owned()))?,
        // As it is written.
        (Json::Text(text), Value::Number(_) | Value::Bool(_)) => {
            found = read(text, &value.to_string(), |part| Some(part.to_owned()))?;
        }
        (Json::List(items), Value::Array(values)) if is_all(items) => {
            let all: Vec<&str> = values.iter().map(Value::as_str).collect::<Option<_>>()?;
            found = Places(vec![(Blank::To, all.join(","))]);
        }
        (Json::List(items), Value::Array(values)) if items.len() == values.len() => {
            for (item, value) in items.iter().zip(values) {
                found.join(read_json(item, value)?).then_some(())?;
            }
        }
        (Json::Map(map), Value::Object(values)) => {
            for (key, item) in map {
                found.join(read_json(item, values.get(key)?)?).then_some(())?;
            }
        }
        _ => return None,
    }
    Some(found)
}
