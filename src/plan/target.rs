use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Aggregate, Bound, Budgeting, Clock, Expr, Measure, Metric, MetricKind, Op, Plan, Sliding, Window};
use crate::units::{PhaseId, Share, Span};

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
    /// From when a recovery time counts, of journeys or of observed programs; of other figures it means nothing.
    #[serde(default, skip_serializing_if = "Clock::is_default")]
    pub clock: Clock,
    /// For which period an availability is promised; without one, as for the drill itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The windows in each of which it has to be kept; without them it is judged over its phases as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sliding: Option<Sliding>,
    /// How an availability is counted; without it by messages, and for longer than the drill by the time of its outages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budgeting: Option<Budgeting>,
    /// The claim that the bound is taken from, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The last run that passed, if its bound is taken from that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// Where the figure comes from that is promised, in the scenario author's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether the drill ends as soon as it is certain that it cannot be kept any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort: Option<Abort>,
}

/// The run from which a bound was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Previous {
    /// The run's directory, by name.
    pub run: String,
    /// The figure that the target had there, in the unit in which figures are judged.
    pub figure: f64,
}

/// That a drill ends when a target cannot be kept any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abort {
    /// But not before so long after the first of the target's phases began.
    pub after: Span,
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
    /// The interval, two-sided at 95 %, of what so many samples show: it has to hold the value asked for.
    Interval,
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

impl Target {
    /// A target of level should that is judged by what was observed, and says nothing else. Of which phases, its reader knows.
    pub fn new(name: impl Into<String>, text: impl Into<String>, expr: Expr) -> Self {
        Self {
            name: name.into(),
            expr,
            text: text.into(),
            level: Level::default(),
            phases: Vec::new(),
            steady_state: false,
            confidence: Confidence::default(),
            min_samples: 0,
            clock: Clock::default(),
            window: None,
            sliding: None,
            budgeting: None,
            claim: None,
            previous: None,
            source: None,
            abort: None,
        }
    }

    /// Takes its bound from the last run that passed, if it asks for that: a duration to the nanosecond, a share to a millionth, and of a
    /// count so many as keep the comparison strict.
    pub fn compare_with(&mut self, run: &str, figure: f64) {
        let Bound::Previous(millionths) = self.expr.bound else { return };
        let value = figure * (millionths as f64 / 1e6);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        let bound = match self.expr.measure() {
            Measure::Time => Bound::Time(Span::from_secs_f64(value)),
            Measure::Share => {
                let share = Share::from_millionths(libm::round(value * 1e6) as u32);
                Bound::Share(share.unwrap_or(Share::ALL))
            }
            Measure::Count if self.expr.op.is_lower_bound() => Bound::Count(libm::ceil(value) as u64),
            Measure::Count => Bound::Count(libm::floor(value) as u64),
            // A rate is a whole number in a time, which a figure is not.
            Measure::Rate => return,
        };
        self.expr.bound = bound;
        self.previous = Some(Previous { run: run.to_owned(), figure });
    }

    /// What it is judged by, as scenarios and reports say it.
    pub fn judged_by(&self) -> &'static str {
        match (self.confidence, self.expr.op.is_lower_bound()) {
            (Confidence::Point, _) => "point",
            (Confidence::Bound, true) => "lower95",
            (Confidence::Bound, false) => "upper95",
            (Confidence::Interval, _) => "interval95",
        }
    }

    /// The fewest samples with which it can pass; `None` if no number would do.
    pub fn fewest_samples(&self) -> Option<u64> {
        match self.confidence {
            Confidence::Point | Confidence::Interval => Some(self.min_samples),
            Confidence::Bound => self.expr.fewest_samples().map(|fewest| fewest.max(self.min_samples)),
        }
    }

    /// Whether it can be broken for good while the drill goes on, so that it can end it; else why not, after "since".
    ///
    /// # Errors
    /// If it is known only at the drill's end whether it was kept.
    pub fn can_end_the_drill(&self) -> Result<(), &'static str> {
        let Expr { metric, aggregate, of, op, .. } = self.expr;
        if self.steady_state {
            return Err("the end of the baseline decides on it anyway");
        }
        if metric.is_of_inspections() && (metric != Metric::Uninspected || self.expr.measure() != Measure::Count) {
            return Err("what is still inspected may make up for it");
        }
        if self.budgeting.is_some() {
            return Err("slices and windows are told when they are over: leave `budgeting` out");
        }
        if self.sliding.is_some() {
            return Err("windows are told when they are over: leave `window` out");
        }
        if self.confidence != Confidence::Point {
            return Err("what more samples would show is not known before they are there: write `confidence: point`");
        }
        let largest = matches!(op, Op::Le | Op::Lt);
        let grows = match (metric, metric.kind()) {
            (Metric::Availability | Metric::ObservedAvailability, _) => op.is_lower_bound(),
            (Metric::ErrorBudget, _) => largest,
            (metric, _) if metric.is_of_audits() => {
                return Err("audit trails are read to their end only when the drill has drained");
            }
            (metric, _) if metric.is_of_documents() => {
                return Err("what became of changes is known only when the drill has drained");
            }
            (Metric::Lost | Metric::Declined | Metric::Unacknowledged | Metric::Coverage, _) => {
                return Err("its figure is known only when the drill has drained");
            }
            (Metric::ObservedRefusals, _) if aggregate == Some(Aggregate::Ratio) => {
                return Err("nobody knows how much programs will still ask for that is refused");
            }
            (Metric::ObservedRecoveryTime, _) => {
                return Err(
                    "which failures are an outage depends on how often programs ask, which is known at the end",
                );
            }
            (_, MetricKind::Latency) => largest && aggregate != Some(Aggregate::Min),
            _ => largest || (op == Op::Eq && self.expr.measure() == Measure::Count),
        };
        if !grows {
            return Err("whatever it is now, it may still be kept at the end");
        }
        if of.route.is_some() {
            return Err("which route carries a message is known only when it has arrived");
        }
        Ok(())
    }

    /// The longest recovery that it allows each outage of a journey; `None` if it is about something else.
    pub fn objective(&self) -> Option<Span> {
        self.allows(Metric::RecoveryTime)
    }

    /// The longest that it allows each outage of which this metric tells; `None` if it is about something else.
    pub fn allows(&self, metric: Metric) -> Option<Span> {
        let longest = matches!(self.expr.aggregate, None | Some(Aggregate::Max));
        match self.expr.bound {
            Bound::Time(span) if self.expr.metric == metric && longest && self.expr.op.is_upper_bound() => Some(span),
            _ => None,
        }
    }

    /// Whether some of an outage lies in its phases, from a second of the drill to another; without an end it is still going on.
    pub fn concerns(&self, plan: &Plan, start: f64, end: Option<f64>) -> bool {
        let end = end.unwrap_or(f64::INFINITY);
        self.phases.iter().map(|phase| &plan.phases[phase.index()]).any(|phase| {
            // What begins after the last phase belongs to the last phase.
            let until = if phase.end() >= plan.end() { f64::INFINITY } else { phase.end().secs_f64() };
            start < until && end > phase.start.secs_f64()
        })
    }

    /// The window that it has and that is longer than the drill, with its length by the plan's calendar.
    pub fn longer_window(&self, plan: &Plan) -> Option<(Window, Span)> {
        self.window.and_then(|window| Some((window, window.length(plan.calendar.as_ref())?)))
    }

    /// The availability that it promises for longer than the drill, and for how long: what has an error budget.
    pub fn service_level(&self) -> Option<(Share, Window)> {
        let window = self.window.filter(|window| window.is_beyond_the_drill())?;
        match (self.expr.metric, self.expr.op, self.expr.bound) {
            (Metric::Availability, Op::Ge | Op::Gt, Bound::Share(share)) => Some((share, window)),
            _ => None,
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
