//! What a client sees over plain HTTP.

use std::io::{Read, Write};

use crate::rig::{LOGIN, Twin, connect, login};

#[test]
fn the_line_says_where_it_listens_and_nothing_that_is_not_so() {
    let twin = Twin::start(&["dingtalk"]);
    assert!(twin.http.ip().is_loopback() && twin.http.port() != 0, "{}", twin.ready);
    let mut keys: Vec<_> = twin.ready.as_object().expect("an object").keys().collect();
    keys.sort();
    assert_eq!(keys, ["http", "ready"], "there is no https and no authority");
}

#[test]
fn any_credentials_are_good_and_users_exist_when_named() {
    for edition in ["mainland", "lite"] {
        let twin = Twin::start(&["dingtalk", "--edition", edition]);
        let token = twin.token("anybody", "anything");
        let sent = twin.send(&token, &["anna", "bert"], "the goods have left");
        assert_eq!(sent.status, 200, "{sent:?}");
        assert!(sent.json()["processQueryKey"].is_string(), "{sent:?}");
        let unknown = twin.send("no token of mine", &["anna"], "x");
        assert_eq!((unknown.status, unknown.json()["code"].as_str()), (400, Some("InvalidAuthentication")));
    }
}

#[test]
fn teams_speaks_its_own() {
    let twin = Twin::start(&["teams"]);
    let answer = twin.raw(b"GET /v1.0/me/nothing HTTP/1.1\r\nhost: graph.microsoft.com\r\nconnection: close\r\n\r\n");
    assert!((400..500).contains(&answer.status), "{answer:?}");
    assert!(answer.json()["error"]["code"].is_string(), "Graph's errors are objects: {answer:?}");
}

#[test]
fn a_chunked_body_is_a_body() {
    let twin = Twin::start(&["dingtalk"]);
    let body = login("anybody", "anything");
    let (first, rest) = body.split_at(7);
    let chunks = format!("{:x}\r\n{first}\r\n{:x};x=y\r\n{rest}\r\n0\r\n\r\n", first.len(), rest.len());
    let head = format!("POST {LOGIN} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n");
    let answer = twin.raw(format!("{head}{chunks}").as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.json()["accessToken"].is_string());
}

/// Whatever comes is answered with the vendor's own error or another 4xx, and the twin goes on.
#[test]
fn whatever_comes_is_answered() {
    let twin = Twin::start(&["dingtalk"]);
    let with_body = |head: &str, body: &str| format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let form = "POST /v1.0/oauth2/accessToken HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                content-type: application/x-www-form-urlencoded";
    let deep = "[".repeat(100_000);
    for request in [
        "GET /%2e%2e/%00/%ff?a=%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(),
        "GET http://api.dingtalk.com/v9 HTTP/1.1\r\nhost: api.dingtalk.com\r\nconnection: close\r\n\r\n".to_owned(),
        "PATCH / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(),
        "NOT HTTP\r\n\r\n".to_owned(),
        with_body(form, "appKey=%41&&=&appSecret"),
        with_body(&form.replace("x-www-form-urlencoded", "json"), &deep),
        with_body(&form.replace("x-www-form-urlencoded", "json"), "{\"appKey\":7}"),
        with_body(&form.replace("x-www-form-urlencoded", "json"), "\u{0}"),
    ] {
        let answer = twin.raw(request.as_bytes());
        let shown = request.chars().take(60).collect::<String>();
        assert!((400..500).contains(&answer.status), "{shown:?}: {}", answer.status);
    }
    assert!(!twin.token("anybody", "anything").is_empty(), "it goes on");
}

/// A body larger than any message is refused, and so is one that breaks off.
#[test]
fn a_body_without_end_is_refused() {
    let twin = Twin::start(&["dingtalk"]);
    let head = format!("POST {LOGIN} HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n");
    let mut stream = connect(twin.http);
    stream.write_all(head.as_bytes()).expect("it listens");
    // Two megabytes are more than any platform takes as a message. It may break off before it has read them all.
    let _ = stream.write_all(&vec![b'x'; 2 << 20]);
    let mut answer = [0; 64];
    let read = stream.read(&mut answer).unwrap_or_default();
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert!(!twin.token("anybody", "anything").is_empty(), "it goes on");
}

/// Twenty a second and app is what DingTalk documents; the 21st within the first second is one too many.
#[test]
fn limits_are_the_vendor_s_unless_they_are_off() {
    let limited = Twin::start(&["dingtalk"]);
    let token = limited.token("a", "b");
    let statuses = |twin: &Twin| (0..60).map(|_| twin.send(&token, &["anna"], "x").status).collect::<Vec<_>>();
    // Sixty requests that took three seconds would all be within the limit: a busy machine may need that long, and shows nothing then.
    let refused = |statuses: &[u16]| statuses.contains(&403);
    assert!((0..5).any(|_| refused(&statuses(&limited))), "no limit was enforced");
    let free = Twin::start(&["dingtalk", "--limits", "off"]);
    assert_eq!(free.token("a", "b"), token, "tokens are made of their keys");
    assert!(statuses(&free).iter().all(|status| *status == 200));
}
