//! The tree that a scenario is read into: words, lists and maps, each with its place in the text.

/// A stretch of a source's text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    /// 0 is the file, n the n-th `--set`.
    pub(super) source: u16,
    /// The first byte …
    pub(super) start: u32,
    /// … and the byte after the last.
    pub(super) end: u32,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// What stands there.
    pub(super) value: Value,
    /// Where.
    pub(super) at: Mark,
    /// Whether the text of a word stands in the source as it is, so that a column inside it can be pointed at; the byte it starts at.
    pub(super) verbatim: Option<u32>,
}

/// What can stand somewhere. Numbers stay text: their units are read with them.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Nothing, or `null`.
    Null,
    /// A word, number or text.
    Word(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// Where the key stands.
    pub(super) at: Mark,
    /// The value.
    pub(super) value: Node,
}

impl Mark {
    /// The very start of a source.
    pub(super) fn start_of(source: u16) -> Self {
        Self { source, start: 0, end: 0 }
    }

    /// Its first `len` bytes, or all of it: a quoted or escaped text is not as long as it reads.
    pub(super) fn first(self, len: usize) -> Self {
        let end = u32::try_from(len).map_or(self.end, |len| self.start.saturating_add(len));
        Self { end: end.min(self.end), ..self }
    }

    /// Its last `len` bytes, or all of it.
    pub(super) fn last(self, len: usize) -> Self {
        let start = u32::try_from(len).map_or(self.start, |len| self.end.saturating_sub(len));
        Self { start: start.max(self.start), ..self }
    }
}

impl Node {
    /// The entry of a map's key.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The items of a list; a word or a map alone is a list of one.
    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// What it is called in a message.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Word(_) => "a word",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The place of `len` bytes from byte `from` of a word; of the whole word if its text is not in the source as it is.
    pub(super) fn inside(&self, from: usize, len: usize) -> Mark {
        let (Some(start), Ok(from), Ok(len)) = (self.verbatim, u32::try_from(from), u32::try_from(len)) else {
            return self.at;
        };
        let start = start.saturating_add(from).min(self.at.end);
        Mark { source: self.at.source, start, end: start.saturating_add(len) }
    }
}
