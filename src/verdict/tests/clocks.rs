//! One outage, judged by each of its four clocks.

use super::*;
use crate::analysis::tests::script::{control, refused_within};
use crate::journal::{Decision, Event};
use crate::plan::Verdict;
use crate::units::RouteId;
use TargetOutcome::{Fail, Inconclusive, Pass};

fn by(clock: Clock, millis: u64) -> Target {
    Target { clock, ..recovery(millis) }
}

/// Down from 60 s to 90 s; the inject was applied at 50 s and the failover decided at 62 s, if these records are there.
fn outcomes(records: impl IntoIterator<Item = Record>, targets: &[Target]) -> Vec<TargetOutcome> {
    let plan = planned(targets.to_vec());
    let mut all = drill(refused_within(60, 90));
    all.extend(records);
    judge(&plan, &completed(&plan, all)).targets.iter().map(|judged| judged.verdict).collect()
}

fn applied() -> Record {
    control(ms(50_000), Event::Applied(FREEZE))
}

fn declared() -> Record {
    let (from, to) = (RouteId(0), RouteId(1));
    let decision = Decision::Failover { journey: ORDER, account: None, from, to, failures: 5, switch_at: ms(90_000) };
    control(ms(62_000), Event::Decided { position: 1, decision })
}

#[test]
fn one_run_passes_by_one_clock_and_fails_by_another() {
    // The last bad message is due at 89.9, the first good one received at 90.03: [28.9, 30.13] from impact, [39.9, 40.03] from
    // injection, [28.5, 28.63] from detection at 61.4, and [27.9, 28.03] from declaration.
    let targets = [
        by(Clock::Impact, 30_130),
        by(Clock::Injection, 30_130),
        by(Clock::Detection, 28_630),
        by(Clock::Declaration, 28_030),
    ];
    assert_eq!(outcomes([applied(), declared()], &targets), [Pass, Fail, Pass, Pass]);
    let shorter = [by(Clock::Injection, 40_030), by(Clock::Detection, 28_629), by(Clock::Declaration, 27_899)];
    assert_eq!(outcomes([applied(), declared()], &shorter), [Pass, Inconclusive, Fail]);
}

#[test]
fn a_clock_that_never_began_shows_nothing() {
    let targets = [by(Clock::Injection, 7_200_000), by(Clock::Declaration, 7_200_000)];
    assert_eq!(outcomes([], &targets), [Inconclusive, Inconclusive]);
    let plan = planned(targets.to_vec());
    let judgement = judge(&plan, &completed(&plan, drill(refused_within(60, 90))));
    let why = "the only outage: order under freeze, and no failover was ever decided, from which it could count";
    assert_eq!((judgement.targets[1].why.as_str(), judgement.verdict), (why, Verdict::Inconclusive));
}

#[test]
fn an_inject_that_was_tolerated_is_so_by_every_clock() {
    for (_, clock) in Clock::ALL {
        assert_eq!(outcome(&by(clock, 1), |_| What::Good), Pass, "{clock:?}");
    }
}

#[test]
fn a_journal_from_before_there_were_clocks_counts_from_impact() {
    let mut json = serde_json::to_value(recovery(1_000)).unwrap();
    assert_eq!(json.get("clock"), None);
    let read: Target = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(read.clock, Clock::Impact);
    json["clock"] = "injection".into();
    assert_eq!(serde_json::from_value::<Target>(json).unwrap(), by(Clock::Injection, 1_000));
}
