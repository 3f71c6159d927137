//! What recipients receive: each recipient's client at each endpoint, in the way that the endpoint's `receipts` names.

mod books;
mod inbox;
mod ledger;
mod listener;
mod notification;
mod poll;
mod push;
mod recent;
mod status;
mod stream;
mod sync;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) use ledger::{Ledger, read_all};
pub(super) use status::{Sent, watch};

use books::Books;
use poll::Polls;
use push::Pushes;
use sync::Syncs;

use super::Stage;
use crate::client::Client;
use crate::control::Scene;
use crate::journal::{Receipt, Record};
use crate::limits::{self, RECEIVER_BACKOFF, RECEIVER_BACKOFF_MOST, RECEIVER_BACKOFF_PART};
use crate::plan::{Plan, Receipts, message};
use crate::units::{AccountId, EndpointId, JourneyId, MessageId, Moment, Numbers, Span};
use crate::world::{Clock, Listener};

/// A recipient at an endpoint.
type Whom = (AccountId, EndpointId);

/// A recipient's listener for call-backs, and the door by which the endpoint reaches it.
pub struct Listening {
    /// Where calls arrive.
    pub listener: Listener,
    /// Where the endpoint calls.
    pub door: SocketAddr,
}

/// The listener of every recipient whose program is called back, on its own address.
///
/// # Errors
/// Whatever the system says when a listener is refused.
pub async fn listeners(scene: &Scene) -> io::Result<Vec<(Whom, Listener)>> {
    let mut listeners = Vec::new();
    for (account, endpoints) in wanted(&scene.plan) {
        let address = scene.plan.accounts[account.index()].address;
        for endpoint in endpoints {
            if scene.plan.endpoints[endpoint.index()].receipts == Receipts::Notification {
                listeners.push(((account, endpoint), scene.world.net.bind(SocketAddr::new(address, 0)).await?));
            }
        }
    }
    Ok(listeners)
}

/// Every recipient, with the endpoints by which a journey may reach him and which tell.
fn wanted(plan: &Plan) -> BTreeMap<AccountId, BTreeSet<EndpointId>> {
    let mut wanted: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for journey in &plan.journeys {
        let ways = journey.routes.iter().flat_map(|route| plan.arrivals(route.endpoint));
        let ways: Vec<_> = ways.filter(|id| plan.has_receipts(journey, *id)).collect();
        for account in plan.recipients(journey).iter() {
            wanted.entry(account).or_default().extend(&ways);
        }
    }
    wanted
}

/// Whoever looked at a real service before the drill began.
pub(super) type Ready = BTreeMap<Whom, Looking>;

/// Who asks what has come, again and again.
pub(super) enum Looking {
    /// A service by scenario.
    Poll(Polls),
    /// An ERP.
    Books(Books),
    /// A homeserver of Matrix.
    Sync(Syncs),
    /// A service by scenario that pushes.
    Push(Pushes),
}

impl Looking {
    /// `None` if nobody asks at this endpoint.
    fn new(receiver: Receiver) -> Option<Self> {
        match receiver.stage.scene.plan.endpoints[receiver.whom.1.index()].receipts {
            Receipts::Sync => Some(Self::Sync(Syncs::new(receiver))),
            Receipts::Push => Some(Self::Push(Pushes::new(receiver))),
            _ => match Books::new(receiver) {
                Ok(books) => Some(Self::Books(books)),
                Err(receiver) => Polls::new(receiver).map(Self::Poll),
            },
        }
    }

    async fn look(&mut self) {
        match self {
            Self::Poll(polls) => polls.look().await,
            Self::Books(books) => books.look().await,
            Self::Sync(syncs) => syncs.look().await,
            Self::Push(pushes) => pushes.look().await,
        }
    }

    /// Asks for ever; `nth` says whose turn it is among so many.
    async fn run(self, nth: (u64, u64)) {
        match self {
            Self::Poll(polls) => polls.run().await,
            Self::Books(books) => books.run(nth).await,
            Self::Sync(syncs) => syncs.run().await,
            Self::Push(pushes) => pushes.run().await,
        }
    }
}

/// Has the recipients at real services look at what is there before the drill begins, all at the same time.
pub(super) async fn look(stage: &Arc<Stage>) -> Ready {
    let plan = &stage.scene.plan;
    let whom =
        wanted(plan).into_iter().flat_map(|(account, endpoints)| endpoints.into_iter().map(move |at| (account, at)));
    let real = whom.filter(|(_, endpoint)| plan.endpoints[endpoint.index()].url.is_some());
    let looking = real.filter_map(|whom| {
        let client = stage.client(whom.0, whom.1);
        let mut looking = Looking::new(Receiver { stage: Arc::clone(stage), client, whom })?;
        Some(async move {
            looking.look().await;
            (whom, looking)
        })
    });
    futures_util::future::join_all(looking).await.into_iter().collect()
}

/// Starts a receiver for every recipient at every endpoint that tells.
pub(super) fn start(stage: &Arc<Stage>, mut listening: BTreeMap<Whom, Listening>, mut ready: Ready) {
    let plan = &stage.scene.plan;
    let wanted = wanted(plan);
    let mut many: BTreeMap<EndpointId, u64> = BTreeMap::new();
    wanted.values().flatten().for_each(|endpoint| *many.entry(*endpoint).or_default() += 1);
    let mut nth = BTreeMap::new();
    for (account, endpoints) in wanted {
        for endpoint in endpoints {
            let so_far = nth.entry(endpoint).or_insert(0);
            *so_far += 1;
            let nth = (*so_far, many[&endpoint]);
            let part = &plan.endpoints[endpoint.index()];
            let name = format!("receiver {} at {}", plan.account_name(account), part.name);
            let client = stage.client(account, endpoint);
            let receiver = Receiver { stage: Arc::clone(stage), client, whom: (account, endpoint) };
            let tasks = &stage.receiving;
            match (part.receipts, listening.remove(&(account, endpoint))) {
                (Receipts::Inbox, _) => tasks.spawn(name, inbox::run(receiver, true)),
                // Somebody has to read what is asked for; at a real service people do.
                (Receipts::ReadStatus { .. }, _) if part.url.is_none() => {
                    tasks.spawn(name, inbox::run(receiver, false));
                }
                (Receipts::Stream, _) => tasks.spawn(name, stream::run(receiver)),
                (Receipts::Ledger { .. } | Receipts::Poll { .. } | Receipts::Sync | Receipts::Push, _) => {
                    if let Some(looking) = ready.remove(&(account, endpoint)).or_else(|| Looking::new(receiver)) {
                        tasks.spawn(name, looking.run(nth));
                    }
                }
                (Receipts::Notification, Some(listening)) => tasks.spawn(name, notification::run(receiver, listening)),
                _ => {}
            }
        }
    }
}

/// The messages that a recipient has seen, at whatever endpoint: his own de-duplication. Of each journey he remembers at least the latest
/// [`SEEN`](limits::SEEN); what is older he takes for new.
#[derive(Default)]
pub(super) struct Seen(Mutex<BTreeMap<JourneyId, Numbers>>);

impl Seen {
    /// Whether this is the first time, as far as he remembers.
    fn first(&self, id: MessageId) -> bool {
        let mut journeys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = journeys.entry(id.journey).or_default();
        let first = seen.insert(id.number);
        if seen.runs() > limits::SEEN {
            seen.forget_smallest();
        }
        first
    }
}

/// A recipient's program at one endpoint.
struct Receiver {
    stage: Arc<Stage>,
    client: Arc<Client>,
    whom: Whom,
}

impl Receiver {
    fn clock(&self) -> &Clock {
        &self.stage.scene.world.clock
    }

    /// Writes down what came now, if it is a message of this drill that is heard of so.
    fn take(&self, text: &str) {
        let Some(id) = message::id(text) else { return };
        let intact = message::text(&self.stage.scene.plan, id).as_deref() == Some(text);
        receipt(&self.stage, self.whom, id, intact);
    }

    /// Writes down that this message came now, of which no more is known than that.
    fn take_known(&self, message: MessageId) {
        receipt(&self.stage, self.whom, message, true);
    }

    /// Whether the way to the endpoint leads to what it calls itself; said once if not.
    fn is_reached_as(&self, authority: &str) -> bool {
        let (plan, endpoint) = (&self.stage.scene.plan, self.whom.1);
        let reached = plan.is_reached_as(endpoint, authority);
        if !reached && !self.stage.told_of_names.swap(true, Ordering::Relaxed) {
            let name = &plan.endpoints[endpoint.index()].name;
            tracing::warn!(
                "`{name}` tells its clients to receive from {authority}, which is not dialled: list it in `guard: {{ hosts: … }}`"
            );
        }
        reached
    }

    /// Waits before the next try, after so long without success.
    async fn pause(&self, since: Moment) {
        let clock = self.clock();
        clock.sleep(backoff(clock.now().since(since))).await;
    }
}

/// Writes down that a recipient received a message now, which he takes for new if he does not remember it.
fn receipt(stage: &Stage, whom: Whom, message: MessageId, intact: bool) {
    // A service of somebody else's may tell of a probe by its number.
    if message::is_probe(message) {
        return;
    }
    let Some(journey) = stage.scene.plan.journeys.get(message.journey.index()) else { return };
    if stage.scene.plan.has_receipts(journey, whom.1) && stage.came_by(message, whom.1).is_some() {
        let fresh = stage.seen[whom.0.index()].first(message);
        receipt_as(stage, whom, message, (fresh, intact));
    }
}

/// Writes down that a recipient received a message now: whether it is new to him, and whether it is what was sent.
fn receipt_as(stage: &Stage, (recipient, endpoint): Whom, message: MessageId, (fresh, intact): (bool, bool)) {
    let Scene { plan, journal, world, .. } = &stage.scene;
    let Some(journey) = plan.journeys.get(message.journey.index()) else { return };
    let Some(route) = stage.came_by(message, endpoint).filter(|_| plan.has_receipts(journey, endpoint)) else { return };
    journal.append(Record::Receipt(Receipt { message, recipient, route, at: world.clock.now(), fresh, intact }));
}

/// How long to wait before the next try, after so long without a connection: a fault of days is not asked after four times a second, and
/// after a short one nobody is late by more than an eighth of it.
pub(super) fn backoff(off: Span) -> Span {
    Span::from_nanos(off.nanos() / RECEIVER_BACKOFF_PART).clamp(RECEIVER_BACKOFF, RECEIVER_BACKOFF_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> MessageId {
        MessageId { journey: JourneyId(0), number }
    }

    #[test]
    fn a_recipient_remembers_the_latest_messages_and_not_more() {
        let seen = Seen::default();
        let most = u32::try_from(limits::SEEN).unwrap();
        // Every other message is somebody else's. Of one more than he remembers the first is forgotten, and none but that.
        assert!((0..=most).all(|n| seen.first(id(2 * n))));
        assert!((1..=most).all(|n| !seen.first(id(2 * n))));
        assert!(seen.first(id(0)));
        // What follows each other takes no room.
        let seen = Seen::default();
        assert!((0..10 * most).all(|n| seen.first(id(n))) && !seen.first(id(0)));
    }
}
