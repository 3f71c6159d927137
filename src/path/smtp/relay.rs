//! One line after another: gate, endpoint, gate.

use std::sync::Arc;

use bytes::Bytes;

use super::session::{Asks, Heard, Session};
use crate::limits::{HEAD_BYTES, UNIT_BODY_BYTES};
use crate::path::fate::{Content, Stage};
use crate::path::http::{Broken, Gated, Line, Stopped, client, endpoint, gate, while_there};
use crate::path::leg::{About, Leg};
use crate::path::pump::{self, Speech};
use crate::vendor::smtp::{self, Reply};
use crate::world::Conn;

/// Serves a client's connection, of which something may have been read already, until it ends.
pub(in crate::path) async fn serve(leg: &Arc<Leg>, near: (Conn, Bytes)) {
    if !leg.handshake().await {
        return near.0.reset();
    }
    let mut near = Line::begun(near, leg, leg.forth());
    let far = match while_there(&mut near.inlet, leg.dial(None)).await {
        Ok(Ok(far)) => Line::new(far, leg, leg.forth().opposite()),
        Ok(Err(error)) => {
            tracing::debug!(connection = leg.number(), %error, "the endpoint cannot be reached");
            return near.reset();
        }
        Err(_) => return,
    };
    let mut relay = Relay { leg, near, far, session: Session::default(), units: 0 };
    match relay.run().await {
        Ok(None) => {}
        Ok(Some((about, speech))) => {
            let Relay { near, far, .. } = relay;
            if let (Some(near), Some(far)) = (near.into_conn(), far.into_conn()) {
                pump::run(leg, About { exchange: 0, ..about }, speech, (near, far)).await;
            }
        }
        Err(error) => {
            tracing::debug!(connection = leg.number(), %error, "a connection of the path ended");
            if error.is_reset() {
                relay.near.reset();
                relay.far.reset();
            }
        }
    }
}

struct Relay<'a> {
    leg: &'a Leg,
    near: Line,
    far: Line,
    session: Session,
    /// How many units were judged, for their draws.
    units: u64,
}

/// What the connection has become.
type Becomes = (About, Speech);

impl Relay<'_> {
    /// The greeting, and one line after another; `Some` if the last one made the connection something else.
    async fn run(&mut self) -> Result<Option<Becomes>, Broken> {
        if self.leg.to.upstream.is_greeted() {
            // It was said before TLS.
            let greeting = Reply::bare(220, "firedrill goes on to the server by STARTTLS");
            self.say(&greeting, Stage::Notice, self.known()).await?;
        } else if self.back(Stage::Notice, self.known()).await?.ends() {
            return Ok(None);
        }
        while let Some(line) = self.line().await? {
            let heard = self.session.hears(self.leg, &line[..line.len() - 2]);
            if let Step::Over(becomes) = self.step(line, heard).await? {
                return Ok(becomes);
            }
        }
        self.far.wire.leave().await?;
        Ok(None)
    }

    /// One line: gate, endpoint, gate.
    async fn step(&mut self, line: Vec<u8>, Heard { stage, about, asks }: Heard) -> Result<Step, Broken> {
        if let Gated::No(refusal) = self.gate(stage, about).await? {
            if matches!(asks, Asks::More(..)) {
                // The endpoint has asked for something, and hears that nobody goes on.
                self.forth(b"*\r\n").await?;
                self.reply().await?;
            }
            let reply = smtp::refusal(&refusal);
            self.say(&reply, Stage::Notice, about).await?;
            return Ok(if reply.ends() { Step::Over(None) } else { Step::Next });
        }
        self.forth(&line).await?;
        let reply = self.back(Stage::Notice, about).await?;
        if reply.ends() {
            return Ok(Step::Over(None));
        }
        match asks {
            Asks::Login(asking, name) | Asks::More(asking, name) => self.session.answered(reply.code, asking, name),
            Asks::Content if reply.code == 354 => return self.content(about).await,
            Asks::Bytes if reply.is_yes() => return Ok(Step::Over(Some((about, Speech::Bytes)))),
            Asks::Frames if reply.is_yes() => return Ok(Step::Over(Some((about, Speech::Socket)))),
            Asks::Reply | Asks::Content | Asks::Bytes | Asks::Frames => {}
        }
        Ok(Step::Next)
    }

    /// A mail's content, and what the endpoint says to it: the answer to the whole. As much of it as fits is one unit; what follows goes on
    /// as it comes.
    async fn content(&mut self, about: About) -> Result<Step, Broken> {
        let mut seen = 0;
        let mut end = loop {
            let unread = self.near.inlet.unread();
            let end = smtp::end(unread, seen);
            if end.is_some() || unread.len() >= UNIT_BODY_BYTES {
                break end;
            }
            seen = unread.len();
            self.more_from_client().await?;
        };
        // Nothing refuses here: a no was due before.
        self.gate(Stage::Command, about).await?;
        while end.is_none() {
            // All but what may be the beginning of the end.
            let count = self.near.inlet.unread().len().saturating_sub(smtp::END.len() + 2);
            if count == 0 {
                self.more_from_client().await?;
            } else {
                // More comes meanwhile, and the end may be in it.
                let part = self.near.inlet.cut(count, 0);
                self.forth(part.head()).await?;
            }
            end = smtp::end_within(self.near.inlet.unread());
        }
        let rest = self.near.inlet.cut(end.unwrap_or_default(), 0);
        self.forth(rest.head()).await?;
        let reply = self.back(Stage::Answer(Content::None), about).await?;
        Ok(if reply.ends() { Step::Over(None) } else { Step::Next })
    }

    /// The client's next line with its end; `None` if there is none. What the endpoint says meanwhile, unasked, goes on at once.
    async fn line(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        loop {
            let unread = self.near.inlet.unread();
            if let Some(at) = memchr::memchr(b'\n', unread) {
                if !unread[..at].ends_with(b"\r") {
                    return self.bad("Lines end with CR LF").await;
                }
                return Ok(Some(self.near.inlet.cut(at + 1, 0).head().to_vec()));
            }
            if unread.len() > HEAD_BYTES {
                return self.bad("Line too long").await;
            }
            self.near.inlet.slim();
            tokio::select! {
                biased;
                read = self.near.inlet.fill() => {
                    if read.map_err(|error| Broken::Client(error.into()))? == 0 {
                        return Ok(None);
                    }
                }
                read = self.far.inlet.fill() => {
                    if read.map_err(|error| Broken::Endpoint(error.into()))? == 0 {
                        self.near.wire.leave().await?;
                        return Ok(None);
                    }
                    if self.back(Stage::Notice, self.known()).await?.ends() {
                        return Ok(None);
                    }
                }
            }
        }
    }

    async fn bad<T>(&mut self, why: &str) -> Result<Option<T>, Broken> {
        self.say(&Reply::new(500, "5.5.2", why), Stage::Notice, self.known()).await?;
        Ok(None)
    }

    /// More of a content, as long as the endpoint is there. What it says meanwhile is heard when the content is over.
    async fn more_from_client(&mut self) -> Result<(), Broken> {
        let read = tokio::select! {
            biased;
            read = self.near.inlet.fill() => read.map_err(|error| Broken::Client(error.into()))?,
            () = self.far.inlet.gone() => return Err(Broken::Endpoint(Stopped::Ended)),
        };
        if read == 0 { Err(Broken::Client(Stopped::Ended)) } else { Ok(()) }
    }

    /// The endpoint's next reply, with its bytes.
    async fn reply(&mut self) -> Result<(Reply, Vec<u8>), Broken> {
        loop {
            let unread = self.far.inlet.unread();
            match smtp::replied(unread) {
                Ok(Some((reply, length))) => return Ok((reply, self.far.inlet.cut(length, 0).head().to_vec())),
                Ok(None) if unread.len() <= HEAD_BYTES => {}
                _ => return Err(Broken::Endpoint(std::io::Error::other("it says what is no reply").into())),
            }
            let filled = while_there(&mut self.near.inlet, self.far.inlet.fill()).await?;
            if filled.map_err(|error| Broken::Endpoint(error.into()))? == 0 {
                return Err(Broken::Endpoint(Stopped::Ended));
            }
        }
    }

    /// Passes the endpoint's next reply back.
    async fn back(&mut self, stage: Stage, about: About) -> Result<Reply, Broken> {
        let (reply, bytes) = self.reply().await?;
        self.gate(stage, about).await?;
        self.near.wire.send(&bytes, &[]).await.map_err(client)?;
        Ok(reply)
    }

    /// Says something in the endpoint's place: it comes from where the endpoint is, and takes its way.
    async fn say(&mut self, reply: &Reply, stage: Stage, about: About) -> Result<(), Broken> {
        self.gate(stage, about).await?;
        self.near.wire.send(reply.to_string().as_bytes(), &[]).await.map_err(client)
    }

    async fn forth(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        while_there(&mut self.near.inlet, self.far.wire.send(bytes, &[])).await?.map_err(endpoint)
    }

    /// Passes the gate as long as the client is there.
    async fn gate(&mut self, stage: Stage, about: About) -> Result<Gated, Broken> {
        self.units += 1;
        Ok(while_there(&mut self.near.inlet, gate(self.leg, stage, about, self.units)).await??)
    }

    fn known(&self) -> About {
        self.session.about(self.leg, None, None)
    }
}

/// What follows a line.
enum Step {
    Next,
    Over(Option<Becomes>),
}
