//! A provider of single sign-on: who gets a token, whether it is good still, and the directory of who may have one.

mod authorize;
mod directory;
mod grants;
mod keys;
mod people;
mod tokens;

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;

use super::core::Core;
use super::reply::{Caller, Reply};
use crate::plan::Sso;
use crate::vendor::sso::{
    self, Claims, Parameters, Place, Problem, Type, bearer, bearer_answer, given_answer, introspection_answer,
    problem_answer, revoked_answer,
};
use crate::vendor::{Body, Head, Refusal};

use directory::Directory;
use grants::Grants;
use keys::Keys;
use tokens::{client, seconds};

/// What can be chosen of a provider that stands alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The token that may write to the directory. Without one anybody may where anybody may come, and nobody elsewhere.
    pub directory_token: Option<String>,
}

/// What a provider remembers.
pub(super) struct Service {
    sso: Sso,
    settings: Settings,
    keys: Mutex<Keys>,
    grants: Mutex<Grants>,
    directory: Mutex<Directory>,
}

impl Service {
    pub(super) fn new(core: &Core, sso: Sso, settings: Settings) -> Self {
        Self {
            sso,
            settings,
            keys: Mutex::new(Keys::new(core.seed, sso)),
            grants: Mutex::new(Grants::new(core.seed)),
            directory: Mutex::default(),
        }
    }

    /// What a provider says to a request.
    pub(super) fn answer(&self, core: &Core, from: Caller, head: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
        let place = Place::of(head.uri.path());
        let issuer = issuer(head, from.by_tls);
        let told = |given: Result<Response<Body>, Problem>| given.unwrap_or_else(|problem| problem_answer(&problem));
        Ok(match (head.method.as_str(), &place) {
            ("GET", Place::Discovery) => {
                sso::discovery_answer(&issuer, self.sso.password, self.sso.refresh_life.is_some()).into()
            }
            ("GET", Place::Keys) => {
                let keys = lock(&self.keys).published(core.now());
                sso::keys_answer(keys.iter().map(|key| &**key)).into()
            }
            ("GET" | "POST", Place::Authorize) => self.authorize(core, head, &issuer, body).into(),
            ("POST", Place::Token) => told(self.token(core, head, &issuer, body).map(given_answer)).into(),
            ("POST", Place::Introspect) => told(self.introspect(core, head, body)).into(),
            ("POST", Place::Revoke) => told(self.revoke(core, head, body)).into(),
            ("GET" | "POST", Place::UserInfo) => self.user_info(core, head)?.into(),
            (_, place) if place.is_directory() => self.directory(core, (head, &issuer), place, body)?.into(),
            (_, Place::Unknown) => return Err(Refusal::UnknownApi),
            _ => wrong_method().into(),
        })
    }

    /// What a token says that is good now.
    fn alive(&self, core: &Core, token: &str) -> Option<Claims> {
        let now = core.now();
        let claims =
            sso::verify(Type::Access, token, |name| Some(lock(&self.keys).named(name, now)?.public().to_vec())).ok()?;
        let number: u64 = claims.jti.parse().ok()?;
        let grants = lock(&self.grants);
        let session = claims.sid.as_deref().map(str::parse::<u64>);
        let goes_on = session.is_none_or(|session| session.is_ok_and(|session| grants.goes_on(session)));
        let is_good = seconds(core, now) < claims.exp && goes_on && !grants.is_revoked(number);
        drop(grants);
        (is_good && lock(&self.directory).lets(&claims.sub, number)).then_some(claims)
    }

    fn introspect(&self, core: &Core, head: &Parts, body: &[u8]) -> Result<Response<Body>, Problem> {
        let form = Parameters::of_form(head, body)?;
        if client(core, head, &form)?.is_public {
            return Err(Problem::CLIENT);
        }
        Ok(introspection_answer(self.alive(core, form.need("token")?).as_ref()))
    }

    /// Takes a token back. What is none is taken back already: RFC 7009 §2.2.
    fn revoke(&self, core: &Core, head: &Parts, body: &[u8]) -> Result<Response<Body>, Problem> {
        let form = Parameters::of_form(head, body)?;
        let client = client(core, head, &form)?;
        let token = form.need("token")?;
        let session = lock(&self.grants).session_of(token, &client.id);
        if let Some(session) = session {
            lock(&self.grants).end(session);
        } else if let Some(claims) = self.alive(core, token) {
            if claims.client_id != *client.id {
                return Err(Problem::request("the token was given to another client"));
            }
            if let Ok(number) = claims.jti.parse() {
                lock(&self.grants).revoke(number, claims.exp, seconds(core, core.now()));
            }
        }
        Ok(revoked_answer())
    }

    fn user_info(&self, core: &Core, head: &Parts) -> Result<Response<Body>, Refusal> {
        let token = bearer(head).ok_or(Refusal::MissingToken)?;
        let claims = self.alive(core, token).ok_or(Refusal::InvalidToken)?;
        if !claims.scope.split(' ').any(|one| one == "openid") {
            return Ok(bearer_answer(403, "insufficient_scope", "the token is not for openid"));
        }
        Ok(sso::user_answer(&claims.sub))
    }
}

/// How a provider is reached, and so what it is called.
fn issuer(head: &Parts, by_tls: bool) -> String {
    let host = head.header("host").filter(|host| !host.is_empty()).unwrap_or(sso::HOST);
    let scheme = if by_tls { "https" } else { "http" };
    format!("{scheme}://{host}")
}

fn wrong_method() -> Response<Body> {
    let mut response = problem_answer(&Problem::request("the method does nothing here"));
    *response.status_mut() = hyper::StatusCode::METHOD_NOT_ALLOWED;
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
