//! Stream mode, as an application of DingTalk's receives: it asks for a ticket, connects with it, and acknowledges what is pushed.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

use super::Receiver;
use crate::limits::RECEIVER_PATIENCE;
use crate::plan::EndpointKind;
use crate::vendor::dingtalk::stream::{self, What};
use crate::world::{self, Conn};

/// Receives for ever: connects, reads, and connects again when that ends.
pub(super) async fn run(receiver: Receiver) {
    let mut off_since = receiver.clock().now();
    loop {
        if let Some(mut socket) = connect(&receiver).await {
            if listen(&receiver, &mut socket).await {
                // It was told to come back, and does at once.
                off_since = receiver.clock().now();
                continue;
            }
            off_since = receiver.clock().now();
        }
        receiver.pause(off_since).await;
    }
}

async fn connect(receiver: &Receiver) -> Option<WebSocketStream<Conn>> {
    let EndpointKind::Dingtalk(edition) = receiver.client.kind() else { return None };
    let request = stream::open_request(*edition, receiver.client.identity());
    let until = receiver.clock().now() + RECEIVER_PATIENCE;
    let (status, body) = receiver.client.say(request, until).await?;
    let opening = stream::opening(status, &body).ok()?;
    if !receiver.is_reached_as(opening.authority()?) {
        return None;
    }
    let request = opening.request(&generate_key())?;
    let (upgraded, _connection) = receiver.client.upgrade(request).await?;
    world::websocket(upgraded, Role::Client).await
}

/// Reads until the connection ends; `true` if the platform said that it would.
async fn listen(receiver: &Receiver, socket: &mut WebSocketStream<Conn>) -> bool {
    while let Some(Ok(received)) = socket.next().await {
        let Message::Text(frame) = received else { continue };
        let Some(pushed) = stream::pushed(&frame) else { continue };
        match &pushed.what {
            What::Message(text) => receiver.take(text),
            What::Disconnect => {
                // Whether the farewell arrives is no matter.
                let _ = socket.close(None).await;
                return true;
            }
            What::Ping(_) | What::Other => {}
        }
        if socket.send(Message::text(pushed.acknowledgement())).await.is_err() {
            break;
        }
    }
    false
}
