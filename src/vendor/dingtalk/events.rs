//! Events that the platform pushes about approvals, meetings and calendars, and the message in them.
//!
//! Which fields they have in full is not verified; those that are here are. A synthetic message stands in the title, and only an event
//! about a beginning carries it: what happens later is no message again.

use serde::Deserialize;
use serde_json::json;

/// An event: its type and its data, which is JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its type.
    pub kind: &'static str,
    /// Its data.
    pub data: Box<str>,
}

/// Something happened to an approval: `start`, `finish` or `terminate`, at `at` milliseconds since 1970.
pub fn approval(instance: &str, process: &str, staff: &str, title: &str, what: &str, at: u64) -> Event {
    let data = json!({ "processInstanceId": instance, "processCode": process, "staffId": staff, "title": title,
        "type": what, "createTime": at });
    Event { kind: "workflow_instance_change_directed", data: data.to_string().into() }
}

/// Something happened to a meeting: `start`, `join`, `kick`, `lock`, `unlock` or `end`.
pub fn meeting(id: &str, host: &str, title: &str, what: &str, at: u64) -> Event {
    let data = json!({ "conferenceId": id, "creatorId": host, "title": title, "type": what, "eventTime": at });
    Event { kind: "meeting_status_change", data: data.to_string().into() }
}

/// An event was entered into a calendar. That the platform pushes this, by this name, is not verified.
pub fn calendar(id: &str, organizer: &str, title: &str, at: u64) -> Event {
    let data =
        json!({ "calendarEventId": id, "organizer": organizer, "title": title, "type": "start", "eventTime": at });
    Event { kind: "calendar_event_change", data: data.to_string().into() }
}

#[derive(Deserialize)]
struct Titled {
    title: String,
    r#type: String,
}

/// The message that an event carries.
pub(super) fn text(data: &str) -> Option<String> {
    let titled: Titled = serde_json::from_str(data).ok()?;
    (titled.r#type == "start").then_some(titled.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_beginning_is_a_message() {
        assert_eq!(text(&meeting("1", "a", "call \"x\"", "start", 0).data).as_deref(), Some("call \"x\""));
        assert_eq!(text(&meeting("1", "a", "call", "lock", 0).data), None);
        assert_eq!(text(&calendar("1", "a", "call", 0).data).as_deref(), Some("call"));
        assert_eq!(text("[]"), None);
    }
}
