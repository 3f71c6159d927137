//! A user's inbox: frames over a WebSocket, from where the receiver stopped.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use hyper::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::http::request::Parts;
use hyper::upgrade::OnUpgrade;
use hyper::{Response, StatusCode};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

use super::mailbox::Mailbox;
use crate::vendor::{self, Body};
use crate::world::{self, Conn};

/// The answer that turns a connection into a WebSocket; `None` if the request is no WebSocket handshake.
pub(super) fn switching(head: &Parts) -> Option<Response<Body>> {
    let key = head.headers.get(SEC_WEBSOCKET_KEY)?;
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()?;
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    Some(response)
}

/// Pushes over the connection that becomes a WebSocket.
pub(super) async fn push_by(upgrade: OnUpgrade, mailbox: Arc<Mailbox>, after: u64) {
    let Ok(upgraded) = upgrade.await else { return };
    let Some(socket) = world::websocket(upgraded, Role::Server).await else { return };
    push(mailbox, socket, after).await;
}

/// Pushes every frame after number `after`, until the connection ends.
pub(super) async fn push(mailbox: Arc<Mailbox>, mut socket: WebSocketStream<Conn>, after: u64) {
    let mut after = after;
    loop {
        while let Some((seq, letter)) = mailbox.next(after) {
            if socket.feed(Message::text(vendor::frame(seq, &letter.text))).await.is_err() {
                return;
            }
            after = seq;
        }
        if socket.flush().await.is_err() {
            return;
        }
        tokio::select! {
            biased;
            () = mailbox.arrival(after) => {}
            heard = socket.next() => match heard {
                // Reading answers pings and closes; an inbox has nothing else to hear.
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}
