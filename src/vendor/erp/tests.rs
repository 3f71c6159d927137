use hyper::http::request::Parts;

use super::*;
use crate::plan::FreezeMode;
use crate::units::{JourneyId, Span};
use crate::vendor::tests::body;
use crate::vendor::{Refusal, wall};

const ONCE: MessageId = MessageId { journey: JourneyId(2), number: 17 };

fn sent() -> (Parts, bytes::Bytes) {
    sent_as(ONCE)
}

fn sent_as(once: MessageId) -> (Parts, bytes::Bytes) {
    let from = identity("buyers-3");
    let message = Outgoing {
        capability: Capability::Webhook,
        from: &from,
        token: "",
        recipients: &["clerks-1", "clerks-2"],
        class: None,
        text: "订单 17 \"with quotes\"",
        once,
        at: wall::DRILL,
    };
    let (head, whole) = send_request(&message).into_parts();
    (head, body(whole))
}

#[test]
fn what_a_client_writes_its_twin_reads() {
    let (head, sent) = sent();
    assert_eq!((capability(&head), credential(&head)), (Capability::Webhook, Some("fd-hook-buyers-3")));
    let post = read(&head, &sent).expect("a webhook");
    assert_eq!((message(post.key), &*post.document, post.state), (Some(ONCE), "buyers-3-2", 17));
    assert_eq!((&*post.text, post.to.len()), ("订单 17 \"with quotes\"", 2));
}

/// Probes are numbered from above, downwards, and begin anew.
#[test]
fn a_probe_is_about_no_document_of_its_sender_and_never_out_of_order() {
    for number in [u32::MAX, u32::MAX - 1] {
        let (head, sent) = sent_as(MessageId { number, ..ONCE });
        let post = read(&head, &sent).expect("a webhook");
        assert_eq!((&*post.document, post.state), ("probe", 0));
    }
}

#[test]
fn a_signature_is_good_for_its_body_its_id_and_five_minutes() {
    let (head, sent) = sent();
    let secret = identity("buyers-3").secret;
    let at = |secs| wall::DRILL + Span::from_secs(secs);
    assert_eq!(verifies(&secret, &head, &sent, at(300)), Ok(()));
    assert_eq!(verifies(&secret, &head, &sent, at(301)), Err(No::Stale));
    assert_eq!(verifies("another", &head, &sent, at(0)), Err(No::Unsigned));
    assert_eq!(verifies(&secret, &head, b"{}", at(0)), Err(No::Unsigned));
    let mut other = head.clone();
    other.headers.insert("webhook-id", "fd-2.18".parse().expect("a value"));
    assert_eq!(verifies(&secret, &other, &sent, at(0)), Err(No::Unsigned));
    other.headers.remove("webhook-timestamp");
    assert_eq!(verifies(&secret, &other, &sent, at(0)), Err(No::Unsigned));
    // While a secret is changed there are two.
    let mut both = head.clone();
    let second = format!("v1,AAAA {}", head.headers["webhook-signature"].to_str().expect("text"));
    both.headers.insert("webhook-signature", second.parse().expect("a value"));
    assert_eq!(verifies(&secret, &both, &sent, at(0)), Ok(()));
}

/// The example that the Standard Webhooks specification's own libraries are tested with.
#[test]
fn signatures_are_those_of_the_specification() {
    let signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        br#"{"test": 2432232314}"#,
    );
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn answers_and_noes_are_read() {
    let read = |response: hyper::Response<Body>| {
        let (head, whole) = response.into_parts();
        read_answer(head.status, &body(whole))
    };
    let taken = Answer::Acknowledged { declined: Vec::new() };
    for effect in [Effect::Booked, Effect::Repeated, Effect::Superseded] {
        assert_eq!(read(effect.answer(3)), taken);
    }
    let late = No::TooMany(Span::from_millis(1_500)).answer();
    assert_eq!((late.status().as_u16(), &late.headers()["retry-after"]), (429, &"2".parse().expect("a value")));
    for (no, word) in [
        (No::Bad("x").answer(), "bad_request"),
        (No::Stale.answer(), "stale_signature"),
        (No::OutOfOrder.answer(), "out_of_order"),
        (late, "rate_limited"),
        (refusal(&Refusal::Frozen(FreezeMode::Whole)), "account_frozen"),
        (refusal(&Refusal::Throttled(Span::from_secs(1))), "rate_limited"),
        (refusal(&Refusal::Status(503)), "refused"),
    ] {
        assert_eq!(read(no), Answer::Refused(word.into()));
    }
    assert!(matches!(read_answer(StatusCode::OK, b"{}"), Answer::Unreadable(_)));
    assert!(matches!(read_answer(StatusCode::BAD_GATEWAY, b""), Answer::Unreadable(_)));
}

fn booking(number: u64, to: &str, text: &str) -> Booking {
    Booking {
        booking: number,
        key: key(ONCE),
        document: "a \"b\"".into(),
        state: 17,
        to: vec![to.into()],
        text: text.into(),
        effect: Effect::Superseded,
    }
}

/// What whoever asks is given of these.
fn page(question: &Question<'_>, all: &[Booking]) -> Page {
    let (head, whole) = question.answer(all.iter().filter(|entry| entry.booking > question.after)).into_parts();
    let whole = body(whole);
    assert!(whole.len() <= crate::limits::BODY_BYTES, "{}", whole.len());
    Page::read(head.status, &whole).expect("a ledger")
}

#[test]
fn a_ledger_is_read_as_it_was_written() {
    let all: Vec<_> = (1..=PAGE as u64 + 1).map(|number| booking(number, "clerks-1", "香港")).collect();
    let read = page(&Question::default(), &all);
    assert_eq!((read.ends(0), &read.bookings[..]), ((PAGE as u64, true), &all[..PAGE]));
    let rest = page(&Question { after: PAGE as u64, ..Question::default() }, &all);
    assert_eq!((rest.ends(PAGE as u64), &rest.bookings[..]), ((PAGE as u64 + 1, false), &all[PAGE..]));
    assert!(Page::read(StatusCode::OK, b"[]").is_err());
    for question in [
        Question { after: 7, to: None, brief: true },
        Question { after: 0, to: Some("clerks & others/1 香港".into()), brief: false },
    ] {
        let (head, _) = question.request("fd-reader-clerks-1").into_parts();
        assert_eq!((capability(&head), credential(&head)), (Capability::Receive, Some("fd-reader-clerks-1")));
        assert_eq!((is_ledger(head.uri.path()), Question::read(&head)), (true, Ok(question)));
    }
}

/// Two hundred readers of two thousand bytes a message do not read each other's.
#[test]
fn a_reader_is_given_what_is_his_and_in_brief_what_is_everybodys() {
    let text = "x".repeat(2_000);
    let all: Vec<_> =
        (1..=900).map(|number| booking(number, if number % 2 == 0 { "anna" } else { "bert" }, &text)).collect();
    let of_bert = |after| page(&Question { after, to: Some("bert".into()), brief: false }, &all);
    let mut read = Vec::new();
    let (mut after, mut more) = (0, true);
    while more {
        let page = of_bert(after);
        (after, more) = page.ends(after);
        read.extend(page.bookings.iter().map(|booking| booking.booking));
    }
    assert!(read.iter().copied().eq((1..=900).step_by(2)), "{read:?}");
    // He does not ask about others' again.
    assert_eq!((after, of_bert(after).bookings), (900, Vec::new()));
    let brief = page(&Question { brief: true, ..Question::default() }, &all);
    let told = |booking: &Booking| booking.to.is_empty() && booking.text.is_empty() && booking.key == key(ONCE);
    assert!(brief.bookings.len() == PAGE && brief.bookings.iter().all(told));
}

/// A page holds as many as whoever reads it accepts, and one in any case.
#[test]
fn what_is_long_is_told_by_itself() {
    let all: Vec<_> = (1..=3).map(|number| booking(number, "bert", &"x".repeat(300_000))).collect();
    let read = page(&Question::default(), &all);
    assert_eq!((read.bookings.len(), read.ends(0)), (1, (1, true)));
}

/// Somebody else's ERP says nothing of what follows: a full page is not the last one. One that gives nothing new is.
#[test]
fn a_ledger_that_does_not_say_where_it_goes_on_is_read_on() {
    let read = |bookings: &[Booking], rest: &str| {
        let list = serde_json::to_string(bookings).expect("a list");
        Page::read(StatusCode::OK, format!("{{\"bookings\":{list}{rest}}}").as_bytes()).expect("a ledger")
    };
    let all: Vec<_> = (1..=PAGE as u64).map(|number| booking(number, "bert", "x")).collect();
    assert_eq!(read(&all, "").ends(0), (PAGE as u64, true));
    assert_eq!(read(&all[1..], "").ends(0), (PAGE as u64, false));
    assert_eq!(read(&all, "").ends(PAGE as u64), (PAGE as u64, false));
    assert_eq!(read(&[], ",\"more\":true").ends(3), (3, false));
    assert_eq!(read(&[], ",\"more\":true,\"next\":9").ends(3), (9, true));
}
