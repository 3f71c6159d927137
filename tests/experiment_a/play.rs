//! The accounts: each sends on a schedule, receives on both routes, and moves to the other route with all the others.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use firedrill::units::{Moment, Span};
use firedrill::world::{Tasks, World};
use futures_util::StreamExt;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use tokio::sync::Semaphore;

use crate::journal::{Journal, Kind, NOBODY};
use crate::path::{self, Path};
use crate::twin;

/// How large a play is.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) accounts: u32,
    pub(crate) messages: u64,
    /// Accounts that connect and never send.
    pub(crate) silent: u32,
}

/// One message a second and account.
const GAP: Span = Span::from_secs(1);
const PATIENCE: Span = Span::from_secs(5);
const FAILURES: u64 = 5;

fn path_of(route: u64) -> SocketAddr {
    SocketAddr::new(Ipv4Addr::LOCALHOST.into(), if route == 0 { 8_001 } else { 8_002 })
}

fn twin_of(route: u64) -> SocketAddr {
    SocketAddr::new(Ipv4Addr::new(127, 20, 0, if route == 0 { 1 } else { 2 }).into(), 443)
}

/// What all accounts share.
#[derive(Clone)]
struct Crew {
    world: World,
    journal: Journal,
    shape: Shape,
    slots: Arc<Semaphore>,
    route: Arc<AtomicU64>,
    failures: Arc<AtomicU64>,
}

/// The connection that is open, and its route.
type Open = (u64, SendRequest<Full<Bytes>>);

/// One account.
#[derive(Clone)]
struct Account {
    crew: Crew,
    id: u32,
    open: Arc<tokio::sync::Mutex<Option<Open>>>,
    tasks: Tasks,
}

/// Plays the whole of it and returns the journal.
pub(crate) async fn play(world: World, shape: Shape) -> Journal {
    let (journal, tasks) = (Journal::default(), Tasks::new());
    // Seven in ten thousand of the system's exponentials change their last bit with the CPU's features. The clock would round that
    // away, so what draws give is recorded as such, for enough of them.
    let drawn: Vec<_> = (0..20_000).map(|n| path::lognormal(world.seed.key("bits").draw(n)).to_bits()).collect();
    journal.append(Kind::Drawn, NOBODY, world.clock.now(), &drawn);
    let (down, units) = (Arc::default(), Arc::default());
    let faulty = Path { world: world.clone(), tasks: tasks.clone(), journal: journal.clone(), down, units };
    for route in 0..2 {
        twin::start(&world, &tasks, twin_of(route)).await;
        faulty.start(route, path_of(route), twin_of(route)).await;
    }
    // An exchange takes about 42 ms and each account starts one a second, so that bursts have to wait for a slot.
    let slots = Arc::new(Semaphore::new(shape.accounts as usize / 12));
    let (route, failures) = (Arc::default(), Arc::default());
    let crew = Crew { world: world.clone(), journal: journal.clone(), shape, slots, route, failures };
    let senders = Tasks::new();
    for id in 0..shape.accounts + shape.silent {
        let account = Account { crew: crew.clone(), id, open: Arc::default(), tasks: tasks.clone() };
        for route in 0..2 {
            tasks.spawn(format!("receiver {id}"), account.clone().receive(route));
        }
        if id < shape.accounts {
            senders.spawn(format!("sender {id}"), account.send_all());
        }
    }
    let middle = Moment::ZERO + GAP * (shape.messages / 2 + 1);
    world.clock.until(middle).await;
    faulty.down.store(true, Ordering::Relaxed);
    journal.append(Kind::Control, NOBODY, world.clock.now(), &[1]);
    senders.drained().await;
    world.clock.sleep(PATIENCE).await;
    tasks.abort_all();
    tasks.drained().await;
    assert!(tasks.panicked().is_empty() && senders.panicked().is_empty());
    journal
}

impl Account {
    fn address(&self) -> IpAddr {
        IpAddr::from(Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 10, 0, 0)) | self.id))
    }

    async fn receive(self, route: u64) {
        let Ok(conn) = self.crew.world.net.connect(Some(self.address()), path_of(route)).await else { return };
        let url = format!("ws://twin/stream/{}", self.id);
        let handshake = tokio_tungstenite::client_async_with_config(url, conn, Some(twin::small()));
        let Ok((mut socket, _)) = handshake.await else { return };
        while let Some(Ok(message)) = socket.next().await {
            let text = message.into_text().unwrap_or_default();
            let mut fields: Vec<u64> = text.split(' ').filter_map(|field| field.parse().ok()).collect();
            fields.push(route);
            self.crew.journal.append(Kind::Receipt, self.id, self.crew.world.clock.now(), &fields);
        }
    }

    async fn send_all(self) {
        let key = self.crew.world.seed.key("traffic").part(u64::from(self.id));
        for number in 0..self.crew.shape.messages {
            // Poisson within its second, and some of them at the same microsecond.
            let within = Span::from_micros(u64::from(key.name("due").draw(number).below(1_000_000)));
            let due = Moment::ZERO + GAP * (number + 1) + within;
            self.crew.world.clock.until(due).await;
            let recipient = key.name("to").draw(number).below(self.crew.shape.accounts);
            self.attempt(number, due, recipient).await;
        }
    }

    async fn attempt(&self, number: u64, due: Moment, recipient: u32) {
        let (crew, clock) = (&self.crew, &self.crew.world.clock);
        let Ok(slot) = crew.slots.acquire().await else { return };
        let (route, sent) = (crew.route.load(Ordering::Relaxed), clock.now());
        let exchange = self.exchange(route, format!("{recipient} {number}"));
        let code = match clock.timeout(sent + PATIENCE, exchange).await {
            Ok(Some(code)) => code,
            Ok(None) => 1,
            Err(_) => 2,
        };
        drop(slot);
        let fields = [number, route, due.nanos(), sent.nanos(), code];
        crew.journal.append(Kind::Attempt, self.id, clock.now(), &fields);
        if code == 200 {
            crew.failures.store(0, Ordering::Relaxed);
            return;
        }
        tracing::debug!(account = self.id, number, route, code, "failed");
        if crew.failures.fetch_add(1, Ordering::Relaxed) + 1 == FAILURES && route == 0 {
            crew.route.store(1, Ordering::Relaxed);
            crew.journal.append(Kind::Control, NOBODY, clock.now(), &[2]);
        }
    }

    async fn exchange(&self, route: u64, body: String) -> Option<u64> {
        let mut open = self.open.lock().await;
        let mut send = match open.take() {
            Some((on, send)) if on == route && !send.is_closed() => send,
            _ => self.dial(route).await?,
        };
        send.ready().await.ok()?;
        let request = Request::post(format!("/send/{}", self.id)).header("host", "twin").body(Full::from(body)).ok()?;
        let response = send.send_request(request).await.ok()?;
        let code = u64::from(response.status().as_u16());
        response.into_body().collect().await.ok()?;
        *open = Some((route, send));
        Some(code)
    }

    async fn dial(&self, route: u64) -> Option<SendRequest<Full<Bytes>>> {
        let conn = self.crew.world.net.connect(Some(self.address()), path_of(route)).await.ok()?;
        let (send, connection) = hyper::client::conn::http1::handshake(conn.into_io()).await.ok()?;
        self.tasks.spawn(format!("client {}", self.id), async move { drop(connection.await) });
        Some(send)
    }
}
