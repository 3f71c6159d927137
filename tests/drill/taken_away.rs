//! Somebody is taken away where identities are kept, by the real `PATCH` of SCIM that a company's own tools make: how long he could still send is
//! told as it is of a `deprovision`.

use std::io::{BufRead, BufReader};
use std::process::Child;

use crate::common::signed_in::SignedIn;
use crate::common::turns::Turn;
use crate::common::{Place, firedrill, number, records, say};

/// A directory and provider of its own, which is ended with the test.
struct Provider(Child);

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn provider() -> (Provider, String) {
    let mut program = firedrill(["twin", "sso", "--listen", "127.0.0.1:0"]);
    let mut child = program.stderr(std::process::Stdio::inherit()).spawn().expect("the program starts");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    (Provider(child), ready["http"].as_str().expect("an address").to_owned())
}

/// 10/s of somebody who leaves after 3 s and of somebody who stays; what was heard of a token is good for half a second.
const DRILL: SignedIn<'_> = SignedIn {
    link: "2ms",
    provider: "url: \"URL\", token_life: 1h",
    trust: "{ provider: idp, verify: introspection, cache: 500ms }",
    rest: "
groups: { leavers: { count: 1, region: hk }, staff: { count: 1, region: hk }, factory: { count: 2, region: shenzhen } }
journeys:
  last-words: { from: leavers, to: factory, rate: 10/s, deadline: 1s, routes: [erp] }
  order: { from: staff, to: factory, rate: 10/s, deadline: 1s, routes: [erp] }
phases: { baseline: 3s, fault: 4s, recovery: 2s }
injects:
  gone:
    during: fault
    http:
      do: { method: PATCH, url: \"URL/scim/v2/Users/leavers-1\", headers: { authorization: \"Bearer ${DIRECTORY_TOKEN}\", content-type: application/scim+json }, body: ACTIVE(false) }
      undo: { method: PATCH, url: \"URL/scim/v2/Users/leavers-1\", headers: { authorization: \"Bearer ${DIRECTORY_TOKEN}\", content-type: application/scim+json }, body: ACTIVE(true) }
      takes_away: { group: leavers, endpoint: idp }
grace: 3s
targets:
  stops: { expr: \"time_to_revoke{journey=last-words} <= 3s\", level: must }
",
};

fn drill(url: &str) -> String {
    let active = |is: bool| {
        let patch = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"replace","path":"active","value":{is}}}]}}"#
        );
        format!("{patch:?}")
    };
    DRILL.text().replace("URL", url).replace("ACTIVE(false)", &active(false)).replace("ACTIVE(true)", &active(true))
}

#[test]
fn a_real_request_that_takes_somebody_away_tells_how_long_he_could_send() {
    let (_provider, url) = provider();
    let place = Place::new();
    let file = place.file("taken-away.yaml", &drill(&url));
    let _turn = Turn::to("run");
    let mut command = place.command("run", &file, &["--allow-actions", "--quiet"]);
    // Whoever shows a token may write there.
    let played = place.ended(command.env("DIRECTORY_TOKEN", "anybody").spawn().expect("the program starts"));
    assert_eq!(played.code, Some(0), "{}", played.told());
    let summary = played.summary();
    let (way, inject) = (&summary["revoked"][0], &summary["injects"][0]);
    assert_eq!((&way["inject"], &way["journey"], &way["route"]), (&"gone".into(), &"last-words".into(), &"erp".into()));
    assert_eq!((&way["accounts"], &way["open"], &way["unheard"]), (&1.into(), &0.into(), &0.into()), "{way:#}");
    assert_eq!(summary["revoked"].as_array().map(Vec::len), Some(1), "who stays is not told of");
    // As for a `deprovision`: counted from when the request was answered, which is when the inject is applied.
    let applied = number(&inject["applied_s"]);
    let call = &inject["action"]["calls"][0];
    assert!(applied >= number(&call["began_s"]) + number(&call["took_s"]) - 0.001, "{inject:#}");
    let first = number(&way["first_refused"]["at_s"]);
    assert!((number(&way["hi_s"]) - (first - applied)).abs() < 0.001, "{way:#}");
    // Half a second of the cache, and a message's gap, on a machine that others use.
    assert!(number(&way["lo_s"]) < 1.5 && number(&way["hi_s"]) < 3.0, "{way:#}");
    // From outside: the journal has his first refusal where the figure says, and none of whoever stays.
    let lines = records(&played.dir);
    let refused = |journey: &str| {
        let of = |line: &&serde_json::Value| line["message"].as_str().is_some_and(|id| id.starts_with(journey));
        lines.iter().filter(|line| line["record"] == "attempt" && line["ending"] == "refused").filter(of).count()
    };
    assert!(refused("last-words.") >= 10 && refused("order.") == 0, "{}", played.told());
}

/// A rehearsal asks nobody, and so nobody leaves: that is no pass.
#[test]
fn a_rehearsal_takes_nobody_away_and_says_so() {
    let place = Place::new();
    let text = drill("http://127.0.0.1:9");
    let file = place.file("taken-away.yaml", &text.replace(", url: \"http://127.0.0.1:9\", token", ", token"));
    let checked = say(["check", &file]);
    assert!(checked.code == Some(0) && !checked.told().contains("nobody-leaves"), "{}", checked.told());
    let plan = say(["plan", &file]);
    assert!(plan.out.contains("takes away all 1 accounts of leavers, at idp"), "{}", plan.told());
    let played = place.play("rehearse", &file, &["--quiet"]);
    let target = &played.summary()["targets"][0];
    assert_eq!((played.code, &target["verdict"]), (Some(3), &"inconclusive".into()), "{}", played.told());
    assert!(target["why"].as_str().is_some_and(|why| why.contains("not done in a rehearsal")), "{target}");
}
