//! Packets that the kernel loses, and units that `loss` does: the same traffic through both at the same time takes the same time.
//!
//! The kernel drops by a rule of nftables, both ways, in a network namespace of the test's own.

use std::net::SocketAddr;

use firedrill::confidence::{at_least, at_most};
use firedrill::path::Protocol;
use firedrill::units::{AccountId, Span};
use firedrill::world::{Conn, Tasks, World};
use futures_util::future::{join, join_all};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::own_network::system;
use crate::rig::{DINGTALK, FACTORY, Rig};

/// The risk that a share which is as derived is taken for another one.
const RISK: f64 = 1e-6;

/// What is sent and sent back: a segment.
const TEXT: [u8; 64] = [7; 64];

/// Two ways to a service that sends everything back.
struct Ways {
    rig: Rig,
    account: AccountId,
    /// On one the kernel loses packets …
    kernel: SocketAddr,
    /// … on the other `loss` does.
    ours: SocketAddr,
    _tasks: Tasks,
}

impl Ways {
    /// The client is in the endpoint's region, so that the path adds 0.2 ms and nothing else.
    async fn open(world: &World, injects: &str) -> Self {
        let tasks = Tasks::new();
        let [kernel, behind] = [echo(world, &tasks).await, echo(world, &tasks).await];
        let rig = Rig::build(world, injects, Some(behind)).await;
        let account = rig.plan.member(FACTORY, 0);
        let ours = rig.path.door(rig.region(account), DINGTALK, Protocol::Stream).await.expect("a door");
        Self { rig, account, kernel, ours, _tasks: tasks }
    }

    /// From now on the kernel loses every so manieth packet of its way that the condition selects.
    fn lose(&self, condition: &str, percent: u32) {
        let port = self.kernel.port();
        let rule = |end| format!("tcp {end} {port} {condition} numgen random mod 100 < {percent} drop");
        let rules = [rule("sport"), rule("dport")].join("; ");
        let table =
            format!("table inet firedrill {{ chain lossy {{ type filter hook input priority 0; {rules}; }}; }}");
        system("nft", &[&table]);
    }

    async fn dial(&self, to: SocketAddr) -> Conn {
        self.rig.world.net.connect(Some(self.rig.address(self.account)), to).await.expect("somebody listens")
    }

    async fn round_trip(&self, conn: &mut Conn) -> Span {
        let began = self.rig.now();
        conn.write_all(&TEXT).await.expect("it is open");
        conn.read_exact(&mut TEXT.clone()).await.expect("it comes back");
        self.rig.now().since(began)
    }

    /// Sixty connections on which a message has gone there and back.
    async fn warm(&self, to: SocketAddr) -> Vec<Conn> {
        let mut conns = Vec::new();
        for _ in 0..60 {
            let mut conn = self.dial(to).await;
            self.round_trip(&mut conn).await;
            conns.push(conn);
        }
        conns
    }

    /// How long 150 round trips on each of them took.
    async fn round_trips(&self, conns: Vec<Conn>) -> Vec<Span> {
        let play = async |mut conn: Conn| {
            let mut spans = Vec::new();
            for _ in 0..150 {
                spans.push(self.round_trip(&mut conn).await);
            }
            spans
        };
        join_all(conns.into_iter().map(play)).await.concat()
    }

    /// How long it took to connect and send a message there and back: a hundred times beside each other, and each fifteen times in turn.
    async fn connections(&self, to: SocketAddr) -> Vec<Span> {
        let play = async |_| {
            let mut spans = Vec::new();
            for _ in 0..15 {
                let began = self.rig.now();
                let mut conn = self.dial(to).await;
                self.round_trip(&mut conn).await;
                spans.push(self.rig.now().since(began));
            }
            spans
        };
        join_all((0..100).map(play)).await.concat()
    }
}

async fn echo(world: &World, tasks: &Tasks) -> SocketAddr {
    let listener = world.net.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let (address, each) = (listener.local_addr(), tasks.clone());
    tasks.spawn("echo", async move {
        while let Ok((conn, _)) = listener.accept().await {
            each.spawn("echoing", async move {
                let (mut reader, mut writer) = tokio::io::split(conn);
                drop(tokio::io::copy(&mut reader, &mut writer).await);
            });
        }
    });
    address
}

/// What `loss` lost and what the kernel did: how long each of it took, in order.
struct Took([Vec<Span>; 2]);

impl Took {
    fn of((ours, kernel): (Vec<Span>, Vec<Span>)) -> Self {
        let sorted = |mut spans: Vec<Span>| {
            spans.sort_unstable();
            spans
        };
        Self([sorted(ours), sorted(kernel)])
    }

    /// On either way the share that took at least `from` and less than `to` milliseconds is the one derived, as far as so many tell.
    #[track_caller]
    fn share(&self, (from, to): (u64, u64), derived: [f64; 2]) {
        for ((spans, derived), way) in self.0.iter().zip(derived).zip(["ours", "kernel"]) {
            let within = spans.iter().filter(|span| (from..to).contains(&(span.micros() / 1_000))).count() as f64;
            let n = spans.len() as f64;
            let (low, high) = (at_least(within, n, RISK / 2.0), at_most(within, n, RISK / 2.0));
            assert!(
                (low..=high).contains(&derived),
                "{way}: {within} of {n} took {from} to {to} ms: {low} to {high}, not {derived}"
            );
        }
    }

    /// The middle of those that took so many milliseconds.
    fn medians(&self, (from, to): (u64, u64)) -> [Span; 2] {
        self.0.each_ref().map(|spans| {
            let within: Vec<_> = spans.iter().filter(|span| (from..to).contains(&(span.micros() / 1_000))).collect();
            *within[within.len() / 2]
        })
    }
}

/// Short messages there and back, one after the other, on connections that stand.
pub(crate) async fn round_trips_take_as_long(world: World) {
    let ways = Ways::open(&world, "  lossy: { during: fault, loss: { endpoint: dingtalk, random: 5% } }").await;
    let (ours, kernel) = (ways.warm(ways.ours).await, ways.warm(ways.kernel).await);
    ways.rig.apply(0);
    ways.lose("tcp flags & syn == 0", 5);
    let took = Took::of(join(ways.round_trips(ours), ways.round_trips(kernel)).await);
    // Of 9,000 round trips of two segments each: neither is lost, one is once, or more is. Each connection has one segment on its way, so
    // nothing but a timer brings it back. The kernel's is 200 ms at least and grows with what it has measured of the way, stalls included,
    // to 300 ms and seldom more; two of them are 400 ms at least. Where others take the processor, a stall that should have ended then is
    // longer by that: 90 ms on either side of the boundaries are left for it, and a connection is far longer in its stalls than between.
    let p = 0.05_f64;
    let intact = (1.0 - p).powi(2);
    let once = 2.0 * p * intact;
    took.share((0, 110), [intact; 2]);
    took.share((110, 390), [once; 2]);
    took.share((390, u64::MAX), [1.0 - intact - once; 2]);
    // Not all of them are as late as the tenth that this allows for.
    for median in took.medians((110, 390)) {
        assert!((200..300).contains(&(median.micros() / 1_000)), "{median}");
    }
}

/// Connections made for one short message each.
pub(crate) async fn handshakes_take_as_long(world: World) {
    let ways = Ways::open(&world, "  lossy: { during: fault, loss: { endpoint: dingtalk, random: 10% } }").await;
    ways.rig.apply(0);
    ways.lose("tcp flags & syn == syn", 10);
    let took = Took::of(join(ways.connections(ways.ours), ways.connections(ways.kernel)).await);
    // Of 1,500 handshakes of a segment there and one back. What we lose of the message is above a second with a chance of 4·10⁻⁴, which is
    // not one. The kernel loses none of it: after a stalled handshake it would wait for seconds, which is left out.
    let p = 0.1_f64;
    let lost = 1.0 - (1.0 - p).powi(2);
    // Ours are drawn each way by itself, and two losses are two seconds wherever they are. Of the kernels on both sides each sends again after
    // a second: where the answer was lost, both have to fail for a second loss.
    let ours = 1.0 - (1.0 + 2.0 * p) * (1.0 - p).powi(2);
    let kernel = p * lost + (1.0 - p) * p * p * lost;
    took.share((0, 1_000), [1.0 - lost; 2]);
    took.share((1_000, 2_000), [lost - ours, lost - kernel]);
    took.share((2_000, u64::MAX), [ours, kernel]);
}
