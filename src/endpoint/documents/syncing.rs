//! How a store tells others what has changed: now and then, over a connection of its own through the path, from its own region.

use std::net::{IpAddr, SocketAddr};

use http_body_util::{BodyExt, Limited};
use hyper::StatusCode;

use super::News;
use crate::control::{Caller, Scene};
use crate::endpoint::platform::Platform;
use crate::journal::{Ending, Record, Shared, Synced};
use crate::limits::{BODY_BYTES, SYNC_PATIENCE};
use crate::plan::{Endpoint, EndpointKind, Peer};
use crate::units::{EndpointId, Moment, RegionId, Span};
use crate::vendor::documents::{refused, sync_request};
use crate::vendor::{self, Identity};

/// What a store tells others with.
pub(in crate::endpoint) struct Syncing {
    scene: Scene,
    id: EndpointId,
    region: RegionId,
    /// From where it calls.
    address: Option<IpAddr>,
    identity: Identity,
    peers: Vec<Peer>,
}

/// How one try went.
struct Came {
    connection: Option<u64>,
    /// Whether the request was handed to a connection.
    handed: bool,
    status: Option<StatusCode>,
    /// The documents that there was no room for; `None` if nobody knows what was taken.
    refused: Option<Vec<String>>,
}

impl Syncing {
    /// `None` if the endpoint tells nobody.
    pub(in crate::endpoint) fn new(scene: &Scene, id: EndpointId, endpoint: &Endpoint) -> Option<Self> {
        let EndpointKind::Documents(documents) = &endpoint.kind else { return None };
        (!documents.peers.is_empty()).then(|| Self {
            scene: scene.clone(),
            id,
            region: endpoint.region,
            address: scene.plan.regions[endpoint.region.index()].last_address(),
            identity: vendor::identity(&endpoint.kind, &endpoint.name),
            peers: documents.peers.clone(),
        })
    }

    /// From where it calls whom.
    pub(in crate::endpoint) fn calls(&self) -> impl Iterator<Item = (RegionId, EndpointId)> {
        self.peers.iter().map(|peer| (self.region, peer.to))
    }

    /// Whether somebody has not heard yet of all that has changed.
    pub(in crate::endpoint) fn has_news(&self, platform: &Platform) -> bool {
        self.peers.iter().any(|peer| platform.has_news_for(&self.scene.plan.endpoints[peer.to.index()].name))
    }

    /// Tells another store by this door what has changed, for ever. What cannot be told is told the next time.
    pub(in crate::endpoint) async fn run(&self, platform: &Platform, to: EndpointId, door: SocketAddr) {
        let Some(every) = self.peers.iter().find(|peer| peer.to == to).map(|peer| peer.every) else { return };
        let clock = &self.scene.world.clock;
        let name = &self.scene.plan.endpoints[to.index()].name;
        let mut next = Moment::ZERO + every;
        loop {
            clock.until(next).await;
            if let Some(news) = platform.news_for(name) {
                let sent = clock.now();
                let came = self.tell(&news, (to, door), every.min(SYNC_PATIENCE)).await;
                if let Some(refused) = &came.refused {
                    platform.heard(name, &news, refused);
                }
                self.write(to, news, sent, &came);
            }
            next = (next + every).max(clock.now());
        }
    }

    async fn tell(&self, news: &News, way: (EndpointId, SocketAddr), patience: Span) -> Came {
        let clock = &self.scene.world.clock;
        let mut came = Came { connection: None, handed: false, status: None, refused: None };
        // Whatever it has come to by then, it has come to.
        let _ = clock.timeout(clock.now() + patience, self.exchange(news, way, &mut came)).await;
        came
    }

    /// `None` if it ended before there was a whole answer.
    async fn exchange(&self, news: &News, (to, door): (EndpointId, SocketAddr), came: &mut Came) -> Option<()> {
        let caller = Caller { account: None, address: self.address?, endpoint: to };
        // Held while it is in use: the path gives the same connection the same number.
        let (conn, _connection) = self.scene.knock(caller, door, &mut came.connection).await.ok()?;
        let (mut sender, driving) = hyper::client::conn::http1::handshake(conn.into_io()).await.ok()?;
        tokio::spawn(async move {
            // Its end shows in the exchange.
            let _ = driving.await;
        });
        came.handed = true;
        let answered = sender.send_request(sync_request(&self.identity, &news.changes)).await.ok()?;
        let (head, body) = answered.into_parts();
        let body = Limited::new(body, BODY_BYTES).collect().await.ok()?.to_bytes();
        came.status = Some(head.status);
        came.refused = refused(head.status, &body);
        Some(())
    }

    fn write(&self, to: EndpointId, news: News, sent: Moment, came: &Came) {
        let ending = match (came.handed, came.status) {
            (false, _) => Ending::NotSent,
            (true, None) => Ending::Unanswered,
            (true, Some(status)) if status.is_success() => Ending::Acknowledged,
            (true, Some(_)) => Ending::Refused,
        };
        self.scene.journal.append(Record::Shared(Shared::Synced(Synced {
            from: self.id,
            to,
            connection: came.connection,
            sent,
            done: self.scene.world.clock.now(),
            ending,
            status: came.status.map_or(0, |status| status.as_u16()),
            messages: news.messages,
        })));
    }
}
