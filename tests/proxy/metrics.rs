//! Figures move while a connection is open.

use crate::daemon::{Daemon, until};
use crate::upstream;

/// The value of a series.
fn value(daemon: &Daemon, series: &str) -> Option<u64> {
    let text = daemon.ask("GET", "/metrics", "").body;
    text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
}

#[test]
fn bytes_and_connections_are_counted_while_they_are_there() {
    let daemon = Daemon::start();
    let up = upstream::echo();
    let listen = daemon.proxy("a", up);
    let series = |name: &str, direction: &str| {
        format!(
            "toxiproxy_proxy_{name}_bytes_total{{direction=\"{direction}\",listener=\"{listen}\",proxy=\"a\",upstream=\"{up}\"}}"
        )
    };
    let open = "firedrill_proxy_connections_open{proxy=\"a\"}";
    assert_eq!(value(&daemon, open), Some(0));
    let mut stream = upstream::connect(listen);
    upstream::ping(&mut stream).expect("an answer");
    // What was read from a socket is counted before it is written to the next, and the answer came back: only the last write may
    // still be uncounted.
    until("four bytes each way", || {
        ["received", "sent"].iter().all(|name| {
            ["upstream", "downstream"].iter().all(|direction| value(&daemon, &series(name, direction)) == Some(4))
        })
    });
    assert_eq!(value(&daemon, open), Some(1));
    upstream::ping(&mut stream).expect("an answer");
    until("it moves", || value(&daemon, &series("sent", "downstream")) == Some(8));
    drop(stream);
    until("it is gone", || value(&daemon, open) == Some(0));
    // The counts outlive the listener, as counters must.
    daemon.good("POST", "/proxies/a", r#"{"enabled":false}"#, 200);
    assert_eq!(value(&daemon, &series("received", "upstream")), Some(8));
    assert_eq!(value(&daemon, "firedrill_proxy_enabled{proxy=\"a\"}"), Some(0));
    daemon.good("DELETE", "/proxies/a", "", 204);
    assert_eq!(value(&daemon, &series("received", "upstream")), Some(8));
    assert_eq!(value(&daemon, open), None);
}

#[test]
fn names_cannot_break_the_text() {
    let daemon = Daemon::start();
    let body = r#"{"name":"a\"\n\\b","upstream":"u:1","listen":"127.0.0.1:0"}"#;
    daemon.good("POST", "/proxies", body, 201);
    let text = daemon.ask("GET", "/metrics", "").body;
    assert!(text.contains(r#"firedrill_proxy_toxics{proxy="a\"\n\\b"} 0"#), "{text}");
}
