use crate::analysis::{Failures, Messages};
use crate::journal::{Attempt, End, Ending, Event, Record};
use crate::units::{AccountId, RouteId, Span};

use super::script::{
    ORDER, What, attempt, control, fold, journey, message, ms, plan, receipt, records, refused_within, seal,
};

const PRIMARY: RouteId = RouteId(0);

#[test]
fn pending_deliveries_and_the_moment_to_wait_until() {
    let grace = Span::from_secs(10);
    let mut all = [records(0, ms(0), What::Lost), records(1, ms(100), What::Lost)].concat();
    let folds = fold(&plan(), &all);
    assert_eq!((folds.pending(), folds.drained_by(grace)), (2, Some(ms(10_120))));
    // The later one is in: what is left was acknowledged at 20 ms.
    all.push(Record::Receipt(receipt(1, ms(150))));
    let folds = fold(&plan(), &all);
    assert_eq!((folds.pending(), folds.drained_by(grace)), (1, Some(ms(10_020))));
    all.push(Record::Receipt(receipt(0, ms(160))));
    let folds = fold(&plan(), &all);
    assert_eq!((folds.pending(), folds.drained_by(grace)), (0, None));
    assert_eq!(folds.counts(), Messages { intended: 2, accepted: 2, ..Messages::default() });
}

fn run(attempts: &[(u64, Ending)]) -> (u32, Option<crate::units::Moment>) {
    let mut all: Vec<Record> = Vec::new();
    for (number, (done, ending)) in (0_u32..).zip(attempts) {
        all.push(message(number, ms(0)));
        all.push(Record::Attempt(Attempt { done: ms(*done), ..attempt(number, ms(0), *ending) }));
    }
    let folds = fold(&plan(), &all);
    let failures = folds.failures(ORDER, PRIMARY, None).unwrap();
    (failures.in_a_row(), failures.since())
}

#[test]
fn failures_in_a_row_by_moment_of_ending() {
    use Ending::{Acknowledged, NotSent, Refused, Unanswered};
    assert_eq!(run(&[(10, Refused), (20, NotSent), (30, Unanswered)]), (3, Some(ms(10))));
    assert_eq!(run(&[(10, Refused), (20, Acknowledged), (30, Refused)]), (1, Some(ms(30))));
    // Records may come out of order: the acknowledgement at 20 stands between the failures all the same.
    assert_eq!(run(&[(10, Refused), (30, Refused), (20, Acknowledged)]), (1, Some(ms(30))));
    assert_eq!(run(&[(20, Acknowledged), (10, Refused)]), (0, None));
    assert_eq!(run(&[(30, Refused), (10, Refused)]), (2, Some(ms(10))));
}

#[test]
fn failures_by_account_and_after_a_switch() {
    let all: Vec<Record> = (0..5).flat_map(|number| records(number, ms(0), What::Refused)).collect();
    let folds = fold(&plan(), &all);
    let of = |folds: &crate::analysis::Folds, who| folds.failures(ORDER, PRIMARY, who).map(Failures::in_a_row);
    assert_eq!(of(&folds, None), Some(5));
    assert_eq!((of(&folds, Some(AccountId(0))), of(&folds, Some(AccountId(1)))), (Some(3), Some(2)));
    assert_eq!(folds.failures(ORDER, RouteId(1), None), None);
    // Back on the primary, its old failures do not count.
    let back = Event::Switched { journey: ORDER, account: None, from: RouteId(1), to: PRIMARY };
    let folds = fold(&plan(), &[all, vec![control(ms(9_000), back)]].concat());
    assert_eq!((of(&folds, None), of(&folds, Some(AccountId(0)))), (None, None));
}

#[test]
fn a_live_view_on_the_way_changes_nothing() {
    let mut all = journey(refused_within(60, 90));
    all.push(seal(End::Completed));
    let offline = fold(&plan(), &all).observe(None);
    let half = all.len() / 2;
    let mut folds = fold(&plan(), &all[..half]);
    let live = folds.observe(Some(ms(80_000)));
    assert_eq!((live.position, live.finished), (half as u64, false));
    for (position, record) in (half as u64..).zip(&all[half..]) {
        folds.record(position, record);
    }
    assert_eq!(folds.observe(Some(ms(80_000))), offline);
    assert_eq!(folds.observe(None), offline);
}
