//! Robots on the present gateway: messages to single users and into groups, who has read them, and taking them back.

use std::borrow::Cow;
use std::fmt::Write;

use hyper::Response;
use serde::Deserialize;

use super::super::head::{decode, parameter};
use super::super::{Body, Head, answer, json};
use super::refusal::{No, bad, no_body};

/// The most users of one message to single users.
pub const DIRECT_USERS: usize = 20;

/// The text that a message's parameters hold.
#[derive(Deserialize)]
struct Param<'a> {
    #[serde(borrow, alias = "text")]
    content: Cow<'a, str>,
}

/// A message to single users.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Direct {
    /// The robot's code.
    pub robot_code: String,
    /// Users, at most [`DIRECT_USERS`].
    pub user_ids: Vec<String>,
    #[serde(default)]
    msg_key: String,
    /// What is said: the parameters that the template of the message's kind takes; once read, the text in them.
    #[serde(rename = "msgParam")]
    pub text: String,
}

/// A message into a group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grouped {
    /// The robot's code.
    pub robot_code: String,
    /// The conversation.
    pub open_conversation_id: String,
    #[serde(default)]
    msg_key: String,
    /// What is said, as in [`Direct::text`].
    #[serde(rename = "msgParam")]
    pub text: String,
}

/// Reads a body of JSON.
///
/// # Errors
/// The platform's words for a body that is missing, or not what the function takes.
pub fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, No> {
    if body.is_empty() {
        return Err(no_body());
    }
    serde_json::from_slice(body).map_err(|error| bad("invalidParameter", error.to_string()))
}

/// Reads a message to single users.
///
/// # Errors
/// The platform's reason for not taking it.
pub fn read_direct(body: &[u8]) -> Result<Direct, No> {
    let mut direct: Direct = read(body)?;
    if direct.user_ids.is_empty() || direct.user_ids.len() > DIRECT_USERS {
        return Err(bad("invalidParameter", "userIds holds 1 to 20 ids"));
    }
    direct.text = content(&direct.msg_key, direct.text)?;
    Ok(direct)
}

/// Reads a message into a group.
///
/// # Errors
/// The platform's reason for not taking it.
pub fn read_group(body: &[u8]) -> Result<Grouped, No> {
    let mut group: Grouped = read(body)?;
    group.text = content(&group.msg_key, group.text)?;
    Ok(group)
}

/// What a message says: the text of a text or a Markdown message; of any other kind, its parameters as they are.
fn content(key: &str, param: String) -> Result<String, No> {
    if !key.starts_with("sample") && !key.is_empty() {
        // A template of the organisation's own, of which a twin has none.
        return Err(bad("template.stopped", "消息模板已停用"));
    }
    match serde_json::from_str::<Param<'_>>(&param) {
        Ok(read) => Ok(read.content.into_owned()),
        Err(_) if matches!(key, "" | "sampleText" | "sampleMarkdown") => {
            Err(bad("invalidParameter", "msgParam is not JSON with a content"))
        }
        Err(_) if serde_json::from_str::<serde::de::IgnoredAny>(&param).is_ok() => Ok(param),
        Err(error) => Err(bad("invalidParameter", format!("msgParam: {error}"))),
    }
}

/// By which a message is asked for later.
pub fn process_key(number: u64) -> String {
    format!("fd{number:016x}")
}

/// The number in it.
pub fn key_number(key: &str) -> Option<u64> {
    let number = u64::from_str_radix(key.strip_prefix("fd")?, 16).ok();
    number.filter(|number| process_key(*number) == key)
}

/// The answer to a message to single users, the `number`-th of a twin. `invalid` are those who do not exist or are disabled,
/// `throttled` those whom it would be too many.
pub fn sent_answer(number: u64, invalid: &[&str], throttled: &[&str]) -> Response<Body> {
    let mut sent = String::with_capacity(112);
    // Writing to a string does not fail.
    let _ = write!(sent, "{{\"processQueryKey\":\"fd{number:016x}\",\"invalidStaffIdList\":");
    json::strings(&mut sent, invalid);
    sent.push_str(",\"flowControlledStaffIdList\":");
    json::strings(&mut sent, throttled);
    sent.push('}');
    answer(200, sent)
}

/// The answer to a message into a group.
pub fn group_answer(number: u64) -> Response<Body> {
    answer(200, format!("{{\"processQueryKey\":\"fd{number:016x}\"}}"))
}

/// The keys of a question about a message to single users: the message's, and the robot's code.
///
/// # Errors
/// If one is missing.
pub fn read_direct_status(head: &impl Head) -> Result<(String, String), No> {
    let one = |name: &str| parameter(head.query(), name).map(decode);
    match (one("processQueryKey"), one("robotCode")) {
        (Some(key), Some(robot)) => Ok((key, robot)),
        _ => Err(bad("invalidParameter", "processQueryKey and robotCode are mandatory")),
    }
}

/// A question about a message into a group.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupStatus {
    /// The message.
    pub process_query_key: String,
    /// How many readers at most.
    #[serde(default = "all")]
    pub max_results: usize,
    /// From where on.
    #[serde(default)]
    pub next_token: String,
}

fn all() -> usize {
    200
}

/// Messages that are to be taken back.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recall {
    /// Their keys.
    pub process_query_keys: Vec<String>,
}

/// How a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has been given to whom it is for.
    Sent,
    /// It was taken back.
    Recalled,
    /// It is on its way.
    Processing,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Sent => "SUCCESS",
            Self::Recalled => "RECALLED",
            Self::Processing => "PROCESSING",
        }
    }
}

/// Who of a message's users has read it.
pub fn direct_status_answer<'a>(state: State, users: impl IntoIterator<Item = (&'a str, bool)>) -> Response<Body> {
    let entry = |(user, read): (&str, bool)| {
        let status = if read { "READ" } else { "UNREAD" };
        serde_json::json!({ "name": user, "userId": user, "readStatus": status })
    };
    let list: Vec<_> = users.into_iter().map(entry).collect();
    answer(200, serde_json::json!({ "sendStatus": state.word(), "messageReadInfoList": list }).to_string())
}

/// Who of a group has read a message: `readers` from the one that `asked` names on.
pub fn group_status_answer(state: State, readers: &[&str], asked: &GroupStatus) -> Response<Body> {
    let from = asked.next_token.parse::<usize>().unwrap_or(0).min(readers.len());
    let to = from.saturating_add(asked.max_results.clamp(1, all())).min(readers.len());
    let body = serde_json::json!({
        "sendStatus": state.word(), "readUserIds": readers[from..to],
        "nextToken": to.to_string(), "hasMore": to < readers.len(),
    });
    answer(200, body.to_string())
}

/// Which messages were taken back, and which not.
pub fn recall_answer(done: &[&str], failed: &[&str]) -> Response<Body> {
    let why = |key: &&str| ((*key).to_owned(), serde_json::Value::from("消息不存在或已撤回"));
    let failed: serde_json::Map<_, _> = failed.iter().map(why).collect();
    answer(200, serde_json::json!({ "successResult": done, "failedResult": failed }).to_string())
}
