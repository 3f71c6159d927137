//! The HTTP half of the path: one exchange after another on a client's connection, continued on one connection to the endpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use tokio::sync::Mutex;

use super::fate::{Ending, Stage};
use super::leg::{About, Leg, Passage};
use super::pump;
use crate::limits::{BODY_BYTES, HEAD_TIMEOUT};
use crate::plan::{Capability, EndpointKind};
use crate::vendor;
use crate::world::{self, Conn, Tasks};

type Body = Full<Bytes>;

/// The connection to the endpoint, once there is one.
type Upstream = Mutex<Option<SendRequest<Body>>>;

/// Why a connection is broken off: the client sees the end of the stream instead of an answer.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the endpoint cannot be reached: {0}")]
    Unreachable(#[from] std::io::Error),
    #[error("the endpoint broke off: {0}")]
    Upstream(#[from] hyper::Error),
    #[error("the body is broken or larger than the path reads as a whole: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    #[error("a fault closed the connection")]
    Closed,
}

/// Serves a client's connection until it ends.
pub(super) async fn serve(leg: Arc<Leg>, tasks: Tasks, conn: Conn) {
    let exchanges = AtomicU32::new(0);
    let upstream = Upstream::new(None);
    let service = service_fn(|request| {
        let exchange = exchanges.fetch_add(1, Ordering::Relaxed) + 1;
        answer(&leg, &tasks, &upstream, exchange, request)
    });
    let clock = &leg.shared.at.world.clock;
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(clock.hyper())
        .header_read_timeout(std::time::Duration::from(HEAD_TIMEOUT))
        .auto_date_header(false)
        .preserve_header_case(leg.keeps_case())
        .serve_connection(conn.into_io(), service)
        .with_upgrades();
    if let Err(error) = serving.await {
        tracing::debug!(connection = leg.number(), %error, "a connection of the path ended");
    }
}

/// One exchange: gate, endpoint, gate.
async fn answer(
    leg: &Arc<Leg>,
    tasks: &Tasks,
    upstream: &Upstream,
    exchange: u32,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Broken> {
    let upgrade = hyper::upgrade::on(&mut request);
    let (head, body) = request.into_parts();
    let Some(kind) = leg.to.kind else { return Err(Broken::Closed) };
    let about = about(leg, kind, &head, exchange);
    let body = whole(body).await?;
    // The handshake is waited for here, where hyper notices a client that has given up meanwhile: one that is held by a partition would
    // otherwise keep its descriptor until the lift.
    if exchange == 1 && !leg.handshake().await {
        return Err(Broken::Closed);
    }
    if let Some(no) = gate(leg, Stage::Request, about, kind).await? {
        // The no comes from where the endpoint is: the answer takes its way back.
        gate(leg, Stage::Answer, about, kind).await?;
        return Ok(no);
    }
    let login = (about.capability == Some(Capability::Login)).then(|| body.clone());
    let mut response = forward(leg, tasks, upstream, head, body).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let far = hyper::upgrade::on(&mut response);
        tasks.spawn("upgraded connection", upgraded(Arc::clone(leg), about, upgrade, far));
        gate(leg, Stage::Answer, about, kind).await?;
        return Ok(Response::from_parts(response.into_parts().0, Body::default()));
    }
    let (mut head, body) = response.into_parts();
    let body = whole(body).await?;
    if let Some(login) = login {
        let mut known = leg.shared.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.learn_login(leg.to.endpoint, kind, &login, head.status, &body);
    }
    gate(leg, Stage::Answer, about, kind).await?;
    head.headers.remove(TRANSFER_ENCODING);
    Ok(Response::from_parts(head, Body::new(body)))
}

/// Who and what an exchange is about.
fn about(leg: &Leg, kind: EndpointKind, head: &Parts, exchange: u32) -> About {
    let account = vendor::credential(kind, head).and_then(|credential| {
        let known = leg.shared.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.account(leg.to.endpoint, credential)
    });
    About { exchange, account, capability: Some(vendor::capability(kind, head)) }
}

/// Passes the gate; `Some` if the answer is a no.
async fn gate(leg: &Leg, stage: Stage, about: About, kind: EndpointKind) -> Result<Option<Response<Body>>, Broken> {
    match leg.pass(stage, about, u64::from(about.exchange)).await {
        Passage::On(_) => Ok(None),
        Passage::End(Ending::Refuse(refusal)) => {
            let number = leg.number() << 20 | u64::from(about.exchange);
            Ok(Some(vendor::refusal(kind, &refusal, number)))
        }
        Passage::End(_) => Err(Broken::Closed),
    }
}

async fn whole(body: Incoming) -> Result<Bytes, Broken> {
    Limited::new(body, BODY_BYTES).collect().await.map(http_body_util::Collected::to_bytes).map_err(Broken::Body)
}

/// Sends the request on, over the connection that belongs to this client's.
async fn forward(
    leg: &Arc<Leg>,
    tasks: &Tasks,
    upstream: &Upstream,
    mut head: Parts,
    body: Bytes,
) -> Result<Response<Incoming>, Broken> {
    // The body goes on as a whole, so its length is known.
    head.headers.remove(TRANSFER_ENCODING);
    if !body.is_empty() || head.headers.contains_key(CONTENT_LENGTH) {
        head.headers.insert(CONTENT_LENGTH, body.len().into());
    }
    let mut slot = upstream.lock().await;
    if slot.as_ref().is_none_or(SendRequest::is_closed) {
        *slot = Some(connect(leg, tasks).await?);
    }
    let Some(sender) = slot.as_mut() else { return Err(Broken::Closed) };
    sender.ready().await?;
    Ok(sender.send_request(Request::from_parts(head, Body::new(body))).await?)
}

async fn connect(leg: &Arc<Leg>, tasks: &Tasks) -> Result<SendRequest<Body>, Broken> {
    let conn = leg.dial().await?;
    let (sender, driving) = hyper::client::conn::http1::Builder::new()
        .preserve_header_case(leg.keeps_case())
        .handshake(conn.into_io())
        .await?;
    tasks.spawn("upstream connection", async move {
        if let Err(error) = driving.with_upgrades().await {
            tracing::debug!(%error, "a connection of the path to an endpoint ended");
        }
    });
    Ok(sender)
}

/// After an upgrade the connection is a byte stream, which still belongs to whoever opened it.
async fn upgraded(leg: Arc<Leg>, about: About, near: hyper::upgrade::OnUpgrade, far: hyper::upgrade::OnUpgrade) {
    let about = About { exchange: 0, ..about };
    match futures_util::future::try_join(near, far).await {
        Ok((near, far)) => {
            if let (Some(near), Some(far)) = (world::bare(near), world::bare(far)) {
                pump::run(&leg, about, near, far).await;
            }
        }
        Err(error) => tracing::debug!(connection = leg.number(), %error, "an upgrade did not happen"),
    }
}
