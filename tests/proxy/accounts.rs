//! Accounts that are real, or made up, and the platforms that they use: a file of faults says who is who.

use std::io::{Read, Write};
use std::net::SocketAddr;

use firedrill::plan::{Edition, EndpointKind, FreezeMode};
use firedrill::vendor::{self, Form, Refusal};
use serde_json::json;

use crate::daemon::{Daemon, program, until};
use crate::platforms::{ELSEWHERE, REAL, Rig, SECRETS, file, platform};
use crate::upstream;

const LITE: EndpointKind = EndpointKind::Dingtalk(Edition::Lite);

/// The status of a platform's own no, in a body that has its member for the request's number.
#[track_caller]
fn refused(answer: &(u16, String), kind: &EndpointKind, why: &Refusal) {
    let member = if *kind == LITE { "\"requestid\"" } else { "\"request-id\"" };
    let status = vendor::refusal(kind, &Form::Present, why, 1).status().as_u16();
    assert!(answer.0 == status && answer.1.contains(member), "{why:?}: {answer:?}, {status} is due");
}

const FROZEN: Refusal = Refusal::Frozen(FreezeMode::Whole);

#[test]
fn a_real_account_is_frozen_in_its_platforms_words() {
    let rig = Rig::start();
    rig.login("dingsecretanna");
    rig.login("dingsecretben");
    let armed = rig.arm(r#"{"name":"freeze","account_freeze":{"account":"anna"}}"#);
    assert_eq!(armed["accounts"], 1);
    refused(&rig.send("token-of-dingsecretanna"), &LITE, &FROZEN);
    refused(&rig.try_login("dingsecretanna"), &LITE, &FROZEN);
    rig.login("dingsecretben");
    assert_eq!(rig.send("token-of-dingsecretben").0, 200);
    assert_eq!(rig.send("nobody's").0, 200, "whose it is nobody knows");
    // Closed and opened again, the door still knows whose the token is.
    rig.daemon.good("POST", "/proxies/dingtalk", r#"{"enabled":false}"#, 200);
    rig.daemon.good("POST", "/proxies/dingtalk", r#"{"enabled":true}"#, 200);
    refused(&rig.send("token-of-dingsecretanna"), &LITE, &FROZEN);
    rig.lift("freeze");
    assert_eq!(rig.send("token-of-dingsecretanna").0, 200);
    // A group, and a credential that is a token itself.
    rig.arm(r#"{"name":"freeze","account_freeze":{"group":"purchasing"}}"#);
    let chat = |token: &str| {
        let path = "/v1.0/chats/19:a_b@unq.gbl.spaces/messages";
        rig.ask("teams", ELSEWHERE, path, &format!("Authorization: Bearer {token}"), "{}")
    };
    refused(&chat("graphsecretben"), &EndpointKind::Teams, &FROZEN);
    refused(&rig.send("token-of-dingsecretben"), &LITE, &FROZEN);
    assert_eq!(chat("another").0, 200);
    // Hits before a proxy was closed went with its door.
    assert_eq!(rig.daemon.good("GET", "/firedrill/v1/faults", "", 200)[0]["hits"], json!(2));
    nothing_shows_them(&rig);
}

/// Neither the interface nor the log, at its most talkative, says what an account shows.
fn nothing_shows_them(rig: &Rig) {
    let mut said = String::new();
    for path in [
        "/proxies",
        "/metrics",
        "/firedrill/v1/state",
        "/firedrill/v1/faults",
        "/firedrill/v1/leases",
        "/proxies/dingtalk",
    ] {
        said += &rig.daemon.ask("GET", path, "").body;
    }
    let wrong = r#"{"name":"x","account_freeze":{"account":"bem"}}"#;
    said += &rig.daemon.ask("POST", "/firedrill/v1/faults", wrong).body;
    assert!(said.contains("did you mean `ben`"), "{said}");
    rig.lift("freeze");
    // A request that goes nowhere is what the program logs something of.
    let body = r#"{"name":"dead","listen":"127.0.0.1:0","upstream":"nowhere.invalid:1","kind":"teams"}"#;
    rig.daemon.good("POST", "/proxies", body, 201);
    let mut stream = upstream::connect(rig.listen("dead"));
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer graphsecretben\r\n\r\n").expect("sent");
    assert!(!matches!(stream.read(&mut [0; 1]), Ok(1)), "nobody answers");
    let log = || std::fs::read_to_string(rig.place.path().join("log")).expect("a log");
    until("it logs", || log().contains("a connection of the path ended"));
    let log = log();
    for (variable, secret) in SECRETS {
        assert!(!said.contains(secret) && !log.contains(secret), "what {variable} holds is told");
    }
}

#[test]
fn made_up_accounts_show_what_a_twins_would() {
    let rig = Rig::start();
    let keys: Vec<_> = (1..=4).map(|at| format!("dingfdoffice-{at}")).collect();
    for key in &keys {
        rig.login(key);
    }
    let armed =
        rig.arm(r#"{"name":"freeze","proxies":["dingtalk"],"account_freeze":{"group":"office","share":"50%"}}"#);
    assert_eq!(armed["accounts"], 2);
    let frozen: Vec<_> = keys.iter().filter(|key| rig.send(&format!("token-of-{key}")).0 != 200).collect();
    assert_eq!(frozen.len(), 2, "half of them, whatever the draws");
    for key in &keys {
        assert_eq!(rig.try_login(key).0 != 200, frozen.contains(&key), "whoever is frozen gets no token");
    }
    rig.lift("freeze");
    // On the twin of Teams a password goes by the person's address.
    rig.arm(r#"{"name":"freeze","proxies":["teams"],"account_freeze":{"account":"office-2","mode":"disabled"}}"#);
    let sign_in = |name: &str| {
        let form = format!("client_id=x&grant_type=password&username={name}%40firedrill.example&password=y");
        rig.ask("teams", ELSEWHERE, "/organizations/oauth2/v2.0/token", "X: 1", &form)
    };
    assert!(sign_in("office-2").1.contains("AADSTS50057"));
    assert_eq!(sign_in("office-1").0, 200);
    rig.lift("freeze");
    // By their addresses, where nothing but bytes is known; the first of a block is nobody's.
    rig.arm(r#"{"name":"slow","latency":{"account":"office-2","constant":"200ms","direction":"to-endpoint"}}"#);
    let took = |last: u8| {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from(([127, 77, 0, last], 0)).into()).expect("an address of ours");
        socket.connect(&rig.listen("bytes").into()).expect("somebody listens");
        upstream::ping(&mut std::net::TcpStream::from(socket)).expect("an answer").as_millis()
    };
    assert!(took(2) >= 200 && took(1) < 200 && took(3) < 200);
    rig.arm(r#"{"name":"shut","proxies":["bytes"],"refuse":{"account":"office-3"}}"#);
    let ping = |last: u8| {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from(([127, 77, 0, last], 0)).into()).expect("an address of ours");
        socket
            .connect(&rig.listen("bytes").into())
            .and_then(|()| upstream::ping(&mut std::net::TcpStream::from(socket)))
    };
    assert!(ping(3).is_err() && ping(1).is_ok(), "nobody else is refused");
}

#[test]
fn a_fence_shuts_a_region_out() {
    let rig = Rig::start();
    let (hk, shenzhen) = ([127, 77, 0, 9], [127, 78, 0, 9]);
    assert_eq!(rig.send_from(hk, "t").0, 200);
    rig.arm(r#"{"name":"fence","geo_fence":{"region":"hk","actions":{"login":"allow"}}}"#);
    let fenced = Refusal::Fenced(hk.into());
    refused(&rig.send_from(hk, "t"), &LITE, &fenced);
    assert_eq!(rig.send_from(shenzhen, "t").0, 200);
    let login = "{\"appKey\":\"k\",\"appSecret\":\"s\"}";
    assert_eq!(rig.ask("dingtalk", hk, "/v1.0/oauth2/accessToken", "X: 1", login).0, 200, "allowed");
    let challenge = rig.ask("teams", hk, "/v1.0/me", "Authorization: Bearer t", "{}");
    refused(&challenge, &EndpointKind::Teams, &fenced);
    assert_eq!(rig.ask("web", hk, "/", "X: 1", "{}"), (403, "Forbidden\n".to_owned()), "a service without words");
    rig.lift("fence");
    assert_eq!(rig.send_from(hk, "t").0, 200);
}

#[test]
fn a_capability_is_told_by_the_platforms_paths() {
    let rig = Rig::start();
    rig.arm(r#"{"name":"no","status":{"code":503,"capability":"chat"}}"#);
    rig.login("k");
    assert_eq!(rig.send("token-of-k").0, 503);
    assert_eq!(rig.ask("web", ELSEWHERE, "/", "X: 1", "{}").0, 200, "what it is for is not known there");
}

#[test]
fn a_file_arms_them_from_the_start() {
    let injects = "injects:\n  freeze: { proxies: [teams], account_freeze: { account: ben, mode: send-only } }\n";
    let rig = Rig::with(&format!("{REAL}{injects}"));
    let ask = |path| rig.ask("teams", ELSEWHERE, path, "Authorization: Bearer graphsecretben", "{}").0;
    let frozen = vendor::refusal(&EndpointKind::Teams, &Form::Present, &Refusal::Frozen(FreezeMode::SendOnly), 1)
        .status()
        .as_u16();
    assert_eq!((ask("/v1.0/chats/19:a_b@unq.gbl.spaces/messages"), ask("/v1.0/me")), (frozen, 200));
}

#[test]
fn a_proxy_of_the_interface_has_a_platform_too() {
    let rig = Rig::start();
    let up = platform();
    let make = |name: &str, more: &str, status| {
        let body = format!(r#"{{"name":"{name}","listen":"127.0.0.1:0","upstream":"{up}"{more}}}"#);
        rig.daemon.good("POST", "/proxies", &body, status)
    };
    make("lite", r#","kind":"dingtalk","edition":"lite""#, 201);
    make("plain", "", 201);
    for (more, word) in [
        (r#","kind":"slack""#, "dingtalk, teams, matrix, dlp or sso"),
        (r#","kind":"dingtalk""#, "mainland or lite"),
        (r#","kind":"teams","edition":"lite""#, "no editions"),
        (r#","edition":"lite""#, "without a kind"),
        (r#","kind":"teams","protocol":"tcp""#, "by http"),
    ] {
        let error = make("wrong", more, 400)["error"].as_str().expect("a text").to_owned();
        assert!(error.starts_with("bad request body: ") && error.contains(word), "{more}: {error}");
    }
    rig.arm(r#"{"name":"no","proxies":["lite"],"throttle":{"retry_after":"2s"}}"#);
    let answer = rig.ask("lite", ELSEWHERE, "/v1.0/robot/oToMessages/batchSend", "X: 1", "{}");
    assert!(answer.1.contains("\"requestid\""), "DingTalk's words: {answer:?}");
    rig.daemon.good("PATCH", "/proxies/plain", r#"{"kind":"teams"}"#, 200);
    let door = |name: &str| {
        let state = rig.daemon.good("GET", "/firedrill/v1/state", "", 200);
        state["proxies"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|door| door["name"] == name)
            .cloned()
            .expect("it is there")
    };
    assert_eq!((&door("plain")["kind"], &door("plain")["protocol"]), (&json!("teams"), &json!("http")));
    rig.daemon.good("PATCH", "/proxies/plain", r#"{"protocol":"tcp"}"#, 200);
    assert_eq!((&door("plain")["kind"], &door("plain")["protocol"]), (&json!(null), &json!("tcp")));
}

#[test]
fn an_aim_that_hits_nobody_is_told_so() {
    let rig = Rig::start();
    for (fault, word) in [
        (r#""account_freeze":{}"#, "no `group` and no `account`"),
        (r#""geo_fence":{}"#, "no `region`"),
        (r#""geo_fence":{"welcome":["shenzhen"]}"#, "`threshold` to at most 40"),
        (r#""vpn_detection":{"rtt_excess":"30ms"}"#, "regions that are `welcome`"),
        (r#""account_freeze":{"group":"purchasin"}"#, "did you mean `purchasing`"),
        (r#""account_freeze":{"account":"office-5"}"#, "no account `office-5`"),
        (r#""account_freeze":{"account":"anna","group":"office"}"#, "both say who is hit"),
        (r#""latency":{"constant":"1s","share":"50%"}"#, "of which group"),
        (r#""latency":{"constant":"1s","endpoint":"teams"}"#, "`proxies`"),
        (r#""latency":{"constant":"1s","capability":"chatt"}"#, "did you mean `chat`"),
        (r#""proxies":["web"],"account_freeze":{"account":"anna"}"#, "`kind`"),
        (r#""proxies":["web"],"status":{"code":500,"capability":"chat"}"#, "`kind`"),
        (r#""proxies":["web"],"idp_down":{}"#, "`kind`"),
        (r#""proxies":["web"],"dlp_down":{}"#, "`kind: dlp`"),
        (r#""proxies":["bytes"],"geo_fence":{"region":"hk"}"#, "HTTP"),
        (r#""refuse":{"account":"anna"}"#, "first request"),
    ] {
        let body = format!("{{\"name\":\"x\",{fault}}}");
        let refused = rig.daemon.good("POST", "/firedrill/v1/faults", &body, 400);
        assert!(refused["error"].as_str().is_some_and(|text| text.contains(word)), "{body}: {refused}");
    }
    assert_eq!(rig.daemon.good("GET", "/firedrill/v1/faults", "", 200), json!([]));
    let alone = Daemon::start();
    let body = r#"{"name":"x","account_freeze":{"group":"office"}}"#;
    let refused = alone.good("POST", "/firedrill/v1/faults", body, 400);
    assert!(refused["error"].as_str().is_some_and(|text| text.contains("--faults FILE")), "{refused}");
}

#[test]
fn a_wrong_file_is_told_what_is_wrong_and_no_secret() {
    let groups = |groups: &str| format!("regions: {{ hk: {{}} }}\ngroups: {groups}\n");
    let proxy = |more: &str| format!("proxies: {{ a: {{ listen: \"127.0.0.1:0\", upstream: \"a:1\", {more} }} }}\n");
    let inject =
        |of: &str| format!("{}injects: {{ x: {of} }}\n", groups("{ g: { accounts: { anna: \"${ANNA_KEY}\" } } }"));
    for (text, word) in [
        (groups("{ g: { accounts: { anna: dingsecretanna } } }"), "open-secret"),
        (groups("{ g: { accounts: { anna: [\"${ANNA_KEY}\", dingsecretanna] }, region: hk } }"), "made up"),
        (groups("{ g: { accounts: { anna: { key: dingsecretanna } } } }"), "open-secret"),
        (groups("{ g: { accounts: { anna: \"$ANNA_KEY\" } } }"), "open-secret"),
        (groups("{ g: { accounts: {} } }"), "no account"),
        (groups("{ g: { accounts: { anna: \"${NOT_THERE}\" } } }"), "NOT_THERE"),
        (groups("{ g: { accounts: { anna: \"${EMPTY}\" } } }"), "EMPTY"),
        (groups("{ g: { accounts: { anna: \"${LINES}\" } } }"), "`LINES` holds no credential"),
        (groups("{ g: { accounts: { anna: \"${ANNA_KEY}\", ben: \"${ANNA_KEY}\" } } }"), "of another account"),
        (
            groups("{ g: { accounts: { a: \"${ANNA_KEY}\" } }, h: { accounts: { a: \"${BEN_KEY}\" } } }"),
            "so has another",
        ),
        (groups("{ g: { count: 2, region: hk }, h: { accounts: { g-2: \"${BEN_KEY}\" } } }"), "so has another"),
        (groups("{ g: { count: 2 } }"), "no `region`"),
        ("accounts: { anna: dingsecretanna }\n".to_owned(), "in their group"),
        (groups("{ g: { accounts: { anna: { dingsecretanna: x } } } }"), "open-secret"),
        (proxy("kind: slack"), "slack"),
        (proxy("kind: dingtalk"), "no `edition`"),
        (proxy("kind: teams, edition: lite"), "no editions"),
        (proxy("kind: teams, protocol: tcp"), "spoken to by HTTP"),
        (proxy("edition: lite"), "edition of what"),
        (inject("{ account_freeze: { account: ana } }"), "did you mean `anna`"),
        (inject("{ account_freeze: {} }"), "no `group` and no `account`"),
    ] {
        let place = tempfile::tempdir().expect("a directory");
        let mut command = program(&["--api", "127.0.0.1:0", "--faults", &file(&place, &text)]);
        command.envs(SECRETS).envs([("EMPTY", ""), ("LINES", "dingsecretanna\nX: 1")]).env("RUST_LOG", "trace");
        let output = command.output().expect("it starts");
        let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}: {told}");
        assert!(told.contains(word), "{text}: {told}");
        assert!(SECRETS.iter().all(|(_, secret)| !told.contains(secret)), "{text}: {told}");
    }
    let place = tempfile::tempdir().expect("a directory");
    let config = place.path().join("proxies.json");
    std::fs::write(&config, r#"[{"name":"a","upstream":"a:1"}]"#).expect("room");
    let path = file(&place, &proxy("protocol: http"));
    let twice = program(&["--api", "127.0.0.1:0", "--faults", &path, "--config", &config.display().to_string()]);
    let output = { twice }.output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && told.contains("proxy `a` stands in --config and in --faults"), "{told}");
}
