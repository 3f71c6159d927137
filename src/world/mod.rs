//! The seam between the two worlds: real sockets in real time, or memory in virtual time.
//!
//! [`World`] is the only door to time, network and chance. Which of the two it leads to is chosen once, by [`enter_sockets`] or
//! [`enter_virtual`], and is matched in no file outside this module: everything above runs the same code in both.
//! Why it is built this way, and what was measured, is in `docs/decisions/0001-two-worlds.md`.

#[cfg_attr(not(target_os = "linux"), path = "bell_thread.rs")]
mod bell;
mod clock;
mod descriptors;
#[cfg_attr(not(target_os = "linux"), path = "no_filter.rs")]
mod filter;
mod gate;
mod hyper_timer;
mod interrupt;
mod io;
mod lead;
mod leap;
mod listening;
mod memory;
mod messages;
mod net;
mod pipe;
mod sockets;
#[cfg_attr(not(target_os = "linux"), path = "no_splice.rs")]
mod splice;
pub mod tasks;
mod timer;
pub mod tls;
mod websocket;

use std::io::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::draw::Seed;

pub use clock::{Clock, Elapsed, Until};
pub use gate::Gate;
pub use hyper_timer::HyperTimer;
pub use interrupt::{Hold, Interrupt, survive_file_limit};
pub use io::Io;
pub use lead::Timing;
pub use messages::Messages;
pub use net::{Conn, Dial, Listener, Net, Resetter};
pub use splice::Pipe;
pub use tasks::Tasks;
pub use websocket::{bare, websocket, websocket_on};

/// Time, network and chance. Cheap to clone: every clone is the same world.
#[derive(Clone, Debug)]
pub struct World {
    /// The only source of time.
    pub clock: Clock,
    /// The only way to another party.
    pub net: Net,
    /// The only source of chance.
    pub seed: Seed,
}

/// Runs `f` over real sockets in real time, on a runtime with one worker thread a core. The world begins, at
/// [`Moment::ZERO`](crate::units::Moment::ZERO), when `f` is called; tasks that are left when it returns are dropped.
///
/// The runtime has no timer of its own: whatever sleeps through tokio and not through [`Clock`] panics, in both worlds.
///
/// # Errors
/// If the system gives no threads or no event queue.
pub fn enter_sockets<T>(seed: Seed, f: impl AsyncFnOnce(World) -> T) -> Result<T, Error> {
    enter(&mut tokio::runtime::Builder::new_multi_thread(), seed, Timing::normal(), f)
}

/// As [`enter_sockets`], with so many worker threads, or one a core if that is `None`. `f` itself runs on the caller's thread: with one
/// worker nothing that the tasks do is handed from one thread to another, and what `f` does keeps none of them waiting.
///
/// # Errors
/// As `enter_sockets`.
pub fn enter_sockets_beside<T>(
    seed: Seed,
    workers: Option<NonZeroUsize>,
    f: impl AsyncFnOnce(World) -> T,
) -> Result<T, Error> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = workers {
        builder.worker_threads(workers.get());
    }
    enter(&mut builder, seed, Timing::normal(), f)
}

/// As [`enter_sockets`], on so many threads, and wakes as exactly as `timing` says. On one thread, which is the caller's, nothing is ever
/// handed from one to another: it is the quickest for little traffic.
///
/// # Errors
/// As `enter_sockets`.
pub fn enter_sockets_with<T>(
    seed: Seed,
    threads: NonZeroUsize,
    timing: Timing,
    f: impl AsyncFnOnce(World) -> T,
) -> Result<T, Error> {
    let mut builder = match threads.get() {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    enter(builder.worker_threads(threads.get()), seed, timing, f)
}

fn enter<T>(
    builder: &mut tokio::runtime::Builder,
    seed: Seed,
    timing: Timing,
    f: impl AsyncFnOnce(World) -> T,
) -> Result<T, Error> {
    descriptors::make_room();
    let runtime = builder.enable_io().build()?;
    let timers = {
        let _within = runtime.enter();
        Arc::new(timer::Timers::new(timing)?)
    };
    let ringing = Arc::clone(&timers);
    runtime.spawn(async move { ringing.run().await });
    let world = World { clock: Clock::real(timers), net: Net::sockets(), seed };
    Ok(runtime.block_on(f(world)))
}

/// Runs `f` in memory and in virtual time, on this thread alone: time stands still while anybody has something to do, and then
/// leaps to the next timer. Tasks that are left when `f` returns are dropped.
///
/// With no timer pending and nobody able to go on, time has nowhere to leap to and this never returns: whoever starts a world must
/// hold a timer for its end.
///
/// # Errors
/// If the runtime cannot be built.
pub fn enter_virtual<T>(seed: Seed, f: impl AsyncFnOnce(World) -> T) -> Result<T, Error> {
    let leaps = leap::Leaps::new();
    let idle = Arc::clone(&leaps);
    // No drivers: whoever sleeps through tokio panics here, too, and nothing but a leap wakes a world in which all wait.
    let runtime = tokio::runtime::Builder::new_current_thread().on_thread_park(move || idle.leap()).build()?;
    runtime.block_on(async {
        Ok(f(World { net: Net::memory(Arc::clone(&leaps)), clock: Clock::leaping(leaps), seed }).await)
    })
}
