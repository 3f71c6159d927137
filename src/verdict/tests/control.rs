//! A journey beside its control arm: what the drill proves when that is not well, and what their figures show.

use super::*;
use crate::analysis::Contrast;
use crate::analysis::tests::script::refused_within;
use crate::journal::{Attempt, Message, Receipt};
use crate::plan::{Journey, Verdict, Window};
use crate::units::{JourneyId, MessageId, TargetId};
use crate::verdict::{FindingKind, Judgement};

const CONTROL: JourneyId = JourneyId(1);

/// `order` with a control arm that sends as often.
fn with_control(targets: Vec<Target>) -> Plan {
    let mut plan = planned(targets);
    let order = plan.journeys[0].clone();
    let control = Journey { name: "order-control".into(), control_of: Some(ORDER), ..order };
    plan.journeys.push(control);
    plan
}

/// The same of the control arm, on other connections.
fn of_control(record: Record) -> Record {
    let id = |id: MessageId| MessageId { journey: CONTROL, ..id };
    match record {
        Record::Message(message) => Record::Message(Message { id: id(message.id), ..message }),
        Record::Receipt(receipt) => Record::Receipt(Receipt { message: id(receipt.message), ..receipt }),
        Record::Attempt(attempt) => {
            let connection = attempt.connection.map(|connection| connection + 100_000);
            Record::Attempt(Attempt { message: id(attempt.message), connection, ..attempt })
        }
        other => other,
    }
}

fn both(exposed: impl Fn(u32) -> What, control: impl Fn(u32) -> What) -> Vec<Record> {
    drill(exposed).into_iter().chain(journey(control).into_iter().map(of_control)).collect()
}

fn judged_beside(target: Target, exposed: impl Fn(u32) -> What, control: impl Fn(u32) -> What) -> Judgement {
    let plan = with_control(vec![target]);
    judge(&plan, &completed(&plan, both(exposed, control)))
}

fn good(_: u32) -> What {
    What::Good
}

#[test]
fn a_control_arm_that_is_well_changes_nothing() {
    for (exposed, verdict) in [(refused_within(60, 60), Verdict::Pass), (refused_within(60, 90), Verdict::Fail)] {
        let judgement = judged_beside(availability(99), exposed, good);
        assert_eq!((judgement.verdict, &judgement.reasons[..]), (verdict, &[][..]));
        assert!(judgement.findings.iter().all(|finding| finding.kind == FindingKind::UndetectedOutage));
    }
}

#[test]
fn it_counts_in_no_target_that_does_not_name_it() {
    // A third of the messages of the journey are bad, and a sixth of all.
    let mut target = availability(80);
    for named in [Some(ORDER), None] {
        target.expr.of.journey = named;
        let judgement = judged_beside(target.clone(), refused_within(60, 120), good);
        assert_eq!((judgement.targets[0].n, judgement.verdict), (1_800, Verdict::Fail), "{named:?}");
    }
}

#[test]
fn what_befell_it_as_well_cannot_be_laid_on_the_injects() {
    // Both arms are down for six seconds of the fault phase. A promise of 90 % is kept by both, and yet it is not the inject that was
    // withstood.
    let judgement = judged_beside(availability(90), refused_within(60, 66), refused_within(60, 66));
    assert_eq!((judgement.targets[0].verdict, judgement.verdict), (TargetOutcome::Pass, Verdict::Inconclusive));
    let trouble: Vec<_> =
        judgement.findings.iter().filter(|finding| finding.kind == FindingKind::ControlInTrouble).collect();
    let [trouble] = &trouble[..] else { panic!("{:?}", judgement.findings) };
    assert_eq!((trouble.journey.as_deref(), trouble.at_s.total_cmp(&60.0).is_eq()), (Some("order-control"), true));
    assert_eq!(trouble.text, "order-control, which no inject can hit, was down from 60 s to 66.03 s");
    assert!(judgement.reasons[0].ends_with("so that not everything can be laid on the injects"), "{judgement:?}");
    // A promise that was broken stays broken, whoever broke it: the finding says that it need not have been the inject.
    let judgement = judged_beside(availability(99), refused_within(60, 66), refused_within(60, 66));
    assert_eq!(judgement.verdict, Verdict::Fail);
    assert_eq!(judgement.findings.iter().filter(|found| found.kind == FindingKind::UndetectedOutage).count(), 1);
    let texts: Vec<_> = judgement.findings.iter().map(|finding| finding.text.as_str()).collect();
    let said =
        "order-control, which no inject can hit, misses target availability as well: 1,740 of 1,800 messages were good";
    assert!(texts.contains(&said), "{texts:?}");
}

#[test]
fn an_outage_of_it_when_nothing_is_injected_is_no_trouble() {
    let judgement = judged_beside(availability(90), good, refused_within(130, 136));
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:?}");
    // And a single lost message of it breaks the promise that none is.
    let one_lost = |number: u32| if number == 700 { What::Lost } else { What::Good };
    let judgement = judged_beside(none(Metric::Lost), good, one_lost);
    assert_eq!((judgement.targets[0].verdict, judgement.verdict), (TargetOutcome::Pass, Verdict::Inconclusive));
}

#[test]
fn what_the_journey_spent_of_its_budget_is_not_laid_on_its_control_arm() {
    // Half a minute is 1.1 % of the 43 minutes that 99.9 % of a month lets be lost.
    let slo = Target {
        window: Some(Window::Month),
        expr: Expr { bound: Bound::Share(Share::from_millionths(999_000).expect("a share")), ..availability(99).expr },
        ..availability(99)
    };
    let mut spent = target(None, Metric::ErrorBudget, Op::Le, Bound::Share(Share::from_percent(1)));
    spent.expr.of = Selector { slo: Some(TargetId(0)), ..Selector::default() };
    let plan = with_control(vec![slo, spent]);
    let judgement = judge(&plan, &completed(&plan, both(refused_within(70, 100), good)));
    assert_eq!(judgement.targets[1].verdict, TargetOutcome::Fail);
    let trouble = |finding: &&crate::verdict::Finding| finding.kind == FindingKind::ControlInTrouble;
    assert_eq!(judgement.findings.iter().find(trouble), None);
    assert_eq!(judgement.reasons, [""; 0]);
}

/// The figures of both arms in the fault phase.
fn contrasts(exposed: impl Fn(u32) -> What, control: impl Fn(u32) -> What) -> Vec<Contrast> {
    let plan = with_control(Vec::new());
    let mut observation = completed(&plan, both(exposed, control));
    assert!(observation.journeys[1].arms.is_empty(), "a control arm has none beside it");
    let arms = observation.journeys.swap_remove(0).arms;
    assert_eq!(arms.iter().map(|arms| arms.phase.as_str()).collect::<Vec<_>>(), ["baseline", "fault", "recovery"]);
    arms.into_iter().nth(1).map(|arms| arms.figures).unwrap_or_default()
}

#[test]
fn arms_that_fare_alike_show_no_difference() {
    let some = |number: u32| if number % 50 == 7 { What::Lost } else { What::Received(20 + u64::from(number % 17)) };
    for contrast in contrasts(some, some) {
        assert!(!contrast.shown && contrast.n == [600, 600], "{contrast:?}");
        let (low, high) = (contrast.low, contrast.high);
        assert!(low.is_none_or(|low| low <= 0.0) && high.is_none_or(|high| high >= 0.0), "{contrast:?}");
    }
}

#[test]
fn what_an_inject_did_is_shown_with_its_bounds() {
    // Every other message of either sender is refused in the fault phase: 50 % beside 100 %. Neighbours have nothing in common, so all 600
    // count: by Clopper and Pearson 300 of 600 lie between 45.9 % and 54.1 %, and 600 of 600 above 99.4 %.
    let half =
        |number: u32| if number >= 600 && [0, 3].contains(&(number % 4)) { What::Refused } else { What::Received(300) };
    let found = contrasts(half, good);
    let of = |figure: &str| found.iter().find(|contrast| contrast.figure == figure).expect("told");
    let near =
        |told: Option<f64>, value: f64| assert!(told.is_some_and(|told| (told - value).abs() < 0.001), "{told:?}");
    let share = of("availability");
    near(share.exposed, 0.5);
    near(share.control, 1.0);
    near(share.difference, -0.5);
    // −0.5 − √(0.0408² + 0²) and −0.5 + √(0.0408² + 0.0061²).
    near(share.low, -0.5408);
    near(share.high, -0.4587);
    assert!(share.shown);
    // Half of them never arrive: their 90th percentile is above the deadline of a second, and the others' is 30 ms.
    let slow = of("p90");
    assert_eq!((slow.exposed, slow.difference, slow.high), (None, None, None), "{slow:?}");
    assert!(slow.shown && slow.low.is_some_and(|low| (low - 970.0).abs() < 1.0), "{slow:?}");
    // Nothing was lost of what was acknowledged, of half as much.
    let lost = of("lost");
    assert!(!lost.shown && lost.n == [300, 600], "{lost:?}");
}
