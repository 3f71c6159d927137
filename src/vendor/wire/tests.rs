use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::plan::{Carrier, Json, Opening, Push};
use crate::units::{JourneyId, MessageId};

const ONCE: MessageId = MessageId { journey: JourneyId(3), number: 17 };

fn text(template: &str) -> Frame {
    Frame::Text(template.parse().expect("a template"))
}

fn json(value: serde_json::Value) -> Frame {
    Frame::Json(Json::of(value).expect("templates"))
}

/// A service with an id in its answers, or a line protocol without.
fn described(by_id: bool) -> Wire {
    let path = "/chat?user={from}".parse().expect("a template");
    let headers = vec![("authorization".into(), "Bearer {token}".parse().expect("a template"))];
    let (send, taken, refused) = if by_id {
        let send = json(json!({ "op": "send", "id": "{message}", "to": ["{to}"], "body": "{text}" }));
        let taken = json(json!({ "op": "ack", "id": "{message}" }));
        (send, taken, json(json!({ "op": "ack", "id": "{message}", "error": "{code}" })))
    } else {
        (text("SEND {to} {text}"), text("OK{any}"), text("ERR {code}"))
    };
    let push = Push {
        frame: if by_id { json(json!({ "op": "new", "body": "{text}" })) } else { text("MSG {from} {text}") },
        path: Some("/inbox/{to}".parse().expect("a template")),
        login: None,
    };
    Wire {
        capability: Capability::Chat,
        carrier: Carrier::Websocket(Opening { path, headers }),
        login: None,
        send,
        taken: Some(taken),
        refused: Some(refused),
        push: Some(push),
    }
}

fn anna() -> Identity {
    Identity { user: "anna&1".into(), key: "s3cret".into(), ..Identity::default() }
}

fn sent(wire: &Wire, to: &[&str], text: &str) -> String {
    let from = anna();
    send(
        wire,
        &Outgoing {
            capability: Capability::Chat,
            from: &from,
            token: "t",
            recipients: to,
            text,
            once: ONCE,
            at: crate::units::Span::ZERO,
            class: None,
        },
    )
}

#[test]
fn a_frame_is_what_is_described_and_a_twin_reads_it_back() {
    for by_id in [true, false] {
        let wire = described(by_id);
        let frame = sent(&wire, &["bert", "carl"], "say \"hi\" {to}");
        let read = post(&wire, &frame).expect("a message");
        assert_eq!((read.text.as_str(), read.to), ("say \"hi\" {to}", vec!["bert".to_owned(), "carl".to_owned()]));
        assert_eq!(read.message.as_deref(), by_id.then_some("fd-3.17"));
    }
    assert_eq!(sent(&described(false), &["bert"], "hi"), "SEND bert hi");
}

#[test]
fn what_a_twin_answers_says_yes_or_no_to_the_message() {
    for by_id in [true, false] {
        let wire = described(by_id);
        let read = post(&wire, &sent(&wire, &["bert"], "hi")).expect("a message");
        let about = by_id.then(|| "fd-3.17".to_owned());
        let taken = Reply { message: about.clone(), answer: Answer::Acknowledged { declined: Vec::new() } };
        assert_eq!(yes(&wire, &read).and_then(|frame| answer(&wire, &frame)), Some(taken));
        let refused = Reply { message: about, answer: Answer::Refused("frozen".into()) };
        assert_eq!(no(&wire, Some(&read), "frozen").and_then(|frame| answer(&wire, &frame)), Some(refused));
    }
}

#[test]
fn frames_of_the_service_may_have_more_than_is_described() {
    let wire = described(true);
    let taken = answer(&wire, r#"{"op":"ack","id":"fd-3.17","at":1712,"extra":{"x":[]}}"#).expect("an answer");
    assert_eq!(taken.message.as_deref(), Some("fd-3.17"));
    // A number is compared as it is written.
    let refused = answer(&wire, r#"{"op":"ack","id":"fd-3.17","error":507}"#).expect("an answer");
    assert_eq!(refused.answer, Answer::Refused("507".into()));
    assert_eq!(answer(&wire, r#"{"op":"new","body":"hi"}"#), None);
    assert_eq!(answer(&wire, "nonsense"), None);
    assert_eq!(
        answer(&described(false), "OK 12 at 17:03").map(|reply| reply.answer),
        Some(Answer::Acknowledged { declined: Vec::new() })
    );
}

#[test]
fn a_push_brings_a_text_or_an_id() {
    let wire = described(true);
    let pushed = pushed(&wire, ("anna", "bert"), "[fd 3.17] hi").expect("a push");
    assert_eq!(heard(&wire, &pushed), Some(Heard::Text("[fd 3.17] hi".into())));
    assert_eq!(heard(&wire, r#"{"op":"ack","id":"fd-3.17"}"#), None);
    let push = Push { frame: text("NEW {message}"), path: None, login: None };
    let by_id = Wire { push: Some(push), ..described(false) };
    let pushed = super::pushed(&by_id, ("anna", "bert"), "[fd 3.17] hi").expect("a push");
    assert_eq!((pushed.as_str(), heard(&by_id, &pushed)), ("NEW fd-3.17", Some(Heard::Known(ONCE))));
}

#[test]
fn whose_a_handshake_is_and_what_for_stands_in_its_head() {
    let wire = described(true);
    let head =
        |receives| opening(&wire, &anna(), receives, "dGhlIHNhbXBsZSBub25jZQ==").expect("a request").into_parts().0;
    let (sender, recipient) = (head(false), head(true));
    assert_eq!(sender.uri, "/chat?user=anna%261");
    assert_eq!(recipient.uri, "/inbox/anna%261");
    assert_eq!(credential(&wire, &sender).as_deref(), Some("s3cret"));
    assert_eq!((capability(&wire, &sender), capability(&wire, &recipient)), (Capability::Chat, Capability::Receive));
    let arrived = arrival(&wire, &sender).expect("described");
    assert_eq!((arrived.user.as_deref(), arrived.token.as_deref()), (Some("anna&1"), Some("s3cret")));
    assert_eq!((arrived.sends, arrived.receives), (true, false));
    assert!(arrival(&wire, &recipient).is_some_and(|arrived| arrived.receives && !arrived.sends));
}

proptest! {
    /// Nothing that comes does any harm, and what was said is read back as it was said.
    #[test]
    fn any_text_comes_back_and_garbage_is_nothing(said in ".{0,60}", garbage in ".{0,60}") {
        for by_id in [true, false] {
            let wire = described(by_id);
            let read = post(&wire, &sent(&wire, &["bert"], &said)).expect("a message");
            prop_assert_eq!(&read.text, &said);
            let _ = (answer(&wire, &garbage), heard(&wire, &garbage), post(&wire, &garbage), logs_in(&wire, &garbage));
        }
    }
}
