//! Whole drills from outside: a foreign endpoint's own log, verdicts that nothing supports, and the two worlds against each other.

/// Expands each case, a function of a world, into one test a world.
macro_rules! in_both {
    ($($case:ident),* $(,)?) => {$(
        mod $case {
            #[test]
            fn virtual_() {
                super::cases::$case("rehearse");
            }
            #[test]
            fn sockets() {
                super::cases::$case("run");
            }
        }
    )*};
}

mod aborts;
mod audit;
#[path = "../common/mod.rs"]
mod common;
mod documents;
mod endings;
mod erp;
mod foreign_endpoint;
mod foreign_gateway;
mod foreign_stream;
mod gateway;
mod inspected;
mod leaks;
mod mail;
mod matrix;
mod no_vacuous_pass;
mod one_identity;
mod others;
mod receipts;
mod returns;
mod senders;
mod shipped;
mod sso;
mod told;
mod two_worlds;
mod ways;
mod wires;

use std::sync::{PoisonError, RwLock};

/// Who measures time in sockets writes, so that no rehearsal takes the processor away meanwhile; everybody else reads.
static PROCESSOR: RwLock<()> = RwLock::new(());

/// Plays a drill, in whichever world, with the processor to itself if it measures time.
fn play(place: &common::Place, world: &str, file: &str, more: &[&str]) -> common::Played {
    if world == "run" {
        let _alone = PROCESSOR.write().unwrap_or_else(PoisonError::into_inner);
        return place.play_undisturbed(file, more);
    }
    let _guard = PROCESSOR.read().unwrap_or_else(PoisonError::into_inner);
    place.play(world, file, more)
}
