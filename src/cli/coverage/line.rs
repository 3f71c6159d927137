//! A connection to the endpoint that is asked, kept from one request to the next.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};

use super::place::Place;
use crate::limits::{BODY_BYTES, PROBE_PATIENCE};
use crate::vendor::Body;
use crate::world::World;
use crate::world::tls::Connector;

/// A connection, made anew when it has ended.
pub(super) struct Line<'a> {
    world: &'a World,
    place: &'a Place,
    /// By which TLS is spoken, if the place wants it.
    tls: Option<&'a Connector>,
    addresses: Vec<SocketAddr>,
    sender: Option<SendRequest<Body>>,
}

impl<'a> Line<'a> {
    /// Connects.
    ///
    /// # Errors
    /// If nobody can be reached there, or whoever listens does not prove that he is the one.
    pub(super) async fn open(world: &'a World, place: &'a Place, tls: Option<&'a Connector>) -> Result<Self, String> {
        let addresses = addresses(world, place).await?;
        let mut line = Self { world, place, tls, addresses, sender: None };
        line.connect().await.map_err(|why| format!("cannot reach {}: {why}", place.authority()))?;
        Ok(line)
    }

    /// Sends a request and reads its answer, which has to come within [`PROBE_PATIENCE`]. A request is not sent twice: whoever closes
    /// connections is asked over a new one next time.
    pub(super) async fn exchange(&mut self, request: Request<Body>) -> Result<(StatusCode, Bytes), String> {
        let clock = &self.world.clock;
        let exchanged = clock.timeout(clock.now() + PROBE_PATIENCE, self.try_exchange(request)).await;
        let answer = exchanged.unwrap_or_else(|_| Err(format!("no answer within {PROBE_PATIENCE}")));
        if answer.is_err() {
            self.sender = None;
        }
        answer
    }

    async fn try_exchange(&mut self, request: Request<Body>) -> Result<(StatusCode, Bytes), String> {
        let is_closed = match &mut self.sender {
            Some(sender) => sender.ready().await.is_err(),
            None => true,
        };
        if is_closed {
            self.connect().await?;
        }
        let Some(sender) = &mut self.sender else { return Err("no connection".to_owned()) };
        let broken = |why: hyper::Error| format!("no answer: {why}");
        let (head, body) = sender.send_request(request).await.map_err(broken)?.into_parts();
        let body = Limited::new(body, BODY_BYTES).collect().await.map_err(|why| format!("no whole answer: {why}"))?;
        Ok((head.status, body.to_bytes()))
    }

    /// Connects to the first of its addresses that can be reached.
    async fn connect(&mut self) -> Result<(), String> {
        let clock = &self.world.clock;
        let mut last = "the name has no address".to_owned();
        for address in &self.addresses {
            let reached = clock.timeout(clock.now() + PROBE_PATIENCE, self.reach(*address)).await;
            match reached.unwrap_or_else(|_| Err(format!("no connection within {PROBE_PATIENCE}"))) {
                Ok(sender) => {
                    self.sender = Some(sender);
                    return Ok(());
                }
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    async fn reach(&self, address: SocketAddr) -> Result<SendRequest<Body>, String> {
        let mut conn = self.world.net.connect(None, address).await.map_err(|why| why.to_string())?;
        if let Some(tls) = self.tls {
            conn = tls.connect(conn, self.place.host()).await.map_err(|why| {
                format!("no TLS: {why}; if an authority of your own vouches for it, name its certificate with --ca")
            })?;
        }
        let (sender, driving) = handshake(conn.into_io()).await.map_err(|why| why.to_string())?;
        tokio::spawn(async move {
            // Its end shows in the exchange that it breaks.
            let _ = driving.await;
        });
        Ok(sender)
    }
}

/// Where the place is. A name may lead anywhere: what was not allowed by name must be this machine.
async fn addresses(world: &World, place: &Place) -> Result<Vec<SocketAddr>, String> {
    let authority = place.authority();
    let found = match place.address() {
        Some(address) => vec![address],
        None => world.net.resolve(&authority).await.map_err(|error| format!("cannot find {authority}: {error}"))?,
    };
    let here = |address: &SocketAddr| address.ip().to_canonical().is_loopback();
    let usable: Vec<_> = found.into_iter().filter(|address| place.is_allowed() || here(address)).collect();
    if usable.is_empty() {
        return Err(format!("{authority} is not on this machine, whatever its name says"));
    }
    Ok(usable)
}
