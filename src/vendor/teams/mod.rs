//! Microsoft Teams: chats, channels, meetings and calendars over Graph, change notifications, incoming webhooks, and Entra, which gives
//! the tokens.
//!
//! Paths, bodies and codes follow Microsoft's own pages, published bodies of the real service, and what its SDKs were seen to send.
//! Stand-ins, which exist nowhere at Microsoft's: a conversation's id names its members, so that a twin needs no directory
//! ([`conversation`]); access and refresh tokens are opaque, and the identity token is not signed ([`entra`]).
//!
//! Not verified anywhere, and phrased here and nowhere else:
//! - the code inside the challenge by which a location policy refuses ([`refusal`]);
//! - what a person hears who may sign in but not send, and what a whole tenant hears that was shut ([`refusal`], [`entra`]);
//! - that a connector answers *every* no with 200 and a text: 400, 413, 429 and 500 were seen, 403 and 404 are ours ([`webhook`]);
//! - the codes of a workflow webhook for a fenced address, too many calls and an unknown workflow ([`webhook`]);
//! - that a second event with the same `transactionId` is answered with the first ([`meeting`]);
//! - the words of a locked meeting: Graph documents none;
//! - the status and code of "Resource not found for the segment", and that Graph says it before it looks at the token ([`refusal`]).
//!
//! Refusals carry neither `date` nor `timestamp`, since they are made without a clock.

pub mod conversation;
mod encode;
pub mod entra;
pub mod meeting;
pub mod message;
pub mod person;
mod place;
mod refusal;
pub mod subscription;
pub mod webhook;

use hyper::{Request, Response, StatusCode};
use serde::Deserialize;

use super::head::{decode, parameter};
use super::{Answer, Body, Form, Gathering, Head, Identity, Outgoing, answer, by_status, with_header};
use crate::plan::Capability;
use crate::units::Span;

use place::unknown_segment;
pub use place::{Every, Graph, Owner, Place, Room};
pub(super) use refusal::refusal;
pub use refusal::{graph_error, not_emulated};

/// Two messages a second for one app and tenant; every synthetic account is an app of its own.
pub const SEND_LIMIT: (u32, Span) = (2, Span::from_secs(1));

/// The one tenant of a twin.
pub const TENANT: &str = "fd000000-0000-4000-8000-000000000001";

/// What stands behind a user's name in addresses of people: `anna@firedrill.example`.
const DOMAIN: &str = "@firedrill.example";

/// Graph's host.
pub const HOST: &str = "graph.microsoft.com";

#[derive(Deserialize)]
struct Sent {
    id: String,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorCode,
}

#[derive(Deserialize)]
struct ErrorCode {
    code: String,
}

pub(super) fn identity(name: &str) -> Identity {
    Identity {
        user: name.into(),
        key: format!("{}{name}", entra::LASTING),
        secret: String::new(),
        webhook: format!("fd-webhook-{name}"),
    }
}

/// The address of a person.
pub fn address_of(user: &str) -> String {
    format!("{user}{DOMAIN}")
}

/// The name by which a user signs in: his address, which the id of a real one may be already.
pub(super) fn sign_in_name(user: &str) -> String {
    if user.contains('@') { user.to_owned() } else { address_of(user) }
}

/// The user behind an id or an address.
pub fn user_of(name: &str) -> &str {
    name.strip_suffix(DOMAIN).unwrap_or(name)
}

pub(super) fn capability(head: &impl Head) -> Capability {
    let method = head.method();
    match Place::of(head.path()) {
        Place::Token => Capability::Login,
        Place::Discovery { .. } | Place::Instance | Place::Keys | Place::Realm { .. } => Capability::Metadata,
        Place::Connector { .. } | Place::Flow { .. } => Capability::Webhook,
        Place::Graph(graph) => of_graph(method, graph),
        Place::Nowhere => Capability::Other,
    }
}

fn of_graph(method: &str, graph: Graph<'_>) -> Capability {
    match graph {
        Graph::Messages(Room::Chat(_)) if method == "POST" => Capability::Chat,
        Graph::Messages(_) | Graph::Replies(..) if method == "POST" => Capability::Group,
        Graph::Messages(_)
        | Graph::Message(..)
        | Graph::Replies(..)
        | Graph::AllMessages(_)
        | Graph::Subscriptions
        | Graph::Subscription(_)
        | Graph::Reauthorization(_) => Capability::Receive,
        Graph::Meetings(_) | Graph::Meeting(..) | Graph::Calls => Capability::Meeting,
        Graph::Events(_) | Graph::Event(..) => Capability::Calendar,
        Graph::Profile(_) if method == "GET" => Capability::Directory,
        Graph::Profile(_) | Graph::Revocation(_) => Capability::Admin,
        Graph::Unknown => Capability::Other,
    }
}

/// The token in the head; a webhook's stands in its path.
pub(super) fn credential(head: &impl Head) -> Option<&str> {
    match Place::of(head.path()) {
        Place::Connector { webhook } | Place::Flow { webhook } => Some(webhook),
        _ => bearer(head),
    }
}

/// The token that a request to Graph carries.
pub fn bearer(head: &impl Head) -> Option<&str> {
    let (scheme, token) = head.header("authorization")?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

pub(super) fn form(head: &impl Head) -> Form {
    match Place::of(head.path()) {
        Place::Connector { .. } => Form::Connector,
        Place::Flow { .. } => Form::Workflow,
        Place::Graph(_) | Place::Nowhere => Form::Graph(unknown_segment(head.path())),
        _ => Form::Entra,
    }
}

pub(super) fn send_request(message: &Outgoing<'_>) -> Request<Body> {
    match message.capability {
        Capability::Webhook => webhook::connector_request(message),
        Capability::Meeting => meeting::meeting_request(message),
        Capability::Calendar => meeting::event_request(message),
        _ => message::send_request(message),
    }
}

pub(super) fn read_answer(capability: Capability, status: StatusCode, body: &[u8]) -> Answer {
    if capability == Capability::Webhook {
        return webhook::read_answer(status, body);
    }
    if status.is_success() {
        return match serde_json::from_slice::<Sent>(body) {
            Ok(_) => Answer::Acknowledged { declined: Vec::new() },
            Err(_) => Answer::Unreadable(format!("{} without an id", status.as_str())),
        };
    }
    by_status(status, word(status, body))
}

/// The code of a no of Graph, or of whoever writes errors as it does.
fn word(status: StatusCode, body: &[u8]) -> String {
    serde_json::from_slice::<ErrorBody>(body).map_or_else(|_| status.as_str().to_owned(), |body| body.error.code)
}

pub(super) fn sent_id(capability: Capability, body: &[u8]) -> Option<String> {
    if capability == Capability::Webhook {
        return None;
    }
    serde_json::from_slice::<Sent>(body).ok().map(|sent| sent.id)
}

/// Codes after which a new token is asked for.
pub(super) fn is_about_token(code: &str) -> bool {
    code.contains("Authentication")
}

pub(super) fn gathering(head: &impl Head, body: &[u8]) -> Option<Gathering> {
    match Place::of(head.path()) {
        Place::Graph(graph) if head.method() == "POST" => meeting::gathering(graph, body),
        _ => None,
    }
}

/// The scheme and the host at which a client came in, for addresses that it is told: `host`, if it names none. A host without a port is one
/// of the platform's own names, which are reached by TLS, whoever ends it.
pub fn origin<'h>(head: &'h impl Head, by_tls: bool, host: &'h str) -> (&'static str, &'h str) {
    let host = head.header("host").filter(|host| !host.is_empty()).unwrap_or(host);
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    (if by_tls || !has_port { "https" } else { "http" }, host)
}

/// A number in the query of a request to Graph, whose name has a dollar sign, raw or encoded.
pub fn query_number(head: &impl Head, name: &'static str) -> Option<u64> {
    let encoded = || parameter(head.query(), &name.replace('$', "%24"));
    parameter(head.query(), name).or_else(encoded)?.parse().ok()
}

/// What stands in a path, without its percent-encoding.
pub fn decoded(part: &str) -> String {
    decode(part)
}

/// Graph's answer with something that it tells of.
pub fn json_answer(status: u16, body: String) -> Response<Body> {
    answer(status, body)
}

/// A JSON request to Graph, with a token.
fn graph_post(path: &str, token: &str, body: String) -> Request<Body> {
    // Built from parts without spaces or control characters; `/` is what a mistake would give, and a twin refuses it.
    let request = super::post(HOST, path.parse().unwrap_or_default(), body);
    with_header(request, "authorization", &format!("Bearer {token}"))
}

#[cfg(test)]
mod tests;
