//! How long those who were taken away could send: as long as the last of them.

use super::*;
use crate::analysis::Observation;
use crate::analysis::tests::leavers::{by_routes, leaving, of_both};
use crate::journal::Ending;
use crate::verdict::FindingKind;
use TargetOutcome::{Fail, Inconclusive, Pass};

/// What the two leavers sent, held to ten seconds.
fn judged(tries: &[(u32, [u64; 2], bool)]) -> TargetVerdict {
    held(&of_both(tries))
}

fn held(observation: &Observation) -> TargetVerdict {
    let bound = Bound::Time(Span::from_secs(10));
    let plan = Plan { targets: vec![target(None, Metric::TimeToRevoke, Op::Le, bound)], ..leaving() };
    judge(&plan, observation).targets.remove(0)
}

#[test]
fn a_way_of_which_nothing_was_heard_is_not_passed_over() {
    let refused = |account| (account, [61_000, 61_020], 0, Ending::Refused, None);
    let dark = (1, [62_000, 63_000], 1, Ending::Unanswered, None);
    let open = held(&by_routes(&[refused(0), refused(1), dark]));
    assert_eq!((open.verdict, open.observed, open.high), (Inconclusive, Some(1.02), None));
    assert!(open.why.ends_with("; of 2 of the 2 accounts that send order nothing was heard by lite"), "{}", open.why);
    assert_eq!(held(&by_routes(&[refused(0), refused(1)])).verdict, Pass);
    let nothing = held(&by_routes(&[dark]));
    assert_eq!(nothing.verdict, Inconclusive);
    assert!(nothing.why.contains("nobody who was taken away was let in or turned away there"), "{}", nothing.why);
    let findings = judge(&leaving(), &by_routes(&[dark])).findings;
    assert!(findings.iter().all(|finding| finding.kind != FindingKind::NeverRevoked), "{findings:#?}");
}

#[test]
fn what_came_without_an_answer_was_taken() {
    let tries = |sent, received| {
        let late = (0, [sent, sent + 1_000], 0, Ending::Unanswered, Some(received));
        let shut = |account, sent| (account, [sent, sent + 20], 0, Ending::Refused, None);
        held(&by_routes(&[shut(0, 61_000), shut(1, 61_000), late, shut(0, 80_000)]))
    };
    assert_eq!(tries(75_000, 75_030).verdict, Fail);
    assert_eq!(tries(65_000, 65_030).verdict, Inconclusive);
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

#[test]
fn the_finding_counts_those_of_whom_nothing_was_heard_as_well() {
    let findings = judge(&leaving(), &of_both(&[(1, [62_000, 62_020], true)])).findings;
    let open: Vec<_> = findings.iter().filter(|finding| finding.kind == FindingKind::NeverRevoked).collect();
    let said = "1 of 2 accounts that freeze took away could send by dingtalk until the end, and of 1 nothing was heard there: 1 messages";
    assert!(open.len() == 1 && open[0].text.starts_with(said), "{open:#?}");
}
