//! How often messages of a journey are due: at one rate, rising or falling, in steps, phase by phase, or as it was recorded.

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::journeys::positive;
use super::language::RATE;
use super::node::{Entry, Mark, Node, Value};
use super::params::Params;
use super::recorded;
use super::table::Table;
use crate::limits;
use crate::plan::{Pace, Phase, Stretch};
use crate::units::{Rate, Span};

/// The phases by which a rate can be said, and the drill's length.
#[derive(Clone, Copy)]
pub(super) struct Over<'t, 'n> {
    pub(super) phases: &'t Table<'n, Phase>,
    pub(super) drill: Span,
}

/// A journey's rate, with what follows from it for one drill.
pub(super) struct Read {
    pub(super) pace: Pace,
    /// Over the whole drill.
    pub(super) mean: Rate,
    /// The widest mean gap of a phase.
    pub(super) gap: Span,
}

/// Reads the rate of journey `name`. `over` is `None` if the phases could not be read, which was said already.
pub(super) fn read(cx: &mut Cx<'_>, node: &Node, name: &str, over: Option<Over<'_, '_>>) -> Option<Read> {
    let pace = match node.value {
        Value::Map(_) => map(cx, node, name, over),
        _ => cx.quantity(node, "the rate").map(Pace::Steady),
    }?;
    if !matches!(pace, Pace::Steady(_)) && over.is_none() {
        return None;
    }
    self::over(pace, over).or_else(|| {
        let drill = over.map(|over| over.drill).unwrap_or_default();
        cx.error(Code::OutOfRange, node.at, format!("no message is due in the {drill} of the drill"))
    })
}

/// What follows from a pace for a drill; `None` if nothing is due in it.
pub(super) fn over(pace: Pace, over: Option<Over<'_, '_>>) -> Option<Read> {
    if let Pace::Steady(rate) = pace {
        return Some(Read { pace, mean: rate, gap: rate.gap() });
    }
    let Over { phases, drill } = over?;
    let (mean, gap) = (pace.mean(drill)?, pace.widest_gap(phases.read().map(|(.., phase)| phase))?);
    Some(Read { pace, mean, gap })
}

fn map(cx: &mut Cx<'_>, node: &Node, name: &str, over: Option<Over<'_, '_>>) -> Option<Pace> {
    let what = format!("rate of journey `{name}`");
    let mut fields = Fields::of(cx, node, what.as_str(), node.at)?;
    let one = Params::of(&mut fields, RATE).one_of(cx, &what);
    fields.finish(cx);
    let (entry, _) = one?;
    match entry.key.as_str() {
        "ramp" => {
            let ramp = ramp(cx, &entry.value)?;
            let length = ramp.over.or(over.map(|over| over.drill))?;
            Some(Pace::Varied(vec![Stretch { from: ramp.from, to: ramp.to, length }]))
        }
        "steps" => steps(cx, entry).map(Pace::Varied),
        "phases" => by_phase(cx, entry, over?.phases).map(Pace::Varied),
        _ => recorded::read(cx, &entry.value).map(Pace::Recorded),
    }
}

struct Ramp {
    from: Rate,
    to: Rate,
    over: Option<Span>,
    at: Mark,
}

fn ramp(cx: &mut Cx<'_>, node: &Node) -> Option<Ramp> {
    let mut fields = Fields::of(cx, node, "the ramp", node.at)?;
    let from = fields.need(cx, "from", "1/s").and_then(|node| cx.quantity(node, "the rate that the ramp begins with"));
    let to = fields.need(cx, "to", "20/s").and_then(|node| cx.quantity(node, "the rate that the ramp ends with"));
    let (at, over) = match fields.take("over") {
        Some(over) => (over.at, positive(cx, over, "the length of the ramp").map(Some)),
        None => (node.at, Some(None)),
    };
    fields.finish(cx);
    Some(Ramp { from: from?, to: to?, over: over?, at })
}

/// One step after another; only the last may be without a length.
fn steps(cx: &mut Cx<'_>, entry: &Entry) -> Option<Vec<Stretch>> {
    let items = entry.value.items();
    if items.is_empty() {
        return cx.error(Code::Missing, entry.at, "`steps` has at least one");
    }
    if let Some(over) = items.get(limits::PARTS) {
        return cx.error(Code::OutOfRange, over.at, format!("a rate has at most {} steps", limits::PARTS));
    }
    let last = items.len() - 1;
    let read: Vec<_> = items.iter().enumerate().map(|(index, item)| step(cx, item, index == last)).collect();
    read.into_iter().collect()
}

fn step(cx: &mut Cx<'_>, node: &Node, is_last: bool) -> Option<Stretch> {
    let mut fields = Fields::of(cx, node, "a step", node.at)?;
    let rate = fields.need(cx, "rate", "5/s").and_then(|node| cx.quantity(node, "the rate of a step"));
    let length = match fields.take("for") {
        Some(node) => positive(cx, node, "the length of a step"),
        None if is_last => Some(Span::ZERO),
        None => fields.need(cx, "for", "5m").and(None),
    };
    fields.finish(cx);
    Some(Stretch::even(rate?, length?))
}

/// What is said of each phase; one of which nothing is said goes on as the phase before it ended, and the first ones as the first that is named
/// begins.
fn by_phase(cx: &mut Cx<'_>, entry: &Entry, phases: &Table<'_, Phase>) -> Option<Vec<Stretch>> {
    let entries = cx.map(&entry.value, "`phases` of a rate")?;
    let mut said: Vec<Option<Ramp>> = phases.rows.iter().map(|_| None).collect();
    let mut good = true;
    for entry in entries {
        let read = phases.find(cx, &entry.key, entry.at).zip(of_phase(cx, &entry.value));
        good &= read.is_some();
        let Some((position, ramp)) = read else { continue };
        if let Some((over, phase)) = ramp.over.zip(phases.get(position))
            && over > phase.length
        {
            let message = format!("a ramp over {over} never ends: phase `{}` lasts {}", entry.key, phase.length);
            good = cx.error::<()>(Code::OutOfRange, ramp.at, message).is_some();
        }
        said[position] = Some(ramp);
    }
    let Some(mut rate) = said.iter().flatten().next().map(|first| first.from).filter(|_| good) else {
        let empty = good.then(|| cx.error::<()>(Code::Missing, entry.at, "`phases` names at least one"));
        return empty.flatten().and(None);
    };
    let mut stretches = Vec::new();
    for ((.., phase), said) in phases.read().zip(said) {
        let (from, to) = said.as_ref().map_or((rate, rate), |ramp| (ramp.from, ramp.to));
        let over = said.and_then(|ramp| ramp.over).unwrap_or(phase.length);
        stretches.push(Stretch { from, to, length: over });
        if over < phase.length {
            stretches.push(Stretch::even(to, phase.length - over));
        }
        rate = to;
    }
    Some(stretches)
}

/// A rate, or a ramp over the phase or its first part.
fn of_phase(cx: &mut Cx<'_>, node: &Node) -> Option<Ramp> {
    if matches!(node.value, Value::Map(_)) {
        return ramp(cx, node);
    }
    let rate = cx.quantity(node, "the rate of a phase")?;
    Some(Ramp { from: rate, to: rate, over: None, at: node.at })
}
