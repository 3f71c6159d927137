//! What a homeserver decides for itself.

use crate::units::Span;

/// What a homeserver of Matrix goes by. The defaults are Synapse's; they can be set otherwise there, and mostly are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// How often a user may send (`rc_message`): 0.2 a second, ten at once.
    pub message: Rate,
    /// How often an account may log in (`rc_login.account`): 0.003 a second, five at once.
    pub login: Rate,
    /// How many events of a room one answer lists at most (`filter_timeline_limit`).
    pub listed: usize,
}

/// A leaky bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The time in which one more is granted.
    pub every: Span,
    /// How many are granted at once to whoever has waited long enough.
    pub burst: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            message: Rate { every: Span::from_secs(5), burst: 10 },
            login: Rate { every: Span::from_nanos(333_333_333_333), burst: 5 },
            listed: 100,
        }
    }
}
