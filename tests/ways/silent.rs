//! What acts without data on connections on which nothing moves: tunnels in which nothing was said, and connections between two requests.

use firedrill::draw::Seed;
use firedrill::path::Protocol;
use firedrill::plan::Fault;
use firedrill::units::Span;
use firedrill::world::{World, enter_virtual};

use crate::rig::{Client, Rig, Setting};
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
