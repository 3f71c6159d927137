//! The answer's way back to the client.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::Poll;

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use hyper::http::response::Parts;
use hyper::{HeaderMap, Response};

use super::body::{self, Read, Stopped, length, pass, send, send_read, whole};
use super::exchange::{Head, while_wanted};
use super::failed::Failed;
use crate::control::Arming;
use crate::limits::UNIT_BODY_BYTES;
use crate::path::fate::{Change, Content, Fate, Stage};
use crate::path::http::edit::{FRAMING, OF_BYTES};
use crate::path::http::gate::{Gated, gate};
use crate::path::http::lesson::{Lesson, teaches};
use crate::path::leg::{About, Leg, Onward};
use crate::path::sight::Sight;
use crate::plan::BodyEdit;

/// What passes the answers to one request.
pub(super) struct Answering<'a> {
    pub(super) leg: &'a Arc<Leg>,
    pub(super) about: About,
    /// What the answer completes.
    pub(super) lesson: Option<Lesson>,
    pub(super) near: &'a mut SendResponse<Bytes>,
    /// Who looks at it.
    pub(super) sight: &'a Sight<'a>,
    /// Whether it answers a HEAD, and so has no body, though its head may be like that of one which has.
    pub(super) to_head: bool,
}

/// What a host says to a request.
enum Said {
    /// Something before its answer.
    Interim(Head),
    Answer(Response<RecvStream>),
}

impl Answering<'_> {
    /// Passes interim answers and the last one.
    pub(super) async fn pass(mut self, mut answer: ResponseFuture) -> Result<(), Failed> {
        for interim in 1.. {
            match while_wanted(self.near, next(&mut answer)).await? {
                Said::Interim(head) => {
                    while_wanted(self.near, gate(self.leg, Stage::Notice, self.about, interim)).await?;
                    self.near.send_informational(head).map_err(|_| Failed::GivenUp)?;
                }
                Said::Answer(answer) => {
                    let (head, body) = answer.into_parts();
                    return self.last(head, body).await;
                }
            }
        }
        Ok(())
    }

    /// Passes the answer that ends the exchange.
    async fn last(&mut self, head: Parts, mut body: RecvStream) -> Result<(), Failed> {
        self.sight.answers(head.status.as_u16(), false);
        let said = length(&head.headers);
        let small = said.is_some_and(|length| length <= UNIT_BODY_BYTES as u64);
        let content = match said {
            // Its end may be a frame of its own, with nothing in it.
            _ if self.to_head || body.is_end_stream() => Content::None,
            Some(length) => Content::Length(length),
            None => Content::Open,
        };
        let read = if content == Content::None {
            Read { over: true, ..Read::default() }
        } else if small || self.about.capability.is_some_and(teaches) {
            while_wanted(self.near, async { whole(&mut body).await.map_err(Failed::Host) }).await?
        } else {
            Read::default()
        };
        if let Some((lesson, kind)) = self.lesson.take().zip(self.leg.to.kind.as_ref()) {
            lesson.told(self.leg, kind, head.status, &read.bytes);
        }
        let gated = while_wanted(self.near, gate(self.leg, Stage::Answer(content), self.about, 0)).await?;
        if let Gated::On(Onward { change: Some(Change::Body(edit)), unsaid }) = gated {
            return self.edited(&edit, unsaid, head, (read, body)).await;
        }
        let bare = read.over && read.bytes.is_empty() && read.trailers.is_none();
        let over = read.over;
        let mut to = self.near.send_response(Response::from_parts(head, ()), bare).map_err(|_| Failed::GivenUp)?;
        if bare {
            return Ok(());
        }
        let count = &self.sight.received;
        send_read(&mut to, read, count).await.map_err(|_| Failed::GivenUp)?;
        if over { Ok(()) } else { passed(&mut body, &mut to, count).await }
    }

    /// Passes an answer with another body than it came with. What is left of that is for nobody.
    async fn edited(
        &mut self,
        edit: &BodyEdit,
        unsaid: Option<(Arming, Fate)>,
        mut head: Parts,
        (read, mut body): (Read, RecvStream),
    ) -> Result<(), Failed> {
        let gone = |_| Failed::GivenUp;
        let most = match edit {
            BodyEdit::Replace(text) => {
                without(&mut head.headers, FRAMING.iter().chain(OF_BYTES));
                head.headers.insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
                let bare = text.is_empty();
                let mut to = self.near.send_response(Response::from_parts(head, ()), bare).map_err(gone)?;
                let count = &self.sight.received;
                return if bare { Ok(()) } else { send(&mut to, text.clone().into(), true, count).await.map_err(gone) };
            }
            BodyEdit::Truncate(size) => size.0,
        };
        if let Some(length) = length(&head.headers) {
            without(&mut head.headers, FRAMING.iter());
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(length.min(most)));
        }
        let mut to = self.near.send_response(Response::from_parts(head, ()), false).map_err(gone)?;
        let cut = truncated(read, &mut body, &mut to, (most, &self.sight.received)).await?;
        if let Some((fault, fate)) = unsaid.filter(|_| cut) {
            self.leg.hit(&fault, &fate, self.about, 1, self.leg.now());
        }
        Ok(())
    }
}

/// Passes the first `most` bytes of a body; whether there were more.
async fn truncated(
    read: Read,
    body: &mut RecvStream,
    to: &mut SendStream<Bytes>,
    (mut most, count): (u64, &AtomicU64),
) -> Result<bool, Failed> {
    let gone = |_| Failed::GivenUp;
    let Read { bytes: mut part, mut trailers, over } = read;
    // What was read already has been told so.
    let mut untold = 0;
    loop {
        let passes = usize::try_from(most).map_or(part.len(), |most| most.min(part.len()));
        if passes < part.len() {
            send(to, part.split_to(passes), true, count).await.map_err(gone)?;
            return Ok(true);
        }
        send(to, part, false, count).await.map_err(gone)?;
        most -= passes as u64;
        body.flow_control().release_capacity(untold).map_err(Failed::Host)?;
        if over {
            break;
        }
        let Some(next) = body::next(body, to).await.map_err(of_answer)? else {
            trailers = body.trailers().await.map_err(Failed::Host)?;
            break;
        };
        (untold, part) = (next.len(), next);
    }
    let ended = match trailers {
        Some(trailers) => to.send_trailers(trailers),
        None => to.send_data(Bytes::new(), true),
    };
    ended.map_err(gone)?;
    Ok(false)
}

/// Passes the rest of an answer; where the host breaks off, so is the client's stream broken off.
async fn passed(body: &mut RecvStream, to: &mut SendStream<Bytes>, count: &AtomicU64) -> Result<(), Failed> {
    pass(body, to, count).await.map_err(of_answer)
}

/// On an answer's way.
fn of_answer(stopped: Stopped) -> Failed {
    match stopped {
        Stopped::Source(error) => Failed::Host(error),
        Stopped::Sink => Failed::GivenUp,
    }
}

/// The next that the host says.
async fn next(answer: &mut ResponseFuture) -> Result<Said, Failed> {
    poll_fn(|cx| match answer.poll_informational(cx) {
        Poll::Ready(Some(interim)) => Poll::Ready(interim.map(Said::Interim)),
        Poll::Ready(None) | Poll::Pending => Pin::new(&mut *answer).poll(cx).map_ok(Said::Answer),
    })
    .await
    .map_err(Failed::Host)
}

fn without<'f>(headers: &mut HeaderMap, fields: impl Iterator<Item = &'f &'f [u8]>) {
    for name in fields.filter_map(|name| HeaderName::from_bytes(name).ok()) {
        headers.remove(name);
    }
}
