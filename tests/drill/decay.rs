//! Sessions that end one after another while the provider is down: each account's with its token, and so at a moment that follows from when it
//! signed in.

use serde_json::Value;

use crate::common::signed_in::SignedIn;
use crate::common::{Place, records};

/// Six accounts sign in ten minutes apart, at 0, 10, … 50 min, when their turn comes to report; after the first hour each also orders once a
/// minute. Tokens are good for two hours: they end at 120, 130, … 170 min, and are to be renewed from 108, 118, … 158 min on. The
/// provider is down from 70 to 195 min, five minutes longer than any token lives.
const DRILL: SignedIn<'_> = SignedIn {
    link: "5ms",
    provider: "token_life: 2h, keys: { rotate: 24h }",
    trust: "{ provider: idp, verify: jwks, cache: 5m }",
    rest: "
groups: { staff: { count: 6, region: hk }, factory: { count: 2, region: shenzhen } }
journeys:
  report: { from: staff, to: factory, rate: { recorded: { file: report.txt, every: 10m } }, deadline: 1s, routes: [erp] }
  order: { from: staff, to: factory, rate: { recorded: { file: orders.txt, every: 1m } }, deadline: 1s, routes: [erp] }
phases: { warmup: 1h, baseline: 10m, fault: 125m, recovery: 20m }
injects: { trouble: { during: fault, idp_down: { endpoint: idp, how: error } } }
grace: 5s
targets:
  promises: { expr: \"lost == 0\", level: must }
",
};

/// How many orders were due from one minute to another, and how many of them were taken, at the first attempt or none.
fn taken(attempts: &[&Value], from: u64, to: u64) -> (usize, usize) {
    let minutes = |line: &Value| line["sent_s"].as_f64().map(|at| at / 60.0);
    let these: Vec<_> =
        attempts.iter().filter(|line| minutes(line).is_some_and(|at| (from as f64..to as f64).contains(&at))).collect();
    (these.len(), these.iter().filter(|line| line["ending"] == "acknowledged").count())
}

#[test]
fn sessions_end_one_by_one_with_the_tokens_that_were_given_one_by_one() {
    let place = Place::new();
    place.file("report.txt", &"1\n".repeat(21));
    place.file("orders.txt", &("0\n".repeat(60) + &"6\n".repeat(155)));
    let played = crate::play(&place, "rehearse", &place.file("decay.yaml", &DRILL.text()), &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let lines = records(&played.dir);
    let orders: Vec<&Value> = lines
        .iter()
        .filter(|line| {
            line["record"] == "attempt" && line["message"].as_str().is_some_and(|id| id.starts_with("order."))
        })
        .collect();
    // Six a minute, of all six: nobody notices for fifty minutes that the provider is down, and nobody signs in any more.
    assert_eq!(taken(&orders, 60, 120), (360, 360), "{}", played.told());
    // Each step is the one account whose token has ended. An order in the very minute may still have gone with it.
    for gone in 1..=6_u64 {
        let from = 110 + 10 * gone;
        let left = usize::try_from(6 - gone).expect("a count");
        assert_eq!(taken(&orders, from + 1, from + 10), (54, 9 * left), "after {gone}: {}", played.told());
    }
    assert_eq!(taken(&orders, 171, 195), (144, 0), "nobody is left: {}", played.told());
    // The provider is back: whoever sends next signs in first, and is let in.
    assert_eq!(taken(&orders, 195, 215), (120, 120), "{}", played.told());
    // Whoever is not let in was told by the provider, and not by the service.
    let refused = orders.iter().filter(|line| line["ending"] == "refused");
    let codes: std::collections::BTreeSet<_> = refused.map(|line| line["code"].to_string()).collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["\"temporarily_unavailable\""]);
    let recovery = &played.summary()["recovery"];
    let orders = recovery.as_array().and_then(|all| all.iter().find(|one| one["journey"] == "order")).expect("one");
    assert_eq!((&orders["inject"], &orders["outcome"]), (&"trouble".into(), &"recovered".into()), "{orders}");
}
