//! How much `firedrill twin` takes, and what it needs for whoever receives: robot messages a second by wrk, and resident memory of 5,000
//! standing connections, as inboxes and in Stream mode. Run with `cargo bench --bench twin` (under a minute); docs/performance.md has what came out.
//!
//! The twin is a process of its own, and so is wrk; on two cores they share these. wrk comes from Debian: `apt-get install wrk`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it measures real time over real sockets, and its figures are its purpose"
)]

mod running;
mod stream;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use running::Twin;

/// Rounds of each measurement; the median is shown.
const ROUNDS: usize = 3;

/// How long wrk asks, in seconds.
const SECONDS: u32 = 5;

/// Connections that stand open at once, each of its own user.
const SOCKETS: usize = 5_000;

/// Users to whom one robot message goes.
const AT_ONCE: usize = 20;

/// Users who are written to in turn: a mailbox holds 100,000 messages, and nobody reads them here.
const USERS: usize = 1_000;

fn main() -> ExitCode {
    if let Err(error) = running::raise_descriptors() {
        eprintln!("twin: {error}");
        return ExitCode::FAILURE;
    }
    let played = messages().and_then(|()| inboxes()).and_then(|()| streams());
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("twin: {error}");
            ExitCode::FAILURE
        }
    }
}

fn messages() -> Result<(), String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let ledger = folder.join("twin-ledger.jsonl");
    for (what, args) in [
        ("plain", &["dingtalk", "--limits", "off"][..]),
        ("with a ledger", &["dingtalk", "--limits", "off", "--ledger", &ledger.display().to_string()]),
    ] {
        let mut rates = Vec::new();
        for _ in 0..ROUNDS {
            let twin = Twin::start(args)?;
            let script = folder.join("twin.lua");
            std::fs::write(&script, lua(&twin.token()?)).map_err(|error| format!("{}: {error}", script.display()))?;
            let before = twin.cpu();
            let rate = wrk(&twin, &script)?;
            let cpu = (twin.cpu() - before) * 1e6 / (rate * f64::from(SECONDS));
            rates.push((rate, cpu));
        }
        // It may not be there, and is of no use any more.
        let _ = std::fs::remove_file(&ledger);
        rates.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (rate, cpu) = rates[ROUNDS / 2];
        let all: Vec<_> = rates.iter().map(|(rate, _)| format!("{rate:.0}")).collect();
        println!(
            "robot messages, {what}: {rate:.0}/s, {cpu:.1} µs of the twin's processor time each ({})",
            all.join(", ")
        );
    }
    Ok(())
}

/// 64 connections that send one message after another, to each user in turn.
fn lua(token: &str) -> String {
    let text = "[fd 0.17] order 17: the goods leave Shenzhen on the next truck; please confirm count, colour and carton marks. \
                the goods leave Shenzhen on the next truck; please confirm count, colour, carton.";
    let mut script = String::from("local requests = {}\nlocal at = 0\nfunction init()\n");
    let _ = writeln!(script, "  for user = 1, {USERS} do");
    let _ = writeln!(
        script,
        "    local body = '{{\"robotCode\":\"bench\",\"userIds\":[\"user-' .. user .. '\"],\"msgKey\":\"sampleText\",\
         \"msgParam\":\"{{\\\\\"content\\\\\":\\\\\"{text}\\\\\"}}\"}}'"
    );
    let _ = writeln!(
        script,
        "    requests[user] = wrk.format('POST', '{}', {{['content-type'] = 'application/json', \
         ['x-acs-dingtalk-access-token'] = '{token}', ['host'] = 'api.dingtalk.com'}}, body)",
        running::SEND
    );
    let _ = writeln!(script, "  end\nend\nfunction request()\n  at = at % {USERS} + 1\n  return requests[at]\nend");
    script
}

/// Requests a second.
fn wrk(twin: &Twin, script: &Path) -> Result<f64, String> {
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", "-c64", "--timeout", "2s"]).arg(format!("-d{SECONDS}s")).arg("-s").arg(script);
    let output = wrk.arg(format!("http://{}", twin.http)).output();
    let output = output.map_err(|error| format!("wrk (Debian: apt-get install wrk): {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if let Some(bad) = text.lines().find(|line| line.contains("Non-2xx") || line.contains("Socket errors")) {
        return Err(format!("wrk: {}", bad.trim()));
    }
    let rate = text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:")?.trim().parse().ok());
    rate.ok_or_else(|| format!("wrk had no answers: {}", text.trim()))
}

fn inboxes() -> Result<(), String> {
    let each = (0..ROUNDS).map(|_| {
        let twin = Twin::start(&["dingtalk", "--limits", "off"])?;
        // What is needed once is not counted.
        drop(twin.inbox("first")?);
        let before = twin.resident_kib();
        let open = (0..SOCKETS).map(|n| twin.inbox(&user(n))).collect::<Result<Vec<_>, _>>()?;
        Ok((twin.resident_kib() - before) / open.len() as f64)
    });
    tell("inboxes", each.collect::<Result<_, String>>()?);
    Ok(())
}

/// Connections as DingTalk's own client library opens them, first idle, then after each has been pushed a message and has acknowledged it.
/// What a message leaves behind is not the connection's: as much is taken off as the same messages cost where nobody is connected.
fn streams() -> Result<(), String> {
    let (mut idle, mut used) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let twin = Twin::start(&["dingtalk", "--limits", "off"])?;
        drop(twin.stream("first")?);
        let token = twin.token()?;
        let nobody = twin.resident_kib();
        write_to_all(&twin, &token, |n| format!("nobody-{n}"))?;
        let before = twin.resident_kib();
        let messages = before - nobody;
        let mut open = (0..SOCKETS).map(|n| twin.stream(&user(n))).collect::<Result<Vec<_>, _>>()?;
        let opened = twin.resident_kib();
        write_to_all(&twin, &token, user)?;
        open.iter_mut().try_for_each(stream::take)?;
        idle.push((opened - before) / open.len() as f64);
        used.push((twin.resident_kib() - before - messages) / open.len() as f64);
    }
    tell("Stream connections, idle", idle);
    tell("Stream connections, each after a message", used);
    Ok(())
}

fn user(number: usize) -> String {
    format!("user-{number}")
}

/// A robot message to every user.
fn write_to_all(twin: &Twin, token: &str, user: impl Fn(usize) -> String) -> Result<(), String> {
    for first in (0..SOCKETS).step_by(AT_ONCE) {
        let users: Vec<_> = (first..first + AT_ONCE).map(&user).collect();
        let param = serde_json::json!({ "content": "the goods leave Shenzhen on the next truck" }).to_string();
        let message =
            serde_json::json!({ "robotCode": "bench", "userIds": users, "msgKey": "sampleText", "msgParam": param });
        let answer = twin.post(running::SEND, token, &message)?;
        if !answer["processQueryKey"].is_string() {
            return Err(format!("the message was not taken: {answer}"));
        }
    }
    Ok(())
}

fn tell(what: &str, mut each: Vec<f64>) {
    each.sort_by(f64::total_cmp);
    let all: Vec<_> = each.iter().map(|kib| format!("{kib:.1}")).collect();
    println!("{SOCKETS} {what}: {:.1} KiB of the twin's resident memory each ({})", each[ROUNDS / 2], all.join(", "));
}
