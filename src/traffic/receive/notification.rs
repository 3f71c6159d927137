//! Microsoft Graph's change notifications, as a recipient's program receives by them: it subscribes, proves that it listens, renews, is told
//! that there is a message, and fetches it. What came before it had subscribed, or while nobody could tell it, it lists.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyper::{Request, StatusCode};

use super::listener::{self, Told};
use super::recent::Recent;
use super::{Listening, Receiver, Whom};
use crate::limits::RECEIVER_PATIENCE;
use crate::plan::{Capability, Plan, Recipients};
use crate::traffic::Stage;
use crate::units::{EndpointId, Moment, Span};
use crate::vendor::Body;
use crate::vendor::teams::conversation::room;
use crate::vendor::teams::message::{self, Fetched, Listed};
use crate::vendor::teams::subscription::{self, Lifecycle, Wish};
use crate::vendor::wall;

/// How long a subscription shall last.
const LIFETIME: Span = Span::from_secs(3_600);
/// After how long it is renewed.
const RENEWED: Span = Span::from_secs(2_700);

/// Receives for ever.
pub(super) async fn run(receiver: Receiver, Listening { listener, door }: Listening) {
    let scene = &receiver.stage.scene;
    // Drawn, so that a run has the same bytes.
    let secret = scene.world.seed.key("subscription").name(&receiver.client.identity().user).draw(0).bits();
    let told = Arc::new(Told::new(format!("{secret:016x}")));
    let tasks = receiver.stage.receiving.clone();
    tasks.spawn("listener", listener::serve(scene.clone(), tasks.clone(), listener, Arc::clone(&told)));
    let mut program = Program::new(receiver, format!("http://{door}/notifications"), told);
    let mut since = program.now();
    loop {
        if program.works().await {
            program.wait().await;
            since = program.now();
        } else {
            program.receiver.pause(since).await;
        }
    }
}

/// A recipient's program.
struct Program {
    receiver: Receiver,
    /// Where it is called.
    url: String,
    told: Arc<Told>,
    subscriptions: Vec<Subscription>,
    /// The conversations from which its messages come, as paths.
    rooms: Vec<String>,
    /// Whether there may be messages of which nobody has told it, nor will.
    behind: bool,
    /// The ids of the messages that it has, the latest.
    taken: Recent,
    /// Those that it has from lists, and of which it may yet be told, the latest.
    listed: Recent,
}

struct Subscription {
    resource: String,
    id: Option<String>,
    /// When it is to be made or renewed.
    due: Moment,
}

impl Program {
    fn new(receiver: Receiver, url: String, told: Arc<Told>) -> Self {
        let rooms = rooms(&receiver.stage, receiver.whom);
        let (chats, channels): (Vec<_>, Vec<_>) = rooms.iter().partition(|(sent, _)| *sent != Capability::Group);
        let all_chats = || format!("/users/{}/chats/getAllMessages", receiver.client.identity().user);
        let resources = (!chats.is_empty()).then(all_chats).into_iter();
        let resources = resources.chain(channels.into_iter().map(|(_, room)| format!("{room}/messages")));
        let due = Moment::ZERO;
        Self {
            subscriptions: resources.map(|resource| Subscription { resource, id: None, due }).collect(),
            rooms: rooms.into_iter().map(|(_, room)| room).collect(),
            behind: true,
            taken: Recent::default(),
            listed: Recent::default(),
            receiver,
            url,
            told,
        }
    }

    fn now(&self) -> Moment {
        self.receiver.clock().now()
    }

    /// Does whatever is to be done now; `false` if something failed, and is to be tried again.
    async fn works(&mut self) -> bool {
        self.heed();
        self.subscribe().await && self.catch_up().await && self.fetch().await
    }

    /// Waits until there is something to do.
    async fn wait(&self) {
        let due = self.subscriptions.iter().map(|one| one.due).min().unwrap_or(Moment::MAX);
        tokio::select! {
            biased;
            () = self.told.arrival() => {}
            () = self.receiver.clock().until(due) => {}
        }
    }

    /// Takes note of what was told of subscriptions.
    fn heed(&mut self) {
        let now = self.now();
        for (id, event) in self.told.lifecycle() {
            let one = self.subscriptions.iter_mut().find(|one| one.id.as_deref() == Some(&id));
            match (event, one) {
                (Lifecycle::Reauthorize, Some(one)) => one.due = now,
                (Lifecycle::Removed, Some(one)) => (one.id, one.due) = (None, now),
                (Lifecycle::Missed, _) => self.behind = true,
                (_, None) => {}
            }
        }
    }

    /// Makes and renews subscriptions.
    async fn subscribe(&mut self) -> bool {
        for at in 0..self.subscriptions.len() {
            let now = self.now();
            if self.subscriptions[at].due > now {
                continue;
            }
            // By the clock that the twin goes by.
            let expires = wall::DRILL + now.since(Moment::ZERO) + LIFETIME;
            if let Some(id) = self.subscriptions[at].id.take() {
                // A subscription holds no longer than the token that it was renewed with.
                self.receiver.client.forget_token().await;
                let renew = |token: &str| Some(subscription::renew_request(token, &id, expires));
                let Some((status, _)) = self.ask(renew).await else {
                    self.subscriptions[at].id = Some(id);
                    return false;
                };
                if status.is_success() {
                    (self.subscriptions[at].id, self.subscriptions[at].due) = (Some(id), now + RENEWED);
                    continue;
                }
            }
            let wish = Wish {
                changes: "created".into(),
                url: self.url.clone(),
                lifecycle_url: Some(self.url.clone()),
                resource: self.subscriptions[at].resource.clone(),
                expires,
                state: Some(self.told.secret().to_owned()),
            };
            let subscribe = |token: &str| Some(subscription::subscribe_request(token, &wish));
            let Some((status, body)) = self.ask(subscribe).await else { return false };
            let Ok(id) = subscription::subscribed(status, &body) else { return false };
            (self.subscriptions[at].id, self.subscriptions[at].due) = (Some(id), now + RENEWED);
            self.behind = true;
        }
        true
    }

    /// Lists what nobody has told it of.
    async fn catch_up(&mut self) -> bool {
        if !self.behind {
            return true;
        }
        for at in 0..self.rooms.len() {
            let mut older: Option<String> = None;
            let mut found = Vec::new();
            loop {
                let (room, from) = (&self.rooms[at], older.as_deref());
                let list = |token: &str| Some(message::list_request(token, room, from));
                let Some((status, body)) = self.ask(list).await else { return false };
                let Listed { messages, older: next } = match message::listed(status, &body) {
                    Ok(listed) => listed,
                    // A conversation that there is not yet.
                    Err(_) if status == StatusCode::NOT_FOUND => break,
                    Err(_) => return false,
                };
                let before = found.len();
                found.extend(messages.into_iter().filter(|one| !self.taken.has(&one.id)));
                older = next;
                if older.is_none() || found.len() == before {
                    break;
                }
            }
            for one in found.into_iter().rev() {
                self.listed.insert(&one.id);
                self.take(&one);
            }
        }
        self.behind = false;
        true
    }

    /// Fetches what it was told of.
    async fn fetch(&mut self) -> bool {
        while let Some(resource) = self.told.first() {
            let fetch = |token: &str| Some(message::fetch_request(token, &resource));
            let Some((status, body)) = self.ask(fetch).await else { return false };
            match message::fetched(status, &body) {
                // Told of what it has from a list.
                Ok(message) if self.listed.remove(&message.id) => {}
                Ok(message) => self.take(&message),
                // Taken back meanwhile.
                Err(_) if status == StatusCode::NOT_FOUND => {}
                Err(_) => return false,
            }
            self.told.done();
        }
        true
    }

    fn take(&mut self, message: &Fetched) {
        // One is told of what one said oneself, too.
        if message.sender.as_deref() != Some(&self.receiver.client.identity().user) {
            self.receiver.take(&message.text);
        }
        self.taken.insert(&message.id);
    }

    async fn ask(&self, request: impl Fn(&str) -> Option<Request<Body>>) -> Option<(StatusCode, hyper::body::Bytes)> {
        self.receiver.client.ask(request, self.now() + RECEIVER_PATIENCE).await
    }
}

/// The conversations from which a recipient's messages come, as paths, each with what is sent there.
fn rooms(stage: &Stage, (account, endpoint): Whom) -> Vec<(Capability, String)> {
    let plan = &stage.scene.plan;
    let users = &stage.users[endpoint.index()];
    let mut rooms = BTreeSet::new();
    for journey in plan.journeys.iter().filter(|journey| comes_by(plan, journey, endpoint)) {
        if !plan.recipients(journey).has(account) {
            continue;
        }
        for sender in plan.senders(journey).iter().filter(|sender| *sender != account) {
            let others = plan.others(journey, sender);
            let to: Vec<&str> = match journey.to {
                Recipients::One(_) => vec![&users[account.index()]],
                Recipients::All(_) => others.iter().map(|member| users[member.index()].as_str()).collect(),
            };
            rooms.insert((journey.send, room(journey.send, &users[sender.index()], &to)));
        }
    }
    rooms.into_iter().collect()
}

fn comes_by(plan: &Plan, journey: &crate::plan::Journey, endpoint: EndpointId) -> bool {
    let comes = |route: &crate::plan::Route| plan.arrivals(route.endpoint).contains(&endpoint);
    plan.has_receipts(journey, endpoint) && journey.routes.iter().any(comes)
}
