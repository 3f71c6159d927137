use http_body_util::BodyExt;

use super::*;
use crate::plan::{Ask, Content, Edition, Found, Gateway, Is, Json, Pattern, Pointer, Poll, Rule, Service, Success};
use crate::units::JourneyId;

fn kinds() -> Vec<EndpointKind> {
    let mut kinds = vec![MAINLAND, EndpointKind::Dingtalk(Edition::Lite), EndpointKind::Teams, EndpointKind::Matrix];
    kinds.push(EndpointKind::Http(described().into()));
    kinds.push(EndpointKind::Gateway(Gateway::bare(Capability::Chat).into()));
    kinds
}

pub(super) fn template(text: &str) -> Pattern {
    text.parse().expect("a template")
}

pub(super) fn pointer(text: &str) -> Pointer {
    text.to_owned().try_into().expect("a pointer")
}

/// A service with everything that can be described.
pub(super) fn described() -> Service {
    let json =
        serde_json::json!({ "message": { "body": "{text}", "id": "{message}" }, "to": ["{to}"], "urgent": true });
    let send = Ask {
        method: "POST".into(),
        path: template("/v2/send?by={from}&as=json"),
        headers: vec![("authorization".into(), template("Bearer {token}"))],
        content: Content::Json(Json::of(json).expect("templates")),
    };
    let rule = Some(Rule { at: Some(pointer("/result/ok")), is: Is::Equal("true".into()) });
    let poll = Poll {
        path: template("/v2/inbox/{to}?since={after}"),
        first: Some(template("/v2/inbox/{to}")),
        headers: vec![("authorization".into(), template("Bearer {token}"))],
        found: Found::Texts(pointer("/items/*/body")),
        next: Some(pointer("/next")),
    };
    let success = Success { status: vec![202], rule, code: Some(pointer("/error/code")) };
    Service { capability: Capability::Chat, send, success, poll: Some(poll) }
}

const MAINLAND: EndpointKind = EndpointKind::Dingtalk(Edition::Mainland);

pub(super) fn body<T>(message: T) -> Bytes
where
    T: BodyExt<Data = Bytes, Error = std::convert::Infallible>,
{
    // A full body is ready at once, so one poll collects it.
    futures_util::FutureExt::now_or_never(message.collect()).expect("a full body").expect("never fails").to_bytes()
}

fn answer(kind: &EndpointKind, response: Response<Body>) -> Answer {
    let (head, whole) = response.into_parts();
    read_answer(kind, Capability::Chat, head.status, &body(whole))
}

#[test]
fn what_a_client_writes_its_twin_reads() {
    for kind in kinds() {
        let from = identity(&kind, "purchasing-3");
        let text = "订单 17 \"with quotes\" \\ and 香港";
        let message = Outgoing {
            capability: Capability::Chat,
            from: &from,
            token: "fd-delegated-purchasing-3",
            recipients: &["factory-7"],
            class: Some("customers"),
            text,
            once: MessageId { journey: JourneyId(0), number: 1 },
            at: Span::ZERO,
        };
        let (head, sent) = send_request(&kind, &message).expect("a request").into_parts();
        assert_eq!(capability(&kind, &head), Capability::Chat);
        assert_eq!(credential(&kind, &head).as_deref(), Some(message.token));
        let (recipients, read) = match &kind {
            EndpointKind::Dingtalk(_) => {
                let direct = dingtalk::robot::read_direct(&body(sent)).expect("a message");
                (direct.user_ids, direct.text)
            }
            EndpointKind::Teams => match teams::Place::of(head.uri.path()) {
                teams::Place::Graph(teams::Graph::Messages(room)) => {
                    let chat = teams::conversation::Conversation::of(room);
                    let others = chat.members(&from.user).into_iter().filter(|member| *member != from.user);
                    let said = body(sent);
                    let said = teams::message::read_send(&said).expect("a message");
                    (others.map(str::to_owned).collect(), said.text.into_owned())
                }
                other => panic!("{kind:?} reads {other:?}"),
            },
            EndpointKind::Matrix => match matrix::Place::of(head.uri.path()) {
                matrix::Place::Send { room, .. } => {
                    let others = matrix::room::members(&room).filter(|member| *member != from.user);
                    let said = body(sent);
                    (others.map(str::to_owned).collect(), matrix::read_send(&said).expect("a message").into_owned())
                }
                other => panic!("{kind:?} reads {other:?}"),
            },
            EndpointKind::Http(service) => {
                let post = http::post(service, &head, &body(sent)).expect("a message");
                assert_eq!(post.token.as_deref(), Some(message.token));
                (post.to, post.text)
            }
            EndpointKind::Erp(_)
            | EndpointKind::Documents(_)
            | EndpointKind::Smtp(_)
            | EndpointKind::Wire(_)
            | EndpointKind::Dlp
            | EndpointKind::Sso(_) => {
                panic!("{kind} sends no messages by requests")
            }
            EndpointKind::Gateway(_) => {
                let said = body(sent);
                let post = gateway::read_post(&said).expect("a message");
                assert_eq!((post.class.as_deref(), &*post.id), (message.class, "fd-0.1"));
                (post.to.clone(), post.text.clone().into_owned())
            }
        };
        assert_eq!((recipients, read.as_str()), (vec!["factory-7".to_owned()], text));
    }
}

#[test]
fn every_refusal_reads_as_a_no() {
    let refusals = [
        Refusal::Frozen(FreezeMode::Whole),
        Refusal::Frozen(FreezeMode::SendOnly),
        Refusal::Frozen(FreezeMode::Organisation),
        Refusal::Frozen(FreezeMode::Disabled),
        Refusal::Fenced(IpAddr::from([127, 10, 0, 1])),
        Refusal::Status(503),
        Refusal::Status(429),
        Refusal::Status(400),
        Refusal::MissingToken,
        Refusal::InvalidToken,
        Refusal::ExpiredToken,
        Refusal::RevokedToken,
        Refusal::InvalidKey,
        Refusal::MfaRequired,
        Refusal::UnknownApi,
        Refusal::BadRequest("why".into()),
        Refusal::Throttled(Span::from_secs(1)),
        Refusal::Banned(Span::from_secs(600)),
        Refusal::Quota,
        Refusal::MeetingLocked(8),
    ];
    for kind in kinds() {
        for no in &refusals {
            assert!(
                matches!(answer(&kind, refusal(&kind, &Form::Present, no, 1)), Answer::Refused(_)),
                "{kind:?} {no:?}"
            );
        }
        // Something in between answered: nobody knows whether the message was taken.
        assert!(matches!(
            answer(&kind, refusal(&kind, &Form::Present, &Refusal::Status(502), 1)),
            Answer::Unreadable(_)
        ));
    }
}

#[test]
fn a_message_declined_for_one_user_is_still_a_200() {
    let kind = MAINLAND;
    let read = answer(&kind, dingtalk::robot::sent_answer(1, &["factory-7"], &[]));
    assert_eq!(read, Answer::Acknowledged { declined: vec!["factory-7".into()] });
}

#[test]
fn a_login_gives_a_token() {
    let kind = MAINLAND;
    let from = identity(&kind, "purchasing-3");
    let (head, whole) = login_request(&kind, &from).expect("DingTalk exchanges tokens").into_parts();
    let whole = body(whole);
    assert_eq!(capability(&kind, &head), Capability::Login);
    assert_eq!(login_key(&kind, &head, &whole).as_deref(), Some(from.key.as_str()));
    let (opening, open) = dingtalk::stream::open_request(Edition::Mainland, &from).into_parts();
    assert_eq!(login_key(&kind, &opening, &body(open)).as_deref(), Some(from.key.as_str()));
    let asks = dingtalk::Operation::of(&head).expect("a login");
    assert_eq!(dingtalk::login::read(asks, &head, &whole), Ok((from.key, from.secret)));
    let token = Token { text: "t".into(), lifetime: Span::from_secs(7_200) };
    for manner in [asks, dingtalk::Operation::CorpToken, dingtalk::Operation::OldToken] {
        let (head, whole) = dingtalk::login::token_answer(manner, &token).into_parts();
        assert_eq!(login_answer(&kind, head.status, &body(whole)), Ok(token.clone()));
    }
}

#[test]
fn what_stands_in_a_query_is_decoded() {
    let kind = MAINLAND;
    let head = |path: &str| Request::get(path).body(()).expect("a request").into_parts().0;
    for (path, key) in [
        ("/gettoken?appkey=ding%2Fa&appsecret=s", Some("ding/a")),
        ("/gettoken?corpid=dingcorp&corpsecret=s", Some("dingcorp")),
        ("/gettoken?appsecret=s", None),
    ] {
        assert_eq!(
            (capability(&kind, &head(path)), login_key(&kind, &head(path), b"").as_deref()),
            (Capability::Login, key)
        );
        assert_eq!(credential(&kind, &head(path)), None, "a key is not shown, but named");
    }
    for (path, shown) in [
        ("/connect?ticket=a%2Fb%2B1", "a/b+1"),
        ("/topapi/v2/user/get?access_token=a%2Db", "a-b"),
        ("/connect?ticket=t", "t"),
    ] {
        assert_eq!(credential(&kind, &head(path)).as_deref(), Some(shown));
    }
}

#[test]
fn an_inbox_names_its_user_and_where_to_go_on() {
    let (head, _) = inbox_request("factory-7", 41, "key").into_parts();
    assert_eq!(subscriber(&head), Some(("factory-7", 41)));
    for kind in kinds() {
        assert_eq!(capability(&kind, &head), Capability::Receive);
        assert_eq!(credential(&kind, &head).as_deref(), Some("push-factory-7"));
    }
}
