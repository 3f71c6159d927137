//! Every row of Toxiproxy's interface: method, status, text and content type.

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::upstream;

const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";

/// A request, and what must come back; a body that is JSON is compared as such, any other to the letter.
type Row<'t> = (&'t str, &'t str, &'t str, u16, &'t str);

#[track_caller]
fn play(daemon: &Daemon, rows: &[Row<'_>]) {
    for (method, path, body, status, expected) in rows {
        let answer = daemon.ask(method, path, body);
        assert_eq!(answer.status, *status, "{method} {path} {body}: {answer:?}");
        match serde_json::from_str::<Value>(expected) {
            Ok(value) if !expected.ends_with('\n') => assert_eq!(answer.json(), value, "{method} {path} {body}"),
            _ => assert_eq!(answer.body, *expected, "{method} {path} {body}"),
        }
        let kind = match (*status, expected.is_empty()) {
            (_, true) => None,
            (200 | 201, _) => Some(JSON),
            _ => Some(PLAIN),
        };
        assert_eq!(answer.header("content-type"), kind, "{method} {path} {body}");
    }
}

#[test]
fn a_proxy_s_life() {
    let daemon = Daemon::start();
    let port = free();
    let made = format!(
        "{{\"name\":\"a\",\"listen\":\"127.0.0.1:{port}\",\"upstream\":\"localhost:1\",\"enabled\":true,\"toxics\":[]}}"
    );
    let down = made.replace("true", "false");
    let create = format!("{{\"name\":\"a\",\"listen\":\"localhost:{port}\",\"upstream\":\"localhost:1\"}}");
    play(
        &daemon,
        &[
            ("GET", "/proxies", "", 200, "{}"),
            ("POST", "/proxies", "", 400, "{\"error\":\"bad request body: EOF\",\"status\":400}\n"),
            ("POST", "/proxies", "{", 400, "{\"error\":\"bad request body: unexpected EOF\",\"status\":400}\n"),
            ("POST", "/proxies", "{}", 400, "{\"error\":\"missing required field: name\",\"status\":400}\n"),
            ("POST", "/proxies", "null", 400, "{\"error\":\"missing required field: name\",\"status\":400}\n"),
            (
                "POST",
                "/proxies",
                "{\"name\":\"a\"}",
                400,
                "{\"error\":\"missing required field: upstream\",\"status\":400}\n",
            ),
            ("POST", "/proxies", &create, 201, &made),
            ("POST", "/proxies", &create, 409, "{\"error\":\"proxy already exists\",\"status\":409}\n"),
            ("GET", "/proxies", "", 200, &format!("{{\"a\":{made}}}")),
            ("GET", "/proxies/a", "", 200, &made),
            ("GET", "/proxies/b", "", 404, "{\"error\":\"proxy not found\",\"status\":404}\n"),
            ("POST", "/proxies/b", "{}", 404, "{\"error\":\"proxy not found\",\"status\":404}\n"),
            ("PATCH", "/proxies/a", "{\"enabled\":false}", 200, &down),
            ("GET", "/proxies/a", "", 200, &down),
            ("POST", "/proxies/a", "{\"enabled\":true,\"name\":\"other\"}", 200, &made),
            (
                "POST",
                "/proxies/a",
                "[]",
                400,
                "{\"error\":\"bad request body: json: cannot unmarshal array into Go value of type toxiproxy.Proxy\",\"status\":400}\n",
            ),
            ("DELETE", "/proxies/b", "", 404, "{\"error\":\"proxy not found\",\"status\":404}\n"),
            ("DELETE", "/proxies/a", "", 204, ""),
            ("GET", "/proxies", "", 200, "{}"),
        ],
    );
}

#[test]
fn a_toxic_s_life() {
    let daemon = Daemon::start();
    daemon.proxy("a", upstream::echo());
    let one = "{\"attributes\":{\"latency\":1000,\"jitter\":0},\"name\":\"latency_downstream\",\"type\":\"latency\",\"stream\":\"downstream\",\"toxicity\":1}";
    let changed = one.replace("\"jitter\":0", "\"jitter\":5").replace("\"toxicity\":1", "\"toxicity\":0.5");
    let up =
        "{\"attributes\":{\"bytes\":7},\"name\":\"l\",\"type\":\"limit_data\",\"stream\":\"UPSTREAM\",\"toxicity\":1}";
    let not_found = "{\"error\":\"toxic not found\",\"status\":404}\n";
    let stream = "{\"error\":\"stream was invalid, can be either upstream or downstream\",\"status\":400}\n";
    play(
        &daemon,
        &[
            ("GET", "/proxies/a/toxics", "", 200, "[]"),
            ("GET", "/proxies/b/toxics", "", 404, "{\"error\":\"proxy not found\",\"status\":404}\n"),
            ("POST", "/proxies/b/toxics", "{}", 404, "{\"error\":\"proxy not found\",\"status\":404}\n"),
            ("POST", "/proxies/a/toxics", "", 400, "{\"error\":\"bad request body: EOF\",\"status\":400}\n"),
            ("POST", "/proxies/a/toxics", "{\"type\":\"latency\",\"stream\":\"\"}", 400, stream),
            ("POST", "/proxies/a/toxics", "{\"type\":\"nothing\",\"stream\":\"sideways\"}", 400, stream),
            ("POST", "/proxies/a/toxics", "{}", 400, "{\"error\":\"invalid toxic type\",\"status\":400}\n"),
            ("POST", "/proxies/a/toxics", "{\"type\":\"latency\",\"attributes\":{\"latency\":1000}}", 200, one),
            // The name is looked at before the attributes.
            (
                "POST",
                "/proxies/a/toxics",
                "{\"type\":\"latency\",\"attributes\":{\"latency\":1.5}}",
                409,
                "{\"error\":\"toxic already exists\",\"status\":409}\n",
            ),
            (
                "POST",
                "/proxies/a/toxics",
                "{\"type\":\"limit_data\",\"name\":\"l\",\"stream\":\"UPSTREAM\",\"attributes\":{\"bytes\":7}}",
                200,
                up,
            ),
            (
                "POST",
                "/proxies/a/toxics",
                "{\"type\":\"noop\",\"name\":\"l\"}",
                409,
                "{\"error\":\"toxic already exists\",\"status\":409}\n",
            ),
            // Upstream first, whatever came first.
            ("GET", "/proxies/a/toxics", "", 200, &format!("[{up},{one}]")),
            ("GET", "/proxies/a/toxics/latency_downstream", "", 200, one),
            ("GET", "/proxies/a/toxics/x", "", 404, not_found),
            ("POST", "/proxies/a/toxics/x", "{}", 404, not_found),
            (
                "PATCH",
                "/proxies/a/toxics/latency_downstream",
                "{\"attributes\":{\"jitter\":5},\"toxicity\":0.5,\"name\":\"n\",\"type\":\"noop\",\"stream\":\"upstream\"}",
                200,
                &changed,
            ),
            ("POST", "/proxies/a/toxics/latency_downstream", "{}", 200, &changed),
            ("DELETE", "/proxies/a/toxics/x", "", 404, not_found),
            ("DELETE", "/proxies/a/toxics/latency_downstream", "", 204, ""),
            ("GET", "/proxies/a/toxics", "", 200, &format!("[{up}]")),
        ],
    );
}

#[test]
fn every_type_has_its_attributes_in_their_order() {
    let daemon = Daemon::start();
    daemon.proxy("a", upstream::echo());
    let size = "\"attributes\":{\"average_size\":9}";
    for (kind, given, attributes) in [
        ("latency", "", "{\"latency\":0,\"jitter\":0}"),
        ("bandwidth", "", "{\"rate\":0}"),
        ("slow_close", "", "{\"delay\":0}"),
        ("timeout", "", "{\"timeout\":0}"),
        ("reset_peer", "", "{\"timeout\":0}"),
        ("slicer", size, "{\"average_size\":9,\"size_variation\":0,\"delay\":0}"),
        ("limit_data", "", "{\"bytes\":0}"),
        ("noop", "", "{}"),
    ] {
        let comma = if given.is_empty() { "" } else { "," };
        let answer = daemon.ask("POST", "/proxies/a/toxics", &format!("{{\"type\":\"{kind}\"{comma}{given}}}"));
        let expected = format!(
            "{{\"attributes\":{attributes},\"name\":\"{kind}_downstream\",\"type\":\"{kind}\",\"stream\":\"downstream\",\"toxicity\":1}}"
        );
        assert_eq!((answer.status, answer.body), (200, expected), "compact, without a newline");
    }
}

#[test]
fn what_has_no_meaning_is_refused_and_changes_nothing() {
    let daemon = Daemon::start();
    daemon.proxy("a", upstream::echo());
    let refused = [
        "{\"type\":\"bandwidth\",\"attributes\":{\"rate\":-1}}",
        "{\"type\":\"slicer\"}",
        "{\"type\":\"slicer\",\"attributes\":{\"average_size\":0}}",
        "{\"type\":\"latency\",\"toxicity\":1.01}",
        "{\"type\":\"latency\",\"toxicity\":-0.5}",
        "{\"type\":\"latency\",\"toxicity\":1e39}",
        "{\"type\":\"latency\",\"attributes\":{\"latency\":1.0}}",
        "{\"type\":\"latency\",\"attributes\":{\"latency\":1e3}}",
        "{\"type\":\"latency\",\"attributes\":{\"latency\":99999999999999999999}}",
        "{\"type\":\"latency\",\"attributes\":[]}",
    ];
    for body in refused {
        daemon.good("POST", "/proxies/a/toxics", body, 400);
    }
    assert_eq!(daemon.good("GET", "/proxies/a/toxics", "", 200), json!([]));
    let was = daemon.toxic("a", "{\"type\":\"bandwidth\",\"name\":\"b\",\"attributes\":{\"rate\":5}}");
    daemon.good("POST", "/proxies/a/toxics/b", "{\"attributes\":{\"rate\":-1}}", 400);
    daemon.good("POST", "/proxies/a/toxics/b", "{\"toxicity\":2}", 400);
    assert_eq!(daemon.good("GET", "/proxies/a/toxics/b", "", 200), was);
}

#[test]
fn unknown_paths_and_wrong_methods() {
    let daemon = Daemon::start();
    for path in [
        "/",
        "/proxies/",
        "/nothing",
        "/proxies/a/b",
        "/proxies/a/toxics/",
        "/version/",
        "/firedrill/v1",
        "/firedrill/v2/state",
    ] {
        let answer = daemon.ask("GET", path, "");
        assert_eq!((answer.status, answer.body.as_str()), (404, "404 page not found\n"), "{path}");
        assert_eq!(answer.header("content-type"), Some(PLAIN));
        assert_eq!(answer.header("x-toxiproxy-request-id"), None, "nothing looks at a path that nobody knows");
    }
    for (method, path) in [
        ("PUT", "/proxies"),
        ("DELETE", "/proxies"),
        ("HEAD", "/proxies"),
        ("GET", "/populate"),
        ("GET", "/reset"),
        ("POST", "/version"),
        ("PUT", "/proxies/a"),
        ("PATCH", "/proxies/a/toxics"),
        ("POST", "/firedrill/v1/state"),
    ] {
        let answer = daemon.ask(method, path, "");
        assert_eq!((answer.status, answer.body.as_str()), (405, ""), "{method} {path}");
    }
}

#[test]
fn version_and_headers() {
    let daemon = Daemon::start();
    let answer = daemon.ask("GET", "/version", "");
    assert_eq!((answer.status, answer.body.as_str()), (200, "{\"version\": \"2.12.0\"}\n"));
    assert_eq!(answer.header("content-type"), Some("application/json;charset=utf-8"));
    assert_eq!(answer.header("x-firedrill-version"), Some(env!("CARGO_PKG_VERSION")));
    let ids = [0; 2].map(|_| daemon.ask("GET", "/proxies", "").header("x-toxiproxy-request-id").map(str::to_owned));
    assert!(ids[0].is_some() && ids[0] != ids[1], "{ids:?}");
    let refused = daemon.ask("GET", "/proxies/a", "");
    assert_eq!(refused.header("x-content-type-options"), Some("nosniff"));
    for method in ["GET", "POST", "PUT"] {
        assert_eq!(daemon.ask(method, "/metrics", "").status, 200, "any method");
    }
}

#[test]
fn a_browser_is_refused() {
    let daemon = Daemon::start();
    let answer = daemon.ask_with("GET", "/version", "", &["User-Agent: Mozilla/5.0 (X11)"]);
    assert_eq!((answer.status, answer.body.as_str()), (403, "User agent not allowed\n"));
    assert_eq!(daemon.ask_with("GET", "/nothing", "", &["User-Agent: Mozilla/5.0"]).status, 404);
    assert_eq!(daemon.ask_with("PUT", "/version", "", &["User-Agent: Mozilla/5.0"]).status, 405);
    assert_eq!(daemon.ask_with("GET", "/version", "", &["User-Agent: mozilla/5.0"]).status, 200);
}

#[test]
fn where_a_proxy_listens() {
    let daemon = Daemon::start();
    let listen = |name: &str, listen: &str, more: &str| {
        let body = format!("{{\"name\":\"{name}\",\"upstream\":\"u:1\",\"listen\":\"{listen}\"{more}}}");
        daemon.ask("POST", "/proxies", &body)
    };
    let made = listen("a", "localhost:0", "").json();
    let address = made["listen"].as_str().expect("a text").to_owned();
    assert!(address.starts_with("127.0.0.1:") && !address.ends_with(":0"), "{made}");
    let everywhere = listen("b", "", "").json()["listen"].as_str().expect("a text").to_owned();
    assert!(everywhere.starts_with("[::]:") || everywhere.starts_with("0.0.0.0:"), "{everywhere}");
    let taken = listen("c", &address, "");
    let text = format!("{{\"error\":\"listen tcp {address}: bind: address already in use\",\"status\":500}}\n");
    assert_eq!((taken.status, taken.body), (500, text));
    assert_eq!(listen("c", "nowhere", "").status, 500);
    assert_eq!(listen("c", "localhost:http", "").status, 500);
    // Whoever is created disabled is not looked at closely.
    let later = listen("d", "localhost:0", ",\"enabled\":false").json();
    assert_eq!((&later["listen"], &later["enabled"]), (&json!("localhost:0"), &json!(false)));
    let up = daemon.good("POST", "/proxies/d", "{\"enabled\":true}", 200);
    assert!(up["listen"].as_str().is_some_and(|listen| listen.starts_with("127.0.0.1:")), "{up}");
}

#[test]
fn a_changed_listener_cuts_and_an_unchanged_one_does_not() {
    let daemon = Daemon::start();
    let (first, second) = (upstream::echo(), upstream::echo());
    let listen = daemon.proxy("a", first);
    daemon.toxic("a", "{\"type\":\"noop\"}");
    let mut stream = upstream::connect(listen);
    upstream::ping(&mut stream).expect("it is there");
    // The same address under another name, and the same upstream.
    let body = format!("{{\"listen\":\"localhost:{}\",\"upstream\":\"{first}\"}}", listen.port());
    daemon.good("POST", "/proxies/a", &body, 200);
    upstream::ping(&mut stream).expect("it was not cut");
    let changed = daemon.good("POST", "/proxies/a", &format!("{{\"upstream\":\"{second}\"}}"), 200);
    assert_eq!(changed["listen"], json!(listen.to_string()));
    assert_eq!(changed["toxics"].as_array().map(Vec::len), Some(1), "toxics stay");
    assert!(upstream::ping(&mut stream).is_err(), "it was cut");
    upstream::ping(&mut upstream::connect(listen)).expect("it leads on");
    // What is no address changes nothing.
    let mut stream = upstream::connect(listen);
    daemon.good("POST", "/proxies/a", "{\"listen\":\"nowhere\"}", 500);
    let same = format!("[{{\"name\":\"a\",\"listen\":\"nowhere\",\"upstream\":\"{second}\"}}]");
    daemon.good("POST", "/populate", &same, 500);
    assert_eq!(daemon.good("GET", "/proxies/a", "", 200), changed);
    upstream::ping(&mut stream).expect("it was not cut");
    // One whose address is taken stays stopped, with what it was told.
    daemon.good("POST", "/proxies/a", &format!("{{\"listen\":\"{}\"}}", daemon.api), 500);
    let stopped = daemon.good("GET", "/proxies/a", "", 200);
    assert_eq!((&stopped["enabled"], &stopped["listen"]), (&json!(false), &json!(daemon.api.to_string())));
}

/// A port that nobody has. Somebody could take it before we use it; nobody on this machine binds ports of their own accord in between.
fn free() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
