//! A client's connection.

use std::io::{Error, ErrorKind};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::protocol::Role;

use super::super::core::Core;
use super::super::inbox;
use super::super::mailbox::Mailbox;
use super::session::{Session, Step};
use crate::limits::{BODY_BYTES, HEAD_TIMEOUT, MAIL_LINE_BYTES, MAIL_PATIENCE};
use crate::plan::Capability;
use crate::vendor::smtp::{self, Reply};
use crate::world::tls::Acceptor;
use crate::world::{self, Conn};

/// Serves a connection until it ends. `capability` is what is sent by it, and by `starttls` it can be secured.
pub(in crate::endpoint) async fn serve(core: &Core, capability: Capability, conn: Conn, starttls: Option<&Acceptor>) {
    let mut line = Line { core, conn, read: Vec::new() };
    let mut begun = line.session(capability, (true, starttls.is_some())).await;
    if let (Ok(Next::Tls), Some(acceptor)) = (&begun, starttls) {
        // What came before TLS and was not looked at was said by whoever is on the way, and is forgotten with the rest (RFC 3207 §4.2).
        let handshake = core.clock.timeout(core.now() + HEAD_TIMEOUT, acceptor.accept(line.conn)).await;
        let Ok(Ok(conn)) = handshake else {
            return tracing::debug!("a TLS handshake with a twin failed or took too long");
        };
        line = Line { core, conn, read: Vec::new() };
        begun = line.session(capability, (false, false)).await;
    }
    match begun {
        Ok(Next::Inbox(mailbox, after)) => {
            let Line { conn, read, .. } = line;
            inbox::push(mailbox, world::websocket_on(conn, read, Role::Server).await, after).await;
        }
        Ok(Next::Over | Next::Tls) => {}
        Err(error) => tracing::debug!(%error, "a connection to a twin ended"),
    }
}

/// What follows a session.
enum Next {
    Over,
    /// TLS, in which everything begins anew.
    Tls,
    /// The inbox of whoever owns this mailbox, from this frame on.
    Inbox(Arc<Mailbox>, u64),
}

struct Line<'a> {
    core: &'a Core,
    conn: Conn,
    /// What was read and not yet looked at.
    read: Vec<u8>,
}

impl Line<'_> {
    /// Until the client leaves or wants something else, from the greeting on if he is `greeted`.
    async fn session(&mut self, capability: Capability, (greeted, starttls): (bool, bool)) -> Result<Next, Error> {
        let mut session = Session::new(starttls);
        if greeted {
            self.say(&Session::greeting()).await?;
        }
        loop {
            let Some(line) = self.line().await? else { return Ok(Next::Over) };
            match session.hears(self.core, &line) {
                Step::Say(reply) => self.say(&reply).await?,
                Step::Leave(reply) => {
                    self.say(&reply).await?;
                    return Ok(Next::Over);
                }
                Step::Tls(reply) => {
                    self.say(&reply).await?;
                    return Ok(Next::Tls);
                }
                Step::Inbox(reply, mailbox, after) => {
                    self.say(&reply).await?;
                    return Ok(Next::Inbox(mailbox, after));
                }
                Step::Content(reply) => {
                    self.say(&reply).await?;
                    let Some(content) = self.content().await? else { return Ok(Next::Over) };
                    let reply = session.takes(self.core, content.as_deref(), capability);
                    self.say(&reply).await?;
                }
            }
        }
    }

    async fn say(&mut self, reply: &Reply) -> Result<(), Error> {
        self.conn.write_all(reply.to_string().as_bytes()).await
    }

    /// The next line without its end; `None` if the client has gone, has said nothing for too long, or says more than a line.
    async fn line(&mut self) -> Result<Option<Vec<u8>>, Error> {
        loop {
            if let Some(at) = memchr::memmem::find(&self.read, b"\r\n") {
                let line = self.read[..at].to_vec();
                self.read.drain(..at + 2);
                return Ok(Some(line));
            }
            if self.read.len() > MAIL_LINE_BYTES {
                self.say(&Reply::new(500, "5.5.2", "Line too long")).await?;
                return Ok(None);
            }
            if !self.more().await? {
                return Ok(None);
            }
        }
    }

    /// The content with its end; within it `None` if it is too long, without if the client has gone.
    async fn content(&mut self) -> Result<Option<Option<Vec<u8>>>, Error> {
        let (mut seen, mut too_long) = (0, false);
        loop {
            let end = if too_long { smtp::end_within(&self.read) } else { smtp::end(&self.read, seen) };
            if let Some(end) = end {
                let content: Vec<u8> = self.read.drain(..end).collect();
                let fits = !too_long && content.len() <= BODY_BYTES;
                return Ok(Some(fits.then_some(content)));
            }
            seen = self.read.len();
            if seen > BODY_BYTES {
                // What is too long is read to its end, for nobody.
                too_long = true;
            }
            if too_long {
                self.read.drain(..seen - smtp::END.len() - 1);
            }
            if !self.more().await? {
                return Ok(None);
            }
        }
    }

    /// Reads more; `false` at the end, or if nothing has come for so long.
    async fn more(&mut self) -> Result<bool, Error> {
        let clock = &self.core.clock;
        let Ok(read) = clock.timeout(clock.now() + MAIL_PATIENCE, self.conn.read_buf(&mut self.read)).await else {
            self.say(&Reply::new(421, "4.4.2", "Timeout")).await?;
            return Ok(false);
        };
        match read {
            Ok(count) => Ok(count > 0),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(false),
            Err(error) => Err(error),
        }
    }
}
