use hyper::StatusCode;

use super::conversation::Conversation;
use super::*;
use crate::plan::{EndpointKind, FreezeMode};
use crate::units::{JourneyId, MessageId};
use crate::vendor::tests::body;
use crate::vendor::{self, Refusal, wall};

const KIND: EndpointKind = EndpointKind::Teams;
const TEXT: &str = "订单 17 \"with quotes\" \\ and 香港";

fn outgoing<'a>(capability: Capability, from: &'a Identity, recipients: &'a [&'a str]) -> Outgoing<'a> {
    let once = MessageId { journey: JourneyId(2), number: 17 };
    Outgoing { capability, from, token: "fd-access-1", recipients, class: None, text: TEXT, once, at: wall::DRILL }
}

fn of_graph(head: &impl Head) -> Graph<'_> {
    match Place::of(head.path()) {
        Place::Graph(graph) => graph,
        other => panic!("not Graph's: {other:?}"),
    }
}

#[test]
fn a_login_gives_a_token() {
    let from = identity("purchasing-3");
    let (head, sent) = vendor::login_request(&KIND, &from).expect("Teams exchanges tokens").into_parts();
    let sent = body(sent);
    assert_eq!(capability(&head), Capability::Login);
    assert_eq!(form(&head), Form::Entra);
    assert_eq!(vendor::login_key(&KIND, &head, &sent).as_ref(), Some(&from.key));
    let wanted = entra::read_wanted(&sent).expect("a whole form");
    assert_eq!(wanted.grant, entra::Grant::Refresh(from.key));
    let given = entra::Given {
        token: "t",
        lifetime: Span::from_secs(3_599),
        refresh: Some("r"),
        user: Some("purchasing-3"),
        at: wall::DRILL,
    };
    let (head, sent) = entra::given_answer(&wanted, &given).into_parts();
    let token = vendor::Token { text: "t".into(), lifetime: Span::from_secs(3_599) };
    let sent = body(sent);
    assert_eq!(vendor::login_answer(&KIND, head.status, &sent), Ok(token));
    assert_eq!(vendor::next_key(&KIND, &sent).as_deref(), Some("r"));
    assert_eq!(vendor::next_key(&KIND, br#"{"access_token":"t","expires_in":3599}"#), None);
}

#[test]
fn a_login_names_a_person_or_an_application_that_is_nobody_else() {
    let (head, _) = vendor::login_request(&KIND, &identity("a")).expect("Teams exchanges tokens").into_parts();
    for (form, key) in [
        ("client_id=app&grant_type=refresh_token&refresh_token=r%2F1", Some("r/1")),
        (
            "client_id=app&grant_type=password&username=anna%40firedrill.example&password=p",
            Some("anna@firedrill.example"),
        ),
        ("client_id=app&grant_type=client_credentials&client_secret=s", Some("app")),
        ("client_id=app&grant_type=authorization_code&code=c", None),
        ("", None),
    ] {
        assert_eq!(vendor::login_key(&KIND, &head, form.as_bytes()).as_deref(), key, "{form}");
    }
    assert_eq!(vendor::login_key(&KIND, &head, b"username=\xff"), None);
    let names = ["anna", "anna@example.org"].map(|user| vendor::sign_in_name(&KIND, user));
    assert_eq!(names, ["anna@firedrill.example", "anna@example.org"].map(|name| Some(name.to_owned())));
}

#[test]
fn what_is_asked_before_a_login_is_not_one() {
    for path in [
        "/t/v2.0/.well-known/openid-configuration",
        "/common/discovery/instance",
        "/t/discovery/v2.0/keys",
        "/common/userrealm/anna@x",
    ] {
        let (head, ()) = Request::get(path).body(()).expect("a request").into_parts();
        assert_eq!(capability(&head), Capability::Metadata, "{path}");
    }
}

#[test]
fn a_channel_s_message_is_for_its_members() {
    let from = identity("a");
    let (head, sent) =
        vendor::send_request(&KIND, &outgoing(Capability::Group, &from, &["b", "c"])).expect("a request").into_parts();
    assert_eq!(capability(&head), Capability::Group);
    let Graph::Messages(room) = of_graph(&head) else { panic!("{:?}", head.uri) };
    assert_eq!(Conversation::of(room).members("a"), ["a", "b", "c"]);
    assert_eq!(message::read_send(&body(sent)).expect("a message").text, TEXT);
}

#[test]
fn a_webhook_s_card_says_whom_it_mentions() {
    let from = identity("a");
    let message = outgoing(Capability::Webhook, &from, &["b", "c"]);
    for request in [vendor::send_request(&KIND, &message).expect("a request"), webhook::flow_request(&message)] {
        let (head, sent) = request.into_parts();
        assert_eq!((capability(&head), credential(&head)), (Capability::Webhook, Some("fd-webhook-a")));
        let card = webhook::Card { text: TEXT.into(), mentioned: vec!["b".into(), "c".into()] };
        assert_eq!(webhook::read_card(&body(sent)), Ok(card));
    }
    let card = |body: &str| {
        let whole =
            format!(r#"{{"type":"message","attachments":[{{"content":{{"type":"AdaptiveCard","body":{body}}}}}]}}"#);
        [webhook::read_card(whole.as_bytes()), webhook::read_flow(whole.as_bytes())]
            .map(|card| card.expect("a card").text)
    };
    let nested = r#"[{"type":"Image","url":"u"},{"type":"ColumnSet","columns":[{"items":[]},{"items":[{"type":"Container","items":[
        {"type":"TextBlock","text":"deep"}]}]}]},{"type":"TextBlock","text":"later"}]"#;
    assert_eq!(
        (card(nested), card(r#"[{"type":"Image","url":"u"}]"#)),
        (["deep"; 2].map(Into::into), [""; 2].map(Into::into))
    );
    let plain = webhook::read_card("{\"text\":\"x\"}".as_bytes()).expect("a text is enough");
    assert_eq!(plain.text, "x");
    assert!(webhook::read_flow(b"{\"text\":\"x\"}").is_err(), "a workflow wants a card");
}

#[test]
fn a_connector_s_no_is_inside_a_200() {
    let read = |status: u16, text: &str| {
        read_answer(Capability::Webhook, StatusCode::from_u16(status).expect("a status"), text.as_bytes())
    };
    let yes = Answer::Acknowledged { declined: Vec::new() };
    assert_eq!((read(200, "1"), read(202, "")), (yes.clone(), yes));
    let (head, said) =
        vendor::refusal(&KIND, &Form::Connector, &Refusal::Throttled(Span::from_secs(1)), 1).into_parts();
    let said = body(said);
    assert_eq!(head.status, 200);
    assert_eq!(read(200, std::str::from_utf8(&said).expect("a text")), Answer::Refused("429".into()));
    assert_eq!(
        read(200, "Bad payload received by generic incoming webhook."),
        Answer::Refused("Bad payload received by generic incoming webhook.".into())
    );
    assert_eq!(
        read(200, "HTTP error unknown"),
        Answer::Refused("HTTP error unknown".into()),
        "no code, and still a word"
    );
    assert!(matches!(read(200, ""), Answer::Unreadable(_)));
    assert_eq!(
        read(400, "{\"error\":{\"code\":\"WorkflowTriggerIsNotEnabled\"}}"),
        Answer::Refused("WorkflowTriggerIsNotEnabled".into())
    );
}

#[test]
fn meetings_count_their_heads() {
    let from = identity("a");
    let (head, sent) = vendor::send_request(&KIND, &outgoing(Capability::Meeting, &from, &["b", "c"]))
        .expect("a request")
        .into_parts();
    let sent = body(sent);
    assert_eq!(capability(&head), Capability::Meeting);
    assert_eq!(vendor::gathering(&KIND, &head, &sent), Some(vendor::Gathering::Opens { heads: 3 }));
    let called = meeting::read_meeting(&sent).expect("a meeting");
    assert_eq!((called.subject.as_str(), called.attendees.as_slice()), (TEXT, &["b".to_owned(), "c".to_owned()][..]));
    let told = meeting::meeting_body(7, "a", &called, wall::DRILL);
    let id = vendor::sent_id(&KIND, Capability::Meeting, told.as_bytes()).expect("an id");
    for join in [
        format!("{{\"meetingInfo\":{{\"joinMeetingId\":\"{id}\"}}}}"),
        format!("{{\"chatInfo\":{{\"threadId\":\"19:meeting_{id}@thread.v2\"}}}}"),
    ] {
        let (head, sent) = graph_post("/v1.0/communications/calls", "t", join).into_parts();
        let joins = vendor::Gathering::Joins { meeting: id.clone(), heads: 1 };
        assert_eq!(vendor::gathering(&KIND, &head, &body(sent)), Some(joins));
    }
}

#[test]
fn an_event_is_entered_once() {
    let from = identity("a");
    let (head, sent) =
        vendor::send_request(&KIND, &outgoing(Capability::Calendar, &from, &["b"])).expect("a request").into_parts();
    assert_eq!(capability(&head), Capability::Calendar);
    let entered = meeting::read_event(&body(sent)).expect("an event");
    assert_eq!((entered.text.as_str(), entered.once.as_deref()), (TEXT, Some("fd-2-17")));
    assert_eq!(entered.attendees, ["b"]);
}

#[test]
fn a_subscription_and_its_notifications_are_read_as_they_are_written() {
    let wish = subscription::Wish {
        changes: "created".into(),
        url: "http://127.0.0.1:1/n".into(),
        lifecycle_url: Some("http://127.0.0.1:1/l".into()),
        resource: "/chats/getAllMessages".into(),
        expires: wall::DRILL,
        state: Some("secret".into()),
    };
    let (_, sent) = subscription::subscribe_request("t", &wish).into_parts();
    assert_eq!(subscription::read_wish(&body(sent)), Ok(wish.clone()));
    let one = subscription::Subscription { id: "s", wish: &wish, app: "app", creator: "a" };
    let news = |body: String| subscription::read_notifications(body.as_bytes()).expect("a notification");
    let notified = |news| vec![subscription::Notified { subscription: "s".into(), state: wish.state.clone(), news }];
    let resource = "chats('19:a_b@unq.gbl.spaces')/messages('16')";
    let created = subscription::News::Created(resource.into());
    assert_eq!(news(subscription::notification(&one, resource, "16")), notified(created));
    for event in subscription::Lifecycle::ALL {
        assert_eq!(news(subscription::lifecycle(&one, event)), notified(subscription::News::Lifecycle(event)));
    }
    let (head, _) = message::fetch_request("t", resource).into_parts();
    assert!(matches!(of_graph(&head), Graph::Message(Room::Chat("19:a_b@unq.gbl.spaces"), "16")), "{:?}", head.uri);
    let url = subscription::validation_url("http://127.0.0.1:1/n?x=1", &subscription::validation_text(1));
    let head = Request::get(url).body(Body::default()).expect("a request").into_parts().0;
    assert_eq!(subscription::validation_token(&head), Some(subscription::validation_text(1)));
}

#[test]
fn a_message_is_fetched_as_it_was_sent() {
    let conversation = Conversation::Channel { team: "t".into(), channel: "c".into() };
    let said = message::ChatMessage {
        number: 3,
        conversation: &conversation,
        reply_to: Some("1"),
        sender: "a",
        text: TEXT,
        html: false,
        created: wall::DRILL,
    };
    let (head, told) = message::message_answer(&said).into_parts();
    let fetched = message::fetched(head.status, &body(told)).expect("a message");
    let whole = message::Fetched { id: message::message_id(3), sender: Some("a".into()), text: TEXT.into() };
    assert_eq!(fetched, whole);
    let page = message::Page { at: ("https", HOST), reply_to: None, top: 2, more: true };
    let (_, listed) = message::list_answer(&conversation, &[said, said], &page).into_parts();
    let listed: serde_json::Value = serde_json::from_slice(&body(listed)).expect("JSON");
    assert_eq!(listed["value"].as_array().map(Vec::len), Some(2));
    assert_eq!(listed["value"][1]["channelIdentity"]["teamId"], "t");
    assert!(listed["@odata.nextLink"].as_str().is_some_and(|link| link.ends_with("$skiptoken=1600000000003")));
}

/// What a refusal says in one manner.
fn said(form: &Form, refusal: &Refusal) -> (u16, serde_json::Value) {
    let (head, said) = vendor::refusal(&KIND, form, refusal, 1).into_parts();
    (head.status.as_u16(), serde_json::from_slice(&body(said)).unwrap_or_default())
}

#[test]
fn entra_has_a_number_for_every_reason() {
    for (refusal, status, code) in [
        (Refusal::Frozen(FreezeMode::Disabled), 400, 50_057),
        (Refusal::Frozen(FreezeMode::Whole), 400, 50_057),
        (Refusal::Banned(Span::from_secs(60)), 400, 50_053),
        (Refusal::RevokedToken, 400, 50_173),
        (Refusal::Fenced([127, 0, 0, 1].into()), 400, 53_003),
        (Refusal::InvalidKey, 401, 7_000_215),
        (Refusal::MfaRequired, 400, 50_076),
        (Refusal::ExpiredToken, 400, 700_082),
        (Refusal::Throttled(Span::from_secs(1)), 429, 90_055),
    ] {
        let (told, body) = said(&Form::Entra, &refusal);
        assert_eq!((told, body["error_codes"][0].as_u64()), (status, Some(code)), "{refusal:?}");
        let text = body["error_description"].as_str().expect("a description");
        assert!(text.starts_with(&format!("AADSTS{code}: ")), "{text}");
    }
}

#[test]
fn a_challenge_asks_to_sign_in_anew_and_a_bare_401_does_not() {
    let asks = |refusal: &Refusal| {
        let (head, _) = vendor::refusal(&KIND, &Form::Present, refusal, 1).into_parts();
        let value = head
            .headers
            .get("www-authenticate")
            .expect("a 401 says where to sign in")
            .to_str()
            .expect("text")
            .to_owned();
        value.contains("insufficient_claims")
    };
    assert!(
        asks(&Refusal::Frozen(FreezeMode::Disabled))
            && asks(&Refusal::RevokedToken)
            && asks(&Refusal::Fenced([127, 0, 0, 1].into()))
    );
    assert!(!asks(&Refusal::ExpiredToken) && !asks(&Refusal::MissingToken) && !asks(&Refusal::InvalidToken));
}

#[test]
fn every_refusal_is_a_no_in_every_manner() {
    let refusals = [
        Refusal::Frozen(FreezeMode::Whole),
        Refusal::Frozen(FreezeMode::SendOnly),
        Refusal::Frozen(FreezeMode::Organisation),
        Refusal::Frozen(FreezeMode::Disabled),
        Refusal::Fenced([127, 10, 0, 1].into()),
        Refusal::Status(400),
        Refusal::Status(401),
        Refusal::Status(404),
        Refusal::Status(429),
        Refusal::Status(503),
        Refusal::MissingToken,
        Refusal::InvalidToken,
        Refusal::ExpiredToken,
        Refusal::RevokedToken,
        Refusal::InvalidKey,
        Refusal::UnknownApi,
        Refusal::BadRequest("why".into()),
        Refusal::Throttled(Span::from_secs(1)),
        Refusal::Banned(Span::from_secs(600)),
        Refusal::Quota,
        Refusal::MeetingLocked(8),
    ];
    for (form, capability) in [
        (Form::Present, Capability::Chat),
        (Form::Present, Capability::Meeting),
        (Form::Connector, Capability::Webhook),
        (Form::Workflow, Capability::Webhook),
        (Form::Entra, Capability::Login),
    ] {
        for refusal in &refusals {
            let (head, said) = vendor::refusal(&KIND, &form, refusal, 1).into_parts();
            let said = body(said);
            let read = match form {
                Form::Entra => vendor::login_answer(&KIND, head.status, &said).err(),
                _ => Some(read_answer(capability, head.status, &said)),
            };
            assert!(matches!(read, Some(Answer::Refused(_))), "{form:?} {refusal:?}: {read:?}");
            if let Refusal::Status(status) = refusal {
                assert_eq!(head.status, *status, "{form:?}: a bare status stays one");
            }
        }
    }
}
