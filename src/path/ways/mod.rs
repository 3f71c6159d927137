//! Ways in: listeners for programs that are not ours. They come with their own HTTP, TLS and sockets, say where they want to go, and go
//! there through the path, so that its faults act on them.
//!
//! ```text
//! program ──▶ way in ──▶ rules ──▶ gate of the handshake ──▶ host
//!             forward    name,      refused, delayed, held    bytes, or exchanges
//!             socks      address
//! ```
//!
//! A way in is never an open relay: [`Rules`] say what may be reached, and what is dialled is the very address that they have judged.

mod caps;
mod coming;
mod forward;
pub mod hello;
mod intercept;
pub(super) mod near;
mod observer;
mod rules;
mod serve_socks;
mod sni;
pub mod socks;
mod telling;

use std::io::{self, ErrorKind};
use std::sync::atomic::AtomicBool;

pub use intercept::Interception;
pub(in crate::path) use observer::{Observer, cut};
pub use rules::{Denied, Rules, User};
pub(in crate::path) use rules::{OVER_LIMIT, Ruling};

pub(super) use forward::forward;
pub(super) use serve_socks::socks;
pub(super) use sni::{sni, turned_away};

use super::http::Proxied;
use super::leg::Leg;
use crate::plan::Site;

/// The port of TLS, where none is said.
pub(super) const HTTPS: u16 = 443;

/// What a program has asked a way in for.
pub(super) struct Asked {
    /// Where it wants to go.
    pub(super) site: Site,
    /// How it is served there.
    pub(super) manner: Manner,
    /// Whether the guard has counted the next exchange already, with the connection that was made for it.
    pub(super) counted: AtomicBool,
}

/// How a program is served.
pub(super) enum Manner {
    /// By a tunnel, whatever it says in it.
    Tunnel,
    /// By exchanges within TLS, which ends here and begins anew towards the host.
    Intercepted,
    /// By exchanges in the clear, as long as they are asked for like this one.
    Exchanges(Proxied),
}

impl Asked {
    /// Whether it has asked for a tunnel, which is open before anything is said in it.
    pub(super) fn is_tunnel(&self) -> bool {
        !matches!(self.manner, Manner::Exchanges(_))
    }

    /// Whether a request that names its host so may be asked here: within TLS whoever is named has to be who was asked for.
    pub(super) fn is_called(&self, host: Option<&str>) -> bool {
        !matches!(self.manner, Manner::Intercepted)
            || host.is_none_or(|host| Site::read(host, Some(HTTPS)).is_some_and(|site| site == self.site))
    }
}

/// Tells that a program may not go, or cannot get, where it wants to.
pub(super) fn refused(leg: &Leg, site: &Site, error: &io::Error) {
    let (way, client) = (leg.to.name.as_str(), leg.origin().address);
    if let Some(why) = Denied::within(error) {
        // What is over the limit is counted, and told with the figures.
        if *why != Denied::Limit && leg.shared.rules.telling.may(leg.now()) {
            tracing::warn!(way, %client, %site, %why, "refused");
        }
    } else {
        tracing::debug!(way, %client, %site, %error, "a host cannot be reached");
    }
}

/// Tells that a request within TLS asks for another host than its connection is for.
pub(super) fn misdirected(leg: &Leg, site: &Site, host: &str) {
    if leg.shared.rules.telling.may(leg.now()) {
        let (way, client) = (leg.to.name.as_str(), leg.origin().address);
        tracing::warn!(way, %client, %site, host, "refused: another host is asked for than the connection is for");
    }
}

/// What a proxy's client hears of a host that was not reached: a status, and why.
pub(super) fn unreachable(error: &io::Error) -> (u16, String) {
    if let Some(denied) = Denied::within(error) {
        let status = if matches!(denied, Denied::TooMany(_) | Denied::Limit) { 429 } else { 403 };
        return (status, denied.to_string());
    }
    let status = if error.kind() == ErrorKind::TimedOut { 504 } else { 502 };
    (status, format!("the host cannot be reached: {error}"))
}

/// Compares in a time that says nothing about where two texts differ.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    // Digests are equally long whatever was shown.
    let digest = |bytes| ring::digest::digest(&ring::digest::SHA256, bytes);
    let (one, other) = (digest(one), digest(other));
    one.as_ref().iter().zip(other.as_ref()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
