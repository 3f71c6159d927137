//! Ctrl-C, without an I/O driver.

use std::io::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// The exit code of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// Whether the user wants the program to end. Cheap to clone: every clone is the same flag.
///
/// A flag and not a future, because waking a virtual world from outside would make it depend on real time.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// A flag that only [`raise`](Self::raise) raises.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A flag that the first SIGINT or SIGTERM raises; the second ends the process at once with exit code 130.
    ///
    /// # Errors
    /// If the system refuses the handlers.
    pub fn install() -> Result<Self, Error> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag down, and then raises it.
            signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&flag))?;
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Self(flag))
    }

    /// As [`install`](Self::install), for whoever may have something to put right before the process ends: he hears of every signal, with
    /// how many there were; a second one ends the process if his answer is not that he holds it, and a third always. A terminal that goes
    /// away (SIGHUP) is a signal like the others.
    ///
    /// # Errors
    /// If the system refuses the handlers, or a thread.
    pub fn install_holding(holds: impl Fn(u64) -> bool + Send + 'static) -> Result<Self, Error> {
        let raised = Self::default();
        let flag = raised.clone();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for (count, _) in (1_u64..).zip(signals.forever()) {
                flag.raise();
                let held = holds(count);
                if count > 2 || (count == 2 && !held) {
                    signal_hook::low_level::exit(INTERRUPTED);
                }
            }
        })?;
        Ok(raised)
    }

    /// Whether the flag is up.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Raises the flag.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }
}
