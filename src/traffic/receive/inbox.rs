//! The inbox of a twin: a connection that stands, and by which each message comes once.

use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::protocol::Message;

use super::Receiver;
use crate::vendor::Frame;

/// Receives for ever: connects, reads, and connects again when that ends. `tells` says whether what comes is a receipt: where the platform
/// is asked who has read a message, it is only read.
pub(super) async fn run(receiver: Receiver, tells: bool) {
    let mut last = 0;
    let mut off_since = receiver.clock().now();
    loop {
        if let Some((mut socket, _connection)) = receiver.client.inbox(last).await {
            while let Some(Ok(received)) = socket.next().await {
                if let Message::Text(json) = received
                    && let Ok(frame) = serde_json::from_str::<Frame<'_>>(&json)
                {
                    last = frame.seq;
                    if tells {
                        receiver.take(&frame.text);
                    }
                }
            }
            off_since = receiver.clock().now();
        }
        receiver.pause(off_since).await;
    }
}
