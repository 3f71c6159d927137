//! The run as a whole: verdict, exit code, and the gate at the baseline's end.

use super::*;
use crate::analysis::tests::script::{OTHER_READER, control, fold, hit_on, inject, refused_within, seal};
use crate::journal::{Decision, End, Event, UnsentCause};
use crate::plan::{Expectation, Verdict};
use crate::units::InjectId;
use crate::verdict::{Expected, Judgement, detectors, exit_code, steady};
use TargetOutcome::{Fail, Inconclusive, NotEvaluated};

fn verdict_of(plan: &Plan, records: &[Record]) -> Judgement {
    judge(plan, &fold(plan, records).observe(None))
}

fn ended(what: impl Fn(u32) -> What, end: End) -> Vec<Record> {
    [drill(what), vec![seal(end)]].concat()
}

#[test]
fn the_run_as_a_whole() {
    let must = planned(vec![availability(99)]);
    let of = |records: &[Record]| {
        let judgement = verdict_of(&must, records);
        (judgement.verdict, exit_code(&judgement, judgement.end), judgement.word())
    };
    let good = |_: u32| What::Good;
    let bad = |_: u32| What::Refused;
    assert_eq!(of(&ended(good, End::Completed)), (Verdict::Pass, 0, "pass"));
    assert_eq!(of(&ended(bad, End::Completed)), (Verdict::Fail, 1, "fail"));
    // An empty journal, and one without a seal.
    assert_eq!(of(&[]), (Verdict::Inconclusive, 3, "inconclusive"));
    assert_eq!(of(&drill(good)), (Verdict::Inconclusive, 3, "inconclusive"));
    assert_eq!(of(&drill(bad)).1, 1);
    // A fault phase in which nothing was hit.
    assert_eq!(of(&[journey(good), vec![seal(End::Completed)]].concat()).1, 3);
    // How the drill ended goes before what it showed.
    assert_eq!(of(&ended(bad, End::Stopped)).1, 4);
    assert_eq!(of(&ended(bad, End::Interrupted)), (Verdict::Fail, 130, "interrupted"));
    assert_eq!(of(&ended(bad, End::Failed)).1, 5);
    assert_eq!(of(&ended(bad, End::Bug)).1, 70);
    assert_eq!(of(&ended(bad, End::NotSteady)).1, 3);
    // A bug goes before everything.
    let open = |number: u32| if number == 0 { What::Open } else { What::Good };
    assert_eq!(of(&ended(open, End::Completed)).1, 70);
    // A sender that gave messages up.
    let lag = |number: u32| if number == 700 { What::Unsent(UnsentCause::Lag) } else { What::Good };
    assert_eq!(of(&ended(lag, End::Completed)).1, 3);
}

#[test]
fn should_and_info_do_not_decide() {
    for level in [Level::Should, Level::Info] {
        let plan = planned(vec![Target { level, ..availability(100) }, availability(50)]);
        let judgement = verdict_of(&plan, &ended(refused_within(60, 90), End::Completed));
        assert_eq!((judgement.targets[0].verdict, judgement.verdict), (Fail, Verdict::Pass));
        // Alone it leaves nothing that could have failed.
        let plan = planned(vec![Target { level, ..availability(50) }]);
        let judgement = verdict_of(&plan, &ended(|_| What::Good, End::Completed));
        let no_must = vec!["no target is marked must".to_owned()];
        assert_eq!((judgement.verdict, judgement.reasons), (Verdict::Inconclusive, no_must));
    }
    // One must-target failed, another not known: failed.
    let plan = planned(vec![availability(100), none(Metric::Lost)]);
    let judgement = verdict_of(&plan, &ended(|_| What::Refused, End::Completed));
    assert_eq!((judgement.targets[1].verdict, judgement.verdict), (Inconclusive, Verdict::Fail));
}

#[test]
fn kept_so_far_is_not_kept_and_what_was_not_reached_is_not_evaluated() {
    let mut late = availability(99);
    late.phases = vec![PhaseId(2)];
    let plan = planned(vec![availability(99), late]);
    let mut records = drill(|_| What::Good);
    records.retain(|record| record.at() < ms(100_000));
    let judgement = verdict_of(&plan, &records);
    assert_eq!(judgement.targets.iter().map(|t| t.verdict).collect::<Vec<_>>(), [Inconclusive, NotEvaluated]);
}

fn steady_plan() -> Plan {
    let mut condition = percentile(Metric::DeliveryLatency, 95_000, 800);
    condition.phases = vec![PhaseId(0)];
    condition.steady_state = true;
    planned(vec![condition, availability(99)])
}

#[test]
fn a_baseline_that_is_not_steady_is_inconclusive_whatever_the_targets_say() {
    let slow = |number: u32| if number < 600 { What::Received(900) } else { What::Refused };
    let judgement = verdict_of(&steady_plan(), &ended(slow, End::Completed));
    assert_eq!((judgement.unsteady.is_some(), judgement.verdict), (true, Verdict::Inconclusive));
    assert_eq!(judgement.targets[1].verdict, Fail);
    // As decided at its time.
    let decision = Decision::Steady { held: false, why: "too slow".to_owned() };
    let gate = control(ms(60_000), Event::Decided { position: 5, decision });
    let judgement = verdict_of(&steady_plan(), &[ended(|_| What::Good, End::NotSteady), vec![gate]].concat());
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    assert_eq!(judgement.targets[1].verdict, NotEvaluated);
    assert!(judgement.reasons.iter().any(|reason| reason.contains("too slow")));
}

/// What the gate said at its time is not what the run comes to, if messages of the baseline were still under way.
#[test]
fn a_baseline_that_is_broken_after_all_is_told_so() {
    let decision = Decision::Steady { held: true, why: String::new() };
    let gate = control(ms(60_000), Event::Decided { position: 5, decision });
    let late = |number: u32| if (500..600).contains(&number) { What::Received(900) } else { What::Good };
    let judgement = verdict_of(&steady_plan(), &[ended(late, End::Completed), vec![gate]].concat());
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    let why = judgement.unsteady.expect("it was not steady");
    assert!(why.ends_with("; when the baseline ended it held, by what was known then"), "{why}");
}

/// What would have been no steady state is none either where a target has ended the drill before anybody asked.
#[test]
fn a_target_that_ends_the_drill_in_its_baseline_does_not_fail_what_could_not_be_told() {
    let plan = planned(vec![Target { name: "open".to_owned(), ..availability(99) }]);
    let abort = |at: u64| {
        let target = &plan.targets[0];
        let (target, expr) = (target.name.clone(), target.text.clone());
        let (observed, low, high) = (None, Some(0.0), Some(0.5));
        let decision = Decision::Abort { target, expr, observed, low, high, n: 90, why: "broken".to_owned() };
        control(ms(at), Event::Decided { position: 90, decision })
    };
    let until = |at: u64, what: &dyn Fn(u32) -> What| {
        let mut records = journey(what);
        records.retain(|record| record.at() < ms(at));
        verdict_of(&plan, &[records, vec![abort(at), seal(End::Aborted)]].concat())
    };
    // Every second one is bad: no outage could be told from that.
    let judgement = until(50_000, &|number| if number % 2 == 0 { What::Refused } else { What::Good });
    assert_eq!((judgement.verdict, exit_code(&judgement, judgement.end)), (Verdict::Inconclusive, 3));
    assert_eq!(judgement.targets[0].verdict, Fail);
    let reasons = judgement.reasons.join("; ");
    assert!(
        reasons.contains("the steady state did not hold: journey order: 250 of 500 messages of the baseline were bad"),
        "{reasons}"
    );
    assert!(reasons.contains("a target ended the drill before its baseline was over"), "{reasons}");
    // With a baseline that was well but for one outage of its own, what is broken is broken.
    let judgement = until(50_000, &|number| if number == 100 { What::Refused } else { What::Good });
    assert_eq!((judgement.verdict, judgement.unsteady), (Verdict::Fail, None));
}

/// What the gate says at the baseline's end.
fn gate(what: impl Fn(u32) -> What) -> Result<(), String> {
    let mut records = journey(what);
    records.retain(|record| record.at() < ms(60_000));
    steady(&steady_plan(), &fold(&steady_plan(), &records).observe(Some(ms(60_000))))
}

#[test]
fn the_gate_at_the_baselines_end() {
    assert_eq!(gate(|_| What::Good), Ok(()));
    // Acknowledged messages of the last second are still on their way: no reason to stop.
    assert_eq!(gate(|number| if number >= 591 { What::Received(900) } else { What::Good }), Ok(()));
    assert!(gate(|_| What::Received(900)).unwrap_err().contains("delivery_latency"));
    // Bad is one in three: 1,800·3⁻ⁿ·⅔ is 0.0203 for n = 10, so that eleven would be needed.
    let third = gate(|number| if number % 3 == 0 { What::Refused } else { What::Good });
    let third = third.unwrap_err();
    assert!(third.contains("messages of the baseline were bad: most often refused at dingtalk"), "{third}");
    let never = gate(|_| What::Lost).unwrap_err();
    assert!(never.ends_with("were bad: most were acknowledged, and not received in time"), "{never}");
    let nothing = fold(&steady_plan(), &[]).observe(Some(ms(60_000)));
    assert!(steady(&steady_plan(), &nothing).unwrap_err().contains("no message was judged"));
}

#[test]
fn the_detector_stands_on_the_baseline_alone() {
    let what = |number: u32| if number >= 600 || number.is_multiple_of(100) { What::Refused } else { What::Good };
    let plan = plan();
    let decisions = detectors(&plan, &observed(&plan, what));
    assert_eq!(decisions, [Decision::Detector { journey: ORDER, n_down: 3, bad: 6, all: 600, planned: 1_800 }]);
}

/// Two injects in one phase: what the other one does proves nothing of this one.
#[test]
fn an_inject_that_never_bit_proves_nothing_whatever_another_did() {
    let mut plan = planned(vec![availability(99)]);
    plan.injects.push(inject("fence"));
    let fence = InjectId(1);
    let reasons = |more: Vec<Record>| {
        let judgement = verdict_of(&plan, &[ended(|_| What::Good, End::Completed), more].concat());
        (judgement.verdict, judgement.reasons.join("; "))
    };
    assert_eq!(reasons(vec![hit(fence, ms(61_000))]), (Verdict::Pass, String::new()));
    assert_eq!(reasons(Vec::new()), (Verdict::Inconclusive, "inject fence never bit".to_owned()));
    // On a connection over which no message went.
    let stray = |at| hit_on(fence, ms(at), (1_000_000, 1), OTHER_READER);
    let once = "inject fence hit once, but never a message".to_owned();
    assert_eq!(reasons(vec![stray(61_000)]), (Verdict::Inconclusive, once));
    let twice = "inject fence hit 2 times, but never a message".to_owned();
    assert_eq!(reasons(vec![stray(61_000), stray(62_000)]), (Verdict::Inconclusive, twice));
    // Nothing is said of what was not due yet, or must not be injected.
    let mut early = journey(|_| What::Good);
    early.retain(|record| record.at() < ms(80_000));
    assert!(!verdict_of(&plan, &early).reasons.join("; ").contains("bit"));
    let unsteady = verdict_of(&plan, &[journey(|_| What::Good), vec![seal(End::NotSteady)]].concat());
    assert!(!unsteady.reasons.join("; ").contains("bit"));
}

#[test]
fn the_break_is_found_by_exactly_the_targets_that_are_named() {
    let named = |name: &str, target: Target| Target { name: name.to_owned(), ..target };
    let lost = named("lost", none(Metric::Lost));
    let plan = planned(vec![named("there", availability(100)), named("rto", recovery(1_000)), lost]);
    let failed = verdict_of(&plan, &ended(refused_within(60, 90), End::Completed));
    let of = |verdict, because: &[&str], judgement: &Judgement| {
        let because = because.iter().map(|name| (*name).to_owned()).collect();
        let expected = Expected::of(&Expectation { verdict, because }, judgement);
        assert_eq!(expected.met, expected.differs.is_empty());
        expected.differs.join("; ")
    };
    assert_eq!(of(Verdict::Fail, &["there", "rto"], &failed), "");
    assert_eq!(of(Verdict::Fail, &[], &failed), "");
    assert_eq!(of(Verdict::Fail, &["there"], &failed), "rto failed and is not named");
    assert_eq!(of(Verdict::Fail, &["there", "rto", "lost"], &failed), "lost passed");
    assert_eq!(of(Verdict::Fail, &["lost", "gone"], &failed).matches(';').count(), 3);
    assert_eq!(of(Verdict::Pass, &[], &failed), "the verdict is fail");
    assert_eq!(of(Verdict::Inconclusive, &["lost"], &failed), "the verdict is fail; lost passed");
    // Expected to be inconclusive because of what is not known.
    let nothing = verdict_of(&plan, &[hit(FREEZE, ms(60_000)), seal(End::Completed)]);
    assert_eq!(of(Verdict::Inconclusive, &["lost"], &nothing), "");
    assert_eq!(of(Verdict::Fail, &["lost"], &nothing), "the verdict is inconclusive; lost is inconclusive");
}
