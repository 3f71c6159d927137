//! Video meetings.

use hyper::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{Body, Gathering, Head, answer};
use super::refusal::{No, bad, own};
use super::robot::read;
use super::{Operation, path_id};

/// A meeting as it is called.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Create {
    /// Who calls it, by union id.
    pub user_id: String,
    /// What it is about.
    #[serde(default)]
    pub conf_title: String,
    /// Who is called into it.
    #[serde(default)]
    pub invite_user_ids: Vec<String>,
    /// Whether the caller is called, too.
    #[serde(default)]
    pub invite_caller: bool,
}

/// Reads a meeting.
///
/// # Errors
/// The platform's reason for not opening it.
pub fn read_create(body: &[u8]) -> Result<Create, No> {
    let create: Create = read(body).map_err(params_error)?;
    if create.conf_title.trim().is_empty() {
        return Err(bad("paramsTitleError", "会议标题错误"));
    }
    Ok(create)
}

fn params_error(no: No) -> No {
    match no {
        No::Own(own) if own.code == "invalidParameter" => bad("paramsError", own.message),
        other => other,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lock {
    action: String,
}

/// Whether a meeting is to be locked, or unlocked.
///
/// # Errors
/// If it is neither.
pub fn read_lock(body: &[u8]) -> Result<bool, No> {
    match read::<Lock>(body)?.action.as_str() {
        "lock" => Ok(true),
        "unlock" => Ok(false),
        _ => Err(bad("commandError", "指令错误")),
    }
}

/// More people for a meeting.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invite {
    /// Users.
    #[serde(default)]
    pub invitee_list: Vec<Person>,
    /// Telephones.
    #[serde(default)]
    pub phone_invitee_list: Vec<serde::de::IgnoredAny>,
}

/// People who are put out of a meeting.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kick {
    /// Users.
    pub user_list: Vec<Person>,
    /// Whether they may not come back.
    #[serde(default)]
    pub forbidden_rejoin: bool,
}

/// Somebody by his union id.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The union id.
    #[serde(default)]
    pub union_id: String,
}

/// A meeting for later.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Who calls it.
    pub creator_union_id: String,
    /// What it is about.
    pub title: String,
    /// When it begins, in milliseconds since 1970.
    pub start_time: u64,
    /// When it ends.
    pub end_time: u64,
}

/// How somebody stands to a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attendance {
    /// He is in it.
    In = 3,
    /// He was put out of it.
    Kicked = 5,
    /// He has left, or it is over.
    Left = 6,
}

/// The id of a twin's `number`-th meeting.
pub fn meeting_id(number: u64) -> String {
    format!("fdconf-{number}")
}

/// The number in it.
pub fn meeting_number(id: &str) -> Option<u64> {
    let number = id.strip_prefix("fdconf-")?.parse().ok();
    number.filter(|number| meeting_id(*number) == id)
}

/// There is no such meeting.
pub fn no_room() -> No {
    own(404, "roomNotFound", "会议不存在")
}

/// The meeting is over.
pub fn over() -> No {
    bad("confClosed", "会议已结束")
}

/// It is locked, or the caller may not do this. The vendor does not say with which code somebody is turned away from a locked meeting:
/// this is the one of the three for locking that fits.
pub fn not_permitted() -> No {
    own(403, "noPermission", "没有权限")
}

/// Somebody who does not exist was named.
pub fn unknown_user() -> No {
    bad("unknownUserError", "用户不存在")
}

/// The answer to a meeting.
pub fn created_answer(number: u64) -> Response<Body> {
    let room = format!("{:09}", number % 1_000_000_000);
    let body = json!({
        "conferenceId": meeting_id(number), "conferencePassword": "123456", "hostPassword": "654321",
        "externalLinkUrl": format!("https://meeting.dingtalk.com/j/{room}"), "phoneNumbers": [], "roomCode": room,
    });
    answer(200, body.to_string())
}

/// The answer to a meeting for later.
pub fn scheduled_answer(number: u64) -> Response<Body> {
    let room = format!("{:09}", number % 1_000_000_000);
    let body = json!({
        "scheduleConferenceId": format!("fdsched-{number}"), "roomCode": room, "phones": [],
        "url": format!("https://meeting.dingtalk.com/j/{room}"), "requestId": super::refusal::request_id(number),
    });
    answer(200, body.to_string())
}

/// How a meeting stands; made by whoever keeps it.
pub fn info_answer(info: &Value) -> Response<Body> {
    answer(200, json!({ "confInfo": info }).to_string())
}

/// Who is and was in it; made by whoever keeps it.
pub fn members_answer(members: &[Value]) -> Response<Body> {
    answer(200, json!({ "memberModels": members, "totalCount": members.len(), "nextToken": "" }).to_string())
}

/// What was asked is done.
pub fn done_answer() -> Response<Body> {
    answer(200, "{\"success\":true}".to_owned())
}

/// The meeting is ended.
pub fn closed_answer() -> Response<Body> {
    answer(200, "{\"code\":200,\"cause\":\"success\"}".to_owned())
}

/// What a request does to the heads of a meeting.
pub(in crate::vendor) fn gathering(head: &impl Head, body: &[u8]) -> Option<Gathering> {
    let count = |heads: usize| u32::try_from(heads).unwrap_or(u32::MAX);
    match Operation::of(head)? {
        Operation::CreateMeeting => {
            let create: Create = serde_json::from_slice(body).ok()?;
            let mut heads = create.invite_user_ids;
            // Whoever calls it is in it, called or not.
            heads.push(create.user_id);
            heads.sort_unstable();
            heads.dedup();
            Some(Gathering::Opens { heads: count(heads.len()) })
        }
        Operation::InviteToMeeting => {
            let invite: Invite = serde_json::from_slice(body).ok()?;
            let heads = count(invite.invitee_list.len() + invite.phone_invitee_list.len());
            Some(Gathering::Joins { meeting: path_id(head), heads })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use hyper::http::request::Parts;

    use super::*;

    fn head(path: &str) -> Parts {
        Request::post(path).body(()).expect("a request").into_parts().0
    }

    #[test]
    fn heads_are_counted() {
        let create = head("/v1.0/conference/videoConferences");
        let body = br#"{"userId":"a","confTitle":"t","inviteUserIds":["a","b","c"],"inviteCaller":true}"#;
        assert_eq!(gathering(&create, body), Some(Gathering::Opens { heads: 3 }));
        let invite = head("/v1.0/conference/videoConferences/fdconf%2D7/users/invite");
        let body =
            br#"{"unionId":"a","inviteeList":[{"unionId":"d","nick":"D"}],"phoneInviteeList":[{"phoneNumber":"1"}]}"#;
        assert_eq!(gathering(&invite, body), Some(Gathering::Joins { meeting: "fdconf-7".into(), heads: 2 }));
        assert_eq!(gathering(&create, b"no"), None);
        assert_eq!(gathering(&head("/v1.0/robot/groupMessages/send"), body), None);
    }

    #[test]
    fn a_lock_has_two_sides() {
        assert_eq!(read_lock(br#"{"action":"lock"}"#), Ok(true));
        assert_eq!(read_lock(br#"{"action":"unlock"}"#), Ok(false));
        assert!(matches!(read_lock(br#"{"action":"open"}"#), Err(No::Own(own)) if own.code == "commandError"));
    }

    #[test]
    fn a_meeting_has_a_title() {
        assert!(matches!(read_create(br#"{"userId":"a"}"#), Err(No::Own(own)) if own.code == "paramsTitleError"));
        assert!(matches!(read_create(br#"{"confTitle":"t"}"#), Err(No::Own(own)) if own.code == "paramsError"));
    }
}
