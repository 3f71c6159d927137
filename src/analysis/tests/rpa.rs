//! What outages cost, and how far back. The two senders take turns: message n is of sender n mod 2, and due at n × 0.1 s.

use crate::analysis::Recovery;
use crate::journal::{Message, Record};
use crate::units::AccountId;

use super::script::{What, completed, fold, journey, ms, plan, same};

fn recoveries(what: impl Fn(u32) -> What) -> Vec<Recovery> {
    completed(&plan(), journey(what)).recovery
}

fn rpa(recovery: &Recovery) -> (u64, f64) {
    (recovery.rpa_count.unwrap(), recovery.rpa_time_s.unwrap())
}

#[test]
fn refused_messages_are_no_loss() {
    let found = recoveries(|number| if (600..700).contains(&number) { What::Refused } else { What::Good });
    assert_eq!((found.len(), rpa(&found[0])), (1, (0, 0.0)));
}

#[test]
fn what_was_promised_before_the_outage_reaches_back() {
    // Taken and lost: 500 and 590 of sender 0, due at 50.0 and 59.0. The last message up to which his stream is whole is 498, due at
    // 49.8, 10.2 s before the outage. The other sender lost nothing.
    let found = recoveries(|number| match number {
        500 | 590 => What::Lost,
        600..700 => What::Refused,
        _ => What::Good,
    });
    let (count, time_s) = rpa(&found[0]);
    assert!(count == 2 && same(time_s, 10.2), "{count} {time_s}");
}

#[test]
fn the_sender_who_lost_most_counts() {
    // Sender 1 lost 401; his stream is whole until 399, due at 39.9.
    let found = recoveries(|number| match number {
        401 | 500 => What::Lost,
        600..700 => What::Refused,
        _ => What::Good,
    });
    let (count, time_s) = rpa(&found[0]);
    assert!(count == 2 && same(time_s, 60.0 - 39.9), "{count} {time_s}");
}

#[test]
fn what_is_lost_in_the_middle_of_an_outage_reaches_back_to_what_came_before_it() {
    // Ten are refused, and ninety acknowledged and lost.
    let found = recoveries(|number| match number {
        600..610 => What::Refused,
        610..700 => What::Lost,
        _ => What::Good,
    });
    let (count, time_s) = rpa(&found[0]);
    // 598 and 599 are the last that are there of each sender, 0.2 s and 0.1 s before the start.
    assert!(count == 90 && same(time_s, 0.2), "{count} {time_s}");
}

#[test]
fn each_outage_answers_for_what_was_due_since_the_one_before() {
    // Between the two, 800 is lost: the second one's, whose sender is whole until 798. 1,700 comes after both.
    let found = recoveries(|number| match number {
        300 | 800 | 1_700 => What::Lost,
        600..700 | 1_000..1_100 => What::Refused,
        _ => What::Good,
    });
    assert_eq!(found.len(), 2);
    let (first, second) = (rpa(&found[0]), rpa(&found[1]));
    assert!(first.0 == 1 && same(first.1, 60.0 - 29.8), "{first:?}");
    assert!(second.0 == 1 && same(second.1, 100.0 - 79.8), "{second:?}");
}

#[test]
fn a_stream_that_was_silent_since_before_the_outage_before_reaches_back_beyond_it() {
    // Sender 0 is whole until 600, due at 60.0 s, and sends nothing while the first outage lasts, until 100 s. His next message, 1,200, is
    // lost, and a second later, at 121.0 s, the second outage begins.
    let what = |number| match number {
        1_200 => What::Lost,
        602..1_000 | 1_210..1_300 => What::Refused,
        _ => What::Good,
    };
    let records = journey(what).into_iter().map(|record| match record {
        Record::Message(message) if (602..1_200).contains(&message.id.number) => {
            Record::Message(Message { account: AccountId(1), ..message })
        }
        record => record,
    });
    let told: Vec<(u64, f64)> = completed(&plan(), records.collect()).recovery.iter().map(rpa).collect();
    assert!(told.len() == 2 && told[0] == (0, 0.0) && told[1].0 == 1, "{told:?}");
    assert!(same(told[1].1, 61.0), "{told:?}");
}

#[test]
fn before_the_end_nobody_knows() {
    let records = journey(|number| if (600..700).contains(&number) { What::Lost } else { What::Good });
    let observation = fold(&plan(), &records).observe(Some(ms(100_000)));
    assert_eq!((observation.recovery[0].rpa_count, observation.recovery[0].rpa_time_s), (None, None));
}
