use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::diagnostic::{Code, Diagnostic, Diagnostics};
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
        let hint = path.is_dir().then(|| "it is a directory: name a scenario in it".to_owned());
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
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name, text }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].split(|byte| *byte == b'\n').count();
            let hint = "save the file as UTF-8".to_owned();
            Err(refuse(
                Code::Encoding,
                format!("not UTF-8: the byte at offset {at} (line {line}) starts no character"),
                Some(hint),
            ))
        }
    }
}

impl Source {
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
