//! Exchanges: request, gate, endpoint, gate, answer.

use std::sync::Arc;

use super::answers::{Written, declined, written};
use super::body::{Body, content};
use super::gate::{Gated, endpoint, gate, while_there};
use super::head::{Bad, Finder, Framing, Request, space};
use super::line::{Inlet, Line, Stopped, Unit};
use super::patience::Patience;
use super::reply::{Answered, Reply};
use super::wire::{Torn, Wire};
use crate::limits::{HEAD_TIMEOUT, KEEP_ALIVE, LINGER, LINGER_BYTES, UNIT_BODY_BYTES};
use crate::path::fate::{Change, Stage};
use crate::path::lane::Cut;
use crate::path::leg::{About, Leg};
use crate::path::pump::{self, Speech};
use crate::plan::{Capability, Direction, EndpointKind};
use crate::units::Moment;
use crate::vendor::{self, Refusal};
use crate::world::Conn;

/// Why a connection is broken off: the client sees the end of the stream instead of an answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the endpoint cannot be reached: {0}")]
    Unreachable(std::io::Error),
    #[error("the endpoint broke off: {0}")]
    Endpoint(Stopped),
    #[error("the client broke off: {0}")]
    Client(Stopped),
    #[error("the client has gone")]
    Gone,
    #[error("the endpoint switched protocols unasked")]
    Switched,
    #[error("a fault ends the connection: {0:?}")]
    Fault(Cut),
}

/// What matters of a request on its way to the endpoint.
#[expect(clippy::struct_excessive_bools, reason = "each is one independent word of a head")]
pub(super) struct Asked {
    pub(super) about: About,
    pub(super) to_head: bool,
    pub(super) upgrades: bool,
    framing: Framing,
    /// How long its head is.
    head: usize,
    old: bool,
    keeps_open: bool,
    expects: bool,
}

/// What becomes of the connection after an exchange.
enum After {
    Next,
    /// It ends; what the client is still sending is read for a while.
    Ends,
    Upgraded(About, Speech),
}

/// Serves a client's connection until it ends.
pub(in crate::path) async fn serve(leg: &Arc<Leg>, conn: Conn) {
    let clock = &leg.shared.at.world.clock;
    let kind = leg.to.kind;
    let patience = Patience::new(clock);
    let mut relay =
        Relay { leg, kind, patience, near: Line::new(conn, leg, Direction::ToEndpoint), far: None, exchange: 0 };
    let (about, speech) = match relay.run().await {
        Ok(Some((about, speech))) => (About { exchange: 0, ..about }, speech),
        Ok(None) => return,
        Err(error) => {
            tracing::debug!(connection = leg.number(), %error, "a connection of the path ended");
            if matches!(error, Broken::Fault(Cut::Reset)) {
                relay.near.reset();
                relay.far.iter().for_each(Line::reset);
            }
            return;
        }
    };
    // From here on it is a byte stream, which still belongs to whoever opened it.
    let Relay { near, far, .. } = relay;
    if let (Some(near), Some(far)) = (near.into_conn(), far.and_then(Line::into_conn)) {
        pump::run(leg, about, speech, near, far).await;
    }
}

struct Relay<'a> {
    leg: &'a Arc<Leg>,
    kind: Option<EndpointKind>,
    patience: Patience<'a>,
    near: Line,
    far: Option<Line>,
    /// The number of the exchange, from 1.
    exchange: u32,
}

impl Relay<'_> {
    /// One exchange after another; `Some` if the last one made the connection a byte stream.
    async fn run(&mut self) -> Result<Option<(About, Speech)>, Broken> {
        while let Some(asked) = self.request().await? {
            match self.exchange(&asked).await? {
                After::Next => {}
                After::Ends => break,
                After::Upgraded(about, speech) => return Ok(Some((about, speech))),
            }
        }
        Ok(None)
    }

    /// Waits for the head of the next request; `None` if there is none, or none that may pass.
    async fn request(&mut self) -> Result<Option<Asked>, Broken> {
        let mut finder = Finder::default();
        let mut due: Option<(bool, Moment)> = None;
        loop {
            let bad = match finder.find(self.near.inlet.unread()) {
                // An empty line before a request, as RFC 9112 §2.2 wants it overlooked.
                Ok(Some(2)) => {
                    self.near.inlet.skip(2);
                    finder = Finder::default();
                    continue;
                }
                Ok(Some(head)) => self.read(head),
                Ok(None) => {
                    let begun = !self.near.inlet.unread().is_empty();
                    let at = match due {
                        Some((of_head, at)) if of_head == begun => at,
                        _ => {
                            self.patience.clock.now()
                                + if begun || self.exchange == 0 { HEAD_TIMEOUT } else { KEEP_ALIVE }
                        }
                    };
                    due = Some((begun, at));
                    if self.wait(begun, at).await? {
                        continue;
                    }
                    return Ok(None);
                }
                Err(bad) => Err(bad),
            };
            match bad {
                Ok(asked) => return Ok(Some(asked)),
                Err(bad) => self.decline(bad).await,
            }
            return Ok(None);
        }
    }

    /// Waits for more of a head; `false` if the connection is over.
    async fn wait(&mut self, begun: bool, at: Moment) -> Result<bool, Broken> {
        let Self { near, far, patience, .. } = self;
        if !begun {
            near.inlet.slim();
            if let Some(far) = far {
                far.inlet.slim();
            }
        }
        tokio::select! {
            biased;
            read = near.inlet.fill() => match read {
                Ok(0) => Ok(false),
                Ok(_) => Ok(true),
                Err(error) => Err(Broken::Client(error.into())),
            },
            () = spoilt(far.as_mut()) => {
                *far = None;
                Ok(true)
            }
            () = patience.until(at) => {
                if begun {
                    self.last(&declined(408, "the head did not come in time")).await;
                }
                Ok(false)
            }
        }
    }

    /// Reads a head that is there, and counts the exchange.
    fn read(&mut self, head: usize) -> Result<Asked, Bad> {
        let mut space = space();
        let request = Request::read(&self.near.inlet.unread()[..head], &mut space)?;
        self.exchange = self.exchange.wrapping_add(1);
        let credential = self.kind.and_then(|kind| vendor::credential(kind, &request));
        let account = credential.and_then(|credential| {
            let known = self.leg.shared.guests.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            known.account(self.leg.to.endpoint, credential)
        });
        let capability = self.kind.map(|kind| vendor::capability(kind, &request));
        Ok(Asked {
            about: About { exchange: self.exchange, account, capability },
            to_head: request.method == "HEAD",
            upgrades: request.upgrades,
            framing: request.framing,
            head,
            old: request.old,
            keeps_open: request.keeps_open,
            expects: request.expects,
        })
    }

    /// One exchange: gate, endpoint, gate.
    async fn exchange(&mut self, asked: &Asked) -> Result<After, Broken> {
        let mut body = Body::new(asked.framing);
        let here = if asked.waits_for_body() {
            self.near.inlet.whole(asked.head, &mut body).await
        } else {
            body.take(&self.near.inlet.unread()[asked.head..]).map_err(Stopped::Bad)
        };
        let unit = match here {
            Ok(here) => self.near.inlet.cut(asked.head, here),
            Err(Stopped::Bad(bad)) => {
                self.decline(bad).await;
                return Ok(After::Ends);
            }
            Err(stopped) => return Err(Broken::Client(stopped)),
        };
        let change = match self.way_in(asked.about).await? {
            Gated::No(refusal) => return Ok(self.refuse(asked, &refusal, body.is_over()).await),
            Gated::On(change) => change,
        };
        let again = (change == Some(Change::Repeat) && body.is_over()).then(|| unit.clone());
        let far = reach(self.leg, &mut self.near.inlet, &mut self.far).await?;
        let login = (asked.about.capability == Some(Capability::Login) && body.is_over())
            .then(|| content(asked.framing, unit.body()).into_owned());
        let (leg, kind, near) = (self.leg, self.kind, &mut self.near);
        let mut reply = Reply { leg, kind, asked, login, near: &mut near.wire, far: &mut far.inlet };
        let answered = tokio::select! {
            biased;
            broken = send(&mut near.inlet, &mut far.wire, unit, &mut body) => return Err(broken),
            answered = reply.pass() => answered?,
        };
        match answered {
            Answered::Upgraded(speech) => Ok(After::Upgraded(asked.about, speech)),
            Answered::Whole { keeps_open } if keeps_open && asked.keeps_open && body.is_over() => {
                if let Some(again) = again {
                    self.repeat(asked, &again).await?;
                }
                Ok(After::Next)
            }
            Answered::Whole { .. } => {
                if let Some(again) = again {
                    self.far = None;
                    self.repeat(asked, &again).await?;
                }
                self.end(body.is_over()).await;
                Ok(After::Ends)
            }
        }
    }

    /// The way of a request to the endpoint; `Some` if it is refused there. A client that gives up meanwhile is noticed: one that is
    /// held by a partition would otherwise keep its descriptor until the lift.
    async fn way_in(&mut self, about: About) -> Result<Gated, Broken> {
        let leg = self.leg;
        let passing = async {
            if about.exchange == 1 && !leg.handshake().await {
                return Err(Broken::Fault(Cut::Reset));
            }
            let gated = gate(leg, Stage::Request, about, 0).await?;
            if matches!(gated, Gated::No(_)) {
                // The no comes from where the endpoint is: the answer takes its way back.
                gate(leg, Stage::Answer, about, 0).await?;
            }
            Ok(gated)
        };
        while_there(&mut self.near.inlet, passing).await?
    }

    /// Sends a request a second time. Its client has its answer; this one is for nobody.
    async fn repeat(&mut self, asked: &Asked, unit: &Unit) -> Result<(), Broken> {
        let far = reach(self.leg, &mut self.near.inlet, &mut self.far).await?;
        let repeating = async {
            far.wire.send(unit.head(), unit.body()).await.map_err(endpoint)?;
            Reply::discard(asked, &mut far.inlet).await
        };
        if !while_there(&mut self.near.inlet, repeating).await?? {
            self.far = None;
        }
        Ok(())
    }

    /// Says a platform's no.
    async fn refuse(&mut self, asked: &Asked, refusal: &Refusal, over: bool) -> After {
        let number = self.leg.number() << 20 | u64::from(asked.about.exchange);
        let closes = asked.old || !asked.keeps_open || !over;
        let no = match self.kind {
            Some(kind) => vendor::refusal(kind, refusal, number),
            None => vendor::plain_refusal(refusal),
        };
        let Written { head, mut body } = written(no, closes);
        if asked.to_head {
            body.clear();
        }
        if closes {
            self.last(&Written { head, body }).await;
            return After::Ends;
        }
        match self.near.wire.send(&head, &body).await {
            Ok(()) => After::Next,
            Err(_) => After::Ends,
        }
    }

    /// Says no to what may not pass.
    async fn decline(&mut self, bad: Bad) {
        self.last(&declined(bad.status(), &bad.to_string())).await;
    }

    /// Says the last word of a connection of which there may be more to read.
    async fn last(&mut self, answer: &Written) {
        if self.near.wire.send(&answer.head, &answer.body).await.is_ok() {
            self.end(false).await;
        }
    }

    /// Ends the connection in order. `over` says whether the client has sent all it wanted to.
    async fn end(&mut self, over: bool) {
        if self.near.wire.finish().await.is_err() || over {
            return;
        }
        let until = self.patience.clock.now() + LINGER;
        let Self { near, patience, .. } = self;
        let reading = async {
            let mut read = 0;
            while read < LINGER_BYTES {
                near.inlet.skip(near.inlet.unread().len());
                match near.inlet.fill().await {
                    Ok(more @ 1..) => read += more,
                    _ => return,
                }
            }
        };
        tokio::select! {
            biased;
            () = reading => {}
            () = patience.until(until) => {}
        }
    }
}

impl Asked {
    /// Whether its body goes on together with the head. A client that waits for a `100 Continue` does not send it before.
    fn waits_for_body(&self) -> bool {
        !self.expects && is_one_unit(self.framing, self.about)
    }
}

/// Whether a body goes as one unit with its head: if it is small, and said to be; and of a login, from which the path learns.
pub(super) fn is_one_unit(framing: Framing, about: About) -> bool {
    matches!(framing, Framing::Length(length) if length <= UNIT_BODY_BYTES as u64)
        || about.capability == Some(Capability::Login)
}

/// The connection to the endpoint, made anew if there is none or the old one has ended: no byte of a request went out on it.
async fn reach<'f>(leg: &Arc<Leg>, near: &mut Inlet, far: &'f mut Option<Line>) -> Result<&'f mut Line, Broken> {
    if futures_util::FutureExt::now_or_never(spoilt(far.as_mut())).is_some() {
        *far = None;
    }
    let line = if let Some(line) = far.take() {
        line
    } else {
        let conn = while_there(near, leg.dial()).await?.map_err(Broken::Unreachable)?;
        Line::new(conn, leg, Direction::FromEndpoint)
    };
    Ok(far.insert(line))
}

/// Returns when there is a connection that is of no use any more.
async fn spoilt(far: Option<&mut Line>) {
    match far {
        Some(far) => far.inlet.spoilt().await,
        None => std::future::pending().await,
    }
}

/// Sends a request on, then the rest of its body, then watches the client. Returns only if it is to be broken off.
async fn send(near: &mut Inlet, far: &mut Wire, mut unit: Unit, body: &mut Body) -> Broken {
    loop {
        match while_there(near, far.send(unit.head(), unit.body())).await {
            Ok(Ok(())) => near.recycle(unit),
            Ok(Err(Torn::Cut(cut))) => return Broken::Fault(cut),
            // The endpoint reads no more; what it says to that may be on its way.
            Ok(Err(_)) => break,
            Err(gone) => return gone,
        }
        match near.next(body).await {
            Ok(Some(next)) => unit = next,
            Ok(None) => break,
            Err(stopped) => return Broken::Client(stopped),
        }
    }
    near.gone().await;
    Broken::Gone
}
