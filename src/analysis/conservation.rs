//! Nothing may appear or vanish. A sentence here is a bug in firedrill, unless a gap explains it.

use super::{Deliveries, Folds, Messages};

/// Every broken line, one sentence each.
pub(super) fn check(folds: &Folds, finished: bool, messages: &Messages, deliveries: &Deliveries) -> Vec<String> {
    let mut broken = Vec::new();
    let m = messages;
    let sum = m.accepted + m.refused + m.indeterminate + m.unsent + m.open;
    if m.intended != sum {
        broken
            .push(format!("intended {} is not accepted + refused + indeterminate + unsent + open = {sum}", m.intended));
    }
    let d = deliveries;
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

fn against_records(folds: &Folds, finished: bool, m: &Messages, d: &Deliveries) -> Vec<String> {
    let mut broken = Vec::new();
    let mut unless_zero = |count: u64, what: &str| {
        if count > 0 {
            broken.push(format!("{count} {what}"));
        }
    };
    let misfits = |of: fn(&super::ledger::Misfits) -> u64| folds.ledgers.iter().map(|l| of(&l.misfits)).sum::<u64>();
    unless_zero(misfits(|misfits| misfits.repeated), "messages are recorded as due, or as given up, twice");
    unless_zero(misfits(|misfits| misfits.beyond), "messages have numbers beyond what the plan can reach");
    unless_zero(
        misfits(|misfits| misfits.strangers),
        "receipts or refusals are by accounts that the message was not for",
    );
    unless_zero(folds.foreign, "records belong to journeys that the plan does not have");
    let tried = folds.ledgers.iter().flat_map(super::ledger::Ledger::rows);
    let both = tried.filter(|(_, row, _)| row.unsent.is_some() && row.attempts > 0).count() as u64;
    unless_zero(both, "messages are recorded as given up without an attempt, and as attempted");
    if finished {
        let orphans = folds.ledgers.iter().map(|ledger| ledger.orphans() as u64).sum();
        unless_zero(orphans, "records belong to messages that were never due");
        unless_zero(m.open, "messages are open after the drain");
        unless_zero(d.pending, "deliveries are pending after the drain");
        let sum = d.delivered + d.unacknowledged + d.duplicated;
        if folds.receipts != sum {
            let receipts = folds.receipts;
            broken.push(format!("received {receipts} is not delivered + unacknowledged + duplicated = {sum}"));
        }
    }
    if folds.messages != m.intended {
        broken.push(format!("{} messages are recorded as due, {} are counted", folds.messages, m.intended));
    }
    broken
}
