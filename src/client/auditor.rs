//! An auditor's client: nobody's account, with an address and a token of its own.

use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use hyper::{Request, StatusCode};

use super::{Client, Failed, Pool, Progress, Sessions, answer};
use crate::control::{Caller, Scene};
use crate::plan::Audit;
use crate::units::{EndpointId, Moment};
use crate::vendor::{Body, Identity, gateway};

impl Client {
    /// A client of whoever reads a gateway's audit trail.
    pub fn auditor(scene: &Scene, gateway: EndpointId, audit: &Audit, entrance: Option<SocketAddr>) -> Self {
        let part = &scene.plan.endpoints[gateway.index()];
        let token = audit.token.as_deref().and_then(|name| scene.secrets.value(name));
        let own = gateway::auditor();
        let identity = Identity { key: token.map_or(own.key, str::to_owned), ..own };
        Self {
            kind: part.kind.clone(),
            host: part.url.as_ref().filter(|url| !url.is_here()).and_then(|url| url.host_header().parse().ok()),
            caller: Caller { account: None, address: audit.address, endpoint: gateway },
            identity,
            entrance,
            asks_later: false,
            pool: Pool::new(),
            sessions: Sessions::default(),
            talks: Pool::new(),
            logs_in: false,
            may_hold: None,
            token: tokio::sync::Mutex::default(),
            renews: AtomicBool::new(false),
            session: None,
            scene: scene.clone(),
        }
    }

    /// Asks for something, at most until `until`, and tells on which connection the answer came; `None` is no answer, for whatever reason.
    pub async fn hear(&self, request: Request<Body>, until: Moment) -> Option<(u64, StatusCode, Bytes)> {
        let asking = async {
            let mut line = self.line(&mut Progress::default()).await?;
            let number = line.connection.number;
            line.sender.ready().await.map_err(|_| Failed("closed"))?;
            line.exchanges += 1;
            let (status, body) = answer(line.sender.send_request(self.addressed(request)).await).await?;
            self.keep(line);
            Ok::<_, Failed>((number, status, body))
        };
        self.scene.world.clock.timeout(until, asking).await.ok()?.ok()
    }
}
