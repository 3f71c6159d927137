//! Faults in our own words, and what the daemon knows of itself.

use std::io::{Read, Write};

use serde_json::json;

use crate::daemon::{Daemon, program, until};
use crate::upstream;

#[test]
fn a_fault_is_armed_reported_and_lifted() {
    let daemon = Daemon::start();
    let (listen, other) = (daemon.proxy("a", upstream::echo()), daemon.proxy("b", upstream::echo()));
    let fault = r#"{"name":"slow","proxies":["a"],"latency":{"constant":"200ms","direction":"from-endpoint"}}"#;
    let armed = daemon.good("POST", "/firedrill/v1/faults", fault, 201);
    assert_eq!((&armed["hits"], &armed["applied_s"], &armed["lease"]), (&json!(0), &json!(null), &json!(null)));
    let took = upstream::ping(&mut upstream::connect(listen)).expect("an answer");
    // Never early; late by what a busy machine takes.
    assert!((200..1_000).contains(&took.as_millis()), "{took:?}");
    let past = upstream::ping(&mut upstream::connect(other)).expect("an answer");
    assert!(past.as_millis() < 200, "it is not aimed there: {past:?}");
    let state = daemon.good("GET", "/firedrill/v1/state", "", 200);
    let (fault, door) = (&state["faults"][0], &state["proxies"][0]);
    assert_eq!((&fault["hits"], &door["faults"][0]["name"]), (&json!(1), &json!("fault:slow")));
    assert!(fault["applied_s"].as_f64().is_some_and(|at| at <= state["at_s"].as_f64().unwrap_or(0.0)), "{state}");
    assert_eq!((&door["to_endpoint"]["read"], &door["from_endpoint"]["read"]), (&json!(4), &json!(4)));
    assert_eq!((&state["proxies"][1]["faults"], &state["firedrill"]), (&json!([]), &json!(env!("CARGO_PKG_VERSION"))));
    // Toxiproxy's reset knows nothing of it, and a toxic of its name is another one.
    daemon.toxic("a", r#"{"type":"noop","name":"slow"}"#);
    daemon.good("POST", "/reset", "", 204);
    assert!(upstream::ping(&mut upstream::connect(listen)).expect("an answer").as_millis() >= 200);
    daemon.good("DELETE", "/firedrill/v1/faults/slow", "", 204);
    daemon.good("DELETE", "/firedrill/v1/faults/slow", "", 404);
    assert!(upstream::ping(&mut upstream::connect(listen)).expect("an answer").as_millis() < 200);
}

#[test]
fn a_fault_is_shown_as_it_was_asked_for() {
    let daemon = Daemon::start();
    let plain = daemon.good("POST", "/firedrill/v1/faults", r#"{"name":"plain","latency":{"constant":"40ms"}}"#, 201);
    for (member, value) in [
        ("regions", json!([])),
        ("capabilities", json!([])),
        ("per", json!("unit")),
        ("first", json!(null)),
        ("every", json!(null)),
        ("ramp", json!(null)),
        ("waveform", json!(null)),
    ] {
        assert_eq!(plain.get(member), Some(&value), "{member}: {plain}");
    }
    for waveform in [
        json!({ "step": { "every": "30s", "steps": 4 } }),
        json!({ "sine": { "period": "1m", "low": "20%" } }),
        json!({ "burst": { "every": "30s", "for": "5s" } }),
        json!({ "trace": [["0s", "10%"], ["10s", "100%"]] }),
    ] {
        let mut latency = json!({ "constant": "40ms", "first": 3, "every": 2, "capability": "chat" });
        latency["chance"] = json!("50%");
        latency["per"] = json!("connection");
        let asked = json!({ "name": "wave", "ramp": "10s", "waveform": waveform, "latency": latency });
        daemon.good("POST", "/firedrill/v1/faults", &asked.to_string(), 201);
        let armed = &daemon.good("GET", "/firedrill/v1/faults", "", 200)[1];
        assert_eq!((&armed["ramp"], &armed["waveform"]), (&json!("10s"), &waveform));
        let aim = [&armed["first"], &armed["every"], &armed["capabilities"], &armed["per"]];
        assert_eq!(aim, [&json!(3), &json!(2), &json!(["chat"]), &json!("connection")]);
    }
}

#[test]
fn it_hits_proxies_that_come_later_and_come_back() {
    let daemon = Daemon::start();
    daemon.good("POST", "/firedrill/v1/faults", r#"{"name":"cut","limit_data":{"bytes":"0B"}}"#, 201);
    let listen = daemon.proxy("a", upstream::echo());
    assert!(upstream::ping(&mut upstream::connect(listen)).is_err());
    daemon.good("POST", "/proxies/a", r#"{"enabled":false}"#, 200);
    daemon.good("POST", "/proxies/a", r#"{"enabled":true}"#, 200);
    assert!(upstream::ping(&mut upstream::connect(listen)).is_err());
}

#[test]
fn a_wrong_fault_is_told_what_is_wrong() {
    let daemon = Daemon::start();
    daemon.proxy("a", upstream::echo());
    for (body, word) in [
        ("", "bad request body: missing: a fault is a map of `key: value`, and here is nothing"),
        ("[]", "a map"),
        ("{}", "no `name`"),
        ("{", "syntax"),
        (r#"{"name":"a"}"#, "no fault"),
        (r#"{"name":"a","latency":{"constant":"40"}}"#, "unit"),
        (r#"{"name":"a","dance":{}}"#, "dance"),
        (r#"{"name":"a","latncy":{"constant":"40ms"}}"#, "did you mean `latency`"),
        (r#"{"name":"a","chance":"4%","latency":{"constant":"40ms"}}"#, "in the map of the fault"),
        (r#"{"name":"a","latency":{"constant":"40ms","ramp":"1s"}}"#, "beside the fault"),
        (r#"{"name":"a","latency":{"constant":"40ms"},"during":"fault"}"#, "`at: 10m`"),
        (r#"{"name":"a","latency":{"constant":"40ms","endpoint":"teams"}}"#, "`proxies`"),
        (r#"{"name":"a","latency":{"constant":"40ms","group":"office"}}"#, "no group `office`"),
        (r#"{"name":"a","latency":{"constant":"40ms","region":"hk"}}"#, "no region `hk` (there are no regions)"),
        (r#"{"name":"a","account_freeze":{}}"#, "no `group`"),
        (r#"{"name":"a","slicer":{"size":"0B"}}"#, "size"),
        (r#"{"name":"a","proxies":[],"refuse":{}}"#, "empty list"),
        (r#"{"name":"","reset":{}}"#, "bad-name"),
        (r#"{"name":"a","proxies":["a"],"status":{"code":503}}"#, "http"),
    ] {
        let refused = daemon.good("POST", "/firedrill/v1/faults", body, 400);
        assert!(refused["error"].as_str().is_some_and(|text| text.contains(word)), "{body}: {refused}");
    }
    let many = r#"{"name":"a","ramp":"x","latency":{"constant":"40","chance":"0%"}}"#;
    let refused = daemon.good("POST", "/firedrill/v1/faults", many, 400);
    assert_eq!(refused["error"].as_str().map(|text| text.lines().count()), Some(3), "every mistake: {refused}");
    let bytes = b"{\"name\":\n\"\xff\"}";
    let lines = ["POST /firedrill/v1/faults HTTP/1.1", "Host: localhost", "Connection: close", "Content-Length: 12"];
    let refused = daemon.raw(&[format!("{}\r\n\r\n", lines.join("\r\n")).as_bytes(), bytes].concat());
    assert!(refused.body.contains("bad request body: 2:2: encoding: "), "{refused:?}");
    let unknown = daemon.good("POST", "/firedrill/v1/faults", r#"{"name":"a","proxies":["x"],"reset":{}}"#, 404);
    assert_eq!(unknown["error"], "proxy `x` not found");
    assert_eq!(daemon.good("GET", "/firedrill/v1/faults", "", 200), json!([]));
}

#[test]
fn a_fault_of_messages_acts_where_http_is_read() {
    let daemon = Daemon::start();
    let up = upstream::serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    });
    let body = format!(r#"{{"name":"web","listen":"127.0.0.1:0","upstream":"{up}","protocol":"http"}}"#);
    let made = daemon.good("POST", "/proxies", &body, 201);
    let listen: std::net::SocketAddr = made["listen"].as_str().expect("a text").parse().expect("an address");
    let ask = || {
        let mut stream = upstream::connect(listen);
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer[9..12].to_owned()
    };
    assert_eq!(ask(), "200");
    // Of three requests the first two are hit.
    daemon.good("POST", "/firedrill/v1/faults", r#"{"name":"no","status":{"code":503,"first":2}}"#, 201);
    assert_eq!([ask(), ask(), ask()], ["503", "503", "200"]);
    assert_eq!(daemon.good("GET", "/firedrill/v1/faults", "", 200)[0]["hits"], json!(2));
}

#[test]
fn a_fault_has_its_time() {
    let daemon = Daemon::start();
    let mut stream = upstream::connect(daemon.proxy("a", upstream::echo()));
    let body = r#"{"name":"slow","at":"500ms","for":"1s","latency":{"constant":"150ms","direction":"to-endpoint"}}"#;
    let armed = daemon.good("POST", "/firedrill/v1/faults", body, 201);
    let (start, end) = (armed["start_s"].as_f64().expect("a time"), armed["end_s"].as_f64().expect("a time"));
    assert!((end - start - 1.0).abs() < 1e-5, "{armed}");
    until("it begins", || upstream::ping(&mut stream).expect("an answer").as_millis() >= 150);
    let fault = &daemon.good("GET", "/firedrill/v1/faults", "", 200)[0];
    assert!(fault["applied_s"].as_f64().is_some_and(|at| start <= at && at <= end), "{fault}");
    until("it ends", || daemon.good("GET", "/firedrill/v1/faults", "", 200) == json!([]));
    assert!(upstream::ping(&mut stream).expect("an answer").as_millis() < 150);
}

/// The file's regions are told apart by the client's own address.
#[test]
fn a_file_of_faults_aims_by_region() {
    let place = tempfile::tempdir().expect("a directory");
    let file = place.path().join("faults.yaml");
    let up = upstream::echo();
    let text = format!(
        "regions: {{ hk: {{}}, shenzhen: {{ addresses: [127.77.0.0/16] }} }}\n\
         proxies: {{ a: {{ listen: \"127.0.0.1:0\", upstream: \"{up}\" }} }}\n\
         injects: {{ slow: {{ latency: {{ region: shenzhen, constant: 200ms, direction: to-endpoint }} }} }}\n"
    );
    std::fs::write(&file, text).expect("room");
    let path = file.display().to_string();
    let daemon = Daemon::with(&["--api", "127.0.0.1:0", "--faults", &path]);
    let listen = daemon.good("GET", "/proxies/a", "", 200)["listen"].as_str().map(str::parse);
    let listen: std::net::SocketAddr = listen.expect("a text").expect("an address");
    let from = |ip: [u8; 4]| {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        socket.bind(&std::net::SocketAddr::from((ip, 0)).into()).expect("an address of ours");
        socket.connect(&listen.into()).expect("somebody listens");
        upstream::ping(&mut std::net::TcpStream::from(socket)).expect("an answer").as_millis()
    };
    assert!(from([127, 77, 0, 1]) >= 200);
    assert_eq!(daemon.good("GET", "/firedrill/v1/faults", "", 200)[0]["regions"], json!(["shenzhen"]));
    assert!(from([127, 10, 0, 1]) < 200);
    // A word that fits nothing is a mistake of the file, and no failure of the machine.
    let (own, way) = ("proxies: { db: { listen: \"127.0.0.1:0\", upstream: \"a:1\" } }\n", "--forward");
    std::fs::write(&file, format!("{own}injects: {{ x: {{ proxies: [db, forward, bd], reset: {{}} }} }}\n"))
        .expect("room");
    let refused =
        program(&["--api", "127.0.0.1:0", "--faults", &path, way, "127.0.0.1:0"]).output().expect("it starts");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(told.contains("there is no proxy `bd`") && told.contains("faults.yaml:2:40"), "{told}");
    assert!(told.contains("1 error ") && told.contains("did you mean `db`?"), "{told}");
    std::fs::write(&file, "accounts: {}\ninjects: { x: { latency: {} } }\n").expect("room");
    let refused = program(&["--api", "127.0.0.1:0", "--faults", &path]).output().expect("it starts");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(told.contains("in their group") && told.contains("constant"), "{told}");
}
