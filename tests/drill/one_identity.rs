//! A gateway that takes the tokens of a provider of single sign-on, in both worlds: what is wrong with the provider concerns everybody who
//! comes through the gateway, when his token has ended, and nobody before.

use serde_json::Value;

use crate::common::{Place, Played, records};
use crate::sso::{between, refused};

in_both!(
    sessions_at_the_gateway_end_when_the_provider_is_down,
    whoever_has_left_writes_by_the_gateway_until_his_token_expires,
    a_gateway_that_asks_lets_nobody_in_without_an_answer,
    a_second_factor_is_asked_of_whoever_comes_by_the_gateway,
);

/// As for a service: 10/s of two for 20 s, tokens that are good for 4 s, and something wrong with the provider from 5 s to 13 s.
const DRILL: &str = "
firedrill: 1
name: one-identity
regions: { hk: {}, singapore: {} }
links: { hk-singapore: { latency: 5ms } }
endpoints:
  idp: { kind: sso, region: hk, token_life: 4s }
  gateway:
    kind: gateway
    region: hk
    timeout: 400ms
    breaker: { failures: 1000 }
    rules: [{ to: [lite] }]
    sso: SSO
    audit: { every: 500ms }
  lite: { kind: dingtalk, edition: lite, region: singapore, limits: off }
groups: { staff: { count: 2, region: hk }, factory: { count: 2, region: singapore } }
journeys:
  order: { from: staff, to: factory, rate: 10/s, deadline: 1s, routes: [gateway] }
phases: { baseline: 5s, fault: 8s, recovery: 7s }
injects: { trouble: { during: fault, FAULT } }
grace: 5s
targets:
  promises: { expr: \"lost == 0\", level: must }
  audited: { expr: \"audit_missing == 0\", level: must }
";

fn play(world: &str, sso: &str, fault: &str) -> (Played, Vec<Value>, Value) {
    let place = Place::new();
    let text = DRILL.replace("SSO", sso).replace("FAULT", fault);
    let played = crate::play(&place, world, &place.file("one-identity.yaml", &text), &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let (lines, summary) = (records(&played.dir), played.summary());
    (played, lines.into_iter().filter(|line| line["record"] == "attempt").collect(), summary)
}

mod cases {
    use super::{between, play, refused};

    pub(super) fn sessions_at_the_gateway_end_when_the_provider_is_down(world: &str) {
        let (played, attempts, summary) = play(world, "idp", "idp_down: { endpoint: idp }");
        let (before, taken) = between(&attempts, 0.0, 7.0);
        assert!(before >= 60 && taken == before, "{taken} of {before}: {}", played.told());
        let (during, taken) = between(&attempts, 8.5, 12.8);
        assert!(during >= 30 && taken == 0, "{taken} of {during}: {}", played.told());
        let words = refused(&attempts, 8.5, 12.8);
        assert!(words.iter().all(|no| *no == (503, "temporarily_unavailable".into())), "{words:?}");
        let (after, taken) = between(&attempts, 14.5, 20.0);
        assert!(after >= 40 && taken == after, "{taken} of {after}: {}", played.told());
        // What it took it sent on, and all of that is in its trail: its auditor has a token of his own.
        let audit = &summary["audits"][0];
        assert!(audit["acts"].as_u64() >= Some(100) && audit["told"] == audit["acts"], "{audit}");
    }

    pub(super) fn whoever_has_left_writes_by_the_gateway_until_his_token_expires(world: &str) {
        let (played, attempts, summary) =
            play(world, "idp", "deprovision: { endpoint: idp, group: staff, share: 50% }");
        assert_eq!(between(&attempts, 5.0, 7.0).0, between(&attempts, 5.0, 7.0).1, "{}", played.told());
        let no = refused(&attempts, 8.5, 12.8);
        // The senders take turns, 10/s for 4.3 s.
        assert!((20..=23).contains(&no.len()), "{no:?}: {}", played.told());
        assert!(no.iter().all(|no| *no == (400, "invalid_grant".into())), "{no:?}");
        let revoked = &summary["revoked"][0];
        let (low, high) = (revoked["lo_s"].as_f64(), revoked["hi_s"].as_f64());
        assert_eq!(revoked["route"], "gateway");
        assert!(low.is_some_and(|low| low > 1.5) && high.is_some_and(|high| high < 4.0), "{revoked}");
    }

    /// A gateway that asks lets nobody in when nobody answers, as soon as what it has heard is too old, whoever has a token.
    pub(super) fn a_gateway_that_asks_lets_nobody_in_without_an_answer(world: &str) {
        let sso = "{ provider: idp, verify: introspection, cache: 1s }";
        let (played, attempts, _) = play(world, sso, "idp_down: { endpoint: idp }");
        let (before, taken) = between(&attempts, 0.0, 4.9);
        assert!(before >= 40 && taken == before, "{taken} of {before}: {}", played.told());
        let (during, taken) = between(&attempts, 6.5, 7.0);
        assert!(during >= 3 && taken == 0, "{taken} of {during}: {}", played.told());
        assert!(refused(&attempts, 6.5, 7.0).iter().all(|no| no.0 == 503), "{}", played.told());
        let (after, taken) = between(&attempts, 15.5, 20.0);
        assert!(after >= 30 && taken == after, "{taken} of {after}: {}", played.told());
    }

    pub(super) fn a_second_factor_is_asked_of_whoever_comes_by_the_gateway(world: &str) {
        let (played, attempts, _) = play(world, "idp", "mfa_required: { endpoint: idp }");
        assert_eq!(between(&attempts, 5.0, 7.0).0, between(&attempts, 5.0, 7.0).1, "{}", played.told());
        let words = refused(&attempts, 8.5, 12.8);
        assert!(words.len() >= 30 && words.iter().all(|no| *no == (400, "interaction_required".into())), "{words:?}");
    }
}
