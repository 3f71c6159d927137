//! Frames as a client reads them, and acknowledgements as the platform does.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::super::{events, text};
use super::BOT;

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    content: Cow<'a, str>,
}

/// A frame as a client reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Its id, by which it is acknowledged.
    pub id: String,
    /// What it is.
    pub what: What,
}

/// What a frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A message, or an event that carries one.
    Message(String),
    /// An event that carries no message, or a topic of which nothing is known.
    Other,
    /// A question whether the client is there; the answer repeats this.
    Ping(String),
    /// The connection is going to end: it is time for another.
    Disconnect,
}

#[derive(Deserialize)]
struct Heard<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    headers: HeardHead<'a>,
    #[serde(borrow, default)]
    data: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeardHead<'a> {
    message_id: String,
    #[serde(borrow)]
    topic: Cow<'a, str>,
}

#[derive(Deserialize)]
struct BotText<'a> {
    #[serde(borrow)]
    text: Content<'a>,
}

/// Reads a frame; `None` if it is none.
pub fn pushed(frame: &str) -> Option<Pushed> {
    let heard: Heard<'_> = serde_json::from_str(frame).ok()?;
    let what = match (&*heard.r#type, &*heard.headers.topic) {
        ("SYSTEM", "ping") => What::Ping(heard.data.into_owned()),
        ("SYSTEM", "disconnect") => What::Disconnect,
        ("CALLBACK", BOT) => {
            let bot: BotText<'_> = serde_json::from_str(&heard.data).ok()?;
            What::Message(bot.text.content.into_owned())
        }
        ("EVENT", _) => events::text(&heard.data).map_or(What::Other, What::Message),
        _ => What::Other,
    };
    Some(Pushed { id: heard.headers.message_id, what })
}

#[derive(Serialize)]
struct AckFrame<'a> {
    code: u16,
    headers: AckHead<'a>,
    message: &'a str,
    data: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AckHead<'a> {
    content_type: &'a str,
    message_id: &'a str,
}

impl Pushed {
    /// The acknowledgement.
    pub fn acknowledgement(&self) -> String {
        let data = match &self.what {
            What::Ping(data) => data.as_str(),
            _ => "{\"status\":\"SUCCESS\",\"message\":\"OK\",\"response\":\"OK\"}",
        };
        let headers = AckHead { content_type: "application/json", message_id: &self.id };
        text(&AckFrame { code: 200, headers, message: "OK", data })
    }
}

/// An acknowledgement as the platform reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Which frame.
    pub id: String,
    /// Whether it was taken: not if the client failed, or wants it later.
    pub taken: bool,
}

#[derive(Deserialize)]
struct HeardAck<'a> {
    #[serde(default)]
    code: u16,
    #[serde(borrow)]
    headers: HeardAckHead<'a>,
    #[serde(borrow, default)]
    data: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeardAckHead<'a> {
    #[serde(borrow)]
    message_id: Cow<'a, str>,
}

#[derive(Deserialize)]
struct AckStatus<'a> {
    #[serde(borrow, default)]
    status: Cow<'a, str>,
}

/// Reads an acknowledgement; `None` if it is none.
pub fn acknowledged(frame: &str) -> Option<Acknowledged> {
    let heard: HeardAck<'_> = serde_json::from_str(frame).ok()?;
    let later = heard.data.as_deref().and_then(|data| serde_json::from_str::<AckStatus<'_>>(data).ok());
    let later = later.is_some_and(|data| data.status == "LATER");
    Some(Acknowledged { id: heard.headers.message_id.into_owned(), taken: heard.code == 200 && !later })
}

#[cfg(test)]
mod tests {
    use super::super::{BotMessage, Stamp, disconnect, event, message, ping};
    use super::*;

    const STAMP: Stamp<'_> = Stamp { app: "dingkey", connection: "c1", id: "7", time: 1_690_362_102_194 };

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let text = "订单 17 \"with quotes\" \\ and\n香港";
        let bot = BotMessage {
            id: "m1",
            sender: "anna",
            conversation: "cidanna,bert==",
            in_group: false,
            text,
            created: 5,
            session_webhook: "http://h/robot/sendBySession?session=x",
            session_until: 6,
        };
        let frame = message(&STAMP, &bot);
        let pushed = pushed(&frame).expect("a frame");
        assert_eq!(pushed, Pushed { id: "7".into(), what: What::Message(text.into()) });
        let ack = acknowledged(&pushed.acknowledgement());
        assert_eq!(ack, Some(Acknowledged { id: "7".into(), taken: true }));
        let whole: serde_json::Value = serde_json::from_str(&frame).expect("JSON");
        assert_eq!(whole["headers"]["time"], "1690362102194", "a text that is a number");
        let data: serde_json::Value = serde_json::from_str(whole["data"].as_str().expect("a text")).expect("JSON");
        assert_eq!((&data["msgId"], &data["conversationType"]), (&"m1".into(), &"1".into()));
    }

    #[test]
    fn system_frames_are_told_apart() {
        let asked = pushed(&ping(&STAMP)).expect("a frame");
        let What::Ping(data) = &asked.what else { panic!("{asked:?}") };
        let ack: serde_json::Value = serde_json::from_str(&asked.acknowledgement()).expect("JSON");
        assert_eq!(ack["data"], data.as_str(), "the same words");
        let last = pushed(&disconnect(&STAMP, "connection is expired")).expect("a frame");
        assert_eq!(last.what, What::Disconnect);
    }

    #[test]
    fn an_event_is_a_message_when_something_begins() {
        let begun = events::approval("fdproc-1", "PROC-1", "anna", "order 17", "start", 0);
        let what = |one: &events::Event| pushed(&event(&STAMP, "e1", 5, one)).map(|pushed| pushed.what);
        assert_eq!(what(&begun), Some(What::Message("order 17".into())));
        let over = events::approval("fdproc-1", "PROC-1", "anna", "order 17", "finish", 0);
        assert_eq!(what(&over), Some(What::Other));
    }

    #[test]
    fn what_was_not_taken_is_told_apart() {
        let ack = |code: u16, data: &str| {
            let frame =
                serde_json::json!({ "code": code, "headers": { "messageId": "7" }, "message": "", "data": data });
            acknowledged(&frame.to_string()).map(|ack| ack.taken)
        };
        assert_eq!(ack(200, "{\"status\":\"SUCCESS\"}"), Some(true));
        assert_eq!(ack(200, "{\"status\":\"LATER\",\"message\":\"x\"}"), Some(false));
        assert_eq!(ack(500, "{}"), Some(false));
        assert_eq!(acknowledged("{}"), None);
        assert_eq!(pushed("{\"type\":\"EVENT\"}"), None);
    }
}
