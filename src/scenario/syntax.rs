//! What to do about mistakes of syntax, which YAML tells in riddles.

use super::cx::short;
use super::source::Source;

/// A hint for the mistake that was noticed at a byte.
pub(super) fn hint(source: &Source, at: usize, message: &str) -> Option<String> {
    let place = source.place(at);
    if let Some(line) = tab(source, place.start, place.line) {
        return Some(format!("line {line} is indented with a tab; YAML wants spaces"));
    }
    if let Some(hint) = look_alike(source, place.line) {
        return Some(hint);
    }
    let line = source.text[place.start..place.end].trim();
    if let Some(hint) = quoted_label(line) {
        return Some(hint);
    }
    if let Some(expr) = bare_expression(line) {
        return Some(format!("put the expression in quotes: `expr: \"{}\"`", short(expr)));
    }
    if message.contains("mapping values are not allowed") {
        return Some(two_colons(line).unwrap_or_else(misplaced));
    }
    if message.contains("block mapping") { Some(misplaced()) } else { unclosed(source, at) }
}

/// Where a text in quotes opens that is not closed in its line, and so has swallowed the lines up to a byte; with what to do.
pub(super) fn open_quote(source: &Source, at: usize, message: &str) -> Option<(usize, String)> {
    let opens = match Scan::to(source, at) {
        _ if message.contains("unclosed quote") => at,
        Scan { quote: Some((opens, _)), .. } => opens,
        // What follows a text is odd, and the text began lines before.
        Scan { texts, .. } => {
            let (opens, ends) = texts.last().copied()?;
            (source.place(ends).line == source.place(at).line).then_some(opens)?
        }
    };
    let quote = source.text[opens..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let swallowed = source.place(opens).line < source.place(at).line || opens == at;
    swallowed.then(|| (opens, format!("write another `{quote}` where the text ends")))
}

/// The innermost bracket before a byte that is still open there, if it stands in a line before.
fn unclosed(source: &Source, at: usize) -> Option<String> {
    let (byte, bracket) = Scan::to(source, at).brackets.pop()?;
    let line = source.place(byte).line;
    (line < source.place(at).line).then(|| format!("`{bracket}` in line {line} is not closed"))
}

/// What is open at some byte, as far as can be told without understanding what stands there.
#[derive(Default)]
struct Scan {
    /// The brackets that are open.
    brackets: Vec<(usize, char)>,
    /// The quote that is open, or the hash of a comment.
    quote: Option<(usize, char)>,
    /// Where each text in quotes began and ended.
    texts: Vec<(usize, usize)>,
}

impl Scan {
    fn to(source: &Source, at: usize) -> Self {
        let text = source.text.as_str();
        let (mut scan, mut start, mut escaped) = (Self::default(), 0, false);
        for (byte, c) in text.char_indices().take_while(|(byte, _)| *byte < at) {
            match (scan.quote, c) {
                (Some((_, '#')), '\n') => scan.quote = None,
                (Some((_, '#')), _) => {}
                (Some((_, '"')), '\\') if !escaped => {
                    escaped = true;
                    continue;
                }
                // Two of them are one within the text.
                (Some((_, '\'')), '\'') if !escaped && text[byte + 1..].starts_with('\'') => {
                    escaped = true;
                    continue;
                }
                (Some((opens, quote)), _) if c == quote && !escaped => {
                    scan.texts.push((opens, byte));
                    scan.quote = None;
                }
                (None, '"' | '\'') if scan.may_open(text, start, byte) => scan.quote = Some((byte, c)),
                (None, '#') if text[start..byte].ends_with(' ') || start == byte => scan.quote = Some((byte, c)),
                (None, '{' | '[') => scan.brackets.push((byte, c)),
                (None, '}' | ']') => drop(scan.brackets.pop()),
                _ => {}
            }
            escaped = false;
            start = if c == '\n' { byte + 1 } else { start };
        }
        scan
    }

    /// Whether a quote may open a text: it is the first of a word, and no apostrophe within one.
    fn may_open(&self, text: &str, start: usize, at: usize) -> bool {
        let before = text[start..at].trim_end();
        let apart = before.len() < at - start || start == at;
        match before.chars().next_back() {
            None | Some(':' | '-') if apart => true,
            Some('{' | '[' | ',' | ':') => !self.brackets.is_empty(),
            None => true,
            _ => false,
        }
    }
}

/// The first line from here on that is indented with a tab: the mistake is sometimes noticed a line early.
fn tab(source: &Source, from: usize, line: usize) -> Option<usize> {
    let indented = |line: &str| line[..line.len() - line.trim_start().len()].contains('\t');
    let ahead = source.text[from..].lines().take(2).position(indented)?;
    Some(line + ahead)
}

/// What keyboards of Chinese and word processors write for YAML's own characters.
const LOOK_ALIKES: [(char, char); 10] = [
    ('：', ':'),
    ('，', ','),
    ('｛', '{'),
    ('｝', '}'),
    ('［', '['),
    ('］', ']'),
    ('＃', '#'),
    ('“', '"'),
    ('”', '"'),
    ('\u{a0}', ' '),
];

/// Such a character outside of a quoted text, in this line or beside it: the mistake is often noticed in the next one.
fn look_alike(source: &Source, line: usize) -> Option<String> {
    [line, line.saturating_sub(1), line + 1].into_iter().find_map(|number| {
        let text = source.text.lines().nth(number.checked_sub(1)?)?;
        let indent = text.chars().take_while(|c| c.is_whitespace()).find(|c| !matches!(c, ' ' | '\t'));
        if let Some(c) = indent {
            return Some(format!("line {number} is indented with U+{:04X}; YAML wants spaces", u32::from(c)));
        }
        let bare = text.split('"').step_by(2);
        let (c, plain) =
            bare.flat_map(str::chars).find_map(|c| LOOK_ALIKES.into_iter().find(|(like, _)| *like == c))?;
        let code = u32::from(c);
        Some(format!("line {number} has `{c}` (U+{code:04X}), which YAML takes for a letter; write `{plain}`"))
    })
}

/// An expression whose braces and commas YAML takes for its own.
fn bare_expression(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("expr:")?;
    let rest = rest.trim_start();
    if rest.starts_with(['"', '\'']) || !rest.contains('{') {
        return None;
    }
    let inside = rest.find('}').unwrap_or(rest.len());
    let end = rest[inside..].find([',', '#']).map_or(rest.len(), |end| inside + end);
    Some(rest[..end].trim_end_matches([' ', '}', '"']))
}

/// An expression in the quotes of which stand more quotes, as Prometheus has its labels.
fn quoted_label(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("expr:")?;
    let (before, after) = rest.trim_start().strip_prefix('"')?.split_once("=\"")?;
    let label = before.rsplit(['{', ',']).next()?.trim();
    let name = after.split('"').next()?;
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    (plain(label) && plain(name) && !before.contains('"'))
        .then(|| format!("a name in an expression stands without quotes: `{label}={name}`"))
}

fn two_colons(line: &str) -> Option<String> {
    let (key, text) = line.split_once(": ")?;
    if key.contains(['{', '[', '"']) || !text.contains(':') || text.starts_with(['{', '[', '"', '\'']) {
        return None;
    }
    let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
    Some(format!("a text with a colon in it stands in quotes: `{key}: \"{}\"`", short(&quoted)))
}

fn misplaced() -> String {
    "the keys of one map stand below each other: indent this line, or those before it, by as many spaces as their neighbours".to_owned()
}
