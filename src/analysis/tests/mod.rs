//! Known truths: drills whose figures were worked out by hand.

mod actions;
pub(crate) mod audits;
mod bounded;
mod burn;
mod chance;
mod degraded;
mod failed;
mod flows;
mod known;
pub(crate) mod leavers;
mod ledger;
mod lineup;
mod live;
mod looks;
mod meanwhile;
pub(crate) mod observed;
mod onward;
mod order;
mod outages;
mod relied;
mod rpa;
pub(crate) mod script;
mod sender;
mod shared;
mod touched;
mod windows;
