//! Microsoft Teams: chat messages over Graph, with a delegated token for each user.
//!
//! A one-to-one chat's id names its two members, so a twin needs no directory: `19:a_b@unq.gbl.spaces`. Not verified anywhere: the code
//! of the challenge by which a location policy refuses; it is a parameter here and nowhere else.

use std::borrow::Cow;

use hyper::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::head::decode;
use super::{Answer, Body, Form, Head, Identity, Outgoing, Refusal, answer, by_status, post, with_header};
use crate::plan::{Capability, FreezeMode};
use crate::units::Span;

/// Two chat messages a second for one app and tenant; with delegated tokens, of one user.
pub const SEND_LIMIT: (u32, Span) = (2, Span::from_secs(1));

const HOST: &str = "graph.microsoft.com";

#[derive(Serialize, Deserialize)]
struct Send<'a> {
    #[serde(borrow)]
    body: Content<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    #[serde(default = "text_type")]
    content_type: Cow<'a, str>,
    #[serde(borrow)]
    content: Cow<'a, str>,
}

fn text_type() -> Cow<'static, str> {
    "text".into()
}

#[derive(Deserialize)]
struct Sent {
    #[serde(rename = "id")]
    _id: String,
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
        key: format!("fd-delegated-{name}"),
        secret: String::new(),
        webhook: format!("fd-webhook-{name}"),
    }
}

/// The chat of a message path: `/v1.0/chats/{id}/messages`. Ids come percent-encoded or raw for the same call.
fn chat(path: &str) -> Option<String> {
    let chat = path.strip_prefix("/v1.0/chats/")?.strip_suffix("/messages")?;
    (!chat.contains('/')).then(|| decode(chat))
}

pub(super) fn capability(head: &impl Head) -> Capability {
    if head.method() == "POST" && chat(head.path()).is_some() { Capability::Chat } else { Capability::Other }
}

pub(super) fn credential(head: &impl Head) -> Option<&str> {
    head.header("authorization")?.strip_prefix("Bearer ")
}

pub(super) fn send_request(message: &Outgoing<'_>) -> Request<Body> {
    let Outgoing { from, token, recipients, text, .. } = *message;
    let to = recipients.first().copied().unwrap_or_default();
    let path = format!("/v1.0/chats/19:{}_{to}@unq.gbl.spaces/messages", from.user);
    let send = Send { body: Content { content_type: text_type(), content: text.into() } };
    // Built from parts without spaces or control characters; `/` is what a mistake would give, and a twin refuses it.
    let path = path.parse().unwrap_or_default();
    let request = post(HOST, path, serde_json::to_string(&send).unwrap_or_default());
    with_header(request, "authorization", &format!("Bearer {token}"))
}

pub(super) fn read_answer(_capability: Capability, status: StatusCode, body: &[u8]) -> Answer {
    if status.is_success() {
        return match serde_json::from_slice::<Sent>(body) {
            Ok(_) => Answer::Acknowledged { declined: Vec::new() },
            Err(_) => Answer::Unreadable(format!("{} without a message id", status.as_str())),
        };
    }
    let word =
        serde_json::from_slice::<ErrorBody>(body).map_or_else(|_| status.as_str().to_owned(), |body| body.error.code);
    by_status(status, word)
}

/// Codes after which a new token is asked for.
pub(super) fn is_about_token(code: &str) -> bool {
    code.contains("Authentication")
}

pub(super) fn form(_head: &impl Head) -> Form {
    Form::Present
}

/// What a request asks of Graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// A message into a chat.
    Chat {
        /// The token it is sent with.
        token: String,
        /// The chat's members, but for the sender.
        recipients: Vec<String>,
        /// The text.
        text: String,
    },
}

/// Reads what a request asks.
///
/// # Errors
/// The platform's reason for not serving it.
pub fn read_call(head: &impl Head, body: &[u8]) -> Result<Call, Refusal> {
    let chat = chat(head.path()).filter(|_| head.method() == "POST").ok_or(Refusal::UnknownApi)?;
    let token = credential(head).ok_or(Refusal::MissingToken)?;
    let sender = token.strip_prefix("fd-delegated-").ok_or(Refusal::InvalidToken)?;
    let send = serde_json::from_slice::<Send<'_>>(body);
    let send = send.map_err(|_| Refusal::BadRequest("Missing required body".into()))?;
    let members = chat.strip_prefix("19:").and_then(|c| c.strip_suffix("@unq.gbl.spaces")).unwrap_or_default();
    let recipients: Vec<_> = members.split('_').filter(|m| *m != sender && !m.is_empty()).map(str::to_owned).collect();
    if recipients.is_empty() {
        return Err(Refusal::BadRequest("the chat names no other member".into()));
    }
    Ok(Call::Chat { token: token.into(), recipients, text: send.body.content.into_owned() })
}

/// A message's id: milliseconds in the real service; here it counts, so that a run has the same bytes.
pub fn message_id(number: u64) -> String {
    format!("{}", 1_600_000_000_000 + number)
}

/// Graph's chatMessage.
pub fn sent_answer(number: u64, sender: &str, text: &str) -> Response<Body> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Message<'a> {
        #[serde(rename = "@odata.context")]
        context: &'static str,
        id: String,
        #[serde(rename = "messageType")]
        what: &'static str,
        from: From<'a>,
        body: Content<'a>,
    }
    #[derive(Serialize)]
    struct From<'a> {
        user: User<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct User<'a> {
        id: &'a str,
        display_name: &'a str,
        #[serde(rename = "userIdentityType")]
        directory: &'static str,
    }
    let message = Message {
        context: "https://graph.microsoft.com/v1.0/$metadata#chats('x')/messages/$entity",
        id: message_id(number),
        what: "message",
        from: From { user: User { id: sender, display_name: sender, directory: "aadUser" } },
        body: Content { content_type: text_type(), content: text.into() },
    };
    answer(201, serde_json::to_string(&message).unwrap_or_default())
}

pub(super) fn refusal(_form: &Form, refusal: &Refusal, number: u64) -> Response<Body> {
    let (status, code, message) = phrase(refusal);
    let body = serde_json::json!({ "error": { "code": code, "message": message, "innerError": {
        "request-id": format!("{number:032x}"), "client-request-id": format!("{number:032x}") } } });
    let mut response = answer(status, body.to_string());
    let headers = response.headers_mut();
    if let Refusal::Throttled(wait) | Refusal::Banned(wait) = refusal {
        headers.insert(hyper::header::RETRY_AFTER, (wait.nanos().div_ceil(1_000_000_000)).into());
    }
    if status == 401 {
        headers.insert(hyper::header::WWW_AUTHENTICATE, hyper::header::HeaderValue::from_static(CHALLENGE));
    }
    response
}

/// The challenge of continuous access evaluation: the token is not good any more, whatever its expiry says.
const CHALLENGE: &str = "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
    client_id=\"00000003-0000-0000-c000-000000000000\", error=\"insufficient_claims\", \
    claims=\"eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNjA0MTA2NjUxIn19fQ==\"";

fn phrase(refusal: &Refusal) -> (u16, &'static str, String) {
    let challenge = |code: &str| {
        format!("Continuous access evaluation resulted in challenge with result: InteractionRequired and code: {code}")
    };
    match refusal {
        Refusal::Frozen(FreezeMode::Whole | FreezeMode::Organisation | FreezeMode::Disabled)
        | Refusal::RevokedToken => {
            (401, "InvalidAuthenticationToken", challenge("TokenIssuedBeforeRevocationTimestamp"))
        }
        Refusal::Frozen(FreezeMode::SendOnly) => (403, "Forbidden", "The user is not allowed to send messages.".into()),
        Refusal::Fenced(_) => (401, "InvalidAuthenticationToken", challenge("LocationConditionEvaluationSatisfied")),
        Refusal::MissingToken => (401, "InvalidAuthenticationToken", "Access token is empty.".into()),
        Refusal::ExpiredToken => {
            (401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.".into())
        }
        Refusal::InvalidToken | Refusal::InvalidKey => {
            (401, "InvalidAuthenticationToken", "Access token validation failure.".into())
        }
        Refusal::UnknownApi | Refusal::Status(404) => (404, "NotFound", "Resource not found.".into()),
        Refusal::BadRequest(why) => (400, "BadRequest", why.clone()),
        Refusal::MeetingLocked(_) => (403, "Forbidden", "The meeting is locked.".into()),
        Refusal::Throttled(_) | Refusal::Banned(_) | Refusal::Quota | Refusal::Status(429) => {
            (429, "TooManyRequests", "Too many requests.".into())
        }
        Refusal::Status(503) => (503, "ServiceUnavailable", "The service is unavailable.".into()),
        Refusal::Status(401) => (401, "InvalidAuthenticationToken", "Access token validation failure.".into()),
        Refusal::Status(status) if *status >= 500 => (*status, "GeneralException", "Internal server error.".into()),
        Refusal::Status(status) => (*status, "Forbidden", "Forbidden.".into()),
    }
}
