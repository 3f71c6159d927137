//! What can be chosen of DingTalk's twin.

use std::collections::BTreeMap;

use crate::units::Span;
use crate::vendor::dingtalk::webhook::{Security, TooFast};

/// What can be chosen of DingTalk's twin.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The security settings of custom robots, by what their address carries; others have none.
    pub robots: BTreeMap<String, Security>,
    /// How a custom robot is told that it posted too fast.
    pub too_fast: TooFast,
    /// After how long a Stream connection is told to disconnect; `None` = never. The vendor does not say.
    pub stream_lifetime: Option<Span>,
}
