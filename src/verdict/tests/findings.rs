//! What is told besides the verdict.

use super::*;
use crate::analysis::tests::script::{control, fold, refused_within};
use crate::journal::{Decision, Event, Stall};
use crate::units::RouteId;
use crate::verdict::{Finding, FindingKind};

fn findings(targets: Vec<Target>, records: Vec<Record>) -> Vec<Finding> {
    let plan = planned(targets);
    judge(&plan, &completed(&plan, records)).findings
}

fn decided(millis: u64) -> Record {
    let (from, to) = (RouteId(0), RouteId(1));
    let decision =
        Decision::Failover { journey: ORDER, account: None, from, to, failures: 5, switch_at: ms(millis + 1_000) };
    control(ms(millis), Event::Decided { position: 1, decision })
}

#[test]
fn an_outage_that_nobody_noticed_is_a_finding_even_if_the_target_passes() {
    let plan = planned(vec![recovery(60_000)]);
    let judgement = judge(&plan, &completed(&plan, drill(refused_within(60, 90))));
    assert_eq!(judgement.verdict, crate::plan::Verdict::Pass);
    let [finding] = &judgement.findings[..] else { panic!("{:?}", judgement.findings) };
    assert_eq!((finding.kind, finding.journey.as_deref()), (FindingKind::UndetectedOutage, Some("order")));
    let text = "order was down for 28.9–30.1 s, and nothing noticed: no failover was decided, and without a target on its \
                availability there is no error budget to alert on";
    assert_eq!((finding.text.as_str(), finding.at_s.total_cmp(&60.0).is_eq()), (text, true));
}

#[test]
fn a_decision_while_it_lasts_is_a_detector() {
    let mut records = drill(refused_within(60, 90));
    records.push(decided(61_000));
    assert_eq!(findings(Vec::new(), records), []);
    // One that comes after it, or long before, is not.
    for at in [100_000, 50_000] {
        let mut records = drill(refused_within(60, 90));
        records.push(decided(at));
        let [found] = &findings(Vec::new(), records)[..] else { panic!("one at {at}") };
        let told = if at > 60_000 {
            "the next failover was decided 40.0 s after it had begun"
        } else {
            "no failover was decided"
        };
        assert!(found.text.contains(told), "{}", found.text);
    }
}

#[test]
fn an_alert_on_the_error_budget_is_a_detector() {
    // Ten messages a second: at 99.9 % the first page takes 518.4 bad messages. Six hundred are, then three hundred.
    let mut three_nines = availability(99);
    three_nines.expr.bound = Bound::Share(Share::from_millionths(999_000).unwrap());
    assert_eq!(findings(vec![three_nines.clone()], drill(refused_within(60, 120))), []);
    let found = findings(vec![three_nines], drill(refused_within(60, 90)));
    assert!(found[0].text.ends_with("and no alert on the error budget would have fired"), "{}", found[0].text);
}

#[test]
fn what_is_tolerated_or_goes_on_is_no_finding() {
    assert_eq!(findings(Vec::new(), drill(|_| What::Good)), []);
    // Still down, in a view of a drill that goes on, it may yet be noticed; at the end it was not.
    let plan = planned(Vec::new());
    let mut records = drill(refused_within(60, 180));
    records.retain(|record| record.at() < ms(100_000));
    assert_eq!(judge(&plan, &fold(&plan, &records).observe(Some(ms(100_000)))).findings, []);
    let found = findings(Vec::new(), drill(refused_within(60, 180)));
    assert!(found[0].text.contains("for at least 119 s, until the end"), "{}", found[0].text);
}

/// While firedrill itself stood still, what was down may have been firedrill.
#[test]
fn an_outage_of_a_sender_that_stood_still_says_so() {
    let with = |[last, due, at]: [u64; 3]| {
        let mut records = drill(refused_within(60, 90));
        let stall = Record::Stall(Stall { last: ms(last), due: ms(due), at: ms(at) });
        let place = records.partition_point(|record| record.at() < ms(at));
        records.insert(place, stall);
        findings(Vec::new(), records).remove(0).text
    };
    let told = "; the sender itself was too slow meanwhile";
    assert!(with([70_000, 70_010, 71_000]).ends_with(told), "{}", with([70_000, 70_010, 71_000]));
    // Longer ago, it has no part in it.
    assert!(!with([50_000, 50_010, 51_000]).contains(told));
}

/// What has to wait for the gate is applied late and lifted as planned: the shorter it was to be, the more of it is missing.
#[test]
fn an_inject_that_came_late_is_told_with_what_it_lost() {
    let told = |length: u64, late: u64, gate: u64| {
        let mut plan = planned(Vec::new());
        plan.injects[0].end = ms(60_000 + length);
        let steady = Decision::Steady { held: true, why: String::new() };
        let mut records = drill(|_| What::Good);
        records.extend([
            control(ms(60_000 + gate), Event::Decided { position: 1, decision: steady }),
            control(ms(60_000 + late), Event::Applied(FREEZE)),
            control(ms(60_000 + length), Event::Lifted(FREEZE)),
        ]);
        let observation = completed(&plan, records);
        let late = observation.late(&observation.injects[0]);
        (
            late.is_some(),
            judge(&plan, &observation).findings.into_iter().map(|finding| finding.text).collect::<Vec<_>>(),
        )
    };
    let waited = "freeze was applied 12.0 ms late, since it was not known before whether the state was steady, and so was on for 38.0 ms of 50.0 ms";
    assert_eq!(told(50, 12, 11), (true, vec![waited.to_owned()]));
    let late = "freeze was applied 12.0 ms late, and so was on for 38.0 ms of 50.0 ms";
    assert_eq!(told(50, 12, 0), (true, vec![late.to_owned()]));
    // Nobody misses so little of half a minute; nor is it late that comes at once.
    assert_eq!(told(30_000, 12, 11), (true, Vec::new()));
    assert_eq!(told(50, 0, 0), (false, Vec::new()));
}
