//! An organisation's accounts: disabling, enabling and signing out.

use hyper::Response;
use serde::Deserialize;

use super::super::head::{decode, parameter};
use super::super::{Body, Head, answer};
use super::Operation;
use super::refusal::{No, bad};
use super::robot::read;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    user_id: String,
}

/// The account that a request is about.
///
/// # Errors
/// If it names none.
pub fn read_account(operation: Operation, head: &impl Head, body: &[u8]) -> Result<String, No> {
    if operation == Operation::AccountStatus {
        let user = parameter(head.query(), "userId").map(decode);
        return user.ok_or_else(|| bad("invalidParameter", "userId is mandatory"));
    }
    Ok(read::<Named>(body)?.user_id)
}

/// There is no such account.
pub fn no_user() -> No {
    bad("user.not.exist", "用户不存在")
}

/// What was asked is done.
pub fn done_answer() -> Response<Body> {
    answer(200, "{\"result\":true}".to_owned())
}

/// Whether an account is disabled.
pub fn status_answer(is_disabled: bool) -> Response<Body> {
    answer(200, format!("{{\"disable\":{is_disabled}}}"))
}
