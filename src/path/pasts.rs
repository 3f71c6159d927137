use std::sync::{Mutex, PoisonError};

use super::fate::Past;
use crate::control::Snapshot;

/// What the faults that have met a connection at its gate remember of it.
#[derive(Default)]
pub(super) struct Pasts(Mutex<Vec<(Key, Past)>>);

/// A fault, by its serial number, and the part of the connection.
pub(super) type Key = (u64, u64);

impl Pasts {
    pub(super) fn of(&self, key: Key) -> Past {
        let pasts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pasts.iter().find(|(of, _)| *of == key).map(|(_, past)| *past).unwrap_or_default()
    }

    /// Keeps what is remembered now, and forgets faults that are no longer on: who lives long would otherwise know all that ever were.
    pub(super) fn keep(&self, key: Key, past: Past, on: &Snapshot) {
        let mut pasts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = pasts.iter_mut().find(|(of, _)| *of == key) {
            *known = past;
            return;
        }
        pasts.retain(|((serial, _), _)| on.faults.iter().any(|fault| fault.serial == *serial));
        pasts.push((key, past));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_forgotten() {
        let pasts = Pasts::default();
        for serial in 0..1_000 {
            let mut past = Past::default();
            past.passed = serial;
            pasts.keep((serial, 3), past, &Snapshot::default());
        }
        assert_eq!(pasts.of((999, 3)).passed, 999);
        assert_eq!((pasts.of((998, 3)).passed, pasts.0.lock().expect("no panic").len()), (0, 1));
    }
}
