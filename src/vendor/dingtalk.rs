//! DingTalk, both editions: the new gateway (`api.dingtalk.com`, `api.dingtalk.io`), robot messages to single users.
//!
//! Paths, bodies, codes and statuses follow the vendor's own pages and published answers of the real gateway. Not verified anywhere:
//! what exactly an account frozen by the platform is answered; `bot.stopped` and `bot.forbidden.sendMessage` are the documented codes
//! for a robot that was stopped and for one that may not speak.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::LazyLock;

use hyper::{Request, Response, StatusCode, Uri};
use serde::{Deserialize, Serialize};

use super::{Answer, Body, Call, Head, Identity, Refusal, Token, answer, by_status, json, post, with_header};
use crate::plan::{Capability, Edition, FreezeMode};
use crate::units::Span;

/// 20 requests a second for one app and function (standard edition).
pub(super) const SEND_LIMIT: (u32, Span) = (20, Span::from_secs(1));

const TOKEN_PATH: &str = "/v1.0/oauth2/accessToken";
const SEND_PATH: &str = "/v1.0/robot/oToMessages/batchSend";
/// Parsed once, and not for every message.
static SEND_URI: LazyLock<Uri> = LazyLock::new(|| Uri::from_static(SEND_PATH));
const TOKEN_HEADER: &str = "x-acs-dingtalk-access-token";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Login {
    app_key: String,
    app_secret: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoginAnswer {
    access_token: String,
    expire_in: u64,
}

#[derive(Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    content: Cow<'a, str>,
}

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

#[derive(Serialize, Deserialize)]
struct Error {
    code: String,
    requestid: String,
    message: String,
}

pub(super) fn identity(name: &str) -> Identity {
    Identity { user: name.into(), key: format!("dingfd{name}"), secret: format!("synthetic-{name}") }
}

pub(super) fn capability(head: &impl Head) -> Capability {
    match head.path() {
        TOKEN_PATH => Capability::Login,
        SEND_PATH => Capability::Chat,
        _ => Capability::Other,
    }
}

pub(super) fn credential(head: &impl Head) -> Option<&str> {
    head.header(TOKEN_HEADER)
}

fn host(edition: Edition) -> &'static str {
    match edition {
        Edition::Mainland => "api.dingtalk.com",
        Edition::Lite => "api.dingtalk.io",
    }
}

pub(super) fn login_request(edition: Edition, identity: &Identity) -> Request<Body> {
    let login = Login { app_key: identity.key.clone(), app_secret: identity.secret.clone() };
    post(host(edition), Uri::from_static(TOKEN_PATH), text(&login))
}

pub(super) fn login_key(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<Login>(body).ok().map(|login| login.app_key)
}

pub(super) fn login_answer(status: StatusCode, body: &[u8]) -> Result<Token, Answer> {
    match serde_json::from_slice::<LoginAnswer>(body) {
        Ok(answer) if status == StatusCode::OK => {
            Ok(Token { text: answer.access_token, lifetime: Span::from_secs(answer.expire_in) })
        }
        _ => Err(by_status(status, word(status, body))),
    }
}

pub(super) fn send_request(
    edition: Edition,
    from: &Identity,
    token: &str,
    recipients: &[&str],
    content: &str,
) -> Request<Body> {
    // JSON within JSON: the vendor's own shape.
    let mut param = String::with_capacity(content.len() + 32);
    param.push_str("{\"content\":");
    json::string(&mut param, content);
    param.push('}');
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

/// A message can be declined for single users inside a 200.
pub(super) fn read_answer(status: StatusCode, body: &[u8]) -> Answer {
    if status == StatusCode::OK {
        return match serde_json::from_slice::<Sent<'_>>(body) {
            Ok(mut sent) => {
                sent.invalid_staff_id_list.append(&mut sent.flow_controlled_staff_id_list);
                Answer::Acknowledged { declined: sent.invalid_staff_id_list }
            }
            Err(_) => Answer::Unreadable("200 without processQueryKey".into()),
        };
    }
    by_status(status, word(status, body))
}

fn word(status: StatusCode, body: &[u8]) -> String {
    serde_json::from_slice::<Error>(body).map_or_else(|_| status.as_str().to_owned(), |error| error.code)
}

pub(super) fn read_call(head: &impl Head, body: &[u8]) -> Call {
    match (head.method(), head.path()) {
        ("POST", TOKEN_PATH) => match serde_json::from_slice::<Login>(body) {
            Ok(login) => Call::Login { key: login.app_key, secret: login.app_secret },
            Err(error) => Call::Refuse(Refusal::BadRequest(error.to_string())),
        },
        ("POST", SEND_PATH) => match credential(head) {
            None => Call::Refuse(Refusal::MissingToken),
            Some(token) => read_send(token, body),
        },
        _ => Call::Refuse(Refusal::UnknownApi),
    }
}

fn read_send(token: &str, body: &[u8]) -> Call {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Owned {
        user_ids: Vec<String>,
        msg_param: String,
    }
    let Ok(send) = serde_json::from_slice::<Owned>(body) else {
        return Call::Refuse(Refusal::BadRequest("body is mandatory for this action.".into()));
    };
    if send.user_ids.is_empty() || send.user_ids.len() > 20 {
        return Call::Refuse(Refusal::BadRequest("userIds holds 1 to 20 ids".into()));
    }
    match serde_json::from_str::<Text<'_>>(&send.msg_param) {
        Ok(text) => Call::Send { token: token.into(), recipients: send.user_ids, text: text.content.into_owned() },
        Err(_) => Call::Refuse(Refusal::BadRequest("msgParam is not JSON with a content".into())),
    }
}

pub(super) fn token_answer(token: &Token) -> Response<Body> {
    let answer = LoginAnswer { access_token: token.text.clone(), expire_in: token.lifetime.nanos() / 1_000_000_000 };
    super::answer(200, text(&answer))
}

pub(super) fn sent_answer(number: u64, declined: &[String]) -> Response<Body> {
    let mut sent = String::with_capacity(112);
    // Writing to a string does not fail.
    let _ = write!(sent, "{{\"processQueryKey\":\"fd{number:016x}\",\"invalidStaffIdList\":");
    json::strings(&mut sent, declined);
    sent.push_str(",\"flowControlledStaffIdList\":[]}");
    answer(200, sent)
}

pub(super) fn refusal(refusal: &Refusal, number: u64) -> Response<Body> {
    let (status, code, message) = phrase(refusal);
    let error = Error { code, requestid: request_id(number), message };
    let mut response = answer(status, text(&error));
    response.headers_mut().insert("server", hyper::header::HeaderValue::from_static("DingTalk/1.0.0"));
    response
}

/// Status, code and message of a refusal. Throttling is a 403 that may be tried again, unlike the other 403s.
fn phrase(refusal: &Refusal) -> (u16, String, String) {
    let (status, code, message): (u16, &str, String) = match refusal {
        Refusal::Frozen(FreezeMode::Whole) => (400, "bot.stopped", "机器人已停用".into()),
        Refusal::Frozen(FreezeMode::SendOnly) => (400, "bot.forbidden.sendMessage", "账户被禁言".into()),
        Refusal::Fenced(address) => (
            403,
            "Forbidden.AccessDenied.IpNotInWhiteList",
            format!(
                "访问ip不在白名单之中，请参考FAQ：https://open.dingtalk.com/document/org-faq/app-faq,request ip={address}"
            ),
        ),
        Refusal::MissingToken => {
            (400, "AuthenticationFailed.MissingParameter", "缺少参数：x-acs-dingtalk-access-token".into())
        }
        Refusal::InvalidToken => (400, "InvalidAuthentication", "不合法的access_token".into()),
        Refusal::InvalidKey => (400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret".into()),
        Refusal::UnknownApi => {
            (404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.".into())
        }
        Refusal::BadRequest(why) => (400, "Missingbody", why.clone()),
        Refusal::Throttled(_) => (
            403,
            "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
            "您的企业应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了".into(),
        ),
        Refusal::Status(429) => (429, "system.busy", "systemBusy".into()),
        Refusal::Status(status) if *status >= 500 => (*status, "system.error", "系统错误".into()),
        Refusal::Status(status) => (*status, "Forbidden", "没有调用该接口的权限".into()),
    };
    (status, code.into(), message)
}

/// The gateway's ids look like upper-case UUIDs.
fn request_id(number: u64) -> String {
    format!("{:08X}-0000-7000-8000-{:012X}", number >> 32, number & 0xffff_ffff)
}

/// These types hold strings and numbers only, which JSON never refuses.
fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
