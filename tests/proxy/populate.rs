//! `/populate` and `/reset`.

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::upstream;

fn list(entries: &[(&str, &str, &str)]) -> String {
    let entry =
        |(name, listen, upstream): &(&str, &str, &str)| json!({"name": name, "listen": listen, "upstream": upstream});
    Value::from(entries.iter().map(entry).collect::<Vec<_>>()).to_string()
}

#[test]
fn what_is_there_stays_what_differs_is_replaced_what_is_new_is_made() {
    let daemon = Daemon::start();
    let up = upstream::echo().to_string();
    let made = daemon.good("POST", "/populate", &list(&[("a", "127.0.0.1:0", &up), ("b", "127.0.0.1:0", &up)]), 201);
    let listen = |at: usize| made["proxies"][at]["listen"].as_str().expect("a text").to_owned();
    let (a, b) = (listen(0), listen(1));
    daemon.toxic("a", r#"{"type":"noop"}"#);
    daemon.toxic("b", r#"{"type":"noop"}"#);
    daemon.good("POST", "/proxies/a", r#"{"enabled":false}"#, 200);
    let again = daemon.good(
        "POST",
        "/populate",
        &list(&[("a", &a, &up), ("b", &b, "other:1"), ("c", "127.0.0.1:0", &up)]),
        201,
    );
    let proxies = again["proxies"].as_array().expect("a list");
    assert_eq!(proxies.len(), 3);
    assert_eq!(
        (&proxies[0]["enabled"], proxies[0]["toxics"].as_array().map(Vec::len)),
        (&json!(false), Some(1)),
        "untouched"
    );
    assert_eq!(
        (&proxies[1]["upstream"], proxies[1]["toxics"].as_array().map(Vec::len)),
        (&json!("other:1"), Some(0)),
        "replaced"
    );
    assert_eq!(proxies[2]["enabled"], json!(true));
    let all = daemon.good("POST", "/populate", &list(&[("d", "127.0.0.1:0", &up)]), 201);
    assert_eq!(all["proxies"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        daemon.good("GET", "/proxies", "", 200).as_object().map(serde_json::Map::len),
        Some(4),
        "nothing is removed"
    );
}

#[test]
fn an_empty_list_and_what_is_none() {
    let daemon = Daemon::start();
    for body in ["[]", "null"] {
        let answer = daemon.ask("POST", "/populate", body);
        assert_eq!((answer.status, answer.body.as_str()), (201, "{\"proxies\":null}"));
    }
    let body = r#"[{"name":"a","upstream":"u:1"},{"upstream":"u:1"}]"#;
    let answer = daemon.ask("POST", "/populate", body);
    let text = "{\"error\":\"missing required field: name at proxy 2\",\"status\":400,\"proxies\":null}";
    assert_eq!((answer.status, answer.body.as_str()), (400, text), "without a newline");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(daemon.good("GET", "/proxies", "", 200), json!({}), "all are looked at before the first is made");
    let body = r#"[{"name":"a"}]"#;
    assert_eq!(daemon.good("POST", "/populate", body, 400)["error"], "missing required field: upstream at proxy 1");
    assert_eq!(daemon.ask("POST", "/populate", "{}").status, 400);
    let off = daemon.good(
        "POST",
        "/populate",
        r#"[{"name":"a","upstream":"u:1","listen":"localhost:0","enabled":false}]"#,
        201,
    );
    assert_eq!((&off["proxies"][0]["enabled"], &off["proxies"][0]["listen"]), (&json!(false), &json!("localhost:0")));
}

#[test]
fn it_stops_at_the_first_that_cannot_listen() {
    let daemon = Daemon::start();
    let up = upstream::echo().to_string();
    let taken = daemon.api.to_string();
    let body = list(&[("a", "127.0.0.1:0", &up), ("b", &taken, &up), ("c", "127.0.0.1:0", &up)]);
    let failed = daemon.good("POST", "/populate", &body, 500);
    assert_eq!(failed["error"], format!("listen tcp {taken}: bind: address already in use"));
    assert_eq!((&failed["status"], failed["proxies"].as_array().map(Vec::len)), (&json!(500), Some(1)));
    let there = daemon.good("GET", "/proxies", "", 200);
    assert_eq!(there.as_object().map(|there| there.keys().map(String::as_str).collect::<Vec<_>>()), Some(vec!["a"]));
}

#[test]
fn reset_enables_everything_and_removes_every_toxic() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::echo());
    daemon.proxy("b", upstream::echo());
    daemon.toxic("a", r#"{"type":"latency","attributes":{"latency":60000}}"#);
    daemon.toxic("b", r#"{"type":"noop"}"#);
    daemon.good("POST", "/proxies/a", r#"{"enabled":false}"#, 200);
    assert!(std::net::TcpStream::connect(listen).is_err(), "refused while it is down");
    assert_eq!(daemon.good("POST", "/reset", "", 204), Value::Null);
    let proxies = daemon.good("GET", "/proxies", "", 200);
    for name in ["a", "b"] {
        assert_eq!((&proxies[name]["enabled"], &proxies[name]["toxics"]), (&json!(true), &json!([])));
    }
    upstream::ping(&mut upstream::connect(listen)).expect("it passes");
}

#[test]
fn a_file_makes_proxies_before_it_is_ready() {
    let place = tempfile::tempdir().expect("a directory");
    let file = place.path().join("proxies.json");
    let up = upstream::echo().to_string();
    std::fs::write(&file, list(&[("a", "127.0.0.1:0", &up)])).expect("room");
    let path = file.display().to_string();
    let daemon = Daemon::with(&["--api", "127.0.0.1:0", "--config", &path]);
    assert_eq!(daemon.good("GET", "/proxies/a", "", 200)["upstream"], json!(up));
    std::fs::write(&file, "[{\"name\":\"a\"}]").expect("room");
    let failed = crate::daemon::program(&["--api", "127.0.0.1:0", "--config", &path]).output().expect("it starts");
    let told = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert_eq!(failed.status.code(), Some(2), "{told}");
    assert!(told.contains("upstream at proxy 1") && told.contains(&path), "{told}");
    std::fs::write(&file, list(&[("a", &daemon.api.to_string(), &up)])).expect("room");
    let failed = crate::daemon::program(&["--api", "127.0.0.1:0", "--config", &path]).output().expect("it starts");
    assert_eq!(failed.status.code(), Some(5), "{}", String::from_utf8_lossy(&failed.stderr));
}

/// With as many proxies as there may be, one can still be made another.
#[test]
fn the_last_place_can_be_filled_anew() {
    let daemon = Daemon::start();
    let many = |from: usize, to: usize| {
        let one = |at| json!({"name": format!("p{at}"), "upstream": "u:1", "enabled": false});
        Value::from((from..to).map(one).collect::<Vec<_>>()).to_string()
    };
    daemon.good("POST", "/populate", &many(0, 5_000), 201);
    daemon.good("POST", "/populate", &many(5_000, 10_000), 201);
    let more = daemon.good("POST", "/proxies", r#"{"name":"more","upstream":"u:1","enabled":false}"#, 500);
    assert_eq!(more["error"], "there are 10000 proxies already");
    let body = r#"[{"name":"p7","upstream":"other:1","enabled":false}]"#;
    assert_eq!(daemon.good("POST", "/populate", body, 201)["proxies"][0]["upstream"], "other:1");
}
