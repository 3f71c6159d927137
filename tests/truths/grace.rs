//! Receipts that come when the drill has ended: up to when they are awaited, what those are that come later, and what the report says.

use crate::common::{number, read};
use crate::{Drill, REHEARSAL, count, play};

/// Δ: twenty messages a second. The last is due one gap before the phases are over.
const GAP: f64 = 0.05;
const END: f64 = 8.0;

/// How long receipts are awaited after the last acknowledgement of those that are missing.
const GRACE: f64 = 0.5;

/// Senders and platform are in one region: a request is there after 0.2 ms, and acknowledged 0.2 ms later.
const TRIP: f64 = 0.0002;

/// The drill looks every 10 ms whether it is over, and so ends by that much later than it might.
const LOOK: f64 = 0.01;

/// Who receives is so far from the platform that receipts take longer than everything else, and knows it before warm-up is over.
fn scenario(way: f64, inject: &str) -> String {
    format!(
        "firedrill: 1
name: grace
regions: {{ hk: {{}}, far: {{}} }}
links: {{ hk-far: {{ latency: {way:.4}s }} }}
endpoints: {{ dingtalk: {{ kind: dingtalk, edition: mainland, region: hk, limits: off }} }}
groups: {{ office: {{ count: 5, region: hk }}, factory: {{ count: 5, region: far }} }}
journeys: {{ order: {{ from: office, to: factory, rate: 20/s, deadline: 200ms, routes: [dingtalk] }} }}
phases: {{ warmup: 5s, fault: 3s }}
injects: {{ {inject} }}
grace: 500ms
targets:
  kept: {{ expr: \"lost == 0\", level: must }}
"
    )
}

/// It hits everything and is too short to be noticed.
const HARMLESS: &str = "late: { during: fault, latency: { endpoint: dingtalk, group: office, constant: 1us } }";
const HARM: f64 = 2.0 * 1e-6;

/// Messages of the drill, of which the first ones are in warm-up.
const MESSAGES: u64 = 160;
const WARM: u64 = 100;

/// What is told of the deliveries, and the last words on them in the report's two accounts of them.
fn are_lost(drill: &Drill, lost: u64) {
    let told = ["owed", "delivered", "lost", "undelivered", "pending", "received"].map(|what| drill.deliveries(what));
    let here = MESSAGES - lost;
    assert_eq!(told, [MESSAGES, here, lost, lost, 0, here], "{}", drill.played.told());
    // An acknowledgement is one, however late the receipt; and what came after the deadline, but before the drill was over, was delivered
    // and is not good.
    assert_eq!(
        (&drill.summary["messages"]["accepted"], count(&drill.summary["messages"]["indeterminate"])),
        (&MESSAGES.into(), 0)
    );
    assert_eq!(count(&drill.summary["journeys"][0]["good"]), 0);
    let target = &drill.summary["targets"][0];
    assert_eq!((count(&target["n"]), number(&target["observed"])), (MESSAGES - WARM, lost as f64), "{target}");
    let report = String::from_utf8(read(&drill.played.dir, "report.md")).expect("text");
    assert!(report.contains(&format!("**{MESSAGES} owed = {here} delivered + {lost} lost + 0 pending**")), "{report}");
    assert!(report.contains(
        "awaited for up to 500 ms after the latest of their acknowledgements; what came later counts as lost.\n"
    ));
}

/// The last acknowledgement, the grace, and the look after that: later receipts are lost, just those, and none that came before.
#[test]
fn what_comes_within_the_grace_is_delivered_and_what_comes_after_it_is_lost() {
    // From its acknowledgement to its receipt a message takes the way, but for the trip that the acknowledgement took.
    // The last message is lost if its receipt takes longer, and with it each that is due one more gap before it, and takes that one longer.
    for (beyond, lost) in [(-0.001, 0), (0.0, 0), (LOOK + 0.0001, 1), (LOOK + GAP, 2), (LOOK + 1.0, 21)] {
        let way = GRACE + beyond + TRIP;
        let drill = play(REHEARSAL, &scenario(way, HARMLESS), 1).ended(i32::from(lost > 0));
        are_lost(&drill, lost);
        // The drill says itself when it was over: not a look later than it had to wait.
        let seal = drill.records(&["seal"]);
        let acknowledged = END - GAP + 2.0 * TRIP + HARM;
        let over = acknowledged + if lost == 0 { GRACE.min(way - TRIP) } else { GRACE };
        let told = number(&seal[0]["at_s"]);
        assert!((over - 1e-6..=over + LOOK + 1e-6).contains(&told), "{told} is not {over}");
    }
}

/// Nobody owes what nobody acknowledged: it is received as long as the drill waits for something else, and is never lost.
#[test]
fn what_was_never_acknowledged_is_not_awaited_and_the_report_says_so() {
    let mute = "mute: { during: fault, drop_reply: { endpoint: dingtalk, capability: chat, how: silence } }";
    // The phases end, and with them the inject and the attempts that it held: nothing is left to wait for.
    let way = GRACE - 0.001;
    let drill = play(REHEARSAL, &scenario(way, mute), 1).ended(3);
    // Nine are due in the 0.4492 s that the last one is due after the first one that is still under way.
    let under_way = (0..MESSAGES).filter(|back| *back as f64 * GAP < way + TRIP - GAP).count() as u64;
    assert_eq!(under_way, 9);
    let told = ["owed", "delivered", "lost", "unacknowledged", "undelivered"].map(|what| drill.deliveries(what));
    assert_eq!(told, [WARM, WARM, 0, MESSAGES - WARM - under_way, under_way], "{}", drill.played.told());
    assert_eq!(drill.summary["messages"]["indeterminate"], MESSAGES - WARM);
    // None lost of none that was owed shows nothing.
    let target = &drill.summary["targets"][0];
    assert_eq!((&target["verdict"], &target["why"]), (&"inconclusive".into(), &"nothing was owed".into()), "{target}");
    let report = String::from_utf8(read(&drill.played.dir, "report.md")).expect("text");
    let said = "what came later counts as lost. Receipts of messages that nobody had acknowledged were not awaited.\n";
    assert!(report.contains(said), "{report}");
}
