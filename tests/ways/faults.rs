//! The path's faults act on programs that are not ours.

use firedrill::path::Protocol;
use firedrill::plan::{Fault, FreezeMode, Latency};
use firedrill::units::{Moment, Span};
use firedrill::world::World;

use crate::rig::{ANNA, Client, Rig, SLOW};

/// A tunnel to who echoes, in a user's name, and how long it took.
async fn tunnel(rig: &Rig, user: &str) -> (Client, Span) {
    use base64::Engine;
    let shown = base64::engine::general_purpose::STANDARD.encode(format!("{user}:x"));
    let mut client = rig.connect().await;
    let start = rig.world.clock.now();
    let asked = format!("CONNECT {} HTTP/1.1\r\nProxy-Authorization: Basic {shown}\r\n\r\n", rig.echo);
    assert_eq!(client.ask(&asked).await.0, 200);
    (client, rig.world.clock.now().since(start))
}

async fn took(rig: &Rig, client: &mut Client) -> Span {
    let start: Moment = rig.world.clock.now();
    client.ping().await;
    rig.world.clock.now().since(start)
}

pub(crate) async fn a_latency_is_aimed_at_a_user(world: World) {
    let rig = Rig::of(&world, Protocol::Forward).await;
    let delay = Span::from_millis(200);
    rig.arm(Fault::Latency(Latency::constant(delay)), Some(vec![ANNA]));
    // There and back, for the handshake with the host as well.
    let (mut anna, opened) = tunnel(&rig, SLOW).await;
    let slow = [opened, took(&rig, &mut anna).await];
    let (mut other, opened) = tunnel(&rig, "somebody").await;
    let quick = [opened, took(&rig, &mut other).await];
    if world.clock.is_virtual() {
        assert_eq!((slow, quick), ([delay + delay; 2], [Span::ZERO; 2]));
    } else {
        assert!(slow.iter().all(|took| *took >= delay + delay), "{slow:?}");
        assert!(quick.iter().all(|took| *took < delay + delay), "{quick:?}");
    }
    let hits = rig.door.faults()[0].hits();
    assert_eq!(hits, 4, "two ways of a handshake, and a chunk each way");
}

pub(crate) async fn a_partition_holds_a_tunnel_and_lets_go(world: World) {
    let rig = Rig::of(&world, Protocol::Forward).await;
    let (mut open, _) = tunnel(&rig, "somebody").await;
    rig.arm(Fault::Partition, None);
    let mut asking = rig.connect().await;
    asking.say(format!("CONNECT {} HTTP/1.1\r\n\r\n", rig.echo).as_bytes()).await;
    open.say(b"ping").await;
    // Whoever gives up meanwhile does not keep anything open.
    let mut leaving = rig.connect().await;
    leaving.say(format!("CONNECT {} HTTP/1.1\r\n\r\n", rig.echo).as_bytes()).await;
    world.clock.sleep(Span::from_millis(300)).await;
    assert_eq!(rig.door.traffic().open, 3);
    drop(leaving);
    world.clock.sleep(Span::from_millis(300)).await;
    assert_eq!(rig.door.traffic().open, 2);
    assert_eq!(rig.door.traffic().to_endpoint.written, 0, "nothing has passed");
    assert!(rig.door.lift("partition"));
    assert_eq!(asking.answer().await.0, 200);
    assert_eq!(&open.bytes().await, b"ping");
    asking.ping().await;
}

pub(crate) async fn a_refused_handshake_is_the_host_s(world: World) {
    for (protocol, due) in [(Protocol::Forward, 502), (Protocol::Socks, 5)] {
        let rig = Rig::of(&world, protocol).await;
        rig.arm(Fault::Refuse, None);
        let mut client = rig.connect().await;
        if protocol == Protocol::Socks {
            client.say(&[&[5, 1, 0][..], &crate::socks::request("127.0.0.1", rig.echo.port())].concat()).await;
            assert_eq!(client.bytes::<12>().await[..4], [5, 0, 5, 5]);
            continue;
        }
        assert_eq!(client.ask(&format!("CONNECT {} HTTP/1.1\r\n\r\n", rig.echo)).await.0, due);
        let plain = format!("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\n\r\n", rig.web);
        assert_eq!(rig.connect().await.ask(&plain).await.0, due);
        assert_eq!(rig.door.faults()[0].hits(), 2);
        rig.door.lift("refuse");
        assert_eq!(rig.connect().await.ask(&plain).await.0, 200);
    }
}

/// In the clear by URL, and so without TLS in the way: the host's name tells that it is `DingTalk`, whose credential and words these are.
pub(crate) async fn a_status_and_a_freeze_answer_in_the_host_s_place(world: World) {
    let rig = Rig::of(&world, Protocol::Forward).await;
    let path = "/v1.0/robot/oToMessages/batchSend";
    let send = |token: &str| {
        format!(
            "POST http://api.dingtalk.com{path} HTTP/1.1\r\nHost: a\r\nx-acs-dingtalk-access-token: {token}\r\nContent-Length: 2\r\n\r\n{{}}"
        )
    };
    rig.arm(Fault::AccountFreeze { mode: FreezeMode::Whole }, Some(vec![ANNA]));
    let (status, said) = rig.connect().await.ask(&send("token-of-anna")).await;
    assert!(status >= 400 && said.contains("\"requestid\""), "DingTalk's words: {status} {said}");
    assert_eq!(rig.connect().await.ask(&send("another")).await.0, 200);
    rig.door.lift("account_freeze");
    rig.arm(Fault::Status { code: 503 }, None);
    assert_eq!(rig.connect().await.ask(&send("token-of-anna")).await.0, 503);
}
