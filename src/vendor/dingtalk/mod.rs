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

use super::head::parameter;
use super::{Answer, Body, Form, Head, Identity, Outgoing, Refusal, Token, answer, by_status, json, post, with_header};
use crate::plan::{Capability, Edition, FreezeMode};
use crate::units::Span;

/// 20 requests a second for one app and function (standard edition).
pub const SEND_LIMIT: (u32, Span) = (20, Span::from_secs(1));

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
    Identity {
        user: name.into(),
        key: format!("dingfd{name}"),
        secret: format!("synthetic-{name}"),
        webhook: format!("fdrobot{name}"),
    }
}

pub(super) fn capability(head: &impl Head) -> Capability {
    match head.path() {
        TOKEN_PATH => Capability::Login,
        SEND_PATH => Capability::Chat,
        _ => Capability::Other,
    }
}

pub(super) fn credential(head: &impl Head) -> Option<&str> {
    // The old gateway and the custom robots want it in the query.
    head.header(TOKEN_HEADER).or_else(|| parameter(head.query(), "access_token"))
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

pub(super) fn send_request(edition: Edition, message: &Outgoing<'_>) -> Request<Body> {
    let Outgoing { from, token, recipients, text: content, .. } = *message;
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
pub(super) fn read_answer(_capability: Capability, status: StatusCode, body: &[u8]) -> Answer {
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

/// Codes after which a new token is asked for.
pub(super) fn is_about_token(code: &str) -> bool {
    code.contains("Authentication")
}

pub(super) fn form(_head: &impl Head) -> Form {
    Form::Present
}

/// What a request asks of the present gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// A token for a key.
    Login {
        /// The key.
        key: String,
        /// Its secret.
        secret: String,
    },
    /// A message to single users.
    Chat {
        /// The token it is sent with.
        token: String,
        /// User ids.
        recipients: Vec<String>,
        /// The text.
        text: String,
    },
}

/// Reads what a request asks.
///
/// # Errors
/// The platform's reason for not serving it.
pub fn read_call(head: &impl Head, body: &[u8]) -> Result<Call, Refusal> {
    match (head.method(), head.path()) {
        ("POST", TOKEN_PATH) => match serde_json::from_slice::<Login>(body) {
            Ok(login) => Ok(Call::Login { key: login.app_key, secret: login.app_secret }),
            Err(error) => Err(Refusal::BadRequest(error.to_string())),
        },
        ("POST", SEND_PATH) => read_chat(credential(head).ok_or(Refusal::MissingToken)?, body),
        _ => Err(Refusal::UnknownApi),
    }
}

fn read_chat(token: &str, body: &[u8]) -> Result<Call, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Owned {
        user_ids: Vec<String>,
        msg_param: String,
    }
    let Ok(send) = serde_json::from_slice::<Owned>(body) else {
        return Err(Refusal::BadRequest("body is mandatory for this action.".into()));
    };
    if send.user_ids.is_empty() || send.user_ids.len() > 20 {
        return Err(Refusal::BadRequest("userIds holds 1 to 20 ids".into()));
    }
    match serde_json::from_str::<Text<'_>>(&send.msg_param) {
        Ok(text) => Ok(Call::Chat { token: token.into(), recipients: send.user_ids, text: text.content.into_owned() }),
        Err(_) => Err(Refusal::BadRequest("msgParam is not JSON with a content".into())),
    }
}

/// The answer to a login.
pub fn token_answer(token: &Token) -> Response<Body> {
    let answer = LoginAnswer { access_token: token.text.clone(), expire_in: token.lifetime.nanos() / 1_000_000_000 };
    super::answer(200, text(&answer))
}

/// By which a message to single users is asked for later.
pub fn process_key(number: u64) -> String {
    format!("fd{number:016x}")
}

/// The answer to a message to single users, the `number`-th of a twin.
pub fn sent_answer(number: u64, declined: &[&str]) -> Response<Body> {
    let mut sent = String::with_capacity(112);
    // Writing to a string does not fail.
    let _ = write!(sent, "{{\"processQueryKey\":\"fd{number:016x}\",\"invalidStaffIdList\":");
    json::strings(&mut sent, declined);
    sent.push_str(",\"flowControlledStaffIdList\":[]}");
    answer(200, sent)
}

pub(super) fn refusal(_form: &Form, refusal: &Refusal, number: u64) -> Response<Body> {
    let (status, code, message) = phrase(refusal);
    let error = Error { code, requestid: request_id(number), message };
    let mut response = answer(status, text(&error));
    response.headers_mut().insert("server", hyper::header::HeaderValue::from_static("DingTalk/1.0.0"));
    response
}

/// Status, code and message of a refusal. Throttling is a 403 that may be tried again, unlike the other 403s.
fn phrase(refusal: &Refusal) -> (u16, String, String) {
    let (status, code, message): (u16, &str, String) = match refusal {
        Refusal::Frozen(FreezeMode::Organisation) => (400, "orgAccessForbidden", "组织访问受限".into()),
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
        Refusal::Frozen(FreezeMode::Disabled) => (400, "staffId.notExisted", "用户已禁用".into()),
        Refusal::InvalidToken | Refusal::ExpiredToken | Refusal::RevokedToken => {
            (400, "InvalidAuthentication", "不合法的access_token".into())
        }
        Refusal::InvalidKey => (400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret".into()),
        Refusal::UnknownApi => {
            (404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.".into())
        }
        Refusal::BadRequest(why) => (400, "Missingbody", why.clone()),
        Refusal::Quota => (
            403,
            "Forbidden.AccessDenied.ApiCountLimitForOrg",
            "您的企业应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了".into(),
        ),
        Refusal::MeetingLocked(_) => (404, "waterLimitError", "人数水位限流".into()),
        Refusal::Throttled(_) | Refusal::Banned(_) => (
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
