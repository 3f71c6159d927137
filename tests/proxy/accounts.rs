//! Accounts that are real, or made up, and the platforms that they use: a file of faults says who is who.

use std::fs::File;
use std::io::{Read, Write};
use std::net::SocketAddr;

use firedrill::plan::{Edition, EndpointKind, FreezeMode};
use firedrill::vendor::{self, Form, Refusal};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::daemon::{Daemon, program, until};
use crate::upstream;

/// What nothing may ever show.
const SECRETS: [(&str, &str); 3] =
    [("ANNA_KEY", "dingsecretanna"), ("BEN_KEY", "dingsecretben"), ("BEN_TOKEN", "graphsecretben")];

const REAL: &str = "
regions: { hk: { addresses: [127.77.0.0/16] }, shenzhen: { addresses: [127.78.0.0/16] } }
groups:
  purchasing: { accounts: { anna: \"${ANNA_KEY}\", ben: [\"${BEN_KEY}\", \"${BEN_TOKEN}\"] } }
  office: { count: 4, region: hk }
proxies:
  dingtalk: { listen: \"127.0.0.1:0\", upstream: UPSTREAM, kind: dingtalk, edition: lite }
  teams: { listen: \"127.0.0.1:0\", upstream: UPSTREAM, kind: teams }
  web: { listen: \"127.0.0.1:0\", upstream: UPSTREAM, protocol: http }
  bytes: { listen: \"127.0.0.1:0\", upstream: ECHO }
";

/// A platform as far as it matters: it gives each key its token, and takes every message.
fn platform() -> SocketAddr {
    upstream::serve(|mut stream| {
        while let Some(request) = message(&mut stream) {
            let key = request.split("\"appKey\":\"").nth(1).and_then(|rest| rest.split('"').next());
            let body = match key {
                Some(key) => format!("{{\"accessToken\":\"token-of-{key}\",\"expireIn\":7200}}"),
                None => "{\"processQueryKey\":\"q\"}".to_owned(),
            };
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    })
}

/// One message of HTTP that says how long it is.
fn message(stream: &mut impl Read) -> Option<String> {
    let mut text = String::new();
    let mut byte = [0];
    while !text.ends_with("\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        text.push(char::from(byte[0]));
    }
    let length = text.to_ascii_lowercase().split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(text + &String::from_utf8_lossy(&body))
}

struct Rig {
    daemon: Daemon,
    place: TempDir,
}

impl Rig {
    fn start() -> Self {
        Self::with(REAL)
    }

    /// A daemon with this file, which says everything that it has to say.
    fn with(text: &str) -> Self {
        let place = tempfile::tempdir().expect("a directory");
        let mut command = program(&["--api", "127.0.0.1:0", "--faults", &file(&place, text)]);
        command.envs(SECRETS).env("RUST_LOG", "trace");
        command.stderr(File::create(place.path().join("log")).expect("room"));
        Self { daemon: Daemon::of(command), place }
    }

    fn listen(&self, proxy: &str) -> SocketAddr {
        let proxy = self.daemon.good("GET", &format!("/proxies/{proxy}"), "", 200);
        proxy["listen"].as_str().and_then(|listen| listen.parse().ok()).expect("an address")
    }

    fn arm(&self, fault: &str) -> Value {
        self.daemon.good("POST", "/firedrill/v1/faults", fault, 201)
    }

    fn lift(&self, fault: &str) {
        self.daemon.good("DELETE", &format!("/firedrill/v1/faults/{fault}"), "", 204);
    }

    /// Asks with these lines in the head, from an address; status and body.
    fn ask(&self, proxy: &str, from: [u8; 4], path: &str, header: &str, body: &str) -> (u16, String) {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from((from, 0)).into()).expect("an address of ours");
        socket.connect(&self.listen(proxy).into()).expect("somebody listens");
        let mut stream = std::net::TcpStream::from(socket);
        stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).expect("a time");
        let length = body.len();
        let request = format!("POST {path} HTTP/1.1\r\nHost: a\r\n{header}\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).expect("sent");
        let answer = message(&mut stream).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head[9..12].parse().expect("a status"), body.to_owned())
    }

    fn login(&self, key: &str) {
        let body = format!("{{\"appKey\":\"{key}\",\"appSecret\":\"s\"}}");
        let (status, answer) = self.ask("dingtalk", ELSEWHERE, "/v1.0/oauth2/accessToken", "X: 1", &body);
        assert_eq!(status, 200, "{answer}");
    }

    /// Sends a message over DingTalk with a token.
    fn send(&self, token: &str) -> (u16, String) {
        self.send_from(ELSEWHERE, token)
    }

    fn send_from(&self, from: [u8; 4], token: &str) -> (u16, String) {
        let header = format!("x-acs-dingtalk-access-token: {token}");
        self.ask("dingtalk", from, "/v1.0/robot/oToMessages/batchSend", &header, "{}")
    }
}

/// In no region.
const ELSEWHERE: [u8; 4] = [127, 0, 0, 1];

fn file(place: &TempDir, text: &str) -> String {
    let file = place.path().join("faults.yaml");
    let quoted = |address: SocketAddr| format!("\"{address}\"");
    let text = text.replace("UPSTREAM", &quoted(platform())).replace("ECHO", &quoted(upstream::echo()));
    std::fs::write(&file, text).expect("room");
    file.display().to_string()
}

const LITE: EndpointKind = EndpointKind::Dingtalk(Edition::Lite);

/// The status of a platform's own no, in a body that has its member for the request's number.
#[track_caller]
fn refused(answer: &(u16, String), kind: EndpointKind, why: &Refusal) {
    let member = if kind == LITE { "\"requestid\"" } else { "\"request-id\"" };
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
    refused(&rig.send("token-of-dingsecretanna"), LITE, &FROZEN);
    assert_eq!(rig.send("token-of-dingsecretben").0, 200);
    assert_eq!(rig.send("nobody's").0, 200, "whose it is nobody knows");
    // Closed and opened again, the door still knows whose the token is.
    rig.daemon.good("POST", "/proxies/dingtalk", r#"{"enabled":false}"#, 200);
    rig.daemon.good("POST", "/proxies/dingtalk", r#"{"enabled":true}"#, 200);
    refused(&rig.send("token-of-dingsecretanna"), LITE, &FROZEN);
    rig.lift("freeze");
    assert_eq!(rig.send("token-of-dingsecretanna").0, 200);
    // A group, and a credential that is a token itself.
    rig.arm(r#"{"name":"freeze","account_freeze":{"group":"purchasing"}}"#);
    let chat = |token: &str| {
        let path = "/v1.0/chats/19:a_b@unq.gbl.spaces/messages";
        rig.ask("teams", ELSEWHERE, path, &format!("Authorization: Bearer {token}"), "{}")
    };
    refused(&chat("graphsecretben"), EndpointKind::Teams, &FROZEN);
    refused(&rig.send("token-of-dingsecretben"), LITE, &FROZEN);
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
    let armed =
        rig.arm(r#"{"name":"freeze","proxies":["dingtalk"],"account_freeze":{"group":"office","share":"50%"}}"#);
    assert_eq!(armed["accounts"], 2);
    let keys: Vec<_> = (1..=4).map(|at| format!("dingfdoffice-{at}")).collect();
    for key in &keys {
        rig.login(key);
    }
    let frozen = keys.iter().filter(|key| rig.send(&format!("token-of-{key}")).0 != 200).count();
    assert_eq!(frozen, 2, "half of them, whatever the draws");
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
    refused(&rig.send_from(hk, "t"), LITE, &fenced);
    assert_eq!(rig.send_from(shenzhen, "t").0, 200);
    let login = "{\"appKey\":\"k\",\"appSecret\":\"s\"}";
    assert_eq!(rig.ask("dingtalk", hk, "/v1.0/oauth2/accessToken", "X: 1", login).0, 200, "allowed");
    let challenge = rig.ask("teams", hk, "/v1.0/me", "Authorization: Bearer t", "{}");
    refused(&challenge, EndpointKind::Teams, &fenced);
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
    let frozen = vendor::refusal(EndpointKind::Teams, &Form::Present, &Refusal::Frozen(FreezeMode::SendOnly), 1)
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
        (r#","kind":"slack""#, "dingtalk or teams"),
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
        state["doors"].as_array().into_iter().flatten().find(|door| door["name"] == name).cloned().expect("it is there")
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
        (r#""account_freeze":{"group":"purchasin"}"#, "did you mean `purchasing`"),
        (r#""account_freeze":{"account":"office-5"}"#, "no account `office-5`"),
        (r#""account_freeze":{"account":"anna","group":"office"}"#, "both say who is hit"),
        (r#""latency":{"constant":"1s","share":"50%"}"#, "of which group"),
        (r#""latency":{"constant":"1s","endpoint":"teams"}"#, "`proxies`"),
        (r#""latency":{"constant":"1s","capability":"chatt"}"#, "did you mean `chat`"),
        (r#""proxies":["web"],"account_freeze":{"account":"anna"}"#, "`kind`"),
        (r#""proxies":["web"],"status":{"code":500,"capability":"chat"}"#, "`kind`"),
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
