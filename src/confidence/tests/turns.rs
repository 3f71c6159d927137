//! Rows of several accounts that take turns.

use super::super::{Along, Pairs, RISK, at_least};
use super::{Dice, near, pairs, series};

/// Ten accounts take turns, each in bad spells of its own.
fn in_turns(dice: &mut Dice, share: f64, rho: f64, n: usize) -> Vec<bool> {
    let each: Vec<Vec<bool>> = (0..ACCOUNTS).map(|_| series(dice, share, rho, n / ACCOUNTS)).collect();
    (0..n).map(|number| each[number % ACCOUNTS][number / ACCOUNTS]).collect()
}

const ACCOUNTS: usize = 10;

/// What befalls one account of ten is no news each time, although those due one after the other are independent.
#[test]
fn a_bad_spell_of_one_account_is_one_piece_of_news() {
    const N: usize = 2_000;
    let wrong = |rho: f64, own: bool| -> usize {
        let is_wrong = |seed: &u64| {
            let all = in_turns(&mut Dice::new(*seed), 0.05, rho, N);
            let mut pairs = pairs(&all);
            for account in (0..ACCOUNTS).filter(|_| own) {
                let mine: Vec<bool> = all.iter().skip(account).step_by(ACCOUNTS).copied().collect();
                mine.windows(2).for_each(|two| pairs.record_along(Along::Source, two[0], two[1]));
            }
            let effective = pairs.effective(N as u64);
            let good = all.iter().filter(|bad| !**bad).count() as f64 / N as f64;
            at_least(good * effective, effective, RISK) > 0.95
        };
        (0..1_000).filter(is_wrong).count()
    };
    // In the order of all alone, the bound would be wrong in one play of four; 78 as above.
    assert!(wrong(0.8, false) > 200, "{}", wrong(0.8, false));
    for rho in [0.0, 0.5, 0.8] {
        assert!(wrong(rho, true) <= 78, "{rho}: {}", wrong(rho, true));
    }
}

#[test]
fn the_row_in_which_neighbours_are_most_alike_counts() {
    // Two take turns, and one of them is bad: alike in its own row alone. 15 of each, and each is what it was before: worth 1.
    let mut two = Pairs::default();
    (0..29).for_each(|number| two.record(number % 2 == 0, number % 2 == 1));
    assert!(near(two.effective(30), 30.0, 1e-12));
    for _ in 0..14 {
        two.record_along(Along::Destination, true, true);
        two.record_along(Along::Destination, false, false);
    }
    assert!(near(two.correlation(), 1.0, 1e-12) && near(two.effective(30), 1.0, 1e-12));
    // As much as one is alike in the row of all, others cannot make up for.
    let mut row = pairs(&[false, false, true, true, true, false, false]);
    let alone = row.effective(7);
    (0..6).for_each(|number| row.record_along(Along::Source, number % 2 == 0, number % 2 == 1));
    assert!(near(row.effective(7), alone, 1e-12) && alone < 7.0);
}
