//! The faulty path alone, as a daemon.

mod ways;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use ipnet::IpNet;

use self::ways::Ways;
use super::exit::Exit;
use super::{descriptors, say, values};
use crate::draw::Seed;
use crate::limits::{FOREIGN_DURATION, FOREIGN_RATE, INTERRUPT_STEP, KEPT_DESCRIPTORS};
use crate::plan::{Lead, Listed, WayKind};
use crate::proxy::{Config, Daemon, ProxyInput, Secret, StartError};
use crate::scenario::{self, Outside, People, ToldBy};
use crate::units::{AccountId, Rate, Size, Span};
use crate::world::{self, Interrupt, Timing, World};

#[derive(Args)]
pub(super) struct Proxy {
    /// Where the control interface listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8474")]
    api: String,
    /// Create the proxies of this file, in Toxiproxy's JSON.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Begin with the regions, proxies and injects of this file, in the words of a scenario.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Let programs in that know an HTTP proxy (`HTTP_PROXY`, `HTTPS_PROXY`); port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    forward: Option<String>,
    /// Let programs in that know SOCKS 5 (`ALL_PROXY=socks5h://…`); port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    socks: Option<String>,
    /// Let programs in that are led here by their resolver: the hello of their TLS says where to; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    sni: Option<String>,
    /// Let them go to this host, with `*.` to all names below it, or to an address or a block of addresses; may be given several times.
    #[arg(long, value_name = "HOST[:PORT]")]
    allow: Vec<Listed>,
    /// Lead them to this address when they ask for the host, such as a twin's; may be given several times.
    #[arg(long, value_name = "HOST[:PORT]=ADDR")]
    map: Vec<Lead>,
    /// Let only proxies of this block of addresses in by --forward, --socks and --sni, who say by the PROXY protocol (version 1 or 2) whom they speak for; may be given several times.
    #[arg(long = "proxy-protocol-from", value_name = "CIDR", value_parser = values::block)]
    introduced_by: Vec<IpNet>,
    /// End TLS with this host, at port 443 or the one that is written, here and begin it anew, so that faults of requests act on what is said in it; may be given several times.
    #[arg(long, value_name = "HOST[:PORT]")]
    intercept: Vec<Listed>,
    /// Do not end TLS with this host, though --intercept names it: it asks for certificates of its clients, or they for its own; may be given several times.
    #[arg(long, value_name = "HOST[:PORT]")]
    pass_through: Vec<Listed>,
    /// The directory of the private authority that signs for those hosts; made if it is not there. Clients are told to trust its `ca.pem`.
    #[arg(long, value_name = "DIR")]
    ca: Option<PathBuf>,
    /// Trust the certificates in this file as well when those hosts prove who they are.
    #[arg(long, value_name = "FILE")]
    upstream_ca: Option<PathBuf>,
    /// Let them ask something of services that are not on this machine at most so often [default: the guard's, or 20/s].
    #[arg(long, value_name = "RATE")]
    max_rate: Option<Rate>,
    /// … and for so long after the start [default: the guard's, or 2h].
    #[arg(long, value_name = "DURATION")]
    max_duration: Option<Span>,
    /// Ask every client for the token in this file: as `Authorization: Bearer`, and as the password of a proxy user.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The seed of every draw.
    #[arg(long, allow_negative_numbers = true, default_value = "1", value_parser = values::seed)]
    seed: u64,
    /// How much of what faults delay may be held, of all connections together.
    #[arg(long, value_name = "SIZE", default_value = "256MiB")]
    buffer: Size,
    /// How many threads carry what passes.
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::workers)]
    threads: NonZeroUsize,
    /// Delay to within about ten microseconds instead of a hundred, by waiting out the last millisecond on a busy core.
    #[arg(long)]
    precise: bool,
}

impl Proxy {
    /// The ways in that the options may open, and where.
    fn ways(&self) -> impl Iterator<Item = (WayKind, Option<&str>)> {
        let at = [&self.forward, &self.socks, &self.sni];
        WayKind::ALL.into_iter().zip(at).map(|(kind, at)| (kind, at.as_deref()))
    }
}

/// Runs until it is interrupted, which is its ordinary end.
pub(super) fn proxy(args: &Proxy) -> Exit {
    let config = match config(args) {
        Ok(config) => config,
        Err(Wrong { exit, text }) => {
            say::error(&text);
            return exit;
        }
    };
    let interrupt = match Interrupt::install() {
        Ok(interrupt) => interrupt,
        Err(error) => {
            say::error(&format!("cannot listen to signals: {error}"));
            return Exit::Environment;
        }
    };
    let config = Config { connections: connections(), ..config };
    let seed = Seed(args.seed);
    let timing = if args.precise { Timing::precise() } else { Timing::normal() };
    match world::enter_sockets_with(seed, args.threads, timing, async |world| serve(&world, config, &interrupt).await) {
        Ok(Ok(())) => Exit::Done,
        Ok(Err(error)) => {
            say::error(&error.to_string());
            match error {
                StartError::Address(..)
                | StartError::Unguarded(_)
                | StartError::Proxies { refused: true, .. }
                | StartError::Fault { refused: true, .. } => Exit::Usage,
                StartError::Bind(..) | StartError::Proxies { .. } | StartError::Fault { .. } => Exit::Environment,
            }
        }
        Err(error) => {
            say::error(&format!("the system gives no threads or no event queue: {error}"));
            Exit::Environment
        }
    }
}

async fn serve(world: &World, config: Config, interrupt: &Interrupt) -> Result<(), StartError> {
    let apart: Vec<_> = config.ways.iter().map(|way| way.input.name.clone()).collect();
    let daemon = Daemon::start(world, config).await?;
    let (ways, told) = ways::told(&daemon, &apart).await;
    // An address needs no escaping.
    say::data(format!("{{\"ready\":true,\"api\":\"http://{}\"{ways}}}\n", daemon.address()).as_bytes());
    say::line(&format!("firedrill: control interface at http://{}{told}; Ctrl-C ends it", daemon.address()));
    while !interrupt.is_raised() {
        world.clock.sleep(INTERRUPT_STEP).await;
    }
    daemon.close().await;
    Ok(())
}

/// Why nothing is started, and how the program then ends.
struct Wrong {
    exit: Exit,
    text: String,
}

impl From<String> for Wrong {
    fn from(text: String) -> Self {
        Self { exit: Exit::Usage, text }
    }
}

fn config(args: &Proxy) -> Result<Config, Wrong> {
    let token = args.token_file.as_deref().map(token).transpose()?;
    let proxies = args.config.as_deref().map(proxies).transpose()?.unwrap_or_default();
    let opened = args.ways().filter(|(_, at)| at.is_some()).map(|(kind, _)| kind.name());
    let known: Vec<_> = proxies.iter().map(|proxy| proxy.name.as_str()).chain(opened).collect();
    let outside = args.faults.as_deref().map(|path| faults(path, &known)).transpose()?.unwrap_or_default();
    let Outside { guard, surroundings, proxies: more, ways_in, injects: faults } = outside;
    let Ways { proxies: ways, apart, interception } = Ways::of(args, ways_in)?;
    let named = |name: &str| {
        proxies.iter().map(|proxy| &proxy.name).chain(more.iter().map(|proxy| &proxy.name)).any(|other| other == name)
    };
    if let Some(twice) = ways.iter().find(|way| named(&way.name)) {
        return Err(format!(
            "a proxy is called `{0}`, which is the name of the way in of --{0}: call it otherwise",
            twice.name
        )
        .into());
    }
    let is_other = |name: &str| proxies.iter().chain(&ways).any(|other| other.name == name);
    if let Some(twice) = apart.iter().map(|way| &way.input.name).find(|name| is_other(name)) {
        return Err(format!("a way in of the file is called `{twice}`, as another proxy is: call it otherwise").into());
    }
    if let Some(twice) = more.iter().find(|proxy| proxies.iter().any(|other| other.name == proxy.name)) {
        return Err(format!("proxy `{}` stands in --config and in --faults: keep one of them", twice.name).into());
    }
    let proxies = proxies.into_iter().chain(more.into_iter().map(ProxyInput::from)).chain(ways).collect();
    let listed = guard.iter().flat_map(|guard| &guard.hosts).map(|host| host.parse::<Listed>());
    let listed = listed.collect::<Result<Vec<_>, _>>().map_err(|error| format!("in the guard: {error}"))?;
    let allow = args.allow.iter().cloned().chain(listed).collect();
    let rate = args.max_rate.or(guard.as_ref().map(|guard| guard.max_rate)).unwrap_or(FOREIGN_RATE);
    let length = args.max_duration.or(guard.as_ref().map(|guard| guard.max_duration)).unwrap_or(FOREIGN_DURATION);
    let (leads, caps) = (args.map.clone(), (rate, length));
    let credentials = credentials(&surroundings.people, |name| std::env::var(name).ok())?;
    let own = Config { allow, leads, interception, caps, buffers: args.buffer, ..Config::at(&args.api) };
    let leads_nowhere = own.allow.is_empty() && own.leads.is_empty();
    if args.ways().any(|(_, at)| at.is_some()) && leads_nowhere {
        say::note("the ways in lead nowhere: name with --allow or --map where they may lead");
    }
    Ok(Config { token, proxies, ways: apart, surroundings, credentials, faults, ..own })
}

fn token(path: &Path) -> Result<String, String> {
    let text = read(path)?;
    let token = text.trim();
    let plain = token.chars().all(|c| c.is_ascii_graphic());
    if token.is_empty() || !plain {
        return Err(format!(
            "`{}` holds no token: write one line of letters, digits and signs into it",
            path.display()
        ));
    }
    Ok(token.to_owned())
}

fn proxies(path: &Path) -> Result<Vec<ProxyInput>, String> {
    let text = read(path)?;
    let wrong = |error| format!("`{}` is no list of proxies: {error}", path.display());
    ProxyInput::populate(text.as_bytes()).map_err(wrong)
}

fn faults(path: &Path, proxies: &[&str]) -> Result<Outside, String> {
    let outside = scenario::read(path).and_then(|source| scenario::outside(&source, proxies));
    outside.map_err(|found| format!("{} in the file of faults\n{found}", found.summary()))
}

/// What real accounts show, from the environment. No message says more of it than the variable's name.
fn credentials(
    people: &People,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Vec<(AccountId, Secret)>, String> {
    let mut shown: Vec<(AccountId, &str, Secret)> = Vec::new();
    for (id, person) in people.ids() {
        let ToldBy::Variables(variables) = &person.told_by else { continue };
        for variable in variables {
            let name = &person.name;
            let Some(value) = environment(variable).filter(|value| !value.is_empty()) else {
                return Err(format!(
                    "account `{name}` shows `${{{variable}}}`, which is not in the environment: set it, then start again"
                ));
            };
            if !value.chars().all(|c| c.is_ascii_graphic()) {
                return Err(format!("`{variable}` holds no credential: letters, digits and signs, on one line"));
            }
            let secret = Secret(value);
            if let Some((_, other, _)) = shown.iter().find(|(of, _, known)| *of != id && *known == secret) {
                return Err(format!(
                    "`{variable}`, of account `{name}`, holds the same as `{other}`, of another account"
                ));
            }
            shown.push((id, variable, secret));
        }
    }
    Ok(shown.into_iter().map(|(id, _, secret)| (id, secret)).collect())
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))
}

/// How many connections the descriptors are good for: each needs two, and some are kept for listeners and the control interface, which
/// must be reached when all others are in use.
fn connections() -> usize {
    let connections = descriptors::raise().map(|allowed| allowed.saturating_sub(KEPT_DESCRIPTORS).max(2) / 2);
    connections.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX)
}
