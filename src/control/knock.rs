//! Handshakes at the path's doors, as our own clients make them. Where a listener refuses or swallows them the path sees nothing: whoever
//! knocks writes down what hit him.

use std::io;
use std::net::SocketAddr;

use super::{Arming, Connection, Facts, Scene, Side};
use crate::journal::{Fate, Hit, Record};
use crate::plan::{Fault, Trail};
use crate::units::{AccountId, EndpointId, Span};
use crate::world::Conn;

impl Scene {
    /// Connects an account to its door to an endpoint. `number` becomes the connection's number, also if none is made but a fault is to
    /// blame, so that attempts and hits can be joined.
    ///
    /// # Errors
    /// As the network's `connect`.
    pub async fn knock(
        &self,
        (account, endpoint): (AccountId, EndpointId),
        door: SocketAddr,
        number: &mut Option<u64>,
    ) -> io::Result<(Conn, Connection)> {
        let from = self.plan.accounts[account.index()].address;
        self.shut(account, endpoint, &Fault::Blackhole, number);
        match self.world.net.connect(Some(from), door).await {
            Ok(conn) => {
                let connection = self.connections.join(conn.local_addr(), conn.peer_addr(), Side::Client);
                *number = Some(connection.number);
                Ok((conn, connection))
            }
            Err(error) => {
                if error.kind() == io::ErrorKind::ConnectionRefused {
                    self.shut(account, endpoint, &Fault::Refuse, number);
                }
                self.alarm.starved(&error);
                Err(error)
            }
        }
    }

    /// Writes down a hit by each fault of this kind that shuts the account's door.
    fn shut(&self, account: AccountId, endpoint: EndpointId, by: &Fault, number: &mut Option<u64>) {
        let snapshot = self.board.snapshot();
        let of_door = |fault: &&Arming| fault.inject.fault == *by && fault.is_of_addresses();
        if !snapshot.faults.iter().any(|fault| of_door(&fault)) {
            return;
        }
        let who = &self.plan.accounts[account.index()];
        let facts = Facts {
            address: who.address,
            region: self.plan.region_of(who.address),
            way: &self.plan.way(who, endpoint),
            endpoint,
            account: Some(account),
            capability: None,
            trail: Trail::default(),
            issued: None,
            heads: None,
            server: None,
            names: &[],
            came: None,
        };
        let at = self.world.clock.now();
        let fate = if *by == Fault::Refuse { Fate::Refused } else { Fate::Held };
        for fault in snapshot.faults.iter().filter(of_door).filter(|fault| fault.aims_at(&facts)) {
            let connection = *number.get_or_insert_with(|| self.connections.none());
            fault.bit(1, at);
            self.journal.append(Record::Hit(Hit {
                inject: fault.id,
                connection,
                exchange: 0,
                account: Some(account),
                fate,
                delay: Span::ZERO,
                units: 1,
                at,
            }));
        }
    }
}
