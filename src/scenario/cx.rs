//! What every reader has at hand: where to report, and how to read a single word.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use super::node::{Entry, Mark, Node, Value};
use super::source::Source;
use super::spell;
use crate::units::ParseQuantityError;

/// Collects mistakes while a tree is read. Whatever reports one returns `None`, and reading goes on with the next part.
pub(super) struct Cx<'s> {
    /// The file, then each `--set`.
    sources: &'s [Source],
    /// What was found.
    pub(super) found: Diagnostics,
    /// The keys that each map was asked for, to be compared with the language's tables.
    #[cfg(test)]
    pub(super) asked: Vec<(String, Vec<&'static str>)>,
}

/// Words with what they mean.
pub(super) type Words<'w, T> = &'w [(&'static str, T)];

impl<'s> Cx<'s> {
    pub(super) fn new(sources: &'s [Source]) -> Self {
        Self {
            sources,
            found: Diagnostics::default(),
            #[cfg(test)]
            asked: Vec::new(),
        }
    }

    /// A file that the scenario names: relative to the scenario's own.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        let scenario = self.sources.first().map(|source| Path::new(&source.name));
        scenario.and_then(Path::parent).unwrap_or(Path::new("")).join(name)
    }

    fn push(&mut self, severity: Severity, code: Code, at: Mark, message: String, hint: Option<String>) {
        if self.found.is_full() {
            self.found.omit();
            return;
        }
        let Some(source) = self.sources.get(usize::from(at.source)) else { return };
        self.found.push(Diagnostic { hint, ..Diagnostic::at(source, at, severity, code, message) });
    }

    /// Reports an error.
    pub(super) fn error<T>(&mut self, code: Code, at: Mark, message: impl Into<String>) -> Option<T> {
        self.push(Severity::Error, code, at, message.into(), None);
        None
    }

    /// Reports an error with what to do about it.
    pub(super) fn hinted<T>(
        &mut self,
        code: Code,
        at: Mark,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) -> Option<T> {
        self.push(Severity::Error, code, at, message.into(), hint.into());
        None
    }

    /// Reports something that is allowed and probably not meant.
    pub(super) fn lint(&mut self, code: Code, at: Mark, message: impl Into<String>, hint: impl Into<Option<String>>) {
        self.push(Severity::Lint, code, at, message.into(), hint.into());
    }

    /// Reports a part of the language that this version does not play yet.
    pub(super) fn not_yet<T>(&mut self, at: Mark, what: &str) -> Option<T> {
        self.not_yet_but(at, what, "leave it out: this version does not play it")
    }

    /// The same, where something else serves instead.
    pub(super) fn not_yet_but<T>(&mut self, at: Mark, what: &str, instead: &str) -> Option<T> {
        self.hinted(Code::NotYet, at, format!("{what} cannot be played yet"), instead.to_owned())
    }

    /// The text of a word.
    pub(super) fn word<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match &node.value {
            Value::Word(word) => Some(word),
            Value::List(items) => {
                let hint = match &items[..] {
                    [Node { value: Value::Word(word), .. }] => format!("write `{}`, without brackets", short(word)),
                    _ => "there can be one only: write it without brackets".to_owned(),
                };
                self.hinted(Code::WrongKind, node.at, format!("{what} is a word, not a list"), hint)
            }
            _ => self.error(Code::WrongKind, node.at, format!("{what} is a word, not {}", node.kind())),
        }
    }

    /// The entries of a map; nothing at all is an empty map.
    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        self.map_such_as(node, what, None)
    }

    /// The same, of a map for which something else is easily written: an example says what to write instead.
    pub(super) fn map_such_as<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        example: Option<String>,
    ) -> Option<&'n [Entry]> {
        match &node.value {
            Value::Map(entries) => Some(entries),
            Value::Null => Some(&[]),
            _ => {
                let message = format!("{what} is a map of `key: value`, not {}", node.kind());
                self.hinted(Code::WrongKind, node.at, message, example.map(|example| format!("write `{example}`")))
            }
        }
    }

    /// A figure with its unit.
    pub(super) fn quantity<T: FromStr<Err = ParseQuantityError>>(&mut self, node: &Node, what: &str) -> Option<T> {
        let word = self.word(node, what)?;
        self.figure(word, node.at, what)
    }

    /// A figure with its unit, at a place inside something larger.
    pub(super) fn figure<T: FromStr<Err = ParseQuantityError>>(
        &mut self,
        word: &str,
        at: Mark,
        what: &str,
    ) -> Option<T> {
        match word.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let code =
                    if matches!(error, ParseQuantityError::Range(..)) { Code::OutOfRange } else { Code::BadFigure };
                let meant = spell::quantities(word).into_iter().find(|text| text.parse::<T>().is_ok());
                let hint = match (&error, meant) {
                    // The last says itself what to write.
                    (
                        ParseQuantityError::Range(..)
                        | ParseQuantityError::Negative(..)
                        | ParseQuantityError::Spaced(..),
                        _,
                    ) => None,
                    (_, Some(meant)) if meant.ends_with('%') => Some(format!("did you mean `{meant}`?")),
                    (_, Some(meant)) => Some(format!("write `{meant}`")),
                    (ParseQuantityError::UnknownUnit(unit, ..), None) => spell::unit_hint(unit),
                    _ => None,
                };
                self.hinted(code, at, format!("{what}: {error}"), hint)
            }
        }
    }

    /// A whole number between two bounds.
    pub(super) fn count(&mut self, node: &Node, what: &str, least: u64, most: u64) -> Option<u64> {
        let word = self.word(node, what)?;
        let bounds = || format!("between {least} and {most}");
        match word.parse::<u64>() {
            Ok(n) if (least..=most).contains(&n) => Some(n),
            Ok(_) => self.error(Code::OutOfRange, node.at, format!("{what} is {}, not {word}", bounds())),
            Err(_) if word.bytes().all(|byte| byte.is_ascii_digit()) && !word.is_empty() => {
                self.error(Code::OutOfRange, node.at, format!("{what} is {}", bounds()))
            }
            Err(_) => self.error(
                Code::BadFigure,
                node.at,
                format!("{what} is a whole number {}, not `{}`", bounds(), short(word)),
            ),
        }
    }

    /// One of a few words.
    pub(super) fn choice<T: Clone>(
        &mut self,
        node: &Node,
        what: &str,
        words: Words<'_, T>,
        later: &[&str],
    ) -> Option<T> {
        let word = self.word(node, what)?;
        self.choose(word, node.at, what, words, later)
    }

    /// One of a few words, at a place inside something larger.
    pub(super) fn choose<T: Clone>(
        &mut self,
        word: &str,
        at: Mark,
        what: &str,
        words: Words<'_, T>,
        later: &[&str],
    ) -> Option<T> {
        self.choose_of(word, at, what, (words, later), None)
    }

    /// The same, of so many words that where none is near a hint says where they stand.
    pub(super) fn choose_of<T: Clone>(
        &mut self,
        word: &str,
        at: Mark,
        what: &str,
        (words, later): (Words<'_, T>, &[&str]),
        listed: Option<&str>,
    ) -> Option<T> {
        if let Some((_, value)) = words.iter().find(|(name, _)| *name == word) {
            return Some(value.clone());
        }
        if later.contains(&word) {
            return self.not_yet(at, &format!("{what} `{word}`"));
        }
        let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
        let hint = spell::hint(word, &names).or_else(|| listed.map(str::to_owned));
        self.hinted(Code::UnknownWord, at, format!("`{}` is no {what}", short(word)), hint)
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        self.choice(node, what, &[("true", true), ("false", false)], &[])
    }
}

/// A foreign word as it is quoted in a message.
pub(super) fn short(word: &str) -> String {
    if word.chars().count() <= 60 {
        return word.to_owned();
    }
    word.chars().take(57).chain("…".chars()).collect()
}
