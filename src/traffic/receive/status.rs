//! Read status: the sender asks the platform who has read what it has taken.

use std::sync::Arc;

use super::{backoff, receipt};
use crate::client::Client;
use crate::limits::RECEIVER_PATIENCE;
use crate::plan::{Capability, Receipts};
use crate::traffic::Stage;
use crate::units::{AccountId, EndpointId, MessageId};
use crate::vendor::{self, Outgoing};

/// A message that a platform has taken.
pub(in crate::traffic) struct Sent {
    /// By what the platform knows it.
    pub(in crate::traffic) known_as: String,
    pub(in crate::traffic) endpoint: EndpointId,
    pub(in crate::traffic) capability: Capability,
    pub(in crate::traffic) message: MessageId,
    /// Those to whom it was sent.
    pub(in crate::traffic) to: Vec<AccountId>,
    /// Those of whom nobody has to hear any more: the platform declined them.
    pub(in crate::traffic) declined: Vec<AccountId>,
}

/// Asks until everybody has read it. It does not ask too often after those who never do: nobody is seen to have read later than an eighth of
/// the time that he took, if that is longer than the time between two questions.
pub(in crate::traffic) fn watch(stage: &Arc<Stage>, client: &Arc<Client>, sent: Sent) {
    let endpoint = &stage.scene.plan.endpoints[sent.endpoint.index()];
    let Receipts::ReadStatus { every } = endpoint.receipts else { return };
    let (stage, client) = (Arc::clone(stage), Arc::clone(client));
    let tasks = stage.receiving.clone();
    tasks.spawn("read status", async move {
        let clock = stage.scene.world.clock.clone();
        let taken = clock.now();
        let mut unread: Vec<_> = sent.to.iter().copied().filter(|one| !sent.declined.contains(one)).collect();
        while !unread.is_empty() {
            clock.sleep(every.max(backoff(clock.now().since(taken)))).await;
            let Some(readers) = readers(&stage, &client, &sent).await else { continue };
            let users = &stage.users[sent.endpoint.index()];
            let (read, rest) = unread.into_iter().partition(|one: &AccountId| readers.contains(&users[one.index()]));
            unread = rest;
            for one in read {
                // What it said to him nobody tells: that it was changed on the way cannot be seen.
                receipt(&stage, (one, sent.endpoint), sent.message, true);
            }
        }
    });
}

async fn readers(stage: &Stage, client: &Client, sent: &Sent) -> Option<Vec<String>> {
    let users = &stage.users[sent.endpoint.index()];
    let recipients: Vec<&str> = sent.to.iter().map(|one| users[one.index()].as_str()).collect();
    let (capability, from, once) = (sent.capability, client.identity(), sent.message);
    let request = |token: &str| {
        let (recipients, text, class, at) = (recipients.as_slice(), "", None, crate::units::Span::ZERO);
        let message = Outgoing { capability, from, token, recipients, class, text, once, at };
        vendor::status_request(client.kind(), &message, &sent.known_as)
    };
    let until = stage.scene.world.clock.now() + RECEIVER_PATIENCE;
    let (status, body) = client.ask(request, until).await?;
    vendor::readers(client.kind(), status, &body).ok()
}
