//! JSON as Go reads it, and anything at all.

use firedrill::path::Protocol;
use firedrill::proxy::gojson::{Json, parse};
use firedrill::proxy::{ProxyInput, input};
use proptest::prelude::*;
use serde_json::json;

use crate::daemon::Daemon;

#[test]
fn keys_in_any_case_unknown_ones_nulls_and_leftovers() {
    let read = |body: &str| ProxyInput::create(body.as_bytes()).map_err(|error| error.text);
    let good = |name: &str, enabled| {
        let (name, listen, upstream) = (name.to_owned(), String::new(), "u:1".to_owned());
        Ok(ProxyInput { name, listen, upstream, enabled, protocol: Protocol::Stream, ..ProxyInput::fresh() })
    };
    assert_eq!(read(r#"{"NAME":"a","UpStream":"u:1","listen":null,"enabled":null,"else":[{}]}"#), good("a", true));
    assert_eq!(read(r#"{"name":"a","upſtream":"u:1"}"#), good("a", true), "as Go folds");
    assert_eq!(read(r#"{"name":"a","upstream":"u:1"} and "more"#), good("a", true));
    assert_eq!(
        read(r#"{"name":"a","Name":"b","upstream":"u:1","enabled":false}"#),
        good("b", false),
        "the last counts"
    );
    assert_eq!(read(r#"{"Name":"b","name":"a","upstream":"u:1"}"#), good("a", true), "the last counts");
    let wrong =
        "bad request body: json: cannot unmarshal number 5 into Go struct field toxiproxy.Proxy.name of type string";
    assert_eq!(read(r#"{"name":5}"#), Err(wrong.to_owned()));
    for body in ["", " \n", "x", "{\"name\":", "[1,", "{\"name\":\"a\" \"b\"}", "\u{feff}{}", "5", "\"a\"", "[[[["] {
        let error = read(body).expect_err(body);
        assert!(error.starts_with("bad request body: "), "{body}: {error}");
    }
}

#[test]
fn the_words_of_the_interface_are_the_same() {
    let daemon = Daemon::start();
    let made =
        daemon.good("POST", "/proxies", r#"{"Name":"a","UPSTREAM":"u:1","LISTEN":"127.0.0.1:0","x":1} tail"#, 201);
    assert_eq!(made["name"], "a");
    let toxic =
        daemon.toxic("a", r#"{"TYPE":"latency","Attributes":{"LATENCY":5,"jitter":null,"x":1.5},"toxicity":null}"#);
    assert_eq!(toxic["attributes"], json!({"latency": 5, "jitter": 0}));
    assert_eq!(toxic["toxicity"], 1);
    let alias = daemon.toxic("a", r#"{"type":"latency","direction":"upstream","attributes":null}"#);
    assert_eq!((&alias["stream"], &alias["name"]), (&json!("upstream"), &json!("latency_upstream")));
    let both = daemon.toxic("a", r#"{"type":"noop","stream":"downstream","direction":"upstream"}"#);
    assert_eq!(both["stream"], "downstream", "the real word counts");
    let third = daemon.toxic("a", r#"{"type":"noop","name":"third","toxicity":0.3}"#);
    assert_eq!(third["toxicity"].to_string(), "0.3", "32 bits are printed as 32 bits");
    // A form's content type, as one client sends.
    let headers = ["Content-Type: application/x-www-form-urlencoded"];
    assert_eq!(
        daemon.ask_with("POST", "/proxies", r#"{"name":"f","upstream":"u:1","listen":"127.0.0.1:0"}"#, &headers).status,
        201
    );
}

#[test]
fn deep_nesting_is_refused_and_ends_nothing() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(parse(deep.as_bytes()).is_err());
    let daemon = Daemon::start();
    assert_eq!(daemon.ask("POST", "/populate", &deep).status, 400);
    assert_eq!(daemon.ask("GET", "/version", "").status, 200);
}

/// Bytes that look like JSON more often than chance would have it.
fn almost_json() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "null",
        "true",
        "-1",
        "0",
        "1.5",
        "1e999",
        "\"",
        "\\",
        "\"name\"",
        "\"type\"",
        "\"latency\"",
        "\"stream\"",
        "\"slicer\"",
        "\"attributes\"",
        "\"rate\"",
        "\"upstream\"",
        "\"bandwidth\"",
        "\"toxicity\"",
        "\"fault\"",
        "\u{0}",
        "\"enabled\"",
        "\"share\"",
        "\"40%\"",
        "9223372036854775808",
        "-9223372036854775808",
        "\"\\ud800\"",
        "ſ",
    ]);
    prop::collection::vec(word, 0..24).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        check(&bytes)?;
    }

    #[test]
    fn almost_json_is_read_or_refused(text in almost_json()) {
        check(text.as_bytes())?;
    }

    #[test]
    fn whole_numbers_stay_what_they_are(number in any::<i64>()) {
        prop_assert_eq!(parse(number.to_string().as_bytes()), Ok(Json::Int(number)));
    }
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    for error in input::decode(bytes) {
        prop_assert_eq!(error.status, 400);
        let body = serde_json::to_string(&json!({ "error": error.text, "status": error.status }));
        let read: Result<serde_json::Value, _> = serde_json::from_str(&body.expect("JSON"));
        prop_assert!(read.is_ok());
    }
    Ok(())
}
