//! Who gets a token, and for what.

use std::sync::Arc;

use hyper::http::request::Parts;

use super::super::core::Core;
use super::grants::{Holder, Stale};
use super::{Service, lock};
use crate::units::{Moment, Span};
use crate::vendor::sso::{Claims, Client, Given, Parameters, Problem, Type, is_verifier, proves};

/// An application that has proved that it is it.
pub(super) struct Known {
    pub(super) id: Arc<str>,
    /// The user whom it acts for.
    pub(super) user: Arc<str>,
    /// Whether it had nothing to prove.
    pub(super) is_public: bool,
}

/// What a token is made for.
struct Made {
    holder: Holder,
    session: Option<u64>,
    refresh: Option<String>,
    /// Whether it is asked who signed in, and what is to be said with it.
    identity: bool,
    nonce: Option<String>,
}

/// The application that asks.
pub(super) fn client(core: &Core, head: &Parts, form: &Parameters) -> Result<Known, Problem> {
    let Client { id, secret } = Client::of(head, form)?;
    let app = core.users.app(&id).ok_or(Problem::CLIENT)?;
    let is_public = secret.is_none() && core.users.is_open();
    if !is_public && !core.users.proves(&id, &secret.unwrap_or_default()) {
        return Err(Problem::CLIENT);
    }
    Ok(Known { id: id.into(), user: app.user, is_public })
}

impl Service {
    /// Gives a token, or says why not.
    pub(super) fn token(&self, core: &Core, head: &Parts, issuer: &str, body: &[u8]) -> Result<Given, Problem> {
        let form = Parameters::of_form(head, body)?;
        let client = client(core, head, &form)?;
        // Drawn before anything is looked up: whoever is signed out meanwhile has been signed out after this.
        let number = core.number();
        let made = match form.need("grant_type")? {
            "client_credentials" => by_client(&client, &form)?,
            "authorization_code" => self.by_code(core, &client, &form, number)?,
            "refresh_token" => self.by_refresh(core, &client, &form, number)?,
            "password" if self.sso.password => self.by_password(core, &client, &form, number)?,
            _ => return Err(Problem::GRANT_TYPE),
        };
        // Also if somebody was taken away between his sign-in and this.
        self.admits(&made.holder.user)?;
        core.users.mailbox(&made.holder.user);
        let audience = form.get("resource").unwrap_or(issuer);
        self.signed(core, made, (issuer, audience), number)
    }

    /// Whether somebody may sign in.
    pub(super) fn admits(&self, user: &str) -> Result<(), Problem> {
        if lock(&self.directory).admits(user) { Ok(()) } else { Err(Problem::grant("the account is disabled")) }
    }

    fn by_password(&self, core: &Core, client: &Known, form: &Parameters, number: u64) -> Result<Made, Problem> {
        let (name, password) = (form.need("username")?, form.need("password")?);
        let wrong = || Problem::grant("name or password are wrong");
        let app = core.users.app(name).filter(|_| core.users.proves(name, password)).ok_or_else(wrong)?;
        let holder = Holder { client: Arc::clone(&client.id), user: app.user, scope: form.scope()?.into() };
        self.admits(&holder.user)?;
        Ok(self.begun(core, holder, None, number))
    }

    fn by_code(&self, core: &Core, client: &Known, form: &Parameters, number: u64) -> Result<Made, Problem> {
        let redeemed = lock(&self.grants).redeem(form.need("code")?, &client.id, number, core.now());
        let told = redeemed.map_err(|stale| Problem::grant(said(stale)))?;
        if form.get("redirect_uri") != Some(&told.redirect) {
            return Err(Problem::grant("the redirect_uri is another"));
        }
        match (&told.challenge, form.get("code_verifier")) {
            (Some(challenge), Some(verifier)) if is_verifier(verifier) && proves(verifier, challenge) => {}
            (None, None) if !client.is_public => {}
            _ => return Err(Problem::grant("the code_verifier does not prove the code_challenge")),
        }
        self.admits(&told.holder.user)?;
        Ok(self.begun(core, told.holder, told.nonce, number))
    }

    fn by_refresh(&self, core: &Core, client: &Known, form: &Parameters, number: u64) -> Result<Made, Problem> {
        let life = self.sso.refresh_life.ok_or(Problem::GRANT_TYPE)?;
        let times = (core.now(), core.now() + life);
        let renewed = lock(&self.grants).renew(form.need("refresh_token")?, &client.id, number, times);
        let (session, holder, refresh) = renewed.map_err(|stale| Problem::grant(said(stale)))?;
        let identity = asks_who(&holder.scope);
        Ok(Made { holder, session: Some(session), refresh: Some(refresh), identity, nonce: None })
    }

    fn begun(&self, core: &Core, holder: Holder, nonce: Option<String>, number: u64) -> Made {
        let begin = |life: Span| lock(&self.grants).begin(number, holder.clone(), core.now() + life);
        let refresh = self.sso.refresh_life.map(begin);
        let identity = asks_who(&holder.scope);
        Made { holder, session: refresh.is_some().then_some(number), refresh, identity, nonce }
    }

    fn signed(&self, core: &Core, made: Made, (issuer, audience): (&str, &str), number: u64) -> Result<Given, Problem> {
        let now = core.now();
        let key = lock(&self.keys).signing(now).ok_or(Problem::SERVER)?;
        let (since, life) = (seconds(core, now), self.sso.token_life.nanos() / 1_000_000_000);
        // Counted in whole seconds it is good for at least as long as is said.
        let expires = core.wall.at(now + self.sso.token_life).nanos().div_ceil(1_000_000_000);
        let access = Claims {
            iss: issuer.to_owned(),
            sub: made.holder.user.to_string(),
            aud: vec![audience.to_owned()],
            client_id: made.holder.client.to_string(),
            iat: since,
            exp: expires,
            jti: number.to_string(),
            sid: made.session.map(|session| session.to_string()),
            scope: made.holder.scope.to_string(),
            nonce: None,
        };
        let token = key.sign(Type::Access, &access);
        let identity = made.identity.then(|| {
            let aud = vec![access.client_id.clone()];
            key.sign(Type::Identity, &Claims { aud, nonce: made.nonce, ..access })
        });
        let scope = made.holder.scope.to_string();
        Ok(Given { token, secs: life, scope, refresh: made.refresh, identity })
    }
}

fn by_client(client: &Known, form: &Parameters) -> Result<Made, Problem> {
    if client.is_public {
        return Err(Problem::CLIENT);
    }
    let holder = Holder { client: Arc::clone(&client.id), user: Arc::clone(&client.user), scope: form.scope()?.into() };
    // RFC 6749 §4.4.3: whoever has a secret asks anew.
    Ok(Made { holder, session: None, refresh: None, identity: false, nonce: None })
}

fn said(stale: Stale) -> &'static str {
    match stale {
        Stale::Unknown => "the grant is unknown",
        Stale::Expired => "the grant has expired",
        Stale::Again => "the grant was used before, and everything that came of it is taken back",
    }
}

fn asks_who(scope: &str) -> bool {
    scope.split(' ').any(|one| one == "openid")
}

/// What the wall clock shows then, in seconds since 1970.
pub(super) fn seconds(core: &Core, at: Moment) -> u64 {
    core.wall.at(at).nanos() / 1_000_000_000
}
