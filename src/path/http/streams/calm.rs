//! How often a client may give up what it has just asked for: each time costs the host an exchange and the client nothing (CVE-2023-44487).

use crate::limits::{HTTP2_RESETS, HTTP2_RESETS_IN};
use crate::units::Moment;

/// What a client has given up of late.
#[derive(Debug)]
pub(super) struct Calm {
    since: Moment,
    given_up: u32,
}

impl Calm {
    pub(super) fn new(now: Moment) -> Self {
        Self { since: now, given_up: 0 }
    }

    /// Counts one more; `false` if it is one too many.
    pub(super) fn keeps(&mut self, now: Moment) -> bool {
        if now.since(self.since) >= HTTP2_RESETS_IN {
            *self = Self::new(now);
        }
        self.given_up += 1;
        self.given_up <= HTTP2_RESETS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[test]
    fn so_many_may_be_given_up_at_a_time() {
        let mut calm = Calm::new(Moment::ZERO);
        let at = Moment::ZERO + HTTP2_RESETS_IN;
        let before = Moment::ZERO + (HTTP2_RESETS_IN - Span::from_nanos(1));
        assert!((0..HTTP2_RESETS).all(|_| calm.keeps(before)));
        assert!(!calm.keeps(before) && calm.keeps(at));
    }
}
