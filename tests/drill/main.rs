//! Whole drills from outside: a foreign endpoint's own log, verdicts that nothing supports, and the two worlds against each other.

#[path = "../common/mod.rs"]
mod common;
mod endings;
mod foreign_endpoint;
mod foreign_stream;
mod no_vacuous_pass;
mod others;
mod receipts;
mod senders;
mod shipped;
mod two_worlds;
mod ways;

use std::sync::RwLock;

/// Who measures time in sockets writes, so that no rehearsal takes the processor away meanwhile; everybody else reads.
static PROCESSOR: RwLock<()> = RwLock::new(());
