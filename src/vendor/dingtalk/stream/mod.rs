//! Stream mode: pushes over a WebSocket that the client opens. Both sides of it.
//!
//! A client exchanges its key and secret for a ticket, opens a WebSocket with it, and acknowledges each frame.

mod frames;
mod heard;

use std::borrow::Cow;

use hyper::{Request, Response, StatusCode, Uri};
use serde::{Deserialize, Serialize};

use super::super::head::plain_parameter;
use super::super::{Answer, Body, Head, Identity, answer, post};
use super::group::encoded;
use super::read::unread;
use super::refusal::No;
use super::robot::read;
use super::{host, operation, text};
pub use frames::{BotMessage, Stamp, disconnect, event, message, ping};
pub use heard::{Acknowledged, Pushed, What, acknowledged, pushed};

use crate::plan::Edition;
use crate::units::Span;

/// How long a ticket is good for, and once.
pub const TICKET_LIFETIME: Span = Span::from_secs(90);
/// After so long without an acknowledgement a frame is pushed again.
pub const PUSHED_AGAIN: Span = Span::from_secs(60);
/// How long a connection may go on in silence after it was told to disconnect.
pub const DISCONNECT: Span = Span::from_secs(10);

/// The topic of messages to a robot.
const BOT: &str = "/v1.0/im/bot/messages/get";

/// What an opening asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    /// The app's key.
    pub client_id: String,
    /// What proves it.
    pub client_secret: String,
    /// What shall be pushed.
    #[serde(default)]
    pub subscriptions: Vec<Subscription>,
    #[serde(default)]
    ua: String,
}

/// Something that shall be pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// `EVENT` or `CALLBACK`.
    pub r#type: String,
    /// Which of them.
    pub topic: String,
}

/// Reads an opening.
///
/// # Errors
/// The platform's reason for not taking it.
pub fn read_open(body: &[u8]) -> Result<Open, No> {
    read(body)
}

impl Open {
    /// Whether messages to the robot shall be pushed.
    pub fn wants_messages(&self) -> bool {
        self.subscriptions.iter().any(|wish| wish.r#type == "CALLBACK" && wish.topic == BOT)
    }

    /// Whether events shall be pushed.
    pub fn wants_events(&self) -> bool {
        self.subscriptions.iter().any(|wish| wish.r#type == "EVENT")
    }
}

/// Where to connect, and with which ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The address, such as `wss://host/connect`.
    pub endpoint: String,
    /// The ticket.
    pub ticket: String,
}

/// The answer to an opening. `origin` is the scheme and host at which the client came in.
pub fn opened_answer(origin: &str, ticket: String) -> Response<Body> {
    answer(200, text(&Opening { endpoint: format!("{origin}{}", operation::STREAM), ticket }))
}

/// The ticket with which a connection is asked for.
pub fn ticket(head: &impl Head) -> Option<String> {
    plain_parameter(head.query(), "ticket").map(Cow::into_owned)
}

/// The request that asks for a connection, for messages and events.
pub fn open_request(edition: Edition, identity: &Identity) -> Request<Body> {
    let wish = |kind: &str, topic: &str| Subscription { r#type: kind.into(), topic: topic.into() };
    let open = Open {
        client_id: identity.key.clone(),
        client_secret: identity.secret.clone(),
        subscriptions: vec![wish("EVENT", "*"), wish("CALLBACK", BOT)],
        ua: "firedrill".into(),
    };
    post(host(edition), Uri::from_static(operation::OPEN_STREAM), text(&open))
}

/// Where to connect.
///
/// # Errors
/// The answer as a no, or as one that cannot be read.
pub fn opening(status: StatusCode, body: &[u8]) -> Result<Opening, Answer> {
    let opening = serde_json::from_slice(body).ok().filter(|_| status == StatusCode::OK);
    opening.ok_or_else(|| unread(status, body))
}

impl Opening {
    /// Host and port of the address.
    pub fn authority(&self) -> Option<&str> {
        let (_, rest) = self.endpoint.split_once("://")?;
        rest.split(['/', '?']).next().filter(|authority| !authority.is_empty())
    }

    /// The request that makes the connection; `key` is the WebSocket key. `None` if the address is none.
    pub fn request(&self, key: &str) -> Option<Request<Body>> {
        let authority = self.authority()?;
        let (_, rest) = self.endpoint.split_once("://")?;
        let path = rest.strip_prefix(authority)?;
        let separator = if path.contains('?') { '&' } else { '?' };
        let target = format!("/{}{separator}ticket={}", path.trim_start_matches('/'), encoded(&self.ticket));
        let request = Request::get(target)
            .header("host", authority)
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", key);
        request.body(Body::default()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening_at(endpoint: &str) -> Opening {
        Opening { endpoint: endpoint.into(), ticket: "t/1+2".into() }
    }

    #[test]
    fn a_client_goes_where_it_is_told() {
        let answered = opened_answer("ws://127.0.0.1:8080", "t1".into());
        assert_eq!(answered.status(), StatusCode::OK);
        let opened = opening(StatusCode::OK, br#"{"endpoint":"ws://127.0.0.1:8080/connect","ticket":"t1"}"#);
        let opened = opened.expect("an opening");
        assert_eq!(opened.authority(), Some("127.0.0.1:8080"));
        let (head, _) = opened.request("key").expect("a request").into_parts();
        assert_eq!(ticket(&head).as_deref(), Some("t1"));
        assert_eq!(head.uri.path(), operation::STREAM);
    }

    #[test]
    fn a_ticket_is_encoded_and_an_address_may_have_a_query() {
        let request = opening_at("wss://host/connect?x=1").request("key").expect("a request");
        assert_eq!(request.uri(), "/connect?x=1&ticket=t%2F1%2B2");
        assert_eq!(ticket(&request.into_parts().0).as_deref(), Some("t/1+2"));
        assert!(opening_at("nowhere").request("key").is_none());
        let short = opening_at("wss://s/connect").request("key").expect("a request");
        assert_eq!(short.uri(), "/connect?ticket=t%2F1%2B2", "a host whose name stands in the scheme as well");
    }

    #[test]
    fn an_opening_says_what_it_wants() {
        let (_, body) = open_request(Edition::Lite, &Identity::default()).into_parts();
        let body = futures_util::FutureExt::now_or_never(http_body_util::BodyExt::collect(body)).expect("a full body");
        let open = read_open(&body.expect("never fails").to_bytes()).expect("an opening");
        assert!(open.wants_messages() && open.wants_events());
        let none = read_open(br#"{"clientId":"a","clientSecret":"b"}"#).expect("an opening");
        assert!(!none.wants_messages() && !none.wants_events());
    }

    #[test]
    fn a_no_to_an_opening_is_read() {
        let no = opening(StatusCode::BAD_REQUEST, br#"{"code":"invalidClientIdOrSecret"}"#);
        assert_eq!(no, Err(Answer::Refused("invalidClientIdOrSecret".into())));
    }
}
