mod turns;

use proptest::prelude::*;

use super::{Estimate, Pairs, RISK, Ranks, at_least, at_most, enough, fewest, incomplete_beta, most_events};

/// 2.5 % on each side, as two-sided intervals of 95 % are printed in tables.
const BOTH: f64 = 0.025;

fn near(a: f64, b: f64, part: f64) -> bool {
    (a - b).abs() <= part * b.abs()
}

/// The chances of 0 to n hits, each with chance `p`, term by term.
fn binomial(n: u32, p: f64) -> Vec<f64> {
    let mut chances = vec![libm::pow(1.0 - p, f64::from(n))];
    for k in 0..n {
        let last = chances[k as usize];
        chances.push(last * f64::from(n - k) / f64::from(k + 1) * p / (1.0 - p));
    }
    chances
}

/// Evenly spread numbers from 0 to 1 (xorshift64*).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut dice = Self(seed * 2 + 1);
        (0..20).for_each(|_| _ = dice.roll());
        dice
    }

    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[test]
fn the_incomplete_beta_function_to_ten_digits() {
    // Worked out with 40 digits (mpmath 1.3, by quadrature).
    let rows = [
        (0.3, 2.0, 3.0, 0.3483),
        (0.5, 0.5, 0.5, 0.5),
        (0.01, 0.1, 7.5, 0.801_635_733_948_363_8),
        (0.95, 277.0, 24.0, 0.983_155_925_582_993_7),
        (0.999, 2_995.0, 1.0, 0.049_961_703_397_356_38),
        (0.05, 36.0, 965.0, 0.985_780_042_088_393_1),
        (1e-6, 3.0, 1e6, 0.080_301_672_981_258_65),
        (0.9999, 9.7, 0.3, 0.862_534_909_102_196),
    ];
    for (x, a, b, value) in rows {
        assert!(near(incomplete_beta(x, a, b), value, 1e-11), "{x} {a} {b}: {}", incomplete_beta(x, a, b));
        assert!((incomplete_beta(1.0 - x, b, a) - (1.0 - value)).abs() <= 1e-11, "the other side of {x} {a} {b}");
    }
    // P(at least k of n), summed with 30 digits.
    let tails = [
        (1_000.0, 37.0, 0.05, 0.978_845_167_588_192_8),
        (14_400.0, 701.0, 0.05, 0.771_277_627_793_302_4),
        (1e6, 50_101.0, 0.05, 0.322_159_928_162_424_2),
        (12e6, 600_501.0, 0.05, 0.253_652_528_958_935),
        (5e7, 25_000_101.0, 0.5, 0.488_661_316_390_651_3),
        (5e7, 49_950_200.0, 0.999, 0.186_066_028_283_614_3),
        (5e7, 100.0, 1e-6, 3.199_985_439_828_915e-10),
    ];
    for (n, k, p, value) in tails {
        let found = incomplete_beta(p, k, n - k + 1.0);
        assert!(near(found, value, 1e-10), "{n} {k} {p}: {found}");
    }
    assert!(
        incomplete_beta(0.0, 2.0, 3.0).total_cmp(&0.0).is_eq()
            && incomplete_beta(1.0, 2.0, 3.0).total_cmp(&1.0).is_eq()
    );
}

#[test]
fn tails_are_the_sums_of_their_terms() {
    for n in 1..=40 {
        for p in [0.001, 0.05, 0.3, 0.5, 0.8, 0.99] {
            let chances = binomial(n, p);
            for k in 1..=n {
                let sum: f64 = chances[k as usize..].iter().sum();
                let found = incomplete_beta(p, f64::from(k), f64::from(n - k + 1));
                assert!((found - sum).abs() < 1e-12, "at least {k} of {n} at {p}: {found} {sum}");
            }
        }
    }
}

#[test]
fn bounds_as_they_are_printed() {
    // Two-sided 95 % for k of 10, to four digits as in the usual tables.
    let of_ten = [
        (0.0, 0.0, 0.3085),
        (1.0, 0.0025, 0.4450),
        (2.0, 0.0252, 0.5561),
        (3.0, 0.0667, 0.6525),
        (4.0, 0.1216, 0.7376),
        (5.0, 0.1871, 0.8129),
        (10.0, 0.6915, 1.0),
    ];
    for (k, low, high) in of_ten {
        let (found_low, found_high) = (at_least(k, 10.0, BOTH), at_most(k, 10.0, BOTH));
        assert!(
            (found_low - low).abs() < 5.1e-5 && (found_high - high).abs() < 5.1e-5,
            "{k}: {found_low} {found_high}"
        );
    }
}

#[test]
fn without_samples_nothing_is_known_and_all_alike_is_not_all() {
    let is = |a: f64, b: f64| a.total_cmp(&b).is_eq();
    assert!(is(at_least(0.0, 0.0, RISK), 0.0) && is(at_most(0.0, 0.0, RISK), 1.0));
    assert!(is(at_least(0.0, 50.0, RISK), 0.0) && is(at_most(50.0, 50.0, RISK), 1.0));
    // All good: 0.05^(1/n). All bad: one minus that.
    assert!(near(at_least(50.0, 50.0, RISK), 0.941_844_9, 1e-7) && near(at_most(0.0, 50.0, RISK), 0.058_155_1, 1e-6));
    let none = Ranks { at_least: None, at_most: None };
    assert_eq!((Ranks::of(0.5, 0, 0.0, RISK), Ranks::of(0.5, 1, 1.0, RISK)), (none, none));
}

#[test]
fn how_many_do() {
    // The rule of three, exactly: ⌈ln 0.05 / ln share⌉.
    let rows = [(0.5, 5), (0.95, 59), (0.99, 299), (0.995, 598), (0.999, 2_995), (0.9995, 5_990), (0.9999, 29_956)];
    for (share, n) in rows {
        assert_eq!(fewest(share, RISK), Some(n), "{share}");
    }
    assert_eq!((fewest(1.0, RISK), fewest(0.0, RISK)), (None, Some(1)));
    // With one, two and three failures 99.9 % take so many.
    for (failures, n) in [(1.0, 4_742.0), (2.0, 6_294.0), (3.0, 7_752.0)] {
        assert!(at_least(n - failures, n, RISK) >= 0.999 && at_least(n - 1.0 - failures, n - 1.0, RISK) < 0.999);
    }
    // One in a thousand is bad where one in a hundred may be.
    let n = enough(0.999, 0.99, RISK).expect("it can be told");
    let shown = |n: u64| at_least(n as f64 * 0.999, n as f64, RISK) >= 0.99;
    assert!(shown(n) && !shown(n - 1), "{n}");
    // The other way round: that it is less takes some, too.
    let n = enough(0.9, 0.99, RISK).expect("it can be told");
    let shown = |n: u64| at_most(n as f64 * 0.9, n as f64, RISK) < 0.99;
    assert!(shown(n) && !shown(n - 1), "{n}");
    assert_eq!(enough(0.99, 0.99, RISK), None, "on the bound itself no number would do");
    assert_eq!(enough(1.0, 0.99, RISK), fewest(0.99, RISK));
}

#[test]
fn ranks_as_they_are_printed() {
    let rows = [
        (0.95, 300, (277, 293)),
        (0.95, 1_000, (936, 964)),
        (0.99, 600, (589, 599)),
        (0.99, 1_000, (983, 997)),
        (0.99, 3_600, (3_552, 3_576)),
        (0.99, 10_000, (9_880, 9_920)),
    ];
    for (quantile, n, (low, high)) in rows {
        let ranks = Ranks::of(quantile, n, n as f64, BOTH);
        assert_eq!((ranks.at_least, ranks.at_most), (Some(low), Some(high)), "{quantile} of {n}");
    }
    // The fewest that have an upper bound: two-sided 95 %, and one-sided.
    for (quantile, both, one) in [(0.95, 72, 59), (0.99, 368, 299), (0.999, 3_688, 2_995)] {
        for (risk, n) in [(BOTH, both), (RISK, one)] {
            assert_eq!(Ranks::of(quantile, n, n as f64, risk).at_most, Some(n), "{quantile} at {risk}");
            assert_eq!(Ranks::of(quantile, n - 1, (n - 1) as f64, risk).at_most, None, "{quantile} at {risk}");
        }
    }
}

/// The whole of a bound's meaning, without chance: over every count that can come, each with its probability, the bound is wrong in at
/// most one of twenty.
#[test]
fn a_bound_of_a_share_is_wrong_as_seldom_as_it_says() {
    for n in 1..=30 {
        let bounds = |of: fn(f64, f64, f64) -> f64| -> Vec<f64> {
            (0..=n).map(|k| of(f64::from(k), f64::from(n), RISK)).collect()
        };
        let (low, high) = (bounds(at_least), bounds(at_most));
        for p in (1..200).map(|part| f64::from(part) / 200.0) {
            let chances = binomial(n, p);
            let too_high: f64 = low.iter().zip(&chances).filter(|(low, _)| **low > p).map(|(_, chance)| chance).sum();
            let too_low: f64 = high.iter().zip(&chances).filter(|(high, _)| **high < p).map(|(_, chance)| chance).sum();
            assert!(too_high <= RISK + 1e-9 && too_low <= RISK + 1e-9, "{n} at {p}: {too_high} {too_low}");
        }
    }
}

/// Likewise for ranks: the number of samples up to the true quantile decides.
#[test]
fn ranks_are_wrong_as_seldom_as_they_say() {
    for n in 1..=60_u32 {
        for quantile in [0.05, 0.5, 0.75, 0.9, 0.95, 0.99] {
            let ranks = Ranks::of(quantile, n.into(), n.into(), RISK);
            let chances = binomial(n, quantile);
            let below = |rank: u64| -> f64 { (0..rank).zip(&chances).map(|(_, chance)| chance).sum() };
            let from = |rank: u64| -> f64 {
                (0..).zip(&chances).filter(|(k, _)| *k >= rank).map(|(_, chance): (u64, _)| chance).sum()
            };
            // The lower one is above the quantile if fewer samples than its rank lie below it, the upper one is below if as many do.
            let (low, high) = (ranks.at_least.unwrap_or(0), ranks.at_most);
            assert!(
                below(low) <= RISK + 1e-12 && high.is_none_or(|rank| from(rank) <= RISK + 1e-12),
                "p{quantile} of {n}"
            );
            // And the next ones would be wrong more often: they are the tightest.
            assert!(
                below(low + 1) > RISK && high.is_none_or(|rank| from(rank - 1) > RISK),
                "p{quantile} of {n}: {ranks:?}"
            );
        }
    }
}

/// Whether something is bad, step by step: a share of `share`, each like the one before with a correlation of `rho`.
fn series(dice: &mut Dice, share: f64, rho: f64, n: usize) -> Vec<bool> {
    let mut bad = dice.roll() < share;
    let mut step = || {
        let now = bad;
        bad = if dice.roll() < rho { bad } else { dice.roll() < share };
        now
    };
    (0..n).map(|_| step()).collect()
}

fn pairs(series: &[bool]) -> Pairs {
    let mut pairs = Pairs::default();
    series.windows(2).for_each(|two| pairs.record(two[0], two[1]));
    pairs
}

/// In how many of a thousand plays the lower bound of the good share lies above the truth.
fn wrong(share: f64, rho: f64, n: usize, counts_for: impl Fn(&Pairs) -> f64) -> u32 {
    let mut wrong = 0;
    for seed in 0..1_000 {
        let series = series(&mut Dice::new(seed), share, rho, n);
        let effective = counts_for(&pairs(&series));
        let good = series.iter().filter(|bad| !**bad).count() as f64 / n as f64;
        wrong += u32::from(at_least(good * effective, effective, RISK) > 1.0 - share);
    }
    wrong
}

/// A thousand plays of 2,000 messages, 5 % of them bad.
#[test]
fn rows_of_failures_are_one_piece_of_news() {
    const N: usize = 2_000;
    let corrected = |rho| wrong(0.05, rho, N, |pairs| pairs.effective(N as u64));
    // Independent: at most 50 of 1,000 are expected, and 50 + 4·√47.5 = 78 come by chance once in thirty thousand times.
    assert!(corrected(0.0) <= 78, "{}", corrected(0.0));
    // Rows of five on average (ρ = 0.8): taken for 2,000 independent ones, the bound would be wrong in one play of four (the standard
    // deviation is three times as large: 1.645/3 = 0.55 of it, beyond which lie 29 %).
    let taken_for_independent = wrong(0.05, 0.8, N, |_| N as f64);
    assert!(taken_for_independent > 200, "{taken_for_independent}");
    // Counted for what they are worth, n·(1 − ρ)/(1 + ρ) = 222: as seldom as independent ones.
    assert!(corrected(0.8) <= 78, "{}", corrected(0.8));
    assert!(corrected(0.5) <= 78, "{}", corrected(0.5));
}

#[test]
fn what_neighbours_say_of_each_other() {
    let of = |series: &str| pairs(&series.chars().map(|c| c == 'x').collect::<Vec<_>>());
    // Nothing to tell it by, or neighbours that avoid each other: worth what they are.
    for series in ["", "x", "xxxx", "....", "x.x.x.x.", ".x"] {
        let (pairs, n) = (of(series), series.len() as u64);
        assert!(pairs.effective(n).total_cmp(&(n as f64)).is_eq(), "{series}: {}", pairs.effective(n));
    }
    // A row of 5 in 15: after a bad one 4 of 5 are bad, after a good one 1 of 9. ρ = 0.8 − 0.111 = 0.689; 15 · 0.311 / 1.689 = 2.76.
    let row = of(".....xxxxx.....");
    assert!(near(row.correlation(), 0.688_889, 1e-5) && near(row.effective(15), 2.763_16, 1e-5));
    // Two series, one all bad and one all good, are two pieces of news at most.
    let mut two = of("xxxx");
    two.add(&of("...."));
    assert!(near(two.correlation(), 1.0, 1e-12) && near(two.effective(8), 1.0, 1e-12));
}

proptest! {
    /// More hits never lower a bound, more risk never widens it, and the bounds hold the share between them.
    #[test]
    fn bounds_are_monotone(n in 1_u32..5_000, part in 0.0_f64..=1.0, more in 0.0_f64..=1.0, risk in 0.001_f64..0.4) {
        let n = f64::from(n);
        let hits = part * n;
        let (low, high) = (at_least(hits, n, risk), at_most(hits, n, risk));
        prop_assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
        prop_assert!(low <= part + 1e-9 && part <= high + 1e-9, "{low} {part} {high}");
        let larger = hits + more * (n - hits);
        prop_assert!(at_least(larger, n, risk) >= low - 1e-12 && at_most(larger, n, risk) >= high - 1e-12);
        prop_assert!(at_least(hits, n, risk * 0.5) <= low + 1e-12 && at_most(hits, n, risk * 0.5) >= high - 1e-12);
        // The same share in twice as many samples is known better.
        prop_assert!(at_least(2.0 * hits, 2.0 * n, risk) >= low - 1e-9);
    }

    /// Samples that are worth less never make an interval narrower; whole ones give the ranks of independent ones.
    #[test]
    fn ranks_widen_with_correlation(n in 1_u64..20_000, quantile in 0.01_f64..0.999, worth in 0.0_f64..=5.0) {
        // A share of them, or so few that they are not worth one in a hundred.
        let worth = if worth <= 1.0 { worth } else { (worth / n as f64).min(1.0) };
        let (all, few) = (Ranks::of(quantile, n, n as f64, RISK), Ranks::of(quantile, n, n as f64 * worth, RISK));
        prop_assert!(few.at_least.unwrap_or(0) <= all.at_least.unwrap_or(0));
        prop_assert!(few.at_most.unwrap_or(n + 1) >= all.at_most.unwrap_or(n + 1));
        for rank in [all.at_least, all.at_most, few.at_least, few.at_most].into_iter().flatten() {
            prop_assert!((1..=n).contains(&rank));
        }
        if let (Some(low), Some(high)) = (all.at_least, all.at_most) {
            prop_assert!(low <= high);
        }
    }

    /// A percentile is at most a sample exactly if the share of samples up to it is shown to be large enough, and at least one exactly if the
    /// share before it is shown to be too small: two ways to say one thing.
    #[test]
    fn a_rank_and_a_share_agree(n in 1_u64..3_000, quantile in 0.01_f64..0.999, worth in 0.05_f64..=1.0) {
        let effective = n as f64 * worth;
        let ranks = Ranks::of(quantile, n, effective, RISK);
        let known = |rank: u64| at_least(rank as f64 / n as f64 * effective, effective, RISK);
        // On the very edge rounding may decide either way.
        match ranks.at_most {
            Some(rank) => {
                prop_assert!(known(rank) >= quantile - 1e-9, "{rank}: {}", known(rank));
                prop_assert!(known(rank - 1) <= quantile + 1e-9, "{rank}: {}", known(rank - 1));
            }
            None => prop_assert!(known(n) <= quantile + 1e-9, "{}", known(n)),
        }
        let before = |rank: u64| at_most((rank - 1) as f64 / n as f64 * effective, effective, RISK);
        match ranks.at_least {
            Some(rank) => {
                prop_assert!(before(rank) <= quantile + 1e-9, "{rank}: {}", before(rank));
                prop_assert!(before(rank + 1) >= quantile - 1e-9, "{rank}: {}", before(rank + 1));
            }
            None => prop_assert!(before(1) >= quantile - 1e-9, "{}", before(1)),
        }
    }
}

/// Bounds of a difference hold the truth as often as they say. All outcomes of two binomial counts are gone through, each with its
/// probability, so that nothing is left to chance.
#[test]
fn a_difference_lies_between_its_bounds() {
    let estimate =
        |hits: f64, n: f64| Estimate { value: hits / n, low: at_least(hits, n, BOTH), high: at_most(hits, n, BOTH) };
    for (one, other) in [((20, 0.5), (8, 0.5)), ((40, 0.9), (10, 0.9)), ((30, 0.95), (10, 0.6)), ((25, 0.0), (9, 0.99))]
    {
        let (all, others) = (f64::from(one.0), f64::from(other.0));
        let mut missed = 0.0;
        for (hits, chance) in (0_u32..).zip(binomial(one.0, one.1)) {
            for (other_hits, other_chance) in (0_u32..).zip(binomial(other.0, other.1)) {
                let told = estimate(f64::from(hits), all).minus(estimate(f64::from(other_hits), others));
                if !(told.low..=told.high).contains(&(one.1 - other.1)) {
                    missed += chance * other_chance;
                }
            }
        }
        assert!(missed <= 2.0 * BOTH, "{one:?} and {other:?}: wrong in {missed}");
    }
    // It shows a difference where there is one, and what is not bounded stays so.
    let told = estimate(180.0, 200.0).minus(estimate(50.0, 50.0));
    assert!(told.low > -0.2 && told.high < 0.0, "{told:?}");
    let open = Estimate { value: 2.0, low: 1.0, high: f64::INFINITY };
    assert_eq!(open.minus(open), Estimate { value: 0.0, low: f64::NEG_INFINITY, high: f64::INFINITY });
}

#[test]
fn events_by_chance_are_poissons() {
    // From tables: P(at most 10 | 4.275) = 0.9957 and P(at most 9) = 0.9875; with 0.01 expected none at all has 0.99005.
    assert_eq!([4.275, 0.01, 1.0, 0.0].map(|expected| most_events(expected, 0.01)), [10, 0, 4, 0]);
    // It ends, whatever is asked.
    assert!(most_events(10.0, 0.0) < 100);
}
