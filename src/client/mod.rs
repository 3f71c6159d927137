//! One account's client at one endpoint: connections kept alive, a token, and attempts. Whoever sends or receives in an account's name does
//! so by one.

mod answers;
mod auditor;
mod documents;
mod inspect;
mod login;
mod mail;
mod pool;
mod session;
mod upgrade;
mod wall;
mod wire;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{HOST, HeaderValue};
use hyper::http::response::Parts;
use hyper::{Request, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use answers::{answer, outcome, whole};
pub use inspect::Asked;
use mail::Sessions;
pub use pool::Behind;
use pool::{Alive, Pool};
use wire::Talk;

use crate::control::{Caller, Connection, Scene};
use crate::journal::{Code, Ending};
use crate::plan::{Capability, EndpointKind, Receipts};
use crate::units::{AccountId, EndpointId, MessageId, Moment, Span};
use crate::vendor::{self, Answer, Body, Identity, Outgoing};

/// An account's client at an endpoint.
pub struct Client {
    scene: Scene,
    kind: EndpointKind,
    identity: Identity,
    /// From where he sends, and where.
    caller: Caller,
    entrance: Option<SocketAddr>,
    /// What requests are addressed to, where that is not the platform's own host.
    host: Option<HeaderValue>,
    /// Whether the platform is asked later what became of a message.
    asks_later: bool,
    pool: Pool<Line>,
    /// With a mail server, its connections.
    sessions: Sessions,
    /// With a service that speaks in frames, its connections.
    talks: Pool<Talk>,
    /// Whether he logs in there: at twins, and where the scenario says by what.
    logs_in: bool,
    /// One for each connection that he may hold; `None` for any number.
    may_hold: Option<Arc<Semaphore>>,
    token: tokio::sync::Mutex<Option<(Arc<str>, Moment)>>,
    /// Whether the next token is asked for, where nobody waits for it.
    renews: AtomicBool,
    /// Where he gets the token that he shows, if not there.
    session: Option<Arc<Self>>,
}

/// A connection that is kept alive.
struct Line {
    sender: SendRequest<Body>,
    connection: Connection,
    exchanges: u32,
    /// While it is used, if there may not be any number of them.
    held: Option<OwnedSemaphorePermit>,
    _alive: Alive,
}

/// A message to be sent, whoever sends it.
#[derive(Clone, Copy, Debug)]
pub struct Parcel<'a> {
    /// What is sent.
    pub capability: Capability,
    /// The recipients' ids at this endpoint.
    pub recipients: &'a [&'a str],
    /// The class of its data.
    pub class: Option<&'a str>,
    /// The text.
    pub text: &'a str,
    /// What tells it from every other message.
    pub once: MessageId,
    /// When it was written, whatever the attempt: a mail says it.
    pub written: Moment,
}

/// How an attempt went, without its times.
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// The answer's code.
    pub code: Code,
    /// The users whom the acknowledgement declines.
    pub declined: Vec<String>,
    /// By what the platform knows what it has taken, if it is asked later.
    pub known_as: Option<String>,
    /// How long the answer asks to wait before the next try.
    pub wait: Option<Span>,
    /// The connection, if one was had.
    pub connection: Option<u64>,
    /// The number of the exchange on that connection, from 1; 0 if there was none.
    pub exchange: u32,
}

/// What a platform said to a message.
struct Said {
    status: u16,
    answer: Answer,
    /// By what the platform knows what it has taken, if it is asked later.
    known_as: Option<String>,
    wait: Option<Span>,
}

/// Where an attempt has got to, for when its time runs out.
#[derive(Default)]
struct Progress {
    /// How long it waits for a connection to become free before it opens one.
    patience: Span,
    connection: Option<u64>,
    exchange: u32,
    /// Whether any byte of the message's own request was handed to a connection.
    handed: bool,
    /// The same, told by whoever looks after the connection.
    written: Arc<AtomicBool>,
}

/// Why an exchange gave no answer.
struct Failed(&'static str);

impl Client {
    /// A client that reaches the endpoint by `entrance`; without one no attempt gets anywhere.
    pub fn new(scene: &Scene, (account, endpoint): (AccountId, EndpointId), entrance: Option<SocketAddr>) -> Self {
        let (plan, secrets) = (&scene.plan, &scene.secrets);
        let identity = vendor::identity_at(plan, endpoint, account, |name| secrets.value(name));
        let has_secret = plan.variables_of(endpoint, account).app_secret.is_some();
        let nobodys = Self::of(scene, scene.caller((account, endpoint)), entrance, identity);
        Self {
            logs_in: nobodys.logs_in || has_secret,
            may_hold: plan.connections(account, endpoint).map(|most| Arc::new(Semaphore::new(most as usize))),
            ..nobodys
        }
    }

    /// Whoever calls, by an identity; he may hold any number of connections.
    fn of(scene: &Scene, caller: Caller, entrance: Option<SocketAddr>, identity: Identity) -> Self {
        let part = &scene.plan.endpoints[caller.endpoint.index()];
        Self {
            kind: vendor::filled(&part.kind, |name| scene.secrets.value(name)),
            identity,
            host: part.url.as_ref().filter(|url| !url.is_here()).and_then(|url| url.host_header().parse().ok()),
            caller,
            entrance,
            asks_later: matches!(part.receipts, Receipts::ReadStatus { .. }),
            pool: Pool::new(),
            sessions: Sessions::default(),
            talks: Pool::new(),
            logs_in: part.url.is_none(),
            may_hold: None,
            token: tokio::sync::Mutex::default(),
            renews: AtomicBool::new(false),
            session: None,
            scene: scene.clone(),
        }
    }

    /// The same, but a gateway sends in the account's name, from its own address. It holds as many connections as it needs.
    #[must_use]
    pub fn from_gateway(self, address: IpAddr) -> Self {
        Self { caller: Caller { address, ..self.caller }, may_hold: None, ..self }
    }

    /// Tries to send, at most until `until`, with so much patience for a connection that is free.
    pub async fn attempt(&self, message: &Parcel<'_>, until: Moment, patience: Span) -> Outcome {
        let mut progress = Progress { patience, ..Progress::default() };
        let trying = async {
            match &self.kind {
                EndpointKind::Smtp(_) => self.mail(message, &mut progress).await,
                EndpointKind::Documents(_) => self.work(message, &mut progress).await,
                EndpointKind::Wire(wire) => self.talk(wire, message, &mut progress).await,
                _ => self.exchange(message, &mut progress).await,
            }
        };
        let result = self.scene.world.clock.timeout(until, trying).await;
        let answer = match result {
            Ok(Ok(said)) => return outcome(&progress, said, &self.scene.secrets),
            // Whatever it looked like from here: the path knows better.
            Ok(Err(Failed(why))) => {
                progress.connection.and_then(|number| self.scene.troubles.why(number)).unwrap_or(why)
            }
            Err(_) => "timeout",
        };
        let handed = progress.handed || progress.written.load(Ordering::Acquire);
        let ending = if handed { Ending::Unanswered } else { Ending::NotSent };
        Outcome {
            ending,
            code: Code { status: 0, word: answer.into() },
            declined: Vec::new(),
            known_as: None,
            wait: None,
            connection: progress.connection,
            exchange: progress.exchange,
        }
    }

    /// The exchanges of one attempt: a login if the message is sent with a token and there is none that is good, then the message.
    async fn exchange(&self, message: &Parcel<'_>, progress: &mut Progress) -> Result<Said, Failed> {
        let Parcel { capability, recipients, class, text, once, .. } = *message;
        let with_token = vendor::is_sent_with_token(&self.kind, capability);
        let ready =
            if with_token { self.line_and_token(progress).await? } else { Ok((self.line(progress).await?, "".into())) };
        let (mut line, token) = match ready {
            Ok(ready) => ready,
            Err((status, answer)) => return Ok(Said { status, answer, known_as: None, wait: None }),
        };
        let (from, at) = (&self.identity, self.wall());
        let outgoing = Outgoing { capability, from, token: &token, recipients, class, text, once, at };
        let request = vendor::send_request(&self.kind, &outgoing).ok_or(Failed("nothing to ask"))?;
        let (head, body) = self.handed_over(&mut line, request, progress).await?;
        let (status, wait) = (head.status, vendor::retry_after(&head.headers));
        let answer = vendor::read_answer(&self.kind, capability, status, &body);
        self.keep(line);
        if with_token && (self.is_about_token(&answer) || self.is_signed_out(status)) {
            self.forget_token().await;
        }
        let known_as = self.asks_later.then(|| vendor::sent_id(&self.kind, capability, &body)).flatten();
        Ok(Said { status: status.as_u16(), answer, known_as, wait })
    }

    /// The answer to a message's own request.
    async fn handed_over(
        &self,
        line: &mut Line,
        request: Request<Body>,
        progress: &mut Progress,
    ) -> Result<(Parts, Bytes), Failed> {
        line.sender.ready().await.map_err(|_| Failed("closed"))?;
        line.exchanges += 1;
        progress.exchange = line.exchanges;
        progress.handed = true;
        let sent = line.sender.try_send_request(self.addressed(request)).await.map_err(|mut error| {
            // A request that comes back was never written: its connection had just been closed.
            progress.handed = error.take_message().is_none();
            error.into_error()
        });
        whole(sent).await
    }

    /// Asks the platform something in the account's name, at most until `until`; once more with a new token if it says that the old one is
    /// not good any more. `None` is no answer, or no token, for whatever reason.
    pub async fn ask(
        &self,
        request: impl Fn(&str) -> Option<Request<Body>>,
        until: Moment,
    ) -> Option<(StatusCode, Bytes)> {
        let mut again = true;
        loop {
            let asking = async {
                let ready = self.line_and_token(&mut Progress::default()).await?;
                let (line, token) = ready.map_err(|_| Failed("login refused"))?;
                self.told(line, request(&token).ok_or(Failed("not asked"))?).await
            };
            let (status, body) = self.scene.world.clock.timeout(until, asking).await.ok()?.ok()?;
            let answer = vendor::read_answer(&self.kind, Capability::Other, status, &body);
            if !self.is_about_token(&answer) && !self.is_signed_out(status) {
                return Some((status, body));
            }
            self.forget_token().await;
            if !std::mem::take(&mut again) {
                return Some((status, body));
            }
        }
    }

    /// Says something to the platform for which no token is needed, at most until `until`. `None` is no answer.
    pub async fn say(&self, request: Request<Body>, until: Moment) -> Option<(StatusCode, Bytes)> {
        let saying = async { self.told(self.line(&mut Progress::default()).await?, request).await };
        self.scene.world.clock.timeout(until, saying).await.ok()?.ok()
    }

    async fn told(&self, mut line: Line, request: Request<Body>) -> Result<(StatusCode, Bytes), Failed> {
        line.sender.ready().await.map_err(|_| Failed("closed"))?;
        line.exchanges += 1;
        let answered = answer(line.sender.send_request(self.addressed(request)).await).await?;
        self.keep(line);
        Ok(answered)
    }

    /// Who he is there.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What he speaks.
    pub fn kind(&self) -> &EndpointKind {
        &self.kind
    }

    fn now(&self) -> Moment {
        self.scene.world.clock.now()
    }

    /// A request to the service that is meant.
    fn addressed(&self, mut request: Request<Body>) -> Request<Body> {
        if let Some(host) = &self.host {
            request.headers_mut().insert(HOST, host.clone());
        }
        request
    }

    /// A connection that is free, or a new one. All are in use if there may not be another: then one is waited for.
    async fn line(&self, progress: &mut Progress) -> Result<Line, Failed> {
        let held = self.permit().await?;
        let patience = (&self.scene.world.clock, progress.patience);
        let is_good = |line: &Line| !line.sender.is_closed();
        let line = self.pool.get(is_good, patience, |alive| self.open(alive, &mut progress.connection)).await?;
        progress.connection = Some(line.connection.number);
        Ok(Line { held, ..line })
    }

    /// A new connection. `number` becomes its number, also if none is made but a fault is to blame.
    async fn open(&self, alive: Alive, number: &mut Option<u64>) -> Result<Line, Failed> {
        let entrance = self.entrance.ok_or(Failed("no door"))?;
        let (conn, connection) =
            self.scene.knock(self.caller, entrance, number).await.map_err(|_| Failed("connect"))?;
        let (sender, driving) =
            hyper::client::conn::http1::handshake(conn.into_io()).await.map_err(|_| Failed("connect"))?;
        tokio::spawn(async move {
            // Its end shows in the exchanges that it breaks.
            let _ = driving.await;
        });
        Ok(Line { sender, connection, exchanges: 0, held: None, _alive: alive })
    }

    /// Leave to hold a connection, once there is.
    async fn permit(&self) -> Result<Option<OwnedSemaphorePermit>, Failed> {
        match &self.may_hold {
            Some(may_hold) => {
                Ok(Some(Arc::clone(may_hold).acquire_owned().await.map_err(|_| Failed("no connection"))?))
            }
            None => Ok(None),
        }
    }

    fn keep(&self, mut line: Line) {
        // Given back when the line is in its place: whoever waits for it finds it there.
        let _held = line.held.take();
        if !line.sender.is_closed() {
            self.pool.put(line);
        }
    }
}
