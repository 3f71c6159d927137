//! Writes the records of small drills.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::analysis::outage::Machine;
use crate::analysis::{Folds, Observation, Outage, Point};
use crate::draw::Seed;
use crate::journal::{
    Attempt, Code, Control, End, Ending, Event, Fate, Hit, Hop, Message, Receipt, Record, Seal, Unsent, UnsentCause,
};
use crate::plan::{
    Account, Aim, Arrival, Capability, Detector, Edition, Endpoint, EndpointKind, Fault, Group, Inject, Journey,
    Limits, Pace, PerAccount, Phase, PhaseKind, Plan, Receipts, Recipients, Region, Route, Tier, Zone,
};
use crate::plan::{Pick, Shape};
use crate::units::{
    AccountId, EndpointId, GroupId, InjectId, JourneyId, MessageId, Moment, PhaseId, Rate, RegionId, RouteId, Share,
    Size, Span,
};

pub(crate) const ORDER: JourneyId = JourneyId(0);
pub(crate) const FREEZE: InjectId = InjectId(0);
/// The two senders are accounts 0 and 1, the two recipients 2 and 3.
pub(crate) const READER: AccountId = AccountId(2);
pub(crate) const OTHER_READER: AccountId = AccountId(3);

pub(crate) fn ms(millis: u64) -> Moment {
    Moment::from_nanos(millis * 1_000_000)
}

/// Ten messages a second with a deadline of one second, over baseline, fault and recovery of a minute each; routes `dingtalk` and
/// `lite`; one inject, `freeze`, from 60 s to 90 s. Δ = 0.1 s, W = 2 s, `hold_up` = 1 s, `m_up` = 10.
pub(crate) fn plan() -> Plan {
    let rate = Rate::new(10, Span::from_secs(1)).unwrap();
    let minute = Span::from_secs(60);
    let phase = |name: &str, kind, start| Phase { name: name.to_owned(), kind, start: ms(start), length: minute };
    let group = |name: &str| Group { name: name.to_owned(), count: 2, region: RegionId(0), via: None, control: 0 };
    let account = |group, ordinal| Account { group: GroupId(group), ordinal, address: IpAddr::V4(Ipv4Addr::LOCALHOST) };
    let timeout = Span::from_secs(1);
    Plan {
        name: "test".to_owned(),
        question: None,
        variant: None,
        expect: None,
        seed: None,
        zone: Zone::default(),
        calendar: None,
        regions: vec![Region { name: "hk".to_owned(), addresses: Vec::new(), utc_offset: 480 }],
        links: Vec::new(),
        endpoints: vec![endpoint("dingtalk", Edition::Mainland), endpoint("lite", Edition::Lite)],
        groups: vec![group("purchasing"), group("factory")],
        accounts: vec![account(0, 0), account(0, 1), account(1, 0), account(1, 1)],
        journeys: vec![Journey {
            name: "order".to_owned(),
            from: GroupId(0),
            to: Recipients::One(GroupId(1)),
            send: Capability::Chat,
            rate: Pace::Steady(rate),
            arrival: Arrival::Constant,
            deadline: Span::from_secs(1),
            bytes: Size(100),
            class: None,
            routes: vec![Route { endpoint: EndpointId(0), timeout }, Route { endpoint: EndpointId(1), timeout }],
            failover: None,
            slots: 13,
            retry: None,
            per_account: PerAccount::default(),
            detector: Detector::derive(rate.gap(), minute),
            corpus: None,
            editing: None,
            control_of: None,
        }],
        phases: vec![
            phase("baseline", PhaseKind::Baseline, 0),
            phase("fault", PhaseKind::Fault, 60_000),
            phase("recovery", PhaseKind::Recovery, 120_000),
        ],
        injects: vec![inject("freeze")],
        grace: Span::from_secs(10),
        targets: Vec::new(),
        boundaries: Vec::new(),
        claims: Vec::new(),
        guard: None,
        runbook: None,
        ways_in: Vec::new(),
    }
}

fn endpoint(name: &str, edition: Edition) -> Endpoint {
    Endpoint {
        name: name.to_owned(),
        kind: EndpointKind::Dingtalk(edition),
        region: RegionId(0),
        url: None,
        sso: None,
        credentials: Vec::new(),
        limits: Limits::Off,
        receipts: Receipts::Inbox,
        tier: Tier::default(),
        contract: None,
        processor: None,
    }
}

pub(crate) fn inject(name: &str) -> Inject {
    Inject {
        name: name.to_owned(),
        fault: Fault::Status { code: 503 },
        aim: Aim { chance: Share::ALL, ..Aim::everyone() },
        shape: Shape::default(),
        pick: Pick::default(),
        start: ms(60_000),
        end: ms(90_000),
        during: Some(PhaseId(1)),
    }
}

/// What becomes of a message. Sent when due, it is acknowledged 20 ms and received 30 ms later, unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Good,
    /// Received so many milliseconds after it was due.
    Received(u64),
    /// Received twice; the receiver keeps both (`false`) or drops the second (`true`).
    Twice(bool),
    Refused,
    NotSent,
    Unanswered,
    UnansweredButReceived,
    Lost,
    Declined,
    Unsent(UnsentCause),
    /// Due, and nothing more is heard of it.
    Open,
    /// Refused on the first route, then received by the second 500 ms after it was due.
    FailedOver,
}

pub(crate) fn message(number: u32, due: Moment) -> Record {
    Record::Message(Message {
        id: id(number),
        account: AccountId(number % 2),
        stream_number: number / 2,
        recipients: vec![READER],
        capability: Capability::Chat,
        class: 0,
        due,
        bytes: 100,
        hash: 0,
    })
}

pub(crate) fn id(number: u32) -> MessageId {
    MessageId { journey: ORDER, number }
}

/// An attempt on the first route, begun when due, on a connection whose number is that of the message.
pub(crate) fn attempt(number: u32, sent: Moment, ending: Ending) -> Attempt {
    Attempt {
        message: id(number),
        number: 1,
        route: RouteId(0),
        connection: Some(u64::from(number)),
        exchange: 1,
        slot_at: sent,
        sent,
        done: sent + Span::from_millis(20),
        ending,
        code: Code::default(),
        declined: Vec::new(),
    }
}

pub(crate) fn receipt(number: u32, at: Moment) -> Receipt {
    Receipt { message: id(number), recipient: READER, route: RouteId(0), at, fresh: true, intact: true }
}

/// The records of one message of the journey.
pub(crate) fn records(number: u32, due: Moment, what: What) -> Vec<Record> {
    let after = |millis: u64| due + Span::from_millis(millis);
    let tried = |ending| Record::Attempt(attempt(number, due, ending));
    let acknowledged = tried(Ending::Acknowledged);
    let received = |millis: u64| Record::Receipt(receipt(number, after(millis)));
    let again = |fresh| Record::Receipt(Receipt { fresh, ..receipt(number, after(40)) });
    let mut records = vec![message(number, due)];
    records.extend(match what {
        What::Good => vec![acknowledged, received(30)],
        What::Received(millis) => vec![acknowledged, received(millis)],
        What::Twice(dropped) => vec![acknowledged, received(30), again(!dropped)],
        What::Refused => vec![tried(Ending::Refused)],
        What::NotSent => vec![tried(Ending::NotSent)],
        What::Unanswered => vec![tried(Ending::Unanswered)],
        What::UnansweredButReceived => vec![tried(Ending::Unanswered), received(30)],
        What::Lost => vec![acknowledged],
        What::Declined => {
            let declined = vec![READER];
            vec![Record::Attempt(Attempt { declined, ..attempt(number, due, Ending::Acknowledged) })]
        }
        What::Unsent(cause) => vec![Record::Unsent(Unsent { message: id(number), at: after(1_000), cause })],
        What::Open => Vec::new(),
        What::FailedOver => {
            let first = attempt(number, due, Ending::Refused);
            let lite = RouteId(1);
            let second = Attempt { number: 2, route: lite, ..attempt(number, after(450), Ending::Acknowledged) };
            let receipt = Receipt { route: lite, ..receipt(number, after(500)) };
            vec![Record::Attempt(first), Record::Attempt(second), Record::Receipt(receipt)]
        }
    });
    records
}

/// The records of the whole journey: message `n` is due at n × 0.1 s.
pub(crate) fn journey(what: impl Fn(u32) -> What) -> Vec<Record> {
    (0..1_800).flat_map(|number| records(number, ms(u64::from(number) * 100), what(number))).collect()
}

/// Good, but for messages due from `from` until before `to` seconds, which are refused.
pub(crate) fn refused_within(from: u32, to: u32) -> impl Fn(u32) -> What {
    move |number| if (from * 10..to * 10).contains(&number) { What::Refused } else { What::Good }
}

pub(crate) fn control(at: Moment, event: Event) -> Record {
    Record::Control(Control { at, event })
}

/// A hit on the attempt of the message that was due last.
pub(crate) fn hit(inject: InjectId, at: Moment) -> Record {
    hit_on(inject, at, (at.nanos() / 100_000_000, 1), AccountId(0))
}

/// A hit on an exchange of a connection, 0 for the connection itself.
pub(crate) fn hit_on(inject: InjectId, at: Moment, (connection, exchange): (u64, u32), account: AccountId) -> Record {
    Record::Hit(Hit {
        inject,
        connection,
        exchange,
        account: Some(account),
        fate: Fate::Refused,
        delay: Span::ZERO,
        units: 1,
        at,
    })
}

/// A connection that was really made.
pub(crate) fn hop(connection: u64, endpoint: EndpointId, at: Moment) -> Record {
    Record::Hop(Hop { connection, endpoint, from: Some(RegionId(0)), to: RegionId(0), at })
}

pub(crate) fn seal(end: End) -> Record {
    Record::Seal(Seal { at: ms(190_000), end, records: 0 })
}

pub(crate) fn fold(plan: &Plan, records: &[Record]) -> Folds {
    let mut folds = Folds::new(Arc::new(plan.clone()), Seed(7));
    for (position, record) in (0_u64..).zip(records) {
        folds.record(position, record);
    }
    folds
}

/// The outages of a series of messages in order of due moment; `n_down` is the parameter in force at a due moment.
pub(crate) fn outages(
    detector: &Detector,
    deadline: Span,
    n_down: impl Fn(Moment) -> u32,
    series: impl Iterator<Item = Point>,
) -> Vec<Outage> {
    let mut machine = Machine::new(*detector, deadline);
    series.for_each(|point| machine.next(point, n_down(point.due)));
    machine.outages()
}

/// The final observation of a drill that was played to its end.
pub(crate) fn completed(plan: &Plan, mut records: Vec<Record>) -> Observation {
    records.push(seal(End::Completed));
    let observation = fold(plan, &records).observe(None);
    assert_eq!(observation.conservation, Vec::<String>::new());
    observation
}

/// Whether two figures are the same to a nanosecond.
pub(crate) fn same(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}
