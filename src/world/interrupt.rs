//! Ctrl-C, without an I/O driver.

use std::io::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

/// The exit code of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// Whether a signal may end the process at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold(Held);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Nothing,
    Something,
    Given(u8),
}

impl Hold {
    /// Nothing is to be put right: the second signal ends it as interrupted.
    pub const NOTHING: Self = Self(Held::Nothing);
    /// Something is being put right: it goes on.
    pub const SOMETHING: Self = Self(Held::Something);

    /// Something will stay as it is: the process ends with this exit code.
    pub fn given_up(code: u8) -> Self {
        Self(Held::Given(code))
    }
}

/// Makes writes beyond the limit of a file's size (`ulimit -f`) fail with an error, where the signal that comes with it would end the process
/// with everything left as it is. Programs that are started have the system's own answer to the signal again.
///
/// # Errors
/// If the system refuses the handler.
pub fn survive_file_limit() -> Result<(), Error> {
    signal_hook::flag::register(SIGXFSZ, Arc::default()).map(drop)
}

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
    /// how many there were, and from the second on his answer decides. A terminal that goes away (SIGHUP) is a signal like the others.
    ///
    /// # Errors
    /// If the system refuses the handlers, or a thread.
    pub fn install_holding(hears: impl Fn(u64) -> Hold + Send + 'static) -> Result<Self, Error> {
        let raised = Self::default();
        let flag = raised.clone();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for (count, _) in (1_u64..).zip(signals.forever()) {
                flag.raise();
                match hears(count).0 {
                    Held::Nothing if count > 1 => signal_hook::low_level::exit(INTERRUPTED),
                    Held::Given(code) => signal_hook::low_level::exit(code.into()),
                    Held::Nothing | Held::Something => {}
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
