use crate::analysis::{Blame, Meanwhile};

use super::script::{FREEZE, What, completed, hit, journey, ms, plan, refused_within};

fn meanwhile(what: impl Fn(u32) -> What) -> Vec<Meanwhile> {
    let outages = completed(&plan(), journey(what)).journeys.remove(0).outages;
    outages.into_iter().map(|outage| outage.meanwhile.expect("told of a journey's outages")).collect()
}

/// That nothing came in time need not mean that nothing came.
#[test]
fn what_came_too_late_is_told_from_what_never_came() {
    let missing = Meanwhile { missing: 100, ..Meanwhile::default() };
    assert_eq!(meanwhile(refused_within(60, 70)), [missing]);
    let slow = |number| if (600..700).contains(&number) { What::Received(1_500) } else { What::Good };
    assert_eq!(meanwhile(slow), [Meanwhile { late: 100, ..Meanwhile::default() }]);
    let half = |number: u32| match number {
        600..700 if number.is_multiple_of(2) => What::Refused,
        600..650 => What::Received(1_500),
        _ => What::Good,
    };
    assert_eq!(meanwhile(half), [Meanwhile { good: 24, late: 25, missing: 50, spoilt: 0 }]);
}

/// What was good between two bad ones lies within the outage; what was good after the last one does not, nor is it of the next outage.
#[test]
fn good_ones_count_from_the_first_bad_one_to_the_last() {
    let merged = |number| match number {
        600..650 | 660..700 => What::Refused,
        _ => What::Good,
    };
    assert_eq!(meanwhile(merged), [Meanwhile { good: 10, missing: 90, ..Meanwhile::default() }]);
    let two = |number| match number {
        600..650 | 800..820 => What::Refused,
        _ => What::Good,
    };
    let missing = |missing| Meanwhile { missing, ..Meanwhile::default() };
    assert_eq!(meanwhile(two), [missing(50), missing(20)]);
}

/// A message that an inject hit, and no outage: it is counted by its phase, beside those that nothing explains.
#[test]
fn single_failures_outside_of_outages_are_told_by_phase() {
    let what = |number| match number {
        100 | 700 | 900 | 1_000..1_010 => What::Refused,
        _ => What::Good,
    };
    let mut records = journey(what);
    records.push(hit(FREEZE, ms(70_000)));
    let observation = completed(&plan(), records);
    assert_eq!(observation.journeys[0].outages.len(), 1);
    let single: Vec<Blame> = observation.journeys[0].phases.iter().map(|slice| slice.single).collect();
    let of = |system, injected| Blame { system, injected, sender: 0 };
    assert_eq!(single, [of(1, 0), of(1, 1), of(0, 0)]);
}
