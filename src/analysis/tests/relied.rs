//! Hits on what an endpoint asks the provider whose tokens it takes.

use super::script::{FREEZE, What, completed, hop, journey, ms, plan, refused_within};
use crate::analysis::{Observation, Outcome};
use crate::journal::{Fate, Hit, Record};
use crate::plan::{Plan, Trust, Verify};
use crate::units::{EndpointId, Span};

const PROVIDER: EndpointId = EndpointId(1);

/// Everything is sent where the tokens of the second endpoint are taken.
fn trusting() -> Plan {
    let mut plan = plan();
    let verify = Verify::Introspection;
    plan.endpoints[0].sso =
        Some(Trust { provider: PROVIDER, verify, cache: Span::from_secs(1), issuer: None, audience: None });
    plan.injects[0].aim.endpoints = vec![PROVIDER];
    plan.journeys[0].routes.truncate(1);
    plan
}

/// A question a second, on connections of nobody's account, each of which is hit.
fn questions(from: u64, to: u64) -> Vec<Record> {
    let asked = |second: u64| {
        let (connection, at) = (1_000_000 + second, ms(second * 1_000 + 5));
        let (inject, exchange, account, fate) = (FREEZE, 1, None, Fate::Refused);
        let hit = Hit { inject, connection, exchange, account, fate, delay: Span::ZERO, units: 1, at };
        [hop(connection, PROVIDER, at), Record::Hit(hit)]
    };
    (from..to).flat_map(asked).collect()
}

fn played(plan: &Plan, what: impl Fn(u32) -> What, more: Vec<Record>) -> Observation {
    completed(plan, [journey(what), more].concat())
}

#[test]
fn an_outage_of_the_provider_is_the_outage_of_whoever_asks_it() {
    let plan = trusting();
    let down = played(&plan, refused_within(60, 90), questions(60, 90));
    let recovery = &down.recovery[0];
    assert_eq!((recovery.inject.as_deref(), recovery.outcome), (Some("freeze"), Outcome::Recovered), "{recovery:?}");
    assert_eq!(down.injects[0].message_hits, 30);
    let blame = &down.journeys[0].figures.blame;
    assert_eq!((blame.system, blame.injected), (0, 300), "{blame:?}");
    // What was good all the same tolerated it.
    let kept = played(&plan, |_| What::Good, questions(60, 90));
    assert_eq!((kept.recovery[0].outcome, kept.injects[0].message_hits), (Outcome::Tolerated, 30));
    // Where nobody trusts it, it concerns nobody.
    let mut alone = plan.clone();
    alone.endpoints[0].sso = None;
    let alone = played(&alone, refused_within(60, 90), questions(60, 90));
    assert_eq!((alone.injects[0].message_hits, alone.journeys[0].figures.blame.system), (0, 300));
}

/// Questions that are hit 55 ms after a message was sent, which is over after 20: nobody waits for them, but the inject was in the way of what the
/// journey relies on.
#[test]
fn what_is_hit_when_no_message_waits_for_it_is_tolerated() {
    let mut plan = trusting();
    let all = questions(60, 90).into_iter().map(|record| match record {
        Record::Hit(hit) => Record::Hit(Hit { at: hit.at + Span::from_millis(50), ..hit }),
        other => other,
    });
    let beside: Vec<Record> = all.collect();
    let kept = played(&plan, |_| What::Good, beside.clone());
    assert_eq!((kept.injects[0].message_hits, kept.injects[0].background_hits), (0, 30));
    assert_eq!(kept.phases.iter().map(|phase| phase.background_hits).collect::<Vec<_>>(), [0, 30, 0]);
    let recovery = &kept.recovery[0];
    assert_eq!((recovery.outcome, recovery.hits, &recovery.phase_hits[..]), (Outcome::Tolerated, 30, &[0, 30, 0][..]));
    // Where nobody trusts it, it proves nothing.
    plan.endpoints[0].sso = None;
    let alone = played(&plan, |_| What::Good, beside);
    assert_eq!((alone.injects[0].background_hits, alone.recovery.len()), (0, 0));
}
