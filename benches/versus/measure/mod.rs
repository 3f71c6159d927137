//! What is measured. Each measurement starts what it needs, plays for a bounded time, and gives one value for each of its metrics.

mod bulk;
mod control;
mod http;
mod idle;
mod latency;
mod many;
mod ping;
mod short;

use std::cell::RefCell;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::metric::{Metric, Shown, Values, less, more, told};
use crate::options::Options;
use crate::player::Player;
use crate::process::{Process, free, log};
use crate::{install, machine};

pub(crate) struct Measurement {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) metrics: &'static [Metric],
    /// The most rounds of it.
    pub(crate) rounds: u32,
    pub(crate) takes: fn(&Player) -> bool,
    pub(crate) run: fn(&Bench, &Player) -> Result<Values, String>,
}

impl Measurement {
    pub(crate) fn shown(&self) -> Shown {
        Shown { name: self.name, about: self.about, metrics: self.metrics }
    }
}

/// Everything that is measured, in the order of the tables.
pub(crate) const MEASUREMENTS: &[&Measurement] = &[
    &bulk::PLAIN,
    &http::HTTP,
    &ping::PACED,
    &ping::BACK_TO_BACK,
    &short::SHORT,
    &idle::IDLE,
    &latency::LATENCY,
    &many::MANY,
    &bulk::DELAYED,
    &bulk::BANDWIDTH,
    &bulk::SLICER,
    &control::CONTROL,
    &control::STALLED,
];

/// Those who pass bytes as any proxy does, and the direct connection.
fn passing(player: &Player) -> bool {
    !player.speaks_http() && !player.only_moves() && !player.unprivileged()
}

/// What all measurements share.
pub(crate) struct Bench {
    /// Where configurations, logs and results go.
    pub(crate) folder: PathBuf,
    /// The program just built; where an unprivileged user can start it, too.
    pub(crate) firedrill: PathBuf,
    /// How many descriptors a process has here.
    pub(crate) descriptors: u64,
    /// Why firedrill cannot take part.
    pub(crate) without: Option<String>,
    pub(crate) peer_threads: u32,
    quick: bool,
    /// Why a run has no figure for some of its metrics.
    complaints: RefCell<Vec<String>>,
    _public: Option<tempfile::TempDir>,
}

impl Bench {
    pub(crate) fn new(options: &Options) -> Result<Self, String> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap_or(Path::new("target"));
        let folder = target.join("versus");
        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let built = PathBuf::from(env!("CARGO_BIN_EXE_firedrill"));
        let public = rustix::process::geteuid().is_root().then(|| install::public_copy(&built)).transpose()?;
        let firedrill = public.as_ref().map_or(built, |folder| folder.path().join("firedrill"));
        let without = options.firedrill.starts_with("{firedrill} proxy").then(|| no_proxy(&firedrill)).flatten();
        let descriptors = machine::descriptors();
        Ok(Self {
            folder,
            firedrill,
            descriptors,
            without,
            peer_threads: options.peer_threads,
            quick: options.quick,
            complaints: RefCell::default(),
            _public: public,
        })
    }

    /// So many seconds, or a third of it for a first look.
    fn time(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(if self.quick { seconds / 3.0 } else { seconds })
    }

    /// A metric has no figure, and the others of this run do.
    fn without_figure(&self, why: String) -> f64 {
        self.complaints.borrow_mut().push(why);
        f64::NAN
    }

    /// Why figures of the last run are missing.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.complaints.take()
    }

    /// Starts an upstream: `echo` or `source`.
    fn upstream(&self, role: &str) -> Result<(SocketAddr, Process), String> {
        let at = free()?;
        let mut process = Process::role(&format!("{role} {at}"), log(&self.folder, role))?;
        process.listening(at)?;
        Ok((at, process))
    }
}

/// Why this build cannot be a proxy.
fn no_proxy(firedrill: &Path) -> Option<String> {
    let help = Command::new(firedrill).args(["proxy", "--help"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match help {
        Ok(status) if status.success() => None,
        Ok(_) => {
            Some("this build of firedrill has no command `proxy`: build one that has, or choose --players".to_owned())
        }
        Err(error) => Some(format!("cannot start {}: {error}", firedrill.display())),
    }
}

/// How long a client waits for anything before it gives up.
const PATIENCE: Duration = Duration::from_secs(5);

fn connect(to: SocketAddr) -> Result<TcpStream, String> {
    let open = || {
        let connection = TcpStream::connect_timeout(&to, PATIENCE)?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_write_timeout(Some(PATIENCE))?;
        Ok(connection)
    };
    open().map_err(|error: std::io::Error| format!("cannot connect to {to}: {error}"))
}

/// An error of a connection, as a sentence.
#[expect(clippy::needless_pass_by_value, reason = "that is how `map_err` hands it over")]
fn broken(error: std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::WouldBlock => format!("nothing came for {PATIENCE:?}"),
        _ => format!("connection: {error}"),
    }
}

/// Nanoseconds, to three digits, up to a minute.
fn nanos() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("valid bounds")
}

/// A quantile in microseconds.
fn micros(of: &Histogram<u64>, quantile: f64) -> f64 {
    if of.is_empty() { f64::NAN } else { of.value_at_quantile(quantile) as f64 / 1e3 }
}

fn sleep_until(at: Instant) {
    std::thread::sleep(at.saturating_duration_since(Instant::now()));
}
