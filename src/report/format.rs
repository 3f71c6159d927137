use std::fmt;
use std::str::FromStr;

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A summary for a person at a terminal.
    Terminal,
    /// `summary.json`, for scripts.
    Json,
    /// `report.md`, the after-action report.
    Markdown,
    /// `junit.xml`, for continuous integration.
    Junit,
    /// `report.html`, one self-contained page.
    Html,
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no format; write one of {list}", list = Format::list())]
pub struct UnknownFormat(pub String);

impl Format {
    /// Every format, in the order in which help lists them.
    pub const ALL: [Self; 5] = [Self::Terminal, Self::Json, Self::Markdown, Self::Junit, Self::Html];

    /// The word for `--format`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Junit => "junit",
            Self::Html => "html",
        }
    }

    /// The file of the run's directory that holds it; a terminal's is not kept.
    pub fn file(self) -> Option<&'static str> {
        match self {
            Self::Terminal => None,
            Self::Json => Some("summary.json"),
            Self::Markdown => Some("report.md"),
            Self::Junit => Some("junit.xml"),
            Self::Html => Some("report.html"),
        }
    }

    /// All words, for help and for messages.
    pub fn list() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| UnknownFormat(text.into()))
    }
}
