//! A recipient's app at one endpoint: it stays connected, and writes down what it receives.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

use super::client::open_inbox;
use super::{Stage, route_of};
use crate::journal::{Receipt, Record};
use crate::limits::{RECEIVER_BACKOFF, RECEIVER_BACKOFF_MOST, RECEIVER_BACKOFF_PART};
use crate::plan::message;
use crate::units::{AccountId, EndpointId, MessageId, Span};
use crate::vendor::{self, Frame};
use crate::world;

/// The messages that a recipient has seen, at whatever endpoint: his own de-duplication.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<BTreeSet<MessageId>>>);

impl Seen {
    /// Whether this is the first time.
    fn first(&self, id: MessageId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id)
    }
}

/// Receives for ever: connects, reads, and connects again when that ends.
pub(super) async fn run(stage: Arc<Stage>, account: AccountId, endpoint: EndpointId, seen: Seen) {
    let user = &stage.users[endpoint.index()][account.index()];
    let Some(entrance) = stage.entrance(account, endpoint) else { return };
    let mut last = 0;
    let clock = &stage.scene.world.clock;
    let mut off_since = clock.now();
    loop {
        let request = vendor::inbox_request(user, last, &generate_key());
        if let Some((upgraded, _connection)) = open_inbox(&stage.scene, (account, endpoint), entrance, request).await {
            listen(&stage, (account, endpoint), &seen, upgraded, &mut last).await;
            off_since = clock.now();
        }
        clock.sleep(backoff(clock.now().since(off_since))).await;
    }
}

/// How long to wait before the next try, after so long without a connection: a fault of days is not asked after four times a second, and
/// after a short one nobody is late by more than an eighth of it.
fn backoff(off: Span) -> Span {
    Span::from_nanos(off.nanos() / RECEIVER_BACKOFF_PART).clamp(RECEIVER_BACKOFF, RECEIVER_BACKOFF_MOST)
}

/// Reads until the connection ends.
async fn listen(
    stage: &Stage,
    (account, endpoint): (AccountId, EndpointId),
    seen: &Seen,
    upgraded: hyper::upgrade::Upgraded,
    last: &mut u64,
) {
    let Some(mut socket) = world::websocket(upgraded, Role::Client).await else { return };
    while let Some(Ok(received)) = socket.next().await {
        if let Message::Text(json) = received {
            take(stage, account, endpoint, seen, &json, last);
        }
    }
}

/// Writes down what came, if it is a message of this drill.
fn take(stage: &Stage, account: AccountId, endpoint: EndpointId, seen: &Seen, json: &str, last: &mut u64) {
    let Ok(frame) = serde_json::from_str::<Frame<'_>>(json) else { return };
    *last = frame.seq;
    let Some(id) = message::id(&frame.text) else { return };
    let Some(route) = route_of(&stage.scene, id.journey, endpoint) else { return };
    stage.scene.journal.append(Record::Receipt(Receipt {
        message: id,
        recipient: account,
        route,
        at: stage.scene.world.clock.now(),
        fresh: seen.first(id),
        intact: message::text(&stage.scene.plan, id).as_deref() == Some(&*frame.text),
    }));
}
