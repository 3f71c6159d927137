//! Mail with programs that nobody here wrote: aiosmtpd as the server behind the path, and Python's smtplib as a client of our twin.

#[path = "common/mod.rs"]
mod common;
#[path = "common/installed.rs"]
mod installed;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use common::{Place, firedrill, number, records};
use installed::{here, python, succeed};

/// aiosmtpd, for as long as a test needs it.
struct Server {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    port: u64,
}

impl Server {
    fn start(options: &[&str]) -> Self {
        let mut command = Command::new(python("mail-venv", "mail/requirements.txt"));
        command.arg(here("mail/server.py")).args(options);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the interpreter that was installed");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no server: {:?}", child.wait()));
        Self { port: told["port"].as_u64().expect("a port"), child, out }
    }

    /// Everything that it has accepted.
    fn mails(mut self) -> Vec<Value> {
        drop(self.child.stdin.take());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("lines");
        self.child.wait().expect("it ends");
        rest.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }
}

/// What a drill did, by its journal.
struct Books {
    lines: Vec<Value>,
    summary: Value,
    words: String,
}

impl Books {
    fn of(played: &common::Played) -> Self {
        Self { lines: records(&played.dir), summary: played.summary(), words: played.told() }
    }

    fn attempts(&self, ending: &str) -> Vec<&Value> {
        self.lines.iter().filter(|line| line["record"] == "attempt" && line["ending"] == ending).collect()
    }

    /// The names of messages whose attempt ended so, such as `order.17`.
    fn named(&self, ending: &str) -> Vec<String> {
        self.attempts(ending).iter().map(|line| line["message"].as_str().expect("a name").to_owned()).collect()
    }
}

/// How often the server has each message, by the Message-ID: the journey `order` is the first, and `fd-0.17` its message 17.
fn kept(mails: &[Value]) -> BTreeMap<String, usize> {
    let mut kept = BTreeMap::new();
    for mail in mails {
        let id = mail["id"].as_str().expect("an id");
        let number = id.strip_prefix("<fd-0.").and_then(|rest| rest.strip_suffix("@firedrill.example>"));
        let number = number.unwrap_or_else(|| panic!("{id} is no id of ours"));
        *kept.entry(format!("order.{number}")).or_default() += 1;
    }
    kept
}

/// The link is cut for two seconds, and later two of four senders are frozen for two.
const DRILL: &str = r#"
firedrill: 1
name: mail
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  mail:
    kind: smtp
    region: shenzhen
    url: smtp://127.0.0.1:PORT
groups:
  office: { count: 4, region: hk }
  factory: { count: 2, region: hk }
journeys:
  order: { from: office, to: { all: factory }, rate: 20/s, deadline: 1s, routes: [mail] }
phases: { baseline: 3s, cut: { kind: fault, for: 2s }, between: { kind: recovery, for: 2s }, freezing: { kind: fault, for: 2s }, recovery: 2s }
injects:
  cut: { during: cut, partition: { link: hk-shenzhen } }
  freeze: { during: freezing, account_freeze: { endpoint: mail, group: office, share: 50%, mode: whole } }
targets: { availability: { expr: "availability >= 10%", level: must } }
"#;

/// 20 a second for 11 s.
const MESSAGES: usize = 220;

#[test]
fn a_foreign_server_has_each_mail_that_it_acknowledged_once_and_none_that_was_refused() {
    let server = Server::start(&[]);
    let place = Place::new();
    let file = place.file("mail.yaml", &DRILL.replace("PORT", &server.port.to_string()));
    let books = Books::of(&place.play_undisturbed(&file, &["--quiet"]));
    // What a play that was disturbed had sent is there as well: its messages bear the same names.
    let plays = place.runs().len();
    let kept = kept(&server.mails());

    let [acknowledged, refused, not_sent] = ["acknowledged", "refused", "not_sent"].map(|ending| books.named(ending));
    let open = books.named("unanswered");
    assert_eq!(acknowledged.len() + refused.len() + not_sent.len() + open.len(), MESSAGES, "{}", books.words);
    assert!(acknowledged.iter().all(|name| (1..=plays).contains(kept.get(name).unwrap_or(&0))), "{}", books.words);
    if plays == 1 {
        let has = |name: &&String| kept.contains_key(*name);
        assert!(!refused.iter().chain(&not_sent).any(|name| has(&name)), "{}", books.words);
        let known = acknowledged.len() + open.iter().filter(has).count();
        assert_eq!(kept.len(), known, "the server has what nobody sent: {}", books.words);
    }
    // A link that is cut is noticed by nobody's words: what is due in its first second runs into the deadline of a second, which is twenty
    // messages. So does what was in its ten trips when it was cut, two, and what has a new session to open when it heals, four; and as
    // many on a busy machine. What is due later goes on when it heals.
    let cut = not_sent.len() + open.len();
    assert!((15..=34).contains(&cut), "{cut} {}", books.words);
    // Two of four senders, 20 of 40 messages, one more or less at either end.
    assert!((18..=22).contains(&refused.len()), "{} {}", refused.len(), books.words);
    let said = |line: &&Value| line["status"] == 550 && line["code"] == "5.7.1 The account is suspended";
    assert!(books.attempts("refused").iter().all(said), "{}", books.words);
    assert_eq!(books.summary["journeys"][0]["basis"], "acceptance", "{}", books.words);
}

/// TLS by STARTTLS, a login, and a recipient whom the server does not have.
const SECURED: &str = r#"
firedrill: 1
name: secured
regions: { hk: {} }
endpoints:
  mail:
    kind: smtp
    region: hk
    url: smtp://localhost:PORT
    ca: CA
    credentials:
      office: { user: "${OFFICE}", password: "${PASSWORD}" }
      factory-1: { user: "${FACTORY}" }
      factory-2: { user: "${GONE}" }
groups: { office: { count: 1, region: hk }, factory: { count: 2, region: hk } }
journeys: { order: { from: office, to: { all: factory }, rate: 10/s, deadline: 2s, routes: [mail] } }
phases: { baseline: 1s, fault: 1s }
injects: { slow: { during: fault, latency: { constant: 20ms } } }
targets: { availability: { expr: "availability >= 10%", level: must } }
"#;

const PASSWORD: &str = "correct horse";

/// Plays it with this password, against a server that proves itself by one certificate, trusting another.
fn secured(password: &str, ca: &str, dir: &Path) -> (Books, Vec<Value>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).expect("room");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("room");
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(dir.join("other.pem"), other.cert.pem()).expect("room");
    let paths = [&cert, &key].map(|path| path.display().to_string());
    let server = Server::start(&["--tls", &paths[0], &paths[1], "--user", "office@mail.example", PASSWORD]);
    let place = Place::new();
    let scenario = SECURED.replace("PORT", &server.port.to_string()).replace("CA", &dir.join(ca).display().to_string());
    let mut command = place.command("run", &place.file("secured.yaml", &scenario), &["--quiet"]);
    let people =
        [("OFFICE", "office@mail.example"), ("FACTORY", "factory@mail.example"), ("GONE", "nobody@mail.example")];
    command.envs(people).env("PASSWORD", password);
    let books = Books::of(&place.ended(command.spawn().expect("the program starts")));
    (books, server.mails())
}

#[test]
fn mail_goes_by_tls_with_a_login_and_those_whom_the_server_declines_are_declined() {
    let dir = tempfile::tempdir().expect("room");
    let (books, mails) = secured(PASSWORD, "cert.pem", dir.path());
    let acknowledged = books.attempts("acknowledged");
    assert_eq!((acknowledged.len(), mails.len()), (20, 20), "{}", books.words);
    assert!(acknowledged.iter().all(|line| line["declined"] == serde_json::json!(["factory-2"])), "{acknowledged:?}");
    for mail in &mails {
        assert_eq!((&mail["tls"], &mail["login"]), (&true.into(), &"office@mail.example".into()), "{mail}");
        assert_eq!(mail["to"], serde_json::json!(["factory@mail.example"]), "{mail}");
        assert!(mail["text"].as_str().is_some_and(|text| text.starts_with("[fd ")), "{mail}");
        // Its Date is when it was due, cut to the second; it was begun within its deadline of two, and taken within two more.
        assert!((0.0..5.0).contains(&number(&mail["age"])), "{mail}");
    }
    assert!(!books.words.contains(PASSWORD) && !books.lines.iter().any(|line| line.to_string().contains(PASSWORD)));
}

#[test]
fn nothing_is_sent_to_whom_does_not_prove_himself_nor_without_the_right_password() {
    let dir = tempfile::tempdir().expect("room");
    let (books, mails) = secured(PASSWORD, "other.pem", dir.path());
    // A drill that is not steady ends early; by then one message was due, and more.
    let all = books.lines.iter().filter(|line| line["record"] == "attempt").count();
    assert!(all > 0 && books.attempts("not_sent").len() == all && mails.is_empty(), "{}", books.words);
    let (books, mails) = secured("wrong", "cert.pem", dir.path());
    let refused = books.attempts("refused");
    let all = books.lines.iter().filter(|line| line["record"] == "attempt").count();
    assert!(all > 0 && refused.len() == all && mails.is_empty(), "{}", books.words);
    assert!(refused.iter().all(|line| line["status"] == 535), "{refused:?}");
}

/// What smtplib is told by a twin that keeps its ledger in `dir`: all there is to say in the clear, or what STARTTLS comes to.
fn smtplib(dir: &Path, by_tls: bool) -> (BTreeMap<String, Value>, String) {
    let config = dir.join("twin.yaml");
    let users = "users: [bert@firedrill.example]\n\
        apps:\n  - { app_key: anna@firedrill.example, app_secret: s3cret, user: anna@firedrill.example }\n";
    std::fs::write(&config, users).expect("room");
    let mut twin = firedrill(["twin", "smtp", "--listen", "127.0.0.1:0", "--config"]);
    twin.arg(&config).arg("--ledger").arg(dir.join("ledger.jsonl"));
    if by_tls {
        twin.args(["--tls", "127.0.0.1:0", "--ca"]).arg(dir.join("ca"));
    }
    let mut twin = twin.spawn().expect("the program starts");
    let mut line = String::new();
    BufReader::new(twin.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
    let ready: Value = serde_json::from_str(&line).expect("JSON");
    let port = ready["smtp"].as_str().and_then(|url| url.strip_prefix("smtp://127.0.0.1:")).expect("an address");
    let mut client = Command::new("python3");
    client.arg(here("mail/client.py")).arg(port);
    if by_tls {
        client.arg(dir.join("ca/ca.pem"));
    }
    let said = succeed("smtplib", &mut client);
    let outcome = said
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|told| (told["what"].as_str().expect("a word").to_owned(), told["outcome"].clone()))
        .collect();
    // What is in its ledger is on disk when it has ended in order.
    succeed("kill", Command::new("kill").arg("-TERM").arg(twin.id().to_string()));
    twin.wait().expect("it ends");
    (outcome, said)
}

/// Everything begins anew within TLS, and there is no second TLS in it.
#[test]
fn smtplib_secures_its_connection_to_a_twin_by_starttls() {
    let dir = tempfile::tempdir().expect("room");
    let (outcome, said) = smtplib(dir.path(), true);
    let offered = ["offered", "offered again", "within"].map(|what| outcome[what] == true);
    assert_eq!(offered, [true, false, true], "{said}");
    let codes = ["begun", "login", "once more"].map(|what| outcome[what].as_u64());
    assert_eq!(codes, [Some(220), Some(235), Some(502)], "{said}");
    assert_eq!(outcome["sent"], serde_json::json!({}), "{said}");
    let taken = std::fs::read_to_string(dir.path().join("ledger.jsonl")).expect("a ledger");
    assert_eq!(taken.lines().count(), 1, "{taken}");
}

#[test]
fn smtplib_sends_to_a_twin_in_every_encoding_and_understands_its_refusals() {
    let dir = tempfile::tempdir().expect("room");
    let (outcome, said) = smtplib(dir.path(), false);
    let ledger = dir.path().join("ledger.jsonl");

    assert_eq!(outcome["without a login"]["code"], 530, "{said}");
    assert_eq!(outcome["wrong password"]["code"], 535, "{said}");
    assert_eq!((number(&outcome["login"]), number(&outcome["plain login"])), (235.0, 235.0), "{said}");
    let nothing = serde_json::json!({});
    let encodings = ["7bit", "8bit", "base64", "quoted-printable"];
    assert!(encodings.iter().all(|encoding| outcome[*encoding] == nothing), "{said}");
    assert_eq!(outcome["some decline"], serde_json::json!({ "nobody@firedrill.example": 550 }), "{said}");
    assert_eq!(outcome["all decline"]["refused"], serde_json::json!({ "nobody@firedrill.example": 550 }), "{said}");
    let codes = ["another's name", "too large"].map(|what| &outcome[what]["code"]);
    assert_eq!(codes, [&Value::from(553), &Value::from(552)], "{said}");
    assert_eq!((number(&outcome["no such command"]), number(&outcome["still there"])), (500.0, 250.0), "{said}");

    // What it took stands in its ledger: four encodings, and the one that a recipient declined.
    let taken = std::fs::read_to_string(&ledger).expect("a ledger");
    let taken: Vec<Value> = taken.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(taken.len(), encodings.len() + 1, "{taken:?}");
    for (line, encoding) in taken.iter().zip(encodings) {
        let word = if encoding == "7bit" { "plain" } else { "香港" };
        let text = format!("{encoding}: {word}\r\n.\r\n..dots");
        // smtplib ends lines as the way wants it; what is encoded keeps the ends that Python's `email` gave it.
        let text = if encoding == "base64" { format!("{encoding}: {word}\n.\n..dots\n") } else { text };
        assert_eq!(line["bytes"], text.len(), "{line} {encoding}");
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        let digest = digest.as_ref().iter().fold(String::new(), |digest, byte| digest + &format!("{byte:02x}"));
        assert_eq!(line["sha256"], digest, "{line} {encoding}");
        assert_eq!(line["recipients"], serde_json::json!(["bert@firedrill.example"]), "{line}");
    }
}
