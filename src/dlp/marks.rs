//! Words by which a number near them is known, or a text is secret.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// What a word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A telephone number follows.
    Phone,
    /// A contract's number follows.
    Contract,
    /// The whole is secret.
    Secret,
}

/// A word in a text, by bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marked {
    pub(super) mark: Mark,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// In whatever case, as words of their own if they are of letters.
const WORDS: &[(&str, Mark)] = &[
    ("tel", Mark::Phone),
    ("phone", Mark::Phone),
    ("telephone", Mark::Phone),
    ("mobile", Mark::Phone),
    ("whatsapp", Mark::Phone),
    ("電話", Mark::Phone),
    ("电话", Mark::Phone),
    ("手機", Mark::Phone),
    ("手机", Mark::Phone),
    ("致電", Mark::Phone),
    ("致电", Mark::Phone),
    ("contract no", Mark::Contract),
    ("contract number", Mark::Contract),
    ("agreement no", Mark::Contract),
    ("合同編號", Mark::Contract),
    ("合同编号", Mark::Contract),
    ("合約編號", Mark::Contract),
    ("合约编号", Mark::Contract),
    ("strictly confidential", Mark::Secret),
    ("trade secret", Mark::Secret),
    ("商業機密", Mark::Secret),
    ("商业机密", Mark::Secret),
    ("機密文件", Mark::Secret),
    ("机密文件", Mark::Secret),
];

/// `None` if the words cannot be searched for, which a test rules out.
static SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = WORDS.iter().map(|(word, _)| word);
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).ascii_case_insensitive(true).build(words).ok()
});

/// The words in a text, in their order.
pub(super) fn marks(text: &str) -> impl Iterator<Item = Marked> {
    let found = SEARCH.as_ref().map(|search| search.find_iter(text));
    let marked = found.into_iter().flatten().map(|hit| {
        let mark = WORDS[hit.pattern().as_usize()].1;
        Marked { mark, start: hit.start(), end: hit.end() }
    });
    marked.filter(|hit| stands_alone(text.as_bytes(), hit))
}

/// Whether a word is no part of a longer one: there is a `tel` in every hotel.
fn stands_alone(text: &[u8], hit: &Marked) -> bool {
    let letter = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphabetic);
    !text[hit.start].is_ascii() || !(letter(hit.start.checked_sub(1)) || letter(Some(hit.end)))
}
