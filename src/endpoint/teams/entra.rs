//! Entra's side: who gets a token, and for how long.

use std::sync::Arc;

use hyper::Response;
use hyper::http::request::Parts;

use super::super::core::Core;
use super::super::reply::Reply;
use super::grants::Access;
use super::{Caller, Service, lock, unknown};
use crate::units::Moment;
use crate::vendor::teams::entra::{self, Given, Grant, Problem, Wanted};
use crate::vendor::teams::{Place, bearer, origin, user_of};
use crate::vendor::{Body, Refusal};

impl Service {
    /// What Entra says to a request.
    pub(super) fn entra(
        &self,
        core: &Core,
        (head, by_tls): (&Parts, bool),
        place: Place<'_>,
        body: &[u8],
    ) -> Result<Reply, Refusal> {
        let (scheme, host) = origin(head, by_tls, entra::HOST);
        Ok(match (head.method.as_str(), place) {
            ("POST", Place::Token) => self.token(core, body).into(),
            ("GET", Place::Discovery { tenant }) => entra::discovery_answer(host, scheme, tenant).into(),
            ("GET", Place::Instance) => entra::instance_answer(host, scheme).into(),
            ("GET", Place::Keys) => entra::keys_answer().into(),
            ("GET", Place::Realm { user }) => entra::realm_answer(user).into(),
            _ => return unknown(core, head),
        })
    }

    fn token(&self, core: &Core, body: &[u8]) -> Response<Body> {
        let given = entra::read_wanted(body).and_then(|wanted| self.grant(core, &wanted));
        given.unwrap_or_else(|problem| entra::problem_answer(&problem, core.number()))
    }

    fn grant(&self, core: &Core, wanted: &Wanted) -> Result<Response<Body>, Problem> {
        // Drawn before anything is looked up: whoever is signed out meanwhile has been signed out after this.
        let number = core.number();
        let (user, refresh) = match &wanted.grant {
            Grant::Application(secret) => {
                core.users.app(&wanted.app).ok_or_else(|| Problem::NoSuchApp(wanted.app.clone()))?;
                if !core.users.proves(&wanted.app, secret) {
                    return Err(Problem::BadSecret(wanted.app.clone()));
                }
                (None, None)
            }
            Grant::Password { user, password } => {
                let user = self.sign_in(core, user, password)?;
                let refresh = lock(&self.grants).give_refresh(number, Arc::clone(&user));
                (Some(user), Some(refresh))
            }
            Grant::Refresh(token) => (Some(self.refreshed(core, token)?), Some(token.clone())),
        };
        let now = core.now();
        let lifetime = if wanted.understands { self.parameters.long_token } else { self.parameters.token };
        let access = Access {
            user: user.clone(),
            app: wanted.app.as_str().into(),
            number,
            expires: now + lifetime,
            understands: wanted.understands,
        };
        let token = lock(&self.grants).give(access);
        let given = Given {
            token: &token,
            lifetime,
            refresh: refresh.as_deref(),
            user: user.as_deref(),
            at: core.wall.at(now),
        };
        Ok(entra::given_answer(wanted, &given))
    }

    /// The person of a name and a password.
    fn sign_in(&self, core: &Core, name: &str, password: &str) -> Result<Arc<str>, Problem> {
        let keys = [name, user_of(name)];
        let found = keys.into_iter().find_map(|key| Some((key, core.users.app(key)?)));
        let (key, app) = found.ok_or_else(|| Problem::NoSuchUser(name.into()))?;
        let user: Arc<str> = user_of(&app.user).into();
        if self.people.is_locked(&user, core.now()) {
            return Err(Problem::Locked);
        }
        if !core.users.proves(key, password) {
            self.people.wrong_password(&user, self.parameters.lockout, core.now());
            return Err(Problem::WrongPassword);
        }
        self.people.right_password(&user);
        if self.people.is_disabled(&user) { Err(Problem::UserDisabled) } else { Ok(user) }
    }

    /// The person of a refresh token.
    fn refreshed(&self, core: &Core, token: &str) -> Result<Arc<str>, Problem> {
        let given = lock(&self.grants).refresh(token);
        let lasting = || {
            let user = core.users.app(token)?.user;
            Some((user.strip_prefix(entra::LASTING).map_or_else(|| Arc::clone(&user), Arc::from), 0))
        };
        let (user, number) = given.or_else(lasting).ok_or(Problem::BadGrant)?;
        if self.people.is_disabled(&user) {
            return Err(Problem::UserDisabled);
        }
        if self.people.is_revoked(&user, number) { Err(Problem::GrantRevoked) } else { Ok(user) }
    }

    /// Whoever makes a request to Graph.
    pub(super) fn caller(&self, core: &Core, head: &Parts) -> Result<Caller, Refusal> {
        let token = bearer(head).ok_or(Refusal::MissingToken)?;
        let Some(access) = lock(&self.grants).access(token) else { return self.stranger(core, token) };
        if core.now() >= access.expires {
            return Err(Refusal::ExpiredToken);
        }
        if let Some(user) = access.user.as_deref().filter(|_| access.understands) {
            // Who never said that he understands the challenge keeps his token until it expires.
            let since = self.people.shut_out_since(user, access.number);
            if since.is_some_and(|since| core.now() >= since + self.parameters.revocation) {
                return Err(Refusal::RevokedToken);
            }
        }
        Ok(Caller { user: access.user, app: access.app, expires: access.expires })
    }

    /// A token that Entra never gave: where anybody may come that of a user of its name, and else one that was named with its user at the
    /// start. The refresh token of a synthetic user is none.
    fn stranger(&self, core: &Core, token: &str) -> Result<Caller, Refusal> {
        let is_named = core.users.is_open() || !token.starts_with(entra::LASTING);
        let app = core.users.app(token).filter(|app| is_named && app.secret.is_empty());
        let user = app.ok_or(Refusal::InvalidToken)?.user;
        if self.people.is_disabled(&user) {
            return Err(Refusal::RevokedToken);
        }
        Ok(Caller { user: Some(user), app: token.into(), expires: Moment::MAX })
    }
}
