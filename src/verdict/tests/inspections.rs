//! What gateways had inspected: shares of which the truth is known, what was let through, what it took; and that whatever was rightly blocked is
//! neither good nor bad.

use super::*;
use crate::analysis::tests::script::{hit_on, hop, id};
use crate::analysis::{MisruledFigures, Wrongly};
use crate::dlp::Kind;
use crate::journal::{Ending, Inspected, Onward, Ruling};
use crate::plan::{Capability, Corpus, EndpointKind, Fails, Gateway, Inspection, Route, Sensitivity};
use crate::units::{AccountId, EndpointId, MessageId};
use TargetOutcome::{Fail, Inconclusive, Pass};

/// By which of the plan's endpoints everything is sent, and inspected.
const GATEWAY: EndpointId = EndpointId(0);
const GUARD: EndpointId = EndpointId(1);

/// The number of the first connection by which the gateway sends on, each message by another.
const LEGS: u64 = 10_000;

/// How long the gateway waits for a verdict.
const TIMEOUT: Span = Span::from_millis(400);

/// A share of the messages has something in it that may not leave, and a tenth looks like it.
fn leaky(targets: &[Target], violations: u32) -> Plan {
    let mut plan = planned(targets.to_vec());
    let share = |percent: u32| Share::from_millionths(percent * 10_000).unwrap();
    plan.journeys[0].corpus =
        Some(Corpus { violations: share(violations), look_alikes: share(10), kinds: vec![Kind::Hkid, Kind::Phone] });
    let inspection = Inspection { by: GUARD, timeout: TIMEOUT, fails: Fails::Open };
    let gateway = Gateway { inspection: Some(inspection), ..Gateway::bare(Capability::Chat) };
    plan.endpoints[GATEWAY.index()].kind = EndpointKind::Gateway(gateway.into());
    plan
}

fn content(plan: &Plan, number: u32) -> Sensitivity {
    plan.journeys[0].sensitivity(MessageId { journey: ORDER, number })
}

fn is_violation(plan: &Plan, number: u32) -> bool {
    matches!(content(plan, number), Sensitivity::Violation(_))
}

/// How many messages before this one are of the same sort.
fn nth(plan: &Plan, number: u32) -> usize {
    let sort = |number| std::mem::discriminant(&content(plan, number));
    (0..number).filter(|other| sort(*other) == sort(number)).count()
}

/// An inspection that took so many milliseconds.
pub(super) fn inspected(number: u32, ruling: Ruling, millis: u64) -> Record {
    let asked = ms(u64::from(number) * 100 + 1);
    Record::Inspected(Inspected {
        message: id(number),
        gateway: GATEWAY,
        endpoint: GUARD,
        connection: None,
        exchange: 0,
        asked,
        done: asked + Span::from_millis(millis),
        ruling,
        code: crate::journal::Code::default(),
    })
}

/// A try to send a message on, so many milliseconds after it was due.
fn onward(number: u32, after: u64, ending: Ending) -> Record {
    let sent = ms(u64::from(number) * 100 + after);
    Record::Onward(Onward {
        message: id(number),
        number: 1,
        gateway: GATEWAY,
        endpoint: GUARD,
        connection: Some(LEGS + u64::from(number)),
        exchange: 1,
        sent,
        done: sent + Span::from_millis(1),
        ending,
        code: crate::journal::Code::default(),
    })
}

/// The gateway's connections, which were really made.
fn legs() -> impl Iterator<Item = Record> {
    (0..1_800).map(|number| hop(LEGS + number, GUARD, ms(number * 100)))
}

/// A drill in which every message is inspected, which takes as many milliseconds as its number's last two digits say, and fares accordingly.
fn ruled(plan: &Plan, ruling: impl Fn(u32) -> Ruling) -> Vec<Record> {
    ruled_in(plan, ruling, |number| u64::from(number % 100))
}

/// The same, where inspecting takes so many milliseconds.
fn ruled_in(plan: &Plan, ruling: impl Fn(u32) -> Ruling, millis: impl Fn(u32) -> u64) -> Vec<Record> {
    let mut records = drill(|number| match ruling(number) {
        Ruling::Pass | Ruling::FailedOpen => What::Good,
        Ruling::Block | Ruling::FailedClosed => What::Refused,
    });
    records.extend((0..1_800).map(|number| inspected(number, ruling(number), millis(number))));
    let left = (0..1_800).filter(|number| matches!(ruling(*number), Ruling::Pass | Ruling::FailedOpen));
    // When it was ruled, at once.
    records.extend(left.map(|number| onward(number, 1 + millis(number), Ending::Acknowledged)));
    records.extend(legs());
    assert!(plan.journeys[0].corpus.is_some());
    records
}

/// Records in another order: of those within a second, the last comes first.
fn backwards(mut records: Vec<Record>) -> Vec<Record> {
    records.sort_by_key(Record::at);
    records
        .chunk_by_mut(|a, b| a.at().nanos() / 1_000_000_000 == b.at().nanos() / 1_000_000_000)
        .for_each(<[_]>::reverse);
    records
}

fn share(metric: Metric, op: Op, percent: u32) -> Target {
    target(None, metric, op, Bound::Share(Share::from_millionths(percent * 10_000).unwrap()))
}

/// What a detector does that misses every fifth violation, and takes every third look-alike for one.
fn imperfect(plan: &Plan, number: u32) -> Ruling {
    let block = match content(plan, number) {
        Sensitivity::Violation(_) => nth(plan, number) % 5 != 4,
        Sensitivity::LookAlike(_) => nth(plan, number).is_multiple_of(3),
        Sensitivity::Plain => false,
    };
    if block { Ruling::Block } else { Ruling::Pass }
}

#[test]
fn shares_are_those_of_a_detector_of_which_the_truth_is_known() {
    let targets = [
        share(Metric::DlpDetection, Op::Ge, 75),
        share(Metric::DlpDetection, Op::Ge, 90),
        share(Metric::DlpFalsePositives, Op::Le, 5),
        share(Metric::DlpFalsePositives, Op::Le, 1),
    ];
    let plan = leaky(&targets, 20);
    let rulings: Vec<Ruling> = (0..1_800).map(|number| imperfect(&plan, number)).collect();
    let observation = completed(&plan, ruled(&plan, |number| rulings[number as usize]));
    let count = |sort: fn(Sensitivity) -> bool| (0..1_800).filter(|number| sort(content(&plan, *number))).count();
    let violations = count(|content| matches!(content, Sensitivity::Violation(_)));
    let look_alikes = count(|content| matches!(content, Sensitivity::LookAlike(_)));
    let (missed, wrongly) = (violations / 5, look_alikes.div_ceil(3));
    let figures = &observation.inspections[0];
    assert_eq!((figures.gateway.as_str(), figures.dlp.as_str()), ("dingtalk", "lite"));
    assert_eq!((figures.violations.passed, figures.violations.blocked), (missed as u64, (violations - missed) as u64));
    assert_eq!((figures.look_alikes.blocked, figures.plain.blocked), (wrongly as u64, 0));
    let judged = judge(&plan, &observation).targets;
    assert_eq!(judged.iter().map(|one| one.verdict).collect::<Vec<_>>(), [Pass, Fail, Pass, Fail]);
    assert_eq!(judged[0].observed, Some((violations - missed) as f64 / violations as f64));
    assert_eq!(judged[2].observed, Some(wrongly as f64 / (1_800 - violations) as f64));
    assert_eq!((figures.detection, figures.false_positives), (judged[0].observed, judged[2].observed));
    // The earliest of each kind are named.
    let first = |what| figures.first.iter().filter(move |one: &&MisruledFigures| one.what == what);
    let most = crate::limits::CROSSINGS_TOLD;
    assert_eq!(
        (first(Wrongly::Missed).count(), first(Wrongly::Blocked).count()),
        (missed.min(most), wrongly.min(most))
    );
    assert!(first(Wrongly::Missed).all(|one| one.violation && one.kind.is_some()));
    assert!(first(Wrongly::Blocked).all(|one| !one.violation && one.kind.is_some()));
    let earliest = (0..1_800).find(|number| is_violation(&plan, *number) && nth(&plan, *number) == 4).expect("a fifth");
    assert_eq!(first(Wrongly::Missed).next().expect("one").message, format!("order.{earliest}"));
}

/// Of n that were all found, the share is at least 0.05^(1/n) with 95 % confidence (C. J. Clopper, E. S. Pearson, 1934).
#[test]
fn what_so_many_show_of_a_share_is_exact() {
    let found = Target { confidence: Confidence::Bound, ..share(Metric::DlpDetection, Op::Ge, 98) };
    let plan = leaky(&[found], 20);
    let rule = |number| if is_violation(&plan, number) { Ruling::Block } else { Ruling::Pass };
    let observation = completed(&plan, ruled(&plan, rule));
    let judged = judge(&plan, &observation).targets.remove(0);
    let n = (0..1_800).filter(|number| is_violation(&plan, *number)).count();
    let least = libm::pow(0.05, 1.0 / n as f64);
    assert_eq!((judged.verdict, judged.n), (Pass, n as u64));
    assert!((judged.low.expect("a bound") - least).abs() < 1e-9, "{:?}, {least}", judged.low);
}

/// Everything in a row is rightly blocked: that is no outage, and nobody owes what may not leave.
#[test]
fn what_is_rightly_blocked_is_neither_good_nor_bad() {
    let targets = [availability(100), none(Metric::Undelivered), recovery(1)];
    let plan = leaky(&targets, 90);
    let rule = |number| if is_violation(&plan, number) { Ruling::Block } else { Ruling::Pass };
    let observation = completed(&plan, ruled(&plan, rule));
    let violations = (0..1_800).filter(|number| is_violation(&plan, *number)).count() as u64;
    let figures = &observation.journeys[0].figures;
    assert_eq!((figures.blocked, figures.valid, figures.good), (violations, 1_800 - violations, 1_800 - violations));
    assert_eq!((observation.messages.refused, observation.journeys[0].outages.len()), (violations, 0));
    let verdicts: Vec<_> = judge(&plan, &observation).targets.iter().map(|one| one.verdict).collect();
    assert_eq!(verdicts, [Pass, Pass, Pass], "{:#?}", judge(&plan, &observation).targets);
    // One that is refused because nobody inspects is bad, whatever is in it.
    let down = completed(&plan, ruled(&plan, |_| Ruling::FailedClosed));
    assert_eq!((down.journeys[0].figures.blocked, down.journeys[0].figures.good), (0, 0));
    assert_eq!(down.journeys[0].outages.len(), 1);
    // So is one that is blocked and has nothing in it.
    let strict = completed(&plan, ruled(&plan, |_| Ruling::Block));
    let figures = &strict.journeys[0].figures;
    assert_eq!((figures.blocked, figures.valid, figures.good), (violations, 1_800 - violations, 0));
    assert_eq!(figures.blame.system + figures.blame.injected, 1_800 - violations);
}

/// It says nothing how the records of one moment follow each other.
#[test]
fn the_order_of_records_leaves_no_trace() {
    let plan = leaky(&[percentile(Metric::InterceptLatency, 90_000, 50)], 20);
    let rulings: Vec<Ruling> = (0..1_800).map(|number| imperfect(&plan, number)).collect();
    let records = ruled(&plan, |number| rulings[number as usize]);
    let mut sorted = records.clone();
    sorted.sort_by_key(Record::at);
    assert_eq!(completed(&plan, sorted), completed(&plan, backwards(records)));
}

#[test]
fn what_was_let_through_is_met_missed_and_left_open() {
    let ratio = |percent: u32| {
        let bound = Bound::Share(Share::from_millionths(percent * 10_000).unwrap());
        target(Some(Aggregate::Ratio), Metric::Uninspected, Op::Le, bound)
    };
    let targets = [none(Metric::Uninspected), ratio(40), ratio(1)];
    let plan = leaky(&targets, 20);
    let verdicts = |ruling: &dyn Fn(u32) -> Ruling| -> Vec<TargetOutcome> {
        judge(&plan, &completed(&plan, ruled(&plan, ruling))).targets.iter().map(|one| one.verdict).collect()
    };
    assert_eq!(verdicts(&|_| Ruling::Pass), [Pass, Pass, Pass]);
    let down = |number| if (600..1_200).contains(&number) { Ruling::FailedOpen } else { Ruling::Pass };
    assert_eq!(verdicts(&down), [Fail, Pass, Fail]);
    let observation = completed(&plan, ruled(&plan, down));
    assert_eq!(judge(&plan, &observation).targets[0].why, "600 of 1,800 messages were let through without a verdict");
    // What was let through and may not leave is a leak.
    let leaked = (600..1_200).filter(|number| is_violation(&plan, *number)).count() as u64;
    let figures = &observation.inspections[0];
    assert_eq!((figures.violations.failed_open, figures.uninspected_violations), (leaked, leaked));
    let without = judge(&plan, &observed(&plan, |_| What::Good)).targets.remove(0);
    assert_eq!(without.verdict, Inconclusive);
    assert!(without.why.contains("nothing was inspected there"), "{}", without.why);
}

#[test]
fn what_inspecting_takes_is_a_distribution() {
    // Each of 0 to 99 ms as often: the 90th percentile is 89 ms, to a thousandth of it.
    let targets = [percentile(Metric::InterceptLatency, 90_000, 90), percentile(Metric::InterceptLatency, 90_000, 88)];
    let elsewhere = Target {
        expr: Expr { of: Selector { dlp: Some(GATEWAY), ..Selector::default() }, ..targets[0].expr.clone() },
        ..targets[0].clone()
    };
    let plan = leaky(&[targets.to_vec(), vec![elsewhere]].concat(), 20);
    let observation = completed(&plan, ruled(&plan, |_| Ruling::Pass));
    let judged = judge(&plan, &observation).targets;
    assert_eq!(judged.iter().map(|one| one.verdict).collect::<Vec<_>>(), [Pass, Fail, Inconclusive]);
    assert!((judged[0].observed.expect("a figure") - 0.089).abs() < 0.000_1, "{:?}", judged[0].observed);
}

/// What never came sorts last: an inspection that is dead is not quick, however soon it says so.
#[test]
fn where_no_verdict_comes_inspecting_takes_longer_than_any_bound() {
    let targets = [500, 950].map(|thousandths| percentile(Metric::InterceptLatency, thousandths * 100, 1_000));
    let below = Bound::Time(Span::from_millis(399));
    let longest = target(Some(Aggregate::Max), Metric::InterceptLatency, Op::Le, below);
    let plan = leaky(&[targets.to_vec(), vec![longest]].concat(), 20);
    let verdicts = |ruling: Ruling| -> Vec<(TargetOutcome, Option<f64>)> {
        // A tenth fails, within a hundredth of the time that the gateway waits.
        let rule = |number: u32| if number.is_multiple_of(10) { ruling } else { Ruling::Pass };
        let observation = completed(&plan, ruled_in(&plan, rule, |_| 4));
        assert_eq!(observation.inspections[0].latency_ms.undelivered, 180);
        assert_eq!(observation.inspections[0].latency_ms.at_least, Some(400.0));
        judge(&plan, &observation).targets.iter().map(|one| (one.verdict, one.low)).collect()
    };
    for ruling in [Ruling::FailedOpen, Ruling::FailedClosed] {
        let judged = verdicts(ruling);
        assert_eq!(judged[0].0, Pass, "{ruling:?}: nine in ten are quick: {judged:?}");
        assert_ne!(judged[1].0, Pass, "{ruling:?}: a bound above what is waited for is not kept either: {judged:?}");
        assert_eq!(judged[2], (Fail, Some(0.4)), "{ruling:?}");
    }
}

/// What is let through counts when it is handed to somebody, and each message once: tries that led nowhere let nothing through.
#[test]
fn a_message_is_let_through_once_and_only_to_somebody() {
    use Ending::{Acknowledged, NotSent, Refused, Unanswered};
    use Ruling::{FailedOpen, Pass as Passed};
    let plan = leaky(&[none(Metric::Uninspected)], 20);
    let look = |number: u32, after: u64, ruling| match inspected(number, ruling, 1) {
        Record::Inspected(one) => {
            let later = Span::from_millis(after);
            Record::Inspected(Inspected { asked: one.asked + later, done: one.done + later, ..one })
        }
        other => other,
    };
    let let_through_by = |legs: Vec<Record>, steps: &dyn Fn(u32) -> Vec<Record>| {
        let mut records = drill(|_| What::Good);
        records.extend((0..1_800).flat_map(steps).chain(legs));
        let observation = completed(&plan, backwards(records));
        let figures = &observation.inspections[0];
        assert!(figures.uninspected_violations <= figures.uninspected.min(figures.violations.failed_open));
        (judge(&plan, &observation).targets.remove(0).why, figures.first.len())
    };
    let let_through = |steps: &dyn Fn(u32) -> Vec<Record>| let_through_by(legs().collect(), steps);
    let of_all = |some: &str| format!("{some} of 1,800 messages were let through without a verdict");
    // Tried three times, and handed on each time: once.
    let thrice = |number: u32| -> Vec<Record> {
        let tries = [(0, Refused), (20, Unanswered), (40, Acknowledged)];
        let each = |(after, ending)| [look(number, after, FailedOpen), onward(number, after + 2, ending)];
        tries.into_iter().flat_map(each).collect()
    };
    assert_eq!(let_through(&thrice), (of_all("1,800"), crate::limits::CROSSINGS_TOLD));
    // Nobody could be reached, or nobody was tried.
    let nobody =
        |number: u32| vec![look(number, 0, FailedOpen), onward(number, 2, NotSent), look(number, 9, FailedOpen)];
    assert_eq!(let_through(&nobody), (of_all("none"), 0));
    // The path refused the sign-in before a connection led on; or a fault refused the request, on one that did.
    let refused = |number: u32| vec![look(number, 0, FailedOpen), onward(number, 2, Refused)];
    assert_eq!(let_through_by(Vec::new(), &refused).0, of_all("none"));
    assert_eq!(let_through(&refused).0, of_all("1,800"));
    let hits = (0..900).map(|number| hit_on(FREEZE, ms(number * 100 + 2), (LEGS + number, 1), AccountId(0)));
    assert_eq!(let_through_by(legs().chain(hits).collect(), &refused).0, of_all("900"));
    // When it left, it had been inspected after all.
    let later = |number: u32| {
        let first = [look(number, 0, FailedOpen), onward(number, 2, NotSent)];
        first.into_iter().chain([look(number, 20, Passed), onward(number, 22, Acknowledged)]).collect()
    };
    assert_eq!(let_through(&later).0, of_all("none"));
    // Every tenth was not.
    let some = |number: u32| {
        let second = if number.is_multiple_of(10) { FailedOpen } else { Passed };
        vec![look(number, 0, Passed), onward(number, 2, Refused), look(number, 20, second), onward(number, 22, Refused)]
    };
    assert_eq!(let_through(&some).0, of_all("180"));
}

#[test]
fn a_message_that_passed_two_gateways_is_one_message() {
    const OTHER: EndpointId = EndpointId(2);
    let of = |route: Option<EndpointId>| {
        let target = none(Metric::Uninspected);
        Target { expr: Expr { of: Selector { route, ..target.expr.of }, ..target.expr }, ..target }
    };
    let share = Target { confidence: Confidence::Point, ..share(Metric::Uninspected, Op::Le, 80) };
    let share = Target { expr: Expr { aggregate: Some(Aggregate::Ratio), ..share.expr.clone() }, ..share };
    let mut plan = leaky(&[of(None), of(Some(GATEWAY)), of(Some(OTHER)), share], 20);
    plan.endpoints.push(plan.endpoints[GATEWAY.index()].clone());
    let another = Route { endpoint: OTHER, ..plan.journeys[0].routes[0].clone() };
    plan.journeys[0].routes.push(another);
    let there = |record| match record {
        Record::Inspected(one) => Record::Inspected(Inspected { gateway: OTHER, ..one }),
        Record::Onward(one) => Record::Onward(Onward { gateway: OTHER, ..one }),
        other => other,
    };
    // A third is refused by the first gateway and let through by the other, a third by both, and the last is inspected by the first.
    let steps = |number: u32| -> Vec<Record> {
        let [first, second] = [Ruling::FailedClosed, Ruling::FailedOpen].map(|ruling| inspected(number, ruling, 1));
        let handed_on = onward(number, 3, Ending::Acknowledged);
        match number {
            0..600 => vec![first, there(second), there(handed_on)],
            600..1_200 => vec![second.clone(), handed_on.clone(), there(second), there(handed_on)],
            _ => vec![inspected(number, Ruling::Pass, 1), handed_on],
        }
    };
    let mut records = drill(|_| What::Good);
    records.extend((0..1_800).flat_map(steps).chain(legs()));
    let told = judge(&plan, &completed(&plan, records)).targets;
    let said = ["1,200 of 1,800", "600 of 1,800", "1,200 of 1,200", "1,200 of 1,800"];
    for (told, said) in told.iter().zip(said) {
        assert_eq!(told.why, format!("{said} messages were let through without a verdict"));
    }
    assert_eq!((told[3].verdict, told[3].observed), (Pass, Some(1_200.0 / 1_800.0)));
}
