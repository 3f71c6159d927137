//! Why a stream is broken off, and how its client hears of it.

use std::io;

use h2::Reason;

use crate::path::lane::Cut;

/// Why a stream is broken off.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error("it is not passed on: {1}")]
    Declined(u16, String),
    #[error("the host cannot be reached: {0}")]
    Unreachable(io::Error),
    #[error("the host broke off: {0}")]
    Host(h2::Error),
    #[error("the client has given it up")]
    GivenUp,
    #[error("a fault ends it: {0:?}")]
    Fault(Cut),
}

impl From<Cut> for Failed {
    fn from(cut: Cut) -> Self {
        Self::Fault(cut)
    }
}

impl Failed {
    /// The reason that the client is told with `RST_STREAM`. None of them says that the request was not looked at (`REFUSED_STREAM`), which
    /// a client may take for an invitation to send it again, but where the host itself says so.
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Host(error)
                if error.is_go_away() && error.is_remote() && error.reason() == Some(Reason::NO_ERROR) =>
            {
                Reason::REFUSED_STREAM
            }
            Self::Host(error) => error.reason().unwrap_or(Reason::INTERNAL_ERROR),
            Self::Fault(Cut::Reset) => Reason::INTERNAL_ERROR,
            Self::Fault(Cut::Close) | Self::GivenUp | Self::Declined(..) | Self::Unreachable(_) => Reason::CANCEL,
        }
    }
}
