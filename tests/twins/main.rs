//! Each platform's twin, spoken to over HTTP and WebSocket as a client speaks to the platform itself, in both worlds.
//!
//! What takes minutes is asked in virtual time alone: there a bound holds exactly, and the code is the same.

#[macro_use]
#[path = "../common/two_worlds.rs"]
mod two_worlds;

mod client;
mod dingtalk;
mod dlp;
mod documents;
mod erp;
mod gateway;
mod mail;
mod matrix;
mod sso;
mod teams;
