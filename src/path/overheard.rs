//! Byte streams that may be TLS: the hello is read before anything goes on, while a fault is on that looks at names, and in a tunnel to a host
//! that has one, which is for no other.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;

use bytes::Bytes;

use super::lane::Cut;
use super::leg::Leg;
use super::pump::{self, Over, Pump};
use super::ways::hello::NoHello;
use super::ways::near::Near;
use super::ways::{Denied, HTTPS, hello, refused, turned_away};
use crate::journal::ObservedEnd;
use crate::limits::{ASK_TIMEOUT, READ_BYTES};
use crate::plan::{Host, Site};
use crate::units::Moment;
use crate::world::{Clock, Conn, Until};

/// Carries a byte stream until it ends, and whatever name its client says first past the faults that look at it.
pub(super) async fn carry(leg: &Arc<Leg>, near: Near, far: Conn) {
    // Where it is known how the host is called, nobody has to say it.
    let (near, read) = near.into_parts();
    // Of what has come with the client's way here nobody has counted anything yet.
    leg.to.meter.count(leg.forth()).read(read.len());
    pump::run_bytes(leg, ((near, read), (far, Bytes::new())), leg.to.names.is_empty()).await;
}

/// The host that a tunnel was asked for by its name. Who asks for an address may name whomever he likes there: it is the address that was
/// judged.
fn named(leg: &Leg) -> Option<&Site> {
    leg.to.asked.as_ref().map(|asked| &asked.site).filter(|site| matches!(site.host, Host::Name(_)))
}

/// Listens to what a client says first.
pub(super) struct Ear {
    /// Whether it is known what was said, and looked at.
    judging: bool,
    /// What has been looked at, and decided.
    said: Vec<u8>,
    /// What has come since, of which nothing was decided.
    last: Vec<u8>,
    /// Whether the client has ended.
    ended: bool,
    /// Whether whoever keeps the hello back is let go: he could name anybody afterwards.
    strict: bool,
    /// When the hello has to be there.
    until: Moment,
    timer: Option<Until>,
}

/// What was heard.
#[derive(Debug)]
pub(super) enum Heard {
    /// Nothing that tells anything yet.
    More,
    /// A hello that names somebody.
    Name(String),
    /// A hello in a tunnel by name, of which nobody can tell whom it names.
    Unreadable(NoHello),
    /// Something else, or a server that speaks first: it goes on as it comes.
    Other,
    /// No hello in its time, where there has to be one.
    Late,
    /// The client has gone while it was judged what he had said.
    Left,
}

/// How a connection ends before its streams do.
#[derive(Debug)]
pub(super) enum Ended {
    /// A fault has ended it, or a side has broken off.
    Cut(Cut),
    /// Nothing of what its client has begun with goes on.
    Unheard(Unheard),
}

/// Why nothing goes on.
#[derive(Debug)]
pub(super) enum Unheard {
    /// No hello has come in its time.
    Late,
    /// The client has gone.
    Left,
    /// It has named somebody else than it has asked for, or nobody knows whom.
    Denied(Denied),
}

impl Ear {
    /// For a connection whose client has to be listened to; `None` as long as nobody wants to know what it says.
    pub(super) fn of(leg: &Leg) -> Option<Box<Self>> {
        let site = named(leg);
        if site.is_none() && !leg.has_named() {
            return None;
        }
        // Whoever has waited could otherwise name anybody.
        let until = site.filter(|site| site.port == HTTPS).map_or(Moment::MAX, |_| leg.now() + ASK_TIMEOUT);
        let (said, last) = (Vec::new(), Vec::new());
        // In a box: who is not listened to needs no room for it.
        Some(Box::new(Self { judging: false, said, last, ended: false, strict: site.is_some(), until, timer: None }))
    }

    /// It is known what was said.
    pub(super) fn judge(&mut self) {
        self.judging = true;
    }

    pub(super) fn is_judging(&self) -> bool {
        self.judging
    }

    /// Whether more may be read.
    pub(super) fn has_room(&self) -> bool {
        !self.ended && self.last.len() < READ_BYTES
    }

    /// Something has come; nothing is the end.
    pub(super) fn came(&mut self, bytes: &[u8]) {
        self.ended |= bytes.is_empty();
        self.last.extend_from_slice(bytes);
    }

    /// Looks at what has come.
    pub(super) fn look(&mut self, now: Moment) -> Heard {
        if self.is_judging() {
            return if self.ended { Heard::Left } else { Heard::More };
        }
        if self.ended {
            return Heard::Other;
        }
        if self.last.is_empty() {
            return Heard::More;
        }
        self.until = self.until.min(now + ASK_TIMEOUT);
        self.said.extend_from_slice(&self.last);
        match hello::read(&self.said) {
            Ok(None) => Heard::More,
            Ok(Some(hello)) => hello.name.map_or(Heard::Other, Heard::Name),
            // A server may read it all the same. What is no hello at all names nobody to any.
            Err(no) if self.strict && no.has_begun() => Heard::Unreadable(no),
            Err(_) => Heard::Other,
        }
    }

    /// What was looked at, and is to be decided.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.last)
    }

    /// Whether its time is over; wakes the task when it is.
    pub(super) fn late(&mut self, cx: &mut Context<'_>, clock: &Clock) -> Heard {
        if self.is_judging() || self.until == Moment::MAX {
            return Heard::More;
        }
        let timer = self.timer.get_or_insert_with(|| clock.until(self.until));
        if timer.at() != self.until {
            timer.reset(self.until);
        }
        match Pin::new(timer).poll(cx).is_ready() {
            false => Heard::More,
            true if self.strict => Heard::Late,
            true => Heard::Other,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }
}

/// Judges what a client has begun with, while the pump meets whatever is switched.
///
/// # Errors
/// If nothing of it goes on.
pub(super) async fn judged(pump: &mut Pump<'_>, heard: Heard, (near, far): (&Conn, &Conn)) -> Result<(), Ended> {
    let leg = pump.leg;
    let name = match (heard, named(leg)) {
        (Heard::Name(name), Some(site)) if !leg.shared.rules.covers(site, &name) => {
            return Err(Ended::Unheard(Unheard::Denied(Denied::Named(site.clone(), name))));
        }
        (Heard::Unreadable(no), Some(site)) => {
            return Err(Ended::Unheard(Unheard::Denied(Denied::Unread(site.clone(), no))));
        }
        (Heard::Name(name), _) => name,
        (Heard::Late, _) => return Err(Ended::Unheard(Unheard::Late)),
        (Heard::Left, _) => return Err(Ended::Unheard(Unheard::Left)),
        (Heard::More | Heard::Other | Heard::Unreadable(_), _) => return Ok(()),
    };
    if !leg.has_named() {
        return Ok(());
    }
    pump.is_judging();
    tokio::select! {
        biased;
        named = leg.names(&name, far.peer_addr()) => named.map_err(|error| {
            // Whoever has waited in vain hears nothing but the end.
            Ended::Cut(if error.kind() == ErrorKind::ConnectionReset { Cut::Reset } else { Cut::Close })
        }),
        over = poll_fn(|cx| pump.poll(cx, near, far)) => Err(match over {
            Err(cut) => Ended::Cut(cut),
            Ok(Over::Streams | Over::Heard(_)) => Ended::Unheard(Unheard::Left),
        }),
    }
}

/// Tells both sides of the end of a connection of which nothing goes on.
pub(super) async fn ends(leg: &Leg, why: Unheard, (near, far): (Conn, Conn)) {
    match why {
        Unheard::Late => {
            tracing::debug!(connection = leg.number(), "closed: no hello of TLS in its time");
            leg.is_over(ObservedEnd::Left);
            near.reset();
            far.reset();
        }
        Unheard::Left => leg.is_over(ObservedEnd::Left),
        Unheard::Denied(why) => {
            drop(far);
            leg.is_over(ObservedEnd::Denied);
            let why = why.into();
            if let Some(site) = named(leg) {
                refused(leg, site, &why);
            }
            turned_away(Near::new((near, Bytes::new())), &leg.shared.at.world.clock, &why).await;
        }
    }
}

#[cfg(test)]
mod tests;
