//! Failures by chance, many drills of them: how often an outage is seen where there is none.

use crate::analysis::{N_DOWN_BEFORE, Point, n_down};
use crate::confidence::most_events;
use crate::draw::Seed;
use crate::plan::Detector;
use crate::units::{Moment, Span};

use super::script::{ms, outages};

/// Two hours at two a second, as fifty people in a two-hour drill may send.
const MESSAGES: u32 = 14_400;
/// The first ten minutes.
const BASELINE: u32 = 1_200;
/// 5 %.
const FAILING: f64 = 0.05;

/// Message by message, whether it fails: one draw each.
fn fails(seed: u64) -> Vec<bool> {
    let key = Seed(seed).key("failures");
    (0..MESSAGES).map(|number| key.draw(u64::from(number)).unit() < FAILING).collect()
}

/// How many outages are seen with this parameter after the baseline.
fn seen(fails: &[bool], decided: u32) -> usize {
    let detector = Detector::derive(Span::from_millis(500), Span::from_secs(600));
    let due = |number: u32| ms(u64::from(number) * 500);
    let point = |(number, fails): (u32, &bool)| Point {
        due: due(number),
        good_at: (!fails).then_some(due(number)),
        number: None,
    };
    let needed = |at: Moment| if at < due(BASELINE) { N_DOWN_BEFORE } else { decided };
    outages(&detector, Span::from_secs(1), needed, (0..).zip(fails).map(point)).len()
}

/// How often so many messages, each failing by itself, have a run of n failures after a good one: N·fⁿ·(1 − f).
fn expected(messages: u32, n: u32) -> f64 {
    f64::from(messages) * libm::pow(FAILING, f64::from(n)) * (1.0 - FAILING)
}

/// More events than this have a chance of less than 1 %.
fn poisson_bound(expected: f64) -> usize {
    most_events(expected, 0.01) as usize
}

#[test]
fn a_thousand_drills_see_no_more_outages_than_chance_allows() {
    let (mut false_ones, mut allowed) = (0, 0.0);
    for seed in 0..1_000 {
        let fails = fails(seed);
        let bad = fails.iter().take(BASELINE as usize).filter(|fails| **fails).count() as u64;
        let decided = n_down(bad, u64::from(BASELINE), u64::from(MESSAGES));
        allowed += expected(BASELINE, N_DOWN_BEFORE) + expected(MESSAGES - BASELINE, decided);
        false_ones += seen(&fails, decided);
    }
    // With 5 % measured as such n is 5 and 4.3 are expected. A baseline of 1,200 measures it to ±0.6 %: n is 6 where it says more than 5.9 %,
    // and 4 below 2.9 %, which is three standard deviations away.
    assert!((2.0..4.6).contains(&allowed), "{allowed}");
    // That half of a window fails, ten of twenty messages, is another 0.2 at most: C(20, 10) · 0.05¹⁰ · 0.95¹⁰ = 1.1e-8 for each of 14.4
    // million windows. Two runs less than `hold_up` apart are one. The seeds are always the same ones, and so is the answer.
    assert!(false_ones <= poisson_bound(allowed), "{false_ones} false outages, {allowed} expected");
}

#[test]
fn one_failure_fewer_would_see_too_many() {
    // With n = 4 a drill has 0.086 false outages and a hundred have 8.6, of which 2 would be allowed if n were 5.
    let seen: usize = (0..100).map(|seed| seen(&fails(seed), 4)).sum();
    assert!(seen > poisson_bound(100.0 * expected(MESSAGES, 5)), "{seen}");
    assert!(seen <= poisson_bound(100.0 * expected(MESSAGES, 4)), "{seen}");
}
