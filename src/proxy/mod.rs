//! The faulty path alone, as a daemon with Toxiproxy's control interface.
//!
//! ```text
//! server ──▶ routes ──▶ registry ──▶ doors
//!   wire      guard,      proxies,     the data side
//!             input,      toxics,
//!             shapes      leases
//! ```
//!
//! Nothing that the interface does waits for what passes through a door. What differs from Toxiproxy, and why, is in `docs/proxy.md` and
//! `docs/decisions/0020-proxy-api.md`.

mod error;
mod faults;
pub mod gojson;
mod guard;
pub mod input;
mod lease;
mod lift;
mod listen;
mod metrics;
mod native;
mod registry;
mod routes;
mod server;
mod shapes;
mod toxic;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::limits::{BUFFERS, FOREIGN_DURATION, FOREIGN_RATE};
use crate::path::ways::{Interception, Rules, User};
use crate::path::{Guests, Protocol};
use crate::plan::{Lead, Listed};
use crate::scenario::{Loose, Person, Surroundings, ToldBy};
use crate::units::{AccountId, Rate, RegionId, Size, Span};
use crate::world::{Tasks, World};

pub use error::ApiError;
pub use guard::Unguarded;
pub use input::ProxyInput;
pub use routes::TOXIPROXY;

use self::guard::Guard;
use self::registry::Registry;
use self::routes::Api;

/// What a daemon is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the control interface listens, as `host:port`.
    pub api: String,
    /// What a client has to show.
    pub token: Option<String>,
    /// Proxies to begin with.
    pub proxies: Vec<ProxyInput>,
    /// Ways in with lists of their own to begin with.
    pub ways: Vec<Way>,
    /// What faults can be aimed at beside proxies: regions, groups, accounts.
    pub surroundings: Surroundings,
    /// What real accounts show.
    pub credentials: Vec<(AccountId, Secret)>,
    /// Faults to begin with.
    pub faults: Vec<Loose>,
    /// What may be reached by a way in.
    pub allow: Vec<Listed>,
    /// What leads elsewhere there.
    pub leads: Vec<Lead>,
    /// With whom TLS is ended there.
    pub interception: Option<Interception>,
    /// How often at most something is asked there of services of others, and for how long after the start.
    pub caps: (Rate, Span),
    /// How many connections may be open at once, through all proxies.
    pub connections: usize,
    /// How many bytes that faults delay may be held at once, through all proxies.
    pub buffers: Size,
}

impl Config {
    /// A control interface at `api`, and nothing else.
    pub fn at(api: impl Into<String>) -> Self {
        Self {
            api: api.into(),
            token: None,
            proxies: Vec::new(),
            ways: Vec::new(),
            surroundings: Surroundings::default(),
            credentials: Vec::new(),
            faults: Vec::new(),
            allow: Vec::new(),
            leads: Vec::new(),
            interception: None,
            caps: (FOREIGN_RATE, FOREIGN_DURATION),
            connections: usize::MAX,
            buffers: BUFFERS,
        }
    }

    /// Who may go where by a way in, from a moment on.
    fn rules(&self, now: crate::units::Moment) -> Rules {
        let Surroundings { regions, people } = &self.surroundings;
        let regions = (0..).map(RegionId).zip(regions).map(|(id, region)| (region.name.clone(), User::In(id)));
        let people = people.ids().map(|(id, person)| match person.told_by {
            ToldBy::Address(address) => (person.name.clone(), User::At(address)),
            ToldBy::Variables(_) => (person.name.clone(), User::Account(id)),
        });
        let mut rules = Rules::new(self.allow.clone(), self.caps, now);
        rules.leads.clone_from(&self.leads);
        rules.interception.clone_from(&self.interception);
        rules.token.clone_from(&self.token);
        // Of a region and an account of one name, the account.
        rules.users = regions.chain(people).collect();
        rules
    }

    /// The accounts that the gateway tells apart.
    fn guests(&self) -> Guests {
        let people = &self.surroundings.people;
        let address = |(id, person): (AccountId, &Person)| match person.told_by {
            ToldBy::Address(address) => Some((address, id)),
            ToldBy::Variables(_) => None,
        };
        let made = |(id, person): (AccountId, &Person)| {
            matches!(person.told_by, ToldBy::Address(_)).then(|| (person.name.clone(), id))
        };
        let shown = self.credentials.iter().map(|(id, Secret(credential))| (credential.clone(), *id));
        Guests::new(people.ids().filter_map(address), people.ids().filter_map(made).collect(), shown)
    }
}

/// A way in that leads where lists of its own say, besides those of all.
#[derive(Clone, Debug)]
pub struct Way {
    /// The proxy that it is.
    pub input: ProxyInput,
    /// What may be reached.
    pub allow: Vec<Listed>,
    /// What leads elsewhere.
    pub leads: Vec<Lead>,
    /// With whom TLS is ended there, of all hosts; as everywhere if it is `None`.
    pub interception: Option<Interception>,
}

impl Way {
    /// Its rules, of those of all.
    fn rules(&self, all: &Rules) -> Rules {
        all.with(self.allow.clone(), self.leads.clone(), self.interception.clone())
    }
}

/// A credential of a real account. Nothing shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Why a daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Not an address.
    #[error("`{0}` is no address to listen at: {1}; write one such as 127.0.0.1:8474")]
    Address(String, io::Error),
    /// Nobody would watch the door.
    #[error(transparent)]
    Unguarded(#[from] Unguarded),
    /// The address is taken, or not ours.
    #[error(
        "the control interface cannot listen at {0}: {1}; end whoever listens there, or name another address with --api"
    )]
    Bind(SocketAddr, io::Error),
    /// A proxy of the configuration cannot start.
    #[error("the configured proxies cannot start: {why}")]
    Proxies {
        /// Why not.
        why: String,
        /// Whether it is wrong in itself; else the system refuses it.
        refused: bool,
    },
    /// A fault of the configuration cannot be armed.
    #[error("the fault `{name}` cannot be armed: {why}")]
    Fault {
        /// Its name.
        name: String,
        /// Why not.
        why: String,
        /// Whether it is wrong in itself; else the system refuses it.
        refused: bool,
    },
}

/// A running daemon. Dropping it does not end it: [`close`](Self::close) does.
pub struct Daemon {
    registry: Registry,
    address: SocketAddr,
    tasks: Tasks,
}

impl Daemon {
    /// Starts listening; when this returns, the interface answers and every configured proxy listens.
    ///
    /// # Errors
    /// If an address cannot be listened at, or the interface would be open to everybody.
    pub async fn start(world: &World, config: Config) -> Result<Self, StartError> {
        let place = config.api.clone();
        let found = world.net.resolve(&place).await.map_err(|error| StartError::Address(place.clone(), error))?;
        let none = || StartError::Address(place.clone(), io::ErrorKind::NotFound.into());
        let address = *found.iter().find(|address| address.is_ipv4()).or(found.first()).ok_or_else(none)?;
        let host = place.rsplit_once(':').map_or(place.as_str(), |(host, _)| host);
        let guard = Guard::new(host, address.ip(), config.token.clone())?;
        let listener = world.net.bind(address).await.map_err(|error| StartError::Bind(address, error))?;
        let address = listener.local_addr();
        let rules = Arc::new(config.rules(world.clock.now()));
        rules.own(address);
        let registry = Registry::new(world, &config, rules);
        let ways = config.ways.iter().map(|way| way.input.clone());
        let proxies = config.proxies.into_iter().chain(ways).collect();
        let populated = registry.populate(proxies).await;
        if let Some(error) = populated.error() {
            let error = StartError::Proxies { why: error.to_owned(), refused: populated.status() < 500 };
            registry.close().await;
            return Err(error);
        }
        for fault in config.faults {
            let name = fault.name.clone();
            if let Err(error) = registry.arm_native(fault, None).await {
                registry.close().await;
                return Err(StartError::Fault { name, why: error.text, refused: error.status < 500 });
            }
        }
        let tasks = Tasks::new();
        let api = Arc::new(Api::new(registry.clone(), guard));
        tasks.spawn("leases", faults::watch(registry.clone()));
        tasks.spawn("control interface", server::accept(api, world.clock.clone(), tasks.clone(), listener));
        Ok(Self { registry, address, tasks })
    }

    /// What a way in of this name speaks, and where it listens.
    pub async fn way_in(&self, name: &str) -> Option<(Protocol, String)> {
        let inner = self.registry.lock().await;
        let proxy = inner.proxies.get(name).filter(|proxy| proxy.protocol.is_way_in())?;
        Some((proxy.protocol, proxy.listen.clone()))
    }

    /// Where the control interface listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the interface and every door.
    pub async fn close(self) {
        self.tasks.abort_all();
        self.tasks.drained().await;
        self.registry.close().await;
    }
}
