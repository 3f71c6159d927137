//! When alerts on an error budget would have fired.

use crate::analysis::burn::{Burning, alerted};
use crate::analysis::{Alert, Point};
use crate::plan::Plan;
use crate::units::{Moment, Span};

use super::degraded::availability;
use super::script::{What, completed, journey, ms, plan, refused_within, same};

/// A message a second for so many seconds, bad from `from` until before `to`; the deadline is a second.
fn burnt(objective: f64, seconds: u64, (from, to): (u64, u64)) -> Vec<Alert> {
    let second = Span::from_secs(1);
    let point = |n: u64| {
        let due = ms(n * 1_000);
        Point { due, good_at: (!(from..to).contains(&n)).then_some(due), number: None }
    };
    let mut burning = Burning::new(objective, second, second);
    (0..seconds).map(point).for_each(|point| burning.next(point));
    burning.alerts()
}

fn fired(alerts: &[Alert]) -> Vec<Option<f64>> {
    alerts.iter().map(|alert| alert.fired_s).collect()
}

#[test]
fn at_three_nines_the_first_page_comes_after_fifty_two_seconds() {
    // 1.44 % of the 3,600 messages of an hour are 51.84: the 52nd bad one is due at 7,251 s, and certainly bad a second later. Over
    // five minutes 52 of 300 are far above it. The second page takes 0.6 % of six hours, 129.6 messages, the first ticket 0.3 % of a
    // day, 259.2, and the second 0.1 % of three days, 259.2 as well.
    let after_two_hours = burnt(0.999, 9_000, (7_200, 9_000));
    assert_eq!(fired(&after_two_hours), [52.0, 130.0, 260.0, 260.0].map(|bad| Some(7_200.0 + bad)));
    // Before the drill it is taken to have run well, so that a drill that begins with it is no different.
    let at_once = burnt(0.999, 1_800, (60, 1_800));
    assert_eq!(fired(&at_once)[0], Some(60.0 + 52.0));
}

#[test]
fn a_short_outage_burns_little() {
    // 51 bad ones are short of 51.84.
    assert_eq!(fired(&burnt(0.999, 7_200, (600, 651))), [None; 4]);
    // At 99 % it takes ten times as many for a page, 518.4, and at 100 % there is no budget.
    assert_eq!(fired(&burnt(0.99, 7_200, (600, 1_118)))[0], None);
    assert_eq!(fired(&burnt(0.99, 7_200, (600, 1_119)))[0], Some(1_119.0));
    assert_eq!(burnt(1.0, 7_200, (600, 1_200)), []);
}

#[test]
fn an_alert_goes_off_when_the_short_window_is_clean() {
    let found = burnt(0.999, 7_200, (600, 660));
    // 52 bad ones at 651 s, known at 652. Of five minutes 1.44 % are 4.32 messages: the window that ends with 954 holds five bad
    // ones, 655 to 659, and the one that ends with 955 four; that 955 was good is certain a second later at the latest.
    assert_eq!(found[0].firing, [(ms(652_000), ms(956_000))]);
}

#[test]
fn an_outage_is_noticed_by_what_fires_meanwhile() {
    let during = |targets, what: &dyn Fn(u32) -> What| {
        completed(&Plan { targets, ..plan() }, journey(what)).recovery.remove(0).alerted_s
    };
    // Ten messages a second: at 99 % a page takes 14.4 % of an hour's 36,000, and this outage has 300. Without a promise there is no
    // alert.
    assert_eq!(during(vec![availability(99)], &refused_within(60, 90)), None);
    assert_eq!(during(Vec::new(), &refused_within(60, 90)), None);
    let outage = completed(&plan(), journey(refused_within(60, 90))).journeys.remove(0).outages.remove(0);
    let firing = |from: u64, to| {
        let alert =
            Alert { factor: 14.4, long_s: 3_600.0, short_s: 300.0, fired_s: None, firing: vec![(ms(from), to)] };
        alerted(&[alert], &outage, Span::from_secs(1)).map(Moment::secs_f64)
    };
    assert_eq!(firing(70_000, Moment::MAX), Some(70.0));
    // On already when it began; off before; on when its last message was decided, a deadline after 90.03 s; and later.
    assert_eq!(firing(10_000, ms(70_000)), Some(60.0));
    assert_eq!(firing(10_000, ms(59_999)), None);
    assert!(firing(91_030, Moment::MAX).is_some_and(|at| same(at, 91.03)));
    assert_eq!(firing(91_031, Moment::MAX), None);
}
