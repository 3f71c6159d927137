//! Traffic: open-loop business messages, their attempts, and what recipients receive.
//!
//! A message is due at a moment that the plan fixes, whatever the system does. It waits for a slot at most until its deadline, is tried
//! on the route in force, and if that fails it waits in the outbox for another route. Everything is dialled through the path.

mod client;
mod failover;
mod journey;
mod outbox;
mod receiver;
mod schedule;
mod slots;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use client::Client;
use journey::Sending;

use crate::control::Scene;
use crate::plan::Recipients;
use crate::units::{AccountId, EndpointId, JourneyId, RegionId};
use crate::vendor;
use crate::world::Tasks;

/// Where clients of a region reach an endpoint.
pub type Entrances = BTreeMap<(RegionId, EndpointId), SocketAddr>;

/// The traffic of a drill.
pub struct Traffic {
    journeys: Vec<Arc<Sending>>,
    sending: Tasks,
    receiving: Tasks,
}

/// What all of the traffic shares.
struct Stage {
    scene: Scene,
    entrances: Entrances,
    /// The user id of every account at every endpoint.
    users: Vec<Vec<String>>,
    /// One client for each account and endpoint, made when it is first needed.
    clients: std::sync::Mutex<BTreeMap<(AccountId, EndpointId), Arc<Client>>>,
}

impl Traffic {
    /// Starts receivers and senders. The first message is due at the drill's start.
    pub fn start(scene: &Scene, entrances: Entrances) -> Self {
        let users = users(scene);
        let stage = Arc::new(Stage { scene: scene.clone(), entrances, users, clients: std::sync::Mutex::default() });
        let receiving = Tasks::new();
        receive(&stage, &receiving);
        let sending = Tasks::new();
        let journeys: Vec<_> = scene.plan.journey_ids().map(|(id, _)| Sending::new(&stage, id, &sending)).collect();
        for journey in &journeys {
            journey.start();
        }
        Self { journeys, sending, receiving }
    }

    /// Waits until nothing is due any more, every attempt has ended, and no message waits for a route that it could still take.
    pub async fn settled(&self) {
        for journey in &self.journeys {
            journey.settled().await;
        }
    }

    /// Whether messages of a journey wait for another route.
    pub fn waits(&self, journey: JourneyId) -> bool {
        self.journeys.get(journey.index()).is_some_and(|sending| sending.waits())
    }

    /// The tasks that send and receive.
    pub fn tasks(&self) -> [Tasks; 2] {
        [self.sending.clone(), self.receiving.clone()]
    }

    /// The names of the tasks that still send.
    pub fn running(&self) -> Vec<Arc<str>> {
        self.sending.running()
    }

    /// Ends everything; what is in flight stays open.
    pub async fn close(self) {
        self.sending.abort_all();
        self.receiving.abort_all();
        self.sending.drained().await;
        self.receiving.drained().await;
    }
}

/// Starts a receiver for every recipient at every endpoint by which a journey may reach him, and which tells.
fn receive(stage: &Arc<Stage>, tasks: &Tasks) {
    let plan = &stage.scene.plan;
    let mut wanted: BTreeMap<AccountId, Vec<EndpointId>> = BTreeMap::new();
    for journey in &plan.journeys {
        let (Recipients::One(group) | Recipients::All(group)) = journey.to;
        let ways = journey.routes.iter().map(|route| route.endpoint);
        let ways: Vec<_> = ways.filter(|id| plan.has_receipts(journey, *id)).collect();
        for account in plan.members(group) {
            wanted.entry(plan.member(group, account.ordinal)).or_default().extend(&ways);
        }
    }
    for (account, mut endpoints) in wanted {
        endpoints.sort_unstable();
        endpoints.dedup();
        let seen = receiver::Seen::default();
        for endpoint in endpoints {
            let name = format!("receiver {} at {}", plan.account_name(account), plan.endpoints[endpoint.index()].name);
            tasks.spawn(name, receiver::run(Arc::clone(stage), account, endpoint, seen.clone()));
        }
    }
}

/// What every account is called at every endpoint.
fn users(scene: &Scene) -> Vec<Vec<String>> {
    let Scene { plan, secrets, .. } = scene;
    let user = |endpoint, account| vendor::identity_at(plan, endpoint, account, |name| secrets.value(name)).user;
    let accounts = || (0..).map(AccountId).take(plan.accounts.len());
    plan.endpoint_ids().map(|(endpoint, _)| accounts().map(|account| user(endpoint, account)).collect()).collect()
}

impl Stage {
    /// Where an account reaches an endpoint.
    fn entrance(&self, account: AccountId, endpoint: EndpointId) -> Option<SocketAddr> {
        let plan = &self.scene.plan;
        let region = plan.region_of(plan.accounts[account.index()].address)?;
        self.entrances.get(&(region, endpoint)).copied()
    }

    fn client(self: &Arc<Self>, account: AccountId, endpoint: EndpointId) -> Arc<Client> {
        let mut clients = self.clients.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let client =
            clients.entry((account, endpoint)).or_insert_with(|| Arc::new(Client::new(self, account, endpoint)));
        Arc::clone(client)
    }
}

/// The route by which a journey's messages come from an endpoint.
fn route_of(scene: &Scene, journey: JourneyId, endpoint: EndpointId) -> Option<crate::units::RouteId> {
    let routes = &scene.plan.journeys.get(journey.index())?.routes;
    let index = routes.iter().position(|route| route.endpoint == endpoint)?;
    u8::try_from(index).ok().map(crate::units::RouteId)
}
