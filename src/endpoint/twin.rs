//! A platform's twin: what `vendor` says, over HTTP/1.1, with an inbox for each user.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};

use super::inbox;
use super::mailbox::Mailbox;
use crate::control::{Alarm, Scene};
use crate::limits::{BODY_BYTES, HEAD_TIMEOUT};
use crate::plan::{Capability, Endpoint, EndpointKind, Limits};
use crate::units::{AccountId, EndpointId, Moment, Span};
use crate::vendor::{self, Body, Call, Refusal, Token};
use crate::world::{Clock, Conn, Listener, Tasks};

/// A twin that is listening.
pub struct Twin {
    address: SocketAddr,
    tasks: Tasks,
}

/// What a twin knows.
struct Platform {
    kind: EndpointKind,
    limits: Limits,
    clock: Clock,
    alarm: Alarm,
    /// Who exists, each with a mailbox.
    mailboxes: BTreeMap<String, Arc<Mailbox>>,
    /// Keys with their secret and user.
    keys: BTreeMap<String, (String, String)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many requests were answered; makes ids.
    answered: u64,
    /// Tokens that were given out, with their key and expiry.
    tokens: BTreeMap<String, (String, Moment)>,
    /// The moments of each key's latest messages, for the vendor's limit.
    latest: BTreeMap<String, VecDeque<Moment>>,
}

/// How long a token is good for: the vendor's 7,200 s.
const TOKEN_LIFETIME: Span = Span::from_secs(7_200);

impl Twin {
    /// Starts the twin of an endpoint, at which every account of the plan exists.
    ///
    /// # Errors
    /// Whatever the system says when the listener is refused.
    pub async fn start(scene: &Scene, id: EndpointId, endpoint: &Endpoint) -> io::Result<Self> {
        let listener = scene.world.net.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = listener.local_addr();
        let platform = Arc::new(Platform::new(scene, endpoint));
        let tasks = Tasks::new();
        tasks.spawn(
            format!("twin {}", scene.plan.endpoints[id.index()].name),
            accept(platform, tasks.clone(), listener),
        );
        Ok(Self { address, tasks })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The tasks of its connections.
    pub fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }

    /// Ends every connection.
    pub async fn close(self) {
        self.tasks.abort_all();
        self.tasks.drained().await;
    }
}

async fn accept(platform: Arc<Platform>, tasks: Tasks, listener: Listener) {
    loop {
        let conn = platform.alarm.accept(&listener, &platform.clock).await;
        tasks.spawn("twin's connection", serve(Arc::clone(&platform), tasks.clone(), conn));
    }
}

async fn serve(platform: Arc<Platform>, tasks: Tasks, conn: Conn) {
    let service = service_fn(|request| {
        let (platform, tasks) = (Arc::clone(&platform), tasks.clone());
        async move { Ok::<_, Infallible>(platform.answer(&tasks, request).await) }
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(platform.clock.hyper())
        .header_read_timeout(std::time::Duration::from(HEAD_TIMEOUT))
        .auto_date_header(false)
        .serve_connection(conn.into_io(), service)
        .with_upgrades();
    if let Err(error) = serving.await {
        tracing::debug!(%error, "a connection to a twin ended");
    }
}

impl Platform {
    fn new(scene: &Scene, endpoint: &Endpoint) -> Self {
        let (mut mailboxes, mut keys) = (BTreeMap::new(), BTreeMap::new());
        for account in (0..).map(AccountId).take(scene.plan.accounts.len()) {
            let identity = vendor::identity(endpoint.kind, &scene.plan.account_name(account));
            keys.insert(identity.key, (identity.secret, identity.user.clone()));
            mailboxes.insert(identity.user, Arc::default());
        }
        let (kind, limits, clock) = (endpoint.kind, endpoint.limits, scene.world.clock.clone());
        let alarm = scene.alarm.clone();
        Self { kind, limits, clock, alarm, mailboxes, keys, state: Mutex::default() }
    }

    async fn answer(&self, tasks: &Tasks, mut request: Request<Incoming>) -> Response<Body> {
        let upgrade = hyper::upgrade::on(&mut request);
        let (head, body) = request.into_parts();
        if vendor::capability(self.kind, &head) == Capability::Receive {
            return self.open_inbox(tasks, &head, upgrade);
        }
        let Ok(body) = Limited::new(body, BODY_BYTES).collect().await else {
            return self.refuse(&Refusal::BadRequest("the body is broken or too large".into()));
        };
        let body: Bytes = body.to_bytes();
        match vendor::read_call(self.kind, &head, &body) {
            Call::Login { key, secret } => self.login(key, &secret),
            Call::Send { token, recipients, text } => self.take(&token, &recipients, &text),
            Call::Refuse(refusal) => self.refuse(&refusal),
        }
    }

    fn open_inbox(
        &self,
        tasks: &Tasks,
        head: &hyper::http::request::Parts,
        upgrade: hyper::upgrade::OnUpgrade,
    ) -> Response<Body> {
        let Some((user, after)) = vendor::subscriber(head) else { return self.refuse(&Refusal::MissingToken) };
        let Some(mailbox) = self.mailboxes.get(user) else { return self.refuse(&Refusal::InvalidToken) };
        let Some(response) = inbox::switching(head) else {
            return self.refuse(&Refusal::BadRequest("the inbox is a WebSocket".into()));
        };
        tasks.spawn("inbox", inbox::push(Arc::clone(mailbox), upgrade, after));
        response
    }

    /// The same key gets the same token as long as it is good, and its time anew.
    fn login(&self, key: String, secret: &str) -> Response<Body> {
        if self.keys.get(&key).is_none_or(|(known, _)| known != secret) {
            return self.refuse(&Refusal::InvalidKey);
        }
        let token = Token { text: format!("fd-access-{key}"), lifetime: TOKEN_LIFETIME };
        let expires = self.clock.now() + TOKEN_LIFETIME;
        let mut state = self.state();
        state.answered += 1;
        state.tokens.insert(token.text.clone(), (key, expires));
        vendor::token_answer(self.kind, &token)
    }

    /// Takes a message: keeps it for every recipient that exists.
    fn take(&self, token: &str, recipients: &[String], text: &str) -> Response<Body> {
        let Some(sender) = self.sender(token) else { return self.refuse(&Refusal::InvalidToken) };
        if let Some(wait) = self.over_limit(token) {
            return self.refuse(&Refusal::Throttled(wait));
        }
        let text: Arc<str> = text.into();
        let deliver = |user: &&String| self.mailboxes.get(*user).is_some_and(|mailbox| mailbox.put(Arc::clone(&text)));
        let declined: Vec<String> = recipients.iter().filter(|user| !deliver(user)).cloned().collect();
        let mut state = self.state();
        state.answered += 1;
        vendor::sent_answer(self.kind, state.answered, sender, &text, &declined)
    }

    /// Whose token it is.
    fn sender(&self, token: &str) -> Option<&str> {
        if let Some((_, user)) = self.keys.get(token).filter(|(secret, _)| secret.is_empty()) {
            return Some(user);
        }
        let state = self.state();
        let (key, expires) = state.tokens.get(token)?;
        let (_, user) = self.keys.get(key).filter(|_| self.clock.now() < *expires)?;
        Some(user)
    }

    /// Counts a message against the vendor's limit; `Some` with the time to wait if it is one too many.
    fn over_limit(&self, token: &str) -> Option<Span> {
        if self.limits == Limits::Off {
            return None;
        }
        let (most, span) = vendor::send_limit(self.kind);
        let now = self.clock.now();
        let mut state = self.state();
        let latest = state.latest.entry(token.to_owned()).or_default();
        while latest.front().is_some_and(|first| now.since(*first) >= span) {
            latest.pop_front();
        }
        if latest.len() >= most as usize {
            return latest.front().map(|first| span - now.since(*first));
        }
        latest.push_back(now);
        None
    }

    fn refuse(&self, refusal: &Refusal) -> Response<Body> {
        let mut state = self.state();
        state.answered += 1;
        vendor::refusal(self.kind, refusal, state.answered)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
