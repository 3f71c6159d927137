//! Known truths: drills whose figures were worked out by hand.

mod ledger;
mod live;
mod order;
mod outages;
pub(crate) mod script;
mod sender;
mod touched;
