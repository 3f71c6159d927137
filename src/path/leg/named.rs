//! How a connection is continued: the server that it reaches, and the host that its client names: what faults see that act on names.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;

use super::{About, Leg, Onward, Passage, Shared};
use crate::journal::{Hop, Record};
use crate::path::fate::{Change, Ending, Stage};
use crate::path::tries::ByName;
use crate::path::upstream::Dialling;
use crate::path::{Destination, proxy_protocol};
use crate::plan::{Fault, Listed, NoAnswer};
use crate::world::Conn;

impl Leg {
    /// Counts one more exchange on a connection that stands against the guard of whoever came by a way in.
    pub(in crate::path) fn charge(&self) -> io::Result<()> {
        match &self.to.asked {
            Some(asked) if !asked.counted.swap(false, Ordering::Relaxed) => {
                Ok(self.shared.rules.charge(&asked.site, self.now())?)
            }
            _ => Ok(()),
        }
    }

    /// Continues the connection to the endpoint, by another of its names if that is said, and writes down where it went and, where it has a
    /// name, what was tried.
    pub(in crate::path) async fn dial(&self, name: Option<usize>) -> io::Result<Conn> {
        self.dialled_by(name, false).await
    }

    /// The same, in the place of a connection that stands and is of no use. The guard has counted that.
    pub(in crate::path) async fn dial_instead(&self) -> io::Result<Conn> {
        self.dialled_by(None, true).await
    }

    async fn dialled_by(&self, name: Option<usize>, counted: bool) -> io::Result<Conn> {
        let Destination { upstream, endpoint, region, .. } = &*self.to;
        let said = self.to.proxy_protocol.send.zip(self.ends);
        let said = said.map(|(version, (client, server))| proxy_protocol::write(version, client, server));
        let instead = self.looked_up(name).await?;
        let by_name = self.by_name(name);
        let dialling = Dialling {
            client: self.address,
            said: &said.unwrap_or_default(),
            instead: instead.as_deref(),
            tries: self.eye.as_ref().map(|eye| &eye.tries).or(by_name.as_ref().map(|by_name| &by_name.tries)),
            meter: &self.to.meter,
            counted,
        };
        let conn = upstream.by(name).dial(&self.shared.at.world, &dialling).await;
        // What was tried stands before where it led.
        drop(by_name);
        if instead.is_none() {
            self.was_dialled(conn.as_ref().err());
        }
        let conn = conn.inspect_err(|error| self.shared.at.alarm.starved(error))?;
        if let Some(eye) = &self.eye {
            eye.dialled(conn.peer_addr());
        } else if let Some(to) = *region {
            let hop = Hop { connection: self.number(), endpoint: *endpoint, from: self.from, to, at: self.now() };
            self.shared.at.journal.append(Record::Hop(hop));
        }
        self.to.meter.reached(conn.peer_addr());
        self.reached(&conn).await?;
        Ok(conn)
    }

    /// Who writes down what is tried, if a client of a drill dials an endpoint by its name.
    fn by_name(&self, name: Option<usize>) -> Option<ByName<'_>> {
        let host = self.to.upstream.by(name).name()?;
        (self.eye.is_none() && self.to.region.is_some()).then(|| ByName::new(self, host))
    }

    /// A resolver is asked for the host, if it is one that has a name; the addresses that a fault gives it.
    ///
    /// # Errors
    /// `HostUnreachable` if a fault says that there are none, `PermissionDenied` if they may not be dialled.
    pub(super) async fn looked_up(&self, name: Option<usize>) -> io::Result<Option<Vec<IpAddr>>> {
        let is_twin = !self.to.upstream.by(name).is_asked() && !self.to.looked_up.is_empty();
        let asks = is_twin || self.to.upstream.by(name).looks_up();
        if !asks || !self.has(|fault| matches!(fault, Fault::DnsAnswer(_))) {
            return Ok(None);
        }
        let number = self.dialled.load(Ordering::Relaxed);
        let none = |why| Err(io::Error::new(ErrorKind::HostUnreachable, why));
        let about = About { looks_up: true, ..self.unknown() };
        match self.pass(Stage::LookedUp, about, number).await {
            Passage::On(Onward { change: Some(Change::Addresses(found)), .. }) => self.judged(found).map(Some),
            Passage::On(_) => Ok(None),
            Passage::End(Ending::Unresolved(NoAnswer::Nxdomain)) => none("the resolver knows no such name"),
            Passage::End(_) => none("the resolver has no answer"),
        }
    }

    /// The addresses of an answer that may be dialled where no way in has a list: this machine's, and what guard or list names as addresses.
    fn judged(&self, found: Vec<IpAddr>) -> io::Result<Vec<IpAddr>> {
        let Shared { at, rules, .. } = &*self.shared;
        let guarded = at.plan.guard.iter().flat_map(|guard| &guard.hosts);
        let guarded: Vec<Listed> = guarded.filter_map(|host| host.parse().ok()).collect();
        // The port is the host's own; whoever lists an address with one lists it all the same.
        let may = |ip: &IpAddr| {
            let listed = |listed: &Listed| listed.is_address(*ip);
            self.to.asked.is_some() || ip.is_loopback() || guarded.iter().chain(&rules.allow).any(listed)
        };
        match found.iter().find(|ip| !may(ip)) {
            Some(ip) => {
                let why =
                    format!("a fault answers with {ip}, which is no address that may be dialled: list it in the guard");
                Err(io::Error::new(ErrorKind::PermissionDenied, why))
            }
            None => Ok(found),
        }
    }

    /// A connection with the server has been made. Where it is known how the host is called, that is said on it at once.
    ///
    /// # Errors
    /// `ConnectionReset` if a fault resets it, `ConnectionAborted` if one has swallowed what was said.
    pub(super) async fn reached(&self, conn: &Conn) -> io::Result<()> {
        let number = self.dialled.fetch_add(1, Ordering::Relaxed);
        if !self.has_named() {
            return Ok(());
        }
        let server = conn.peer_addr();
        self.signal(Stage::Reached, server, number).await?;
        if self.to.names.is_empty() {
            return Ok(());
        }
        self.signal(Stage::Named, server, number).await
    }

    /// The client has named the host that it wants to talk to, on a connection that stands.
    ///
    /// # Errors
    /// As of a server that is reached.
    pub(in crate::path) async fn names(&self, name: &str, server: SocketAddr) -> io::Result<()> {
        // It is named once.
        let _ = self.named.set(name.to_owned());
        self.signal(Stage::Named, server, 0).await
    }

    /// Whether a fault is on that looks at the names that clients say.
    pub(in crate::path) fn has_named(&self) -> bool {
        self.has(|fault| matches!(fault, Fault::SniBlock(_)))
    }

    fn has(&self, is: impl Fn(&Fault) -> bool) -> bool {
        let snapshot = self.shared.at.board.snapshot();
        snapshot.faults.iter().any(|fault| is(&fault.inject.fault))
    }

    /// Whether a fault swallows the connection: nothing comes of it any more but its end.
    pub(in crate::path) fn is_swallowed(&self) -> bool {
        self.swallowed.load(Ordering::Relaxed)
    }

    async fn signal(&self, stage: Stage, server: SocketAddr, number: u64) -> io::Result<()> {
        let server = SocketAddr::new(server.ip().to_canonical(), server.port());
        let about = About { server: Some(server), ..self.unknown() };
        match self.pass(stage, about, number).await {
            Passage::On(_) => Ok(()),
            Passage::End(Ending::Reset) => Err(ErrorKind::ConnectionReset.into()),
            Passage::End(_) => Err(ErrorKind::ConnectionAborted.into()),
        }
    }
}
