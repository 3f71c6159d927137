//! Where what is: the paths are those of npm `oidc-provider`, which is certified, and for SCIM those of RFC 7644 under `/scim/v2`.

use std::borrow::Cow;

use crate::vendor::head::decode;

/// The token endpoint.
pub(super) const TOKEN: &str = "/token";
/// The authorization endpoint.
pub(super) const AUTHORIZE: &str = "/auth";
/// The introspection endpoint (RFC 7662).
pub(super) const INTROSPECT: &str = "/token/introspection";
/// The revocation endpoint (RFC 7009).
pub(super) const REVOKE: &str = "/token/revocation";
/// The endpoint that tells who a token is for (OpenID Connect Core §5.3).
pub(super) const USER_INFO: &str = "/me";
/// The set of public keys (RFC 7517).
pub(super) const KEYS: &str = "/jwks";
/// Where SCIM begins.
pub(super) const SCIM: &str = "/scim/v2";

/// Where the users are in it.
pub(super) const USERS: &str = "/Users";

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place<'p> {
    /// What the provider says of itself (OpenID Connect Discovery, RFC 8414).
    Discovery,
    /// Its public keys.
    Keys,
    /// Where people sign in.
    Authorize,
    /// Where tokens are given.
    Token,
    /// Whether a token is good.
    Introspect,
    /// Where a token is given back.
    Revoke,
    /// Who a token is for.
    UserInfo,
    /// All users of the directory.
    Users,
    /// One user of the directory.
    User(Cow<'p, str>),
    /// What the directory can do.
    ServiceProvider,
    /// Which kinds of things the directory knows.
    ResourceTypes,
    /// Something else of SCIM.
    Scim,
    /// Nothing.
    Unknown,
}

impl<'p> Place<'p> {
    /// What a path leads to.
    pub fn of(path: &'p str) -> Self {
        match path {
            "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server" => Self::Discovery,
            KEYS => Self::Keys,
            AUTHORIZE => Self::Authorize,
            TOKEN => Self::Token,
            INTROSPECT => Self::Introspect,
            REVOKE => Self::Revoke,
            USER_INFO => Self::UserInfo,
            other => other.strip_prefix(SCIM).map_or(Self::Unknown, Self::of_directory),
        }
    }

    fn of_directory(path: &'p str) -> Self {
        match path {
            "/ServiceProviderConfig" => Self::ServiceProvider,
            "/ResourceTypes" | "/ResourceTypes/User" => Self::ResourceTypes,
            other => match other.strip_prefix(USERS).map(|rest| rest.strip_prefix('/').unwrap_or(rest)) {
                Some("") => Self::Users,
                Some(id) if other.len() > USERS.len() + id.len() && !id.contains('/') => Self::User(decoded(id)),
                _ if other.is_empty() || other.starts_with('/') => Self::Scim,
                _ => Self::Unknown,
            },
        }
    }

    /// Whether SCIM is spoken there.
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Users | Self::User(_) | Self::ServiceProvider | Self::ResourceTypes | Self::Scim)
    }
}

fn decoded(part: &str) -> Cow<'_, str> {
    if part.contains('%') { Cow::Owned(decode(part)) } else { Cow::Borrowed(part) }
}
