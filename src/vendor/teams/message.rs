//! Messages of chats and channels: written, read, acknowledged, listed, fetched.

use std::borrow::Cow;
use std::fmt::Write;

use hyper::{Request, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::conversation::{Conversation, room};
use super::{HOST, TENANT, graph_post, word};
use crate::units::Span;
use crate::vendor::{Answer, Body, Outgoing, Refusal, answer, by_status, json, wall, with_header};

#[derive(Deserialize)]
struct Send<'a> {
    #[serde(borrow)]
    body: Content<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    #[serde(borrow, default)]
    content_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    content: Cow<'a, str>,
}

/// The request that sends a message into the chat, or the channel, of sender and recipients.
pub(super) fn send_request(message: &Outgoing<'_>) -> Request<Body> {
    let Outgoing { capability, from, token, recipients, text, .. } = *message;
    let path = format!("/v1.0{}/messages", room(capability, &from.user, recipients));
    let mut body = String::with_capacity(text.len() + 64);
    body.push_str("{\"body\":{\"contentType\":\"text\",\"content\":");
    json::string(&mut body, text);
    body.push_str("}}");
    graph_post(&path, token, body)
}

/// What somebody wants to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<'b> {
    /// The text.
    pub text: Cow<'b, str>,
    /// Whether it is HTML.
    pub html: bool,
}

/// Reads a message that is to be sent.
///
/// # Errors
/// The platform's reason for not taking it.
pub fn read_send(body: &[u8]) -> Result<Said<'_>, Refusal> {
    let send = serde_json::from_slice::<Send<'_>>(body);
    let body = send.map_err(|_| Refusal::BadRequest("Missing body content".into()))?.body;
    match body.content_type.as_deref() {
        None | Some("text") => Ok(Said { text: body.content, html: false }),
        Some("html") => Ok(Said { text: body.content, html: true }),
        Some(_) => Err(Refusal::BadRequest("Invalid value specified for property 'contentType'".into())),
    }
}

/// A message as Graph tells of it.
#[derive(Clone, Copy, Debug)]
pub struct ChatMessage<'a> {
    /// Its number at the twin, which makes its id.
    pub number: u64,
    /// Where it was said.
    pub conversation: &'a Conversation,
    /// The message to which it replies.
    pub reply_to: Option<&'a str>,
    /// Who said it.
    pub sender: &'a str,
    /// What.
    pub text: &'a str,
    /// Whether that is HTML.
    pub html: bool,
    /// When, since 1970.
    pub created: Span,
}

/// A message's id: milliseconds in the real service; here it counts, so that a run has the same bytes.
pub fn message_id(number: u64) -> String {
    (FIRST + number).to_string()
}

/// The number behind an id.
pub fn message_number(id: &str) -> Option<u64> {
    let number = id.parse::<u64>().ok()?.checked_sub(FIRST)?;
    (message_id(number) == id).then_some(number)
}

const FIRST: u64 = 1_600_000_000_000;

impl ChatMessage<'_> {
    /// Appends it as an object, whose first fields are already there.
    fn write(&self, out: &mut String) {
        let (id, created) = (FIRST + self.number, wall::text(self.created));
        // Writing to a string does not fail.
        let _ = write!(out, "\"id\":\"{id}\",\"replyToId\":");
        optional(out, self.reply_to);
        let _ = write!(
            out,
            ",\"etag\":\"{id}\",\"messageType\":\"message\",\"createdDateTime\":\"{created}\",\
             \"lastModifiedDateTime\":\"{created}\",\"lastEditedDateTime\":null,\"deletedDateTime\":null,\"subject\":null,\
             \"summary\":null,\"importance\":\"normal\",\"locale\":\"en-us\",\"webUrl\":null,\"policyViolation\":null,\
             \"eventDetail\":null,\"chatId\":"
        );
        match self.conversation {
            Conversation::Chat(chat) => {
                json::string(out, chat);
                out.push_str(",\"channelIdentity\":null");
            }
            Conversation::Channel { team, channel } => {
                out.push_str("null,\"channelIdentity\":{\"teamId\":");
                json::string(out, team);
                out.push_str(",\"channelId\":");
                json::string(out, channel);
                out.push('}');
            }
        }
        out.push_str(",\"from\":{\"application\":null,\"device\":null,\"user\":{\"id\":");
        json::string(out, self.sender);
        out.push_str(",\"displayName\":");
        json::string(out, self.sender);
        let kind = if self.html { "html" } else { "text" };
        let _ = write!(
            out,
            ",\"userIdentityType\":\"aadUser\",\"tenantId\":\"{TENANT}\"}}}},\"body\":{{\"contentType\":\"{kind}\",\"content\":"
        );
        json::string(out, self.text);
        out.push_str("},\"attachments\":[],\"mentions\":[],\"reactions\":[]}");
    }

    fn whole(&self) -> String {
        let mut out = String::with_capacity(self.text.len() + 1024);
        context(&mut out, self.conversation, "/messages/$entity");
        out.push(',');
        self.write(&mut out);
        out
    }
}

/// Begins an object with where its kind is described.
fn context(out: &mut String, conversation: &Conversation, rest: &str) {
    out.push_str("{\"@odata.context\":");
    json::string(out, &format!("https://{HOST}/v1.0/$metadata#{}{rest}", conversation.resource()));
}

fn optional(out: &mut String, text: Option<&str>) {
    match text {
        Some(text) => json::string(out, text),
        None => out.push_str("null"),
    }
}

/// The answer to a message that was taken.
pub fn sent_answer(message: &ChatMessage<'_>) -> Response<Body> {
    answer(201, message.whole())
}

/// The answer to whoever asks for a message.
pub fn message_answer(message: &ChatMessage<'_>) -> Response<Body> {
    answer(200, message.whole())
}

/// A page of a list of messages.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Where the client came in, as scheme and host: its next page is there as well.
    pub at: (&'a str, &'a str),
    /// The message of which these are the replies; `None` where they are no replies.
    pub reply_to: Option<&'a str>,
    /// How many messages it has at most.
    pub top: usize,
    /// Whether there are older ones.
    pub more: bool,
}

/// Messages of a conversation, latest first.
pub fn list_answer(conversation: &Conversation, messages: &[ChatMessage<'_>], page: &Page<'_>) -> Response<Body> {
    let Page { at: (scheme, host), reply_to, top, more } = *page;
    let mut out = String::new();
    context(&mut out, conversation, "/messages");
    let _ = write!(out, ",\"@odata.count\":{}", messages.len());
    if let Some(last) = messages.last().filter(|_| more) {
        out.push_str(",\"@odata.nextLink\":");
        let (resource, skip) = (conversation.resource(), message_id(last.number));
        let list = reply_to.map_or_else(|| "messages".to_owned(), |root| format!("messages('{root}')/replies"));
        json::string(&mut out, &format!("{scheme}://{host}/v1.0/{resource}/{list}?$top={top}&$skiptoken={skip}"));
    }
    out.push_str(",\"value\":[");
    for (number, message) in messages.iter().enumerate() {
        out.push_str(if number > 0 { ",{" } else { "{" });
        message.write(&mut out);
    }
    out.push_str("]}");
    answer(200, out)
}

/// The request for a message that a notification named, such as `chats('…')/messages('…')`.
pub fn fetch_request(token: &str, resource: &str) -> Request<Body> {
    get(token, &format!("/v1.0/{}", resource.trim_start_matches('/')))
}

/// The request for the latest messages of a conversation, of which [`room`] is the path; or, with what [`Listed::older`] said, for those
/// before them.
pub fn list_request(token: &str, room: &str, older: Option<&str>) -> Request<Body> {
    match older {
        Some(older) => get(token, older),
        None => get(token, &format!("/v1.0{room}/messages?$top=50")),
    }
}

fn get(token: &str, path: &str) -> Request<Body> {
    let mut request = Request::new(Body::default());
    *request.uri_mut() = path.parse().unwrap_or_default();
    let request = with_header(request, "host", HOST);
    with_header(request, "authorization", &format!("Bearer {token}"))
}

/// A message that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its id.
    pub id: String,
    /// Who said it; `None` if it was nobody of the tenant.
    pub sender: Option<String>,
    /// What.
    pub text: String,
}

/// Messages that were listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Latest first.
    pub messages: Vec<Fetched>,
    /// The path of those before them, if there are any.
    pub older: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    from: Option<From>,
    body: Text,
}

#[derive(Deserialize)]
struct From {
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    id: String,
}

#[derive(Deserialize)]
struct Text {
    content: String,
}

impl Message {
    fn fetched(self) -> Fetched {
        let sender = self.from.and_then(|from| from.user).map(|user| user.id);
        Fetched { id: self.id, sender, text: self.body.content }
    }
}

/// The message in the answer to a [`fetch_request`].
///
/// # Errors
/// The platform's no, or what it was that could not be read.
pub fn fetched(status: StatusCode, body: &[u8]) -> Result<Fetched, Answer> {
    read::<Message>(status, body).map(Message::fetched)
}

/// The messages in the answer to a [`list_request`].
///
/// # Errors
/// The platform's no, or what it was that could not be read.
pub fn listed(status: StatusCode, body: &[u8]) -> Result<Listed, Answer> {
    #[derive(Deserialize)]
    struct Page {
        value: Vec<Message>,
        #[serde(rename = "@odata.nextLink")]
        next: Option<String>,
    }
    let page = read::<Page>(status, body)?;
    let path =
        |link: String| link.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
    Ok(Listed { messages: page.value.into_iter().map(Message::fetched).collect(), older: page.next.and_then(path) })
}

fn read<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<T, Answer> {
    if !status.is_success() {
        return Err(by_status(status, word(status, body)));
    }
    serde_json::from_slice(body).map_err(|_| Answer::Unreadable(format!("{} without a message", status.as_str())))
}
