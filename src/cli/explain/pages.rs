//! The pages, for a terminal.

use std::fmt::Write;

use crate::plan::{Doc, Hits, Param, ParamKind, ParamNeed};
use crate::scenario::{Code, PARTS, Part};

/// The most characters of a line.
pub(super) const WIDTH: usize = 100;

/// A text in lines that fit, each after so many spaces.
pub(in crate::cli) fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            lines.push('\n');
            width = 0;
        }
        if width == 0 {
            lines.push_str(&" ".repeat(indent));
            width = indent;
        } else {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines.push('\n');
    lines
}

pub(super) fn head(name: &str, what: &str, summary: &str) -> String {
    format!("{name}: {what}\n\n{}", wrapped(summary, 0))
}

pub(super) fn fault(doc: &Doc) -> String {
    let what = if doc.hits == Hits::Outside { "an action, outside of the path" } else { "a fault" };
    let mut text = head(doc.name, what, doc.summary);
    if !doc.params.is_empty() {
        text += "\nParameters\n";
        keys(&mut text, doc.params, 2);
    }
    if doc.hits == Hits::Outside {
        text += "\nBeside the action stands when it is done and undone (`firedrill explain inject`).\n";
        let _ = write!(text, "\nSafety\n{}", wrapped(doc.live, 2));
    } else {
        text += "\nBeside them stands whom it hits (`firedrill explain aim`), beside the fault when and how hard\n\
            (`firedrill explain inject`).\n";
        let _ = write!(text, "\nLive connections\n{}", wrapped(doc.live, 2));
    }
    let _ = write!(text, "\nExample\n  injects:\n    trouble: {{ during: fault, {} }}\n", doc.example);
    text
}

pub(super) fn part(part: &Part) -> String {
    let mut text = head(part.name, "a part of a scenario", part.summary);
    text += "\nKeys\n";
    keys(&mut text, part.params, 2);
    if part.name == PARTS[0].name {
        let parts: Vec<_> = PARTS[1..].iter().map(|part| part.name).collect();
        let more = format!("What its parts hold is told by `firedrill explain PART`: {}.", parts.join(", "));
        let _ = write!(text, "\n{}", wrapped(&more, 0));
        text += "All figures and faults are listed by `firedrill explain`.\n";
    }
    text
}

/// Keys with what they hold and mean, those of their maps below them.
fn keys(text: &mut String, params: &[Param], indent: usize) {
    for param in params {
        let need = match param.need {
            ParamNeed::Must(_) if matches!(param.kind, ParamKind::Word([_])) => " (needed)".to_owned(),
            ParamNeed::Must(such_as) => format!(" (needed, such as {such_as})"),
            ParamNeed::OneOf => " (one of these)".to_owned(),
            ParamNeed::May => String::new(),
            ParamNeed::Or(default) => format!(" (default {default})"),
        };
        *text += &wrapped(&format!("{}: {}{need}", param.name, param.kind), indent);
        *text += &wrapped(param.meaning, indent + 4);
        if let ParamKind::Map(params) = param.kind {
            keys(text, params, indent + 4);
        }
    }
}

pub(super) fn mistake(code: Code, meaning: &str) -> String {
    let mut text = head(code.name(), "a mistake in a scenario, found by `firedrill check`", meaning);
    let more = "The name is stable: scripts may rely on it. `firedrill check FILE` shows each mistake with its line, and what to do.";
    let _ = write!(text, "\n{}", wrapped(more, 0));
    text
}

pub(super) fn term(name: &str, meaning: &str) -> String {
    head(name, "a term", meaning)
}
