//! Parts with names: all names are known before any part is read, so that one bad part does not make its name unknown.

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::node::{Mark, Node};
use super::{meant, spell};
use crate::limits;

/// The parts of one kind.
pub(super) struct Table<'n, T> {
    /// The singular, for messages.
    pub(super) what: &'static str,
    /// The parts in the order of the file: their positions are their ids.
    pub(super) rows: Vec<Row<'n, T>>,
}

/// One part.
pub(super) struct Row<'n, T> {
    /// Its name.
    pub(super) name: String,
    /// Where its name stands.
    pub(super) at: Mark,
    /// What it is to be read from.
    pub(super) node: &'n Node,
    /// What was read, unless it had mistakes.
    pub(super) value: Option<T>,
}

impl<'n, T> Table<'n, T> {
    /// Learns the names of the parts in `node`, which may be absent.
    pub(super) fn names(cx: &mut Cx<'_>, node: Option<&'n Node>, what: &'static str, most: usize) -> Self {
        let mut table = Self { what, rows: Vec::new() };
        let Some(entries) = node.and_then(|node| meant::named(cx, node, what)) else { return table };
        if let Some(over) = entries.get(most) {
            let message = format!("at most {most} {}; here are {}", many(what), entries.len());
            cx.error::<()>(Code::OutOfRange, over.at, message);
        }
        for entry in entries.iter().take(most) {
            if meant::is_target(cx, entry, what) {
                continue;
            }
            // A bad name is one mistake: it is known all the same, wherever else it stands.
            check_name(cx, &entry.key, entry.at, what);
            if entry.key.len() <= limits::NAME_BYTES && !table.rows.iter().any(|row| row.name == entry.key) {
                table.rows.push(Row { name: entry.key.clone(), at: entry.at, node: &entry.value, value: None });
            }
        }
        table
    }

    /// Reads every part.
    pub(super) fn fill(&mut self, mut read: impl FnMut(&mut Row<'n, T>, usize) -> Option<T>) {
        for (index, row) in self.rows.iter_mut().enumerate() {
            row.value = read(row, index);
        }
    }

    /// Reads what could not be read before others were known, of every part that had no mistakes.
    pub(super) fn fill_more(&mut self, mut read: impl FnMut(&Row<'n, T>, T) -> Option<T>) {
        for row in &mut self.rows {
            if let Some(value) = row.value.take() {
                row.value = read(row, value);
            }
        }
    }

    /// The position of the part called `name`.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.name == name)
    }

    /// The position of the part called `name`, which has to exist.
    pub(super) fn find(&self, cx: &mut Cx<'_>, name: &str, at: Mark) -> Option<usize> {
        if let Some(position) = self.position(name) {
            return Some(position);
        }
        let names: Vec<_> = self.rows.iter().map(|row| row.name.as_str()).collect();
        let hint = as_list(name, &names)
            .or_else(|| spell::hint(name, &names))
            .or_else(|| names.is_empty().then(|| format!("there are no {}", many(self.what))));
        cx.hinted(Code::UnknownName, at, format!("there is no {} `{}`", self.what, short(name)), hint)
    }

    /// The position of the part that `node` names.
    pub(super) fn named(&self, cx: &mut Cx<'_>, node: &Node) -> Option<usize> {
        let what = format!("a {}'s name", self.what);
        let name = cx.word(node, &what)?;
        self.find(cx, name, node.at)
    }

    /// The part at a position, if it had no mistakes.
    pub(super) fn get(&self, position: usize) -> Option<&T> {
        self.rows.get(position)?.value.as_ref()
    }

    /// Every part that had no mistakes, with its row.
    pub(super) fn read(&self) -> impl Iterator<Item = (usize, &Row<'n, T>, &T)> {
        self.rows.iter().enumerate().filter_map(|(index, row)| row.value.as_ref().map(|value| (index, row, value)))
    }

    /// All parts, or `None` if one of them had mistakes.
    pub(super) fn all(self) -> Option<Vec<T>> {
        self.rows.into_iter().map(|row| row.value).collect()
    }
}

/// The plural of what a table holds.
pub(super) fn many(what: &str) -> String {
    match what {
        "boundary" => "boundaries".to_owned(),
        "proxy" => "proxies".to_owned(),
        _ => format!("{what}s"),
    }
}

/// A position as an id. Tables hold at most [`limits::PARTS`] parts.
pub(super) fn id(position: usize) -> u16 {
    u16::try_from(position).unwrap_or(u16::MAX)
}

/// Names stand in addresses, credentials, directories and expressions: letters, digits, hyphens and underscores.
pub(super) fn check_name(cx: &mut Cx<'_>, name: &str, at: Mark, what: &str) -> Option<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.len() > limits::NAME_BYTES {
        let most = limits::NAME_BYTES;
        return cx.error(Code::BadName, at, format!("the {what}'s name is too long: it may have {most} characters"));
    }
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(fits) {
        return Some(());
    }
    let rule =
        "a name starts with a letter (a–z, A–Z) or digit and goes on with letters, digits, `-` and `_`".to_owned();
    cx.hinted(Code::BadName, at, format!("`{}` cannot be the {what}'s name", short(name)), rule)
}

/// How several names are written, where they stand in one text.
fn as_list(text: &str, known: &[&str]) -> Option<String> {
    let parts: Vec<_> = text.split(',').map(str::trim).collect();
    (parts.len() > 1 && parts.iter().all(|part| known.contains(part)))
        .then(|| format!("where several may be named, they stand in brackets: `[{}]`", short(&parts.join(", "))))
}
