//! The tokens that were given.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::limits::TWIN_TOKENS;

const TOKEN: &str = "fd-syt-";

/// Whoever a token belongs to, by the numbers of their issue. Of too many the oldest are forgotten.
#[derive(Debug, Default)]
pub(super) struct Devices {
    given: BTreeMap<u64, Device>,
    /// The number of each device's token.
    numbers: BTreeMap<Device, u64>,
}

/// A user's device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Device {
    pub(super) user: Arc<str>,
    /// Its name; empty if it has a token that was never given.
    pub(super) name: Arc<str>,
}

impl Devices {
    /// A new token. What the device had before is none any more.
    pub(super) fn give(&mut self, number: u64, device: &Device) -> String {
        if let Some(earlier) = self.numbers.insert(device.clone(), number) {
            self.given.remove(&earlier);
        }
        self.given.insert(number, device.clone());
        if self.given.len() > TWIN_TOKENS
            && let Some((_, oldest)) = self.given.pop_first()
        {
            self.numbers.remove(&oldest);
        }
        format!("{TOKEN}{number}")
    }

    /// Whose a token is.
    pub(super) fn of(&self, token: &str) -> Option<Device> {
        self.given.get(&number(token)?).cloned()
    }

    /// Whether a token is one that was given here, whether it still is one or not.
    pub(super) fn gives(token: &str) -> bool {
        number(token).is_some()
    }

    /// Takes a token back, or all of its user's.
    pub(super) fn take_back(&mut self, token: &str, all: bool) {
        let Some(device) = number(token).and_then(|number| self.given.remove(&number)) else { return };
        self.numbers.remove(&device);
        if all {
            self.given.retain(|_, known| known.user != device.user);
            self.numbers.retain(|known, _| known.user != device.user);
        }
    }
}

fn number(token: &str) -> Option<u64> {
    let number = token.strip_prefix(TOKEN)?.parse().ok()?;
    (format!("{TOKEN}{number}") == token).then_some(number)
}
