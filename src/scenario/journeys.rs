//! The business traffic: who sends what to whom, how often, and by which routes.

use super::arms;
use super::content;
use super::cx::{Cx, Words};
use super::diagnostic::Code;
use super::documents;
use super::failover;
use super::fields::Fields;
use super::language::{PER_ACCOUNT, RETRY};
use super::node::{Entry, Node, Value};
use super::params::{self, Params};
use super::phases;
use super::rate::{self, Over};
use super::table::{Row, Table, check_name, id};
use crate::limits;
use crate::plan::{
    Arrival, Capability, Detector, Endpoint, Group, Journey, Pace, Param, PerAccount, Phase, Recipients, Recorded,
    Retry, Route,
};
use crate::units::{EndpointId, GroupId, JourneyId, Span};

/// What a journey refers to.
pub(super) struct Around<'t, 'n> {
    pub(super) endpoints: &'t Table<'n, Endpoint>,
    pub(super) groups: &'t Table<'n, Group>,
    pub(super) phases: &'t Table<'n, Phase>,
    /// The shortest phase, by which the outage detector's window is bounded.
    pub(super) shortest_phase: Span,
}

/// The journeys, and the control arms of those that have one.
pub(super) fn read<'n>(
    cx: &mut Cx<'_>,
    node: Option<&'n Node>,
    around: &Around<'_, '_>,
) -> (Table<'n, Journey>, Vec<Journey>) {
    let mut table = Table::names(cx, node, "journey", limits::PARTS);
    let mut controls = Vec::new();
    table.fill(|row, index| {
        let (journey, control) = journey(cx, row, around)?;
        controls.extend(control.map(|control| Journey { control_of: Some(JourneyId(id(index))), ..control }));
        Some(journey)
    });
    arms::distinct(cx, &table, &controls);
    (table, controls)
}

/// A journey, and its control arm if it has one.
fn journey(cx: &mut Cx<'_>, row: &Row<'_, Journey>, around: &Around<'_, '_>) -> Option<(Journey, Option<Journey>)> {
    let mut fields = Fields::of(cx, row.node, format!("journey `{}`", row.name), row.at)?;
    let from = fields.need(cx, "from", "purchasing").and_then(|node| around.groups.named(cx, node));
    let send = match fields.take("send") {
        Some(node) => cx.choice(node, "kind of message", SENT, LATER),
        None => Some(Capability::Chat),
    };
    // What is done with a document is addressed to nobody else.
    let to = match fields.entry("to") {
        None if send.is_some_and(Capability::is_of_documents) => from.map(|from| Recipients::One(GroupId(id(from)))),
        _ => fields.need(cx, "to", "factory").and_then(|node| recipients(cx, node, around)),
    };
    let drill = phases::total(around.phases);
    let over = drill.map(|drill| Over { phases: around.phases, drill });
    let rate = fields.need(cx, "rate", "2/s").and_then(|node| rate::read(cx, node, &row.name, over));
    let arrival = arrival(cx, &mut fields, rate.as_ref());
    let arms = rate.zip(from.zip(to)).and_then(|(rate, people)| arms::rates(cx, row, rate, (people, around, over)));
    let deadline = fields.need(cx, "deadline", "5s").and_then(|node| positive(cx, node, "the deadline"));
    let timeout = match fields.take("timeout") {
        Some(node) => positive(cx, node, "the timeout"),
        None => deadline,
    };
    let text = content::read(cx, &mut fields);
    let class = fields.entry("class").and_then(|entry| class(cx, &entry.value));
    let routes = fields.need(cx, "routes", "[dingtalk]").and_then(|node| routes(cx, node, timeout, around));
    let failover = fields.entry("failover").map(|entry| {
        let parties = from.zip(to.as_ref()).map(|(from, to)| [GroupId(id(from)), to.group()]);
        let rate = arms.as_ref().map(|arms| arms.exposed.mean);
        let of = failover::Of {
            name: &row.name,
            rate,
            routes: routes.as_ref().map(Vec::len),
            parties,
            groups: around.groups,
        };
        failover::read(cx, entry, &of)
    });
    let editing = documents::editing(cx, &mut fields, send, routes.as_deref());
    let retry = fields.entry("retry").map_or(Some(None), |entry| retry(cx, entry).map(Some));
    let per_account = fields.entry("per_account").map_or(Some(PerAccount::default()), |entry| per_account(cx, entry));
    expect(cx, &mut fields);
    let derive = |rate: &rate::Read| Detector::derive(rate.gap, around.shortest_phase);
    let derived = arms.as_ref().map(|arms| arms.both().map(derive).collect());
    let detectors = detectors(cx, &mut fields, &row.name, derived);
    fields.finish(cx);
    if failover.as_ref().is_some_and(Option::is_none) || (editing.is_none() && send?.is_of_documents()) {
        return None;
    }
    let (from, arms, routes, detectors, text) = (from?, arms?, routes?, detectors?, text?);
    let whole = Journey {
        name: row.name.clone(),
        from: GroupId(id(from)),
        to: to?,
        send: send?,
        slots: 1,
        rate: arms.exposed.pace.clone(),
        arrival: arrival?,
        deadline: deadline?,
        bytes: text.bytes,
        class,
        corpus: text.corpus,
        editing,
        routes,
        failover: failover.flatten(),
        retry: retry?,
        per_account: per_account?,
        detector: *detectors.first()?,
        control_of: None,
    };
    Some(arms.split(whole, detectors.last(), (around.groups.get(from)?, drill.unwrap_or(Span::MAX))))
}

fn class(cx: &mut Cx<'_>, node: &Node) -> Option<String> {
    let class = cx.word(node, "the class of data")?;
    check_name(cx, class, node.at, "class of data").map(|()| class.to_owned())
}

/// What journeys will send one day.
const LATER: &[&str] = &["call", "file", "document", "mail"];

/// What they can send now.
const SENT: Words<'static, Capability> = &Capability::words(Capability::SENT);

/// A duration above zero.
pub(super) fn positive(cx: &mut Cx<'_>, node: &Node, what: &str) -> Option<Span> {
    let span: Span = cx.quantity(node, what)?;
    if span.is_zero() {
        return cx.error(Code::OutOfRange, node.at, format!("{what} is longer than nothing"));
    }
    Some(span)
}

fn recipients(cx: &mut Cx<'_>, node: &Node, around: &Around<'_, '_>) -> Option<Recipients> {
    if matches!(node.value, Value::Word(_)) {
        return around.groups.named(cx, node).map(|group| Recipients::One(GroupId(id(group))));
    }
    if let Value::List(_) = node.value {
        let hint = "write `to: GROUP` for one of a group each time, or `to: { all: GROUP }` for all of it";
        return cx.hinted(Code::WrongKind, node.at, "a journey goes to one group", hint.to_owned());
    }
    let mut fields = Fields::of(cx, node, "`to`", node.at)?;
    let all = fields.need(cx, "all", "factory").and_then(|node| around.groups.named(cx, node));
    fields.finish(cx);
    all.map(|group| Recipients::All(GroupId(id(group))))
}

fn routes(cx: &mut Cx<'_>, node: &Node, timeout: Option<Span>, around: &Around<'_, '_>) -> Option<Vec<Route>> {
    let items = node.items();
    if items.is_empty() {
        return cx.error(Code::Missing, node.at, "a journey has at least one route");
    }
    if let Some(over) = items.get(limits::ROUTES) {
        return cx.error(Code::OutOfRange, over.at, format!("a journey has at most {} routes", limits::ROUTES));
    }
    let mut routes: Vec<Option<Route>> = Vec::new();
    for item in items {
        let route = route(cx, item, timeout, around);
        let endpoint = route.as_ref().map(|route| route.endpoint);
        if endpoint.is_some() && routes.iter().flatten().any(|other| Some(other.endpoint) == endpoint) {
            cx.error::<()>(Code::Conflict, item.at, "this endpoint is already a route of this journey");
        }
        routes.push(route);
    }
    routes.into_iter().collect()
}

fn route(cx: &mut Cx<'_>, node: &Node, timeout: Option<Span>, around: &Around<'_, '_>) -> Option<Route> {
    let (endpoint, timeout) = if matches!(node.value, Value::Map(_)) {
        let mut fields = Fields::of(cx, node, "a route", node.at)?;
        let endpoint = fields.need(cx, "endpoint", "dingtalk").and_then(|node| around.endpoints.named(cx, node));
        let timeout = match fields.take("timeout") {
            Some(node) => positive(cx, node, "the timeout"),
            None => timeout,
        };
        fields.finish(cx);
        (endpoint, timeout)
    } else {
        (around.endpoints.named(cx, node), timeout)
    };
    // A missing deadline is reported once, at the journey; its routes are still known.
    Some(Route { endpoint: EndpointId(id(endpoint?)), timeout: timeout.unwrap_or(Span::from_secs(1)) })
}

/// How due moments are spaced; recorded ones are, as they were.
fn arrival(cx: &mut Cx<'_>, fields: &mut Fields<'_>, rate: Option<&rate::Read>) -> Option<Arrival> {
    let arrivals = [("constant", Arrival::Constant), ("poisson", Arrival::Poisson)];
    let Some(node) = fields.take("arrival") else { return Some(Arrival::default()) };
    let arrival = cx.choice(node, "kind of arrival", &arrivals, &[])?;
    let recorded = rate.is_some_and(|rate| matches!(rate.pace, Pace::Recorded(Recorded::Moments(_))));
    if recorded && arrival == Arrival::Poisson {
        return cx.error(Code::Conflict, node.at, "recorded moments are due when they were, not as a Poisson process");
    }
    Some(arrival)
}

/// How what was not acknowledged is tried again.
fn retry(cx: &mut Cx<'_>, entry: &Entry) -> Option<Retry> {
    let mut fields = Fields::of(cx, &entry.value, "`retry`", entry.at)?;
    let params = &mut Params::of(&mut fields, RETRY);
    let times = params.read(cx, "times", |cx, node, param| u32::try_from(params::count(cx, node, param)?).ok());
    let after = params.read(cx, "after", params::span);
    let most = params.read(cx, "most", params::span);
    fields.finish(cx);
    let (times, after, most) = (times?, after?, most?);
    if most < after {
        let message = format!("the longest pause, {most}, is shorter than the first, {after}");
        return cx.error(Code::OutOfRange, entry.at, message);
    }
    Some(Retry { times, after, most })
}

/// What each sender can do at a time.
fn per_account(cx: &mut Cx<'_>, entry: &Entry) -> Option<PerAccount> {
    let mut fields = Fields::of(cx, &entry.value, "`per_account`", entry.at)?;
    let params = &mut Params::of(&mut fields, PER_ACCOUNT);
    let many = |cx: &mut Cx<'_>, node: &Node, param: &Param| {
        let count = params::count(cx, node, param)?;
        Some(u32::try_from(count).ok())
    };
    let in_flight = params.read_or(cx, "in_flight", None, many);
    let connections = params.read_or(cx, "connections", None, many);
    let think = params.read_or(cx, "think", Span::ZERO, params::span);
    fields.finish(cx);
    let (in_flight, think) = (in_flight?, think?);
    // Who thinks between two messages does one at a time, unless it is said otherwise.
    let in_flight = in_flight.or_else(|| (!think.is_zero()).then_some(1));
    Some(PerAccount { in_flight, connections: connections?, think })
}

fn expect(cx: &mut Cx<'_>, fields: &mut Fields<'_>) {
    if let Some(node) = fields.take("expect") {
        cx.choice(node, "kind of answer", &[("accepted", ())], &["refused"]);
    }
}

/// The outage detectors of the arms: what is not written is derived from rate and phases.
fn detectors(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'_>,
    name: &str,
    derived: Option<Vec<Detector>>,
) -> Option<Vec<Detector>> {
    let Some(entry) = fields.entry("detector") else { return derived };
    let mut fields = Fields::of(cx, &entry.value, format!("the detector of journey `{name}`"), entry.at)?;
    let mut detectors = derived;
    let mut bad = false;
    let mut set = |read: Option<()>| bad |= read.is_none();
    if let Some(node) = fields.take("window") {
        set(positive(cx, node, "the window").map(|span| detectors.iter_mut().flatten().for_each(|to| to.window = span)));
    }
    if let Some(node) = fields.take("hold_up") {
        set(positive(cx, node, "hold_up").map(|span| detectors.iter_mut().flatten().for_each(|to| to.hold_up = span)));
    }
    if let Some(node) = fields.take("m_up") {
        let most = u64::from(u32::MAX);
        let m_up = cx.count(node, "m_up", 1, most).and_then(|n| u32::try_from(n).ok());
        set(m_up.map(|n| detectors.iter_mut().flatten().for_each(|to| to.m_up = n)));
    }
    if let Some(node) = fields.take("down_ratio") {
        let ratio = cx.quantity(node, "down_ratio");
        set(ratio.map(|share| detectors.iter_mut().flatten().for_each(|to| to.down_ratio = share)));
    }
    fields.finish(cx);
    detectors.filter(|_| !bad)
}
