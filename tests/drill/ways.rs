//! The ways that messages take: failover by account and by silence, messages to everyone, Poisson arrivals, and what is not sent again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::common::{Place, Played, number, records};

/// Ten senders, four recipients, two routes; the first is frozen for a share of the senders from 4 s to 9 s.
const WAYS: &str = "\
firedrill: 1
name: ways
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off }
  lite: { kind: dingtalk, edition: lite, region: hk, limits: off }
groups: { office: { count: 10, region: hk }, factory: { count: 4, region: shenzhen } }
journeys:
  order:
    from: office
    to: factory
    rate: 50/s
    arrival: constant
    deadline: 500ms
    routes: [dingtalk, lite]
    failover: { by: journey, after: { failures: 3 }, decide: 500ms, resend: unconfirmed }
phases: { baseline: 4s, fault: 5s, recovery: 3s }
injects: { freeze: { during: fault, account_freeze: { endpoint: dingtalk, group: office, share: 100% } } }
targets: { arrived: { expr: \"undelivered{journey=order} == 0\", level: must } }
";

struct Ways {
    _place: Place,
    played: Played,
    lines: Vec<Value>,
}

/// Plays the drill with other words, and reads its journal.
fn play(world: &str, changes: &[(&str, &str)]) -> Ways {
    let text = changes.iter().fold(WAYS.to_owned(), |text, (words, instead)| {
        assert!(text.contains(words), "no `{words}`");
        text.replace(words, instead)
    });
    let place = Place::new();
    let file = place.file("ways.yaml", &text);
    let played = crate::play(&place, world, &file, &["--quiet"]);
    let lines = records(&played.dir);
    Ways { _place: place, played, lines }
}

impl Ways {
    fn of(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.lines.iter().filter(move |line| line["record"] == kind)
    }

    /// Whom each message is from.
    fn senders(&self) -> BTreeMap<&str, &str> {
        self.of("message").map(|line| (text(&line["message"]), text(&line["account"]))).collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Each account changes for itself: those that are frozen move, once each, and nobody else ever leaves the first route.
fn by_account(world: &str) {
    let ways = play(world, &[("by: journey", "by: account"), ("share: 100%", "share: 40%")]);
    assert_eq!(ways.played.code, Some(0), "{}", ways.played.told());
    let senders = ways.senders();
    // 40 % of ten accounts is four of them.
    let frozen: BTreeSet<_> = ways.of("hit").map(|line| text(&line["account"])).collect();
    assert_eq!(frozen.len(), 4, "{frozen:?}");
    let moved = |line: &&Value| line["route"] == "lite";
    let movers: BTreeSet<_> = ways.of("attempt").filter(moved).map(|line| senders[text(&line["message"])]).collect();
    assert_eq!(movers, frozen);
    let switches: Vec<_> = ways.of("control").filter(|line| line.to_string().contains("\"switched\"")).collect();
    assert_eq!(switches.len(), 4, "{switches:?}");
    // A sender is due every 200 ms, so its third failure is 400 ms after its first; 500 ms later it changes, and its messages go on.
    // Half a second is left for the travel and, in sockets, for a busy machine.
    for switch in switches {
        let at = number(&switch["at_s"]);
        assert!((4.9..5.8).contains(&at), "{switch}");
    }
}

#[test]
fn each_account_changes_for_itself_virtual() {
    by_account("rehearse");
}

#[test]
fn each_account_changes_for_itself_sockets() {
    by_account("run");
}

#[test]
fn a_silence_is_counted_from_the_last_acknowledgement() {
    let ways = play("rehearse", &[("after: { failures: 3 }", "after: 1s")]);
    assert_eq!(ways.played.code, Some(0), "{}", ways.played.told());
    // The last message before the freeze was due at 3.98 s and acknowledged about 20 ms later, one trip each way. The first attempt that
    // ends a second after that decides; attempts end every 20 ms. The switch is 500 ms after the decision.
    let switch = ways.of("control").find(|line| line.to_string().contains("\"switched\"")).expect("a switch");
    let at = number(&switch["at_s"]);
    assert!((5.5..5.53).contains(&at), "{switch}");
}

#[test]
fn a_message_to_everyone_is_one_attempt_and_many_deliveries() {
    let ways = play("rehearse", &[("to: factory", "to: { all: factory }")]);
    assert_eq!(ways.played.code, Some(0), "{}", ways.played.told());
    let summary = ways.played.summary();
    // 50/s for 12 s, each to four recipients.
    assert_eq!(number(&summary["messages"]["intended"]).to_bits(), 600_f64.to_bits());
    assert_eq!(number(&summary["deliveries"]["delivered"]).to_bits(), 2_400_f64.to_bits());
    let acknowledged = ways.of("attempt").filter(|line| line["ending"] == "acknowledged").count();
    assert_eq!(acknowledged, 600);
}

#[test]
fn poisson_arrivals_are_as_many_as_the_rate_says_and_unevenly_spaced() {
    let ways = play("rehearse", &[("arrival: constant", "arrival: poisson")]);
    let due: Vec<f64> = ways.of("message").map(|line| number(&line["due_s"])).collect();
    // 600 expected, standard deviation √600 = 24.5; five of them are the bound.
    assert!((due.len() as f64 - 600.0).abs() < 123.0, "{}", due.len());
    let gaps: Vec<f64> = due.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    // Exponential gaps have a coefficient of variation of 1; over n of them its standard error is about 1/√n = 0.04.
    assert!((variance.sqrt() / mean - 1.0).abs() < 0.25, "{}", variance.sqrt() / mean);
}

#[test]
fn what_is_not_sent_again_never_arrives_and_the_promise_is_broken() {
    let ways = play("rehearse", &[("resend: unconfirmed", "resend: none")]);
    assert_eq!(ways.played.code, Some(1), "{}", ways.played.told());
    let summary = ways.played.summary();
    // Frozen at 4 s. The third refusal comes 40 ms after the first, two trips of 10 ms after it was due, and the switch 500 ms later: the
    // messages due in those 560 ms, every 20 ms, are refused and lost to nobody's ledger but their own.
    let (refused, undelivered) =
        (number(&summary["messages"]["refused"]), number(&summary["deliveries"]["undelivered"]));
    assert!((26.0..=30.0).contains(&refused), "{refused}");
    assert_eq!(refused.to_bits(), undelivered.to_bits());
    assert_eq!(number(&summary["deliveries"]["lost"]).to_bits(), 0_f64.to_bits());
}
