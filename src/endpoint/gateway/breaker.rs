//! When an endpoint is given a rest: a circuit breaker.

use std::collections::BTreeMap;

use crate::plan::Breaker;
use crate::units::{EndpointId, Moment};

/// The breakers of all endpoints that a gateway sends on to.
pub(super) struct Breakers {
    rule: Breaker,
    of: BTreeMap<EndpointId, State>,
}

#[derive(Clone, Copy, Default)]
struct State {
    /// Tries in a row that were not acknowledged.
    failures: u32,
    /// Since it was one too many.
    rests_until: Option<Moment>,
    /// Whether the one try after a rest is under way.
    tries: bool,
}

impl Breakers {
    pub(super) fn new(rule: Breaker) -> Self {
        Self { rule, of: BTreeMap::new() }
    }

    /// Whether an endpoint may be tried now; it is, then.
    pub(super) fn lets(&mut self, endpoint: EndpointId, now: Moment) -> bool {
        let state = self.of.entry(endpoint).or_default();
        match state.rests_until {
            None => true,
            Some(until) if now < until || state.tries => false,
            Some(_) => {
                state.tries = true;
                true
            }
        }
    }

    /// A try has ended.
    pub(super) fn ended(&mut self, endpoint: EndpointId, acknowledged: bool, now: Moment) {
        let Breaker { failures, pause } = self.rule;
        let state = self.of.entry(endpoint).or_default();
        if acknowledged {
            *state = State::default();
            return;
        }
        state.failures = state.failures.saturating_add(1);
        // What was under way when a rest began does not make it longer.
        let over = state.rests_until.is_none_or(|until| now >= until);
        if state.failures >= failures && over {
            *state = State { rests_until: Some(now + pause), tries: false, ..*state };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    const HERE: EndpointId = EndpointId(3);

    fn at(secs: u64) -> Moment {
        Moment::ZERO + Span::from_secs(secs)
    }

    #[test]
    fn an_endpoint_that_fails_is_left_alone_and_then_tried_once() {
        let mut breakers = Breakers::new(Breaker { failures: 2, pause: Span::from_secs(10) });
        breakers.ended(HERE, false, at(1));
        breakers.ended(HERE, true, at(2));
        breakers.ended(HERE, false, at(3));
        assert!(breakers.lets(HERE, at(3)), "not twice in a row");
        breakers.ended(HERE, false, at(4));
        assert!(!breakers.lets(HERE, at(5)) && breakers.lets(EndpointId(0), at(5)), "it rests, and nobody else");
        breakers.ended(HERE, false, at(9));
        assert!(breakers.lets(HERE, at(14)), "what was under way makes the rest no longer");
        assert!(!breakers.lets(HERE, at(14)), "one try at a time");
        breakers.ended(HERE, false, at(15));
        assert!(!breakers.lets(HERE, at(24)) && breakers.lets(HERE, at(25)), "one failure more is another rest");
        breakers.ended(HERE, true, at(26));
        assert!(breakers.lets(HERE, at(26)) && breakers.lets(HERE, at(26)), "all is well again");
    }
}
