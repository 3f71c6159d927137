//! How long those who were taken away could still send.

use std::sync::Arc;

use crate::analysis::{Folds, Heard, Observation, Revoked};
use crate::draw::Seed;
use crate::journal::{Attempt, Code, End, Ending, Event, Message, Receipt, Record};
use crate::plan::{Deprovision, Fault, Journey, Plan};
use crate::units::{AccountId, GroupId, RouteId, Span};

use super::script::{FREEZE, attempt, completed, control, message, ms, plan, receipt, seal};

/// The senders are taken away at 60 s.
pub(crate) fn leaving() -> Plan {
    let mut plan = plan();
    plan.injects[0].fault = Fault::Deprovision(Deprovision { after: Span::ZERO, token_life: None, keeps: Vec::new() });
    plan.injects[0].aim.group = Some(GroupId(0));
    plan
}

/// Attempts of the first sender at these seconds by these routes; applied at 60 s and lifted at 90 s. What is refused is refused for its token.
fn play(tries: &[(u64, u8, Ending)]) -> Observation {
    let of_token = |&(second, route, ending)| (second, route, ending, (400, "InvalidAuthentication"));
    play_coded(&tries.iter().map(of_token).collect::<Vec<_>>())
}

/// The same, refused with this status and code.
fn play_coded(tries: &[(u64, u8, Ending, (u16, &str))]) -> Observation {
    let of_first = |&(second, route, ending, (status, word)): &(u64, u8, Ending, (u16, &str))| {
        let code = if ending == Refused { Code { status, word: word.into() } } else { Code::default() };
        let attempt = attempt(0, ms(second * 1_000), ending);
        (0, Attempt { route: RouteId(route), code, ..attempt })
    };
    observed(tries.iter().map(of_first))
}

/// Attempts of the two senders by the first route: whose, when it began and ended in milliseconds, and whether it was taken.
pub(crate) fn of_both(tries: &[(u32, [u64; 2], bool)]) -> Observation {
    let by_first = |&(account, times, taken): &(u32, _, bool)| {
        (account, times, 0, if taken { Acknowledged } else { Refused }, None)
    };
    by_routes(&tries.iter().map(by_first).collect::<Vec<_>>())
}

/// Whose attempt, when it began and ended in milliseconds, by which route, how it ended, and when its message was received.
pub(crate) type Try = (u32, [u64; 2], u8, Ending, Option<u64>);

/// Attempts of the two senders, each of another message.
pub(crate) fn by_routes(tries: &[Try]) -> Observation {
    played(&leaving(), tries, |number| number)
}

/// Attempts of a plan, each of the message that follows from its place among them.
fn played(plan: &Plan, tries: &[Try], of: impl Fn(u32) -> u32) -> Observation {
    let mut records = vec![control(ms(60_000), Event::Applied(FREEZE)), control(ms(90_000), Event::Lifted(FREEZE))];
    let mut numbers = std::collections::BTreeMap::new();
    for (place, &(account, [sent, done], route, ending, received)) in (0_u32..).zip(tries) {
        let message_number = of(place);
        let number = numbers.entry(message_number).or_insert(0);
        *number += 1;
        if *number == 1 {
            let Record::Message(sent) = message(message_number, ms(sent)) else { unreachable!("a message") };
            records.push(Record::Message(Message { account: AccountId(account), ..sent }));
        }
        let code = match ending {
            Refused => Code { status: 400, word: "InvalidAuthentication".into() },
            Acknowledged => Code { status: 200, word: "".into() },
            _ => Code::default(),
        };
        let (number, route) = (*number, RouteId(route));
        let begun = attempt(message_number, ms(sent), ending);
        records.push(Record::Attempt(Attempt { number, done: ms(done), code, route, connection: Some(7), ..begun }));
        records.extend(received.map(|at| Record::Receipt(Receipt { route, ..receipt(message_number, ms(at)) })));
    }
    // Whatever order they come in.
    records.reverse();
    completed(plan, records)
}

fn observed(tries: impl Iterator<Item = (u32, Attempt)>) -> Observation {
    let mut records = vec![control(ms(60_000), Event::Applied(FREEZE)), control(ms(90_000), Event::Lifted(FREEZE))];
    for (number, (account, tried)) in (0_u32..).zip(tries) {
        let Record::Message(sent) = message(number, tried.sent) else { unreachable!("a message") };
        let id = sent.id;
        records.push(Record::Message(Message { account: AccountId(account), ..sent }));
        records.push(Record::Attempt(Attempt { message: id, ..tried }));
    }
    // Whatever order they come in.
    records.reverse();
    completed(&leaving(), records)
}

fn told(way: &Revoked) -> (&str, u64, u64, f64, Option<f64>) {
    (way.route.as_str(), way.taken, way.refused, way.lo_s, way.hi_s)
}

use Ending::{Acknowledged, NotSent, Refused, Unanswered};

#[test]
fn the_truth_lies_between_the_last_that_was_taken_and_the_first_refusal_after_it() {
    let tries =
        [(50, 0, Acknowledged), (61, 0, Acknowledged), (63, 0, Acknowledged), (65, 0, Refused), (67, 0, Refused)];
    let observation = play(&tries);
    // An attempt takes 20 ms.
    assert_eq!(told(&observation.revoked[0]), ("dingtalk", 2, 2, 3.0, Some(5.02)));
    // A refusal in between was no revocation.
    let tries = [(61, 0, Refused), (63, 0, Acknowledged), (65, 0, Refused)];
    assert_eq!(told(&play(&tries).revoked[0]), ("dingtalk", 1, 2, 3.0, Some(5.02)));
    let at_once = play(&[(61, 0, Refused)]);
    assert_eq!(told(&at_once.revoked[0]), ("dingtalk", 0, 1, 0.0, Some(1.02)));
}

#[test]
fn a_way_that_is_never_refused_is_open_and_every_way_is_told_apart() {
    let tries = [(61, 0, Refused), (62, 1, Acknowledged), (80, 1, Acknowledged), (70, 0, Unanswered), (71, 1, NotSent)];
    let observation = play(&tries);
    let told: Vec<_> = observation.revoked.iter().map(told).collect();
    assert_eq!(told, [("dingtalk", 0, 1, 0.0, Some(1.02)), ("lite", 2, 0, 20.0, None)]);
}

#[test]
fn what_is_sent_after_the_lift_is_sent_by_somebody_who_is_back() {
    let observation = play(&[(61, 0, Refused), (95, 0, Acknowledged)]);
    assert_eq!(told(&observation.revoked[0]), ("dingtalk", 0, 1, 0.0, Some(1.02)));
    let before = play(&[(50, 0, Acknowledged)]);
    assert_eq!(unheard(&before), [("dingtalk", 2)]);
}

#[test]
fn one_account_that_is_refused_says_nothing_of_another() {
    // The first is refused at once, and the second never.
    let observation = of_both(&[
        (0, [61_000, 61_020], false),
        (1, [62_000, 62_020], true),
        (0, [63_000, 63_020], false),
        (1, [80_000, 80_020], true),
        (0, [81_000, 81_020], false),
    ]);
    let way = &observation.revoked[0];
    assert_eq!(told(way), ("dingtalk", 2, 3, 20.0, None));
    assert_eq!((way.accounts, way.unheard, way.open, &way.first_refused), (2, 0, 1, &None));
    let open: Vec<_> = way.open_to.iter().map(|one| (one.account.as_str(), one.message.as_str(), one.at_s)).collect();
    assert_eq!(open, [("purchasing-2", "order.3", 80.0)]);

    // Both are refused in the end: the way is as slow as for the slower.
    let observation = of_both(&[
        (0, [61_000, 61_020], false),
        (1, [62_000, 62_020], true),
        (0, [63_000, 63_020], false),
        (1, [70_000, 70_020], false),
    ]);
    let way = &observation.revoked[0];
    assert_eq!((told(way), way.open), (("dingtalk", 1, 3, 2.0, Some(10.02)), 0));
    let named =
        |heard: &Option<Heard>| heard.clone().map(|heard| (heard.message, heard.account, heard.connection, heard.at_s));
    assert_eq!(named(&way.last_taken), Some(("order.1".into(), "purchasing-2".into(), Some(7), 62.0)));
    assert_eq!(named(&way.first_refused), Some(("order.3".into(), "purchasing-2".into(), Some(7), 70.02)));
}

#[test]
fn of_several_refusals_the_one_that_was_soonest_over_and_surely_came_later_counts() {
    // The refusal that was sent later was answered sooner.
    let late = of_both(&[(0, [61_000, 61_020], true), (0, [63_000, 70_000], false), (0, [64_000, 65_000], false)]);
    assert_eq!(told(&late.revoked[0]), ("dingtalk", 1, 2, 1.0, Some(5.0)));
    // What was refused while another was on its way may have been refused before that was taken.
    let beside = of_both(&[(0, [61_000, 66_000], true), (0, [62_000, 63_000], false)]);
    assert_eq!(told(&beside.revoked[0]), ("dingtalk", 1, 1, 1.0, None));
    let after = of_both(&[(0, [61_000, 66_000], true), (0, [62_000, 63_000], false), (0, [66_000, 66_500], false)]);
    assert_eq!(told(&after.revoked[0]), ("dingtalk", 1, 2, 1.0, Some(6.5)));
}

#[test]
fn an_account_of_which_nothing_was_heard_is_counted() {
    let observation = of_both(&[(0, [61_000, 61_020], false), (1, [50_000, 50_020], true)]);
    let way = &observation.revoked[0];
    assert_eq!((told(way), way.accounts, way.unheard), (("dingtalk", 0, 1, 0.0, Some(1.02)), 1, 1));
}

#[test]
fn only_a_refusal_for_who_sent_is_one() {
    let trouble =
        [(503, "system.error"), (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"), (404, "waterLimitError")];
    for why in trouble {
        let tries = [(61, 0, Acknowledged, why), (63, 0, Refused, why), (65, 0, Refused, why)];
        assert_eq!(told(&play_coded(&tries).revoked[0]), ("dingtalk", 1, 0, 1.0, None), "{why:?}");
        // Nor does it hide one that comes later.
        let gone = (401, "401");
        let tries = [(61, 0, Acknowledged, why), (63, 0, Refused, why), (65, 0, Refused, gone)];
        assert_eq!(told(&play_coded(&tries).revoked[0]), ("dingtalk", 1, 1, 1.0, Some(5.02)), "{why:?}");
        assert_eq!(unheard(&play_coded(&[(63, 0, Refused, why)])), [("dingtalk", 2)], "{why:?}");
    }
}

/// The ways of which nothing was heard of anybody, with how many that were.
fn unheard(observation: &Observation) -> Vec<(&str, u64)> {
    let nothing = |way: &&Revoked| {
        (told(way), way.accounts, way.open) == ((way.route.as_str(), 0, 0, 0.0, None), 0, 0)
            && (&way.last_taken, &way.first_refused) == (&None, &None)
    };
    observation.revoked.iter().filter(nothing).map(|way| (way.route.as_str(), way.unheard)).collect()
}

#[test]
fn a_way_by_which_somebody_tried_and_nobody_was_heard_is_told_and_one_that_nobody_used_is_not() {
    let refused = |route| (0, [61_000, 61_020], route, Refused, None);
    for ending in [Unanswered, NotSent] {
        let observation = by_routes(&[refused(0), (1, [62_000, 63_000], 1, ending, None)]);
        assert_eq!((observation.revoked.len(), unheard(&observation)), (2, vec![("lite", 2)]), "{ending:?}");
    }
    let reserve_unused = by_routes(&[refused(0), (1, [50_000, 50_020], 1, Acknowledged, None)]);
    assert_eq!((reserve_unused.revoked.len(), unheard(&reserve_unused)), (1, vec![]));
}

#[test]
fn a_journey_by_which_no_leaver_had_a_turn_is_told() {
    let mut plan = leaving();
    let second = Journey { name: "report".to_owned(), ..plan.journeys[0].clone() };
    plan.journeys.push(second);
    let observation = played(&plan, &[(0, [61_000, 61_020], 0, Refused, None)], |number| number);
    let ways: Vec<_> =
        observation.revoked.iter().map(|way| (way.journey.as_str(), way.accounts, way.unheard)).collect();
    assert_eq!(ways, [("order", 1, 1), ("report", 0, 2)]);
}

#[test]
fn what_was_received_was_taken_whatever_its_sender_was_told() {
    let refused = |sent| (0, [sent, sent + 20], 0, Refused, None);
    let received = (0, [62_000, 63_000], 0, Unanswered, Some(62_030));
    let observation = by_routes(&[refused(61_000), received, refused(64_000)]);
    assert_eq!(told(&observation.revoked[0]), ("dingtalk", 1, 2, 2.0, Some(4.02)));
    let last = observation.revoked[0].last_taken.as_ref().map(|last| (last.message.as_str(), last.at_s));
    assert_eq!(last, Some(("order.1", 62.0)));
    // What was refused before it came may have been refused before it was taken.
    let late = (0, [62_000, 63_000], 0, Unanswered, Some(66_000));
    let beside = by_routes(&[late, refused(64_000)]);
    assert_eq!(told(&beside.revoked[0]), ("dingtalk", 1, 1, 2.0, None));
    let after = by_routes(&[late, refused(64_000), refused(67_000)]);
    assert_eq!(told(&after.revoked[0]), ("dingtalk", 1, 2, 2.0, Some(7.02)));
    // A later one that was acknowledged stays the last.
    let both = by_routes(&[late, (0, [63_000, 63_020], 0, Acknowledged, None), refused(67_000)]);
    assert_eq!(told(&both.revoked[0]), ("dingtalk", 2, 1, 3.0, Some(7.02)));
    // What was sent before he left, or may have been taken when he was back, says nothing.
    for one in [(0, [59_990, 60_990], 0, Unanswered, Some(60_010)), (0, [89_000, 89_900], 0, Unanswered, Some(90_010))]
    {
        assert_eq!(unheard(&by_routes(&[one])), [("dingtalk", 2)], "{one:?}");
    }
}

#[test]
fn of_several_attempts_that_may_have_brought_it_the_first_counts_and_of_several_ways_none() {
    let first = (0, [61_000, 61_500], 0, Unanswered, None);
    let again = (0, [62_000, 62_500], 0, Unanswered, Some(62_030));
    let refused = (0, [64_000, 64_020], 0, Refused, None);
    let of = |number: u32| if number < 2 { 0 } else { number };
    let observation = played(&leaving(), &[first, again, refused], of);
    assert_eq!(told(&observation.revoked[0]), ("dingtalk", 1, 1, 1.0, Some(4.02)));
    // The second was acknowledged, and explains the receipt by itself.
    let answered = (0, [62_000, 62_020], 0, Acknowledged, Some(62_030));
    let observation = played(&leaving(), &[first, answered, refused], of);
    assert_eq!(told(&observation.revoked[0]), ("dingtalk", 1, 1, 2.0, Some(4.02)));
    // Another way leads elsewhere, unless both lead to the same service.
    let elsewhere = (0, [62_000, 62_500], 1, Unanswered, Some(62_030));
    let told_of = |plan: Plan| {
        let observation = played(&plan, &[first, elsewhere, refused], of);
        observation.revoked.iter().map(|way| (way.route.clone(), way.taken)).collect::<Vec<_>>()
    };
    assert_eq!(told_of(leaving()), [("dingtalk".to_owned(), 0), ("lite".to_owned(), 1)]);
    let mut one = leaving();
    one.journeys[0].routes[1].endpoint = one.journeys[0].routes[0].endpoint;
    assert_eq!(told_of(one), [("dingtalk".to_owned(), 0), ("dingtalk".to_owned(), 0)]);
}

/// What was received by the way that had not answered, long after the message had come by another: it counts whether anybody had looked at what
/// had come until then or not.
#[test]
fn what_comes_once_more_by_a_way_that_never_answered_was_taken_there() {
    let late = 85_000;
    let mut records = vec![control(ms(60_000), Event::Applied(FREEZE))];
    for number in 0..40_u32 {
        let due = ms(60_500 + u64::from(number) * 500);
        let Record::Message(sent) = message(number, due) else { unreachable!("a message") };
        records.push(Record::Message(Message { account: AccountId(u32::from(number > 0)), ..sent }));
        let ending = if number == 0 { Unanswered } else { Acknowledged };
        records.push(Record::Attempt(attempt(number, due, ending)));
        if number > 0 {
            records.push(Record::Receipt(receipt(number, due + Span::from_millis(30))));
        }
    }
    let other = RouteId(1);
    let again = attempt(0, ms(61_000), Acknowledged);
    records.push(Record::Attempt(Attempt { number: 2, route: other, ..again }));
    records.push(Record::Receipt(Receipt { route: other, ..receipt(0, ms(61_030)) }));
    records.push(Record::Receipt(receipt(0, ms(late))));
    records.sort_by_key(|record| match record {
        Record::Attempt(attempt) => attempt.done,
        _ => record.at(),
    });
    records.push(seal(End::Completed));
    let revoked = |look_after: usize| {
        let mut folds = Folds::new(Arc::new(leaving()), Seed(7)).looking_after(look_after);
        for (position, record) in (0_u64..).zip(&records) {
            folds.record(position, record);
        }
        folds.observe(None).revoked
    };
    let told = revoked(usize::MAX);
    assert_eq!(
        told.iter().map(|way| (way.route.as_str(), way.taken)).collect::<Vec<_>>(),
        [("dingtalk", 40), ("lite", 1)]
    );
    assert_eq!(revoked(1), told);
}
