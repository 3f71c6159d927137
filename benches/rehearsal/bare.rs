//! Round trips and nothing else: hyper client → a proxy of a hyper server and a hyper client, 18.25 ms each way → hyper server, in the
//! same virtual world. Nothing is scheduled, parsed, judged, pushed, received, journalled or folded.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

use firedrill::draw::Seed;
use firedrill::units::Span;
use firedrill::world::{Clock, Conn, Tasks, World, enter_virtual};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper::{Request, Response};

use crate::measured::Measured;

type Body = Full<Bytes>;

const USERS: u64 = 50;
const ONE_WAY: Span = Span::from_micros(18_250);
const PROXY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8_001);
const SERVER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8_002);

/// What DingTalk is sent and what it answers are about as long.
const REQUEST: &str = "{\"robotCode\":\"dingfdpurchasing-3\",\"userIds\":[\"factory-7\"],\"msgKey\":\"sampleText\",\
    \"msgParam\":\"{\\\"content\\\":\\\"the goods leave Shenzhen on the next truck; please confirm count, colour and carton marks. \
    the goods leave Shenzhen on the next truck; please confirm count, colour and carton marks. the goods\\\"}\"}";
const ANSWER: &str =
    "{\"processQueryKey\":\"fd0000000000000001\",\"invalidStaffIdList\":[],\"flowControlledStaffIdList\":[]}";

/// Plays about so many round trips.
pub(crate) fn play(messages: u64) -> Measured {
    Measured::of(|| {
        enter_virtual(Seed(1), async |world| {
            let tasks = Tasks::new();
            listen(&world, &tasks, SERVER, serve).await;
            listen(&world, &tasks, PROXY, pass).await;
            let users = Tasks::new();
            for _ in 0..USERS {
                users.spawn("user", user(world.clone(), tasks.clone(), messages / USERS));
            }
            users.drained().await;
        })
        .expect("a virtual world");
        messages / USERS * USERS
    })
}

/// Serves every connection to `at`.
async fn listen<F: Future<Output = ()> + Send + 'static>(
    world: &World,
    tasks: &Tasks,
    at: SocketAddr,
    serve: fn(World, Tasks, Conn) -> F,
) {
    let listener = world.net.bind(at).await.expect("a free address");
    let (world, set) = (world.clone(), tasks.clone());
    tasks.spawn("listener", async move {
        while let Ok((conn, _)) = listener.accept().await {
            set.spawn("connection", serve(world.clone(), set.clone(), conn));
        }
    });
}

async fn user(world: World, tasks: Tasks, messages: u64) {
    let mut sender = connect(&world, &tasks, PROXY).await;
    for _ in 0..messages {
        let request = Request::post("/v1.0/robot/oToMessages/batchSend").header("host", "api.dingtalk.com");
        let request = request.header("content-type", "application/json;charset=utf-8");
        let request = request.body(Full::from(REQUEST)).expect("a request");
        sender.ready().await.expect("a connection");
        let answer = sender.send_request(request).await.expect("an answer");
        answer.into_body().collect().await.expect("a body");
    }
}

async fn connect(world: &World, tasks: &Tasks, to: SocketAddr) -> SendRequest<Body> {
    let conn = world.net.connect(None, to).await.expect("a listener");
    let (sender, driving) = hyper::client::conn::http1::handshake(conn.into_io()).await.expect("a connection");
    tasks.spawn("driver", async move { drop(driving.await) });
    sender
}

/// The server: the same answer for everybody.
async fn serve(_: World, _: Tasks, conn: Conn) {
    let service = service_fn(async |request: Request<Incoming>| {
        drop(request.into_body().collect().await);
        Ok::<_, Infallible>(Response::new(Body::from(ANSWER)))
    });
    let server =
        hyper::server::conn::http1::Builder::new().auto_date_header(false).serve_connection(conn.into_io(), service);
    drop(server.await);
}

/// The proxy: reads a request as a whole, waits, sends it on, reads the answer as a whole, waits, answers.
async fn pass(world: World, tasks: Tasks, conn: Conn) {
    let upstream = tokio::sync::Mutex::new(connect(&world, &tasks, SERVER).await);
    let service = service_fn(|request| exchange(&world.clock, &upstream, request));
    let server =
        hyper::server::conn::http1::Builder::new().auto_date_header(false).serve_connection(conn.into_io(), service);
    drop(server.await);
}

async fn exchange(
    clock: &Clock,
    upstream: &tokio::sync::Mutex<SendRequest<Body>>,
    request: Request<Incoming>,
) -> hyper::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    clock.sleep(ONE_WAY).await;
    let mut upstream = upstream.lock().await;
    upstream.ready().await?;
    let (head, body) = upstream.send_request(Request::from_parts(head, Full::from(body))).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    clock.sleep(ONE_WAY).await;
    Ok(Response::from_parts(head, Full::from(body)))
}
