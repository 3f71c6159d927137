//! A fault's own parameters.

mod later;
mod named;
mod place;

use super::cx::Cx;
use super::delay;
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Entry, Mark, Node};
use super::params::{self, Params};
use super::table::Table;
use crate::plan::{BodyEdit, Delay, Down, Dropped, Fault, Latency, Loss, LossModel, Param, ParamKind, Region};
use crate::units::{Share, Span};

pub(super) use later::LATER;

/// Reads the parameters of the fault called `name`, which is one of `Fault::DOCS`.
pub(super) fn read(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'_>,
    entry: &Entry,
    regions: &Table<'_, Region>,
) -> Option<Fault> {
    let doc = Fault::DOCS.iter().find(|doc| doc.name == entry.key)?;
    let params = &mut Params::of(fields, doc.params);
    let read = transport(cx, params, doc.name).or_else(|| named::read(cx, params, doc.name));
    read.or_else(|| place::read(cx, params, doc.name, entry.at, regions))
}

/// The faults of the way, then the others.
fn transport(cx: &mut Cx<'_>, params: &mut Params<'_, '_>, name: &str) -> Option<Fault> {
    match name {
        "latency" => latency(cx, params),
        "bandwidth" => {
            let rate = params.read(cx, "rate", params::quantity);
            let shared = params.read(cx, "shared", params::flag);
            rate.zip(shared).map(|(rate, shared)| Fault::Bandwidth { rate, shared })
        }
        "loss" => loss(cx, params),
        "slow_close" => params.read(cx, "delay", params::span).map(|delay| Fault::SlowClose { delay }),
        "timeout" => {
            let after = params.read_or(cx, "after", None, |cx, node, param| params::span(cx, node, param).map(Some));
            after.map(|after| Fault::Timeout { after })
        }
        "reset" => params.read(cx, "after", params::span).map(|after| Fault::Reset { after }),
        "slicer" => slicer(cx, params),
        "limit_data" => params.read(cx, "bytes", params::size).map(|bytes| Fault::LimitData { bytes }),
        "refuse" => Some(Fault::Refuse),
        "blackhole" => Some(Fault::Blackhole),
        "partition" => Some(Fault::Partition),
        "corrupt" => Some(Fault::Corrupt),
        _ => of_messages(cx, params, name),
    }
}

/// The faults that know requests, answers and frames.
fn of_messages(cx: &mut Cx<'_>, params: &mut Params<'_, '_>, name: &str) -> Option<Fault> {
    match name {
        "status" => code(cx, params).map(|code| Fault::Status { code }),
        "throttle" => params.read(cx, "retry_after", params::span).map(|retry_after| Fault::Throttle { retry_after }),
        "drop_reply" => {
            let words = [("silence", Dropped::Silence), ("close", Dropped::Close)];
            params.read(cx, "how", params::word(&words, &[])).map(|how| Fault::DropReply { how })
        }
        "duplicate" => Some(Fault::Duplicate),
        "reorder" => params.read(cx, "by", params::span).map(|by| Fault::Reorder { by }),
        "body" => body(cx, params),
        "websocket_drop" => websocket_drop(cx, params),
        "push_delay" => delay::one(cx, params, "the delay").map(|(delay, node)| {
            something(cx, node, &delay, Span::ZERO);
            Fault::PushDelay(delay)
        }),
        "silent_loss" => Some(Fault::SilentLoss),
        "dlp_slow" => delay::one(cx, params, "the delay").map(|(delay, node)| {
            something(cx, node, &delay, Span::ZERO);
            Fault::DlpSlow(delay)
        }),
        "dlp_down" => params.read(cx, "how", params::word(&Down::ALL, &[])).map(|how| Fault::DlpDown { how }),
        _ => None,
    }
}

fn latency(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<Fault> {
    let delay = delay::one(cx, params, "the latency");
    let jitter = params.read(cx, "jitter", params::span);
    let correlation = params.read(cx, "correlation", params::quantity);
    if let (Some(entry), Some(Span::ZERO)) = (params.entry("correlation"), jitter) {
        let hint = "write `jitter: 20ms` beside it".to_owned();
        return cx.hinted(Code::Missing, entry.at, "`correlation` of which jitter?", hint);
    }
    let ((delay, node), jitter) = (delay?, jitter?);
    something(cx, node, &delay, jitter);
    Some(Fault::Latency(Latency { delay, jitter, correlation: correlation? }))
}

/// A delay of nothing hits nothing: allowed, as a drill that shows it, and a lint.
fn something(cx: &mut Cx<'_>, node: &Node, delay: &Delay, jitter: Span) {
    let nothing = match delay {
        Delay::Constant(span) => span.is_zero(),
        Delay::Table(spans) => spans.iter().all(|span| span.is_zero()),
        Delay::Normal { mean, sd } => mean.is_zero() && sd.is_zero(),
        Delay::Lognormal { median, .. } => median.is_zero(),
        Delay::Pareto { .. } => false,
    };
    if nothing && jitter.is_zero() {
        cx.lint(Code::NeverHits, node.at, "a delay of nothing hits nothing", None);
    }
}

fn loss(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<Fault> {
    let model = params.one_of(cx, "`loss`").and_then(|(entry, param)| {
        if let ParamKind::Map(table) = param.kind {
            return gilbert_elliott(cx, &entry.value, entry.at, table);
        }
        let share: Share = params::quantity(cx, &entry.value, param)?;
        some_loss(cx, entry.value.at, &[share])?;
        Some(LossModel::Random(share))
    });
    let rto = params.read(cx, "rto", params::span);
    Some(Fault::Loss(Loss { model: model?, rto: rto? }))
}

fn gilbert_elliott(cx: &mut Cx<'_>, node: &Node, at: Mark, table: &'static [Param]) -> Option<LossModel> {
    let mut fields = Fields::of(cx, node, "`gilbert_elliott`", at)?;
    let mut read = |cx: &mut Cx<'_>, key| Params::of(&mut fields, table).read::<Share>(cx, key, params::quantity);
    let (to_bad, to_good) = (read(cx, "to_bad"), read(cx, "to_good"));
    let (good, bad) = (read(cx, "good"), read(cx, "bad"));
    fields.finish(cx);
    let (to_bad, to_good, good, bad) = (to_bad?, to_good?, good?, bad?);
    // Lost is something in the good state, or in the bad one if it is ever reached.
    some_loss(cx, at, &[good, if to_bad == Share::NONE { Share::NONE } else { bad }])?;
    Some(LossModel::GilbertElliott { to_bad, to_good, good, bad })
}

fn some_loss(cx: &mut Cx<'_>, at: Mark, shares: &[Share]) -> Option<()> {
    if shares.iter().all(|share| *share == Share::NONE) {
        return cx.error(Code::BadInject, at, "with these shares nothing would ever be lost");
    }
    Some(())
}

fn slicer(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<Fault> {
    let size = params.read(cx, "size", params::size);
    let variation = params.read(cx, "variation", params::size);
    let pause = params.read(cx, "pause", params::span);
    let (size, variation) = (size?, variation?);
    if let Some(entry) = params.entry("variation").filter(|_| variation >= size) {
        let message = format!("`variation` is less than `size`, {size}: a slice has at least one byte");
        return cx.error(Code::OutOfRange, entry.value.at, message);
    }
    Some(Fault::Slicer { size, variation, pause: pause? })
}

fn body(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<Fault> {
    let (entry, param) = params.one_of(cx, "`body`")?;
    let edit = match param.name {
        "replace" => BodyEdit::Replace(params::text(cx, &entry.value, param)?),
        _ => BodyEdit::Truncate(params::size(cx, &entry.value, param)?),
    };
    Some(Fault::Body(edit))
}

fn code(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<u16> {
    params.read(cx, "code", params::count).and_then(|code| u16::try_from(code).ok())
}

fn websocket_drop(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<Fault> {
    let code = code(cx, params)?;
    // RFC 6455, 7.4.1: they stand for what was seen, and are never sent.
    if let (1_005 | 1_006 | 1_015, Some(entry)) = (code, params.entry("code")) {
        let hint = "write 1001 (going away), 1011 (internal error) or 1012 (restart)".to_owned();
        return cx.hinted(Code::OutOfRange, entry.value.at, format!("no close frame may carry the code {code}"), hint);
    }
    Some(Fault::WebsocketDrop { code })
}
