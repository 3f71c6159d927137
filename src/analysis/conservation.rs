//! Nothing may appear or vanish. A sentence here is a bug in firedrill, unless a gap explains it.

use super::{Cell, Deliveries, Folds, JourneyFigures, Messages};

/// Every broken line, one sentence each.
pub(super) fn check(
    folds: &Folds,
    finished: bool,
    journeys: &[JourneyFigures],
    (m, d): (&Messages, &Deliveries),
) -> Vec<String> {
    let mut broken: Vec<String> = journeys.iter().flat_map(|figures| by_blame(folds, finished, figures)).collect();
    let sum = m.accepted + m.refused + m.indeterminate + m.unsent + m.open;
    if m.intended != sum {
        broken
            .push(format!("intended {} is not accepted + refused + indeterminate + unsent + open = {sum}", m.intended));
    }
    let sum = d.delivered + d.lost + d.pending;
    if d.owed != sum {
        broken.push(format!("owed {} is not delivered + lost + pending = {sum}", d.owed));
    }
    if folds.live.messages != *m {
        broken.push(format!("counted as they came, messages are {:?}; counted again, {m:?}", folds.live.messages));
    }
    // What follows compares with records that a gap may have swallowed.
    if folds.gaps.is_empty() {
        broken.extend(against_records(folds, finished, m, d));
    }
    broken
}

/// In each phase and on each route every message that was judged is good or blamed on somebody, and at the end every message was judged
/// but for those that the sender is to blame for, and those that were rightly blocked.
fn by_blame(folds: &Folds, finished: bool, figures: &JourneyFigures) -> Vec<String> {
    let routes = &folds.plan.journeys[figures.journey.index()].routes;
    let place = |cell: &Cell| {
        let route = &folds.plan.endpoints[routes[cell.route.index()].endpoint.index()].name;
        format!("{}, phase {}, route {route}", figures.id, folds.plan.phases[cell.phase.index()].name)
    };
    let lines = |cell: &Cell| [unblamed(cell), unjudged(cell).filter(|_| finished)];
    let complaints = |cell| lines(cell).into_iter().flatten().map(move |line| format!("{}: {line}", place(cell)));
    figures.cells.iter().flat_map(complaints).collect()
}

fn unblamed(cell: &Cell) -> Option<String> {
    let (valid, sum) = (cell.valid, cell.good + cell.blame.system + cell.blame.injected);
    (valid != sum).then(|| format!("valid {valid} is not good + blamed on the system + blamed on injects = {sum}"))
}

fn unjudged(cell: &Cell) -> Option<String> {
    let (intended, sum) = (cell.messages.intended, cell.valid + cell.blame.sender + cell.blocked);
    (intended != sum).then(|| format!("intended {intended} is not valid + blamed on the sender + blocked = {sum}"))
}

fn against_records(folds: &Folds, finished: bool, m: &Messages, d: &Deliveries) -> Vec<String> {
    let mut broken = Vec::new();
    let mut unless_zero = |count: u64, what: &str| {
        if count > 0 {
            broken.push(format!("{count} {what}"));
        }
    };
    let misfits = |of: fn(&super::misfits::Misfits) -> u64| {
        folds.courses.iter().map(|course| of(&course.ledger.misfits)).sum::<u64>()
    };
    unless_zero(misfits(|misfits| misfits.repeated), "messages are recorded as due, or as given up, twice");
    unless_zero(misfits(|misfits| misfits.beyond), "messages have numbers beyond what the plan can reach");
    unless_zero(
        misfits(|misfits| misfits.strangers),
        "receipts or refusals are by accounts that the message was not for",
    );
    unless_zero(folds.foreign, "records belong to journeys that the plan does not have");
    unless_zero(
        misfits(|misfits| misfits.both),
        "messages are recorded as given up without an attempt, and as attempted",
    );
    let overdue = misfits(|misfits| misfits.overdue_receipts);
    if finished {
        let orphans = folds.courses.iter().map(|course| course.ledger.orphans() as u64).sum();
        unless_zero(orphans, "records belong to messages that were never due");
        unless_zero(m.open, "messages are open after the drain");
        unless_zero(d.pending, "deliveries are pending after the drain");
        let sum = d.delivered + d.unacknowledged + d.duplicated + d.strayed + overdue;
        if folds.receipts != sum {
            let receipts = folds.receipts;
            broken
                .push(format!("received {receipts} is not delivered + unacknowledged + duplicated + strayed = {sum}"));
        }
    }
    if folds.messages != m.intended {
        broken.push(format!("{} messages are recorded as due, {} are counted", folds.messages, m.intended));
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::tests::script::{completed, journey, plan, refused_within};

    #[test]
    fn every_judged_message_is_good_or_blamed() {
        let cell = completed(&plan(), journey(refused_within(60, 90))).journeys.remove(0).cells.remove(1);
        assert_eq!((unblamed(&cell), unjudged(&cell)), (None, None));
        // 300 of 600 were refused, and no inject hit: they are the system's.
        let mut other = cell.clone();
        other.blame.system -= 1;
        let line = "valid 600 is not good + blamed on the system + blamed on injects = 599";
        assert_eq!((unblamed(&other).as_deref(), unjudged(&other)), (Some(line), None));
        let mut other = cell;
        other.messages.intended += 2;
        other.blame.sender += 1;
        let line = "intended 602 is not valid + blamed on the sender + blocked = 601";
        assert_eq!((unblamed(&other), unjudged(&other).as_deref()), (None, Some(line)));
    }
}
