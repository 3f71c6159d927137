//! Control accounts: who they are, what they send, and what cannot be played with them.

use super::*;
use crate::draw::Seed;
use crate::plan::{Crew, FailoverBy};
use crate::units::{AccountId, InjectId, JourneyId, Span};

const RATE: &str = "rate: 20/s";

fn scenario(groups: &str, journey: &str, injects: &str) -> String {
    format!(
        "firedrill: 1
name: control
regions: {{ hk: {{}} }}
endpoints:
  dingtalk: {{ kind: dingtalk, edition: mainland, region: hk, limits: off }}
  teams: {{ kind: teams, region: hk, limits: off }}
groups: {groups}
journeys:
  order:
    from: office
    to: factory
    deadline: 1s
    routes: [dingtalk, teams]
    failover: {{ by: journey, after: {{ failures: 3 }}, decide: 1s }}
    {journey}
phases: {{ baseline: 10s, fault: 10s }}
injects: {{ {injects} }}
targets: {{ lossless: {{ expr: \"lost == 0\", level: must }} }}
"
    )
}

const GROUPS: &str =
    "{ office: { count: 20, region: hk, control: 20% }, factory: { count: 6, region: hk, control: 30% } }";
const CUT: &str = "cut: { during: fault, partition: { endpoint: dingtalk } }";

fn read(text: &str) -> Plan {
    plan(&source(text))
}

fn mistakes(text: &str) -> String {
    found(&source(text)).join("\n")
}

fn played(injects: &str) -> Plan {
    read(&scenario(GROUPS, RATE, injects))
}

#[test]
fn the_last_accounts_send_to_each_other_beside_the_rest() {
    let plan = played(CUT);
    let [order, control] = &plan.journeys[..] else { panic!("a journey and its control arm") };
    // 20 % of 20 are four, 30 % of six are 1.8, and so two.
    let counts = |crew: Crew| (crew.nth(0), crew.count());
    assert_eq!((counts(plan.senders(order)), counts(plan.recipients(order))), ((AccountId(0), 16), (AccountId(20), 4)));
    assert_eq!(
        (counts(plan.senders(control)), counts(plan.recipients(control))),
        ((AccountId(16), 4), (AccountId(24), 2))
    );
    // Everybody sends one message a second.
    assert_eq!((order.rate.to_string(), control.rate.to_string()), ("16/s".into(), "4/s".into()));
    assert_eq!((order.detector.gap.nanos(), control.detector.gap.nanos()), (62_500_000, 250_000_000));
    assert_eq!((control.name.as_str(), control.control_of), ("order-control", Some(JourneyId(0))));
    assert_eq!(plan.control(JourneyId(0)), Some(JourneyId(1)));
    // It has no second route and nobody who would change to it.
    assert_eq!((control.routes.len(), control.failover.is_none()), (1, true));
    assert!(order.failover.as_ref().is_some_and(|failover| failover.by == FailoverBy::Journey));
    // The slots of its own rate, and at least one an account: 4/s × 1 s × 1.25.
    assert_eq!((order.slots, control.slots), (20, 5));
    let again: Plan = serde_json::from_str(&plan.canonical_json()).expect("a plan");
    assert_eq!(again, plan);
}

/// Whom somebody of a group may write to is everybody else in it, in either arm.
#[test]
fn nobody_writes_to_himself() {
    let inside = |to: &str, count: u32, control: &str| {
        let groups = format!("{{ office: {{ count: {count}, region: hk{control} }} }}");
        scenario(&groups, RATE, CUT).replace("to: factory", to)
    };
    let others = |text: &str, arm: usize, sender| {
        let plan = read(text);
        plan.others(&plan.journeys[arm], AccountId(sender)).iter().map(|one| one.0).collect::<Vec<_>>()
    };
    let to_all = inside("to: { all: office }", 3, "")
        .replace("[dingtalk, teams]", "[dingtalk]")
        .replace("    failover: { by: journey, after: { failures: 3 }, decide: 1s }\n", "");
    for (sender, left) in [(0, [1, 2]), (1, [0, 2]), (2, [0, 1])] {
        assert_eq!(others(&inside("to: office", 3, ""), 0, sender), left);
        assert_eq!(others(&to_all, 0, sender), left);
    }
    let arms = inside("to: office", 5, ", control: 40%");
    assert_eq!((others(&arms, 0, 2), others(&arms, 1, 3)), (vec![0, 1], vec![4]));
    // Another group has nobody of this one.
    assert_eq!(others(&scenario(GROUPS, RATE, CUT), 0, 3), [20, 21, 22, 23]);

    for (text, alone) in [
        (inside("to: office", 1, ""), "from `office` to `office`, which has one account"),
        (inside("to: { all: office }", 1, ""), "from `office` to `office`, which has one account"),
        (inside("to: office", 4, ", control: 25%"), "from `office` to `office`, which has an arm of one account"),
    ] {
        let found = mistakes(&text);
        assert!(found.starts_with("out-of-range") && found.contains(alone), "{found}");
    }
}

#[test]
fn no_inject_aims_at_control_accounts() {
    let plan = played(
        "everyone: { during: fault, partition: { endpoint: dingtalk } }, \
         some: { during: fault, status: { endpoint: dingtalk, code: 503, group: office, share: 50% } }, \
         all: { during: fault, account_freeze: { endpoint: dingtalk, group: office } }",
    );
    for seed in 0..50 {
        let aimed = |inject| plan.aimed(Seed(seed), InjectId(inject)).expect("accounts");
        // Half of the sixteen that can be hit, all of them, and four recipients besides.
        assert_eq!([0, 1, 2].map(|inject| aimed(inject).len()), [20, 8, 16]);
        assert!((0..3).flat_map(aimed).all(|account| !plan.is_control(account)));
    }
    assert!(!plan.is_of_addresses(&plan.injects[0]), "a listener would turn control accounts away as well");
}

#[test]
fn both_arms_together_send_what_the_journey_does() {
    for rate in [
        "rate: { ramp: { from: 2/s, to: 40/s } }",
        "rate: { steps: [{ rate: 7/s, for: 3s }, { rate: 13/s }] }",
        "rate: { phases: { baseline: 5/s, fault: 25/s } }",
    ] {
        let whole =
            read(&scenario("{ office: { count: 20, region: hk }, factory: { count: 6, region: hk } }", rate, CUT));
        let arms = read(&scenario(GROUPS, rate, CUT));
        let until = |plan: &Plan, index: usize, secs: u64| plan.journeys[index].planned(Span::from_secs(secs));
        for secs in [1, 5, 10, 20] {
            let (both, all) = (until(&arms, 0, secs) + until(&arms, 1, secs), until(&whole, 0, secs));
            // Either arm has its own first message at the beginning.
            assert!((all..=all + 1).contains(&both), "{rate}: {both} of {all} in {secs} s");
            let share = until(&arms, 1, secs) as f64 / both as f64;
            assert!((share - 0.2).abs() < 1.0 / both as f64 + 1e-9, "{rate}: {share}");
        }
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let cases = [
        (
            "{ office: { count: 20, region: hk, control: 20% }, factory: { count: 6, region: hk } }",
            CUT,
            "is between `office`, which has control accounts, and `factory`, which has none",
        ),
        (
            "{ office: { count: 20, region: hk, control: 1% }, factory: { count: 6, region: hk, control: 50% } }",
            CUT,
            "are 0",
        ),
        (
            "{ office: { count: 1, region: hk, control: 50% }, factory: { count: 6, region: hk, control: 50% } }",
            CUT,
            "are 1",
        ),
        (
            GROUPS,
            "down: { during: fault, refuse: { endpoint: dingtalk } }",
            "an endpoint that is down is so for everybody",
        ),
        (
            GROUPS,
            "frozen: { during: fault, account_freeze: { endpoint: dingtalk, mode: organisation } }",
            "it freezes the whole organisation",
        ),
        (
            GROUPS,
            "spent: { during: fault, quota: { endpoint: dingtalk, calls: 3 } }",
            "the calls are the whole organisation's",
        ),
    ];
    for (groups, injects, said) in cases {
        let found = mistakes(&scenario(groups, RATE, injects));
        assert!(found.contains(said), "{said}: {found}");
    }
    let all = scenario(GROUPS, RATE, CUT).replace("to: factory", "to: { all: factory }");
    assert!(mistakes(&all).contains("one arm has more than the other"), "{}", mistakes(&all));
    let taken = scenario(GROUPS, RATE, CUT).replace(
        "phases:",
        "  order-control: { from: office, to: factory, rate: 1/s, deadline: 1s, routes: [teams] }\nphases:",
    );
    assert!(mistakes(&taken).contains("the control arm of another journey"), "{}", mistakes(&taken));
    // What is down for one group only, or at an endpoint where no control arm goes, is none of its business.
    read(&scenario(GROUPS, RATE, "down: { during: fault, refuse: { endpoint: dingtalk, group: office } }"));
    read(&scenario(GROUPS, RATE, "down: { during: fault, refuse: { endpoint: teams } }"));
}
