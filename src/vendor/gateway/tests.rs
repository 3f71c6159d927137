use proptest::prelude::*;

use super::super::tests::body;
use super::*;
use crate::units::{JourneyId, MessageId, Span};

const ONCE: MessageId = MessageId { journey: JourneyId(2), number: 17 };

#[test]
fn a_message_reads_back() {
    let from = identity("sales-1");
    for class in [None, Some("customers \"a\"")] {
        let recipients = &["agents-1", "agents-2"];
        let capability = Capability::Chat;
        let (from, token, text, at) = (&from, &from.key, "报价 \\ 1", Span::ZERO);
        let message = Outgoing { capability, from, token, recipients, class, text, once: ONCE, at };
        let (head, sent) = send_request(&message).into_parts();
        assert_eq!((sends(&head), credential(&head)), (true, Some("fd-gateway-sales-1")));
        let sent = body(sent);
        let post = read_post(&sent).expect("a message");
        assert_eq!((&*post.id, post.from.as_deref(), post.class.as_deref()), ("fd-2.17", None, class));
        assert_eq!((post.to, &*post.text), (vec!["agents-1".to_owned(), "agents-2".to_owned()], "报价 \\ 1"));
    }
}

#[test]
fn an_answer_says_whether_it_was_sent_on() {
    let read = |response: Response<Body>| {
        let (head, whole) = response.into_parts();
        read_answer(head.status, &body(whole))
    };
    let declined = vec!["agents-1".to_owned()];
    assert_eq!(read(taken("fd-2.17", &[])), Answer::Acknowledged { declined: Vec::new() });
    assert_eq!(read(taken("fd-2.17", &declined)), Answer::Acknowledged { declined });
    for (why, code) in [(No::NoRule, "no_rule"), (No::NotYours, "not_yours"), (No::InProgress, "in_progress")] {
        assert_eq!(read(no(why)), Answer::Refused(code.into()));
    }
    for (why, code) in [
        (No::Refused, "refused"),
        (No::Resting, "resting"),
        (No::Uninspected, "not_inspected"),
        (No::Blocked, "blocked"),
    ] {
        assert_eq!(read(no(why)), Answer::Refused(code.into()));
    }
    // It may have been taken.
    assert_eq!(read(no(No::Unanswered)), Answer::Unreadable("unanswered".into()));
    assert_eq!(read_answer(StatusCode::OK, b"fine"), Answer::Unreadable("200".into()));
    assert_eq!(read_answer(StatusCode::FORBIDDEN, b"no"), Answer::Refused("403".into()));
}

fn entry(number: u64, to: usize) -> AuditEntry {
    AuditEntry {
        number,
        at: "2026-01-01T00:00:00Z".to_owned(),
        id: format!("fd-2.{number}"),
        from: "sales-1".to_owned(),
        class: number.is_multiple_of(2).then(|| "customers \"a\"".to_owned()),
        to: vec!["agents-1".to_owned(); to],
        what: if number.is_multiple_of(3) {
            AuditedAct::Refused { reason: "no_rule".to_owned() }
        } else {
            AuditedAct::SentOn { endpoint: "lite".to_owned(), outcome: "acknowledged".to_owned() }
        },
    }
}

/// The page that an auditor reads who asked for what follows a number.
fn page(after: u64, all: usize, entries: &[AuditEntry]) -> AuditPage {
    let (head, whole) = audit_page(after, all, entries.iter()).into_parts();
    let whole = body(whole);
    assert!(whole.len() <= crate::limits::BODY_BYTES, "{}", whole.len());
    read_audit_page(head.status, &whole).expect("a page")
}

#[test]
fn a_trail_reads_back() {
    let entries: Vec<_> = (5..9).map(|number| entry(number, 2)).collect();
    let read = page(4, 4, &entries);
    assert_eq!((read.entries, read.next, read.more), (entries.clone(), 8, false));
    assert!(page(4, 9, &entries).more);
    let none = page(4, 0, &[]);
    assert_eq!((none.entries.len(), none.next, none.more), (0, 4, false));
    // What is long is told by itself, and the rest later.
    let long: Vec<_> = (1..4).map(|number| entry(number, 20_000)).collect();
    let read = page(0, 3, &long);
    assert_eq!((read.entries.len(), read.next, read.more), (1, 1, true));
    let (head, _) = audit_request("x", 17).into_parts();
    assert_eq!(
        (audits(&head), sends(&head), credential(&head), read_audit(&head)),
        (true, false, Some("x"), Ok((17, PAGE)))
    );
    assert_eq!(read_audit_page(StatusCode::FORBIDDEN, b"{\"entries\":[]}"), None);
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(bytes: Vec<u8>, text in "\\PC{0,40}") {
        let _ = (read_post(&bytes).is_ok(), read_answer(StatusCode::OK, &bytes), read_audit_page(StatusCode::OK, &bytes));
        let json = format!("{{\"id\":{0},\"to\":[{0}],\"text\":{0}}}", serde_json::to_string(&text).expect("a text"));
        prop_assert_eq!(read_post(json.as_bytes()).is_ok(), !text.is_empty());
    }
}
