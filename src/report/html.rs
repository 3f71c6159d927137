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
    Ok(Document { page: &Page::of(report), charts, version: &report.start.firedrill }.render()?)
}

impl Document<'_> {
    /// The class of the verdict in the style sheet.
    fn class(&self) -> &'static str {
        self.page.tone().class()
    }
}
