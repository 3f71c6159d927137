//! What people mean who write something in the wrong place, or in a form that is short of a name.

use super::aim::Targets;
use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::language::PARTS;
use super::node::{Entry, Node, Value};
use super::table::many;
use crate::plan::{Action, Doc, Fault, ParamKind, ParamNeed};
use crate::units::{Rate, Share, Size, Span, Throughput};

/// Faults that mean nothing without an aim.
const AIMED: [&str; 5] = ["geo_fence", "vpn_detection", "account_freeze", "deprovision", "capability_missing"];

/// How a fault is written of which one word stands where its map is due: `latency: 120ms` is `latency: { constant: 120ms }`.
pub(super) fn in_full(doc: &Doc, node: &Node, targets: Option<&Targets<'_, '_>>) -> String {
    let Value::Word(word) = &node.value else { return doc.example.to_owned() };
    let others_missing =
        |own: &str| doc.params.iter().any(|param| param.name != own && matches!(param.need, ParamNeed::Must(_)));
    let due = |param: &&crate::plan::Param| matches!(param.need, ParamNeed::Must(_) | ParamNeed::OneOf);
    let fits = |param: &&crate::plan::Param| suits(&param.kind, word) && !others_missing(param.name);
    let key = match doc.params.iter().filter(due).find(fits).or_else(|| doc.params.iter().find(fits)) {
        Some(param) => Some(param.name),
        None => targets.filter(|_| !doc.params.iter().any(|param| due(&param))).and_then(|targets| whom(word, targets)),
    };
    match key.filter(|_| !AIMED.contains(&doc.name)) {
        Some(key) => format!("{}: {{ {key}: {word} }}", doc.name),
        None => doc.example.to_owned(),
    }
}

/// The key of an aim under which a name may stand.
fn whom(word: &str, targets: &Targets<'_, '_>) -> Option<&'static str> {
    let known = [
        ("endpoint", targets.endpoints.position(word)),
        ("group", targets.groups.position(word)),
        ("region", targets.regions.position(word)),
    ];
    known.into_iter().find_map(|(key, position)| position.map(|_| key))
}

/// Whether a word may stand where such a thing is due.
fn suits(kind: &ParamKind, word: &str) -> bool {
    match kind {
        ParamKind::Duration => word.parse::<Span>().is_ok(),
        ParamKind::Positive => word.parse::<Span>().is_ok_and(|span| !span.is_zero()),
        ParamKind::Share => word.parse::<Share>().is_ok_and(|share| share != Share::NONE),
        ParamKind::Size(least) => word.parse::<Size>().is_ok_and(|size| size.0 >= *least),
        ParamKind::Throughput => word.parse::<Throughput>().is_ok(),
        ParamKind::Rate => word.parse::<Rate>().is_ok(),
        ParamKind::Count(least, most) => word.parse().is_ok_and(|count| (*least..=*most).contains(&count)),
        ParamKind::Word(words) => words.contains(&word),
        _ => false,
    }
}

/// How a part is written that was no map, by what it is called in messages: with the keys that it has to have.
pub(super) fn as_a_map(what: &str) -> Option<String> {
    let part = PARTS.iter().find(|part| part.name == word_of(what))?;
    let needed = part.params.iter().filter_map(|param| match param.need {
        ParamNeed::Must(such_as) => Some(format!("{}: {such_as}", param.name)),
        _ => None,
    });
    let needed: Vec<_> = needed.collect();
    (!needed.is_empty()).then(|| format!("{{ {} }}", needed.join(", ")))
}

/// Where the keys of a map are listed that has too many for a hint.
pub(super) fn explained(what: &str) -> Option<String> {
    let word = word_of(what);
    let part = PARTS.iter().any(|part| part.name == word);
    let known = part || Fault::DOCS.iter().chain(Action::DOCS).any(|doc| doc.name == word);
    known.then(|| format!("`firedrill explain {word}` lists its keys"))
}

/// The word that says what a map is: `journey` of ``journey `order` ``, `latency` of `` `latency` of inject `slow` ``.
fn word_of(what: &str) -> &str {
    let word = what.split(' ').find(|word| *word != "the").unwrap_or_default();
    word.trim_matches('`')
}

/// The parts of a list of parts, each of which has a name.
pub(super) fn named<'n>(cx: &mut Cx<'_>, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
    let list = format!("the list of {}", many(what));
    if let Value::List(_) = node.value {
        let hint = format!("each {what} has a name: write `NAME:` in the place of its `-`");
        return cx.hinted(Code::WrongKind, node.at, format!("{list} is a map of `NAME: {what}`, not a list"), hint);
    }
    let entries = cx.map(node, &list)?;
    let [first, _, ..] = entries else { return Some(entries) };
    let is_word = |entry: &Entry| matches!(entry.value.value, Value::Word(_));
    if entries.iter().all(|entry| is_key(what, &entry.key)) && entries.iter().any(is_word) {
        let hint = format!("put one before it: `{}: {{ NAME: {{ {}: … }} }}`", many(what), short(&first.key));
        return cx.hinted(Code::Missing, first.at, format!("this {what} has no name"), hint);
    }
    Some(entries)
}

/// Whether a part has such a key.
fn is_key(what: &str, key: &str) -> bool {
    let fault = what == "inject" && Fault::DOCS.iter().chain(Action::DOCS).any(|doc| doc.name == key);
    let part = PARTS.iter().find(|part| part.name == what);
    fault || part.is_some_and(|part| part.params.iter().any(|param| param.name == key))
}

/// Whether a part is a target, and so stands among others because `targets:` is not there, or not far enough to the left; says so.
pub(super) fn is_target(cx: &mut Cx<'_>, entry: &Entry, what: &str) -> bool {
    if what == "target" || entry.value.get("expr").is_none() {
        return false;
    }
    let name = short(&entry.key);
    let message = format!("`{name}` has an `expr`, as targets have, and stands among the {}", many(what));
    let hint = format!("write `targets:` above it, as far to the left as `{}:` stands", many(what));
    cx.hinted::<()>(Code::UnknownKey, entry.at, message, hint);
    true
}

/// Keys at the top of a scenario that belong below one of the others.
pub(super) fn at_the_top(cx: &mut Cx<'_>, fields: &mut Fields<'_>) {
    let others: Vec<_> = fields.others().collect();
    for entry in others {
        let name = short(&entry.key);
        let values = match &entry.value.value {
            Value::Map(entries) => &entries[..],
            _ => &[],
        };
        let message = format!("the scenario has no key `{name}`");
        let hint = if entry.value.get("expr").is_some() {
            "a target stands below `targets:`: write that above it, and indent it".to_owned()
        } else if values.iter().any(|entry| entry.value.get("expr").is_some()) {
            "what has an `expr` is a target: did you mean `targets`?".to_owned()
        } else {
            continue;
        };
        cx.hinted::<()>(Code::UnknownKey, entry.at, message, hint);
        fields.forgive(entry);
    }
}
