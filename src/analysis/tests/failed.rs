//! What was not acknowledged, by route and last answer; and whose time it was in, by the route in force.

use super::script::{ORDER, What, attempt, completed, control, journey, message, ms, plan, refused_within};
use crate::analysis::Observation;
use crate::journal::{Attempt, Code, Ending, Event, Record};
use crate::units::{Moment, RouteId};

fn answered(number: u32, (try_number, route): (u16, u8), sent: Moment, (status, word): (u16, &str)) -> Record {
    let ending = if status == 200 { Ending::Acknowledged } else { Ending::Refused };
    let code = Code { status, word: word.into() };
    Record::Attempt(Attempt { number: try_number, route: RouteId(route), code, ..attempt(number, sent, ending) })
}

fn failed(observation: &Observation) -> Vec<(Option<&str>, u16, &str, u64, u64)> {
    let failed = observation.journeys[0].failed.iter();
    failed.map(|one| (one.route.as_deref(), one.status, one.code.as_str(), one.attempts, one.last_word)).collect()
}

#[test]
fn the_last_word_is_that_of_the_latest_attempt_of_what_nobody_acknowledged() {
    let (frozen, busy, taken) = ((403, "Frozen"), (429, "TooManyRequests"), (200, ""));
    let records = vec![
        // Frozen, then refused for good by the rescuer; its attempts come in the wrong order.
        message(0, ms(0)),
        answered(0, (2, 1), ms(50), busy),
        answered(0, (1, 0), ms(0), frozen),
        // Frozen and busy, and taken in the end.
        message(1, ms(100)),
        answered(1, (1, 0), ms(100), frozen),
        answered(1, (2, 1), ms(150), busy),
        answered(1, (3, 1), ms(170), taken),
        // Frozen, and never tried again.
        message(2, ms(200)),
        answered(2, (1, 0), ms(200), frozen),
    ];
    let expected = vec![(Some("dingtalk"), 403, "Frozen", 3, 1), (Some("lite"), 429, "TooManyRequests", 2, 1)];
    assert_eq!(failed(&completed(&plan(), records.clone())), expected);
    let backwards = records.into_iter().rev().collect();
    assert_eq!(failed(&completed(&plan(), backwards)), expected);
    assert_eq!(failed(&completed(&plan(), journey(|_| What::Good))), []);
}

/// An endpoint chooses its codes: no more of them are told apart than a table holds, whichever came first.
#[test]
fn so_many_answers_are_told_apart() {
    let all = |order: &mut dyn Iterator<Item = u32>| {
        let records = order.flat_map(|n| {
            let code = format!("E{n:03}");
            [message(n, ms(u64::from(n) * 100)), answered(n, (1, 0), ms(u64::from(n) * 100), (400, &code))]
        });
        completed(&plan(), records.collect())
    };
    let (forward, backward) = (all(&mut (0..100)), all(&mut (0..100).rev()));
    let told = failed(&forward);
    assert_eq!((told.len(), told[0], told[64]), (65, (Some("dingtalk"), 400, "E000", 1, 1), (None, 0, "", 36, 36)));
    assert_eq!(told, failed(&backward));
}

/// A minute is refused by the first route while it is in force, and what comes after the switch is carried by the second.
#[test]
fn what_was_due_while_a_route_was_in_force_is_told_of_that_route() {
    let mut records = journey(|number| match number {
        600..700 => What::FailedOver,
        other => refused_within(70, 80)(other),
    });
    records
        .push(control(ms(80_000), Event::Switched { journey: ORDER, account: None, from: RouteId(0), to: RouteId(1) }));
    let observation = completed(&plan(), records);
    let routes: Vec<_> = observation.journeys[0]
        .routes
        .iter()
        .map(|route| (route.in_force.valid, route.in_force.good, route.figures.valid, route.in_force.blame.system))
        .collect();
    // 800 were due while the first was in force, of which 100 were refused and 100 came by the second.
    assert_eq!(routes[..2], [(800, 700, 1_700, 100), (1_000, 1_000, 100, 0)]);
    let sums = |of: fn(&(u64, u64, u64, u64)) -> u64| routes.iter().map(of).sum::<u64>();
    assert_eq!((sums(|route| route.0), sums(|route| route.2)), (1_800, 1_800));
}
