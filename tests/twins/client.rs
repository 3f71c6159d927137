//! A client of a twin, by hand.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use firedrill::units::Span;
use firedrill::vendor::Body;
use firedrill::world::{Conn, Tasks, World, websocket};
use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use hyper::client::conn::http1::SendRequest;
use hyper::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

/// An answer.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) head: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answered {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A connection to a twin.
pub(crate) struct Client {
    sender: SendRequest<Body>,
    tasks: Tasks,
}

impl Client {
    /// Connects from this address.
    pub(crate) async fn from(world: &World, address: [u8; 4], to: std::net::SocketAddr) -> Self {
        let from = IpAddr::V4(Ipv4Addr::from(address));
        let conn = world.net.connect(Some(from), to).await.expect("somebody listens");
        let (sender, driving) = hyper::client::conn::http1::handshake(conn.into_io()).await.expect("a handshake");
        let tasks = Tasks::new();
        tasks.spawn("client", async move { drop(driving.with_upgrades().await) });
        Self { sender, tasks }
    }

    pub(crate) async fn ask(&mut self, request: Request<Body>) -> Answered {
        self.sender.ready().await.expect("an open connection");
        let response = self.sender.send_request(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        Answered { status: parts.status.as_u16(), head: parts.headers, body }
    }

    /// Upgrades to a WebSocket; the answer if it was refused.
    pub(crate) async fn upgrade(mut self, request: Request<Body>) -> Result<Socket, StatusCode> {
        let response = self.sender.send_request(request).await.expect("an answer");
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(response.status());
        }
        let upgraded = hyper::upgrade::on(response).await.expect("an upgrade");
        let socket = websocket(upgraded, Role::Client).await.expect("a connection of this world");
        Ok(Socket { socket, _tasks: self.tasks })
    }
}

/// An open WebSocket.
pub(crate) struct Socket {
    socket: WebSocketStream<Conn>,
    _tasks: Tasks,
}

impl Socket {
    /// The next text; `None` when the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    /// Whether nothing comes for so long.
    pub(crate) async fn is_silent(&mut self, world: &World, span: Span) -> bool {
        world.clock.timeout(world.clock.now() + span, self.next()).await.is_err()
    }

    pub(crate) async fn say(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.expect("an open connection");
    }
}
