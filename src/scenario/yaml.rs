//! The only module that knows the YAML library: text in, a tree of [`Node`]s or the first mistake of syntax out.
//!
//! The library streams into a visitor. Asking it for `Spanned` values all the way down gives every key and value its place, which
//! deserialising into typed structures would lose wherever serde buffers. Equal keys are passed through on purpose: they are reported
//! by us, all of them and with both places.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;
use serde_yaml::options::DuplicateKeyPolicy;

use super::node::{Entry, Mark, Node, Value};
use crate::limits;

/// A mistake of syntax, of which the library reports the first.
#[derive(Debug)]
pub(super) struct SyntaxError {
    /// What is wrong.
    pub(super) message: String,
    /// The byte at which it was noticed.
    pub(super) at: usize,
    /// Whether it is a bound of ours rather than a mistake of syntax.
    pub(super) limit: bool,
}

/// The library's options, all in one place.
fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: limits::YAML_DEPTH,
            flow_nesting_limit: limits::YAML_DEPTH,
            max_nodes: limits::YAML_NODES,
            max_documents: 2,
            max_aliases: limits::YAML_REPLAYS,
            max_recorded_anchor_events: limits::YAML_NODES,
        },
        alias_limits: serde_yaml::alias_limits! {
            max_total_replayed_events: limits::YAML_REPLAYS,
            max_replay_stack_depth: 16,
        },
        // `on: no` and `0755` are words here; quantities are read by us.
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        reject_unsupported_tags: true,
        emit_comments: false,
        with_snippet: false,
    }
}

/// Reads `text`, which starts at byte `base` of source `source`.
pub(super) fn parse(text: &str, source: u16, base: usize) -> Result<Node, SyntaxError> {
    let raw: Spanned<Raw> =
        serde_yaml::from_str_with_options(text, options()).map_err(|error| syntax_error(text, base, &error))?;
    Ok(Place { text, source, base }.node(raw))
}

fn syntax_error(text: &str, base: usize, error: &serde_yaml::Error) -> SyntaxError {
    let error = error.without_snippet();
    let at = error.location().map_or(text.len(), |location| byte_of(text, location.line(), location.column()));
    let full = error.render_with_formatter(&serde_yaml::UserMessageFormatter);
    // The library's limits come as several kinds of error, some wrapped in others; its words for them are pinned by our tests.
    let limit = full.contains("too large or too complex") || full.contains("recursion limit exceeded");
    let message = if limit {
        format!(
            "no scenario is so deep or so full: at most {} levels, {} words, lists and maps, and {} of them through aliases",
            limits::YAML_DEPTH,
            limits::YAML_NODES,
            limits::YAML_REPLAYS
        )
    } else {
        // The place is printed by us.
        full.split(" at line ").next().unwrap_or(&full).lines().next().unwrap_or_default().to_owned()
    };
    SyntaxError { message, at: base + at, limit }
}

/// The byte at a line and column, both counted from 1, in characters.
fn byte_of(text: &str, line: u64, column: u64) -> usize {
    let mut start = 0;
    for _ in 1..line {
        match text[start..].find('\n') {
            Some(length) => start += length + 1,
            None => return text.len(),
        }
    }
    let columns = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    let rest = &text[start..];
    rest.char_indices().nth(columns).map_or(text.len(), |(offset, _)| start + offset)
}

/// What the library hands over. Numbers and booleans are looked up in the text again, as written.
enum Raw {
    Null,
    Plain(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Key>, Spanned<Raw>)>),
}

/// A key: any scalar, as text.
struct Key(String);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<Raw, E> {
        Err(E::custom("binary data has no place in a scenario"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Raw::deserialize(deserializer)? {
            Raw::Plain(text) | Raw::Text(text) => Ok(Self(text)),
            Raw::Null => Ok(Self("null".into())),
            Raw::List(_) | Raw::Map(_) => Err(D::Error::custom("a key is a word, not a list or a map")),
        }
    }
}

/// Where the text being read lies.
struct Place<'t> {
    text: &'t str,
    source: u16,
    base: usize,
}

impl Place<'_> {
    fn node(&self, raw: Spanned<Raw>) -> Node {
        let (start, end) = self.bytes(raw.defined);
        let at = self.mark(start, end);
        let mut verbatim = None;
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Plain(read) => {
                let written = self.text[start..end].trim();
                let as_written = if written.is_empty() || written.len() > 64 { read } else { written.to_owned() };
                Value::Word(as_written)
            }
            Raw::Text(text) => {
                verbatim = self.verbatim(&text, start, end);
                Value::Word(text)
            }
            Raw::List(items) => Value::List(items.into_iter().map(|item| self.node(item)).collect()),
            Raw::Map(entries) => Value::Map(entries.into_iter().map(|(key, value)| self.entry(key, value)).collect()),
        };
        Node { value, at, verbatim }
    }

    fn entry(&self, key: Spanned<Key>, value: Spanned<Raw>) -> Entry {
        let (start, end) = self.bytes(key.defined);
        Entry { key: key.value.0, at: self.mark(start, end), value: self.node(value) }
    }

    /// The bytes of a location, as whole characters inside the text whatever the library says.
    fn bytes(&self, location: serde_yaml::Location) -> (usize, usize) {
        let span = location.span();
        let byte = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok());
        let start = byte(span.byte_offset()).unwrap_or_else(|| byte_of(self.text, location.line(), location.column()));
        let end = start.saturating_add(byte(span.byte_len()).unwrap_or(1));
        let start = self.boundary(start);
        (start, self.boundary(end).max(start))
    }

    /// The last character boundary at or before byte `at`.
    fn boundary(&self, at: usize) -> usize {
        (0..=at.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }

    fn mark(&self, start: usize, end: usize) -> Mark {
        let byte = |at: usize| u32::try_from(self.base + at).unwrap_or(u32::MAX);
        Mark { source: self.source, start: byte(start), end: byte(end) }
    }

    /// The byte at which the text of a word starts, if the source holds it as it is, with or without quotes.
    fn verbatim(&self, text: &str, start: usize, end: usize) -> Option<u32> {
        let written = &self.text[start..end];
        let quotes = usize::from(written.starts_with(['"', '\'']));
        let inner = written.get(quotes..)?;
        (inner.starts_with(text)).then(|| self.mark(start + quotes, end).start)
    }
}
