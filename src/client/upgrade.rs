//! Connections that become another protocol's: inboxes, and WebSockets.

use hyper::upgrade::Upgraded;
use hyper::{Request, StatusCode};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Client, Failed};
use crate::control::Connection;
use crate::limits::RECEIVER_PATIENCE;
use crate::plan::EndpointKind;
use crate::vendor::{self, Body};
use crate::world::{self, Conn};

impl Client {
    /// Opens the account's inbox at a twin, from the frame after this one.
    pub async fn inbox(&self, after: u64) -> Option<(WebSocketStream<Conn>, Connection)> {
        if let EndpointKind::Smtp(_) = self.kind {
            return self.mail_inbox(after, self.now() + RECEIVER_PATIENCE).await;
        }
        let request = vendor::inbox_request(&self.identity.user, after, &generate_key());
        let (upgraded, connection) = self.upgrade(request).await?;
        Some((world::websocket(upgraded, Role::Client).await?, connection))
    }

    /// Opens a connection of its own that becomes another protocol's.
    pub async fn upgrade(&self, request: Request<Body>) -> Option<(Upgraded, Connection)> {
        let (upgraded, connection) = self.upgraded(request, &mut None).await.ok()?;
        Some((upgraded.ok()?, connection))
    }

    /// The same, or the status of the no to it. `number` becomes the connection's number, also if none is made but a fault is to blame.
    pub(super) async fn upgraded(
        &self,
        request: Request<Body>,
        number: &mut Option<u64>,
    ) -> Result<(Result<Upgraded, StatusCode>, Connection), Failed> {
        let entrance = self.entrance.ok_or(Failed("no door"))?;
        let (conn, connection) =
            self.scene.knock(self.caller, entrance, number).await.map_err(|_| Failed("connect"))?;
        let (mut sender, driving) =
            hyper::client::conn::http1::handshake(conn.into_io()).await.map_err(|_| Failed("connect"))?;
        tokio::spawn(async move {
            let _ = driving.with_upgrades().await;
        });
        let response = sender.send_request(request).await.map_err(|_| Failed("broken off"))?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Ok((Err(response.status()), connection));
        }
        let upgraded = hyper::upgrade::on(response).await.map_err(|_| Failed("broken off"))?;
        Ok((Ok(upgraded), connection))
    }
}
