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

mod cases {
    use super::{ROBOTS, Told};

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
}

in_both!(a_webhook_goes_on_when_its_owner_can_sign_in_no_more, a_webhook_needs_no_login);
