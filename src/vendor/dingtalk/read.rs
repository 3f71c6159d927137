//! What answers mean, on either gateway.

use std::borrow::Cow;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::super::{Answer, by_status};
use crate::plan::Capability;

/// The answer to a message to single users.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'a> {
    #[serde(borrow, rename = "processQueryKey")]
    _key: Cow<'a, str>,
    #[serde(default)]
    invalid_staff_id_list: Vec<String>,
    #[serde(default)]
    flow_controlled_staff_id_list: Vec<String>,
}

/// Any answer, by what tells a yes from a no.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Any<'a> {
    errcode: Value,
    #[serde(rename = "sub_code")]
    sub_code: Value,
    #[serde(borrow)]
    code: Option<Cow<'a, str>>,
    status: Value,
    process_query_key: Option<String>,
    #[serde(rename = "task_id")]
    task_id: Value,
    instance_id: Option<String>,
    conference_id: Option<String>,
    schedule_conference_id: Option<String>,
    id: Option<String>,
    success: Value,
    result: Value,
}

/// A number or a text, as a text: the platform writes codes as either.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Any<'_> {
    /// The code of a no.
    fn no(&self) -> Option<String> {
        if let Some(code) = &self.code {
            return Some(code.clone().into_owned());
        }
        match word(&self.errcode) {
            Some(code) if code == "88" => word(&self.sub_code).or(Some(code)),
            Some(code) if code != "0" => Some(code),
            // What stands in front of both gateways has a shape of its own.
            None if self.status == 1111 => Some("1111".to_owned()),
            _ => None,
        }
    }

    /// By what the platform knows what it has taken.
    fn id(&self, capability: Capability) -> Option<String> {
        match capability {
            Capability::Chat | Capability::Group => self.process_query_key.clone(),
            Capability::Notice => word(&self.task_id),
            Capability::Approval => self.instance_id.clone(),
            Capability::Meeting => self.conference_id.clone().or_else(|| self.schedule_conference_id.clone()),
            Capability::Calendar => self.id.clone(),
            _ => None,
        }
    }

    fn is_yes(&self, capability: Capability) -> bool {
        let is_true = |value: &Value| value == &Value::Bool(true) || value == "true";
        word(&self.errcode).is_some_and(|code| code == "0")
            || self.id(capability).is_some()
            || is_true(&self.success)
            || is_true(&self.result)
    }
}

/// What an answer to a message of this capability means. A message can be declined for single users inside a 200, and refused by an
/// `errcode` inside one.
pub(in crate::vendor) fn read_answer(capability: Capability, status: StatusCode, body: &[u8]) -> Answer {
    if status != StatusCode::OK {
        return unread(status, body);
    }
    if capability == Capability::Chat
        && let Ok(mut sent) = serde_json::from_slice::<Sent<'_>>(body)
    {
        sent.invalid_staff_id_list.append(&mut sent.flow_controlled_staff_id_list);
        return Answer::Acknowledged { declined: sent.invalid_staff_id_list };
    }
    match serde_json::from_slice::<Any<'_>>(body) {
        Ok(any) if any.no().is_none() && any.is_yes(capability) => Answer::Acknowledged { declined: Vec::new() },
        _ => unread(status, body),
    }
}

/// By what the platform knows what it has taken: the key, task, instance, meeting or event of an answer.
pub(in crate::vendor) fn sent_id(capability: Capability, body: &[u8]) -> Option<String> {
    serde_json::from_slice::<Any<'_>>(body).ok()?.id(capability)
}

/// An answer that is no yes.
pub(super) fn unread(status: StatusCode, body: &[u8]) -> Answer {
    let code = serde_json::from_slice::<Any<'_>>(body).ok().and_then(|any| any.no());
    match code {
        Some(code) if status == StatusCode::OK => Answer::Refused(code),
        Some(code) => by_status(status, code),
        None if status == StatusCode::OK => Answer::Unreadable("200 that says neither yes nor no".into()),
        None => by_status(status, status.as_str().to_owned()),
    }
}

/// Codes after which a new token is asked for.
pub(in crate::vendor) fn is_about_token(code: &str) -> bool {
    code.contains("Authentication") || matches!(code, "40000" | "40001" | "40014" | "41001" | "42001")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(capability: Capability, status: u16, body: &str) -> Answer {
        read_answer(capability, StatusCode::from_u16(status).expect("a status"), body.as_bytes())
    }

    fn yes(declined: &[&str]) -> Answer {
        Answer::Acknowledged { declined: declined.iter().map(|user| (*user).to_owned()).collect() }
    }

    #[test]
    fn each_capability_has_its_yes() {
        for (capability, body) in [
            (Capability::Group, r#"{"processQueryKey":"x"}"#),
            (Capability::Notice, r#"{"errcode":0,"errmsg":"ok","task_id":25,"request_id":"r"}"#),
            (Capability::Webhook, r#"{"errcode":"0","errmsg":"ok"}"#),
            (Capability::Approval, r#"{"instanceId":"x"}"#),
            (Capability::Approval, r#"{"result":{"status":"RUNNING"},"success":"true"}"#),
            (Capability::Ocr, r#"{"errcode":0,"errmsg":"success","result":{"data":"{}"}}"#),
            (Capability::Meeting, r#"{"conferenceId":"x","roomCode":"1"}"#),
            (Capability::Meeting, r#"{"success":true}"#),
            (Capability::Calendar, r#"{"id":"x","summary":"s"}"#),
            (Capability::Admin, r#"{"result":true}"#),
        ] {
            assert_eq!(read(capability, 200, body), yes(&[]), "{body}");
        }
        let part = r#"{"processQueryKey":"x","invalidStaffIdList":["a"],"flowControlledStaffIdList":["b"]}"#;
        assert_eq!(read(Capability::Chat, 200, part), yes(&["a", "b"]));
    }

    #[test]
    fn a_no_inside_a_200_is_a_no() {
        for (body, code) in [
            (r#"{"errcode":310000,"errmsg":"sign not match"}"#, "310000"),
            (r#"{"errcode":-1,"errmsg":"系统繁忙"}"#, "-1"),
            (r#"{"errcode":88,"sub_code":"40014","sub_msg":"x","errmsg":"y"}"#, "40014"),
            (r#"{"errcode":22,"sub_msg":"x","errmsg":"y"}"#, "22"),
            (r#"{"status":1111,"wait":5,"source":"x5","punish":"deny"}"#, "1111"),
        ] {
            assert_eq!(read(Capability::Webhook, 200, body), Answer::Refused(code.into()), "{body}");
        }
    }

    #[test]
    fn what_says_neither_is_not_readable() {
        for (status, body) in
            [(200, ""), (200, "<html>"), (200, "{}"), (502, "{}"), (504, ""), (502, r#"{"code":"x"}"#)]
        {
            for capability in [Capability::Chat, Capability::Notice] {
                assert!(matches!(read(capability, status, body), Answer::Unreadable(_)), "{status} {body}");
            }
        }
        assert_eq!(read(Capability::Chat, 503, "down"), Answer::Refused("503".into()));
        assert_eq!(read(Capability::Chat, 400, r#"{"code":"bot.stopped"}"#), Answer::Refused("bot.stopped".into()));
    }

    #[test]
    fn the_id_is_found() {
        assert_eq!(sent_id(Capability::Notice, br#"{"errcode":0,"task_id":25}"#).as_deref(), Some("25"));
        assert_eq!(sent_id(Capability::Meeting, br#"{"conferenceId":"c"}"#).as_deref(), Some("c"));
        assert_eq!(sent_id(Capability::Chat, b"{}"), None);
    }
}
