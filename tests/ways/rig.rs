//! A way in before a host that echoes and one that answers, and a client that says what a test wants.

use std::net::{IpAddr, SocketAddr};

use firedrill::path::ways::{Interception, Rules, User};
use firedrill::path::{Door, Gateway, Guests, Opening, Protocol, Tampering};
use firedrill::plan::{Direction, Fault, Per, Pick, ProxyProtocol, Shape};
use firedrill::units::{AccountId, Moment, Rate, Share, Size, Span};
use firedrill::world::{Conn, Tasks, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const SLOW: &str = "slow-anna";

pub(crate) struct Rig {
    pub(crate) world: World,
    pub(crate) door: Door,
    /// Gives back what it gets.
    pub(crate) echo: SocketAddr,
    /// Answers each request with its head.
    pub(crate) web: SocketAddr,
    _tasks: Tasks,
}

/// What a rig begins with.
pub(crate) struct Setting {
    pub(crate) protocol: Protocol,
    /// Where the way in listens, and the hosts.
    pub(crate) at: IpAddr,
    pub(crate) allow: Vec<&'static str>,
    pub(crate) token: Option<&'static str>,
    pub(crate) caps: (Rate, Span),
    /// Who says for whom it speaks.
    pub(crate) proxy_protocol: ProxyProtocol,
    /// Hosts that lead to who echoes; with `,send-proxy` behind, it is told for whom.
    pub(crate) echo: Vec<&'static str>,
    /// Hosts that lead elsewhere, as `HOST:PORT=ADDRESS`.
    pub(crate) leads: Vec<String>,
    /// With whom TLS ends here.
    pub(crate) interception: Option<Interception>,
}

impl Setting {
    /// This machine may be reached, in either family.
    pub(crate) fn of(protocol: Protocol) -> Self {
        let rate = Rate::new(1_000, Span::from_secs(1)).expect("a rate");
        Self {
            protocol,
            at: LOCAL.ip(),
            allow: vec!["127.0.0.1", "::1", "localhost"],
            token: None,
            proxy_protocol: ProxyProtocol::default(),
            echo: Vec::new(),
            leads: Vec::new(),
            interception: None,
            caps: (rate, Span::from_secs(3_600)),
        }
    }
}

/// The account of the user [`SLOW`].
pub(crate) const ANNA: AccountId = AccountId(7);

/// Where she comes from.
pub(crate) const ANNA_AT: [u8; 4] = [10, 9, 9, 9];
/// And by IPv6: `fd00::9`.
pub(crate) const ANNA_AT_6: [u16; 8] = [0xfd00, 0, 0, 0, 0, 0, 0, 9];

impl Rig {
    pub(crate) async fn of(world: &World, protocol: Protocol) -> Self {
        Self::with(world, Setting::of(protocol)).await
    }

    /// Where a host leads to this address.
    pub(crate) async fn leading(world: &World, protocol: Protocol, host: &str, to: SocketAddr) -> Self {
        Self::with(world, Setting { leads: vec![format!("{host}={to}")], ..Setting::of(protocol) }).await
    }

    pub(crate) async fn with(world: &World, setting: Setting) -> Self {
        let tasks = Tasks::new();
        let place = SocketAddr::new(setting.at, 0);
        let (echo, web) = (hosted(world, &tasks, place, echo).await, hosted(world, &tasks, place, web).await);
        let allow = setting.allow.iter().map(|host| host.parse().expect("a host")).collect();
        let mut rules = Rules::new(allow, setting.caps, Moment::ZERO);
        rules.interception = setting.interception;
        rules.token = setting.token.map(str::to_owned);
        rules.users.insert(SLOW.into(), User::Account(ANNA));
        // At port 1 nobody listens.
        let leads = [format!("api.dingtalk.com={web}"), "nobody.example=127.0.0.1:1".into()];
        let echoing = setting.echo.iter().map(|host| {
            let (host, said) =
                host.split_once(',').map_or((*host, String::new()), |(host, said)| (host, format!(",{said}")));
            format!("{host}={echo}{said}")
        });
        rules.leads =
            setting.leads.into_iter().chain(leads).chain(echoing).map(|lead| lead.parse().expect("a lead")).collect();
        let guests = Guests::new(
            [(ANNA_AT.into(), ANNA), (ANNA_AT_6.into(), ANNA)],
            Vec::new(),
            [("token-of-anna".to_owned(), ANNA)],
        );
        let gateway = Gateway::new(world, Size(1 << 20), 100).knowing(guests).ruled(rules.into());
        let opening = Opening {
            name: "in".into(),
            listen: place,
            upstream: String::new(),
            protocol: setting.protocol,
            kind: None,
            proxy_protocol: setting.proxy_protocol,
        };
        let door = gateway.open(&opening).await.expect("a port");
        Self { world: world.clone(), door, echo, web, _tasks: tasks }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client(self.world.net.connect(None, self.door.local_addr()).await.expect("it listens"))
    }

    /// Arms a fault, on these accounts or on everyone.
    pub(crate) fn arm(&self, fault: Fault, accounts: Option<Vec<AccountId>>) {
        self.arm_picked(fault, accounts, Pick::default());
    }

    /// The same, of whose units only some are hit.
    pub(crate) fn arm_picked(&self, fault: Fault, accounts: Option<Vec<AccountId>>, pick: Pick) {
        self.door.arm(Tampering { accounts, pick, ..tampering(fault.name(), fault) }).expect("it is armed");
    }
}

/// A fault by a name, for everybody.
pub(crate) fn tampering(name: &str, fault: Fault) -> Tampering {
    Tampering {
        name: name.to_owned(),
        fault,
        regions: Vec::new(),
        accounts: None,
        capabilities: Vec::new(),
        direction: Direction::Both,
        chance: Share::ALL,
        per: Per::Unit,
        shape: Shape::default(),
        pick: Pick::default(),
    }
}

pub(crate) const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

pub(crate) async fn hosted<F>(
    world: &World,
    tasks: &Tasks,
    at: SocketAddr,
    serve: impl Fn(Conn) -> F + Send + 'static,
) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = world.net.bind(at).await.expect("a port");
    let (at, each) = (listener.local_addr(), tasks.clone());
    tasks.spawn("host", async move {
        while let Ok((conn, _)) = listener.accept().await {
            each.spawn("serving", serve(conn));
        }
    });
    at
}

pub(crate) async fn echo(mut conn: Conn) {
    let mut buffer = [0; 4096];
    while let Ok(bytes @ 1..) = conn.read(&mut buffer).await {
        if conn.write_all(&buffer[..bytes]).await.is_err() {
            return;
        }
    }
}

async fn web(conn: Conn) {
    let mut client = Client(conn);
    while let Some(head) = client.head().await {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{head}", head.len());
        client.say(answer.as_bytes()).await;
    }
}

/// A connection of which a test says every byte.
pub(crate) struct Client(pub(crate) Conn);

impl Client {
    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        // Whoever is refused while it still speaks reads why.
        let _ = self.0.write_all(bytes).await;
    }

    /// A head, to its empty line; `None` at the end.
    pub(crate) async fn head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.ok()?);
        }
        Some(String::from_utf8(head).expect("text"))
    }

    /// An answer: its status, and the body.
    pub(crate) async fn answer(&mut self) -> (u16, String) {
        let head = self.head().await.expect("an answer").to_ascii_lowercase();
        let status = head[9..12].parse().expect("a status");
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a length"))];
        self.0.read_exact(&mut body).await.expect("a body");
        (status, String::from_utf8(body).expect("text"))
    }

    /// Asks, and gets status and body.
    pub(crate) async fn ask(&mut self, request: &str) -> (u16, String) {
        self.say(request.as_bytes()).await;
        self.answer().await
    }

    /// So many bytes.
    pub(crate) async fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes).await.expect("as many bytes");
        bytes
    }

    /// One round trip to who echoes.
    pub(crate) async fn ping(&mut self) {
        self.say(b"ping").await;
        assert_eq!(&self.bytes().await, b"ping");
    }

    /// Whatever comes until the end.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest).await;
        rest
    }
}
