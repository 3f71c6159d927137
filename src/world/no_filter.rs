//! Where the system has no filters for sockets.

use std::io::{Error, ErrorKind};

use ipnet::IpNet;
use socket2::Socket;

pub(super) fn attach(_socket: &Socket, _blocks: &[IpNet]) -> Result<(), Error> {
    Err(Error::new(ErrorKind::Unsupported, "this system cannot drop handshakes; refuse connections instead"))
}

#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(super) fn detach(_socket: &Socket) -> Result<(), Error> {
    Ok(())
}
