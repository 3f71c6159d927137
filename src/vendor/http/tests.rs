use hyper::{Response, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::tests::{body, described, pointer, template};
use super::*;
use crate::plan::Content;
use crate::units::JourneyId;

const ONCE: MessageId = MessageId { journey: JourneyId(3), number: 17 };

fn sent(service: &Service, to: &[&str], text: &str) -> Request<Body> {
    let from = Identity { user: "anna&1".into(), webhook: "T0/B0".into(), ..Identity::default() };
    let capability = Capability::Chat;
    send_request(
        service,
        &Outgoing {
            capability,
            from: &from,
            token: "s3 cret",
            recipients: to,
            class: None,
            text,
            once: ONCE,
            at: crate::units::Span::ZERO,
        },
    )
}

#[test]
fn a_request_is_what_is_described() {
    let (head, sent) = sent(&described(), &["bert", "carl"], "say \"hi\" {to}").into_parts();
    assert_eq!((head.method.as_str(), head.uri.to_string().as_str()), ("POST", "/v2/send?by=anna%261&as=json"));
    assert_eq!(head.headers["authorization"], "Bearer s3 cret");
    assert_eq!(head.headers["content-type"], "application/json");
    let json: Value = serde_json::from_slice(&body(sent)).expect("JSON");
    let message = json!({ "body": "say \"hi\" {to}", "id": "fd-3.17" });
    assert_eq!(json, json!({ "message": message, "to": ["bert", "carl"], "urgent": true }));
}

#[test]
fn a_form_and_a_text_are_escaped_as_they_need_it() {
    let mut service = described();
    service.send.content = Content::Form(vec![("a b".into(), template("{text}!")), ("u".into(), template("{to}"))]);
    let (head, form) = sent(&service, &["bert"], "1+1=2 & 香港").into_parts();
    assert_eq!(head.headers["content-type"], "application/x-www-form-urlencoded");
    let form = body(form);
    assert_eq!(form, "a%20b=1%2B1%3D2%20%26%20%E9%A6%99%E6%B8%AF%21&u=bert");
    let read = post(&service, &head, &form).expect("a message");
    assert_eq!((read.text.as_str(), read.to), ("1+1=2 & 香港", vec!["bert".to_owned()]));
    service.send.content = Content::Text(template("[{to}] {text}"));
    service.send.headers.push(("content-type".into(), template("text/markdown")));
    let (head, text) = sent(&service, &["bert"], "*hi*").into_parts();
    assert_eq!(head.headers["content-type"], "text/markdown");
    assert_eq!(body(text), "[bert] *hi*");
}

#[test]
fn accounts_are_told_by_what_the_description_has_of_them() {
    let mut service = described();
    let shown = |service: &Service, path: &str, field: Option<(&str, &str)>| {
        let mut request = Request::builder().method("POST").uri(path);
        if let Some((name, value)) = field {
            request = request.header(name, value);
        }
        credential(service, &request.body(()).expect("a request").into_parts().0)
    };
    let path = "/v2/send?by=anna%261&as=json";
    assert_eq!(shown(&service, path, Some(("Authorization", "Bearer k1"))).as_deref(), Some("k1"));
    assert_eq!(shown(&service, path, Some(("authorization", "Basic k1"))).as_deref(), Some("anna&1"), "by name");
    assert_eq!(shown(&service, "/elsewhere", None), None);
    service.send.path = template("/hooks/{webhook}");
    assert_eq!(shown(&service, "/hooks/T0%2FB0", None).as_deref(), Some("T0/B0"));
}

#[test]
fn what_a_request_is_for_its_path_tells() {
    let service = described();
    for (method, path, is) in [
        ("POST", "/v2/send?by=anna&as=json", Capability::Chat),
        ("GET", "/v2/send?by=anna&as=json", Capability::Other),
        ("POST", "/v2/send?by=anna&as=xml", Capability::Other),
        ("GET", "/v2/inbox/bert?since=", Capability::Receive),
        ("GET", "/v2/inbox/bert", Capability::Receive),
        ("GET", "/v2/inbox/bert/more?since=", Capability::Other),
        ("POST", "/v2/inbox/bert?since=", Capability::Other),
    ] {
        let head = Request::builder().method(method).uri(path).body(()).expect("a request").into_parts().0;
        assert_eq!(capability(&service, &head), is, "{method} {path}");
    }
}

#[test]
fn an_answer_is_a_yes_only_if_it_says_what_is_described() {
    let service = described();
    let read = |status: u16, body: &str| {
        read_answer(&service, StatusCode::from_u16(status).expect("a status"), body.as_bytes())
    };
    let yes = Answer::Acknowledged { declined: Vec::new() };
    let no = |word: &str| Answer::Refused(word.into());
    for (status, body, answer) in [
        (202, r#"{"result":{"ok":true}}"#, yes.clone()),
        (202, r#"{"result":{"ok":"true"}}"#, yes),
        (202, r#"{"result":{"ok":false},"error":{"code":"frozen"}}"#, no("frozen")),
        (202, r#"{"error":{"code":1017}}"#, no("1017")),
        (202, "welcome", Answer::Unreadable("202 without JSON".into())),
        (200, r#"{"result":{"ok":true}}"#, no("200")),
        (302, "", no("302")),
        (403, r#"{"error":{"code":"blocked"}}"#, no("blocked")),
        (503, "busy", no("503")),
        (504, "", Answer::Unreadable("504".into())),
    ] {
        assert_eq!(read(status, body), answer, "{status} {body}");
    }
    let mut plain = described();
    plain.success = Success { rule: Some(Rule { at: None, is: Is::Containing("ok".into()) }), ..Success::default() };
    let read = |body: &str| read_answer(&plain, StatusCode::CREATED, body.as_bytes());
    assert_eq!((read("all ok"), read("no")), (Answer::Acknowledged { declined: vec![] }, no("201")));
}

fn parts(response: Response<Body>) -> (StatusCode, hyper::body::Bytes) {
    let (head, whole) = response.into_parts();
    (head.status, body(whole))
}

#[test]
fn a_twin_says_what_the_description_takes_for_a_yes() {
    let mut service = described();
    let rules = [
        None,
        Some(Rule { at: None, is: Is::Containing("thank you".into()) }),
        Some(Rule { at: Some(pointer("/a/b")), is: Is::Equal("7".into()) }),
        Some(Rule { at: Some(pointer("/*/state")), is: Is::Equal("queued".into()) }),
        Some(Rule { at: Some(pointer("")), is: Is::Containing("ok".into()) }),
    ];
    for rule in rules {
        service.success.rule = rule;
        let (status, body) = parts(accepted(&service));
        let yes = Answer::Acknowledged { declined: Vec::new() };
        assert_eq!(read_answer(&service, status, &body), yes, "{:?}", service.success.rule);
    }
}

#[test]
fn what_a_recipient_asks_a_twin_reads_and_what_it_lists_he_reads() {
    let mut service = described();
    let whom = Identity { user: "bert/1".into(), key: "k2".into(), ..Identity::default() };
    let (head, _) = poll_request(&service, &whom, "4 2").expect("a question").into_parts();
    let asked = poll(&service, &head).expect("a question");
    let wanted = Polling { user: Some("bert/1".into()), token: Some("k2".into()), after: "4 2".into() };
    assert_eq!(asked, wanted);
    let (head, _) = poll_request(&service, &whom, "").expect("a question").into_parts();
    assert_eq!(head.uri.to_string(), "/v2/inbox/bert%2F1");
    assert_eq!(poll(&service, &head).map(|asked| asked.after).as_deref(), Some(""), "the first question");
    let texts = ["[fd 3.17] one", "two"];
    let (status, body) = parts(listed(&service, &texts, "9"));
    let messages = texts.map(|text| Heard::Text(text.into()));
    assert_eq!(polled(&service, status, &body), Ok(Polled { messages: messages.into(), next: Some("9".into()) }));
    if let Some(poll) = &mut service.poll {
        poll.found = Found::Ids(pointer("/*"));
        poll.next = None;
    }
    let (status, body) = parts(listed(&service, &texts, "9"));
    assert_eq!(polled(&service, status, &body), Ok(Polled { messages: vec![Heard::Known(ONCE)], next: None }));
    assert!(matches!(polled(&service, StatusCode::OK, b"no JSON"), Err(Answer::Unreadable(_))));
    assert!(matches!(polled(&service, StatusCode::FORBIDDEN, b"[]"), Err(Answer::Refused(_))));
}

proptest! {
    #[test]
    fn whatever_is_sent_is_read(text: String, to in prop::collection::vec("[^,\\x00-\\x1f]{1,9}", 1..4), form in 0..3) {
        let mut service = described();
        match form {
            0 => {}
            1 => service.send.content = Content::Form(vec![("t".into(), template("<{text}>")), ("u".into(), template("{to}"))]),
            _ => service.send.content = Content::Text(template("{to}\n{text}")),
        }
        let recipients: Vec<&str> = to.iter().map(String::as_str).collect();
        let (head, sent) = sent(&service, &recipients, &text).into_parts();
        let read = post(&service, &head, &body(sent));
        prop_assert_eq!(read.map(|post| (post.to, post.text)), Some((to, text)));
    }

    #[test]
    fn whatever_comes_is_answered(path in "/[ -~]{0,20}", content in prop::collection::vec(any::<u8>(), 0..80), status in 100_u16..600) {
        let service = described();
        if let Ok(request) = Request::builder().method("POST").uri(path).body(()) {
            let head = request.into_parts().0;
            let _ = (post(&service, &head, &content), poll(&service, &head), capability(&service, &head), credential(&service, &head));
        }
        let status = StatusCode::from_u16(status).expect("a status");
        let _ = (read_answer(&service, status, &content), polled(&service, status, &content));
    }
}
