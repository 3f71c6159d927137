use crate::analysis::{Deliveries, Distribution, JourneyBasis, Messages, Observation, Quantile};
use crate::journal::{Attempt, End, Ending, Gap, Message, Receipt, Record, UnsentCause};
use crate::plan::{Fault, Plan, Receipts, Recipients, Url};
use crate::units::{GroupId, RouteId, Span};

use super::script::{
    OTHER_READER, READER, What, attempt, completed, fold, id, journey, message, ms, plan, receipt, records, same, seal,
};

/// A drill of the first messages of the journey, one of each kind.
fn of(kinds: &[What]) -> Observation {
    completed(&plan(), few(kinds))
}

fn few(kinds: &[What]) -> Vec<Record> {
    (0_u32..).zip(kinds).flat_map(|(number, what)| records(number, ms(u64::from(number) * 100), *what)).collect()
}

#[test]
fn messages_by_outcome() {
    let observation = of(&[
        What::Good,
        What::Lost,
        What::Refused,
        What::NotSent,
        What::Declined,
        What::Unanswered,
        What::UnansweredButReceived,
        What::Unsent(UnsentCause::Slots),
        What::Unsent(UnsentCause::Lag),
        What::Unsent(UnsentCause::Stopped),
    ]);
    let expected = Messages { intended: 10, accepted: 2, refused: 3, indeterminate: 2, unsent: 3, open: 0 };
    assert_eq!(observation.messages, expected);
    let deliveries = Deliveries {
        owed: 2,
        delivered: 1,
        lost: 1,
        // Lost, refused, not sent, declined, unanswered, and crowded out; not what the sender is to blame for.
        undelivered: 6,
        declined: 1,
        answered: 3,
        unacknowledged: 1,
        received: 2,
        pairs: 8,
        ..Deliveries::default()
    };
    assert_eq!(observation.deliveries, deliveries);
    let figures = &observation.journeys[0].figures;
    // Good are the first and the one that was received without an answer, of ten less two.
    assert_eq!((figures.good, figures.valid, figures.availability), (2, 8, Some(0.25)));
    assert_eq!((figures.blame.sender, figures.blame.system), (2, 6));
    assert_eq!((observation.sender.unsent, observation.sender.unsent_slots), (3, 1));
}

#[test]
fn an_acknowledgement_that_declines_everyone_is_a_refusal_by_name() {
    let declining = Attempt { declined: vec![READER], ..attempt(0, ms(0), Ending::Refused) };
    let second = |ending| Attempt { number: 2, route: RouteId(1), ..attempt(0, ms(100), ending) };
    let of = |more: Vec<Record>| {
        let records = [vec![message(0, ms(0)), Record::Attempt(declining.clone())], more].concat();
        let observation = completed(&plan(), records);
        let (m, d) = (observation.messages, observation.deliveries);
        ((m.accepted, m.refused, m.indeterminate), (d.declined, d.owed, d.undelivered))
    };
    assert_eq!(of(Vec::new()), ((0, 1, 0), (1, 0, 1)));
    assert_eq!(of(vec![Record::Attempt(second(Ending::Refused))]), ((0, 1, 0), (1, 0, 1)));
    // Another route took it, or may have.
    let received = || Record::Receipt(Receipt { route: RouteId(1), ..receipt(0, ms(130)) });
    assert_eq!(of(vec![Record::Attempt(second(Ending::Acknowledged)), received()]), ((1, 0, 0), (0, 1, 0)));
    assert_eq!(of(vec![Record::Attempt(second(Ending::Unanswered)), received()]), ((0, 0, 1), (0, 0, 0)));
    // Both declined him.
    let both = Attempt { declined: vec![READER], ..second(Ending::Acknowledged) };
    assert_eq!(of(vec![Record::Attempt(both)]), ((0, 1, 0), (1, 0, 1)));
}

#[test]
fn duplicates_raw_and_after_the_receivers_own_de_duplication() {
    let deliveries = of(&[What::Twice(true), What::Twice(false), What::Good]).deliveries;
    assert_eq!((deliveries.received, deliveries.delivered), (5, 3));
    assert_eq!((deliveries.duplicated, deliveries.duplicated_after_dedup), (2, 1));
}

#[test]
fn an_acknowledgement_on_another_route_is_an_acceptance_and_the_first_due_moment_counts() {
    let observation = of(&[What::FailedOver]);
    assert_eq!((observation.messages.accepted, observation.messages.refused), (1, 0));
    let order = &observation.journeys[0];
    assert!(same(order.figures.latency_ms.max.unwrap(), 500.0));
    assert!(same(order.figures.accept_latency_ms.max.unwrap(), 470.0));
    // From the first attempt on the receipt's route, 450 ms after it was due.
    assert!(same(order.figures.service_latency_ms.max.unwrap(), 50.0));
    assert_eq!((order.routes[0].figures.messages.intended, order.routes[1].figures.messages.intended), (0, 1));
}

#[test]
fn percentiles_among_the_undelivered_have_only_a_lower_bound() {
    // A hundred messages, the last four undelivered: p95 has rank 95 and is delivered, p99 has not.
    let kinds: Vec<What> = (0..100).map(|n| if n < 96 { What::Received(n + 1) } else { What::Lost }).collect();
    let latency = of(&kinds).journeys[0].figures.latency_ms;
    assert_eq!((latency.n, latency.undelivered), (100, 4));
    assert!(same(latency.p50.unwrap(), 50.0) || (latency.p50.unwrap() - 50.0).abs() < 0.05, "{latency:?}");
    assert!((latency.p95.unwrap() - 95.0).abs() < 0.1);
    assert_eq!((latency.p99, latency.max), (None, None));
    // The deadline, since the largest delivered is smaller …
    assert!(same(latency.at_least.unwrap(), 1_000.0));
    // … and the largest delivered if it is not.
    let latency = of(&[What::Received(5_000), What::Lost]).journeys[0].figures.latency_ms;
    assert!(same(latency.p50.unwrap(), 5_000.0) && same(latency.at_least.unwrap(), 5_000.0));
}

#[test]
fn a_distribution_is_exact_at_its_ends_and_to_three_digits_between() {
    let mut distribution = Distribution::new(Span::ZERO);
    assert_eq!(distribution.percentile(50_000), Quantile::Empty);
    // 800 ms a thousand times is 800 ms, not the upper edge of its cell.
    (0..1_000).for_each(|_| distribution.record(Span::from_millis(800)));
    assert_eq!(distribution.percentile(95_000), Quantile::Value { low: 0.8, high: 0.8 });
    distribution.record(Span::from_secs(7_200));
    distribution.record(Span::from_nanos(999));
    for thousandths in [10_000, 50_000, 99_900] {
        let Quantile::Value { low, high } = distribution.percentile(thousandths) else { panic!("a value") };
        assert!(low <= 0.8 && 0.8 <= high && high - low < 0.001, "{low} {high}");
    }
    assert_eq!(distribution.max(), Quantile::Value { low: 7_200.0, high: 7_200.0 });
    assert_eq!(distribution.min(), Quantile::Value { low: 999e-9, high: 999e-9 });
}

#[test]
fn the_share_that_took_at_most_so_long() {
    let mut distribution = Distribution::new(Span::from_secs(1));
    assert!(same(distribution.share_up_to(Span::MAX), 0.0), "of nobody");
    (1..=8).for_each(|second| distribution.record(Span::from_secs(second)));
    (0..2).for_each(|_| distribution.record_undelivered());
    for (millis, share) in [(999, 0.0), (1_000, 0.1), (4_000, 0.4), (4_900, 0.4), (8_000, 0.8), (1_000_000, 0.8)] {
        assert!(same(distribution.share_up_to(Span::from_millis(millis)), share), "{millis} ms");
    }
}

#[test]
fn reordered_by_receipt_within_a_stream() {
    // The streams are the even and the odd ones. 0 is received at 500, after 2 at 230; 1 at 130 and 3 at 330 are in order.
    let observation = of(&[What::Received(500), What::Good, What::Good, What::Good]);
    assert_eq!(observation.deliveries.reordered, 1);
    assert_eq!(of(&[What::Good; 4]).deliveries.reordered, 0);
}

/// One message to both readers, whose attempt ends as given.
fn to_both(tried: Attempt, receipts: &[Receipt]) -> Observation {
    let mut plan = plan();
    plan.journeys[0].to = Recipients::All(GroupId(1));
    let Record::Message(due) = message(0, ms(0)) else { unreachable!() };
    let due = Record::Message(Message { recipients: vec![READER, OTHER_READER], ..due });
    let receipts = receipts.iter().cloned().map(Record::Receipt);
    completed(&plan, [due, Record::Attempt(tried)].into_iter().chain(receipts).collect())
}

#[test]
fn a_declined_recipient_is_not_owed_and_the_others_must_all_receive() {
    let declining = Attempt { declined: vec![OTHER_READER], ..attempt(0, ms(0), Ending::Acknowledged) };
    let observation = to_both(declining, &[receipt(0, ms(40))]);
    let d = observation.deliveries;
    assert_eq!((d.owed, d.delivered, d.declined, d.undelivered), (1, 1, 1, 1));
    assert_eq!(observation.journeys[0].figures.good, 1);
    let acknowledged = attempt(0, ms(0), Ending::Acknowledged);
    let observation = to_both(acknowledged.clone(), &[receipt(0, ms(40))]);
    assert_eq!((observation.deliveries.owed, observation.deliveries.lost), (2, 1));
    assert_eq!(observation.journeys[0].figures.good, 0);
    let late = Receipt { recipient: OTHER_READER, ..receipt(0, ms(70)) };
    let observation = to_both(acknowledged, &[receipt(0, ms(40)), late]);
    // The last recipient's receipt is the message's.
    assert!(same(observation.journeys[0].figures.latency_ms.max.unwrap(), 70.0));
}

#[test]
fn a_receipt_with_another_text_is_not_good() {
    let mut plan_records = vec![message(0, ms(0)), Record::Attempt(attempt(0, ms(0), Ending::Acknowledged))];
    plan_records.push(Record::Receipt(Receipt { intact: false, ..receipt(0, ms(40)) }));
    let observation = completed(&plan(), plan_records);
    assert_eq!((observation.deliveries.delivered, observation.deliveries.damaged), (1, 1));
    assert_eq!(observation.journeys[0].figures.good, 0);
}

/// Of what was damaged on the way nobody knows which message it was, nor whom it was for.
#[test]
fn what_is_damaged_and_nobody_s_has_strayed_and_breaks_no_books() {
    let damaged = |number, recipient| Record::Receipt(Receipt { intact: false, recipient, ..receipt(number, ms(40)) });
    let mut records = few(&[What::Good]);
    // Another reader's, and one of a message that never was.
    records.extend([damaged(0, OTHER_READER), damaged(900, READER)]);
    let live = fold(&plan(), &records).observe(Some(ms(500))).deliveries;
    assert_eq!((live.received, live.strayed), (2, 1), "the other may still be due");
    let observation = completed(&plan(), records.clone());
    let d = observation.deliveries;
    assert_eq!((d.received, d.delivered, d.duplicated, d.damaged, d.strayed), (3, 1, 0, 0, 2));
    assert_eq!(observation.conservation, Vec::<String>::new());

    // Whose text is intact is nobody's but by a bug, unless bits are flipped in what says whom it is for.
    let intact = |record| match record {
        Record::Receipt(receipt) => Record::Receipt(Receipt { intact: true, ..receipt }),
        other => other,
    };
    let records: Vec<_> = records.into_iter().map(intact).collect();
    assert_eq!(broken(&[records.clone(), vec![seal(End::Completed)]].concat()).len(), 3);
    let mut flipping = plan();
    flipping.injects[0].fault = Fault::Corrupt;
    let observation = completed(&flipping, records);
    assert_eq!((observation.deliveries.strayed, observation.conservation), (2, Vec::new()));
}

/// A service that is not ours may deliver to whom it likes: that is its fault, and a finding.
#[test]
fn what_a_service_delivers_to_others_is_told_and_breaks_no_books() {
    let mut real = plan();
    let endpoint = real.journeys[0].routes[0].endpoint;
    real.endpoints[endpoint.index()].url = Some(Url { host: "127.0.0.1".to_owned(), port: 9, tls: None });
    let to_another = |number, at| Record::Receipt(Receipt { recipient: OTHER_READER, ..receipt(number, ms(at)) });
    let mut records = few(&[What::Good, What::Good]);
    records.extend([to_another(1, 90), to_another(0, 40)]);
    let observation = completed(&real, records);
    let d = observation.deliveries;
    assert_eq!((d.received, d.delivered, d.strayed, observation.conservation.len()), (4, 2, 2, 0));
    let told = &observation.misdelivered[..];
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].receipts, told[0].message.as_str(), told[0].at), (2, "order.0", ms(40)));
}

fn without_receipts() -> Plan {
    let mut plan = plan();
    plan.endpoints[0].receipts = Receipts::Acceptance;
    plan
}

#[test]
fn without_receipts_the_acceptance_is_measured() {
    let observation = completed(&without_receipts(), few(&[What::Lost, What::Refused]));
    let order = &observation.journeys[0];
    assert_eq!(order.basis, JourneyBasis::Mixed);
    assert_eq!((order.figures.good, order.figures.valid), (1, 2));
    assert!(same(order.figures.latency_ms.p50.unwrap(), 20.0));
    // Nothing is owed that nobody could see arrive.
    let d = observation.deliveries;
    assert_eq!((d.owed, d.lost, d.unobserved), (0, 0, 1));
    // But what was refused did not.
    assert_eq!((d.pairs, d.undelivered), (1, 1));
}

#[test]
fn an_unfinished_run_has_open_and_pending_ones() {
    let mut records = few(&[What::Good, What::Lost, What::Open]);
    let folds = fold(&plan(), &records);
    let observation = folds.observe(Some(ms(500)));
    assert_eq!((observation.messages.open, observation.deliveries.pending, observation.deliveries.lost), (1, 1, 0));
    // Nothing but the first is decided yet.
    assert_eq!(observation.journeys[0].figures.valid, 1);
    assert_eq!(folds.observe(Some(ms(5_000))).journeys[0].figures.valid, 3);
    records.push(seal(End::Stopped));
    let observation = fold(&plan(), &records).observe(None);
    assert_eq!((observation.deliveries.pending, observation.deliveries.awaited), (1, 2));
    assert_eq!(observation.conservation, Vec::<String>::new());
}

fn broken(records: &[Record]) -> Vec<String> {
    fold(&plan(), records).observe(None).conservation
}

#[test]
fn what_appears_or_vanishes_is_a_bug_unless_a_gap_explains_it() {
    let end = || seal(End::Completed);
    let mut open = few(&[What::Open]);
    open.push(end());
    assert_eq!(broken(&open), ["1 messages are open after the drain"]);
    let stray = vec![Record::Receipt(receipt(3, ms(0))), end()];
    assert_eq!(broken(&stray).len(), 2, "{:?}", broken(&stray));
    let twice = [few(&[What::Good]), few(&[What::Good])].concat();
    assert!(!broken(&twice).is_empty());
    let stranger = Receipt { recipient: OTHER_READER, ..receipt(0, ms(10)) };
    assert!(!broken(&[few(&[What::Good]), vec![Record::Receipt(stranger), end()]].concat()).is_empty());
    let both = [few(&[What::Good]), records(0, ms(0), What::Unsent(UnsentCause::Lag)).split_off(1)].concat();
    assert!(!broken(&both).is_empty());
    assert!(!broken(&[message(4_000_000, ms(0))]).is_empty());
    let gap = Record::Gap(Gap { from: ms(0), to: ms(10), lost: 5 });
    assert_eq!(broken(&[stray, vec![gap]].concat()), Vec::<String>::new());
}

#[test]
fn the_chart_has_buckets_of_a_second() {
    let observation = completed(&plan(), journey(super::script::refused_within(60, 90)));
    let series = &observation.journeys[0].series;
    assert_eq!((series.buckets.len(), series.bucket_s.to_bits()), (180, 1.0_f64.to_bits()));
    let (before, during) = (&series.buckets[59], &series.buckets[60]);
    assert_eq!((before.due, before.good, &before.routes), (10, 10, &vec![10, 0]));
    assert!(same(before.p50_ms.unwrap(), 30.0) && same(before.max_ms.unwrap(), 30.0));
    assert_eq!((during.due, during.good, during.p50_ms, during.max_ms), (10, 0, None, None));
    assert_eq!(observation.messages.intended, u64::from(id(1_800).number));
}

#[test]
fn nothing_at_all() {
    let observation = fold(&plan(), &[]).observe(None);
    assert_eq!((observation.position, observation.end, observation.finished), (0, None, false));
    assert_eq!(observation.messages, Messages::default());
    let figures = &observation.journeys[0].figures;
    assert_eq!((figures.availability, figures.latency_ms.p50, figures.latency_ms.n), (None, None, 0));
}
