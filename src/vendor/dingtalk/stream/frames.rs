//! Frames as the platform writes them.

use serde::Serialize;

use super::super::{events, text};
use super::BOT;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Frame<'a> {
    spec_version: &'a str,
    r#type: &'a str,
    headers: Headers<'a>,
    data: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Headers<'a> {
    app_id: &'a str,
    connection_id: &'a str,
    content_type: &'a str,
    message_id: &'a str,
    time: &'a str,
    topic: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_corp_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_born_time: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_unified_app_id: Option<&'a str>,
}

/// What every frame of a connection names.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// The app's key.
    pub app: &'a str,
    /// The connection.
    pub connection: &'a str,
    /// The frame's own id, by which it is acknowledged.
    pub id: &'a str,
    /// When it is pushed, in milliseconds since 1970.
    pub time: u64,
}

/// The corporation of all synthetic accounts.
const CORPORATION: &str = "dingfdcorp";

fn frame(kind: &str, topic: &str, stamp: &Stamp<'_>, event: Option<(&str, &str, &str)>, data: &str) -> String {
    let time = stamp.time.to_string();
    let headers = Headers {
        app_id: stamp.app,
        connection_id: stamp.connection,
        content_type: "application/json",
        message_id: stamp.id,
        time: &time,
        topic,
        event_id: event.map(|(id, ..)| id),
        event_type: event.map(|(_, kind, _)| kind),
        event_corp_id: event.map(|_| CORPORATION),
        event_born_time: event.map(|(.., born)| born),
        event_unified_app_id: event.map(|_| stamp.app),
    };
    text(&Frame { spec_version: "1.0", r#type: kind, headers, data })
}

/// A question whether the client is there, which it answers with the same words.
pub fn ping(stamp: &Stamp<'_>) -> String {
    frame("SYSTEM", "ping", stamp, None, &format!("{{\"opaque\":\"{}\"}}", stamp.id))
}

/// The connection is going to end.
pub fn disconnect(stamp: &Stamp<'_>, reason: &str) -> String {
    frame("SYSTEM", "disconnect", stamp, None, &serde_json::json!({ "reason": reason }).to_string())
}

/// An event that happened at `born`, in milliseconds since 1970; `id` is its own, which stays the same when it is pushed again.
pub fn event(stamp: &Stamp<'_>, id: &str, born: u64, event: &events::Event) -> String {
    frame("EVENT", "*", stamp, Some((id, event.kind, &born.to_string())), &event.data)
}

/// A message to a robot.
#[derive(Clone, Copy, Debug)]
pub struct BotMessage<'a> {
    /// The message's id, which stays the same when it is pushed again.
    pub id: &'a str,
    /// Who sent it.
    pub sender: &'a str,
    /// In which conversation.
    pub conversation: &'a str,
    /// Whether that is a group.
    pub in_group: bool,
    /// What it says.
    pub text: &'a str,
    /// When it was sent, in milliseconds since 1970.
    pub created: u64,
    /// Where it can be answered.
    pub session_webhook: &'a str,
    /// Until when, in milliseconds since 1970.
    pub session_until: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BotData<'a> {
    conversation_id: &'a str,
    conversation_type: &'a str,
    at_users: [AtUser<'a>; 1],
    chatbot_corp_id: &'a str,
    chatbot_user_id: &'a str,
    msg_id: &'a str,
    sender_nick: &'a str,
    is_admin: bool,
    sender_staff_id: &'a str,
    session_webhook_expired_time: u64,
    create_at: u64,
    sender_corp_id: &'a str,
    sender_id: &'a str,
    session_webhook: &'a str,
    text: Content<'a>,
    robot_code: &'a str,
    msgtype: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AtUser<'a> {
    dingtalk_id: &'a str,
}

#[derive(Serialize)]
struct Content<'a> {
    content: &'a str,
}

/// A message to the robot of an app.
pub fn message(stamp: &Stamp<'_>, message: &BotMessage<'_>) -> String {
    let data = BotData {
        conversation_id: message.conversation,
        conversation_type: if message.in_group { "2" } else { "1" },
        at_users: [AtUser { dingtalk_id: stamp.app }],
        chatbot_corp_id: CORPORATION,
        chatbot_user_id: stamp.app,
        msg_id: message.id,
        sender_nick: message.sender,
        is_admin: false,
        sender_staff_id: message.sender,
        session_webhook_expired_time: message.session_until,
        create_at: message.created,
        sender_corp_id: CORPORATION,
        sender_id: message.sender,
        session_webhook: message.session_webhook,
        text: Content { content: message.text },
        robot_code: stamp.app,
        msgtype: "text",
    };
    frame("CALLBACK", BOT, stamp, None, &text(&data))
}
