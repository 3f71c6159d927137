//! Programs that are not ours take part in a drill: its faults act on them, what they ask for is told and judged, and nothing that they say
//! stands anywhere.

#![expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]

mod blocked;
#[path = "../common/mod.rs"]
mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore};

use common::playing::Playing;
use common::{Place, number, pause, read, records, say};

/// Six seconds of a bot that asks a twin by the vendor's own name, and in the two in the middle is answered with 503.
const BOT: &str = "
firedrill: 1
name: own-bot
regions: { hk: {} }
endpoints: { dingtalk: { kind: dingtalk, edition: mainland, region: hk, limits: off } }
groups: { office: { count: 2, region: hk }, factory: { count: 2, region: hk } }
journeys: { order: { from: office, to: factory, rate: 5/s, deadline: 2s, routes: [dingtalk] } }
phases: { baseline: 2s, fault: 2s, recovery: 2s }
ways_in:
  bot: { forward: \"127.0.0.1:0\", allow: [localhost], map: { api.dingtalk.com: dingtalk } }
  other: { socks: \"127.0.0.1:0\", allow: [localhost], limit: 5/s }
injects: { down: { during: fault, status: { code: 503, user: bot-7 } } }
grace: 1s
targets:
  up: { expr: \"observed_availability{way=bot, host=api.dingtalk.com} >= 99%\", phase: recovery, level: must, confidence: point }
  down: { expr: \"observed_availability{way=bot} >= 99%\", phase: fault }
  quick: { expr: \"p90(observed_latency{way=bot}) <= 10s\" }
  back: { expr: \"observed_recovery_time{way=bot, host=api.dingtalk.com} <= 5s\" }
  none: { expr: \"observed_connect_latency{way=bot} <= 1s\" }
";

/// One login, with the key and secret that a drill's twin knows of an account, to a proxy on a connection of its own, as a proxy user with a
/// password, with a secret in the query; its status, or `None` if nobody answered.
fn ask(way: SocketAddr, url: &str) -> Option<u16> {
    let mut conn = TcpStream::connect(way).ok()?;
    conn.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let body = r#"{"appKey":"dingfdoffice-1","appSecret":"synthetic-office-1"}"#;
    let head = format!(
        "POST {url}?token=hush-query HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic Ym90LTc6aHVzaC13b3Jk\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    conn.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    conn.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

const LOGIN: &str = "http://api.dingtalk.com/v1.0/oauth2/accessToken";

/// A count in a summary or a record.
#[track_caller]
fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no count: {value}"))
}

fn target<'a>(summary: &'a Value, name: &str) -> &'a Value {
    summary["targets"].as_array().and_then(|all| all.iter().find(|one| one["id"] == name)).expect(name)
}

#[test]
fn what_a_bot_asked_is_told_judged_and_kept_to_itself() {
    let place = Place::new();
    // What cannot be read is a mistake: of a distribution a value has to be named.
    let wrong = place.file("wrong.yaml", BOT);
    let checked = say(["check", &wrong]);
    assert!(format!("{}{}", checked.out, checked.err).contains("is a whole distribution"), "{}", checked.told());
    let scenario =
        place.file("own-bot.yaml", &BOT.replace("  none: { expr: \"observed_connect_latency{way=bot} <= 1s\" }\n", ""));
    let drill = Playing::start(&place, &scenario, &[]);
    let (bot, mut statuses) = (drill.way("bot"), Vec::new());
    while let Some(status) = ask(bot, LOGIN) {
        statuses.push(status);
        pause(40);
    }
    let played = drill.ended(&place);
    let summary = played.summary();
    let way = &summary["observed"][0];
    let count = |key: &str| whole(&way[key]);
    let refused = statuses.iter().filter(|status| **status == 503).count() as u64;
    let asked = statuses.len() as u64;
    assert!(refused > 5 && asked > refused + 10, "it met the fault, and was there before and after: {statuses:?}");
    assert_eq!(way["id"], "bot");
    // The last one may have been cut off by the drill's end, which it did not count.
    let told = count("asked") - count("unfinished");
    assert!(told.abs_diff(asked) <= 1, "{told} told, {asked} asked");
    assert_eq!((count("refused"), count("hit")), (refused, refused), "{way:#}");
    assert_eq!(way["hosts"][0]["host"], "api.dingtalk.com");
    assert!(number(&way["latency_ms"]["p50"]) > 0.0 && way["longest_failing_s"][0].is_number(), "{way:#}");
    let verdict = |name: &str| target(&summary, name)["verdict"].clone();
    assert_eq!((verdict("up"), verdict("down"), verdict("quick")), ("pass".into(), "fail".into(), "pass".into()));
    assert!(number(&summary["injects"][0]["observed_hits"]) > 5.0, "a hit on a foreign exchange is proof that it bit");
    // Two seconds of 503, found by what failed in a row, and explained by what hit that.
    let outage = &way["outages"][0];
    assert_eq!((&outage["inject"], way["outages"].as_array().map(Vec::len)), (&"down".into(), Some(1)), "{way:#}");
    assert!(number(&outage["lo_s"]) < 2.0 && number(&outage["hi_s"]) > 2.0, "{outage}");
    let back = target(&summary, "back");
    assert_eq!(back["why"], "the only outage: bot under down");
    assert_ne!(back["verdict"], "inconclusive", "{back}");
    // Judged again from the journal alone, it is the same.
    let again = say(["judge", "--format", "json", &played.dir.display().to_string()]);
    let again: Value = serde_json::from_str(&again.out).unwrap_or_else(|error| panic!("{error}: {}", again.told()));
    assert_eq!((&again["observed"], &again["targets"]), (&summary["observed"], &summary["targets"]));
    let exchanges: Vec<Value> = records(&played.dir).into_iter().filter(|line| line["record"] == "observed").collect();
    assert_eq!(exchanges.len() as u64, count("asked"));
    let hit = exchanges.iter().find(|line| line["status"] == 503).expect("one that the fault met");
    assert_eq!(
        (&hit["user"], &hit["host"], &hit["method"]),
        (&"bot-7".into(), &"api.dingtalk.com:80".into(), &"POST".into())
    );
    assert_eq!(
        (&hit["injects"][0], &hit["end"], &hit["capability"]),
        (&"down".into(), &"refused".into(), &"login".into())
    );
    let answered = exchanges.iter().find(|line| line["end"] == "answered").expect("one that was answered");
    assert_eq!(answered["account"], "office-1", "by the key that it showed");
    assert!(answered["address"].is_string() && number(&answered["sent"]) > 100.0, "{answered}");
    for name in ["journal/journal.fdj", "summary.json", "report.md", "report.html", "plan.json", "ways.json"] {
        let bytes = read(&played.dir, name);
        let holds = |said: &[u8]| bytes.windows(said.len()).any(|part| part == said);
        assert!(!holds(b"hush-") && !holds(b"synthetic-"), "{name} holds what a program said");
    }
    let report = String::from_utf8(read(&played.dir, "report.md")).expect("text");
    assert!(
        report.contains("## Other programs") && report.contains("api.dingtalk.com")
            || report.contains("| **bot** | all |"),
        "{report}"
    );
}

/// SOCKS 5 without a name, for a host by its name; the reply's code.
fn socks(way: SocketAddr, host: &str, port: u16) -> Option<(TcpStream, u8)> {
    let mut conn = TcpStream::connect(way).ok()?;
    conn.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    conn.write_all(&[5, 1, 0]).ok()?;
    let mut method = [0; 2];
    conn.read_exact(&mut method).ok()?;
    let name = [&[5, 1, 0, 3, u8::try_from(host.len()).ok()?], host.as_bytes(), &port.to_be_bytes()].concat();
    conn.write_all(&name).ok()?;
    let mut reply = [0; 10];
    conn.read_exact(&mut reply).ok()?;
    Some((conn, reply[1]))
}

/// Connections of which nothing is read: one that is answered, one that stays open until the drill ends, one for a host that is not listed,
/// and more at a time than the way in takes.
#[test]
fn connections_are_told_bounded_and_closed_with_the_drill() {
    let echo = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = echo.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for conn in echo.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut bytes = [0; 64];
                let mut conn = conn;
                while let Ok(read @ 1..) = conn.read(&mut bytes) {
                    if conn.write_all(&bytes[..read]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    let place = Place::new();
    let text = BOT.lines().filter(|line| !line.starts_with("  none:")).collect::<Vec<_>>().join("\n");
    let scenario = place.file("own-bot.yaml", &text);
    let drill = Playing::start(&place, &scenario, &[]);
    let other = drill.way("other");
    let say = |conn: &mut TcpStream| {
        let mut back = [0; 4];
        conn.write_all(b"ping").and_then(|()| conn.read_exact(&mut back)).map(|()| back)
    };
    let (mut held, code) = socks(other, "localhost", port).expect("it is served");
    assert_eq!((code, say(&mut held).expect("an echo")), (0, *b"ping"));
    let (mut over, code) = socks(other, "localhost", port).expect("it is served");
    assert_eq!((code, say(&mut over).expect("an echo")), (0, *b"ping"));
    drop(over);
    assert_eq!(socks(other, "elsewhere.example", 80).map(|(_, code)| code), Some(2), "not on the list");
    // A second's worth of five comes at once; of thirty more in a moment most are too many.
    let limited = (0..30).filter_map(|_| socks(other, "localhost", port)).filter(|(_, code)| *code == 2).count() as u64;
    assert!(limited > 0, "nobody was refused");
    // The drill's end closes what is open.
    match held.read(&mut [0; 1]) {
        Ok(read) => assert_eq!(read, 0),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "it is closed within 30 s"),
    }
    let played = drill.ended(&place);
    let summary = played.summary();
    let way = &summary["observed"][1];
    let count = |key: &str| whole(&way[key]);
    assert_eq!(
        (count("limited"), count("denied"), count("unfinished"), count("requests")),
        (limited, 1, 1, 0),
        "{way:#}"
    );
    assert_eq!(count("asked"), 33);
    assert_eq!(count("answered") + count("left"), 31 - limited, "{way:#}");
    let lines: Vec<Value> = records(&played.dir).into_iter().filter(|line| line["record"] == "observed").collect();
    let of = |end: &str| lines.iter().filter(|line| line["end"] == end).collect::<Vec<_>>();
    // Those that were too many are counted together, second by second.
    let counted: u64 = of("limited").iter().map(|line| whole(&line["count"])).sum();
    assert_eq!(counted, limited);
    assert!(of("limited").len() <= 7, "one a second at most");
    let open = of("unfinished")[0];
    assert_eq!((&open["exchange"], &open["sent"], &open["received"]), (&0.into(), &4.into(), &4.into()));
    assert!(number(&way["connect_ms"]["max"]) > 0.0);
}

/// A host with two addresses, at the first of which nobody listens, and one that has such addresses only: each that was dialled is told, with
/// how it ended, in the order in which they were.
#[test]
fn every_address_that_was_dialled_is_told() {
    let here = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = here.local_addr().expect("an address").port();
    let place = Place::new();
    let text: Vec<_> = BOT.lines().filter(|line| !line.starts_with("  none:")).collect();
    let moved =
        "injects: { moved: { during: fault, dns_answer: { names: [localhost], address: [127.0.0.2, 127.0.0.1] } }, ";
    let listed = "allow: [localhost, 127.0.0.0/8], limit: 5/s";
    let text = text.join("\n").replace("injects: { ", moved).replace("allow: [localhost], limit: 5/s", listed);
    let scenario = place.file("own-bot.yaml", &text);
    let drill = Playing::start(&place, &scenario, &[]);
    let other = drill.way("other");
    // In the two seconds of the fault there is room for some of these, wherever they fall.
    let mut codes = Vec::new();
    while let Some((_, code)) = socks(other, "localhost", port) {
        let nobody = socks(other, "localhost", 1);
        codes.push((code, nobody.map_or(0, |(_, code)| code)));
        pause(450);
    }
    assert!(codes.iter().filter(|codes| **codes == (0, 5)).count() > 5, "{codes:?}");
    let played = drill.ended(&place);
    let lines: Vec<Value> = records(&played.dir).into_iter().filter(|line| line["record"] == "observed").collect();
    let told = |line: &Value| {
        let one = |tried: &Value| format!("{} {}", text_of(&tried["address"]), text_of(&tried["end"]));
        line["tried"].as_array().expect("a list").iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let all: Vec<_> = lines.iter().map(told).collect();
    let both = format!("127.0.0.2:{port} refused, 127.0.0.1:{port} reached");
    let hit: Vec<_> = lines.iter().filter(|line| line["injects"][0] == "moved").collect();
    let reached: Vec<_> = hit.iter().filter(|line| told(line) == both).collect();
    assert!(!reached.is_empty(), "{all:?}");
    assert!(reached.iter().all(|line| line["address"] == format!("127.0.0.1:{port}") && line["end"] != "unreachable"));
    let neither = hit.iter().find(|line| told(line) == "127.0.0.2:1 refused, 127.0.0.1:1 refused");
    let neither = neither.unwrap_or_else(|| panic!("{all:?}"));
    assert_eq!((&neither["end"], &neither["address"]), (&"unreachable".into(), &Value::Null));
    // Each was over before the next began.
    let [first, second] = [&neither["tried"][0], &neither["tried"][1]];
    assert!(number(&first["began_s"]) <= number(&first["ended_s"]), "{neither}");
    assert!(number(&first["ended_s"]) <= number(&second["began_s"]), "{neither}");
}

/// The third failure is one too many: the drill ends there, and not four seconds later.
#[test]
fn a_program_that_fails_too_often_ends_the_drill() {
    let place = Place::new();
    let end = "  calm: { expr: \"observed_failures{way=bot} <= 2\", level: must, abort: breached }\n";
    let windows = "  steady: { expr: \"observed_availability{way=bot} >= 90%\", window: 1s, confidence: point }\n";
    let text: Vec<_> = BOT.lines().filter(|line| !line.contains("none:")).collect();
    let text = text.join("\n").replace("fault: 2s", "fault: 30s") + "\n" + end + windows;
    let drill = Playing::start(&place, &place.file("own-bot.yaml", &text), &[]);
    let (bot, began) = (drill.way("bot"), std::time::Instant::now());
    while ask(bot, LOGIN).is_some() {
        pause(40);
    }
    let played = drill.ended(&place);
    let summary = played.summary();
    // Two seconds of baseline, and thirty of a fault that nobody waits for; it is looked for once a second.
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    assert_eq!((played.code, &summary["ended"]), (Some(1), &"aborted".into()), "{summary:#}");
    let calm = target(&summary, "calm");
    assert_eq!(calm["verdict"], "fail");
    assert!(text_of(&calm["why"]).starts_with("it could not be kept any more at "), "{calm}");
    let steady = target(&summary, "steady");
    assert!(text_of(&steady["why"]).contains("windows of 1s, bot from"), "{steady}");
    assert_eq!(steady["window"]["way"], "bot", "{steady}");
}

#[track_caller]
fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Ways in of each kind, with the same list and limit. Of what is listed besides this machine one is led by a fault to where nobody may go, and
/// one may be asked but once.
const REFUSING: &str = "
firedrill: 1
name: refusing
regions: { hk: {} }
endpoints: { dingtalk: { kind: dingtalk, edition: mainland, region: hk, limits: off } }
groups: { office: { count: 2, region: hk }, factory: { count: 2, region: hk } }
journeys: { order: { from: office, to: factory, rate: 1/5s, deadline: 2s, routes: [dingtalk] } }
phases: { baseline: 4s }
ways_in:
  forward: { forward: \"127.0.0.1:0\", allow: [localhost, 127.0.0.1, led.example, asked.example], limit: 4/s }
  socks: { socks: \"127.0.0.1:0\", allow: [localhost, 127.0.0.1, led.example, asked.example], limit: 4/s }
  sni: { sni: \"127.0.0.1:0\", allow: [localhost, 127.0.0.1, led.example, asked.example], limit: 4/s }
guard: { hosts: [led.example, asked.example], max_duration: 1m, max_rate: 1/5s, stop: none }
injects:
  led: { during: baseline, dns_answer: { names: [led.example], address: 10.0.0.1 } }
  asked: { during: baseline, dns_answer: { names: [asked.example], address: 127.0.0.1 } }
grace: 1s
targets: { arrived: { expr: \"undelivered{journey=order} == 0\", level: must } }
";

/// Asks for a host as the programs do that come by this way; whether it was refused, as they are told it.
fn refused(kind: &str, way: SocketAddr, host: &str) -> bool {
    if kind == "socks" {
        return socks(way, host, 443).is_some_and(|(_, code)| code == 2);
    }
    let (said, no): (_, &[&[u8]]) = if kind == "sni" {
        (hello(host), &[&[21, 3, 3, 0, 2, 2, 49]])
    } else {
        (format!("CONNECT {host}:443 HTTP/1.1\r\n\r\n").into_bytes(), &[b"HTTP/1.1 403", b"HTTP/1.1 429"])
    };
    let mut conn = TcpStream::connect(way).expect("it listens");
    conn.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
    conn.write_all(&said).expect("it reads");
    let mut heard = Vec::new();
    let _ = conn.read_to_end(&mut heard);
    no.iter().any(|no| heard.starts_with(no))
}

/// What a client of TLS says first.
fn hello(host: &str) -> Vec<u8> {
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions");
    let config = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    let mut said = Vec::new();
    ClientConnection::new(Arc::new(config), name).expect("a client").write_tls(&mut said).expect("memory");
    said
}

/// What the list, the guard's rule for a fault's addresses and the limit refuse is told of each way in in the same words.
#[test]
fn whatever_way_is_refused_it_is_told_alike() {
    const WAYS: [&str; 3] = ["forward", "socks", "sni"];
    let place = Place::new();
    let drill = Playing::start(&place, &place.file("refusing.yaml", REFUSING), &[]);
    for kind in WAYS {
        let way = drill.way(kind);
        assert!(refused(kind, way, "evil.example"), "{kind}: not listed");
        assert!((0..10).filter(|_| refused(kind, way, "localhost")).count() >= 5, "{kind}: too many at a time");
    }
    // By then there is room again, and the fault is on.
    pause(1_200);
    refused("forward", drill.way("forward"), "asked.example");
    for kind in WAYS {
        assert!(refused(kind, drill.way(kind), "led.example"), "{kind}: an address that is not listed");
        assert!(refused(kind, drill.way(kind), "asked.example"), "{kind}: more than the guard allows");
    }
    let played = drill.ended(&place);
    let lines: Vec<Value> = records(&played.dir).into_iter().filter(|line| line["record"] == "observed").collect();
    for (index, kind) in WAYS.into_iter().enumerate() {
        let told: Vec<_> = lines
            .iter()
            .filter(|line| line["way"] == kind && line["end"] == "denied")
            .map(|line| {
                assert_eq!(
                    (&line["status"], &line["received"], &line["address"]),
                    (&0.into(), &0.into(), &Value::Null)
                );
                format!("{} {}", text_of(&line["host"]), line["injects"])
            })
            .collect();
        // What a fault says of a name is in it, and what was refused for it.
        let due = ["evil.example:443 []", "led.example:443 [\"led\"]", "asked.example:443 [\"asked\"]"];
        assert_eq!(told, due, "{kind}");
        let way = &played.summary()["observed"][index];
        assert_eq!((&way["denied"], whole(&way["limited"]) >= 5), (&3.into(), true), "{way:#}");
        for why in [
            "evil.example:443 is not on the list",
            "a fault answers for led.example:443 with 10.0.0.1",
            "the guard allows",
        ] {
            let is_it = |line: &&str| line.contains(&format!("way=\"way {kind}\"")) && line.contains(why);
            assert_eq!(played.err.lines().filter(is_it).count(), 1, "{kind} {why}: {}", played.err);
        }
    }
}

#[test]
fn in_a_rehearsal_nobody_comes_in_and_it_is_said() {
    let place = Place::new();
    let text = BOT.lines().filter(|line| !line.starts_with("  none:")).collect::<Vec<_>>().join("\n");
    let played = place.play("rehearse", &place.file("own-bot.yaml", &text), &[]);
    assert!(played.err.contains("do not exist in virtual time"), "{}", played.told());
    let up = target(&played.summary(), "up").clone();
    assert_eq!(up["verdict"], "inconclusive");
    assert!(up["why"].as_str().is_some_and(|why| why.contains("no program came")), "{up}");
    assert_eq!(played.code, Some(3), "no data is not a pass: {}", played.told());
}
