//! What each platform speaks: one file a platform, pure. How a request names credential and capability, how a message is written, an
//! answer read, a refusal phrased. Clients and twins are both made from these functions; the path refuses with them.

mod access;
mod bound;
pub mod catalogue;
mod challenge;
pub mod dingtalk;
pub mod dlp;
pub mod documents;
pub mod erp;
pub mod gateway;
mod gathering;
mod head;
mod hosts;
pub mod http;
mod inbox;
mod json;
mod made;
pub mod matrix;
pub mod smtp;
pub mod sso;
pub mod teams;
mod tokens;
pub mod wall;
pub mod wire;

use std::borrow::Cow;
use std::net::IpAddr;

use bytes::Bytes;
use hyper::{Request, Response, StatusCode};

pub use access::is_about_access;
pub use bound::{filled, identity_at};
pub use gathering::Gathering;
pub use head::Head;
pub use hosts::{DOMAINS, domains, hosts, kind_of_host};
pub use inbox::{
    Frame, INBOX_PATH, credential as inbox_credential, frame, request as inbox_request, subscriber, user as inbox_user,
};
pub use made::{plain_refusal, retry_after};
pub use tokens::{is_about_token, is_sent_with_token};

use made::{answer, by_status, post, with_header};

use crate::plan::{Capability, EndpointKind, FreezeMode};
use crate::units::{MessageId, Span};

/// Who an account is on one platform. Synthetic: derived from the account's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The user's id, which messages are addressed to.
    pub user: String,
    /// The credential that stays: an app key, or a delegated token.
    pub key: String,
    /// What proves the key in a token exchange; empty where there is none.
    pub secret: String,
    /// What the address of the account's incoming webhook carries.
    pub webhook: String,
}

/// A token with which requests are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The text that requests carry.
    pub text: String,
    /// How long it is good for from now.
    pub lifetime: Span,
}

/// A message on its way to a platform.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// What is sent.
    pub capability: Capability,
    /// By whom.
    pub from: &'a Identity,
    /// With this token; empty where none is needed.
    pub token: &'a str,
    /// To these users.
    pub recipients: &'a [&'a str],
    /// The class of its data, for a gateway that asks.
    pub class: Option<&'a str>,
    /// The text.
    pub text: &'a str,
    /// The same for every attempt at this message, and for no other: what the platform's idempotency key is made of, if it has one.
    pub once: MessageId,
    /// What the wall clock shows, since 1970: signatures carry it.
    pub at: Span,
}

/// What a platform's answer means for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The platform took responsibility, except for these users.
    Acknowledged {
        /// User ids that the acknowledgement declines.
        declined: Vec<String>,
    },
    /// A no, with the platform's own code.
    Refused(String),
    /// Not readable as either, with what it was.
    Unreadable(String),
}

/// Why a platform, or a fault in its name, says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The account is frozen, in whichever way.
    Frozen(FreezeMode),
    /// The source address is not welcome.
    Fenced(IpAddr),
    /// A bare HTTP status, dressed in the platform's error body.
    Status(u16),
    /// The request carries no token.
    MissingToken,
    /// The token is unknown.
    InvalidToken,
    /// The token is older than it may be.
    ExpiredToken,
    /// The token was taken back before its time.
    RevokedToken,
    /// Key or secret are wrong.
    InvalidKey,
    /// They are right, and not enough: a person has to show a second factor.
    MfaRequired,
    /// There is no such function, in this edition or at all.
    UnknownApi,
    /// The body is not what the function takes.
    BadRequest(String),
    /// Too many requests; good again after this long.
    Throttled(Span),
    /// So many requests that none is heard for this long.
    Banned(Span),
    /// The calls that were paid for are used up.
    Quota,
    /// The meeting is locked at so many heads.
    MeetingLocked(u32),
}

/// In which of a platform's manners a request wants to be answered: a platform has grown several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The platform's present interface, such as DingTalk's `api.dingtalk.com`.
    #[default]
    Present,
    /// Microsoft Graph. With the part of the path that it would name if it knew no such function.
    Graph(Cow<'static, str>),
    /// DingTalk's old gateway, `/topapi/…`: 200 with an `errcode`; authentication errors wrapped in 88. With the function's name.
    Topapi(String),
    /// DingTalk's older paths on the old gateway: 200 with a bare `errcode`.
    Old,
    /// DingTalk's custom robots: 200 with an `errcode`.
    Robot,
    /// A login at a homeserver of Matrix.
    SignIn,
    /// Microsoft's token endpoint.
    Entra,
    /// Where OAuth gives tokens and takes them back.
    OAuth,
    /// Where it says of a token whether it is good.
    Introspection,
    /// A directory of SCIM.
    Scim,
    /// Teams' legacy connectors: 200 with a text, whatever happened.
    Connector,
    /// Teams' workflow webhooks.
    Workflow,
}

/// A whole request or answer: bodies of platform calls are small.
pub type Body = http_body_util::Full<Bytes>;

/// The identity of the account called `name` on a platform.
pub fn identity(kind: &EndpointKind, name: &str) -> Identity {
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk::identity(name),
        EndpointKind::Teams => teams::identity(name),
        EndpointKind::Matrix => matrix::identity(name),
        EndpointKind::Erp(_) => erp::identity(name),
        EndpointKind::Documents(_) => documents::identity(name),
        EndpointKind::Http(_) | EndpointKind::Wire(_) => http::identity(name),
        EndpointKind::Smtp(_) => smtp::identity(name),
        EndpointKind::Dlp => dlp::identity(name),
        EndpointKind::Sso(_) => sso::identity(name),
        EndpointKind::Gateway(_) => gateway::identity(name),
    }
}

/// What a request is for.
pub fn capability(kind: &EndpointKind, head: &impl Head) -> Capability {
    if head.path() == INBOX_PATH {
        return Capability::Receive;
    }
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk::capability(head),
        EndpointKind::Teams => teams::capability(head),
        EndpointKind::Matrix => matrix::capability(head),
        EndpointKind::Erp(_) => erp::capability(head),
        EndpointKind::Documents(_) => documents::capability(head),
        EndpointKind::Http(service) => http::capability(service, head),
        EndpointKind::Smtp(_) => Capability::Other,
        EndpointKind::Wire(wire) => wire::capability(wire, head),
        EndpointKind::Dlp => dlp::capability(head),
        EndpointKind::Sso(_) => sso::capability(head),
        EndpointKind::Gateway(own) => gateway::capability(own.capability, head),
    }
}

/// The credential that a request carries in its head.
pub fn credential<'a>(kind: &'a EndpointKind, head: &'a impl Head) -> Option<Cow<'a, str>> {
    if head.path() == INBOX_PATH {
        return inbox::credential_of(head).map(Cow::Borrowed);
    }
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk::credential(head),
        EndpointKind::Teams => teams::credential(head).map(Cow::Borrowed),
        EndpointKind::Matrix => matrix::credential(head),
        EndpointKind::Erp(_) => erp::credential(head).map(Cow::Borrowed),
        EndpointKind::Documents(_) => documents::credential(head).map(Cow::Borrowed),
        EndpointKind::Http(service) => http::credential(service, head).map(Cow::Owned),
        EndpointKind::Wire(wire) => wire::credential(wire, head).map(Cow::Owned),
        EndpointKind::Smtp(_) | EndpointKind::Dlp => None,
        EndpointKind::Sso(_) => sso::credential(head),
        EndpointKind::Gateway(_) => gateway::credential(head).map(Cow::Borrowed),
    }
}

/// Whether requests need not show whose they are, so that addresses tell.
pub fn may_hide(kind: Option<&EndpointKind>) -> bool {
    matches!(kind, Some(EndpointKind::Http(_) | EndpointKind::Smtp(_) | EndpointKind::Wire(_) | EndpointKind::Dlp))
}

/// The request that exchanges the identity's key for a token; `None` where the key is the token.
pub fn login_request(kind: &EndpointKind, identity: &Identity) -> Option<Request<Body>> {
    match kind {
        EndpointKind::Dingtalk(edition) => Some(dingtalk::login_request(*edition, identity)),
        EndpointKind::Teams => Some(teams::entra::login_request(identity)),
        EndpointKind::Matrix => matrix::login_request(identity),
        EndpointKind::Sso(_) => Some(sso::login_request(identity)),
        _ => None,
    }
}

/// The token in the answer to a login.
pub fn login_answer(kind: &EndpointKind, status: StatusCode, body: &[u8]) -> Result<Token, Answer> {
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk::login::granted(status, body),
        EndpointKind::Teams => teams::entra::login_answer(status, body),
        EndpointKind::Matrix => matrix::login_answer(status, body),
        EndpointKind::Sso(_) => sso::login_answer(status, body),
        _ => Err(Answer::Unreadable(NO_LOGIN.into())),
    }
}

/// The key that a login names: whose it is, and to whom what it gives belongs.
pub fn login_key(kind: &EndpointKind, head: &impl Head, body: &[u8]) -> Option<String> {
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk::login::key(head, body),
        EndpointKind::Teams => teams::entra::login_key(body),
        EndpointKind::Matrix => matrix::login_key(body),
        EndpointKind::Sso(_) => sso::login_key(head, body),
        _ => None,
    }
}

/// The token about which a provider is asked, if it is.
pub fn asked_about(kind: &EndpointKind, head: &impl Head, body: &[u8]) -> Option<String> {
    matches!(kind, EndpointKind::Sso(_)).then(|| sso::asked_about(head, body)).flatten()
}

/// What else shows in requests whose they are: the name by which a user signs in with a password, that a service by scenario is told, or
/// that a mail is from. `None` where there is nothing of the kind.
pub fn sign_in_name(kind: &EndpointKind, user: &str) -> Option<String> {
    match kind {
        EndpointKind::Dingtalk(_) | EndpointKind::Dlp | EndpointKind::Sso(_) | EndpointKind::Gateway(_) => None,
        EndpointKind::Teams => Some(teams::sign_in_name(user)),
        EndpointKind::Matrix => Some(matrix::user_id(user)),
        _ => Some(user.to_owned()),
    }
}

/// With what the next login may be made, as the answer to one says: a refresh token.
pub fn next_key(kind: &EndpointKind, body: &[u8]) -> Option<String> {
    match kind {
        EndpointKind::Teams => teams::entra::next_key(body),
        EndpointKind::Sso(_) => sso::next_key(body),
        _ => None,
    }
}

/// The request that sends a message; `None` where that is no request.
pub fn send_request(kind: &EndpointKind, message: &Outgoing<'_>) -> Option<Request<Body>> {
    Some(match kind {
        EndpointKind::Dingtalk(edition) => dingtalk::send_request(*edition, message),
        EndpointKind::Teams => teams::send_request(message),
        EndpointKind::Matrix => matrix::send_request(message),
        EndpointKind::Erp(_) => erp::send_request(message),
        EndpointKind::Http(service) => http::send_request(service, message),
        EndpointKind::Smtp(_)
        | EndpointKind::Documents(_)
        | EndpointKind::Wire(_)
        | EndpointKind::Dlp
        | EndpointKind::Sso(_) => return None,
        EndpointKind::Gateway(_) => gateway::send_request(message),
    })
}

/// What an answer to a message of this capability means.
pub fn read_answer(kind: &EndpointKind, capability: Capability, status: StatusCode, body: &[u8]) -> Answer {
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk::read_answer(capability, status, body),
        EndpointKind::Teams => teams::read_answer(capability, status, body),
        EndpointKind::Matrix => matrix::read_answer(status, body),
        EndpointKind::Erp(_) => erp::read_answer(status, body),
        EndpointKind::Documents(_) => documents::read_answer(status, body),
        EndpointKind::Http(service) => http::read_answer(service, status, body),
        EndpointKind::Gateway(_) => gateway::read_answer(status, body),
        _ => by_status(status, status.as_str().to_owned()),
    }
}

/// By what the platform knows what it has taken: what is asked for later, and the id of a new meeting. `None` if the answer names nothing.
pub fn sent_id(kind: &EndpointKind, capability: Capability, body: &[u8]) -> Option<String> {
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk::sent_id(capability, body),
        EndpointKind::Teams => teams::sent_id(capability, body),
        EndpointKind::Matrix => matrix::sent_id(body),
        _ => None,
    }
}

/// The request that asks who has read a message, of which [`sent_id`] is known; `None` where that cannot be asked.
pub fn status_request(kind: &EndpointKind, message: &Outgoing<'_>, id: &str) -> Option<Request<Body>> {
    match kind {
        EndpointKind::Dingtalk(edition) => dingtalk::status_request(*edition, message, id),
        _ => None,
    }
}

/// Who has read a message, as the answer to [`status_request`] says.
///
/// # Errors
/// The answer as a no, or as one that cannot be read.
pub fn readers(kind: &EndpointKind, status: StatusCode, body: &[u8]) -> Result<Vec<String>, Answer> {
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk::readers(status, body),
        _ => Err(Answer::Unreadable("no read status".into())),
    }
}

/// What a request does to the heads of a meeting, if it is about one.
pub fn gathering(kind: &EndpointKind, head: &impl Head, body: &[u8]) -> Option<Gathering> {
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk::meeting::gathering(head, body),
        EndpointKind::Teams => teams::gathering(head, body),
        _ => None,
    }
}

/// In which manner a request wants to be answered.
pub fn form(kind: &EndpointKind, head: &impl Head) -> Form {
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk::form(head),
        EndpointKind::Teams => teams::form(head),
        EndpointKind::Matrix => matrix::form(head),
        EndpointKind::Sso(_) => sso::form(head),
        _ => Form::Present,
    }
}

/// A no in the platform's words. `number` makes the request id.
pub fn refusal(kind: &EndpointKind, form: &Form, refusal: &Refusal, number: u64) -> Response<Body> {
    let no = match kind {
        EndpointKind::Dingtalk(_) => dingtalk::refuse(form, refusal, number),
        EndpointKind::Teams => teams::refusal(form, refusal, number),
        EndpointKind::Matrix => matrix::refusal(form, refusal),
        EndpointKind::Erp(_) => erp::refusal(refusal),
        EndpointKind::Documents(_) => documents::refusal(refusal),
        EndpointKind::Http(_) | EndpointKind::Smtp(_) | EndpointKind::Wire(_) => plain_refusal(refusal),
        EndpointKind::Dlp => dlp::refusal(refusal),
        EndpointKind::Sso(_) => sso::refusal(form, refusal),
        EndpointKind::Gateway(_) => gateway::refusal(refusal),
    };
    challenge::challenged(kind, refusal, no)
}

/// What an answer to a login is where nobody logs in.
const NO_LOGIN: &str = "nobody logs in here";

/// What a twin says to a function that the platform has and the twin does not emulate. Plain ASCII without quotes.
const NOT_EMULATED: &str = "this twin does not emulate the function, which the platform has";

#[cfg(test)]
mod tests;
