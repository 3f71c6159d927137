//! `firedrill twin` from outside: what it prints, whom it answers, what it writes down, and how it ends.

#[path = "../common/mod.rs"]
mod common;
mod config;
mod coverage;
mod endings;
mod forms;
mod hostile;
mod large;
mod ledger;
mod plain;
mod real;
mod rig;
mod tls;
