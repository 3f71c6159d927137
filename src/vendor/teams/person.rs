//! People: who they are, whether they may sign in.

use hyper::Response;
use serde::Deserialize;

use super::{HOST, address_of};
use crate::vendor::{Body, Refusal, answer};

/// A person, as Graph tells of one; whether the account is enabled is told to whoever asks for it.
pub fn person_answer(user: &str, enabled: Option<bool>) -> Response<Body> {
    let mut body = serde_json::json!({
        "@odata.context": format!("https://{HOST}/v1.0/$metadata#users/$entity"),
        "id": user, "displayName": user, "userPrincipalName": address_of(user), "mail": address_of(user),
        "businessPhones": [], "givenName": null, "surname": null, "jobTitle": null, "mobilePhone": null,
        "officeLocation": null, "preferredLanguage": null,
    });
    if let Some(enabled) = enabled {
        body["accountEnabled"] = enabled.into();
    }
    answer(200, body.to_string())
}

/// Reads whether an account is to be enabled.
///
/// # Errors
/// If the change is of something else: nothing else about a person is emulated.
pub fn read_enabled(body: &[u8]) -> Result<bool, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Change {
        account_enabled: bool,
    }
    let change = serde_json::from_slice::<Change>(body);
    change
        .map(|change| change.account_enabled)
        .map_err(|_| Refusal::BadRequest("only accountEnabled is emulated".into()))
}

/// The answer to signing somebody out everywhere.
pub fn revoked_answer() -> Response<Body> {
    let body =
        serde_json::json!({ "@odata.context": format!("https://{HOST}/v1.0/$metadata#Edm.Boolean"), "value": true });
    answer(200, body.to_string())
}
