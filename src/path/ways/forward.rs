//! The way in for programs that know an HTTP proxy: tunnels by CONNECT, and exchanges in the clear for a whole URL.

use super::coming::Coming;
use super::intercept::{opened, serve};
use super::near::{Missed, Near};
use super::{Manner, refused, unreachable};
use crate::journal::ObservedEnd;
use crate::limits::ASK_TIMEOUT;
use crate::path::Entered;
use crate::path::http::{self, Bad, Finder, Proxied, declined};
use crate::world::Tasks;

/// What a tunnel begins with.
const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// Serves a client until it goes.
pub(in crate::path) async fn forward(entered: Entered, tasks: Tasks) {
    let (coming, mut near) = Coming::of(entered);
    let _open = coming.opened();
    loop {
        let (head, asked) = match asked(&coming, &mut near).await {
            Ok(asked) => asked,
            Err(Missed::Bad(bad)) => return decline(&coming, near, bad.status(), &bad.to_string()).await,
            Err(Missed::Late) => return decline(&coming, near, 408, "the head did not come in time").await,
            Err(Missed::Gone) => return,
        };
        if !coming.admits(asked.login.as_ref()) {
            return unknown(&coming, near).await;
        }
        if asked.tunnel {
            near.skip(head);
            return tunnel(&coming, near, asked, tasks).await;
        }
        match exchanges(&coming, near, asked, tasks.clone()).await {
            Some(left) => near = left,
            None => return,
        }
    }
}

/// The next request, which is left where it is, and how long its head is.
async fn asked(coming: &Coming, near: &mut Near) -> Result<(usize, Proxied), Missed<Bad>> {
    let clock = coming.clock();
    let mut finder = Finder::default();
    let until = clock.now() + ASK_TIMEOUT;
    near.message(clock, until, |bytes| match finder.find(bytes)? {
        Some(head) => Ok(Some(((head, Proxied::read(&bytes[..head])?), 0))),
        None => Ok(None),
    })
    .await
}

/// A tunnel, whatever is said in it.
async fn tunnel(coming: &Coming, mut near: Near, asked: Proxied, tasks: Tasks) {
    let clock = coming.clock();
    match opened(coming, &mut near, &asked.site, asked.login.as_ref(), None).await {
        Some((leg, Ok(far))) => {
            let said = near.say(clock, clock.now() + ASK_TIMEOUT, ESTABLISHED).await;
            if said.is_ok() {
                serve(coming, &leg, &asked.site, near, far, tasks).await;
            } else {
                leg.is_over(ObservedEnd::Left);
            }
        }
        Some((leg, Err(error))) => {
            refused(&leg, &asked.site, &error);
            let (status, why) = unreachable(&error);
            decline(coming, near, status, &why).await;
        }
        None => {}
    }
}

/// Exchanges with one host, until the client wants another, which is left to be read.
async fn exchanges(coming: &Coming, near: Near, asked: Proxied, tasks: Tasks) -> Option<Near> {
    let (clock, end) = (coming.clock(), coming.end(&asked.site));
    let login = asked.login.clone();
    let leg = coming.leg(asked.site.clone(), login.as_ref(), Manner::Exchanges(asked));
    let served = http::serve(&leg, near.into_parts(), None, tasks);
    clock.timeout(end, served).await.ok().flatten().map(Near::new)
}

/// Asks who the client is.
async fn unknown(coming: &Coming, near: Near) {
    let mut answer = declined(407, "this way in asks for a token: give it as the password of a proxy user");
    let status = memchr::memchr(b'\n', &answer.head).map_or(0, |at| at + 1);
    answer.head.splice(status..status, *b"proxy-authenticate: Basic realm=\"firedrill\"\r\n");
    near.last(coming.clock(), &[answer.head, answer.body].concat()).await;
}

/// Says no.
async fn decline(coming: &Coming, near: Near, status: u16, why: &str) {
    let answer = declined(status, why);
    near.last(coming.clock(), &[answer.head, answer.body].concat()).await;
}
