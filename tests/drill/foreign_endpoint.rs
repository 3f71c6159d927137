//! A service that is not ours sees no request of whoever is shut out, and every request of everybody else.
//!
//! The server below is a plain HTTP/1.1 server on threads, which knows nothing of firedrill: it gives out tokens and takes messages as
//! DingTalk's gateway does, and keeps an access log. Its log is the witness, not our journal.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde_json::{Value, json};

use crate::common::turns::Turn;
use crate::common::{Place, exchange, number, pause, records, sender_was_slow};

/// One message in the access log.
struct Line {
    at: Instant,
    /// The key that the token in the credential header was given for.
    key: String,
    content: String,
}

type Log = Arc<Mutex<Vec<Line>>>;

/// Starts the server on a port of its own.
#[expect(clippy::disallowed_methods, reason = "this server is not ours and stands outside the world")]
fn serve() -> (u16, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (port, log) = (listener.local_addr().expect("an address").port(), Log::default());
    let kept = Arc::clone(&log);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let log = Arc::clone(&kept);
            std::thread::spawn(move || while answer(&stream, &log).is_some() {});
        }
    });
    (port, log)
}

/// One exchange; `None` when the connection is over.
#[expect(clippy::disallowed_methods, reason = "this server is not ours and stands outside the world")]
fn answer(stream: &TcpStream, log: &Log) -> Option<()> {
    let request = exchange::Request::read(stream)?;
    let at = Instant::now();
    let body = request.json()?;
    let told = if request.target == "/v1.0/oauth2/accessToken" {
        // A token that cannot be guessed from the key, but by whoever saw this exchange.
        let key = body["appKey"].as_str()?;
        json!({ "accessToken": format!("t0ken-{}", key.bytes().rev().map(char::from).collect::<String>()), "expireIn": 7200 })
    } else {
        let key = request.token?.strip_prefix("t0ken-")?.chars().rev().collect();
        let content: Value = serde_json::from_str(body["msgParam"].as_str()?).ok()?;
        let content = content["content"].as_str()?.to_owned();
        log.lock().unwrap_or_else(PoisonError::into_inner).push(Line { at, key, content });
        json!({ "processQueryKey": "foreign", "invalidStaffIdList": [], "flowControlledStaffIdList": [] })
    };
    exchange::answer(stream, 200, &told)
}

/// Three faults, one after another, each aimed at the five accounts of `aimed`: by name, by region, by link.
fn scenario(port: u16) -> String {
    format!(
        "
firedrill: 1
name: foreign
guard: {{ hosts: [\"127.0.0.1:{port}\"], max_duration: 1m, max_rate: 50/s, stop: none }}
regions: {{ hk: {{}}, singapore: {{}}, shenzhen: {{}} }}
links: {{ hk-shenzhen: {{ latency: 10ms }}, singapore-shenzhen: {{ latency: 10ms }} }}
endpoints: {{ real: {{ kind: dingtalk, edition: mainland, region: shenzhen, url: \"http://127.0.0.1:{port}\" }} }}
groups: {{ aimed: {{ count: 5, region: hk }}, others: {{ count: 5, region: singapore }}, factory: {{ count: 2, region: shenzhen }} }}
journeys:
  struck: {{ from: aimed, to: factory, send: chat, rate: 20/s, deadline: 500ms, routes: [real] }}
  spared: {{ from: others, to: factory, send: chat, rate: 20/s, deadline: 500ms, routes: [real] }}
phases:
  baseline: 2s
  freezing: {{ kind: fault, for: 2s }}
  calm: {{ kind: recovery, for: 1s }}
  fencing: {{ kind: fault, for: 2s }}
  quiet: {{ kind: recovery, for: 1s }}
  cutting: {{ kind: fault, for: 2s }}
  recovery: 1s
injects:
  freeze: {{ during: freezing, account_freeze: {{ endpoint: real, group: aimed, mode: whole }} }}
  fence: {{ during: fencing, geo_fence: {{ endpoint: real, region: hk }} }}
  cut: {{ during: cutting, partition: {{ link: hk-shenzhen }} }}
grace: 1s
targets:
  spared: {{ expr: \"p50(accept_latency{{journey=spared}}) <= 500ms\", level: must }}
"
    )
}

#[test]
fn a_foreign_service_sees_nobody_who_is_shut_out_and_everybody_else() {
    let _turn = Turn::to("run");
    let (port, log) = serve();
    let place = Place::new();
    let played = place.play("run", &place.file("foreign.yaml", &scenario(port)), &["--quiet"]);
    // What the server saw counts also where this machine was too busy to send in time.
    assert!(played.code == Some(0) || sender_was_slow(&played.dir), "{}", played.told());
    let summary = played.summary();
    let lines = log.lock().unwrap_or_else(PoisonError::into_inner);
    let records = records(&played.dir);
    let clock = Clock::fit(&lines, &records);

    // Without a fault everybody is seen.
    assert!(seen(&lines, &clock, "aimed", 0.0, 2.0) >= 35, "the baseline holds 40 of them");
    for inject in summary["injects"].as_array().expect("a list") {
        let (id, from, to) = (&inject["id"], number(&inject["applied_s"]), number(&inject["lifted_s"]));
        // What the path had let pass before was under way for at most 10 ms; the rest is for a processor that others use, too.
        let (travel, slack) = (0.010, 0.150);
        assert_eq!(seen(&lines, &clock, "aimed", from + travel + slack, to - clock.doubt), 0, "{id}: {from} to {to} s");
        // Two seconds are planned; on a busy machine the conductor comes late.
        assert!(to - from > 1.0 && number(&inject["hits"]) > 0.0, "{id}: nothing was looked at: {inject}");
    }

    // Each message of the others that was due was taken once, also within the windows.
    let due: Vec<_> = records.iter().filter(|record| record["record"] == "message" && is(record, "spared")).collect();
    assert_eq!(due.len(), 220, "11 s at 20/s");
    for message in due {
        let tag = tag(message["message"].as_str().expect("a name"));
        assert_eq!(lines.iter().filter(|line| line.content.starts_with(&tag)).count(), 1, "{message}");
    }
    let struck =
        summary["journeys"].as_array().and_then(|all| all.iter().find(|one| one["id"] == "struck")).expect("it");
    assert_eq!(struck["basis"], "acceptance", "nobody sees receipts of a foreign service");
}

/// Whether a record is of a journey.
fn is(record: &Value, journey: &str) -> bool {
    record["message"].as_str().is_some_and(|name| name.starts_with(&format!("{journey}.")))
}

/// How the text of `struck.17` begins: journeys are numbered as they stand in the scenario.
fn tag(name: &str) -> String {
    let (journey, number) = name.split_once('.').expect("a name and a number");
    format!("[fd {}.{number}]", usize::from(journey == "spared"))
}

/// How many requests of a group the server saw between two moments of the drill.
fn seen(lines: &[Line], clock: &Clock, group: &str, from: f64, to: f64) -> usize {
    let theirs = lines.iter().filter(|line| line.key.starts_with(&format!("dingfd{group}")));
    theirs.filter(|line| (from..to).contains(&clock.drill(line.at))).count()
}

/// The drill's clock on the server's: the server saw an acknowledged message after it was sent and before that was known, so the drill
/// began within as many intervals as there are such messages. Their intersection is a few milliseconds wide.
struct Clock {
    origin: Instant,
    offset: f64,
    doubt: f64,
}

impl Clock {
    fn fit(lines: &[Line], records: &[Value]) -> Self {
        let origin = lines.first().expect("a request").at;
        let (mut low, mut high) = (f64::MIN, f64::MAX);
        for attempt in
            records.iter().filter(|record| record["record"] == "attempt" && record["ending"] == "acknowledged")
        {
            let tag = tag(attempt["message"].as_str().expect("a name"));
            let line =
                lines.iter().find(|line| line.content.starts_with(&tag)).expect("whoever acknowledges has seen it");
            let at = line.at.duration_since(origin).as_secs_f64();
            low = low.max(number(&attempt["sent_s"]) - at);
            high = high.min(number(&attempt["done_s"]) - at);
        }
        assert!(low <= high && high - low < 0.05, "the clocks are read to {} s", high - low);
        Self { origin, offset: f64::midpoint(low, high), doubt: (high - low) / 2.0 }
    }

    fn drill(&self, at: Instant) -> f64 {
        at.duration_since(self.origin).as_secs_f64() + self.offset
    }
}

/// Two hundred a second for three seconds. A tenth of the deadline is the lag that a sender may have.
fn steady(port: u16) -> String {
    format!(
        "
firedrill: 1
name: pace
guard: {{ hosts: [\"127.0.0.1:{port}\"], max_duration: 1m, max_rate: 200/s, stop: none }}
regions: {{ hk: {{}} }}
endpoints: {{ real: {{ kind: dingtalk, edition: mainland, region: hk, url: \"http://127.0.0.1:{port}\" }} }}
groups: {{ office: {{ count: 5, region: hk }}, factory: {{ count: 2, region: hk }} }}
journeys: {{ struck: {{ from: office, to: factory, send: chat, rate: 200/s, deadline: 4s, routes: [real] }} }}
phases: {{ recovery: 3s }}
grace: 1s
targets: {{ taken: {{ expr: \"availability >= 90%\", level: must, confidence: point, window: drill }} }}
"
    )
}

/// By how much each message came later, after it was due, than the one that came the least late; and how long its exchange took.
///
/// The two clocks run alike and were started at other moments. With `o` between them every message arrives between its attempt's begin and
/// end, `sent ≤ at + o ≤ done`, and none is sent before it is due. So the least of `at − due` is −o or more, and what is later than that is
/// no more than `at + o − due ≤ done − due`: the lag, `sent − due`, and the exchange. What of it the exchange does not explain is lag, on a
/// machine however busy.
fn lateness(lines: &[Line], records: &[Value]) -> Vec<(f64, f64)> {
    let of = |kind: &'static str| records.iter().filter(move |record| record["record"] == kind);
    let name = |record: &Value| record["message"].as_str().expect("a name").to_owned();
    let origin = lines.first().expect("a request").at;
    let seen: BTreeMap<&str, f64> = lines
        .iter()
        .filter_map(|line| Some((line.content.split(']').next()?, line.at.duration_since(origin).as_secs_f64())))
        .collect();
    let due: BTreeMap<String, f64> = of("message").map(|message| (name(message), number(&message["due_s"]))).collect();
    let late = |attempt: &Value| {
        let name = name(attempt);
        let at = seen.get(tag(&name).trim_end_matches(']')).expect("whoever acknowledges has seen it");
        (at - due[&name], number(&attempt["done_s"]) - number(&attempt["sent_s"]))
    };
    let all: Vec<(f64, f64)> = of("attempt").map(late).collect();
    let least = all.iter().map(|(late, _)| *late).fold(f64::MAX, f64::min);
    all.into_iter().map(|(late, took)| (late - least, took)).collect()
}

/// A sender that its machine gives no time for a while tells a lag that is no smaller than what the service saw, message by message.
#[test]
fn a_sender_owns_up_to_what_a_foreign_service_sees_of_its_lag() {
    let _turn = Turn::to("run");
    let (port, log) = serve();
    let place = Place::new();
    let mut child =
        place.command("run", &place.file("pace.yaml", &steady(port)), &["--quiet"]).spawn().expect("it starts");
    let seen = || log.lock().unwrap_or_else(PoisonError::into_inner).len();
    while seen() < 200 && child.try_wait().is_ok_and(|ended| ended.is_none()) {
        pause(10);
    }
    for (signal, millis) in [("-STOP", 700), ("-CONT", 0)] {
        let done = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill");
        assert!(done.success());
        pause(millis);
    }
    let played = place.ended(child);
    // It was too slow, and says so.
    assert!(played.code == Some(3) && sender_was_slow(&played.dir), "{}", played.told());
    let lines = log.lock().unwrap_or_else(PoisonError::into_inner);
    let late = lateness(&lines, &records(&played.dir));
    assert_eq!(late.len(), 600, "everything due was sent: {}", played.told());
    let mut lag: Vec<f64> = late.iter().map(|(late, took)| (late - took) * 1e3).collect();
    lag.sort_by(f64::total_cmp);
    // About 140 were due meanwhile, the first of which came 0.7 s late.
    assert!(lag[599] > 200.0, "{lag:?}");
    let told = &played.summary()["sender"]["lag_ms"];
    // Three digits of a histogram. Where each is at least as large, so are the 99th percentile and the largest.
    for (figure, rank) in [("p99", 594), ("max", 600)] {
        let told = number(&told[figure]);
        assert!(told >= lag[rank - 1] * (1.0 - 1e-3), "{figure}: {told} ms told, {} ms seen", lag[rank - 1]);
    }
}
