//! A platform's twin on the network: its listener, its connections, and what follows its answers.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response};
use tokio::sync::oneshot;

use super::calling::Messenger;
use super::core::Core;
use super::dial::Dial;
use super::dingtalk::Settings as DingtalkSettings;
use super::documents::Syncing;
use super::gateway::{Forward, Onward};
use super::inbox;
use super::ledger::Ledger;
use super::matrix;
use super::platform::Platform;
use super::relying::Relying;
use super::reply::{Caller, Question, Reply, Then};
use super::sso;
use super::teams;
use super::users::Users;
use super::wall::Wall;
use crate::control::{Alarm, Scene};
use crate::limits::{BODY_BYTES, BODY_TIMEOUT, HEAD_TIMEOUT};
use crate::plan::{Endpoint, EndpointKind, Limits, Plan};
use crate::units::{AccountId, EndpointId, RegionId, Span};
use crate::vendor::{self, Body, Identity, Refusal, wall};
use crate::world::tls::Acceptor;
use crate::world::{Clock, Conn, Elapsed, Listener, Tasks, World};

/// A twin that is listening.
pub struct Twin {
    name: String,
    service: Arc<Service>,
    address: SocketAddr,
    tasks: Tasks,
}

/// What a twin is to be.
pub struct Spec {
    /// What it is called where people read.
    pub name: String,
    /// Which platform.
    pub kind: EndpointKind,
    /// Whether the vendor's own limits are enforced.
    pub limits: Limits,
    /// Who exists; `None` = whoever is named exists, and any credentials are good.
    pub users: Option<Vec<Identity>>,
    /// Where accepted messages are written down.
    pub ledger: Ledger,
    /// What can be chosen of DingTalk's twin; nothing to any other.
    pub dingtalk: DingtalkSettings,
    /// Where it listens; port 0 is any free one.
    pub listen: SocketAddr,
    /// What the wall clock shows at the world's beginning, since 1970.
    pub began: Span,
    /// How it reaches whoever wants to be called back.
    pub dial: Dial,
    /// What Teams goes by; other platforms do not look at it.
    pub teams: teams::Parameters,
    /// What Matrix goes by; other platforms do not look at it.
    pub matrix: matrix::Parameters,
    /// What can be chosen of single sign-on; other platforms do not look at it.
    pub sso: sso::Settings,
}

impl Spec {
    /// A twin with the vendor's limits that listens on a free port of this machine, to which anybody may come.
    pub fn new(name: impl Into<String>, kind: EndpointKind) -> Self {
        Self {
            name: name.into(),
            kind,
            limits: Limits::Vendor,
            users: None,
            ledger: Ledger::default(),
            dingtalk: DingtalkSettings::default(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            began: wall::DRILL,
            dial: Dial::default(),
            teams: teams::Parameters::default(),
            matrix: matrix::Parameters::default(),
            sso: sso::Settings::default(),
        }
    }
}

impl Twin {
    /// Starts the twin of an endpoint, at which every account of the plan exists.
    ///
    /// # Errors
    /// Whatever the system says when the listener is refused.
    pub async fn start(scene: &Scene, id: EndpointId, endpoint: &Endpoint) -> io::Result<Self> {
        let accounts = (0..).map(AccountId).take(scene.plan.accounts.len());
        let names = accounts.map(|id| scene.plan.account_name(id));
        // Whoever takes the tokens of a provider asks it under his own name.
        let relying =
            scene.plan.endpoint_ids().filter(|(_, other)| other.sso.as_ref().is_some_and(|trust| trust.provider == id));
        let names = names.chain(relying.map(|(_, other)| other.name.clone()));
        // So do other stores of documents.
        let peers = endpoint.kind.peers().iter().map(|peer| scene.plan.endpoints[peer.to.index()].name.clone());
        let names = names.chain(peers);
        let identities = names.map(|name| vendor::identity(&endpoint.kind, &name)).collect();
        let spec = Spec {
            limits: endpoint.limits,
            users: Some(identities),
            sso: sso::Settings { directory_token: Some(vendor::sso::DIRECTORY.to_owned()) },
            ..Spec::new(&scene.plan.endpoints[id.index()].name, endpoint.kind.clone())
        };
        let beyond = Beyond {
            relying: endpoint.sso.as_ref().map(|trust| Arc::new(Relying::new(scene, id, trust))),
            syncing: Syncing::new(scene, id, endpoint),
            onward: endpoint.gateway().map(|gateway| Onward::new(scene, id, Arc::clone(gateway))),
        };
        Self::set_up(&scene.world, scene.alarm.clone(), spec, (Some((&scene.plan, id)), beyond)).await
    }

    /// Starts a twin.
    ///
    /// # Errors
    /// Whatever the system says when the listener is refused.
    pub async fn open(world: &World, alarm: Alarm, spec: Spec) -> io::Result<Self> {
        Self::set_up(world, alarm, spec, (None, Beyond::default())).await
    }

    /// Whom it asks whether tokens are good, and from which region, if it takes those of a provider.
    pub fn asks(&self) -> Option<(RegionId, EndpointId)> {
        self.service.beyond.relying.as_ref().map(|relying| relying.asks())
    }

    /// Where it reaches whom it asks. Until it is told, nobody answers.
    pub fn asks_by(&self, door: SocketAddr) {
        if let Some(relying) = &self.service.beyond.relying {
            relying.by(door);
        }
    }

    /// The stores of documents that it tells what has changed, and from which region.
    pub fn tells(&self) -> Vec<(RegionId, EndpointId)> {
        self.service.beyond.syncing.iter().flat_map(Syncing::calls).collect()
    }

    /// Where it reaches one of them; from now on it tells it.
    pub fn tells_by(&self, to: EndpointId, door: SocketAddr) {
        let service = Arc::clone(&self.service);
        self.tasks.spawn(format!("synchronisation of {}", self.name), async move {
            if let Some(syncing) = &service.beyond.syncing {
                syncing.run(&service.platform, to, door).await;
            }
        });
    }

    /// Whether it keeps documents, and another store has not heard yet of all that has changed.
    pub fn has_news(&self) -> bool {
        let Service { platform, beyond, .. } = &*self.service;
        beyond.syncing.as_ref().is_some_and(|syncing| syncing.has_news(platform))
    }

    /// One that plays in a drill knows that, and whom it calls there.
    async fn set_up(
        world: &World,
        alarm: Alarm,
        spec: Spec,
        (drill, beyond): (Option<(&Plan, EndpointId)>, Beyond),
    ) -> io::Result<Self> {
        let listener = world.net.bind(spec.listen).await?;
        let address = listener.local_addr();
        let users = spec.users.map_or_else(Users::open, Users::fixed);
        let core = Core::new(world, Wall::new(spec.began), users, spec.limits, spec.ledger);
        let platform = Platform::new(spec.kind, core, (spec.dingtalk, spec.teams, spec.matrix, spec.sso), drill);
        let tasks = Tasks::new();
        let messenger = Messenger { world: world.clone(), dial: spec.dial, tasks: tasks.clone() };
        if let Some(outbox) = platform.outbox() {
            tasks.spawn(format!("notifications of {}", spec.name), messenger.clone().run(outbox));
        }
        let (clock, starttls) = (world.clock.clone(), OnceLock::new());
        let service = Arc::new(Service { platform, messenger, clock, alarm, starttls, beyond });
        let twin = Self { name: spec.name, service, address, tasks };
        twin.serve(listener, None);
        Ok(twin)
    }

    /// Has it listen at one more address, by TLS, and tells where: port 0 is any free one. It is the same platform at both.
    ///
    /// # Errors
    /// Whatever the system says when the listener is refused.
    pub async fn listen_tls(&self, world: &World, listen: SocketAddr, tls: Acceptor) -> io::Result<SocketAddr> {
        let listener = world.net.bind(listen).await?;
        let address = listener.local_addr();
        // Another listener may have given one already, and the first is as good.
        let _ = self.service.starttls.set(tls.clone());
        self.serve(listener, Some(tls));
        Ok(address)
    }

    fn serve(&self, listener: Listener, tls: Option<Acceptor>) {
        let accepting = accept(Arc::clone(&self.service), self.tasks.clone(), listener, tls);
        self.tasks.spawn(format!("twin {}", self.name), accepting);
    }

    /// Tells a gateway where it reaches the endpoints that it sends on to; nothing to any other.
    pub fn leads(&self, entrance: impl Fn(EndpointId) -> Option<SocketAddr>) {
        if let Some(onward) = &self.service.beyond.onward {
            onward.leads(entrance);
        }
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

/// A platform and what it is served with.
struct Service {
    platform: Platform,
    messenger: Messenger,
    clock: Clock,
    alarm: Alarm,
    /// By what connections in the clear can be secured, where the platform has that.
    starttls: OnceLock<Acceptor>,
    beyond: Beyond,
}

/// Whom it calls in a drill.
#[derive(Default)]
struct Beyond {
    /// Whom it asks about tokens, if they are not its own.
    relying: Option<Arc<Relying>>,
    /// How a gateway sends on.
    onward: Option<Onward>,
    /// How a store of documents tells others what has changed.
    syncing: Option<Syncing>,
}

async fn accept(service: Arc<Service>, tasks: Tasks, listener: Listener, tls: Option<Acceptor>) {
    loop {
        let conn = service.alarm.accept(&listener, &service.clock).await;
        let (service, within) = (Arc::clone(&service), tasks.clone());
        match tls.clone() {
            None => tasks.spawn("twin's connection", serve(service, within, conn, false)),
            Some(tls) => tasks.spawn("twin's connection", async move {
                match service.clock.timeout(service.clock.now() + HEAD_TIMEOUT, tls.accept(conn)).await {
                    Ok(Ok(conn)) => serve(service, within, conn, true).await,
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake with a twin failed"),
                    Err(_) => tracing::debug!("a TLS handshake with a twin took too long"),
                }
            }),
        }
    }
}

async fn serve(service: Arc<Service>, tasks: Tasks, conn: Conn, by_tls: bool) {
    let caller = Caller { address: conn.peer_addr().ip(), by_tls };
    let starttls = service.starttls.get().filter(|_| !by_tls);
    let Some(conn) = service.platform.serve(conn, starttls).await else { return };
    let answer = service_fn(|request| {
        let (service, tasks) = (Arc::clone(&service), tasks.clone());
        async move { Ok::<_, Infallible>(service.answer(&tasks, caller, request).await) }
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(service.clock.hyper())
        .header_read_timeout(std::time::Duration::from(HEAD_TIMEOUT))
        .auto_date_header(false)
        // Whoever has nothing more to say may still want to hear, as he may at the vendors' gateways.
        .half_close(true)
        .serve_connection(conn.into_io(), answer)
        .with_upgrades();
    if let Err(error) = serving.await {
        tracing::debug!(%error, "a connection to a twin ended");
    }
}

impl Service {
    async fn answer(self: &Arc<Self>, tasks: &Tasks, caller: Caller, mut request: Request<Incoming>) -> Response<Body> {
        let upgrade = hyper::upgrade::on(&mut request);
        let (head, body) = request.into_parts();
        let whole = Limited::new(body, BODY_BYTES).collect();
        let wrong = match self.clock.timeout(self.clock.now() + BODY_TIMEOUT, whole).await {
            Ok(Ok(body)) => {
                let user = match self.signed_in(tasks, &head).await {
                    Ok(user) => user,
                    Err(refusal) => return self.platform.refuse(&head, &refusal),
                };
                let reply = self.platform.answer((caller, user.as_deref()), &head, &body.to_bytes());
                return self.follow(tasks, upgrade, reply).await;
            }
            Ok(Err(error)) if error.is::<LengthLimitError>() => return self.platform.refuse_large(&head),
            Ok(Err(_)) => "the body is broken",
            Err(Elapsed) => "the body did not come in time",
        };
        self.platform.refuse(&head, &Refusal::BadRequest(wrong.into()))
    }

    /// Who asks, where a provider of single sign-on says it. The inbox is a twin's own, and no user's, and so is an auditor.
    async fn signed_in(&self, tasks: &Tasks, head: &Parts) -> Result<Option<Arc<str>>, Refusal> {
        let is_users = head.uri.path() != vendor::INBOX_PATH && !self.platform.is_audited(head);
        let Some(relying) = self.beyond.relying.as_ref().filter(|_| is_users) else {
            return Ok(None);
        };
        relying.user(tasks, self.platform.credential(head).as_deref()).await.map(Some)
    }

    /// Does what follows from an answer.
    async fn follow(
        self: &Arc<Self>,
        tasks: &Tasks,
        upgrade: OnUpgrade,
        Reply { response, then }: Reply,
    ) -> Response<Body> {
        match then {
            None => {}
            Some(Then::Stream(stream)) => tasks.spawn("stream", stream.serve(upgrade)),
            Some(Then::Wire(session)) => tasks.spawn("connection of frames", session.serve_socket(upgrade)),
            Some(Then::Inbox(mailbox, after)) => tasks.spawn("inbox", inbox::push_by(upgrade, mailbox, after)),
            Some(Then::Sync(waiting)) => {
                // Whether it came or the time is over, what is new by then is told.
                let _ = self.clock.timeout(waiting.until(), waiting.arrival()).await;
                return self.platform.synced(&waiting);
            }
            Some(Then::Ask(question)) => return self.ask(*question).await.unwrap_or(response),
            Some(Then::Forward(forward)) => return self.forward(tasks, *forward).await.unwrap_or(response),
        }
        response
    }

    /// Sends a message on, also if whoever sent it waits no longer.
    async fn forward(self: &Arc<Self>, tasks: &Tasks, mut forward: Forward) -> Option<Response<Body>> {
        let (tell, told) = oneshot::channel();
        let service = Arc::clone(self);
        tasks.spawn("forwarding", async move {
            let Some(onward) = &service.beyond.onward else { return };
            if let Some(ruling) = onward.inspect(&forward).await {
                forward.ruled(ruling);
            }
            while let Some(leg) = service.platform.next_leg(&mut forward) {
                let came = onward.send(&forward, leg).await;
                service.platform.leg_ended(&mut forward, leg, came);
            }
            // He may have left.
            let _ = tell.send(service.platform.forwarded(&forward));
        });
        told.await.ok()
    }

    async fn ask(&self, question: Question) -> Option<Response<Body>> {
        self.messenger.proves(&question).await.then(|| self.platform.proved(question.proof))
    }
}
