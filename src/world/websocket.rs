//! WebSockets over upgraded connections.

use hyper::upgrade::Upgraded;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::{Conn, Io};
use crate::limits::WEBSOCKET_BUFFER;

/// An upgraded connection without hyper around it, and what hyper had already read from it; `None` if it is not one of this world's.
pub fn bare(upgraded: Upgraded) -> Option<(Conn, bytes::Bytes)> {
    let parts = upgraded.downcast::<Io<Conn>>().ok()?;
    Some((parts.io.into_inner(), parts.read_buf))
}

/// A WebSocket on an upgraded connection; `None` if that is not one of this world's.
pub async fn websocket(upgraded: Upgraded, role: Role) -> Option<WebSocketStream<Conn>> {
    let (conn, read) = bare(upgraded)?;
    Some(websocket_on(conn, read.into(), role).await)
}

/// A WebSocket on a connection of which the handshake is over, and of which so much was read already.
pub async fn websocket_on(conn: Conn, read: Vec<u8>, role: Role) -> WebSocketStream<Conn> {
    // tungstenite clears as much as it may read, each time it reads.
    let config = WebSocketConfig::default().read_buffer_size(WEBSOCKET_BUFFER).write_buffer_size(WEBSOCKET_BUFFER);
    WebSocketStream::from_partially_read(conn, read, role, Some(config)).await
}
