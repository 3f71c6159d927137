//! From the text to a tree that is sound as YAML, and a variant applied to it.

use super::cx::{Cx, short};
use super::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use super::fields::Fields;
use super::node::{Mark, Node, Value};
use super::source::Source;
use super::table::Table;
use super::{overrides, spell, syntax, variants, yaml};
use crate::limits;

/// The tree of a text. A mistake of syntax is the only one that can be told; keys that stand twice are told all.
pub(super) fn parse(source: &Source) -> Result<Node, Diagnostics> {
    let refuse = |at: usize, code: Code, message: String, hint: Option<String>| {
        let start = u32::try_from(at).unwrap_or(u32::MAX);
        let mark = Mark { source: 0, start, end: start };
        Diagnostics::from(Diagnostic { hint, ..Diagnostic::at(source, mark, Severity::Error, code, message) })
    };
    if source.text.len() > limits::SCENARIO_BYTES {
        return Err(Diagnostic::too_large(&source.name).into());
    }
    // Nobody sees the last two, and they make another word of every word.
    let foreign = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t') || matches!(c, '\u{200b}' | '\u{2060}');
    if let Some((at, c)) = source.text.char_indices().find(|(_, c)| foreign(*c)) {
        let message = format!("the control character U+{:04X} has no place in a scenario", u32::from(c));
        return Err(refuse(at, Code::Encoding, message, None));
    }
    let root = yaml::parse(&source.text, 0, 0).map_err(|error| {
        let code = if error.limit { Code::TooLarge } else { Code::Syntax };
        if let Some((opens, hint)) = syntax::open_quote(source, error.at, &error.message).filter(|_| !error.limit) {
            return refuse(opens, code, "the quote that opens here is not closed in its line".to_owned(), Some(hint));
        }
        let hint = syntax::hint(source, error.at, &error.message);
        refuse(error.at, code, error.message, hint)
    })?;
    let mut found = Diagnostics::default();
    spoilt_keys(source, &root, &mut found);
    if found.is_empty() { Ok(root) } else { Err(found) }
}

/// The tree of a scenario's text.
pub(super) fn read(source: &Source) -> Result<Node, Diagnostics> {
    let root = parse(source)?;
    match root.value {
        Value::Null => Err(Diagnostics::from(Diagnostic::of_file(
            &source.name,
            Code::Missing,
            "the scenario is empty".to_owned(),
            Some(
                "scenarios/quickstart.yaml is one to start from, and `firedrill explain scenario` lists every key"
                    .to_owned(),
            ),
        ))),
        Value::Map(_) => Ok(root),
        _ => {
            let message = format!("a scenario is a map that starts with `firedrill: 1`, not {}", root.kind());
            let at = Mark { end: root.at.start, ..root.at };
            Err(Diagnostic::at(source, at, Severity::Error, Code::WrongKind, message).into())
        }
    }
}

/// Keys that stand twice in a map, or behind a space that is none to YAML.
fn spoilt_keys(source: &Source, node: &Node, found: &mut Diagnostics) {
    match &node.value {
        Value::Map(entries) => {
            let mut first = std::collections::BTreeMap::new();
            for entry in entries {
                let earlier = first.insert(entry.key.as_str(), entry.at);
                if earlier.is_some() && found.is_full() {
                    found.omit();
                } else if let Some(earlier) = earlier {
                    let line = source.place(earlier.start as usize).line;
                    let message = format!("the key `{}` stands twice, first in line {line}", short(&entry.key));
                    let hint = Some("keep one of them, or call one otherwise".to_owned());
                    let one = Diagnostic::at(source, entry.at, Severity::Error, Code::DuplicateKey, message);
                    found.push(Diagnostic { hint, ..one });
                }
                if let Some(c) = entry.key.chars().next().filter(|c| c.is_whitespace() && *c != ' ') {
                    let message = format!("this line is indented with U+{:04X}; YAML wants spaces", u32::from(c));
                    found.push(Diagnostic::at(source, entry.at, Severity::Error, Code::Syntax, message));
                }
                spoilt_keys(source, &entry.value, found);
            }
        }
        Value::List(items) => items.iter().for_each(|item| spoilt_keys(source, item, found)),
        Value::Null | Value::Word(_) => {}
    }
}

/// The names of the variants, whether or not they are sound.
pub(super) fn variant_names(root: &Node) -> Vec<String> {
    match root.get("variants").map(|entry| &entry.value.value) {
        Some(Value::Map(entries)) => entries.iter().map(|entry| entry.key.clone()).take(limits::VARIANTS).collect(),
        _ => Vec::new(),
    }
}

/// Sets what variant `name` sets.
pub(super) fn apply_variant(cx: &mut Cx<'_>, root: &mut Node, name: &str) {
    let names = variant_names(root);
    if !names.iter().any(|known| known == name) {
        let known: Vec<_> = names.iter().map(String::as_str).collect();
        let hint = spell::hint(name, &known).or_else(|| Some("the scenario has no variants".to_owned()));
        cx.hinted::<()>(Code::UnknownName, Mark::start_of(0), format!("there is no variant `{}`", short(name)), hint);
        return;
    }
    // Whatever is wrong in the variants is reported when the scenario is read; here it would be said twice.
    let mut silent = Cx::new(&[]);
    let original = root.clone();
    let Some(mut fields) = Fields::of(&mut silent, &original, "the scenario", original.at) else { return };
    let table: Table<'_, variants::Variant> = variants::read(&mut silent, fields.take("variants"));
    if let Some(variant) = table.position(name).and_then(|position| table.get(position)) {
        overrides::apply_all(cx, root, &variant.set);
    }
}
