use std::collections::BTreeSet;

use hyper::StatusCode;
use proptest::prelude::*;

use super::*;
use crate::plan::CoverageSet;

const LITE: EndpointKind = EndpointKind::Dingtalk(Edition::Lite);
const MAINLAND: EndpointKind = EndpointKind::Dingtalk(Edition::Mainland);

#[test]
fn the_catalogue_reads_and_is_about_a_hundred_functions() {
    // Ids, calls and weights are checked by reading.
    let read = read(TEXT).expect("every line is right");
    assert!((90..=110).contains(&read.len()), "{}", read.len());
    assert_eq!(read.iter().map(|operation| operation.weight).sum::<u32>(), WEIGHTS);
}

#[test]
fn every_capability_that_can_be_sent_has_the_call_that_sends_it() {
    for capability in Capability::ALL.into_iter().filter(|one| one.is_sending() && !one.is_of_documents()) {
        let sent = sent(capability).unwrap_or_else(|| panic!("nothing sends {}", capability.name()));
        assert_eq!((sent.capability, sent.call.method), (capability, "POST"), "{}", sent.id);
    }
    assert_eq!(sent(Capability::Chat).expect("chat").call.path, "/v1.0/robot/oToMessages/batchSend");
    assert_eq!(sent(Capability::Status), None);
}

#[test]
fn what_a_client_sends_is_in_the_catalogue() {
    let from = crate::vendor::identity(&MAINLAND, "office-1");
    let message = crate::vendor::Outgoing {
        capability: Capability::Chat,
        from: &from,
        token: "t",
        recipients: &["factory-1"],
        class: None,
        text: "x",
        once: crate::units::MessageId { journey: crate::units::JourneyId(0), number: 0 },
        at: crate::units::Span::ZERO,
    };
    let request = crate::vendor::send_request(&MAINLAND, &message).expect("a request");
    assert_eq!(operation("POST", request.uri().path()), sent(Capability::Chat));
}

#[test]
fn the_article_s_concrete_claims_stand_in_it() {
    for id in ["approval-form-save", "ocr"] {
        let one = operations().iter().find(|operation| operation.id == id).expect(id);
        assert_eq!((one.lite.state, one.lite.source), (State::Missing, Source::Article), "{id}");
    }
}

#[test]
fn what_ends_or_removes_something_is_never_probed() {
    let danger = ["disable", "delete", "terminate", "remove", "kick", "lock", "recall", "signOut", "execute"];
    for operation in operations() {
        let last = operation.call.path.rsplit('/').next().unwrap_or_default().to_lowercase();
        let ends = operation.call.method == "DELETE" || danger.iter().any(|word| last.contains(&word.to_lowercase()));
        assert!(!(ends && operation.probed), "{} would be probed", operation.id);
        for kind in [MAINLAND, LITE, EndpointKind::Teams] {
            if let Probe::Ask(request) = probe(&kind, operation, "127.0.0.1", None) {
                assert!(operation.probed && request.method() != "DELETE", "{}", operation.id);
            }
        }
    }
}

#[test]
fn paths_are_found_with_their_ids_raw_or_encoded() {
    let id = |method: &str, path: &str| operation(method, path).map(|operation| operation.id);
    assert_eq!(id("POST", "/topapi/v2/user/get"), Some("user-get"));
    assert_eq!(id("GET", "/v1.0/contact/users/u%2B1%3D"), Some("user-profile"));
    assert_eq!(id("GET", "/v1.0/contact/users/u+1="), Some("user-profile"));
    assert_eq!(id("POST", "/v1.0/contact/users/search"), Some("user-search"), "a word goes before an id");
    assert_eq!(id("GET", "/v1.0/calendar/users/u1/calendars/primary/events/e%2F1"), Some("event-get"));
    assert_eq!(id("GET", "/v1.0/calendar/users/u1/calendars/primary/events"), Some("event-list"));
    // Nothing else is anything.
    assert_eq!(id("GET", "/v1.0/contact/users/"), None, "an id is never empty");
    assert_eq!(id("PUT", "/v1.0/contact/users/u1"), None);
    assert_eq!(id("GET", "/v1.0/contact/users/u1/more"), None);
    assert_eq!(id("GET", "/v1.0/contact/users/u1/"), None);
    assert_eq!(id("post", "/topapi/v2/user/get"), None, "methods are upper-case");
}

#[test]
fn every_call_finds_its_own_function() {
    for one in operations() {
        let path: Vec<_> =
            one.call.path.split('/').map(|part| if part.starts_with('{') { "x1" } else { part }).collect();
        let found = operation(one.call.method, &path.join("/")).expect(one.id);
        assert_eq!(found.id, one.id);
    }
}

proptest! {
    #[test]
    fn any_path_is_some_function_or_none(method in "[A-Z]{0,7}", path in "(/|%|[ -~]|é){0,40}") {
        let found = operation(&method, &path);
        prop_assert!(found.is_none_or(|one| one.call.method == method));
    }

    #[test]
    fn any_answer_says_something(status in 100_u16..1000, body in proptest::collection::vec(any::<u8>(), 0..80)) {
        let status = StatusCode::from_u16(status).expect("in range");
        for kind in [MAINLAND, EndpointKind::Teams] {
            for one in operations().iter().step_by(7) {
                existence(&kind, one.call, status, &body);
            }
        }
    }
}

#[test]
fn shares_name_their_denominators() {
    let of = |set| Tally::of(set, operations().iter().map(|one| (one, state(&LITE, one))));
    let (api, common) = (of(CoverageSet::Api), of(CoverageSet::Common));
    assert_eq!(api.all as usize, operations().len());
    assert_eq!(common.all, WEIGHTS);
    for tally in [api, common] {
        assert!(tally.low() <= tally.high() && tally.high() < 1.0, "{tally:?}");
    }
    let all = Tally::of(CoverageSet::Api, operations().iter().map(|one| (one, state(&MAINLAND, one))));
    assert_eq!((all.low(), all.high()), (1.0, 1.0), "the catalogue lists what the mainland edition offers");
    assert!(Tally::of(CoverageSet::Api, []).low().abs() < 1e-9, "of nothing, nothing");
}

/// One line that is right, and what is wrong once a word of it is another.
#[test]
fn mistakes_name_their_line() {
    const LINE: &str = "a | b | chat | 1000 | GET /x/{id} | sdk | supported documented p | missing undocumented | -";
    assert_eq!(read(LINE).expect("right").len(), 1);
    for (word, other, told) in [
        (" | -", "", "8 columns"),
        ("a |", "A b |", "`A b` is no id"),
        ("| b |", "| |", "what the function does"),
        ("chat", "chta", "`chta` is no capability"),
        ("1000", "1e3", "`1e3` is no number"),
        ("1000", "999", "they must be 1000"),
        ("GET", "FETCH", "`FETCH` is no method"),
        ("/x/{id}", "x/{id}", "`x/{id}` is no path"),
        ("/x/{id}", "/x//y", "`/x//y` is no path"),
        ("sdk", "hearsay", "`hearsay` is no source"),
        ("supported documented p", "supported documented", "the page stands behind"),
        ("supported documented p", "supported article", "only what is missing"),
        ("supported documented p", "missing", "`` is no source"),
        ("supported documented p", "gone assumed", "`gone` is no state"),
        ("supported documented p", "degraded assumed", "does not say what is lost"),
        ("| -", "| Lite: lost; and more", "of several remarks each"),
        ("missing undocumented", "missing undocumented GET /y", "what is missing has none"),
        ("missing undocumented", "supported documented", "what is there has a call"),
        ("missing undocumented", "degraded documented GET /y", "does not say what is lost"),
    ] {
        assert!(LINE.contains(word), "{word}");
        let text = format!("# said\n\n{}\n", LINE.replacen(word, other, 1)).leak();
        let mistake = read(text).expect_err(told);
        let line = if other == "999" { 4 } else { 3 };
        assert!(mistake.line == line && mistake.why.contains(told), "{told}: {mistake}");
    }
    let twice = format!("{}\n{}", LINE.replace("1000", "500"), LINE.replace("1000", "500")).leak();
    assert_eq!(read(twice).expect_err("twice").to_string(), "line 2: the id `a` stands twice");
    let call = format!("{}\n{}", LINE.replace("1000", "500"), LINE.replace("1000", "500").replacen('a', "c", 1));
    let call = call.replacen("{id}", "{other}", 1).leak();
    assert_eq!(read(call).expect_err("twice").to_string(), "line 2: the call `GET /x/{id}` stands twice");
}

#[test]
fn answers_tell_what_is_there() {
    use Existence::{Exists, Guarded, Missing, Unclear};
    let status = |code: u16| StatusCode::from_u16(code).expect("a status");
    let new = Call { method: "POST", path: "/v1.0/x" };
    let old = Call { method: "POST", path: "/topapi/x" };
    let teams = || EndpointKind::Teams;
    let rows: [(EndpointKind, Call, u16, &str, Existence); 22] = [
        (LITE, new, 404, r#"{"code":"InvalidAction.NotFound","requestid":"1","message":"m"}"#, Missing),
        (LITE, new, 404, r#"{"code":"roomNotFound","requestid":"1","message":"m"}"#, Exists),
        (LITE, new, 404, "<html>not here</html>", Unclear("status 404, not in the platform's words".into())),
        (LITE, new, 400, r#"{"code":"Missingbody","requestid":"1","message":"m"}"#, Exists),
        (LITE, new, 400, r#"{"code":"InvalidAuthentication"}"#, Guarded("InvalidAuthentication".into())),
        (
            LITE,
            new,
            403,
            r#"{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied"}"#,
            Guarded("Forbidden.AccessDenied.AccessTokenPermissionDenied".into()),
        ),
        (
            LITE,
            new,
            403,
            r#"{"code":"Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"}"#,
            Unclear("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi".into()),
        ),
        (LITE, new, 200, "{}", Exists),
        (LITE, new, 503, "{}", Unclear("status 503".into())),
        (LITE, old, 200, r#"{"errcode":22,"errmsg":"Invalid method"}"#, Missing),
        (LITE, old, 200, r#"{"errcode":404,"errmsg":"m"}"#, Missing),
        (LITE, old, 200, r#"{"errcode":40035,"errmsg":"m"}"#, Exists),
        (LITE, old, 200, r#"{"errcode":"0","errmsg":"ok"}"#, Exists),
        (LITE, old, 200, r#"{"errcode":88,"sub_code":"40014","errmsg":"m"}"#, Guarded("errcode 40014".into())),
        (LITE, old, 200, r#"{"errcode":90018,"errmsg":"m"}"#, Unclear("errcode 90018".into())),
        (LITE, old, 200, r#"{"status":1111,"wait":5}"#, Unclear("status 200, not in the platform's words".into())),
        (
            teams(),
            new,
            400,
            r#"{"error":{"code":"BadRequest","message":"Resource not found for the segment 'x'."}}"#,
            Missing,
        ),
        (teams(), new, 404, r#"{"error":{"code":"NotFound","message":"No such chat"}}"#, Exists),
        (
            teams(),
            new,
            401,
            r#"{"error":{"code":"InvalidAuthenticationToken"}}"#,
            Guarded("InvalidAuthenticationToken".into()),
        ),
        (teams(), new, 400, r#"{"error":"invalid_grant","error_description":"AADSTS900144"}"#, Exists),
        (teams(), new, 429, r#"{"error":{"code":"TooManyRequests"}}"#, Unclear("status 429".into())),
        (teams(), new, 404, "gone", Unclear("status 404, not in the platform's words".into())),
    ];
    for (kind, call, code, body, told) in rows {
        assert_eq!(existence(&kind, call, status(code), body.as_bytes()), told, "{code} {body}");
    }
}

/// The twins' own words for "no such function" are read as what they mean, in every manner of answering; and that there is no such object
/// is something else.
#[test]
fn a_twin_s_no_such_function_is_read() {
    use crate::vendor::Refusal;
    let calls = operations().iter().flat_map(|one| {
        let teams = one.counterpart.map(|call| (EndpointKind::Teams, call));
        [Some((LITE, one.call)), teams].into_iter().flatten()
    });
    for (kind, call) in calls.filter(|(_, call)| !["oauth2", "workflows"].iter().any(|word| call.path.contains(word))) {
        let head = hyper::Request::builder().method(call.method).uri(call.path.replace(['{', '}'], ""));
        let form = crate::vendor::form(&kind, &head.body(()).expect("a request").into_parts().0);
        let read = |refusal| {
            let (head, body) = crate::vendor::refusal(&kind, &form, &refusal, 1).into_parts();
            existence(&kind, call, head.status, &crate::vendor::tests::body(body))
        };
        assert_eq!(read(Refusal::UnknownApi), Existence::Missing, "{call}");
        let gap = match kind {
            EndpointKind::Teams => {
                assert_eq!(read(Refusal::Status(404)), Existence::Exists, "{call}");
                crate::vendor::teams::not_emulated(1)
            }
            EndpointKind::Dingtalk(_) => crate::vendor::dingtalk::refusal::not_emulated(&form, 1),
            other @ (EndpointKind::Matrix
            | EndpointKind::Erp(_)
            | EndpointKind::Documents(_)
            | EndpointKind::Http(_)
            | EndpointKind::Smtp(_)
            | EndpointKind::Wire(_)
            | EndpointKind::Dlp
            | EndpointKind::Sso(_)
            | EndpointKind::Gateway(_)) => {
                panic!("the catalogue has no functions of {other}")
            }
        };
        let (head, body) = gap.into_parts();
        let gap = existence(&kind, call, head.status, &crate::vendor::tests::body(body));
        assert_eq!(gap, Existence::Unclear(crate::vendor::NOT_EMULATED.into()), "{call}");
    }
}

#[test]
fn a_platform_has_what_the_catalogue_gives_it() {
    let rows = [
        (MAINLAND, "POST", "/topapi/ocr/structured/recognize", true),
        (LITE, "POST", "/topapi/ocr/structured/recognize", false),
        (LITE, "POST", "/v1.0/workflow/processInstances", true),
        (LITE, "GET", "/v1.0/nothing", false),
        (EndpointKind::Teams, "GET", "/v1.0/users/a%20b/events", true),
        (EndpointKind::Teams, "GET", "/v1.0/nothing", false),
        // DingTalk's calls are not Teams'.
        (EndpointKind::Teams, "POST", "/topapi/v2/user/get", false),
    ];
    for (kind, method, path, there) in rows {
        assert_eq!(has(&kind, method, path), there, "{kind:?} {method} {path}");
    }
}

#[test]
fn a_probe_has_no_content_and_carries_the_token_where_it_belongs() {
    let of = |kind, id: &str, host: &str| {
        let one = operations().iter().find(|operation| operation.id == id).expect(id);
        probe(kind, one, host, Some("s3cret"))
    };
    let Probe::Ask(new) = of(&LITE, "robot-chat", "127.0.0.1") else { panic!("asked") };
    assert_eq!(new.headers()["x-acs-dingtalk-access-token"], "s3cret");
    assert_eq!(new.uri().query(), None);
    let Probe::Ask(old) = of(&LITE, "user-get", "127.0.0.1") else { panic!("asked") };
    assert_eq!(old.uri(), "/topapi/v2/user/get?access_token=s3cret");
    let Probe::Ask(graph) = of(&EndpointKind::Teams, "event-get", "127.0.0.1") else { panic!("asked") };
    assert_eq!(graph.headers()["authorization"], "Bearer s3cret");
    assert_eq!(graph.uri().path(), "/v1.0/users/firedrill-probe/events/firedrill-probe");
    // Each of the vendor's hosts is asked for its own paths only.
    assert!(matches!(of(&LITE, "user-get", "api.dingtalk.io"), Probe::Skip(_)));
    assert!(matches!(of(&LITE, "robot-chat", "oapi.dingtalk.io"), Probe::Skip(_)));
    assert!(matches!(of(&EndpointKind::Teams, "token-app", "graph.microsoft.com"), Probe::Skip(_)));
    assert!(matches!(of(&EndpointKind::Teams, "ocr", "127.0.0.1"), Probe::Skip(_)));
}

#[test]
fn a_remark_is_of_one_platform_or_of_both() {
    let one = |remarks| Operation { remarks, ..operations()[0].clone() };
    let of = |remarks| [LITE, EndpointKind::Teams].map(|kind| remark(&kind, &one(remarks)));
    assert_eq!(of("Lite: a; Teams: b"), [Some("a"), Some("b")]);
    assert_eq!(of("Teams: b"), [None, Some("b")]);
    assert_eq!(of("c"), [Some("c"), Some("c")]);
    assert_eq!(of(""), [None, None]);
    assert_eq!(remark(&MAINLAND, &one("c")), None);
}

#[test]
fn degraded_and_missing_say_why() {
    let mut sources = BTreeSet::new();
    for one in operations() {
        for kind in [LITE, EndpointKind::Teams] {
            let standing = standing(&kind, one);
            sources.insert(standing.source);
            if standing.state == State::Degraded {
                assert!(remark(&kind, one).is_some(), "{} says not what is lost", one.id);
            }
        }
    }
    assert!(sources.contains(&Source::Documented) && sources.contains(&Source::Undocumented));
}
