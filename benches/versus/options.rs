//! What the command line says.

use clap::Parser;

/// Measures firedrill's proxy side by side with others, on loopback, in one run.
#[derive(Parser)]
#[command(name = "versus", bin_name = "cargo bench --bench versus --")]
pub(crate) struct Options {
    /// Only these measurements; --list names them.
    pub(crate) measurements: Vec<String>,

    /// Names the measurements and ends.
    #[arg(long)]
    pub(crate) list: bool,

    /// One round of short runs: a first look, not figures to quote.
    #[arg(long)]
    pub(crate) quick: bool,

    /// Rounds in which the proxies take turns; the median is shown. Some long measurements play fewer.
    #[arg(long)]
    rounds: Option<u32>,

    /// No run begins after so many minutes.
    #[arg(long, default_value_t = 15)]
    pub(crate) minutes: u64,

    /// Only these proxies and references, by name.
    #[arg(long, value_delimiter = ',')]
    pub(crate) players: Vec<String>,

    /// A further proxy: its name and the command that starts it in the foreground. `{listen}` and `{upstream}` become addresses.
    #[arg(long, value_name = "NAME=COMMAND")]
    pub(crate) peer: Vec<String>,

    /// A further proxy that is driven through Toxiproxy's API. `{api}` becomes the API's address, `{api_host}` and `{api_port}` its parts.
    #[arg(long, value_name = "NAME=COMMAND")]
    pub(crate) peer_api: Vec<String>,

    /// Threads of haproxy, and processes of nginx.
    #[arg(long, default_value_t = 1, value_name = "COUNT")]
    pub(crate) peer_threads: u32,

    /// What starts firedrill; `{firedrill}` becomes the program just built.
    #[arg(long, default_value = "{firedrill} proxy --api {api}", value_name = "COMMAND")]
    pub(crate) firedrill: String,

    /// A further way to start firedrill, shown beside it; `{firedrill}` and `{api}` as above.
    #[arg(long, value_name = "NAME=COMMAND")]
    pub(crate) also: Vec<String>,

    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    pub(crate) fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 1 } else { 3 }).max(1)
    }

    pub(crate) fn wants(&self, measurement: &str) -> bool {
        self.measurements.is_empty() || self.measurements.iter().any(|name| name == measurement)
    }
}
