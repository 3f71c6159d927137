//! What an observation says about a figure: an interval that holds the truth, or why there is none.

use super::shown::Shown;
use super::windows::Windowed;
use super::{
    audits, books, boundaries, budget, counts, coverage, inspections, observed, outages, revoked, shared, shown,
    slices, windows,
};
use crate::analysis::{Cell, Distribution, Neighbours, Observation, Quantile};
use crate::confidence::Pairs;
use crate::plan::{Aggregate, Budgeting, Confidence, Metric, MetricKind, Plan, Target};
use crate::units::{Span, thousands};

/// An interval that holds the truth, in the unit in which figures are judged.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Evidence {
    /// The figure to show; `None` if only a bound is known.
    pub(super) observed: Option<f64>,
    pub(super) low: f64,
    /// `f64::INFINITY` = no bound.
    pub(super) high: f64,
    /// Messages, deliveries or outages that it stands on.
    pub(super) n: u64,
    /// What it stands on, for people: `1,069 of 1,200 messages were good`.
    pub(super) basis: String,
    /// What so many samples show beyond themselves, if the figure is of that kind.
    pub(super) shown: Option<Shown>,
    /// What windows show, of a target that has to be kept in every one.
    pub(super) window: Option<Windowed>,
}

/// Why there is no interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) n: u64,
    pub(super) why: String,
}

/// That so many samples do not do.
pub(super) fn too_few_are(n: u64) -> String {
    if n == 1 { "one sample is too few".to_owned() } else { format!("{} samples are too few", thousands(n)) }
}

pub(super) type Found = Result<Evidence, Missing>;

impl Evidence {
    pub(super) fn exactly(value: f64, n: u64, basis: String) -> Self {
        Self { observed: Some(value), low: value, high: value, n, basis, shown: None, window: None }
    }
}

pub(super) fn missing(n: u64, why: impl Into<String>) -> Missing {
    Missing { n, why: why.into() }
}

/// The cells that a target selects.
pub(super) fn cells<'a>(
    plan: &'a Plan,
    observation: &'a Observation,
    target: &'a Target,
) -> impl Iterator<Item = &'a Cell> {
    let of = &target.expr.of;
    let journeys = observation.journeys.iter().filter(move |figures| plan.selects(of, figures.journey));
    let cells = journeys.flat_map(|figures| &figures.cells);
    cells.filter(move |cell| target.phases.contains(&cell.phase) && of.route.is_none_or(|route| route == cell.endpoint))
}

/// Whether a figure of messages is told of any of a cell. What an inspection rightly blocked is judged in no figure, but may have left by another
/// way, and is counted then like all others.
pub(super) fn says_something(metric: Metric, cell: &Cell) -> bool {
    let judged = metric.kind() != MetricKind::Count || metric == Metric::Undelivered;
    cell.valid > 0 || !judged && cell.blocked > 0
}

/// What the observation says about a target's figure.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let metric = target.expr.metric;
    let elsewhere = matches!(metric, Metric::Coverage | Metric::BoundaryViolations | Metric::TimeToRevoke);
    let elsewhere = elsewhere || metric.is_of_audits() || metric.is_of_inspections() || metric.is_of_documents();
    let of_messages = !elsewhere && !metric.is_observed();
    let taken: Vec<&Cell> = cells(plan, observation, target).collect();
    if of_messages && !taken.iter().any(|cell| says_something(metric, cell)) {
        return Err(missing(0, "no message was judged there"));
    }
    if let Some(sliding) = target.sliding.filter(|_| of_messages) {
        return windows::evidence(plan, observation, target, sliding);
    }
    // No target of the plan asks for it if it was not looked for: then they were alike in being bad.
    let slower = |than| {
        let slower = |all: &Neighbours, among| all.slower(metric, than, among).or_else(|| Some(all.bad(among)));
        shown::alike(plan, observation, target, slower)
    };
    match metric {
        Metric::DeliveryLatency => latency(&taken, target, |cell| &cell.delivery, slower),
        Metric::AcceptLatency => latency(&taken, target, |cell| &cell.accept, slower),
        Metric::ServiceLatency => latency(&taken, target, |cell| &cell.service, slower),
        Metric::Availability => match (target.budgeting, target.longer_window(plan)) {
            (Some(Budgeting::Timeslices { .. }), _) => slices::evidence(plan, observation, target),
            (Some(Budgeting::Occurrences), Some(window)) => {
                Ok(slices::by_messages(plan, observation, target, (&taken, window.1)))
            }
            (None, Some(window)) => budget::evidence(plan, observation, target, window),
            (_, None) => {
                let alike = shown::alike(plan, observation, target, |all, among| Some(all.bad(among)));
                Ok(shown::availability(&taken, target, &alike))
            }
        },
        Metric::ErrorBudget => budget::spent(plan, observation, target),
        Metric::RecoveryTime | Metric::DetectTime | Metric::DecideTime => outages::evidence(plan, observation, target),
        Metric::Lost
        | Metric::Undelivered
        | Metric::Declined
        | Metric::Unacknowledged
        | Metric::Duplicated
        | Metric::DuplicatedAfterDedup
        | Metric::Reordered
        | Metric::WrongSide
        | Metric::DlpLeaks => counts::evidence(plan, observation, target),
        Metric::BoundaryViolations => boundaries::evidence(plan, observation, target),
        Metric::AuditMissing | Metric::AuditWrong | Metric::AuditLag => audits::evidence(plan, observation, target),
        Metric::ErpDuplicates | Metric::ErpOutOfOrder => books::evidence(plan, observation, target),
        Metric::DlpDetection | Metric::DlpFalsePositives | Metric::InterceptLatency | Metric::Uninspected => {
            inspections::evidence(plan, observation, target)
        }
        Metric::LostUpdates | Metric::Conflicts | Metric::StaleReads | Metric::StaleReadWindow => {
            shared::evidence(plan, observation, target)
        }
        Metric::TimeToRevoke => revoked::evidence(plan, observation, target),
        Metric::Coverage => coverage::evidence(plan, observation, target),
        _ => observed::evidence(plan, observation, target),
    }
}

/// `alike` says whether neighbours were alike in being longer than so much.
fn latency(
    taken: &[&Cell],
    target: &Target,
    of: fn(&Cell) -> &Distribution,
    alike: impl FnOnce(Span) -> Pairs,
) -> Found {
    let mut all = Distribution::new(Span::ZERO);
    for cell in taken {
        all.add(of(cell));
    }
    let words = Words {
        things: "messages",
        never: "never arrived",
        none: "there is no receipt to measure it by: accept_latency may be meant",
    };
    let found = distribution(&all, target, &words, alike)?;
    let unseen = match target.expr.metric {
        Metric::DeliveryLatency => taken.iter().map(|cell| cell.accept.n() - cell.delivery.n()).sum(),
        _ => 0,
    };
    Ok(if unseen == 0 { found } else { with_unseen(found, target, &all, unseen) })
}

/// The same value with so many messages more, of which no receipt could have told: they may have taken no time, or have never arrived.
fn with_unseen(found: Evidence, target: &Target, all: &Distribution, unseen: u64) -> Evidence {
    let n = all.n();
    let value = |rank: u64| match all.at_rank(rank) {
        Quantile::Value { low, high } if rank <= n => (low, high),
        _ => (all.at_least(), f64::INFINITY),
    };
    let (low, high) = match target.expr.aggregate {
        Some(Aggregate::Percentile(thousandths)) => {
            let rank = (u128::from(n + unseen) * u128::from(thousandths)).div_ceil(100_000);
            let rank = u64::try_from(rank).unwrap_or(u64::MAX).max(1);
            (rank.checked_sub(unseen).filter(|rank| *rank > 0).map_or(0.0, |rank| value(rank).0), value(rank).1)
        }
        Some(Aggregate::Mean) => (found.low * n as f64 / (n + unseen) as f64, f64::INFINITY),
        Some(Aggregate::Min) => (0.0, found.high),
        _ => (found.low, f64::INFINITY),
    };
    let shown = found.shown.map(|shown| Shown { low: shown.low.min(low), high: shown.high.max(high), ..shown });
    let basis = format!("{}; of {} more no receipt could have told", found.basis, thousands(unseen));
    Evidence { low, high, basis, shown, ..found }
}

/// What a distribution is of.
pub(super) struct Words {
    pub(super) things: &'static str,
    /// What became of those that have no value.
    pub(super) never: &'static str,
    /// Why nothing can be said if there are none.
    pub(super) none: &'static str,
}

/// The value of a distribution that a target names. `alike` says whether neighbours were alike in being longer than so much.
pub(super) fn distribution(
    all: &Distribution,
    target: &Target,
    words: &Words,
    alike: impl FnOnce(Span) -> Pairs,
) -> Found {
    let n = all.n();
    let quantile = match target.expr.aggregate {
        Some(Aggregate::Mean) => all.mean(),
        Some(Aggregate::Min) => all.min(),
        Some(Aggregate::Max) => all.max(),
        Some(Aggregate::Percentile(thousandths)) => {
            // Among fewer than 1/(1−q) samples the q-quantile is just the largest. A bound says by itself when they are too few.
            let point = target.confidence == Confidence::Point;
            let enough = Distribution::fewest(thousandths);
            if point && thousandths < 100_000 && n > 0 && n < enough {
                return Err(missing(n, format!("{}, {} would do", too_few_are(n), thousands(enough))));
            }
            all.percentile(thousandths)
        }
        _ => return Err(missing(n, "no value of the distribution is named")),
    };
    let shown = match target.expr.aggregate {
        Some(Aggregate::Percentile(thousandths)) => shown::percentile(target, all, thousandths, alike),
        _ => None,
    };
    let Words { things, never, none } = words;
    match quantile {
        Quantile::Empty => Err(missing(0, *none)),
        Quantile::Value { low, high } => {
            let basis = format!("over {} {things}", thousands(n));
            Ok(Evidence { observed: Some(f64::midpoint(low, high)), low, high, n, basis, shown, window: None })
        }
        Quantile::AtLeast(low) => {
            let basis = format!("over {} {things} it falls among those that {never}", thousands(n));
            Ok(Evidence { observed: None, low, high: f64::INFINITY, n, basis, shown, window: None })
        }
    }
}
