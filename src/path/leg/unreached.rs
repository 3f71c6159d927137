//! That a service of a drill, which is not a twin, cannot be reached: on the wire its client sees no more than an end.

use std::io::{self, ErrorKind};

use super::Leg;
use crate::control::Trouble;
use crate::world::tls::is_unproved;

/// The resolver knew nothing of a name.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unresolved(io::Error);

/// An error of a resolver. One of this machine's own stays as it is.
pub(in crate::path) fn unresolved(error: io::Error) -> io::Error {
    if error.raw_os_error().is_some() { error } else { io::Error::new(error.kind(), Unresolved(error)) }
}

/// Why a service was not reached, in few words: it becomes the code of the attempt.
fn word(error: &io::Error, secured: bool) -> &'static str {
    if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Unresolved>) {
        return "cannot be resolved";
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::TimedOut => "connect timed out",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "no route",
        _ if is_unproved(error) => "tls: not trusted",
        _ if secured => "tls: no handshake",
        _ => "cannot be reached",
    }
}

impl Leg {
    /// Keeps for the client why its endpoint was not reached, and warns of one that never was. Not of a twin, nor where a fault has led
    /// elsewhere, nor of what programs ask for: those are told otherwise.
    pub(super) fn was_dialled(&self, error: Option<&io::Error>) {
        let (at, endpoint) = (&self.shared.at, self.to.endpoint);
        let Some(part) = at.plan.endpoints.get(endpoint.index()) else { return };
        let Some(url) =
            part.url.as_ref().filter(|_| !self.called_back && self.to.region.is_some() && self.eye().is_none())
        else {
            return;
        };
        let Some(error) = error else { return at.troubles.none(endpoint, Trouble::Unreached) };
        let why = word(error, url.tls.is_some());
        at.troubles.unreached(self.number(), why);
        if at.troubles.is_first(endpoint, Trouble::Unreached) {
            let (name, place) = (&part.name, url.authority());
            tracing::warn!("`{name}` at {place}: {why}; is it up, and is `url` right?");
        }
    }
}
