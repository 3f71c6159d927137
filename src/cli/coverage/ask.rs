//! Asking an endpoint for one function after another, slowly and without content.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Limited};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderValue};

use super::place::Place;
use crate::limits::{BODY_BYTES, PROBE_PATIENCE};
use crate::plan::EndpointKind;
use crate::units::{Moment, Rate};
use crate::vendor::Body;
use crate::vendor::catalogue::{self, Existence, Operation, Probe};
use crate::world::World;

/// Whom to ask, and how.
pub(super) struct Asking {
    pub(super) kind: EndpointKind,
    pub(super) place: Place,
    pub(super) token: Option<String>,
    /// At most so many requests.
    pub(super) rate: Rate,
}

/// What asking for one function gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// What the answer says.
    Told(Existence),
    /// It was not asked for, and why.
    Skipped(&'static str),
}

/// A connection that is kept, and when a request may next be sent.
struct Line {
    address: SocketAddr,
    sender: Option<SendRequest<Body>>,
    next: Moment,
}

impl Asking {
    /// Asks for all of them, in order.
    ///
    /// # Errors
    /// If the endpoint cannot be reached at all, or is on another machine than its name says.
    pub(super) async fn all(&self, world: &World, operations: &[&'static Operation]) -> Result<Vec<Found>, String> {
        let address = self.address(world).await?;
        let mut line = Line { address, sender: None, next: world.clock.now() };
        line.connect(world).await.map_err(|why| format!("cannot reach {}: {why}", self.place.authority))?;
        let mut found = Vec::with_capacity(operations.len());
        for operation in operations {
            let probe = catalogue::probe(self.kind, operation, &self.place.host, self.token.as_deref());
            found.push(match probe {
                Probe::Skip(why) => Found::Skipped(why),
                Probe::Ask(request) => Found::Told(self.one(world, &mut line, operation, *request).await),
            });
        }
        Ok(found)
    }

    /// A name may lead anywhere: what was not allowed by name must be this machine.
    async fn address(&self, world: &World) -> Result<SocketAddr, String> {
        let authority = &self.place.authority;
        let addresses = world.net.resolve(authority).await;
        let addresses = addresses.map_err(|error| format!("cannot find {authority}: {error}"))?;
        let here = |address: &SocketAddr| address.ip().to_canonical().is_loopback();
        let usable = addresses.into_iter().find(|address| self.place.allowed || here(address));
        usable.ok_or_else(|| format!("{authority} is not on this machine, whatever its name says"))
    }

    async fn one(
        &self,
        world: &World,
        line: &mut Line,
        operation: &Operation,
        mut request: Request<Body>,
    ) -> Existence {
        world.clock.until(line.next).await;
        line.next = world.clock.now() + self.rate.gap();
        // A host and a port are plain ASCII.
        if let Ok(host) = HeaderValue::from_str(&self.place.authority) {
            request.headers_mut().insert(HOST, host);
        }
        let until = world.clock.now() + PROBE_PATIENCE;
        let exchanged = world.clock.timeout(until, line.exchange(world, request)).await;
        let (status, body) = match exchanged {
            Ok(Ok(answer)) => answer,
            Ok(Err(why)) => {
                line.sender = None;
                return Existence::Unclear(why);
            }
            Err(_) => {
                line.sender = None;
                return Existence::Unclear(format!("no answer within {PROBE_PATIENCE}"));
            }
        };
        match catalogue::call(self.kind, operation) {
            Some(call) => catalogue::existence(self.kind, call, status, &body),
            None => Existence::Unclear("no call of this platform does it".to_owned()),
        }
    }
}

impl Line {
    async fn connect(&mut self, world: &World) -> Result<(), String> {
        let until = world.clock.now() + PROBE_PATIENCE;
        let conn = world.clock.timeout(until, world.net.connect(None, self.address)).await;
        let conn =
            conn.map_err(|_| format!("no connection within {PROBE_PATIENCE}"))?.map_err(|why| why.to_string())?;
        let (sender, driving) = handshake(conn.into_io()).await.map_err(|why| why.to_string())?;
        tokio::spawn(async move {
            // Its end shows in the exchange that it breaks.
            let _ = driving.await;
        });
        self.sender = Some(sender);
        Ok(())
    }

    /// Sends a request and reads its answer. A request is not sent twice: whoever closes connections is asked over a new one next time.
    async fn exchange(
        &mut self,
        world: &World,
        request: Request<Body>,
    ) -> Result<(hyper::StatusCode, bytes::Bytes), String> {
        let closed = match &mut self.sender {
            Some(sender) => sender.ready().await.is_err(),
            None => true,
        };
        if closed {
            self.connect(world).await?;
        }
        let Some(sender) = &mut self.sender else { return Err("no connection".to_owned()) };
        let broken = |why: hyper::Error| format!("no answer: {why}");
        let (head, body) = sender.send_request(request).await.map_err(broken)?.into_parts();
        let body = Limited::new(body, BODY_BYTES).collect().await.map_err(|why| format!("no whole answer: {why}"))?;
        Ok((head.status, body.to_bytes()))
    }
}
