use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use super::node::Mark;
use super::spell;
use crate::limits;

/// A scenario's text and the name it is known by in messages.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as given.
    pub name: String,
    /// The YAML.
    pub text: String,
}

/// Reads a scenario's file: at most [`limits::SCENARIO_BYTES`], UTF-8.
pub fn read(path: &Path) -> Result<Source, Diagnostics> {
    let name = path.display().to_string();
    let refuse = |code, message: String, hint: Option<String>| {
        Diagnostics::from(Diagnostic::of_file(&name, code, message, hint))
    };
    let unreadable = |error: std::io::Error| {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        let directory = || path.is_dir().then(|| "it is a directory: name a file in it".to_owned());
        let hint = directory().or_else(|| missing.then(|| beside(path)).flatten());
        refuse(Code::Unreadable, format!("cannot read the file: {error}"), hint)
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too large, without holding it.
    let bound = u64::try_from(limits::SCENARIO_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    file.take(bound).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > limits::SCENARIO_BYTES {
        return Err(Diagnostics::from(Diagnostic::too_large(&name)));
    }
    Source::of(name, bytes)
}

/// What may be meant by a file that is not there: one that is called almost so, or where scenarios are looked for.
fn beside(path: &Path) -> Option<String> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stem = path.file_stem()?.to_str()?;
    let yaml = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let there = [directory.to_owned(), directory.join("scenarios")].into_iter().flat_map(|directory| {
        let mut found: Vec<_> =
            std::fs::read_dir(directory).into_iter().flatten().flatten().map(|one| one.path()).collect();
        found.retain(yaml);
        found.sort();
        found
    });
    let mut near = there.filter_map(|path| {
        let near = spell::nearest(stem, path.file_stem().and_then(|stem| stem.to_str())).is_some();
        near.then_some(path)
    });
    let meant = near.next()?;
    let shown = meant.strip_prefix(".").unwrap_or(&meant).display();
    Some(format!("did you mean `{shown}`?"))
}

impl Source {
    /// A text in UTF-8.
    ///
    /// # Errors
    /// If it is in another encoding.
    pub fn of(name: String, bytes: Vec<u8>) -> Result<Self, Diagnostics> {
        let error = match String::from_utf8(bytes) {
            Ok(text) => return Ok(Self { name, text }),
            Err(error) => error,
        };
        let bytes = error.as_bytes();
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            let hint = Some("save the file as UTF-8".to_owned());
            let message = "this is UTF-16, as some editors and shells of Windows write it".to_owned();
            return Err(Diagnostic::of_file(&name, Code::Encoding, message, hint).into());
        }
        // What comes before the byte is as long in the text that can be shown.
        let at = error.utf8_error().valid_up_to();
        let shown = Self { name, text: String::from_utf8_lossy(bytes).into_owned() };
        let start = u32::try_from(at).unwrap_or(u32::MAX);
        let mark = Mark { source: 0, start, end: start };
        let message = format!("not UTF-8: the byte at offset {at} starts no character");
        let one = Diagnostic::at(&shown, mark, Severity::Error, Code::Encoding, message);
        Err(Diagnostic { hint: Some("save the file as UTF-8".to_owned()), ..one }.into())
    }

    /// Line and column, from 1 and in characters, of a byte; and the line's first and last byte.
    pub(super) fn place(&self, byte: usize) -> Place {
        let text = self.text.as_str();
        let at = (0..=byte.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        let line = 1 + text[..start].matches('\n').count();
        Place { line, column: 1 + text[start..at].chars().count(), start, end }
    }
}

/// A place in a text, for people.
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}
