//! A journey whose second route tells of no receipts: what went by it may have arrived, or not, and no figure may say more.

use serde_json::Value;

use crate::told::Told;

/// A platform that refuses everything from 2 s to 4 s, and a robot to which people turn half a second after they notice.
const DRILL: &str = "\
firedrill: 1
name: unobserved
regions: { hk: {} }
endpoints:
  platform: { kind: dingtalk, edition: mainland, region: hk, limits: off }
  robot:
    kind: http
    region: hk
    send: { path: /messages, headers: { authorization: \"Bearer {token}\" }, json: '{\"to\": \"{to}\", \"text\": \"{text}\"}' }
    success: { status: 202, at: /state, equals: queued }
    receipts: acceptance
groups: { office: { count: 5, region: hk }, factory: { count: 4, region: hk } }
journeys:
  order:
    from: office
    to: factory
    send: chat
    rate: 50/s
    deadline: 1s
    routes: [platform, robot]
    failover: { by: journey, after: { failures: 3 }, decide: 500ms, resend: unconfirmed, back: never }
phases: { baseline: 2s, fault: 2s, recovery: 2s }
injects: { down: { during: fault, status: { endpoint: platform, code: 503 } } }
grace: 3s
targets:
  all: { expr: \"undelivered == 0\", level: must }
  kept: \"lost == 0\"
  once: \"ratio(duplicated) <= 1%\"
  quick: { expr: \"p99(delivery_latency) <= 900ms\", confidence: point }
  slow: { expr: \"p1(delivery_latency) <= 900ms\", confidence: point }
  taken: { expr: \"p50(accept_latency) <= 900ms\", confidence: point }
";

in_both!(what_went_by_a_silent_route_is_no_proof, what_did_not_arrive_by_any_is_a_proof);

/// Why a target came out as it did.
fn verdict<'a>(told: &'a Told, id: &str) -> (&'a str, &'a Value) {
    let targets = told.summary["targets"].as_array().expect("targets");
    let target = targets.iter().find(|target| target["id"] == id).expect("the target");
    (target["verdict"].as_str().expect("a verdict"), target)
}

mod cases {
    use super::*;

    pub(super) fn what_went_by_a_silent_route_is_no_proof(world: &str) {
        let told = Told::by(world, "unobserved.yaml", DRILL.into(), &[]);
        let taken = told.attempts("acknowledged");
        let silent = taken.iter().filter(|line| line["route"] == "robot").count() as u64;
        // From about 2.6 s on, of 6, at 50 a second, and what was refused until then.
        assert!(silent >= 150, "{silent}: {}", told.words);
        assert_eq!(told.delivery("unobserved"), silent, "{}", told.words);
        assert_eq!([told.delivery("owed"), told.delivery("delivered")], [300 - silent; 2], "{}", told.words);
        assert_eq!(told.summary["verdict"], "inconclusive", "{}", told.words);
        assert_eq!(told.summary["journeys"][0]["basis"], "mixed");
        for id in ["all", "kept", "once", "quick"] {
            assert_eq!(verdict(&told, id).0, "inconclusive", "{id}: {}", told.words);
        }
        // Of more than a hundredth it is known how soon they arrived, whatever became of the others.
        for id in ["slow", "taken"] {
            assert_eq!(verdict(&told, id).0, "pass", "{id}: {}", told.words);
        }
        let why = verdict(&told, "all").1["why"].as_str().expect("a reason");
        assert!(why.contains(&format!("of {silent} more no receipt could have told")), "{why}");
    }

    /// The robot refuses everybody as well: what nobody took has not arrived.
    pub(super) fn what_did_not_arrive_by_any_is_a_proof(world: &str) {
        let both = "{ during: fault, status: { endpoint: platform, code: 503 } }, \
                    shut: { at: 2s, for: 4s, status: { endpoint: robot, code: 503 } }";
        let changes = [("{ during: fault, status: { endpoint: platform, code: 503 } }", both)];
        let told = Told::by(world, "unobserved.yaml", DRILL.into(), &changes);
        assert!(told.delivery("undelivered") >= 150, "{}", told.words);
        assert_eq!(
            (verdict(&told, "all").0, &told.summary["verdict"]),
            ("fail", &Value::from("fail")),
            "{}",
            told.words
        );
    }
}
