//! A table as every format can lay it out.

/// Rows of cells under a caption.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// What the table shows, in a phrase.
    pub(crate) caption: String,
    /// The columns.
    pub(crate) columns: Vec<Column>,
    /// The rows, each as long as `columns`.
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Its title.
    pub(crate) title: &'static str,
    /// Whether it holds figures, which stand on the right.
    pub(crate) figures: bool,
}

/// One cell.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    /// What it says, in plain text.
    pub(crate) text: String,
    /// A second, quieter line.
    pub(crate) more: Option<String>,
    /// How it is meant.
    pub(crate) style: Style,
}

/// How a cell is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Words or figures.
    Plain,
    /// The name of what the row is about.
    Name,
    /// An expression as written.
    Code,
    /// A verdict, which always says itself in words as well.
    Badge(Tone),
}

/// What a colour stands for, beside the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As promised.
    Good,
    /// Not as promised, or not known, without deciding anything.
    Warn,
    /// A promise broken.
    Bad,
    /// Nothing to say.
    Quiet,
}

impl Tone {
    /// The class in style sheets.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Quiet => "quiet",
        }
    }
}

impl Table {
    /// An empty table. A title that starts with `#` marks a column of figures.
    pub(crate) fn new(caption: impl Into<String>, titles: &[&'static str]) -> Self {
        let column =
            |title: &&'static str| Column { title: title.trim_start_matches('#'), figures: title.starts_with('#') };
        Self { caption: caption.into(), columns: titles.iter().map(column).collect(), rows: Vec::new() }
    }

    /// Only the columns with these titles, for a narrow page.
    pub(crate) fn only(&self, titles: &[&str]) -> Self {
        let kept: Vec<_> = (0..self.columns.len()).filter(|i| titles.contains(&self.columns[*i].title)).collect();
        Self {
            caption: self.caption.clone(),
            columns: kept.iter().map(|i| self.columns[*i].clone()).collect(),
            rows: self.rows.iter().map(|row| kept.iter().filter_map(|i| row.get(*i).cloned()).collect()).collect(),
        }
    }
}

impl Cell {
    /// A name at the head of a row.
    pub(crate) fn name(text: impl Into<String>) -> Self {
        Self { style: Style::Name, ..Self::from(text.into()) }
    }

    /// An expression as written.
    pub(crate) fn code(text: impl Into<String>) -> Self {
        Self { style: Style::Code, ..Self::from(text.into()) }
    }

    /// A verdict in words.
    pub(crate) fn badge(text: impl Into<String>, tone: Tone) -> Self {
        Self { style: Style::Badge(tone), ..Self::from(text.into()) }
    }

    /// This cell with a second line.
    pub(crate) fn with(mut self, more: impl Into<String>) -> Self {
        self.more = Some(more.into());
        self
    }

    /// The text in pieces between which a line may end, beside spaces and hyphens.
    pub(crate) fn pieces(&self) -> Vec<&str> {
        pieces(&self.text)
    }

    /// The second line, in the same way.
    pub(crate) fn more_pieces(&self) -> Vec<&str> {
        self.more.as_deref().map(pieces).unwrap_or_default()
    }

    /// The class in style sheets.
    pub(crate) fn class(&self) -> &'static str {
        match self.style {
            Style::Badge(tone) => tone.class(),
            _ => "",
        }
    }

    /// Whether it is a verdict.
    pub(crate) fn is_badge(&self) -> bool {
        matches!(self.style, Style::Badge(_))
    }

    /// Whether it heads its row.
    pub(crate) fn is_name(&self) -> bool {
        self.style == Style::Name
    }

    /// Whether it is an expression.
    pub(crate) fn is_code(&self) -> bool {
        self.style == Style::Code
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, more: None, style: Style::Plain }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// So many characters that nothing parts stay together: what is longer is a name that somebody has made up, and may break wherever it must, so
/// that a column is never wider than its page.
const LONGEST_WORD: usize = 16;

/// A line may end behind what joins the parts of a name, unless that stands in a figure.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut word, mut joint) = (Vec::new(), 0, 0, false);
    for (at, c) in text.char_indices() {
        if word == LONGEST_WORD || joint && c.is_alphabetic() {
            pieces.push(&text[start..at]);
            (start, word) = (at, 0);
        }
        joint = matches!(c, '_' | '.' | '/');
        word = if matches!(c, ' ' | '-') { 0 } else { word + 1 };
    }
    pieces.push(&text[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_break_where_their_parts_meet_and_figures_do_not() {
        assert_eq!(pieces("duplicated_after_dedup"), ["duplicated_", "after_", "dedup"]);
        assert_eq!(pieces("403 Forbidden.AccessDenied"), ["403 Forbidden.", "AccessDenied"]);
        assert_eq!(pieces("1.30–1.91 s of hk-office"), ["1.30–1.91 s of hk-office"]);
        assert_eq!(pieces(&"x".repeat(40)).iter().map(|piece| piece.len()).collect::<Vec<_>>(), [16, 16, 8]);
        assert_eq!(pieces(""), [""]);
    }
}
