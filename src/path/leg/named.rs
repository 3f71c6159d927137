//! How a connection is continued: the server that it reaches, and the host that its client names: what faults see that act on names.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use super::{About, Leg, Passage};
use crate::journal::{Hop, Record};
use crate::path::fate::{Ending, Stage};
use crate::path::{Destination, proxy_protocol};
use crate::plan::Fault;
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

    /// Continues the connection to the endpoint, by another of its names if that is said, and writes down where it went.
    pub(in crate::path) async fn dial(&self, name: Option<usize>) -> io::Result<Conn> {
        let Destination { upstream, endpoint, region, .. } = &*self.to;
        let said = self.to.proxy_protocol.send.zip(self.ends);
        let said = said.map(|(version, (client, server))| proxy_protocol::write(version, client, server));
        let conn = upstream.by(name).dial(&self.shared.at.world, self.address, &said.unwrap_or_default()).await;
        let conn = conn.inspect_err(|error| self.shared.at.alarm.starved(error))?;
        if let Some(to) = *region {
            let hop = Hop { connection: self.number(), endpoint: *endpoint, from: self.from, to, at: self.now() };
            self.shared.at.journal.append(Record::Hop(hop));
        }
        self.reached(&conn).await?;
        Ok(conn)
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

    /// Whether a fault is on that looks at names.
    pub(in crate::path) fn has_named(&self) -> bool {
        let snapshot = self.shared.at.board.snapshot();
        snapshot.faults.iter().any(|fault| matches!(fault.inject.fault, Fault::SniBlock(_)))
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
