//! Entra: tokens for credentials, and what it says of itself.
//!
//! Access and refresh tokens are opaque texts: a client must not look into the first, and cannot into the second. The identity token is a
//! JWT as clients read it, but not signed. A synthetic user has a refresh token that lasts, as an app on his device would, and gets an
//! access token for it.

mod problem;

use hyper::{Request, Response, StatusCode};
use serde::Deserialize;

use super::encode::{base64url, form_value, percent};
use super::{TENANT, address_of};
use crate::units::Span;
use crate::vendor::head::parameter;
use crate::vendor::{Answer, Body, Identity, Refusal, Token, answer, by_status, post, with_header};

pub use problem::{Problem, problem_answer};

/// The host.
pub const HOST: &str = "login.microsoftonline.com";

/// How the refresh token of a synthetic user begins; the user's name follows.
pub const LASTING: &str = "fd-refresh-";

/// The request that exchanges a refresh token for an access token.
pub(in super::super) fn login_request(identity: &Identity) -> Request<Body> {
    let (app, key) = (percent(&identity.user), percent(&identity.key));
    let body = format!(
        "client_id=fd-app-{app}&grant_type=refresh_token&refresh_token={key}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"
    );
    let path = format!("/{TENANT}/oauth2/v2.0/token").parse().unwrap_or_default();
    with_header(post(HOST, path, body), "content-type", "application/x-www-form-urlencoded")
}

/// Whom a login names: the refresh token that it is made with, the person whose password it shows, or the application that is nobody but
/// itself.
pub(in super::super) fn login_key(body: &[u8]) -> Option<String> {
    let form = std::str::from_utf8(body).ok()?;
    let value = |name| parameter(form, name).map(form_value);
    let alone = value("grant_type").is_some_and(|grant| grant == "client_credentials");
    value("refresh_token").or_else(|| value("username")).or_else(|| value("client_id").filter(|_| alone))
}

/// The refresh token in the answer to a login. Microsoft gives a new one each time.
pub(in super::super) fn next_key(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Given {
        refresh_token: String,
    }
    serde_json::from_slice::<Given>(body).ok().map(|given| given.refresh_token)
}

pub(in super::super) fn login_answer(status: StatusCode, body: &[u8]) -> Result<Token, Answer> {
    #[derive(Deserialize)]
    struct Given {
        access_token: String,
        expires_in: u64,
    }
    match serde_json::from_slice::<Given>(body) {
        Ok(given) if status == StatusCode::OK => {
            Ok(Token { text: given.access_token, lifetime: Span::from_secs(given.expires_in) })
        }
        _ => Err(by_status(status, problem::word(status, body))),
    }
}

/// What a client asks the token endpoint for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The application.
    pub app: String,
    /// What it offers.
    pub grant: Grant,
    /// Whether it understands challenges of continuous access evaluation (`cp1`).
    pub understands: bool,
    /// Whether it wants to know who signed in: by an identity token, and in MSAL's own way.
    pub about_user: (bool, bool),
}

/// What stands for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The application's own secret, or an assertion signed with its key: a token for the application alone.
    Application(String),
    /// A person's name and password.
    Password {
        /// The person, by address or id.
        user: String,
        /// The password.
        password: String,
    },
    /// A refresh token.
    Refresh(String),
}

/// Reads a request to the token endpoint.
///
/// # Errors
/// Entra's reason for not serving it.
pub fn read_wanted(body: &[u8]) -> Result<Wanted, Problem> {
    let form = std::str::from_utf8(body).unwrap_or_default();
    let value = |name| parameter(form, name).map(form_value).filter(|value| !value.is_empty());
    let need = |name| value(name).ok_or(Problem::Missing(name));
    let app = need("client_id")?;
    let grant = match need("grant_type")?.as_str() {
        "client_credentials" => {
            let secret = value("client_secret").or_else(|| value("client_assertion"));
            Grant::Application(secret.ok_or(Problem::Missing("client_secret"))?)
        }
        "password" => Grant::Password { user: need("username")?, password: need("password")? },
        "refresh_token" => Grant::Refresh(need("refresh_token")?),
        other => return Err(Problem::UnsupportedGrant(other.into())),
    };
    let scope = value("scope").unwrap_or_default();
    Ok(Wanted {
        app,
        grant,
        understands: value("claims").is_some_and(|claims| declares(&claims)),
        about_user: (scope.split(' ').any(|one| one == "openid"), value("client_info").as_deref() == Some("1")),
    })
}

/// Whether the claims that a client asks for say that it understands challenges: `{"access_token":{"xms_cc":{"values":["cp1"]}}}`.
fn declares(claims: &str) -> bool {
    #[derive(Deserialize)]
    struct Claims {
        access_token: Wish,
    }
    #[derive(Deserialize)]
    struct Wish {
        xms_cc: Values,
    }
    #[derive(Deserialize)]
    struct Values {
        values: Vec<String>,
    }
    let values = serde_json::from_str::<Claims>(claims).map(|claims| claims.access_token.xms_cc.values);
    values.is_ok_and(|values| values.iter().any(|value| value.eq_ignore_ascii_case("cp1")))
}

/// A token that is given.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The access token.
    pub token: &'a str,
    /// How long it is good for.
    pub lifetime: Span,
    /// A refresh token; none for an application alone.
    pub refresh: Option<&'a str>,
    /// Who signed in, if it was a person.
    pub user: Option<&'a str>,
    /// When, since 1970.
    pub at: Span,
}

/// The answer to a login that succeeded.
pub fn given_answer(wanted: &Wanted, given: &Given<'_>) -> Response<Body> {
    let secs = given.lifetime.nanos() / 1_000_000_000;
    let mut body = serde_json::json!({ "token_type": "Bearer", "scope": "https://graph.microsoft.com/.default",
        "expires_in": secs, "ext_expires_in": secs, "access_token": given.token });
    if let Some(refresh) = given.refresh {
        body["refresh_token"] = refresh.into();
    }
    if let Some(user) = given.user {
        if wanted.about_user.0 {
            body["id_token"] = identity_token(&wanted.app, user, given.at, secs).into();
        }
        if wanted.about_user.1 {
            let info = serde_json::json!({ "uid": user, "utid": TENANT }).to_string();
            body["client_info"] = base64url(info.as_bytes()).into();
        }
    }
    answer(200, body.to_string())
}

fn identity_token(app: &str, user: &str, at: Span, lifetime_s: u64) -> String {
    let issued = at.nanos() / 1_000_000_000;
    let claims = serde_json::json!({ "ver": "2.0", "iss": issuer(HOST, "https", TENANT), "aud": app, "tid": TENANT,
        "sub": user, "oid": user, "name": user, "preferred_username": address_of(user),
        "iat": issued, "nbf": issued, "exp": issued + lifetime_s });
    let header = base64url(br#"{"typ":"JWT","alg":"none"}"#);
    format!("{header}.{}.", base64url(claims.to_string().as_bytes()))
}

fn issuer(host: &str, scheme: &str, tenant: &str) -> String {
    format!("{scheme}://{host}/{tenant}/v2.0")
}

/// What Entra says of itself for a tenant, to whoever reaches it as this host and by this scheme.
pub fn discovery_answer(host: &str, scheme: &str, tenant: &str) -> Response<Body> {
    let at = |path: &str| format!("{scheme}://{host}/{tenant}{path}");
    let body = serde_json::json!({
        "issuer": issuer(host, scheme, tenant),
        "token_endpoint": at("/oauth2/v2.0/token"),
        "authorization_endpoint": at("/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": at("/oauth2/v2.0/devicecode"),
        "end_session_endpoint": at("/oauth2/v2.0/logout"),
        "jwks_uri": at("/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "tenant_region_scope": null,
        "cloud_instance_name": "microsoftonline.com",
    });
    answer(200, body.to_string())
}

/// Which hosts speak for Entra.
pub fn instance_answer(host: &str, scheme: &str) -> Response<Body> {
    let body = serde_json::json!({
        "tenant_discovery_endpoint": format!("{scheme}://{host}/common/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    });
    answer(200, body.to_string())
}

/// No keys: nothing is signed.
pub fn keys_answer() -> Response<Body> {
    answer(200, "{\"keys\":[]}".into())
}

/// How a person signs in: here, with a password.
pub fn realm_answer(user: &str) -> Response<Body> {
    let user = form_value(user);
    let domain = user.rsplit_once('@').map_or(user.as_str(), |(_, domain)| domain);
    let body = serde_json::json!({ "ver": "1.0", "account_type": "Managed", "domain_name": domain,
        "cloud_instance_name": "microsoftonline.com", "cloud_audience_urn": "urn:federation:MicrosoftOnline" });
    answer(200, body.to_string())
}

/// Entra's no for one of the reasons that all platforms share.
pub(super) fn refused(refusal: &Refusal, number: u64) -> Response<Body> {
    problem_answer(&Problem::of(refusal), number)
}
