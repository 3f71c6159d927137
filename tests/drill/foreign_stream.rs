//! A service that is not ours sends its clients on to a gateway of another name, as DingTalk's Stream mode does: whoever receives goes
//! there, over the faulty path, if the guard lists it, and nowhere if not.
//!
//! Both servers below are plain ones on threads, which know nothing of firedrill.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::{Message, accept_hdr};

use crate::common::turns::Turn;
use crate::common::{Place, exchange, number, read, sender_was_slow};

/// Whom the service gives a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gives {
    ToItsRecipient,
    /// … but for one message, a second after the first: everybody gets it.
    OneToEverybody,
}

/// What waits for a user: both ends, until his connection takes the second.
type Waiting = (Sender<String>, Option<Receiver<String>>);

/// The text of a message, by whom it was sent.
type Arrived = (String, String);

#[derive(Default)]
struct Users {
    waiting: Mutex<BTreeMap<String, Waiting>>,
    /// Every message in the order in which it arrived, which is that in which it is pushed.
    arrived: Mutex<Vec<Arrived>>,
}

impl Users {
    fn with<T>(&self, user: &str, use_it: impl FnOnce(&mut Waiting) -> T) -> T {
        let mut users = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let (sender, receiver) = channel();
            (sender, Some(receiver))
        };
        use_it(users.entry(user.to_owned()).or_insert_with(new))
    }

    fn everybody(&self) -> Vec<String> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}

/// Starts the service and its gateway, each on a port of its own. Gives these, and what arrives.
#[expect(clippy::disallowed_methods, reason = "these servers are not ours and stand outside the world")]
fn serve(gives: Gives) -> ((u16, u16), Arc<Users>) {
    let listen = || TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
    let (service, gateway, users) = (listen(), listen(), Arc::<Users>::default());
    let ports = (port(&service), port(&gateway));
    let (theirs, ours) = (Arc::clone(&users), Arc::clone(&users));
    std::thread::spawn(move || {
        for stream in service.incoming().flatten() {
            let users = Arc::clone(&theirs);
            std::thread::spawn(move || while answer(&stream, ports.1, &users, gives).is_some() {});
        }
    });
    std::thread::spawn(move || {
        for stream in gateway.incoming().flatten() {
            let users = Arc::clone(&users);
            std::thread::spawn(move || push(stream, &users));
        }
    });
    (ports, ours)
}

/// One exchange of the service; `None` when the connection is over.
fn answer(stream: &TcpStream, gateway: u16, users: &Users, gives: Gives) -> Option<()> {
    let request = exchange::Request::read(stream)?;
    let body = request.json()?;
    let told = if request.target == "/v1.0/oauth2/accessToken" {
        json!({ "accessToken": format!("t0ken-{}", body["appKey"].as_str()?), "expireIn": 7200 })
    } else if request.target == "/v1.0/gateway/connections/open" {
        let user = body["clientId"].as_str()?.strip_prefix("dingfd")?;
        json!({ "endpoint": format!("ws://127.0.0.1:{gateway}/connect"), "ticket": user })
    } else {
        let content: Value = serde_json::from_str(body["msgParam"].as_str()?).ok()?;
        let (text, sender) = (content["content"].as_str()?.to_owned(), request.token?);
        // Nobody else's message arrives or is pushed between these.
        let mut arrived = users.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.push((sender, text.clone()));
        let mut to: Vec<_> =
            body["userIds"].as_array()?.iter().filter_map(|user| user.as_str()).map(str::to_owned).collect();
        if gives == Gives::OneToEverybody && text.starts_with("[fd 0.20]") {
            to = users.everybody();
        }
        for user in to {
            users.with(&user, |user| user.0.send(text.clone()).ok())?;
        }
        json!({ "processQueryKey": "foreign", "invalidStaffIdList": [], "flowControlledStaffIdList": [] })
    };
    exchange::answer(stream, 200, &told)
}

/// Pushes to one user until he goes.
#[expect(clippy::result_large_err, reason = "the signature is tungstenite's")]
fn push(stream: TcpStream, users: &Users) {
    let mut user = String::new();
    let look = |request: &Request, response: Response| {
        let ticket = request.uri().query().and_then(|query| query.strip_prefix("ticket="));
        ticket.unwrap_or_default().clone_into(&mut user);
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr(stream, look) else { return };
    let Some(waiting) = users.with(&user, |user| user.1.take()) else { return };
    for (number, text) in waiting.iter().enumerate() {
        let data = json!({ "text": { "content": text } }).to_string();
        let headers = json!({ "messageId": number.to_string(), "topic": "/v1.0/im/bot/messages/get", "time": "0" });
        let frame = json!({ "specVersion": "1.0", "type": "CALLBACK", "headers": headers, "data": data });
        if socket.send(Message::text(frame.to_string())).is_err() {
            return;
        }
        let Ok(Message::Text(acknowledgement)) = socket.read() else { return };
        let acknowledgement: Value = serde_json::from_str(&acknowledgement).expect("JSON");
        assert_eq!(acknowledgement["headers"]["messageId"], number.to_string());
    }
}

fn scenario((service, gateway): (u16, u16)) -> String {
    format!(
        "
firedrill: 1
name: foreign-stream
guard: {{ hosts: [\"127.0.0.1:{service}\", \"127.0.0.1:{gateway}\"], max_duration: 1m, max_rate: 50/s, stop: none }}
regions: {{ hk: {{}}, shenzhen: {{}} }}
links: {{ hk-shenzhen: {{ latency: 10ms }} }}
endpoints:
  real:
    {{ kind: dingtalk, edition: mainland, region: shenzhen, url: \"http://127.0.0.1:{service}\", receipts: stream }}
groups: {{ office: {{ count: 5, region: hk }}, factory: {{ count: 2, region: hk }} }}
journeys: {{ order: {{ from: office, to: factory, send: chat, rate: 20/s, deadline: 2s, routes: [real] }} }}
phases: {{ baseline: 1s, fault: 2s, recovery: 1s }}
injects: {{ late: {{ during: fault, push_delay: {{ constant: 300ms }} }} }}
grace: 2s
targets: {{ arrived: {{ expr: \"lost == 0\", level: must }} }}
"
    )
}

#[test]
fn whoever_receives_goes_where_the_service_sends_him() {
    let _turn = Turn::to("run");
    let (place, (ports, _)) = (Place::new(), serve(Gives::ToItsRecipient));
    let played = place.play_undisturbed(&place.file("foreign.yaml", &scenario(ports)), &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let summary = played.summary();
    // 20 a second for 4 s.
    assert_eq!(summary["deliveries"]["delivered"], 80, "{}", played.told());
    assert_eq!(summary["journeys"][0]["basis"], "delivery");
    let hits = summary["injects"][0]["hits"].as_u64().expect("hits");
    // The gateway pushes to each of two users one at a time: what is pushed in the two seconds takes 320 ms each, which fits seven times.
    assert!((6..=14).contains(&hits), "{hits}");
}

#[test]
fn a_gateway_that_the_guard_does_not_list_is_not_dialled() {
    let _turn = Turn::to("run");
    let (place, (ports, _)) = (Place::new(), serve(Gives::ToItsRecipient));
    // Another name is listed, so that names count.
    let text = scenario(ports).replace(&format!("\"127.0.0.1:{}\"],", ports.1), "\"127.0.0.1:1\"],");
    let played = place.play("run", &place.file("foreign.yaml", &text), &[]);
    // Nothing arrives from the beginning: the baseline is no steady state.
    assert_eq!(played.code, Some(3), "{}", played.told());
    assert_eq!(played.summary()["deliveries"]["delivered"], 0, "{}", played.told());
    let warned = format!("tells its clients to receive from 127.0.0.1:{}", ports.1);
    assert_eq!(played.err.matches(&warned).count(), 1, "{}", played.err);
}

#[test]
fn what_a_service_gives_to_others_is_told_and_is_no_bug_of_ours() {
    let _turn = Turn::to("run");
    let (place, (ports, _)) = (Place::new(), serve(Gives::OneToEverybody));
    let played = place.play_undisturbed(&place.file("foreign.yaml", &scenario(ports)), &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let summary = played.summary();
    assert_eq!((&summary["deliveries"]["delivered"], &summary["deliveries"]["strayed"]), (&json!(80), &json!(1)));
    let findings = summary["findings"].as_array().expect("a list");
    let text = findings.iter().find(|one| one["kind"] == "misdelivered").expect("it is told")["text"].as_str();
    assert!(
        text.is_some_and(|text| text.contains("order.20 by factory-") && text.contains("over real at")),
        "{text:?}"
    );
    let report = std::fs::read_to_string(played.dir.join("report.md")).expect("a report");
    assert!(report.contains("was received by somebody for whom it was not"), "{report}");
}

/// What arrived out of order, and by how much, as RFC 4737 defines it for a stream of consecutive numbers: what has a smaller number than the
/// next expected (3.3), and of each how many positions it is behind the first arrival of a larger number (4.2.1).
fn out_of_order(stream: &[u64]) -> Vec<usize> {
    let (mut next_expected, mut extents) = (0, Vec::new());
    for (position, number) in stream.iter().enumerate() {
        if *number >= next_expected {
            next_expected = number + 1;
        } else {
            let first = stream.iter().position(|other| other > number).expect("what made another one expected");
            extents.push(position - first);
        }
    }
    extents
}

/// Two senders' requests are kept back by chance, and one recipient is pushed everything in the order in which it arrived, one after another: the
/// service has seen the order that he sees.
#[test]
fn what_the_service_sees_out_of_order_is_told_so_and_by_as_much() {
    let _turn = Turn::to("run");
    let (place, (ports, users)) = (Place::new(), serve(Gives::ToItsRecipient));
    let text = [
        ("latency: 10ms", "latency: 1ms"),
        ("office: { count: 5", "office: { count: 2"),
        ("factory: { count: 2", "factory: { count: 1"),
        ("rate: 20/s", "rate: 50/s"),
        ("{ baseline: 1s, fault: 2s, recovery: 1s }", "{ baseline: 300ms, fault: 1500ms, recovery: 300ms }"),
        (
            "late: { during: fault, push_delay: { constant: 300ms } }",
            "apart: { during: fault, reorder: { capability: chat, direction: to-endpoint, by: 200ms, chance: 20% } }",
        ),
        ("lost == 0\", level: must", "ratio(reordered) <= 50%\", level: must, confidence: point"),
    ]
    .iter()
    .fold(scenario(ports), |text, (words, instead)| {
        assert!(text.contains(words), "no `{words}`");
        text.replace(words, instead)
    });
    let played = place.play("run", &place.file("apart.yaml", &text), &["--quiet"]);
    // The order is that of arrival also where this machine was too busy to send in time.
    assert!(played.code == Some(0) || sender_was_slow(&played.dir), "{}", played.told());
    let mut streams: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (sender, text) in users.arrived.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let number = text.strip_prefix("[fd 0.").and_then(|text| text.split(']').next()?.parse().ok());
        streams.entry(sender.clone()).or_default().push(number.expect("a number"));
    }
    let extents: Vec<usize> = streams.values().flat_map(|stream| out_of_order(stream)).collect();
    let summary = played.summary();
    // Of 75 messages of the fault fifteen or so are kept back, in whose time four or five others of their senders arrive.
    assert!(streams.len() == 2 && extents.len() >= 5, "{streams:?}");
    let told = ["delivered", "reordered", "reordered_extent"].map(|what| summary["deliveries"][what].as_u64());
    let arrived: usize = streams.values().map(Vec::len).sum();
    let truth = [arrived, extents.len(), extents.iter().copied().max().unwrap_or_default()];
    assert_eq!(told, truth.map(|count| u64::try_from(count).ok()), "{streams:?}");
    // Six significant digits.
    let ratio = number(&summary["targets"][0]["observed"]);
    assert!((ratio - extents.len() as f64 / arrived as f64).abs() <= 0.5e-6, "{ratio}");
    let report = String::from_utf8(read(&played.dir, "report.md")).expect("text");
    assert!(report.contains(&format!("at most {} places and ", truth[2])), "{report}");
}
