//! The commands from outside: bad luck of every kind, exit codes, and what a recorded run is good for.

mod budgets;
mod claims;
#[path = "../common/mod.rs"]
mod common;
mod compare;
mod coverage;
mod disturbed;
mod documented;
mod environment;
mod lints;
mod previous;
mod recorded;
mod runs;
mod usage;
mod values;
