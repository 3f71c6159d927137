//! What a target is judged by: its window, its confidence, its fewest samples, its clock.

use super::sliding;
use crate::limits;
use crate::plan::{Bound, Budgeting, Clock, Confidence, Expr, Level, Metric, Sliding, Target, Window};
use crate::scenario::cx::Cx;
use crate::scenario::diagnostic::Code;
use crate::scenario::fields::Fields;
use crate::scenario::node::{Entry, Node, Value};
use crate::units::{Share, Span};

/// What a target is judged by, and the comparison for which the word stands.
const CONFIDENCES: [(&str, By); 4] =
    [("point", By::Point), ("lower95", By::Lower), ("upper95", By::Upper), ("interval95", By::Interval)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Point,
    Lower,
    Upper,
    Interval,
}

/// What a target is judged by.
pub(super) struct Judged {
    confidence: Confidence,
    min_samples: u64,
    clock: Clock,
    window: Option<Window>,
    sliding: Option<Sliding>,
    budgeting: Option<Budgeting>,
}

impl Judged {
    /// A target that is judged so.
    pub(super) fn of(self, target: Target) -> Target {
        let Self { confidence, min_samples, clock, window, sliding, budgeting } = self;
        Target { confidence, min_samples, clock, window, sliding, budgeting, ..target }
    }
}

/// Reads it, as far as what it is about could be read.
pub(super) fn read(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'_>,
    expr: Option<&Expr>,
    level: Option<Level>,
) -> Option<Judged> {
    let written = fields.entry("window");
    let (window, sliding) = match written {
        Some(entry) if sliding::is_one(&entry.value) => (Some(None), sliding::read(cx, entry, expr).map(Some)),
        Some(entry) => (window(cx, entry, expr).map(Some), Some(None)),
        None => (Some(None), Some(None)),
    };
    let budgeting = match fields.entry("budgeting") {
        Some(entry) => budgeting(cx, entry, expr).map(Some),
        None => Some(None),
    };
    let by_outages = budgeting == Some(None) && window.flatten().is_some_and(Window::is_beyond_the_drill);
    let min_samples = min_samples(cx, fields, expr, by_outages);
    let confidence = confidence(cx, fields, (expr, level, min_samples), window.flatten());
    let clock = clock(cx, fields, expr);
    if let (Some(Some(_)), Some(Some(Budgeting::Timeslices { .. })), Some(entry)) = (sliding, budgeting, written) {
        let message = "slices of time stand side by side, and windows slide: a target is judged by one of them";
        return cx.hinted(Code::Conflict, entry.at, message, "leave `window` or `budgeting` out".to_owned());
    }
    let (confidence, min_samples, clock) = (confidence?, min_samples?, clock?);
    Some(Judged { confidence, min_samples, clock, window: window?, sliding: sliding?, budgeting: budgeting? })
}

/// For which period an availability is promised.
fn window(cx: &mut Cx<'_>, entry: &Entry, expr: Option<&Expr>) -> Option<Window> {
    let node = &entry.value;
    let window = match node.value {
        Value::Map(_) => rolling(cx, entry)?,
        _ => cx.choice(node, "window", &Window::ALL, &[])?,
    };
    let Expr { metric, op, bound, .. } = *expr?;
    if metric != Metric::Availability || !op.is_lower_bound() {
        let message = "`window` says for which period it is promised that an availability is at least something";
        return cx.hinted(Code::Conflict, node.at, message, "leave `window` out".to_owned());
    }
    if window.is_beyond_the_drill() && bound.value() >= 1.0 {
        let message = format!("100% of a {} leaves nothing that an outage may cost", window.kind());
        return cx.hinted(Code::Conflict, node.at, message, "promise less, or write `window: drill`".to_owned());
    }
    Some(window)
}

/// `{ rolling: 30d }`.
fn rolling(cx: &mut Cx<'_>, entry: &Entry) -> Option<Window> {
    let mut fields = Fields::of(cx, &entry.value, "a rolling window", entry.at)?;
    let length = fields.need(cx, "rolling", "30d").and_then(|node| cx.quantity(node, "a rolling window"));
    fields.finish(cx);
    length.map(Window::Rolling)
}

/// How an availability is counted: `occurrences`, `timeslices`, or `timeslices: { every: 1m, good: 95% }`.
fn budgeting(cx: &mut Cx<'_>, entry: &Entry, expr: Option<&Expr>) -> Option<Budgeting> {
    const DEFAULT: (Span, Share) = (Span::from_secs(60), Share::from_percent(95));
    let Expr { metric, .. } = *expr?;
    if metric != Metric::Availability {
        let message = format!("`budgeting` says how an availability is counted, and {} is none", metric.name());
        return cx.hinted(Code::Conflict, entry.at, message, "leave `budgeting` out".to_owned());
    }
    let slices = |(every, good)| Budgeting::Timeslices { every, good };
    if matches!(entry.value.value, Value::Word(_)) {
        let words = [("occurrences", Budgeting::Occurrences), ("timeslices", slices(DEFAULT))];
        return cx.choice(&entry.value, "way of budgeting", &words, &[]);
    }
    let mut fields = Fields::of(cx, &entry.value, "`budgeting`", entry.at)?;
    let inner = fields.need(cx, "timeslices", "{ every: 1m, good: 95% }");
    fields.finish(cx);
    let mut fields = Fields::of(cx, inner?, "`timeslices`", entry.at)?;
    let every = match fields.take("every") {
        Some(node) => match cx.quantity(node, "`every`")? {
            Span::ZERO => return cx.error(Code::OutOfRange, node.at, "a slice of time is longer than nothing"),
            every => Some(every),
        },
        None => Some(DEFAULT.0),
    };
    let good = match fields.take("good") {
        Some(node) => cx.quantity(node, "`good`"),
        None => Some(DEFAULT.1),
    };
    fields.finish(cx);
    Some(slices((every?, good?)))
}

/// What has to hold. A promise that must be kept is one about more than this play, where a number of samples can show it: then the bound
/// has to hold, unless the target says otherwise, or is about this drill alone, of which every message is counted.
fn confidence(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'_>,
    (expr, level, min_samples): (Option<&Expr>, Option<Level>, Option<u64>),
    window: Option<Window>,
) -> Option<Confidence> {
    let written = match fields.take("confidence") {
        Some(node) => Some((node, cx.choice(node, "confidence", &CONFIDENCES, &[])?)),
        None => None,
    };
    let expr = expr?;
    if window.is_some_and(Window::is_beyond_the_drill) {
        return match written {
            None | Some((_, By::Point)) => Some(Confidence::Point),
            Some((node, _)) => {
                let message = "what an outage costs of a budget is arithmetic, and has no confidence";
                cx.hinted(Code::Conflict, node.at, message, "leave `confidence` out".to_owned())
            }
        };
    }
    if let (Bound::Previous(_), Some((node, by))) = (expr.bound, &written)
        && *by != By::Point
    {
        let message = "the figure of one earlier run is what was observed there, and has no bounds";
        return cx.hinted(Code::Conflict, node.at, message, "leave `confidence` out".to_owned());
    }
    let shown = expr.has_bounds() && expr.fewest_samples().is_some();
    match written {
        None if shown && window.is_none() && level? == Level::Must => Some(Confidence::Bound),
        None | Some((_, By::Point)) => Some(Confidence::Point),
        Some((node, By::Interval)) => interval(cx, node, expr, min_samples?),
        Some((node, by)) => bound(cx, node, expr, by),
    }
}

/// A bound that was asked for by name: the figure has to have one, and it has to be the one that too few samples do not keep.
fn bound(cx: &mut Cx<'_>, node: &Node, expr: &Expr, by: By) -> Option<Confidence> {
    if !expr.is_sampled() {
        return not_sampled(cx, node, expr);
    }
    if !expr.has_bounds() {
        let message = "a figure that is to be exactly so much has no bounds that show it";
        return cx.hinted(
            Code::Conflict,
            node.at,
            message,
            "write `interval95` with `min_samples`, or `point`".to_owned(),
        );
    }
    let (needed, word) = if expr.op.is_lower_bound() { (By::Lower, "lower95") } else { (By::Upper, "upper95") };
    if by != needed {
        let message =
            "the fewer samples, the easier this bound is kept: a target judged by it would pass for want of data";
        return cx.hinted(Code::Conflict, node.at, message, format!("write `{word}`, or `point`"));
    }
    if expr.fewest_samples().is_none() {
        let message = "no number of samples shows that nothing else can happen";
        return cx.hinted(Code::Conflict, node.at, message, "write `point`: that nothing else did happen".to_owned());
    }
    Some(Confidence::Bound)
}

/// That so many samples leave a value possible: the fewer they are, the more they leave, so that their number has to be said.
fn interval(cx: &mut Cx<'_>, node: &Node, expr: &Expr, min_samples: u64) -> Option<Confidence> {
    if !expr.is_sampled() {
        return not_sampled(cx, node, expr);
    }
    if expr.has_bounds() {
        let word = if expr.op.is_lower_bound() { "lower95" } else { "upper95" };
        let message = "an interval holds a value: it says nothing of what is compared in one direction";
        return cx.hinted(Code::Conflict, node.at, message, format!("compare with `==`, or write `{word}`"));
    }
    if min_samples == 0 {
        let message = "the interval of few samples holds nearly everything: the target would pass for want of data";
        return cx.hinted(
            Code::Missing,
            node.at,
            message,
            "write how many it takes, such as `min_samples: 1000`".to_owned(),
        );
    }
    Some(Confidence::Interval)
}

fn not_sampled<T>(cx: &mut Cx<'_>, node: &Node, expr: &Expr) -> Option<T> {
    let message = format!("this figure of `{}` is what was observed, and has no bounds", expr.metric.name());
    cx.hinted(Code::Conflict, node.at, message, "leave `confidence` out".to_owned())
}

/// The fewest samples with which it is judged. What outages leave of a month has none.
fn min_samples(cx: &mut Cx<'_>, fields: &mut Fields<'_>, expr: Option<&Expr>, by_outages: bool) -> Option<u64> {
    let Some(node) = fields.take("min_samples") else { return Some(0) };
    let few = cx.count(node, "`min_samples`", 1, limits::MESSAGES)?;
    let metric = expr?.metric;
    if by_outages {
        let message = "what outages leave of such a window is arithmetic, and is not a figure of so many samples";
        return cx.hinted(Code::Conflict, node.at, message, "leave `min_samples` out".to_owned());
    }
    if metric.is_of_outages() || metric == Metric::Coverage {
        let message = format!("`{}` is not a figure of so many samples", metric.name());
        return cx.hinted(Code::Conflict, node.at, message, "leave `min_samples` out".to_owned());
    }
    Some(few)
}

/// From when the target's time counts. Only the time of a recovery has a beginning to choose, and nobody sees programs fail over.
fn clock(cx: &mut Cx<'_>, fields: &mut Fields<'_>, expr: Option<&Expr>) -> Option<Clock> {
    let Some(node) = fields.take("clock") else { return Some(Clock::default()) };
    if let Some(other) = expr.map(|expr| expr.metric).filter(|metric| !metric.is_of_recoveries()) {
        let message = format!("`clock` says from when a recovery_time counts, and {} is none", other.name());
        return cx.error(Code::Conflict, node.at, message);
    }
    let clock: Clock = cx.choice(node, "clock", &Clock::ALL, &[])?;
    if !clock.is_of_programs() && expr.is_some_and(|expr| expr.metric.is_observed()) {
        let message =
            format!("programs that are not ours have no {}: nobody sees them decide on a failover", clock.name());
        let hint = "write `clock: impact`, `injection` or `detection`".to_owned();
        return cx.hinted(Code::Conflict, node.at, message, hint);
    }
    Some(clock)
}
