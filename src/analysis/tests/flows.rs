//! Where attempts really went, and what crossed a boundary on the way.

use crate::analysis::{BoundaryFigures, ControlCrossings, Observation};
use crate::journal::{Attempt, Ending, Event, Fate, Hit, Hop, Receipt, Record};
use crate::plan::{Boundary, Capability, EndpointKind, Journey, Mail, Place, Plan, Reach, Region, When};
use crate::units::{AccountId, EndpointId, GroupId, JourneyId, Moment, RegionId, RouteId, Span};

use super::script::{FREEZE, READER, attempt, completed, control, hit_on, message, ms, plan, receipt};

const DINGTALK: EndpointId = EndpointId(0);
const LITE: EndpointId = EndpointId(1);
const HK: RegionId = RegionId(0);
const ABROAD: RegionId = RegionId(1);

fn boundary(rule: Reach) -> Boundary {
    Boundary { name: "home".to_owned(), classes: vec!["orders".to_owned()], groups: Vec::new(), rule }
}

/// Orders may be anywhere but abroad, where Lite is.
pub(super) fn bounded() -> Plan {
    let mut plan = plan();
    plan.regions.push(Region { name: "abroad".to_owned(), addresses: Vec::new(), utc_offset: 0 });
    plan.endpoints[LITE.index()].region = ABROAD;
    plan.journeys[0].class = Some("orders".to_owned());
    plan.boundaries = vec![boundary(Reach::Never(vec![Place::Region(ABROAD)]))];
    plan
}

pub(super) fn led(connection: u64, endpoint: EndpointId, to: RegionId) -> Record {
    Record::Hop(Hop { connection, endpoint, from: Some(HK), to, at: Moment::ZERO })
}

/// A message that is sent at once on a route, and received if it is acknowledged.
fn sent(number: u32, at: u64, route: u8, ending: Ending) -> Vec<Record> {
    let mut records = vec![message(number, ms(at))];
    records.extend(tried(number, at, (1, route), ending));
    records
}

fn tried(number: u32, at: u64, (nth, route): (u16, u8), ending: Ending) -> Vec<Record> {
    let connection = Some(100 + u64::from(route));
    let route = RouteId(route);
    let mut records =
        vec![Record::Attempt(Attempt { number: nth, route, connection, ..attempt(number, ms(at), ending) })];
    if ending == Ending::Acknowledged {
        records.push(Record::Receipt(Receipt { route, recipient: READER, ..receipt(number, ms(at + 30)) }));
    }
    records
}

fn switched(at: u64, from: u8, to: u8) -> Record {
    let (journey, from, to) = (super::script::ORDER, RouteId(from), RouteId(to));
    control(ms(at), Event::Switched { journey, account: None, from, to })
}

fn crossed(observation: &Observation) -> Vec<(&'static str, u64)> {
    let violations = observation.boundaries[0].violations.iter().filter(|(_, count)| **count > 0);
    violations.map(|(when, count)| (*when, *count)).collect()
}

/// A message before the failover; one that fails and waits for it; one after it; and one after a return.
fn course(home: (EndpointId, RegionId), other: (EndpointId, RegionId)) -> Vec<Record> {
    let mut records = vec![led(100, home.0, home.1), led(101, other.0, other.1)];
    records.extend(sent(0, 0, 0, Ending::Acknowledged));
    records.extend(sent(1, 100, 0, Ending::Refused));
    records.push(switched(150, 0, 1));
    records.extend(tried(1, 160, (2, 1), Ending::Acknowledged));
    records.extend(sent(2, 200, 1, Ending::Acknowledged));
    records.push(switched(250, 1, 0));
    records.extend(sent(3, 300, 0, Ending::Acknowledged));
    records
}

#[test]
fn each_course_of_things_is_counted_apart() {
    let away = completed(&bounded(), course((DINGTALK, HK), (LITE, ABROAD)));
    assert_eq!(crossed(&away), [("failover", 1), ("flush", 1)]);
    // The same with the sides exchanged: as usual and after the return, and the attempt that was refused there.
    let home = completed(&bounded(), course((DINGTALK, ABROAD), (LITE, HK)));
    assert_eq!(crossed(&home), [("failback", 1), ("steady", 2)]);
    let none = completed(&bounded(), course((DINGTALK, HK), (LITE, HK)));
    assert_eq!((crossed(&none), none.boundaries[0].carried), (Vec::new(), 5));
}

#[test]
fn a_crossing_names_the_message_its_way_and_the_moment() {
    let observation = completed(&bounded(), course((DINGTALK, HK), (LITE, ABROAD)));
    let BoundaryFigures { first, .. } = &observation.boundaries[0];
    let told: Vec<_> =
        first.iter().map(|one| (one.message.as_str(), one.attempt, one.connection, one.when.name())).collect();
    assert_eq!(told, [("order.1", 2, 101, "flush"), ("order.2", 1, 101, "failover")]);
    let flushed = &first[0];
    assert_eq!((flushed.account.as_str(), flushed.endpoint.as_str()), ("purchasing-2", "lite"));
    assert_eq!((flushed.region.as_str(), flushed.class.as_deref()), ("abroad", Some("orders")));
    assert!((flushed.at_s - 0.16).abs() < 1e-9);
}

#[test]
fn what_crossed_is_not_good_and_was_received_on_the_wrong_side() {
    let observation = completed(&bounded(), course((DINGTALK, HK), (LITE, ABROAD)));
    let figures = &observation.journeys[0].figures;
    assert_eq!((figures.valid, figures.good), (4, 2));
    assert_eq!((observation.deliveries.delivered, observation.deliveries.wrong_side), (4, 2));
    assert!(observation.conservation.is_empty(), "{:?}", observation.conservation);
}

/// What an inject did to a message on its way makes no difference if it came in time: without the crossing it would be good.
#[test]
fn a_crossing_in_time_is_the_systems_doing_whatever_hit_the_message_before() {
    let blame = |late: u64| {
        let mut records = course((DINGTALK, HK), (LITE, ABROAD));
        // The first attempt of the message that waits for the failover.
        records.push(hit_on(FREEZE, ms(100), (100, 1), AccountId(1)));
        for record in &mut records {
            if let Record::Receipt(receipt) = record
                && receipt.message.number == 1
            {
                receipt.at = receipt.at + Span::from_millis(late);
            }
        }
        let blame = completed(&bounded(), records).journeys[0].figures.blame;
        (blame.system, blame.injected)
    };
    assert_eq!(blame(0), (2, 0));
    assert_eq!(blame(5_000), (1, 1));
}

#[test]
fn where_the_connection_led_counts_and_not_what_the_plan_says() {
    // The plan has DingTalk at home: this connection was made to another region.
    let observation =
        completed(&bounded(), [vec![led(100, DINGTALK, ABROAD)], sent(0, 0, 0, Ending::Acknowledged)].concat());
    assert_eq!(crossed(&observation), [("steady", 1)]);
    let flow = &observation.flows[0];
    assert_eq!(
        (flow.endpoint, flow.region, flow.when, flow.attempts, flow.bytes),
        (DINGTALK, ABROAD, When::Steady, 1, 100)
    );
}

#[test]
fn what_was_handed_to_no_connection_touched_nothing() {
    let there = led(101, LITE, ABROAD);
    for (ending, made, carried) in [
        (Ending::NotSent, true, 0),
        (Ending::Refused, true, 1),
        (Ending::Unanswered, true, 1),
        // No connection was made beyond the path.
        (Ending::Unanswered, false, 0),
    ] {
        let hops = if made { vec![there.clone()] } else { Vec::new() };
        let records = [hops, vec![switched(0, 0, 1)], sent(0, 100, 1, ending)].concat();
        let observation = completed(&bounded(), records);
        assert_eq!(observation.boundaries[0].carried, carried, "{ending:?} {made}");
        assert_eq!(observation.astray, 0);
    }
}

#[test]
fn what_the_path_refused_before_a_connection_led_on_touched_nothing() {
    let later = Record::Hop(Hop { connection: 101, endpoint: LITE, from: Some(HK), to: ABROAD, at: ms(500) });
    let again = Record::Hop(Hop { connection: 101, endpoint: LITE, from: Some(HK), to: ABROAD, at: ms(900) });
    let records = [
        vec![switched(0, 0, 1)],
        sent(0, 100, 1, Ending::Refused),
        vec![later],
        sent(1, 600, 1, Ending::Refused),
        vec![again],
        sent(2, 1_000, 1, Ending::Acknowledged),
    ]
    .concat();
    let observation = completed(&bounded(), records);
    assert_eq!((observation.boundaries[0].carried, crossed(&observation)), (2, vec![("failover", 2)]));
    let carried: Vec<_> = observation.boundaries[0].first.iter().map(|one| one.message.as_str()).collect();
    assert_eq!((carried, observation.astray), (vec!["order.1", "order.2"], 0));
}

/// A connection that leads somewhere since another went by it: a fault that refuses an exchange of it hands nothing on, but what a platform
/// refuses has come to it.
#[test]
fn what_a_fault_refused_on_a_connection_that_leads_on_touched_nothing() {
    let refusal = |exchange: u32, fate: Fate| match hit_on(FREEZE, ms(100), (101, exchange), AccountId(0)) {
        Record::Hit(hit) => Record::Hit(Hit { fate, ..hit }),
        other => other,
    };
    for (hits, ending, carried) in [
        (vec![], Ending::Refused, 1),
        (vec![refusal(1, Fate::Refused)], Ending::Refused, 0),
        // An answer that could not be read.
        (vec![refusal(1, Fate::Refused)], Ending::Unanswered, 0),
        // Another exchange, or the connection itself; and what goes on later than it would.
        (vec![refusal(2, Fate::Refused), refusal(0, Fate::Refused)], Ending::Refused, 1),
        (vec![refusal(1, Fate::Delayed)], Ending::Refused, 1),
        (vec![refusal(1, Fate::Delayed), refusal(1, Fate::Refused)], Ending::Refused, 0),
    ] {
        let name = format!("{hits:?} {ending:?}");
        let attempts = [led(101, LITE, ABROAD), switched(0, 0, 1)].into_iter().chain(sent(0, 100, 1, ending));
        let mut records: Vec<Record> = attempts.chain(hits).collect();
        let observation = completed(&bounded(), records.clone());
        assert_eq!(observation.boundaries[0].carried, carried, "{name}");
        // What comes of it is the same in any order, and over a connection by which nobody had gone before.
        records.reverse();
        assert_eq!(completed(&bounded(), records).boundaries, observation.boundaries, "{name}");
    }
    // Of a mail that is refused for a recipient its sender may have been named.
    let mut plan = bounded();
    plan.endpoints[LITE.index()].kind = EndpointKind::Smtp(Mail { capability: Capability::Chat });
    let records = [vec![led(101, LITE, ABROAD), refusal(1, Fate::Refused)], sent(0, 100, 1, Ending::Refused)].concat();
    assert_eq!(completed(&plan, records).boundaries[0].carried, 1);
}

#[test]
fn a_boundary_is_drawn_by_class_group_region_and_endpoint() {
    let records = || course((DINGTALK, HK), (LITE, ABROAD));
    let crossings = |boundary: Boundary| {
        let plan = Plan { boundaries: vec![boundary], ..bounded() };
        let observation = completed(&plan, records());
        (observation.boundaries[0].carried, observation.boundaries[0].crossed())
    };
    let (home, lite) = (Place::Region(HK), Place::Endpoint(LITE));
    assert_eq!(crossings(boundary(Reach::Within(vec![home]))), (5, 2));
    assert_eq!(crossings(boundary(Reach::Within(vec![home, lite]))), (5, 0));
    assert_eq!(crossings(boundary(Reach::Never(vec![lite]))), (5, 2));
    let of_groups = |classes: &[&str], groups: &[u16]| Boundary {
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        groups: groups.iter().map(|group| GroupId(*group)).collect(),
        ..boundary(Reach::Never(vec![lite]))
    };
    // Senders are group 0, recipients group 1.
    assert_eq!(crossings(of_groups(&[], &[0])), (5, 2));
    assert_eq!(crossings(of_groups(&[], &[1])), (5, 2));
    assert_eq!(crossings(of_groups(&["contracts"], &[1])), (0, 0));
    assert_eq!(crossings(of_groups(&["contracts", "orders"], &[])), (5, 2));
}

/// A journal that was damaged names things that the plan does not have.
#[test]
fn a_connection_to_nowhere_is_not_told() {
    let records = [vec![led(100, EndpointId(9), HK), led(101, LITE, RegionId(9))], sent(0, 0, 0, Ending::Acknowledged)];
    assert!(completed(&bounded(), records.concat()).flows.is_empty());
}

/// Targets, and so what is told beside them, are about the exposed arm; what the control arm sent across stands apart.
#[test]
fn what_a_control_arm_sends_is_told_apart() {
    const CONTROL: JourneyId = JourneyId(1);
    let mut plan = bounded();
    plan.journeys.push(Journey {
        name: "order-control".to_owned(),
        control_of: Some(super::script::ORDER),
        ..plan.journeys[0].clone()
    });
    let of_control = |mut record: Record| {
        match &mut record {
            Record::Message(message) => message.id.journey = CONTROL,
            Record::Attempt(attempt) => attempt.message.journey = CONTROL,
            Record::Receipt(receipt) => receipt.message.journey = CONTROL,
            _ => {}
        }
        record
    };
    let mut records = vec![led(100, DINGTALK, ABROAD), led(101, LITE, HK)];
    records.extend(sent(0, 0, 1, Ending::Acknowledged));
    records.extend([(0, 0), (1, 0), (2, 1)].into_iter().flat_map(|(number, route)| {
        sent(number, 100 + u64::from(number), route, Ending::Acknowledged).into_iter().map(of_control)
    }));
    let observation = completed(&plan, records);
    let BoundaryFigures { carried, first, control, .. } = &observation.boundaries[0];
    assert_eq!((*carried, crossed(&observation), first.len()), (1, Vec::new(), 0));
    assert_eq!(*control, Some(ControlCrossings { carried: 3, crossed: 2 }));
    assert_eq!(completed(&bounded(), course((DINGTALK, HK), (LITE, HK))).boundaries[0].control, None);
}
