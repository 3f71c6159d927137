//! A path with the twins of a small plan behind it, and a service of our own that tells when it was asked.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path as File;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use firedrill::control::{Alarm, Armed, Connections, Scene, Secrets, Switchboard, Troubles};
use firedrill::endpoint::{self, Twin};
use firedrill::journal::{Collector, Hit, Journal, Keeper, Record, Start, WorldKind, Writer};
use firedrill::path::{Path, Protocol, Upstream};
use firedrill::plan::{Capability, EndpointKind, Plan};
use firedrill::scenario::{Options, Source, load};
use firedrill::units::{AccountId, EndpointId, GroupId, InjectId, JourneyId, MessageId, Moment, RegionId, Span};
use firedrill::vendor::{self, Answer, Body, Frame, Identity, Outgoing};
use firedrill::world::{Conn, Io, Tasks, World};
use futures_util::StreamExt;
use http_body_util::BodyExt;
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

/// Ten milliseconds each way between Hong Kong and Shenzhen, exactly; three groups, of which one goes abroad by a VPN.
const PLACES: &str = "
firedrill: 1
name: rig
regions: { hk: {}, shenzhen: {}, singapore: {} }
links:
  hk-shenzhen: { latency: 10ms }
  hk-singapore: { latency: 20ms }
  shenzhen-singapore: { latency: 15ms }
endpoints:
  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off }
  teams: { kind: teams, region: shenzhen, limits: off }
  guard: { kind: dlp, region: shenzhen }
  idp: { kind: sso, region: shenzhen }
  erp: { kind: http, region: shenzhen, send: { path: \"/{to}\", headers: { authorization: \"Bearer {token}\" }, text: \"{text}\" }, sso: idp }
  hub: { kind: gateway, region: shenzhen, rules: [{ to: [dingtalk] }], sso: idp }
  asking: { kind: gateway, region: shenzhen, rules: [{ to: [dingtalk] }], sso: { provider: idp, verify: introspection } }
  turning: { kind: sso, region: shenzhen, keys: { rotate: 1s } }
  desk: { kind: gateway, region: shenzhen, rules: [{ to: [dingtalk] }], sso: turning }
  counter: { kind: gateway, region: shenzhen, rules: [{ to: [dingtalk] }], sso: { provider: turning, verify: introspection } }
groups:
  purchasing: { count: 20, region: hk }
  abroad: { count: 2, region: hk, via: { exit: singapore, kind: vpn } }
  factory: { count: 5, region: shenzhen }
journeys:
  order: { from: purchasing, to: factory, send: chat, rate: 1/s, deadline: 5s, routes: [dingtalk, teams] }
  entry: { from: purchasing, to: factory, send: chat, rate: 1/s, deadline: 5s, routes: [erp] }
  relay: { from: purchasing, to: factory, send: chat, rate: 1/s, deadline: 5s, routes: [hub] }
  call: { from: abroad, to: factory, send: chat, rate: 1/s, deadline: 5s, routes: [dingtalk] }
phases: { baseline: 1m, fault: 1m }
targets: { kept: \"lost == 0\" }
injects:
";

pub(crate) const DINGTALK: EndpointId = EndpointId(0);
pub(crate) const TEAMS: EndpointId = EndpointId(1);
pub(crate) const GUARD: EndpointId = EndpointId(2);
pub(crate) const IDP: EndpointId = EndpointId(3);
/// A service by description, and a gateway.
pub(crate) const SERVICE: EndpointId = EndpointId(4);
pub(crate) const GATEWAY: EndpointId = EndpointId(5);
pub(crate) const PURCHASING: GroupId = GroupId(0);
pub(crate) const ABROAD: GroupId = GroupId(1);
pub(crate) const FACTORY: GroupId = GroupId(2);
/// What a packet takes from Hong Kong to Shenzhen.
pub(crate) const LINK: Span = Span::from_millis(10);

/// The stage of one test.
pub(crate) struct Rig {
    pub(crate) world: World,
    pub(crate) plan: Arc<Plan>,
    pub(crate) scene: Scene,
    pub(crate) path: Path,
    keeper: Keeper<Vec<Record>>,
    arrivals: Arc<Mutex<Vec<Moment>>>,
    tasks: Tasks,
    _twins: Vec<Twin>,
}

impl Rig {
    /// A path to the twins.
    pub(crate) async fn twins(world: &World, injects: &str) -> Self {
        Self::build(world, injects, None).await
    }

    /// A path to a service that answers everything at once with 200, and tells when it was asked.
    pub(crate) async fn service(world: &World, injects: &str) -> Self {
        let listener = world.net.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let (address, arrivals, tasks) = (listener.local_addr(), Arc::<Mutex<Vec<Moment>>>::default(), Tasks::new());
        let (clock, seen, each) = (world.clock.clone(), Arc::clone(&arrivals), tasks.clone());
        tasks.spawn("service", async move {
            while let Ok((conn, _)) = listener.accept().await {
                let (clock, seen) = (clock.clone(), Arc::clone(&seen));
                each.spawn("exchange", async move {
                    let service = service_fn(|_| {
                        seen.lock().unwrap_or_else(PoisonError::into_inner).push(clock.now());
                        std::future::ready(Ok::<_, Infallible>(Response::new(Body::default())))
                    });
                    let mut serving = hyper::server::conn::http1::Builder::new();
                    drop(serving.timer(clock.hyper()).serve_connection(conn.into_io(), service).await);
                });
            }
        });
        let mut rig = Self::build(world, injects, Some(address)).await;
        (rig.arrivals, rig.tasks) = (arrivals, tasks);
        rig
    }

    /// A path to whoever listens at `address`, or to the twins.
    pub(crate) async fn build(world: &World, injects: &str, address: Option<SocketAddr>) -> Self {
        Self::open(world, injects, address).await.expect("a path")
    }

    /// The same, or why the path cannot be opened.
    pub(crate) async fn open(world: &World, injects: &str, address: Option<SocketAddr>) -> io::Result<Self> {
        let text = PLACES.to_owned() + injects + "\n";
        let source = Source { name: "rig.yaml".into(), text };
        let plan = Arc::new(load(&source, &Options::default()).unwrap_or_else(|found| panic!("{found}")).plan);
        let kind = if world.clock.is_virtual() { WorldKind::Virtual } else { WorldKind::Sockets };
        let start = Start::of(&plan, kind, world.seed, "2026-01-01T00:00:00Z");
        let writer = Writer::new(Box::new(std::io::sink()), File::new("nowhere"), &start).expect("a journal");
        let collector = Collector::new(writer, Vec::new());
        let keeper = match kind {
            WorldKind::Virtual => Journal::inline(collector),
            WorldKind::Sockets => Journal::threaded(collector).expect("a thread"),
        };
        let scene = Scene {
            alarm: Alarm::default(),
            troubles: Troubles::default(),
            plan: Arc::clone(&plan),
            world: world.clone(),
            journal: keeper.journal(),
            board: Switchboard::new(plan.journeys.len()),
            connections: Connections::default(),
            secrets: Secrets::default(),
        };
        let (addresses, twins) = match address {
            Some(address) => (vec![Some(address); plan.endpoints.len()], Vec::new()),
            None => endpoint::start(&scene).await.expect("twins"),
        };
        let upstreams = addresses.into_iter().flatten().map(Upstream::at).collect();
        let path = Path::open(scene.clone(), upstreams).await?;
        for twin in &twins {
            if let Some(door) = twin.asks().and_then(|(region, provider)| path.entrance(region, provider)) {
                twin.asks_by(door);
            }
        }
        let (arrivals, tasks) = (Arc::default(), Tasks::new());
        Ok(Self { world: world.clone(), plan, scene, path, keeper, arrivals, tasks, _twins: twins })
    }

    /// What a busy machine may add; nothing in memory, where delays are whole microseconds and never early.
    pub(crate) fn slack(&self) -> Span {
        if self.world.clock.is_virtual() { Span::from_micros(1) } else { Span::from_millis(400) }
    }

    pub(crate) fn now(&self) -> Moment {
        self.world.clock.now()
    }

    pub(crate) async fn sleep(&self, millis: u64) {
        self.world.clock.sleep(Span::from_millis(millis)).await;
    }

    /// Switches the only inject, or the n-th, on.
    pub(crate) fn apply(&self, inject: u16) {
        self.scene.board.apply(Armed::of(&self.plan, self.world.seed, InjectId(inject), self.now()));
    }

    pub(crate) fn lift(&self, inject: u16) {
        self.scene.board.lift(InjectId(inject));
    }

    /// When the service was asked, so far.
    pub(crate) fn arrivals(&self) -> Vec<Moment> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is written down of hits, once everything before is folded.
    pub(crate) async fn hits(&self) -> Vec<Hit> {
        let hit = |record| if let Record::Hit(hit) = record { Some(hit) } else { None };
        self.records().await.into_iter().filter_map(hit).collect()
    }

    /// All that is written down, once everything before is folded.
    pub(crate) async fn records(&self) -> Vec<Record> {
        let mut barrier = self.keeper.barrier();
        while !barrier.passed() {
            self.sleep(1).await;
        }
        self.keeper.with_sink(|records| records.clone())
    }

    pub(crate) fn address(&self, account: AccountId) -> IpAddr {
        self.plan.accounts[account.index()].address
    }

    pub(crate) fn region(&self, account: AccountId) -> RegionId {
        self.plan.region_of(self.address(account)).expect("every account has a region")
    }

    /// A connection of an account to an endpoint's door.
    pub(crate) async fn dial(&self, account: AccountId, endpoint: EndpointId) -> Conn {
        let door = self.path.entrance(self.region(account), endpoint).expect("a door");
        self.world.net.connect(Some(self.address(account)), door).await.expect("somebody listens")
    }

    /// A connection of an account through a door for byte streams.
    pub(crate) async fn stream(&self, account: AccountId) -> Conn {
        let door = self.path.door(self.region(account), DINGTALK, Protocol::Stream).await.expect("a door");
        self.world.net.connect(Some(self.address(account)), door).await.expect("somebody listens")
    }

    /// An HTTP client of an account.
    pub(crate) async fn client(&self, account: AccountId, endpoint: EndpointId) -> Client {
        self.client_at(account, account, endpoint).await
    }

    /// An HTTP client of an account that is where another account's address is.
    pub(crate) async fn client_at(&self, place: AccountId, account: AccountId, endpoint: EndpointId) -> Client {
        let conn = self.dial(place, endpoint).await;
        let (sender, driving) = hyper::client::conn::http1::handshake(conn.into_io()).await.expect("a handshake");
        self.tasks.spawn("client", async move { drop(driving.with_upgrades().await) });
        let kind = &self.plan.endpoints[endpoint.index()].kind;
        Client {
            sender,
            kind: kind.clone(),
            identity: vendor::identity(kind, &self.plan.account_name(account)),
            token: None,
        }
    }

    /// A user's open push connection; `None` if it was refused, or was not answered within a second.
    pub(crate) async fn inbox(&self, account: AccountId, after: u64) -> Option<Inbox> {
        let client = self.client(account, DINGTALK).await;
        let request = vendor::inbox_request(&client.identity.user, after, &generate_key());
        client.upgrade(request).await.ok().map(Inbox)
    }
}

/// A WebSocket.
pub(crate) type Socket = WebSocketStream<Io<hyper::upgrade::Upgraded>>;

/// A push connection.
pub(crate) struct Inbox(Socket);

impl Inbox {
    /// The next message, with its number; `None` when the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<(u64, String)> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(json))) => {
                    let frame: Frame<'_> = serde_json::from_str(&json).expect("a frame");
                    return Some((frame.seq, frame.text.into_owned()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

/// An account's connection, with its token once it has logged in.
pub(crate) struct Client {
    sender: SendRequest<Body>,
    kind: EndpointKind,
    pub(crate) identity: Identity,
    token: Option<String>,
}

impl Client {
    /// The token that it got.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().expect("it has logged in")
    }

    pub(crate) async fn ask(&mut self, request: Request<Body>) -> (StatusCode, Bytes) {
        self.sender.ready().await.expect("an open connection");
        let response = self.sender.send_request(request).await.expect("an answer");
        let status = response.status();
        (status, response.into_body().collect().await.expect("a body").to_bytes())
    }

    /// The same, and by what the answer says that a token is wanted (RFC 6750 §3).
    pub(crate) async fn ask_challenged(&mut self, request: Request<Body>) -> (StatusCode, String) {
        self.sender.ready().await.expect("an open connection");
        let response = self.sender.send_request(request).await.expect("an answer");
        let challenge =
            response.headers().get("www-authenticate").map(|value| value.to_str().expect("text").to_owned());
        (response.status(), challenge.unwrap_or_default())
    }

    /// The same; `None` if the connection ends instead of an answer.
    pub(crate) async fn try_ask(&mut self, request: Request<Body>) -> Option<(StatusCode, Bytes)> {
        self.sender.ready().await.ok()?;
        let response = self.sender.send_request(request).await.ok()?;
        let status = response.status();
        Some((status, response.into_body().collect().await.ok()?.to_bytes()))
    }

    /// What the connection becomes with a request for a WebSocket; otherwise the status, 0 if there is none.
    pub(crate) async fn upgrade(mut self, request: Request<Body>) -> Result<Socket, u16> {
        let response = self.sender.send_request(request).await.map_err(|_| 0_u16)?;
        let status = response.status();
        if status != StatusCode::SWITCHING_PROTOCOLS {
            return Err(status.as_u16());
        }
        let upgraded = hyper::upgrade::on(response).await.map_err(|_| 0_u16)?;
        Ok(WebSocketStream::from_raw_socket(Io::new(upgraded), Role::Client, None).await)
    }

    /// An empty request that means nothing.
    pub(crate) async fn knock(&mut self) -> StatusCode {
        self.try_knock().await.expect("an answer")
    }

    /// The same; `None` if the connection ends instead of an answer.
    pub(crate) async fn try_knock(&mut self) -> Option<StatusCode> {
        let request = Request::get("/").header("host", "service").body(Body::default()).expect("a request");
        self.try_ask(request).await.map(|(status, _)| status)
    }

    /// Logs in, if the platform asks for it.
    pub(crate) async fn login(&mut self) -> (StatusCode, String) {
        let Some(request) = vendor::login_request(&self.kind, &self.identity) else {
            self.token = Some(self.identity.key.clone());
            return (StatusCode::OK, String::new());
        };
        let (status, body) = self.ask(request).await;
        self.token = vendor::login_answer(&self.kind, status, &body).ok().map(|token| token.text);
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    fn message(&self, capability: Capability, to: &[&str], text: &str) -> Request<Body> {
        let outgoing = Outgoing {
            capability,
            from: &self.identity,
            token: self.token.as_deref().expect("it has logged in"),
            recipients: to,
            class: None,
            text,
            once: MessageId { journey: JourneyId(0), number: 0 },
            at: Span::ZERO,
        };
        vendor::send_request(&self.kind, &outgoing).expect("a request")
    }

    /// Sends something of any capability to several with the token it has: the status, and what the answer means.
    pub(crate) async fn submit(&mut self, capability: Capability, to: &[&str], text: &str) -> (StatusCode, Answer) {
        let (status, body) = self.ask(self.message(capability, to, text)).await;
        (status, vendor::read_answer(&self.kind, capability, status, &body))
    }

    /// Sends a message with the token it has; `None` if the connection ends instead of an answer.
    pub(crate) async fn try_send(&mut self, to: &str, text: &str) -> Option<(StatusCode, Answer)> {
        let (status, body) = self.try_ask(self.message(Capability::Chat, &[to], text)).await?;
        Some((status, vendor::read_answer(&self.kind, Capability::Chat, status, &body)))
    }

    /// Sends a message with the token it has.
    pub(crate) async fn send(&mut self, to: &str, text: &str) -> (StatusCode, Answer, String) {
        let request = self.message(Capability::Chat, &[to], text);
        let (status, body) = self.ask(request).await;
        (
            status,
            vendor::read_answer(&self.kind, Capability::Chat, status, &body),
            String::from_utf8_lossy(&body).into_owned(),
        )
    }
}
