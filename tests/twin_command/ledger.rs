//! The twin's account of what it took.

use serde_json::json;

use crate::common::{Place, pause};
use crate::rig::{Twin, lines};

fn sha256(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let nibbles = digest.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect()
}

#[test]
fn every_message_accepted_is_a_line_and_nothing_else_is() {
    let place = Place::new();
    let path = place.path().join("ledger.jsonl").display().to_string();
    let twin = Twin::start(&["dingtalk", "--ledger", &path]);
    let token = twin.token("orders", "secret");
    let (ours, foreign) = ("[fd 3.17] order 17: the goods", "请确认 \"数量\"\n[fd 1.1]");
    let ids: Vec<_> = [ours, foreign]
        .map(|text| twin.send(&token, &["anna", "bert"], text).json()["processQueryKey"].clone())
        .into_iter()
        .collect();
    assert_eq!(twin.send("wrong token", &["anna"], "refused").status, 400);
    assert_eq!(twin.end("INT").code(), Some(0));
    let lines = lines(&path);
    assert_eq!(lines.len(), 2, "{lines:?}");
    for ((line, text), (id, message)) in
        lines.iter().zip([ours, foreign]).zip(ids.iter().zip([json!("3.17"), json!(null)]))
    {
        let at = line["at"].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok());
        assert!(at.is_some(), "{line}");
        let mut rest = line.clone();
        rest.as_object_mut().expect("an object").remove("at");
        let wanted = json!({
            "id": id, "message": message, "sender": "orders", "recipients": ["anna", "bert"], "capability": "chat",
            "bytes": text.len(), "sha256": sha256(text),
        });
        assert_eq!(rest, wanted);
    }
}

/// Whoever looks while it runs finds what is older than a moment, and a twin that starts again adds to it.
#[test]
fn it_is_written_while_the_twin_runs_and_kept_when_it_starts_again() {
    let place = Place::new();
    let path = place.path().join("ledger.jsonl").display().to_string();
    for run in 1..=2 {
        let twin = Twin::start(&["dingtalk", "--ledger", &path]);
        let token = twin.token("orders", "secret");
        twin.send(&token, &["anna"], "one");
        let mut waits = 0;
        while lines(&path).len() < run {
            assert!(waits < 500, "it was not written within five seconds");
            waits += 1;
            pause(10);
        }
        assert_eq!(twin.end("TERM").code(), Some(0));
        assert_eq!(lines(&path).len(), run);
    }
}

/// What was accepted right before the end is in it, from many clients at once.
#[test]
fn it_is_complete_after_an_interrupt() {
    let place = Place::new();
    let path = place.path().join("ledger.jsonl").display().to_string();
    let twin = Twin::start(&["dingtalk", "--limits", "off", "--ledger", &path]);
    let token = twin.token("orders", "secret");
    let accepted: usize = std::thread::scope(|scope| {
        let send = || (0..50).filter(|_| twin.send(&token, &["anna"], "one of many").status == 200).count();
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(send)).collect();
        clients.into_iter().map(|client| client.join().expect("it sends")).sum()
    });
    assert_eq!(accepted, 200);
    assert_eq!(twin.end("INT").code(), Some(0));
    assert_eq!(lines(&path).len(), accepted);
}
