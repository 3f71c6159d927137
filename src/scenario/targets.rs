//! The promises that the drill holds the system to.

use super::cx::Cx;
use super::diagnostic::Code;
use super::expr::{self, Names};
use super::fields::Fields;
use super::node::{Node, Value};
use super::table::{Row, Table, id};
use crate::limits;
use crate::plan::{Clock, Confidence, Expr, Level, Metric, Op, Phase, PhaseKind, Target, Window};
use crate::units::PhaseId;

/// What a target is judged by, and the comparison for which the word stands.
const CONFIDENCES: [(&str, Judged); 3] =
    [("point", Judged::Point), ("lower95", Judged::Lower), ("upper95", Judged::Upper)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Judged {
    Point,
    Lower,
    Upper,
}

/// The targets.
pub(super) fn read<'n>(
    cx: &mut Cx<'_>,
    node: Option<&'n Node>,
    phases: &Table<'_, Phase>,
    names: &Names<'_, '_>,
) -> Table<'n, Target> {
    let mut table = Table::names(cx, node, "target", limits::PARTS);
    table.fill(|row, _| target(cx, row, phases, names));
    table
}

fn target(cx: &mut Cx<'_>, row: &Row<'_, Target>, phases: &Table<'_, Phase>, names: &Names<'_, '_>) -> Option<Target> {
    if matches!(row.node.value, Value::Word(_)) {
        let expr = expr::read(cx, row.node, names)?;
        return finished(cx, row, row.node, Rest::short(expr, all_but_warmup(phases)), phases);
    }
    let mut fields = Fields::of(cx, row.node, format!("target `{}`", row.name), row.at)?;
    let node = fields.need(cx, "expr", "\"recovery_time <= 2h\"");
    let chosen = chosen(cx, &mut fields, phases);
    let levels = [("must", Level::Must), ("should", Level::Should), ("info", Level::Info)];
    let level = match fields.take("level") {
        Some(node) => cx.choice(node, "level", &levels, &[]),
        None => Some(Level::default()),
    };
    let expr = node.and_then(|node| expr::read(cx, node, names));
    let window = match fields.take("window") {
        Some(node) => window(cx, node, expr.as_ref()).map(Some),
        None => Some(None),
    };
    let budgeted = window.flatten().is_some_and(|window| window.length().is_some());
    let confidence = confidence(cx, &mut fields, expr.as_ref(), level, budgeted);
    let min_samples = min_samples(cx, &mut fields, expr.as_ref());
    let clock = clock(cx, &mut fields, expr.as_ref());
    fields.not_yet(cx, &["budgeting", "abort"]);
    fields.finish(cx);
    let (confidence, min_samples, clock, window) = (confidence?, min_samples?, clock?, window?);
    let rest = Rest { expr: expr?, level: level?, chosen: chosen?, confidence, min_samples, clock, window };
    finished(cx, row, node?, rest, phases)
}

/// What a target says besides its name and its text.
struct Rest {
    expr: Expr,
    level: Level,
    chosen: Vec<PhaseId>,
    confidence: Confidence,
    min_samples: u64,
    clock: Clock,
    window: Option<Window>,
}

impl Rest {
    /// Of a target that is nothing but its expression.
    fn short(expr: Expr, chosen: Vec<PhaseId>) -> Self {
        let (level, clock) = (Level::default(), Clock::default());
        Self { expr, level, chosen, confidence: Confidence::Point, min_samples: 0, clock, window: None }
    }
}

fn finished(
    cx: &mut Cx<'_>,
    row: &Row<'_, Target>,
    node: &Node,
    rest: Rest,
    phases: &Table<'_, Phase>,
) -> Option<Target> {
    let Rest { expr, level, chosen, confidence, min_samples, clock, window } = rest;
    let text = cx.word(node, "the expression")?.to_owned();
    let claimed = expr::claimed(&text).map(str::to_owned);
    let baseline = |phase: &PhaseId| phases.get(phase.index()).is_some_and(|phase| phase.kind == PhaseKind::Baseline);
    let steady_state = !chosen.is_empty() && chosen.iter().all(baseline);
    Some(Target {
        name: row.name.clone(),
        expr,
        text,
        level,
        phases: chosen,
        steady_state,
        confidence,
        min_samples,
        clock,
        window,
        claim: claimed,
    })
}

/// For which period an availability is promised.
fn window(cx: &mut Cx<'_>, node: &Node, expr: Option<&Expr>) -> Option<Window> {
    let window = cx.choice(node, "window", &Window::ALL, &[])?;
    let Expr { metric, op, bound, .. } = *expr?;
    if metric != Metric::Availability || !matches!(op, Op::Ge | Op::Gt) {
        let message = "`window` says for which period it is promised that an availability is at least something";
        return cx.hinted(Code::Conflict, node.at, message, "leave `window` out".to_owned());
    }
    if window.length().is_some() && bound.value() >= 1.0 {
        let message = format!("100% of a {} leaves nothing that an outage may cost", window.name());
        return cx.hinted(Code::Conflict, node.at, message, "promise less, or write `window: drill`".to_owned());
    }
    Some(window)
}

/// What has to hold. A promise that must be kept is one about more than this play, where a number of samples can show it: then the bound
/// has to hold, unless the target says otherwise.
fn confidence(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'_>,
    expr: Option<&Expr>,
    level: Option<Level>,
    budgeted: bool,
) -> Option<Confidence> {
    let written = match fields.take("confidence") {
        Some(node) => Some((node, cx.choice(node, "confidence", &CONFIDENCES, &[])?)),
        None => None,
    };
    let expr = expr?;
    if budgeted {
        return match written {
            None | Some((_, Judged::Point)) => Some(Confidence::Point),
            Some((node, _)) => {
                let message = "what an outage costs of a budget is arithmetic, and has no confidence";
                cx.hinted(Code::Conflict, node.at, message, "leave `confidence` out".to_owned())
            }
        };
    }
    let shown = expr.has_bounds() && expr.fewest_samples().is_some();
    match written {
        None if shown && level? == Level::Must => Some(Confidence::Bound),
        None | Some((_, Judged::Point)) => Some(Confidence::Point),
        Some((node, judged)) => bound(cx, node, expr, judged),
    }
}

/// A bound that was asked for by name: the figure has to have one, and it has to be the one that too few samples do not keep.
fn bound(cx: &mut Cx<'_>, node: &Node, expr: &Expr, judged: Judged) -> Option<Confidence> {
    let figure = expr.metric.name();
    if !expr.has_bounds() {
        let message = format!("this figure of `{figure}` is what was observed, and has no bounds");
        return cx.hinted(Code::Conflict, node.at, message, "leave `confidence` out".to_owned());
    }
    let (needed, word) = match expr.op {
        Op::Ge | Op::Gt => (Judged::Lower, "lower95"),
        _ => (Judged::Upper, "upper95"),
    };
    if judged != needed {
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

fn min_samples(cx: &mut Cx<'_>, fields: &mut Fields<'_>, expr: Option<&Expr>) -> Option<u64> {
    let Some(node) = fields.take("min_samples") else { return Some(0) };
    let few = cx.count(node, "`min_samples`", 1, limits::MESSAGES)?;
    let metric = expr?.metric;
    if matches!(metric, Metric::RecoveryTime | Metric::Coverage) {
        let message = format!("`{}` is not a figure of so many samples", metric.name());
        return cx.hinted(Code::Conflict, node.at, message, "leave `min_samples` out".to_owned());
    }
    Some(few)
}

/// From when the target's time counts. Only the time of a recovery has a beginning to choose.
fn clock(cx: &mut Cx<'_>, fields: &mut Fields<'_>, expr: Option<&Expr>) -> Option<Clock> {
    let Some(node) = fields.take("clock") else { return Some(Clock::default()) };
    if let Some(other) = expr.map(|expr| expr.metric).filter(|metric| *metric != Metric::RecoveryTime) {
        let message = format!("`clock` says from when a recovery_time counts, and {} is none", other.name());
        return cx.error(Code::Conflict, node.at, message);
    }
    cx.choice(node, "clock", &Clock::ALL, &[])
}

/// The phases under `phase` or `phases`, each of which may hold one name or several; by default all but warm-up.
fn chosen(cx: &mut Cx<'_>, fields: &mut Fields<'_>, phases: &Table<'_, Phase>) -> Option<Vec<PhaseId>> {
    let (one, many) = (fields.entry("phase"), fields.entry("phases"));
    if let (Some(_), Some(many)) = (one, many) {
        return cx.error(Code::Conflict, many.at, "`phase` and `phases` say the same: write one of them");
    }
    let Some(entry) = one.or(many) else { return Some(all_but_warmup(phases)) };
    let nodes = entry.value.items();
    if nodes.is_empty() {
        return cx.error(Code::Missing, entry.at, "a target of no phase judges nothing");
    }
    let read: Vec<_> = nodes.iter().map(|node| phases.named(cx, node).map(|phase| PhaseId(id(phase)))).collect();
    let mut list: Vec<PhaseId> = read.into_iter().collect::<Option<_>>()?;
    list.sort_unstable();
    list.dedup();
    Some(list)
}

fn all_but_warmup(phases: &Table<'_, Phase>) -> Vec<PhaseId> {
    phases
        .read()
        .filter(|(_, _, phase)| phase.kind != PhaseKind::Warmup)
        .map(|(index, ..)| PhaseId(id(index)))
        .collect()
}
