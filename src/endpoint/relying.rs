//! An endpoint that takes the tokens of a provider of single sign-on: it looks at each, by the provider's published keys or by asking the
//! provider. It asks as everybody does: through the path, from its own region.
//!
//! Who looks by keys does not hear of anything that is taken back, and waits for the provider only for a key that it has not seen; keys that it
//! has are used until there are others, and asked for anew beside that. Who asks hears of it within the life of its cache, and lets nobody in
//! when nobody answers. It asks of one token once at a time, and of others beside that.
//! Either way a token has to be the provider's (`iss`) and for whoever trusts it (`aud`), where it is known what that is called.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::{Request, StatusCode};

use super::wall::Wall;
use crate::control::{Scene, Side};
use crate::limits::{BODY_BYTES, SIGN_IN_PATIENCE, SIGN_IN_PAUSE, TWIN_CALLERS};
use crate::plan::{Trust, Verify};
use crate::units::{EndpointId, Moment, RegionId};
use crate::vendor::sso::{self, BadToken, Claims, Type};
use crate::vendor::{Body, Identity, Refusal, wall};
use crate::world::Tasks;

/// What it knows of a provider.
pub(super) struct Relying {
    scene: Scene,
    trust: Trust,
    region: RegionId,
    /// From where it asks.
    from: Option<IpAddr>,
    /// Who it is there.
    identity: Identity,
    /// Whether the provider's clock is ours.
    shares_clock: bool,
    door: OnceLock<SocketAddr>,
    keys: Mutex<Keys>,
    told: Mutex<BTreeMap<String, Told>>,
    /// Held by whoever asks for the keys.
    asking: Arc<Turn>,
    /// Held by whoever asks about a token.
    asked: Mutex<BTreeMap<String, Arc<Turn>>>,
}

/// Whoever holds it asks, and others wait for what he hears.
type Turn = tokio::sync::Mutex<()>;

/// The keys that were published when they were asked for last.
#[derive(Default)]
struct Keys {
    by_name: BTreeMap<String, Vec<u8>>,
    /// Until when they are not asked for again, and from when on they may be for the sake of one that is not known.
    fresh: Moment,
    again: Moment,
}

/// What the provider said of a token, or that it said nothing, and until when that holds.
#[derive(Clone)]
struct Told {
    said: Result<Arc<str>, Refusal>,
    until: Moment,
}

/// A token that is being asked about, by some who wait for each other.
struct Asked<'r> {
    all: &'r Mutex<BTreeMap<String, Arc<Turn>>>,
    token: &'r str,
    turn: Arc<Turn>,
}

impl Relying {
    pub(super) fn new(scene: &Scene, id: EndpointId, trust: &Trust) -> Self {
        let plan = &scene.plan;
        let (endpoint, provider) = (&plan.endpoints[id.index()], &plan.endpoints[trust.provider.index()]);
        // A twin's are known.
        let or = |own: &Option<String>| own.clone().or_else(|| provider.url.is_none().then(|| sso::ISSUER.to_owned()));
        let trust = Trust { issuer: or(&trust.issuer), audience: or(&trust.audience), ..trust.clone() };
        Self {
            trust,
            region: endpoint.region,
            from: plan.regions[endpoint.region.index()].last_address(),
            identity: crate::vendor::identity(&provider.kind, &endpoint.name),
            shares_clock: provider.url.is_none(),
            door: OnceLock::new(),
            keys: Mutex::default(),
            told: Mutex::default(),
            asking: Arc::default(),
            asked: Mutex::default(),
            scene: scene.clone(),
        }
    }

    /// From where it asks whom.
    pub(super) fn asks(&self) -> (RegionId, EndpointId) {
        (self.region, self.trust.provider)
    }

    /// Where it reaches the provider.
    pub(super) fn by(&self, door: SocketAddr) {
        // It is told once.
        let _ = self.door.set(door);
    }

    /// The user whose token this is. What nobody has to wait for is done by a task of its own.
    ///
    /// # Errors
    /// If it is none that is taken.
    pub(super) async fn user(self: &Arc<Self>, tasks: &Tasks, token: Option<&str>) -> Result<Arc<str>, Refusal> {
        let token = token.filter(|token| !token.is_empty()).ok_or(Refusal::MissingToken)?;
        match self.trust.verify {
            Verify::Jwks => self.by_keys(tasks, token).await,
            Verify::Introspection => self.by_asking(token).await,
        }
    }

    async fn by_keys(self: &Arc<Self>, tasks: &Tasks, token: &str) -> Result<Arc<str>, Refusal> {
        if self.now() >= lock(&self.keys).fresh {
            self.refresh(tasks);
        }
        let mut read = self.verified(token);
        if read == Err(BadToken::Key) {
            let _turn = self.asking.lock().await;
            // Whoever was before us may have heard of it.
            read = self.verified(token);
            if read == Err(BadToken::Key) && self.now() >= lock(&self.keys).again {
                self.learn().await;
                // Only what is asked for the sake of such a key holds up the next one: the key that signs may have changed just after the keys
                // were asked for beside what goes on.
                lock(&self.keys).again = self.now() + SIGN_IN_PAUSE;
                read = self.verified(token);
            }
        }
        let claims = read.map_err(|_| Refusal::InvalidToken)?;
        // A signed token says for whom it is (RFC 9068 §2.2): one that names nobody is for nobody.
        if !is_meant(&self.trust, Some(&claims.iss), Some(&claims.aud)) {
            return Err(Refusal::InvalidToken);
        }
        if self.is_over(claims.exp) { Err(Refusal::ExpiredToken) } else { Ok(claims.sub.into()) }
    }

    fn verified(&self, token: &str) -> Result<Claims, BadToken> {
        sso::verify(Type::Access, token, |name| lock(&self.keys).by_name.get(name).cloned())
    }

    /// Asks for the published keys anew beside what goes on, unless somebody does already.
    fn refresh(self: &Arc<Self>, tasks: &Tasks) {
        if let Ok(turn) = Arc::clone(&self.asking).try_lock_owned() {
            let relying = Arc::clone(self);
            tasks.spawn("published keys", async move {
                relying.learn().await;
                drop(turn);
            });
        }
    }

    /// Asks for the published keys. Whoever does has the turn.
    async fn learn(&self) {
        let found = self.ask(sso::keys_request()).await;
        let found = found.filter(|(status, _)| status.is_success()).and_then(|(_, body)| sso::read_keys(&body));
        let now = self.now();
        let mut keys = lock(&self.keys);
        match found {
            Some(by_name) => (keys.by_name, keys.fresh) = (by_name, now + self.trust.cache),
            None => keys.fresh = now + SIGN_IN_PAUSE.min(self.trust.cache),
        }
    }

    async fn by_asking(&self, token: &str) -> Result<Arc<str>, Refusal> {
        if let Some(said) = self.known(token) {
            return said;
        }
        let asked = Asked::new(&self.asked, token);
        let _turn = asked.turn.lock().await;
        // Whoever was before us has asked the same.
        if let Some(said) = self.known(token) {
            return said;
        }
        let answered = self.ask(sso::introspection_request(&self.identity, token)).await;
        let said = answered.and_then(|(status, body)| sso::read_introspection(status, &body));
        let Some(said) = said else {
            self.keep(token, Err(Refusal::Status(503)), self.now() + SIGN_IN_PAUSE);
            return Err(Refusal::Status(503));
        };
        // A provider need not say who gave a token, and for whom (RFC 7662 §2.2): it knows who asks.
        let audience = Some(&said.audience[..]).filter(|audience| !audience.is_empty());
        let is_meant = is_meant(&self.trust, said.issuer.as_ref(), audience);
        let user = said.user.filter(|_| is_meant).map(Into::into).ok_or(Refusal::InvalidToken);
        // Remembered no longer than the token is good (RFC 7662 §4).
        let mut until = self.now() + self.trust.cache;
        if let Some(expires) = said.expires.filter(|_| self.shares_clock) {
            until = until.min(Wall::new(wall::DRILL).moment(crate::units::Span::from_secs(expires)));
        }
        self.keep(token, user.clone(), until);
        user
    }

    fn known(&self, token: &str) -> Option<Result<Arc<str>, Refusal>> {
        let told = lock(&self.told).get(token).filter(|told| self.now() < told.until).cloned();
        told.map(|told| told.said)
    }

    /// Remembers what was heard of a token.
    fn keep(&self, token: &str, said: Result<Arc<str>, Refusal>, until: Moment) {
        let now = self.now();
        let mut told = lock(&self.told);
        if told.len() >= TWIN_CALLERS {
            told.retain(|_, told| now < told.until);
        }
        if told.len() < TWIN_CALLERS {
            told.insert(token.to_owned(), Told { said, until });
        }
    }

    /// Whether that moment, in seconds since 1970, is over. What another clock says of it is that other clock's business.
    fn is_over(&self, expires: u64) -> bool {
        self.shares_clock && Wall::new(wall::DRILL).at(self.now()).nanos() / 1_000_000_000 >= expires
    }

    /// Asks the provider; `None` is no answer in time.
    async fn ask(&self, request: Request<Body>) -> Option<(StatusCode, Bytes)> {
        let until = self.now() + SIGN_IN_PATIENCE;
        self.scene.world.clock.timeout(until, self.exchange(request)).await.ok().flatten()
    }

    async fn exchange(&self, request: Request<Body>) -> Option<(StatusCode, Bytes)> {
        let conn = self.scene.world.net.connect(self.from, *self.door.get()?).await;
        let conn = conn.inspect_err(|error| self.scene.alarm.starved(error)).ok()?;
        // Held while it is in use: the path gives the same connection the same number.
        let _number = self.scene.connections.join(conn.local_addr(), conn.peer_addr(), Side::Client);
        let (mut sender, driving) = hyper::client::conn::http1::handshake(conn.into_io()).await.ok()?;
        tokio::spawn(async move {
            // Its end shows in the exchange.
            let _ = driving.await;
        });
        let (head, body) = sender.send_request(request).await.ok()?.into_parts();
        let body = Limited::new(body, BODY_BYTES).collect().await.ok()?.to_bytes();
        Some((head.status, body))
    }

    fn now(&self) -> Moment {
        self.scene.world.clock.now()
    }
}

impl<'r> Asked<'r> {
    fn new(all: &'r Mutex<BTreeMap<String, Arc<Turn>>>, token: &'r str) -> Self {
        let turn = Arc::clone(lock(all).entry(token.to_owned()).or_default());
        Self { all, token, turn }
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let mut all = lock(self.all);
        // Nobody else has it or waits for it: all who do got it from here.
        if Arc::strong_count(&self.turn) == 2 {
            all.remove(self.token);
        }
    }
}

/// Whether what says that it was given by somebody for somebody is given by the provider for whoever trusts it. `None` does not say, and means us.
fn is_meant(trust: &Trust, issuer: Option<&String>, audience: Option<&[String]>) -> bool {
    let given = trust.issuer.as_ref().is_none_or(|from| issuer.is_none_or(|issuer| issuer == from));
    given && trust.audience.as_ref().is_none_or(|to| audience.is_none_or(|audience| audience.contains(to)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_meant_for_whoever_it_names() {
        let trust = |audience: Option<&str>| Trust {
            provider: EndpointId(0),
            verify: Verify::Jwks,
            cache: Trust::CACHE,
            issuer: Some("https://login.example".to_owned()),
            audience: audience.map(str::to_owned),
        };
        let (us, ours) = (trust(Some("orders")), "https://login.example".to_owned());
        let named = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        // A signed token that names nobody is for nobody (RFC 9068 §2.2, RFC 7519 §4.1.3); an answer that does not say means whoever asked.
        let cases = [
            (named(&["orders"]), true),
            (named(&["mail", "orders"]), true),
            (named(&["mail"]), false),
            (named(&[]), false),
            (None, true),
        ];
        for (audience, meant) in cases {
            assert_eq!(is_meant(&us, Some(&ours), audience.as_deref()), meant, "{audience:?}");
            // Nobody has said what we are called.
            assert!(is_meant(&trust(None), Some(&ours), audience.as_deref()), "{audience:?}");
        }
        assert!(!is_meant(&us, Some(&"https://other.example".to_owned()), None) && is_meant(&us, None, None));
    }
}
