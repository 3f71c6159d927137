//! What is kept of a drill does not grow with its length.

use std::sync::Arc;

use crate::analysis::{Folds, Observation};
use crate::draw::Seed;
use crate::journal::{Attempt, End, Ending, Record, Seal};
use crate::plan::{Failover, FailoverBy, Plan, Recipients, Resend, Retry};
use crate::units::{GroupId, Moment, Span};

use super::script::{OTHER_READER, What, attempt, ms, plan, receipt, records};

/// The most that was kept at any time of so many messages, one every 100 ms, and the figures.
fn most_kept(plan: &Plan, messages: u32, what: impl Fn(u32) -> What) -> (usize, Observation) {
    let mut plan = plan.clone();
    let length = Span::from_millis(u64::from(messages) * 100);
    plan.phases[2].length = length.saturating_sub(plan.phases[2].start.since(Moment::ZERO));
    let mut folds = Folds::new(Arc::new(plan), Seed(7)).looking_after(100);
    let (mut most, mut position) = (0, 0);
    let mut take = |folds: &mut Folds, record: &Record| {
        folds.record(position, record);
        position += 1;
        folds.kept()
    };
    for number in 0..messages {
        let due = ms(u64::from(number) * 100);
        for record in &records(number, due, what(number)) {
            most = most.max(take(&mut folds, record));
        }
    }
    let at = ms(u64::from(messages) * 100 + 10_000);
    take(&mut folds, &Record::Seal(Seal { at, end: End::Completed, records: 0 }));
    (most, folds.observe(None))
}

/// One message in fifty is lost, one in a hundred refused.
fn mostly_good(number: u32) -> What {
    match number % 100 {
        0 | 50 => What::Lost,
        25 => What::Refused,
        _ => What::Good,
    }
}

#[test]
fn ten_times_as_many_messages_are_kept_no_longer() {
    // A message is over 8 s after it was heard of last: 5 s that records may be apart, 1 s for chunks, an attempt's second twice. A lost one
    // keeps those behind it waiting until it is judged, 9 s after it was due: 90 rows. It is itself waited for 10 minutes and the grace
    // more, 619 s: one in fifty of 6,190 messages, 124 rows. It is looked every 100 records, or half as many as rows are kept, which are
    // about 40 messages more: 254.
    let plan = Plan { injects: Vec::new(), ..plan() };
    let (few, _) = most_kept(&plan, 20_000, mostly_good);
    let (many, observation) = most_kept(&plan, 200_000, mostly_good);
    assert!(many <= few && few < 300, "{few} and {many}");
    // And nothing is missing in the figures.
    let (messages, deliveries) = (observation.messages, observation.deliveries);
    assert_eq!((messages.intended, messages.accepted, messages.refused), (200_000, 198_000, 2_000));
    assert_eq!((deliveries.delivered, deliveries.lost, deliveries.undelivered), (194_000, 4_000, 6_000));
    assert_eq!(observation.conservation, Vec::<String>::new());
}

#[test]
fn what_may_be_sent_again_is_kept_until_it_is() {
    // The outbox of the senders keeps it as long.
    let mut plan = Plan { injects: Vec::new(), ..plan() };
    plan.journeys[0].failover = Some(Failover { resend: Resend::Unconfirmed, ..by_journey() });
    let refused = |number: u32| if number % 100 == 25 { What::Refused } else { What::Good };
    let (most, observation) = most_kept(&plan, 20_000, refused);
    assert!((200..1_000).contains(&most), "{most}");
    assert_eq!((observation.messages.refused, observation.conservation), (200, Vec::new()));
}

pub(super) fn by_journey() -> Failover {
    use crate::plan::{After, Back, Deciding};
    Failover {
        by: FailoverBy::Journey,
        after: After::Failures(5),
        decide: Span::from_secs(2),
        resend: Resend::Unconfirmed,
        resend_rate: crate::units::Rate::new(100, Span::from_secs(1)).unwrap(),
        back: Back::Never,
        on: Deciding::Automatic,
    }
}

/// The journey's first 600 messages, of which the first has one more receipt, or its first, in the end.
fn with_a_receipt_in_the_end(first: What) -> Observation {
    let plan = Plan { injects: Vec::new(), ..plan() };
    let kind = |number| if number == 0 { first } else { What::Good };
    let mut all: Vec<Record> = (0..600).flat_map(|n| records(n, ms(u64::from(n) * 100), kind(n))).collect();
    all.push(Record::Receipt(receipt(0, ms(60_000))));
    all.push(Record::Seal(Seal { at: ms(80_000), end: End::Completed, records: 0 }));
    let mut folds = Folds::new(Arc::new(plan), Seed(7)).looking_after(10);
    for (position, record) in (0..).zip(&all) {
        folds.record(position, record);
    }
    folds.observe(None)
}

#[test]
fn one_more_receipt_a_minute_later_is_a_duplicate() {
    let observation = with_a_receipt_in_the_end(What::Good);
    let deliveries = observation.deliveries;
    assert_eq!((deliveries.received, deliveries.delivered, deliveries.duplicated), (601, 600, 1));
    assert_eq!((deliveries.replicated, deliveries.replicated_after_dedup), (1, 1));
    assert_eq!((observation.overdue, observation.conservation), (0, Vec::new()));
}

/// Of two recipients one was declined, so that nothing of the message is waited for; the other receives it once more, and counts as one who
/// has it more than once.
#[test]
fn what_one_recipient_never_gets_another_may_get_twice() {
    let mut plan = Plan { injects: Vec::new(), ..plan() };
    plan.journeys[0].to = Recipients::All(GroupId(1));
    let mut all: Vec<Record> = (0..600).flat_map(|n| records(n, ms(u64::from(n) * 100), What::Good)).collect();
    for record in &mut all {
        match record {
            Record::Message(message) => message.recipients.push(OTHER_READER),
            Record::Attempt(attempt) => attempt.declined.push(OTHER_READER),
            _ => {}
        }
    }
    all.push(Record::Receipt(receipt(0, ms(60_000))));
    all.push(Record::Seal(Seal { at: ms(80_000), end: End::Completed, records: 0 }));
    let mut folds = Folds::new(Arc::new(plan), Seed(7)).looking_after(10);
    for (position, record) in (0..).zip(&all) {
        folds.record(position, record);
    }
    let observation = folds.observe(None);
    let deliveries = observation.deliveries;
    assert_eq!((deliveries.delivered, deliveries.declined, observation.overdue), (600, 600, 0));
    assert_eq!((deliveries.received, deliveries.duplicated, deliveries.replicated), (601, 1, 1));
}

#[test]
fn a_first_receipt_a_minute_later_is_a_delivery_while_it_is_waited_for() {
    let observation = with_a_receipt_in_the_end(What::Lost);
    assert_eq!((observation.deliveries.delivered, observation.deliveries.lost, observation.overdue), (600, 0, 0));
    assert!(observation.journeys[0].figures.latency_ms.max.is_some_and(|max| max > 59_999.0));
}

#[test]
fn the_receipt_of_what_was_refused_is_said_to_be_overdue() {
    // A platform that says no and delivers a minute later: that a delivery came is told, and no figure says otherwise.
    let observation = with_a_receipt_in_the_end(What::Refused);
    assert_eq!((observation.deliveries.received, observation.overdue), (599, 1));
    assert_eq!(observation.conservation, Vec::<String>::new());
}

#[test]
fn what_is_tried_again_by_itself_is_waited_for_while_others_hold_the_slots() {
    // The first message is refused, and gets a slot a minute later. Tried once more at most, it is over after that, and its place is free.
    let mut plan = Plan { injects: Vec::new(), ..plan() };
    plan.journeys[0].retry = Some(Retry { times: 1, after: Span::from_millis(100), most: Span::from_millis(200) });
    let kind = |number| if number == 0 { What::Refused } else { What::Good };
    let mut all: Vec<Record> = (0..900).flat_map(|n| records(n, ms(u64::from(n) * 100), kind(n))).collect();
    let again = Attempt { number: 2, ..attempt(0, ms(60_000), Ending::Acknowledged) };
    all.extend([Record::Attempt(again), Record::Receipt(receipt(0, ms(60_100)))]);
    all.sort_by_key(Record::at);
    all.push(Record::Seal(Seal { at: ms(110_000), end: End::Completed, records: 0 }));
    let mut folds = Folds::new(Arc::new(plan), Seed(7)).looking_after(10);
    let mut kept = 0;
    for (position, record) in (0..).zip(&all) {
        folds.record(position, record);
        kept = folds.kept();
    }
    let observation = folds.observe(None);
    assert_eq!((observation.messages.accepted, observation.messages.refused), (900, 0));
    assert_eq!((observation.deliveries.delivered, observation.deliveries.undelivered), (900, 0));
    assert_eq!((observation.overdue, observation.conservation), (0, Vec::new()));
    assert!(kept < 200, "{kept}");
}
