use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Numbers for connections, on which a client and the path agree without a word on the wire: whoever asks first for a pair of addresses
/// takes the next number, and the other side gets the same. Attempts, hits and hops are joined by it.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    table: Arc<Mutex<Table>>,
    /// Nobody but the path asks.
    lone: bool,
}

#[derive(Debug, Default)]
struct Table {
    last: u64,
    open: BTreeMap<(SocketAddr, SocketAddr), Entry>,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    /// Which sides ever held it, and which still do: a system gives a port out again as soon as a connection is gone, and the second
    /// connection from one side is another one.
    joined: [bool; 2],
    held: [bool; 2],
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that connected.
    Client,
    /// The one that accepted.
    Path,
}

/// A connection's number, held as long as the connection is in use.
#[derive(Debug)]
pub struct Connection {
    /// The number, from 1.
    pub number: u64,
    /// Where the other side finds it, if there is another that asks.
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    number: u64,
    key: (SocketAddr, SocketAddr),
    side: Side,
    /// Whether it was made. The path never asks for one that was not.
    stands: bool,
    table: Arc<Mutex<Table>>,
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connections {
    /// Numbers for a path whose clients are not ours: the only side that asks gets a new one each time, and nothing is kept for another.
    #[must_use]
    pub fn lone() -> Self {
        Self { lone: true, ..Self::default() }
    }

    /// A connection of which only one side asks.
    pub fn alone(&self) -> Connection {
        let mut table = lock(&self.table);
        table.last += 1;
        Connection { number: table.last, held: None }
    }

    /// The number that the connection from `client` to `door` has if it is [made](Connection::stands): the client knows it before the path
    /// does, so that what becomes of the handshake can be told of it.
    pub fn dialled(&self, client: SocketAddr, door: SocketAddr) -> Connection {
        self.joined((client, door), Side::Client, false)
    }

    /// The number of the connection from `client` to `door`.
    pub fn join(&self, client: SocketAddr, door: SocketAddr, side: Side) -> Connection {
        self.joined((client, door), side, true)
    }

    fn joined(&self, key: (SocketAddr, SocketAddr), side: Side, stands: bool) -> Connection {
        if self.lone {
            return self.alone();
        }
        let mut table = lock(&self.table);
        let known = table.open.get_mut(&key).filter(|entry| !entry.joined[side as usize]);
        let number = if let Some(entry) = known {
            entry.joined[side as usize] = true;
            entry.held[side as usize] = true;
            entry.number
        } else {
            table.last += 1;
            let mut entry = Entry { number: table.last, joined: [false; 2], held: [false; 2] };
            entry.joined[side as usize] = true;
            entry.held[side as usize] = true;
            let number = entry.number;
            table.open.insert(key, entry);
            number
        };
        Connection { number, held: Some(Held { number, key, side, stands, table: Arc::clone(&self.table) }) }
    }
}

impl Connection {
    /// It was made.
    pub fn stands(&mut self) {
        if let Some(held) = &mut self.held {
            held.stands = true;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut table = lock(&self.table);
        let Some(entry) = table.open.get_mut(&self.key).filter(|entry| entry.number == self.number) else { return };
        entry.held[self.side as usize] = false;
        // Kept while the other side has yet to join: it would otherwise get another number. Nobody joins what was never made, and whoever came
        // from the same port later would get its number.
        let is_awaited = self.stands && entry.joined != [true; 2];
        if !is_awaited && entry.held == [false; 2] {
            table.open.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 10, 0, 1], port))
    }

    #[test]
    fn both_sides_get_one_number_in_either_order() {
        let connections = Connections::default();
        let client = connections.join(address(1), address(80), Side::Client);
        let path = connections.join(address(1), address(80), Side::Path);
        assert_eq!(client.number, path.number);
        let path = connections.join(address(2), address(80), Side::Path);
        let client = connections.join(address(2), address(80), Side::Client);
        assert_eq!(client.number, path.number);
    }

    #[test]
    fn a_port_given_out_again_is_another_connection() {
        let connections = Connections::default();
        let first = connections.join(address(1), address(80), Side::Client);
        let path = connections.join(address(1), address(80), Side::Path);
        let number = first.number;
        drop(first);
        // The path has not noticed the end yet.
        let second = connections.join(address(1), address(80), Side::Client);
        assert_ne!(second.number, number);
        drop(path);
        let path = connections.join(address(1), address(80), Side::Path);
        assert_eq!(second.number, path.number);
    }

    #[test]
    fn a_client_that_left_at_once_is_still_known_to_the_path() {
        let connections = Connections::default();
        let number = connections.join(address(1), address(80), Side::Client).number;
        assert_eq!(connections.join(address(1), address(80), Side::Path).number, number);
        assert!(lock(&connections.table).open.is_empty());
    }

    #[test]
    fn a_connection_that_is_dialled_has_its_number_before_the_path_sees_it() {
        let connections = Connections::default();
        let mut client = connections.dialled(address(1), address(80));
        let path = connections.join(address(1), address(80), Side::Path);
        client.stands();
        assert_eq!(client.number, path.number);
        drop(path);
        drop(client);
        assert!(lock(&connections.table).open.is_empty());
    }

    #[test]
    fn a_connection_that_was_never_made_leaves_its_number_to_nobody() {
        let connections = Connections::default();
        let number = connections.dialled(address(1), address(80)).number;
        assert!(lock(&connections.table).open.is_empty());
        assert_ne!(connections.join(address(1), address(80), Side::Path).number, number);
    }

    #[test]
    fn a_lone_path_keeps_nothing() {
        let connections = Connections::lone();
        let first = connections.join(address(1), address(80), Side::Path);
        let again = connections.join(address(1), address(80), Side::Path);
        assert_eq!((first.number, again.number), (1, 2));
        assert!(lock(&connections.table).open.is_empty());
    }
}
