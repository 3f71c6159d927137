//! Many plays together.

use super::*;
use crate::confidence::{RISK, at_least, at_most};
use crate::draw::Seed;
use crate::verdict::{PlayOutcome, Runs};
use TargetOutcome::{Fail, Inconclusive, Pass};

/// A drill that loses nothing, or one message.
fn play(plan: &Plan, seed: u64, what: impl Fn(u32) -> What) -> PlayOutcome {
    PlayOutcome::of(Seed(seed), &judge(plan, &observed(plan, what)))
}

/// A drill in which the fault never bit.
fn blunt(plan: &Plan, seed: u64) -> PlayOutcome {
    let without_a_hit = journey(|number| if number == 700 { What::Refused } else { What::Good });
    PlayOutcome::of(Seed(seed), &judge(plan, &completed(plan, without_a_hit)))
}

fn share(percent: u32) -> Share {
    Share::from_percent(percent)
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12
}

fn one_refused(number: u32) -> What {
    if number == 700 { What::Refused } else { What::Good }
}

#[test]
fn a_share_is_kept_missed_and_left_open_by_its_exact_bounds() {
    let plan = planned(vec![none(Metric::Undelivered)]);
    let (good, bad) = (play(&plan, 1, |_| What::Good), play(&plan, 1, one_refused));
    let told = |kept: usize, missed: usize, percent: u32| {
        let mut plays = vec![good.clone(); kept];
        plays.extend(vec![bad.clone(); missed]);
        let asked = u32::try_from(plays.len()).expect("few");
        Runs::of(&plan, plays, asked, share(percent))
    };
    // 0.05^(1/59) = 0.9505, and 58 plays show 0.9497.
    for (kept, verdict, exit_code) in [(59, Pass, 0), (58, Inconclusive, 3)] {
        let runs = told(kept, 0, 95);
        assert_eq!((runs.targets[0].verdict, runs.exit_code), (verdict, exit_code), "{runs:?}");
        assert!(near(runs.targets[0].low, at_least(kept as f64, kept as f64, RISK)), "{runs:?}");
    }
    assert!(told(58, 0, 95).targets[0].why.ends_with("59 would do if they went on like that"));
    // Three of twenty break it: at most 95.78 % keep it, and at least 65.6 %.
    let runs = told(17, 3, 96);
    assert_eq!((runs.targets[0].verdict, runs.exit_code), (Fail, 1), "{runs:?}");
    assert_eq!((runs.targets[0].kept, runs.targets[0].missed), (17, 3));
    assert!(near(runs.targets[0].high, at_most(17.0, 20.0, RISK)), "{runs:?}");
    assert_eq!(runs.plays.iter().flat_map(PlayOutcome::missed).collect::<Vec<_>>(), [0; 3]);
    // None and one delivery were missing: half of the plays and more had none.
    let figures = runs.targets[0].figures.expect("figures");
    assert!(near(figures.min, 0.0) && near(figures.median, 0.0) && near(figures.max, 1.0), "{figures:?}");
    assert_eq!(figures.n, 20);
}

#[test]
fn what_proves_nothing_keeps_nothing_and_may_break_it() {
    let kept = none(Metric::Duplicated);
    let plan = planned(vec![none(Metric::Undelivered), kept]);
    let plays: Vec<_> = (0..20).map(|seed| blunt(&plan, seed)).collect();
    let runs = Runs::of(&plan, plays, 20, share(50));
    let [missed, open] = runs.targets.as_slice() else { panic!("{runs:?}") };
    assert_eq!((missed.kept, missed.missed, missed.verdict), (0, 20, Fail));
    assert_eq!((open.kept, open.missed, open.unknown, open.verdict), (0, 0, 20, Inconclusive));
    assert!(near(open.low, 0.0) && near(open.high, 1.0), "all of them may, and none: {open:?}");
}

#[test]
fn interruptions_and_targets_that_decide_nothing() {
    let plan = planned(vec![none(Metric::Undelivered)]);
    let good = play(&plan, 1, |_| What::Good);
    assert_eq!(Runs::of(&plan, vec![good.clone(); 59], 60, share(95)).exit_code, 130);
    assert_eq!(Runs::of(&plan, Vec::new(), 60, share(95)).exit_code, 130);
    let mut bug = good.clone();
    bug.exit_code = 70;
    assert_eq!(Runs::of(&plan, [vec![good.clone(); 59], vec![bug]].concat(), 60, share(90)).exit_code, 70);
    let should = planned(vec![Target { level: Level::Should, ..none(Metric::Undelivered) }]);
    let good = play(&should, 1, |_| What::Good);
    assert_eq!(Runs::of(&should, vec![good; 59], 59, share(95)).exit_code, 3);
    assert_eq!((Runs::enough(59, share(95)), Runs::enough(58, share(95))), (Ok(()), Err(Some(59))));
}
