//! The stream half of the path: two lanes in one task, and an eye on the switchboard for faults that act without data.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::fate::{Ending, Stage, Unit};
use super::frames;
use super::lane::{Cut, Lane};
use super::leg::{About, Leg};
use super::overheard;
use super::ways::near::Near;
use crate::control::Ticket;
use crate::plan::Direction;
use crate::world::Conn;

/// Continues a client's byte stream to the endpoint until both directions have ended, or one has broken off.
pub(super) async fn serve(leg: &Arc<Leg>, near: (Conn, Bytes)) {
    match leg.dial(None).await {
        Ok(far) => overheard::carry(leg, Near::new(near), far).await,
        Err(error) => {
            tracing::debug!(connection = leg.number(), %error, "the endpoint cannot be reached");
            near.0.reset();
        }
    }
}

/// Both sides of a connection, with what has been read of each and not yet gone on.
pub(super) type Both = ((Conn, Bytes), (Conn, Bytes));

/// Pumps between two open connections.
pub(super) async fn run(leg: &Arc<Leg>, about: About, speech: Speech, both: Both) {
    pumped(leg, about, speech, both, false).await;
}

/// The same with bytes of whose beginning nobody knows anything. Gives both back if a fault goes on that looks at names before anything was
/// said.
pub(super) async fn until_named(leg: &Arc<Leg>, both: Both) -> Option<Both> {
    pumped(leg, leg.unknown(), Speech::Bytes, both, true).await
}

async fn pumped(leg: &Arc<Leg>, about: About, speech: Speech, (near, far): Both, unheard: bool) -> Option<Both> {
    let stage = |direction| match speech {
        Speech::Bytes => Stage::Chunk(direction),
        Speech::Socket => Stage::Frame(direction),
    };
    let mut pump = Pump {
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
    };
    let begun = pump.out.begin(near.1).and_then(|()| pump.back.begin(far.1));
    let (near, far) = (near.0, far.0);
    let ended = match begun {
        Ok(()) => poll_fn(|cx| pump.poll(cx, &near, &far)).await,
        Err(cut) => Err(cut),
    };
    // What was counted is written down before the peers hear of the end.
    drop(pump);
    if ended == Ok(Over::Unheard) {
        return Some(((near, Bytes::new()), (far, Bytes::new())));
    }
    if let Some(eye) = leg.eye() {
        eye.streamed(ended.is_ok());
    }
    if ended == Err(Cut::Reset) {
        // A reset goes on as a reset: whoever is still there must not take it for an end.
        near.reset();
        far.reset();
    }
    None
}

/// Why pumping is over without a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// Both directions have ended.
    Ended,
    /// The client's first word has to be listened to, and was not said yet.
    Unheard,
}

/// What a stream is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    Bytes,
    /// The frames of a WebSocket.
    Socket,
}

struct Pump<'a> {
    leg: &'a Leg,
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
    /// Whether a name that the client says first has to be listened to when a fault asks for it.
    unheard: bool,
}

impl Pump<'_> {
    fn poll(&mut self, cx: &mut Context<'_>, near: &Conn, far: &Conn) -> Poll<Result<Over, Cut>> {
        loop {
            if self.leg.shared.at.board.epoch() != self.seen {
                self.stand()?;
                // Looked at after the epoch was noted: what goes on between the two is met in the next round.
                if self.is_unheard() {
                    return Poll::Ready(Ok(Over::Unheard));
                }
            }
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
            if self.done == [true; 2] {
                return Poll::Ready(Ok(Over::Ended));
            }
            let wish = self.out.wish().max(self.back.wish());
            if self.leg.shared.at.board.poll_changed(self.seen, wish, &mut self.ticket, cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Whether nothing has moved yet, and a fault wants to know what name the client says first.
    fn is_unheard(&self) -> bool {
        self.unheard
            && self.done == [false; 2]
            && self.out.is_untouched()
            && self.back.is_untouched()
            && self.leg.has_named()
    }

    /// Whether a fault that is on closes connections like this one, on which nothing has to move for it.
    fn stand(&mut self) -> Result<(), Cut> {
        if self.closing {
            self.seen = self.leg.shared.at.board.epoch();
            return Ok(());
        }
        let stage = if self.speech == Speech::Socket { Stage::StandingSocket } else { Stage::Standing };
        let Some(ending) = standing(self.leg, stage, self.about, &mut self.seen) else { return Ok(()) };
        let Ending::CloseSocket(code) = ending else { return Err(Cut::Close) };
        self.closing = true;
        // Clients mask what they say, also through us; with zeros it stays as it is.
        self.out.say_and_close(&frames::close(code, "", Some([0; 4])))?;
        self.back.say_and_close(&frames::close(code, "", None))
    }
}

/// How a fault that is on ends a connection like this one, on which nothing has to move for it, which is written down. `seen` becomes the epoch
/// in which that was judged.
pub(super) fn standing(leg: &Leg, stage: Stage, about: About, seen: &mut u64) -> Option<Ending> {
    let unit = Unit { stage, number: 0, at: leg.now() };
    let judged = leg.judge(unit, about);
    *seen = judged.epoch;
    let ending = judged.fate.ending.filter(|ending| matches!(ending, Ending::Close | Ending::CloseSocket(_)))?;
    for (fault, fate) in &judged.hits {
        leg.hit(fault, fate, about, 1, unit.at);
    }
    Some(ending)
}

/// Whether a direction is over. While both sides are being told of the end, the first that has heard it does not cut the other short.
fn over(polled: Poll<Result<(), Cut>>, closing: bool) -> Result<bool, Cut> {
    match polled {
        Poll::Pending => Ok(false),
        Poll::Ready(Err(Cut::Close)) if closing => Ok(true),
        Poll::Ready(ended) => ended.map(|()| true),
    }
}
