//! Programs that nobody wrote for this, unchanged, through each way in: curl, Python's requests, and Node's fetch. What they ask is a twin
//! of `DingTalk` under the vendor's own name, in the clear and over TLS. What they need is installed under `target/foreign`, in fixed versions
//! with fixed digests.

#![expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../proxy/daemon.rs"]
#[expect(dead_code, reason = "each test program takes what it needs")]
mod daemon;
mod frozen;
#[path = "../common/installed.rs"]
mod installed;
mod led;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use common::Place;
use common::playing::Playing;
use daemon::Daemon;
use installed::{here, node, node_program, python, succeed};

/// A twin that listens with and without TLS, ended with the test.
struct Twin {
    child: Child,
    http: String,
    https: String,
    ca: PathBuf,
    place: TempDir,
}

impl Twin {
    fn start() -> Self {
        let place = tempfile::tempdir().expect("a directory");
        let ca = place.path().join("ca");
        let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
        command.args(["twin", "dingtalk", "--listen", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--ca"]).arg(&ca);
        let mut child = command.env_remove("RUST_LOG").stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        let place_of = |key: &str| {
            let url = ready[key].as_str().and_then(|url| url.split("://").nth(1));
            url.expect("a URL").replace("localhost", "127.0.0.1")
        };
        Self { child, http: place_of("http"), https: place_of("https"), ca: ca.join("ca.pem"), place }
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const LOGIN: &str = "://api.dingtalk.com/v1.0/oauth2/accessToken";

/// A daemon before a twin, where TLS with the vendor's name leads to `lead`.
fn daemon(twin: &Twin, lead: &str, more: &[&str]) -> Daemon {
    let leads = [format!("api.dingtalk.com:80={}", twin.http), format!("api.dingtalk.com:443={lead}")];
    let args = ["--api", "127.0.0.1:0", "--forward", "127.0.0.1:0", "--socks", "127.0.0.1:0", "--sni", "127.0.0.1:0"];
    let leads = leads.iter().flat_map(|lead| ["--map", lead.as_str()]);
    Daemon::with(&args.into_iter().chain(leads).chain(more.iter().copied()).collect::<Vec<_>>())
}

/// The daemon before a twin, and what programs are told of it.
struct Rig {
    daemon: Daemon,
    /// What programs trust.
    ca: PathBuf,
    /// Held as long as somebody asks it.
    _twin: Twin,
}

impl Rig {
    /// What is said within TLS is between the program and the twin.
    fn start() -> Self {
        let twin = Twin::start();
        let lead = twin.https.clone();
        Self { daemon: daemon(&twin, &lead, &[]), ca: twin.ca.clone(), _twin: twin }
    }

    /// TLS ends at the daemon, which begins it anew towards the twin, and trusts its authority if it is told to.
    fn intercepting(lead: impl Fn(&Twin) -> String, trusts: bool) -> Self {
        let twin = Twin::start();
        let (ca, upstream) = (twin.place.path().join("own"), twin.ca.display().to_string());
        let own = ca.display().to_string();
        let mut more = vec!["--intercept", "api.dingtalk.com", "--ca", &own];
        if trusts {
            more.extend(["--upstream-ca", &upstream]);
        }
        Self { daemon: daemon(&twin, &lead(&twin), &more), ca: ca.join("ca.pem"), _twin: twin }
    }

    /// A way in as a program is told of it.
    fn way(&self, scheme: &str, name: &str) -> String {
        let proxy = self.daemon.good("GET", &format!("/proxies/{name}"), "", 200);
        format!("{scheme}://{}", proxy["listen"].as_str().expect("an address"))
    }

    /// What a program says after it has asked: `STATUS BODY`.
    fn asks(&self, mut program: Command, proxy: &str, url: &str) -> String {
        told(&mut program, proxy, &self.ca).env("URL", url);
        succeed(&format!("{program:?}"), &mut program)
    }

    /// Every program, by every way in, gets what a direct one gets; and hears of a fault as of the vendor's own.
    fn all(&self, program: fn() -> Command) {
        let (forward, socks) = (self.way("http", "forward"), self.way("socks5h", "socks"));
        for (proxy, scheme) in [(&forward, "http"), (&forward, "https"), (&socks, "http"), (&socks, "https")] {
            let said = self.asks(program(), proxy, &format!("{scheme}{LOGIN}"));
            assert!(said.starts_with("200 ") && said.contains("accessToken"), "{proxy} {scheme}: {said}");
        }
        let state = self.daemon.good("GET", "/firedrill/v1/state", "", 200);
        let proxies = state["proxies"].as_array().expect("a list");
        for name in ["forward", "socks"] {
            let way = proxies.iter().find(|proxy| proxy["name"] == name).expect(name);
            assert_eq!(way["accepted"], 2, "each went by the way it was told of: {state}");
        }
    }
}

/// Tells a program by which proxy it comes in, and whom it trusts.
fn told<'a>(program: &'a mut Command, proxy: &str, ca: &Path) -> &'a mut Command {
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        program.env(variable, proxy);
    }
    program.env_remove("NO_PROXY").env_remove("no_proxy").env("PROXY", proxy);
    program.env("CA", ca).env("REQUESTS_CA_BUNDLE", ca).env("CURL_CA_BUNDLE", ca)
}

/// The status comes behind the body, and is put before it, as the other two say it.
const CURL: &str = r#"
out=$(curl -sS --max-time 30 -H 'content-type: application/json' -d '{"appKey":"ding","appSecret":"s"}' -w '\n%{http_code}' "$URL") || exit 1
printf '%s %s' "$(printf '%s' "$out" | tail -n 1)" "$(printf '%s' "$out" | head -n -1)"
"#;

fn curl() -> Command {
    let mut curl = Command::new("sh");
    curl.args(["-c", CURL]);
    curl
}

fn requests() -> Command {
    let mut program = Command::new(python("programs-venv", "programs/requirements.txt"));
    program.arg(here("programs/ask.py"));
    program
}

/// Node with what its fetch needs to use a proxy.
fn fetch() -> Command {
    node_program(&node("programs-node", "programs"), "programs/ask.mjs")
}

#[test]
fn curl_comes_in() {
    Rig::start().all(curl);
}

#[test]
fn python_s_requests_comes_in() {
    Rig::start().all(requests);
}

#[test]
fn node_s_fetch_comes_in() {
    Rig::start().all(fetch);
}

/// By a tunnel a program meets faults of bytes, and by a URL those of requests as well.
#[test]
fn they_meet_faults() {
    let rig = Rig::start();
    let (forward, socks) = (rig.way("http", "forward"), rig.way("socks5h", "socks"));
    let arm = |fault: &str| rig.daemon.good("POST", "/firedrill/v1/faults", fault, 201);
    arm(r#"{"name":"no","status":{"code":503}}"#);
    let said = rig.asks(requests(), &forward, &format!("http{LOGIN}"));
    assert!(said.starts_with("503 ") && said.contains("requestid"), "the vendor's words: {said}");
    let said = rig.asks(requests(), &forward, &format!("https{LOGIN}"));
    assert!(said.starts_with("200 "), "what is said in a tunnel nobody reads: {said}");
    arm(r#"{"name":"slow","proxies":["socks"],"latency":{"constant":"300ms"}}"#);
    let start = std::time::Instant::now();
    let said = rig.asks(curl(), &socks, &format!("https{LOGIN}"));
    // There and back for the connection, for the handshake of TLS and for the request, if it takes no more than that.
    assert!(said.starts_with("200 ") && start.elapsed().as_millis() >= 1_800, "{said}: {:?}", start.elapsed());
    let refused = Command::new("curl").args(["-sS", "-x", &forward, "https://evil.example/"]).output().expect("curl");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && told.contains("403"), "{told}");
}

/// Within TLS that ends at the daemon every fault of requests acts, in the vendor's words; without a fault nothing is to be noticed.
#[test]
fn what_they_say_within_tls_is_read() {
    for lead in [|twin: &Twin| twin.https.clone(), |twin: &Twin| format!("http://{}", twin.http)] {
        let rig = Rig::intercepting(lead, true);
        for program in [curl, requests, fetch] {
            rig.all(program);
            rig.daemon.good("POST", "/proxies/forward", r#"{"enabled":false}"#, 200);
            rig.daemon.good("POST", "/proxies/socks", r#"{"enabled":false}"#, 200);
            rig.daemon.good("POST", "/proxies/forward", r#"{"enabled":true}"#, 200);
            rig.daemon.good("POST", "/proxies/socks", r#"{"enabled":true}"#, 200);
        }
        rig.daemon.good("POST", "/firedrill/v1/faults", r#"{"name":"no","status":{"code":503}}"#, 201);
        for (program, scheme, name) in
            [(curl as fn() -> Command, "http", "forward"), (requests, "socks5h", "socks"), (fetch, "http", "forward")]
        {
            let said = rig.asks(program(), &rig.way(scheme, name), &format!("https{LOGIN}"));
            assert!(said.starts_with("503 ") && said.contains("requestid"), "{name}: {said}");
        }
        // By SNI alone, as a name would lead that a resolver was told of.
        let sni = rig.way("", "sni").replace("://", "");
        let mut direct = Command::new("curl");
        direct.args(["-sS", "--connect-to", &format!("api.dingtalk.com:443:{sni}"), "--cacert"]).arg(&rig.ca);
        direct.args(["-o", "/dev/null", "-w", "%{http_code}", "-d", "{}", &format!("https{LOGIN}")]);
        assert_eq!(succeed("curl", &mut direct), "503");
    }
}

/// A host that is connected and never proves its name is not waited for for ever: the client hears so after 15 s, and of a busy machine later.
#[test]
fn a_host_that_says_nothing_is_not_waited_for_for_ever() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let rig = Rig::intercepting(|_| silent.local_addr().expect("an address").to_string(), true);
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "60", "-x", &rig.way("http", "forward"), &format!("https{LOGIN}")]);
    let told = String::from_utf8_lossy(&curl.output().expect("curl").stderr).into_owned();
    assert!(told.contains("response 504"), "{told}");
}

/// A host whose name is not proven is as good as none; and whoever asks for one host within a connection to another is not served.
#[test]
fn within_tls_everybody_is_who_he_says() {
    let curl = |rig: &Rig, more: &[&str]| {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-x", &rig.way("http", "forward"), "--cacert"]).arg(&rig.ca).args(more);
        let done = curl.args(["-d", "{}", &format!("https{LOGIN}")]).output().expect("curl");
        String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned()
    };
    let distrusting = Rig::intercepting(|twin| twin.https.clone(), false);
    let told = curl(&distrusting, &[]);
    assert!(told.contains("response 502"), "{told}");
    let rig = Rig::intercepting(|twin| twin.https.clone(), true);
    for host in ["oapi.dingtalk.com", "api.dingtalk.com:444", "127.0.0.1"] {
        let told = curl(&rig, &["-H", &format!("Host: {host}"), "-w", "%{http_code}"]);
        assert!(told.ends_with("421") && told.contains("another host"), "{host}: {told}");
    }
    let key = rig.ca.with_file_name("ca.key");
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(key).expect("a key").permissions());
    assert_eq!(mode & 0o777, 0o600);
    // The authority is for what is listed alone, so that its key is worth nothing elsewhere.
    let mut shown = Command::new("openssl");
    shown.args(["x509", "-noout", "-ext", "nameConstraints", "-in"]).arg(&rig.ca);
    let shown = succeed("openssl x509", &mut shown);
    assert!(shown.contains("DNS:api.dingtalk.com") && !shown.contains("microsoft"), "{shown}");
    // And a direct client of the way in by SNI hears an alert.
    let sni = rig.way("", "sni").replace("://", "");
    let mut other = Command::new("curl");
    other.args(["-sS", "--connect-to", &format!("evil.example:443:{sni}"), "https://evil.example/"]);
    let told = String::from_utf8_lossy(&other.output().expect("curl").stderr).into_owned();
    assert!(told.contains("access denied"), "{told}");
}

/// Twenty seconds of a drill whose ways in lead to a twin, over TLS that ends at them. In the middle every request is answered with 503. What
/// begins within the second in which that is taken away, by a machine that may be busy, is not judged with what comes after.
const DRILL: &str = "
firedrill: 1
name: programs
regions: { hk: {} }
endpoints: { dingtalk: { kind: dingtalk, edition: mainland, region: hk, limits: off } }
groups: { office: { count: 2, region: hk }, factory: { count: 2, region: hk } }
journeys: { order: { from: office, to: factory, rate: 2/s, deadline: 5s, routes: [dingtalk] } }
phases: { baseline: 6s, fault: 8s, lift: { kind: recovery, for: 1s }, recovery: 5s }
ways_in:
  proxy: { forward: \"127.0.0.1:0\", map: { \"api.dingtalk.com:443\": \"HTTPS\" }, intercept: api.dingtalk.com }
  socks: { socks: \"127.0.0.1:0\", map: { \"api.dingtalk.com:443\": \"HTTPS\" }, intercept: api.dingtalk.com }
injects: { no: { during: fault, status: { code: 503, ways: [proxy, socks] } } }
grace: 1s
targets:
  proxy: { expr: \"observed_availability{way=proxy, host=api.dingtalk.com} >= 99.9%\" }
  after: { expr: \"observed_availability >= 99%\", phase: recovery, level: must, confidence: point }
";

/// They take part in a drill, each by a way of its own, over TLS: every request of theirs is told, and the faults of the drill with it.
#[test]
fn they_take_part_in_a_drill() {
    let twin = Twin::start();
    let place = Place::new();
    let (file, ca) = (place.file("programs.yaml", &DRILL.replace("HTTPS", &twin.https)), place.path().join("ca"));
    // Whatever has to be installed is there before the drill begins.
    let programs: [(Program, &str); 3] = [(curl, "proxy"), (requests, "socks"), (fetch, "proxy")];
    for (program, _) in &programs {
        drop(program());
    }
    let mut command = place.command("run", &file, &["--quiet"]);
    let drill = Playing::of(command.arg("--ca").arg(&ca).arg("--upstream-ca").arg(&twin.ca));
    let asking = programs.map(|(program, way)| {
        let (proxy, ca) = (drill.url(way).to_owned(), ca.join("ca.pem"));
        std::thread::spawn(move || {
            let (mut heard, mut failed) = (Vec::new(), Vec::new());
            loop {
                match asked(program(), &proxy, &ca) {
                    Ok(status) => heard.push(status),
                    // The drill is over, and the way in is closed.
                    Err(_) if !is_open(&proxy) => return (heard, failed),
                    Err(why) => failed.push(format!("after {}: {why}", heard.len())),
                }
            }
        })
    });
    let heard = asking.map(|asking| {
        let (heard, failed) = asking.join().expect("it asks");
        assert!(failed.is_empty(), "{failed:#?}");
        heard
    });
    let summary = drill.ended(&place).summary();
    for heard in &heard {
        assert!(
            heard.starts_with(b"2") && heard.ends_with(b"2") && heard.contains(&b'5'),
            "before, in and after the fault: {heard:?}"
        );
    }
    let count =
        |of: &[&Vec<u8>], what: u8| of.iter().flat_map(|heard| heard.iter()).filter(|one| **one == what).count() as u64;
    for (index, of) in [(0, &[&heard[0], &heard[2]][..]), (1, &[&heard[1]][..])] {
        let way = &summary["observed"][index];
        assert_eq!((&way["good"], &way["refused"]), (&count(of, b'2').into(), &count(of, b'5').into()), "{way:#}");
        assert_eq!(way["hit"], way["refused"]);
    }
    let verdicts = [&summary["targets"][0]["verdict"], &summary["targets"][1]["verdict"]];
    assert_eq!(verdicts, ["fail", "pass"], "of `proxy`, and of what came after");
}

/// Makes a command of a program that asks once.
type Program = fn() -> Command;

/// Whether somebody listens where a way in is said to be.
fn is_open(proxy: &str) -> bool {
    let address = proxy.rsplit("//").next().expect("an address");
    std::net::TcpStream::connect(address).is_ok()
}

/// The first digit of the status that a program hears, or why it heard none.
fn asked(mut program: Command, proxy: &str, ca: &Path) -> Result<u8, String> {
    told(&mut program, proxy, ca).env("URL", format!("https{LOGIN}"));
    let output = program.output().expect("the program starts");
    match output.stdout.first() {
        Some(status) if output.status.success() => Ok(*status),
        _ => {
            let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            Err(format!("{}: {}: {said:?} {wrong:?}", program.get_program().display(), output.status))
        }
    }
}
