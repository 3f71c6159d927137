//! The path: the faulty way between clients and endpoints. Faults live here and never in an endpoint, so the same freeze or fence works
//! against a twin and against the real service, and no real account is ever touched.
//!
//! One listener for each region and endpoint, called a door. An HTTP door reads requests and answers as units; a stream door, and an HTTP
//! connection after its upgrade, passes chunks of bytes. Every connection of a client is continued by one connection of the path, from the
//! client's own address.

mod facts;
mod fate;
pub mod frames;
pub mod http;
mod lane;
mod leg;
mod pump;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

pub use facts::Known;
pub use fate::{Ending, Facts, Fate, Stage, decide};
use leg::Leg;

use crate::control::{Scene, Side};
use crate::draw::Key;
use crate::plan::Delay;
use crate::units::{AccountId, EndpointId, InjectId, RegionId};
use crate::world::{Conn, Listener, Tasks};

/// What a door understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1, by exchanges.
    Http,
    /// Any bytes, by chunks.
    Stream,
}

/// The open path.
pub struct Path {
    shared: Arc<Shared>,
    doors: BTreeMap<(RegionId, EndpointId), SocketAddr>,
    tasks: Tasks,
}

struct Shared {
    at: Scene,
    /// Where each endpoint listens, and whether it is dialled from the client's own address.
    endpoints: Vec<Upstream>,
    /// What each inject draws with, and whom it is aimed at.
    injects: Vec<(Key, Option<Vec<AccountId>>)>,
    link_key: Key,
    by_address: BTreeMap<IpAddr, AccountId>,
    known: Mutex<Known>,
    /// How many connections each address has made to each endpoint.
    counts: Mutex<BTreeMap<(IpAddr, EndpointId), u64>>,
}

/// Where an endpoint listens.
#[derive(Clone, Copy, Debug)]
pub struct Upstream {
    /// Its address.
    pub address: SocketAddr,
    /// Whether it is dialled from the client's own address: twins and this machine can see it, a foreign host could not answer it.
    pub as_client: bool,
}

impl Path {
    /// Opens an HTTP door for every region in which accounts have their address, to every endpoint.
    ///
    /// # Errors
    /// Whatever the system says when a listener is refused.
    pub async fn open(at: Scene, endpoints: Vec<Upstream>) -> io::Result<Self> {
        let mut path =
            Self { shared: Arc::new(Shared::new(at, endpoints)), doors: BTreeMap::new(), tasks: Tasks::new() };
        let plan = Arc::clone(&path.shared.at.plan);
        let mut regions: Vec<_> = plan.accounts.iter().filter_map(|account| plan.region_of(account.address)).collect();
        regions.sort_unstable();
        regions.dedup();
        for region in regions {
            for (endpoint, _) in plan.endpoint_ids() {
                let door = path.door(region, endpoint, Protocol::Http).await?;
                path.doors.insert((region, endpoint), door);
            }
        }
        Ok(path)
    }

    /// Where clients of a region reach an endpoint.
    pub fn entrance(&self, region: RegionId, endpoint: EndpointId) -> Option<SocketAddr> {
        self.doors.get(&(region, endpoint)).copied()
    }

    /// Opens one more door and tells where.
    ///
    /// # Errors
    /// Whatever the system says when the listener is refused.
    pub async fn door(&self, region: RegionId, endpoint: EndpointId, protocol: Protocol) -> io::Result<SocketAddr> {
        let listener = self.shared.at.world.net.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = listener.local_addr();
        let names =
            (&self.shared.at.plan.regions[region.index()].name, &self.shared.at.plan.endpoints[endpoint.index()].name);
        let (shared, tasks) = (Arc::clone(&self.shared), self.tasks.clone());
        self.tasks
            .spawn(format!("door {} → {}", names.0, names.1), accept(shared, tasks, listener, endpoint, protocol));
        Ok(address)
    }

    /// The tasks of its doors and connections.
    pub fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }

    /// Closes every door and connection, and returns when what they had counted is in the journal.
    pub async fn close(self) {
        self.tasks.abort_all();
        self.tasks.drained().await;
    }
}

impl Shared {
    fn new(at: Scene, endpoints: Vec<Upstream>) -> Self {
        let seed = at.world.seed;
        let inject = |id: InjectId, name: &str| (seed.key("inject").name(name), at.plan.aimed(seed, id));
        Self {
            injects: at.plan.inject_ids().map(|(id, part)| inject(id, &part.name)).collect(),
            link_key: seed.key("link"),
            by_address: at.plan.accounts.iter().map(|account| account.address).zip((0..).map(AccountId)).collect(),
            known: Mutex::new(Known::from_plan(&at.plan)),
            counts: Mutex::new(BTreeMap::new()),
            endpoints,
            at,
        }
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

/// Accepts for ever.
async fn accept(shared: Arc<Shared>, tasks: Tasks, listener: Listener, endpoint: EndpointId, protocol: Protocol) {
    loop {
        let conn = shared.at.alarm.accept(&listener, &shared.at.world.clock).await;
        tasks.spawn("connection", serve(Arc::clone(&shared), conn, endpoint, protocol));
    }
}

async fn serve(shared: Arc<Shared>, conn: Conn, endpoint: EndpointId, protocol: Protocol) {
    let connection = shared.at.connections.join(conn.peer_addr(), conn.local_addr(), Side::Path);
    let leg = Arc::new(Leg::new(shared, connection, conn.peer_addr().ip(), endpoint));
    match protocol {
        Protocol::Http => http::serve(&leg, conn).await,
        Protocol::Stream if leg.handshake().await => pump::serve(leg, conn).await,
        Protocol::Stream => {}
    }
}
