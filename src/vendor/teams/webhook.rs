//! Incoming webhooks: legacy connectors, and workflows that a request starts.
//!
//! A connector answers 200 whatever happens: `1` if the message was taken, else a text. Whoever looks at the status alone counts lost
//! messages as sent. A workflow answers 202 with nothing in it, and belongs to one person: who disables him stops it.

use std::borrow::Cow;

use hyper::{Request, Response, StatusCode, Uri};
use serde::Deserialize;

use super::encode::percent;
use super::refusal::{request_id, whole_seconds};
use super::{address_of, user_of, word};
use crate::vendor::head::parameter;
use crate::vendor::{Answer, Body, Head, Outgoing, Refusal, answer, by_status, json, post};

const HOST: &str = "firedrill.webhook.office.com";
const FLOW_HOST: &str = "prod-00.westus.logic.azure.com";

/// How a connector's no begins, up to the HTTP status behind it.
const FAILED: &str = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ";

/// A message by the sender's connector.
pub(super) fn connector_request(message: &Outgoing<'_>) -> Request<Body> {
    let path = format!("/webhookb2/firedrill@firedrill/IncomingWebhook/{}/firedrill", message.from.webhook);
    card_request(HOST, &path, message)
}

/// A message by the sender's workflow.
pub fn flow_request(message: &Outgoing<'_>) -> Request<Body> {
    let path = format!(
        "/workflows/{}/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={}",
        message.from.webhook,
        percent(&message.from.webhook)
    );
    card_request(FLOW_HOST, &path, message)
}

/// An adaptive card that says the text and mentions the recipients: whom a webhook's channel consists of, nothing else says.
fn card_request(host: &'static str, path: &str, message: &Outgoing<'_>) -> Request<Body> {
    let Outgoing { recipients, text, .. } = *message;
    let mut body = String::with_capacity(text.len() + 512);
    body.push_str(
        "{\"type\":\"message\",\"attachments\":[{\"contentType\":\"application/vnd.microsoft.card.adaptive\",\"contentUrl\":null,\
         \"content\":{\"type\":\"AdaptiveCard\",\"version\":\"1.4\",\"body\":[{\"type\":\"TextBlock\",\"wrap\":true,\"text\":",
    );
    json::string(&mut body, text);
    body.push_str("},{\"type\":\"TextBlock\",\"wrap\":true,\"text\":");
    let named: Vec<String> = recipients.iter().map(|user| format!("<at>{user}</at>")).collect();
    json::string(&mut body, &named.join(" "));
    body.push_str("}],\"msteams\":{\"entities\":[");
    for (number, user) in recipients.iter().enumerate() {
        body.push_str(if number > 0 { ",{\"type\":\"mention\",\"text\":" } else { "{\"type\":\"mention\",\"text\":" });
        json::string(&mut body, &named[number]);
        body.push_str(",\"mentioned\":{\"id\":");
        json::string(&mut body, &address_of(user));
        body.push_str(",\"name\":");
        json::string(&mut body, user);
        body.push_str("}}");
    }
    body.push_str("]}}}]}");
    post(host, path.parse::<Uri>().unwrap_or_default(), body)
}

/// What a card says, and to whom in particular.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// The text; of several, the first.
    pub text: String,
    /// The users whom it mentions.
    pub mentioned: Vec<String>,
}

#[derive(Deserialize)]
struct Post<'a> {
    #[serde(borrow, default)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    summary: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    attachments: Option<Vec<Attachment<'a>>>,
}

#[derive(Deserialize)]
struct Attachment<'a> {
    #[serde(borrow)]
    content: Adaptive<'a>,
}

#[derive(Deserialize)]
struct Adaptive<'a> {
    #[serde(borrow, default)]
    body: Vec<Block<'a>>,
    #[serde(borrow, default)]
    msteams: Option<Extras<'a>>,
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow, default)]
    text: Option<Cow<'a, str>>,
    /// What a container or a column holds.
    #[serde(borrow, default)]
    items: Option<Vec<Block<'a>>>,
    #[serde(borrow, default)]
    columns: Option<Vec<Block<'a>>>,
}

#[derive(Deserialize)]
struct Extras<'a> {
    #[serde(borrow, default)]
    entities: Vec<Entity<'a>>,
}

#[derive(Deserialize)]
struct Entity<'a> {
    #[serde(borrow, default)]
    mentioned: Option<Mentioned<'a>>,
}

#[derive(Deserialize)]
struct Mentioned<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

/// Reads what is posted to a connector: a card, a `MessageCard`, or a bare text.
///
/// # Errors
/// Why it is none of them.
pub fn read_card(body: &[u8]) -> Result<Card, Refusal> {
    let bad = || Refusal::BadRequest("Summary or Text is required.".into());
    let post = serde_json::from_slice::<Post<'_>>(body).map_err(|_| bad())?;
    if let Some(attachments) = post.attachments {
        return adaptive(&attachments).ok_or_else(bad);
    }
    let text = post.text.or(post.summary).filter(|text| !text.is_empty()).ok_or_else(bad)?;
    Ok(Card { text: text.into_owned(), mentioned: Vec::new() })
}

/// Reads what is posted to a workflow, which takes nothing but adaptive cards.
///
/// # Errors
/// If it is none.
pub fn read_flow(body: &[u8]) -> Result<Card, Refusal> {
    let post = serde_json::from_slice::<Post<'_>>(body).ok();
    let card = post.and_then(|post| adaptive(&post.attachments?));
    card.ok_or_else(|| Refusal::BadRequest("Required properties are missing from object: attachments.".into()))
}

fn adaptive(attachments: &[Attachment<'_>]) -> Option<Card> {
    let first = &attachments.first()?.content;
    // A picture is a card as well.
    let text = first_text(&first.body).unwrap_or_default().to_owned();
    let entities = first.msteams.iter().flat_map(|extras| &extras.entities);
    let mentioned = entities.filter_map(|entity| Some(user_of(&entity.mentioned.as_ref()?.id).to_owned())).collect();
    Some(Card { text, mentioned })
}

/// As deep as the JSON library reads, which is 128 levels.
fn first_text<'b>(blocks: &'b [Block<'_>]) -> Option<&'b str> {
    let within = |inner: &'b Option<Vec<Block<'_>>>| first_text(inner.as_deref().unwrap_or_default());
    blocks
        .iter()
        .find_map(|block| block.text.as_deref().or_else(|| within(&block.items)).or_else(|| within(&block.columns)))
}

/// Whether a request for a workflow carries a signature, without which it starts nothing.
pub fn is_signed(head: &impl Head) -> bool {
    parameter(head.query(), "sig").is_some_and(|sig| !sig.is_empty())
}

/// A connector's yes.
pub fn connector_answer() -> Response<Body> {
    plain(200, "1".into())
}

/// A workflow's yes.
pub fn flow_answer() -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

/// What an answer to a webhook means, whichever kind it is.
pub(super) fn read_answer(status: StatusCode, body: &[u8]) -> Answer {
    let text = std::str::from_utf8(body).unwrap_or_default().trim();
    match (status.as_u16(), text) {
        (200, "1") | (202, _) => Answer::Acknowledged { declined: Vec::new() },
        (200, "") => Answer::Unreadable("200 without a text".into()),
        (200, text) => {
            let after = text.split_once("HTTP error ").map_or("", |(_, after)| after);
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            Answer::Refused(if digits.is_empty() { text.chars().take(64).collect() } else { digits })
        }
        _ => by_status(status, word(status, body)),
    }
}

/// A connector's no: a text inside a 200. A bare status stays one.
pub(super) fn connector_refusal(refusal: &Refusal, number: u64) -> Response<Body> {
    let (status, inner) = match refusal {
        Refusal::Status(status) => (*status, *status),
        Refusal::Throttled(_) | Refusal::Banned(_) | Refusal::Quota => (200, 429),
        Refusal::BadRequest(_) => (200, 400),
        Refusal::MissingToken
        | Refusal::InvalidToken
        | Refusal::InvalidKey
        | Refusal::MfaRequired
        | Refusal::UnknownApi => (200, 404),
        _ => (200, 403),
    };
    plain(status, failed(inner, number))
}

/// A connector's no to a card that is too large.
pub fn too_large_answer(number: u64) -> Response<Body> {
    plain(200, failed(413, number))
}

fn failed(status: u16, number: u64) -> String {
    format!("{FAILED}{status} with ContextId tcid=0,server=msgapi-firedrill,cv=fd{number:016x}.0")
}

fn plain(status: u16, text: String) -> Response<Body> {
    let mut response = answer(status, text);
    let kind = hyper::header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    response
}

/// A workflow's no.
pub(super) fn flow_refusal(refusal: &Refusal, number: u64) -> Response<Body> {
    let (status, code, message) = flow_phrase(refusal, number);
    let body = serde_json::json!({ "error": { "code": code, "message": message } });
    let mut response = answer(status, body.to_string());
    if let Refusal::Throttled(wait) | Refusal::Banned(wait) = refusal {
        response.headers_mut().insert(hyper::header::RETRY_AFTER, whole_seconds(*wait).into());
    }
    response
}

fn flow_phrase(refusal: &Refusal, number: u64) -> (u16, &'static str, String) {
    match refusal {
        // Whoever owns the workflow is shut out, and it with him.
        Refusal::Frozen(_) => (
            400,
            "WorkflowTriggerIsNotEnabled",
            format!(
                "Could not execute workflow '{}' trigger 'manual' with state 'Disabled': trigger is not enabled.",
                request_id(number)
            ),
        ),
        Refusal::BadRequest(why) => (
            400,
            "TriggerInputSchemaMismatch",
            format!(
                "The input body for trigger 'manual' of type 'Request' did not match its schema definition. Error details: '{why}'."
            ),
        ),
        Refusal::Fenced(address) => (
            403,
            "AuthorizationFailed",
            format!(
                "The caller IP address '{address}' is not in the allowed caller IP address ranges specified in the workflow access control configuration."
            ),
        ),
        Refusal::UnknownApi | Refusal::Status(404) => {
            (404, "WorkflowNotFound", format!("The workflow '{}' could not be found.", request_id(number)))
        }
        Refusal::MissingToken
        | Refusal::InvalidToken
        | Refusal::ExpiredToken
        | Refusal::RevokedToken
        | Refusal::InvalidKey
        | Refusal::MfaRequired
        | Refusal::Status(401) => (
            401,
            "DirectApiAuthorizationRequired",
            "The request must be authenticated only by Shared Access scheme.".into(),
        ),
        Refusal::Throttled(_) | Refusal::Banned(_) | Refusal::Quota | Refusal::Status(429) => {
            (429, "TooManyRequests", "Rate limit is exceeded.".into())
        }
        Refusal::MeetingLocked(_) => (400, "BadRequest", "There are no meetings here.".into()),
        Refusal::Status(status) if *status >= 500 => (*status, "InternalServerError", "The server failed.".into()),
        Refusal::Status(status) => (*status, "BadRequest", "The request was refused.".into()),
    }
}
