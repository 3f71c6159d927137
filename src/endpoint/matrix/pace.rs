//! How often somebody may do something: Synapse's leaky bucket.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::parameters::Rate;
use crate::limits::TWIN_CALLERS;
use crate::units::{Moment, Span};

/// When each caller's bucket is empty again. Whose bucket is empty is as good as new; of too many the first by name is forgotten.
#[derive(Debug, Default)]
pub(super) struct Pace {
    empty: BTreeMap<Arc<str>, Moment>,
}

impl Pace {
    /// Counts something, if there is room for it in the bucket.
    ///
    /// # Errors
    /// How long to wait until there is.
    pub(super) fn count(&mut self, caller: &str, Rate { every, burst }: Rate, now: Moment) -> Result<(), Span> {
        let holds = Span::from_nanos(every.nanos().saturating_mul(u64::from(burst)));
        let known = self.empty.get_mut(caller);
        let full = known.as_deref().copied().unwrap_or(now).max(now) + every;
        let held = full.since(now);
        if held > holds {
            return Err(held - holds);
        }
        if let Some(empty) = known {
            *empty = full;
            return Ok(());
        }
        if self.empty.len() >= TWIN_CALLERS {
            self.empty.pop_first();
        }
        self.empty.insert(caller.into(), full);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::ZERO + Span::from_millis(millis)
    }

    #[test]
    fn so_many_at_once_and_then_one_by_one() {
        let (mut pace, rate) = (Pace::default(), Rate { every: Span::from_secs(5), burst: 10 });
        for _ in 0..10 {
            assert_eq!(pace.count("anna", rate, at(1_000)), Ok(()));
        }
        assert_eq!(pace.count("anna", rate, at(1_018)), Err(Span::from_millis(4_982)));
        assert_eq!(pace.count("bert", rate, at(1_018)), Ok(()), "each by himself");
        assert_eq!(pace.count("anna", rate, at(6_000)), Ok(()), "a no is not counted");
        assert_eq!(pace.count("anna", rate, at(6_000)), Err(Span::from_secs(5)));
        // After 50 s and more the bucket is empty, and no emptier.
        for _ in 0..10 {
            assert_eq!(pace.count("anna", rate, at(100_000)), Ok(()));
        }
        assert!(pace.count("anna", rate, at(100_000)).is_err());
    }
}
