//! The summary for a person at a terminal, at most 100 columns wide.

mod strip;

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table as Grid, TableStyle};

use super::Report;
use super::sheet::Sheet;
use super::view::{Cell, Page, Style, Table, Tone};
use super::words::{NONE, count};

/// How wide the summary is where nothing says otherwise, and at most.
const WIDTH: u16 = 98;

/// How narrow it may become: in less no table can be read.
const LEAST_WIDTH: u16 = 60;

/// One rule under the titles, nothing else.
const RULED: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// What the caller knows of the terminal and of the run's directory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Screen<'a> {
    /// Whether to colour; whether the terminal or `NO_COLOR` forbids it is the caller's to know.
    pub colour: bool,
    /// How many columns there are, if it is known.
    pub width: Option<usize>,
    /// Where the run's directory is.
    pub directory: Option<&'a str>,
}

pub(super) fn render(report: &Report<'_>, screen: &Screen<'_>) -> String {
    let page = Page::of(report);
    let ink = Ink::on(screen);
    let mut text = String::from("\n");
    head(&mut text, &page, ink);
    if !page.findings.is_empty() {
        heading(&mut text, ink, "Findings");
        for finding in &page.findings {
            text += &ink.maybe(Some(Tone::Warn), &ink.item("!", finding, 4));
        }
    }
    text += &strip::render(report, ink);
    targets(&mut text, ink, &page.targets);
    for journey in &page.journeys {
        let narrow =
            journey.phases.only(&["Phase", "Due", "Good", "Median", "p99", "Availability", "Not good, by blame"]);
        section(&mut text, ink, &format!("{}, phase by phase", journey.name), &narrow);
    }
    first(&mut text, ink, &page.leaks.only(&["At", "Message", "What was in it", "Way it took"]));
    let narrow =
        ["Gateway", "Asked", "Violations found", "Missed", "Blocked wrongly", "Let through uninspected", "p99"];
    section(&mut text, ink, &page.inspections.caption, &page.inspections.only(&narrow));
    section(&mut text, ink, "Boundaries", &page.boundaries.only(&["Boundary", "What it says", "Carried", "Held"]));
    first(&mut text, ink, &page.crossings.only(&CROSSING));
    section(
        &mut text,
        ink,
        &page.revoked.caption,
        &page.revoked.only(&["Journey", "By", "Sends", "Taken after it", "Revoked after"]),
    );
    let kept =
        page.documents.only(&["Document", "Changed", "Lost", "Refused", "Conflicting copies", "Stale reads", "Held"]);
    section(&mut text, ink, &page.documents.caption, &kept);
    first(&mut text, ink, &page.lost_updates.only(&["Document", "Taken at", "Message", "Taken by"]));
    let kept = page.books.only(&["Endpoint", "Taken", "In effect", "Booked twice", "Overwrote", "Held"]);
    section(&mut text, ink, &page.books.caption, &kept);
    first(&mut text, ink, &page.mishaps.only(&["At", "Message", "Document", "What went wrong", "The entry before"]));
    let audits = page.audits.only(&["Gateway", "Sent on", "Told", "Missing", "Wrong", "p99", "Held"]);
    section(&mut text, ink, &page.audits.caption, &audits);
    first(&mut text, ink, &page.untold);
    heading(&mut text, ink, "The books");
    for equation in &page.ledger {
        let line = format!("{}{}", equation.text(), if equation.holds { "" } else { "   ← a bug in firedrill" });
        text += &ink.maybe(if equation.holds { None } else { Some(Tone::Bad) }, &ink.paragraph(&line, 4));
    }
    if let Some(directory) = screen.directory {
        let _ = writeln!(text, "\n  {} {}", ink.dim("Everything about it:"), super::words::plain(directory));
    }
    text
}

/// A page of tables over several runs.
pub(super) fn sheet(sheet: &Sheet, screen: &Screen<'_>) -> String {
    let ink = Ink::on(screen);
    let mut text = format!("\n  {}\n", ink.bold(&ink.clipped(&sheet.title)));
    if let Some(question) = &sheet.question {
        text += &ink.dim_lines(&ink.paragraph(question, 2));
    }
    if let Some((outcome, sentence)) = &sheet.verdict {
        text += &ink.verdict(outcome.sign(), &outcome.to_string(), super::sheet::tone(*outcome), sentence);
    }
    for note in &sheet.notes {
        text += &ink.item("–", note, 4);
    }
    for table in &sheet.tables {
        section(&mut text, ink, &table.caption, table);
    }
    if !sheet.links.is_empty() {
        heading(&mut text, ink, "Reports");
        for (words, directory) in &sheet.links {
            // On one line, however long: a path that is broken cannot be copied.
            let _ = writeln!(text, "    {words}: {directory}");
        }
    }
    text
}

/// Question, verdict, reasons and the story.
fn head(text: &mut String, page: &Page, ink: Ink) {
    let _ = writeln!(text, "  {}", ink.bold(&ink.clipped(&page.title)));
    if let Some(question) = &page.question {
        *text += &ink.dim_lines(&ink.paragraph(question, 2));
    }
    *text += &ink.verdict(page.outcome.sign(), &page.outcome.to_string(), page.tone(), &page.sentence);
    for reason in &page.reasons {
        *text += &ink.item("–", reason, 4);
    }
    if let Some(against) = &page.against {
        *text += &ink.paragraph(against, 4);
    }
    if let Some(expectation) = &page.expectation {
        *text += &ink.paragraph(expectation, 4);
    }
    text.push('\n');
    for story in &page.stories {
        *text += &ink.item("•", story, 2);
    }
}

/// What a terminal shows of a crossing.
const CROSSING: [&str; 5] = ["Boundary", "At", "Message", "Way it took", "In which course"];

/// The most crossings, leaks and the like that a terminal shows one by one.
const FIRST: usize = 5;

/// The first rows of a table of things one by one, and how many more there are.
fn first(text: &mut String, ink: Ink, table: &Table) {
    let more = table.rows.len().saturating_sub(FIRST);
    let mut shown = table.clone();
    shown.rows.truncate(FIRST);
    section(text, ink, &table.caption, &shown);
    if more > 0 {
        let _ = writeln!(text, "   {}", ink.dim(&format!("… and {} more in the report", count(more as u64))));
    }
}

fn heading(text: &mut String, ink: Ink, title: &str) {
    text.push('\n');
    for line in ink.paragraph(title, 2).lines() {
        let _ = writeln!(text, "  {}", ink.bold(line.trim_start()));
    }
}

fn section(text: &mut String, ink: Ink, title: &str, table: &Table) {
    if table.rows.is_empty() {
        return;
    }
    heading(text, ink, title);
    for line in grid(table, ink.width).lines() {
        let _ = writeln!(text, "  {}", painted(line.trim_end(), table, ink));
    }
}

/// Two lines a target: the promise (and whose figure it is), and what was observed with the reason. A grid of five columns would be all wrapping.
fn targets(text: &mut String, ink: Ink, table: &Table) {
    heading(text, ink, "What was promised, and what was observed");
    let mut lines = Table::new("", &["", "", ""]);
    for row in &table.rows {
        let [name, promised, observed, verdict, why] = row.as_slice() else { continue };
        let bounds = observed.more.as_ref().map(|more| format!(" ({more})")).unwrap_or_default();
        let whose = promised.more.as_ref().map(|more| format!("\n{more}")).unwrap_or_default();
        let shown = match observed.text.as_str() {
            NONE => format!("{}{whose}\n→ {}", promised.text, why.text),
            figure => format!("{}{whose}\n→ {figure}{bounds}: {}", promised.text, why.text),
        };
        lines.rows.push(vec![verdict.clone(), name.clone(), shown.into()]);
    }
    for line in grid(&lines, ink.width).lines().skip(2) {
        let _ = writeln!(text, "  {}", painted(line.trim_end(), &lines, ink));
    }
}

fn grid(table: &Table, width: u16) -> Grid {
    let mut grid = Grid::new();
    grid.load_style(RULED).set_content_arrangement(ContentArrangement::Dynamic).set_width(width - 2);
    grid.set_header(table.columns.iter().map(|column| column.title));
    for row in &table.rows {
        grid.add_row(row.iter().map(|cell| match &cell.more {
            Some(more) => format!("{}\n{more}", cell.text),
            None => cell.text.clone(),
        }));
    }
    for (index, column) in table.columns.iter().enumerate() {
        if let (true, Some(laid)) = (column.figures, grid.column_mut(index)) {
            laid.set_cell_alignment(CellAlignment::Right);
        }
    }
    grid
}

/// Colours the verdicts of a finished line, since the layout must not count colour codes.
fn painted(line: &str, table: &Table, ink: Ink) -> String {
    let badges = table.rows.iter().flatten().filter_map(|cell: &Cell| match cell.style {
        Style::Badge(tone) => Some((cell.text.as_str(), tone)),
        _ => None,
    });
    for (word, tone) in badges {
        if let Some(at) = line.find(word) {
            let (before, rest) = line.split_at(at);
            return format!("{before}{}{}", ink.tone(tone, word), &rest[word.len()..]);
        }
    }
    line.into()
}

/// How it is written: with colour, if there is any, and how wide.
#[derive(Clone, Copy)]
struct Ink {
    colour: bool,
    width: u16,
}

impl Ink {
    fn on(screen: &Screen<'_>) -> Self {
        let width = screen.width.and_then(|width| u16::try_from(width).ok()).unwrap_or(WIDTH);
        Self { colour: screen.colour, width: width.clamp(LEAST_WIDTH, WIDTH) }
    }

    /// As much of a title as fits on one line.
    fn clipped(self, title: &str) -> String {
        title.chars().take(usize::from(self.width) - 4).collect()
    }

    /// Text wrapped to the width, behind an indent.
    fn paragraph(self, text: &str, indent: usize) -> String {
        let mut grid = Grid::new();
        let width = self.width - u16::try_from(indent).unwrap_or(0);
        grid.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        grid.add_row([text]);
        if let Some(column) = grid.column_mut(0) {
            column.set_padding((0, 0));
        }
        let mut wrapped = String::new();
        for line in grid.lines() {
            let _ = writeln!(wrapped, "{:indent$}{}", "", line.trim_end());
        }
        wrapped
    }

    /// A paragraph of a list: below its sign, nothing but the sign.
    fn item(self, sign: &str, text: &str, indent: usize) -> String {
        let paragraph = self.paragraph(text, indent + 2);
        let rest = paragraph.get(indent + 2..).unwrap_or_default();
        format!("{:indent$}{sign} {rest}", "")
    }

    /// The verdict in one big word, and the sentence beside it, or below it where it needs more than a line.
    fn verdict(self, sign: &str, word: &str, tone: Tone, sentence: &str) -> String {
        let word = format!(" {sign}  {} ", word.to_uppercase());
        let banner = self.banner(tone, &word);
        if word.chars().count() + sentence.chars().count() + 6 <= usize::from(self.width) {
            return format!("\n  {banner}  {sentence}\n");
        }
        format!("\n  {banner}\n{}", self.paragraph(sentence, 2))
    }

    fn paint(self, codes: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{codes}m{text}\u{1b}[0m") } else { text.into() }
    }

    fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn dim_lines(self, text: &str) -> String {
        text.lines().map(|line| self.dim(line) + "\n").collect()
    }

    fn tone(self, tone: Tone, text: &str) -> String {
        match tone {
            Tone::Good => self.paint("32", text),
            Tone::Warn => self.paint("33", text),
            Tone::Bad => self.paint("1;31", text),
            Tone::Quiet => self.dim(text),
        }
    }

    fn maybe(self, tone: Option<Tone>, text: &str) -> String {
        tone.map_or_else(|| text.into(), |tone| self.tone(tone, text))
    }

    /// The verdict in one big line: reversed where there is colour, in brackets where there is none.
    fn banner(self, tone: Tone, text: &str) -> String {
        match (self.colour, tone) {
            (false, _) => format!("[{text}]"),
            (true, Tone::Good) => self.paint("1;30;42", text),
            (true, Tone::Bad) => self.paint("1;97;41", text),
            (true, _) => self.paint("1;30;43", text),
        }
    }
}
