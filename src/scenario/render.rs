//! Diagnostics for people, in the manner of rustc.

use std::fmt;

use super::diagnostic::{Diagnostic, Diagnostics, Severity};

/// The widest excerpt; of a longer line the part around the mistake is shown.
const WIDTH: usize = 140;

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, one) in self.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{one}")?;
        }
        if self.omitted() > 0 {
            writeln!(f, "\n… and {} more", self.omitted())?;
        }
        Ok(())
    }
}

impl Diagnostics {
    /// One line that counts them: `2 errors, 1 lint`.
    pub fn summary(&self) -> String {
        let errors = self.iter().filter(|one| one.severity == Severity::Error).count() + self.omitted();
        let lints = self.iter().filter(|one| one.severity == Severity::Lint).count();
        let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        match (errors, lints) {
            (0, lints) => plural(lints, "lint"),
            (errors, 0) => plural(errors, "error"),
            (errors, lints) => format!("{}, {}", plural(errors, "error"), plural(lints, "lint")),
        }
    }

    /// A list of objects, for programs.
    pub fn to_json(&self) -> serde_json::Value {
        // A diagnostic holds only strings and numbers, which JSON does not refuse.
        serde_json::to_value(self.iter().collect::<Vec<_>>()).unwrap_or_default()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}[{}]: {}", self.severity, self.code.name(), printable(&self.message))?;
        let gutter = if self.line == 0 { 1 } else { self.line.to_string().len() };
        let variant = self.variant.as_ref().map(|name| format!(" (variant `{name}`)")).unwrap_or_default();
        if self.line == 0 {
            writeln!(f, "{:gutter$}--> {}{variant}", "", printable(&self.file))?;
        } else {
            writeln!(f, "{:gutter$}--> {}:{}:{}{variant}", "", printable(&self.file), self.line, self.column)?;
            let (excerpt, indent) = self.window();
            writeln!(f, "{:gutter$} |", "")?;
            writeln!(f, "{} | {}", self.line, excerpt)?;
            writeln!(
                f,
                "{:gutter$} | {:indent$}{}",
                "",
                "",
                "^".repeat(self.width.min(WIDTH - indent.min(WIDTH - 1)))
            )?;
        }
        if let Some(hint) = &self.hint {
            writeln!(f, "{:gutter$} = hint: {}", "", printable(hint))?;
        }
        Ok(())
    }
}

impl Diagnostic {
    /// The part of the line that is shown, and how far in it the mistake stands. Tabs count as one column, as in the position.
    fn window(&self) -> (String, usize) {
        let before = self.column.saturating_sub(1);
        let skip = if before + self.width.min(WIDTH / 2) > WIDTH { before.saturating_sub(WIDTH / 3) } else { 0 };
        let shown: String = self.excerpt.chars().skip(skip).take(WIDTH).collect();
        (printable(&shown), before - skip)
    }
}

/// A foreign text cannot steer the terminal it is printed on.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if c.is_control() {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}
