use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Clock, Window};
use crate::confidence;
use crate::units::{EndpointId, InjectId, JourneyId, PhaseId, Share, Span};

/// A promise that the drill holds the system to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The target's name.
    pub name: String,
    /// What is promised.
    pub expr: Expr,
    /// The expression as written.
    pub text: String,
    /// How much it matters.
    pub level: Level,
    /// The phases whose messages count; by default all but warm-up.
    pub phases: Vec<PhaseId>,
    /// Whether the phases are baselines, which makes the target a condition for injecting anything.
    pub steady_state: bool,
    /// What has to hold: the figure itself, or a bound of what it shows.
    #[serde(default)]
    pub confidence: Confidence,
    /// With fewer samples it is inconclusive; 0 = any number will do.
    #[serde(default)]
    pub min_samples: u64,
    /// From when a recovery time counts; of other figures it means nothing.
    #[serde(default, skip_serializing_if = "Clock::is_default")]
    pub clock: Clock,
    /// For which period an availability is promised; without one, as for the drill itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The claim that the bound is taken from, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
}

/// What a target is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// What was observed: a fact of this play.
    #[default]
    Point,
    /// The bound, one-sided at 95 %, of what so many samples show: the lower one of a figure that is to be at least something, the upper one
    /// of a figure that is to be at most something.
    Bound,
}

/// How much a target matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It decides the verdict.
    Must,
    /// It is judged and reported.
    #[default]
    Should,
    /// It is reported.
    Info,
}

/// A figure compared with a bound: `p95(delivery_latency{journey=order}) <= 800ms`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// Which value of a distribution; scalars have none.
    pub aggregate: Option<Aggregate>,
    /// The figure.
    pub metric: Metric,
    /// Of which part of the drill.
    pub of: Selector,
    /// How it is compared.
    pub op: Op,
    /// With what.
    pub bound: Bound,
}

/// Which value of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    /// A percentile in thousandths of a percent: 99,900 is p99.9.
    Percentile(u32),
    /// The mean.
    Mean,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// The figures that targets can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Due moment to last receipt.
    DeliveryLatency,
    /// Due moment to acknowledgement.
    AcceptLatency,
    /// First attempt on the receipt's route to last receipt.
    ServiceLatency,
    /// Good messages among those that the sender could send.
    Availability,
    /// The worst outage.
    RecoveryTime,
    /// Deliveries acknowledged but never received.
    Lost,
    /// Deliveries never received, whatever became of the message.
    Undelivered,
    /// Receipts beyond the first of one message and recipient.
    Duplicated,
    /// The share of a platform's functions that a route keeps.
    Coverage,
}

/// Of which functions a share is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CoverageSet {
    /// All functions of the catalogue, each as one.
    Api,
    /// The same, each as often as it is used.
    Common,
}

/// Of which part of the drill. An absent label means all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// Of this journey.
    pub journey: Option<JourneyId>,
    /// Carried by this endpoint.
    pub route: Option<EndpointId>,
    /// Attributed to this inject.
    pub inject: Option<InjectId>,
    /// Counted over these functions; of coverage only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<CoverageSet>,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// At most.
    #[serde(rename = "<=")]
    Le,
    /// Below.
    #[serde(rename = "<")]
    Lt,
    /// At least.
    #[serde(rename = ">=")]
    Ge,
    /// Above.
    #[serde(rename = ">")]
    Gt,
    /// Exactly.
    #[serde(rename = "==")]
    Eq,
}

/// What a figure is compared with. Its kind is the metric's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// A duration.
    Time(Span),
    /// A share.
    Share(Share),
    /// A count.
    Count(u64),
}

/// Three-valued truth, in order of dominance: the worst of several is the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Kept.
    Pass,
    /// Not known, with a reason.
    Inconclusive,
    /// Broken.
    Fail,
}

/// What a scenario or variant expects of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// The verdict.
    pub verdict: Verdict,
    /// The targets that it is because of.
    pub because: Vec<String>,
}

impl Op {
    /// Whether `left op right` holds.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Le => left <= right,
            Self::Lt => left < right,
            Self::Ge => left >= right,
            Self::Gt => left > right,
            Self::Eq => left.total_cmp(&right).is_eq(),
        }
    }

    /// Whether larger figures are worse.
    pub fn is_upper_bound(self) -> bool {
        matches!(self, Self::Le | Self::Lt | Self::Eq)
    }
}

impl Target {
    /// What it is judged by, as scenarios and reports say it.
    pub fn judged_by(&self) -> &'static str {
        match (self.confidence, self.expr.op) {
            (Confidence::Point, _) => "point",
            (Confidence::Bound, Op::Ge | Op::Gt) => "lower95",
            (Confidence::Bound, _) => "upper95",
        }
    }

    /// The fewest samples with which it can pass; `None` if no number would do.
    pub fn fewest_samples(&self) -> Option<u64> {
        match self.confidence {
            Confidence::Point => Some(self.min_samples),
            Confidence::Bound => self.expr.fewest_samples().map(|fewest| fewest.max(self.min_samples)),
        }
    }
}

impl Expr {
    /// Whether its figure is one that a number of samples shows to within bounds: a share or a percentile, compared in one direction.
    pub fn has_bounds(&self) -> bool {
        let sampled = self.metric == Metric::Availability || matches!(self.aggregate, Some(Aggregate::Percentile(_)));
        sampled && self.op != Op::Eq
    }

    /// The fewest samples that can show it with the confidence of a bound, if each of them says so; `None` if no number can.
    pub fn fewest_samples(&self) -> Option<u64> {
        let share = match (self.aggregate, self.bound) {
            (Some(Aggregate::Percentile(thousandths)), _) => f64::from(thousandths) / 1e5,
            (_, bound) => bound.value(),
        };
        // Of a percentile's samples up to it the share is at least that; beyond it, the rest.
        let upward = matches!(self.op, Op::Ge | Op::Gt) != self.metric.is_distribution();
        confidence::fewest(if upward { share } else { 1.0 - share }, confidence::RISK)
    }
}

impl CoverageSet {
    /// Every set with its word.
    pub const ALL: [(&'static str, Self); 2] = [("api", Self::Api), ("common", Self::Common)];

    /// The word in scenarios and reports.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, set)| *set == self).map_or("", |(name, _)| name)
    }
}

impl Metric {
    /// Every metric with its word.
    pub const ALL: [(&'static str, Self); 9] = [
        ("delivery_latency", Self::DeliveryLatency),
        ("accept_latency", Self::AcceptLatency),
        ("service_latency", Self::ServiceLatency),
        ("availability", Self::Availability),
        ("recovery_time", Self::RecoveryTime),
        ("lost", Self::Lost),
        ("undelivered", Self::Undelivered),
        ("duplicated", Self::Duplicated),
        ("coverage", Self::Coverage),
    ];

    /// The word in scenarios and reports.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, metric)| *metric == self).map_or("", |(name, _)| name)
    }

    /// The labels that it may have.
    pub fn labels(self) -> &'static [&'static str] {
        match self {
            Self::RecoveryTime => &["journey", "inject"],
            Self::Coverage => &["route", "set"],
            _ => &["journey", "route"],
        }
    }

    /// Whether it is a distribution, of which an aggregate is named.
    pub fn is_distribution(self) -> bool {
        matches!(self, Self::DeliveryLatency | Self::AcceptLatency | Self::ServiceLatency)
    }
}

impl Bound {
    /// The bound in the unit in which figures are judged: seconds, a fraction, or a count.
    pub fn value(self) -> f64 {
        match self {
            Self::Time(span) => span.secs_f64(),
            Self::Share(share) => share.fraction(),
            Self::Count(count) => count as f64,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        })
    }
}
