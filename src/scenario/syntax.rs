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
    if let Some(expr) = bare_expression(line) {
        return Some(format!("put the expression in quotes: `expr: \"{}\"`", short(expr)));
    }
    if message.contains("mapping values are not allowed") {
        return Some(two_colons(line).unwrap_or_else(misplaced));
    }
    if message.contains("block mapping") { Some(misplaced()) } else { unclosed(source, at) }
}

/// The innermost bracket before a byte that is still open there, if it stands in a line before.
fn unclosed(source: &Source, at: usize) -> Option<String> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote = None;
    let mut before = '\n';
    for (byte, c) in source.text.char_indices().take_while(|(byte, _)| *byte < at) {
        // An apostrophe within a word opens no text, and a hash within one no comment.
        let may_open = matches!(before, ' ' | '\n' | '{' | '[' | ',');
        match (quote, c) {
            (Some('#'), '\n') => quote = None,
            (Some(ends), _) if ends != '#' && c == ends => quote = None,
            (None, '"' | '\'' | '#') if may_open => quote = Some(c),
            (None, '{' | '[') => open.push((byte, c)),
            (None, '}' | ']') => drop(open.pop()),
            _ => {}
        }
        before = c;
    }
    let (byte, bracket) = open.pop()?;
    let line = source.place(byte).line;
    (line < source.place(at).line).then(|| format!("`{bracket}` in line {line} is not closed"))
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
    Some(rest[..end].trim_end_matches([' ', '}']))
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
