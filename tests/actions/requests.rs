//! HTTP requests: what the server gets, when it says no, and when it says nothing.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use crate::common::{Played, read};
use crate::rig::Rig;

pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

/// A server that answers each request with the next of these statuses, and with silence where it is 0. What it got stands in the log.
fn server(answers: &'static [u16]) -> (String, Seen) {
    server_that(answers, |request| request)
}

/// The same; into the log goes what this makes of a request before it is answered.
#[expect(clippy::disallowed_methods, reason = "this server is not ours and stands outside the world")]
pub(crate) fn server_that(
    answers: &'static [u16],
    noted: impl Fn(String) -> String + Send + 'static,
) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (url, seen) = (format!("http://{}", listener.local_addr().expect("an address")), Seen::default());
    let log = Arc::clone(&seen);
    std::thread::spawn(move || {
        for (mut stream, status) in listener.incoming().flatten().zip(answers.iter().copied()) {
            let request = noted(request(&mut stream));
            log.lock().unwrap_or_else(PoisonError::into_inner).push(request);
            if status == 0 {
                // The connection stays open until this process ends.
                std::mem::forget(stream);
                continue;
            }
            let body = "you sent Bearer hunter2hunter2";
            let answer =
                format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url, seen)
}

/// A whole request, as it came.
fn request(stream: &mut TcpStream) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 1024]);
    loop {
        let head = text.find("\r\n\r\n");
        let length =
            text.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if head.is_some_and(|head| text.len() >= head + 4 + length.unwrap_or(0)) {
            return text;
        }
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
            _ => return text,
        }
    }
}

pub(crate) fn seen(seen: &Seen) -> Vec<String> {
    seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn play(rig: &Rig, url: &str, more: &str) -> Played {
    let call = |method: &str, body: &str| {
        format!(
            "{{ method: {method}, url: \"{url}/switch?of=dingtalk\", headers: {{ authorization: \"Bearer ${{OUTSIDE_SECRET}}\" }}, body: {body:?} }}"
        )
    };
    let file = rig.drill(&format!("http: {{ do: {}, undo: {}{more} }}", call("PUT", "off"), call("DELETE", "")));
    let mut command = rig.0.command("run", &file, &["--allow-actions", "--quiet"]);
    rig.0.ended(command.env("OUTSIDE_SECRET", "hunter2hunter2").spawn().expect("it starts"))
}

#[test]
fn the_request_is_made_as_written_with_the_secret_and_undone() {
    let rig = Rig::new();
    let (url, log) = server(&[200, 204]);
    let played = play(&rig, &url, "");
    assert!(matches!(played.code, Some(0 | 3)), "{}", played.told());
    let [act, undo] = &seen(&log)[..] else { panic!("{:?}", seen(&log)) };
    assert!(act.starts_with("PUT /switch?of=dingtalk HTTP/1.1\r\n") && act.ends_with("\r\n\r\noff"), "{act}");
    assert!(act.contains("authorization: Bearer hunter2hunter2") && act.contains("host: 127.0.0.1:"), "{act}");
    assert!(undo.starts_with("DELETE /switch?of=dingtalk HTTP/1.1\r\n"), "{undo}");
    let summary = played.summary();
    let calls = &summary["injects"][0]["action"]["calls"];
    assert_eq!((&calls[0]["status"], &calls[1]["status"]), (&200.into(), &204.into()));
    assert_eq!(calls[0]["output"], "you sent Bearer ${OUTSIDE_SECRET}");
    assert!(!played.told().contains("hunter2"), "{}", played.told());
    for name in ["undo.jsonl", "summary.json", "report.html", "journal/journal.fdj", "plan.json", "scenario.yaml"] {
        assert!(!read(&played.dir, name).windows(7).any(|window| window == b"hunter2"), "{name}");
    }
}

#[test]
fn an_answer_that_says_no_ends_the_drill_and_is_undone() {
    let rig = Rig::new();
    let (url, log) = server(&[403, 200]);
    let played = play(&rig, &url, "");
    assert_eq!(played.code, Some(5), "{}", played.told());
    assert_eq!(seen(&log).len(), 2, "what the server did before it said no is not known");
    let why = played.summary()["injects"][0]["action"]["calls"][0]["why"].to_string();
    assert!(why.contains("answered 403, and not 200 to 299") && !why.contains("hunter2"), "{why}");
}

#[test]
fn an_answer_that_never_comes_is_not_waited_for_longer_than_said() {
    let rig = Rig::new();
    let (url, log) = server(&[0, 200]);
    let played = play(&rig, &url, ", timeout: 700ms");
    assert_eq!(played.code, Some(5), "{}", played.told());
    assert_eq!(seen(&log).len(), 2);
    assert_eq!(played.summary()["injects"][0]["action"]["calls"][0]["end"], "timed_out");
}

#[test]
fn a_server_that_is_not_there_got_nothing_to_undo() {
    let rig = Rig::new();
    // Nobody listens at the discard port of this address.
    let played = play(&rig, "http://127.9.9.9:9", "");
    assert_eq!(played.code, Some(5), "{}", played.told());
    let summary = played.summary();
    let calls = summary["injects"][0]["action"]["calls"].as_array().expect("calls").clone();
    assert_eq!((calls.len(), &calls[0]["end"]), (1, &"not_made".into()), "{calls:?}");
    assert_eq!(rig.clean(&[]).code, Some(0));
}

#[test]
fn an_undo_that_is_answered_otherwise_is_left_for_later() {
    let rig = Rig::new();
    let (url, log) = server(&[200, 500, 500]);
    let played = play(&rig, &url, "");
    assert_eq!((played.code, seen(&log).len()), (Some(6), 3), "{}", played.told());
    assert!(played.err.contains("DELETE http://127.0.0.1:"), "{}", played.told());
    assert_eq!(rig.clean(&[]).code, Some(6));
}

/// A server of TLS that is not ours to trust unless its authority is named: a twin of this program.
#[test]
fn over_tls_the_server_proves_its_name() {
    let rig = Rig::new();
    let ca = rig.path("ca");
    let mut command = crate::common::firedrill(["twin", "dingtalk", "--listen", "127.0.0.1:0", "--tls", "127.0.0.1:0"]);
    let mut twin = command.arg("--ca").arg(&ca).spawn().expect("it starts");
    let mut ready = String::new();
    let mut said = std::io::BufReader::new(twin.stdout.take().expect("a pipe"));
    std::io::BufRead::read_line(&mut said, &mut ready).expect("a line");
    let ready: serde_json::Value = serde_json::from_str(&ready).expect("JSON");
    let port = ready["https"].as_str().and_then(|url| url.rsplit(':').next()).expect("a port").to_owned();
    let play = |more: &str| {
        let url = format!("https://localhost:{port}/v1.0/oauth2/accessToken");
        let body = "{\"appKey\":\"ding\",\"appSecret\":\"s\"}";
        let call = format!("{{ url: {url:?}, headers: {{ content-type: application/json }}, body: {body:?} }}");
        let file = rig.drill(&format!("http: {{ do: {call}, undo: {call}{more} }}"));
        let mut command = rig.0.command("run", &file, &["--allow-actions", "--quiet"]);
        rig.0.ended(command.spawn().expect("it starts"))
    };
    let trusted = play(", ca: PLACE/ca/ca.pem");
    let distrusted = play("");
    twin.kill().expect("it is ours");
    twin.wait().expect("it ends");
    assert!(matches!(trusted.code, Some(0 | 3)), "{}", trusted.told());
    let calls = |played: &Played| played.summary()["injects"][0]["action"]["calls"].clone();
    let told = calls(&trusted);
    assert_eq!((&told[0]["status"], &told[1]["status"]), (&200.into(), &200.into()), "{told}");
    assert!(told[0]["output"].as_str().is_some_and(|said| said.contains("accessToken")), "{told}");
    // Nothing was said to whoever it was, and so nothing is undone.
    assert_eq!(distrusted.code, Some(5), "{}", distrusted.told());
    let told = calls(&distrusted);
    assert_eq!((told.as_array().map(Vec::len), &told[0]["end"]), (Some(1), &"not_made".into()), "{told}");
    assert!(told[0]["why"].as_str().is_some_and(|why| why.contains("certificate")), "{told}");
}
