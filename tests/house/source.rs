//! The files of the tree, and Rust code without its comments and texts.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of the tree.
pub(crate) struct File {
    /// The path from the root, with `/`.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

impl File {
    pub(crate) fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|ending| ending == "rs")
    }
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` whose name ends with one of `endings`, in order. Build results, recorded runs and hidden folders other than
/// `.ci` are no part of the tree.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    let file = |path: PathBuf| {
        let name = path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).ok()?;
        endings.iter().any(|ending| name.ends_with(ending)).then_some(File { path: name, text })
    };
    found.into_iter().filter_map(file).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_symlink() || name == "target" || (name.starts_with('.') && name != ".ci") {
            continue;
        }
        let is_run = path.parent().is_some_and(|parent| parent.ends_with("reports")) && name != "sample";
        match path.is_dir() {
            true if is_run => {}
            true => walk(&path, found),
            false => found.push(path),
        }
    }
}

/// Code with comments, strings and characters blanked out; every line stays where it was.
pub(crate) fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skipped(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment, string or character that begins at `at` ends; `at` itself if none does.
fn skipped(chars: &[char], at: usize) -> usize {
    let next = |n: usize| chars.get(at + n).copied().unwrap_or('\0');
    let in_word = at > 0 && is_word(chars[at - 1]);
    match (next(0), next(1)) {
        ('/', '/') => (at..chars.len()).find(|i| chars[*i] == '\n').unwrap_or(chars.len()),
        ('/', '*') => end_of_block(chars, at),
        ('"', _) => end_of_string(chars, at + 1),
        ('r', '"' | '#') if !in_word => end_of_raw(chars, at + 1).unwrap_or(at),
        ('b', 'r') if !in_word => end_of_raw(chars, at + 2).unwrap_or(at),
        ('\'', '\\') => (at + 3..chars.len()).find(|i| chars[*i] == '\'').map_or(chars.len(), |i| i + 1),
        ('\'', c) if c != '\'' && next(2) == '\'' => at + 3,
        _ => at,
    }
}

fn end_of_block(chars: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0, at);
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => (depth, i) = (depth + 1, i + 2),
            ('*', '/') => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

fn end_of_string(chars: &[char], mut i: usize) -> usize {
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// `at` stands behind the `r`. `None` if this is a raw name such as `r#type`.
fn end_of_raw(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + hashes) != Some(&'"') {
        return None;
    }
    let closes = |i: usize| chars[i] == '"' && chars[i + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    Some((at + hashes + 1..chars.len()).find(|i| closes(*i)).map_or(chars.len(), |i| i + 1 + hashes))
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where `word` stands in `text` as a word of its own, as byte offsets.
pub(crate) fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let ends = !word.ends_with(is_word) || !after.is_some_and(is_word);
        ends && (!word.starts_with(is_word) || !before.is_some_and(is_word))
    })
}

/// The number of the line, from 1, on which a byte lies.
pub(crate) fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The first line of the unit tests inside a file, if it has any.
pub(crate) fn tests_from(code: &str) -> usize {
    let lines: Vec<_> = code.lines().collect();
    let inline = |pair: &[&str]| pair[0].trim() == "#[cfg(test)]" && pair[1].trim() == "mod tests {";
    lines.windows(2).position(inline).map_or(usize::MAX, |index| index + 1)
}

#[test]
fn comments_and_texts_are_not_code() {
    let text = "a // b\n/* c /* d */ e */ f \"g \\\" h\" i r#\"j \" k\"# l 'm' n '\\'' o r#type &'static p";
    let code = code(text);
    let left: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(left, "a f i l n o r#type &'static p");
    assert_eq!(code.lines().count(), text.lines().count());
}

#[test]
fn words_are_whole() {
    assert_eq!(words("a.is_virtual() was_is_virtual is_virtually", "is_virtual").collect::<Vec<_>>(), [2]);
}
