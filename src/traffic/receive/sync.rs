//! Matrix's `/sync`: a recipient's program asks what is new, and is answered as soon as there is something.

use super::Receiver;
use crate::limits::{RECEIVER_PATIENCE, SYNC_PAGES};
use crate::units::{Moment, Span};
use crate::vendor::matrix::{self, Page, Said, Synced};

/// A recipient who asks.
pub(in crate::traffic) struct Syncs {
    receiver: Receiver,
    /// What the last answer said that the next question is to name; empty before the first.
    since: String,
    /// Whether somebody was told that not everything is read.
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
        let Synced { next, rooms } = matrix::synced(&client.identity().user, status, &body).ok()?;
        let mut texts = Vec::new();
        for Said { room, texts: listed, before } in rooms {
            // What is there at the first look is cut anyway.
            if let Some(before) = before.filter(|_| !self.since.is_empty()) {
                // What cannot be read now is asked for again, from where this question began.
                texts.extend(self.left_out(&room, before).await?);
            }
            texts.extend(listed);
        }
        self.since = next;
        Some(texts)
    }

    /// What came into a room after the last answer, up to what this one lists; `None` if there is no answer.
    async fn left_out(&mut self, room: &str, before: String) -> Option<Vec<String>> {
        let (mut found, mut from) = (Vec::new(), Some(before));
        for _ in 0..SYNC_PAGES {
            let Some(at) = from.take() else { break };
            let client = &self.receiver.client;
            let request = |token: &str| Some(matrix::messages_request(token, room, &at, &self.since));
            let (status, body) = client.ask(request, self.receiver.clock().now() + RECEIVER_PATIENCE).await?;
            let Page { texts, end } = matrix::page(&client.identity().user, status, &body).ok()?;
            found.extend(texts);
            from = end.filter(|end| *end != at);
        }
        if from.is_some() && !std::mem::replace(&mut self.told_of_cut, true) {
            tracing::warn!("more came into {room} at once than is read back: receipts are missing");
        }
        found.reverse();
        Some(found)
    }
}
