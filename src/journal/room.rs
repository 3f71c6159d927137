//! How large a journal will be, and whether there is room for it. Nothing is thinned while a drill runs, so this is asked before.

use std::io;
use std::path::{Path, PathBuf};

use super::block::HEADER;
use crate::limits::{BLOCK_BYTES, OUTPUT_BYTES, TRIED_ADDRESSES};
use crate::plan::{Arrival, Journey, Plan, Recipients, Resend, Route, Url};

// Bytes of a record of a drill of some hours with some hundred accounts, rounded up.
const MESSAGE: u64 = 32;
const RECIPIENT: u64 = 3;
const ATTEMPT: u64 = 48;
const HOP: u64 = 16;
const HIT: u64 = 32;
const RECEIPT: u64 = 20;
const AUDITED: u64 = 48;
/// With the names of a user, a host and a method, as long as they are in general.
const OBSERVED: u64 = 160;
/// With the name of a host, as long as they are in general, and without the addresses that were tried.
const DIALLED: u64 = 64;
/// An address of IPv6 that was dialled.
const TRIED: u64 = 32;
/// Phases, injects, decisions and notes of any drill.
const CONTROL: u64 = 64 * 1024;

/// Why a drill should not be started here.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// The system does not say how much is free.
    #[error("cannot tell how much space is free in {}: {source}; choose another directory with --reports", path.display())]
    Unknown {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Too little.
    #[error(
        "the journal may need {needed} bytes and {} has {free} free: free space, choose another directory with --reports or shorten the drill",
        path.display()
    )]
    TooLittle {
        /// The directory.
        path: PathBuf,
        /// What the journal may need, in bytes.
        needed: u64,
        /// What is free, in bytes.
        free: u64,
    },
}

/// The bytes that the journal of a play of `plan` takes at most, short of clients that connect again without end: every message on each
/// route it may take, every attempt on a connection of its own and hit by every inject.
pub fn estimate_bytes(plan: &Plan) -> u64 {
    let records = plan.journeys.iter().map(|journey| estimate_journey(plan, journey)).fold(0, u64::saturating_add);
    // A block a second, and one whenever one is full.
    let seconds = plan.end().nanos() / 1_000_000_000 + plan.grace.nanos() / 1_000_000_000 + 2;
    let blocks = seconds.saturating_add(records / BLOCK_BYTES as u64);
    let start = plan.canonical_json().len() as u64 + 1_024;
    // Each call, with what it said, of which every byte may be escaped; an undo is tried twice.
    let calls = plan.actions().count() as u64 * 3 * (6 * OUTPUT_BYTES as u64 + 1_024);
    let records = records.saturating_add(estimate_observed(plan, seconds));
    records.saturating_add(blocks.saturating_mul(HEADER as u64)).saturating_add(CONTROL + start + calls)
}

/// Every way in as busy as its limit allows, all the time. Whatever is over the limit is counted second by second.
fn estimate_observed(plan: &Plan, seconds: u64) -> u64 {
    let each = OBSERVED + TRIED * TRIED_ADDRESSES as u64 + HIT * plan.injects.len() as u64;
    let way = |way: &crate::plan::DrillWay| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        let asked = libm::ceil((way.limit.per_second() + 1.0) * seconds as f64) as u64;
        asked.saturating_mul(each)
    };
    plan.ways_in.iter().map(way).fold(0, u64::saturating_add)
}

fn estimate_journey(plan: &Plan, journey: &Journey) -> u64 {
    let planned = journey.planned(plan.end().since(crate::units::Moment::ZERO));
    let messages = match journey.arrival {
        Arrival::Constant => planned,
        // Five standard deviations above the mean of any count over 1,600, and then some.
        Arrival::Poisson => planned.saturating_add(planned / 8).saturating_add(100),
    };
    let recipients = match journey.to {
        Recipients::One(_) => 1,
        Recipients::All(group) => plan.groups.get(group.index()).map_or(1, |group| u64::from(group.count)),
    };
    let resent = journey.failover.as_ref().is_some_and(|failover| failover.resend == Resend::Unconfirmed);
    let attempts = if resent { journey.routes.len() as u64 } else { 1 };
    // Whom it calls on its way, an identity's provider for one, may be dialled by name too.
    let named = |url: &Url| url.address().is_none();
    let others = |id| plan.other_names(id).iter().any(named);
    let by_name = plan.endpoint_ids().any(|(id, part)| part.url.as_ref().is_some_and(named) || others(id));
    let dialled = if by_name { DIALLED + TRIED * TRIED_ADDRESSES as u64 } else { 0 };
    let attempt = ATTEMPT + HOP + dialled + HIT * plan.injects.len() as u64;
    // A gateway's tries, and what it has inspected, are as long as attempts, and the tries may all arrive.
    let sent_on =
        |route: &Route| u64::from(plan.legs(route.endpoint)) + u64::from(plan.inspection(route.endpoint).is_some());
    let taken = || journey.routes.iter().take(usize::try_from(attempts).unwrap_or(usize::MAX));
    let legs: u64 = taken().map(sent_on).sum();
    // An audit trail tells of each of them, and of a message that was refused after all of them.
    let audited = taken().filter(|route| plan.audits().any(|(id, _)| id == route.endpoint));
    let told: u64 = audited.map(|route| sent_on(route) + 1).sum();
    let tries = attempts + legs;
    let message = MESSAGE + (RECIPIENT + RECEIPT * tries) * recipients + attempt * tries + AUDITED * told;
    messages.saturating_mul(message)
}

/// The bytes that an ordinary user may still write to the file system of `directory`.
pub fn free_bytes(directory: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(directory)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Checks before the start that the journal of `plan` fits into `directory`, which must exist.
pub fn check_room(plan: &Plan, directory: &Path) -> Result<(), RoomError> {
    let path = || directory.to_path_buf();
    let free = free_bytes(directory).map_err(|source| RoomError::Unknown { path: path(), source })?;
    let needed = estimate_bytes(plan);
    if needed > free { Err(RoomError::TooLittle { path: path(), needed, free }) } else { Ok(()) }
}
