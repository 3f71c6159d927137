use super::super::tests::body;
use std::collections::BTreeMap;

use super::*;
use crate::plan::{EndpointKind, FreezeMode};
use crate::vendor::{self, Refusal};

const KIND: EndpointKind = EndpointKind::Matrix;

fn said(form: &Form, no: &Refusal) -> (u16, serde_json::Value) {
    let (head, whole) = refusal(form, no).into_parts();
    (head.status.as_u16(), serde_json::from_slice(&body(whole)).expect("JSON"))
}

#[test]
fn a_login_names_the_user_and_gives_his_token() {
    let anna = identity("anna");
    let (head, whole) = login_request(&anna).expect("a password").into_parts();
    let whole = body(whole);
    assert_eq!(vendor::capability(&KIND, &head), Capability::Login);
    assert_eq!(vendor::login_key(&KIND, &head, &whole).as_deref(), Some("anna"));
    let read = read_login(&whole).expect("a login");
    assert_eq!((read.user.as_str(), read.password.as_str()), ("anna", "fd-password-anna"));
    let (head, whole) = given_answer(&Given { user: "anna", token: "t\"", device: "D" }).into_parts();
    let token = vendor::login_answer(&KIND, head.status, &body(whole)).expect("a token");
    assert_eq!((token.text.as_str(), token.lifetime), ("t\"", FOR_EVER));
    // Whoever has a token needs none.
    assert!(login_request(&Identity { secret: String::new(), ..anna }).is_none());
    let old = br#"{"type":"m.login.password","user":"@anna:firedrill.example","password":"x"}"#;
    assert_eq!(login_key(old).as_deref(), Some("@anna:firedrill.example"));
    assert_eq!(read_login(br#"{"type":"m.login.token"}"#).map_err(|no| no.1), Err("M_UNKNOWN"));
    assert_eq!(read_login(b"[]").map_err(|no| no.1), Err("M_BAD_JSON"));
}

#[test]
fn a_room_is_the_one_that_is_named_or_that_of_its_members() {
    assert_eq!(room::between("a-1", &["b-2", "c"]), "!a-1~b-2~c:firedrill.example");
    assert_eq!(room::members("!a-1~b-2~c:firedrill.example").collect::<Vec<_>>(), ["a-1", "b-2", "c"]);
    for nobody in
        ["!abc:firedrill.example", "!a~b:elsewhere.example", "#a~b:firedrill.example", "", "!:firedrill.example"]
    {
        assert_eq!(room::members(nobody).count(), 0, "{nobody}");
    }
    assert_eq!((room::number(&room::made(17)), room::number("!fd-room-017:firedrill.example")), (Some(17), None));
    let from = Identity { webhook: "!real:example.org".into(), ..identity("anna") };
    let once = crate::units::MessageId { journey: crate::units::JourneyId(2), number: 9 };
    let message = Outgoing {
        capability: Capability::Chat,
        from: &from,
        token: "t",
        recipients: &["bert"],
        text: "x",
        once,
        at: Span::ZERO,
        class: None,
    };
    let request = send_request(&message);
    assert_eq!(request.uri(), "/_matrix/client/v3/rooms/%21real%3Aexample.org/send/m.room.message/fd-2.9");
    let (head, _) = request.into_parts();
    match Place::of(head.uri.path()) {
        Place::Send { room, kind, transaction } => {
            assert_eq!((&*room, &*kind, &*transaction), ("!real:example.org", "m.room.message", "fd-2.9"));
        }
        other => panic!("{other:?}"),
    }
}

/// What Synapse 1.163 was seen to answer, word by word.
#[test]
fn a_no_is_synapse_s() {
    let (status, no) = said(&Form::Present, &Refusal::Frozen(FreezeMode::Whole));
    let locked =
        serde_json::json!({"errcode": "M_USER_LOCKED", "error": "User account has been locked", "soft_logout": true});
    assert_eq!((status, no), (401, locked));
    let (status, no) = said(&Form::Present, &Refusal::Throttled(Span::from_micros(981_500)));
    let limited =
        serde_json::json!({"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 982});
    assert_eq!((status, no), (429, limited));
    assert_eq!(said(&Form::Present, &Refusal::RevokedToken).1["soft_logout"], false);
    assert_eq!(said(&Form::Present, &Refusal::ExpiredToken).1["soft_logout"], true);
    assert_eq!(said(&Form::Present, &Refusal::Frozen(FreezeMode::Disabled)).1["errcode"], "M_UNKNOWN_TOKEN");
    assert_eq!(said(&Form::SignIn, &Refusal::Frozen(FreezeMode::Disabled)).1["errcode"], "M_USER_DEACTIVATED");
    assert!(is_about_token("M_UNKNOWN_TOKEN") && !is_about_token("M_USER_LOCKED"));
}

#[test]
fn what_is_new_is_read_as_it_is_written() {
    let event = |number, sender, content| Event { number, sender, at: 5, content };
    let events = vec![event(1, "bert", r#"{"msgtype":"m.text","body":"eins"}"#), event(2, "anna", r#"{"body":"own"}"#)];
    let news = RoomNews { events, cut: true, before: Some(15), members: vec!["anna", "bert"] };
    let rooms = BTreeMap::from([("!a~b:x", news)]);
    let (head, whole) = sync_answer(17, &rooms, &[("!i:x", "carl")], "anna").into_parts();
    let read = synced("anna", head.status, &body(whole)).expect("an answer");
    let said = Said { room: "!a~b:x".into(), texts: vec!["eins".into()], before: Some("s15".into()) };
    assert_eq!(read, Synced { next: "s17".into(), rooms: vec![said] });
    let (head, _) = sync_request("t", "s17", Span::from_secs(30)).into_parts();
    assert_eq!(Wanted::of(&head), Some(Wanted { since: Some(17), hold: Span::from_secs(30), most: 100 }));
    let (head, _) = sync_request("t", "", Span::from_secs(30)).into_parts();
    assert_eq!(Wanted::of(&head), Some(Wanted { since: None, hold: Span::ZERO, most: 100 }));
    let odd = Request::get("/_matrix/client/v3/sync?since=x7&timeout=y").body(()).expect("a request").into_parts().0;
    assert_eq!(Wanted::of(&odd), None);
}

#[test]
fn what_was_said_is_read_as_it_is_written() {
    let (head, _) = messages_request("t", "!a~b:x", "s15", "s3").into_parts();
    assert_eq!(Place::of(head.uri.path()), Place::Messages { room: "!a~b:x".into() });
    assert_eq!(vendor::capability(&KIND, &head), Capability::Receive);
    let asked = Stretch { backwards: true, from: Some(15), to: Some(3), most: 100 };
    assert_eq!(Stretch::of(&head), Some(asked));
    let events = [
        Event { number: 2, sender: "bert", at: 5, content: r#"{"body":"zwei"}"# },
        Event { number: 1, sender: "anna", at: 5, content: r#"{"body":"own"}"# },
    ];
    let read = |end| {
        let (head, whole) = messages_answer(&events, 15, end).into_parts();
        page("anna", head.status, &body(whole)).expect("an answer")
    };
    let texts = vec!["zwei".to_owned()];
    assert_eq!(read(Some(9)), Page { texts: texts.clone(), end: Some("s9".into()) });
    assert_eq!(read(None), Page { texts, end: None });
    // Synapse tells where to go on from even where there is nothing any more.
    let nothing = page("anna", StatusCode::OK, br#"{"chunk":[],"start":"a","end":"b"}"#).expect("an answer");
    assert_eq!(nothing, Page::default());
    assert!(page("anna", StatusCode::FORBIDDEN, br#"{"errcode":"M_FORBIDDEN","error":""}"#).is_err());
    for odd in ["", "?dir=x", "?dir=b&from=x", "?dir=b&to=t9"] {
        let head =
            Request::get(format!("/_matrix/client/v3/rooms/a/messages{odd}")).body(()).expect("one").into_parts().0;
        assert_eq!(Stretch::of(&head), None, "{odd}");
    }
}
