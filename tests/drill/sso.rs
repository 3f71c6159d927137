//! Drills with single sign-on, in both worlds: accounts sign in at a provider through the path, show what they got to a service that takes
//! it, and go on as long as it is good when the provider is down.

use serde_json::Value;

use crate::common::signed_in::SignedIn;
use crate::common::{Place, Played, records};

/// 10/s of two for 20 s; tokens are good for 4 s and renewed when 0.4 s of them are left, so that from 5 s on, when the provider is down,
/// they last until between 7.2 s (issued at 3.6 s less a message's interval) and 8.2 s.
const DRILL: SignedIn<'_> = SignedIn {
    link: "5ms",
    provider: "token_life: 4s, keys: { rotate: 1h }",
    trust: "idp",
    rest: "
groups: { staff: { count: 2, region: hk }, factory: { count: 2, region: shenzhen } }
journeys:
  order: { from: staff, to: factory, rate: 10/s, deadline: 1s, routes: [erp] }
phases: { baseline: 5s, fault: 8s, recovery: 7s }
injects: { trouble: { during: fault, FAULT } }
grace: 5s
targets:
  promises: { expr: \"lost == 0\", level: must }
",
};

/// 10/s of two for 20 s, at a provider that signs by another key every two seconds, ten in all. An account shows a token until a tenth of its
/// life is left and the next one is there, so that it meets about five of them.
const ROTATING: SignedIn<'_> = SignedIn {
    link: "5ms",
    provider: "token_life: 4s, keys: { rotate: 2s, keep: KEEP }",
    trust: "{ provider: idp, verify: jwks, cache: CACHE }",
    rest: "
groups: { staff: { count: 2, region: hk }, factory: { count: 2, region: shenzhen } }
journeys:
  order: { from: staff, to: factory, rate: 10/s, deadline: 1s, routes: [erp] }
phases: { baseline: 2s, recovery: 18s }
grace: 5s
targets:
  taken: { expr: \"availability >= 100%\", level: must, window: drill }
",
};

/// A hundred who send 100/s, to a service that is 20 ms away from the provider that it asks.
const ASKED: SignedIn<'_> = SignedIn {
    link: "20ms",
    provider: "token_life: 1h",
    trust: "{ provider: idp, verify: introspection, cache: 1s }",
    rest: "
groups: { staff: { count: 100, region: hk }, factory: { count: 2, region: shenzhen } }
journeys:
  order: { from: staff, to: factory, rate: 100/s, deadline: 1s, routes: [erp] }
phases: { warmup: 2s, baseline: 5s }
grace: 5s
targets:
  works: { expr: \"availability >= 100%\", level: must, window: drill }
",
};

fn play(world: &str, sso: &str, fault: &str) -> (Played, Vec<Value>, Value) {
    let place = Place::new();
    let text = SignedIn { trust: sso, ..DRILL }.text().replace("FAULT", fault);
    let played = crate::play(&place, world, &place.file("sessions.yaml", &text), &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let (lines, summary) = (records(&played.dir), played.summary());
    let attempts = lines.into_iter().filter(|line| line["record"] == "attempt").collect();
    (played, attempts, summary)
}

/// The attempts that began between these moments, and how many of them the service took.
pub(crate) fn between(attempts: &[Value], from: f64, to: f64) -> (usize, usize) {
    let sent = |line: &&Value| line["sent_s"].as_f64().is_some_and(|at| (from..to).contains(&at));
    let these: Vec<_> = attempts.iter().filter(sent).collect();
    let taken = these.iter().filter(|line| line["ending"] == "acknowledged").count();
    (these.len(), taken)
}

/// Statuses and codes of what was refused between these moments.
pub(crate) fn refused(attempts: &[Value], from: f64, to: f64) -> Vec<(u64, String)> {
    let sent = |line: &&Value| line["sent_s"].as_f64().is_some_and(|at| (from..to).contains(&at));
    let refused = attempts.iter().filter(sent).filter(|line| line["ending"] == "refused");
    refused
        .map(|line| (line["status"].as_u64().unwrap_or_default(), line["code"].as_str().unwrap_or_default().into()))
        .collect()
}

/// Plays the drill with keys that rotate: its attempts.
fn rotate(world: &str, keep: &str, cache: &str) -> (Played, Vec<Value>, Value) {
    let place = Place::new();
    let text = ROTATING.text().replace("KEEP", keep).replace("CACHE", cache);
    let played = crate::play(&place, world, &place.file("rotating.yaml", &text), &["--quiet"]);
    let (lines, summary) = (records(&played.dir), played.summary());
    let attempts = lines.into_iter().filter(|line| line["record"] == "attempt").collect();
    (played, attempts, summary)
}

/// Whoever sends is where the service is, and the provider 40 ms away: a message is over when the question that it caused is on its way. Tokens
/// outlive the drill.
const BESIDE: SignedIn<'_> = SignedIn {
    link: "40ms",
    provider: "token_life: 1h",
    trust: "{ provider: idp, verify: jwks, cache: 1s }",
    rest: "
groups: { staff: { count: 2, region: shenzhen }, factory: { count: 2, region: shenzhen } }
journeys:
  order: { from: staff, to: factory, rate: 5/s, deadline: 1s, routes: [erp] }
phases: { baseline: 5s, fault: 8s, recovery: 3s }
injects: { trouble: { during: fault, idp_down: { endpoint: idp, how: error } } }
grace: 5s
targets:
  goes-on: { expr: \"recovery_time <= 2s\", level: must }
",
};

mod cases {
    use super::{ASKED, BESIDE, DRILL, ROTATING, SignedIn, between, play, refused, rotate};
    use crate::common::{Place, records};

    /// Keys are published as long as a token that they signed lives, and one that is not known is asked for: whether the service asks for
    /// nothing else, or every second beside what goes on, and so just before a key is new.
    pub(super) fn no_message_is_refused_because_keys_rotate(world: &str) {
        for cache in ["60s", "1s"] {
            let (played, attempts, summary) = rotate(world, "3", cache);
            let (all, taken) = between(&attempts, 0.0, 20.0);
            let words = refused(&attempts, 0.0, 20.0);
            assert!(all == 200 && taken == all, "{cache}: {taken} of {all}, {words:?}: {}", played.told());
            assert_eq!((played.code, &summary["messages"]["accepted"]), (Some(0), &200.into()), "{}", played.told());
            assert_eq!(summary["deliveries"]["delivered"], 200, "{}", played.told());
        }
    }

    /// One key is published, and so withdrawn while tokens live that it signed. The service asks every second, hears that it is gone, and
    /// refuses whoever shows such a token; he asks for another, and shows it with his next message. Of nine times that a key goes (at 2 s to
    /// 18 s) each of two accounts meets each once: no token lasts until the next key goes.
    pub(super) fn a_token_whose_key_is_withdrawn_is_refused_and_asked_for_anew(world: &str) {
        let (played, attempts, summary) = rotate(world, "1", "1s");
        let words = refused(&attempts, 0.0, 20.0);
        assert!(words.iter().all(|no| no.0 == 401), "{words:?}");
        assert_eq!((words.len(), played.code), (18, Some(1)), "{}", played.told());
        // What was refused was sent by no other way: 200 are 182 and 18, and none is open.
        let of = |key: &str| summary["messages"][key].as_u64();
        assert_eq!([of("accepted"), of("refused"), of("indeterminate")], [Some(182), Some(18), Some(0)]);
        assert_eq!(summary["deliveries"]["delivered"], 182, "{}", played.told());
        for key in 1..10 {
            // Heard of within the second, and the account's next message comes 200 ms after.
            let gone = 2.0 * f64::from(key);
            assert_eq!(refused(&attempts, gone, gone + 1.5).len(), 2, "key {key}: {}", played.told());
            let (all, taken) = between(&attempts, gone + 1.5, gone + 2.0);
            assert!(all >= 4 && taken == all, "key {key}: {taken} of {all}: {}", played.told());
        }
        // Told beforehand, and not where every key is kept as long as what it signed: (3 - 1) · 2 s.
        let place = Place::new();
        for (keep, told) in [("1", true), ("2", true), ("3", false)] {
            let text = ROTATING.text().replace("KEEP", keep).replace("CACHE", "1s");
            let file = place.file("rotating.yaml", &text);
            let lints = crate::common::say(["check", &file]);
            assert_eq!(lints.told().contains("token-outlives-key"), told, "{keep}: {}", lints.told());
        }
    }

    pub(super) fn a_session_ends_with_its_token_when_the_provider_is_down(world: &str) {
        let (played, attempts, _) = play(world, "idp", "idp_down: { endpoint: idp }");
        let (before, taken) = between(&attempts, 0.0, 7.0);
        assert!(before >= 60 && taken == before, "{taken} of {before}: {}", played.told());
        let (during, taken) = between(&attempts, 8.5, 12.8);
        assert!(during >= 30 && taken == 0, "{taken} of {during}: {}", played.told());
        let words = refused(&attempts, 8.5, 12.8);
        assert!(words.iter().all(|no| *no == (503, "temporarily_unavailable".into())), "{words:?}");
        let (after, taken) = between(&attempts, 14.5, 20.0);
        assert!(after >= 40 && taken == after, "{taken} of {after}: {}", played.told());
    }

    /// Whoever hears nothing waits until his message's time is over, but not while his token is good.
    pub(super) fn nobody_waits_for_a_provider_while_his_token_is_good(world: &str) {
        let (played, attempts, _) = play(world, "idp", "idp_down: { endpoint: idp, how: hang }");
        let (before, taken) = between(&attempts, 0.0, 7.0);
        assert!(before >= 60 && taken == before, "{taken} of {before}: {}", played.told());
        assert_eq!(between(&attempts, 8.5, 11.5).1, 0, "{}", played.told());
    }

    /// A service that looks by keys goes on with those that it has: it asks for others beside that.
    pub(super) fn nobody_waits_for_keys_that_are_known(world: &str, how: &str) {
        let sso = "{ provider: idp, verify: jwks, cache: 1s }";
        let fault = format!("idp_down: {{ endpoint: idp, how: {how} }}");
        let place = Place::new();
        // Tokens outlive the fault.
        let text = SignedIn { provider: "token_life: 1h, keys: { rotate: 1h }", trust: sso, ..DRILL }.text();
        let text = text.replace("FAULT", &fault).replace("lost == 0", "availability == 100%");
        let played = crate::play(&place, world, &place.file("keys.yaml", &text), &["--quiet"]);
        let hits = played.summary()["injects"][0]["hits"].as_u64();
        assert!(hits.is_some_and(|hits| hits >= 1), "the keys were not asked for: {}", played.told());
        let attempts: Vec<_> = records(&played.dir).into_iter().filter(|line| line["record"] == "attempt").collect();
        let (all, taken) = between(&attempts, 0.0, 20.0);
        assert!(all >= 190 && taken == all, "{taken} of {all}: {}", played.told());
        assert_eq!(played.summary()["targets"][0]["verdict"], "pass", "{}", played.told());
    }

    pub(super) fn known_keys_are_used_while_the_provider_answers_errors(world: &str) {
        nobody_waits_for_keys_that_are_known(world, "error");
    }

    pub(super) fn known_keys_are_used_while_the_provider_hangs(world: &str) {
        nobody_waits_for_keys_that_are_known(world, "hang");
    }

    pub(super) fn known_keys_are_used_while_the_provider_resets(world: &str) {
        nobody_waits_for_keys_that_are_known(world, "reset");
    }

    /// An outage that meets nothing but questions for which no message waits was there, and was tolerated.
    pub(super) fn an_outage_that_meets_only_questions_beside_is_tolerated(world: &str) {
        let place = Place::new();
        let played = crate::play(&place, world, &place.file("beside.yaml", &BESIDE.text()), &["--quiet"]);
        let summary = played.summary();
        let (inject, recovery) = (&summary["injects"][0], &summary["recovery"][0]);
        assert!(inject["background_hits"].as_u64() >= Some(1), "{inject:#}: {}", played.told());
        assert_eq!(
            (&recovery["inject"], &recovery["outcome"]),
            (&"trouble".into(), &"tolerated".into()),
            "{recovery:#}"
        );
        assert_eq!((played.code, &summary["targets"][0]["observed"]), (Some(0), &0.0.into()), "{}", played.told());
    }

    /// A hundred tokens of which each is asked about once a second, 20 ms away: one after another that would be four seconds.
    pub(super) fn whoever_asks_about_one_token_asks_about_others_meanwhile(world: &str) {
        let place = Place::new();
        let played = crate::play(&place, world, &place.file("asked.yaml", &ASKED.text()), &["--quiet"]);
        let figures = &played.summary()["journeys"][0]["phases"][1];
        assert_eq!(played.code, Some(0), "{figures:#}: {}", played.told());
    }

    /// A service that asks lets nobody in when nobody answers, as soon as what it has heard is too old.
    pub(super) fn whoever_asks_lets_nobody_in_without_an_answer(world: &str) {
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

    /// Who has left gets no more tokens, and the one that he has is good until it expires. Nobody else is concerned.
    pub(super) fn whoever_has_left_writes_until_his_token_expires(world: &str) {
        let (played, attempts, summary) =
            play(world, "idp", "deprovision: { endpoint: idp, group: staff, share: 50% }");
        let (during, taken) = between(&attempts, 8.5, 12.8);
        assert_eq!(taken, during - refused(&attempts, 8.5, 12.8).len(), "{}", played.told());
        // The senders take turns.
        assert!(taken.abs_diff(during / 2) <= 1, "{taken} of {during}: {}", played.told());
        assert!(refused(&attempts, 8.5, 12.8).iter().all(|no| *no == (400, "invalid_grant".into())));
        assert_eq!(between(&attempts, 5.0, 7.0).0, between(&attempts, 5.0, 7.0).1, "{}", played.told());
        let revoked = &summary["revoked"][0];
        let (low, high) = (revoked["lo_s"].as_f64(), revoked["hi_s"].as_f64());
        assert!(low.is_some_and(|low| low > 1.5) && high.is_some_and(|high| high < 4.0), "{revoked}");
    }

    /// Of whoever has left a provider says that his token is not good (RFC 7662 §2.2), unless it lets old ones live.
    pub(super) fn whoever_asks_hears_within_his_cache_who_has_left(world: &str) {
        let sso = "{ provider: idp, verify: introspection, cache: 500ms }";
        let of = |more: &str| format!("deprovision: {{ endpoint: idp, group: staff, share: 50%{more} }}");
        let (played, attempts, summary) = play(world, sso, &of(""));
        let (during, taken) = between(&attempts, 5.8, 7.0);
        let no = refused(&attempts, 5.8, 7.0);
        // The senders take turns, and his next message is the first for which he asks for a token in vain.
        assert!(during >= 8 && taken.abs_diff(during / 2) <= 1, "{taken} of {during}: {}", played.told());
        assert!(no.len() == during - taken && no.iter().all(|no| no.0 == 401 || no.0 == 400), "{no:?}");
        let revoked = &summary["revoked"][0];
        assert!(revoked["hi_s"].as_f64().is_some_and(|high| high < 1.2), "{revoked:#}: {}", played.told());
        let (played, attempts, _) = play(world, sso, &of(", token_life: 1h"));
        let (during, taken) = between(&attempts, 5.0, 7.0);
        assert!(during >= 15 && taken == during, "{taken} of {during}: {}", played.told());
    }

    /// Whether a token is good is asked without one.
    pub(super) fn a_second_factor_is_not_asked_of_whoever_asks(world: &str) {
        let sso = "{ provider: idp, verify: introspection, cache: 500ms }";
        let (played, attempts, _) = play(world, sso, "mfa_required: { endpoint: idp }");
        let (during, taken) = between(&attempts, 5.0, 7.0);
        assert!(during >= 15 && taken == during, "{taken} of {during}: {}", played.told());
    }

    pub(super) fn a_second_factor_is_asked_for_at_the_next_login(world: &str) {
        let (played, attempts, _) = play(world, "idp", "mfa_required: { endpoint: idp }");
        assert_eq!(between(&attempts, 5.0, 7.0).0, between(&attempts, 5.0, 7.0).1, "{}", played.told());
        let words = refused(&attempts, 8.5, 12.8);
        assert!(words.len() >= 30 && words.iter().all(|no| *no == (400, "interaction_required".into())), "{words:?}");
    }

    /// A token that is taken back is shown once more, and then another is asked for.
    pub(super) fn a_token_that_is_taken_back_is_asked_for_anew(world: &str) {
        let (played, attempts, _) = play(world, "idp", "token_revoke: { endpoint: erp }");
        let no = refused(&attempts, 5.0, 13.0);
        // Two accounts, each of which may have had two messages under way.
        assert!((1..=4).contains(&no.len()) && no.iter().all(|no| no.0 == 401), "{no:?}: {}", played.told());
        let (after, taken) = between(&attempts, 6.0, 20.0);
        assert_eq!(taken, after, "{}", played.told());
    }
}

in_both! {
    no_message_is_refused_because_keys_rotate,
    a_token_whose_key_is_withdrawn_is_refused_and_asked_for_anew,
    a_session_ends_with_its_token_when_the_provider_is_down,
    nobody_waits_for_a_provider_while_his_token_is_good,
    known_keys_are_used_while_the_provider_answers_errors,
    known_keys_are_used_while_the_provider_hangs,
    known_keys_are_used_while_the_provider_resets,
    an_outage_that_meets_only_questions_beside_is_tolerated,
    whoever_asks_about_one_token_asks_about_others_meanwhile,
    whoever_asks_lets_nobody_in_without_an_answer,
    whoever_has_left_writes_until_his_token_expires,
    whoever_asks_hears_within_his_cache_who_has_left,
    a_second_factor_is_not_asked_of_whoever_asks,
    a_second_factor_is_asked_for_at_the_next_login,
    a_token_that_is_taken_back_is_asked_for_anew,
}

/// Two who leave send in turn, every two and a half minutes; tokens are good for ten, so that the first hears no ten minutes after his first
/// message, while the token of the other is good until the end of the fault.
const LEAVERS: SignedIn<'_> = SignedIn {
    link: "5ms",
    provider: "token_life: 10m",
    trust: "{ provider: idp, verify: jwks }",
    rest: "
groups: { leavers: { count: 2, region: hk }, factory: { count: 2, region: shenzhen } }
journeys:
  order: { from: leavers, to: factory, rate: 24/h, deadline: 1s, routes: [erp] }
phases: { baseline: 290s, fault: 430s, recovery: 3m }
injects: { gone: { during: fault, deprovision: { endpoint: idp, group: leavers } } }
grace: 5s
targets:
  stops: { expr: \"time_to_revoke <= 6m\", level: must }
",
};

#[test]
fn one_leaver_whose_token_is_over_does_not_stand_for_one_whose_token_is_good() {
    let place = Place::new();
    let played = crate::play(&place, "rehearse", &place.file("leavers.yaml", &LEAVERS.text()), &["--quiet"]);
    let summary = played.summary();
    let (way, target) = (&summary["revoked"][0], &summary["targets"][0]);
    assert_ne!(target["verdict"], "pass", "{way:#}");
    assert!(way["hi_s"].is_null() && way["refused"] == 1 && way["open"] == 1, "{way:#}");
    let findings = summary["findings"].as_array().expect("findings");
    let open = findings.iter().find(|finding| finding["kind"] == "never_revoked").expect("a finding");
    let text = open["text"].as_str().expect("a text");
    assert!(text.starts_with("1 of 2 accounts") && text.contains("order.3 of leavers-2 at 450"), "{text}");
    let page = std::fs::read_to_string(played.dir.join("report.md")).expect("a report");
    assert!(page.contains("order.3") && page.contains("leavers-2"), "{page}");
}
