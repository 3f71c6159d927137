//! What the parts of a plan are called. Ids come from a journal, which may be damaged: an id that names nothing is called `?`.

use super::words::{self, plain};
use crate::plan::{
    Aggregate, Bound, Budgeting, ClaimKind, ClaimOp, CoverageSet, Endpoint, EndpointKind, Inject, Label, Level,
    Measure, Metric, Naming, Op, PhaseKind, Place, Plan, Target, When,
};
use crate::units::{AccountId, EndpointId, GroupId, InjectId, JourneyId, PhaseId, RegionId, RouteId, WayId};

/// Looks names up in a plan.
#[derive(Clone, Copy)]
pub(super) struct Names<'a>(pub(super) &'a Plan);

const UNKNOWN: &str = "?";

impl Names<'_> {
    pub(super) fn journey(self, id: JourneyId) -> String {
        self.0.journeys.get(id.index()).map_or(UNKNOWN.into(), |journey| plain(&journey.name))
    }

    pub(super) fn inject(self, id: InjectId) -> String {
        self.0.injects.get(id.index()).map_or(UNKNOWN.into(), |inject| plain(&inject.name))
    }

    pub(super) fn phase(self, id: PhaseId) -> String {
        self.0.phases.get(id.index()).map_or(UNKNOWN.into(), |phase| plain(&phase.name))
    }

    pub(super) fn region(self, id: RegionId) -> String {
        self.0.regions.get(id.index()).map_or(UNKNOWN.into(), |region| plain(&region.name))
    }

    pub(super) fn group(self, id: GroupId) -> String {
        self.0.groups.get(id.index()).map_or(UNKNOWN.into(), |group| plain(&group.name))
    }

    pub(super) fn account(self, id: AccountId) -> String {
        let Some(account) = self.0.accounts.get(id.index()) else { return UNKNOWN.into() };
        format!("{}-{}", self.group(account.group), account.ordinal + 1)
    }

    /// The platform's own name if no other endpoint bears it, else the scenario's name for the endpoint.
    pub(super) fn endpoint(self, id: EndpointId) -> String {
        let Some(endpoint) = self.0.endpoints.get(id.index()) else { return UNKNOWN.into() };
        let alike = self.0.endpoints.iter().filter(|other| same_platform(endpoint, other)).count();
        match platform(&endpoint.kind) {
            Some(name) if alike == 1 => name.into(),
            _ => plain(&endpoint.name),
        }
    }

    /// The endpoint of a journey's route.
    pub(super) fn route(self, journey: JourneyId, route: RouteId) -> String {
        let routes = self.0.journeys.get(journey.index()).map(|journey| &journey.routes);
        routes
            .and_then(|routes| routes.get(route.index()))
            .map_or(UNKNOWN.into(), |route| self.endpoint(route.endpoint))
    }

    /// A region or an endpoint, as the scenario calls it: "never DingTalk" would leave open whether Lite is one.
    pub(super) fn place(self, place: Place) -> String {
        match place {
            Place::Region(id) => self.region(id),
            Place::Endpoint(id) => {
                self.0.endpoints.get(id.index()).map_or(UNKNOWN.into(), |endpoint| plain(&endpoint.name))
            }
        }
    }

    /// An endpoint called by its name in the scenario, as the figures call it.
    pub(super) fn endpoint_called(self, name: &str) -> String {
        let found = self.0.endpoint_ids().find(|(_, endpoint)| endpoint.name == name);
        found.map_or_else(|| plain(name), |(id, _)| self.endpoint(id))
    }

    /// Whom an inject is aimed at: `requests of purchasing (40%) from hk to DingTalk`.
    pub(super) fn aim(self, inject: &Inject) -> String {
        let aim = &inject.aim;
        let mut words = Vec::new();
        let all = |names: Vec<String>| words::list(&names);
        if !aim.capabilities.is_empty() {
            words.push(all(aim.capabilities.iter().map(|c| c.name().to_owned()).collect()));
        }
        if let Some(group) = aim.group {
            let share = if aim.share.fraction() < 1.0 { format!("{} of ", aim.share) } else { String::new() };
            words.push(format!("{share}{}", self.group(group)));
        }
        if !aim.regions.is_empty() {
            words.push(format!("from {}", all(aim.regions.iter().map(|id| self.region(*id)).collect())));
        }
        if !aim.endpoints.is_empty() {
            words.push(format!("on {}", all(aim.endpoints.iter().map(|id| self.endpoint(*id)).collect())));
        }
        if !aim.ways.is_empty() {
            let way = |id: &WayId| plain(self.0.name(Label::Way(*id)));
            words.push(format!("programs that came by {}", all(aim.ways.iter().map(way).collect())));
        }
        if !aim.users.is_empty() {
            words.push(format!("the proxy users {}", all(aim.users.iter().map(|user| plain(user)).collect())));
        }
        for (a, b) in &aim.links {
            words.push(format!("between {} and {}", self.region(*a), self.region(*b)));
        }
        if aim.chance.fraction() < 1.0 {
            words.push(format!("{} of the units", aim.chance));
        }
        if words.is_empty() { "everyone".into() } else { words.join(", ") }
    }

    /// A target in words: `p95 of time until delivered (order, in baseline): at most 120 ms`.
    pub(super) fn promise(self, target: &Target) -> String {
        let expr = &target.expr;
        let mut of: Vec<String> = Vec::new();
        of.extend(expr.of.journey.map(|id| self.journey(id)));
        of.extend(expr.of.class.map(|id| format!("of class {}", plain(self.0.name(Label::Class(id))))));
        of.extend(expr.of.route.map(|id| format!("by {}", self.endpoint(id))));
        of.extend(expr.of.set.map(set));
        of.extend(expr.of.slo.map(|id| format!("of {}", plain(self.0.name(Label::Slo(id))))));
        of.extend(expr.of.boundary.map(|id| format!("of {}", plain(self.0.name(Label::Boundary(id))))));
        of.extend(expr.of.dlp.map(|id| format!("inspected by {}", self.endpoint(id))));
        of.extend(expr.of.when.map(|when| course(when).to_owned()));
        of.extend(expr.of.inject.map(|id| format!("after {}", self.inject(id))));
        of.extend(expr.of.way.map(|id| format!("by {}", plain(self.0.name(Label::Way(id))))));
        of.extend(expr.of.host.map(|id| format!("from {}", self.0.name(Label::Host(id)))));
        if !self.is_default(target) {
            let phases: Vec<_> = target.phases.iter().map(|id| self.phase(*id)).collect();
            of.push(format!("in {}", words::list(&phases)));
        }
        of.extend(target.window.filter(|window| window.is_beyond_the_drill()).map(|window| {
            let period = window.period(self.0.calendar.as_ref());
            period.map_or_else(|| format!("of a {}", window.kind()), |period| format!("of {}", plain(&period.name)))
        }));
        if let Some(Budgeting::Timeslices { every, good }) = target.budgeting {
            let (every, good) = (words::secs_exact(every.secs_f64()), words::percent_exact(good.fraction()));
            of.push(format!("in slices of {every} with {good} good"));
        }
        of.extend(target.sliding.map(|sliding| format!("in every {}", words::secs_exact(sliding.length.secs_f64()))));
        let figure = called(expr.aggregate, expr.metric);
        let of = if of.is_empty() { String::new() } else { format!(" ({})", of.join(", ")) };
        format!("{figure}{of}: {} {}", op(expr.op), bound(expr.bound))
    }

    /// Whether the phases are those that count without being named: all but warm-up.
    fn is_default(self, target: &Target) -> bool {
        let counted = self.0.phase_ids().filter(|(_, phase)| phase.kind != PhaseKind::Warmup).map(|(id, _)| id);
        counted.eq(target.phases.iter().copied())
    }
}

fn same_platform(a: &Endpoint, b: &Endpoint) -> bool {
    platform(&a.kind) == platform(&b.kind)
}

/// The platform as people call it; a service by scenario has no other name than there.
fn platform(kind: &EndpointKind) -> Option<&'static str> {
    use crate::plan::Edition;
    match kind {
        EndpointKind::Dingtalk(Edition::Mainland) => Some("DingTalk"),
        EndpointKind::Dingtalk(Edition::Lite) => Some("DingTalk Lite"),
        EndpointKind::Teams => Some("Microsoft Teams"),
        EndpointKind::Matrix => Some("Matrix"),
        EndpointKind::Erp(_)
        | EndpointKind::Documents(_)
        | EndpointKind::Http(_)
        | EndpointKind::Smtp(_)
        | EndpointKind::Wire(_)
        | EndpointKind::Dlp
        | EndpointKind::Sso(_)
        | EndpointKind::Gateway(_) => None,
    }
}

/// A figure as people call it.
fn called(aggregate: Option<Aggregate>, metric: Metric) -> String {
    let name = self::metric(metric);
    match (aggregate, metric) {
        (Some(Aggregate::Count), Metric::RecoveryTime) => "outages".into(),
        (Some(aggregate @ Aggregate::Percentile(_)), _) => format!("{aggregate} of {name}"),
        (Some(Aggregate::Mean), _) => format!("mean {name}"),
        (Some(Aggregate::Min), _) => format!("smallest {name}"),
        (Some(Aggregate::Max), _) if metric.is_distribution() => format!("largest {name}"),
        (None | Some(Aggregate::Count | Aggregate::Max), _) => name.into(),
        (Some(Aggregate::Sum), _) => format!("{name}, all outages together"),
        (Some(Aggregate::Rate), _) => format!("{name}, in a time"),
        (Some(Aggregate::Ratio), _) => format!("share of {name}"),
    }
}

fn metric(metric: Metric) -> &'static str {
    match metric {
        Metric::DeliveryLatency => "time until delivered",
        Metric::AcceptLatency => "time until acknowledged",
        Metric::ServiceLatency => "service time",
        Metric::Availability => "availability",
        Metric::ErrorBudget => "error budget spent",
        Metric::RecoveryTime => "time to recover",
        Metric::DetectTime => "time to detect",
        Metric::DecideTime => "time to decide",
        Metric::Lost => "promised deliveries lost",
        Metric::Undelivered => "deliveries that never arrived",
        Metric::Declined => "recipients declined",
        Metric::Unacknowledged => "deliveries that nobody acknowledged",
        Metric::Duplicated => "duplicates received",
        Metric::DuplicatedAfterDedup => "duplicates left after de-duplication",
        Metric::Reordered => "deliveries out of order",
        Metric::ErpDuplicates => "bookings made more than once",
        Metric::ErpOutOfOrder => "later states overwritten by earlier ones",
        Metric::AuditMissing => "messages sent on that no audit trail tells of",
        Metric::AuditWrong => "audit entries of what never happened",
        Metric::AuditLag => "time until an audit trail tells of it",
        Metric::LostUpdates => "changes overwritten unseen",
        Metric::Conflicts => "changes that met others",
        Metric::StaleReads => "stale reads",
        Metric::StaleReadWindow => "age of what was read",
        Metric::TimeToRevoke => "time until access is revoked",
        Metric::WrongSide => "deliveries on the wrong side of a boundary",
        Metric::DlpLeaks => "deliveries of what may not leave",
        Metric::DlpDetection => "what may not leave and was found",
        Metric::DlpFalsePositives => "clean texts that were blocked",
        Metric::InterceptLatency => "time that inspecting took",
        Metric::Uninspected => "messages let through uninspected",
        Metric::BoundaryViolations => "attempts across a boundary",
        Metric::Coverage => "functions kept",
        Metric::ObservedAvailability => "availability to other programs",
        Metric::ObservedLatency => "time until other programs were answered",
        Metric::ObservedConnectLatency => "time until other programs were connected",
        Metric::ObservedFailures => "what other programs asked for in vain",
        Metric::ObservedRefusals => "what other programs were refused by a way in",
        Metric::ObservedRecoveryTime => "time until other programs were served again",
    }
}

/// A course of things as people say it.
pub(super) fn course(when: When) -> &'static str {
    match when {
        When::Steady => "as usual",
        When::Failover => "after a failover",
        When::Flush => "from an outbox",
        When::Failback => "after a return",
    }
}

fn set(set: CoverageSet) -> String {
    match set {
        CoverageSet::Api => "of all functions",
        CoverageSet::Common => "of common use",
    }
    .into()
}

fn op(op: Op) -> &'static str {
    match op {
        Op::Le => "at most",
        Op::Lt => "less than",
        Op::Ge => "at least",
        Op::Gt => "more than",
        Op::Eq => "exactly",
    }
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::Time(span) => words::secs_exact(span.secs_f64()),
        Bound::Share(share) => words::percent_exact(share.fraction()),
        Bound::Count(count) => words::count(count),
        Bound::Rate(rate) => words::rate(rate.per_second()),
        Bound::Previous(1_000_000) => "that of the last run that passed".into(),
        Bound::Previous(millionths) => {
            format!("{} of that of the last run that passed", words::percent_exact(millionths as f64 / 1e6))
        }
    }
}

/// The word for a level.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "must",
        Level::Should => "should",
        Level::Info => "info",
    }
}

/// The word for what a phase is for.
pub(super) fn phase_kind(kind: PhaseKind) -> &'static str {
    match kind {
        PhaseKind::Warmup => "warm-up",
        PhaseKind::Baseline => "baseline",
        PhaseKind::Fault => "fault",
        PhaseKind::Recovery => "recovery",
    }
}

/// Where a claim comes from.
pub(super) fn claim_kind(kind: ClaimKind) -> &'static str {
    match kind {
        ClaimKind::VendorClaim => "a vendor's or an article's statement",
        ClaimKind::Measured => "somebody's measurement",
        ClaimKind::Standard => "a standard or a contract",
        ClaimKind::Estimate => "an estimate",
    }
}

/// Whose figure it is that a target promises, if not its author's own: of a claim, what kind of claim and whether anyone verified it.
pub fn whose(plan: &Plan, target: &Target) -> Vec<String> {
    let claim = plan.claims.iter().find(|claim| Some(&claim.name) == target.claim.as_ref());
    let claimed = claim.map(|claim| {
        let verified = if claim.verified { "verified" } else { "not verified" };
        format!("claim {} ({}: {}; {verified})", claim.name, claim_kind(claim.kind), claim.source)
    });
    let measure = target.expr.measure();
    let before = target.previous.as_ref();
    let before = before
        .map(|before| format!("{} in {}, the last run that passed", figure(measure, before.figure, None), before.run));
    claimed.into_iter().chain(before).chain(target.source.clone()).collect()
}

/// How a claim is meant.
pub(super) fn claim_op(op: ClaimOp) -> &'static str {
    match op {
        ClaimOp::Equal => "",
        ClaimOp::AtLeast => "at least ",
        ClaimOp::AtMost => "at most ",
    }
}

/// A figure in its unit; where its bound is known, on the side of it on which it lies.
pub(super) fn figure(measure: Measure, value: f64, bound: Option<f64>) -> String {
    bound.map_or_else(|| measure.figure(value), |bound| measure.beside(value, bound))
}

/// What a target is compared with, as long as it is a figure of its own and not that of another run.
pub(super) fn bound_of(plan: &Plan, target: &str) -> Option<f64> {
    let target = plan.targets.iter().find(|planned| planned.name == target)?;
    Some(target.expr.bound.value()).filter(|bound| bound.is_finite())
}
