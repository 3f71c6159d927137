//! The way in for programs that know SOCKS 5.

use std::io::{self, ErrorKind};

use super::coming::Coming;
use super::intercept::{opened, serve};
use super::near::{Missed, Near};
use super::socks::{Bad, Methods, Reply, chosen, login, methods, reply, request, welcome};
use super::{Denied, refused};
use crate::journal::ObservedEnd;
use crate::limits::ASK_TIMEOUT;
use crate::path::Entered;
use crate::path::http::Login;
use crate::plan::Site;
use crate::units::Moment;
use crate::world::Tasks;

/// Serves a client until it goes.
pub(in crate::path) async fn socks(entered: Entered, tasks: Tasks) {
    let (coming, mut near) = Coming::of(entered);
    let _open = coming.opened();
    let until = coming.clock().now() + ASK_TIMEOUT;
    let Some(login) = hello(&coming, &mut near, until).await else { return };
    match near.message(coming.clock(), until, request).await {
        Ok(site) => tunnel(&coming, near, site, login.as_ref(), tasks).await,
        Err(Missed::Bad(bad)) => {
            tracing::debug!(%bad, "no request of SOCKS 5 that is served");
            near.last(coming.clock(), &reply(bad.reply(), None)).await;
        }
        Err(Missed::Late | Missed::Gone) => {}
    }
}

/// Agrees on how the client says who it is, and hears it. `None` if that is the end; the inner `None` is somebody without a name.
async fn hello(coming: &Coming, near: &mut Near, until: Moment) -> Option<Option<Login>> {
    let clock = coming.clock();
    let known: Methods = near.message(clock, until, methods).await.ok()?;
    // Who can say a name is asked for it: faults may be aimed by it.
    let method = match known {
        Methods { login: true, .. } => Some(true),
        Methods { anonymous: true, .. } if !coming.asks() => Some(false),
        _ => None,
    };
    near.say(clock, until, &chosen(method)).await.ok()?;
    if !method? {
        return Some(None);
    }
    let (user, password) = near.message::<_, Bad>(clock, until, login).await.ok()?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
    let login = text(user).zip(text(password)).map(|(user, password)| Login { user, password });
    let is_welcome = coming.admits(login.as_ref());
    near.say(clock, until, &welcome(is_welcome)).await.ok()?;
    is_welcome.then_some(login)
}

async fn tunnel(coming: &Coming, mut near: Near, site: Site, login: Option<&Login>, tasks: Tasks) {
    let clock = coming.clock();
    match opened(coming, &mut near, &site, login, None).await {
        Some((leg, Ok(far))) => {
            let done = reply(Reply::Done, Some(far.local_addr()));
            if near.say(clock, clock.now() + ASK_TIMEOUT, &done).await.is_ok() {
                serve(coming, &leg, &site, near, far, tasks).await;
            } else {
                leg.is_over(ObservedEnd::Left);
            }
        }
        Some((leg, Err(error))) => {
            refused(&leg, &site, &error);
            near.last(clock, &reply(said(&error), None)).await;
        }
        None => {}
    }
}

/// What a client hears of a host that was not reached.
fn said(error: &io::Error) -> Reply {
    if Denied::within(error).is_some() {
        return Reply::NotAllowed;
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => Reply::Refused,
        ErrorKind::NetworkUnreachable => Reply::NetworkUnreachable,
        ErrorKind::HostUnreachable => Reply::HostUnreachable,
        ErrorKind::TimedOut => Reply::TimedOut,
        _ => Reply::Failure,
    }
}
