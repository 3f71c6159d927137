//! The stream half of the path: two lanes in one task, and an eye on the switchboard for faults that act without data.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::fate::{Ending, Stage, Unit};
use super::frames;
use super::lane::{Cut, Lane};
use super::leg::{About, Leg};
use super::overheard::{self, Ear, Ended, Heard};
use super::ways::near::Near;
use crate::control::Ticket;
use crate::plan::Direction;
use crate::world::Conn;

/// Continues a client's byte stream to the endpoint until both directions have ended, or one has broken off.
pub(super) async fn serve(leg: &Arc<Leg>, near: (Conn, Bytes)) {
    let mut near = Near::new(near);
    match dialled(leg, &mut near).await {
        Some(Ok(far)) => overheard::carry(leg, near, far).await,
        // Whoever has waited in vain, as a fault has swallowed everything, hears nothing but the end.
        Some(Err(error)) if error.kind() == ErrorKind::ConnectionAborted => {}
        Some(Err(error)) => {
            tracing::debug!(connection = leg.number(), %error, "the endpoint cannot be reached");
            near.reset();
        }
        None => {}
    }
}

/// The connection to the endpoint; `None` if the client has given up while a fault swallowed it. Until then its end may be that of one direction.
async fn dialled(leg: &Leg, near: &mut Near) -> Option<io::Result<Conn>> {
    let (mut dialling, mut gone) = (pin!(leg.dial(None)), pin!(near.gone()));
    poll_fn(|cx| match dialling.as_mut().poll(cx) {
        Poll::Ready(dialled) => Poll::Ready(Some(dialled)),
        Poll::Pending if leg.is_swallowed() => gone.as_mut().poll(cx).map(|()| None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// Both sides of a connection, with what has been read of each and not yet gone on.
pub(super) type Both = ((Conn, Bytes), (Conn, Bytes));

/// Pumps between two open connections.
pub(super) async fn run(leg: &Arc<Leg>, about: About, speech: Speech, both: Both) {
    pumped(Pump::new(leg, about, speech, false), both).await;
}

/// The same with bytes of whose beginning nobody knows anything: what their client says first is listened to, if that `may` be needed.
pub(super) async fn run_bytes(leg: &Arc<Leg>, both: Both, may: bool) {
    pumped(Pump::new(leg, leg.unknown(), Speech::Bytes, may), both).await;
}

async fn pumped(mut pump: Pump<'_>, (near, far): Both) {
    let leg = pump.leg;
    let begun = pump.begin(near.1, far.1);
    let (near, far) = (near.0, far.0);
    let mut ended = begun.err().map(Ended::Cut);
    while ended.is_none() {
        match poll_fn(|cx| pump.poll(cx, &near, &far)).await {
            Ok(Over::Streams) => break,
            Ok(Over::Heard(heard)) => {
                let judged = Box::pin(overheard::judged(&mut pump, heard, (&near, &far))).await;
                ended = judged.and_then(|()| pump.goes_on().map_err(Ended::Cut)).err();
            }
            Err(cut) => ended = Some(Ended::Cut(cut)),
        }
    }
    // What was counted is written down before the peers hear of the end.
    drop(pump);
    match ended {
        None => cut(leg, None, (near, far)),
        Some(Ended::Cut(how)) => cut(leg, Some(how), (near, far)),
        Some(Ended::Unheard(why)) => Box::pin(overheard::ends(leg, why, (near, far))).await,
    }
}

/// Writes down that a stream has ended, in order unless it is cut, and tells both sides.
fn cut(leg: &Leg, cut: Option<Cut>, (near, far): (Conn, Conn)) {
    if let Some(eye) = leg.eye() {
        eye.streamed(cut.is_none());
    }
    if cut == Some(Cut::Reset) {
        // A reset goes on as a reset: whoever is still there must not take it for an end.
        near.reset();
        far.reset();
    }
}

/// Why pumping stops without a cut.
#[derive(Debug)]
pub(super) enum Over {
    /// Both directions have ended.
    Streams,
    /// This was heard, and has to be judged.
    Heard(Heard),
}

/// What a stream is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    Bytes,
    /// The frames of a WebSocket.
    Socket,
}

/// One connection on its way, with one set of decisions from its first moment to its last.
pub(super) struct Pump<'a> {
    pub(super) leg: &'a Leg,
    about: About,
    speech: Speech,
    out: Lane,
    back: Lane,
    /// The epoch in which the standing connection was last judged.
    seen: u64,
    ticket: Ticket,
    done: [bool; 2],
    /// Both sides are being told of the end.
    closing: bool,
    /// Whether what the client says first may have to be listened to.
    unheard: bool,
    /// Listens to it.
    ear: Option<Box<Ear>>,
}

impl<'a> Pump<'a> {
    fn new(leg: &'a Arc<Leg>, about: About, speech: Speech, unheard: bool) -> Self {
        let stage = |direction| match speech {
            Speech::Bytes => Stage::Chunk(direction),
            Speech::Socket => Stage::Frame(direction),
        };
        Self {
            leg,
            about,
            speech,
            out: Lane::new(leg, about, stage(Direction::ToEndpoint)),
            back: Lane::new(leg, about, stage(Direction::FromEndpoint)),
            seen: u64::MAX,
            ticket: Ticket::default(),
            done: [false; 2],
            closing: false,
            unheard,
            ear: None,
        }
    }

    /// What has been read already of both sides.
    fn begin(&mut self, near: Bytes, far: Bytes) -> Result<(), Cut> {
        self.opens_ear();
        match &mut self.ear {
            Some(ear) => {
                if !near.is_empty() {
                    ear.came(&near);
                }
                self.out.begin(Bytes::new())?;
            }
            None => self.out.begin(near)?,
        }
        self.back.begin(far)
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>, near: &Conn, far: &Conn) -> Poll<Result<Over, Cut>> {
        loop {
            if self.leg.shared.at.board.epoch() != self.seen {
                self.stand()?;
                // Looked at after the epoch was noted: what goes on between the two is met in the next round.
                self.opens_ear();
            }
            match self.listen(cx, near, far)? {
                None => self.carry(cx, near, far)?,
                Some(Heard::More) => {}
                Some(Heard::Other) => {
                    self.goes_on()?;
                    continue;
                }
                Some(heard) => return Poll::Ready(Ok(Over::Heard(heard))),
            }
            if self.done == [true; 2] {
                return Poll::Ready(Ok(Over::Streams));
            }
            let wish = self.out.wish().max(self.back.wish());
            if self.leg.shared.at.board.poll_changed(self.seen, wish, &mut self.ticket, cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Passes on what comes of both sides.
    fn carry(&mut self, cx: &mut Context<'_>, near: &Conn, far: &Conn) -> Result<(), Cut> {
        if !self.done[0] {
            let polled = self.out.poll(cx, near, far, self.done[1]);
            if polled == Poll::Ready(Err(Cut::Reset)) && !self.done[1] {
                // The endpoint may have said something before it broke off, as those do that refuse while the client still sends.
                // Who connects to it directly hears it.
                let _ = self.back.poll(cx, far, near, false);
            }
            self.done[0] = over(polled, self.closing)?;
        }
        if !self.done[1] {
            self.done[1] = over(self.back.poll(cx, far, near, self.done[0]), self.closing)?;
        }
        Ok(())
    }

    /// Listens from now on if nothing has moved yet, and somebody wants to know what name the client says first.
    fn opens_ear(&mut self) {
        if !self.unheard || self.ear.is_some() {
            return;
        }
        self.unheard = self.done == [false; 2] && self.out.is_untouched() && self.back.is_untouched();
        if self.unheard {
            self.ear = Ear::of(self.leg);
            self.out.keep_back(self.ear.is_some());
        }
    }

    /// Hears what the client says first, of which nothing goes on, until the server says something; `None` if nobody listens.
    fn listen(&mut self, cx: &mut Context<'_>, near: &Conn, far: &Conn) -> Result<Option<Heard>, Cut> {
        let Some(ear) = self.ear.as_deref_mut() else { return Ok(None) };
        loop {
            match ear.look(self.leg.now()) {
                Heard::More => {}
                heard => return Ok(Some(heard)),
            }
            if !ear.is_judging() {
                let came = ear.take();
                if !came.is_empty() {
                    self.out.come(came)?;
                }
                // A limit is reached.
                if self.out.has_ended() {
                    return Ok(Some(Heard::Other));
                }
            }
            match self.out.poll_come(cx, near, ear.has_room())? {
                Poll::Ready(bytes) => ear.came(&bytes),
                Poll::Pending => break,
            }
        }
        let late = ear.late(cx, &self.leg.shared.at.world.clock);
        if !matches!(late, Heard::More) || ear.is_judging() {
            return Ok(Some(late));
        }
        self.done[1] = over(self.back.poll(cx, far, near, false), self.closing)?;
        let spoken = self.done[1] || !self.back.is_untouched();
        Ok(Some(if spoken { Heard::Other } else { Heard::More }))
    }

    /// It is being judged what the client has said.
    pub(super) fn is_judging(&mut self) {
        if let Some(ear) = &mut self.ear {
            ear.judge();
        }
    }

    /// What was said goes on, and whatever follows.
    fn goes_on(&mut self) -> Result<(), Cut> {
        let Some(mut ear) = self.ear.take() else { return Ok(()) };
        self.unheard = false;
        self.out.keep_back(false);
        let came = ear.take();
        if !came.is_empty() {
            self.out.come(came)?;
        }
        if ear.has_ended() { self.out.come(Vec::new()) } else { Ok(()) }
    }

    /// Whether a fault that is on closes connections like this one, on which nothing has to move for it.
    fn stand(&mut self) -> Result<(), Cut> {
        if self.closing {
            self.seen = self.leg.shared.at.board.epoch();
            return Ok(());
        }
        let Some(ending) = self.closer() else { return Ok(()) };
        let Ending::CloseSocket(code) = ending else { return Err(Cut::Close) };
        self.closing = true;
        // Clients mask what they say, also through us; with zeros it stays as it is.
        self.out.say_and_close(&frames::close(code, "", Some([0; 4])))?;
        self.back.say_and_close(&frames::close(code, "", None))
    }

    /// How a fault that is on ends a connection like this one, on which nothing has to move for it, which is written down.
    fn closer(&mut self) -> Option<Ending> {
        let stage = if self.speech == Speech::Socket { Stage::StandingSocket } else { Stage::Standing };
        let unit = Unit { stage, number: 0, at: self.leg.now() };
        let judged = self.leg.judge(unit, self.about);
        self.seen = judged.epoch;
        let ending = judged.fate.ending.filter(|ending| matches!(ending, Ending::Close | Ending::CloseSocket(_)))?;
        for (fault, fate) in &judged.hits {
            self.leg.hit(fault, fate, self.about, 1, unit.at);
        }
        Some(ending)
    }
}

/// Whether a direction is over. While both sides are being told of the end, the first that has heard it does not cut the other short.
fn over(polled: Poll<Result<(), Cut>>, closing: bool) -> Result<bool, Cut> {
    match polled {
        Poll::Pending => Ok(false),
        Poll::Ready(Err(Cut::Close)) if closing => Ok(true),
        Poll::Ready(ended) => ended.map(|()| true),
    }
}
