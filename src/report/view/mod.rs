//! What the pages say, as plain text and tables. The formats only lay it out, so that no two of them can differ in a figure.

mod arms;
mod audits;
mod books;
mod budgets;
mod documents;
mod drill;
mod events;
mod failed;
mod figures;
mod flows;
mod inspections;
mod leaks;
mod ledger;
mod limits;
mod observed;
mod recovery;
mod table;
mod targets;

pub(super) use arms::{difference, row as contrast_row};
pub(super) use figures::JourneyPage;
pub(super) use ledger::Equation;
pub(super) use table::{Cell, Style, Table, Tone};
pub(super) use targets::{badge, shown};

use super::words::plain;
use super::{Outcome, Promises, Report, story};
use crate::verdict::{Expected, Finding};

/// Everything a page says.
pub(super) struct Page {
    /// The scenario, and its variant if there is one.
    pub(super) title: String,
    /// The question the drill was to answer.
    pub(super) question: Option<String>,
    /// How it came out.
    pub(super) outcome: Outcome,
    /// What that means.
    pub(super) sentence: String,
    /// Why it came out so, what decided it first.
    pub(super) reasons: Vec<String>,
    /// Whether it came out as the scenario expects.
    pub(super) expectation: Option<String>,
    /// Whose promises it was judged against, if not the run's own.
    pub(super) against: Option<String>,
    /// The few figures to look at first.
    pub(super) tiles: Vec<Tile>,
    /// What else was found, a sentence each; usually nothing.
    pub(super) findings: Vec<String>,
    /// What happened, a sentence an inject.
    pub(super) stories: Vec<String>,
    /// Promises and verdicts.
    pub(super) targets: Table,
    /// Recovery clocks.
    pub(super) recovery: Table,
    /// The same outages by every clock.
    pub(super) clocks: Table,
    /// What clocks do not tell of them.
    pub(super) behind: Table,
    /// What outages cost of error budgets.
    pub(super) budgets: Table,
    /// What programs that are not ours got.
    pub(super) observed: Table,
    /// Journey by journey.
    pub(super) journeys: Vec<JourneyPage>,
    /// The conservation lines.
    pub(super) ledger: Vec<Equation>,
    /// What the conservation lines do not say.
    pub(super) integrity: Table,
    /// Attempts that were not acknowledged; empty if all were.
    pub(super) failed: Table,
    /// What left and may not; empty if nothing did.
    pub(super) leaks: Table,
    /// What gateways had inspected; empty if nothing was.
    pub(super) inspections: Table,
    /// What of it was not ruled as it should have been; empty if nothing.
    pub(super) misruled: Table,
    /// What crossed which boundary; empty without boundaries.
    pub(super) boundaries: Table,
    /// One by one; empty if nothing did.
    pub(super) crossings: Table,
    /// How long those who were taken away could still send; empty if nobody was.
    pub(super) revoked: Table,
    /// What became of shared documents; empty without any.
    pub(super) documents: Table,
    /// The earliest changes of them that were lost.
    pub(super) lost_updates: Table,
    /// What endpoints that keep books did with messages; empty without any.
    pub(super) books: Table,
    /// What should not have been in them, entry by entry; empty if nothing.
    pub(super) mishaps: Table,
    /// What gateways' audit trails tell; empty if none is read.
    pub(super) audits: Table,
    /// What they do not tell, one by one; empty if nothing.
    pub(super) untold: Table,
    /// Which data went where.
    pub(super) flows: Table,
    /// Injects, planned and actual.
    pub(super) injects: Table,
    /// What was switched, decided and noted.
    pub(super) timeline: Table,
    /// Whether the sender kept up and nothing was lost on the way to the journal.
    pub(super) health: Vec<String>,
    /// Which drill this is.
    pub(super) identification: Vec<(&'static str, String)>,
    /// What was sent by whom to whom.
    pub(super) scope: Table,
    /// What was sent to.
    pub(super) endpoints: Table,
    /// What somebody asserted.
    pub(super) claims: Table,
    /// On what the figures rest.
    pub(super) assumptions: Vec<String>,
    /// What nobody may read into them.
    pub(super) not_shown: Vec<String>,
}

/// A figure to look at first.
pub(super) struct Tile {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) note: String,
    pub(super) tone: Tone,
}

impl Page {
    pub(super) fn of(report: &Report<'_>) -> Self {
        let outcome = Outcome::of(report.exit_code);
        let judgement = report.judgement;
        Self {
            title: title(report),
            question: report.plan.question.as_deref().map(plain),
            outcome,
            sentence: outcome.sentence(report),
            reasons: outcome.reasons(report),
            against: report.against.map(against),
            expectation: report.expect().map(|expect| expectation(&Expected::of(expect, judgement))),
            findings: judgement.findings.iter().map(finding).collect(),
            tiles: figures::tiles(report),
            stories: story::stories(report),
            targets: targets::table(report),
            recovery: recovery::table(report),
            clocks: recovery::clocks(report),
            behind: recovery::behind(report),
            budgets: budgets::table(report),
            observed: observed::table(report),
            journeys: figures::journeys(report),
            ledger: ledger::equations(report.observation),
            integrity: ledger::integrity(report.observation),
            failed: failed::table(report),
            leaks: leaks::leaks(report.observation),
            inspections: inspections::inspections(report.observation),
            misruled: inspections::misruled(report.observation),
            boundaries: flows::boundaries(report),
            crossings: flows::crossings(report.observation),
            revoked: flows::revoked(report.observation),
            documents: documents::documents(report.observation),
            lost_updates: documents::lost(report.observation),
            books: books::books(report.observation),
            mishaps: books::mishaps(report.observation),
            audits: audits::audits(report.observation),
            untold: audits::untold(report.observation),
            flows: flows::inventory(report),
            injects: recovery::injects(report),
            timeline: events::table(report),
            health: ledger::health(report),
            identification: drill::identification(report),
            scope: drill::scope(report.plan),
            endpoints: drill::endpoints(report.plan),
            claims: drill::claims(report.plan),
            assumptions: limits::assumptions(report),
            not_shown: limits::not_shown(report),
        }
    }
}

impl Page {
    /// What colour the verdict deserves.
    pub(super) fn tone(&self) -> Tone {
        match self.outcome {
            Outcome::Pass => Tone::Good,
            Outcome::Fail | Outcome::Error => Tone::Bad,
            Outcome::Inconclusive | Outcome::Stopped | Outcome::Interrupted => Tone::Warn,
        }
    }
}

impl Tile {
    /// The class in style sheets.
    pub(super) fn class(&self) -> &'static str {
        self.tone.class()
    }
}

fn title(report: &Report<'_>) -> String {
    let name = plain(&report.plan.name);
    report.plan.variant.as_deref().map_or_else(|| name.clone(), |variant| format!("{name} · {}", plain(variant)))
}

/// `At +60.00 s: order was down …, and nothing noticed: ….`
fn finding(finding: &Finding) -> String {
    format!("At {}: {}.", super::words::moment(finding.at_s), plain(&finding.text))
}

fn against(promises: &Promises) -> String {
    let Promises { file, sha256 } = promises;
    format!("Judged against {} (SHA-256 {sha256}), not against the run's own promises.", plain(file))
}

fn expectation(expected: &Expected) -> String {
    let because = if expected.because.is_empty() {
        String::new()
    } else {
        let targets: Vec<_> = expected.because.iter().map(|name| plain(name)).collect();
        format!(" because of {}", super::words::list(&targets))
    };
    let came = if expected.met {
        "as it came out".to_owned()
    } else {
        let differs: Vec<_> = expected.differs.iter().map(|text| plain(text)).collect();
        format!("it came out otherwise, since {}", super::words::list(&differs))
    };
    format!("The scenario expects {}{because}: {came}.", expected.verdict)
}
