//! Connecting, in two steps: an address at this end is known before anything is asked of the other.

use std::fmt;
use std::io::Error;
use std::net::{IpAddr, SocketAddr};

use super::super::{memory, sockets};
use super::{Conn, Kind, Net, Stream};
use crate::limits::KERNEL_UNSENT;
use crate::units::Size;

/// A connection that is to be made.
pub struct Dial(Dialling);

enum Dialling {
    Socket(sockets::Dial),
    Memory(memory::Dial),
}

impl Net {
    /// Connects to `to`, from the address `from` if one is given. The acceptor sees it as its peer's: a region is a block of
    /// addresses.
    ///
    /// # Errors
    /// `ConnectionRefused` if nobody listens at `to`, `TimedOut` if nobody has answered for about 131 s; in sockets, whatever the system
    /// says.
    pub async fn connect(&self, from: Option<IpAddr>, to: SocketAddr) -> Result<Conn, Error> {
        self.dialling(from, to, None)?.connected().await
    }

    /// As [`connect`](Self::connect), and the system holds at most [`KERNEL_UNSENT`] that it could not yet send: for connections on
    /// which a fault holds bytes back. In memory every connection is bounded anyway.
    ///
    /// # Errors
    /// As `connect`.
    pub async fn connect_capped(&self, from: Option<IpAddr>, to: SocketAddr) -> Result<Conn, Error> {
        self.dialling(from, to, Some(KERNEL_UNSENT))?.connected().await
    }

    /// Takes a port at the address `from`, to connect to `to` from there.
    ///
    /// # Errors
    /// In sockets, whatever the system says.
    pub fn dial(&self, from: IpAddr, to: SocketAddr) -> Result<Dial, Error> {
        self.dialling(Some(from), to, None)
    }

    fn dialling(&self, from: Option<IpAddr>, to: SocketAddr, unsent: Option<Size>) -> Result<Dial, Error> {
        Ok(Dial(match &self.0 {
            Kind::Sockets => Dialling::Socket(sockets::Dial::new(from, to, unsent)?),
            Kind::Memory(network) => Dialling::Memory(network.dial(from, to)),
        }))
    }
}

impl Dial {
    /// The address of this end.
    ///
    /// # Errors
    /// In sockets, whatever the system says.
    pub fn local_addr(&self) -> Result<SocketAddr, Error> {
        match &self.0 {
            Dialling::Socket(dial) => dial.local(),
            Dialling::Memory(dial) => Ok(dial.local),
        }
    }

    /// The connection, once the other side has answered.
    ///
    /// # Errors
    /// As [`Net::connect`].
    pub async fn connected(self) -> Result<Conn, Error> {
        Ok(Conn(match self.0 {
            Dialling::Socket(dial) => Stream::Socket(dial.connected().await?),
            Dialling::Memory(dial) => Stream::Memory(dial.connected().await?),
        }))
    }
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dial")
    }
}
