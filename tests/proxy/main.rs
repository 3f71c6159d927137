//! `firedrill proxy` from outside: the program, its control interface, and programs that talk through it.

#![expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]

mod accounts;
mod at_once;
mod busy;
mod daemon;
mod effects;
mod floods;
mod forged;
mod interface;
mod json;
mod leases;
mod metrics;
mod native;
mod platforms;
mod populate;
mod safety;
mod upstream;
mod virtual_time;
mod ways;
mod words;
