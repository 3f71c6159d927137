//! Tries by which gateways send messages on: joined with the connections that carried them, whoever hit these, and in any order.

use super::audits::{GATEWAY, audited_plan, sent_on};
use super::script::{FREEZE, attempt, completed, fold, hit_on, hop, id, message, ms, seal};
use crate::analysis::{Flow, Observation};
use crate::journal::{Attempt, Code, End, Ending, Hop, Onward, Record};
use crate::plan::{Boundary, Place, Plan, Reach, Region, Route, When};
use crate::units::{AccountId, EndpointId, JourneyId, MessageId, RegionId, Span};

const LITE: EndpointId = EndpointId(1);
const TEAMS: EndpointId = EndpointId(2);
const ABROAD: RegionId = RegionId(1);

/// Orders must not come to where Teams is.
fn bounded() -> Plan {
    let mut plan = audited_plan();
    plan.regions.push(Region { name: "abroad".to_owned(), addresses: Vec::new(), utc_offset: 0 });
    plan.endpoints[TEAMS.index()].region = ABROAD;
    plan.journeys[0].class = Some("orders".to_owned());
    let rule = Reach::Never(vec![Place::Region(ABROAD)]);
    plan.boundaries =
        vec![Boundary { name: "home".to_owned(), classes: vec!["orders".to_owned()], groups: Vec::new(), rule }];
    plan
}

fn leg(number: u32, at: u64, connection: Option<u64>, ending: Ending) -> Onward {
    Onward {
        message: id(number),
        number: 1,
        gateway: GATEWAY,
        endpoint: LITE,
        connection,
        exchange: 1,
        sent: ms(at + 5),
        done: ms(at + 10),
        ending,
        code: Code::default(),
    }
}

/// A message that the gateway had, and one try of it.
fn by(number: u32, at: u64, leg: Onward) -> Vec<Record> {
    [sent_on(number, at, &[]), vec![Record::Onward(leg)]].concat()
}

fn led_abroad(connection: u64) -> Record {
    Record::Hop(Hop { connection, endpoint: TEAMS, from: Some(RegionId(0)), to: ABROAD, at: ms(50) })
}

/// What the gateway carried where.
fn carried(observation: &Observation) -> Vec<(EndpointId, u64)> {
    let by_gateway = observation.flows.iter().filter(|flow: &&Flow| flow.via == Some(GATEWAY));
    by_gateway.map(|flow| (flow.endpoint, flow.attempts)).collect()
}

#[test]
fn where_a_connection_led_is_where_its_data_went() {
    let records = [vec![led_abroad(500)], by(0, 100, leg(0, 100, Some(500), Ending::Refused))].concat();
    let observation = completed(&bounded(), records);
    assert_eq!(carried(&observation), [(TEAMS, 1)]);
    let crossing = &observation.boundaries[0].first[0];
    assert_eq!(
        (&*crossing.message, &*crossing.endpoint, crossing.via.as_deref()),
        ("order.0", "teams", Some("gateway"))
    );
    assert_eq!(observation.boundaries[0].violations.get(When::Steady.name()), Some(&1));
}

#[test]
fn a_try_on_a_connection_that_nobody_dialled_touches_nothing() {
    // No connection was made, there is a number of one that led nowhere, and what was not handed over went nowhere.
    for leg in [
        leg(0, 100, None, Ending::Unanswered),
        leg(0, 100, Some(777), Ending::Unanswered),
        leg(0, 100, Some(500), Ending::NotSent),
    ] {
        let observation = completed(&bounded(), [vec![led_abroad(500)], by(0, 100, leg)].concat());
        assert_eq!(carried(&observation), []);
        assert!(observation.boundaries[0].first.is_empty() && observation.astray == 0);
    }
}

#[test]
fn what_hits_a_try_hits_the_attempt_that_led_to_it() {
    let again = Attempt { number: 2, ..attempt(0, ms(5_000), Ending::Refused) };
    let mut records =
        vec![message(0, ms(100)), Record::Attempt(attempt(0, ms(100), Ending::Refused)), Record::Attempt(again)];
    records.extend([Record::Onward(leg(0, 100, Some(500), Ending::Refused)), hop(500, LITE, ms(50))]);
    let hit = |at, connection| hit_on(FREEZE, ms(at), (connection, 1), AccountId(0));
    let told = |more: Vec<Record>| completed(&bounded(), [records.clone(), more].concat());
    let blamed = told(vec![hit(108, 500)]);
    assert_eq!((blamed.injects[0].message_hits, blamed.journeys[0].figures.blame.injected), (1, 1));
    // Another exchange of the same connection is another message's.
    let other = told(vec![hit_on(FREEZE, ms(108), (500, 2), AccountId(0))]);
    assert_eq!((other.injects[0].message_hits, other.journeys[0].figures.blame.system), (0, 1));
    assert_eq!(told(vec![hit(108, 501)]).injects[0].message_hits, 0);
}

#[test]
fn a_try_by_a_gateway_that_no_route_leads_to_is_none_of_the_journeys() {
    let mut plan = bounded();
    plan.journeys[0].routes = vec![Route { endpoint: LITE, timeout: Span::from_secs(1) }];
    let observation =
        completed(&plan, [vec![led_abroad(500)], by(0, 100, leg(0, 100, Some(500), Ending::Refused))].concat());
    assert_eq!(carried(&observation), []);
}

#[test]
fn a_try_of_a_message_that_never_was_is_kept_and_counts_nowhere() {
    let mut folds = fold(&bounded(), &[led_abroad(500), Record::Onward(leg(7, 100, Some(500), Ending::Acknowledged))]);
    let stranger = MessageId { journey: JourneyId(9), number: 0 };
    folds.record(2, &Record::Onward(Onward { message: stranger, ..leg(0, 100, Some(500), Ending::Acknowledged) }));
    folds.record(3, &seal(End::Completed));
    let observation = folds.observe(None);
    assert_eq!((carried(&observation), observation.messages.intended), (vec![], 0));
}

/// Tries before their attempts and their messages, and connections last.
#[test]
fn the_order_in_which_tries_come_leaves_no_trace() {
    let of = |n: u32| {
        let at = 100 * u64::from(n);
        let connection = 500 + u64::from(n % 7);
        let hit = hit_on(FREEZE, ms(at + 8), (connection, 1), AccountId(n % 2));
        [by(n, at, leg(n, at, Some(connection), Ending::Acknowledged)), vec![hit]].concat()
    };
    let mut records: Vec<Record> = (0..40).flat_map(of).collect();
    records.extend((500..507).map(|n| if n % 2 == 0 { led_abroad(n) } else { hop(n, LITE, ms(0)) }));
    let told = |records: &[Record]| {
        let mut folds = fold(&bounded(), records);
        folds.record(records.len() as u64, &seal(End::Completed));
        let Observation { flows, boundaries, injects, journeys, conservation, .. } = folds.observe(None);
        assert_eq!(conservation, Vec::<String>::new());
        (flows, boundaries, injects, journeys)
    };
    let straight = told(&records);
    assert!(straight.0.iter().any(|flow| flow.via == Some(GATEWAY)) && straight.2[0].message_hits > 0);
    for turned in [3, 50, 121] {
        let mut other = records.clone();
        other.rotate_left(turned);
        other.reverse();
        assert_eq!(told(&other), straight, "{turned}");
    }
}
