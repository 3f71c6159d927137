//! How hard a fault bites over its time, and which of the units it could hit it does.

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Entry, Mark, Node};
use super::params::{self, Params};
use crate::limits;
use crate::plan::{Param, ParamKind, Per, Pick, Shape, Wave};
use crate::units::{Share, Span};

/// `ramp` and `waveform` of an inject that lasts so long, if that could be read.
pub(super) fn read(cx: &mut Cx<'_>, fields: &mut Fields<'_>, length: Option<Span>) -> Option<Shape> {
    let params = &mut Params::of(fields, Param::TIMES);
    let ramp = params.read_or(cx, "ramp", Span::ZERO, params::span);
    if let (Some(entry), Some(ramp), Some(length)) = (params.entry("ramp"), ramp, length)
        && ramp > length
    {
        let message = format!("a ramp of {ramp} never reaches all of it: the inject lasts {length}");
        return cx.error(Code::BadInject, entry.value.at, message);
    }
    let wave = match params.entry("waveform") {
        Some(entry) => waveform(cx, entry, length),
        None => Some(Wave::Steady),
    };
    Some(Shape { ramp: ramp?, wave: wave? })
}

fn waveform(cx: &mut Cx<'_>, entry: &Entry, length: Option<Span>) -> Option<Wave> {
    let ParamKind::Map(table) = Param::TIMES.iter().find(|param| param.name == "waveform")?.kind else { return None };
    let mut fields = Fields::of(cx, &entry.value, "`waveform`", entry.at)?;
    let wave = Params::of(&mut fields, table).one_of(cx, "`waveform`").and_then(|(entry, param)| match param.kind {
        ParamKind::Map(table) => map(cx, entry, table, length),
        _ => trace(cx, &entry.value, length).map(Wave::Trace),
    });
    fields.finish(cx);
    wave
}

fn map(cx: &mut Cx<'_>, entry: &Entry, table: &'static [Param], length: Option<Span>) -> Option<Wave> {
    let mut fields = Fields::of(cx, &entry.value, format!("`{}`", entry.key), entry.at)?;
    let params = &mut Params::of(&mut fields, table);
    let wave = match entry.key.as_str() {
        "step" => step(cx, params, entry.at, length),
        "sine" => sine(cx, params),
        _ => burst(cx, params),
    };
    fields.finish(cx);
    wave
}

fn step(cx: &mut Cx<'_>, params: &mut Params<'_, '_>, at: Mark, length: Option<Span>) -> Option<Wave> {
    let every = params.read(cx, "every", params::span);
    let steps = params.read(cx, "steps", params::count).and_then(|steps| u32::try_from(steps).ok());
    let (every, steps) = (every?, steps?);
    let last = every * u64::from(steps - 1);
    if let Some(length) = length.filter(|length| last >= *length) {
        let message = format!("the last of {steps} steps would begin after {last}: the inject lasts {length}");
        return cx.error(Code::BadInject, at, message);
    }
    Some(Wave::Step { every, steps })
}

fn sine(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<Wave> {
    let period = params.read(cx, "period", params::span);
    let low = params.read(cx, "low", params::quantity);
    if let (Some(entry), Some(Share::ALL)) = (params.entry("low"), low) {
        return cx.error(Code::OutOfRange, entry.value.at, "a swing between all and all is none: `low` is below 100%");
    }
    Some(Wave::Sine { period: period?, low: low? })
}

fn burst(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<Wave> {
    let every = params.read(cx, "every", params::span);
    let length = params.read(cx, "for", params::span);
    let (every, length) = (every?, length?);
    if let Some(entry) = params.entry("for").filter(|_| length >= every) {
        let message = format!("a burst of {length} every {every} never pauses: `for` is shorter than `every`");
        return cx.error(Code::OutOfRange, entry.value.at, message);
    }
    Some(Wave::Burst { every, length })
}

fn trace(cx: &mut Cx<'_>, node: &Node, length: Option<Span>) -> Option<Vec<(Span, Share)>> {
    let items = node.items();
    if items.is_empty() {
        return cx.error(Code::Missing, node.at, "a trace has at least one level");
    }
    if let Some(over) = items.get(limits::TRACE_LEVELS) {
        return cx.error(Code::OutOfRange, over.at, format!("a trace has at most {} levels", limits::TRACE_LEVELS));
    }
    let mut levels: Vec<(Span, Share)> = Vec::new();
    for item in items {
        let [time, level] = item.items() else {
            let hint = "write `trace: [[0s, 10%], [10s, 100%]]`".to_owned();
            return cx.hinted(Code::WrongKind, item.at, "a level of a trace is a pair of a time and a share", hint);
        };
        let (time, level) = (cx.quantity(time, "the time"), cx.quantity(level, "the level"));
        let (time, level): (Span, Share) = (time?, level?);
        if let Some((before, _)) = levels.last().filter(|(before, _)| *before >= time) {
            let message = format!("a trace runs forward: {time} does not come after {before}");
            return cx.error(Code::Conflict, item.at, message);
        }
        levels.push((time, level));
    }
    // The first level holds from the start on; those after the end never come.
    let mut reached = levels.iter().enumerate().filter(|(n, (at, _))| *n == 0 || length.is_none_or(|end| *at < end));
    if reached.all(|(_, (_, level))| *level == Share::NONE) {
        return cx.error(
            Code::BadInject,
            node.at,
            "as long as the inject lasts, this trace is at 0%: nothing would be hit",
        );
    }
    Some(levels)
}

/// `first` and `every` among the keys of a fault.
pub(super) fn pick(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Pick> {
    let params = &mut Params::of(fields, Param::AIM);
    let first = params.read_or(cx, "first", None, |cx, node, param| params::count(cx, node, param).map(Some));
    let every = params.read_or(cx, "every", None, |cx, node, param| params::count(cx, node, param).map(Some));
    Some(Pick { first: first?, every: every? })
}

/// What a chance is drawn for.
pub(super) fn per(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Per> {
    let words = [("unit", Per::Unit), ("connection", Per::Connection)];
    let params = &mut Params::of(fields, Param::AIM);
    if let (Some(per), None) = (params.entry("per"), params.entry("chance")) {
        let hint = "write `chance: 20%` beside it".to_owned();
        return cx.hinted(Code::Missing, per.at, "`per` says what a chance is drawn for, and there is none", hint);
    }
    params.read(cx, "per", params::word(&words, &[]))
}
