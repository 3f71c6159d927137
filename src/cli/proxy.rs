//! The faulty path alone, as a daemon.

use std::path::Path;

use super::exit::Exit;
use super::{Proxy, descriptors, say};
use crate::draw::Seed;
use crate::limits::{INTERRUPT_STEP, KEPT_DESCRIPTORS};
use crate::proxy::{Config, Daemon, ProxyInput, Secret, StartError};
use crate::scenario::{self, Outside, People, ToldBy};
use crate::units::AccountId;
use crate::world::{self, Interrupt, Timing, World};

/// Runs until it is interrupted, which is its ordinary end.
pub(super) fn proxy(args: &Proxy) -> Exit {
    let config = match config(args) {
        Ok(config) => config,
        Err(text) => {
            say::error(&text);
            return Exit::Usage;
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
                StartError::Address(..) | StartError::Unguarded(_) | StartError::Fault { refused: true, .. } => {
                    Exit::Usage
                }
                StartError::Bind(..) | StartError::Proxies(_) | StartError::Fault { .. } => Exit::Environment,
            }
        }
        Err(error) => {
            say::error(&format!("the system gives no threads or no event queue: {error}"));
            Exit::Environment
        }
    }
}

async fn serve(world: &World, config: Config, interrupt: &Interrupt) -> Result<(), StartError> {
    let daemon = Daemon::start(world, config).await?;
    // An address needs no escaping.
    say::data(format!("{{\"ready\":true,\"api\":\"http://{}\"}}\n", daemon.address()).as_bytes());
    say::line(&format!("firedrill: control interface at http://{}; Ctrl-C ends it", daemon.address()));
    while !interrupt.is_raised() {
        world.clock.sleep(INTERRUPT_STEP).await;
    }
    daemon.close().await;
    Ok(())
}

fn config(args: &Proxy) -> Result<Config, String> {
    let token = args.token_file.as_deref().map(token).transpose()?;
    let proxies = args.config.as_deref().map(proxies).transpose()?.unwrap_or_default();
    let outside = args.faults.as_deref().map(faults).transpose()?.unwrap_or_default();
    let Outside { surroundings, proxies: more, injects: faults } = outside;
    if let Some(twice) = more.iter().find(|proxy| proxies.iter().any(|other| other.name == proxy.name)) {
        return Err(format!("proxy `{}` stands in --config and in --faults: keep one of them", twice.name));
    }
    let proxies = proxies.into_iter().chain(more.into_iter().map(ProxyInput::from)).collect();
    let credentials = credentials(&surroundings.people, |name| std::env::var(name).ok())?;
    Ok(Config { token, proxies, surroundings, credentials, faults, buffers: args.buffer, ..Config::at(&args.api) })
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

fn faults(path: &Path) -> Result<Outside, String> {
    let outside = scenario::read(path).and_then(|source| scenario::outside(&source));
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
