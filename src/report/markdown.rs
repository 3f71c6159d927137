//! `report.md`: the after-action report. Everything printed by the template is escaped.

use std::fmt::{self, Write};

use askama::Template;
use askama::filters::Escaper;

use super::view::{Cell, Page, Table};
use super::{RenderError, Report};

#[derive(Template)]
#[template(path = "report.md")]
struct Document<'a> {
    page: &'a Page,
}

impl Document<'_> {
    /// A table with its caption above it, for the template.
    #[expect(clippy::unused_self, reason = "a template calls its own methods")]
    fn table(&self, shown: &Table) -> String {
        table(shown)
    }
}

pub(super) fn render(report: &Report<'_>) -> Result<String, RenderError> {
    Ok(spaced(&Document { page: &Page::of(report) }.render()?))
}

/// One blank line at most between what follows on each other: what a template leaves out leaves its own behind.
fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for line in text.lines() {
        if !line.is_empty() || !spaced.ends_with("\n\n") {
            spaced.push_str(line);
            spaced.push('\n');
        }
    }
    spaced
}

/// Escapes text for Markdown: it can start no markup, no cell and no tag.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Markdown;

impl Escaper for Markdown {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        for (index, c) in text.char_indices() {
            match c {
                '&' => dest.write_str("&amp;")?,
                '<' => dest.write_str("&lt;")?,
                '>' => dest.write_str("&gt;")?,
                '\n' | '\r' => dest.write_char(' ')?,
                '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '$' => write!(dest, "\\{c}")?,
                // Inside a word an underscore is only an underscore; at its edges it would emphasise.
                '_' if at_edge(text, index) => dest.write_str("\\_")?,
                '#' | '-' | '+' | '=' if index == 0 && !followed_by_a_word(text) => write!(dest, "\\{c}")?,
                '.' | ')' if index > 0 && is_numbering(text, index) => write!(dest, "\\{c}")?,
                c => dest.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Whether a sign at the start belongs to what follows it, as in `+2 s`, and so marks neither a title nor a list.
fn followed_by_a_word(text: &str) -> bool {
    text.chars().nth(1).is_some_and(char::is_alphanumeric)
}

/// Whether this is the sign after a list's number.
fn is_numbering(text: &str, index: usize) -> bool {
    text[..index].bytes().all(|byte| byte.is_ascii_digit()) && !text[index + 1..].starts_with(|c: char| c != ' ')
}

fn at_edge(text: &str, index: usize) -> bool {
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !(word(text[..index].chars().next_back()) && word(text[index + 1..].chars().next()))
}

/// A cell as Markdown.
fn cell(cell: &Cell) -> String {
    let mut text = if cell.is_code() { code(&cell.text) } else { escaped(&cell.text) };
    if cell.is_name() || cell.is_badge() {
        text = format!("**{text}**");
    }
    if let Some(more) = &cell.more {
        text = format!("{text} ({})", escaped(more));
    }
    text
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    // Writing to a string cannot fail.
    let _ = Markdown.write_escaped_str(&mut escaped, text);
    escaped
}

/// A link to a file beside the document.
pub(super) fn link(words: &str, target: &str) -> String {
    format!("[{}](<{target}>)", escaped(words))
}

/// A code span in a table's cell, fenced by more backticks than the text has in a row.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}

/// A table with its caption above it.
pub(super) fn table(table: &Table) -> String {
    if table.rows.is_empty() {
        return "None.\n".into();
    }
    let mut text = format!("*{}*\n\n", escaped(&table.caption));
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    text += &line(table.columns.iter().map(|column| escaped(column.title)).collect());
    text += &line(table.columns.iter().map(|column| if column.figures { "---:" } else { "---" }.into()).collect());
    for row in &table.rows {
        text += &line(row.iter().map(cell).collect());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_stand_alone() {
        assert_eq!(spaced("a\n\n\n\nb\nc\n\nd"), "a\n\nb\nc\n\nd\n");
    }

    #[test]
    fn markup_is_only_text() {
        assert_eq!(escaped("a|b *c* _d_ e_f <g> [h](i)"), "a\\|b \\*c\\* \\_d\\_ e_f &lt;g&gt; \\[h\\](i)");
        assert_eq!(escaped("# title"), "\\# title");
        assert_eq!(escaped("+2.00 s"), "+2.00 s");
        assert_eq!(escaped("1. item"), "1\\. item");
        assert_eq!(escaped("1.23 s"), "1.23 s");
        assert_eq!(code("a`b|c"), "``a`b\\|c``");
    }
}
