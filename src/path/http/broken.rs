//! Why connections are broken off.

use super::line::Stopped;
use super::wire::Torn;
use crate::path::lane::Cut;

/// Why a connection is broken off: the client sees the end of the stream instead of an answer.
#[derive(Debug, thiserror::Error)]
pub(in crate::path) enum Broken {
    #[error("the endpoint cannot be reached: {0}")]
    Unreachable(std::io::Error),
    #[error("the endpoint broke off: {0}")]
    Endpoint(Stopped),
    #[error("the client broke off: {0}")]
    Client(Stopped),
    #[error("the client has gone")]
    Gone,
    #[error("the endpoint switched protocols unasked, or before it had the request")]
    Switched,
    #[error("a fault swallows what was under way")]
    Silenced,
    #[error("a fault ends the connection: {0:?}")]
    Fault(Cut),
}

impl From<Cut> for Broken {
    fn from(cut: Cut) -> Self {
        Self::Fault(cut)
    }
}

impl Broken {
    /// Whether the client must not take it for an end in order: some bodies end so.
    pub(in crate::path) fn is_reset(&self) -> bool {
        match self {
            Self::Fault(cut) => *cut == Cut::Reset,
            Self::Endpoint(stopped) => !matches!(stopped, Stopped::Ended),
            Self::Unreachable(_) | Self::Switched => true,
            Self::Client(_) | Self::Gone | Self::Silenced => false,
        }
    }
}

/// What a write to the client means for its connection.
pub(in crate::path) fn client(torn: Torn) -> Broken {
    match torn {
        Torn::Io(error) => Broken::Client(error.into()),
        Torn::Cut(cut) => Broken::Fault(cut),
    }
}

/// What a write to the endpoint means.
pub(in crate::path) fn endpoint(torn: Torn) -> Broken {
    match torn {
        Torn::Io(error) => Broken::Endpoint(error.into()),
        Torn::Cut(cut) => Broken::Fault(cut),
    }
}
