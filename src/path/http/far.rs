//! The connection to the endpoint: when there is one, and what is sent over it.

use std::sync::Arc;

use super::body::Body;
use super::broken::Broken;
use super::gate::while_there;
use super::line::{Inlet, Line, Unit};
use super::wire::{Torn, Wire};
use crate::path::leg::Leg;

/// The connection to the endpoint, made anew if there is none or the old one has ended: no byte of a request went out on it.
pub(super) async fn reach<'f>(
    leg: &Arc<Leg>,
    name: Option<usize>,
    near: &mut Inlet,
    far: &'f mut Option<Line>,
) -> Result<&'f mut Line, Broken> {
    if futures_util::FutureExt::now_or_never(spoilt(far.as_mut())).is_some() {
        *far = None;
    }
    let line = if let Some(line) = far.take() {
        leg.charge().map_err(Broken::Unreachable)?;
        line
    } else {
        let conn = while_there(near, leg.dial(name)).await?.map_err(Broken::Unreachable)?;
        Line::new(conn, leg, leg.forth().opposite())
    };
    Ok(far.insert(line))
}

/// Returns when there is a connection that is of no use any more.
pub(super) async fn spoilt(far: Option<&mut Line>) {
    match far {
        Some(far) => far.inlet.spoilt().await,
        None => std::future::pending().await,
    }
}

/// Sends a request on, then the rest of its body, then watches the client. Returns only if it is to be broken off. Whoever loses the future
/// learns from `sent` whether all of the request has gone.
pub(super) async fn send(near: &mut Inlet, far: &mut Wire, mut unit: Unit, body: &mut Body, sent: &mut bool) -> Broken {
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
            Ok(None) => {
                *sent = true;
                break;
            }
            Err(stopped) => return Broken::Client(stopped),
        }
    }
    near.gone().await;
    Broken::Gone
}
