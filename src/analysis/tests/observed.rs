//! What programs that are not ours asked for and got.

use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use crate::analysis::{Observation, WayFigures};
use crate::journal::{End, Observed, ObservedEnd, Record};
use crate::plan::{Aggregate, Bound, DrillWay, Expr, Metric, Op, Plan, Selector, Target, WayIn, WayKind};
use crate::units::{InjectId, Moment, Rate, Span, WayId};

use super::script::{fold, ms, seal};

pub(crate) const BOT: WayId = WayId(0);

/// The plan of the other tests, with two ways in; the first names two hosts.
pub(crate) fn plan() -> Plan {
    let way = |name: &str, hosts: &[&str]| DrillWay {
        way: WayIn {
            name: name.to_owned(),
            kind: WayKind::Forward,
            listen: "127.0.0.1:0".to_owned(),
            allow: Vec::new(),
            map: Vec::new(),
            intercept: Vec::new(),
            pass_through: Vec::new(),
            proxy_protocol_from: Vec::new(),
        },
        twins: Vec::new(),
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        limit: Rate::a_second(200),
    };
    Plan { ways_in: vec![way("bot", &["b.example", "a.example"]), way("mail", &[])], ..super::script::plan() }
}

/// A request at a moment, answered 20 ms later with a status of 200.
pub(crate) fn request(host: &str, began: Moment) -> Observed {
    Observed {
        way: BOT,
        connection: 9_000,
        exchange: 1,
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user: "".into(),
        account: None,
        host: host.into(),
        address: None,
        method: "POST".into(),
        capability: None,
        status: 200,
        sent: 100,
        received: 300,
        began,
        ready: Some(began + Span::from_millis(19)),
        ended: began + Span::from_millis(20),
        end: ObservedEnd::Answered,
        injects: Vec::new(),
        count: 1,
        tried: Box::default(),
    }
}

pub(crate) fn ended(end: ObservedEnd, observed: Observed) -> Observed {
    Observed { end, status: 0, ready: None, ..observed }
}

/// The figures of a drill of nothing else, which was played to its end.
pub(crate) fn seen(plan: &Plan, observed: impl IntoIterator<Item = Observed>) -> Observation {
    let mut records: Vec<_> = observed.into_iter().map(Record::Observed).collect();
    records.push(seal(End::Completed));
    fold(plan, &records).observe(None)
}

fn bot(observed: impl IntoIterator<Item = Observed>) -> WayFigures {
    seen(&plan(), observed).observed.remove(0)
}

#[test]
fn each_end_counts_where_it_belongs() {
    let one = |end| ended(end, request("a.example:443", ms(1_000)));
    let way = bot([
        request("a.example:443", ms(1_000)),
        Observed { status: 404, ..request("a.example:443", ms(1_100)) },
        Observed {
            status: 503,
            end: ObservedEnd::Refused,
            injects: vec![InjectId(0)],
            ..request("a.example:443", ms(1_200))
        },
        one(ObservedEnd::Unreachable),
        one(ObservedEnd::Broken),
        one(ObservedEnd::Left),
        one(ObservedEnd::Denied),
        Observed { count: 40, host: "".into(), ..one(ObservedEnd::Limited) },
        one(ObservedEnd::Unfinished),
    ]);
    let figures = &way.figures;
    assert_eq!((figures.asked, figures.valid, figures.good, figures.errors), (48, 6, 1, 2));
    assert_eq!((figures.ends.answered, figures.ends.refused, figures.ends.limited), (2, 1, 40));
    assert_eq!((figures.hit, figures.hit_in_vain, figures.requests), (1, 1, 6));
    assert_eq!(figures.availability, Some(1.0 / 6.0));
    // Three were answered within 20 ms, and three never.
    assert_eq!((figures.latency_ms.n, figures.latency_ms.undelivered, figures.latency_ms.p50), (6, 3, Some(20.0)));
    assert_eq!((figures.latency_ms.p90, figures.latency_ms.at_least), (None, Some(20.0)));
}

#[test]
fn hosts_that_are_named_are_kept_apart_and_all_others_together() {
    let asked = ["a.example:443", "a.example:80", "b.example:443", "c.example:443", "d.example:443", "127.0.0.1:80"];
    let way = bot(asked.map(|host| request(host, ms(500))));
    let hosts: Vec<_> = way.hosts.iter().map(|of| (of.host.as_deref(), of.figures.asked)).collect();
    assert_eq!(hosts, [(Some("a.example"), 2), (Some("b.example"), 1), (None, 3)]);
    assert_eq!(way.figures.asked, 6);
    // Each in the phase in which it began.
    let way = bot([59_999, 60_000, 120_000, 500_000].map(|at| request("a.example:443", ms(at))));
    let phases: Vec<_> = way.phases.iter().map(|of| (of.phase.as_str(), of.figures.asked)).collect();
    assert_eq!(phases, [("baseline", 1), ("fault", 1), ("recovery", 2)]);
}

/// A connection of which nothing is read is timed until it stood, and is no request.
#[test]
fn connections_have_a_time_of_their_own() {
    let tunnel = Observed { exchange: 0, status: 0, ended: ms(50_000), ..request("a.example:443", ms(1_000)) };
    let lost = Observed { end: ObservedEnd::Broken, ..tunnel.clone() };
    let stream = Observed { status: 101, ended: ms(50_000), ..request("a.example:443", ms(1_000)) };
    let way = bot([tunnel, lost, stream]);
    let figures = &way.figures;
    assert_eq!((figures.connect_ms.n, figures.connect_ms.max), (2, Some(19.0)));
    assert_eq!((figures.latency_ms.n, figures.latency_ms.max, figures.requests), (1, Some(19.0), 1));
    assert_eq!((figures.good, figures.valid), (2, 3));
}

/// From the first that failed to the last of a row, to within a tenth of a second; an answer between ends it.
#[test]
fn the_longest_failing_is_told() {
    let play = |n: u64| {
        let asked = request(if n.is_multiple_of(2) { "a.example:443" } else { "c.example:443" }, ms(n * 100));
        if (100..200).contains(&n) && n != 130 { ended(ObservedEnd::Broken, asked) } else { asked }
    };
    assert_eq!(bot((0..300).map(play)).figures.longest_failing_s, Some([13.1, 20.0]));
}

/// Ten a second, of which those from 70 s to 78 s are refused, each after 20 ms; and one tunnel to elsewhere that was reset after a minute.
#[test]
fn what_took_long_to_break_says_nothing_of_other_outages() {
    let play = |n: u64| {
        let asked = request("a.example:443", ms(n * 100));
        if (700..780).contains(&n) { Observed { status: 503, ..asked } } else { asked }
    };
    let tunnel = |began: u64| Observed {
        exchange: 0,
        ended: ms(began + 60_000),
        ..ended(ObservedEnd::Broken, request("c.example:443", ms(began)))
    };
    let alone = bot((0..1_800).map(play)).outages;
    let [outage] = &alone[..] else { panic!("one outage: {alone:?}") };
    // The first was known to be bad at 70.02 s, the last began at 77.9 s, and the order within two cells of a tenth of a second is not known.
    assert!((outage.outage.lo_s - (7.88 - 0.2)).abs() < 1e-6, "{outage:?}");
    // The fifth in a row, or by then the third, made it certain; each took 20 ms.
    let declared = outage.outage.declared_s;
    assert!((70.2..=70.5).contains(&declared), "{declared}");
    for began in [20_050, 69_950, 75_050, 130_050] {
        let with = bot((0..1_800).map(play).chain([tunnel(began)])).outages;
        let [other] = &with[..] else { panic!("one outage: {with:?}") };
        assert!((other.outage.lo_s - outage.outage.lo_s).abs() < 1e-6, "{began}: {other:?}");
    }
}

#[test]
fn what_an_inject_hits_is_proof_that_it_bit() {
    let hit = Observed { injects: vec![InjectId(0)], ..request("a.example:443", ms(61_000)) };
    let seen = seen(&plan(), [hit.clone(), hit, request("a.example:443", ms(61_000))]);
    assert_eq!((seen.injects[0].observed_hits, seen.injects[0].message_hits), (2, 0));
    let phases: Vec<_> = seen.phases.iter().map(|phase| phase.observed_hits).collect();
    assert_eq!(phases, [0, 2, 0]);
}

/// A journal need not fit its plan.
#[test]
fn what_came_by_no_way_in_of_the_plan_is_passed_over() {
    let seen = seen(&plan(), [Observed { way: WayId(7), injects: vec![InjectId(99)], ..request("a:1", ms(1)) }]);
    assert!(seen.observed.iter().all(|way| way.figures.asked == 0));
}

fn any_observed() -> impl Strategy<Value = Observed> {
    let ends = prop::sample::select(vec![
        ObservedEnd::Answered,
        ObservedEnd::Answered,
        ObservedEnd::Refused,
        ObservedEnd::Left,
        ObservedEnd::Broken,
        ObservedEnd::Limited,
        ObservedEnd::Unfinished,
    ]);
    (0_u64..150_000, 0_u64..3_000, ends, 0_usize..4, any::<bool>()).prop_map(|(began, took, end, host, hit)| {
        let hosts = ["a.example:443", "b.example:1", "c.example:443", "a.example:80"];
        let ended = ms(began + took);
        let injects = if hit { vec![InjectId(0)] } else { Vec::new() };
        Observed { ended, end, injects, exchange: u32::from(took % 3 > 0), ..request(hosts[host], ms(began)) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the order in which they come, and whatever a target asks of their neighbours.
    #[test]
    fn their_order_is_nothing(mut all in prop::collection::vec(any_observed(), 1..200)) {
        let (of, bound) = (Selector { way: Some(BOT), ..Selector::default() }, Bound::Time(Span::from_millis(500)));
        let (aggregate, metric) = (Some(Aggregate::Percentile(95_000)), Metric::ObservedLatency);
        let asks = Target::new("p95", "p95", Expr { aggregate, metric, of, op: Op::Le, bound });
        let plan = Plan { targets: vec![asks], ..plan() };
        let in_order = seen(&plan, all.clone()).observed;
        all.reverse();
        prop_assert_eq!(seen(&plan, all).observed, in_order);
    }
}
