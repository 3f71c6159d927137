//! Messages that fare alike are one piece of news, whether all of them do or those of one account.

use crate::common::{Place, number};

/// Ten accounts send twenty messages a second, of which eighty in 2,000 are refused: `freeze` says whose.
fn drill(freeze: &str) -> String {
    format!(
        "firedrill: 1
name: correlated
regions: {{ hk: {{}} }}
endpoints: {{ dingtalk: {{ kind: dingtalk, edition: mainland, region: hk, limits: off }} }}
groups: {{ office: {{ count: 10, region: hk }}, factory: {{ count: 5, region: hk }} }}
journeys: {{ order: {{ from: office, to: factory, rate: 20/s, deadline: 500ms, routes: [dingtalk] }} }}
phases: {{ baseline: 10s, fault: 100s }}
injects:
  freeze: {{ during: fault, after: 10s, {freeze} }}
targets:
  up: {{ expr: \"availability >= 95%\", phase: fault, level: must, confidence: lower95 }}
"
    )
}

#[test]
fn whom_a_fault_befell_does_not_make_it_more_news() {
    for freeze in [
        // All of them for four seconds, and one of ten for forty.
        "for: 4s, account_freeze: { endpoint: dingtalk, group: office, share: 100% }",
        "for: 40s, account_freeze: { endpoint: dingtalk, group: office, share: 10% }",
    ] {
        let place = Place::new();
        let played = place.play("rehearse", &place.file("correlated.yaml", &drill(freeze)), &["--quiet"]);
        assert_eq!(played.code, Some(3), "{freeze}: {}", played.told());
        let summary = played.summary();
        let target = &summary["targets"][0];
        assert_eq!((number(&target["observed"]), &target["n"]), (0.96, &2_000.into()), "{freeze}: {target}");
        // Eighty in a row, of all or of one account: 79 of 80 are followed by another, so that 2,000 are worth 2,000/159.
        let worth = number(&target["n_effective"]);
        assert!((11.0..14.0).contains(&worth), "{freeze}: {target}");
    }
}
