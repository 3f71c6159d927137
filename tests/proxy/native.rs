//! Faults in our own words, and what the daemon knows of itself.

use serde_json::json;

use crate::daemon::Daemon;
use crate::upstream;

#[test]
fn a_fault_is_armed_reported_and_lifted() {
    let daemon = Daemon::start();
    let (listen, other) = (daemon.proxy("a", upstream::echo()), daemon.proxy("b", upstream::echo()));
    let fault =
        r#"{"name":"slow","proxies":["a"],"direction":"from-endpoint","fault":{"latency":{"constant":"200ms"}}}"#;
    let armed = daemon.good("POST", "/firedrill/v1/faults", fault, 201);
    assert_eq!((&armed["hits"], &armed["applied_s"], &armed["lease"]), (&json!(0), &json!(null), &json!(null)));
    let took = upstream::ping(&mut upstream::connect(listen)).expect("an answer");
    // Never early; late by what a busy machine takes.
    assert!((200..1_000).contains(&took.as_millis()), "{took:?}");
    let past = upstream::ping(&mut upstream::connect(other)).expect("an answer");
    assert!(past.as_millis() < 200, "it is not aimed there: {past:?}");
    let state = daemon.good("GET", "/firedrill/v1/state", "", 200);
    let (fault, door) = (&state["faults"][0], &state["doors"][0]);
    assert_eq!((&fault["hits"], &door["faults"][0]["name"]), (&json!(1), &json!("fault:slow")));
    assert!(fault["applied_s"].as_f64().is_some_and(|at| at <= state["at_s"].as_f64().unwrap_or(0.0)), "{state}");
    assert_eq!((&door["to_endpoint"]["read"], &door["from_endpoint"]["read"]), (&json!(4), &json!(4)));
    assert_eq!((&state["doors"][1]["faults"], &state["firedrill"]), (&json!([]), &json!(env!("CARGO_PKG_VERSION"))));
    // Toxiproxy's reset knows nothing of it, and a toxic of its name is another one.
    daemon.toxic("a", r#"{"type":"noop","name":"slow"}"#);
    daemon.good("POST", "/reset", "", 204);
    assert!(upstream::ping(&mut upstream::connect(listen)).expect("an answer").as_millis() >= 200);
    daemon.good("DELETE", "/firedrill/v1/faults/slow", "", 204);
    daemon.good("DELETE", "/firedrill/v1/faults/slow", "", 404);
    assert!(upstream::ping(&mut upstream::connect(listen)).expect("an answer").as_millis() < 200);
}

#[test]
fn it_hits_proxies_that_come_later_and_come_back() {
    let daemon = Daemon::start();
    daemon.good("POST", "/firedrill/v1/faults", r#"{"name":"cut","fault":{"limit_data":{"bytes":"0B"}}}"#, 201);
    let listen = daemon.proxy("a", upstream::echo());
    assert!(upstream::ping(&mut upstream::connect(listen)).is_err());
    daemon.good("POST", "/proxies/a", r#"{"enabled":false}"#, 200);
    daemon.good("POST", "/proxies/a", r#"{"enabled":true}"#, 200);
    assert!(upstream::ping(&mut upstream::connect(listen)).is_err());
}

#[test]
fn a_wrong_fault_is_told_what_is_wrong() {
    let daemon = Daemon::start();
    for (body, word) in [
        ("", "EOF"),
        ("{}", "name"),
        (r#"{"name":"a","fault":{"latency":{"constant":"40"}}}"#, "unit"),
        (r#"{"name":"a","fault":{"dance":{}}}"#, "dance"),
        (r#"{"name":"a","fault":{"latency":{"constant":"40ms"}},"shaer":"4%"}"#, "shaer"),
        (r#"{"name":"a","fault":{"slicer":{"size":"0B"}}}"#, "size"),
        (r#"{"name":"","fault":{"reset":{}}}"#, "name"),
    ] {
        let refused = daemon.good("POST", "/firedrill/v1/faults", body, 400);
        assert!(refused["error"].as_str().is_some_and(|text| text.contains(word)), "{body}: {refused}");
    }
    let unknown =
        daemon.good("POST", "/firedrill/v1/faults", r#"{"name":"a","proxies":["x"],"fault":{"reset":{}}}"#, 404);
    assert_eq!(unknown["error"], "proxy `x` not found");
}
