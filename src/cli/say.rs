//! Talk goes to standard error, data to standard output. The only place that writes to either.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use tracing_subscriber::EnvFilter;

use crate::report::Screen;

/// An error: what, where, what to do.
pub(super) fn error(text: &str) {
    line(&format!("firedrill: {text}"));
}

/// A line of talk. Standard error that is gone is no reason to fail.
pub(super) fn line(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// A line of talk while another is drawn anew: it begins at the margin.
pub(super) fn note(text: &str) {
    let margin = if is_watched() { MARGIN } else { "" };
    line(&format!("{margin}firedrill: {text}"));
}

/// Takes a line of the terminal away, and begins at its margin.
const MARGIN: &str = "\r\x1b[K";

/// A line of the terminal that is drawn anew, shown at once; with nothing in it, it is taken away.
pub(super) fn anew(text: &str) {
    let _ = write!(io::stderr(), "{MARGIN}{text}").and_then(|()| io::stderr().flush());
}

/// The first error of writing data.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Data. What cannot be written is [`lost`].
pub(super) fn data(bytes: &[u8]) {
    keep(io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()));
}

/// A reader that has gone away (`| head`) is no error of ours; a full disk is one, and must not look like success.
fn keep(result: io::Result<()>) {
    if let Err(error) = result
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        // Only the first counts.
        let _ = LOST.set(error);
    }
}

/// Why data did not reach standard output, if it did not.
pub(super) fn lost() -> Option<&'static io::Error> {
    LOST.get()
}

/// Many lines of data, written together. A reader that has gone away ends it quietly.
pub(super) struct Lines(io::BufWriter<io::StdoutLock<'static>>);

impl Lines {
    pub(super) fn new() -> Self {
        Self(io::BufWriter::new(io::stdout().lock()))
    }

    pub(super) fn put(&mut self, line: &str) {
        keep(writeln!(self.0, "{line}"));
    }

    pub(super) fn end(mut self) {
        keep(self.0.flush());
    }
}

/// Whether a person looks at standard error.
pub(super) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// How many columns the terminal has that standard error is shown on, if it says so.
pub(super) fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// What standard output takes. What is no terminal gets the same everywhere, without colour.
pub(super) fn screen() -> Screen<'static> {
    if !io::stdout().is_terminal() {
        return Screen::default();
    }
    let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    let colour = !is_dumb && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
    let width = size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0);
    Screen { colour, width, directory: None }
}

/// Logs warnings and worse to standard error; `RUST_LOG` says otherwise.
pub(super) fn logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).without_time();
    // A second logger, in a test's process, is refused; the first one stays.
    let _ = logger.with_ansi(is_watched()).try_init();
}
