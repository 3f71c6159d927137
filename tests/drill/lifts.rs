//! What a lift ends: nothing is hit by an inject after it.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::number;
use crate::told::Told;

/// Injects of many kinds, one after the other, each for a second. What is on its way through the link when one is lifted was let through.
const DRILL: &str = "
firedrill: 1
name: lifts
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 63ms } }
endpoints: { lite: { kind: dingtalk, edition: lite, region: shenzhen, limits: off } }
groups: { office: { count: 10, region: hk }, works: { count: 10, region: hk } }
journeys: { order: { from: office, to: works, send: chat, rate: 20/s, deadline: 300ms, timeout: 2s, routes: [lite] } }
phases: { baseline: 2s, fault: 34s, recovery: 3s }
injects:
  latency: { during: fault, for: 1s, latency: { endpoint: lite, constant: 400ms } }
  timeout: { during: fault, after: 2s, for: 1s, timeout: { endpoint: lite } }
  timeout-after: { during: fault, after: 4s, for: 1s, timeout: { endpoint: lite, after: 300ms } }
  status: { during: fault, after: 6s, for: 1s, status: { endpoint: lite, code: 503 } }
  throttle: { during: fault, after: 8s, for: 1s, throttle: { endpoint: lite, retry_after: 1s } }
  drop-reply: { during: fault, after: 10s, for: 1s, drop_reply: { endpoint: lite, how: silence } }
  duplicate: { during: fault, after: 12s, for: 1s, duplicate: { endpoint: lite } }
  blackhole: { during: fault, after: 14s, for: 1s, blackhole: { endpoint: lite } }
  partition: { during: fault, after: 16s, for: 1s, partition: { link: hk-shenzhen } }
  slicer: { during: fault, after: 18s, for: 1s, slicer: { endpoint: lite, size: 64B, variation: 16B, pause: 50ms } }
  limit-data: { during: fault, after: 20s, for: 1s, limit_data: { endpoint: lite, bytes: 300B } }
  reset: { during: fault, after: 22s, for: 1s, reset: { endpoint: lite, after: 50ms } }
  reorder: { during: fault, after: 24s, for: 1s, reorder: { endpoint: lite, by: 1s } }
  body: { during: fault, after: 26s, for: 1s, body: { endpoint: lite, truncate: 10B } }
  silent-loss: { during: fault, after: 28s, for: 1s, silent_loss: { endpoint: lite } }
  push-delay: { during: fault, after: 30s, for: 1s, push_delay: { endpoint: lite, constant: 400ms } }
  bandwidth: { during: fault, after: 32s, for: 1s, bandwidth: { endpoint: lite, rate: 1KB/s } }
targets: { all: { expr: \"undelivered == 0\", level: info } }
";

#[test]
fn nothing_is_hit_by_an_inject_that_was_lifted() {
    let told = Told::by("rehearse", "lifts.yaml", DRILL.to_owned(), &[]);
    let of = |record: &'static str| told.lines.iter().filter(move |line| line["record"] == record);
    let inject = |line: &serde_json::Value| line["inject"].as_str().expect("a name").to_owned();
    let lifts = of("control").filter(|line| line["event"] == "lifted");
    let lifts: BTreeMap<String, f64> = lifts.map(|line| (inject(line), number(&line["at_s"]))).collect();
    let hits: Vec<(String, f64)> = of("hit").map(|line| (inject(line), number(&line["at_s"]))).collect();
    let hit: BTreeSet<&String> = hits.iter().map(|(inject, _)| inject).collect();
    assert_eq!((hit.len(), lifts.len()), (17, 17), "{hit:?}");
    let late: Vec<_> = hits.iter().filter(|(inject, at)| *at > lifts[inject]).collect();
    assert!(late.is_empty(), "{late:?}");
}
