//! Faults in firedrill's own words: an inject as a scenario writes it, aimed at proxies by name.

use std::fmt::Write;

use super::error::ApiError;
use crate::path::{Protocol, Tampering, acts_on_bytes};
use crate::plan::{Aim, Region};
use crate::scenario::{self, Diagnostics, Loose, Source};
use crate::units::Moment;

/// A native fault, with the lease that it lives as long as.
#[derive(Clone, Debug)]
pub(super) struct Native {
    /// What it is.
    pub(super) loose: Loose,
    /// From when …
    pub(super) start: Moment,
    /// … until when.
    pub(super) end: Moment,
    pub(super) lease: Option<String>,
    /// Whether it was on when its time was last looked at.
    pub(super) due: bool,
}

/// Reads the body of a request.
///
/// # Errors
/// If it is no fault; the text says every mistake, one a line.
pub(super) fn read(body: &[u8], regions: &[Region]) -> Result<Loose, ApiError> {
    let text = std::str::from_utf8(body).map_err(|error| ApiError::body(error.to_string()))?;
    let source = Source { name: "body".into(), text: text.to_owned() };
    scenario::fault(&source, regions).map_err(|found| ApiError::body(told(&found)))
}

/// Every mistake, one a line.
fn told(found: &Diagnostics) -> String {
    let mut text = String::new();
    for one in found.iter() {
        let newline = if text.is_empty() { "" } else { "\n" };
        // Nothing fails to be written to a text.
        let _ = write!(text, "{newline}{}:{}: {}: {}", one.line, one.column, one.code.name(), one.message);
        if let Some(hint) = &one.hint {
            let _ = write!(text, " ({hint})");
        }
    }
    if found.omitted() > 0 {
        let _ = write!(text, "\n… and {} more", found.omitted());
    }
    text
}

impl Native {
    /// A fault that was asked for at a moment.
    pub(super) fn new(loose: Loose, now: Moment, lease: Option<String>) -> Self {
        let start = now + loose.at;
        let end = loose.length.map_or(Moment::MAX, |length| start + length);
        Self { loose, start, end, lease, due: start <= now }
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.loose.name
    }

    /// Whether it is on.
    pub(super) fn is_on(&self, now: Moment) -> bool {
        self.start <= now && now < self.end
    }

    /// Whether it is aimed at a proxy, and can do something there.
    pub(super) fn hits(&self, proxy: &str, protocol: Protocol) -> bool {
        let named = self.loose.proxies.is_empty() || self.loose.proxies.iter().any(|name| name == proxy);
        named && (protocol == Protocol::Http || acts_on_bytes(&self.loose.fault))
    }

    /// As a door knows it.
    pub(super) fn fault(&self) -> Tampering {
        let Loose { fault, aim, shape, pick, .. } = self.loose.clone();
        let Aim { regions, direction, chance, per, .. } = aim;
        Tampering { name: armed_as(self.name()), fault, regions, direction, chance, per, shape, pick }
    }
}

/// A native fault's name among a door's faults, which no toxic can have.
pub(super) fn armed_as(name: &str) -> String {
    format!("fault:{name}")
}
