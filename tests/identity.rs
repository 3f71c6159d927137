//! Identities that are kept by programs of others: a certified provider of OpenID Connect in the twin's place, and a directory of SCIM that a
//! drill takes somebody away in and puts back.

#[path = "common/mod.rs"]
mod common;
#[path = "common/installed.rs"]
mod installed;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use common::signed_in::SignedIn;
use common::{Place, number, pause, records};
use installed::{node, node_program, python};

/// A program that is ended with the test.
struct Running(Child);

impl Running {
    /// Starts it and waits for its first line.
    fn start(mut program: Command) -> (Self, String) {
        let mut child = program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut line = String::new();
        let out = child.stdout.as_mut().expect("a pipe");
        // Byte by byte: what follows is read later.
        let mut byte = [0];
        while out.read_exact(&mut byte).is_ok() && byte != *b"\n" {
            line.push(char::from(byte[0]));
        }
        (Self(child), line)
    }

    /// Ends it, and gives everything that it had said by then.
    fn end(mut self) -> Vec<String> {
        let _ = self.0.kill();
        let out = self.0.stdout.take().expect("a pipe");
        BufReader::new(out).lines().map_while(Result::ok).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// 10/s of two accounts for 12 s. After 4 s the provider takes back all that it has given.
const PROVIDER: SignedIn<'_> = SignedIn {
    link: "2ms",
    provider: "url: \"URL\", token_life: 60s",
    trust: "{ provider: idp, verify: introspection, cache: 500ms }",
    rest: "
groups: { staff: { count: 2, region: hk }, factory: { count: 2, region: shenzhen } }
journeys:
  order: { from: staff, to: factory, rate: 10/s, deadline: 2s, routes: [erp] }
phases: { baseline: 4s, fault: 4s, recovery: 4s }
injects:
  revoked:
    at: 4s
    for: 4s
    http: { do: { method: POST, url: \"URL/admin/revoke\" }, undo: { method: GET, url: \"URL/.well-known/openid-configuration\" } }
grace: 5s
targets:
  promises: { expr: \"lost == 0\", level: must }
",
};

#[test]
fn a_certified_provider_signs_accounts_in_and_takes_their_tokens_back() {
    let mut provider = node_program(&node("sso-node", "sso"), "sso/provider.mjs");
    provider.args(["staff-1", "staff-2", "erp"].map(|id| format!("{id}=fd-secret-{id}")));
    let (provider, url) = Running::start(provider);
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let place = Place::new();
    let file = place.file("certified.yaml", &PROVIDER.text().replace("URL", &url));
    let played = place.play("run", &file, &["--allow-actions", "--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let attempts: Vec<_> = records(&played.dir).into_iter().filter(|line| line["record"] == "attempt").collect();
    let refused: Vec<&Value> = attempts.iter().filter(|line| line["ending"] == "refused").collect();
    // Two accounts; each is told once, or twice if two of its messages were under way.
    assert!((2..=4).contains(&refused.len()), "{refused:?}: {}", played.told());
    for no in &refused {
        assert_eq!(no["status"], 401, "{no}");
        assert!((4.0..8.0).contains(&number(&no["sent_s"])), "until the cache is old: {no}");
    }
    assert_eq!(attempts.iter().filter(|line| line["ending"] == "acknowledged").count(), 120 - refused.len());
    let said = provider.end();
    let count = |what: &str| said.iter().filter(|line| *line == what).count();
    assert_eq!((count("token 200"), count("revoked all")), (4, 1), "each signs in, and once again: {said:?}");
    assert!(count("introspection 200") >= 10, "what was heard is good for half a second: {said:?}");
}

/// The drill goes on as usual; what it is about is somebody else's directory. The platform of the chats does not look there, and so it lets in whoever
/// was taken away: the way is told as open.
const DIRECTORY: &str = "
firedrill: 1
name: directory
regions: { hk: {} }
endpoints: { teams: { kind: teams, region: hk, limits: off } }
groups: { anna: { count: 1, region: hk }, desk: { count: 2, region: hk } }
journeys: { chat: { from: anna, to: desk, rate: 5/s, deadline: 2s, routes: [teams] } }
phases: { baseline: 2s, fault: 4s, recovery: 2s }
injects:
  gone:
    at: 2s
    for: 4s
    http: { do: CALL(false), undo: CALL(true), takes_away: { group: anna } }
targets:
  promises: { expr: \"lost == 0\", level: must }
  stops: { expr: \"time_to_revoke <= 3s\", level: should }
";

/// What somebody says to the directory, and its answer.
#[expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]
fn ask(port: u16, method: &str, path: &str, body: &str) -> Value {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.0\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer s3cret\r\n\
         content-type: application/scim+json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).expect("it hears");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    serde_json::from_str(body).unwrap_or_default()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]
fn somebody_is_taken_away_in_a_directory_and_put_back() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let program = python("sso-venv", "sso/requirements.txt").with_file_name("scim2-server");
    let mut directory = Command::new(program);
    directory.args(["--bearer-token", "s3cret", "--port", &port.to_string()]);
    let (_directory, line) = Running::start(directory);
    assert!(line.contains("Serving SCIM"), "{line}");
    let anna = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"anna","active":true}"#;
    let made = ask(port, "POST", "/v2/Users", anna);
    let id = made["id"].as_str().unwrap_or_else(|| panic!("nobody was made: {made}")).to_owned();
    let path = format!("/v2/Users/{id}");
    let call = |active: bool| {
        let operation = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"replace","path":"active","value":{active}}}]}}"#
        );
        format!(
            "{{ method: PATCH, url: \"http://127.0.0.1:{port}{path}\", headers: {{ authorization: \"Bearer ${{DIRECTORY_TOKEN}}\", content-type: application/scim+json }}, body: {operation:?} }}"
        )
    };
    let place = Place::new();
    let text = DIRECTORY.replace("CALL(false)", &call(false)).replace("CALL(true)", &call(true));
    let mut drill = place.command("run", &place.file("directory.yaml", &text), &["--allow-actions", "--quiet"]);
    let mut drill = Running(drill.env("DIRECTORY_TOKEN", "s3cret").spawn().expect("it starts"));
    let is_active = || ask(port, "GET", &path, "")["active"].as_bool();
    // While the drill goes on he is away; many times what a loaded machine needs to get there.
    let patience = Instant::now() + Duration::from_secs(60);
    while is_active() != Some(false) {
        assert!(Instant::now() < patience, "he was never taken away");
        pause(50);
    }
    let ended = drill.0.wait().expect("it ends");
    assert_eq!(ended.code(), Some(0), "{ended}");
    assert_eq!(is_active(), Some(true), "he is back");
    // From the moment at which the directory had answered; nobody refuses him at Teams, which knows nothing of it.
    let run = place.runs().pop().expect("a run");
    let summary: Value =
        serde_json::from_slice(&std::fs::read(run.join("summary.json")).expect("a summary")).expect("JSON");
    let (way, target) = (&summary["revoked"][0], &summary["targets"][1]);
    assert_eq!(
        (&way["inject"], &way["route"], &way["accounts"]),
        (&"gone".into(), &"teams".into(), &1.into()),
        "{way:#}"
    );
    assert!(way["open"] == 1 && way["refused"] == 0 && way["hi_s"].is_null(), "{way:#}");
    let applied = number(&summary["injects"][0]["applied_s"]);
    let last = &way["last_taken"];
    assert!((number(&way["lo_s"]) - (number(&last["at_s"]) - applied)).abs() < 0.001, "{way:#}");
    // Four seconds, less the gap of the messages: the last that he sent before he was put back.
    assert!((3.0..4.1).contains(&number(&way["lo_s"])) && target["verdict"] == "fail", "{target}: {way:#}");
}
