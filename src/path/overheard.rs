//! Byte streams that may be TLS: while a fault is on that looks at names, the hello is read before anything goes on.

use std::io::ErrorKind;
use std::sync::Arc;

use bytes::Bytes;

use super::leg::Leg;
use super::pump::{self, Speech};
use super::ways::hello;
use super::ways::near::Near;
use crate::limits::ASK_TIMEOUT;
use crate::world::Conn;

/// Carries a byte stream until it ends, and whatever name its client says first past the faults that look at it.
pub(super) async fn carry(leg: &Arc<Leg>, near: Near, far: Conn) {
    let (near, far) = if leg.to.names.is_empty() && leg.has_named() {
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

/// Both connections, with what has come of them by then; `None` if that was the end.
async fn listened(leg: &Leg, mut near: Near, far: Conn) -> Option<((Conn, Bytes), (Conn, Bytes))> {
    let mut far = Near::new((far, Bytes::new()));
    if let Some(name) = name(leg, &mut near, &mut far).await {
        // Whoever has waited in vain, or has gone, hears nothing but the end.
        if let Err(error) = near.while_there(leg.names(&name, far.peer())).await? {
            if error.kind() == ErrorKind::ConnectionReset {
                near.reset();
                far.reset();
            }
            return None;
        }
    }
    Some((near.into_parts(), far.into_parts()))
}

/// The name in the hello with which a client begins. What has come of both sides by then goes on: also if there is none, because something
/// else is spoken, the server speaks first, or the hello is not there in time.
async fn name(leg: &Leg, near: &mut Near, far: &mut Near) -> Option<String> {
    let listening = async {
        loop {
            match hello::read(near.unread()) {
                Ok(Some(hello)) => return hello.name,
                Ok(None) => {}
                Err(_) => return None,
            }
            tokio::select! {
                biased;
                read = near.fill() => if !matches!(read, Ok(1..)) { return None },
                _ = far.fill() => return None,
            }
        }
    };
    let clock = &leg.shared.at.world.clock;
    clock.timeout(clock.now() + ASK_TIMEOUT, listening).await.ok().flatten()
}
