//! Pushes of a service by scenario: a recipient holds a connection, and whatever the service sends on it that looks like a message is one.

use super::Receiver;
use crate::limits::RECEIVER_PATIENCE;
use crate::plan::EndpointKind;
use crate::vendor::http::Heard;
use crate::vendor::wire;
use crate::world::Messages;

/// A recipient who listens.
pub(in crate::traffic) struct Pushes {
    receiver: Receiver,
    /// The connection that stood before the drill began.
    open: Option<Messages>,
}

impl Pushes {
    pub(super) fn new(receiver: Receiver) -> Self {
        Self { receiver, open: None }
    }

    /// Connects before the drill begins: what a service sends while nobody listens it may keep for nobody.
    pub(super) async fn look(&mut self) {
        self.open = self.connect().await;
    }

    /// Receives for ever: connects, reads, and connects again when that ends.
    pub(super) async fn run(mut self) {
        let mut off_since = self.receiver.clock().now();
        loop {
            let open = match self.open.take() {
                Some(open) => Some(open),
                None => self.connect().await,
            };
            if let Some(mut messages) = open {
                while let Some(frame) = messages.next().await {
                    self.take(&frame);
                }
                off_since = self.receiver.clock().now();
            }
            self.receiver.pause(off_since).await;
        }
    }

    async fn connect(&self) -> Option<Messages> {
        let EndpointKind::Wire(wire) = self.receiver.client.kind() else { return None };
        let until = self.receiver.clock().now() + RECEIVER_PATIENCE;
        self.receiver.client.listening(wire, until).await
    }

    fn take(&self, frame: &str) {
        let EndpointKind::Wire(wire) = self.receiver.client.kind() else { return };
        match wire::heard(wire, frame) {
            Some(Heard::Text(text)) => self.receiver.take(&text),
            Some(Heard::Known(message)) => self.receiver.take_known(message),
            None => {}
        }
    }
}
