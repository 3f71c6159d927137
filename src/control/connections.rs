use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Numbers for connections, on which a client and the path agree without a word on the wire: whoever asks first for a pair of addresses
/// takes the next number, and the other side gets the same. Attempts, hits and hops are joined by it.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    table: Arc<Mutex<Table>>,
    /// Whether the clients are other programs, which do not ask.
    strangers: bool,
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
    key: (SocketAddr, SocketAddr),
    side: Side,
    table: Connections,
}

impl Connections {
    /// Numbers for the connections of other programs: nobody but the path asks for them, and nothing is remembered of one that has ended.
    pub fn of_strangers() -> Self {
        Self { strangers: true, ..Self::default() }
    }

    /// A number for a connection that is not made.
    pub fn none(&self) -> u64 {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.last += 1;
        table.last
    }

    /// The number of the connection from `client` to `door`.
    pub fn join(&self, client: SocketAddr, door: SocketAddr, side: Side) -> Connection {
        let key = (client, door);
        if self.strangers {
            return Connection { number: self.none(), key, side, table: self.clone() };
        }
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
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
        Connection { number, key, side, table: self.clone() }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut table = self.table.table.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = table.open.get_mut(&self.key).filter(|entry| entry.number == self.number) else { return };
        entry.held[self.side as usize] = false;
        // Kept while the other side has yet to join: it would otherwise get another number.
        if entry.joined == [true; 2] && entry.held == [false; 2] {
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
        assert!(connections.table.lock().expect("the table").open.is_empty());
    }

    #[test]
    fn of_strangers_nothing_is_remembered() {
        let connections = Connections::of_strangers();
        let numbers: Vec<_> =
            (1..=3).map(|port| connections.join(address(port), address(80), Side::Path).number).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert!(connections.table.lock().expect("the table").open.is_empty());
    }
}
