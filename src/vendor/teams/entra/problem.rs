//! Why Entra gives no token.

use hyper::header::RETRY_AFTER;
use hyper::{Response, StatusCode};
use serde::Deserialize;

use super::super::refusal::{request_id, whole_seconds};
use crate::plan::FreezeMode;
use crate::units::Span;
use crate::vendor::{Body, Refusal, answer};

/// A reason, with what Entra calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// 50057: an administrator has disabled the person.
    UserDisabled,
    /// 50053: locked after too many wrong passwords.
    Locked,
    /// 50034: the tenant knows no such person.
    NoSuchUser(String),
    /// 50126: the password is wrong.
    WrongPassword,
    /// 50105: the person may sign in, but not to this application. Unverified for somebody who may not send.
    NotAssigned,
    /// 53003: a policy forbids the place, or whatever else it looks at.
    BlockedByPolicy,
    /// 50076: a policy wants a second factor.
    MfaRequired,
    /// 50173: whatever was given before a certain moment was taken back.
    GrantRevoked,
    /// 700082: the refresh token has not been used for too long.
    GrantExpired,
    /// 9002313: the refresh token is none.
    BadGrant,
    /// 700016: the tenant knows no such application.
    NoSuchApp(String),
    /// 7000215: the application's secret is wrong.
    BadSecret(String),
    /// 5000224: the tenant is shut. Unverified.
    TenantShut,
    /// 900144: a parameter is missing.
    Missing(&'static str),
    /// 9000411: the request is not what the endpoint takes. With the reason.
    Malformed(String),
    /// 70003: no such way to get a token, here.
    UnsupportedGrant(String),
    /// 90055: too many requests; good again after this long.
    Throttled(Span),
    /// 90033: out of order, with this HTTP status.
    Unavailable(u16),
}

impl Problem {
    /// What Entra makes of a reason that all platforms share.
    pub(super) fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Frozen(FreezeMode::Whole | FreezeMode::Disabled) => Self::UserDisabled,
            Refusal::Frozen(FreezeMode::Organisation) => Self::TenantShut,
            Refusal::Frozen(FreezeMode::SendOnly) => Self::NotAssigned,
            Refusal::Fenced(_) => Self::BlockedByPolicy,
            Refusal::Status(status) => Self::Unavailable(*status),
            Refusal::MissingToken => Self::Missing("client_id"),
            Refusal::InvalidToken => Self::BadGrant,
            Refusal::ExpiredToken => Self::GrantExpired,
            Refusal::RevokedToken => Self::GrantRevoked,
            Refusal::InvalidKey => Self::BadSecret(String::new()),
            Refusal::MfaRequired => Self::MfaRequired,
            Refusal::UnknownApi => Self::Unavailable(404),
            Refusal::BadRequest(why) => Self::Malformed(why.clone()),
            Refusal::Throttled(wait) => Self::Throttled(*wait),
            Refusal::Banned(_) => Self::Locked,
            Refusal::Quota => Self::Throttled(Span::from_secs(1)),
            Refusal::MeetingLocked(_) => Self::Malformed("there are no meetings here".into()),
        }
    }

    /// HTTP status, OAuth's word, and Entra's number.
    fn code(&self) -> (u16, &'static str, u32) {
        match self {
            Self::UserDisabled => (400, "invalid_grant", 50_057),
            Self::Locked => (400, "invalid_grant", 50_053),
            Self::NoSuchUser(_) => (400, "invalid_grant", 50_034),
            Self::WrongPassword => (400, "invalid_grant", 50_126),
            Self::NotAssigned => (400, "invalid_grant", 50_105),
            Self::BlockedByPolicy => (400, "interaction_required", 53_003),
            Self::MfaRequired => (400, "interaction_required", 50_076),
            Self::GrantRevoked => (400, "invalid_grant", 50_173),
            Self::GrantExpired => (400, "invalid_grant", 700_082),
            Self::BadGrant => (400, "invalid_grant", 9_002_313),
            Self::NoSuchApp(_) => (400, "unauthorized_client", 700_016),
            Self::BadSecret(_) => (401, "invalid_client", 7_000_215),
            Self::TenantShut => (400, "invalid_request", 5_000_224),
            Self::Missing(_) => (400, "invalid_request", 900_144),
            Self::Malformed(_) => (400, "invalid_request", 9_000_411),
            Self::UnsupportedGrant(_) => (400, "unsupported_grant_type", 70_003),
            Self::Throttled(_) => (429, "temporarily_unavailable", 90_055),
            Self::Unavailable(status) => (*status, "temporarily_unavailable", 90_033),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::UserDisabled => "The user account is disabled.".into(),
            Self::Locked => {
                "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.".into()
            }
            Self::NoSuchUser(user) => {
                format!("The user account {user} does not exist in the directory. To sign into this application, the account must be added to the directory.")
            }
            Self::WrongPassword => "Error validating credentials due to invalid username or password.".into(),
            Self::NotAssigned => {
                "Your administrator has configured the application to block users unless they are specifically granted access to it.".into()
            }
            Self::BlockedByPolicy => {
                "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.".into()
            }
            Self::MfaRequired => "Due to a configuration change made by your administrator, or because you moved to a new location, \
                you must use multi-factor authentication to access the resource."
                .into(),
            Self::GrantRevoked => "The provided grant has expired due to it being revoked, a fresh auth token is needed. \
                The user might have changed or reset their password."
                .into(),
            Self::GrantExpired => "The refresh token has expired due to inactivity.".into(),
            Self::BadGrant => "Invalid request. Request is malformed or invalid.".into(),
            Self::NoSuchApp(app) => format!("Application with identifier '{app}' was not found in the directory."),
            Self::BadSecret(app) => format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
                 not the client secret ID, for a secret added to app '{app}'."
            ),
            Self::TenantShut => "We are sorry, this resource is not available.".into(),
            Self::Missing(name) => format!("The request body must contain the following parameter: '{name}'."),
            Self::Malformed(why) => format!("The request is not properly formatted: {why}."),
            Self::UnsupportedGrant(grant) => format!("The app requested an unsupported grant type '{grant}'."),
            Self::Throttled(_) => "There are too many incoming requests.".into(),
            Self::Unavailable(_) => "A transient error has occurred. Please try again.".into(),
        }
    }
}

/// A no of Entra. `number` makes its ids.
pub fn problem_answer(problem: &Problem, number: u64) -> Response<Body> {
    let (status, error, code) = problem.code();
    let id = request_id(number);
    let mut body = serde_json::json!({ "error": error, "error_codes": [code],
        "error_description": format!("AADSTS{code}: {} Trace ID: {id} Correlation ID: {id}", problem.text()),
        "trace_id": id, "correlation_id": id, "error_uri": format!("https://login.microsoftonline.com/error?code={code}") });
    if *problem == Problem::BlockedByPolicy {
        body["suberror"] = "message_only".into();
    }
    let mut response = answer(status, body.to_string());
    if let Problem::Throttled(wait) = problem {
        response.headers_mut().insert(RETRY_AFTER, whole_seconds(*wait).into());
    }
    response
}

/// Entra's number in a no, as people look it up; the HTTP status if there is none.
pub(super) fn word(status: StatusCode, body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct No {
        #[serde(default)]
        error_codes: Vec<u64>,
        error: String,
    }
    match serde_json::from_slice::<No>(body) {
        Ok(no) => no.error_codes.first().map_or(no.error, |code| format!("AADSTS{code}")),
        Err(_) => status.as_str().to_owned(),
    }
}
