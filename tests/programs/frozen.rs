//! Accounts and regions that a platform shuts out, as programs hear of it within TLS that ends at the daemon: in the platform's own words.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::daemon::{self, Daemon};
use crate::installed::{here, python, succeed};
use crate::{Rig, Twin, told};

/// A way in that knows Anna by her key, and which of its users are in Hong Kong.
fn rig() -> Rig {
    let twin = Twin::start();
    let faults = twin.place.path().join("faults.yaml");
    let known = "regions: { hk: {} }\ngroups: { purchasing: { accounts: { anna: \"${ANNA_KEY}\" } } }\n";
    fs::write(&faults, known).expect("room");
    let (ca, lead) = (twin.place.path().join("own"), format!("api.dingtalk.com={}", twin.https));
    let mut command = daemon::program(&["--api", "127.0.0.1:0", "--forward", "127.0.0.1:0", "--map", &lead]);
    command.args(["--intercept", "api.dingtalk.com"]).arg("--ca").arg(&ca).arg("--upstream-ca").arg(&twin.ca);
    command.arg("--faults").arg(&faults).env("ANNA_KEY", "ding-anna").stderr(Stdio::inherit());
    Rig { daemon: Daemon::of(command), ca: ca.join("ca.pem"), _twin: twin }
}

/// Posts with a token: path, token, body; the status, and what was said.
type Post<'a> = Box<dyn FnMut(&str, &str, &str) -> (u64, String) + 'a>;

/// curl, which makes a connection for each.
fn by_curl<'a>(rig: &'a Rig, proxy: &'a str) -> Post<'a> {
    Box::new(move |path, token, body| {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--max-time", "30", "-x", proxy, "--cacert"]).arg(&rig.ca);
        curl.args(["-H", "content-type: application/json", "-H", &format!("x-acs-dingtalk-access-token: {token}")]);
        curl.args(["-w", " %{http_code}", "-d", body, &format!("https://api.dingtalk.com{path}")]);
        let said = succeed("curl", &mut curl);
        let (body, status) = said.rsplit_once(' ').expect("a status");
        (status.parse().expect("a number"), body.to_owned())
    })
}

/// A session of Python's requests, as long as a test needs it.
struct Session(Child);

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Python's requests, which keeps its connection: what is switched between two exchanges counts for the next.
fn by_session<'a>(rig: &'a Rig, proxy: &'a str) -> Post<'a> {
    let mut program = Command::new(python("programs-venv", "programs/requirements.txt"));
    program.arg(here("programs/session.py"));
    let program = told(&mut program, proxy, &rig.ca).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut session = Session(program.spawn().expect("Python starts"));
    let mut said = BufReader::new(session.0.stdout.take().expect("a pipe"));
    Box::new(move |path, token, body| {
        let asked = json!({"url": format!("https://api.dingtalk.com{path}"), "token": token, "body": body});
        writeln!(session.0.stdin.as_mut().expect("a pipe"), "{asked}").expect("it listens");
        let mut line = String::new();
        said.read_line(&mut line).expect("a line");
        let heard: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        (heard["status"].as_u64().expect("a status"), heard["body"].as_str().expect("text").to_owned())
    })
}

fn login(post: &mut Post, key: &str) -> (u64, String) {
    post("/v1.0/oauth2/accessToken", "", &format!(r#"{{"appKey":"{key}","appSecret":"s"}}"#))
}

fn token(post: &mut Post, key: &str) -> String {
    let (_, said) = login(post, key);
    let said: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    said["accessToken"].as_str().unwrap_or_else(|| panic!("no token: {said}")).to_owned()
}

fn sends(post: &mut Post, token: &str) -> (u64, String) {
    let text = r#"{"robotCode":"r","userIds":["ben"],"msgKey":"sampleText","msgParam":"{\"content\":\"hi\"}"}"#;
    post("/v1.0/robot/oToMessages/batchSend", token, text)
}

/// The code and the words of a refusal.
#[track_caller]
fn refused((status, said): (u64, String), due: (u64, &str, &str)) {
    let body: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!((status, body["code"].as_str()), (due.0, Some(due.1)), "{said}");
    assert!(body["message"].as_str().is_some_and(|words| words.contains(due.2)), "{said}");
    assert!(body["requestid"].is_string(), "{said}");
}

/// A real account within TLS: frozen, it gets no token and can do nothing with the one that it has, and nobody else notices.
#[test]
fn a_frozen_account_is_known_within_tls() {
    let rig = rig();
    let proxy = rig.way("http", "forward");
    for mut post in [by_curl(&rig, &proxy), by_session(&rig, &proxy)] {
        let (anna, ben) = (token(&mut post, "ding-anna"), token(&mut post, "ding-ben"));
        for token in [&anna, &ben] {
            let (status, said) = sends(&mut post, token);
            assert_eq!(status, 200, "{said}");
        }
        let freeze = r#"{"name":"freeze","proxies":["forward"],"account_freeze":{"group":"purchasing"}}"#;
        rig.daemon.good("POST", "/firedrill/v1/faults", freeze, 201);
        for heard in [login(&mut post, "ding-anna"), sends(&mut post, &anna)] {
            refused(heard, (400, "bot.stopped", "机器人已停用"));
        }
        assert_eq!((login(&mut post, "ding-ben").0, sends(&mut post, &ben).0), (200, 200));
        rig.daemon.good("DELETE", "/firedrill/v1/faults/freeze", "", 204);
        assert_eq!(sends(&mut post, &anna).0, 200);
    }
}

/// A region is shut out, told by the name of the proxy's user: who is in it reads that his address is not listed, and nobody else notices.
#[test]
fn a_fenced_region_is_known_within_tls() {
    let rig = rig();
    let elsewhere = rig.way("http", "forward");
    let here = elsewhere.replace("://", "://hk:x@");
    let (mut inside, mut outside) = (by_session(&rig, &elsewhere), by_session(&rig, &here));
    let (own, other) = (token(&mut outside, "ding-ben"), token(&mut inside, "ding-ben"));
    assert_eq!(sends(&mut outside, &own).0, 200);
    let fence = r#"{"name":"fence","proxies":["forward"],"geo_fence":{"region":"hk","actions":{"login":"allow"}}}"#;
    rig.daemon.good("POST", "/firedrill/v1/faults", fence, 201);
    refused(sends(&mut outside, &own), (403, "Forbidden.AccessDenied.IpNotInWhiteList", "127.0.0.1"));
    assert_eq!((login(&mut outside, "ding-ben").0, sends(&mut inside, &other).0), (200, 200));
    rig.daemon.good("DELETE", "/firedrill/v1/faults/fence", "", 204);
    assert_eq!(sends(&mut outside, &own).0, 200);
}
