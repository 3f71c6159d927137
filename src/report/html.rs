//! `report.html`: one page that needs nothing else. The template escapes everything but the charts, which escape for themselves.

use askama::Template;

use super::chart;
use super::view::Page;
use super::{RenderError, Report};

#[derive(Template)]
#[template(path = "report.html", whitespace = "minimize")]
struct Document<'a> {
    page: &'a Page,
    /// One chart a journey, as SVG.
    charts: Vec<String>,
    version: &'a str,
}

pub(super) fn render(report: &Report<'_>) -> Result<String, RenderError> {
    let charts = report.observation.journeys.iter().map(|journey| chart::render(report, journey)).collect();
    let page = Document { page: &Page::of(report), charts, version: &report.start.firedrill }.render()?;
    Ok(unbroken(&page))
}

/// Keeps a figure and its unit on one line, and the two figures of a range. Markup has no figure with a space and a unit behind it.
fn unbroken(page: &str) -> String {
    let mut text = String::with_capacity(page.len() + 1_024);
    let mut before = ' ';
    for (index, c) in page.char_indices() {
        let after = &page[index + c.len_utf8()..];
        match c {
            ' ' if before.is_ascii_digit() && starts_with_unit(after) => text.push('\u{a0}'),
            '–' if before.is_ascii_digit() && after.starts_with(|c: char| c.is_ascii_digit()) => {
                text.push_str("–\u{2060}");
            }
            c => text.push(c),
        }
        before = c;
    }
    text
}

fn starts_with_unit(text: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric());
    ["s", "ms", "µs", "min", "h", "%"].iter().any(|unit| text.strip_prefix(unit).is_some_and(ends))
}

impl Document<'_> {
    /// The class of the verdict in the style sheet.
    fn class(&self) -> &'static str {
        self.page.tone().class()
    }
}
