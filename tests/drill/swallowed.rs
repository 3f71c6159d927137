//! Handshakes that a `blackhole` swallows, and that get through when they are tried again: whom that hit is known all the same.

use firedrill::draw::Seed;
use firedrill::world::enter_sockets;

use crate::told::Told;

in_both!(a_message_that_was_late_by_its_handshake_was_hit, a_question_that_was_late_by_its_handshake_was_hit,);

/// Each message of the first 4 s is of another account, which has no connection yet. Nobody's handshake is answered from 2 s to 2.9 s; each
/// is tried again a second later, after the lift.
const CHAT: &str = "
firedrill: 1
name: swallowed
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 3ms } }
endpoints: { far: { kind: dingtalk, edition: lite, region: shenzhen, limits: off } }
groups: { factory: { count: 1, region: shenzhen }, office: { count: 40, region: hk } }
journeys: { order: { from: office, to: factory, send: chat, rate: 10/s, deadline: 300ms, timeout: 5s, routes: [far] } }
phases: { baseline: 2s, fault: 3s, recovery: 2s }
injects: { hole: { during: fault, for: 900ms, blackhole: { endpoint: far } } }
grace: 2s
targets: { back: { expr: \"recovery_time{inject=hole} <= 3s\", level: must } }
";

/// A gateway asks for each message whether it may leave, and waits a second for it: as long as it takes until TCP tries again.
const INSPECTED: &str = "
firedrill: 1
name: swallowed
regions: { hk: {} }
endpoints:
  lite: { kind: dingtalk, edition: lite, region: hk, limits: off }
  guard: { kind: dlp, region: hk }
  hub: { kind: gateway, region: hk, rules: [{ to: [lite] }], dlp: guard, dlp_timeout: TIMEOUT, when_dlp_fails: open }
groups: { office: { count: 5, region: hk }, factory: { count: 1, region: hk } }
journeys: { order: { from: office, to: factory, send: chat, rate: 5/s, deadline: 5s, timeout: 5s, routes: [hub] } }
phases: { baseline: 2s, fault: 3s, recovery: 3s }
injects: { hole: { during: fault, blackhole: { endpoint: guard } } }
targets: { arrived: { expr: \"undelivered == 0\", level: must } }
";

/// Plays a drill, but not over sockets where the system lets only the privileged drop handshakes: the plan is then refused, which has tests
/// of its own.
fn play(world: &str, text: &str, changes: &[(&str, &str)]) -> Option<Told> {
    let can = world != "run"
        || enter_sockets(Seed(7), async |world| world.net.can_swallow().is_ok()).expect("a sockets world");
    can.then(|| Told::by(world, "swallowed.yaml", text.to_owned(), changes))
}

/// As many messages were hit as handshakes were swallowed: one each.
#[track_caller]
fn each_hit_is_a_messages(told: &Told, least: u64) {
    let inject = &told.summary["injects"][0];
    assert!(told.hits() >= least, "{inject}");
    assert_eq!(inject["message_hits"], inject["hits"], "{}", told.words);
}

#[track_caller]
fn the_outage_is_the_injects(told: &Told) {
    let outages = told.summary["journeys"][0]["outages"].as_array().expect("outages");
    let (recovery, why) = (&told.summary["recovery"][0], &told.words);
    assert_eq!(outages.len(), 1, "{why}");
    assert_eq!(recovery["start_s"], outages[0]["start_s"], "{recovery} {why}");
    assert_eq!((&recovery["inject"], &recovery["outcome"]), (&"hole".into(), &"recovered".into()), "{why}");
    assert_eq!(told.summary["verdict"], "pass", "{why}");
}

mod cases {
    use super::*;

    /// Nine are due within the 0.9 s, each of an account that knocks for it. On a busy machine one may be sent after the lift.
    pub(super) fn a_message_that_was_late_by_its_handshake_was_hit(world: &str) {
        let Some(told) = play(world, CHAT, &[]) else { return };
        each_hit_is_a_messages(&told, 8);
        assert_eq!(told.attempts("acknowledged").len(), 70, "{}", told.words);
        the_outage_is_the_injects(&told);
    }

    /// Of the fifteen due within the 3 s the first may find the connection of the one before.
    pub(super) fn a_question_that_was_late_by_its_handshake_was_hit(world: &str) {
        for timeout in ["1s", "3500ms"] {
            let Some(told) = play(world, INSPECTED, &[("TIMEOUT", timeout)]) else { return };
            each_hit_is_a_messages(&told, 13);
            assert_eq!(told.delivery("delivered"), 40, "{}", told.words);
        }
    }
}

/// Whoever knocks, and whatever he speaks.
#[test]
fn whatever_is_spoken() {
    let platform = "kind: dingtalk, edition: lite, region: shenzhen, limits: off";
    let service = "kind: http, region: shenzhen, \
        send: { path: /messages, json: '{\"to\": \"{to}\", \"text\": \"{text}\"}' }, success: { status: 202 }";
    let lines = "kind: tcp, region: shenzhen, framing: crlf, send: { text: \"SEND {to} {text}\" }, taken: { text: OK }";
    for (kind, send) in [
        ("kind: teams, region: shenzhen, limits: off", "send: chat"),
        ("kind: matrix, region: shenzhen, limits: off", "send: chat"),
        ("kind: smtp, region: shenzhen", "send: chat"),
        (service, "send: chat"),
        (lines, "send: chat"),
        ("kind: documents, region: shenzhen", "send: edit, documents: [plan]"),
    ] {
        let sent_to = if send == "send: chat" { "to: factory, " } else { "" };
        let changes = [(platform, kind), ("to: factory, ", sent_to), ("send: chat", send)];
        let told = play("rehearse", CHAT, &changes).expect("in memory");
        each_hit_is_a_messages(&told, 8);
    }
}
