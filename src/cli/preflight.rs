//! What is looked at before anything starts: descriptors and room for the journal.

use std::path::Path;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::journal::{self, WorldKind};
use crate::plan::Plan;
use crate::units::AccountId;

/// Why a drill is not started.
#[derive(Debug, thiserror::Error)]
pub(super) enum PreflightError {
    #[error(
        "this drill needs about {need} open files at once, and the system allows {allowed}; \
         raise the limit (ulimit -n {need}), or plan fewer accounts, routes or messages in flight"
    )]
    Descriptors { need: u64, allowed: u64 },
    #[error(transparent)]
    Room(#[from] journal::RoomError),
}

/// Descriptors that the process itself needs: streams, files, event queue, and some to spare.
const OWN: u64 = 64;

/// A connection through the path to a twin: client, path on both sides, twin.
const EACH: u64 = 4;

/// Checks what the drill will need.
pub(super) fn check(plan: &Plan, world: WorldKind, run: &Path) -> Result<(), PreflightError> {
    if world == WorldKind::Sockets {
        descriptors(plan)?;
    }
    Ok(journal::check_room(plan, run)?)
}

/// Raises the soft limit as far as it may go, if that is needed.
fn descriptors(plan: &Plan) -> Result<(), PreflightError> {
    let need = needed(plan);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|allowed| allowed >= need) {
        return Ok(());
    }
    let raised = maximum.map_or(need, |most| most.min(need));
    let set = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum });
    let allowed = if set.is_ok() { raised } else { current.unwrap_or(raised) };
    if allowed >= need { Ok(()) } else { Err(PreflightError::Descriptors { need, allowed }) }
}

/// Every receiver's connections, and for every journey as many as may be in flight or as there are senders on each route, whichever is more.
fn needed(plan: &Plan) -> u64 {
    let journey = |journey: &crate::plan::Journey| {
        let routes = journey.routes.len() as u64;
        let senders = u64::from(plan.senders(journey).count()) * routes;
        let recipients = u64::from(plan.recipients(journey).count()) * routes;
        senders.max(u64::from(journey.slots)) + recipients
    };
    let regions: std::collections::BTreeSet<_> = (0..)
        .map(AccountId)
        .take(plan.accounts.len())
        .map(|id| plan.region_of(plan.accounts[id.index()].address))
        .collect();
    let listeners = (regions.len() as u64 + 1) * plan.endpoints.len() as u64;
    OWN + listeners + EACH * plan.journeys.iter().map(journey).sum::<u64>()
}
