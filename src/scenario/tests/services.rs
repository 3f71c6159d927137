//! Services by scenario: what they are read as, and what is wrong with them.

use super::*;
use crate::plan::{Blank, Content, EndpointKind, Found, Is, Receipts, Service};
use crate::units::Span;

const SEND: &str =
    "send: { path: \"/messages?to={to}\", headers: { authorization: \"Bearer {token}\" }, text: \"{text}\" }";

/// The small scenario with a service by scenario in the place of Teams.
fn described(more: &str) -> Source {
    small_with("kind: teams, region: hk", &format!("kind: http, region: hk, {more}"))
}

fn service(source: &Source) -> (Service, Receipts) {
    let plan = plan(source);
    match &plan.endpoints[1].kind {
        EndpointKind::Http(service) => (Service::clone(service), plan.endpoints[1].receipts),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_service_is_what_the_scenario_says() {
    let (plain, receipts) = service(&described(SEND));
    assert_eq!((plain.send.method.as_str(), receipts), ("POST", Receipts::Inbox));
    assert!(plain.success.status.is_empty() && plain.success.rule.is_none() && plain.poll.is_none());
    assert!(matches!(&plain.send.content, Content::Text(text) if text.has(Blank::Text)));
    let more = "success: { status: [200, 202], at: /ok, equals: true, code: /why }, \
                receipts: { poll: { every: 500ms, path: \"/inbox/{to}?after={after}\", texts: /items/*/text, next: /next } }";
    let (full, receipts) = service(&described(&format!("{SEND}, {more}")));
    assert_eq!(receipts, Receipts::Poll { every: Span::from_millis(500) });
    assert_eq!(full.success.status, [200, 202]);
    assert_eq!(full.success.rule.map(|rule| rule.is), Some(Is::Equal("true".into())));
    let poll = full.poll.expect("a poll");
    assert_eq!(poll.headers, full.send.headers, "recipients show what senders show");
    assert!(matches!(poll.found, Found::Texts(_)) && poll.next.is_some());
}

#[test]
fn what_a_plan_says_of_a_service_it_says_again() {
    let plan = plan(&described(&format!("{SEND}, success: {{ contains: ok }}")));
    let json = plan.canonical_json();
    let again: Plan = serde_json::from_str(&json).expect("a plan");
    assert_eq!(again, plan);
}

#[test]
fn mistakes_of_a_description_are_told() {
    let poll = |poll: &str| format!("{SEND}, receipts: {{ poll: {{ {poll} }} }}");
    let send = |send: &str| format!("send: {{ {send} }}");
    for (more, expected) in [
        ("capability: chat".to_owned(), "missing 7:3 endpoint `teams` has no `send`"),
        (send("text: \"{text}\""), "`send` has no `path`"),
        (send("path: /m, text: hi"), "missing 7:3 `send` does not say what is sent"),
        (send("path: /m, text: \"{text}\""), "`send` does not say to whom, so nobody can receive it"),
        (send("path: m, text: \"{text}{to}\""), "nothing stands between two places"),
        (send("path: m, text: \"{text}\""), "`m` is no path"),
        (send("path: \"http://a/b\", text: \"{text}\""), "`http://a/b` is no path"),
        (send("path: /m, text: \"{message\""), "nothing closes this brace"),
        (send("path: /m, text: \"{body}\""), "`{body}` is nothing that could be filled in"),
        (send("path: /m, text: \"${a b}\""), "a variable is written `${NAME}`"),
        (send("path: /m, text: \"{text} {after}\""), "`{after}` is nothing that is known here"),
        (send("path: /m, json: '{\"a\": }'"), "this is no JSON"),
        (send("path: /m, json: '{\"a\": \"{b}\"}'"), "`{b}` is nothing that could be filled in"),
        (send("path: /m, json: { a: b }"), "`json` is the text of a JSON value"),
        (send("path: /m, json: '{}', text: \"{text}\""), "a request has one body"),
        (send("path: /m, method: DELETE, text: \"{text}\""), "`DELETE` is no method"),
        (send("path: /m, headers: { host: a }, text: \"{text}\""), "`host` is written by firedrill itself"),
        (send("path: /m, headers: { \"a b\": c }, text: \"{text}\""), "`a b` cannot name a header field"),
        (send("path: /m, body: \"{text}\""), "unknown-key"),
        (format!("{SEND}, success: {{ status: 99 }}"), "a status is between 100 and 599"),
        (format!("{SEND}, success: {{ at: ok, equals: 1 }}"), "a pointer begins with a slash"),
        (format!("{SEND}, success: {{ at: /ok }}"), "does not say what stands at `at`"),
        (format!("{SEND}, success: {{ equals: a, contains: b }}"), "the answer is looked at in one way"),
        (format!("{SEND}, capability: meeting"), "`meeting` is no capability of a service"),
        (format!("{SEND}, receipts: stream"), "this way is of a platform"),
        (poll("every: 1s, texts: /*"), "`poll` has no `path`"),
        (poll("every: 1s, path: /m"), "does not say where messages stand"),
        (poll("every: 1s, path: /m, texts: /*, ids: /*"), "by their texts or by their ids"),
        (poll("every: 1s, path: /m, texts: /text"), "this leads to one message at most"),
        (poll("every: 10ms, path: /m, texts: /*"), "recipients ask at most every 100ms, not every 10ms"),
        (poll("every: 1s, path: \"/m?{after}\", texts: /*"), "nothing says what `{after}` is"),
        (poll("every: 1s, path: \"/m?{text}\", texts: /*"), "`{text}` is nothing that is known here"),
    ] {
        let found = found(&described(&more));
        assert!(found.iter().any(|line| line.contains(expected)), "{more}: {found:#?}");
    }
    let teams = small_with(
        "kind: teams, region: hk",
        "kind: teams, region: hk, receipts: { poll: { every: 1s, path: /m, texts: /* } }",
    );
    assert!(mistake(&teams).contains("only a service by scenario (`kind: http`) is polled"));
}

#[test]
fn a_secret_in_the_open_is_not_quoted() {
    let open = described("send: { path: \"/{to}\", headers: { x-api-key: hunter2 }, text: \"{text}\" }");
    assert_eq!(code(&open), "open-secret");
    let told = load(&open, &Options::default()).expect_err("refused").to_string();
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn whatever_is_named_as_a_secret_is_not_quoted_either() {
    let url = |url: &str| format!("{SEND}, url: \"{url}\"");
    for (more, expected) in [
        ("send: { path: \"/m?to={to}&access_token=hunter2\", text: \"{text}\" }".to_owned(), "open-secret"),
        ("send: { path: /services/T01/B02/hunter2, text: \"{text}{to}\" }".to_owned(), "open-secret"),
        (
            "send: { path: \"/m/{to}\", json: '{\"api_key\":\"hunter2\",\"text\":\"{text}\"}' }".to_owned(),
            "open-secret",
        ),
        (
            "send: { path: \"/m/{to}\", json: '{\"auth\":[{\"clientSecret\":\"hunter2\"}],\"t\":\"{text}\"}' }"
                .to_owned(),
            "open-secret",
        ),
        ("send: { path: \"/m/{to}\", form: { token: hunter2, text: \"{text}\" } }".to_owned(), "open-secret"),
        // Another mistake of the same line shows nothing of it either.
        ("sned: a, send: { path: \"/m?to={to}&sig=hunter2\", text: \"{text}\" }".to_owned(), "unknown-key"),
        (url("https://hooks.slack.example/services/T01/B02/hunter2"), "the path goes to `path` of `send`"),
        (url("http://me:hunter2@127.0.0.1:9"), "`http://127.0.0.1:9/…` is no url"),
        (url("http://me:hunter2/hunter2@127.0.0.1:9/x"), "`http://127.0.0.1:9/…` is no url"),
    ] {
        let told = load(&described(&more), &Options::default()).expect_err(&more);
        let told = format!("{told}{told:?}");
        assert!(told.contains(expected) && !told.contains("hunter2"), "{more}\n{told}");
    }
    for good in [
        "send: { path: \"/m?to={to}&key=order-17&access_token={token}\", text: \"{text}\" }",
        "send: { path: \"/m?to={to}&sig=${SIG}\", json: '{\"key\":\"order-17\",\"token\":\"{token}\",\"text\":\"{text}\"}' }",
    ] {
        plan(&described(good));
    }
}

#[test]
fn a_real_service_needs_what_its_description_names() {
    let real = |credentials: &str| {
        described(&format!("{SEND}, url: \"http://127.0.0.1:9\", credentials: {{ {credentials} }}"))
    };
    let bound = |keys: &str| format!("purchasing: {{ {keys} }}, factory: {{ {keys} }}");
    let whole = plan(&real(&bound("user: \"${U}\", token: \"${T}\"")));
    assert_eq!(whole.variables().into_iter().collect::<Vec<_>>(), ["T", "U"]);
    for (given, lacking) in [("user: \"${U}\"", "token"), ("token: \"${T}\"", "user")] {
        let found = found(&real(&bound(given)));
        assert!(found.iter().any(|line| line.contains(&format!("and has no `{lacking}` there"))), "{found:#?}");
    }
    let shared = SEND.replace("{token}", "${SHARED}");
    let real = described(&format!("{shared}, url: \"http://127.0.0.1:9\""));
    assert_eq!(plan(&real).variables().into_iter().collect::<Vec<_>>(), ["SHARED"]);
    assert!(plan(&described(&shared)).variables().is_empty(), "a twin is content with the name");
}

/// The small scenario with a mail server in the place of Teams.
fn mailed(more: &str) -> Source {
    small_with("kind: teams, region: hk", &format!("kind: smtp, region: hk{more}"))
}

#[test]
fn mail_is_secured_beyond_this_machine_and_within_it_if_that_is_said() {
    use crate::plan::{Tls, Within};
    let url = |more: &str| plan(&mailed(more)).endpoints[1].url.clone().map(|url| (url.authority(), url.tls));
    let ca = Some("ca.pem".to_owned());
    assert_eq!(url(""), None);
    assert_eq!(url(", url: \"smtp://127.0.0.1\""), Some(("127.0.0.1:587".into(), None)));
    assert_eq!(
        url(", url: \"smtp://localhost:25\", ca: ca.pem"),
        Some(("localhost:25".into(), Some(Tls { ca, within: Within::Starttls })))
    );
    let from_the_beginning = Some(Tls { ca: None, within: Within::Mail });
    assert_eq!(url(", url: \"smtps://localhost\""), Some(("localhost:465".into(), from_the_beginning)));
    let starttls = super::super::endpoints::mail_url("smtp://mail.example").and_then(|url| url.tls);
    assert_eq!(starttls, Some(Tls { ca: None, within: Within::Starttls }));
    let wrong = found(&mailed(", url: \"http://127.0.0.1:25\""));
    assert!(
        wrong.iter().any(|found| found.contains("`http://127.0.0.1:25` is no url that can be dialled")),
        "{wrong:?}"
    );
}

#[test]
fn a_fault_that_does_nothing_to_mail_is_told() {
    let told = |fault: &str| {
        let Source { name, text } = mailed("");
        found(&Source { name, text: text.replace("partition: {}", fault) })
    };
    for fault in [
        "token_revoke: { endpoint: teams }",
        "body: { endpoint: teams, replace: x }",
        "meeting_lock: { endpoint: teams }",
    ] {
        let found = told(fault);
        assert!(
            found.iter().any(|line| line.starts_with("never-hits") && line.contains("does nothing at `teams`")),
            "{fault}: {found:?}"
        );
    }
    let twice = told("duplicate: { endpoint: teams, capability: chat }");
    assert!(twice.iter().any(|line| line.starts_with("never-hits")), "{twice:?}");
    for fault in [
        "account_freeze: { endpoint: teams, group: purchasing, mode: whole }",
        "duplicate: { endpoint: teams }",
        "latency: { constant: 1s }",
    ] {
        assert_eq!(told(fault), Vec::<String>::new(), "{fault}");
    }
}
