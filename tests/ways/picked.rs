//! `first` and `every` count a connection on which nothing moves once for each fault, however often it is looked at.

use firedrill::path::Protocol;
use firedrill::plan::{Fault, FreezeMode, Latency, Pick};
use firedrill::units::Span;
use firedrill::world::World;

use crate::rig::{Client, Rig, Setting};
use crate::sni::hello;
use crate::socks::{asked, request};

const FREEZE: Fault = Fault::AccountFreeze { mode: FreezeMode::Whole };

async fn rig(world: &World, protocol: Protocol) -> Rig {
    Rig::with(world, Setting { echo: vec!["api.example:8443"], ..Setting::of(protocol) }).await
}

/// A tunnel to a host by its name, in which nothing was said.
async fn opened(rig: &Rig, protocol: Protocol) -> Client {
    let mut client = rig.connect().await;
    if protocol == Protocol::Socks {
        assert_eq!(asked(&mut client, &request("api.example", 8_443)).await, 0);
    } else {
        assert_eq!(client.ask("CONNECT api.example:8443 HTTP/1.1\r\n\r\n").await.0, 200);
    }
    rig.world.clock.sleep(Span::from_millis(20)).await;
    client
}

/// Every second connection is frozen: the first is the first, whatever else is switched, and whether it has said something by then or not.
pub(crate) async fn a_connection_that_stands_is_counted_once(world: World) {
    for protocol in [Protocol::Forward, Protocol::Socks] {
        for silent in [false, true] {
            let rig = rig(&world, protocol).await;
            let mut client = opened(&rig, protocol).await;
            if !silent {
                client.ping().await;
            }
            rig.arm_picked(FREEZE, None, Pick { every: Some(2), ..Pick::default() });
            for _ in 0..2 {
                rig.arm(Fault::Latency(Latency::constant(Span::from_millis(1))), None);
                world.clock.sleep(Span::from_millis(20)).await;
                rig.door.lift("latency");
                world.clock.sleep(Span::from_millis(20)).await;
            }
            client.ping().await;
            client.ping().await;
            // That is the second.
            let mut second = opened(&rig, protocol).await;
            let soon = world.clock.now() + Span::from_secs(5);
            let rest = world.clock.timeout(soon, second.rest()).await;
            assert_eq!(rest.expect("it is closed"), b"", "{protocol:?} {silent}");
            client.ping().await;
            assert_eq!(rig.door.faults()[0].hits(), 1, "{protocol:?} {silent}");
        }
    }
}

/// The first to be silenced is silenced for good: what it says then is swallowed, and it is the only one.
pub(crate) async fn whoever_is_silenced_before_a_word_stays_so(world: World) {
    for protocol in [Protocol::Forward, Protocol::Socks] {
        let rig = rig(&world, protocol).await;
        let mut client = opened(&rig, protocol).await;
        let after = Span::from_millis(600);
        let timeout = Fault::Timeout { after: Some(after) };
        rig.arm_picked(timeout, None, Pick { first: Some(1), ..Pick::default() });
        let until = world.clock.now() + after;
        world.clock.sleep(Span::from_millis(100)).await;
        client.say(&hello("api.example", 1_000)).await;
        let rest = world.clock.timeout(until + Span::from_secs(5), client.rest()).await;
        assert_eq!(rest.expect("it is closed"), b"", "{protocol:?}: nothing comes back");
        assert!(world.clock.now() >= until, "{protocol:?}");
        let mut other = opened(&rig, protocol).await;
        other.ping().await;
        assert_eq!(rig.door.faults()[0].hits(), 1, "{protocol:?}");
    }
}
