//! Processes that are started, watched and ended by their number.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Clock ticks in a second, as /proc counts: the same on every Linux of today.
const TICKS: f64 = 100.0;
/// How long a process may take until it listens.
const START: Duration = Duration::from_secs(5);
/// How long it may take to end when it is asked to.
const END: Duration = Duration::from_millis(300);
/// Ports are taken from here, one after another: below those that the kernel gives to clients.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 12_000;

/// How a process is started, and ended if this program ends without a word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Killed.
    Plain,
    /// Asked to end, since it has to end its workers.
    Master,
    /// Killed; it runs as `nobody`.
    Nobody,
}

/// A started process. Dropped, it is ended, and so is what it started. If this program is ended in any other way, the kernel kills it.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` in the foreground, what it says goes to `log`.
    ///
    /// To be called by the main thread: the kernel kills the process when the thread that started it ends.
    pub(crate) fn start(command: &[String], manner: Manner, log: PathBuf) -> Result<Self, String> {
        Self::with(command, manner, log, |_| {})
    }

    /// As `start`, for this very program in another role.
    pub(crate) fn role(role: &str, log: PathBuf) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| format!("cannot name this program: {error}"))?;
        let command = [program.to_string_lossy().into_owned()];
        Self::with(&command, Manner::Plain, log, |command| {
            command.env(crate::role::ROLE, role);
        })
    }

    fn with(command: &[String], manner: Manner, log: PathBuf, set: impl FnOnce(&mut Command)) -> Result<Self, String> {
        let file = |error| format!("cannot write {}: {error}", log.display());
        let out = File::create(&log).map_err(file)?;
        let err = out.try_clone().map_err(file)?;
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--pdeathsig", if manner == Manner::Master { "TERM" } else { "KILL" }]);
        if manner == Manner::Nobody {
            setpriv.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]);
        }
        setpriv.arg("--").args(command).stdin(Stdio::null()).stdout(out).stderr(err);
        set(&mut setpriv);
        let child = setpriv.spawn().map_err(|error| format!("cannot start setpriv (package util-linux): {error}"))?;
        Ok(Self { child, log })
    }

    /// Waits until somebody listens at `at`.
    pub(crate) fn listening(&mut self, at: SocketAddr) -> Result<(), String> {
        let end = Instant::now() + START;
        loop {
            if TcpStream::connect(at).is_ok() {
                return Ok(());
            }
            self.check()?;
            if Instant::now() > end {
                return Err(format!("it does not listen at {at} after {START:?}: {}", self.last_words()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// An error if it has ended by itself.
    pub(crate) fn check(&mut self) -> Result<(), String> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("it ended ({status}): {}", self.last_words())),
            Err(error) => Err(format!("cannot be waited for: {error}")),
        }
    }

    /// Seconds of processor time so far, of it and what it started. The kernel counts in hundredths.
    pub(crate) fn cpu(&self) -> f64 {
        let ticks = |pid: &u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // The name in brackets may hold blanks; the times are the 12th and 13th words after it.
            let words = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
            words.skip(11).take(2).filter_map(|word| word.parse::<f64>().ok()).sum::<f64>()
        };
        self.family().iter().map(ticks).sum::<f64>() / TICKS
    }

    /// KiB of its memory that are resident, and of what it started.
    pub(crate) fn resident_kib(&self) -> f64 {
        let kib = |pid: &u32| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
            line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default()
        };
        self.family().iter().map(kib).sum()
    }

    /// It, and the processes below it.
    fn family(&self) -> Vec<u32> {
        let mut family = vec![self.child.id()];
        let mut next = 0;
        while let Some(pid) = family.get(next) {
            let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
            family.extend(children.split_ascii_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
            next += 1;
        }
        family
    }

    fn last_words(&self) -> String {
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines[lines.len().saturating_sub(2)..].join(" / ");
        if last.is_empty() { "it said nothing".to_owned() } else { last.chars().take(300).collect() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let below = self.family();
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            // Asked first: a master ends its workers then. It may have ended already.
            let _ = kill_process(pid, Signal::TERM);
        }
        let end = Instant::now() + END;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(2));
        }
        drop(self.child.kill());
        drop(self.child.wait());
        for pid in below.iter().skip(1).filter_map(|pid| Pid::from_raw(i32::try_from(*pid).ok()?)) {
            // It may have ended already.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// An address of loopback where nobody listens. No two answers of this program are the same.
pub(crate) fn free() -> Result<SocketAddr, String> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Two runs at the same time begin at different places.
    let start = (std::process::id() % 97) as u16 * 100;
    for _ in 0..PORTS {
        let port = FIRST_PORT + start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % PORTS;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err("no free port on loopback".to_owned())
}

/// A command line as words; quotes keep blanks together.
pub(crate) fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut begun = false;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => (quote, begun) = (Some(c), true),
            (None, ' ') if begun => {
                words.push(std::mem::take(&mut word));
                begun = false;
            }
            (None, ' ') => {}
            (_, c) => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

/// The file for what a process says.
pub(crate) fn log(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.log"))
}
