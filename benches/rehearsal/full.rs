//! Whole drills: due → path → twin → receipt → journal → folds.

use std::io;
use std::path::Path;
use std::sync::Arc;

use firedrill::control::Secrets;
use firedrill::drill::{self, Play};
use firedrill::journal::{Start, WorldKind, Writer};
use firedrill::scenario::{self, Options, Source};
use firedrill::world::Interrupt;

use crate::measured::Measured;

/// Two hundred accounts on two routes; one request in a hundred is refused, every unit is delayed, and the senders are frozen once.
const SCENARIO: &str = "
firedrill: 1
name: bench
question: How fast is a rehearsal?
regions: { hk: {}, shenzhen: {} }
links:
  hk-shenzhen: { latency: 18.25ms }
endpoints:
  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off }
  lite: { kind: dingtalk, edition: lite, region: shenzhen, limits: off }
groups:
  office: { count: 100, region: hk }
  factory: { count: 100, region: shenzhen }
journeys:
  order:
    from: office
    to: factory
    send: chat
    rate: 500/s
    deadline: 1s
    routes: [dingtalk, lite]
    failover: { by: journey, after: { failures: 5 }, decide: 100ms, resend: unconfirmed, back: never }
phases: { baseline: HALF, fault: 500ms, recovery: HALF }
injects:
  busy: { at: 0s, for: HALF, status: { endpoint: dingtalk, code: 503, chance: 1% } }
  jitter: { at: 0s, for: HALF, latency: { lognormal: { median: 2ms, sigma: 0.8 } } }
  freeze: { during: fault, account_freeze: { endpoint: dingtalk, group: office } }
grace: 2s
targets:
  all-arrived: { expr: \"undelivered{journey=order} == 0\", level: must }
";

/// So many messages a second are due.
const RATE: u64 = 500;

/// A drill of about so many messages.
pub(crate) fn generated(messages: u64) -> Measured {
    let half = format!("{}ms", (messages * 1_000 / RATE).saturating_sub(500) / 2);
    play(&Source { name: "bench".to_owned(), text: SCENARIO.replace("HALF", &half) })
}

/// A drill that ships.
pub(crate) fn shipped(name: &str) -> Measured {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(format!("{name}.yaml"));
    play(&scenario::read(&file).expect("a scenario"))
}

fn play(source: &Source) -> Measured {
    let plan = Arc::new(scenario::load(source, &Options::default()).expect("a scenario without mistakes").plan);
    let seed = plan.seed.unwrap_or(firedrill::draw::Seed(1));
    Measured::of(|| {
        let start = Start::of(&plan, WorldKind::Virtual, seed, "2026-01-05T09:00:00Z");
        let writer = Writer::new(Box::new(io::sink()), Path::new("nowhere"), &start).expect("it takes everything");
        let staged = Play {
            plan,
            seed,
            writer,
            secrets: Secrets::default(),
            interrupt: Interrupt::none(),
            undo: None,
            ways_in: None,
            watch: None,
        };
        let finished = drill::rehearse(staged).expect("a virtual world");
        let counts = finished.sink.folds.counts();
        assert!(counts.accepted * 100 >= counts.intended * 99, "nearly all are accepted: {counts:?}");
        assert_eq!(finished.sink.folds.pending(), 0, "what is owed is delivered");
        counts.intended
    })
}
