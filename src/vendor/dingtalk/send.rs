//! How a client writes what it sends, and asks who has read it.

use std::sync::LazyLock;

use hyper::{Request, StatusCode, Uri};
use serde::Deserialize;
use serde_json::json as value;

use super::super::{Answer, Body, Identity, Outgoing, json, post, with_header};
use super::group::{conversation, encoded};
use super::read::unread;
use super::{TOKEN_HEADER, approval, calendar, host, old_host, operation};
use crate::plan::{Capability, Edition};

/// Parsed once, and not for every message.
static SEND_URI: LazyLock<Uri> = LazyLock::new(|| Uri::from_static(operation::SEND_DIRECT));

/// The app that notices are sent by: at the real service everyone has another.
const AGENT: u64 = 1;
/// When a synthetic meeting of the calendar begins and ends: its text matters and not its time.
const BEGINS: &str = "2026-01-01T09:00:00+08:00";
const ENDS: &str = "2026-01-01T10:00:00+08:00";

/// The request that sends a message.
pub(in crate::vendor) fn request(edition: Edition, message: &Outgoing<'_>) -> Request<Body> {
    let Outgoing { capability, from, token, recipients, text, once, .. } = *message;
    match capability {
        Capability::Group => group(edition, message),
        Capability::Notice => {
            let body = value!({ "agent_id": AGENT, "userid_list": recipients.join(","),
                "msg": { "msgtype": "text", "text": { "content": text } } });
            old(edition, operation::NOTICE, token, &body)
        }
        Capability::Webhook => {
            let body = value!({ "msgtype": "text", "text": { "content": text }, "msgUuid": once.to_string(),
                "at": { "atUserIds": recipients, "isAtAll": false } });
            old(edition, operation::ROBOT_POST, &from.webhook, &body)
        }
        Capability::Approval => {
            let action = if recipients.len() > 1 { "AND" } else { "NONE" };
            let body = value!({ "originatorUserId": from.user, "processCode": approval::PROCESS, "deptId": -1,
                "formComponentValues": [{ "name": "text", "value": text }],
                "approvers": [{ "actionType": action, "userIds": recipients }] });
            present(edition, operation::APPROVALS, token, &body)
        }
        Capability::Ocr => {
            let image = format!("https://pictures.invalid/{}", encoded(text));
            old(edition, operation::RECOGNISE, token, &value!({ "type": "invoice", "image_url": image }))
        }
        Capability::Meeting => {
            let body = value!({ "userId": from.user, "confTitle": text, "inviteUserIds": recipients,
                "inviteCaller": true });
            present(edition, operation::MEETINGS, token, &body)
        }
        Capability::Calendar => {
            let attendees: Vec<_> = recipients.iter().map(|user| value!({ "id": user })).collect();
            let body = value!({ "summary": text, "attendees": attendees, "start": { "dateTime": BEGINS,
                "timeZone": "Asia/Shanghai" }, "end": { "dateTime": ENDS, "timeZone": "Asia/Shanghai" } });
            let path = format!("/v1.0/calendar/users/{}/calendars/primary/events", encoded(&from.user));
            with_header(present(edition, &path, token, &body), calendar::ONCE_HEADER, &format!("firedrill-{once}"))
        }
        _ => direct(edition, message),
    }
}

fn direct(edition: Edition, message: &Outgoing<'_>) -> Request<Body> {
    let Outgoing { from, token, recipients, text, .. } = *message;
    let param = param(text);
    let mut body = String::with_capacity(param.len() + 160);
    body.push_str("{\"robotCode\":");
    json::string(&mut body, &from.key);
    body.push_str(",\"userIds\":");
    json::strings(&mut body, recipients);
    body.push_str(",\"msgKey\":\"sampleText\",\"msgParam\":");
    json::string(&mut body, &param);
    body.push('}');
    with_header(post(host(edition), SEND_URI.clone(), body), TOKEN_HEADER, token)
}

fn group(edition: Edition, message: &Outgoing<'_>) -> Request<Body> {
    let Outgoing { from, token, recipients, text, .. } = *message;
    let body = value!({ "robotCode": from.key, "openConversationId": group_of(from, recipients),
        "msgKey": "sampleText", "msgParam": param(text) });
    present(edition, operation::SEND_GROUP, token, &body)
}

/// The conversation of a sender and his recipients.
fn group_of(from: &Identity, recipients: &[&str]) -> String {
    conversation(recipients.iter().copied().chain([from.user.as_str()]))
}

/// JSON within JSON: the vendor's own shape.
fn param(text: &str) -> String {
    let mut param = String::with_capacity(text.len() + 32);
    param.push_str("{\"content\":");
    json::string(&mut param, text);
    param.push('}');
    param
}

fn present(edition: Edition, path: &str, token: &str, body: &serde_json::Value) -> Request<Body> {
    with_header(post(host(edition), uri(path), body.to_string()), TOKEN_HEADER, token)
}

fn old(edition: Edition, path: &str, token: &str, body: &serde_json::Value) -> Request<Body> {
    let path = format!("{path}?access_token={}", encoded(token));
    post(old_host(edition), uri(&path), body.to_string())
}

/// Paths are built of parts that are encoded; `/` is what a mistake would give, and the platform refuses it.
fn uri(path: &str) -> Uri {
    path.parse().unwrap_or_default()
}

/// A question who has read a message of which the platform said the id.
pub(in crate::vendor) fn status_request(edition: Edition, message: &Outgoing<'_>, id: &str) -> Option<Request<Body>> {
    let Outgoing { capability, from, token, recipients, .. } = *message;
    match capability {
        Capability::Chat => {
            let (path, id, robot) = (operation::DIRECT_STATUS, encoded(id), encoded(&from.key));
            let path = format!("{path}?robotCode={robot}&processQueryKey={id}");
            let mut request = present(edition, &path, token, &serde_json::Value::Null);
            *request.method_mut() = hyper::Method::GET;
            *request.body_mut() = Body::default();
            request.headers_mut().remove(hyper::header::CONTENT_TYPE);
            Some(request)
        }
        Capability::Group => {
            let body = value!({ "robotCode": from.key, "openConversationId": group_of(from, recipients),
                "processQueryKey": id, "maxResults": 200 });
            Some(present(edition, operation::GROUP_STATUS, token, &body))
        }
        Capability::Notice => {
            let task: u64 = id.parse().ok()?;
            Some(old(edition, operation::NOTICE_RESULT, token, &value!({ "agent_id": AGENT, "task_id": task })))
        }
        _ => None,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    message_read_info_list: Option<Vec<Read>>,
    read_user_ids: Option<Vec<String>>,
    #[serde(rename = "send_result")]
    send_result: Option<NoticeStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    user_id: String,
    #[serde(default)]
    read_status: String,
}

#[derive(Deserialize)]
struct NoticeStatus {
    #[serde(default)]
    read_user_id_list: Vec<String>,
}

/// Who has read a message, as the answer to the question says.
pub(in crate::vendor) fn readers(status: StatusCode, body: &[u8]) -> Result<Vec<String>, Answer> {
    let answer = serde_json::from_slice(body).ok().filter(|_| status == StatusCode::OK);
    match answer {
        Some(Status { message_read_info_list: Some(list), .. }) => {
            Ok(list.into_iter().filter(|entry| entry.read_status == "READ").map(|entry| entry.user_id).collect())
        }
        Some(Status { read_user_ids: Some(users), .. }) => Ok(users),
        Some(Status { send_result: Some(result), .. }) => Ok(result.read_user_id_list),
        _ => Err(unread(status, body)),
    }
}
