//! Which hits concern messages: those on attempts, and those on receivers whom a message was on its way to.

use std::sync::Arc;

use super::script::{FREEZE, ORDER, READER, What, completed, hit, hit_on, hop, journey, ms, plan, receipt, seal};
use crate::analysis::{Folds, Observation, Outcome};
use crate::draw::Seed;
use crate::journal::{End, Record};
use crate::plan::Plan;
use crate::units::{AccountId, EndpointId, GroupId};

const DINGTALK: EndpointId = EndpointId(0);
const LITE: EndpointId = EndpointId(1);
/// A connection over which no message is sent.
const PUSH: u64 = 1_000_000;

fn with(plan: &Plan, more: &[Record]) -> Observation {
    completed(plan, [journey(|_| What::Good), more.to_vec()].concat())
}

/// Hits of the freeze, those of them that concern a message, and the same in the fault phase.
fn figures(observation: &Observation) -> (u64, u64, u64) {
    let freeze = &observation.injects[0];
    (freeze.hits, freeze.message_hits, observation.phases[1].message_hits)
}

#[test]
fn a_hit_on_an_attempt() {
    let observation = with(&plan(), &[hit(FREEZE, ms(60_000))]);
    assert_eq!(figures(&observation), (1, 1, 1));
    assert_eq!((observation.recovery[0].outcome, observation.recovery[0].hits), (Outcome::Tolerated, 1));
    // On the handshake of its connection, while the attempt lasted, and not later.
    let handshake = |at| figures(&with(&plan(), &[hit_on(FREEZE, at, (600, 0), AccountId(0))]));
    assert_eq!(handshake(ms(60_010)), (1, 1, 1));
    assert_eq!(handshake(ms(60_021)), (1, 0, 0));
    // On another exchange of the connection, with which no message went.
    assert_eq!(figures(&with(&plan(), &[hit_on(FREEZE, ms(60_000), (600, 7), AccountId(0))])), (1, 0, 0));
}

#[test]
fn a_hit_on_the_login_before_an_attempt() {
    let second = |mut record: Record| {
        if let Record::Attempt(attempt) = &mut record {
            attempt.exchange = 2;
        }
        record
    };
    let login = |at| {
        let records = journey(|_| What::Good).into_iter().map(second);
        completed(&plan(), records.chain([hit_on(FREEZE, at, (600, 1), AccountId(0))]).collect())
    };
    assert_eq!(figures(&login(ms(60_005))), (1, 1, 1));
    // What was before the attempt began was another's.
    assert_eq!(figures(&login(ms(59_999))).1, 0);
}

#[test]
fn a_receiver_turned_away_where_no_message_goes_is_no_message_hit() {
    // Every message goes over DingTalk; the readers are shut out of Lite, before and after their connection was made.
    let mut plan = plan();
    plan.injects[0].aim.endpoints = vec![LITE];
    let away = [
        hop(PUSH, LITE, ms(10)),
        hit_on(FREEZE, ms(60_000), (PUSH, 0), READER),
        hit_on(FREEZE, ms(60_250), (PUSH + 1, 1), READER),
    ];
    let observation = with(&plan, &away);
    assert_eq!(figures(&observation), (2, 0, 0));
    assert_eq!(observation.recovery, []);
}

#[test]
fn a_receiver_turned_away_where_his_messages_are_is() {
    let mut plan = plan();
    plan.injects[0].aim.endpoints = vec![DINGTALK];
    let closed = [hop(PUSH, DINGTALK, ms(10)), hit_on(FREEZE, ms(60_000), (PUSH, 0), READER)];
    assert_eq!(figures(&with(&plan, &closed)), (1, 1, 1));
    // Turned away before there was a connection: then it is wherever the inject is aimed.
    let refused = [hit_on(FREEZE, ms(60_250), (PUSH + 1, 1), READER)];
    assert_eq!(figures(&with(&plan, &refused)), (1, 1, 1));
    // Somebody else, to whom nothing is sent.
    let nobody = [hit_on(FREEZE, ms(60_250), (PUSH + 1, 1), AccountId(3))];
    assert_eq!(figures(&with(&plan, &nobody)), (1, 0, 0));
}

#[test]
fn a_message_that_waits_for_its_receiver_is_hit_for_as_long_as_it_waits() {
    // Message 600 is the last one, acknowledged at 60.02 s; its receipt comes at 80 s.
    let mut records = journey(|_| What::Good);
    records.retain(|record| record.at() < ms(60_000));
    let message = super::script::records(600, ms(60_000), What::Lost);
    let at = |at, received: Option<u64>| {
        let receipt = received.map(|at| Record::Receipt(receipt(600, ms(at))));
        let bite = hit_on(FREEZE, ms(at), (PUSH, 1), READER);
        figures(&completed(
            &plan(),
            [records.clone(), message.clone(), vec![bite], receipt.into_iter().collect()].concat(),
        ))
        .1
    };
    assert_eq!((at(79_999, Some(80_000)), at(80_001, Some(80_000))), (1, 0));
    // One that never comes is known to have been on its way for its deadline.
    assert_eq!((at(61_020, None), at(61_021, None)), (1, 0));
}

#[test]
fn a_journey_over_another_platform_tolerates_nothing() {
    // `alarm` has the same senders and readers, and sends nothing; only `order` is hit.
    let mut plan = plan();
    let mut alarm = plan.journeys[0].clone();
    alarm.name = "alarm".to_owned();
    alarm.from = GroupId(0);
    plan.journeys.push(alarm);
    let observation = with(&plan, &[hit(FREEZE, ms(60_000))]);
    assert_eq!(observation.recovery.len(), 1);
    assert_eq!((observation.recovery[0].journey_id, &observation.recovery[0].phase_hits[..]), (ORDER, &[0, 1, 0][..]));
}

#[test]
fn what_is_swallowed_on_its_way_to_a_recipient_is_the_injects() {
    // 700 is taken at 70.02 s and never received; 705 is received 2 s after it was due.
    let what = |number| match number {
        700 => What::Lost,
        705 => What::Received(2_000),
        _ => What::Good,
    };
    let blamed = |hits: &[u64], who| {
        let hits: Vec<Record> = hits.iter().map(|at| hit_on(FREEZE, ms(*at), (PUSH, 0), who)).collect();
        let made = hop(PUSH, DINGTALK, ms(10));
        let observation = completed(&plan(), [journey(what), vec![made], hits].concat());
        let blame = observation.journeys[0].figures.blame;
        (blame.injected, blame.system)
    };
    assert_eq!(blamed(&[], READER), (0, 2));
    // From a second before it was sent, for which one record of chunks may stand, until its deadline after it was taken, 71.02 s: as the
    // other was under way then, both are; 705 alone until 72.5 s, when it is received.
    assert_eq!([69_000, 70_030].map(|at| blamed(&[at], READER)), [(1, 1), (2, 0)]);
    assert_eq!([71_020, 71_021, 72_500, 72_501].map(|at| blamed(&[at], READER).0), [2, 1, 1, 0]);
    // Another recipient's connection.
    assert_eq!(blamed(&[70_030], AccountId(3)), (0, 2));
}

/// Hits that concern a message, when it is looked after so many records whom they concern, and once in the end.
#[track_caller]
fn concern(records: &[Record], hits: u64) {
    for looks in [10, usize::MAX] {
        let mut folds = Folds::new(Arc::new(plan()), Seed(7)).looking_after(looks);
        for (position, record) in (0..).zip(records) {
            folds.record(position, record);
        }
        assert_eq!(figures(&folds.observe(None)).1, hits, "looked after {looks} records");
    }
}

/// Of the chunks that were hit in one second the first is written down at once, and the others when the next is hit in that direction, which
/// may take a minute. Meanwhile the other direction goes on.
#[test]
fn hits_of_one_second_concern_the_same_messages_whenever_they_are_written_down() {
    let mut records = journey(|_| What::Good);
    let chunk = |at| hit_on(FREEZE, ms(at), (PUSH, 0), READER);
    let due = |at| records.iter().position(|record| record.at() >= ms(at)).expect("it goes on for so long");
    let (first, later) = (due(60_000), due(100_000));
    records.splice(later..later, [chunk(60_000)]);
    records.splice(first..first, [hop(PUSH, DINGTALK, ms(10)), chunk(60_000), chunk(62_000)]);
    records.push(seal(End::Completed));
    concern(&records, 3);
}

/// Some books tell of what they took when they are read: the receipt is of before, and whom hits meanwhile concern is not known until it has come.
#[test]
fn what_is_told_late_was_on_its_way_for_no_longer() {
    let mut records = journey(|_| What::Good);
    records.retain(|record| record.at() < ms(60_000) || record.at() >= ms(70_000));
    let at = |records: &[Record], at| {
        records.iter().position(|record| record.at() >= ms(at)).expect("it goes on for so long")
    };
    let told = at(&records, 100_000);
    records.insert(told, Record::Receipt(receipt(600, ms(60_030))));
    let taken = at(&records, 70_000);
    let hit = |at| hit_on(FREEZE, ms(at), (PUSH, 1), READER);
    let message = super::script::records(600, ms(60_000), What::Lost);
    records.splice(taken..taken, message.into_iter().chain([hit(60_025), hit(60_500)]));
    records.push(seal(End::Completed));
    concern(&records, 1);
}
