//! What drills do outside, from outside: that the undo stands on disk first, and that every end undoes.

mod cleaning;
#[path = "../common/mod.rs"]
mod common;
mod ends;
mod programs;
mod refusals;
mod requests;
mod rig;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod synced;
