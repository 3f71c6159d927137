//! The path: the faulty way between clients and endpoints. Faults live here and never in an endpoint, so the same freeze or fence works
//! against a twin and against the real service, and no real account is ever touched.
//!
//! One listener for each region and endpoint, called a door. An HTTP door reads requests and answers as units; a stream door, and an HTTP
//! connection after its upgrade, passes chunks of bytes. Every connection of a client is continued by one connection of the path, from the
//! client's own address.

mod buffers;
mod entered;
mod eye;
mod facts;
mod fate;
pub mod frames;
mod gates;
mod gateway;
mod guests;
pub mod http;
mod lane;
mod leg;
mod observed;
mod overheard;
mod pasts;
pub mod proxy_protocol;
mod pump;
mod scratch;
mod sight;
mod silence;
mod smtp;
mod starttls;
mod traffic;
mod tries;
mod upstream;
pub mod ways;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use buffers::Buffers;
use entered::{Entered, accept};
pub use facts::Known;
pub use fate::{Change, Content, Ending, Fate, Past, Stage, Unit, acts_on_bytes, decide};
use gates::Gates;
pub use gateway::{Door, Gateway, Opening, Tampering};
pub use guests::Guests;
use tokio::sync::Semaphore;
use traffic::Meter;
pub use traffic::{Bytes, Traffic, TriedServer};
pub use upstream::Upstream;
use ways::{Asked, Observer, Ruling};

use crate::control::{Scene, Secrets};
use crate::draw::Key;
use crate::limits::BUFFERS;
use crate::plan::{Carrier, Delay, Endpoint, EndpointKind, Fault, Host, Plan, ProxyProtocol, WayKind};
use crate::units::{AccountId, EndpointId, RegionId};
use crate::vendor;
use crate::world::{Listener, Tasks};

/// What a door understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1, by exchanges.
    Http,
    /// Any bytes, by chunks.
    Stream,
    /// SMTP, by commands and replies.
    Smtp,
    /// What programs say to an HTTP proxy: where they want to go, for a tunnel or an exchange.
    Forward,
    /// SOCKS 5.
    Socks,
    /// TLS, whose hello says where it wants to go.
    Sni,
}

impl Protocol {
    /// What is spoken with an endpoint.
    fn with(kind: &EndpointKind) -> Self {
        match kind {
            EndpointKind::Dingtalk(_)
            | EndpointKind::Teams
            | EndpointKind::Matrix
            | EndpointKind::Erp(_)
            | EndpointKind::Documents(_)
            | EndpointKind::Http(_)
            | EndpointKind::Dlp
            | EndpointKind::Sso(_)
            | EndpointKind::Gateway(_) => Self::Http,
            EndpointKind::Smtp(_) => Self::Smtp,
            EndpointKind::Wire(wire) => match wire.carrier {
                Carrier::Websocket(_) => Self::Http,
                Carrier::Tcp(_) => Self::Stream,
            },
        }
    }

    /// The word for it in a proxy's description.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Stream => "tcp",
            Self::Smtp => "smtp",
            Self::Forward => "forward",
            Self::Socks => "socks",
            Self::Sni => "sni",
        }
    }

    /// What a way in understands.
    pub fn of_way(kind: WayKind) -> Self {
        match kind {
            WayKind::Forward => Self::Forward,
            WayKind::Socks => Self::Socks,
            WayKind::Sni => Self::Sni,
        }
    }

    /// Whether it is a way in: whoever comes says where he wants to go.
    pub fn is_way_in(self) -> bool {
        match self {
            Self::Http | Self::Stream | Self::Smtp => false,
            Self::Forward | Self::Socks | Self::Sni => true,
        }
    }
}

/// The open path.
pub struct Path {
    shared: Arc<Shared>,
    destinations: Vec<Arc<Destination>>,
    doors: BTreeMap<(RegionId, EndpointId), SocketAddr>,
    tasks: Tasks,
    /// The ways in that are open.
    observers: Vec<Arc<Observer>>,
}

struct Shared {
    at: Scene,
    link_key: Key,
    guests: Guests,
    /// How many connections each address has made to each endpoint.
    counts: Mutex<BTreeMap<IpAddr, BTreeMap<String, u64>>>,
    buffers: Buffers,
    /// For each connection that may be open at once.
    places: Arc<Semaphore>,
    gates: Gates,
    /// Who may go where by a way in.
    rules: Ruling,
    /// Where it is written down what comes by a way in, if a drill has opened it.
    observer: Option<Arc<Observer>>,
}

/// Where a door leads.
struct Destination {
    /// The endpoint's name, which its draws are keyed by.
    name: String,
    endpoint: EndpointId,
    /// Where it lies, if the plan says.
    region: Option<RegionId>,
    /// What it speaks, if it is a platform.
    kind: Option<EndpointKind>,
    /// How its clients call the host, where that is known before they say it.
    names: Vec<String>,
    /// By what names a resolver is asked for the host.
    looked_up: Vec<String>,
    upstream: Upstream,
    meter: Arc<Meter>,
    /// Whose listener it is, if it is not the endpoint that is called but the endpoint that calls.
    called: Option<IpAddr>,
    /// What a program asked for that came by a way in.
    asked: Option<Asked>,
    /// What is said of clients, by whoever comes and to whoever is reached.
    proxy_protocol: ProxyProtocol,
}

/// Where a client's connection comes from, and whose it is.
#[derive(Clone, Copy, Debug)]
struct Origin {
    address: IpAddr,
    region: Option<RegionId>,
    account: Option<AccountId>,
    /// The client's address and the one that it has connected to, where a program is to be told.
    ends: Option<(SocketAddr, SocketAddr)>,
}

impl Path {
    /// Opens a door for every region in which accounts, gateways or auditors have their address, to every endpoint.
    ///
    /// # Errors
    /// Whatever the system says when a listener is refused, or when the plan has handshakes swallowed and it does not let us.
    pub async fn open(at: Scene, endpoints: Vec<Upstream>) -> io::Result<Self> {
        if at.plan.injects.iter().any(|inject| inject.fault == Fault::Blackhole && at.plan.is_of_addresses(inject)) {
            at.world.net.can_swallow()?;
        }
        let plan = Arc::clone(&at.plan);
        let secrets = at.secrets.clone();
        let guests = Guests::of(&plan, &secrets);
        let destinations = plan.endpoint_ids().zip(endpoints);
        let mut path = Self {
            shared: {
                let places = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
                Shared::new(at, guests, Buffers::new(BUFFERS), places, (Ruling::default(), None))
            },
            destinations: destinations
                .map(|((id, part), to)| Arc::new(Destination::of(id, part, to, &secrets)))
                .collect(),
            doors: BTreeMap::new(),
            tasks: Tasks::new(),
            observers: Vec::new(),
        };
        let accounts = plan.accounts.iter().map(|account| account.address);
        let beyond = plan.gateway_ids().map(|(_, gateway)| gateway.address);
        let callers = accounts.chain(beyond).chain(plan.audits().map(|(_, audit)| audit.address));
        let mut regions: Vec<_> = callers.filter_map(|address| plan.region_of(address)).collect();
        regions.sort_unstable();
        regions.dedup();
        for region in regions {
            for (endpoint, part) in plan.endpoint_ids() {
                let door = path.door(region, endpoint, Protocol::with(&part.kind)).await?;
                path.doors.insert((region, endpoint), door);
            }
        }
        Ok(path)
    }

    /// Where clients of a region reach an endpoint.
    pub fn entrance(&self, region: RegionId, endpoint: EndpointId) -> Option<SocketAddr> {
        self.doors.get(&(region, endpoint)).copied()
    }

    /// Where clients of each region reach each endpoint.
    pub fn entrances(&self) -> &BTreeMap<(RegionId, EndpointId), SocketAddr> {
        &self.doors
    }

    /// Opens one more door and tells where.
    ///
    /// # Errors
    /// Whatever the system says when the listener is refused.
    pub async fn door(&self, region: RegionId, endpoint: EndpointId, protocol: Protocol) -> io::Result<SocketAddr> {
        let listener = self.listen().await?;
        let to = Arc::clone(&self.destinations[endpoint.index()]);
        self.shared.gates.keep(listener.gate(), Some(region), endpoint, to.region);
        let names =
            (&self.shared.at.plan.regions[region.index()].name, &self.shared.at.plan.endpoints[endpoint.index()].name);
        Ok(self.serve(format!("door {} → {}", names.0, names.1), listener, to, protocol))
    }

    /// Opens a door by which an endpoint reaches a client's listener, for its call-backs, and tells where. What passes it travels from the
    /// endpoint to the client, and is what the client receives.
    ///
    /// # Errors
    /// Whatever the system says when the listener is refused.
    pub async fn door_back(&self, whom: (AccountId, EndpointId), listener: SocketAddr) -> io::Result<SocketAddr> {
        let plan = &self.shared.at.plan;
        let to = Arc::new(Destination::back(plan, whom, listener));
        let door = self.listen().await?;
        let name = format!("door {} → {}", plan.endpoints[whom.1.index()].name, plan.account_name(whom.0));
        Ok(self.serve(name, door, to, Protocol::Http))
    }

    async fn listen(&self) -> io::Result<Listener> {
        self.shared.at.world.net.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Accepts whoever comes, and tells where.
    fn serve(&self, name: String, listener: Listener, to: Arc<Destination>, protocol: Protocol) -> SocketAddr {
        let address = listener.local_addr();
        let (shared, tasks) = (Arc::clone(&self.shared), self.tasks.clone());
        self.tasks.spawn(name, accept(shared, tasks, listener, to, protocol));
        address
    }

    /// The tasks of its doors and connections.
    pub fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }

    /// Closes every door and connection, and returns when what they had counted is in the journal.
    pub async fn close(self) {
        self.tasks.abort_all();
        self.tasks.drained().await;
        self.observers.iter().for_each(|observer| observer.end(&self.shared.at.journal));
    }
}

impl Destination {
    fn of(id: EndpointId, part: &Endpoint, upstream: Upstream, secrets: &Secrets) -> Self {
        let names = names(part.url.as_ref().map(|url| url.host.as_str()), Some(&part.kind));
        Self {
            name: part.name.clone(),
            endpoint: id,
            region: Some(part.region),
            kind: Some(vendor::filled(&part.kind, |name| secrets.value(name))),
            looked_up: names.clone(),
            names,
            upstream,
            meter: Arc::default(),
            called: None,
            asked: None,
            proxy_protocol: ProxyProtocol::default(),
        }
    }

    /// The listener of a client, to whom an endpoint speaks.
    fn back(plan: &Plan, (account, id): (AccountId, EndpointId), listener: SocketAddr) -> Self {
        let address = plan.accounts[account.index()].address;
        Self {
            // Of its own, so that call-backs shift nobody's draws.
            name: format!("{} calls back", plan.endpoints[id.index()].name),
            endpoint: id,
            region: plan.region_of(address),
            kind: None,
            names: Vec::new(),
            looked_up: Vec::new(),
            upstream: Upstream::at(listener),
            meter: Arc::default(),
            called: Some(address),
            asked: None,
            proxy_protocol: ProxyProtocol::default(),
        }
    }
}

impl Shared {
    fn new(
        at: Scene,
        guests: Guests,
        buffers: Buffers,
        places: Arc<Semaphore>,
        (rules, observer): (Ruling, Option<Arc<Observer>>),
    ) -> Arc<Self> {
        let shared = Arc::new(Self {
            link_key: at.world.seed.key("link"),
            guests,
            counts: Mutex::default(),
            buffers,
            places,
            gates: Gates::default(),
            rules,
            observer,
            at,
        });
        let following = Arc::downgrade(&shared);
        shared.at.board.follow(move |snapshot| {
            if let Some(shared) = following.upgrade() {
                shared.gates.follow(&shared.at.plan, snapshot);
            }
        });
        shared
    }

    /// Counts one more connection from an address to an endpoint.
    fn count(&self, address: IpAddr, endpoint: &str) -> u64 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = counts.entry(address).or_default();
        if let Some(count) = of_address.get_mut(endpoint) {
            *count += 1;
            return *count;
        }
        of_address.insert(endpoint.to_owned(), 1);
        1
    }

    /// Where an address lies, and whose it is.
    fn origin(&self, address: IpAddr) -> Origin {
        let account = self.guests.by_address.get(&address).copied();
        Origin { address, region: self.at.plan.region_of(address), account, ends: None }
    }

    /// The one-way delays of a way, each with what it draws with.
    fn delays(&self, way: &[(RegionId, RegionId)]) -> Vec<(Key, Delay)> {
        let plan = &self.at.plan;
        let delay = |&(a, b): &(RegionId, RegionId)| {
            let (low, high) = (a.min(b), a.max(b));
            let name = |region: RegionId| plan.regions[region.index()].name.as_str();
            Some((self.link_key.name(name(low)).name(name(high)), plan.link_delay(a, b)?))
        };
        way.iter().filter_map(delay).collect()
    }
}

/// How the clients of an endpoint call it: by its name, or, where it has none, by the hosts of the platform that it plays.
fn names(host: Option<&str>, kind: Option<&EndpointKind>) -> Vec<String> {
    match host.and_then(|host| host.parse::<Host>().ok()?.into_name()) {
        Some(name) => vec![name],
        None => kind.map_or(&[][..], vendor::hosts).iter().map(|host| (*host).to_owned()).collect(),
    }
}
