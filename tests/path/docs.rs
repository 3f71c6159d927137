//! Whatever fault is documented, its example loads and does what its summary says. A fault without a row here fails.

use std::io::ErrorKind;

use firedrill::journal::Fate;
use firedrill::plan::{Capability, Doc, Fault};
use firedrill::units::Span;
use firedrill::vendor::{self, Answer, Body};
use firedrill::world::World;
use futures_util::{StreamExt, stream};
use hyper::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{ABROAD, Client, DINGTALK, FACTORY, GUARD, IDP, PURCHASING, Rig};

/// What twenty accounts of Hong Kong see of so many messages each.
#[derive(Debug, Default)]
struct Seen {
    refused_accounts: usize,
    refused: usize,
    /// Answers that say neither yes nor no.
    unreadable: usize,
    /// Connections that ended instead of an answer.
    broken: usize,
    unanswered: usize,
    /// How long each answer, or the end of the connection, took.
    took: Vec<Span>,
}

impl Seen {
    fn quickest(&self) -> Span {
        self.took.iter().copied().min().unwrap_or(Span::MAX)
    }

    fn slower_than(&self, millis: u64) -> usize {
        self.took.iter().filter(|took| **took >= Span::from_millis(millis)).count()
    }
}

async fn look(rig: &Rig, messages: usize) -> Seen {
    let account = |n: u32| async move {
        let mut client = rig.client(rig.plan.member(PURCHASING, n), DINGTALK).await;
        // Logged in in peace, as people are.
        let ready = rig.world.clock.timeout(rig.now() + Span::from_secs(2), client.login()).await.is_ok();
        assert!(ready);
        client
    };
    let clients = futures_util::future::join_all((0..20).map(account)).await;
    rig.apply(0);
    let told = futures_util::future::join_all(clients.into_iter().map(|client| send(rig, client, messages))).await;
    let mut all = Seen::default();
    for seen in told {
        all.refused_accounts += usize::from(seen.refused > 0);
        all.refused += seen.refused;
        all.unreadable += seen.unreadable;
        all.broken += seen.broken;
        all.unanswered += seen.unanswered;
        all.took.extend(seen.took);
    }
    all
}

/// Sends until the connection ends or an answer is not there after two seconds.
async fn send(rig: &Rig, mut client: Client, messages: usize) -> Seen {
    let mut seen = Seen::default();
    for _ in 0..messages {
        let began = rig.now();
        let sending = client.try_send("factory-1", "x");
        let Ok(sent) = rig.world.clock.timeout(began + Span::from_secs(2), sending).await else {
            seen.unanswered += 1;
            break;
        };
        seen.took.push(rig.now().since(began));
        let Some((status, answer)) = sent else {
            seen.broken += 1;
            break;
        };
        seen.refused += usize::from(status != 200);
        seen.unreadable += usize::from(matches!(answer, Answer::Unreadable(_)));
    }
    seen
}

/// What a reader in Hong Kong receives of so many messages from the factory, which are all accepted, within five seconds of the last.
async fn pushed(rig: &Rig, messages: u64) -> (Vec<u64>, Span) {
    let mut inbox = rig.inbox(rig.plan.member(PURCHASING, 4), 0).await.expect("it opens");
    let mut sender = rig.client(rig.plan.member(FACTORY, 0), DINGTALK).await;
    sender.login().await;
    rig.apply(0);
    let began = rig.now();
    let sending = async {
        for _ in 0..messages {
            assert_eq!(sender.send("purchasing-5", "x").await.0, 200);
        }
        rig.now()
    };
    let mut numbers = Vec::new();
    let mut first = Span::MAX;
    let receiving = async {
        while let Some((number, _)) = inbox.next().await {
            first = first.min(rig.now().since(began));
            numbers.push(number);
        }
    };
    let patience = async {
        let last = sending.await;
        rig.world.clock.until(last + Span::from_secs(5)).await;
    };
    futures_util::future::select(std::pin::pin!(patience), std::pin::pin!(receiving)).await;
    (numbers, first)
}

pub(crate) async fn every_documented_fault_has_its_effect(world: World) {
    // Over sockets most of it is waiting, and each rig has ports of its own; in memory they have the same addresses.
    let at_once = if world.clock.is_virtual() { 1 } else { 6 };
    stream::iter(Fault::DOCS).for_each_concurrent(at_once, |doc| has_its_effect(world.clone(), doc)).await;
}

async fn has_its_effect(world: World, doc: &Doc) {
    if doc.name == "blackhole"
        && let Err(error) = world.net.can_swallow()
    {
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        return a_blackhole_is_refused(world).await;
    }
    let rig = Rig::twins(&world, &format!("  x: {{ during: fault, {} }}", doc.example)).await;
    assert_eq!(rig.plan.injects[0].fault.name(), doc.name, "the example is one of its own fault");
    match doc.name {
        "latency" | "bandwidth" | "loss" | "timeout" | "reset" | "slicer" | "limit_data" | "partition" | "corrupt" => {
            on_the_way(&rig, doc.name).await;
        }
        "slow_close" | "refuse" | "blackhole" => at_the_ends(&rig, doc.name).await,
        "status" | "throttle" | "drop_reply" | "body" | "geo_fence" | "account_freeze" | "token_revoke"
        | "token_expire" | "rate_limit" | "quota" | "capability_missing" | "deprovision" => {
            answered(&rig, doc.name).await;
        }
        "idp_down" | "mfa_required" => signing_in(&rig, doc.name).await,
        "sni_block" => by_name(&rig).await,
        "dns_answer" => looked_up(&rig).await,
        "dlp_slow" | "dlp_down" => inspected(&rig, doc.name).await,
        "vpn_detection" => round_the_fence(&rig).await,
        "meeting_lock" => of_eight(&rig).await,
        "duplicate" | "reorder" | "websocket_drop" | "push_delay" | "silent_loss" => {
            on_pushes(&rig, doc.name).await;
        }
        other => panic!("`{other}` is documented, and nothing here shows its effect"),
    }
    assert!(!rig.hits().await.is_empty(), "{}: what a fault does is written down", doc.name);
    rig.lift(0);
    assert!(!doc.summary.is_empty() && !doc.live.is_empty());
}

/// Where the system does not let us swallow handshakes, a plan that does is refused with the reason before it is played; with an aim finer
/// than addresses, for which connections are accepted, it is not.
pub(crate) async fn a_blackhole_is_refused(world: World) {
    let open = |fault: &'static str| Rig::open(&world, fault, None);
    let Err(error) = open("  x: { during: fault, blackhole: { endpoint: dingtalk } }").await else {
        panic!("it is not let")
    };
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("CAP_NET_ADMIN"), "{error}");
    assert!(open("  x: { during: fault, blackhole: { endpoint: dingtalk, chance: 10% } }").await.is_ok());
}

/// Without a fault a message and its answer take 20 ms: 10 ms of the link each way.
async fn on_the_way(rig: &Rig, fault: &str) {
    let messages = match fault {
        "latency" | "loss" => 30,
        _ => 3,
    };
    let seen = look(rig, messages).await;
    let quickest = seen.quickest();
    match fault {
        // 120 ms more, each way.
        "latency" => assert!(seen.refused == 0 && quickest >= Span::from_millis(260), "{seen:?}"),
        // A request has more than 200 bytes and an answer more than 100: 300 ms at 1 KB/s.
        "bandwidth" => assert!(quickest >= Span::from_millis(320) && seen.broken == 0, "{seen:?}"),
        // A stall of 204 ms or more in 1 − 0.9² = 19 % of 600 exchanges: 114, standard deviation 9.6; five of them are 48.
        "loss" => assert!((66..=162).contains(&seen.slower_than(224)), "{}", seen.slower_than(224)),
        // Swallowed at 10 ms, closed 300 ms later.
        "timeout" => assert!(seen.broken == 20 && quickest >= Span::from_millis(310), "{seen:?}"),
        // The request arrives after 10 ms.
        "reset" => assert!(seen.broken == 20 && quickest >= Span::from_millis(60), "{seen:?}"),
        // A request of more than 200 bytes has three slices of at most 80, an answer of more than 100 two: three pauses.
        "slicer" => assert!(seen.broken == 0 && quickest >= Span::from_millis(35), "{seen:?}"),
        // The second request ends beyond 300 bytes, if the first does not.
        "limit_data" => assert!(seen.broken == 20 && seen.took.len() <= 40, "{seen:?}"),
        "partition" => assert_eq!((seen.unanswered, seen.took.len()), (20, 0)),
        _ => {
            let altered =
                rig.hits().await.iter().filter(|hit| hit.fate == Fate::Altered).map(|hit| hit.units).sum::<u32>();
            assert!(altered >= 20, "each request: {altered}");
            // A bit of the body's text may pass; few others do.
            assert!(seen.refused + seen.broken + seen.unanswered + seen.unreadable >= 10, "{seen:?}");
        }
    }
}

async fn at_the_ends(rig: &Rig, fault: &str) {
    let me = rig.plan.member(PURCHASING, 0);
    let door = rig.path.entrance(rig.region(me), DINGTALK).expect("a door");
    let connect = || rig.world.net.connect(Some(rig.address(me)), door);
    match fault {
        "slow_close" => {
            rig.apply(0);
            // From before the handshake, which goes on while a busy machine does something else.
            let began = rig.now();
            let mut stream = rig.stream(me).await;
            // What a twin cannot read it answers at once: the way stands.
            stream.write_all(b"?\r\n\r\n").await.expect("sent");
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.expect("until the end");
            let took = rig.now().since(began);
            // A handshake of 20 ms, 10 ms there, and the endpoint's end half a second after that.
            assert!(!rest.is_empty() && took >= Span::from_millis(530), "{took}");
        }
        "refuse" => {
            let mut live = rig.client(me, DINGTALK).await;
            live.login().await;
            rig.apply(0);
            assert_eq!(connect().await.expect_err("nobody listens").kind(), ErrorKind::ConnectionRefused);
            // The path sees nothing of a refused handshake: whoever knocks writes down what hit him.
            let mut number = None;
            let knocked = rig.scene.knock(rig.scene.caller((me, DINGTALK)), door, &mut number).await;
            assert_eq!(knocked.expect_err("nobody listens").kind(), ErrorKind::ConnectionRefused);
            let told: Vec<_> = rig.hits().await.iter().map(|hit| (hit.connection, hit.account, hit.fate)).collect();
            assert_eq!(told, [(number.expect("a number"), Some(me), Fate::Refused)]);
            assert_eq!(live.send("factory-1", "x").await.0, 200);
            rig.lift(0);
            assert!(connect().await.is_ok());
        }
        _ => {
            let seen = look(rig, 1).await;
            assert_eq!((seen.unanswered, seen.took.len()), (20, 0));
            let soon = rig.now() + Span::from_millis(300);
            assert!(rig.world.clock.timeout(soon, connect()).await.is_err(), "nobody answers");
            rig.lift(0);
            assert!(connect().await.is_ok());
        }
    }
}

async fn answered(rig: &Rig, fault: &str) {
    let seen = look(rig, 30).await;
    match fault {
        // 600 trials of 1 %: mean 6, standard deviation 2.44; five of them are 18. None at all is one chance in 400, and the draws of this
        // seed are what they are.
        "status" => assert!((1..=18).contains(&seen.refused), "{} of 600", seen.refused),
        // Nobody logs in again.
        "throttle" | "geo_fence" | "token_revoke" | "capability_missing" => {
            assert_eq!((seen.refused_accounts, seen.refused), (20, 600));
        }
        "drop_reply" => assert_eq!((seen.broken, seen.refused), (20, 0)),
        "body" => assert_eq!((seen.unreadable, seen.broken), (600, 0)),
        // A message takes 20 ms, so that after 100 ms of the token's life at most six of the thirty were early enough.
        "token_expire" => assert!(seen.refused_accounts == 20 && (480..=600).contains(&seen.refused), "{seen:?}"),
        // Twenty a minute, and then none for ten.
        "rate_limit" => assert_eq!((seen.refused_accounts, seen.refused), (20, 200)),
        // Everybody's together; who has the last of them is a matter of who comes first.
        "quota" => assert_eq!(seen.refused, 500),
        // round(40 % × 20)
        _ => assert_eq!((seen.refused_accounts, seen.refused), (8, 8 * 30)),
    }
}

/// What was given goes on, and nothing more is given: to nobody, or not to those who are aimed at.
async fn signing_in(rig: &Rig, fault: &str) {
    let everyone: Vec<_> = (0..20).map(|n| rig.plan.member(PURCHASING, n)).collect();
    let mut live = rig.client(everyone[0], IDP).await;
    assert_eq!(live.login().await.0, 200);
    rig.apply(0);
    let mut refused = 0;
    for account in everyone {
        let (status, body) = rig.client(account, IDP).await.login().await;
        refused += usize::from(status != 200);
        let expected: &[(u16, &str)] = match fault {
            "idp_down" => &[(503, "temporarily_unavailable")],
            _ => &[(400, "interaction_required"), (200, "access_token")],
        };
        assert!(expected.iter().any(|(code, word)| status == *code && body.contains(word)), "{status}: {body}");
    }
    // Everybody, or round(40 % × 20).
    assert_eq!(refused, if fault == "idp_down" { 20 } else { 8 });
    let known = Request::get("/me")
        .header("host", "idp.example")
        .header("authorization", format!("Bearer {}", live.token()))
        .body(Body::default());
    let (status, _) = live.ask(known.expect("a request")).await;
    assert_eq!(status, 403, "the token is good, though not for this");
}

/// The people of `abroad` leave by a VPN in Singapore, 40 ms there and back.
async fn round_the_fence(rig: &Rig) {
    let mut abroad = rig.client(rig.plan.member(ABROAD, 0), DINGTALK).await;
    let mut at_home = rig.client(rig.plan.member(PURCHASING, 0), DINGTALK).await;
    assert!(abroad.login().await.0 == 200 && at_home.login().await.0 == 200);
    rig.apply(0);
    assert_eq!(abroad.send("factory-1", "x").await.0, 403);
    assert_eq!(at_home.send("factory-1", "x").await.0, 200);
}

/// A twin is called as its platform is. Who is connected stays so, and whoever connects anew is reset before he is answered.
async fn by_name(rig: &Rig) {
    let mut live = rig.client(rig.plan.member(FACTORY, 0), DINGTALK).await;
    assert_eq!(live.login().await.0, 200);
    rig.apply(0);
    assert_eq!(live.send("purchasing-1", "x").await.0, 200);
    for _ in 0..2 {
        let mut new = rig.client(rig.plan.member(PURCHASING, 0), DINGTALK).await;
        assert!(new.try_knock().await.is_none(), "reset");
    }
    let fates: Vec<_> = rig.hits().await.iter().map(|hit| hit.fate).collect();
    assert!(!fates.is_empty() && fates.iter().all(|fate| *fate == Fate::Reset), "{fates:?}");
    rig.lift(0);
    let mut new = rig.client(rig.plan.member(PURCHASING, 0), DINGTALK).await;
    assert_eq!(new.login().await.0, 200);
}

/// Whoever connects anew waits for the resolver, 300 ms, and then for the 20 ms of a message.
async fn looked_up(rig: &Rig) {
    let mut live = rig.client(rig.plan.member(FACTORY, 0), DINGTALK).await;
    assert_eq!(live.login().await.0, 200);
    rig.apply(0);
    assert_eq!(live.send("purchasing-1", "x").await.0, 200);
    assert!(rig.hits().await.is_empty(), "a connection that stands asks nobody");
    let mut new = rig.client(rig.plan.member(PURCHASING, 0), DINGTALK).await;
    let began = rig.now();
    assert_eq!(new.login().await.0, 200);
    let took = rig.now().since(began);
    assert!(took >= Span::from_millis(320), "{took}");
}

/// Whoever has texts inspected waits longer, or in vain.
async fn inspected(rig: &Rig, fault: &str) {
    let mut client = rig.client(rig.plan.member(PURCHASING, 0), GUARD).await;
    rig.apply(0);
    let began = rig.now();
    let asking = client.ask(vendor::dlp::inspect_request("x"));
    let answered = rig.world.clock.timeout(began + Span::from_secs(5), asking).await.ok();
    match fault {
        // A median of 150 ms and σ = 0.8: less than 6 ms has a share of one in 10⁴, more than 4 s of one in 10⁴.
        "dlp_slow" => assert!(answered.is_some() && rig.now().since(began) >= Span::from_millis(26)),
        _ => assert!(answered.is_none()),
    }
}

/// A caller with six guests is seven heads, with seven eight.
async fn of_eight(rig: &Rig) {
    let guests: Vec<_> = (1..=7).map(|n| format!("purchasing-{n}")).collect();
    let guests: Vec<_> = guests.iter().map(String::as_str).collect();
    let mut caller = rig.client(rig.plan.member(FACTORY, 0), DINGTALK).await;
    assert_eq!(caller.login().await.0, 200);
    rig.apply(0);
    let (status, answer) = caller.submit(Capability::Meeting, &guests[..6], "seven").await;
    assert_eq!((status.as_u16(), answer), (200, Answer::Acknowledged { declined: Vec::new() }));
    let (status, answer) = caller.submit(Capability::Meeting, &guests, "eight").await;
    assert_eq!((status.as_u16(), answer), (404, Answer::Refused("waterLimitError".into())));
    assert_eq!(caller.send("purchasing-1", "a message has no heads").await.0, 200);
}

async fn on_pushes(rig: &Rig, fault: &str) {
    let (numbers, first) = pushed(rig, if fault == "push_delay" { 1 } else { 30 }).await;
    let in_order: Vec<u64> = (1..=30).collect();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    match fault {
        // Each request reaches the twin twice, which takes each for a message.
        "duplicate" => assert_eq!(sorted, (1..=60).collect::<Vec<_>>()),
        // 30 trials of 20 %: none is kept back with 0.1 %.
        "reorder" => assert!(sorted == in_order && numbers != in_order, "{numbers:?}"),
        "websocket_drop" => assert!(numbers.is_empty(), "{numbers:?}"),
        // 0.2 ms to the endpoint, which lies where the factory does, 10 ms from there, 2 s more.
        "push_delay" => assert!(numbers == [1] && first >= Span::from_millis(2_010), "{first}"),
        // 30 trials of 50 %: 15, standard deviation 2.7; five of them are 2 to 28.
        _ => assert!((2..=28).contains(&numbers.len()), "{numbers:?}"),
    }
}
