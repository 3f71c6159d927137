use std::fmt;

use serde::{Deserialize, Serialize};

use crate::units::RegionId;

/// A collaboration platform, or any service, that messages are sent to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The endpoint's name; routes name it.
    pub name: String,
    /// Which platform.
    pub kind: EndpointKind,
    /// Where it runs.
    pub region: RegionId,
    /// The real service's address, `host:port`; without it a twin is played.
    pub url: Option<String>,
    /// Whether its twin enforces the vendor's own limits.
    pub limits: Limits,
    /// Who processes what is sent there, for the data-flow inventory.
    pub processor: Option<String>,
}

/// The kinds of endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointKind {
    /// DingTalk.
    Dingtalk(Edition),
    /// Microsoft Teams.
    Teams,
}

/// The editions of DingTalk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edition {
    /// The mainland edition, api.dingtalk.com.
    Mainland,
    /// DingTalk Lite, the international edition, api.dingtalk.io.
    Lite,
}

/// Whether a twin enforces the vendor's limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Limits {
    /// As the vendor documents them.
    #[default]
    Vendor,
    /// None.
    Off,
}

/// What an exchange is for, as the vendor's own paths tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    /// Sending a chat message.
    Chat,
    /// Exchanging a credential for a token.
    Login,
    /// Receiving messages.
    Receive,
    /// Anything else.
    Other,
}

impl Capability {
    /// Every capability that a scenario may name.
    pub const ALL: [Self; 3] = [Self::Chat, Self::Login, Self::Receive];

    /// The word for it in scenarios and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Login => "login",
            Self::Receive => "receive",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for EndpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dingtalk(Edition::Mainland) => "DingTalk mainland",
            Self::Dingtalk(Edition::Lite) => "DingTalk Lite",
            Self::Teams => "Microsoft Teams",
        })
    }
}
