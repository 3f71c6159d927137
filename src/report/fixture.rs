//! A drill to render: 26 seconds, 50 messages a second, three injects, two outages.

mod judged;
mod plan;
mod play;

use crate::analysis::{
    BoundaryFigures, Clocked, CrossingFigures, Deliveries, Flow, InjectFigures, JourneyBasis, JourneyFigures, Lag,
    Messages, Observation, Outage, Outcome, PhaseFigures, Recovery, Sender, Steady,
};
use crate::draw::Seed;
use crate::journal::{Control, Decision, End, Event, Start, WorldKind};
use crate::plan::{Clock, Plan, Verdict, When};
use crate::units::{EndpointId, InjectId, JourneyId, Moment, PhaseId, RegionId, RouteId, Span};
use crate::verdict::{Finding, FindingKind, Judgement, TargetOutcome};

use super::Report;

/// Everything a report is rendered from.
pub(crate) struct Fixture {
    pub(crate) plan: Plan,
    pub(crate) start: Start,
    pub(crate) observation: Observation,
    pub(crate) judgement: Judgement,
    pub(crate) exit_code: u8,
}

impl Fixture {
    /// A drill whose must-targets pass.
    pub(crate) fn quickstart() -> Self {
        let plan = plan::plan();
        let observation = observation(&plan);
        let judgement = judged::judgement(&observation);
        Self { start: start(&plan), plan, observation, judgement, exit_code: 0 }
    }

    /// The same drill with texts that attack whoever prints them.
    pub(crate) fn hostile() -> Self {
        let mut fixture = Self::quickstart();
        fixture.plan.question = Some(EVIL.into());
        fixture.plan.name = EVIL.into();
        fixture.plan.variant = Some(EVIL.into());
        fixture.plan.claims[0].source = EVIL.into();
        fixture.plan.injects[1].name = EVIL.into();
        fixture.plan.endpoints[0].name = EVIL.into();
        fixture.observation.journeys[0].id = EVIL.into();
        fixture.plan.boundaries[0].name = EVIL.into();
        fixture.plan.journeys[0].class = Some(EVIL.into());
        fixture.observation.boundaries[0].id = EVIL.into();
        fixture.observation.boundaries[0].first[0].endpoint = EVIL.into();
        fixture.observation.phases[3].phase = EVIL.into();
        fixture.observation.injects[1].id = EVIL.into();
        fixture.observation.controls.push(control(20_000, Event::Note(EVIL.into())));
        fixture.judgement.targets[0].name = EVIL.into();
        fixture.judgement.targets[0].why = EVIL.into();
        fixture.judgement.reasons.push(EVIL.into());
        fixture.judgement.findings.push(undetected(EVIL));
        fixture
    }

    /// The same drill, interrupted in the fence and never recovered: nothing more is known.
    pub(crate) fn interrupted() -> Self {
        let mut fixture = Self::quickstart();
        fixture.exit_code = 130;
        let observation = &mut fixture.observation;
        observation.end = Some(End::Interrupted);
        observation.finished = false;
        observation.at = Moment::ZERO + Span::from_millis(13_000);
        observation.messages = Messages { intended: 650, accepted: 602, open: 48, ..Messages::default() };
        observation.deliveries =
            Deliveries { owed: 602, delivered: 600, pending: 2, received: 600, ..Deliveries::default() };
        observation.controls.retain(|control| control.at <= observation.at);
        observation.recovery.truncate(2);
        // The second journey comes no further than the warm-up: together they judged fewer than were intended.
        observation.journeys[0].phases.truncate(2);
        observation.journeys[1].phases.truncate(1);
        let outage = &mut observation.recovery[1];
        (outage.end_s, outage.hi_s, outage.outcome) = (None, None, Outcome::NotRecovered);
        outage.clocks.iter_mut().for_each(|told| told.hi_s = None);
        let journey = &mut observation.journeys[0];
        journey.series.buckets.truncate(104);
        journey.outages.truncate(1);
        let outage = &mut journey.outages[0];
        (outage.end_s, outage.end, outage.hi_s, outage.censored) = (None, None, None, true);
        for inject in &mut observation.injects[1..] {
            (inject.lifted_s, inject.applied_s) = (None, inject.applied_s.filter(|at| *at < 13.0));
        }
        for bucket in &mut journey.series.buckets[96..] {
            (bucket.good, bucket.p50_ms, bucket.p99_ms, bucket.max_ms) = (0, None, None, None);
        }
        fixture.judgement.end = Some(End::Interrupted);
        fixture.judgement.findings.push(undetected("order"));
        fixture.judgement.verdict = Verdict::Inconclusive;
        fixture.judgement.reasons = vec!["the drill was interrupted at +13 s, in phase fence".into()];
        for target in &mut fixture.judgement.targets[1..] {
            target.verdict = TargetOutcome::NotEvaluated;
            (target.observed, target.low, target.high) = (None, None, None);
            target.why = "the drill ended before it could be judged".into();
        }
        fixture
    }

    /// The report of it.
    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            plan: &self.plan,
            start: &self.start,
            observation: &self.observation,
            judgement: &self.judgement,
            exit_code: self.exit_code,
            against: None,
        }
    }
}

/// A text that breaks out of HTML, XML, CDATA, Markdown tables and terminals, unless it is escaped.
pub(crate) const EVIL: &str = "<script>alert('x & \"y\"')</script> ]]> --> | `code` *bold* [a](javascript:1) \u{1b}[31mred\u{1b}[0m \u{0}\u{fffe}\u{202e}\n# end";

fn undetected(journey: &str) -> Finding {
    let text =
        format!("{journey} was down for at least 0.9 s, until the end, and nothing noticed: no failover was decided");
    Finding { kind: FindingKind::UndetectedOutage, journey: Some(journey.into()), inject: None, at_s: 12.0, text }
}

fn start(plan: &Plan) -> Start {
    Start {
        firedrill: "0.1.0".into(),
        world: WorldKind::Sockets,
        seed: Seed(7),
        started: "2031-03-14T09:00:00Z".into(),
        calendar: None,
        plan_sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        plan: serde_json::to_value(plan).unwrap(),
    }
}

fn observation(plan: &Plan) -> Observation {
    let journeys = vec![play::play(plan, 0), play::play(plan, 1)];
    let n = journeys.iter().map(|j| j.phases.iter().map(|p| p.figures.valid).sum::<u64>()).sum();
    Observation {
        position: 6_212,
        at: Moment::ZERO + Span::from_millis(26_120),
        end: Some(End::Completed),
        finished: true,
        messages: Messages { intended: n, accepted: n, ..Messages::default() },
        deliveries: Deliveries {
            owed: n,
            delivered: n,
            duplicated: 3,
            reordered: 41,
            reordered_extent: 6,
            reordered_late: Span::from_millis(118),
            received: n + 3,
            pairs: n,
            ..Deliveries::default()
        },
        conservation: Vec::new(),
        recovery: recovery(&journeys[0]),
        journeys,
        boundaries: vec![boundary()],
        leaks: Vec::new(),
        inspections: Vec::new(),
        inspected: Vec::new(),
        passed: Vec::new(),
        flows: vec![
            flow(When::Steady, (0, 1), 600, (2, 11)),
            flow(When::Flush, (1, 2), 65, (13, 14)),
            flow(When::Failover, (2, 2), 1, (19, 19)),
        ],
        astray: 0,
        misdelivered: Vec::new(),
        revoked: Vec::new(),
        shared: crate::analysis::SharedTold::default(),
        books: Vec::new(),
        audits: Vec::new(),
        applied: std::collections::BTreeMap::new(),
        misbooked: Vec::new(),
        unlisted: 0,
        observed: Vec::new(),
        injects: vec![
            inject("slow", "latency", 8.0, 12.0, 384),
            inject("fence", "geo_fence", 12.0, 15.0, 47),
            inject("freeze", "account_freeze", 18.0, 21.0, 62),
        ],
        phases: plan.phases.iter().map(phase).collect(),
        sender: Sender { lag_ms: Lag { p99: 0.412, max: 3.07 }, ..Sender::default() },
        overdue: 0,
        gaps: Vec::new(),
        steady: Some(Steady { held: true, why: String::new() }),
        controls: controls(),
    }
}

fn flow(when: When, (endpoint, region): (u16, u16), attempts: u64, (first, last): (u64, u64)) -> Flow {
    let second = |second| Moment::ZERO + Span::from_secs(second);
    Flow {
        journey: JourneyId(0),
        phase: PhaseId(1),
        when,
        endpoint: EndpointId(endpoint),
        region: RegionId(region),
        via: None,
        attempts,
        bytes: attempts * 200,
        first: second(first),
        last: second(last),
    }
}

/// One order that went where none must go.
fn boundary() -> BoundaryFigures {
    let crossing = CrossingFigures {
        message: "order.861".into(),
        class: None,
        attempt: 1,
        account: "purchasing-2".into(),
        connection: 213,
        endpoint: "teams".into(),
        region: "singapore".into(),
        via: None,
        at_s: 19.54,
        when: When::Failover,
    };
    let violations = When::ALL.map(|(name, when)| (name, u64::from(when == When::Failover))).into();
    BoundaryFigures { id: "orders-at-home".into(), carried: 666, violations, first: vec![crossing], control: None }
}

fn phase(phase: &crate::plan::Phase) -> PhaseFigures {
    let (start_s, end_s) = (phase.start.secs_f64(), phase.end().secs_f64());
    let hits = match phase.name.as_str() {
        "slow" => 384,
        "fence" => 47,
        "freeze" => 62,
        _ => 0,
    };
    PhaseFigures {
        phase: phase.name.clone(),
        kind: phase.kind,
        start_s,
        end_s,
        hits,
        message_hits: hits,
        observed_hits: 0,
        audit_hits: 0,
        background_hits: 0,
    }
}

fn inject(id: &str, fault: &'static str, from: f64, to: f64, hits: u64) -> InjectFigures {
    InjectFigures {
        id: id.into(),
        fault,
        planned_s: [from, to],
        applied_s: Some(from + 0.000_4),
        lifted_s: Some(to + 0.000_3),
        first_hit_s: Some(from + 0.011),
        last_hit_s: Some(to - 0.02),
        hits,
        message_hits: hits,
        observed_hits: 0,
        audit_hits: 0,
        background_hits: 0,
        action: None,
    }
}

fn recovery(journey: &JourneyFigures) -> Vec<Recovery> {
    let of = |id: u16, name: &str, outage: Option<usize>, hits| {
        let outage = outage.map(|index| &journey.outages[index]);
        Recovery {
            journey: "order".into(),
            journey_id: JourneyId(0),
            inject: Some(name.into()),
            inject_id: Some(InjectId(id)),
            clock: "impact",
            start_s: outage.map(|o| o.start_s),
            end_s: outage.and_then(|o| o.end_s),
            lo_s: outage.map_or(0.0, |o| o.lo_s),
            hi_s: outage.map_or(Some(0.0), |o| o.hi_s),
            objective_s: Some(3.0),
            detect_s: outage.map(|o| o.declared_s - o.start_s),
            detected_s: outage.map(|o| (0.0, o.declared_s)),
            decide_s: outage.map(|_| 1.4),
            decided_s: outage.map(|_| (1.4, Some(1.4))),
            outcome: if outage.is_some() { Outcome::Recovered } else { Outcome::Tolerated },
            hits,
            clocks: outage.map_or_else(Vec::new, clocks),
            masked_s: outage.map(|_| 0.011),
            masked_since_hit_s: outage.map(|_| 0.0),
            flaps: 0,
            alerted_s: outage.map(|o| o.start_s + 0.2),
            rpa_count: outage.map(|_| 0),
            rpa_time_s: outage.map(|_| 0.0),
            phase_hits: Vec::new(),
        }
    };
    vec![of(0, "slow", None, 384), of(1, "fence", Some(0), 47), of(2, "freeze", Some(1), 62)]
}

/// The clocks of an outage that was injected 11 ms before it began and declared 100 ms after.
fn clocks(outage: &Outage) -> Vec<Clocked> {
    let of = |clock, from_s: f64, (lo_s, hi_s): (f64, Option<f64>)| Clocked {
        clock,
        from_s: Some(from_s),
        lo_s: Some(lo_s),
        hi_s,
        objective_s: (clock == Clock::Impact).then_some(3.0),
    };
    let since = |from_s: f64| {
        let hi_s = outage.end_s.map(|end_s| (end_s - from_s).max(0.0));
        (from_s, ((outage.last_bad.secs_f64() - from_s).max(0.0), hi_s))
    };
    let exact = |clock, from_s| {
        let (from_s, bounds) = since(from_s);
        of(clock, from_s, bounds)
    };
    vec![
        of(Clock::Impact, outage.start_s, (outage.lo_s, outage.hi_s)),
        exact(Clock::Injection, outage.start_s - 0.011),
        exact(Clock::Detection, outage.declared_s),
        exact(Clock::Declaration, outage.start_s + 0.1),
    ]
}

fn control(millis: u64, event: Event) -> Control {
    Control { at: Moment::ZERO + Span::from_millis(millis), event }
}

fn controls() -> Vec<Control> {
    let journey = JourneyId(0);
    let failover = |millis: u64, from, switch| {
        let decision = Decision::Failover {
            journey,
            account: None,
            from: RouteId(from),
            to: RouteId(from + 1),
            failures: 5,
            switch_at: Moment::ZERO + Span::from_millis(switch),
        };
        control(millis, Event::Decided { position: millis / 5, decision })
    };
    let switched = |millis, from| {
        control(millis, Event::Switched { journey, account: None, from: RouteId(from), to: RouteId(from + 1) })
    };
    let steady = Decision::Steady { held: true, why: String::new() };
    let detector = Decision::Detector { journey, n_down: 3, bad: 0, all: 288, planned: 1_248 };
    vec![
        control(0, Event::Phase(PhaseId(0))),
        control(2_000, Event::Phase(PhaseId(1))),
        control(8_000, Event::Decided { position: 1_702, decision: detector }),
        control(8_000, Event::Decided { position: 1_702, decision: steady }),
        control(8_000, Event::Phase(PhaseId(2))),
        control(8_000, Event::Applied(InjectId(0))),
        control(12_000, Event::Lifted(InjectId(0))),
        control(12_000, Event::Phase(PhaseId(3))),
        control(12_000, Event::Applied(InjectId(1))),
        failover(12_100, 0, 13_500),
        switched(13_500, 0),
        control(15_000, Event::Lifted(InjectId(1))),
        control(17_000, Event::Phase(PhaseId(4))),
        control(18_000, Event::Applied(InjectId(2))),
        failover(18_130, 1, 19_530),
        switched(19_530, 1),
        control(21_000, Event::Lifted(InjectId(2))),
        control(22_000, Event::Phase(PhaseId(5))),
        control(26_000, Event::Drain),
    ]
}

#[test]
fn the_fixture_adds_up() {
    let fixture = Fixture::quickstart();
    let deliveries = fixture.observation.deliveries;
    assert_eq!(deliveries.received, deliveries.delivered + deliveries.unacknowledged + deliveries.duplicated);
    assert_eq!(fixture.observation.journeys[0].basis, JourneyBasis::Delivery);
    assert!(fixture.observation.journeys[0].outages.iter().all(|outage| outage.hi_s > Some(outage.lo_s)));
}
