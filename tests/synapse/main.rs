//! Drills over a chat server that nobody here wrote: Synapse, the Matrix homeserver, as it is published.

#[path = "../common/mod.rs"]
mod common;
mod described;
#[path = "../common/installed.rs"]
mod installed;
mod lock;
mod matrix;
mod server;
