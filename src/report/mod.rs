//! What a person, a script or an auditor reads afterwards. Every format shows the same observation and judgement, and reads nothing
//! else: no clock, no file, no environment. The same inputs give the same bytes.

mod chart;
mod compare;
mod environment;
#[cfg(test)]
mod fixture;
mod format;
mod html;
mod junit;
mod manifest;
mod markdown;
mod names;
mod outcome;
mod runs;
mod sheet;
mod story;
mod summary;
mod terminal;
#[cfg(test)]
mod tests;
mod view;
mod words;

pub use compare::{Compared, MOST as COMPARED_MOST, compare};
pub use environment::Environment;
pub use format::{Format, UnknownFormat};
pub use manifest::{Entry, MANIFEST, manifest};
pub use names::whose;
pub use outcome::Outcome;
pub use runs::{RunsReport, runs};
pub use terminal::Screen;

use serde::Serialize;

use crate::analysis::Observation;
use crate::journal::Start;
use crate::plan::{Expectation, Plan};
use crate::verdict::Judgement;

/// The promises of another file, against which a recorded run was judged instead of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promises {
    /// The file, as named.
    file: String,
    /// Which text it had then.
    sha256: String,
}

impl Promises {
    /// Those of `file`, whose text is `text`.
    pub fn of(file: &str, text: &str) -> Self {
        Self { file: file.to_owned(), sha256: manifest::sha256(text.as_bytes()) }
    }
}

/// What a report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What was to be played.
    pub plan: &'a Plan,
    /// Block 0 of the journal: version, world, seed, start.
    pub start: &'a Start,
    /// What was observed.
    pub observation: &'a Observation,
    /// What it means.
    pub judgement: &'a Judgement,
    /// What the process that judged it exits with.
    pub exit_code: u8,
    /// Whose promises it was judged against, if not the run's own.
    pub against: Option<&'a Promises>,
}

impl<'a> Report<'a> {
    /// What the scenario expects; it says nothing of promises that are not its own.
    fn expect(&self) -> Option<&'a Expectation> {
        self.plan.expect.as_ref().filter(|_| self.against.is_none())
    }
}

/// Why a report could not be rendered: a bug in firedrill, since nothing that a drill observes can cause it.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template failed.
    #[error("a template of the report failed")]
    Template(#[from] askama::Error),
    /// JSON could not be written.
    #[error("the figures could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// XML could not be written.
    #[error("the verdicts could not be written as JUnit XML")]
    Junit(#[from] quick_junit::SerializeError),
}

/// Renders a report. The terminal's is plain; [`terminal`] takes colour and the run's directory.
pub fn render(format: Format, report: &Report<'_>) -> Result<Vec<u8>, RenderError> {
    Ok(match format {
        Format::Terminal => terminal(report, &Screen::default()).into_bytes(),
        Format::Json => summary::render(report)?,
        Format::Markdown => markdown::render(report)?.into_bytes(),
        Format::Junit => junit::render(report)?.into_bytes(),
        Format::Html => html::render(report)?.into_bytes(),
    })
}

/// The summary for a terminal, at most 100 columns wide.
pub fn terminal(report: &Report<'_>, screen: &Screen<'_>) -> String {
    terminal::render(report, screen)
}
