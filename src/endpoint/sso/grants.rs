//! What was given and can be used again: sessions with their refresh tokens, and codes. Of too many the oldest are forgotten, and then good
//! no more.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

use crate::draw::Seed;
use crate::limits::TWIN_TOKENS;
use crate::units::{Moment, Span};

/// How long a code is good for: RFC 6749 §4.1.2 recommends ten minutes at most, and a client that was sent back asks at once.
const CODE_LIFE: Span = Span::from_secs(60);

/// What stands for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    /// The application that it was given to.
    pub(super) client: Arc<str>,
    pub(super) user: Arc<str>,
    pub(super) scope: Arc<str>,
}

/// A session: what a refresh token renews.
#[derive(Clone, Debug)]
struct Session {
    holder: Holder,
    /// The number of the one refresh token that is good.
    latest: u64,
    expires: Moment,
}

/// A code, for which a token is given once.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) holder: Holder,
    /// Where the application was told it.
    pub(super) redirect: String,
    /// What the application has to prove that it knows.
    pub(super) challenge: Option<String>,
    pub(super) nonce: Option<String>,
}

/// Why a grant is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stale {
    Unknown,
    Expired,
    /// It has been used before, so somebody else has it as well: everything that came of it is taken back.
    Again,
}

#[derive(Debug)]
struct Told {
    code: Code,
    expires: Moment,
    /// The session that it was used for.
    used: Option<u64>,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Grants {
    /// Makes what is given unguessable.
    key: hmac::Key,
    /// By the number of its beginning.
    sessions: BTreeMap<u64, Session>,
    /// The session of each refresh token.
    refresh: BTreeMap<u64, u64>,
    codes: BTreeMap<u64, Told>,
    /// Access tokens that were given back, with when they would have expired.
    revoked: BTreeMap<u64, u64>,
    /// Those up to this number are taken for given back: they are no longer told apart.
    forgotten: u64,
}

impl Grants {
    pub(super) fn new(seed: Seed) -> Self {
        let text = [b"firedrill sso grants".as_slice(), &seed.0.to_be_bytes()].concat();
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &text),
            sessions: BTreeMap::new(),
            refresh: BTreeMap::new(),
            codes: BTreeMap::new(),
            revoked: BTreeMap::new(),
            forgotten: 0,
        }
    }

    /// Begins a session: its first refresh token.
    pub(super) fn begin(&mut self, number: u64, holder: Holder, expires: Moment) -> String {
        keep(&mut self.sessions, number, Session { holder, latest: number, expires });
        keep(&mut self.refresh, number, number);
        self.sealed("fd-refresh", number)
    }

    /// Renews a session by its refresh token, which is good no more then: the session and whose it is, with the next refresh token.
    pub(super) fn renew(
        &mut self,
        token: &str,
        client: &str,
        number: u64,
        (now, expires): (Moment, Moment),
    ) -> Result<(u64, Holder, String), Stale> {
        let old = self.opened("fd-refresh", token).ok_or(Stale::Unknown)?;
        let id = *self.refresh.get(&old).ok_or(Stale::Unknown)?;
        let session = self.sessions.get_mut(&id).filter(|session| *session.holder.client == *client);
        let session = session.ok_or(Stale::Unknown)?;
        if session.latest != old {
            self.sessions.remove(&id);
            return Err(Stale::Again);
        }
        if now >= session.expires {
            self.sessions.remove(&id);
            return Err(Stale::Expired);
        }
        (session.latest, session.expires) = (number, expires);
        let holder = session.holder.clone();
        keep(&mut self.refresh, number, id);
        Ok((id, holder, self.sealed("fd-refresh", number)))
    }

    /// The session of a refresh token, if it is that application's.
    pub(super) fn session_of(&self, token: &str, client: &str) -> Option<u64> {
        let id = *self.refresh.get(&self.opened("fd-refresh", token)?)?;
        self.sessions.get(&id).filter(|session| *session.holder.client == *client).map(|_| id)
    }

    /// Whether a session goes on.
    pub(super) fn goes_on(&self, session: u64) -> bool {
        self.sessions.contains_key(&session)
    }

    /// Ends a session: nothing that came of it is good any more.
    pub(super) fn end(&mut self, session: u64) {
        self.sessions.remove(&session);
    }

    /// Ends all sessions of a person.
    pub(super) fn end_all(&mut self, user: &str) {
        self.sessions.retain(|_, session| *session.holder.user != *user);
    }

    /// A code.
    pub(super) fn tell(&mut self, number: u64, code: Code, now: Moment) -> String {
        keep(&mut self.codes, number, Told { code, expires: now + CODE_LIFE, used: None });
        self.sealed("fd-code", number)
    }

    /// What a code stands for; it is used with that, for a session of this number.
    pub(super) fn redeem(&mut self, code: &str, client: &str, session: u64, now: Moment) -> Result<Code, Stale> {
        let number = self.opened("fd-code", code).ok_or(Stale::Unknown)?;
        let told = self.codes.get_mut(&number).filter(|told| *told.code.holder.client == *client);
        let told = told.ok_or(Stale::Unknown)?;
        if let Some(used) = told.used {
            self.sessions.remove(&used);
            return Err(Stale::Again);
        }
        told.used = Some(session);
        if now >= told.expires { Err(Stale::Expired) } else { Ok(told.code.clone()) }
    }

    /// An access token is given back that would have expired then, in seconds since 1970.
    pub(super) fn revoke(&mut self, number: u64, expires: u64, now: u64) {
        self.revoked.retain(|_, expires| now < *expires);
        self.revoked.insert(number, expires);
        if self.revoked.len() > TWIN_TOKENS
            && let Some((oldest, _)) = self.revoked.pop_first()
        {
            self.forgotten = oldest;
        }
    }

    /// Whether an access token was given back.
    pub(super) fn is_revoked(&self, number: u64) -> bool {
        number <= self.forgotten || self.revoked.contains_key(&number)
    }

    fn sealed(&self, kind: &str, number: u64) -> String {
        let text = format!("{kind}-{number}");
        let tag = hmac::sign(&self.key, text.as_bytes());
        format!("{text}-{}", URL_SAFE_NO_PAD.encode(&tag.as_ref()[..16]))
    }

    fn opened(&self, kind: &str, text: &str) -> Option<u64> {
        let number = text.strip_prefix(kind)?.strip_prefix('-')?.split('-').next()?.parse().ok()?;
        (self.sealed(kind, number) == text).then_some(number)
    }
}

fn keep<T>(all: &mut BTreeMap<u64, T>, number: u64, one: T) {
    all.insert(number, one);
    if all.len() > TWIN_TOKENS {
        all.pop_first();
    }
}
