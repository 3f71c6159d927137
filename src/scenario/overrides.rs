//! Overrides: dotted paths set on the tree before it is read, by a variant or by `--set`.

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::node::{Entry, Mark, Node, Value};
use super::spell;
use super::yaml;

/// Sets every path of a variant.
pub(super) fn apply_all(cx: &mut Cx<'_>, root: &mut Node, set: &[Entry]) {
    for entry in set {
        apply(cx, root, &entry.key, entry.at, &entry.value);
    }
}

/// Applies `KEY=VALUE` as given on the command line; `source` is its number among the sources.
pub(super) fn apply_argument(cx: &mut Cx<'_>, root: &mut Node, argument: &str, source: u16) {
    let end = u32::try_from(argument.len()).unwrap_or(u32::MAX);
    let Some((path, value)) = argument.split_once('=') else {
        let at = Mark { source, start: 0, end };
        cx.hinted::<()>(
            Code::BadOverride,
            at,
            format!("`{}` is no KEY=VALUE", short(argument)),
            "write for instance `--set journeys.order.rate=5/s`".to_owned(),
        );
        return;
    };
    let at = Mark { source, start: 0, end: u32::try_from(path.len()).unwrap_or(u32::MAX) };
    if value.trim().is_empty() {
        apply(cx, root, path, at, &Node { value: Value::Null, at, verbatim: None });
        return;
    }
    match yaml::parse(value, source, path.len() + 1) {
        Ok(node) => apply(cx, root, path, at, &node),
        Err(error) => {
            let start = u32::try_from(error.at.min(argument.len())).unwrap_or(u32::MAX);
            cx.error::<()>(Code::Syntax, Mark { source, start, end: start }, error.message);
        }
    }
}

/// Sets one path. All but its last part have to exist: a misspelt name must not make a new part.
fn apply(cx: &mut Cx<'_>, root: &mut Node, path: &str, at: Mark, value: &Node) {
    let parts: Vec<&str> = path.split('.').map(str::trim).collect();
    if parts.iter().any(|part| part.is_empty()) {
        cx.error::<()>(Code::BadOverride, at, format!("`{}` is no path such as `phases.fault`", short(path)));
        return;
    }
    if matches!(parts[0], "variants" | "firedrill") {
        cx.error::<()>(Code::BadOverride, at, format!("`{}` cannot be overridden", parts[0]));
        return;
    }
    let (last, way) = match parts.split_last() {
        Some((last, way)) => (*last, way),
        None => return,
    };
    let mut here = root;
    for (depth, part) in way.iter().enumerate() {
        let Some(next) = step(cx, here, part, &parts[..depth], at) else { return };
        here = next;
    }
    set(cx, here, last, way, at, value);
}

/// The child of `node` called `part`.
fn step<'n>(cx: &mut Cx<'_>, node: &'n mut Node, part: &str, before: &[&str], at: Mark) -> Option<&'n mut Node> {
    match &mut node.value {
        Value::Map(entries) => {
            let Some(position) = entries.iter().position(|entry| entry.key == part) else {
                return absent(cx, entries, part, before, at);
            };
            Some(&mut entries[position].value)
        }
        Value::List(items) => {
            let count = items.len();
            match part.parse::<usize>().ok().filter(|index| *index < count) {
                Some(index) => items.get_mut(index),
                None => cx.error(
                    Code::BadOverride,
                    at,
                    format!("{} has the items 0 to {}", place(before), count.saturating_sub(1)),
                ),
            }
        }
        _ => cx.hinted(
            Code::BadOverride,
            at,
            format!("{} is no map in which `{}` could be set", place(before), short(part)),
            "set the whole of it instead".to_owned(),
        ),
    }
}

fn absent<T>(cx: &mut Cx<'_>, entries: &[Entry], part: &str, before: &[&str], at: Mark) -> Option<T> {
    let keys: Vec<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
    let message = format!("{} has no `{}`", place(before), short(part));
    cx.hinted(Code::BadOverride, at, message, spell::hint(part, &keys))
}

fn place(path: &[&str]) -> String {
    if path.is_empty() { "the scenario".to_owned() } else { format!("`{}`", path.join(".")) }
}

fn set(cx: &mut Cx<'_>, node: &mut Node, part: &str, before: &[&str], at: Mark, value: &Node) {
    if matches!(node.value, Value::Map(_)) {
        let Value::Map(entries) = &mut node.value else { return };
        let position = entries.iter().position(|entry| entry.key == part);
        match (position, &value.value) {
            (Some(position), Value::Null) => {
                entries.remove(position);
            }
            (None, Value::Null) => {
                absent::<()>(cx, entries, part, before, at);
            }
            // On the command line that is a name from another scenario: a phase that nobody thinks of would follow the last one.
            (None, _) if at.source > 0 && before == ["phases"] => {
                absent::<()>(cx, entries, part, before, at);
            }
            // The place of the key moves too: a mistake is shown where it was made.
            (Some(position), _) => entries[position] = Entry { key: part.to_owned(), at, value: value.clone() },
            (None, _) => entries.push(Entry { key: part.to_owned(), at, value: value.clone() }),
        }
    } else if let Some(item) = step(cx, node, part, before, at) {
        *item = value.clone();
    }
}
