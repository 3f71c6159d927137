//! A program that speaks HTTP/2 takes part in a drill: each of its streams is an exchange, which its faults act on and which is told by itself.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Reason, RecvStream, SendStream};
use hyper::Method;
use serde_json::{Value, json};

use crate::common::playing::Playing;
use crate::common::turns::Turn;
use crate::common::{Place, number, pause, records};
use crate::rig::{HOST, Host, connect, curl};
use crate::streams::{play, request};

/// Seven seconds, and in the three in the middle what is asked for is answered with 503.
const DRILL: &str = "
firedrill: 1
name: streams
regions: { hk: {} }
endpoints: { dingtalk: { kind: dingtalk, edition: mainland, region: hk, limits: off } }
groups: { office: { count: 2, region: hk }, factory: { count: 2, region: hk } }
journeys: { order: { from: office, to: factory, rate: 2/s, deadline: 5s, routes: [dingtalk] } }
phases: { baseline: 2s, fault: 3s, recovery: 2s }
ways_in: { bot: { forward: \"127.0.0.1:0\", map: { \"h2.example:443\": \"127.0.0.1:PORT\" }, intercept: h2.example } }
injects: { no: { during: fault, status: { code: 503, way: bot } } }
grace: 1s
targets: { served: { expr: \"observed_availability{way=bot, host=h2.example} >= 99%\", phase: fault } }
";

type Call = (RecvStream, SendStream<Bytes>);

/// A call that goes both ways: five bytes there and back.
async fn call(client: &SendRequest<Bytes>) -> Call {
    let mut client = client.clone().ready().await.expect("a place");
    let (answer, mut up) = client.send_request(request(Method::POST, "/echo"), false).expect("sent");
    let mut down = answer.await.expect("an answer").into_body();
    up.send_data("hello".into(), false).expect("sent");
    assert_eq!(down.data().await.expect("more").expect("data"), "hello");
    (down, up)
}

/// The status of an answer that was read to its end; `None` if there was none.
async fn get(client: &SendRequest<Bytes>, path: &str) -> Option<u16> {
    let mut client = client.clone().ready().await.ok()?;
    let answer = client.send_request(request(Method::GET, path), true).ok()?.0.await.ok()?;
    let (status, mut body) = (answer.status().as_u16(), answer.into_body());
    while let Some(data) = body.data().await {
        body.flow_control().release_capacity(data.ok()?.len()).ok()?;
    }
    Some(status)
}

/// All on one connection, until the drill ends it: a call that goes on, one that is given up, one that the host breaks off, and two requests at
/// a time again and again. What those two were answered.
async fn asks(forward: &str, ca: &Path) -> Vec<u16> {
    let (client, connection) = h2::client::handshake(connect(forward, ca).await).await.expect("HTTP/2");
    tokio::spawn(connection);
    let _held = call(&client).await;
    let (_down, mut up) = call(&client).await;
    up.send_reset(Reason::CANCEL);
    assert_eq!(get(&client, "/reset").await, None);
    let mut heard = Vec::new();
    while let (Some(one), Some(other)) = tokio::join!(get(&client, "/one"), get(&client, "/other")) {
        heard.extend([one, other]);
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    heard
}

/// What a bot was answered, and what the journal says of it.
struct Told<T> {
    heard: T,
    /// What was observed, record by record.
    lines: Vec<Value>,
    summary: Value,
    /// What the drill said to people.
    said: String,
    /// Where the host listened.
    port: u16,
}

/// Plays a drill, while which a bot asks by the way in, which has this address and this authority.
fn played<T>(drill: &str, asks: impl FnOnce(&str, &Path) -> T) -> Told<T> {
    let place = Place::new();
    let host = Host::start(place.path());
    let scenario = place.file("streams.yaml", &drill.replace("PORT", &host.port.to_string()));
    let ca = place.path().join("ca");
    let _turn = Turn::to("run");
    let mut command = place.command("run", &scenario, &["--quiet"]);
    let drill = Playing::of(command.arg("--ca").arg(&ca).arg("--upstream-ca").arg(&host.trusted));
    let heard = asks(&drill.way("bot").to_string(), &ca.join("ca.pem"));
    let played = drill.ended(&place);
    let lines = records(&played.dir).into_iter().filter(|line| line["record"] == "observed").collect();
    Told { heard, lines, summary: played.summary(), said: played.err, port: host.port }
}

#[test]
fn each_stream_is_told_by_itself() {
    let Told { heard, lines: told, summary, port, .. } = played(DRILL, |forward, ca| play(asks(forward, ca)));
    let of = |end: &str| told.iter().filter(|line| line["end"] == end).collect::<Vec<_>>();
    let (refused, yes) = (of("refused"), heard.iter().filter(|status| **status == 200).count());
    // It asked 50 times in two seconds at the most, and a busy machine slows it down.
    assert!(refused.len() > 3 && yes > 3, "{heard:?}");
    // Whatever was answered was heard, but what the drill's end cut off.
    let good = of("answered");
    assert!((yes..=yes + 2).contains(&good.len()), "{yes} heard, {} told", good.len());
    assert_eq!(refused.len(), heard.iter().filter(|status| **status == 503).count());
    assert!(
        good.iter()
            .all(|line| line["status"] == 200 && line["injects"] == json!([]) && number(&line["received"]) > 0.0)
    );
    assert!(refused.iter().all(|line| line["status"] == 503 && line["injects"] == json!(["no"])), "{refused:?}");
    // One was broken off by the host and one given up, and one was there from the beginning to the end, beside all the others.
    let [broken, left] = ["broken", "left"].map(|end| of(end).iter().map(|line| (*line).clone()).collect::<Vec<_>>());
    assert_eq!((broken.len(), &broken[0]["method"], &broken[0]["status"]), (1, &json!("GET"), &json!(0)), "{broken:?}");
    assert!(left.iter().any(|line| line["method"] == "POST" && line["sent"] == 5 && line["received"] == 5), "{left:?}");
    let open = of("unfinished");
    let held = open.iter().find(|line| line["method"] == "POST").expect("the one that was held");
    assert_eq!((&held["sent"], &held["received"], &held["status"]), (&json!(5), &json!(5), &json!(200)), "{held}");
    let beside = |line: &&Value| {
        number(&line["began_s"]) > number(&held["began_s"]) && number(&line["ended_s"]) < number(&held["ended_s"])
    };
    assert!(refused.iter().all(beside), "{held}");
    // All on one connection, each with a number of its own; it was dialled once, and the first that has begun tells so.
    let numbers: BTreeSet<_> = told.iter().map(|line| line["exchange"].as_u64()).collect();
    assert_eq!((numbers.len(), numbers.contains(&Some(0))), (told.len(), false));
    assert!(told.iter().all(|line| line["connection"] == held["connection"] && line["host"] == format!("{HOST}:443")));
    let tried: Vec<_> = told.iter().flat_map(|line| line["tried"].as_array().expect("a list")).collect();
    assert_eq!((tried.len(), &tried[0]["address"]), (1, &json!(format!("127.0.0.1:{port}"))), "{tried:?}");
    assert_eq!(held["tried"].as_array().map(Vec::len), Some(1), "it was dialled for the first that began: {held}");
    let way = &summary["observed"][0];
    assert_eq!((&way["requests"], &way["hit"]), (&way["valid"], &json!(refused.len())), "{way:#}");
    assert_eq!(summary["targets"][0]["verdict"], "fail");
}

/// Of thirty streams that come at once a way in takes five and what comes in so short a time; the others are told how many they were. Whoever
/// speaks HTTP/1.1 alone gets that, for which the host is connected once more.
#[test]
fn a_stream_may_be_one_too_many_and_some_speak_the_older_version() {
    let limited = DRILL.replace("intercept: h2.example", "intercept: h2.example, limit: 5/s");
    let asks = |forward: &str, ca: &Path| {
        let statuses = play(async {
            let (client, connection) = h2::client::handshake(connect(forward, ca).await).await.expect("HTTP/2");
            tokio::spawn(connection);
            let all = (0..30).map(|_| get(&client, "/many"));
            futures_util::future::join_all(all).await.into_iter().map(|one| one.expect("an answer")).collect::<Vec<_>>()
        });
        // By then there is room again: five a second.
        pause(1_000);
        (statuses, curl(forward, ca, &["--http1.1", "-o", "/dev/null", &format!("https://{HOST}/old")]))
    };
    let Told { heard: (statuses, old), lines, .. } = played(&limited, asks);
    assert!(old == " 1.1 200" || old == " 1.1 503", "{old}");
    let over = statuses.iter().filter(|status| **status == 429).count() as u64;
    assert!(over > 0 && statuses.iter().all(|status| [200, 429, 503].contains(status)), "{statuses:?}");
    let count = |end: &str| {
        lines.iter().filter(|line| line["end"] == end).filter_map(|line| line["count"].as_u64()).sum::<u64>()
    };
    assert_eq!((count("limited"), count("answered") + count("refused")), (over, 31 - over), "{lines:#?}");
    // Those that were too many are written down when the drill ends.
    let last = lines.iter().rfind(|line| line["end"] != "limited").expect("a record");
    let tried: Vec<_> = last["tried"].as_array().into_iter().flatten().map(|tried| &tried["end"]).collect();
    assert_eq!((tried, &last["exchange"]), (vec![&json!("reached"); 2], &json!(1)), "{last}");
}

/// Whoever asks for one host and means another is refused, in the hello of TLS and within, in either version; and each is told and counted.
#[test]
fn whoever_means_another_host_is_denied() {
    let map = "map: { \"plain.example:443\": \"127.0.0.1:PORT\", ";
    let few = "phase: fault }, few: { expr: \"observed_refusals{way=bot} <= 3\" } }";
    let drill = DRILL.replace("map: { ", map).replace("phase: fault } }\n", few);
    let asks = |forward: &str, ca: &Path| {
        let ask = |more: &[&str]| curl(forward, ca, &[&["-k", "-o", "/dev/null"], more].concat());
        let evil = ["-H", "Host: evil.example", "https://h2.example/"];
        let within = ["--http1.1", "--http2"].map(|version| ask(&[&[version][..], &evil].concat()));
        let hello = ["h2.example", "plain.example"]
            .map(|host| ask(&["--connect-to", &format!("evil.example:443:{host}:443"), "https://evil.example/"]));
        (within, hello, ask(&["https://plain.example/"]))
    };
    let Told { heard: (within, hello, good), lines, summary, said, .. } = played(&drill, asks);
    assert_eq!(within, [" 1.1 421", " 2 421"]);
    assert!(hello.iter().all(|told| told.contains(" 000curl: ")) && good == " 2 200", "{hello:?} {good}");
    let denied: Vec<_> = lines.iter().filter(|line| line["end"] == "denied").collect();
    let told = |line: &&Value| format!("{} {} {}", line["host"], line["method"], line["status"]).replace('"', "");
    assert_eq!(
        denied.iter().map(told).collect::<Vec<_>>(),
        ["h2.example:443 GET 421", "h2.example:443 GET 421", "h2.example:443 null 0", "plain.example:443 null 0"]
    );
    assert_eq!(summary["observed"][0]["denied"], 4, "{summary:#}");
    assert_eq!(summary["targets"][1]["verdict"], "fail", "{:#}", summary["targets"]);
    assert_eq!(said.matches("another host is asked for").count(), 2, "{said}");
    assert_eq!(said.matches("the hello of TLS names evil.example").count(), 2, "{said}");
}
