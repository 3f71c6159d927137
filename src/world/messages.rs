//! Messages on a connection that stands: the frames of a WebSocket, or of a framing on bare TCP.

use std::io::{Error, ErrorKind};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Message;

use super::Conn;
use crate::limits::BODY_BYTES;
use crate::plan::Framing;

/// A connection of messages, which are texts.
pub struct Messages(Carrier);

enum Carrier {
    Socket(Box<WebSocketStream<Conn>>),
    Framed { conn: Conn, read: Vec<u8>, framing: Framing },
}

impl Messages {
    /// Those of a WebSocket.
    pub fn socket(socket: WebSocketStream<Conn>) -> Self {
        Self(Carrier::Socket(Box::new(socket)))
    }

    /// Those of a framing.
    pub fn framed(conn: Conn, framing: Framing) -> Self {
        Self(Carrier::Framed { conn, read: Vec::new(), framing })
    }

    /// The next message; `None` when the connection has ended, or something has come that is none. It may be given up and asked again:
    /// nothing is lost.
    pub async fn next(&mut self) -> Option<String> {
        match &mut self.0 {
            Carrier::Socket(socket) => loop {
                match socket.next().await?.ok()? {
                    Message::Text(text) => return Some(text.as_str().to_owned()),
                    Message::Binary(bytes) => return String::from_utf8(bytes.into()).ok(),
                    // Reading answers pings and closes.
                    Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
                }
            },
            Carrier::Framed { conn, read, framing } => loop {
                if let Some(cut) = framing.cut(read, BODY_BYTES).ok()? {
                    let frame = String::from_utf8(read[cut.frame].to_vec()).ok();
                    read.drain(..cut.taken);
                    return frame;
                }
                if conn.read_buf(read).await.ok()? == 0 {
                    return None;
                }
            },
        }
    }

    /// Says something.
    ///
    /// # Errors
    /// If the connection has ended, or if it is longer than its framing can say.
    pub async fn say(&mut self, text: String) -> Result<(), Error> {
        match &mut self.0 {
            Carrier::Socket(socket) => socket.send(Message::text(text)).await.map_err(Error::other),
            Carrier::Framed { conn, framing, .. } => {
                let bytes = framing.write(&text).map_err(|wrong| Error::new(ErrorKind::InvalidInput, wrong))?;
                conn.write_all(&bytes).await
            }
        }
    }
}
