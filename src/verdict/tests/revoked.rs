//! How long those who were taken away could send: as long as the last of them.

use super::*;
use crate::analysis::tests::leavers::{leaving, of_both};
use crate::verdict::FindingKind;
use TargetOutcome::{Fail, Inconclusive, Pass};

/// What the two leavers sent, held to ten seconds.
fn judged(tries: &[(u32, [u64; 2], bool)]) -> TargetVerdict {
    let bound = Bound::Time(Span::from_secs(10));
    let plan = Plan { targets: vec![target(None, Metric::TimeToRevoke, Op::Le, bound)], ..leaving() };
    judge(&plan, &of_both(tries)).targets.remove(0)
}

#[test]
fn one_leaver_who_is_refused_does_not_pass_for_another_who_is_not() {
    let [first, second] = [(0, [61_000, 61_020], false), (1, [62_000, 62_020], true)];
    let open = judged(&[first, second, (0, [63_000, 63_020], false)]);
    assert_eq!((open.verdict, open.observed, open.low, open.high), (Inconclusive, None, Some(2.0), None));
    assert!(
        open.why.ends_with("refused no message for who sent it after order.1 of purchasing-2 at 62 s"),
        "{}",
        open.why
    );
    let late = judged(&[first, second, (1, [75_000, 75_020], true)]);
    assert_eq!((late.verdict, late.observed), (Fail, None), "{}", late.why);
    let shut = judged(&[first, second, (1, [65_000, 65_020], false)]);
    assert_eq!((shut.verdict, shut.observed, shut.low), (Pass, Some(5.02), Some(2.0)));
    let said = "order by dingtalk was open longest, and took 1 messages, the last order.1 of purchasing-2 at 62 s; refused for good was order.2 of \
                purchasing-2 at 65.02 s";
    assert_eq!(shut.why, said);
}

#[test]
fn a_leaver_of_whom_nothing_is_heard_leaves_it_open() {
    let told = judged(&[(0, [61_000, 61_020], false)]);
    assert_eq!((told.verdict, told.observed, told.high), (Inconclusive, Some(1.02), None));
    assert!(
        told.why.ends_with("; of 1 of the 2 accounts that send order nothing was heard by dingtalk"),
        "{}",
        told.why
    );
    // One who is let in for too long is enough.
    let late = judged(&[(0, [75_000, 75_020], true), (0, [76_000, 76_020], false)]);
    assert_eq!(late.verdict, Fail, "{}", late.why);
}

#[test]
fn a_way_that_stays_open_is_a_finding_that_names_the_account() {
    let tries = [(0, [61_000, 61_020], false), (1, [62_000, 62_020], true), (0, [63_000, 63_020], false)];
    let plan = leaving();
    let findings = judge(&plan, &of_both(&tries)).findings;
    let open: Vec<_> = findings.iter().filter(|finding| finding.kind == FindingKind::NeverRevoked).collect();
    let said = "1 of 2 accounts that freeze took away could send by dingtalk until the end: 1 messages of order (chat) were taken, the last 2.00 s \
                after it, and it refused no message for who sent it after order.1 of purchasing-2 at 62 s";
    assert_eq!(open.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), [said]);
}
