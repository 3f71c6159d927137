//! How a drill hears that messages were received.

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::gateways;
use super::node::{Mark, Node, Value};
use super::scenario::Parts;
use super::{service, wire};
use crate::plan::{EndpointKind, Poll, Push, Receipts};
use crate::units::Span;

/// A way, with what is asked on it.
pub(super) struct Read {
    pub(super) way: Receipts,
    /// What recipients ask a service by scenario.
    pub(super) poll: Option<Poll>,
    /// What comes to recipients of a service by scenario.
    pub(super) push: Option<Push>,
}

impl From<Receipts> for Read {
    fn from(way: Receipts) -> Self {
        Self { way, poll: None, push: None }
    }
}

/// The words for the ways.
const WORDS: [(&str, Receipts); 7] = [
    ("inbox", Receipts::Inbox),
    ("acceptance", Receipts::Acceptance),
    ("stream", Receipts::Stream),
    ("notification", Receipts::Notification),
    ("sync", Receipts::Sync),
    ("ledger", Receipts::Ledger { every: Receipts::READ_EVERY }),
    ("read_status", Receipts::ReadStatus { every: Receipts::ASKED_EVERY }),
];

/// How the drill hears of receipts: by the inbox of a twin, and from a real service not at all, unless something else is written.
pub(super) fn read(cx: &mut Cx<'_>, fields: &mut Fields<'_>, kind: Option<&EndpointKind>, real: bool) -> Option<Read> {
    let Some(node) = fields.take("receipts") else {
        let own = match kind {
            Some(EndpointKind::Wire(_) | EndpointKind::Gateway(_) | EndpointKind::Documents(_)) => Receipts::Acceptance,
            Some(EndpointKind::Erp(_)) => Receipts::Ledger { every: Receipts::READ_EVERY },
            _ => Receipts::Inbox,
        };
        return Some(if real { Receipts::Acceptance } else { own }.into());
    };
    if matches!(kind, Some(EndpointKind::Gateway(_))) {
        let hint = "write `receipts` at the endpoints that it sends on to".to_owned();
        return cx.hinted(Code::Conflict, node.at, "nobody receives anything at a gateway", hint);
    }
    let told = way(cx, node, kind)?;
    let receipts = told.way;
    if kind.is_some_and(|kind| !receipts.are_of(kind)) {
        return foreign(cx, node.at, receipts, kind);
    }
    match receipts {
        Receipts::Inbox if real => {
            let hint = "write `receipts: acceptance`, or one of the platform's own ways".to_owned();
            cx.hinted(Code::Conflict, node.at, "only a twin has an inbox, and `url` names a real service", hint)
        }
        Receipts::Notification if real => {
            let message = "a real service calls back over https at a public address, which a drill has not";
            cx.hinted(Code::Conflict, node.at, message, "write `receipts: acceptance`, or leave it out".to_owned())
        }
        _ => Some(told),
    }
}

fn way(cx: &mut Cx<'_>, node: &Node, kind: Option<&EndpointKind>) -> Option<Read> {
    if matches!(node.value, Value::Word(_)) {
        return cx.choice(node, "way of receipts", &WORDS, &[]).map(Read::from);
    }
    let mut fields = Fields::of(cx, node, "`receipts`", node.at)?;
    if let Some(poll) = fields.entry("poll") {
        fields.take("read_status");
        fields.take("push");
        fields.finish(cx);
        let (poll, every) = service::poll(cx, poll, kind)?;
        return Some(Read { way: Receipts::Poll { every }, poll: Some(poll), push: None });
    }
    if let Some(push) = fields.entry("push") {
        fields.take("read_status");
        fields.finish(cx);
        return Some(Read { way: Receipts::Push, poll: None, push: Some(wire::push(cx, push)?) });
    }
    if let Some(ledger) = fields.entry("ledger") {
        fields.take("read_status");
        fields.finish(cx);
        let every = every(cx, &ledger.value, "`ledger`", Span::from_millis(100))?;
        return Some(Receipts::Ledger { every }.into());
    }
    let status = fields.need(cx, "read_status", "{ every: 30s }");
    fields.finish(cx);
    let every = every(cx, status?, "`read_status`", Span::from_secs(1))?;
    Some(Receipts::ReadStatus { every }.into())
}

/// How often is asked, at least so long apart.
fn every(cx: &mut Cx<'_>, node: &Node, what: &str, least: Span) -> Option<Span> {
    let mut fields = Fields::of(cx, node, what, node.at)?;
    let every = fields.need(cx, "every", "30s");
    fields.finish(cx);
    let every = every?;
    let span: Span = cx.quantity(every, "the time between questions")?;
    if span < least {
        let often = if least == Span::from_secs(1) { "a second".to_owned() } else { format!("in {least}") };
        let message = format!("the platform is asked at most once {often}, not every {span}");
        return cx.error(Code::OutOfRange, every.at, message);
    }
    Some(span)
}

fn foreign(cx: &mut Cx<'_>, at: Mark, receipts: Receipts, kind: Option<&EndpointKind>) -> Option<Read> {
    if matches!(kind, Some(EndpointKind::Wire(_))) {
        let hint = "write `receipts: { push: { … } }`, or `acceptance`".to_owned();
        return cx.hinted(Code::Conflict, at, "a service that speaks in frames pushes, or tells nothing", hint);
    }
    let (message, ways) = match receipts {
        _ if matches!(kind, Some(EndpointKind::Erp(_))) => {
            let hint = "write `ledger` or `acceptance`".to_owned();
            return cx.hinted(Code::Conflict, at, "an ERP has a ledger and nothing else that tells", hint);
        }
        _ if matches!(kind, Some(EndpointKind::Documents(_))) => {
            let hint = "leave `receipts` out: a journey with `send: read` shows who sees what".to_owned();
            return cx.hinted(Code::Conflict, at, "a store of documents tells nobody what has changed", hint);
        }
        Receipts::Ledger { .. } => ("only an ERP has a ledger", "another way"),
        _ if matches!(kind, Some(EndpointKind::Http(_))) => ("this way is of a platform", "`poll`"),
        _ if kind == Some(&EndpointKind::Matrix) => ("this way is of another platform", "`sync`"),
        Receipts::Sync => ("only Matrix has a `/sync`", "another way"),
        Receipts::Notification => ("DingTalk has no change notifications", "`stream`, `read_status`"),
        Receipts::Poll { .. } => ("only a service by scenario (`kind: http`) is polled", "another way"),
        Receipts::Push => ("only services by scenario that speak in frames (`websocket`, `tcp`) push", "another way"),
        Receipts::Stream => ("only DingTalk has a Stream mode", "`notification`"),
        _ => ("only DingTalk says who has read a message", "`notification`"),
    };
    cx.hinted(Code::Conflict, at, message, format!("write {ways}, `inbox` or `acceptance`"))
}

/// A read status that cannot show a receipt before the deadline.
pub(super) fn too_late(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, journey) in parts.journeys.read() {
        let ways = journey.routes.iter().map(|route| route.endpoint);
        for id in ways.flat_map(|id| [vec![id], gateways::beyond(parts, id)].concat()) {
            let Some(endpoint) = parts.endpoints.get(id.index()) else { continue };
            let (every, asks, key, rest) = match endpoint.receipts {
                Receipts::ReadStatus { every } => (every, "asks for the read status at", "read_status", ""),
                Receipts::Ledger { every } => (every, "has its receipts from", "ledger", ""),
                Receipts::Poll { every } => (every, "has its receipts from", "poll", ", …"),
                _ => continue,
            };
            if !endpoint.receipts.tell_of(journey.send) || every < journey.deadline {
                continue;
            }
            let message = format!(
                "`{}` {asks} `{}` every {every}, so no receipt can be seen within the deadline of {}",
                row.name, endpoint.name, journey.deadline
            );
            let hint = format!("ask more often (`receipts: {{ {key}: {{ every: 1s{rest} }} }}`), or take another way");
            cx.lint(Code::LateReceipts, row.at, message, hint);
        }
    }
}
