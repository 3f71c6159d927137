//! What a play took, and the medians of several.

use std::fmt;
use std::str::FromStr;
use std::time::Instant;

/// What one play took.
#[derive(Clone, Copy, Default)]
pub(crate) struct Measured {
    messages: u64,
    /// Seconds of real time, and of the processor's.
    wall: f64,
    cpu: f64,
    /// The peak of the process's memory.
    peak_mib: f64,
}

impl Measured {
    /// Measures `play`, which tells how many messages it played.
    #[expect(clippy::disallowed_methods, reason = "it measures real time")]
    pub(crate) fn of(play: impl FnOnce() -> u64) -> Self {
        let (began, cpu) = (Instant::now(), cpu());
        let messages = play();
        Self { messages, wall: began.elapsed().as_secs_f64(), cpu: self::cpu() - cpu, peak_mib: peak_mib() }
    }
}

/// Seconds that the processor has spent on this thread, as Linux tells; elsewhere 0.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or_default() / 1e9
}

fn peak_mib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix("kB")).and_then(|kib| kib.trim().parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.messages, self.wall, self.cpu, self.peak_mib)
    }
}

impl FromStr for Measured {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split(' ').map(|word| word.parse::<f64>().map_err(|_| ()));
        let mut next = || words.next().ok_or(())?;
        let messages = next()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was a count when it was written"
        )]
        Ok(Self { messages: messages as u64, wall: next()?, cpu: next()?, peak_mib: next()? })
    }
}

/// Several plays of the same.
#[derive(Default)]
pub(crate) struct Medians(Vec<Measured>);

impl Medians {
    pub(crate) const HEAD: &str =
        " messages   seconds  messages/s  µs a message  CPU µs a message  peak MiB  fastest/slowest s  plays";

    pub(crate) fn add(&mut self, measured: Measured) {
        self.0.push(measured);
    }

    fn sorted(&self, of: impl Fn(&Measured) -> f64) -> Vec<f64> {
        let mut values: Vec<f64> = self.0.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values
    }
}

impl fmt::Display for Medians {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Measured { messages, .. }) = self.0.first() else { return f.write_str(" not played") };
        let median = |values: Vec<f64>| values[values.len() / 2];
        let walls = self.sorted(|one| one.wall);
        let (wall, cpu, peak) =
            (median(walls.clone()), median(self.sorted(|one| one.cpu)), self.sorted(|one| one.peak_mib));
        let count = *messages as f64;
        write!(f, "{messages:>9} {wall:>9.3} {:>11.0} {:>13.1}", count / wall, wall / count * 1e6)?;
        write!(f, " {:>17.1} {:>9.1}", cpu / count * 1e6, median(peak))?;
        write!(f, " {:>9.3}/{:<8.3} {:>6}", walls[0], walls[walls.len() - 1], walls.len())
    }
}
