//! What an ERP booked twice is counted exactly, phase by phase; where it booked nothing, nothing is shown.

use super::*;
use crate::analysis::tests::script::id;
use crate::journal::{Effect, Entry};
use crate::plan::{EndpointKind, Erp};
use crate::units::EndpointId;
use TargetOutcome::{Fail, Inconclusive, Pass};

const ERP: EndpointId = EndpointId(0);

/// The target over one phase, of an ERP that booked these messages, one after another, each half a second after it was due.
fn booked(target: &Target, phase: u16, numbers: &[u32]) -> TargetVerdict {
    let target = Target { phases: vec![PhaseId(phase)], ..target.clone() };
    let mut plan = planned(vec![target]);
    plan.endpoints[ERP.index()].kind = EndpointKind::Erp(Erp::USUAL);
    let mut records = drill(|_| What::Good);
    records.extend((1..).zip(numbers).map(|(position, number)| {
        let at = ms(u64::from(*number) * 100 + 500);
        Record::Entry(Entry { message: id(*number), endpoint: ERP, position, effect: Effect::Applied, at })
    }));
    judge(&plan, &completed(&plan, records)).targets.remove(0)
}

#[test]
fn what_was_booked_twice_is_met_missed_and_left_open_in_each_phase() {
    let target = none(Metric::ErpDuplicates);
    // Two in the baseline, three in the fault's phase, of which one again, and none in the last.
    let numbers = [5, 6, 600, 601, 602, 602];
    let met = booked(&target, 0, &numbers);
    assert_eq!((met.verdict, met.why.as_str()), (Pass, "none of 2 bookings booked once more what was booked"));
    let missed = booked(&target, 1, &numbers);
    assert_eq!((missed.verdict, missed.observed, missed.n), (Fail, Some(1.0), 4));
    let open = booked(&target, 2, &numbers);
    let why = "nobody heard of anything that an ERP booked there";
    assert_eq!((open.verdict, open.why.as_str()), (Inconclusive, why));
    assert_eq!(without_traffic(&target), Inconclusive);
}

#[test]
fn what_was_booked_out_of_order_is_met_missed_and_left_open_in_each_phase() {
    let target = none(Metric::ErpOutOfOrder);
    // Of one sender, who sends every other message.
    let numbers = [5, 604, 602, 606];
    let verdicts = [0, 1, 2].map(|phase| booked(&target, phase, &numbers).verdict);
    assert_eq!(verdicts, [Pass, Fail, Inconclusive]);
}
