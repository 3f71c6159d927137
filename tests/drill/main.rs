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
mod broken;
mod by_route;
#[path = "../common/mod.rs"]
mod common;
mod counting;
mod decay;
mod documents;
mod drains;
mod endings;
mod erp;
mod foreign_dlp;
mod foreign_documents;
mod foreign_endpoint;
mod foreign_erp;
mod foreign_gateway;
mod foreign_stream;
mod gateway;
mod inspected;
mod leaks;
mod leavers;
mod lifts;
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
mod swallowed;
mod taken_away;
mod told;
mod two_worlds;
mod unobserved;
mod ways;
mod wires;

use common::turns::Turn;

/// Plays a drill, in whichever world, when it is its turn.
fn play(place: &common::Place, world: &str, file: &str, more: &[&str]) -> common::Played {
    let _turn = Turn::to(world);
    if world == "run" { place.play_undisturbed(file, more) } else { place.play(world, file, more) }
}
