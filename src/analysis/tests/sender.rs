use crate::analysis::Observation;
use crate::journal::{Attempt, Ending, Hit, Record, Stall, UnsentCause};
use crate::plan::PerAccount;
use crate::units::{AccountId, Span};

use super::script::{FREEZE, What, attempt, completed, hit, journey, message, ms, plan, receipt, records, same};

/// The journey with every attempt of the messages in a range begun late.
fn late(from: u32, to: u32, lag: u64) -> Observation {
    let records = journey(|_| What::Good).into_iter().map(|record| match record {
        Record::Attempt(mut attempt) if (from..to).contains(&attempt.message.number) => {
            attempt.sent = attempt.sent + Span::from_millis(lag);
            Record::Attempt(attempt)
        }
        record => record,
    });
    completed(&plan(), records.collect())
}

#[test]
fn a_lag_of_more_than_a_tenth_of_the_deadline_blames_the_sender() {
    // A tenth of a second is allowed. One in ten messages of a second is more than one in a hundred.
    let observation = late(700, 701, 101);
    assert_eq!(observation.sender.slow.len(), 1);
    assert!(same(observation.sender.slow[0].from_s, 70.0) && same(observation.sender.slow[0].to_s, 71.0));
    assert!(same(observation.sender.lag_ms.max, 101.0));
    // Of 1,800 lags the 1,782nd is none, to the microsecond of the histogram.
    assert!(observation.sender.lag_ms.p99 < 0.001);
    assert_eq!(late(700, 701, 100).sender.slow, []);
    let stretch = &late(700, 730, 150).sender.slow;
    assert!(stretch.len() == 1 && same(stretch[0].to_s, 73.0));
}

#[test]
fn waiting_for_a_slot_is_the_systems_lag_not_the_senders() {
    let mut records = journey(|_| What::Good);
    for record in &mut records {
        if let Record::Attempt(attempt) = record {
            attempt.slot_at = attempt.sent + Span::from_millis(300);
            attempt.sent = attempt.slot_at;
        }
    }
    let observation = completed(&plan(), records);
    assert!(same(observation.sender.lag_ms.max, 0.0) && observation.sender.slow.is_empty());
}

/// Messages 0 and 1 hold the slots from 0 to 2 s, message 2 is crowded out at 1.2 s.
fn crowded_out(hits: &[u64]) -> (u64, u64) {
    let holding = |number| {
        let held = attempt(number, ms(u64::from(number) * 100), Ending::Unanswered);
        Record::Attempt(Attempt { done: ms(2_000), ..held })
    };
    let mut all = vec![message(0, ms(0)), holding(0), message(1, ms(100)), holding(1)];
    all.extend(records(2, ms(200), What::Unsent(UnsentCause::Slots)));
    // A receipt for each of the others, so that only the one crowded out is bad.
    all.extend([0, 1].map(|number| Record::Receipt(receipt(number, ms(500)))));
    all.extend(hits.iter().map(|connection| {
        let Record::Hit(template) = hit(FREEZE, ms(50)) else { unreachable!() };
        Record::Hit(Hit { connection: *connection, account: Some(AccountId(1)), ..template })
    }));
    let observation = completed(&plan(), all);
    let blame = observation.journeys[0].figures.blame;
    (blame.injected, blame.system)
}

#[test]
fn crowded_out_is_the_injects_fault_only_if_each_attempt_that_held_a_slot_was_hit() {
    assert_eq!(crowded_out(&[]), (0, 1));
    assert_eq!(crowded_out(&[0]), (0, 1));
    assert_eq!(crowded_out(&[0, 1]), (1, 0));
}

/// An account may have one message under way, and thinks for a second after it. Message 0 is its own, from 0 to 0.4 s, and message 1 somebody
/// else's, from 0.1 to 2 s; message 2 has waited for it until 1.2 s.
fn waited_for_its_account(hits: &[u64], thinks: u64) -> (u64, u64) {
    let mut plan = plan();
    plan.journeys[0].per_account =
        PerAccount { in_flight: Some(1), think: Span::from_millis(thinks), connections: None };
    let holding = |number, done| {
        let held = attempt(number, ms(u64::from(number) * 100), Ending::Unanswered);
        Record::Attempt(Attempt { done: ms(done), ..held })
    };
    let mut all = vec![message(0, ms(0)), holding(0, 400), message(1, ms(100)), holding(1, 2_000)];
    all.extend(records(2, ms(200), What::Unsent(UnsentCause::Turn)));
    all.extend([0, 1].map(|number| Record::Receipt(receipt(number, ms(300)))));
    all.extend(hits.iter().map(|connection| {
        let Record::Hit(template) = hit(FREEZE, ms(150)) else { unreachable!() };
        Record::Hit(Hit { connection: *connection, account: Some(AccountId(1)), ..template })
    }));
    let observation = completed(&plan, all);
    assert_eq!((observation.sender.unsent, observation.sender.unsent_turn), (1, 1));
    let blame = observation.journeys[0].figures.blame;
    (blame.injected, blame.system)
}

#[test]
fn who_waited_for_his_account_is_the_injects_victim_only_if_it_was_busy_with_what_was_hit() {
    assert_eq!(waited_for_its_account(&[], 1_000), (0, 1));
    // Whatever befell the other account.
    assert_eq!(waited_for_its_account(&[1], 1_000), (0, 1));
    assert_eq!(waited_for_its_account(&[0], 1_000), (1, 0));
    assert_eq!(waited_for_its_account(&[0, 1], 1_000), (1, 0));
    // It had its turn for 0.7 s, and waited for a slot: then it is as if it had waited for one itself.
    assert_eq!(waited_for_its_account(&[0], 100), (0, 1));
    assert_eq!(waited_for_its_account(&[1], 100), (1, 0));
}

#[test]
fn a_connection_that_was_hit_hits_the_attempt_on_it_while_it_lasts() {
    let at = |millis: u64| {
        let mut all = records(0, ms(5_000), What::Unanswered);
        let Record::Hit(template) = hit(FREEZE, ms(millis)) else { unreachable!() };
        all.push(Record::Hit(Hit { connection: 0, exchange: 0, ..template }));
        completed(&plan(), all).journeys[0].figures.blame.injected
    };
    // The attempt lasts from 5.000 to 5.020 s; hits on chunks are counted by the second from their first.
    assert_eq!([3_999, 4_000, 5_010, 5_020, 5_021].map(at), [0, 1, 1, 1, 0]);
}

/// The journey with a stall: what it touched, from when until when.
fn stalled(of: impl Fn(u32) -> What, [last, due, at]: [u64; 3]) -> Vec<[f64; 2]> {
    let mut records = journey(of);
    let stall = Record::Stall(Stall { last: ms(last), due: ms(due), at: ms(at) });
    // It is written down when it is over.
    let place = records.partition_point(|record| record.at() < ms(at));
    records.insert(place, stall);
    completed(&plan(), records).sender.stalled.iter().map(|one| one.due_s).collect()
}

#[test]
fn a_stall_matters_to_messages_that_were_under_way() {
    // Due at 70.0 s and every tenth of a second, received 30 ms later. It stood still from somewhere after 69.94 s.
    let good = |_| What::Good;
    assert_eq!(stalled(good, [69_940, 69_950, 70_100]), [[70.0, 70.1]]);
    // It is not longer than a tenth of the deadline.
    assert_eq!(stalled(good, [69_990, 70_000, 70_100]), Vec::<[f64; 2]>::new());
    assert_eq!(stalled(good, [69_990, 69_999, 70_100]), [[70.0, 70.1]]);
    // Message 690, due at 69.0 s, never came: it was waited for until 70.0 s, and so it was for one that came then.
    let lost = |number| if number == 690 { What::Lost } else { What::Good };
    assert_eq!(stalled(lost, [69_995, 70_001, 70_105]), [[69.0, 70.1]]);
    assert_eq!(stalled(lost, [70_001, 70_010, 70_115]), [[70.0, 70.1]]);
    let late = |number| if number == 690 { What::Received(1_050) } else { What::Good };
    assert_eq!(stalled(late, [69_995, 70_001, 70_105]), [[69.0, 70.1]]);
    let in_time = |number| if number == 690 { What::Received(970) } else { What::Good };
    assert_eq!(stalled(in_time, [69_990, 69_995, 70_105]), [[70.0, 70.1]]);
    // Who was never sent because of it is told by his lag.
    let never = |number| if (700..703).contains(&number) { What::Unsent(UnsentCause::Lag) } else { What::Good };
    assert_eq!(stalled(never, [69_940, 69_950, 70_200]), Vec::<[f64; 2]>::new());
    // Nobody else was under way: the one before was received 30 ms after 70.0 s.
    let alone = |number| if (701..703).contains(&number) { What::Unsent(UnsentCause::Lag) } else { What::Good };
    assert_eq!(stalled(alone, [70_035, 70_040, 70_290]), Vec::<[f64; 2]>::new());
    assert_eq!(stalled(alone, [70_020, 70_029, 70_290]), [[70.0, 70.0]]);
}
