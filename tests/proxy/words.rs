//! What a platform says when it refuses by place and identity, as a program hears it through `firedrill proxy --faults`.

use std::fmt::Write;

use crate::platforms::{ELSEWHERE, REAL, Rig};

/// Where a request comes from, what it asks for, and what the answer is: its status, and words that are in it.
type Step = ([u8; 4], Ask, u16, &'static str);
/// A request: path, a line of its head, body.
type Ask = (&'static str, &'static str, &'static str);

const HK: [u8; 4] = [127, 77, 0, 9];
const SHENZHEN: [u8; 4] = [127, 78, 0, 9];

const LOGIN: Ask = ("/v1.0/oauth2/accessToken", "X: 1", r#"{"appKey":"dingsecretanna","appSecret":"s"}"#);
const TOKEN: &str = "x-acs-dingtalk-access-token: token-of-dingsecretanna";
const SEND: Ask = ("/v1.0/robot/oToMessages/batchSend", TOKEN, "{}");
const OTHERS: Ask = ("/v1.0/robot/oToMessages/batchSend", "x-acs-dingtalk-access-token: another", "{}");
/// The old gateway has its token in the query.
const PERSON: Ask = ("/topapi/v2/user/get?access_token=token-of-dingsecretanna", "X: 1", "{}");
const SEVEN: Ask = (
    "/v1.0/conference/videoConferences",
    TOKEN,
    r#"{"userId":"0","confTitle":"t","inviteUserIds":["1","2","3","4","5","6"]}"#,
);
const EIGHT: Ask = (
    "/v1.0/conference/videoConferences",
    TOKEN,
    r#"{"userId":"0","confTitle":"t","inviteUserIds":["1","2","3","4","5","6","7"]}"#,
);
const CHAT: Ask = ("/v1.0/chats/19:a_b@unq.gbl.spaces/messages", "Authorization: Bearer graphsecretben", "{}");

const THROTTLED: &str = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi";
const FENCED: &str = "Forbidden.AccessDenied.IpNotInWhiteList";

/// A platform, a fault before it, and what is heard there, in this order. A token is older than a microsecond when it comes back.
const CASES: [(&str, &str, &[Step]); 12] = [
    (
        "dingtalk",
        "capability_missing: { capabilities: [chat, directory] }",
        &[
            (HK, SEND, 404, "InvalidAction.NotFound"),
            (HK, PERSON, 200, "不合法ApiName，ApiName = dingtalk.oapi.v2.user.get"),
            (HK, SEVEN, 200, ""),
        ],
    ),
    (
        "teams",
        "capability_missing: { capability: chat }",
        &[(HK, CHAT, 400, "Resource not found for the segment 'messages'.")],
    ),
    (
        "dingtalk",
        "rate_limit: { account: anna, capability: chat, requests: 1, within: 1h }",
        &[(HK, LOGIN, 200, ""), (HK, SEND, 200, ""), (SHENZHEN, SEND, 403, THROTTLED), (HK, OTHERS, 200, "")],
    ),
    (
        "dingtalk",
        "rate_limit: { requests: 1, within: 1h, ban: 1h, scope: organisation }",
        &[(HK, OTHERS, 200, ""), (SHENZHEN, OTHERS, 403, "\"status\":1111,\"wait\":3600"), (HK, LOGIN, 403, "1111")],
    ),
    (
        "teams",
        "rate_limit: { account: ben, requests: 1, within: 1h }",
        &[(HK, CHAT, 200, ""), (SHENZHEN, CHAT, 429, "\"code\":\"TooManyRequests\"")],
    ),
    (
        "dingtalk",
        "quota: { capability: chat, calls: 2 }",
        &[
            (HK, OTHERS, 200, ""),
            (SHENZHEN, SEND, 200, ""),
            (HK, OTHERS, 403, "Forbidden.AccessDenied.ApiCountLimitForOrg"),
        ],
    ),
    (
        "dingtalk",
        "meeting_lock: { heads: 8 }",
        &[(HK, SEVEN, 200, ""), (HK, EIGHT, 404, "waterLimitError"), (HK, SEND, 200, "")],
    ),
    (
        "dingtalk",
        "token_expire: { after: 1us }",
        &[
            (HK, LOGIN, 200, ""),
            (HK, SEND, 400, "InvalidAuthentication"),
            (HK, PERSON, 200, "\"sub_code\":\"42001\""),
            (HK, OTHERS, 200, ""),
        ],
    ),
    (
        "dingtalk",
        "vpn_detection: { welcome: [shenzhen], threshold: 40 }",
        &[(HK, SEND, 403, FENCED), (ELSEWHERE, LOGIN, 403, "request ip=127.0.0.1"), (SHENZHEN, SEND, 200, "")],
    ),
    (
        "teams",
        "vpn_detection: { welcome: [shenzhen], score: { country: 60 } }",
        &[(HK, CHAT, 401, "LocationConditionEvaluationSatisfied"), (SHENZHEN, CHAT, 200, "")],
    ),
    (
        "dingtalk",
        "geo_fence: { region: hk, actions: { login: allow, meeting: lock, chat: refuse }, lock_at: 8 }",
        &[
            (HK, LOGIN, 200, ""),
            (HK, SEVEN, 200, ""),
            (HK, EIGHT, 404, "waterLimitError"),
            (HK, SEND, 403, "request ip=127.77.0.9"),
            (HK, PERSON, 200, "\"errcode\":60020"),
            (SHENZHEN, EIGHT, 200, ""),
        ],
    ),
    (
        "dingtalk",
        "geo_fence: { welcome: [shenzhen], threshold: 40, actions: { chat: allow } }",
        &[(HK, SEND, 200, ""), (HK, EIGHT, 403, FENCED), (SHENZHEN, EIGHT, 200, "")],
    ),
];

/// The daemon with a proxy for each of these faults, all of them from its file.
fn rig(cases: &[(&str, &str)]) -> Rig {
    let (mut text, mut injects) = (REAL.to_owned(), "injects:\n".to_owned());
    for (at, (kind, fault)) in cases.iter().enumerate() {
        let edition = if *kind == "dingtalk" { ", edition: mainland" } else { "" };
        let listen = "listen: \"127.0.0.1:0\", upstream: UPSTREAM";
        // Nothing fails to be written to a text.
        let _ = writeln!(text, "  c{at}: {{ {listen}, kind: {kind}{edition} }}");
        let _ = writeln!(injects, "  f{at}: {{ proxies: [c{at}], {fault} }}");
    }
    Rig::with(&(text + &injects))
}

#[test]
fn each_platform_refuses_in_its_own_words() {
    let rig = rig(&CASES.map(|(kind, fault, _)| (kind, fault)));
    for (at, (kind, fault, steps)) in CASES.iter().enumerate() {
        for (from, (path, header, body), status, words) in *steps {
            let answer = rig.ask(&format!("c{at}"), *from, path, header, body);
            assert!(
                answer.0 == *status && answer.1.contains(words),
                "{kind}, {fault}: {path} from {from:?}: {answer:?}"
            );
        }
    }
    let armed = rig.daemon.good("GET", "/firedrill/v1/faults", "", 200);
    let hits = armed.as_array().into_iter().flatten().map(|fault| fault["hits"].as_u64().unwrap_or_default());
    assert!(hits.eq(CASES.iter().map(|(.., steps)| {
        // Whatever did not pass as the platform answers it.
        steps.iter().filter(|(.., status, words)| *status != 200 || !words.is_empty()).count() as u64
    })));
}

#[test]
fn what_is_slowed_comes_late_and_what_is_revoked_is_asked_for_anew() {
    let slow = "geo_fence: { region: hk, actions: { login: allow, chat: slow }, slow_by: 300ms }";
    let rig = rig(&[("dingtalk", slow)]);
    let ask = |from, (path, header, body): Ask| rig.ask("c0", from, path, header, body);
    let hits = || rig.daemon.good("GET", "/firedrill/v1/faults", "", 200)[0]["hits"].as_u64();
    let began = std::time::Instant::now();
    assert_eq!(ask(HK, SEND).0, 200);
    // Never early.
    assert!(began.elapsed().as_millis() >= 300 && hits() == Some(1));
    assert_eq!((ask(SHENZHEN, SEND).0, ask(HK, LOGIN).0, hits()), (200, 200, Some(1)), "neither is slowed");
    rig.arm(r#"{"name":"revoke","token_revoke":{"account":"anna"}}"#);
    let (revoked, old) = (ask(SHENZHEN, SEND), ask(SHENZHEN, PERSON));
    assert!(revoked.0 == 400 && revoked.1.contains("InvalidAuthentication"), "{revoked:?}");
    assert!(old.0 == 200 && old.1.contains("\"sub_code\":\"40014\""), "{old:?}");
    assert_eq!(ask(SHENZHEN, OTHERS).0, 200, "not hers");
    assert_eq!((ask(SHENZHEN, LOGIN).0, ask(SHENZHEN, SEND).0), (200, 200), "the next one is good");
}
