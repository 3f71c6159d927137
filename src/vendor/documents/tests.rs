use hyper::http::request::Parts;
use proptest::prelude::*;

use super::*;
use crate::plan::FreezeMode;
use crate::units::{JourneyId, Span};
use crate::vendor::Refusal;
use crate::vendor::tests::body;

const ONCE: MessageId = MessageId { journey: JourneyId(0), number: 17 };

fn parts(request: Request<Body>) -> (Parts, bytes::Bytes) {
    let (head, whole) = request.into_parts();
    (head, body(whole))
}

#[test]
fn what_a_client_writes_its_twin_reads() {
    let anna = identity("anna");
    let (head, _) = parts(read_request(&anna, "q3"));
    assert_eq!(
        (capability(&head), credential(&head), document(head.uri.path())),
        (Capability::Read, Some("fd-writer-anna"), Some("q3"))
    );
    let tag = HeaderValue::from_static("\"hq=3;mainland=1\"");
    for (asked, meant) in [
        (Some(Some(&tag)), Condition::Is(vec!["hq=3;mainland=1".into()])),
        (Some(None), Condition::Absent),
        (None, Condition::None),
    ] {
        let (head, sent) = parts(write_request(&anna, ("q3", "订单 \"17\""), asked));
        assert_eq!((capability(&head), condition(&head)), (Capability::Edit, Ok(meant)));
        assert_eq!(written(&sent).as_deref(), Ok("订单 \"17\""));
    }
}

#[test]
fn what_a_twin_shows_its_client_finds() {
    let text = format!("[fd {ONCE}] a change");
    let copies = vec![
        Copied { version: "hq=2".into(), text: "[fd 0.4] x".into() },
        Copied { version: "hq=1".into(), text: "?".into() },
    ];
    let (head, whole) = shows(&Content { version: "hq=3".into(), text: text.as_str().into(), copies }).into_parts();
    let whole = body(whole);
    let read = found(head.status, &head.headers, &whole).expect("an answer").expect("a document");
    let four = MessageId { number: 4, ..ONCE };
    assert_eq!((read.tag.as_bytes(), read.writer, read.copies), (&b"\"hq=3\""[..], Some(ONCE), vec![four]));
    assert_eq!(read_answer(head.status, &whole), Answer::Acknowledged { declined: Vec::new() });
    assert_eq!(found(StatusCode::NOT_FOUND, &head.headers, b""), Ok(None));
    // Without an entity tag nobody can say later what he has read.
    assert!(matches!(found(StatusCode::OK, &HeaderMap::new(), &whole), Err(Answer::Unreadable(_))));
    assert!(matches!(found(StatusCode::OK, &head.headers, b"[]"), Err(Answer::Unreadable(_))));
}

/// RFC 9110 §13.1.1: a list of entity tags, of which weak ones never match.
#[test]
fn conditions_are_read_as_http_has_them() {
    let asked = |name: &'static str, value: &str| {
        let (mut head, _) = parts(read_request(&identity("anna"), "q3"));
        head.headers.insert(name, value.parse().expect("a value"));
        condition(&head)
    };
    assert_eq!(asked("if-match", "*"), Ok(Condition::Present));
    assert_eq!(asked("if-match", "\"a\" , W/\"b\",\"c,d\""), Ok(Condition::Is(vec!["a".into(), "c,d".into()])));
    assert_eq!(asked("if-match", "W/\"b\""), Ok(Condition::Is(Vec::new())));
    for bad in ["a", "\"a", "\"a\",", "\"a\" \"b\"", ""] {
        assert!(matches!(asked("if-match", bad), Err(No::Bad(_))), "{bad}");
    }
    assert!(matches!(asked("if-none-match", "\"a\""), Err(No::Bad(_))));
}

#[test]
fn noes_are_read() {
    let read = |response: Response<Body>| {
        let (head, whole) = response.into_parts();
        (head.status.as_u16(), read_answer(head.status, &body(whole)))
    };
    for (no, status, word) in [
        (No::Bad("x").answer(), 400, "bad_request"),
        (No::Absent.answer(), 404, "not_found"),
        (No::Changed.answer(), 412, "precondition_failed"),
        (No::Unconditional.answer(), 428, "precondition_required"),
        (No::Stranger.answer(), 403, "unknown_store"),
        (No::Full.answer(), 507, "insufficient_storage"),
        (refusal(&Refusal::Frozen(FreezeMode::Whole)), 403, "account_frozen"),
        (refusal(&Refusal::Throttled(Span::from_secs(1))), 429, "rate_limited"),
    ] {
        assert_eq!(read(no), (status, Answer::Refused(word.into())));
    }
    let taken = Answer::Acknowledged { declined: Vec::new() };
    assert_eq!(read(wrote("hq=1", true)), (201, taken.clone()));
    assert_eq!(read_answer(StatusCode::NO_CONTENT, b""), taken);
    assert!(matches!(read_answer(StatusCode::OK, b"{}"), Answer::Unreadable(_)));
}

#[test]
fn what_a_store_tells_another_one_reads() {
    let change = |copies| Change {
        document: "q3".into(),
        version: Version::default().after("hq").after("hq"),
        modified: 7,
        by: "hq".into(),
        text: "香港".into(),
        copies,
    };
    let changes = Changes { from: "hq".into(), documents: vec![change(vec![change(Vec::new())])] };
    let (head, sent) = parts(sync_request(&identity("hq"), &changes));
    assert_eq!((capability(&head), is_sync(head.uri.path())), (Capability::Sync, true));
    assert_eq!(read_sync(&sent), Ok(changes.clone()));
    for not_taken in [vec![], vec!["q3".to_owned(), "q4".to_owned()]] {
        let (head, whole) = synced(&Taken { count: 1, refused: not_taken.clone() }).into_parts();
        assert_eq!(head.status.as_u16(), if not_taken.is_empty() { 200 } else { 507 });
        assert_eq!(refused(head.status, &body(whole)), Some(not_taken));
    }
    let (head, whole) = No::Full.answer().into_parts();
    assert_eq!(refused(head.status, &body(whole)), None);
    for bad in [
        Changes { from: "h\"q".into(), ..changes.clone() },
        Changes { documents: vec![Change { document: "a/b".into(), ..change(Vec::new()) }], ..changes.clone() },
        Changes { documents: vec![Change { by: "".into(), ..change(Vec::new()) }], ..changes.clone() },
        Changes {
            documents: vec![Change { version: Version::default().after("a;b"), ..change(Vec::new()) }],
            ..changes.clone()
        },
        // Copies have no copies.
        Changes { documents: vec![change(vec![change(vec![change(Vec::new())])])], ..changes.clone() },
    ] {
        let (_, sent) = parts(sync_request(&identity("hq"), &bad));
        assert!(matches!(read_sync(&sent), Err(No::Bad(_))), "{bad:?}");
    }
}

#[test]
fn of_two_versions_one_knows_the_other_or_neither_does() {
    let none = Version::default();
    let (one, other) = (none.after("hq"), none.after("mainland"));
    assert!(one.knows(&none) && !none.knows(&one) && !one.knows(&other) && !other.knows(&one));
    let both = one.with(&other);
    assert!(both.knows(&one) && both.knows(&other));
    assert_eq!((none.to_string(), both.after("hq").to_string()), ("0".into(), "hq=2;mainland=1".into()));
}

proptest! {
    #[test]
    fn anything_at_all_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80), text in "[\\x20-\\x7e]{0,40}") {
        let _ = (read_sync(&bytes), written(&bytes), read_answer(StatusCode::OK, &bytes));
        let _ = found(StatusCode::OK, &HeaderMap::new(), &bytes);
        let (mut head, _) = parts(read_request(&identity("anna"), "q3"));
        head.headers.insert("if-match", text.parse().expect("a value"));
        let _ = condition(&head);
    }
}
