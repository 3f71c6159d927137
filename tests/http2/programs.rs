//! curl, Python's httpx and Node's own client.

use std::process::Command;

use crate::installed::{here, python, succeed};
use crate::rig::{HOST, Rig};

fn curl(rig: &Rig, more: &[&str]) -> String {
    crate::rig::curl(&rig.forward, &rig.ca, more)
}

/// What a program says after it has asked eight times at once.
fn asks(rig: &Rig, mut program: Command) -> Vec<String> {
    program.env("PROXY", format!("http://{}", rig.forward)).env("URL", format!("https://{HOST}")).env("CA", &rig.ca);
    let mut said: Vec<_> = succeed(&format!("{program:?}"), &mut program).lines().map(str::to_owned).collect();
    said.sort();
    said
}

fn httpx() -> Command {
    let mut program = Command::new(python("http2-venv", "http2/requirements.txt"));
    program.arg(here("http2/ask.py"));
    program
}

fn node() -> Command {
    let mut program = Command::new("node");
    program.arg(here("http2/ask.mjs"));
    program
}

/// The client is offered what the host speaks, and what it is offered it gets; whoever speaks HTTP/1.1 alone gets that.
#[test]
fn both_versions_pass() {
    let rig = Rig::start();
    let url = format!("https://{HOST}/hello?a=b");
    for (wanted, told, code) in
        [("--http2", "\"version\":\"2.0\"", " 2 200"), ("--http1.1", "\"version\":\"1.1\"", " 1.1 200")]
    {
        let said = curl(&rig, &[wanted, &url]);
        assert!(said.contains(told) && said.contains("/hello?a=b") && said.ends_with(code), "{wanted}: {said}");
    }
    for (wanted, code) in [("--http2", "2 200"), ("--http1.1", "1.1 200")] {
        let mut curl = Command::new("curl");
        curl.args(["-sS", wanted, "--connect-to", &format!("{HOST}:443:{}", rig.sni), "--cacert"]).arg(&rig.ca);
        curl.args(["-o", "/dev/null", "-w", "%{http_version} %{http_code}", &url]);
        assert_eq!(succeed("curl", &mut curl), code, "by the name in the hello");
    }
    let said = curl(&rig, &["--http2", "-d", "abc", "-D", "-", &format!("https://{HOST}/trailers")]);
    assert!(said.contains("abcgrpc-status: 0\r\n") && said.ends_with(" 2 200"), "{said}");
    let said = curl(&rig, &["--http2", "-D", "-", &format!("https://{HOST}/interim")]);
    assert!(said.contains("HTTP/2 103") && said.contains("link: </style.css>"), "{said}");
    let said = curl(&rig, &["--http2", &format!("https://{HOST}/reset")]);
    assert!(said.contains("ENHANCE_YOUR_CALM"), "the host's own reason: {said}");
    for (number, version) in ["--http2", "--http2", "--http1.1"].into_iter().enumerate() {
        let said =
            curl(&rig, &[version, "-o", "/dev/null", &format!("https://{HOST}/large"), "-w", " %{size_download}"]);
        assert!(said.ends_with(" 8388608"), "{number}: {said}");
    }
}

#[test]
fn python_and_node_ask_several_at_once() {
    let rig = Rig::start();
    let tunnels = || rig.daemon.good("GET", "/firedrill/v1/state", "", 200)["proxies"][0]["accepted"].as_u64();
    let mut before = None;
    for (program, prefix) in [(httpx as fn() -> Command, "/py/"), (node, "/node/")] {
        before = tunnels();
        let all: Vec<_> = (0..8).map(|number| format!("HTTP/2 200 {prefix}{number}")).collect();
        assert_eq!(asks(&rig, program()), all);
        // Every second request is refused, and the others beside it on the same connection are not.
        rig.arm(r#"{"name":"half","status":{"code":503,"every":2}}"#);
        let said = asks(&rig, program());
        let (no, yes): (Vec<_>, Vec<_>) =
            said.iter().partition(|line| line.starts_with("HTTP/2 503 Service Unavailable"));
        assert!(no.len() == 4 && yes.iter().all(|line| line.starts_with("HTTP/2 200 ")), "{said:?}");
        rig.lift("half");
    }
    // Node's streams share one connection each time it was started.
    assert_eq!(tunnels(), before.map(|before| before + 2));
}

/// What an exchange of HTTP/1.1 would hear of a fault, a stream hears by its own frames.
#[test]
fn faults_act_as_frames() {
    let rig = Rig::start();
    let url = format!("https://{HOST}/x");
    let ask = |fault: &str| {
        rig.arm(&fault.replacen('{', r#"{"name":"f","#, 1));
        let said = curl(&rig, &["--http2", "-d", "abc", "-D", "-", &url]);
        rig.lift("f");
        said
    };
    for (fault, told) in [
        (r#"{"status":{"code":503}}"#, &["HTTP/2 503", " 2 503"][..]),
        (r#"{"throttle":{"retry_after":"7s"}}"#, &["HTTP/2 429", " 2 429"]),
        (r#"{"drop_reply":{"how":"close"}}"#, &["not closed cleanly: CANCEL"]),
        (r#"{"reset":{}}"#, &["not closed cleanly: INTERNAL_ERROR"]),
        (r#"{"body":{"truncate":"10B"}}"#, &["content-length: 10\r\n", "\r\n\r\n{\"method\": 2 200"]),
        (r#"{"body":{"replace":"sorry"}}"#, &["content-length: 5\r\n", "sorry 2 200"]),
    ] {
        let said = ask(fault);
        assert!(told.iter().all(|part| said.contains(part)), "{fault}: {said}");
    }
    let before = std::time::Instant::now();
    let said = ask(r#"{"latency":{"constant":"300ms"}}"#);
    // There and back for the connection and for the request.
    assert!(said.ends_with(" 2 200") && before.elapsed().as_millis() >= 1_200, "{said}: {:?}", before.elapsed());
    // A repeated request reaches the host twice; the answer to the copy is for nobody.
    let served = || {
        let said = curl(&rig, &["--http2", &format!("https://{HOST}/served")]);
        said.split(' ').next().and_then(|count| count.parse::<u32>().ok()).unwrap_or_else(|| panic!("{said}"))
    };
    let first = served();
    assert!(ask(r#"{"duplicate":{}}"#).ends_with(" 2 200"));
    let until = std::time::Instant::now() + crate::rig::PATIENCE;
    while served() != first + 2 {
        assert!(std::time::Instant::now() < until, "the copy did not arrive");
    }
}

/// The guard lets one exchange a second through: what a client of HTTP/1.1 costs the host is two handshakes, and one exchange.
#[test]
fn the_older_version_is_counted_once() {
    let rig = Rig::start();
    rig.arm(&format!(r#"{{"name":"there","dns_answer":{{"names":["{HOST}"],"address":"127.0.0.1"}}}}"#));
    let ask = |path: &str| curl(&rig, &["--http1.1", "-o", "/dev/null", &format!("https://{HOST}:{}{path}", rig.port)]);
    assert_eq!(ask("/old"), " 1.1 200");
    assert!(ask("/too-soon").contains("429"), "the next is one too many");
}
