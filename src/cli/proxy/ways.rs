//! The ways in of a path alone: those of the command line, and those of its file.

use std::fmt::Write;

use super::super::exit::Exit;
use super::{Proxy, Wrong};
use crate::path::Protocol;
use crate::path::ways::Interception;
use crate::plan::{Listed, WayIn, WayKind};
use crate::proxy::{Daemon, ProxyInput, Way};
use crate::world::tls::{Authority, Connector};

/// What is opened.
pub(super) struct Ways {
    /// What the options name.
    pub(super) proxies: Vec<ProxyInput>,
    /// What the file names.
    pub(super) apart: Vec<Way>,
    /// With whom TLS is ended at all of them.
    pub(super) interception: Option<Interception>,
}

impl Ways {
    /// Reads options and file.
    ///
    /// # Errors
    /// If there is no authority that could sign where TLS ends here, or it cannot be opened.
    pub(super) fn of(args: &Proxy, ways_in: Vec<WayIn>) -> Result<Self, Wrong> {
        let own: Vec<&Listed> = ways_in.iter().flat_map(|way| &way.intercept).collect();
        let interception = interception(args, &own)?;
        let proxies = args.ways().filter_map(|(kind, at)| {
            let protocol = Protocol::of_way(kind);
            let way = ProxyInput::way_in(protocol.name(), protocol, at?);
            Some(way.told_by(args.introduced_by.clone()))
        });
        let apart = ways_in.into_iter().map(|way| Way {
            input: ProxyInput::way_in(&way.name, Protocol::of_way(way.kind), &way.listen)
                .told_by(way.proxy_protocol_from),
            interception: interception.as_ref().map(|all| all.and(&way.intercept, &way.pass_through)),
            allow: way.allow,
            leads: way.map,
        });
        let (proxies, apart) = (proxies.collect(), apart.collect());
        let interception = interception.filter(|_| !args.intercept.is_empty());
        Ok(Self { proxies, apart, interception })
    }
}

/// Where the ways in listen, as the line says that tells that the program is ready, and for people.
pub(super) async fn told(daemon: &Daemon, apart: &[String]) -> (String, String) {
    let (mut ready, mut told) = (String::new(), String::new());
    for kind in WayKind::ALL {
        if let Some((name, place)) = place(daemon, kind.name()).await {
            let _ = write!(ready, ",\"{name}\":\"{place}\"");
            let _ = write!(told, ", way in at {place}");
        }
    }
    let mut others = Vec::new();
    for name in apart {
        if let Some((name, place)) = place(daemon, name).await {
            others.push(format!("\"{name}\":\"{place}\""));
            let _ = write!(told, ", way in `{name}` at {place}");
        }
    }
    if !others.is_empty() {
        let _ = write!(ready, ",\"ways_in\":{{{}}}", others.join(","));
    }
    (ready, told)
}

/// A way in by its name, with the address that a program is told of. Neither needs escaping.
async fn place<'n>(daemon: &Daemon, name: &'n str) -> Option<(&'n str, String)> {
    let (protocol, listens) = daemon.way_in(name).await?;
    let scheme = match protocol {
        Protocol::Socks => "socks5h",
        Protocol::Sni => "https",
        _ => "http",
    };
    Some((name, format!("{scheme}://{listens}")))
}

/// How TLS is ended here and begun anew, with the hosts of the options. The authority can sign for the others as well.
fn interception(args: &Proxy, own: &[&Listed]) -> Result<Option<Interception>, Wrong> {
    let hosts: Vec<_> = args.intercept.iter().chain(own.iter().copied()).collect();
    let ca = match (&args.ca, hosts.is_empty()) {
        (Some(ca), false) => ca,
        (None, true) if args.upstream_ca.is_none() && args.pass_through.is_empty() => return Ok(None),
        (None, false) => {
            return Err("TLS ends here with hosts of `intercept`: name the directory of the authority that signs for \
                        them with --ca"
                .to_owned()
                .into());
        }
        (_, true) => {
            return Err("--ca, --upstream-ca and --pass-through are for hosts with whom TLS ends here: name one with --intercept, or \
                        `intercept` of a way in the file"
                .to_owned()
                .into());
        }
    };
    let no_name = "--intercept takes names: an authority for addresses would be one for everybody's";
    let domains = hosts.iter().map(|listed| listed.domain().ok_or(no_name));
    let domains = domains.collect::<Result<Vec<_>, _>>().map_err(str::to_owned)?;
    let connector = Connector::new(args.upstream_ca.as_deref()).map_err(|error| error.to_string())?;
    let authority = Authority::open(ca, &domains, jiff::Timestamp::now());
    let acceptor = authority.and_then(|authority| authority.acceptor(&domains));
    // Who named the directory may have done nothing wrong.
    let unusable = |text| Wrong { exit: Exit::Environment, text };
    let acceptor = acceptor.map_err(|error| unusable(error.to_string()))?;
    Ok(Some(Interception::new(args.intercept.clone(), acceptor, connector).sparing(&args.pass_through)))
}
