//! A platform's twin: takes messages over HTTP, pushes receipts over WebSocket.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use firedrill::world::{Io, Tasks, World};
use futures_util::SinkExt;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

/// Whom to push to, by account.
type Streams = Arc<Mutex<BTreeMap<u32, UnboundedSender<String>>>>;

/// The default buffers are 128 KiB a socket, which is a lot of memory to clear for four hundred of them.
pub(crate) fn small() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(4 * 1024)
}

/// Listens at `address` until the world ends.
pub(crate) async fn start(world: &World, tasks: &Tasks, address: SocketAddr) {
    let listener = world.net.bind(address).await.expect("a free address");
    let (world, set, streams) = (world.clone(), tasks.clone(), Streams::default());
    tasks.spawn("twin", async move {
        while let Ok((conn, _)) = listener.accept().await {
            let (tasks, streams) = (set.clone(), streams.clone());
            let service = service_fn(move |request| answer(request, tasks.clone(), streams.clone()));
            let server = hyper::server::conn::http1::Builder::new()
                .timer(world.clock.hyper())
                .auto_date_header(false)
                .serve_connection(conn.into_io(), service)
                .with_upgrades();
            set.spawn("twin connection", async move { drop(server.await) });
        }
    });
}

async fn answer(
    request: Request<Incoming>,
    tasks: Tasks,
    streams: Streams,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let account = request.uri().path().rsplit('/').next().and_then(|text| text.parse().ok()).unwrap_or_default();
    if request.headers().contains_key(UPGRADE) {
        return Ok(push(request, account, &tasks, &streams));
    }
    // The body is "recipient number": the recipient is told who wrote, and which number.
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(&body);
    let (recipient, number) = text.split_once(' ').unwrap_or_default();
    if let Some(stream) = recipient.parse().ok().and_then(|id| streams.lock().expect("no panic").get(&id).cloned()) {
        drop(stream.send(format!("{account} {number}")));
    }
    Ok(Response::new(Full::from("{\"errcode\":0}")))
}

fn push(mut request: Request<Incoming>, account: u32, tasks: &Tasks, streams: &Streams) -> Response<Full<Bytes>> {
    let (sender, mut receipts) = unbounded_channel();
    streams.lock().expect("no panic").insert(account, sender);
    let key = request.headers().get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    tasks.spawn(format!("push to {account}"), async move {
        let Ok(upgraded) = hyper::upgrade::on(&mut request).await else { return };
        let mut socket = WebSocketStream::from_raw_socket(Io::new(upgraded), Role::Server, Some(small())).await;
        while let Some(receipt) = receipts.recv().await {
            if socket.send(Message::text(receipt)).await.is_err() {
                return;
            }
        }
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(CONNECTION, "upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_ACCEPT, key.unwrap_or_default())
        .body(Full::default())
        .expect("a valid response")
}
