//! The faulty way out: HTTP with delays and refusals, and raw bytes with delays once a connection was upgraded.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use firedrill::draw::{Draw, Key};
use firedrill::units::Span;
use firedrill::world::{Conn, Io, Tasks, World};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::UPGRADE;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::journal::{Journal, Kind};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// What all connections of the path share.
#[derive(Clone)]
pub(crate) struct Path {
    pub(crate) world: World,
    pub(crate) tasks: Tasks,
    pub(crate) journal: Journal,
    /// Whether route 0 is down: the fault that is switched in the middle of the play.
    pub(crate) down: Arc<AtomicBool>,
    /// How many units each account has sent on each route.
    pub(crate) units: Arc<Mutex<BTreeMap<(u32, u64), u64>>>,
}

/// One connection through the path.
#[derive(Clone)]
struct Passage {
    path: Path,
    account: u32,
    route: u64,
    upstream: Arc<tokio::sync::Mutex<SendRequest<Full<Bytes>>>>,
}

/// Which account has this address: 127.10.x.y is number 256 x + y.
pub(crate) fn account_of(ip: IpAddr) -> u32 {
    match ip {
        IpAddr::V4(ip) => u32::from(ip) & 0xffff,
        IpAddr::V6(_) => 0,
    }
}

/// Each way takes 18.25 ms and a lognormal extra with a median of 2 ms, to the nanosecond.
fn delay(draw: Draw) -> Span {
    Span::from_micros(18_250) + Span::from_secs_f64(0.002 * lognormal(draw))
}

/// A lognormal value with a median of 1.
pub(crate) fn lognormal(draw: Draw) -> f64 {
    libm::exp(0.8 * draw.normal())
}

impl Path {
    /// Passes what comes to `at` on to `to`.
    pub(crate) async fn start(&self, route: u64, at: SocketAddr, to: SocketAddr) {
        let listener = self.world.net.bind(at).await.expect("a free address");
        let path = self.clone();
        self.tasks.spawn(format!("path {route}"), async move {
            while let Ok((conn, peer)) = listener.accept().await {
                let passing = path.clone().pass(route, conn, peer.ip(), to);
                path.tasks.spawn(format!("path {route} from {}", peer.ip()), async move { drop(passing.await) });
            }
        });
    }

    async fn pass(self, route: u64, conn: Conn, from: IpAddr, to: SocketAddr) -> Result<(), Error> {
        let upstream = self.world.net.connect_capped(Some(from), to).await?;
        let (send, connection) = hyper::client::conn::http1::handshake(upstream.into_io()).await?;
        let account = account_of(from);
        self.tasks.spawn(format!("upstream of {account}"), async move { drop(connection.with_upgrades().await) });
        let timer = self.world.clock.hyper();
        let passage = Passage { path: self, account, route, upstream: Arc::new(tokio::sync::Mutex::new(send)) };
        let service = service_fn(move |request| passage.clone().exchange(request));
        hyper::server::conn::http1::Builder::new()
            .timer(timer)
            .header_read_timeout(std::time::Duration::from_secs(30))
            .auto_date_header(false)
            .serve_connection(conn.into_io(), service)
            .with_upgrades()
            .await?;
        Ok(())
    }
}

impl Passage {
    fn key(&self) -> Key {
        self.path.world.seed.key("path").part(u64::from(self.account)).part(self.route)
    }

    fn next_unit(&self) -> u64 {
        let mut units = self.path.units.lock().expect("no panic");
        let unit = units.entry((self.account, self.route)).or_default();
        *unit += 1;
        *unit
    }

    async fn exchange(self, mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Error> {
        let clock = self.path.world.clock.clone();
        let upgrading = request.headers().contains_key(UPGRADE);
        let (unit, key) = (self.next_unit(), self.key());
        let down = self.route == 0 && self.path.down.load(Ordering::Relaxed);
        let refused = !upgrading && (down || key.name("refuse").draw(unit).unit() < 0.01);
        let there = delay(key.name("there").draw(unit));
        let code = if refused { 503 } else { 0 };
        let fields = [unit, self.route, there.nanos(), code];
        self.path.journal.append(Kind::Hit, self.account, clock.now(), &fields);
        clock.sleep(there).await;
        if refused {
            let response = Response::builder().status(StatusCode::SERVICE_UNAVAILABLE);
            return Ok(response.body(Full::from("injected"))?);
        }
        let near = upgrading.then(|| hyper::upgrade::on(&mut request));
        let (head, body) = request.into_parts();
        let body = if upgrading { Bytes::new() } else { body.collect().await?.to_bytes() };
        let forward = Request::from_parts(head, Full::from(body));
        let mut response = self.upstream.lock().await.send_request(forward).await?;
        if let Some(near) = near {
            let far = hyper::upgrade::on(&mut response);
            self.path.tasks.spawn(format!("tunnel of {}", self.account), self.clone().tunnel(near, far));
        }
        let (head, body) = response.into_parts();
        let body = if upgrading { Bytes::new() } else { body.collect().await?.to_bytes() };
        clock.sleep(delay(key.name("back").draw(unit))).await;
        Ok(Response::from_parts(head, Full::from(body)))
    }

    async fn tunnel(self, near: hyper::upgrade::OnUpgrade, far: hyper::upgrade::OnUpgrade) {
        let (Ok(near), Ok(far)) = (near.await, far.await) else { return };
        let (Ok(near), Ok(far)) = (near.downcast::<Io<Conn>>(), far.downcast::<Io<Conn>>()) else { return };
        let (near_reader, near_writer) = tokio::io::split(near.io.into_inner());
        let (far_reader, far_writer) = tokio::io::split(far.io.into_inner());
        tokio::join!(
            biased;
            self.pump("up", &near.read_buf, near_reader, far_writer),
            self.pump("down", &far.read_buf, far_reader, near_writer),
        );
    }

    /// Delays chunk by chunk and keeps their order: a chunk is due when its delay is over and all before it are through.
    async fn pump(
        &self,
        way: &str,
        first: &[u8],
        mut from: tokio::io::ReadHalf<Conn>,
        mut to: tokio::io::WriteHalf<Conn>,
    ) {
        let (clock, key) = (&self.path.world.clock, self.key().name(way));
        let mut chunks = VecDeque::from_iter((!first.is_empty()).then(|| (clock.now(), first.to_vec())));
        let (mut number, mut open, mut buffer) = (0, true, vec![0; 16 * 1024]);
        while open || !chunks.is_empty() {
            let due = chunks.front().map(|(due, _)| *due);
            tokio::select! {
                biased;
                () = clock.until(due.unwrap_or_default()), if due.is_some() => {
                    let Some((_, chunk)) = chunks.pop_front() else { continue };
                    if to.write_all(&chunk).await.is_err() {
                        return;
                    }
                }
                read = from.read(&mut buffer), if open => match read {
                    Ok(0) | Err(_) => open = false,
                    Ok(read) => {
                        number += 1;
                        let mine = clock.now() + delay(key.draw(number));
                        let due = chunks.back().map_or(mine, |(last, _)| mine.max(*last));
                        chunks.push_back((due, buffer[..read].to_vec()));
                        let fields = [number, self.route, due.nanos(), 0];
                        self.path.journal.append(Kind::Hit, self.account, clock.now(), &fields);
                    }
                },
            }
        }
        drop(to.shutdown().await);
    }
}
