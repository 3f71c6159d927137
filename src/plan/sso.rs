//! Single sign-on by OpenID Connect: how long what a provider gives is good for, and how it signs.

use serde::{Deserialize, Serialize};

use crate::units::{EndpointId, Span};

/// A provider of single sign-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sso {
    /// How long an access token is good for.
    pub token_life: Span,
    /// How long a refresh token is good for, counted anew with each use; `None` = none are given.
    pub refresh_life: Option<Span>,
    /// How often it signs by another key; `None` = never.
    pub rotate: Option<Span>,
    /// How many keys it publishes: the one that it signs by, and those before. At least one.
    pub keep: u32,
    /// Whether it takes a person's password from whoever asks for a token (RFC 6749 §4.3), which RFC 9700 §2.4 forbids.
    pub password: bool,
}

impl Default for Sso {
    /// Tokens for an hour, as Entra's without continuous access evaluation; refresh tokens for a day, as Entra's in browsers.
    fn default() -> Self {
        Self {
            token_life: Span::from_secs(3_600),
            refresh_life: Some(Span::from_secs(86_400)),
            rotate: None,
            keep: 2,
            password: false,
        }
    }
}

/// Whose tokens an endpoint takes, and how it looks at them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// The provider of single sign-on.
    pub provider: EndpointId,
    /// How a token is looked at.
    pub verify: Verify,
    /// How long what was heard of the provider is good for: its keys, or what it said of a token.
    pub cache: Span,
    /// Who has to have given a token (`iss`). `None` = the provider's twin; of a provider that is no twin, whoever has its keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Whom a token has to be for (`aud`). `None` = whoever trusts the provider's twin; of a provider that is no twin, anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
}

impl Trust {
    /// How long that is, unless something else is said: what many libraries and gateways have at first.
    pub const CACHE: Span = Span::from_secs(60);
}

/// How an endpoint looks at a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// By itself, with the keys that the provider publishes.
    Jwks,
    /// It asks the provider (RFC 7662).
    Introspection,
}
