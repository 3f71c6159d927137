//! DingTalk, both editions: the present gateway (`api.dingtalk.com`, `api.dingtalk.io`), the old one (`oapi.dingtalk.com`), custom robots
//! and Stream mode.
//!
//! Paths, bodies, codes and statuses follow the vendor's own pages, his official client libraries, and published answers of the real
//! gateways. Not verified anywhere, and each in one place only:
//!
//! - what exactly an account that the platform has frozen is answered, on either gateway and at a custom robot; the codes used are the
//!   documented ones for a robot or an app that was stopped, for a robot that may not speak, and for a disabled organisation;
//! - that a fence by region answers as the list of allowed addresses does;
//! - what an older path of the old gateway says to a request without a token (41001);
//! - the status with which the shield in front of both gateways bans an address (403), and which of 143105 and 143106 is which quota;
//! - that the old gateway of DingTalk Lite is called `oapi.dingtalk.io`, and what Lite lacks: the catalogue says who says so;
//! - with which code somebody is turned away from a locked meeting, and the fields of pushed events beyond those that are here.

pub mod account;
pub mod approval;
pub mod calendar;
pub mod events;
pub mod group;
pub mod login;
pub mod meeting;
pub mod old;
mod operation;
mod read;
pub mod refusal;
pub mod robot;
mod send;
pub mod stream;
pub mod webhook;

use std::borrow::Cow;

use hyper::{Request, StatusCode};
use serde::Serialize;

use super::head::plain_parameter;
use super::{Answer, Body, Form, Head, Identity, Outgoing};
use crate::plan::Edition;
use crate::units::Span;

pub(super) use operation::capability;
pub use operation::{Operation, missing, path_id};
pub(super) use read::{is_about_token, read_answer, sent_id};
pub(super) use refusal::refusal as refuse;
pub(super) use send::request as send_request;

/// 20 requests a second for one app and function (standard edition).
pub const SEND_LIMIT: (u32, Span) = (20, Span::from_secs(1));
/// Requests of one address to both gateways.
pub const ADDRESS_LIMIT: (u32, Span) = (10_000, Span::from_secs(20));
/// How long an address is not heard that has sent more.
pub const ADDRESS_BAN: Span = Span::from_secs(300);

const TOKEN_HEADER: &str = "x-acs-dingtalk-access-token";

pub(super) fn identity(name: &str) -> Identity {
    Identity {
        user: name.into(),
        key: format!("dingfd{name}"),
        secret: format!("synthetic-{name}"),
        webhook: format!("fdrobot{name}"),
    }
}

fn host(edition: Edition) -> &'static str {
    match edition {
        Edition::Mainland => "api.dingtalk.com",
        Edition::Lite => "api.dingtalk.io",
    }
}

fn old_host(edition: Edition) -> &'static str {
    match edition {
        Edition::Mainland => "oapi.dingtalk.com",
        Edition::Lite => "oapi.dingtalk.io",
    }
}

/// The credential in a request's head: the present gateway reads a header only, the old one and the robots the query only.
pub fn credential(head: &impl Head) -> Option<Cow<'_, str>> {
    match form(head) {
        Form::Present if head.path() == operation::STREAM => plain_parameter(head.query(), "ticket"),
        Form::Present => head.header(TOKEN_HEADER).map(Cow::Borrowed),
        _ => ["access_token", "session"].into_iter().find_map(|name| plain_parameter(head.query(), name)),
    }
}

/// Prefixes of the old gateway's older paths.
const OLD: [&str; 14] = [
    "/gettoken",
    "/user/",
    "/department/",
    "/chat/",
    "/message/",
    "/media/",
    "/microapp/",
    "/auth/",
    "/service/",
    "/sns/",
    "/attendance/",
    "/call_back/",
    "/get_jsapi_ticket",
    "/file/",
];

/// Which manner a path answers in. Both gateways have the same name at a twin, so that the path tells them apart, and the host where the
/// path is of neither.
pub fn form(head: &impl Head) -> Form {
    let path = head.path();
    if path.starts_with("/v1.0/") {
        return Form::Present;
    }
    if let Some(function) = path.strip_prefix("/topapi/") {
        return Form::Topapi(format!("dingtalk.oapi.{}", function.replace('/', ".")));
    }
    if path.starts_with("/robot/") {
        return Form::Robot;
    }
    let at_old = head.header("host").is_some_and(|host| host.starts_with("oapi."));
    if at_old || OLD.iter().any(|prefix| path.starts_with(prefix)) { Form::Old } else { Form::Present }
}

pub(super) fn login_request(edition: Edition, identity: &Identity) -> Request<Body> {
    login::request(edition, identity)
}

pub(super) fn status_request(edition: Edition, message: &Outgoing<'_>, id: &str) -> Option<Request<Body>> {
    send::status_request(edition, message, id)
}

pub(super) fn readers(status: StatusCode, body: &[u8]) -> Result<Vec<String>, Answer> {
    send::readers(status, body)
}

/// These types hold strings and numbers only, which JSON never refuses.
fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
