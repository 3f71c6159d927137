//! Drills over Matrix's twin, in both worlds: messages are heard by `/sync`, and whoever is shut out meets the homeserver's own words.

use serde_json::Value;

use crate::common::{Place, number, records};

/// 5/s of each of three for 7 s; whoever is struck is so for 2 s.
const DRILL: &str = "
firedrill: 1
name: matrix
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  chat: { kind: matrix, region: shenzhen, limits: off, receipts: sync }
  lite: { kind: dingtalk, edition: lite, region: hk, limits: off }
groups: { struck: { count: 1, region: hk }, spared: { count: 1, region: hk }, factory: { count: 2, region: shenzhen } }
journeys:
  struck: { from: struck, to: { all: factory }, rate: 5/s, deadline: 2s, routes: [chat] }
  order:
    from: struck
    to: factory
    rate: 5/s
    deadline: 2s
    routes: [chat, lite]
    failover: { by: journey, after: { failures: 3 }, decide: 300ms, resend: unconfirmed, back: never }
  spared: { from: spared, to: { all: factory }, rate: 5/s, deadline: 2s, routes: [chat] }
phases: { baseline: 3s, fault: 2s, recovery: 2s }
injects: { trouble: { during: fault, FAULT } }
grace: 10s
targets:
  spared: { expr: \"undelivered{journey=spared} == 0\", level: must }
  order: { expr: \"undelivered{journey=order} == 0\", level: must }
";

struct Told {
    summary: Value,
    lines: Vec<Value>,
    words: String,
}

fn play(world: &str, fault: &str) -> Told {
    let place = Place::new();
    let file = place.file("matrix.yaml", &DRILL.replace("FAULT", fault));
    let played = crate::play(&place, world, &file, &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    Told { summary: played.summary(), lines: records(&played.dir), words: played.told() }
}

impl Told {
    /// Statuses and codes of what was refused, of a journey.
    fn refused(&self, journey: &str) -> Vec<(u64, String)> {
        let named = |line: &&Value| line["message"].as_str().is_some_and(|name| name.starts_with(journey));
        let attempts = self.lines.iter().filter(|line| line["record"] == "attempt" && line["ending"] == "refused");
        let word = |line: &Value| {
            (line["status"].as_u64().expect("a status"), line["code"].as_str().unwrap_or_default().to_owned())
        };
        attempts.filter(named).map(word).collect()
    }

    /// Nothing was lost, and nothing came twice: 35 to two, as many to one by one, and 25 of the struck one's to two.
    fn is_whole(&self) {
        let deliveries = &self.summary["deliveries"];
        assert_eq!((&deliveries["lost"], &deliveries["duplicated"]), (&0.into(), &0.into()), "{}", self.words);
        assert!(self.refused("spared").is_empty(), "{}", self.words);
        // One more or less at either end of the fault.
        let struck = self.refused("struck");
        assert!((9..=11).contains(&struck.len()), "{struck:?}");
        assert_eq!(deliveries["delivered"], deliveries["owed"], "{}", self.words);
        let delivered = number(&deliveries["delivered"]);
        assert!((153.0..=157.0).contains(&delivered), "70 + 35 + 2 × (35 − 10): {delivered}");
        assert!(self.lines.iter().any(|line| line["event"] == "switched" && line["to"] == "lite"), "{}", self.words);
    }
}

fn a_locked_account_is_told_so(world: &str) {
    let told = play(world, "account_freeze: { endpoint: chat, group: struck, mode: whole }");
    told.is_whole();
    assert!(
        told.refused("struck").iter().all(|no| *no == (401, "M_USER_LOCKED".into())),
        "{:?}",
        told.refused("struck")
    );
}

/// A deactivated account's token is none any more, so that its client logs in again, and is told why it cannot.
fn a_deactivated_account_is_told_so_at_its_login(world: &str) {
    let told = play(world, "account_freeze: { endpoint: chat, group: struck, mode: disabled }");
    told.is_whole();
    let mut refused = told.refused("struck");
    refused.extend(told.refused("order"));
    let of = |code: &str| refused.iter().filter(|no| no.1 == code).count();
    // Both journeys are of one account and so of one client: whoever is refused first, the other has the same token.
    assert!((1..=2).contains(&of("M_UNKNOWN_TOKEN")), "{refused:?}");
    assert_eq!(of("M_UNKNOWN_TOKEN") + of("M_USER_DEACTIVATED"), refused.len(), "{refused:?}");
}

/// Two receivers hear nothing for five seconds, in which 200 messages come for each: a homeserver lists 100 of them, and the others are to be
/// asked for.
fn whoever_was_cut_off_reads_back_what_is_not_listed(world: &str) {
    let place = Place::new();
    let text = "firedrill: 1\nname: cut-off\nregions: { hk: {} }\n\
                endpoints: { chat: { kind: matrix, region: hk, limits: off, receipts: sync } }\n\
                groups: { office: { count: 2, region: hk }, factory: { count: 2, region: hk } }\n\
                journeys: { order: { from: office, to: { all: factory }, rate: 80/s, deadline: 2s, routes: [chat] } }\n\
                phases: { baseline: 2s, fault: 5s, recovery: 2s }\ngrace: 30s\n\
                injects: { trouble: { during: fault, partition: { endpoint: chat, group: factory } } }\n\
                targets: { arrived: { expr: \"lost == 0\", level: must } }\n";
    let played = crate::play(&place, world, &place.file("cut-off.yaml", text), &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let deliveries = &played.summary()["deliveries"];
    let of = |what: &str| deliveries[what].as_u64().expect("a number");
    assert_eq!((of("delivered"), of("lost"), of("duplicated"), of("reordered")), (1440, 0, 0, 0), "{deliveries}");
}

#[test]
fn whoever_was_cut_off_reads_back_what_is_not_listed_in_a_rehearsal() {
    whoever_was_cut_off_reads_back_what_is_not_listed("rehearse");
}

#[test]
fn whoever_was_cut_off_reads_back_what_is_not_listed_over_sockets() {
    whoever_was_cut_off_reads_back_what_is_not_listed("run");
}

#[test]
fn a_locked_account_is_told_so_in_a_rehearsal() {
    a_locked_account_is_told_so("rehearse");
}

#[test]
fn a_locked_account_is_told_so_over_sockets() {
    a_locked_account_is_told_so("run");
}

#[test]
fn a_deactivated_account_is_told_so_at_its_login_in_a_rehearsal() {
    a_deactivated_account_is_told_so_at_its_login("rehearse");
}

#[test]
fn a_deactivated_account_is_told_so_at_its_login_over_sockets() {
    a_deactivated_account_is_told_so_at_its_login("run");
}
