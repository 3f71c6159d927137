//! The commands. Data goes to standard output, talk to standard error, and the exit code is the documented one.

mod check;
mod clean;
mod compare;
mod coverage;
mod descriptors;
mod environment;
mod exit;
mod explain;
mod foreign;
mod judge;
mod live;
mod load;
mod outside;
mod play;
mod preflight;
mod preview;
mod previous;
mod proxy;
mod real;
mod run_dir;
mod runs;
mod say;
mod twin;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::journal::WorldKind;
use crate::report;
use crate::units::Rate;

/// Rehearses the day a company's collaboration platform locks it out.
///
/// A scenario file in YAML describes regions, endpoints, accounts, business traffic, what is injected when, and what was promised. firedrill
/// plays it, keeps a ledger of every message, judges it against the promises and writes a report.
#[derive(Parser)]
#[command(version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  every must-target passed            5  the environment failed
  1  a must-target failed, or a          6  something is left outside: an undo failed
     recorded run was altered           70  a bug in firedrill
  2  bad usage or a bad scenario       130  interrupted
  3  inconclusive
  4  reserved";

#[derive(Subcommand)]
enum Command {
    /// Play the drill in real time over real sockets.
    Run(play::Run),
    /// Play the same drill in virtual time, in memory: same seed, same bytes.
    Rehearse(Rehearse),
    /// Load and lint scenarios with all their variants; change nothing.
    Check(Check),
    /// Show what will be hit, when, for how long, and who is in the blast radius; change nothing.
    Plan(Preview),
    /// Judge a recorded run again, from its journal alone; change nothing.
    Judge(judge::Judge),
    /// Render the reports of a recorded run again, from its journal.
    Report(judge::Report),
    /// Show recorded runs of one drill side by side, quarter against quarter, with what is more than chance.
    Compare(compare::Compare),
    /// Show which functions of a platform another one keeps, by number and by use, and what is missing; ask an endpoint with --url.
    Coverage(Coverage),
    /// Run the faulty path alone, as a daemon with Toxiproxy's HTTP interface.
    Proxy(Box<proxy::Proxy>),
    /// Run a platform's twin alone, for official SDKs and your own programs to talk to.
    Twin(Twin),
    /// List what killed drills left outside of firedrill, and undo it.
    Clean(clean::Clean),
    /// Say what a word means: a fault, a figure, a mistake, a term; or print a schema, completions, a manual page.
    Explain(Explain),
}

#[derive(Args)]
struct Scenario {
    /// The scenario file.
    file: PathBuf,
    /// Apply one of the scenario's variants.
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Change one value of the scenario, such as `journeys.order.rate=5/s`; may be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Args)]
struct Play {
    #[command(flatten)]
    scenario: Scenario,
    /// The seed of every draw [default: the scenario's, or 1].
    #[arg(long, allow_negative_numbers = true, value_parser = values::seed)]
    seed: Option<u64>,
    /// Where run directories are made.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
    /// What to print at the end.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
    /// Say nothing while playing.
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
struct Rehearse {
    #[command(flatten)]
    play: Play,
    /// The moment at which the drill starts on its own clock.
    #[arg(long, value_name = "RFC 3339", default_value = "2026-01-01T00:00:00Z", value_parser = values::moment)]
    start: jiff::Timestamp,
    #[command(flatten)]
    many: runs::Many,
}

#[derive(Args)]
struct Check {
    /// Scenario files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    format: CheckFormat,
}

#[derive(Args)]
struct Preview {
    #[command(flatten)]
    scenario: Scenario,
    /// The seed by which shares of groups are drawn [default: the scenario's, or 1].
    #[arg(long, allow_negative_numbers = true, value_parser = values::seed)]
    seed: Option<u64>,
}

#[derive(Args)]
#[command(after_help = COVERAGE_CODES)]
struct Coverage {
    /// The platform that is left.
    #[arg(long, value_enum, default_value_t = FromKind::Dingtalk)]
    from: FromKind,
    /// The platform that takes over.
    #[arg(long, value_enum)]
    to: ToKind,
    /// Ask the endpoint here for every function: requests without content, nothing that could change something.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Let --url name this host, which is not this machine; may be given several times.
    #[arg(long, value_name = "HOST", requires = "url")]
    allow: Vec<String>,
    /// Trust the certificates in this file as well, over https.
    #[arg(long, value_name = "FILE", requires = "url")]
    ca: Option<PathBuf>,
    /// Ask with the token in this variable of the environment.
    #[arg(long, value_name = "NAME", requires = "url")]
    token_env: Option<String>,
    /// Ask at most so often; a service of somebody else at most 10/s.
    #[arg(long, value_name = "RATE", default_value = "5/s", requires = "url")]
    rate: Rate,
    /// What to print.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    format: CheckFormat,
}

const COVERAGE_CODES: &str = "\
Exit codes:
  0  done; what was asked for is there as the catalogue says
  1  the endpoint has not what the catalogue says it has
  2  bad usage
  3  the endpoint told nothing about any function
  5  the endpoint cannot be reached, is not trusted, or answers nothing";

/// The platforms that a coverage starts from: the catalogue lists what `DingTalk` offers.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FromKind {
    /// DingTalk, mainland edition.
    Dingtalk,
    /// DingTalk Lite.
    Lite,
}

/// The platforms that may take over.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ToKind {
    /// DingTalk, mainland edition.
    Dingtalk,
    /// DingTalk Lite.
    Lite,
    /// Microsoft Teams.
    Teams,
}

#[derive(Args)]
struct Twin {
    /// The platform.
    kind: TwinKind,
    /// Which DingTalk [default: mainland].
    #[arg(long)]
    edition: Option<TwinEdition>,
    /// Where it listens for plain HTTP, or SMTP; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8475", value_parser = values::address)]
    listen: SocketAddr,
    /// Where it listens for HTTPS, or SMTPS, as well; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", requires = "ca", value_parser = values::address)]
    tls: Option<SocketAddr>,
    /// The directory of the private authority that signs its certificates; made if it is not there. Clients are told to trust its `ca.pem`.
    #[arg(long, value_name = "DIR", requires = "tls")]
    ca: Option<PathBuf>,
    /// Whether the vendor's own limits are enforced [default: what the file says, or vendor].
    #[arg(long)]
    limits: Option<TwinLimits>,
    /// Only the apps and users of this file exist, in YAML or JSON; without it any credentials are good, and users exist when named.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Add a JSON line to this file for every message accepted.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
}

/// Platforms that have a twin.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TwinKind {
    /// DingTalk.
    Dingtalk,
    /// Microsoft Teams.
    Teams,
    /// A homeserver of Matrix.
    Matrix,
    /// An ERP that consumes webhooks.
    Erp,
    /// A store of shared documents.
    Documents,
    /// A mail server.
    Smtp,
    /// A service that inspects texts for what may not leave.
    Dlp,
    /// A provider of single sign-on.
    Sso,
}

/// The editions of DingTalk.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TwinEdition {
    /// The mainland edition, api.dingtalk.com.
    Mainland,
    /// DingTalk Lite, the international edition, api.dingtalk.io.
    Lite,
}

/// Whether a twin enforces the vendor's limits.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TwinLimits {
    /// As the vendor documents them.
    Vendor,
    /// None.
    Off,
}

#[derive(Args)]
struct Explain {
    /// The word; without one, lists them all. Also `schema`, `completions SHELL`, and `man [COMMAND]`.
    topic: Vec<String>,
}

/// The formats of a report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A summary for a person.
    Terminal,
    /// `summary.json`.
    Json,
    /// The after-action report.
    Markdown,
    /// JUnit XML.
    Junit,
    /// One self-contained page.
    Html,
}

/// The formats of a recorded run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// A summary for a person.
    Terminal,
    /// `summary.json`.
    Json,
    /// The after-action report.
    Markdown,
    /// JUnit XML.
    Junit,
    /// One self-contained page.
    Html,
    /// Every record of the journal as a JSON line.
    Jsonl,
}

/// How diagnostics are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For people.
    Text,
    /// For programs: one JSON document.
    Json,
}

impl From<Format> for report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Terminal => Self::Terminal,
            Format::Json => Self::Json,
            Format::Markdown => Self::Markdown,
            Format::Junit => Self::Junit,
            Format::Html => Self::Html,
        }
    }
}

impl ReportFormat {
    /// The report's own format; `None` for the journal's export.
    fn rendered(self) -> Option<report::Format> {
        Some(match self {
            Self::Terminal => report::Format::Terminal,
            Self::Json => report::Format::Json,
            Self::Markdown => report::Format::Markdown,
            Self::Junit => report::Format::Junit,
            Self::Html => report::Format::Html,
            Self::Jsonl => return None,
        })
    }
}

/// Runs the program on this process's arguments.
pub fn main() -> ExitCode {
    exit::guard(|| {
        say::logging();
        exit::survive_file_limit();
        match Cli::parse().command {
            Command::Run(play::Run { play, allow_actions, trust }) => {
                play::play(&play, &play::How { world: WorldKind::Sockets, start: None, allow_actions, trust })
            }
            Command::Rehearse(args) if args.many.runs.is_some() => runs::runs(&args),
            Command::Rehearse(Rehearse { play, start, .. }) => play::play(
                &play,
                &play::How {
                    world: WorldKind::Virtual,
                    start: Some(start),
                    allow_actions: false,
                    trust: play::Trust::default(),
                },
            ),
            Command::Check(args) => check::check(&args),
            Command::Plan(args) => preview::preview(&args),
            Command::Judge(args) => judge::judge(&args),
            Command::Report(args) => judge::report(&args),
            Command::Compare(args) => compare::compare(&args),
            Command::Coverage(args) => coverage::coverage(&args),
            Command::Proxy(args) => proxy::proxy(&args),
            Command::Twin(args) => twin::twin(&args),
            Command::Clean(args) => clean::clean(&args),
            Command::Explain(args) => explain::explain(&args),
        }
    })
}
