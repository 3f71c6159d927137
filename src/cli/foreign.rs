//! Programs that are not ours: where they come in, as the command line says it.

use std::net::SocketAddr;

use super::exit::Exit;
use super::play::Trust;
use super::run_dir::RunDir;
use super::say;
use crate::drill::WaysIn;
use crate::journal::WorldKind;
use crate::path::Protocol;
use crate::path::ways::Interception;
use crate::plan::{Plan, WayKind};
use crate::world::tls::{Authority, Connector};

/// Where it is said where programs come in, in the run's directory.
pub(super) const FILE: &str = "ways.json";

/// How TLS is ended at the ways in whose hosts say so. In a rehearsal there are none, and it is said so.
///
/// # Errors
/// If there is no authority that could sign for these hosts, or it cannot be opened. Nothing was started then.
pub(super) fn interception(plan: &Plan, world: WorldKind, trust: &Trust) -> Result<Option<Interception>, Exit> {
    if world == WorldKind::Virtual {
        if !plan.ways_in.is_empty() {
            let ways: Vec<_> = plan.ways_in.iter().map(|one| one.way.name.as_str()).collect();
            say::line(&format!(
                "firedrill: programs that are not ours do not exist in virtual time: nobody comes in by {}; play with `run` for that",
                ways.join(", ")
            ));
        }
        return Ok(None);
    }
    opened(plan, trust).map_err(|text| {
        say::error(&text);
        Exit::Usage
    })
}

fn opened(plan: &Plan, trust: &Trust) -> Result<Option<Interception>, String> {
    let hosts: Vec<_> = plan.ways_in.iter().flat_map(|one| &one.way.intercept).collect();
    let Some(first) = hosts.first() else {
        return match (&trust.ca, &trust.upstream_ca) {
            (None, None) => Ok(None),
            _ => Err("--ca and --upstream-ca are for hosts with whom TLS ends here, and no way in of the scenario has `intercept`".into()),
        };
    };
    let Some(ca) = &trust.ca else {
        return Err(format!(
            "TLS with {first} ends at a way in: name the directory of the authority that signs for it with --ca, and let the program trust its ca.pem"
        ));
    };
    let text = |error: &dyn std::error::Error| error.to_string();
    let domains: Vec<_> = hosts.iter().filter_map(|host| host.domain()).collect();
    let authority = Authority::open(ca, &domains, jiff::Timestamp::now()).map_err(|error| text(&error))?;
    let acceptor = authority.acceptor(&domains).map_err(|error| text(&error))?;
    let connector = Connector::new(trust.upstream_ca.as_deref()).map_err(|error| text(&error))?;
    Ok(Some(Interception::new(Vec::new(), acceptor, connector)))
}

/// How the ways in are opened; `None` where there are none. When the drill has begun, where they listen stands in the run's directory and is
/// said on standard error, in one line of JSON.
pub(super) fn ways_in(
    plan: &Plan,
    world: WorldKind,
    interception: Option<Interception>,
    dir: &RunDir,
) -> Option<WaysIn> {
    if world == WorldKind::Virtual || plan.ways_in.is_empty() {
        return None;
    }
    let names: Vec<(String, WayKind)> = plan.ways_in.iter().map(|one| (one.way.name.clone(), one.way.kind)).collect();
    let file = dir.path.join(FILE);
    let ready = move |listening: &[SocketAddr]| {
        let told = ready(&names, listening);
        // Whoever waits for the file must not find half of it.
        let new = file.with_extension("json.new");
        let written = std::fs::write(&new, format!("{told}\n")).and_then(|()| std::fs::rename(&new, &file));
        if let Err(error) = written {
            tracing::warn!(%error, path = %file.display(), "cannot write where the ways in are");
        }
        say::line(&told);
    };
    Some(WaysIn { interception, ready: Box::new(ready) })
}

/// `{"ready":true,"ways_in":{"bot":"http://127.0.0.1:8888"}}`. Neither names nor addresses need escaping.
fn ready(names: &[(String, WayKind)], listening: &[SocketAddr]) -> String {
    let ways = names.iter().zip(listening).map(|((name, kind), address)| {
        let scheme = match Protocol::of_way(*kind) {
            Protocol::Socks => "socks5h",
            Protocol::Sni => "https",
            _ => "http",
        };
        format!("\"{name}\":\"{scheme}://{address}\"")
    });
    format!("{{\"ready\":true,\"ways_in\":{{{}}}}}", ways.collect::<Vec<_>>().join(","))
}
