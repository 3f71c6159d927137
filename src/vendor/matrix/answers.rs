//! What a homeserver answers, but for what is new and for a no.

use std::fmt::Write;

use hyper::Response;

use super::{SERVER, user_id};
use crate::vendor::{Body, answer, json};

/// A token that was given.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// To whom, by his name.
    pub user: &'a str,
    /// The token.
    pub token: &'a str,
    /// For which of his devices.
    pub device: &'a str,
}

/// The answer to a login.
pub fn given_answer(given: &Given<'_>) -> Response<Body> {
    let mut body = String::from("{\"user_id\":");
    json::string(&mut body, &user_id(given.user));
    body.push_str(",\"access_token\":");
    json::string(&mut body, given.token);
    body.push_str(",\"device_id\":");
    json::string(&mut body, given.device);
    // Writing to a string does not fail.
    let _ = write!(body, ",\"home_server\":\"{SERVER}\"}}");
    answer(200, body)
}

/// The ways to log in.
pub fn flows_answer() -> Response<Body> {
    answer(200, "{\"flows\":[{\"type\":\"m.login.password\"}]}".into())
}

/// The versions of the specification that are spoken, as far as a twin speaks them.
pub fn versions_answer() -> Response<Body> {
    answer(200, "{\"versions\":[\"r0.6.1\",\"v1.1\",\"v1.2\",\"v1.3\"],\"unstable_features\":{}}".into())
}

/// Whose a token is.
pub fn who_answer(user: &str, device: Option<&str>) -> Response<Body> {
    let mut body = String::from("{\"user_id\":");
    json::string(&mut body, &user_id(user));
    body.push_str(",\"is_guest\":false");
    if let Some(device) = device {
        body.push_str(",\"device_id\":");
        json::string(&mut body, device);
    }
    body.push('}');
    answer(200, body)
}

/// The room that was made, or entered.
pub fn room_answer(room: &str) -> Response<Body> {
    let mut body = String::from("{\"room_id\":");
    json::string(&mut body, room);
    body.push('}');
    answer(200, body)
}

/// The event that was sent.
pub fn sent_answer(number: u64) -> Response<Body> {
    answer(200, format!("{{\"event_id\":\"{}\"}}", event_id(number)))
}

/// An event's id: a hash in the real service; here it counts, so that a run has the same bytes.
pub(super) fn event_id(number: u64) -> String {
    format!("$fd-{number}")
}

/// The filter that was kept.
pub fn filter_answer(number: u64) -> Response<Body> {
    answer(200, format!("{{\"filter_id\":\"{number}\"}}"))
}

/// The members of a room.
pub fn members_answer<'u>(users: impl Iterator<Item = &'u str>) -> Response<Body> {
    let mut body = String::from("{\"joined\":{");
    for (at, user) in users.enumerate() {
        if at > 0 {
            body.push(',');
        }
        json::string(&mut body, &user_id(user));
        body.push_str(":{\"avatar_url\":null,\"display_name\":");
        json::string(&mut body, user);
        body.push('}');
    }
    body.push_str("}}");
    answer(200, body)
}

/// The rooms in which somebody is.
pub fn rooms_answer(rooms: &[String]) -> Response<Body> {
    let mut body = String::from("{\"joined_rooms\":");
    json::strings(&mut body, rooms);
    body.push('}');
    answer(200, body)
}

/// Nothing more to say.
pub fn nothing() -> Response<Body> {
    answer(200, "{}".into())
}
