//! What stands in the texts of a journey.

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::language::CONTENT;
use super::node::Entry;
use super::params::{self, Params};
use crate::dlp::{Kind, LONGEST};
use crate::plan::Corpus;
use crate::units::{Share, Size};

/// A text's size, and what of it may not leave.
pub(super) struct Text {
    pub(super) bytes: Size,
    pub(super) corpus: Option<Corpus>,
}

/// The bytes before a sentence of the corpus: which message it is, in brackets and in words.
const HEAD: u64 = 160;

/// A text has room for its head and the longest sentence.
const LEAST: u64 = HEAD + LONGEST as u64;

pub(super) fn read(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Text> {
    let bytes = bytes(cx, fields);
    let Some(entry) = fields.entry("content") else { return Some(Text { bytes: bytes?, corpus: None }) };
    if let Some(size) = bytes.filter(|size| size.0 < LEAST) {
        let message = format!("a text of {size} has no room for what may not leave");
        let hint = format!("write `bytes: {LEAST}B` or more beside it");
        cx.hinted::<()>(Code::Conflict, entry.at, message, hint);
    }
    let corpus = corpus(cx, entry);
    Some(Text { bytes: bytes?, corpus: Some(corpus?) })
}

/// The size of the text: large enough to carry its number and its due moment, small enough for every platform.
fn bytes(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Size> {
    let Some(node) = fields.take("bytes") else { return Some(Size(200)) };
    let size: Size = cx.quantity(node, "the size of a message")?;
    if !(64..=2_000).contains(&size.0) {
        return cx.error(Code::OutOfRange, node.at, format!("a message has between 64B and 2000B of text, not {size}"));
    }
    Some(size)
}

fn corpus(cx: &mut Cx<'_>, entry: &Entry) -> Option<Corpus> {
    let mut fields = Fields::of(cx, &entry.value, "`content`", entry.at)?;
    let params = &mut Params::of(&mut fields, CONTENT);
    let violations: Option<Share> = params.read(cx, "violations", params::quantity);
    let look_alikes: Option<Share> = params.read(cx, "look_alikes", params::quantity);
    let every = || Kind::ALL.map(|(_, kind)| kind).to_vec();
    let kinds = params.read_or(cx, "kinds", every(), |cx, node, _| {
        let kinds: Option<Vec<_>> =
            node.items().iter().map(|item| cx.choice(item, "kind of what may not leave", &Kind::ALL, &[])).collect();
        match kinds {
            Some(none) if none.is_empty() => cx.error(Code::Missing, node.at, "`kinds` names at least one"),
            kinds => kinds,
        }
    });
    fields.finish(cx);
    let corpus = Corpus { violations: violations?, look_alikes: look_alikes?, kinds: kinds? };
    if corpus.violations.fraction() + corpus.look_alikes.fraction() > 1.0 {
        return cx.error(Code::OutOfRange, entry.at, "violations and look-alikes are more than all messages together");
    }
    Some(corpus)
}
