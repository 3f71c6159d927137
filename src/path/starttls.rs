//! STARTTLS with a mail server (RFC 3207): what is said in the clear, before the handshake.

use std::io::{Error, ErrorKind};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::limits::HEAD_BYTES;
use crate::vendor::smtp::{self, Command, Reply};
use crate::world::Conn;

/// Asks for TLS; the handshake is next.
///
/// # Errors
/// If the server does not offer it, says no, or says more than was asked: what came in the clear must not be taken for what comes after.
pub(super) async fn asked(conn: Conn) -> Result<Conn, Error> {
    let mut conn = conn;
    let mut read = Vec::new();
    let refused = |reply: &Reply| Error::other(format!("the server says {} {}", reply.code, reply.words()));
    let greeting = replied(&mut conn, &mut read).await?;
    if !greeting.is_yes() {
        return Err(refused(&greeting));
    }
    conn.write_all(Command::Hello { extended: true }.line().as_bytes()).await?;
    let hello = replied(&mut conn, &mut read).await?;
    if hello.offers("STARTTLS").is_none() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the server offers no STARTTLS; its port for smtps:// may be another",
        ));
    }
    conn.write_all(Command::StartTls.line().as_bytes()).await?;
    let ready = replied(&mut conn, &mut read).await?;
    match ready.is_yes() {
        true if read.is_empty() => Ok(conn),
        true => Err(Error::new(ErrorKind::InvalidData, "the server says more than was asked before TLS")),
        false => Err(refused(&ready)),
    }
}

/// The next reply.
async fn replied(conn: &mut Conn, read: &mut Vec<u8>) -> Result<Reply, Error> {
    loop {
        let invalid = |why: &str| Error::new(ErrorKind::InvalidData, why.to_owned());
        if let Some((reply, length)) = smtp::replied(read).map_err(|error| invalid(&error.to_string()))? {
            read.drain(..length);
            return Ok(reply);
        }
        if read.len() > HEAD_BYTES {
            return Err(invalid("its reply is too long"));
        }
        if conn.read_buf(read).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
}
