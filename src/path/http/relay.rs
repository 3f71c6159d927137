//! Exchanges: request, gate, endpoint, gate, answer.

mod seen;
mod words;

use std::sync::Arc;

use bytes::Bytes;

use super::answers::{accepted, declined};
use super::aside::Aside;
use super::asked::Asked;
use super::body::Body;
use super::broken::Broken;
use super::far::{reach, send, spoilt};
use super::gate::{Gated, gate, while_there};
use super::head::{Bad, Finder, Request, space};
use super::lesson::Lesson;
use super::line::{Line, Stopped, Unit};
use super::patience::Patience;
use super::proxied::{Proxied, forwarded};
use super::reply::{Answered, Reply};
use crate::journal::ObservedEnd;
use crate::limits::{HEAD_TIMEOUT, KEEP_ALIVE};
use crate::path::fate::{Change, Stage};
use crate::path::lane::Cut;
use crate::path::leg::{About, Leg, Onward};
use crate::path::pump::{self, Speech};
use crate::path::silence::Silence;
use crate::path::ways::{Manner, misdirected, refused, unreachable};
use crate::plan::EndpointKind;
use crate::units::Moment;
use crate::vendor;
use crate::world::{Conn, Tasks};

/// What becomes of the connection after an exchange.
enum After {
    Next,
    /// It ends; what the client is still sending is read for a while.
    Ends,
    Upgraded(About, Speech),
}

/// Serves a client's connection, of which something may have been read already, until it ends. `far` is a connection to the endpoint that
/// stands already. What is left of the client's is given back if his next request is for another host than he has asked a way in for.
pub(in crate::path) async fn serve(
    leg: &Arc<Leg>,
    near: (Conn, Bytes),
    far: Option<Conn>,
    tasks: Tasks,
) -> Option<(Conn, Bytes)> {
    let mut relay = Relay {
        leg,
        kind: leg.to.kind.as_ref(),
        patience: Patience::new(&leg.shared.at.world.clock),
        near: Line::begun(near, leg, leg.forth()),
        far: far.map(|conn| Line::new(conn, leg, leg.forth().opposite())),
        far_name: None,
        aside: Aside::new(tasks),
        silence: Silence::of(leg),
        exchange: 0,
        elsewhere: false,
    };
    let (about, speech) = match relay.run().await {
        Ok(Some((about, speech))) => (About { exchange: 0, ..about }, speech),
        Ok(None) if relay.elsewhere => return relay.near.into_conn(),
        Ok(None) => return None,
        Err(error) => {
            if let (Broken::Unreachable(error), Some(asked)) = (&error, &leg.to.asked) {
                // To a proxy's client that is an answer, and nothing was said yet to what it has asked.
                refused(leg, &asked.site, error);
                let (status, why) = unreachable(error);
                relay.last(&declined(status, &why)).await;
                return None;
            }
            tracing::debug!(connection = leg.number(), %error, "a connection of the path ended");
            if error.is_reset() {
                relay.near.reset();
                relay.far.iter().for_each(Line::reset);
            }
            return None;
        }
    };
    // From here on it is a byte stream, which still belongs to whoever opened it.
    let Relay { near, far, .. } = relay;
    if let (Some(near), Some(far)) = (near.into_conn(), far.and_then(Line::into_conn)) {
        pump::run(leg, about, speech, (near, far)).await;
    }
    None
}

struct Relay<'a> {
    leg: &'a Arc<Leg>,
    kind: Option<&'a EndpointKind>,
    patience: Patience<'a>,
    near: Line,
    far: Option<Line>,
    /// By which of the endpoint's other names it was reached.
    far_name: Option<usize>,
    aside: Aside,
    silence: Silence,
    /// The number of the exchange, from 1.
    exchange: u32,
    /// Whether the next request is for somebody else.
    elsewhere: bool,
}

impl Relay<'_> {
    /// One exchange after another; `Some` if the last one made the connection a byte stream.
    async fn run(&mut self) -> Result<Option<(About, Speech)>, Broken> {
        while let Some(asked) = self.request().await? {
            let ended = self.exchange(asked).await;
            seen::seen(self.leg, &ended);
            match ended? {
                After::Next => {}
                After::Ends => break,
                After::Upgraded(about, speech) => return Ok(Some((about, speech))),
            }
        }
        if let Some(far) = &mut self.far {
            far.wire.leave().await?;
        }
        Ok(None)
    }

    /// Waits for the head of the next request; `None` if there is none, or none that may pass.
    async fn request(&mut self) -> Result<Option<Asked>, Broken> {
        let mut finder = Finder::default();
        // Empty lines do not make the wait longer.
        let (mut idle_until, mut head_until): (Option<Moment>, Option<Moment>) = (None, None);
        loop {
            let bad = match finder.find(self.near.inlet.unread()) {
                // An empty line before a request, as RFC 9112 §2.2 wants it overlooked.
                Ok(Some(2)) => {
                    self.near.inlet.skip(2);
                    (finder, head_until) = (Finder::default(), None);
                    continue;
                }
                Ok(Some(head)) if !self.is_for_this(head) => {
                    self.elsewhere = true;
                    return Ok(None);
                }
                Ok(Some(head)) => self.read(head),
                Ok(None) => {
                    let begun = !self.near.inlet.unread().is_empty();
                    let (until, most) = match (begun, self.exchange) {
                        (true, _) => (&mut head_until, HEAD_TIMEOUT),
                        (false, 0) => (&mut idle_until, HEAD_TIMEOUT),
                        (false, _) => (&mut idle_until, KEEP_ALIVE),
                    };
                    let at = *until.get_or_insert_with(|| self.patience.clock.now() + most);
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
        let Self { near, far, patience, aside, silence, .. } = self;
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
                Ok(_) => {
                    silence.broken(patience.clock);
                    Ok(true)
                }
                Err(error) => Err(Broken::Client(error.into())),
            },
            () = silence.over(self.leg) => Ok(false),
            () = spoilt(far.as_mut()) => {
                *far = None;
                Ok(true)
            }
            free = aside.back() => {
                *far = Some(free);
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

    /// Whether a head that is there asks for what the client has asked a way in for, and in the same name.
    fn is_for_this(&self, head: usize) -> bool {
        match self.leg.to.asked.as_ref().map(|asked| &asked.manner) {
            // A head with a mistake is told it here.
            Some(Manner::Exchanges(first)) => {
                Proxied::read(&self.near.inlet.unread()[..head]).map_or(true, |next| next == *first)
            }
            _ => true,
        }
    }

    /// Reads a head that is there, and counts the exchange.
    fn read(&mut self, head: usize) -> Result<Asked, Bad> {
        let mut space = space();
        let request = Request::read(&self.near.inlet.unread()[..head], &mut space)?;
        if !self.leg.takes() {
            return Err(Bad::Limit);
        }
        self.exchange = self.exchange.wrapping_add(1);
        let about = self.leg.about(self.exchange, &request);
        self.leg.is_asked(request.method, about);
        if let Some(asked) = &self.leg.to.asked
            && let Some(stranger) = request.hosts().find(|host| !asked.is_called(*host))
        {
            misdirected(self.leg, &asked.site, stranger.unwrap_or("?"));
            self.leg.answers(Bad::Misdirected.status(), false);
            self.leg.is_over(ObservedEnd::Denied);
            return Err(Bad::Misdirected);
        }
        Ok(Asked {
            about,
            name: self.leg.to.upstream.called(|| vendor::Head::header(&request, "host")),
            form: self.kind.map(|kind| vendor::form(kind, &request)).unwrap_or_default(),
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
    async fn exchange(&mut self, mut asked: Asked) -> Result<After, Broken> {
        let mut body = Body::new(asked.framing);
        let here = if asked.waits_for_body() {
            let until = self.patience.clock.now() + HEAD_TIMEOUT;
            tokio::select! {
                biased;
                here = self.near.inlet.whole(asked.head, &mut body) => here,
                () = self.patience.until(until) => {
                    // The endpoint has not heard of it, and so cannot lose its patience.
                    self.last(&declined(408, "the body did not come in time")).await;
                    return Ok(After::Ends);
                }
            }
        } else {
            body.take(&self.near.inlet.unread()[asked.head..]).map_err(Stopped::Bad)
        };
        let cut = |here| {
            let unit = self.near.inlet.cut(asked.head, here);
            match self.leg.to.asked.as_ref().map(|asked| &asked.manner) {
                Some(Manner::Exchanges(_)) => Ok(forwarded(unit.head()).map(|head| unit.behind(head))?),
                _ => Ok(unit),
            }
        };
        let unit = match here.and_then(cut) {
            Ok(unit) => unit,
            Err(Stopped::Bad(bad)) => {
                self.decline(bad).await;
                return Ok(After::Ends);
            }
            Err(stopped) => return Err(Broken::Client(stopped)),
        };
        let stage = if body.is_over() && !asked.upgrades { Stage::Request } else { Stage::RequestHead };
        let lesson = if body.is_over() { Lesson::of(self.leg, &asked, &unit) } else { None };
        self.learn(lesson.as_ref(), &mut asked);
        let change = match self.way_in(stage, asked.about).await? {
            Gated::No(refusal) => return Ok(self.refuse(&asked, &refusal, body.is_over()).await),
            // Whoever called takes it for delivered.
            Gated::On(Onward { change: Some(Change::Vanish), .. }) => {
                let answer = accepted();
                self.leg.answers(answer.status().as_u16(), false);
                return Ok(self.say(&asked, answer, body.is_over()).await);
            }
            Gated::On(onward) => onward.change,
        };
        let again = (change == Some(Change::Repeat) && body.is_over()).then(|| unit.clone());
        let mut answered = self.answered(&asked, unit, &mut body, lesson).await;
        if matches!(answered, Err(Broken::Silenced)) {
            self.silenced().await;
            answered = Err(Broken::Fault(Cut::Close));
        }
        let free = matches!(&answered, Ok(Answered::Whole { keeps_open: true, rest }) if rest.is_over());
        if let Some(again) = again {
            let far = self.far.take_if(|_| free);
            self.aside.repeat(self.leg, far, asked.name, again, asked.to_head);
        }
        match answered? {
            Answered::Upgraded(speech) => Ok(After::Upgraded(asked.about, speech)),
            Answered::Whole { keeps_open, rest } => {
                if !rest.is_over()
                    && let Some(far) = self.far.take()
                {
                    self.aside.finish(self.leg, far, rest, keeps_open);
                }
                if keeps_open && asked.keeps_open && body.is_over() {
                    return Ok(After::Next);
                }
                self.end(body.is_over()).await;
                Ok(After::Ends)
            }
        }
    }

    /// Sends a request on, and what answers it back.
    async fn answered(
        &mut self,
        asked: &Asked,
        unit: Unit,
        body: &mut Body,
        lesson: Option<Lesson>,
    ) -> Result<Answered, Broken> {
        let kept = self.far.take().or_else(|| self.aside.now());
        self.far = kept.filter(|_| self.far_name == asked.name);
        self.far_name = asked.name;
        let far = reach(self.leg, asked.name, &mut self.near.inlet, &mut self.far).await?;
        let (leg, kind, near) = (self.leg, self.kind, &mut self.near);
        let mut reply = Reply { leg, kind, asked, lesson, near: &mut near.wire, far: &mut far.inlet };
        let mut sent = false;
        let ways = [leg.forth().opposite(), leg.forth()];
        let ways = if body.is_over() { &ways[..1] } else { &ways };
        let answered = tokio::select! {
            biased;
            () = self.silence.begins(leg, asked.about, ways) => Err(Broken::Silenced),
            broken = send(&mut near.inlet, &mut far.wire, unit, body, &mut sent) => Err(broken),
            answered = reply.pass() => answered,
        };
        if !sent && matches!(answered, Ok(Answered::Upgraded(_))) {
            return Err(Broken::Switched);
        }
        if !sent {
            // Answered before it had all of the request: what comes next would be taken for the rest of it.
            self.far = None;
        }
        answered
    }

    /// Reads what still comes from either side, for nobody, until the silence is over or the client has gone.
    async fn silenced(&mut self) {
        let Self { leg, near, far, silence, patience, .. } = self;
        loop {
            near.inlet.skip(near.inlet.unread().len());
            let from_far = async {
                if let Some(far) = &mut *far {
                    far.inlet.skip(far.inlet.unread().len());
                    if matches!(far.inlet.fill().await, Ok(1..)) {
                        return;
                    }
                }
                std::future::pending::<()>().await;
            };
            tokio::select! {
                biased;
                read = near.inlet.fill() => if !matches!(read, Ok(1..)) { return },
                () = from_far => {}
                () = silence.end(leg) => return,
            }
            silence.broken(patience.clock);
        }
    }

    /// The way of a request to the endpoint; `Some` if it is refused there. A client that gives up meanwhile is noticed: one that is
    /// held by a partition would otherwise keep its descriptor until the lift.
    async fn way_in(&mut self, stage: Stage, about: About) -> Result<Gated, Broken> {
        let leg = self.leg;
        let passing = async {
            if about.exchange == 1 && !leg.is_through() && !leg.handshake().await {
                return Err(match leg.to.asked {
                    Some(_) => Broken::Unreachable(std::io::ErrorKind::ConnectionRefused.into()),
                    None => Broken::Fault(Cut::Reset),
                });
            }
            let gated = gate(leg, stage, about, 0).await?;
            if gated.ends_here() {
                // The answer comes from where the endpoint is, and takes its way back.
                gate(leg, Stage::Notice, about, 0).await?;
            }
            Ok(gated)
        };
        while_there(&mut self.near.inlet, passing).await?
    }
}
