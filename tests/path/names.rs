//! Services that are dialled by their names: each address that was tried is written down, with how that ended.

use std::net::{Ipv4Addr, SocketAddr};

use firedrill::journal::{Dialled, Record, TriedEnd};
use firedrill::path::{Path, Protocol, Upstream};
use firedrill::plan::Url;
use firedrill::units::{Moment, Span};
use firedrill::world::{Tasks, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{DINGTALK, PURCHASING, Rig};

/// A name that no real resolver knows (RFC 6761 §6.4): whatever is reached by it, a fault has answered.
const NAME: &str = "api.invalid";

/// At the first of them nobody listens.
const MOVED: &str =
    "  moved: { during: fault, dns_answer: { names: [\"*.dingtalk.com\"], address: [127.0.0.2, 127.0.0.1] } }";

/// A path to services that are called `host`, at this port.
async fn path(rig: &Rig, host: &str, port: u16) -> Path {
    let service = || Upstream::service(&Url { host: host.into(), port, tls: None }).expect("it has no authorities");
    Path::open(rig.scene.clone(), rig.plan.endpoints.iter().map(|_| service()).collect()).await.expect("a path")
}

/// A connection of an account by that path; what the service has answered to `ping`.
async fn ping(rig: &Rig, path: &Path) -> Vec<u8> {
    let account = rig.plan.member(PURCHASING, 0);
    let door = path.door(rig.region(account), DINGTALK, Protocol::Stream).await.expect("a door");
    let mut conn = rig.world.net.connect(Some(rig.address(account)), door).await.expect("a door");
    let mut back = Vec::new();
    // Where nobody is reached it is reset, at once or a little later.
    if conn.write_all(b"ping").await.is_ok() && conn.shutdown().await.is_ok() {
        let _ = conn.read_to_end(&mut back).await;
    }
    back
}

/// A service that says what it is told, to one after the other, and where it is.
async fn echo(rig: &Rig, tasks: &Tasks) -> SocketAddr {
    let listener = rig.world.net.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
    let address = listener.local_addr();
    tasks.spawn("echo", async move {
        while let Ok((mut conn, _)) = listener.accept().await {
            let mut said = Vec::new();
            if conn.read_to_end(&mut said).await.is_ok() {
                let _ = conn.write_all(&said).await;
            }
        }
    });
    address
}

/// What was written down of each dialling, and how many connections were made.
async fn dialled(rig: &Rig) -> (Vec<Dialled>, usize) {
    let records = rig.records().await;
    let hops = records.iter().filter(|record| matches!(record, Record::Hop(_))).count();
    let dialled = |record| if let Record::Dialled(dialled) = record { Some(dialled) } else { None };
    (records.into_iter().filter_map(dialled).collect(), hops)
}

fn told(dialled: &Dialled) -> Vec<(SocketAddr, TriedEnd)> {
    dialled.tried.iter().map(|tried| (tried.address, tried.end)).collect()
}

fn at(last: u8, port: u16) -> SocketAddr {
    (Ipv4Addr::new(127, 0, 0, last), port).into()
}

pub(crate) async fn each_address_of_a_service_that_has_a_name_is_written_down(world: World) {
    let rig = Rig::service(&world, MOVED).await;
    let tasks = Tasks::new();
    let port = echo(&rig, &tasks).await.port();
    rig.apply(0);
    let before = rig.now();
    assert_eq!(ping(&rig, &path(&rig, NAME, port).await).await, b"ping");
    let (first, hops) = dialled(&rig).await;
    let [first] = &first[..] else { panic!("{first:?}") };
    assert_eq!(hops, 1);
    assert_eq!((&*first.host, first.endpoint), (&*format!("{NAME}:{port}"), DINGTALK));
    assert_eq!(told(first), [(at(2, port), TriedEnd::Refused), (at(1, port), TriedEnd::Reached)]);
    // Each was over before the next began, and all within the record.
    let mut times = vec![before, first.began];
    times.extend(first.tried.iter().flat_map(|tried| [tried.began, tried.ended.expect("it has ended")]));
    times.extend([first.ended, rig.now()]);
    assert!(times.is_sorted(), "{times:?}");
    // It stands before the connection that was made, and has its number.
    let records = rig.records().await;
    let is_it = |record: &Record| matches!(record, Record::Dialled(_) | Record::Hop(_));
    let two: Vec<_> = records.iter().filter(|record| is_it(record)).collect();
    assert!(
        matches!(two[..], [Record::Dialled(one), Record::Hop(hop)] if one.connection == hop.connection && one.ended <= hop.at),
        "{two:?}"
    );
    // Where none is reached, all are told, and no connection is.
    assert_eq!(ping(&rig, &path(&rig, NAME, 1).await).await, b"");
    let (all, hops) = dialled(&rig).await;
    assert_eq!(told(&all[1]), [(at(2, 1), TriedEnd::Refused), (at(1, 1), TriedEnd::Refused)]);
    assert_eq!((all.len(), hops), (2, 1));
}

pub(crate) async fn of_one_that_is_an_address_nothing_is(world: World) {
    let rig = Rig::service(&world, MOVED).await;
    let tasks = Tasks::new();
    let port = echo(&rig, &tasks).await.port();
    // `localhost` is an address as well: no resolver is asked for it.
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(ping(&rig, &path(&rig, host, port).await).await, b"ping", "{host}");
    }
    assert_eq!(dialled(&rig).await, (Vec::new(), 2));
}

/// In memory alone, where no resolver but ours is asked.
pub(crate) async fn a_name_that_nobody_knows_is_written_down(world: World) {
    let rig = Rig::service(&world, MOVED).await;
    let tasks = Tasks::new();
    let port = echo(&rig, &tasks).await.port();
    assert_eq!(ping(&rig, &path(&rig, NAME, port).await).await, b"");
    assert_eq!(ping(&rig, &path(&rig, "api.localhost", port).await).await, b"ping");
    let (all, hops) = dialled(&rig).await;
    let told: Vec<_> = all.iter().map(told).collect();
    assert_eq!((told, hops), (vec![vec![], vec![(at(1, port), TriedEnd::Reached)]], 1));
}

/// In memory alone, where it can be told that a service is silent.
pub(crate) async fn who_leaves_first_is_written_down(world: World) {
    let rig = Rig::service(&world, MOVED).await;
    let silent = rig.world.net.bind(at(1, 0)).await.expect("a port");
    silent.gate().swallow(&["0.0.0.0/0".parse().expect("a block")]).expect("a gate");
    let port = silent.local_addr().port();
    let path = path(&rig, "api.localhost", port).await;
    let account = rig.plan.member(PURCHASING, 0);
    let door = path.entrance(rig.region(account), DINGTALK).expect("a door");
    let mut conn = rig.world.net.connect(Some(rig.address(account)), door).await.expect("a door");
    conn.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("it reads");
    rig.sleep(1_000).await;
    drop(conn);
    rig.sleep(1_000).await;
    let (all, hops) = dialled(&rig).await;
    let [one] = &all[..] else { panic!("{all:?}") };
    assert_eq!((told(one), one.tried[0].ended, hops), (vec![(at(1, port), TriedEnd::Left)], None, 0));
    assert_eq!(one.ended, Moment::ZERO + Span::from_millis(1_000), "when the client left");
}
