//! Byte streams that may be TLS: the hello is read before anything goes on, while a fault is on that looks at names, and in a tunnel to a host
//! that has one, which is for no other.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use bytes::Bytes;

use super::fate::Stage;
use super::leg::Leg;
use super::pump::{self, Both, Speech};
use super::silence::Silence;
use super::ways::near::Near;
use super::ways::{Denied, HTTPS, hello, misnamed, refused};
use crate::journal::ObservedEnd;
use crate::limits::ASK_TIMEOUT;
use crate::plan::{Host, Site};
use crate::units::Moment;
use crate::world::Conn;

/// Carries a byte stream until it ends, and whatever name its client says first past the faults that look at it.
pub(super) async fn carry(leg: &Arc<Leg>, near: Near, far: Conn) {
    let both = (near.into_parts(), (far, Bytes::new()));
    // In a box: who is not listened to needs no room for it.
    let heard = if !leg.to.names.is_empty() {
        Some(both)
    } else if named(leg).is_some() || leg.has_named() {
        Box::pin(listened(leg, both)).await
    } else if let Some(both) = pump::until_named(leg, both).await {
        Box::pin(listened(leg, both)).await
    } else {
        None
    };
    if let Some(both) = heard {
        pump::run(leg, leg.unknown(), Speech::Bytes, both).await;
    }
}

/// The host that a tunnel was asked for by its name. Who asks for an address may name whomever he likes there: it is the address that was
/// judged.
fn named(leg: &Leg) -> Option<&Site> {
    leg.to.asked.as_ref().map(|asked| &asked.site).filter(|site| matches!(site.host, Host::Name(_)))
}

/// Both connections, with what has come of them by then; `None` if that was the end.
async fn listened(leg: &Leg, (near, far): Both) -> Option<Both> {
    let (mut near, mut far) = (Near::new(near), Near::new(far));
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
            // Where a fault has closed it, both see the end.
            if error.kind() != ErrorKind::ConnectionAborted {
                near.reset();
                far.reset();
            }
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
    if leg.has_named() {
        match near.while_there(leg.names(&name, far.peer())).await {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                if let Some(eye) = leg.eye() {
                    eye.streamed(false);
                }
                // Whoever has waited in vain hears nothing but the end.
                if error.kind() == ErrorKind::ConnectionReset {
                    near.reset();
                    far.reset();
                }
                return None;
            }
            None => {
                leg.is_over(ObservedEnd::Left);
                return None;
            }
        }
    }
    Some((near.into_parts(), far.into_parts()))
}

/// The name in the hello with which a client begins. What has come of both sides by then goes on: also if there is none, because something
/// else is spoken, the server speaks first, or a hello is not finished in time where nobody knows what is spoken. As long as nothing is said
/// what is switched meets the connection as it meets others on which nothing moves, and it is listened to all the same.
///
/// # Errors
/// If one of the sides has broken off; `ConnectionAborted` if a fault closes it; `TimedOut` if a hello that would have to be judged is not there
/// in time.
async fn name(leg: &Leg, near: &mut Near, far: &mut Near) -> io::Result<Option<String>> {
    let clock = &leg.shared.at.world.clock;
    let (mut silence, site) = (Silence::of_bytes(leg), named(leg));
    // Whoever has waited could otherwise name anybody.
    let mut until = site.filter(|site| site.port == HTTPS).map_or(Moment::MAX, |_| clock.now() + ASK_TIMEOUT);
    loop {
        match hello::read(near.unread()) {
            Ok(Some(hello)) => return Ok(hello.name),
            Ok(None) => {}
            Err(_) => return Ok(None),
        }
        let silent = near.unread().is_empty();
        if !silent {
            until = until.min(clock.now() + ASK_TIMEOUT);
        }
        let more = async {
            tokio::select! {
                biased;
                read = near.fill() => Ok(read? > 0),
                read = far.fill() => read.map(|_| false),
                () = closed(leg, &mut silence), if silent => Err(ErrorKind::ConnectionAborted.into()),
            }
        };
        match clock.timeout(until, more).await {
            Ok(Ok(true)) => {}
            Ok(ended) => return ended.map(|_| None),
            Err(_) if site.is_some() => return Err(ErrorKind::TimedOut.into()),
            Err(_) => return Ok(None),
        }
    }
}

/// Returns when a fault closes a connection on which nothing moves.
async fn closed(leg: &Leg, silence: &mut Silence) {
    let standing = async {
        let mut seen = u64::MAX;
        while pump::standing(leg, Stage::Standing, leg.unknown(), &mut seen).is_none() {
            leg.shared.at.board.changed(seen).await;
        }
    };
    tokio::select! {
        biased;
        () = silence.over(leg) => {}
        () = standing => {}
    }
}
