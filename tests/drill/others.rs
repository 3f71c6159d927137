//! How much of the processor others take: a probe that does the same small work again and again, and tells how much longer it took in the
//! four cases of five than at its best.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// About two milliseconds of work in a build without optimisation, as much as a message makes in all.
const WORK: u64 = 150_000;

pub(crate) struct Probe {
    stop: Arc<AtomicBool>,
    probing: JoinHandle<Vec<Duration>>,
}

impl Probe {
    /// Starts probing, for a twentieth of one core.
    #[expect(clippy::disallowed_methods, reason = "it measures the machine, from outside")]
    pub(crate) fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let probing = std::thread::spawn(move || {
            let mut took = Vec::new();
            while !seen.load(Ordering::Acquire) {
                let due = Instant::now() + Duration::from_millis(40);
                std::thread::sleep(Duration::from_millis(40));
                black_box((0..WORK).fold(0_u64, |sum, n| black_box(sum ^ n)));
                took.push(due.elapsed());
            }
            took
        });
        Self { stop, probing }
    }

    /// By what factor work took longer at most, in four cases of five, from when it was due to when it was done: 1 on a machine with
    /// nothing else to do. Four of five, because in a phase with an outage a third of the messages is late anyway, and so the median of
    /// all is the slowest fifth of the others.
    pub(crate) fn stretch(self) -> f64 {
        self.stop.store(true, Ordering::Release);
        let mut took = self.probing.join().expect("no panic");
        took.sort();
        took[took.len() * 4 / 5].as_secs_f64() / took[0].as_secs_f64()
    }
}
