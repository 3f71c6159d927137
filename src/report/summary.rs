//! `summary.json`: the figures for scripts. Key order is that of the structs, every float is rounded as it is written.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::{Outcome, Promises, RenderError, Report};
use crate::analysis::{
    Alert, Arms, AuditFigures, BookFigures, BoundaryFigures, Degraded, Deliveries, DocumentFigures, FailedAttempts,
    Figures, Flow, GapFigures, InjectFigures, InspectionFigures, JourneyBasis, JourneyFigures, LeakFigures, Messages,
    Outage, PhaseFigures, PhaseSlice, Recovery, Revoked, RouteSlice, Sender, Steady, WayFigures,
};
use crate::journal::{End, WorldKind};
use crate::plan::{Claim, Plan};
use crate::units::six_digits;
use crate::verdict::{Budget, Expected, Finding, TargetVerdict, budgets};

#[derive(Serialize)]
struct Summary<'a> {
    firedrill: &'a str,
    scenario: &'a str,
    variant: Option<&'a str>,
    question: Option<&'a str>,
    world: WorldKind,
    seed: u64,
    plan_sha256: &'a str,
    /// Whose promises the targets are, if not the run's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    judged_against: Option<&'a Promises>,
    verdict: Outcome,
    exit_code: u8,
    reasons: &'a [String],
    expectation: Option<Expected>,
    ended: Option<End>,
    started: &'a str,
    duration_s: f64,
    messages: Messages,
    deliveries: Deliveries,
    journeys: Vec<Journey<'a>>,
    #[serde(skip_serializing_if = "<[BoundaryFigures]>::is_empty")]
    boundaries: &'a [BoundaryFigures],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    leaks: &'a [LeakFigures],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    inspections: &'a [InspectionFigures],
    flows: Vec<FlowFigures<'a>>,
    #[serde(skip_serializing_if = "<[Revoked]>::is_empty")]
    revoked: &'a [Revoked],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    documents: &'a [DocumentFigures],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    books: &'a [BookFigures],
    #[serde(skip_serializing_if = "<[AuditFigures]>::is_empty")]
    audits: &'a [AuditFigures],
    #[serde(skip_serializing_if = "<[WayFigures]>::is_empty")]
    observed: &'a [WayFigures],
    recovery: &'a [Recovery],
    injects: &'a [InjectFigures],
    phases: &'a [PhaseFigures],
    targets: &'a [TargetVerdict],
    claims: &'a [Claim],
    findings: &'a [Finding],
    budgets: Vec<BudgetFigures<'a>>,
    steady: Option<Steady>,
    sender: &'a Sender,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue: Option<u64>,
    gaps: &'a [GapFigures],
}

/// What outages cost of an error budget.
#[derive(Serialize)]
struct BudgetFigures<'a> {
    journey: &'a str,
    /// The route by which it is promised; left out if it is promised by any.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'a str>,
    promised: f64,
    window: &'static str,
    /// Which one of the calendar, and by whose clocks; `null` of a window that begins whenever.
    period: Option<&'a str>,
    zone: Option<&'a str>,
    minutes: f64,
    allowed_s: f64,
    outages: usize,
    lo_s: f64,
    hi_s: Option<f64>,
    spent_lo: f64,
    spent_hi: Option<f64>,
}

impl<'a> BudgetFigures<'a> {
    fn of(plan: &'a Plan, budget: &Budget) -> Self {
        let (spent_lo, spent_hi) = budget.spent();
        let calendar = plan.calendar.as_ref();
        let period = budget.window.period(calendar);
        Self {
            journey: &plan.journeys[budget.journey.index()].name,
            route: budget.route.map(|route| plan.endpoints[route.index()].name.as_str()),
            promised: budget.promised.fraction(),
            window: budget.window.name(),
            period: period.map(|period| period.name.as_str()),
            zone: calendar.filter(|_| period.is_some()).map(|calendar| calendar.zone.as_str()),
            minutes: budget.window.length(calendar).unwrap_or_default().secs_f64() / 60.0,
            allowed_s: budget.allowed.secs_f64(),
            outages: budget.outages,
            lo_s: budget.low_s,
            hi_s: budget.high_s,
            spent_lo,
            spent_hi,
        }
    }
}

/// What one journey's messages of one phase touched in one place.
#[derive(Serialize)]
struct FlowFigures<'a> {
    journey: &'a str,
    class: Option<&'a str>,
    phase: &'a str,
    when: &'static str,
    endpoint: &'a str,
    region: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<&'a str>,
    processor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contract: Option<&'a str>,
    attempts: u64,
    bytes: u64,
    first_s: f64,
    last_s: f64,
}

impl<'a> FlowFigures<'a> {
    fn of(plan: &'a Plan, flow: &Flow) -> Self {
        let (journey, endpoint) = (&plan.journeys[flow.journey.index()], &plan.endpoints[flow.endpoint.index()]);
        Self {
            journey: &journey.name,
            class: journey.class.as_deref(),
            phase: &plan.phases[flow.phase.index()].name,
            when: flow.when.name(),
            endpoint: &endpoint.name,
            region: &plan.regions[flow.region.index()].name,
            via: flow.via.map(|via| plan.endpoints[via.index()].name.as_str()),
            processor: endpoint.processor.as_deref(),
            contract: endpoint.contract.as_deref(),
            attempts: flow.attempts,
            bytes: flow.bytes,
            first_s: flow.first.secs_f64(),
            last_s: flow.last.secs_f64(),
        }
    }
}

/// A journey without its chart, which the HTML report draws and a script can fold from the journal.
#[derive(Serialize)]
struct Journey<'a> {
    id: &'a str,
    basis: JourneyBasis,
    deadline_s: f64,
    #[serde(flatten)]
    figures: &'a Figures,
    phases: &'a [PhaseSlice],
    routes: &'a [RouteSlice],
    outages: &'a [Outage],
    n_down: u32,
    degraded: Option<&'a Degraded>,
    alerts: &'a [Alert],
    #[serde(skip_serializing_if = "<[FailedAttempts]>::is_empty")]
    failed: &'a [FailedAttempts],
    #[serde(skip_serializing_if = "Option::is_none")]
    control_of: Option<&'a str>,
    /// Beside the control arm.
    #[serde(skip_serializing_if = "<[Arms]>::is_empty")]
    arms: &'a [Arms],
}

pub(super) fn render(report: &Report<'_>) -> Result<Vec<u8>, RenderError> {
    json(&summary(report))
}

/// Anything as JSON in the same form.
pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>, RenderError> {
    let mut json = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut json, Rounding(PrettyFormatter::new())))?;
    json.push(b'\n');
    Ok(json)
}

fn summary<'a>(report: &Report<'a>) -> Summary<'a> {
    let Report { plan, start, observation, judgement, exit_code, against } = *report;
    Summary {
        firedrill: &start.firedrill,
        scenario: &plan.name,
        variant: plan.variant.as_deref(),
        question: plan.question.as_deref(),
        world: start.world,
        seed: start.seed.0,
        plan_sha256: &start.plan_sha256,
        judged_against: against,
        verdict: Outcome::of(exit_code),
        exit_code,
        reasons: &judgement.reasons,
        expectation: report.expect().map(|expect| Expected::of(expect, judgement)),
        ended: judgement.end,
        started: &start.started,
        duration_s: observation.at.secs_f64(),
        messages: observation.messages,
        deliveries: observation.deliveries,
        journeys: observation.journeys.iter().map(journey).collect(),
        boundaries: &observation.boundaries,
        leaks: &observation.leaks,
        inspections: &observation.inspections,
        flows: observation.flows.iter().map(|flow| FlowFigures::of(plan, flow)).collect(),
        revoked: &observation.revoked,
        documents: &observation.shared.documents,
        books: &observation.books,
        audits: &observation.audits,
        observed: &observation.observed,
        recovery: &observation.recovery,
        injects: &observation.injects,
        phases: &observation.phases,
        targets: &judgement.targets,
        claims: &plan.claims,
        findings: &judgement.findings,
        budgets: budgets(plan, observation).iter().map(|budget| BudgetFigures::of(plan, budget)).collect(),
        steady: steady(report),
        sender: &observation.sender,
        overdue: Some(observation.overdue).filter(|overdue| *overdue > 0),
        gaps: &observation.gaps,
    }
}

/// What the steady state came to: not only what the gate said of it, if it did not hold after all.
fn steady(report: &Report<'_>) -> Option<Steady> {
    match &report.judgement.unsteady {
        Some(why) => Some(Steady { held: false, why: why.clone() }),
        None => report.observation.steady.clone(),
    }
}

fn journey(journey: &JourneyFigures) -> Journey<'_> {
    Journey {
        id: &journey.id,
        basis: journey.basis,
        deadline_s: journey.deadline_s,
        figures: &journey.figures,
        phases: &journey.phases,
        routes: &journey.routes,
        outages: &journey.outages,
        n_down: journey.n_down,
        degraded: journey.degraded.as_ref(),
        alerts: &journey.alerts,
        failed: &journey.failed,
        control_of: journey.control_of.as_deref(),
        arms: &journey.arms,
    }
}

/// Pretty JSON whose floats have six significant digits.
struct Rounding(PrettyFormatter<'static>);

impl Formatter for Rounding {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        self.0.write_f64(writer, six_digits(value))
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}
