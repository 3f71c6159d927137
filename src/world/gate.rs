//! What becomes of handshakes at a listener: they are let in, refused or swallowed.

use std::fmt;
use std::io::Error;
use std::net::IpAddr;
use std::sync::Weak;

use ipnet::{IpNet, Ipv4Net};

use super::{listening, memory};

/// The gate of a [`Listener`](super::Listener), which decides on handshakes. Cheap to clone: every clone is the same gate.
///
/// It can be switched any number of times, also while somebody waits in `accept`. Connections that were accepted live on, whatever it
/// does. Once its listener is gone, switching it does nothing. Why it is built this way is in `docs/decisions/0018-gates.md`.
#[derive(Clone)]
pub struct Gate(Kind);

#[derive(Clone)]
enum Kind {
    Socket(Weak<listening::Shared>),
    Memory(Weak<memory::Queue>),
}

impl Gate {
    pub(super) fn socket(shared: Weak<listening::Shared>) -> Self {
        Self(Kind::Socket(shared))
    }

    pub(super) fn memory(queue: Weak<memory::Queue>) -> Self {
        Self(Kind::Memory(queue))
    }

    /// Lets everybody in, as at the beginning. A client whose handshake was swallowed is connected when it tries again: about 1, 2, 3, 4,
    /// 5, 7, 11, 19, 35 and 67 seconds after it began.
    ///
    /// # Errors
    /// In sockets, if the system does not let us listen again; the gate then refuses.
    pub fn open(&self) -> Result<(), Error> {
        match &self.0 {
            Kind::Socket(shared) => shared.upgrade().map_or(Ok(()), |shared| shared.open()),
            Kind::Memory(queue) => {
                with(queue, memory::Queue::open);
                Ok(())
            }
        }
    }

    /// Whoever connects sees `ConnectionRefused` at once. The port remains ours, and what nobody has accepted yet is reset.
    ///
    /// # Errors
    /// In sockets, whatever the system says; the gate is then as it was.
    pub fn refuse(&self) -> Result<(), Error> {
        match &self.0 {
            Kind::Socket(shared) => shared.upgrade().map_or(Ok(()), |shared| shared.refuse()),
            Kind::Memory(queue) => {
                with(queue, memory::Queue::refuse);
                Ok(())
            }
        }
    }

    /// Handshakes from the blocks `from`, or from everywhere if there are none, are dropped without an answer: the client waits, and
    /// tries again when TCP does. What waits to be accepted is accepted. A block of IPv4 addresses mapped into IPv6 is taken for the
    /// IPv4 block.
    ///
    /// # Errors
    /// In sockets, `PermissionDenied` or `Unsupported` as [`Net::can_swallow`](super::Net::can_swallow) tells beforehand, or whatever
    /// else the system says; the gate is then as it was, or refuses if it did.
    pub fn swallow(&self, from: &[IpNet]) -> Result<(), Error> {
        let from: Vec<_> = from.iter().map(plain).collect();
        match &self.0 {
            Kind::Socket(shared) => shared.upgrade().map_or(Ok(()), |shared| shared.swallow(&from)),
            Kind::Memory(queue) => {
                with(queue, |queue| queue.swallow(from));
                Ok(())
            }
        }
    }
}

fn with(queue: &Weak<memory::Queue>, f: impl FnOnce(&memory::Queue)) {
    if let Some(queue) = queue.upgrade() {
        f(&queue);
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

/// What comes from a mapped address is IPv4 on the wire.
fn plain(block: &IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    if let IpNet::V6(v6) = block
        && let Some(length) = v6.prefix_len().checked_sub(MAPPED)
        && let Some(address) = v6.network().to_ipv4_mapped()
    {
        return Ipv4Net::new(address, length).map_or(*block, IpNet::V4);
    }
    *block
}

/// Whether a handshake from `source` is swallowed by the blocks of [`Gate::swallow`].
pub(super) fn swallows(blocks: &[IpNet], source: IpAddr) -> bool {
    blocks.is_empty() || blocks.iter().any(|block| block.contains(&source.to_canonical()))
}
