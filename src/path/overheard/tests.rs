//! What a connection that is listened to costs while nothing is said.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use super::*;
use crate::control::{Alarm, Armed, Connections, Scene, Secrets, Switchboard, Troubles};
use crate::draw::Seed;
use crate::journal::Journal;
use crate::path::guests::ANY_DOOR;
use crate::path::ways::{Asked, Manner, Ruling};
use crate::path::{Buffers, Destination, Guests, Shared, Upstream};
use crate::plan::Site;
use crate::plan::{Aim, Fault, FreezeMode, Inject, Latency, Pick, Plan, ProxyProtocol, Shape};
use crate::units::{InjectId, Size, Span};
use crate::world::{Tasks, World, enter_virtual};

fn armed(id: u16, fault: Fault) -> Armed {
    let (aim, shape, pick) = (Aim::everyone(), Shape::default(), Pick::default());
    let (start, end) = (Moment::ZERO, Moment::MAX);
    let inject = Inject { name: id.to_string(), fault, aim, shape, pick, start, end, during: None };
    Armed::new(inject, InjectId(id), None, Seed(1), Moment::ZERO)
}

/// A tunnel to a host by its name.
fn tunnel(world: &World, board: &Switchboard, client: &Conn, host: &Conn) -> Arc<Leg> {
    let scene = Scene {
        plan: Arc::new(Plan::bare("tunnel")),
        world: world.clone(),
        journal: Journal::nowhere(),
        board: board.clone(),
        connections: Connections::lone(),
        alarm: Alarm::default(),
        troubles: Troubles::default(),
        secrets: Secrets::default(),
    };
    let (connection, places) = (scene.connections.alone(), Arc::new(Semaphore::new(1)));
    let buffers = Buffers::new(Size(1 << 20));
    let shared = Shared::new(scene, Guests::default(), buffers, places, (Ruling::default(), None));
    let site = Site::read("api.example:443", None).expect("a site");
    let to = Destination {
        name: "way".into(),
        endpoint: ANY_DOOR,
        region: None,
        kind: None,
        names: Vec::new(),
        looked_up: Vec::new(),
        upstream: Upstream::at(host.peer_addr()),
        meter: Arc::default(),
        called: None,
        asked: Some(Asked { site, manner: Manner::Tunnel, counted: AtomicBool::new(false) }),
        proxy_protocol: ProxyProtocol::default(),
    };
    let origin = shared.origin(client.peer_addr().ip());
    Arc::new(Leg::new(shared, Arc::new(to), connection, origin))
}

/// Thousands of tunnels may stand open: what is switched wakes those of them alone on which it acts as they stand, also while a hello is there
/// in part.
#[test]
fn what_acts_on_bytes_wakes_nobody_who_says_nothing() {
    enter_virtual(Seed(1), async |world: World| {
        let listener = world.net.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let to = listener.local_addr();
        let mut client = world.net.connect(None, to).await.expect("it listens");
        let near = listener.accept().await.expect("a client").0;
        let far = world.net.connect(None, to).await.expect("it listens");
        let _host = listener.accept().await.expect("the path").0;
        let board = Switchboard::new(0);
        let leg = tunnel(&world, &board, &near, &far);
        let (tasks, polled) = (Tasks::new(), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&polled);
        tasks.spawn("tunnel", async move {
            let mut carried = Box::pin(carry(&leg, Near::new((near, Bytes::new())), far));
            poll_fn(|cx| {
                counted.fetch_add(1, Ordering::Relaxed);
                carried.as_mut().poll(cx)
            })
            .await;
        });
        let soon = async || {
            world.clock.sleep(Span::from_millis(1)).await;
            polled.load(Ordering::Relaxed)
        };
        assert_eq!(soon().await, 1);
        for said in [&b""[..], &[22, 3, 1, 0]] {
            client.write_all(said).await.expect("it is read");
            let before = soon().await;
            for _ in 0..10 {
                board.enter(None);
                board.apply(armed(0, Fault::Latency(Latency::constant(Span::from_secs(1)))));
                soon().await;
                board.lift(InjectId(0));
                soon().await;
            }
            assert_eq!(soon().await, before, "after {} bytes", said.len());
        }
        let before = soon().await;
        board.apply(armed(1, Fault::AccountFreeze { mode: FreezeMode::Whole }));
        assert_eq!((soon().await, tasks.is_empty()), (before + 1, true), "that one closes it");
    })
    .expect("a world");
}
