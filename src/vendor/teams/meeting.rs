//! Online meetings and calendar events.
//!
//! A meeting has one id, which is also what is dialled to join it; at Microsoft's these are two.

use hyper::{Request, Response};
use serde::Deserialize;

use super::place::Graph;
use super::{HOST, TENANT, address_of, graph_post, user_of};
use crate::units::{MessageId, Span};
use crate::vendor::{Body, Gathering, Outgoing, Refusal, answer, json, wall};

/// How long a meeting takes that says nothing of it.
const HOUR: Span = Span::from_secs(3_600);

/// The request for an online meeting that is called after the text, with the recipients.
pub(super) fn meeting_request(message: &Outgoing<'_>) -> Request<Body> {
    let Outgoing { token, recipients, text, .. } = *message;
    let mut body = String::with_capacity(text.len() + 128);
    body.push_str("{\"subject\":");
    json::string(&mut body, text);
    body.push_str(",\"participants\":{\"attendees\":[");
    for (number, user) in recipients.iter().enumerate() {
        body.push_str(if number > 0 { ",{\"upn\":" } else { "{\"upn\":" });
        json::string(&mut body, &address_of(user));
        body.push_str(",\"role\":\"attendee\"}");
    }
    body.push_str("]}}");
    graph_post("/v1.0/me/onlineMeetings", token, body)
}

/// The request for an event with the text in it, to which the recipients are invited. Its `transactionId` is the idempotency key.
pub(super) fn event_request(message: &Outgoing<'_>) -> Request<Body> {
    let Outgoing { token, recipients, text, once, .. } = *message;
    let MessageId { journey, number } = once;
    let mut body = String::with_capacity(text.len() + 256);
    body.push_str("{\"subject\":\"firedrill\",\"body\":{\"contentType\":\"text\",\"content\":");
    json::string(&mut body, text);
    body.push_str("},\"attendees\":[");
    for (number, user) in recipients.iter().enumerate() {
        body.push_str(if number > 0 { ",{\"emailAddress\":{\"address\":" } else { "{\"emailAddress\":{\"address\":" });
        json::string(&mut body, &address_of(user));
        body.push_str(",\"name\":");
        json::string(&mut body, user);
        body.push_str("},\"type\":\"required\"}");
    }
    body.push_str("],\"transactionId\":");
    json::string(&mut body, &format!("fd-{}-{number}", journey.0));
    body.push('}');
    graph_post("/v1.0/me/events", token, body)
}

/// A meeting that is to be called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Called {
    /// What it is about.
    pub subject: String,
    /// Who is asked to come, besides the caller.
    pub attendees: Vec<String>,
    /// When it begins and ends, since 1970, if it says so.
    pub span: (Option<Span>, Option<Span>),
}

/// Reads a request for a meeting.
///
/// # Errors
/// The platform's reason for not calling it.
pub fn read_meeting(body: &[u8]) -> Result<Called, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Meeting {
        #[serde(default)]
        subject: Option<String>,
        #[serde(default)]
        participants: Option<Participants>,
        #[serde(default)]
        start_date_time: Option<String>,
        #[serde(default)]
        end_date_time: Option<String>,
    }
    #[derive(Deserialize)]
    struct Participants {
        #[serde(default)]
        attendees: Vec<Attendee>,
    }
    #[derive(Deserialize)]
    struct Attendee {
        #[serde(default)]
        upn: Option<String>,
        #[serde(default)]
        identity: Option<Identity>,
    }
    #[derive(Deserialize)]
    struct Identity {
        user: User,
    }
    #[derive(Deserialize)]
    struct User {
        id: String,
    }
    let bad = |what: &str| Refusal::BadRequest(format!("Invalid value for {what}"));
    let meeting = serde_json::from_slice::<Meeting>(body).map_err(|_| bad("onlineMeeting"))?;
    let moment = |text: Option<String>, what: &str| match text {
        Some(text) => wall::read(&text).map(Some).ok_or_else(|| bad(what)),
        None => Ok(None),
    };
    let attendees = meeting.participants.map(|participants| participants.attendees).unwrap_or_default();
    let named = attendees.into_iter().filter_map(|one| one.upn.or(one.identity.map(|identity| identity.user.id)));
    Ok(Called {
        subject: meeting.subject.unwrap_or_default(),
        attendees: named.map(|name| user_of(&name).to_owned()).collect(),
        span: (moment(meeting.start_date_time, "startDateTime")?, moment(meeting.end_date_time, "endDateTime")?),
    })
}

/// An event that is to be entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entered {
    /// What it is called.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// Who is invited.
    pub attendees: Vec<String>,
    /// The key under which it is entered once only.
    pub once: Option<String>,
}

/// Reads a request for an event.
///
/// # Errors
/// The platform's reason for not entering it.
pub fn read_event(body: &[u8]) -> Result<Entered, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Event {
        #[serde(default)]
        subject: Option<String>,
        #[serde(default)]
        body: Option<Content>,
        #[serde(default)]
        attendees: Vec<Attendee>,
        #[serde(default)]
        transaction_id: Option<String>,
    }
    #[derive(Deserialize)]
    struct Content {
        content: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Attendee {
        email_address: Address,
    }
    #[derive(Deserialize)]
    struct Address {
        address: String,
    }
    let event = serde_json::from_slice::<Event>(body);
    let event = event.map_err(|_| Refusal::BadRequest("Unable to read JSON request payload".into()))?;
    Ok(Entered {
        subject: event.subject.unwrap_or_default(),
        text: event.body.map(|body| body.content).unwrap_or_default(),
        attendees: event.attendees.iter().map(|one| user_of(&one.email_address.address).to_owned()).collect(),
        once: event.transaction_id,
    })
}

/// Reads which meeting a call joins: by the id that is dialled, or by its chat.
///
/// # Errors
/// If it names none.
pub fn read_call(body: &[u8]) -> Result<String, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Call {
        #[serde(default)]
        meeting_info: Option<Dialled>,
        #[serde(default)]
        chat_info: Option<Chat>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Dialled {
        #[serde(default)]
        join_meeting_id: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Chat {
        thread_id: String,
    }
    let call = serde_json::from_slice::<Call>(body).ok();
    let found = call.and_then(|call| {
        let dialled = call.meeting_info.and_then(|info| info.join_meeting_id);
        dialled.or_else(|| {
            let thread = call.chat_info?.thread_id;
            thread.strip_prefix("19:meeting_")?.strip_suffix("@thread.v2").map(str::to_owned)
        })
    });
    found.ok_or_else(|| Refusal::BadRequest("the call names no meeting".into()))
}

/// What a request does to a meeting's head count.
pub(super) fn gathering(graph: Graph<'_>, body: &[u8]) -> Option<Gathering> {
    match graph {
        Graph::Meetings(_) => {
            let others = u32::try_from(read_meeting(body).ok()?.attendees.len()).unwrap_or(u32::MAX);
            Some(Gathering::Opens { heads: others.saturating_add(1) })
        }
        Graph::Calls => Some(Gathering::Joins { meeting: read_call(body).ok()?, heads: 1 }),
        _ => None,
    }
}

/// A meeting's id.
pub fn meeting_id(number: u64) -> String {
    format!("{number:010}")
}

/// A meeting as Graph tells of it.
pub fn meeting_body(number: u64, organizer: &str, called: &Called, now: Span) -> String {
    let id = meeting_id(number);
    let begins = called.span.0.unwrap_or(now);
    let ends = called.span.1.unwrap_or(begins + HOUR);
    let person = |user: &str, role: &str| {
        serde_json::json!({ "upn": address_of(user), "role": role,
            "identity": { "user": { "id": user, "displayName": user, "tenantId": TENANT } } })
    };
    let attendees: Vec<_> = called.attendees.iter().map(|user| person(user, "attendee")).collect();
    let body = serde_json::json!({
        "@odata.context": format!("https://{HOST}/v1.0/$metadata#users('{organizer}')/onlineMeetings/$entity"),
        "id": id, "subject": called.subject, "creationDateTime": wall::text(now),
        "startDateTime": wall::text(begins), "endDateTime": wall::text(ends),
        "joinWebUrl": format!("https://teams.microsoft.com/l/meetup-join/19%3ameeting_{id}%40thread.v2/0"),
        "chatInfo": { "threadId": format!("19:meeting_{id}@thread.v2"), "messageId": "0", "replyChainMessageId": null },
        "joinMeetingIdSettings": { "joinMeetingId": id, "isPasscodeRequired": false, "passcode": null },
        "participants": { "organizer": person(organizer, "presenter"), "attendees": attendees },
    });
    body.to_string()
}

/// An event's id.
pub fn event_id(number: u64) -> String {
    format!("fd-event-{number}")
}

/// An event as Graph tells of it.
pub fn event_body(number: u64, organizer: &str, entered: &Entered, now: Span) -> String {
    let person = |user: &str| serde_json::json!({ "emailAddress": { "name": user, "address": address_of(user) } });
    let invited = |user: &String| {
        let mut one = person(user);
        one["type"] = "required".into();
        one["status"] = serde_json::json!({ "response": "none", "time": "0001-01-01T00:00:00Z" });
        one
    };
    let body = serde_json::json!({
        "@odata.context": format!("https://{HOST}/v1.0/$metadata#users('{organizer}')/events/$entity"),
        "id": event_id(number), "createdDateTime": wall::text(now), "lastModifiedDateTime": wall::text(now),
        "transactionId": entered.once, "subject": entered.subject, "isOrganizer": true,
        "body": { "contentType": "text", "content": entered.text },
        "attendees": entered.attendees.iter().map(invited).collect::<Vec<_>>(), "organizer": person(organizer),
    });
    body.to_string()
}

/// The answer to a call that joins a meeting.
pub fn call_answer(number: u64, meeting: &str) -> Response<Body> {
    let body = serde_json::json!({
        "@odata.context": format!("https://{HOST}/v1.0/$metadata#communications/calls/$entity"),
        "@odata.type": "#microsoft.graph.call", "id": format!("fd-call-{number}"), "state": "establishing",
        "direction": "outgoing", "tenantId": TENANT,
        "meetingInfo": { "@odata.type": "#microsoft.graph.joinMeetingIdMeetingInfo", "joinMeetingId": meeting },
    });
    answer(201, body.to_string())
}
