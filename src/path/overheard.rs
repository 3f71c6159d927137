//! Byte streams that may be TLS: the hello is read before anything goes on, while a fault is on that looks at names, and in a tunnel to a host
//! that has one, which is for no other.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use bytes::Bytes;

use super::leg::Leg;
use super::pump::{self, Speech};
use super::ways::near::Near;
use super::ways::{Denied, HTTPS, hello, misnamed, refused};
use crate::journal::ObservedEnd;
use crate::limits::ASK_TIMEOUT;
use crate::plan::{Host, Site};
use crate::world::Conn;

/// Carries a byte stream until it ends, and whatever name its client says first past the faults that look at it.
pub(super) async fn carry(leg: &Arc<Leg>, near: Near, far: Conn) {
    let (near, far) = if leg.to.names.is_empty() && (named(leg).is_some() || leg.has_named()) {
        // In a box: who is not listened to needs no room for it.
        match Box::pin(listened(leg, near, far)).await {
            Some(both) => both,
            None => return,
        }
    } else {
        (near.into_parts(), (far, Bytes::new()))
    };
    pump::run(leg, leg.unknown(), Speech::Bytes, near, far).await;
}

/// The host that a tunnel was asked for by its name. Who asks for an address may name whomever he likes there: it is the address that was
/// judged.
fn named(leg: &Leg) -> Option<&Site> {
    leg.to.asked.as_ref().map(|asked| &asked.site).filter(|site| matches!(site.host, Host::Name(_)))
}

/// Both connections, with what has come of them by then; `None` if that was the end.
async fn listened(leg: &Leg, mut near: Near, far: Conn) -> Option<((Conn, Bytes), (Conn, Bytes))> {
    let mut far = Near::new((far, Bytes::new()));
    let before = near.unread().len();
    let heard = name(leg, &mut near, &mut far).await;
    leg.to.meter.count(leg.forth()).read(near.unread().len() - before);
    leg.to.meter.count(leg.forth().opposite()).read(far.unread().len());
    let name = match heard {
        Ok(name) => name,
        Err(error) => {
            if error.kind() == ErrorKind::TimedOut {
                tracing::debug!(connection = leg.number(), "closed: no hello of TLS in its time");
                leg.is_over(ObservedEnd::Left);
            } else if let Some(eye) = leg.eye() {
                eye.streamed(false);
            }
            near.reset();
            far.reset();
            return None;
        }
    };
    let Some(name) = name else { return Some((near.into_parts(), far.into_parts())) };
    if let Some(site) = named(leg)
        && !leg.shared.rules.covers(site, &name)
    {
        drop(far);
        leg.is_over(ObservedEnd::Denied);
        refused(leg, site, &Denied::Named(site.clone(), name).into());
        misnamed(near, &leg.shared.at.world.clock).await;
        return None;
    }
    // Whoever has waited in vain, or has gone, hears nothing but the end.
    if leg.has_named()
        && let Err(error) = near.while_there(leg.names(&name, far.peer())).await?
    {
        if error.kind() == ErrorKind::ConnectionReset {
            near.reset();
            far.reset();
        }
        return None;
    }
    Some((near.into_parts(), far.into_parts()))
}

/// The name in the hello with which a client begins. What has come of both sides by then goes on: also if there is none, because something
/// else is spoken, the server speaks first, or nothing is said in time where nobody knows what is spoken. What is switched meanwhile concerns
/// also connections on which nothing moves, so that one on which nothing was said is left to those who look at them.
///
/// # Errors
/// If one of the sides has broken off; `TimedOut` if a hello that would have to be judged is not there in time.
async fn name(leg: &Leg, near: &mut Near, far: &mut Near) -> io::Result<Option<String>> {
    let board = &leg.shared.at.board;
    let seen = board.epoch();
    let listening = async {
        loop {
            match hello::read(near.unread()) {
                Ok(Some(hello)) => return Ok(hello.name),
                Ok(None) => {}
                Err(_) => return Ok(None),
            }
            let silent = near.unread().is_empty();
            tokio::select! {
                biased;
                read = near.fill() => if read? == 0 { return Ok(None) },
                read = far.fill() => return read.map(|_| None),
                () = board.changed(seen), if silent && !leg.has_named() => return Ok(None),
            }
        }
    };
    let clock = &leg.shared.at.world.clock;
    let heard = clock.timeout(clock.now() + ASK_TIMEOUT, listening).await;
    // Whoever has waited could otherwise name anybody.
    let is_judged = |site: &Site| site.port == HTTPS || hello::begins(near.unread()) == Some(true);
    match heard {
        Ok(heard) => heard,
        Err(_) if named(leg).is_some_and(is_judged) => Err(ErrorKind::TimedOut.into()),
        Err(_) => Ok(None),
    }
}
