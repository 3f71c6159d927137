//! The way in for programs that are led here by their resolver: the hello of their TLS says where they want to go.

use std::io::{self, ErrorKind};

use super::coming::Coming;
use super::hello::NoHello;
use super::intercept::{opened, serve};
use super::near::{Missed, Near};
use super::{Denied, HTTPS, Manner, refused};
use crate::journal::ObservedEnd;
use crate::limits::ASK_TIMEOUT;
use crate::path::Entered;
use crate::plan::Site;
use crate::world::{Clock, Tasks};

/// Fatal alerts of TLS (RFC 8446 §6.2): what a client hears of a name that it may not go to, of none, of a host that is not reached, and of
/// a hello that is none.
const ACCESS_DENIED: u8 = 49;
const UNRECOGNIZED_NAME: u8 = 112;
const INTERNAL_ERROR: u8 = 80;
const DECODE_ERROR: u8 = 50;

/// Serves a client until it goes.
pub(in crate::path) async fn sni(entered: Entered, tasks: Tasks) {
    let (mut coming, mut near) = Coming::of(entered);
    coming.has_named = true;
    let _open = coming.opened();
    let clock = coming.clock();
    let hello = match near.hello(clock, clock.now() + ASK_TIMEOUT).await {
        Ok(hello) => hello,
        Err(Missed::Bad(no)) => {
            tracing::debug!(%no, "whoever comes by this way in speaks TLS");
            if no != NoHello::NotTls {
                near.last(clock, &alert(DECODE_ERROR)).await;
            }
            return;
        }
        Err(Missed::Late | Missed::Gone) => return,
    };
    let named = hello.name.as_deref().and_then(|name| Site::read(name, Some(HTTPS)));
    let Some(site) = named else { return misnamed(near, clock).await };
    let Some(_met) = coming.meets(&hello) else {
        // Somebody whom we lead to has led it back: a round for ever, and two more connections for each.
        let (leg, itself) = (coming.leg(site.clone(), None, Manner::Tunnel), Denied::Itself(site.clone()).into());
        leg.is_asked("", leg.unknown());
        leg.is_over(ObservedEnd::Denied);
        refused(&leg, &site, &itself);
        return near.last(clock, &alert(ACCESS_DENIED)).await;
    };
    match opened(&coming, &mut near, &site, None, Some(&hello)).await {
        Some((leg, Ok(far))) => serve(&coming, &leg, &site, near, far, tasks).await,
        // Whoever talks to the host himself sees its reset, or a fault's, and where a fault has swallowed everything nothing.
        Some((_, Err(error))) if error.kind() == ErrorKind::ConnectionReset => near.reset(),
        Some((_, Err(error))) if error.kind() == ErrorKind::ConnectionAborted => {}
        Some((leg, Err(error))) => {
            refused(&leg, &site, &error);
            turned_away(near, clock, &error).await;
        }
        None => {}
    }
}

/// Tells a client that it has named somebody in its hello who is not served here.
async fn misnamed(near: Near, clock: &Clock) {
    near.last(clock, &alert(UNRECOGNIZED_NAME)).await;
}

/// Tells a client that has said hello that it gets nowhere.
pub(in crate::path) async fn turned_away(near: Near, clock: &Clock, error: &io::Error) {
    let why = match Denied::within(error) {
        Some(Denied::Named(..)) => UNRECOGNIZED_NAME,
        Some(Denied::Unread(..)) => DECODE_ERROR,
        Some(_) => ACCESS_DENIED,
        None => INTERNAL_ERROR,
    };
    near.last(clock, &alert(why)).await;
}

/// A fatal alert, as a record in the clear.
fn alert(why: u8) -> [u8; 7] {
    [21, 3, 3, 0, 2, 2, why]
}
