//! How the platform says no, in each of its manners.

use std::borrow::Cow;
use std::fmt::Write;
use std::net::IpAddr;

use hyper::Response;
use hyper::header::{HeaderValue, SERVER};

use super::super::{Body, Form, NOT_EMULATED, Refusal, answer, json};
use crate::plan::FreezeMode;

/// Why a function is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum No {
    /// For a reason that every platform knows.
    Known(Refusal),
    /// For one that this function alone has.
    Own(Own),
}

/// A code of one function, with the words that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The HTTP status; the old gateway always answers 200.
    pub status: u16,
    /// The code; on the old gateway a number.
    pub code: Cow<'static, str>,
    /// What it means.
    pub message: Cow<'static, str>,
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self::Known(refusal)
    }
}

/// A 400 of the present gateway.
pub fn bad(code: &'static str, message: impl Into<Cow<'static, str>>) -> No {
    own(400, code, message)
}

/// A no of one function.
pub fn own(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> No {
    No::Own(Own { status, code: code.into(), message: message.into() })
}

/// What the present gateway says to a request without a body.
pub fn no_body() -> No {
    bad("Missingbody", "body is mandatory for this action.")
}

/// What the old gateway says to a request without a parameter.
pub fn lacking(parameter: &str) -> No {
    own(200, "40035", format!("缺少参数 {parameter}"))
}

/// A no with a function's own code, in the manner in which the function answers.
pub fn say(form: &Form, no: &Own, number: u64) -> Response<Body> {
    match form {
        Form::Topapi(_) | Form::Old | Form::Robot => old(form, 200, &no.code, &no.message, number),
        _ => present(no.status, &no.code, &no.message, number),
    }
}

/// What a twin says to a function that the platform has and the twin does not emulate. No answer of the vendor's: a client should not take
/// the twin's gap for the platform's.
pub fn not_emulated(form: &Form, number: u64) -> Response<Body> {
    match form {
        Form::Topapi(_) | Form::Old | Form::Robot => old(form, 200, "-1", NOT_EMULATED, number),
        _ => present(404, "NotEmulated", NOT_EMULATED, number),
    }
}

pub(in crate::vendor) fn refusal(form: &Form, refusal: &Refusal, number: u64) -> Response<Body> {
    match (refusal, form) {
        // The words of the shield in front of both gateways, which knows neither's shape. The status is not verified.
        (Refusal::Banned(wait), Form::Present | Form::Topapi(_) | Form::Old) => shielded(wait.nanos(), number),
        (_, Form::Robot) => {
            let (status, code, message) = robot_phrase(refusal);
            old(form, status, code, &message, number)
        }
        (_, Form::Topapi(name)) => topapi(form, name, refusal, number),
        (_, Form::Old) => {
            let (status, code, message) = old_phrase(refusal);
            old(form, status, code, &message, number)
        }
        _ => {
            let (status, code, message) = phrase(refusal);
            present(status, code, &message, number)
        }
    }
}

/// The present gateway's error.
fn present(status: u16, code: &str, message: &str, number: u64) -> Response<Body> {
    let id = request_id(number);
    let mut body = String::with_capacity(code.len() + message.len() + id.len() + 48);
    body.push_str("{\"code\":");
    json::string(&mut body, code);
    body.push_str(",\"requestid\":");
    json::string(&mut body, &id);
    body.push_str(",\"message\":");
    json::string(&mut body, message);
    body.push('}');
    let mut response = by_dingtalk(answer(status, body));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-acs-request-id", id);
    }
    if let Ok(trace) = HeaderValue::from_str(&format!("{number:032x}")) {
        response.headers_mut().insert("x-acs-trace-id", trace);
    }
    response
}

/// The old gateway's error: an `errcode` in a 200, unless the status itself is the message.
fn old(form: &Form, status: u16, code: &str, message: &str, number: u64) -> Response<Body> {
    let mut body = format!("{{\"errcode\":{code},\"errmsg\":");
    json::string(&mut body, message);
    if matches!(form, Form::Topapi(_)) {
        // Writing to a string does not fail.
        let _ = write!(body, ",\"request_id\":\"{}\"", old_request_id(number));
    }
    body.push('}');
    by_dingtalk(answer(status, body))
}

/// `/topapi` wraps what is about tokens and permissions in an 88.
fn topapi(form: &Form, name: &str, refusal: &Refusal, number: u64) -> Response<Body> {
    let (status, code, message) = old_phrase(refusal);
    let wrapped = match refusal {
        Refusal::UnknownApi => {
            let why = format!("不合法ApiName，ApiName = {name}");
            return wrapped("22", None, &why, &format!("Invalid method[submsg={why}]"), number);
        }
        Refusal::MissingToken => Some(("40000", "access_token is blank")),
        Refusal::InvalidToken
        | Refusal::ExpiredToken
        | Refusal::RevokedToken
        | Refusal::Frozen(FreezeMode::SendOnly) => Some((code, &*message)),
        _ => None,
    };
    match wrapped {
        Some((code, why)) => {
            let whole = format!("ding talk error[subcode={code},submsg={why}]");
            self::wrapped("88", Some(code), why, &whole, number)
        }
        None => old(form, status, code, &message, number),
    }
}

fn wrapped(code: &str, sub_code: Option<&str>, why: &str, whole: &str, number: u64) -> Response<Body> {
    let mut body = format!("{{\"errcode\":{code}");
    if let Some(sub_code) = sub_code {
        let _ = write!(body, ",\"sub_code\":\"{sub_code}\"");
    }
    body.push_str(",\"sub_msg\":");
    json::string(&mut body, why);
    body.push_str(",\"errmsg\":");
    json::string(&mut body, whole);
    let _ = write!(body, ",\"request_id\":\"{}\"}}", old_request_id(number));
    by_dingtalk(answer(200, body))
}

fn shielded(wait: u64, number: u64) -> Response<Body> {
    let wait = wait.div_ceil(1_000_000_000);
    answer(
        403,
        format!("{{\"status\":1111,\"wait\":{wait},\"source\":\"x5\",\"punish\":\"deny\",\"uuid\":\"{number:032x}\"}}"),
    )
}

fn by_dingtalk(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(SERVER, HeaderValue::from_static("DingTalk/1.0.0"));
    response
}

const STOPPED_CALLING: &str = "您的企业应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了";
const BAD_TOKEN: &str = "不合法的access_token";
const TOO_FAST: &str = "send too fast, exceed 20 times per minute";
/// What a custom robot is told that its administrator has stopped.
pub const ROBOT_STOPPED: &str =
    "description:机器人已经停用或者未启用;solution:请让企业管理员前往开放平台后台启用对应机器人";

fn not_listed(address: &IpAddr) -> String {
    format!("访问ip不在白名单之中，请参考FAQ：https://open.dingtalk.com/document/org-faq/app-faq,request ip={address}")
}

/// A phrase: status, code, message.
type Phrase = (u16, &'static str, Cow<'static, str>);

/// The present gateway's words. Throttling is a 403 that may be tried again, unlike the other 403s.
fn phrase(refusal: &Refusal) -> Phrase {
    match refusal {
        Refusal::Frozen(FreezeMode::Organisation) => (400, "orgAccessForbidden", "组织访问受限".into()),
        Refusal::Frozen(FreezeMode::Whole) => (400, "bot.stopped", "机器人已停用".into()),
        Refusal::Frozen(FreezeMode::SendOnly) => (400, "bot.forbidden.sendMessage", "账户被禁言".into()),
        Refusal::Frozen(FreezeMode::Disabled) => (400, "staffId.notExisted", "用户已禁用".into()),
        Refusal::Fenced(address) => (403, "Forbidden.AccessDenied.IpNotInWhiteList", not_listed(address).into()),
        Refusal::MissingToken => {
            (400, "AuthenticationFailed.MissingParameter", "缺少参数：x-acs-dingtalk-access-token".into())
        }
        Refusal::InvalidToken | Refusal::ExpiredToken | Refusal::RevokedToken => {
            (400, "InvalidAuthentication", BAD_TOKEN.into())
        }
        Refusal::InvalidKey | Refusal::MfaRequired => {
            (400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret".into())
        }
        Refusal::UnknownApi => {
            (404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.".into())
        }
        Refusal::BadRequest(why) => (400, "invalidParameter", why.clone().into()),
        Refusal::Quota => (403, "Forbidden.AccessDenied.ApiCountLimitForOrg", STOPPED_CALLING.into()),
        Refusal::MeetingLocked(_) => (404, "waterLimitError", "人数水位限流".into()),
        Refusal::Throttled(_) | Refusal::Banned(_) => {
            (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", STOPPED_CALLING.into())
        }
        Refusal::Status(429) => (429, "system.busy", "systemBusy".into()),
        Refusal::Status(status) if *status >= 500 => (*status, "system.error", "系统错误".into()),
        Refusal::Status(status) => {
            (*status, "Forbidden.AccessDenied.AccessTokenPermissionDenied", "没有调用该接口的权限".into())
        }
    }
}

/// The old gateway's words. A meeting cannot be locked there, and nobody is muted: both are a lack of permission.
fn old_phrase(refusal: &Refusal) -> Phrase {
    let (code, message): (&'static str, Cow<'static, str>) = match refusal {
        Refusal::Frozen(FreezeMode::Organisation) => ("50005", "企业已禁用".into()),
        Refusal::Frozen(FreezeMode::Whole) => ("50003", "应用已停用".into()),
        Refusal::Frozen(FreezeMode::SendOnly) | Refusal::MeetingLocked(_) => ("60011", "没有调用该接口的权限".into()),
        Refusal::Frozen(FreezeMode::Disabled) => ("60120", "用户已禁用".into()),
        Refusal::Fenced(address) => ("60020", not_listed(address).into()),
        Refusal::MissingToken => ("41001", "缺少参数 access_token".into()),
        Refusal::InvalidToken | Refusal::RevokedToken => ("40014", BAD_TOKEN.into()),
        Refusal::ExpiredToken => ("42001", "access_token超时".into()),
        Refusal::InvalidKey | Refusal::MfaRequired => ("40096", "不合法的appKey或appSecret".into()),
        Refusal::UnknownApi => ("404", "请求的URI地址不存在".into()),
        Refusal::BadRequest(why) => ("40035", why.clone().into()),
        Refusal::Quota => ("90020", STOPPED_CALLING.into()),
        Refusal::Throttled(_) | Refusal::Banned(_) => ("90018", STOPPED_CALLING.into()),
        Refusal::Status(_) => ("-1", "系统繁忙".into()),
    };
    (old_status(refusal), code, message)
}

/// A custom robot's words. It belongs to a group and not to a user: whatever stops its owner stops it.
fn robot_phrase(refusal: &Refusal) -> Phrase {
    let (code, message): (&'static str, Cow<'static, str>) = match refusal {
        Refusal::Frozen(FreezeMode::Organisation) => ("50005", "企业已禁用".into()),
        Refusal::Frozen(_) | Refusal::MeetingLocked(_) => ("400102", ROBOT_STOPPED.into()),
        Refusal::Fenced(address) => ("310000", format!("ip {address} not in whitelist").into()),
        Refusal::MissingToken => ("400101", "access_token is null".into()),
        Refusal::InvalidToken
        | Refusal::ExpiredToken
        | Refusal::RevokedToken
        | Refusal::InvalidKey
        | Refusal::MfaRequired => ("300005", "token is not exist".into()),
        Refusal::UnknownApi => ("404", "请求的URI地址不存在".into()),
        Refusal::BadRequest(why) => ("40035", why.clone().into()),
        Refusal::Quota => ("90020", STOPPED_CALLING.into()),
        Refusal::Throttled(_) | Refusal::Banned(_) => ("130101", TOO_FAST.into()),
        Refusal::Status(_) => ("-1", "系统繁忙".into()),
    };
    (old_status(refusal), code, message)
}

/// Everything is a 200 there but what stands for a status itself, which the gateway in front of it gives.
fn old_status(refusal: &Refusal) -> u16 {
    if let Refusal::Status(status) = refusal { *status } else { 200 }
}

/// The gateway's ids look like upper-case UUIDs.
pub(super) fn request_id(number: u64) -> String {
    format!("{:08X}-0000-7000-8000-{:012X}", number >> 32, number & 0xffff_ffff)
}

/// The old gateway's look like a number in base 36.
pub(super) fn old_request_id(number: u64) -> String {
    format!("16l{number:010x}")
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::units::Span;

    fn said(form: &Form, no: &Refusal) -> (u16, serde_json::Value) {
        let (head, body) = refusal(form, no, 1).into_parts();
        let body = futures_util::FutureExt::now_or_never(body.collect()).expect("a full body").expect("never fails");
        (head.status.as_u16(), serde_json::from_slice(&body.to_bytes()).expect("JSON"))
    }

    fn topapi() -> Form {
        Form::Topapi("dingtalk.oapi.v2.user.get".into())
    }

    #[test]
    fn the_table_of_states_is_kept() {
        let address = IpAddr::from([127, 10, 0, 1]);
        for (no, present, old, robot) in [
            (Refusal::Frozen(FreezeMode::Whole), (400, "bot.stopped"), 50_003, 400_102),
            (Refusal::Frozen(FreezeMode::SendOnly), (400, "bot.forbidden.sendMessage"), 60_011, 400_102),
            (Refusal::Frozen(FreezeMode::Organisation), (400, "orgAccessForbidden"), 50_005, 50_005),
            (Refusal::Frozen(FreezeMode::Disabled), (400, "staffId.notExisted"), 60_120, 400_102),
            (Refusal::Fenced(address), (403, "Forbidden.AccessDenied.IpNotInWhiteList"), 60_020, 310_000),
            (Refusal::MissingToken, (400, "AuthenticationFailed.MissingParameter"), 41_001, 400_101),
            (Refusal::InvalidToken, (400, "InvalidAuthentication"), 40_014, 300_005),
            (Refusal::ExpiredToken, (400, "InvalidAuthentication"), 42_001, 300_005),
            (Refusal::RevokedToken, (400, "InvalidAuthentication"), 40_014, 300_005),
            (Refusal::InvalidKey, (400, "invalidClientIdOrSecret"), 40_096, 300_005),
            (Refusal::UnknownApi, (404, "InvalidAction.NotFound"), 404, 404),
            (Refusal::BadRequest("why".into()), (400, "invalidParameter"), 40_035, 40_035),
            (
                Refusal::Throttled(Span::from_secs(1)),
                (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"),
                90_018,
                130_101,
            ),
            (Refusal::Quota, (403, "Forbidden.AccessDenied.ApiCountLimitForOrg"), 90_020, 90_020),
            (Refusal::MeetingLocked(8), (404, "waterLimitError"), 60_011, 400_102),
        ] {
            let (status, body) = said(&Form::Present, &no);
            assert_eq!((status, body["code"].as_str()), (present.0, Some(present.1)), "{no:?}");
            for (form, code) in [(Form::Old, old), (Form::Robot, robot)] {
                let (status, body) = said(&form, &no);
                assert_eq!((status, body["errcode"].as_i64()), (200, Some(code)), "{no:?} {form:?}");
            }
        }
    }

    #[test]
    fn topapi_wraps_what_is_about_tokens_and_permissions() {
        let (_, no) = said(&topapi(), &Refusal::MissingToken);
        assert_eq!((no["errcode"].as_i64(), no["sub_code"].as_str()), (Some(88), Some("40000")));
        let (_, no) = said(&topapi(), &Refusal::ExpiredToken);
        assert_eq!((no["errcode"].as_i64(), no["sub_code"].as_str()), (Some(88), Some("42001")));
        let (_, no) = said(&topapi(), &Refusal::UnknownApi);
        assert_eq!(no["errmsg"], "Invalid method[submsg=不合法ApiName，ApiName = dingtalk.oapi.v2.user.get]");
        let (_, no) = said(&topapi(), &Refusal::Frozen(FreezeMode::Disabled));
        assert_eq!((no["errcode"].as_i64(), &no["sub_code"]), (Some(60_120), &serde_json::Value::Null));
    }

    #[test]
    fn a_status_is_a_status_in_every_manner() {
        for form in [Form::Present, topapi(), Form::Old, Form::Robot] {
            for status in [400, 429, 503] {
                assert_eq!(said(&form, &Refusal::Status(status)).0, status, "{form:?}");
            }
        }
    }

    #[test]
    fn a_banned_address_meets_the_shield() {
        for form in [Form::Present, topapi(), Form::Old] {
            let (status, body) = said(&form, &Refusal::Banned(Span::from_millis(299_001)));
            assert_eq!((status, &body["status"], &body["wait"]), (403, &1_111.into(), &300.into()), "{form:?}");
        }
        assert_eq!(said(&Form::Robot, &Refusal::Banned(Span::from_secs(600))).1["errcode"], 130_101);
    }
}
