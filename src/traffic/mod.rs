//! Traffic: open-loop business messages, their attempts, and what recipients receive.
//!
//! A message is due at a moment that the plan fixes, whatever the system does. It waits for a slot at most until its deadline, is tried
//! on the route in force, and if that fails it waits in the outbox for another route. Everything is dialled through the path.

mod auditor;
mod coming;
mod failover;
mod journey;
mod outbox;
mod receive;
mod schedule;
mod slots;
mod turns;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use auditor::Auditor;
use coming::Coming;
use journey::Sending;

pub use journey::good_since;
pub use receive::{Listening, listeners};

use crate::client::Client;
use crate::control::Scene;
use crate::limits::{RECEIVER_BACKOFF, RECEIVER_PATIENCE};
use crate::units::{AccountId, EndpointId, JourneyId, MessageId, RegionId, RouteId};
use crate::vendor;
use crate::world::Tasks;

/// Where clients and endpoints reach each other.
#[derive(Default)]
pub struct Ways {
    /// Where clients of a region reach an endpoint.
    pub entrances: BTreeMap<(RegionId, EndpointId), SocketAddr>,
    /// Where an endpoint reaches recipients whom it calls back.
    pub back: BTreeMap<(AccountId, EndpointId), Listening>,
}

/// The traffic of a drill.
pub struct Traffic {
    stage: Arc<Stage>,
    /// What whoever is called back listens with, until it starts.
    back: BTreeMap<(AccountId, EndpointId), Listening>,
    /// Whoever has looked at what was there before.
    ready: receive::Ready,
    auditors: Vec<Arc<Auditor>>,
    journeys: Vec<Arc<Sending>>,
    sending: Tasks,
}

/// What all of the traffic shares.
struct Stage {
    scene: Scene,
    entrances: BTreeMap<(RegionId, EndpointId), SocketAddr>,
    /// The user id of every account at every endpoint.
    users: Vec<Vec<String>>,
    /// One client for each account and endpoint, made when it is first needed.
    clients: std::sync::Mutex<BTreeMap<(AccountId, EndpointId), Arc<Client>>>,
    /// What every account has received.
    seen: Vec<receive::Seen>,
    /// How far the ledger of each endpoint was read.
    ledgers: Vec<receive::Ledger>,
    /// By which routes messages come from endpoints.
    coming: Coming,
    /// Whether each endpoint has taken a message.
    has_taken: Vec<AtomicBool>,
    /// Whether somebody was told that an endpoint has names that are not dialled.
    told_of_names: AtomicBool,
    /// Receivers, and whoever asks what was received.
    receiving: Tasks,
}

impl Traffic {
    /// Sets receivers and senders ready; nothing moves yet.
    pub fn new(scene: &Scene, Ways { entrances, back }: Ways) -> Self {
        let receiving = Tasks::new();
        let stage = Arc::new(Stage {
            scene: scene.clone(),
            entrances,
            users: users(scene),
            clients: std::sync::Mutex::default(),
            seen: scene.plan.accounts.iter().map(|_| receive::Seen::default()).collect(),
            ledgers: scene.plan.endpoint_ids().map(|(id, _)| receive::Ledger::new(id)).collect(),
            coming: Coming::new(&scene.plan),
            has_taken: scene.plan.endpoints.iter().map(|_| AtomicBool::new(false)).collect(),
            told_of_names: AtomicBool::new(false),
            receiving,
        });
        let sending = Tasks::new();
        let journeys = scene.plan.journey_ids().map(|(id, _)| Sending::new(&stage, id, &sending)).collect();
        let auditors = auditor::auditors(&stage);
        Self { stage, back, ready: receive::Ready::new(), auditors, journeys, sending }
    }

    /// Looks at what is at real services already: what was there before the drill is nobody's receipt. Nothing else moves yet.
    pub async fn look(&mut self) {
        self.ready = receive::look(&self.stage).await;
        receive::read_all(&self.stage, |part| part.url.is_some(), false).await;
        futures_util::future::join_all(self.auditors.iter().map(|auditor| auditor.look())).await;
    }

    /// Starts receivers and senders. The first message is due at the drill's start.
    pub fn start(&mut self) {
        receive::start(&self.stage, std::mem::take(&mut self.back), std::mem::take(&mut self.ready));
        self.auditors.iter().for_each(Auditor::start);
        for journey in &self.journeys {
            journey.start();
        }
    }

    /// Has the ledgers of ERPs read to their ends, when everything has been received.
    pub async fn read_ledgers(&self) {
        receive::read_all(&self.stage, |_| true, true).await;
    }

    /// Has the audit trails of gateways read for the last time, when everything has been received.
    pub async fn audited(&self) {
        futures_util::future::join_all(self.auditors.iter().map(|auditor| auditor.end())).await;
    }

    /// Waits until nothing is due any more, every attempt has ended, and no message waits for a route that it could still take.
    pub async fn settled(&self) {
        for journey in &self.journeys {
            journey.settled().await;
        }
    }

    /// Reads every shared document at every store once more, the stores beside each other.
    pub async fn look_at_documents(&self) {
        let mut stores = BTreeMap::<EndpointId, Vec<&str>>::new();
        for (document, at) in self.stage.scene.plan.documents() {
            for store in at {
                stores.entry(store).or_default().push(document);
            }
        }
        let looking = stores.into_iter().map(|(store, documents)| self.look_at_store(store, documents));
        futures_util::future::join_all(looking).await;
    }

    /// Reads documents at one store. Whoever is not told is asked again, for each for as long as receivers are patient. Who has said nothing
    /// for so long is not asked for any other.
    async fn look_at_store(&self, store: EndpointId, documents: Vec<&str>) {
        let Some(account) = self.reader_at(store) else { return };
        let client = self.stage.client(account, store);
        let clock = &self.stage.scene.world.clock;
        for document in documents {
            let until = clock.now() + RECEIVER_PATIENCE;
            while !client.look_at(document, until).await {
                if clock.now() >= until {
                    return;
                }
                clock.sleep(RECEIVER_BACKOFF).await;
            }
        }
    }

    /// Somebody who reads or writes at a store.
    fn reader_at(&self, store: EndpointId) -> Option<AccountId> {
        let plan = &self.stage.scene.plan;
        let goes = plan.journeys.iter().find(|journey| journey.editing.is_some() && journey.route_to(store).is_some());
        goes.map(|journey| plan.senders(journey).nth(0))
    }

    /// Whether messages of a journey wait for another route.
    pub fn waits(&self, journey: JourneyId) -> bool {
        self.journeys.get(journey.index()).is_some_and(|sending| sending.waits())
    }

    /// Changes whenever anything that is waited for begins or ends.
    pub fn moved(&self) -> Vec<(usize, usize)> {
        self.journeys.iter().map(|journey| journey.moved()).collect()
    }

    /// The tasks that send and receive.
    pub fn tasks(&self) -> [Tasks; 2] {
        [self.sending.clone(), self.stage.receiving.clone()]
    }

    /// The names of the tasks that still send.
    pub fn running(&self) -> Vec<Arc<str>> {
        self.sending.running()
    }

    /// Ends everything; what is in flight stays open.
    pub async fn close(self) {
        self.sending.abort_all();
        self.stage.receiving.abort_all();
        self.sending.drained().await;
        self.stage.receiving.drained().await;
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

    /// A message is being attempted by a route.
    fn goes_by(&self, message: MessageId, route: RouteId) {
        self.coming.goes_by(message, route);
    }

    /// The route by which a message has come from an endpoint.
    fn came_by(&self, message: MessageId, endpoint: EndpointId) -> Option<RouteId> {
        self.coming.came_by(message, endpoint)
    }

    fn client(self: &Arc<Self>, account: AccountId, endpoint: EndpointId) -> Arc<Client> {
        let trust = self.scene.plan.endpoints[endpoint.index()].sso.as_ref();
        let session = trust.map(|trust| self.client(account, trust.provider));
        let mut clients = self.clients.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let place = (account, endpoint);
        let new = || {
            let client = Client::new(&self.scene, place, self.entrance(account, endpoint));
            Arc::new(match session {
                Some(session) => client.by_session(session),
                None => client,
            })
        };
        Arc::clone(clients.entry(place).or_insert_with(new))
    }
}
