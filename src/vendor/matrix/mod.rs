//! Matrix: messages into rooms, `/sync`, and logins with a password, over the client-server API, version 3.
//!
//! Paths, bodies and codes follow the specification (<https://spec.matrix.org/latest/client-server-api/>) and what Synapse 1.163, the
//! homeserver that most run, was seen to answer. Stand-ins, which exist on no homeserver: a room's id may name its members, so that nobody
//! has to make and join it first ([`room`]); ids of events and tokens count up.
//!
//! Where specification and Synapse leave words open, they are phrased in [`refusal`] and nowhere else:
//! - what an address hears that is not welcome: no homeserver knows countries, what stands before it says no in words of its own;
//! - that a deactivated account is told so at its login (the specification's `M_USER_DEACTIVATED`): Synapse says "Invalid username or
//!   password" there;
//! - what calls that were paid for and used up would be called.

mod answers;
mod messages;
mod place;
mod refusal;
pub mod room;
mod sync;

use std::borrow::Cow;

use hyper::{Method, Request, StatusCode};
use serde::Deserialize;

use super::head::{percent, plain_parameter};
use super::{Answer, Body, Form, Head, Identity, Outgoing, Token, by_status, json, post, with_header};
use crate::plan::Capability;
use crate::units::Span;

pub use answers::{
    Given, filter_answer, flows_answer, given_answer, members_answer, nothing, room_answer, rooms_answer, sent_answer,
    versions_answer, who_answer,
};
pub use messages::{Page, Stretch, messages_answer, messages_request, page};
pub use place::Place;
pub(super) use refusal::refusal;
pub use refusal::{error, not_emulated};
pub use sync::{Event, HOLD, RoomNews, Said, Synced, Wanted, sync_answer, sync_request, synced};

/// The name of a twin's homeserver, which ends every id of it.
pub const SERVER: &str = "firedrill.example";

/// What is addressed where nobody says otherwise.
const HOST: &str = "matrix.firedrill.example";

/// How long a token is good for whose answer does not say: until it is taken back. Ten years, so that no sum overflows.
const FOR_EVER: Span = Span::from_secs(10 * 365 * 86_400);

/// The answer to a login, as far as a client reads it.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in_ms: Option<u64>,
}

/// Who wants to log in, and by what.
#[derive(Deserialize)]
struct Login {
    #[serde(rename = "type")]
    by: String,
    #[serde(default)]
    identifier: Option<Identifier>,
    /// The user as older clients name him.
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    device_id: Option<String>,
}

#[derive(Deserialize)]
struct Identifier {
    #[serde(default)]
    user: Option<String>,
}

/// A login with a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The user, by his id or the part of it before the colon.
    pub user: String,
    /// What proves that it is he.
    pub password: String,
    /// The device that he says he has.
    pub device: Option<String>,
}

#[derive(Deserialize)]
struct Sent {
    event_id: String,
}

#[derive(Deserialize)]
struct No {
    errcode: String,
}

/// A message that is to be sent, as far as a twin reads it.
#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    body: Cow<'a, str>,
    #[serde(borrow)]
    #[expect(dead_code, reason = "it has to be there")]
    msgtype: Cow<'a, str>,
}

pub(super) fn identity(name: &str) -> Identity {
    Identity {
        user: name.into(),
        key: name.into(),
        secret: format!("fd-password-{name}"),
        // Where it stands for a room, it is the one that is named; else the room follows from the members.
        webhook: String::new(),
    }
}

/// The id of a user: `@anna:firedrill.example`. The id of a real one is it already.
pub fn user_id(user: &str) -> String {
    if user.contains(':') { user.to_owned() } else { format!("@{user}:{SERVER}") }
}

/// The user behind an id, or a name, of a twin's.
pub fn user_of(id: &str) -> &str {
    let local = id.strip_prefix('@').and_then(|id| id.strip_suffix(SERVER)?.strip_suffix(':'));
    local.unwrap_or(id)
}

pub(super) fn capability(head: &impl Head) -> Capability {
    match Place::of(head.path()) {
        Place::Login if head.method() == "POST" => Capability::Login,
        Place::Login | Place::Versions | Place::Discovery => Capability::Metadata,
        Place::Send { .. } => Capability::Chat,
        Place::Sync | Place::Messages { .. } | Place::Filter => Capability::Receive,
        Place::Members { .. } | Place::Joined | Place::WhoAmI | Place::Profile => Capability::Directory,
        Place::Admin => Capability::Admin,
        _ => Capability::Other,
    }
}

/// The token in the head; in the query, where older clients put it.
pub(super) fn credential(head: &impl Head) -> Option<Cow<'_, str>> {
    bearer(head).map(Cow::Borrowed).or_else(|| plain_parameter(head.query(), "access_token"))
}

fn bearer(head: &impl Head) -> Option<&str> {
    let (scheme, token) = head.header("authorization")?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The token of a request.
pub fn token(head: &impl Head) -> Option<Cow<'_, str>> {
    credential(head).filter(|token| !token.is_empty())
}

pub(super) fn form(head: &impl Head) -> Form {
    if Place::of(head.path()) == Place::Login { Form::SignIn } else { Form::Present }
}

/// The request that gives a token for a password; `None` for whoever has a token already.
pub(super) fn login_request(identity: &Identity) -> Option<Request<Body>> {
    if identity.secret.is_empty() {
        return None;
    }
    let mut body = String::from("{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id.user\",\"user\":");
    json::string(&mut body, &identity.key);
    body.push_str("},\"password\":");
    json::string(&mut body, &identity.secret);
    body.push_str(",\"initial_device_display_name\":\"firedrill\"}");
    Some(post(HOST, hyper::Uri::from_static("/_matrix/client/v3/login"), body))
}

pub(super) fn login_answer(status: StatusCode, body: &[u8]) -> Result<Token, Answer> {
    if !status.is_success() {
        return Err(by_status(status, word(status, body)));
    }
    let granted = serde_json::from_slice::<Granted>(body)
        .map_err(|_| Answer::Unreadable(format!("{} without a token", status.as_str())))?;
    Ok(Token {
        text: granted.access_token,
        lifetime: granted.expires_in_ms.map_or(FOR_EVER, |ms| Span::from_millis(ms).min(FOR_EVER)),
    })
}

pub(super) fn login_key(body: &[u8]) -> Option<String> {
    let login = serde_json::from_slice::<Login>(body).ok()?;
    login.identifier.and_then(|who| who.user).or(login.user)
}

/// Reads a login.
///
/// # Errors
/// The no to whatever is none with a password: a status, the code and the reason.
pub fn read_login(body: &[u8]) -> Result<SignIn, (u16, &'static str, String)> {
    let login = serde_json::from_slice::<Login>(body)
        .map_err(|_| (400, "M_BAD_JSON", "Missing or broken JSON key: type".to_owned()))?;
    if login.by != "m.login.password" {
        return Err((400, "M_UNKNOWN", format!("Unknown login type {}", login.by)));
    }
    let user = login.identifier.and_then(|who| who.user).or(login.user);
    match (user, login.password) {
        (Some(user), Some(password)) => Ok(SignIn { user, password, device: login.device_id }),
        (None, _) => Err((400, "M_INVALID_PARAM", "User identifier is missing 'user' key".into())),
        (_, None) => Err((400, "M_MISSING_PARAM", "Missing parameter: password".into())),
    }
}

/// The request that sends a message. The same message has the same transaction id, whatever it is tried for: a homeserver takes it once
/// from one token.
pub(super) fn send_request(message: &Outgoing<'_>) -> Request<Body> {
    let Outgoing { from, token, recipients, text, once, .. } = *message;
    let room = if from.webhook.is_empty() { room::between(&from.user, recipients) } else { from.webhook.clone() };
    let path = format!("/_matrix/client/v3/rooms/{}/send/m.room.message/fd-{once}", percent(&room));
    let mut body = String::with_capacity(text.len() + 48);
    body.push_str("{\"msgtype\":\"m.text\",\"body\":");
    json::string(&mut body, text);
    body.push('}');
    // Built from parts without spaces or control characters; `/` is what a mistake would give, and nobody has anything there.
    let mut request = post(HOST, path.parse().unwrap_or_default(), body);
    *request.method_mut() = Method::PUT;
    with_header(request, "authorization", &format!("Bearer {token}"))
}

/// The text of a message that is to be sent.
///
/// # Errors
/// The code and the reason for not taking it.
pub fn read_send(body: &[u8]) -> Result<Cow<'_, str>, (&'static str, &'static str)> {
    match serde_json::from_slice::<Content<'_>>(body) {
        Ok(content) => Ok(content.body),
        Err(error) if error.is_data() => Err(("M_BAD_JSON", "'msgtype' or 'body' not in content")),
        Err(_) => Err(("M_NOT_JSON", "Content not JSON.")),
    }
}

pub(super) fn read_answer(status: StatusCode, body: &[u8]) -> Answer {
    if status.is_success() {
        return match serde_json::from_slice::<Sent>(body) {
            Ok(_) => Answer::Acknowledged { declined: Vec::new() },
            Err(_) => Answer::Unreadable(format!("{} without an event id", status.as_str())),
        };
    }
    by_status(status, word(status, body))
}

/// The code of a no; the status where there is none.
fn word(status: StatusCode, body: &[u8]) -> String {
    serde_json::from_slice::<No>(body).map_or_else(|_| status.as_str().to_owned(), |no| no.errcode)
}

pub(super) fn sent_id(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<Sent>(body).ok().map(|sent| sent.event_id)
}

/// Codes after which a new token is asked for. A locked account's token is good again when it is let in.
pub(super) fn is_about_token(code: &str) -> bool {
    matches!(code, "M_UNKNOWN_TOKEN" | "M_MISSING_TOKEN")
}

#[cfg(test)]
mod tests;
