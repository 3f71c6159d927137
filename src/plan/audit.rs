use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::units::{RegionId, Span};

/// Who reads a gateway's audit trail, and how much of it there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// How long the auditor waits before he asks again for what is new.
    pub every: Span,
    /// Where he is.
    pub from: RegionId,
    /// Where his connections come from.
    pub address: IpAddr,
    /// How many entries the gateway's twin keeps, the latest ones; `None` = as many as a twin remembers of anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps: Option<u32>,
    /// The variable of the environment with the auditor's token at a gateway that is no twin; without one he shows that for twins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}
