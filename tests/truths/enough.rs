//! Too few messages say how many would do: so many do, and one less does not.

use serde_json::Value;

use crate::{REHEARSAL, count, list, play};

/// Twenty messages a second, so many of them, by one sender who is always well but for the `flaw`.
fn scenario(messages: u64, flaw: &str, targets: &str) -> String {
    let kind = if flaw.is_empty() { "recovery" } else { "fault" };
    format!(
        "firedrill: 1
name: enough
regions: {{ hk: {{}} }}
endpoints: {{ dingtalk: {{ kind: dingtalk, edition: mainland, region: hk, limits: off }} }}
groups: {{ office: {{ count: 1, region: hk }}, factory: {{ count: 2, region: hk }} }}
journeys: {{ order: {{ from: office, to: factory, rate: 20/s, deadline: 500ms, routes: [dingtalk] }} }}
phases: {{ {kind}: {}ms }}
injects: {{ {flaw} }}
targets:
{targets}",
        messages * 50
    )
}

/// Each target of a drill of so many messages.
fn judged(messages: u64, flaw: &str, targets: &str) -> Vec<Value> {
    // Without a target that must hold, and a phase of peace, it decides nothing.
    let drill = play(REHEARSAL, &scenario(messages, flaw, targets), 1).ended(3);
    list(&drill.summary["targets"]).to_vec()
}

fn words(target: &Value) -> &str {
    target["why"].as_str().expect("words")
}

/// How many would do, as the verdict's own words say.
fn would_do(target: &Value) -> u64 {
    let number = words(target).strip_suffix(" would do").and_then(|words| words.rsplit(' ').next());
    number.and_then(|number| number.replace(',', "").parse().ok()).unwrap_or_else(|| panic!("no number: {target}"))
}

fn is_open(target: &Value) -> bool {
    target["verdict"] == "inconclusive"
}

/// Of a share p a number n of good ones alone shows with 95 % confidence that it is reached if pⁿ ≤ 5 %: n ≥ ln 0.05 / ln p. That is 59 for
/// 95 %, 299 for 99 % and 149 for 98 %. A percentile by itself needs one message beyond it: 100 for p99.
#[test]
fn as_many_as_it_says_do_and_one_less_does_not() {
    let targets = "  asked: { expr: \"availability >= 90%\", level: info, confidence: point, min_samples: 73 }
  point: { expr: \"p99(delivery_latency) <= 1s\", level: info, confidence: point }
  tail: { expr: \"p95(delivery_latency) <= 1s\", level: info, confidence: upper95 }
  nines: { expr: \"availability >= 99%\", level: info, confidence: lower95 }
  clean: { expr: \"ratio(lost) <= 2%\", level: info, confidence: upper95 }
";
    let few = judged(20, "", targets);
    let told: Vec<u64> = few.iter().map(would_do).collect();
    assert_eq!(told, [73, 100, 59, 299, 149], "{few:?}");
    assert!(few.iter().all(|target| is_open(target) && count(&target["n"]) == 20), "{few:?}");
    for (of, enough) in told.into_iter().enumerate() {
        let one_less = &judged(enough - 1, "", targets)[of];
        // And it still says the same of what is missing.
        assert!(is_open(one_less) && would_do(one_less) == enough, "{enough}: {one_less}");
        let told = &judged(enough, "", targets)[of];
        assert_eq!((&told["verdict"], count(&told["n"])), (&"pass".into(), enough), "{told}");
    }
}

/// Where one message in twenty-five is refused the number is of messages that go on like that: the share is the same again after every
/// twenty-five. It shows that a promise is missed as well as that it is kept.
#[test]
fn where_some_are_bad_as_many_do_if_it_goes_on_like_that() {
    let flaw = "some: { during: fault, status: { endpoint: dingtalk, capability: chat, code: 503, every: 25 } }";
    let targets = "  missed: { expr: \"availability >= 98%\", level: info, confidence: lower95 }
  kept: { expr: \"p95(delivery_latency) <= 1s\", level: info, confidence: upper95 }
";
    let few = judged(100, flaw, targets);
    for (of, verdict) in ["fail", "pass"].into_iter().enumerate() {
        assert!(
            is_open(&few[of]) && words(&few[of]).contains("too few to tell with 95 % confidence, about "),
            "{few:?}"
        );
        let enough = would_do(&few[of]).next_multiple_of(25);
        let fewer = &judged(enough - 25, flaw, targets)[of];
        assert!(is_open(fewer) && would_do(fewer) == would_do(&few[of]), "{enough}: {fewer}");
        let told = &judged(enough, flaw, targets)[of];
        assert_eq!((&told["verdict"], count(&told["n"])), (&verdict.into(), enough), "{told}");
    }
}
