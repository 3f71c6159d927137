//! The twins, spoken to over HTTP by whoever likes, in both worlds.

#[macro_use]
#[path = "../common/two_worlds.rs"]
mod two_worlds;

mod teams;
