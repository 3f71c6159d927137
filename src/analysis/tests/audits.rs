//! What an audit trail tells, beside what its gateway did.

use super::script::{attempt, completed, control, fold, id, message, ms, plan};
use crate::analysis::audits::Audits;
use crate::analysis::flows::Flows;
use crate::analysis::{Amiss, AuditFigures, Observation};
use crate::journal::{Act, Attempt, Audited, Code, End, Ending, Event, Onward, Record, Seal};
use crate::plan::{Audit, Capability, EndpointKind, Gateway, Plan, Route, Url};
use crate::units::{EndpointId, JourneyId, MessageId, PhaseId, RegionId, Span};

pub(crate) const GATEWAY: EndpointId = EndpointId(0);
const LITE: EndpointId = EndpointId(1);
const OTHER: EndpointId = EndpointId(2);

/// Orders go by a gateway whose trail is read; beyond it are two endpoints.
pub(crate) fn audited_plan() -> Plan {
    let mut plan = plan();
    let audit = Audit {
        every: Span::from_secs(5),
        from: RegionId(0),
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        keeps: None,
        token: None,
    };
    let gateway = Gateway { audit: Some(audit), ..Gateway::bare(Capability::Chat) };
    plan.endpoints.push(plan.endpoints[1].clone());
    plan.endpoints[GATEWAY.index()].kind = EndpointKind::Gateway(gateway.into());
    plan.endpoints[GATEWAY.index()].name = "gateway".to_owned();
    plan.endpoints[OTHER.index()].name = "teams".to_owned();
    plan.journeys[0].routes = vec![Route { endpoint: GATEWAY, timeout: Span::from_secs(1) }];
    plan
}

/// A message, due then, which the gateway took, and sent on 10 ms after it was due to each of these.
pub(crate) fn sent_on(number: u32, at: u64, to: &[EndpointId]) -> Vec<Record> {
    let mut records = vec![message(number, ms(at)), Record::Attempt(attempt(number, ms(at), Ending::Acknowledged))];
    records.extend(to.iter().zip(1..).map(|(endpoint, leg)| onward(number, at, (*endpoint, leg))));
    records
}

fn onward(number: u32, at: u64, (endpoint, leg): (EndpointId, u16)) -> Record {
    Record::Onward(Onward {
        message: id(number),
        number: leg,
        gateway: GATEWAY,
        endpoint,
        connection: None,
        exchange: 1,
        sent: ms(at + 5),
        done: ms(at + 10),
        ending: Ending::Acknowledged,
        code: Code::default(),
    })
}

pub(crate) fn entry(position: u64, number: u32, endpoint: Option<EndpointId>, at: u64) -> Record {
    Record::Audited(Audited {
        message: id(number),
        gateway: GATEWAY,
        entry: position,
        connection: 900,
        at: ms(at),
        stated: None,
        act: if endpoint.is_some() { Act::SentOn } else { Act::Refused },
        endpoint,
        word: "acknowledged".into(),
    })
}

pub(crate) fn ended(until: u64, whole: bool) -> Record {
    control(ms(until + 5_000), Event::AuditEnded { gateway: GATEWAY, until: ms(until), whole })
}

fn audit(observation: &Observation) -> &AuditFigures {
    &observation.audits[0]
}

/// Acts, told, missing, not known, wrong.
fn counts(records: Vec<Record>) -> [u64; 5] {
    let observation = completed(&audited_plan(), records);
    let AuditFigures { acts, told, missing, open, wrong, .. } = *audit(&observation);
    [acts, told, missing, open, wrong]
}

#[test]
fn what_is_told_is_told_as_late_as_it_was_heard() {
    let records =
        [sent_on(0, 100, &[LITE, OTHER]), vec![entry(1, 0, Some(LITE), 2_110), entry(2, 0, Some(OTHER), 3_110)]];
    let observation = completed(&audited_plan(), [records.concat(), vec![ended(9_000, true)]].concat());
    let audit = audit(&observation);
    assert_eq!((audit.acts, audit.told, audit.missing, audit.entries), (2, 2, 0, 2));
    assert_eq!((audit.lag_ms.max, audit.lag_ms.mean), (Some(3_000.0), Some(2_500.0)));
    assert!(audit.first.is_empty());
}

#[test]
fn what_no_entry_tells_of_is_missing_once_the_trail_was_read_to_its_end() {
    let acts = [sent_on(0, 100, &[LITE]), sent_on(1, 200, &[LITE, OTHER]), vec![entry(1, 1, Some(LITE), 900)]].concat();
    assert_eq!(counts([acts.clone(), vec![ended(9_000, true)]].concat()), [3, 1, 2, 0, 0]);
    // Nobody knows what is in a trail that could not be read, or that nobody read for the last time.
    assert_eq!(counts([acts.clone(), vec![ended(9_000, false)]].concat()), [3, 1, 0, 2, 0]);
    assert_eq!(counts(acts.clone()), [3, 1, 0, 2, 0]);
    // What happened after it had been read does not count.
    assert_eq!(counts([acts.clone(), sent_on(2, 9_000, &[LITE]), vec![ended(9_000, true)]].concat()), [3, 1, 2, 0, 0]);

    let observation = completed(&audited_plan(), [acts, vec![ended(9_000, true)]].concat());
    let first = audit(&observation).first.iter();
    let first: Vec<_> = first.map(|one| (one.what, &*one.message, one.endpoint.as_deref(), one.at_s)).collect();
    assert_eq!(
        first,
        [(Amiss::Missing, "order.0", Some("lite"), 0.11), (Amiss::Missing, "order.1", Some("teams"), 0.21),]
    );
    // What is missing is later than all else, by at least as long as nobody found it: 8.79 s before the end.
    let lag = &audit(&observation).lag_ms;
    assert_eq!((lag.n, lag.undelivered, lag.max, lag.at_least), (3, 2, None, Some(8_790.0)));
}

#[test]
fn an_entry_that_fits_no_act_tells_of_what_never_happened() {
    let ended = ended(9_000, true);
    let elsewhere = [sent_on(0, 100, &[LITE]), vec![entry(1, 0, Some(OTHER), 900), ended.clone()]].concat();
    assert_eq!(counts(elsewhere), [1, 0, 1, 0, 1]);
    // One try is told of once.
    let twice = vec![entry(1, 0, Some(LITE), 900), entry(2, 0, Some(LITE), 901), ended.clone()];
    assert_eq!(counts([sent_on(0, 100, &[LITE]), twice].concat()), [1, 1, 0, 0, 1]);
    // Of what comes, the past alone.
    let early = vec![entry(1, 0, Some(LITE), 50), ended.clone()];
    assert_eq!(counts([sent_on(0, 100, &[LITE]), early].concat()), [1, 0, 1, 0, 1]);
    // A message that was never handed to it can be neither sent on nor refused.
    let unsent = vec![message(1, ms(200)), Record::Attempt(attempt(1, ms(200), Ending::NotSent))];
    for endpoint in [Some(LITE), None] {
        let entry = vec![entry(1, 1, endpoint, 900), ended.clone()];
        assert_eq!(counts([sent_on(0, 100, &[LITE]), unsent.clone(), entry].concat()), [1, 0, 1, 0, 1], "{endpoint:?}");
    }
    let refused = vec![entry(1, 0, Some(LITE), 900), entry(2, 0, None, 900), ended];
    assert_eq!(counts([sent_on(0, 100, &[LITE]), refused].concat()), [1, 1, 0, 0, 0]);
}

#[test]
fn where_a_connection_led_counts_and_not_what_it_was_meant_for() {
    let mut records = sent_on(0, 100, &[LITE]);
    let Some(Record::Onward(leg)) = records.last_mut() else { panic!("a try") };
    leg.connection = Some(77);
    records.push(super::script::hop(77, OTHER, ms(50)));
    records.extend([entry(1, 0, Some(LITE), 900), ended(9_000, true)]);
    assert_eq!(counts(records), [1, 0, 1, 0, 1]);
}

#[test]
fn of_a_gateway_whose_tries_nobody_sees_an_acknowledgement_has_to_be_told() {
    let mut plan = audited_plan();
    plan.endpoints[GATEWAY.index()].url = Some(Url { host: "127.0.0.1".to_owned(), port: 9, tls: None });
    let taken = |number, at, ending| vec![message(number, ms(at)), Record::Attempt(attempt(number, ms(at), ending))];
    let mut records = [taken(0, 100, Ending::Acknowledged), taken(1, 200, Ending::Acknowledged)].concat();
    records.extend(taken(2, 300, Ending::Unanswered));
    // It may try several times before it acknowledges, and tell of what nobody heard an answer to; its entry may come before the answer.
    records.extend([entry(1, 0, Some(LITE), 105), entry(2, 0, Some(OTHER), 106), entry(3, 2, Some(LITE), 900)]);
    records.push(ended(9_000, true));
    let observation = completed(&plan, records.clone());
    let audit = audit(&observation);
    assert_eq!([audit.acts, audit.told, audit.missing, audit.open, audit.wrong], [2, 1, 1, 0, 0]);
    assert_eq!((&*audit.first[0].message, &audit.first[0].endpoint), ("order.1", &None));
    // A message that it never had.
    records.push(entry(4, 3, Some(LITE), 950));
    assert_eq!(self::audit(&completed(&plan, records)).wrong, 1);
}

/// A try of a connection that nobody dialled, records before their message, and in any order: the figures are the same.
#[test]
fn the_order_in_which_records_come_leaves_no_trace() {
    let mut records: Vec<Record> = (0..40).flat_map(|n| sent_on(n, 100 * u64::from(n), &[LITE, OTHER])).collect();
    records
        .extend((0..40).filter(|n| n % 5 != 0).map(|n| entry(u64::from(n), n, Some(LITE), 100 * u64::from(n) + 600)));
    records.push(ended(9_000, true));
    let told = |records: &[Record]| {
        let mut folds = fold(&audited_plan(), records);
        folds.record(records.len() as u64, &super::script::seal(End::Completed));
        folds.observe(None).audits
    };
    let straight = told(&records);
    assert_eq!((straight[0].acts, straight[0].told, straight[0].missing), (80, 32, 48));
    for turned in [7, 31, 90] {
        let mut other = records.clone();
        other.rotate_left(turned);
        other.reverse();
        assert_eq!(told(&other), straight, "{turned}");
    }
}

#[test]
fn an_inject_that_hits_only_the_auditor_has_hit_somebody() {
    let hit = |connection| {
        super::script::hit_on(super::script::FREEZE, ms(61_000), (connection, 3), crate::units::AccountId(0))
    };
    let nobodys = |connection| match hit(connection) {
        Record::Hit(hit) => Record::Hit(crate::journal::Hit { account: None, ..hit }),
        other => other,
    };
    let mut records = sent_on(0, 100, &[LITE]);
    records.extend([entry(1, 0, Some(LITE), 900), nobodys(900), nobodys(901), hit(900)]);
    let observation = completed(&audited_plan(), records);
    assert_eq!((observation.injects[0].audit_hits, observation.injects[0].message_hits), (1, 0));
    assert_eq!(observation.phases.iter().map(|phase| phase.audit_hits).collect::<Vec<_>>(), [0, 1, 0]);
}

/// An attempt that another route made is none of the gateway's.
#[test]
fn what_went_past_the_gateway_need_not_be_in_its_trail() {
    let mut plan = audited_plan();
    plan.journeys[0].routes.push(Route { endpoint: LITE, timeout: Span::from_secs(1) });
    let past = Attempt { route: crate::units::RouteId(1), ..attempt(0, ms(100), Ending::Acknowledged) };
    let records = vec![message(0, ms(100)), Record::Attempt(past), entry(1, 0, Some(LITE), 900), ended(9_000, true)];
    let audit = completed(&plan, records).audits.remove(0);
    assert_eq!((audit.acts, audit.wrong), (0, 1));
    let (what, at) = (audit.first[0].what, audit.first[0].at_s);
    assert_eq!((what, at), (Amiss::Wrong, 0.9));
}

/// Four of ten acts are remembered. What came late may tell of those that are forgotten, whichever journey they are of and whenever it came.
#[test]
fn what_tells_of_forgotten_acts_is_not_known_to_be_wrong() {
    let mut plan = audited_plan();
    plan.journeys.push(plan.journeys[0].clone());
    let mut audits = Audits::new(&plan, 4);
    let mut flows = Flows::default();
    let of = |journey, number| MessageId { journey: JourneyId(journey), number };
    let leg = |journey: u16, number: u32| {
        let Record::Onward(leg) = onward(number, 100 * u64::from(number) + u64::from(journey), (LITE, 1)) else {
            panic!("a try")
        };
        Onward { message: of(journey, number), ..leg }
    };
    for (journey, number) in (0..2).flat_map(|journey| (0..5).map(move |number| (journey, number))) {
        audits.onward(PhaseId(0), &leg(journey, number));
    }
    audits.look(&plan, &mut flows, ms(60_000), |_, _| false);
    // In the next phase all of it is told, and of one message that there never was.
    for (journey, number) in (0..2).flat_map(|journey| (0..5).map(move |number| (journey, number))).chain([(1, 7)]) {
        let Record::Audited(entry) = entry(u64::from(number), number, Some(LITE), 61_000) else { panic!("an entry") };
        audits.entry(&plan, &Audited { message: of(journey, number), ..entry });
    }
    audits.look(&plan, &mut flows, ms(120_000), |_, _| false);
    let figures = audits.figures(&plan).remove(0);
    let unsure: u64 = figures.cells.iter().map(|cell| cell.unsure).sum();
    // The latest two of each journey are remembered: the oldest are forgotten first.
    assert_eq!([figures.acts, figures.told, figures.open, unsure, figures.wrong], [10, 4, 6, 6, 1]);
    let first: Vec<_> = figures.first.iter().map(|one| (one.what, &*one.message)).collect();
    assert_eq!(first, [(Amiss::Wrong, "order.7")]);
}

/// The sender of message 0 still waits when the drill is interrupted, or killed: of what he was refused only the trail tells by then.
#[test]
fn what_tells_of_an_attempt_that_never_ended_is_not_known_to_be_wrong() {
    let records = |late: u64| {
        let mut records = vec![message(0, ms(100))];
        records.extend(sent_on(1, 200, &[LITE]));
        records.extend([entry(1, 1, Some(LITE), 900), entry(2, 0, None, 900), entry(3, 7, None, 900)]);
        records.extend(sent_on(2, late, &[LITE]));
        records
    };
    let counts = |late: u64, end: Option<End>| {
        let ended = end.map(|end| Record::Seal(Seal { at: ms(late + 500), end, records: 0 }));
        let observation = fold(&audited_plan(), &[records(late), ended.into_iter().collect()].concat()).observe(None);
        let cells = &audit(&observation).cells;
        (cells.iter().map(|cell| cell.wrong).sum::<u64>(), cells.iter().map(|cell| cell.unsure).sum::<u64>())
    };
    // Message 7 there never was.
    assert_eq!(counts(1_000, Some(End::Completed)), (2, 0));
    for end in [Some(End::Interrupted), None] {
        assert_eq!(counts(1_000, end), (1, 1), "{end:?}");
    }
    // A minute later every attempt of then would have ended long since.
    assert_eq!(counts(61_000, None), (2, 0));
}
