//! The path for programs that are not ours: doors that anybody may connect to, each with its own switchboard, none of them in a plan.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::ways::Ruling;
use super::{Buffers, Destination, Guests, Protocol, Shared, Traffic, TriedServer, Upstream, accept, names};
use crate::control::{Alarm, Armed, Arming, Connections, Scene, Secrets, Switchboard, Troubles};
use crate::journal::Journal;
use crate::path::guests::ANY_DOOR;
use crate::plan::{
    Aim, Capability, Direction, EndpointKind, Fault, Inject, Per, Pick, Plan, ProxyProtocol, Region, Shape,
};
use crate::units::{AccountId, InjectId, Moment, RegionId, Share, Size};
use crate::world::{Tasks, World};

/// Opens doors. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    world: World,
    plan: Arc<Plan>,
    guests: Guests,
    connections: Connections,
    buffers: Buffers,
    places: Arc<Semaphore>,
    rules: Ruling,
    /// Of doors that have rules of their own, by name.
    own_rules: Arc<BTreeMap<String, Ruling>>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gateway")
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Door({})", self.address)
    }
}

/// What a door is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Its name, which its draws are keyed by.
    pub name: String,
    /// Where it listens; port 0 gives a free port.
    pub listen: SocketAddr,
    /// Where it leads: `host:port`. A name is looked up anew for every connection.
    pub upstream: String,
    /// What it understands.
    pub protocol: Protocol,
    /// Which platform it leads to, if it is an HTTP door to one.
    pub kind: Option<EndpointKind>,
    /// What is said of clients, by whoever comes and to whoever it leads to.
    pub proxy_protocol: ProxyProtocol,
}

impl Opening {
    /// How the host is called: by the name that it leads to, or those of its platform.
    fn names(&self) -> Vec<String> {
        let host = self.upstream.rsplit_once(':').map(|(host, _)| host).filter(|host| *host != "localhost");
        names(host, self.kind.as_ref())
    }
}

/// A fault for one door.
#[derive(Clone, Debug, PartialEq)]
pub struct Tampering {
    /// Its name, by which it is changed and lifted.
    pub name: String,
    /// What is done.
    pub fault: Fault,
    /// To whoever connects from one of these regions; to everyone if there is none.
    pub regions: Vec<RegionId>,
    /// To these accounts, sorted; to everyone if it is `None`.
    pub accounts: Option<Vec<AccountId>>,
    /// To exchanges for one of these; to all if there is none.
    pub capabilities: Vec<Capability>,
    /// To which way.
    pub direction: Direction,
    /// To which share.
    pub chance: Share,
    /// Of what.
    pub per: Per,
    /// How hard, over its time.
    pub shape: Shape,
    /// To which of all the units that it could hit.
    pub pick: Pick,
}

/// An open door. Dropping it closes it.
pub struct Door {
    address: SocketAddr,
    shared: Arc<Shared>,
    to: Arc<Destination>,
    accepting: Tasks,
    connections: Tasks,
    names: Mutex<Names>,
    is_way_in: bool,
}

/// The faults that are on, by name, in the order in which they first went on.
#[derive(Default)]
struct Names {
    known: Vec<(String, InjectId)>,
    /// The number that was given out last.
    last: u16,
}

impl Names {
    /// The number of a fault; a new one takes the next that no other has, as numbers come round again.
    fn number(&mut self, name: &str) -> io::Result<InjectId> {
        if let Some((_, id)) = self.known.iter().find(|(known, _)| known == name) {
            return Ok(*id);
        }
        let free = |id: &InjectId| self.known.iter().all(|(_, taken)| taken != id);
        let next = (1..=u16::MAX).map(|ahead| InjectId(self.last.wrapping_add(ahead))).find(free);
        let id = next.ok_or_else(|| io::Error::other("too many faults at one door; lift some first"))?;
        self.last = id.0;
        self.known.push((name.to_owned(), id));
        Ok(id)
    }
}

impl Gateway {
    /// A gateway whose doors together hold at most so many bytes that faults delay, and so many connections: further ones wait to be
    /// accepted. The world's seed decides what is hit by chance.
    pub fn new(world: &World, buffers: Size, connections: usize) -> Self {
        Self {
            world: world.clone(),
            plan: Arc::new(Plan::bare("proxy")),
            guests: Guests::default(),
            connections: Connections::lone(),
            buffers: Buffers::new(buffers),
            places: Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS))),
            rules: Ruling::default(),
            own_rules: Arc::default(),
        }
    }

    /// The same with rules for who may go where by a way in. Without, nobody may go anywhere.
    #[must_use]
    pub fn ruled(self, rules: Ruling) -> Self {
        Self { rules, ..self }
    }

    /// The same with rules of their own for ways in of these names.
    #[must_use]
    pub fn ruled_apart(self, own_rules: BTreeMap<String, Ruling>) -> Self {
        Self { own_rules: Arc::new(own_rules), ..self }
    }

    fn rules_at(&self, door: &str) -> &Ruling {
        self.own_rules.get(door).unwrap_or(&self.rules)
    }

    /// The same with regions in which source addresses lie, that faults can be aimed at.
    #[must_use]
    pub fn among(self, regions: Vec<Region>) -> Self {
        Self { plan: Arc::new(Plan { regions, ..Plan::clone(&self.plan) }), ..self }
    }

    /// The same with accounts that faults can be aimed at.
    #[must_use]
    pub fn knowing(self, guests: Guests) -> Self {
        Self { guests, ..self }
    }

    /// Whether some of what comes by a way in is read within TLS.
    pub fn intercepts(&self, door: &str) -> bool {
        self.rules_at(door).interception.is_some()
    }

    /// Opens a door.
    ///
    /// # Errors
    /// Whatever the system says when the listener is refused.
    pub async fn open(&self, opening: &Opening) -> io::Result<Door> {
        let scene = Scene {
            plan: Arc::clone(&self.plan),
            world: self.world.clone(),
            journal: Journal::nowhere(),
            board: Switchboard::new(0),
            connections: self.connections.clone(),
            alarm: Alarm::default(),
            troubles: Troubles::default(),
            secrets: Secrets::default(),
        };
        let (places, rules) = (Arc::clone(&self.places), Arc::clone(self.rules_at(&opening.name)));
        let shared = Shared::new(scene, self.guests.clone(), self.buffers.clone(), places, (rules, None));
        if let Some(kind) = &opening.kind {
            self.guests.meet(kind);
        }
        let to = Arc::new(Destination {
            name: opening.name.clone(),
            endpoint: ANY_DOOR,
            region: None,
            kind: opening.kind.clone(),
            names: if opening.protocol == Protocol::Http { opening.names() } else { Vec::new() },
            looked_up: opening.names(),
            upstream: Upstream::named(opening.upstream.clone()),
            meter: Arc::default(),
            called: None,
            asked: None,
            proxy_protocol: opening.proxy_protocol.clone(),
        });
        let listener = self.world.net.bind(opening.listen).await?;
        let address = listener.local_addr();
        if opening.protocol.is_way_in() {
            self.rules.own(address);
        } else {
            // At a way in the handshake that a fault refuses is the one with the host that is asked for.
            shared.gates.keep(listener.gate(), None, to.endpoint, None);
        }
        let (accepting, connections) = (Tasks::new(), Tasks::new());
        let accept = accept(Arc::clone(&shared), connections.clone(), listener, Arc::clone(&to), opening.protocol);
        accepting.spawn(format!("door {}", opening.name), accept);
        let is_way_in = opening.protocol.is_way_in();
        Ok(Door { address, shared, to, accepting, connections, names: Mutex::default(), is_way_in })
    }
}

impl Door {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What has passed so far.
    pub fn traffic(&self) -> Traffic {
        self.to.meter.traffic()
    }

    /// The servers that it has connected last, the latest at the end, each once.
    pub fn servers(&self) -> Vec<SocketAddr> {
        self.to.meter.servers()
    }

    /// The addresses that it has dialled last, the latest at the end, each once.
    pub fn tried(&self) -> Vec<TriedServer> {
        self.to.meter.addresses()
    }

    /// Switches a fault on, in the place of an earlier version of the same name. Whatever is read after this returns bears it. Never waits.
    ///
    /// # Errors
    /// If handshakes are to be swallowed, and the system does not let us; if more faults are on than can be numbered.
    pub fn arm(&self, tampering: Tampering) -> io::Result<()> {
        let Tampering { name, fault, regions, accounts, capabilities, direction, chance, per, shape, pick } = tampering;
        if fault == Fault::Blackhole && !self.is_way_in {
            self.shared.at.world.net.can_swallow()?;
        }
        // Held until it is on: whoever lifts it meanwhile would leave it on without a name.
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let id = names.number(&name)?;
        let world = &self.shared.at.world;
        let since = world.clock.now();
        let aim = Aim { regions, capabilities, direction, chance, per, ..Aim::everyone() };
        let inject = Inject { name, fault, aim, shape, pick, start: since, end: Moment::MAX, during: None };
        let board = &self.shared.at.board;
        let armed = Armed::new(inject, id, accounts, world.seed, since);
        match board.snapshot().faults.iter().find(|earlier| earlier.id == id) {
            Some(earlier) => board.apply(armed.after(earlier)),
            None => board.apply(armed),
        }
        Ok(())
    }

    /// Switches a fault off; `false` if there is none of that name. Never waits.
    pub fn lift(&self, name: &str) -> bool {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = names.known.iter().position(|(known, _)| known == name) else { return false };
        let (_, id) = names.known.remove(at);
        self.shared.at.board.lift(id);
        true
    }

    /// The faults that are on, in the order in which they first went on.
    pub fn faults(&self) -> Vec<Arming> {
        self.shared.at.board.snapshot().faults.clone()
    }

    /// Closes the door and every connection through it; what they still held is gone. When this returns nobody listens any more; the
    /// connections end on their own.
    pub async fn close(&self) {
        self.end();
        self.accepting.drained().await;
    }

    fn end(&self) {
        self.shared.rules.disown(self.address);
        self.accepting.abort_all();
        self.connections.abort_all();
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.end();
    }
}
