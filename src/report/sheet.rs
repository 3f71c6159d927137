//! A page of a few tables over several runs, in every format that pages have.

use askama::Template;

use super::view::{Table, Tone};
use super::{Outcome, RenderError, markdown, terminal};

/// What the page says, as plain text and tables.
pub(super) struct Sheet {
    /// What kind of page it is.
    pub(super) kicker: &'static str,
    /// What it is about.
    pub(super) title: String,
    /// The question of the scenario.
    pub(super) question: Option<String>,
    /// How it came out, if something is judged, with what that means.
    pub(super) verdict: Option<(Outcome, String)>,
    /// What has to be known to read it, a sentence each.
    pub(super) notes: Vec<String>,
    /// The tables.
    pub(super) tables: Vec<Table>,
    /// Where more stands: words with the directory of a run beside the page.
    pub(super) links: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "sheet.html", whitespace = "minimize")]
struct Page<'a> {
    sheet: &'a Sheet,
    /// The class of the verdict in the style sheet.
    class: &'a str,
}

#[derive(Template)]
#[template(path = "sheet.md")]
struct Document<'a> {
    sheet: &'a Sheet,
}

impl Document<'_> {
    /// A table with its caption above it, for the template.
    #[expect(clippy::unused_self, reason = "a template calls its own methods")]
    fn table(&self, shown: &Table) -> String {
        markdown::table(shown)
    }

    /// The way to a run's own report.
    #[expect(clippy::unused_self, reason = "a template calls its own methods")]
    fn link(&self, words: &str, directory: &str) -> String {
        markdown::link(words, &format!("{directory}/report.md"))
    }
}

/// Passing is good, failing is bad, and everything else says that something is not known.
pub(super) fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Pass => Tone::Good,
        Outcome::Fail | Outcome::Error => Tone::Bad,
        Outcome::Inconclusive | Outcome::Stopped | Outcome::Interrupted => Tone::Warn,
    }
}

impl Sheet {
    /// One page that needs nothing else.
    pub(super) fn html(&self) -> Result<String, RenderError> {
        let class = self.verdict.as_ref().map_or("", |(outcome, _)| tone(*outcome).class());
        Ok(Page { sheet: self, class }.render()?)
    }

    /// The same as Markdown.
    pub(super) fn markdown(&self) -> Result<String, RenderError> {
        Ok(Document { sheet: self }.render()?)
    }

    /// The same for a terminal.
    pub(super) fn terminal(&self, screen: &terminal::Screen<'_>) -> String {
        terminal::sheet(self, screen)
    }
}
