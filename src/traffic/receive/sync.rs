//! Matrix's `/sync`: a recipient's program asks what is new, and is answered as soon as there is something.

use super::Receiver;
use crate::limits::RECEIVER_PATIENCE;
use crate::units::{Moment, Span};
use crate::vendor::matrix::{self, Synced};

/// A recipient who asks.
pub(in crate::traffic) struct Syncs {
    receiver: Receiver,
    /// What the last answer said that the next question is to name; empty before the first.
    since: String,
    /// Whether somebody was told that not everything is listed.
    told_of_cut: bool,
}

impl Syncs {
    pub(super) fn new(receiver: Receiver) -> Self {
        Self { receiver, since: String::new(), told_of_cut: false }
    }

    /// Looks at what was there before the drill began. If there is no answer, nothing was.
    pub(super) async fn look(&mut self) {
        let _ = self.ask().await;
    }

    /// Asks for ever. It does not ask too often after a homeserver that does not answer.
    pub(super) async fn run(mut self) {
        let mut silent_since: Option<Moment> = None;
        loop {
            let Some(texts) = self.ask().await else {
                let since = *silent_since.get_or_insert(self.receiver.clock().now());
                self.receiver.pause(since).await;
                continue;
            };
            silent_since = None;
            for text in &texts {
                self.receiver.take(text);
            }
        }
    }

    /// The texts that have come since the last answer; `None` if there is no answer.
    async fn ask(&mut self) -> Option<Vec<String>> {
        let client = &self.receiver.client;
        let hold = if self.since.is_empty() { Span::ZERO } else { matrix::HOLD };
        let until = self.receiver.clock().now() + hold + RECEIVER_PATIENCE;
        let request = |token: &str| Some(matrix::sync_request(token, &self.since, hold));
        let (status, body) = client.ask(request, until).await?;
        let Synced { next, texts, cut } = matrix::synced(&client.identity().user, status, &body).ok()?;
        // What is there at the first look is cut anyway.
        if let Some(room) = cut.first().filter(|_| !self.since.is_empty() && !self.told_of_cut) {
            tracing::warn!("more came into {room} at once than the homeserver lists: receipts are missing");
            self.told_of_cut = true;
        }
        self.since = next;
        Some(texts)
    }
}
