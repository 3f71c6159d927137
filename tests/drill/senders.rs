//! How the senders behave: rates that change, and what one account can do at a time.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::common::{Place, Played, number, records, say};

/// Two senders and as many recipients, one route without a fault of its own.
const SENDERS: &str = "\
firedrill: 1
name: senders
regions: { hk: {} }
endpoints: { dingtalk: { kind: dingtalk, edition: mainland, region: hk, limits: off } }
groups: { office: { count: 2, region: hk }, factory: { count: 2, region: hk } }
journeys:
  order: { from: office, to: factory, rate: 10/s, deadline: 1s, routes: [dingtalk] }
phases: { baseline: 2s, fault: 3s, recovery: 1s }
injects: { slow: { during: fault, latency: { endpoint: dingtalk, constant: 1ms } } }
targets: { arrived: { expr: \"undelivered == 0\", level: must } }
";

/// Both accounts that send.
const OFFICE: [&str; 2] = ["office-1", "office-2"];

struct Attempt {
    free: f64,
    sent: f64,
    done: f64,
    connection: String,
}

struct Senders {
    place: Place,
    played: Played,
    lines: Vec<Value>,
}

/// Plays the drill with other words, and reads its journal. `files` stand beside the scenario until it has been played.
fn play(world: &str, changes: &[(&str, &str)], files: &[(&str, &str)]) -> Senders {
    let text = changes.iter().fold(SENDERS.to_owned(), |text, (words, instead)| {
        assert!(text.contains(words), "no `{words}`");
        text.replace(words, instead)
    });
    let place = Place::new();
    let file = place.file("senders.yaml", &text);
    let beside: Vec<_> = files.iter().map(|(name, text)| place.file(name, text)).collect();
    let played = crate::play(&place, world, &file, &["--quiet"]);
    for file in beside {
        fs::remove_file(file).expect("it was there");
    }
    let lines = records(&played.dir);
    Senders { place, played, lines }
}

impl Senders {
    fn of(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.lines.iter().filter(move |line| line["record"] == kind)
    }

    fn due(&self) -> Vec<f64> {
        self.of("message").map(|line| number(&line["due_s"])).collect()
    }

    /// Begin, end, when it was free to begin, and connection of every attempt of an account, in the order of their beginnings.
    fn attempts(&self, account: &str) -> Vec<Attempt> {
        let from = self.of("message").filter(|line| line["account"] == account);
        let own: BTreeSet<_> = from.map(|line| line["message"].to_string()).collect();
        let of = self.of("attempt").filter(|line| own.contains(&line["message"].to_string()));
        let mut attempts: Vec<_> = of
            .map(|line| Attempt {
                free: number(&line["slot_at_s"]),
                sent: number(&line["sent_s"]),
                done: number(&line["done_s"]),
                connection: line["connection"].to_string(),
            })
            .collect();
        attempts.sort_by(|a, b| a.sent.total_cmp(&b.sent).then(a.done.total_cmp(&b.done)));
        attempts
    }
}

fn is_near(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-6
}

/// 2 s at 10/s, 2 s from 10/s to 30/s, 1 s at 30/s, 1 s at 20/s: 20, 40 + 30, 20.
fn a_rate_that_changes(world: &str) {
    let rate = "rate: { phases: { baseline: 10/s, fault: { from: 10/s, to: 30/s, over: 2s }, recovery: 20/s } }";
    let senders = play(world, &[("rate: 10/s", rate)], &[]);
    assert_eq!(senders.played.code, Some(0), "{}", senders.played.told());
    let due = senders.due();
    assert_eq!(due.len(), 110);
    for phase in [(0.0, 2.0, 20), (2.0, 5.0, 70), (5.0, 6.0, 20)] {
        let (start, end, expected) = phase;
        let found = due.iter().filter(|due| (start..end).contains(*due)).count();
        assert_eq!(found, expected, "{phase:?}");
    }
    // The ramp's n-th message, at 10 t + 5 t² = n.
    let of_ramp = |n: f64| 2.0 + (0.2 * n + 1.0).sqrt() - 1.0;
    assert!(is_near(due[30], of_ramp(10.0)) && is_near(due[59], of_ramp(39.0)), "{} {}", due[30], due[59]);
    assert!(is_near(due[90], 5.0) && is_near(due[91], 5.05), "{} {}", due[90], due[91]);
}

#[test]
fn a_rate_changes_with_the_phases_virtual() {
    a_rate_that_changes("rehearse");
}

#[test]
fn a_rate_changes_with_the_phases_sockets() {
    a_rate_that_changes("run");
}

/// One rate after another and one that rises over the whole drill, whatever phase it is; counts of seconds, spread evenly over each.
fn other_rates(world: &str) {
    let counts = "# as a gateway's log has them\n4\n0\n8\n2\n1\n5\n7\n";
    let due = |rate: &str| {
        let senders = play(world, &[("rate: 10/s", rate)], &[("counts.txt", counts)]);
        assert_eq!(senders.played.code, Some(0), "{}", senders.played.told());
        senders.due()
    };
    // 1.5 s at 10/s, 2.5 s at 40/s, 2 s at 20/s.
    let steps = due("rate: { steps: [{ rate: 10/s, for: 1500ms }, { rate: 40/s, for: 2500ms }, { rate: 20/s }] }");
    let within = |from: f64, to: f64| steps.iter().filter(|due| (from..to).contains(*due)).count();
    assert_eq!([within(0.0, 1.5), within(1.5, 4.0), within(4.0, 6.0)], [15, 100, 40], "{steps:?}");
    assert!(is_near(steps[15], 1.5) && is_near(steps[16], 1.525) && is_near(steps[115], 4.0), "{steps:?}");
    // The n-th message of a ramp from 10/s to 70/s over 6 s is due when 10 t + 5 t² = n: 240 of them.
    let ramp = due("rate: { ramp: { from: 10/s, to: 70/s } }");
    let at = |n: usize| (0.2 * n as f64 + 1.0).sqrt() - 1.0;
    assert_eq!(ramp.len(), 240);
    assert!((0..240).all(|n| is_near(ramp[n], at(n))), "{ramp:?}");
    let counted = due("rate: { recorded: { file: counts.txt, every: 1s } }");
    let within = |second: f64| counted.iter().filter(|due| (second..second + 1.0).contains(*due)).count();
    let each = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0].map(within);
    assert_eq!(each, [4, 0, 8, 2, 1, 5], "the seventh second is after the drill: {counted:?}");
    assert!(counted[..4].windows(2).all(|pair| is_near(pair[1] - pair[0], 0.25)), "{counted:?}");
}

#[test]
fn rates_in_steps_in_ramps_and_by_counts_virtual() {
    other_rates("rehearse");
}

#[test]
fn rates_in_steps_in_ramps_and_by_counts_sockets() {
    other_rates("run");
}

/// What was recorded is due again, and the journal alone is enough when the recording is gone.
fn a_recording(world: &str) {
    let moments =
        "0s\n20ms\n20ms\n500ms\n1s\n# the fault begins at 2s\n2.5s\n3s\n4.999999999s\n5.5s\n7s # after the drill\n";
    let change = [("rate: 10/s", "rate: { recorded: trace.txt }")];
    let senders = play(world, &change, &[("trace.txt", moments)]);
    assert_eq!(senders.played.code, Some(0), "{}", senders.played.told());
    let expected = [0.0, 0.02, 0.02, 0.5, 1.0, 2.5, 3.0, 4.999_999_999, 5.5];
    let due = senders.due();
    assert!(due.len() == expected.len() && due.iter().zip(expected).all(|(due, at)| is_near(*due, at)), "{due:?}");
    assert_eq!(number(&senders.played.summary()["messages"]["intended"]).to_bits(), 9_f64.to_bits());

    let alone = senders.place.path().join("alone");
    fs::create_dir(&alone).expect("room");
    fs::rename(senders.played.dir.join("journal"), alone.join("journal")).expect("it moves");
    let judged = say(["judge", &alone.display().to_string()]);
    assert_eq!(judged.code, Some(0), "{}", judged.told());
}

#[test]
fn a_recording_is_played_again_virtual() {
    a_recording("rehearse");
}

#[test]
fn a_recording_is_played_again_sockets() {
    a_recording("run");
}

/// What is due is a function of the scenario and the seed, and not of the world.
#[test]
fn a_poisson_process_is_the_same_in_both_worlds() {
    let change = [("rate: 10/s", "rate: 40/s, arrival: poisson"), ("name: senders", "name: senders\nseed: 5")];
    let [virtual_, sockets] = ["rehearse", "run"].map(|world| play(world, &change, &[]));
    assert_eq!(sockets.played.code, Some(0), "{}", sockets.played.told());
    assert_eq!(virtual_.due(), sockets.due());
}

#[test]
fn a_poisson_process_follows_a_rate_that_changes() {
    let rate = "rate: { phases: { baseline: 100/s, fault: 400/s, recovery: 50/s } }, arrival: poisson";
    let of_seed = |seed: &str| {
        play("rehearse", &[("rate: 10/s", rate), ("name: senders", &format!("name: senders\nseed: {seed}"))], &[])
    };
    let (one, same, other) = (of_seed("1"), of_seed("1"), of_seed("2"));
    assert_eq!(one.due(), same.due());
    assert_ne!(one.due(), other.due());
    for (start, end, mean) in [(0.0, 2.0, 200.0_f64), (2.0, 5.0, 1_200.0), (5.0, 6.0, 50.0)] {
        let count = one.due().iter().filter(|due| (start..end).contains(*due)).count() as f64;
        // Five standard deviations.
        assert!((count - mean).abs() < 5.0 * mean.sqrt(), "{count} of {mean}");
    }
}

/// One message of each account in the baseline, and at 2.5 s four of each at once, each of which takes 100 ms to arrive.
fn at_once(world: &str, per_account: &str) -> Senders {
    let changes = [
        ("rate: 10/s", &format!("rate: {{ recorded: trace.txt }}, per_account: {{ {per_account} }}")[..]),
        ("constant: 1ms", "constant: 100ms, direction: to-endpoint, capability: chat"),
    ];
    let moments = ["500ms\n"; 2].into_iter().chain(["2.5s\n"; 8]).collect::<String>();
    let senders = play(world, &changes, &[("trace.txt", &moments)]);
    assert_eq!(senders.of("message").count(), 10, "everything is due, whoever is busy");
    senders
}

/// The attempts of an account at what was due at once.
fn of_four(senders: &Senders, account: &str) -> Vec<Attempt> {
    let mut attempts = senders.attempts(account);
    attempts.remove(0);
    attempts
}

/// The travel inside a region and the twin take a millisecond of virtual time at most; over sockets nothing is early, and a busy machine
/// is late by as much as it likes.
fn took(world: &str, found: f64, expected: f64) {
    let late = found - expected;
    assert!(late > -1e-6 && (world == "run" || late < 0.005), "{found} instead of {expected}");
}

fn one_at_a_time(world: &str) {
    let senders = at_once(world, "in_flight: 1");
    assert_eq!(senders.played.code, Some(0), "{}", senders.played.told());
    for account in OFFICE {
        let attempts = of_four(&senders, account);
        assert_eq!(attempts.len(), 4);
        for (n, attempt) in attempts.iter().enumerate() {
            took(world, attempt.sent, 2.5 + 0.1 * n as f64);
            took(world, attempt.done, attempt.sent + 0.1);
        }
        // It was free to begin when the one before had ended: what it waited is the account's, not the sender's.
        assert!(is_near(attempts[0].free, 2.5));
        assert!(attempts.windows(2).all(|pair| is_near(pair[1].free, pair[0].done)));
    }
}

#[test]
fn an_account_has_as_many_under_way_as_it_may_virtual() {
    one_at_a_time("rehearse");
    // Two at a time: two begin at once, and two when these have ended.
    let attempts = of_four(&at_once("rehearse", "in_flight: 2"), "office-1");
    for (attempt, sent) in attempts.iter().zip([2.5, 2.5, 2.6, 2.6]) {
        took("rehearse", attempt.sent, sent);
    }
    // Any number.
    assert!(of_four(&at_once("rehearse", ""), "office-1").iter().all(|attempt| is_near(attempt.sent, 2.5)));
}

#[test]
fn an_account_has_as_many_under_way_as_it_may_sockets() {
    one_at_a_time("run");
}

/// The attempts have begun, and wait for a connection.
fn one_connection(world: &str) {
    let senders = at_once(world, "connections: 1");
    assert_eq!(senders.played.code, Some(0), "{}", senders.played.told());
    for account in OFFICE {
        let mut attempts = of_four(&senders, account);
        let connections: BTreeSet<_> = attempts.iter().map(|attempt| attempt.connection.clone()).collect();
        assert_eq!(connections.len(), 1, "{connections:?}");
        assert!(attempts.iter().all(|attempt| is_near(attempt.free, 2.5)));
        attempts.sort_by(|a, b| a.done.total_cmp(&b.done));
        for (n, attempt) in attempts.iter().enumerate() {
            took(world, attempt.sent, 2.5);
            took(world, attempt.done, 2.5 + 0.1 * (n + 1) as f64);
        }
    }
}

#[test]
fn an_account_holds_as_many_connections_as_it_may_virtual() {
    one_connection("rehearse");
    let connections = |per_account: &str| {
        let attempts = of_four(&at_once("rehearse", per_account), "office-1");
        attempts.iter().map(|attempt| attempt.connection.clone()).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(["connections: 2", ""].map(connections), [2, 4]);
}

#[test]
fn an_account_holds_as_many_connections_as_it_may_sockets() {
    one_connection("run");
}

/// With 300 ms between an answer and the next attempt the third begins at 0.8 s and the fourth would at 1.2 s; the deadline is a second.
fn thinking(world: &str) {
    let senders = at_once(world, "think: 300ms");
    assert_eq!(senders.played.code, Some(1), "{}", senders.played.told());
    for account in OFFICE {
        let attempts = of_four(&senders, account);
        assert_eq!(attempts.len(), 3);
        for (n, attempt) in attempts.iter().enumerate() {
            took(world, attempt.sent, 2.5 + 0.4 * n as f64);
        }
        assert!(attempts.windows(2).all(|pair| is_near(pair[1].free, pair[0].done + 0.3)));
    }
    let unsent: Vec<_> = senders.of("unsent").collect();
    assert_eq!(unsent.len(), 2);
    for line in unsent {
        took(world, number(&line["at_s"]), 3.5);
        // The account was busy, and the sender was not.
        assert_eq!(line["cause"], "turn");
    }
}

#[test]
fn an_account_thinks_between_messages_virtual() {
    thinking("rehearse");
}

#[test]
fn an_account_thinks_between_messages_sockets() {
    thinking("run");
}

/// Frozen on the first route, an account sends what it kept one by one on the second, and what is newly due as well.
#[test]
fn what_waits_for_another_route_takes_its_turns() {
    let changes = [
        ("limits: off } }", "limits: off }, lite: { kind: dingtalk, edition: lite, region: hk, limits: off } }"),
        (
            "routes: [dingtalk]",
            "routes: [dingtalk, lite], per_account: { in_flight: 1, think: 20ms }, \
             failover: { by: journey, after: { failures: 3 }, decide: 500ms }",
        ),
        (
            "slow: { during: fault, latency: { endpoint: dingtalk, constant: 1ms } }",
            "freeze: { during: fault, account_freeze: { endpoint: dingtalk, group: office } }",
        ),
    ];
    let senders = play("rehearse", &changes, &[]);
    assert_eq!(senders.played.code, Some(0), "{}", senders.played.told());
    for account in OFFICE {
        let attempts = senders.attempts(account);
        // 6 s at 5/s, and some twice.
        assert!(attempts.len() > 30, "{}", attempts.len());
        assert!(attempts.windows(2).all(|pair| pair[1].sent >= pair[0].done + 0.02 - 1e-6));
    }
}

/// Whoever writes to his own group writes to the others in it: what one says oneself one is not told by a platform.
#[test]
fn nobody_writes_to_himself() {
    let matrix = ("kind: dingtalk, edition: mainland", "kind: matrix");
    for (to, each) in [("to: office", 1), ("to: { all: office }", 3)] {
        let changes = [matrix, ("to: factory", to), ("count: 2", "count: 4")];
        let senders = play("rehearse", &changes, &[]);
        assert_eq!(senders.played.code, Some(0), "{}", senders.played.told());
        for message in senders.of("message") {
            let recipients = message["recipients"].as_array().expect("a list");
            assert!(recipients.len() == each && !recipients.contains(&message["account"]), "{message}");
        }
    }
}
