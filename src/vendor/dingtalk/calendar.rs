//! Events in a user's calendar.

use hyper::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{Body, answer};
use super::refusal::{No, bad};
use super::robot::read;
use crate::units::Span;

/// The key that makes two requests one, in the head of a request.
pub const ONCE_HEADER: &str = "x-client-token";
/// For how long it does.
pub const ONCE_FOR: Span = Span::from_secs(86_400);
/// Events that a user may enter in a day.
pub const LIMIT: (u32, Span) = (100, Span::from_secs(86_400));

/// An event as it is entered.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// What it is about.
    pub summary: String,
    /// When it begins, as the client wrote it.
    pub start: Value,
    /// When it ends.
    #[serde(default)]
    pub end: Value,
    /// Who is asked to come.
    #[serde(default)]
    pub attendees: Vec<Attendee>,
}

/// Somebody who is asked to come.
#[derive(Clone, Debug, Deserialize)]
pub struct Attendee {
    /// His union id.
    pub id: String,
}

/// Reads an event.
///
/// # Errors
/// The platform's reason for not entering it.
pub fn read_event(body: &[u8]) -> Result<Event, No> {
    read(body)
}

/// More events than a user may enter in a day.
pub fn too_many() -> No {
    bad("flowLimit", "创建日程数量超过限制")
}

/// The id of a twin's `number`-th event.
pub fn event_id(number: u64) -> String {
    format!("fdevent-{number}")
}

/// The event as it was entered.
pub fn created_answer(number: u64, organizer: &str, event: &Event) -> Response<Body> {
    let person = |id: &str, status: &str| json!({ "id": id, "displayName": id, "responseStatus": status });
    let attendees: Vec<_> = event.attendees.iter().map(|attendee| person(&attendee.id, "needsAction")).collect();
    let body = json!({
        "id": event_id(number), "summary": event.summary, "start": event.start, "end": event.end,
        "organizer": person(organizer, "accepted"), "attendees": attendees, "isAllDay": false,
    });
    answer(200, body.to_string())
}
