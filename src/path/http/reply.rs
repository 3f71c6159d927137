//! The answer's way back to the client.

use super::asked::{Asked, is_one_unit};
use super::body::Body;
use super::broken::{Broken, client};
use super::edit::{Truncation, replaced};
use super::gate::{Gated, gate};
use super::head::{Answer, Bad, Finder, Framing};
use super::lesson::Lesson;
use super::line::{Inlet, Stopped, Unit};
use super::wire::Wire;
use crate::control::Arming;
use crate::path::fate::{Change, Content, Fate, Stage};
use crate::path::lane::Cut;
use crate::path::leg::{Leg, Onward};
use crate::path::pump::Speech;
use crate::plan::{BodyEdit, EndpointKind};

/// How an exchange was answered.
pub(super) enum Answered {
    /// By an answer that has passed as a whole.
    Whole {
        /// Whether the endpoint means to go on with the connection.
        keeps_open: bool,
        /// What of it is still to come, for nobody.
        rest: Body,
    },
    /// By becoming a byte stream.
    Upgraded(Speech),
}

/// What passes answers to one request.
pub(super) struct Reply<'a> {
    pub(super) leg: &'a Leg,
    pub(super) kind: Option<&'a EndpointKind>,
    pub(super) asked: &'a Asked,
    /// What its answer completes.
    pub(super) lesson: Option<Lesson>,
    pub(super) near: &'a mut Wire,
    pub(super) far: &'a mut Inlet,
}

impl Reply<'_> {
    /// Passes interim answers and the last one.
    pub(super) async fn pass(&mut self) -> Result<Answered, Broken> {
        let about = self.asked.about;
        for interim in 1.. {
            let head = next_head(self.far).await?;
            let answer = read_answer(self.far, head, self.asked.to_head)?;
            if answer.status >= 200 {
                return self.last(head, answer).await;
            }
            let switches = answer.status == 101;
            if switches && !self.asked.upgrades {
                return Err(Broken::Switched);
            }
            let unit = self.far.cut(head, 0);
            let (stage, number) = if switches { (Stage::Answer(Content::None), 0) } else { (Stage::Notice, interim) };
            gate(self.leg, stage, about, number).await?;
            self.near.send(unit.head(), &[]).await.map_err(client)?;
            if switches {
                self.leg.answers(answer.status, false);
                let is_socket = is_websocket(unit.head());
                return Ok(Answered::Upgraded(if is_socket { Speech::Socket } else { Speech::Bytes }));
            }
            self.far.recycle(unit);
        }
        Err(Broken::Fault(Cut::Close))
    }

    /// Passes the answer that ends the exchange.
    async fn last(&mut self, head: usize, answer: Answer) -> Result<Answered, Broken> {
        let about = self.asked.about;
        self.leg.answers(answer.status, false);
        let mut body = Body::new(answer.framing);
        let here = if is_one_unit(answer.framing, about) {
            self.far.whole(head, &mut body).await.map_err(Broken::Endpoint)?
        } else {
            body.take(&self.far.unread()[head..]).map_err(|bad| Broken::Endpoint(bad.into()))?
        };
        let unit = self.far.cut(head, here);
        if let Some((lesson, kind)) = self.lesson.take().zip(self.kind) {
            lesson.end(self.leg, kind, answer, unit.body());
        }
        let content = match answer.framing {
            Framing::None => Content::None,
            Framing::Length(length) => Content::Length(length),
            Framing::Chunked | Framing::UntilEnd => Content::Open,
        };
        if let Gated::On(Onward { change: Some(Change::Body(edit)), unsaid }) =
            gate(self.leg, Stage::Answer(content), about, 0).await?
        {
            self.edited(&edit, unsaid, answer, &unit, &mut body).await?;
        } else {
            self.near.send(unit.head(), unit.body()).await.map_err(client)?;
            self.far.recycle(unit);
            while let Some(part) = self.far.next(&mut body).await.map_err(Broken::Endpoint)? {
                self.near.chunk(part.body()).await.map_err(client)?;
                self.far.recycle(part);
            }
        }
        Ok(Answered::Whole { keeps_open: answer.keeps_open, rest: body })
    }

    /// Passes an answer with another body than it came with. What is left of that is for nobody.
    async fn edited(
        &mut self,
        edit: &BodyEdit,
        unsaid: Option<(Arming, Fate)>,
        answer: Answer,
        unit: &Unit,
        body: &mut Body,
    ) -> Result<(), Broken> {
        let most = match edit {
            BodyEdit::Replace(text) => {
                let head = replaced(unit.head(), text.len());
                return self.near.send(&head, text.as_bytes()).await.map_err(client);
            }
            BodyEdit::Truncate(size) => size.0,
        };
        let bad = |bad: Bad| Broken::Endpoint(bad.into());
        let (mut truncation, mut out) = (Truncation::new(answer.framing, most), Vec::new());
        let head = truncation.head(unit.head());
        let mut cut = truncation.pass(unit.body(), &mut out).map_err(bad)?;
        self.near.send(&head, &out).await.map_err(client)?;
        while !cut && let Some(part) = self.far.next(body).await.map_err(Broken::Endpoint)? {
            out.clear();
            cut = truncation.pass(part.body(), &mut out).map_err(bad)?;
            self.near.chunk(&out).await.map_err(client)?;
            self.far.recycle(part);
        }
        if let Some((fault, fate)) = unsaid.filter(|_| cut) {
            self.leg.hit(&fault, &fate, self.asked.about, 1, self.leg.now());
        }
        Ok(())
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
pub(super) async fn next_head(far: &mut Inlet) -> Result<usize, Broken> {
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

pub(super) fn read_answer(far: &Inlet, head: usize, to_head: bool) -> Result<Answer, Broken> {
    Answer::read(&far.unread()[..head], to_head).map_err(|bad| Broken::Endpoint(Stopped::Bad(bad)))
}

/// Reads the rest of a body.
pub(super) async fn drain(far: &mut Inlet, body: &mut Body) -> Result<(), Broken> {
    while let Some(part) = far.next(body).await.map_err(Broken::Endpoint)? {
        far.recycle(part);
    }
    Ok(())
}
