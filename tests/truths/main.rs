//! Known truths: drills of which it is known beforehand what their figures must say.

#[path = "../common/mod.rs"]
mod common;
mod outages;

use std::sync::RwLock;

/// Who plays over sockets writes, so that nobody takes the processor away meanwhile; who rehearses reads.
static PROCESSOR: RwLock<()> = RwLock::new(());
