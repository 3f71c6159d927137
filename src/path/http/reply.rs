//! The answer's way back to the client.

use hyper::StatusCode;

use super::answers::with_length;
use super::body::{Body, content};
use super::gate::{Gated, client, gate};
use super::head::{Answer, Finder};
use super::line::{Inlet, Stopped, Unit};
use super::relay::{Asked, Broken, is_one_unit};
use super::wire::Wire;
use crate::limits::UNIT_BODY_BYTES;
use crate::path::fate::{Change, Stage};
use crate::path::lane::Cut;
use crate::path::leg::Leg;
use crate::path::pump::Speech;
use crate::plan::{BodyEdit, EndpointKind};

/// How an exchange was answered.
pub(super) enum Answered {
    /// By an answer that has passed as a whole.
    Whole {
        /// Whether the endpoint means to go on with the connection.
        keeps_open: bool,
    },
    /// By becoming a byte stream.
    Upgraded(Speech),
}

/// What passes answers to one request.
pub(super) struct Reply<'a> {
    pub(super) leg: &'a Leg,
    pub(super) kind: Option<EndpointKind>,
    pub(super) asked: &'a Asked,
    /// What a login said.
    pub(super) login: Option<Vec<u8>>,
    pub(super) near: &'a mut Wire,
    pub(super) far: &'a mut Inlet,
}

impl Reply<'_> {
    /// Passes interim answers and the last one.
    pub(super) async fn pass(&mut self) -> Result<Answered, Broken> {
        let about = self.asked.about;
        for interim in 1.. {
            let head = next_head(self.far).await?;
            let answer = read_answer(self.far, head, self.asked)?;
            if answer.status >= 200 {
                return self.last(head, answer).await;
            }
            let switches = answer.status == 101;
            if switches && !self.asked.upgrades {
                return Err(Broken::Switched);
            }
            let unit = self.far.cut(head, 0);
            gate(self.leg, Stage::Answer, about, if switches { 0 } else { interim }).await?;
            self.near.send(unit.head(), &[]).await.map_err(client)?;
            if switches {
                let is_socket = is_websocket(unit.head());
                return Ok(Answered::Upgraded(if is_socket { Speech::Socket } else { Speech::Bytes }));
            }
            self.far.recycle(unit);
        }
        Err(Broken::Fault(Cut::Close))
    }

    /// Reads answers to a request that nobody waits for; whether the endpoint means to go on with the connection.
    pub(super) async fn discard(asked: &Asked, far: &mut Inlet) -> Result<bool, Broken> {
        loop {
            let head = next_head(far).await?;
            let answer = read_answer(far, head, asked)?;
            far.skip(head);
            if answer.status >= 200 {
                drain(far, &mut Body::new(answer.framing), |_| {}).await?;
                return Ok(answer.keeps_open);
            }
        }
    }

    /// Passes the answer that ends the exchange.
    async fn last(&mut self, head: usize, answer: Answer) -> Result<Answered, Broken> {
        let about = self.asked.about;
        let mut body = Body::new(answer.framing);
        let here = if is_one_unit(answer.framing, about) {
            self.far.whole(head, &mut body).await.map_err(Broken::Endpoint)?
        } else {
            body.take(&self.far.unread()[head..]).map_err(|bad| Broken::Endpoint(bad.into()))?
        };
        let unit = self.far.cut(head, here);
        self.learn(answer, unit.body());
        if let Gated::On(Some(Change::Body(edit))) = gate(self.leg, Stage::Answer, about, 0).await?
            && !self.asked.to_head
        {
            return self.edited(&edit, answer, &unit, body).await;
        }
        self.near.send(unit.head(), unit.body()).await.map_err(client)?;
        self.far.recycle(unit);
        while let Some(part) = self.far.next(&mut body).await.map_err(Broken::Endpoint)? {
            self.near.chunk(part.body()).await.map_err(client)?;
            self.far.recycle(part);
        }
        Ok(Answered::Whole { keeps_open: answer.keeps_open })
    }

    /// Passes an answer with another body than it came with.
    async fn edited(
        &mut self,
        edit: &BodyEdit,
        answer: Answer,
        unit: &Unit,
        mut body: Body,
    ) -> Result<Answered, Broken> {
        let mut whole = unit.body().to_vec();
        let keep = |part: &[u8]| {
            let room = UNIT_BODY_BYTES.saturating_sub(whole.len());
            whole.extend_from_slice(&part[..part.len().min(room)]);
        };
        drain(self.far, &mut body, keep).await?;
        let mut new = match edit {
            BodyEdit::Replace(text) => text.clone().into_bytes(),
            BodyEdit::Truncate(_) => content(answer.framing, &whole).into_owned(),
        };
        if let BodyEdit::Truncate(size) = edit {
            new.truncate(usize::try_from(size.0).unwrap_or(usize::MAX));
        }
        let head = with_length(unit.head(), new.len());
        self.near.send(&head, &new).await.map_err(client)?;
        // An answer that ends with its connection now has a length, and its connection ends all the same.
        Ok(Answered::Whole { keeps_open: answer.keeps_open })
    }

    /// Learns whose token it is that a login is answered with.
    fn learn(&mut self, answer: Answer, body: &[u8]) {
        let status = StatusCode::from_u16(answer.status);
        if let (Some(login), Some(kind), Ok(status)) = (self.login.take(), self.kind, status) {
            let mut known = self.leg.shared.guests.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            known.learn_login(self.leg.to.endpoint, kind, &login, status, &content(answer.framing, body));
        }
    }
}

/// Whether an answer says that from now on it is a WebSocket.
fn is_websocket(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n').filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        Some((&line[..colon], line[colon + 1..].trim_ascii()))
    });
    lines.any(|(name, value)| name.eq_ignore_ascii_case(b"upgrade") && value.eq_ignore_ascii_case(b"websocket"))
}

/// Waits for the next head; returns how long it is.
async fn next_head(far: &mut Inlet) -> Result<usize, Broken> {
    let mut finder = Finder::default();
    loop {
        match finder.find(far.unread()) {
            Ok(Some(head)) => return Ok(head),
            Ok(None) => {}
            Err(bad) => return Err(Broken::Endpoint(Stopped::Bad(bad))),
        }
        match far.fill().await {
            Ok(0) => return Err(Broken::Endpoint(Stopped::Ended)),
            Ok(_) => {}
            Err(error) => return Err(Broken::Endpoint(error.into())),
        }
    }
}

fn read_answer(far: &Inlet, head: usize, asked: &Asked) -> Result<Answer, Broken> {
    Answer::read(&far.unread()[..head], asked.to_head).map_err(|bad| Broken::Endpoint(Stopped::Bad(bad)))
}

/// Reads the rest of a body.
async fn drain(far: &mut Inlet, body: &mut Body, mut take: impl FnMut(&[u8])) -> Result<(), Broken> {
    while let Some(part) = far.next(body).await.map_err(Broken::Endpoint)? {
        take(part.body());
        far.recycle(part);
    }
    Ok(())
}
