//! What acts without data on connections on which nothing moves: tunnels in which nothing was said, and connections between two requests.

use firedrill::draw::Seed;
use firedrill::path::{Protocol, Tampering};
use firedrill::plan::{BlockAction, Direction, Fault, FreezeMode, Pick, SniBlock};
use firedrill::units::{Share, Span};
use firedrill::world::{World, enter_virtual};

use crate::rig::{Client, Rig, Setting, tampering};
use crate::sni::hello;
use crate::socks::{asked, request};

/// A connection on which nothing moves.
#[derive(Clone, Copy, Debug)]
enum Still {
    /// A tunnel by name, in which nothing was said.
    Tunnel(Protocol),
    /// Between two requests in the clear.
    Idle,
}

const STILL: [Still; 3] = [Still::Tunnel(Protocol::Forward), Still::Tunnel(Protocol::Socks), Still::Idle];

impl Still {
    async fn rig(self, world: &World) -> Rig {
        let protocol = if let Self::Tunnel(protocol) = self { protocol } else { Protocol::Forward };
        Rig::with(world, Setting { echo: vec!["api.example"], ..Setting::of(protocol) }).await
    }

    async fn opened(self, rig: &Rig) -> Client {
        let mut client = rig.connect().await;
        match self {
            Self::Tunnel(Protocol::Socks) => assert_eq!(asked(&mut client, &request("api.example", 8_443)).await, 0),
            Self::Tunnel(_) => assert_eq!(client.ask("CONNECT api.example:8443 HTTP/1.1\r\n\r\n").await.0, 200),
            Self::Idle => {
                assert_eq!(client.ask("GET http://api.dingtalk.com/ HTTP/1.1\r\nHost: x\r\n\r\n").await.0, 200);
            }
        }
        rig.world.clock.sleep(Span::from_millis(20)).await;
        client
    }
}

#[test]
fn a_timeout_that_is_changed_begins_anew() {
    enter_virtual(Seed(1), changed).expect("a world");
}

async fn changed(world: World) {
    let seconds = Span::from_secs;
    let timeout = |after| Fault::Timeout { after };
    for still in STILL {
        let rig = still.rig(&world).await;
        let mut client = still.opened(&rig).await;
        for after in [None, Some(seconds(10)), None, Some(seconds(3))] {
            rig.arm(timeout(after), None);
            world.clock.sleep(seconds(2)).await;
        }
        let began = world.clock.now();
        assert_eq!(client.rest().await, b"", "{still:?}");
        assert_eq!(world.clock.now().since(began), seconds(1), "{still:?}: three seconds after it was changed last");
        assert_eq!(rig.door.faults()[0].hits(), 1, "{still:?}: its end");
        rig.door.lift("timeout");
        // What is lifted closes it.
        let mut client = still.opened(&rig).await;
        rig.arm(timeout(Some(seconds(10))), None);
        world.clock.sleep(seconds(1)).await;
        let began = world.clock.now();
        rig.door.lift("timeout");
        assert_eq!(client.rest().await, b"", "{still:?}");
        assert_eq!(world.clock.now(), began, "{still:?}");
    }
}

/// A hello of which a part has come is not beyond the reach of what closes connections: at once, after a silence, or at its lift. Nor is one
/// that is whole, and swallowed for whom it names.
pub(crate) async fn a_hello_that_has_begun_is_closed_like_any_other(world: World) {
    let (freeze, silence) = (Fault::AccountFreeze { mode: FreezeMode::Whole }, Span::from_millis(300));
    let block = SniBlock {
        names: vec!["api.example".parse().expect("a name")],
        action: BlockAction::Drop,
        trigger: Share::ALL,
        residual: Span::ZERO,
        residual_chance: Share::ALL,
    };
    let bytes = hello("api.example", 1_000);
    for still in [Still::Tunnel(Protocol::Forward), Still::Tunnel(Protocol::Socks)] {
        for part in [40, bytes.len()] {
            for (fault, lifted) in [
                (freeze.clone(), false),
                (Fault::Timeout { after: Some(silence) }, false),
                (Fault::Timeout { after: None }, true),
            ] {
                let rig = still.rig(&world).await;
                rig.arm(Fault::SniBlock(block.clone()), None);
                let mut client = still.opened(&rig).await;
                client.say(&bytes[..part]).await;
                world.clock.sleep(Span::from_millis(20)).await;
                let (name, began) = (fault.name(), world.clock.now());
                let due = if fault == freeze { Span::ZERO } else { silence };
                rig.arm(fault, None);
                if lifted {
                    world.clock.sleep(silence).await;
                    rig.door.lift(name);
                }
                let rest = world.clock.timeout(began + Span::from_secs(15), client.rest()).await;
                assert_eq!(rest.expect("it is closed"), b"", "{still:?} {part} {name}");
                let took = world.clock.now().since(began);
                assert!(took >= due, "{still:?} {part} {name}: {took}");
                if world.clock.is_virtual() {
                    assert_eq!(took, due, "{still:?} {part} {name}");
                }
                // The host has heard nothing of it.
                assert_eq!(rig.door.traffic().to_endpoint.written, 0, "{still:?} {part} {name}");
                let hits = rig.door.faults().iter().find(|fault| fault.inject.name == name).map(|fault| fault.hits());
                assert_eq!(hits, (!lifted).then_some(1), "{still:?} {part} {name}");
            }
        }
    }
}

/// Of two silences the one that has swallowed what came is the one whose lift is the end: not another that hits nobody here.
#[test]
fn whose_silence_it_is_decides() {
    enter_virtual(Seed(1), whose).expect("a world");
}

async fn whose(world: World) {
    let rig = Rig::of(&world, Protocol::Forward).await;
    for spoken in [false, true] {
        let mut client = rig.connect().await;
        assert_eq!(client.ask(&format!("CONNECT {} HTTP/1.1\r\n\r\n", rig.echo)).await.0, 200);
        client.ping().await;
        let there =
            |name| Tampering { direction: Direction::ToEndpoint, ..tampering(name, Fault::Timeout { after: None }) };
        let nobody = Pick { every: Some(1_000), ..Pick::default() };
        rig.door.arm(Tampering { pick: nobody, ..there("another") }).expect("it is armed");
        rig.door.arm(there("it")).expect("it is armed");
        if spoken {
            client.say(b"ping").await;
        }
        world.clock.sleep(Span::from_secs(1)).await;
        rig.door.lift("it");
        let soon = world.clock.now() + Span::from_secs(5);
        assert_eq!(world.clock.timeout(soon, client.rest()).await.expect("it is closed"), b"", "{spoken}");
        rig.door.lift("another");
    }
}
