//! Those who were taken away, and what they could still send: by what belongs to their account, and by what belongs to none.

use crate::told::Told;

/// Two leavers send 10/s as robots, by one address each, and 10/s in their own names. Whatever is wrong with the second is wrong from 3 s on.
const ROBOTS: &str = "firedrill: 1
name: robots
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 5ms } }
endpoints: { at: { KIND, region: shenzhen, limits: off } }
groups: { leavers: { count: 2, region: hk }, staff: { count: 3, region: shenzhen } }
journeys:
  robot: { from: leavers, to: staff, send: webhook, rate: 10/s, deadline: 1s, routes: [at] }
  words: { from: leavers, to: staff, send: chat, rate: 10/s, deadline: 1s, routes: [at] }
phases: { baseline: 3s, fault: 5s, recovery: 2s }
injects:
  INJECTS
grace: 3s
targets:
  stops: { expr: \"time_to_revoke{journey=robot} <= 1s\", level: info }
";

/// Two leavers send 10/s by each of two services.
const WAYS: &str = "firedrill: 1
name: ways
regions: { hk: {} }
endpoints:
  lite: { kind: dingtalk, edition: lite, region: hk, limits: off }
  teams: { kind: teams, region: hk, limits: off }
groups: { leavers: { count: 2, region: hk }, staff: { count: 3, region: hk } }
journeys:
  one: { from: leavers, to: staff, send: chat, rate: 10/s, deadline: 500ms, routes: [lite] }
  other: { from: leavers, to: staff, send: chat, rate: 10/s, deadline: 500ms, routes: [teams] }
phases: { warmup: 1s, baseline: 3s, fault: 6s, recovery: 2s }
injects:
  INJECTS
grace: 3s
targets:
  stops: { expr: \"TARGET\", level: must }
";

mod cases {
    use std::collections::BTreeSet;

    use super::{ROBOTS, Told, WAYS};
    use crate::common::number;

    const KINDS: [&str; 2] = ["kind: dingtalk, edition: mainland", "kind: teams"];

    fn robots(world: &str, kind: &str, injects: &str) -> Told {
        Told::by(world, "robots.yaml", ROBOTS.to_owned(), &[("KIND", kind), ("INJECTS", injects)])
    }

    fn of<'t>(told: &'t Told, ending: &str, journey: &str) -> Vec<&'t serde_json::Value> {
        let is = |line: &&serde_json::Value| line["message"].as_str().is_some_and(|id| id.starts_with(journey));
        told.attempts(ending).into_iter().filter(is).collect()
    }

    /// The account's own token is refused, and no other is given; the robot's address shows neither.
    pub(super) fn a_webhook_goes_on_when_its_owner_can_sign_in_no_more(world: &str) {
        for kind in KINDS {
            let told =
                robots(world, kind, "gone: { during: fault, deprovision: { group: leavers, keeps: [webhook] } }");
            assert_eq!(of(&told, "acknowledged", "robot.").len(), 100, "{kind}: {}", told.words);
            assert!(!of(&told, "refused", "words.").is_empty(), "{kind}: {}", told.words);
            let target = &told.summary["targets"][0];
            assert_eq!(target["verdict"], "fail", "{kind}: {}", told.words);
        }
    }

    /// The platform takes the tokens back, and its login is out of order.
    pub(super) fn a_webhook_needs_no_login(world: &str) {
        for kind in KINDS {
            let injects = "back: { during: fault, token_revoke: { endpoint: at } }\n  down: { during: fault, idp_down: { endpoint: at } }";
            let told = robots(world, kind, injects);
            assert_eq!(of(&told, "acknowledged", "robot.").len(), 100, "{kind}: {}", told.words);
            assert!(of(&told, "acknowledged", "words.").len() <= 80, "{kind}: {}", told.words);
        }
    }

    /// Of one of two ways nobody hears anything since they left: no pass, whatever the other says.
    pub(super) fn a_way_that_is_dark_is_not_passed_over(world: &str) {
        let injects = "gone: { during: fault, deprovision: { group: leavers } }\n  dark: { during: fault, blackhole: { endpoint: teams } }";
        let changes = [("INJECTS", injects), ("TARGET", "time_to_revoke <= 3s")];
        let told = Told::by(world, "ways.yaml", WAYS.to_owned(), &changes);
        let target = &told.summary["targets"][0];
        assert_eq!(target["verdict"], "inconclusive", "{}", told.words);
        let why = target["why"].as_str().expect("a reason");
        assert!(why.ends_with("of 2 of the 2 accounts that send other nothing was heard by teams"), "{why}");
        let ways = told.summary["revoked"].as_array().expect("ways");
        let heard = ways.iter().map(|way| (way["route"].as_str(), way["accounts"].as_u64(), way["unheard"].as_u64()));
        let both = [(Some("lite"), Some(2), Some(0)), (Some("teams"), Some(0), Some(2))];
        assert_eq!(heard.collect::<Vec<_>>(), both, "{}", told.words);
        let findings = told.summary["findings"].as_array().expect("findings");
        assert!(findings.iter().all(|finding| finding["kind"] != "never_revoked"), "{findings:#?}");
    }

    /// The service hears of it after three seconds, and nobody is told that his messages are taken: but they are received.
    pub(super) fn what_was_received_was_taken(world: &str) {
        let injects = "gone: { during: fault, deprovision: { endpoint: lite, group: leavers, after: 3s } }\n  \
                       tokens: { during: fault, token_revoke: { endpoint: lite } }\n  \
                       mute: { during: fault, drop_reply: { endpoint: lite, capability: chat } }";
        let changes = [("INJECTS", injects), ("TARGET", "time_to_revoke{route=lite} <= 1s")];
        let told = Told::by(world, "ways.yaml", WAYS.to_owned(), &changes);
        assert_eq!(told.summary["targets"][0]["verdict"], "fail", "{}", told.words);
        // From outside: the last attempt since they left whose message was received, by the journal.
        let applied = number(&told.summary["injects"][0]["applied_s"]);
        let of = |record| told.lines.iter().filter(move |line| line["record"] == record);
        let received: BTreeSet<&str> = of("receipt").filter_map(|line| line["message"].as_str()).collect();
        let sent = told.attempts("unanswered").into_iter().filter(|line| {
            let message = line["message"].as_str().unwrap_or_default();
            message.starts_with("one.") && received.contains(message) && number(&line["sent_s"]) >= applied
        });
        let sent: Vec<f64> = sent.map(|line| number(&line["sent_s"])).collect();
        let last = sent.iter().copied().fold(0.0, f64::max);
        let way = &told.summary["revoked"][0];
        assert!((number(&way["lo_s"]) - (last - applied)).abs() < 0.001 && last - applied > 2.0, "{way:#}");
        assert_eq!(way["taken"].as_u64(), Some(sent.len() as u64), "{way:#}");
        assert!(way["hi_s"].as_f64().is_some_and(|hi| hi > last - applied), "{way:#}");
    }
}

in_both!(
    a_webhook_goes_on_when_its_owner_can_sign_in_no_more,
    a_webhook_needs_no_login,
    a_way_that_is_dark_is_not_passed_over,
    what_was_received_was_taken,
);
