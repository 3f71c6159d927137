use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Aggregate, CoverageSet, Measure, Metric, Plan, When};
use crate::confidence;
use crate::units::{
    BoundaryId, ClassId, EndpointId, HostId, InjectId, JourneyId, PhaseId, Rate, Share, Span, TargetId, WayId,
};

/// A figure compared with a bound: `p95(delivery_latency{journey=order}) <= 800ms`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// What is asked of the metric; `None` = the metric itself.
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

/// Of which part of the drill. An absent label means all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// Of this journey.
    pub journey: Option<JourneyId>,
    /// Of the journeys whose messages stand for this class of data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<ClassId>,
    /// In this phase: the only one of the target's phases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<PhaseId>,
    /// Carried by this endpoint.
    pub route: Option<EndpointId>,
    /// Attributed to this inject.
    pub inject: Option<InjectId>,
    /// Counted over these functions; of coverage only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<CoverageSet>,
    /// Of the budget of this promise; of error budgets only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slo: Option<TargetId>,
    /// Of this boundary; of what crossed boundaries only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<BoundaryId>,
    /// Inspected by this endpoint; of inspections only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dlp: Option<EndpointId>,
    /// Sent in this course of things; of what crossed boundaries only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Come by this way in; of what is observed only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<WayId>,
    /// Asked of this host; of what is observed only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostId>,
}

/// A label of a selector with what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// `journey=`
    Journey(JourneyId),
    /// `class=`
    Class(ClassId),
    /// `phase=`
    Phase(PhaseId),
    /// `route=`
    Route(EndpointId),
    /// `inject=`
    Inject(InjectId),
    /// `set=`
    Set(CoverageSet),
    /// `slo=`
    Slo(TargetId),
    /// `boundary=`
    Boundary(BoundaryId),
    /// `dlp=`
    Dlp(EndpointId),
    /// `when=`
    When(When),
    /// `way=`
    Way(WayId),
    /// `host=`
    Host(HostId),
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

/// What a figure is compared with. Its kind is that of the figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// A duration.
    Time(Span),
    /// A share.
    Share(Share),
    /// A count.
    Count(u64),
    /// So many in a time.
    Rate(Rate),
    /// So many millionths of the figure that the same target had in the last run that passed, as long as there is none.
    Previous(u64),
}

impl Expr {
    /// What its figure is.
    pub fn measure(&self) -> Measure {
        Measure::of(self.aggregate, self.metric)
    }

    /// Whether a number of samples shows its figure to within bounds: a share of messages or deliveries, or a percentile.
    ///
    /// A message crosses a boundary because of its route, and a way in refuses by its list and its limit: the share of those is what was
    /// observed, and shows nothing else.
    pub fn is_sampled(&self) -> bool {
        match (self.aggregate, self.metric) {
            // Entries come by the page: how late one is says how late its neighbours are.
            (_, Metric::AuditLag) => false,
            // One store that is behind makes many reads stale at a time.
            (_, metric) if metric.is_of_documents() => false,
            (Some(Aggregate::Percentile(_)), _)
            | (
                None,
                Metric::Availability | Metric::DlpDetection | Metric::DlpFalsePositives | Metric::ObservedAvailability,
            ) => true,
            (Some(Aggregate::Ratio), metric) => {
                !matches!(metric, Metric::WrongSide | Metric::DlpLeaks | Metric::ObservedRefusals)
            }
            _ => false,
        }
    }

    /// Whether a bound of what a number of samples shows can keep it: if it is sampled, and compared in one direction.
    pub fn has_bounds(&self) -> bool {
        self.is_sampled() && self.op != Op::Eq
    }

    /// The fewest samples that can show it with the confidence of a bound, if each of them says so; `None` if no number can.
    pub fn fewest_samples(&self) -> Option<u64> {
        if let Bound::Previous(_) = self.bound {
            return None;
        }
        let share = match (self.aggregate, self.bound) {
            (Some(Aggregate::Percentile(thousandths)), _) => f64::from(thousandths) / 1e5,
            (_, bound) => bound.value(),
        };
        // Of a percentile's samples up to it the share is at least that; beyond it, the rest.
        let upward = matches!(self.op, Op::Ge | Op::Gt) != self.metric.is_distribution();
        confidence::fewest(if upward { share } else { 1.0 - share }, confidence::RISK)
    }

    /// Its text in the language of scenarios. `claim` is the one that its bound is taken from.
    pub fn written<'a>(&'a self, names: &'a dyn Naming, claim: Option<&'a str>) -> Written<'a> {
        Written { expr: self, names, claim }
    }
}

impl Selector {
    /// Its labels, in the order in which they are written.
    pub fn labels(&self) -> impl Iterator<Item = Label> {
        let labels = [
            self.journey.map(Label::Journey),
            self.class.map(Label::Class),
            self.phase.map(Label::Phase),
            self.route.map(Label::Route),
            self.inject.map(Label::Inject),
            self.set.map(Label::Set),
            self.slo.map(Label::Slo),
            self.boundary.map(Label::Boundary),
            self.dlp.map(Label::Dlp),
            self.when.map(Label::When),
            self.way.map(Label::Way),
            self.host.map(Label::Host),
        ];
        labels.into_iter().flatten()
    }
}

impl Label {
    /// The label's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Journey(_) => "journey",
            Self::Class(_) => "class",
            Self::Phase(_) => "phase",
            Self::Route(_) => "route",
            Self::Inject(_) => "inject",
            Self::Set(_) => "set",
            Self::Slo(_) => "slo",
            Self::Boundary(_) => "boundary",
            Self::Dlp(_) => "dlp",
            Self::When(_) => "when",
            Self::Way(_) => "way",
            Self::Host(_) => "host",
        }
    }
}

impl Op {
    /// Every comparison with its sign.
    pub const ALL: [(&'static str, Self); 5] =
        [("<=", Self::Le), ("<", Self::Lt), (">=", Self::Ge), (">", Self::Gt), ("==", Self::Eq)];

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

    /// Whether smaller figures are worse, and larger ones are not.
    pub fn is_lower_bound(self) -> bool {
        matches!(self, Self::Ge | Self::Gt)
    }
}

impl Bound {
    /// The bound in the unit in which figures are judged: seconds, a fraction, a count, or how many in a second.
    pub fn value(self) -> f64 {
        match self {
            Self::Time(span) => span.secs_f64(),
            Self::Share(share) => share.fraction(),
            Self::Count(count) => count as f64,
            Self::Rate(rate) => rate.per_second(),
            // Nothing compares with what is not there.
            Self::Previous(_) => f64::NAN,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(_, op)| op == self).map_or("", |(sign, _)| sign))
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(span) => span.fmt(f),
            Self::Share(share) => share.fmt(f),
            Self::Count(count) => count.fmt(f),
            Self::Rate(rate) => rate.fmt(f),
            Self::Previous(1_000_000) => f.write_str("previous_pass"),
            Self::Previous(millionths) => write!(f, "previous_pass * {}", *millionths as f64 / 1e6),
        }
    }
}

/// What labels name.
pub trait Naming {
    /// The name of what a label says, as the scenario writes it.
    fn name(&self, label: Label) -> &str;
}

impl Naming for Plan {
    /// Ids may come from a damaged journal: one that names nothing is `?`.
    fn name(&self, label: Label) -> &str {
        let name = match label {
            Label::Journey(id) => self.journeys.get(id.index()).map(|journey| journey.name.as_str()),
            Label::Class(id) => self.classes().get(id.index()).copied(),
            Label::Phase(id) => self.phases.get(id.index()).map(|phase| phase.name.as_str()),
            Label::Route(id) | Label::Dlp(id) => self.endpoints.get(id.index()).map(|endpoint| endpoint.name.as_str()),
            Label::Inject(id) => self.injects.get(id.index()).map(|inject| inject.name.as_str()),
            Label::Slo(id) => self.targets.get(id.index()).map(|target| target.name.as_str()),
            Label::Boundary(id) => self.boundaries.get(id.index()).map(|boundary| boundary.name.as_str()),
            Label::When(when) => Some(when.name()),
            Label::Way(id) => self.ways_in.get(id.index()).map(|one| one.way.name.as_str()),
            Label::Host(id) => self.hosts().get(id.index()).copied(),
            Label::Set(set) => Some(set.name()),
        };
        name.unwrap_or("?")
    }
}

/// An expression with the names of what it is about. What is written is read back as the same expression.
pub struct Written<'a> {
    expr: &'a Expr,
    names: &'a dyn Naming,
    claim: Option<&'a str>,
}

impl Written<'_> {
    /// What the figure is compared with: itself, or the claim that says so.
    pub fn bound(&self) -> String {
        match self.claim {
            Some(claim) => format!("claim({claim})"),
            None => self.expr.bound.to_string(),
        }
    }
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Expr { aggregate, metric, of, op, .. } = self.expr;
        let labels: Vec<_> = of.labels().map(|label| format!("{}={}", label.word(), self.names.name(label))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(", ")) };
        let figure = format!("{}{labels}", metric.name());
        match aggregate {
            Some(aggregate) => write!(f, "{aggregate}({figure})")?,
            None => f.write_str(&figure)?,
        }
        write!(f, " {op} {}", self.bound())
    }
}
