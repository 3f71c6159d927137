//! Mail: one account's sessions with a mail server, kept open from one mail to the next, and what is said in them.
//!
//! A mail is handed over with its content: whatever breaks off before that, nobody can have taken the message. What breaks off behind it
//! leaves that open.

use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::OwnedSemaphorePermit;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Client, Failed, Parcel, Progress, Said};
use crate::control::Connection;
use crate::limits::HEAD_BYTES;
use crate::units::Moment;
use crate::vendor::smtp::{self, Command, Mechanism, Reply};
use crate::vendor::{self, Answer, Outgoing};
use crate::world::{self, Conn};

/// Sessions that are free.
#[derive(Default)]
pub(super) struct Sessions(Mutex<Vec<Session>>);

/// A session: greeted, and logged in where that is needed.
struct Session {
    conn: Conn,
    read: Vec<u8>,
    connection: Connection,
    /// How many mails were begun.
    mails: u32,
    /// Whether one of them was given up and the server has not heard of it.
    begun: bool,
    /// While it is used, if there may not be any number of them.
    held: Option<OwnedSemaphorePermit>,
}

impl Client {
    /// One mail. Recipients whom the server declines are declined; if it declines all of them, so it does the message.
    pub(super) async fn mail(&self, message: &Parcel<'_>, progress: &mut Progress) -> Result<Said, Failed> {
        let mut session = match self.session(progress).await? {
            Ok(session) => session,
            Err(no) => return Ok(said(&no, smtp::answer(&no))),
        };
        let Parcel { capability, recipients, class, text, once, written } = *message;
        let at = self.wall_at(written);
        let outgoing = Outgoing { capability, from: &self.identity, token: "", recipients, class, text, once, at };
        let content = smtp::stuffed(smtp::compose(&outgoing).as_bytes());
        session.mails += 1;
        progress.exchange = session.mails;
        let (reply, declined) = match session.envelope(&self.identity.user, recipients).await? {
            Ok(declined) => {
                progress.handed = true;
                session.write(&content).await?;
                session.begun = false;
                (session.reply().await?, declined)
            }
            Err(no) => (no, Vec::new()),
        };
        let answer = match smtp::answer(&reply) {
            Answer::Acknowledged { .. } => Answer::Acknowledged { declined },
            no => no,
        };
        if !reply.ends() {
            self.sessions.keep(session);
        }
        Ok(said(&reply, answer))
    }

    /// A session that is free, or a new one; the server's no to a new one.
    async fn session(&self, progress: &mut Progress) -> Result<Result<Session, Reply>, Failed> {
        let held = self.permit().await?;
        while let Some(session) = self.sessions.take() {
            if let Some(session) = session.still_open() {
                progress.connection = Some(session.connection.number);
                return Ok(Ok(Session { held, ..session }));
            }
        }
        let entrance = self.entrance.ok_or(Failed("no door"))?;
        let knock = self.scene.knock(self.caller, entrance, &mut progress.connection).await;
        let (conn, connection) = knock.map_err(|_| Failed("connect"))?;
        let mut session = Session { conn, read: Vec::new(), connection, mails: 0, begun: false, held };
        let greeting = session.reply().await?;
        if !greeting.is_yes() {
            return Ok(Err(greeting));
        }
        let hello = session.ask(&Command::Hello { extended: true }.line()).await?;
        if !hello.is_yes() {
            return Ok(Err(hello));
        }
        if self.logs_in {
            let login = session.log_in(&hello, &self.identity).await?;
            if !login.is_yes() {
                return Ok(Err(login));
            }
        }
        Ok(Ok(session))
    }

    /// Opens the account's inbox at a twin, from the frame after this one, at most until `until`.
    pub(super) async fn mail_inbox(&self, after: u64, until: Moment) -> Option<(WebSocketStream<Conn>, Connection)> {
        let opening = async {
            let (conn, connection) = self.scene.knock(self.caller, self.entrance?, &mut None).await.ok()?;
            let mut session = Session { conn, read: Vec::new(), connection, mails: 0, begun: false, held: None };
            session.reply().await.ok().filter(Reply::is_yes)?;
            let credential = vendor::inbox_credential(&self.identity.user);
            let asked = session.ask(&Command::Inbox { credential, after }.line()).await;
            asked.ok().filter(Reply::is_yes)?;
            Some((world::websocket_on(session.conn, session.read, Role::Client).await, session.connection))
        };
        self.scene.world.clock.timeout(until, opening).await.ok()?
    }
}

impl Sessions {
    fn take(&self) -> Option<Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, mut session: Session) {
        // Given back when the session is in its place: whoever waits for it finds it there.
        let _held = session.held.take();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }
}

impl Session {
    /// Itself, unless the server has said something unasked: that it leaves, or that it has left.
    fn still_open(mut self) -> Option<Self> {
        let quiet = self.conn.read_buf(&mut self.read).now_or_never().is_none();
        (quiet && self.read.is_empty()).then_some(self)
    }

    /// Sender and recipients, and that the content is next: the recipients who are declined, or the no that ends it.
    async fn envelope(&mut self, from: &str, recipients: &[&str]) -> Result<Result<Vec<String>, Reply>, Failed> {
        if self.begun {
            self.ask(&Command::Reset.line()).await?;
            self.begun = false;
        }
        let mail = Command::Mail { from: from.to_owned(), size: None };
        let reply = self.ask(&mail.line()).await?;
        if !reply.is_yes() {
            return Ok(Err(reply));
        }
        self.begun = true;
        let (mut declined, mut no) = (Vec::new(), None);
        for to in recipients {
            let reply = self.ask(&Command::Recipient((*to).to_owned()).line()).await?;
            if reply.ends() {
                return Ok(Err(reply));
            }
            if !reply.is_yes() {
                declined.push((*to).to_owned());
                no = Some(reply);
            }
        }
        if let Some(no) = no.filter(|_| declined.len() == recipients.len()) {
            return Ok(Err(no));
        }
        let reply = self.ask(&Command::Data.line()).await?;
        Ok(if reply.code == 354 { Ok(declined) } else { Err(reply) })
    }

    /// Logs in by whichever mechanism the server offers.
    async fn log_in(&mut self, hello: &Reply, identity: &vendor::Identity) -> Result<Reply, Failed> {
        let offered = hello.offers("AUTH").unwrap_or_default();
        let offers = |name: &str| offered.split_whitespace().any(|word| word.eq_ignore_ascii_case(name));
        let vendor::Identity { key, secret, .. } = identity;
        let auth = |mechanism, initial| Command::Auth { mechanism: Some(mechanism), initial }.line();
        if offers(Mechanism::Plain.name()) {
            return self.ask(&auth(Mechanism::Plain, Some(smtp::plain(key, secret)))).await;
        }
        if !offers(Mechanism::Login.name()) {
            return Err(Failed("no login offered"));
        }
        let mut reply = self.ask(&auth(Mechanism::Login, None)).await?;
        for word in [key, secret] {
            if reply.code != 334 {
                break;
            }
            reply = self.ask(&(smtp::encoded(word) + "\r\n")).await?;
        }
        Ok(reply)
    }

    async fn ask(&mut self, line: &str) -> Result<Reply, Failed> {
        self.write(line.as_bytes()).await?;
        self.reply().await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        self.conn.write_all(bytes).await.map_err(|_| Failed("broken off"))
    }

    async fn reply(&mut self) -> Result<Reply, Failed> {
        loop {
            if let Some((reply, length)) = smtp::replied(&self.read).map_err(|_| Failed("no reply of SMTP"))? {
                self.read.drain(..length);
                return Ok(reply);
            }
            if self.read.len() > HEAD_BYTES {
                return Err(Failed("reply too long"));
            }
            if self.conn.read_buf(&mut self.read).await.map_err(|_| Failed("broken off"))? == 0 {
                return Err(Failed("broken off"));
            }
        }
    }
}

fn said(reply: &Reply, answer: Answer) -> Said {
    Said { status: reply.code, answer, known_as: None, wait: None }
}
