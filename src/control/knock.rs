//! Handshakes at the path's doors, as our own clients make them. Where a listener refuses or swallows them the path sees nothing: whoever
//! knocks writes down what hit him.

use std::io;
use std::net::{IpAddr, SocketAddr};

use super::{Arming, Connection, Facts, Scene};
use crate::journal::{Fate, Hit, Record};
use crate::plan::{Fault, Trail};
use crate::units::{AccountId, EndpointId, RegionId, Span};
use crate::world::Conn;

/// Who knocks at a door, and where that leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// In whose name, if in anybody's.
    pub account: Option<AccountId>,
    /// From where: his own address, unless a gateway calls for him.
    pub address: IpAddr,
    /// The endpoint behind the door.
    pub endpoint: EndpointId,
}

impl Scene {
    /// An account that calls an endpoint by itself.
    pub fn caller(&self, (account, endpoint): (AccountId, EndpointId)) -> Caller {
        Caller { account: Some(account), address: self.plan.accounts[account.index()].address, endpoint }
    }

    /// Connects somebody to his door to an endpoint. `number` becomes the connection's number, also if none is made but a fault is to
    /// blame, so that attempts and hits can be joined.
    ///
    /// # Errors
    /// As the network's `connect`.
    pub async fn knock(
        &self,
        caller: Caller,
        door: SocketAddr,
        number: &mut Option<u64>,
    ) -> io::Result<(Conn, Connection)> {
        let dial = self.world.net.dial(caller.address, door).inspect_err(|error| self.alarm.starved(error))?;
        // Known before the handshake: one that is swallowed is tried again, and may lead to the connection.
        let mut connection = self.connections.dialled(dial.local_addr()?, door);
        self.shut(caller, &Fault::Blackhole, &connection, number);
        let conn = dial.connected().await.inspect_err(|error| {
            if error.kind() == io::ErrorKind::ConnectionRefused {
                self.shut(caller, &Fault::Refuse, &connection, number);
            }
            self.alarm.starved(error);
        })?;
        connection.stands();
        *number = Some(connection.number);
        Ok((conn, connection))
    }

    /// The legs that his connection takes.
    fn way_of(&self, Caller { account, address, endpoint }: Caller) -> Vec<(RegionId, RegionId)> {
        let own = account.and_then(|id| self.plan.accounts.get(id.index())).filter(|own| own.address == address);
        match (own, self.plan.region_of(address)) {
            (Some(own), _) => self.plan.way(own, endpoint),
            (None, Some(region)) => vec![(region, self.plan.endpoints[endpoint.index()].region)],
            (None, None) => Vec::new(),
        }
    }

    /// Writes down a hit by each fault of this kind that shuts his door.
    fn shut(&self, caller: Caller, by: &Fault, connection: &Connection, number: &mut Option<u64>) {
        let snapshot = self.board.snapshot();
        let of_door = |fault: &&Arming| fault.inject.fault == *by && fault.is_of_addresses();
        if !snapshot.faults.iter().any(|fault| of_door(&fault)) {
            return;
        }
        let Caller { account, address, endpoint } = caller;
        let facts = Facts {
            address,
            region: self.plan.region_of(address),
            way: &self.way_of(caller),
            endpoint,
            account,
            capability: None,
            trail: Trail::default(),
            issued: None,
            asks: false,
            heads: None,
            server: None,
            names: &[],
            came: None,
        };
        let at = self.world.clock.now();
        let fate = if *by == Fault::Refuse { Fate::Refused } else { Fate::Held };
        for fault in snapshot.faults.iter().filter(of_door).filter(|fault| fault.aims_at(&facts)) {
            *number = Some(connection.number);
            fault.bit(1, at);
            self.journal.append(Record::Hit(Hit {
                inject: fault.id,
                connection: connection.number,
                exchange: 0,
                account,
                fate,
                delay: Span::ZERO,
                units: 1,
                at,
            }));
        }
    }
}
