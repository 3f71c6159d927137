//! Who may play now, on a machine of few cores. A play over sockets waits for most of its time, so that several go beside each other; a
//! rehearsal takes as much of a core as it gets. Together they leave room for whoever measures.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::available_parallelism;

/// Plays over sockets, and rehearsals, that go on now.
static PLAYING: Mutex<(usize, usize)> = Mutex::new((0, 0));
static ENDED: Condvar = Condvar::new();

/// The turn to play, until it is dropped.
pub(crate) struct Turn {
    real: bool,
}

impl Turn {
    /// The turn to play in this world, `run` or `rehearse`, as soon as there is room.
    pub(crate) fn to(world: &str) -> Self {
        let real = world == "run";
        let cores = available_parallelism().map_or(1, usize::from);
        let full = |(runs, rehearsals): &mut (usize, usize)| {
            if real { *runs >= 4 * cores } else { 2 * *rehearsals >= cores }
        };
        let playing = PLAYING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut playing = ENDED.wait_while(playing, full).unwrap_or_else(PoisonError::into_inner);
        *count(&mut playing, real) += 1;
        Self { real }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *count(&mut PLAYING.lock().unwrap_or_else(PoisonError::into_inner), self.real) -= 1;
        ENDED.notify_all();
    }
}

fn count((runs, rehearsals): &mut (usize, usize), real: bool) -> &mut usize {
    if real { runs } else { rehearsals }
}
