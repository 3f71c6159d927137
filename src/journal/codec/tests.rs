use std::net::{IpAddr, SocketAddr};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::journal::audited::{Act, Audited};
use crate::journal::called::{CallEnd, Called, Came};
use crate::journal::decision::Decision;
use crate::journal::dialled::Dialled;
use crate::journal::entry::{Effect, Entry};
use crate::journal::inspected::{Inspected, Ruling};
use crate::journal::observed::{Observed, ObservedEnd, Tried, TriedEnd};
use crate::journal::onward::Onward;
use crate::journal::record::{End, Ending, Fate, UnsentCause};
use crate::journal::shared::{Found, Shared, Synced};
use crate::journal::stall::Stall;
use crate::plan::{Capability, Half};
use crate::units::{Moment, PhaseId, Span, WayId};

fn moment() -> impl Strategy<Value = Moment> {
    any::<u64>().prop_map(Moment::from_nanos)
}

fn id() -> impl Strategy<Value = MessageId> {
    any::<(u16, u32)>().prop_map(|(journey, number)| MessageId { journey: JourneyId(journey), number })
}

fn accounts() -> impl Strategy<Value = Vec<AccountId>> {
    vec(any::<u32>().prop_map(AccountId), 0..5)
}

fn message() -> impl Strategy<Value = Record> {
    let capability = select(vec![Capability::Chat, Capability::Login, Capability::Receive, Capability::Other]);
    let numbers = any::<(u32, u32, u16, u32, u64)>();
    (id(), numbers, accounts(), capability, moment()).prop_map(|(id, numbers, recipients, capability, due)| {
        let (account, stream_number, class, bytes, hash) = numbers;
        let account = AccountId(account);
        Record::Message(Message { id, account, stream_number, recipients, capability, class, due, bytes, hash })
    })
}

fn unsent() -> impl Strategy<Value = Record> {
    let causes = select(vec![UnsentCause::Slots, UnsentCause::Lag, UnsentCause::Stopped, UnsentCause::Turn]);
    (id(), moment(), causes).prop_map(|(message, at, cause)| Record::Unsent(Unsent { message, at, cause }))
}

fn attempt() -> impl Strategy<Value = Record> {
    let endings = select(vec![Ending::Acknowledged, Ending::Refused, Ending::NotSent, Ending::Unanswered]);
    let numbers = any::<(u16, u8, u32, u16)>();
    let times = (moment(), moment(), moment());
    let how = (endings, ".{0,12}", accounts(), option::of(any::<u64>()));
    (id(), numbers, times, how).prop_map(|(message, numbers, times, how)| {
        let (number, route, exchange, status) = numbers;
        let (slot_at, sent, done) = times;
        let (ending, word, declined, connection) = how;
        let code = Code { status, word: word.into() };
        let route = RouteId(route);
        Record::Attempt(Attempt {
            message,
            number,
            route,
            connection,
            exchange,
            slot_at,
            sent,
            done,
            ending,
            code,
            declined,
        })
    })
}

fn onward() -> impl Strategy<Value = Record> {
    let endings = select(vec![Ending::Acknowledged, Ending::Refused, Ending::NotSent, Ending::Unanswered]);
    let numbers = (any::<(u16, u16, u16, u32, u16)>(), option::of(any::<u64>()));
    (id(), numbers, (moment(), moment()), (endings, ".{0,12}")).prop_map(|(message, numbers, (sent, done), how)| {
        let ((number, gateway, endpoint, exchange, status), connection) = numbers;
        let (gateway, endpoint, (ending, word)) = (EndpointId(gateway), EndpointId(endpoint), how);
        let code = Code { status, word: word.into() };
        Record::Onward(Onward { message, number, gateway, endpoint, connection, exchange, sent, done, ending, code })
    })
}

fn inspected() -> impl Strategy<Value = Record> {
    let rulings = select(vec![Ruling::Pass, Ruling::Block, Ruling::FailedOpen, Ruling::FailedClosed]);
    let numbers = (any::<(u16, u16, u32, u16)>(), option::of(any::<u64>()));
    (id(), numbers, (moment(), moment()), (rulings, ".{0,12}")).prop_map(|(message, numbers, (asked, done), how)| {
        let ((gateway, endpoint, exchange, status), connection) = numbers;
        let (gateway, endpoint, (ruling, word)) = (EndpointId(gateway), EndpointId(endpoint), how);
        let code = Code { status, word: word.into() };
        let inspected = Inspected { message, gateway, endpoint, connection, exchange, asked, done, ruling, code };
        Record::Inspected(inspected)
    })
}

fn hit() -> impl Strategy<Value = Record> {
    let fates = select(vec![Fate::Delayed, Fate::Refused, Fate::Held, Fate::Closed, Fate::Reset, Fate::AfterAccept]);
    (any::<(u16, u64, u32, u64, u32)>(), option::of(any::<u32>()), fates, moment()).prop_map(
        |((inject, connection, exchange, delay, units), account, fate, at)| {
            let (inject, account, delay) = (InjectId(inject), account.map(AccountId), Span::from_nanos(delay));
            Record::Hit(Hit { inject, connection, exchange, account, fate, delay, units, at })
        },
    )
}

fn hop() -> impl Strategy<Value = Record> {
    (any::<(u64, u16, u16)>(), option::of(any::<u16>()), moment()).prop_map(|((connection, endpoint, to), from, at)| {
        let (endpoint, from, to) = (EndpointId(endpoint), from.map(RegionId), RegionId(to));
        Record::Hop(Hop { connection, endpoint, from, to, at })
    })
}

fn dialled() -> impl Strategy<Value = Record> {
    let named = (any::<(u64, u16)>(), "[a-z.:0-9]{0,20}");
    (named, moment(), moment(), vec(tried(), 0..3)).prop_map(|(named, began, ended, tried)| {
        let ((connection, endpoint), host) = named;
        let (endpoint, host) = (EndpointId(endpoint), host.into());
        Record::Dialled(Dialled { connection, endpoint, host, began, ended, tried: tried.into() })
    })
}

fn receipt() -> impl Strategy<Value = Record> {
    (id(), any::<(u32, u8, bool, bool)>(), moment()).prop_map(|(message, (recipient, route, fresh, intact), at)| {
        let (recipient, route) = (AccountId(recipient), RouteId(route));
        Record::Receipt(Receipt { message, recipient, route, at, fresh, intact })
    })
}

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)]
}

fn tried() -> impl Strategy<Value = Tried> {
    let ends = [TriedEnd::Reached, TriedEnd::Refused, TriedEnd::Silent, TriedEnd::Unreachable, TriedEnd::Unproved];
    let ends = select([&ends[..], &[TriedEnd::Itself, TriedEnd::Left, TriedEnd::Forbidden]].concat());
    ((address(), any::<u16>()), moment(), option::of(moment()), ends).prop_map(|(at, began, ended, end)| Tried {
        address: SocketAddr::from(at),
        began,
        ended,
        end,
    })
}

fn observed() -> impl Strategy<Value = Record> {
    let ends = select(vec![ObservedEnd::Answered, ObservedEnd::Refused, ObservedEnd::Unreachable, ObservedEnd::Broken]);
    let more = select(vec![ObservedEnd::Left, ObservedEnd::Denied, ObservedEnd::Limited, ObservedEnd::Unfinished]);
    let who = (any::<(u16, u64, u32)>(), address(), ".{0,12}", option::of(any::<u32>()));
    let asked = ("[a-z.:0-9]{0,20}", option::of((address(), any::<u16>())), "[A-Z]{0,8}", any::<bool>());
    let times = (moment(), option::of(moment()), moment());
    let got = (any::<(u16, u64, u64, u32)>(), prop_oneof![ends, more], vec(any::<u16>(), 0..4), vec(tried(), 0..3));
    (who, asked, times, got).prop_map(|(who, asked, (began, ready, ended), got)| {
        let ((way, connection, exchange), source, user, account) = who;
        let (host, address, method, known) = asked;
        let ((status, sent, received, count), end, injects, tried) = got;
        Record::Observed(Observed {
            way: WayId(way),
            connection,
            exchange,
            source,
            user: user.into(),
            account: account.map(AccountId),
            host: host.into(),
            address: address.map(SocketAddr::from),
            method: method.into(),
            capability: known.then_some(Capability::Chat),
            status,
            sent,
            received,
            began,
            ready,
            ended,
            end,
            injects: injects.into_iter().map(InjectId).collect(),
            count,
            tried: tried.into(),
        })
    })
}

fn event() -> impl Strategy<Value = Event> {
    let (from, to) = (RouteId(0), RouteId(1));
    prop_oneof![
        any::<u16>().prop_map(|id| Event::Phase(PhaseId(id))),
        Just(Event::Drain),
        any::<u16>().prop_map(|id| Event::Applied(InjectId(id))),
        any::<u16>().prop_map(|id| Event::Lifted(InjectId(id))),
        any::<u16>().prop_map(|id| Event::Calling(InjectId(id), Half::Undo)),
        (any::<u16>(), option::of(any::<u16>()), ".*", ".*").prop_map(|(id, status, why, output)| {
            let came = Came { end: CallEnd::TimedOut, status, why, output };
            let (inject, half) = (InjectId(id), Half::Act);
            Event::Called(Called { inject, half, began: Moment::ZERO, ended: Moment::from_nanos(7), came })
        }),
        (any::<u16>(), ".*").prop_map(|(id, state)| Event::Lease { inject: InjectId(id), state }),
        (any::<u16>(), option::of(any::<u32>())).prop_map(move |(journey, account)| Event::Switched {
            journey: JourneyId(journey),
            account: account.map(AccountId),
            from,
            to,
        }),
        (any::<u64>(), decision()).prop_map(|(position, decision)| Event::Decided { position, decision }),
        any::<(u16, bool)>().prop_map(|(id, whole)| Event::AuditEnded {
            gateway: EndpointId(id),
            until: Moment::from_nanos(9),
            whole
        }),
        (".*", ".*").prop_map(|(step, state)| Event::Step { step, state }),
        ".*".prop_map(Event::Note),
    ]
}

fn decision() -> impl Strategy<Value = Decision> {
    let (from, to, journey) = (RouteId(0), RouteId(1), JourneyId(3));
    prop_oneof![
        (any::<u32>(), moment(), option::of(any::<u32>())).prop_map(move |(failures, switch_at, account)| {
            Decision::Failover { journey, account: account.map(AccountId), from, to, failures, switch_at }
        }),
        any::<(u32, u64, u64, u64)>()
            .prop_map(move |(n_down, bad, all, planned)| { Decision::Detector { journey, n_down, bad, all, planned } }),
        (any::<bool>(), ".*").prop_map(|(held, why)| Decision::Steady { held, why }),
        (end(), ".*").prop_map(|(end, why)| Decision::Stop { end, why }),
        // Six digits, as they are written down.
        (".*", option::of(0_u32..1_000_000), any::<u64>(), ".*").prop_map(|(target, figure, n, why)| {
            let figure = figure.map(|figure| f64::from(figure) / 1e4);
            Decision::Abort { expr: target.clone(), target, observed: None, low: figure, high: figure, n, why }
        }),
    ]
}

fn end() -> impl Strategy<Value = End> {
    select(vec![End::Completed, End::NotSteady, End::Aborted, End::Interrupted, End::Stopped, End::Failed, End::Bug])
}

fn entry() -> impl Strategy<Value = Record> {
    let effect = select(vec![Effect::Applied, Effect::Repeated, Effect::Superseded]);
    (id(), any::<(u16, u64)>(), effect, moment()).prop_map(|(message, (endpoint, position), effect, at)| {
        Record::Entry(Entry { message, endpoint: EndpointId(endpoint), position, effect, at })
    })
}

fn audited() -> impl Strategy<Value = Record> {
    let numbers = (any::<(u16, u64, u64)>(), option::of(any::<u16>()), option::of(any::<u64>()));
    let act = select(vec![Act::SentOn, Act::Refused]);
    (id(), numbers, moment(), (act, ".{0,12}")).prop_map(|(message, numbers, at, (act, word))| {
        let ((gateway, entry, connection), endpoint, stated) = numbers;
        let (gateway, endpoint, stated) = (EndpointId(gateway), endpoint.map(EndpointId), stated.map(Span::from_nanos));
        let word = word.into();
        Record::Audited(Audited { message, gateway, entry, connection, at, stated, act, endpoint, word })
    })
}

fn shared() -> impl Strategy<Value = Record> {
    let ids = || proptest::collection::vec(id(), 0..3);
    let found =
        (proptest::option::of(id()), any::<(u16, u16)>(), moment(), moment(), proptest::option::of(id()), ids());
    let ending = select(vec![Ending::Acknowledged, Ending::Refused, Ending::NotSent, Ending::Unanswered]);
    let synced = (any::<(u16, u16)>(), any::<Option<u64>>(), moment(), moment(), (ending, any::<u16>()), ids());
    prop_oneof![
        found.prop_map(|(by, (document, endpoint), asked, at, writer, copies)| {
            Shared::Found(Found { by, document, endpoint: EndpointId(endpoint), asked, at, writer, copies })
        }),
        synced.prop_map(|((from, to), connection, sent, done, (ending, status), messages)| {
            let (from, to) = (EndpointId(from), EndpointId(to));
            Shared::Synced(Synced { from, to, connection, sent, done, ending, status, messages })
        }),
    ]
    .prop_map(Record::Shared)
}

fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        message(),
        unsent(),
        attempt(),
        hit(),
        hop(),
        dialled(),
        receipt(),
        observed(),
        entry(),
        shared(),
        onward(),
        audited(),
        inspected(),
        (moment(), event()).prop_map(|(at, event)| Record::Control(Control { at, event })),
        (moment(), moment(), any::<u64>()).prop_map(|(from, to, lost)| Record::Gap(Gap { from, to, lost })),
        (moment(), moment(), moment()).prop_map(|(last, due, at)| Record::Stall(Stall { last, due, at })),
        (moment(), end(), any::<u64>()).prop_map(|(at, end, records)| Record::Seal(Seal { at, end, records })),
    ]
}

fn encoded(record: &Record) -> Vec<u8> {
    let mut out = Vec::new();
    encode(record, &mut Vec::new(), &mut out);
    out
}

proptest! {
    #[test]
    fn every_record_reads_back(record in record()) {
        let bytes = encoded(&record);
        let mut input = In(&bytes);
        prop_assert_eq!(decode(&mut input), Ok(Some(record)));
        prop_assert!(input.0.is_empty());
    }

    #[test]
    fn fields_of_a_later_version_are_ignored(record in record(), more in vec(any::<u8>(), 1..20)) {
        let (mut body, mut bytes) = (Vec::new(), Vec::new());
        put(&record, &mut body);
        body.extend_from_slice(&more);
        Out(&mut bytes).text(&body);
        prop_assert_eq!(decode(&mut In(&bytes)), Ok(Some(record)));
    }

    #[test]
    fn kinds_of_a_later_version_are_skipped(kind in 18_u8.., body in vec(any::<u8>(), 0..20), next in record()) {
        let mut bytes = Vec::new();
        Out(&mut bytes).text(&[&[kind][..], &body].concat());
        bytes.extend(encoded(&next));
        let mut input = In(&bytes);
        prop_assert_eq!(decode(&mut input), Ok(None));
        prop_assert_eq!(decode(&mut input), Ok(Some(next)));
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200)) {
        let mut input = In(&bytes);
        while !input.0.is_empty() && decode(&mut input).is_ok() {}
    }

    #[test]
    fn no_body_of_a_known_kind_panics(kind in 1_u8..18, body in vec(any::<u8>(), 0..60)) {
        let mut bytes = Vec::new();
        Out(&mut bytes).text(&[&[kind][..], &body].concat());
        let _ = decode(&mut In(&bytes));
    }

    #[test]
    fn a_record_cut_short_is_an_error(record in record(), share in 0.0..1.0_f64) {
        let bytes = encoded(&record);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below the length")]
        let keep = (bytes.len() as f64 * share) as usize;
        prop_assert!(decode(&mut In(&bytes[..keep])).is_err());
    }
}

#[test]
fn an_event_of_a_later_version_is_skipped_and_a_broken_one_is_not() {
    let control = |json: &str| {
        let (mut body, mut bytes) = (vec![CONTROL, 0], Vec::new());
        Out(&mut body).text(json.as_bytes());
        Out(&mut bytes).text(&body);
        decode(&mut In(&bytes))
    };
    assert_eq!(control(r#"{"thaw":3}"#), Ok(None));
    // Once foreseen, and written by no version: the plan has the claims.
    assert_eq!(control(r#"{"claim":"stall_mean"}"#), Ok(None));
    assert_eq!(control(r#"{"note":"#), Err(DecodeError::Text("an event")));
}

#[test]
fn an_ordinary_attempt_is_small() {
    let attempt = Attempt {
        message: MessageId { journey: JourneyId(0), number: 10_000 },
        number: 1,
        route: RouteId(0),
        connection: Some(300),
        exchange: 20,
        slot_at: Moment::ZERO + Span::from_secs(5_000),
        sent: Moment::ZERO + Span::from_secs(5_000),
        done: Moment::ZERO + Span::from_millis(5_000_036),
        ending: Ending::Acknowledged,
        code: Code { status: 200, word: "".into() },
        declined: Vec::new(),
    };
    assert!(encoded(&Record::Attempt(attempt)).len() <= 32);
}
