//! Somebody is really locked out, by Synapse itself: an `http` inject asks its administrator's interface to, and its undo asks it to let him in
//! again. What the server says is the witness, before, while and after; also when the drill is killed between the two.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::{Place, Played, firedrill, number, pause, records};
use crate::server::Synapse;

/// The buyer is locked out for three of eight seconds. His orders go on by another way, his notes know none, and his mate is not locked out.
const DRILL: &str = r#"
firedrill: 1
name: lock
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  chat:
    CHAT
    credentials:
      buyer: { token: "${BUYER}" }
      mate: { token: "${MATE}" }
      factory: { token: "${FACTORY}" }
  lite: { kind: dingtalk, edition: lite, region: hk, limits: off }
groups: { buyer: { count: 1, region: hk }, mate: { count: 1, region: hk }, factory: { count: 1, region: shenzhen } }
journeys:
  order:
    from: buyer
    to: factory
    rate: 5/s
    deadline: 2s
    routes: [chat, lite]
    failover: { by: journey, after: { failures: 3 }, decide: 300ms, resend: unconfirmed, back: never }
  note: { from: buyer, to: factory, rate: 5/s, deadline: 2s, routes: [chat] }
  spared: { from: mate, to: factory, rate: 5/s, deadline: 2s, routes: [chat] }
phases: { baseline: 2s, locked: { kind: fault, for: 3s }, recovery: 3s }
injects:
  lock:
    during: locked
    http:
      do: { method: PUT, url: "URL/_synapse/admin/v2/users/@buyer:firedrill.test", headers: { authorization: "Bearer ${ADMIN}" }, body: '{"locked": true}', expect: 200 }
      undo: { method: PUT, url: "URL/_synapse/admin/v2/users/@buyer:firedrill.test", headers: { authorization: "Bearer ${ADMIN}" }, body: '{"locked": false}', expect: 200 }
grace: 10s
targets:
  spared: { expr: "lost{journey=spared} == 0", level: must }
  orders: { expr: "undelivered{journey=order} == 0", level: must }
"#;

const PEOPLE: [&str; 3] = ["buyer", "mate", "factory"];

/// A drill over a server.
fn drill(synapse: &Synapse, place: &Place) -> Command {
    let file = place.file("lock.yaml", &synapse.described(DRILL));
    let mut command = place.command("run", &file, &["--quiet", "--allow-actions"]);
    command.env("ROOM", synapse.room()).env("ADMIN", synapse.admin());
    for name in PEOPLE {
        command.env(name.to_ascii_uppercase(), synapse.token(name));
    }
    command
}

/// Cleans up, with this for the administrator's token.
fn clean(place: &Place, admin: Option<&str>, more: &[&str]) -> Played {
    let mut command = firedrill(["clean"]);
    command.arg(place.reports()).args(more).env_remove("ADMIN");
    if let Some(admin) = admin {
        command.env("ADMIN", admin);
    }
    place.ended(command.spawn().expect("the program starts"))
}

/// Waits until the server has locked the buyer out, at most 30 s: fifteen times as long as the drill says, since others use this machine.
fn await_lock(synapse: &Synapse) {
    for _ in 0..600 {
        if synapse.has_locked("buyer") {
            return;
        }
        pause(50);
    }
    panic!("nobody was ever locked out");
}

/// What the server says to a request of the buyer's: a status, and its word for a no.
fn buyer(synapse: &Synapse) -> (u16, String) {
    let (status, answer) = synapse.ask(synapse.token("buyer"), "/_matrix/client/v3/account/whoami");
    (status, answer["errcode"].as_str().unwrap_or_default().to_owned())
}

/// Every file under a directory.
fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Nothing that was written down or said has the administrator's token.
fn keeps_the_secret(synapse: &Synapse, place: &Place, said: &[&Played]) {
    let token = synapse.admin();
    let all = files(&place.reports());
    assert!(all.iter().any(|path| path.ends_with("undo.jsonl")), "{all:?}");
    for path in all {
        let bytes = fs::read(&path).expect("a file");
        assert!(!bytes.windows(token.len()).any(|some| some == token.as_bytes()), "{}", path.display());
    }
    assert!(said.iter().all(|played| !played.told().contains(token)), "the secret is told");
}

#[test]
fn whoever_is_really_locked_out_is_refused_goes_on_by_another_way_and_is_let_in_again() {
    let synapse = Synapse::start(&PEOPLE);
    let place = Place::new();
    assert_eq!(buyer(&synapse), (200, String::new()));
    let child = drill(&synapse, &place).spawn().expect("the program starts");
    await_lock(&synapse);
    assert_eq!(buyer(&synapse), (401, "M_USER_LOCKED".into()));
    let played = place.ended(child);
    assert_eq!(played.code, Some(0), "{}", played.told());
    assert!(!synapse.has_locked("buyer"), "{}", played.told());
    assert_eq!(buyer(&synapse), (200, String::new()), "the same token is good again");

    let summary = played.summary();
    let inject = &summary["injects"][0];
    let calls = inject["action"]["calls"].as_array().expect("calls");
    assert!(calls.len() == 2 && calls.iter().all(|call| call["status"] == 200 && call["end"] == "done"), "{inject}");
    let (applied, lifted) = (number(&inject["applied_s"]), number(&inject["lifted_s"]));
    // It is in force for what the drill says, and an attempt that began within it may end without.
    let began = |call: &Value| number(&call["began_s"]);
    let lines = records(&played.dir);
    let attempts = |journey: &str, from: f64, to: f64| -> Vec<&Value> {
        let of = lines.iter().filter(|line| line["record"] == "attempt" && line["status"].is_number());
        let named = of.filter(|line| line["message"].as_str().is_some_and(|name| name.starts_with(journey)));
        named.filter(|line| (from..to).contains(&number(&line["sent_s"]))).collect()
    };
    // 5/s for the three seconds, of which the server takes some for its own answers; two thirds have to be left.
    // One that was under way when the undo began may be answered after it.
    let undone = began(&calls[1]);
    let notes: Vec<_> =
        attempts("note", applied, undone).into_iter().filter(|line| number(&line["done_s"]) < undone).collect();
    assert!(notes.len() >= 10, "{notes:?}");
    for line in &notes {
        assert_eq!((&line["status"], &line["code"]), (&401.into(), &"M_USER_LOCKED".into()), "{line}");
    }
    // Whatever else is refused was on its way when he was locked out, or before he was let in: nothing is on its way longer than 2 s.
    let refused = attempts("", 0.0, f64::MAX).into_iter().filter(|line| line["ending"] == "refused");
    for line in refused {
        assert!((began(&calls[0]) - 2.0..lifted).contains(&number(&line["sent_s"])), "{line}");
    }
    let after = attempts("note", lifted, f64::MAX);
    assert!(!after.is_empty() && after.iter().all(|line| line["ending"] == "acknowledged"), "{after:?}");
    let spared = attempts("spared", 0.0, f64::MAX);
    assert!(spared.len() == 40 && spared.iter().all(|line| line["ending"] == "acknowledged"), "{spared:?}");
    // The orders went over to the other way, and arrived.
    let switched = |line: &&Value| line["event"] == "switched" && line["to"] == "lite";
    assert_eq!(lines.iter().filter(switched).count(), 1, "{}", played.told());
    // What he could not say meanwhile is blamed on the lock.
    let note = summary["journeys"].as_array().expect("journeys").iter().find(|one| one["id"] == "note").expect("notes");
    assert!(number(&note["blame"]["injected"]) >= 10.0 && note["blame"]["system"] == 0, "{note}");
    keeps_the_secret(&synapse, &place, &[&played]);
    assert_eq!(clean(&place, None, &[]).code, Some(0));
}

#[test]
fn a_drill_that_is_killed_leaves_him_locked_out_and_cleaning_up_lets_him_in() {
    let mut synapse = Synapse::start(&PEOPLE);
    let place = Place::new();
    let mut child = drill(&synapse, &place).spawn().expect("the program starts");
    await_lock(&synapse);
    child.kill().expect("it is ours");
    let killed = place.ended(child);
    assert_eq!(killed.code, None, "by a signal: {}", killed.told());
    assert!(synapse.has_locked("buyer"));

    let listed = clean(&place, None, &[]);
    assert_eq!(listed.code, Some(6), "{}", listed.told());
    for said in ["lock, since", "undone by: PUT ", "@buyer:firedrill.test", "${ADMIN}", r#"{\"locked\": false}"#] {
        assert!(listed.out.contains(said), "{said}: {}", listed.told());
    }
    assert!(synapse.has_locked("buyer"), "whoever looks changes nothing");

    // Without the token, with one that is none, and with a server that is down it is not undone, and stays listed.
    let admin = synapse.admin().to_owned();
    let unset = clean(&place, None, &["--allow-actions"]);
    assert!(unset.code == Some(6) && unset.err.contains("`ADMIN` is not set"), "{}", unset.told());
    let wrong = clean(&place, Some("syt_nobody_0"), &["--allow-actions"]);
    assert!(wrong.code == Some(6) && wrong.err.contains("answered 401, and not 200"), "{}", wrong.told());
    synapse.order("stop");
    let down = clean(&place, Some(&admin), &["--allow-actions"]);
    assert!(down.code == Some(6) && down.err.contains("cannot reach"), "{}", down.told());
    synapse.order("start");
    assert_eq!(clean(&place, None, &["--dry-run"]).out, listed.out, "as before");
    assert!(synapse.has_locked("buyer"));

    let cleaned = clean(&place, Some(&admin), &["--allow-actions"]);
    assert_eq!(cleaned.code, Some(0), "{}", cleaned.told());
    assert!(!synapse.has_locked("buyer"));
    assert_eq!(buyer(&synapse), (200, String::new()));
    for more in [&["--allow-actions"][..], &[]] {
        let again = clean(&place, Some(&admin), more);
        assert_eq!((again.code, again.out.as_str()), (Some(0), ""), "{}", again.told());
    }
    keeps_the_secret(&synapse, &place, &[&killed, &listed, &unset, &wrong, &down, &cleaned]);
}
