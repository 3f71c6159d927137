//! HTTP/2 through a way in where TLS ends, from outside: programs that nobody wrote for this, and frames that nobody should write, before a
//! real server. What the programs need is installed under `target/foreign`, in fixed versions with fixed digests.

#![expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]

mod bodiless;
mod certified;
#[path = "../common/mod.rs"]
mod common;
#[path = "../proxy/daemon.rs"]
#[expect(dead_code, reason = "each test program takes what it needs")]
mod daemon;
mod drill;
mod guarded;
mod hostile;
#[path = "../common/installed.rs"]
mod installed;
mod programs;
mod rig;
mod streams;
