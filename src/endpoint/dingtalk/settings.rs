//! What can be chosen of DingTalk's twin.

use std::collections::BTreeMap;

use crate::units::{Moment, Span};
use crate::vendor::dingtalk::webhook::{Security, TooFast};

/// What can be chosen of DingTalk's twin.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The wall time at which the twin's world began, in milliseconds since 1970: signatures and sessions go by it.
    pub began: u64,
    /// The security settings of custom robots, by what their address carries; others have none.
    pub robots: BTreeMap<String, Security>,
    /// How a custom robot is told that it posted too fast.
    pub too_fast: TooFast,
    /// After how long a Stream connection is told to disconnect; `None` = never. The vendor does not say.
    pub stream_lifetime: Option<Span>,
}

impl Default for Settings {
    /// The moment at which virtual drills start, unless they say otherwise: 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self { began: 1_767_225_600_000, robots: BTreeMap::new(), too_fast: TooFast::default(), stream_lifetime: None }
    }
}

/// What a connection knows of the settings.
#[derive(Clone, Copy, Debug)]
pub(super) struct WallClock {
    began: u64,
    pub(super) stream_lifetime: Option<Span>,
}

impl WallClock {
    /// A moment as milliseconds since 1970.
    pub(super) fn at(self, at: Moment) -> u64 {
        self.began.saturating_add(at.nanos() / 1_000_000)
    }
}

impl Settings {
    pub(super) fn clock(&self) -> WallClock {
        WallClock { began: self.began, stream_lifetime: self.stream_lifetime }
    }

    /// A moment as milliseconds since 1970.
    pub(super) fn wall(&self, at: Moment) -> u64 {
        self.clock().at(at)
    }

    /// A moment as the platform writes it.
    pub(super) fn text(&self, at: Moment) -> String {
        let millis = i64::try_from(self.wall(at)).unwrap_or(i64::MAX);
        jiff::Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |at| at.to_string())
    }

    /// The day of a moment, as Beijing counts it.
    pub(super) fn day(&self, at: Moment) -> u64 {
        self.wall(at).saturating_add(8 * 3_600_000) / 86_400_000
    }
}
