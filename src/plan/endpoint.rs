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
    /// Sending a chat message to single users.
    Chat,
    /// Sending a message into a group chat or a channel.
    Group,
    /// Sending a work notification, which the platform delivers when it has time.
    Notice,
    /// Posting by an incoming webhook, as scripts and monitors do.
    Webhook,
    /// Starting, reading or deciding an approval.
    Approval,
    /// Recognising the text of an invoice or another document.
    Ocr,
    /// Calling a meeting, and whatever is done in one.
    Meeting,
    /// Entering something into a calendar.
    Calendar,
    /// Looking up users and departments.
    Directory,
    /// Administering accounts: disabling, enabling, signing out.
    Admin,
    /// Asking whether a message has been read.
    Status,
    /// Exchanging a credential for a token.
    Login,
    /// Receiving messages.
    Receive,
    /// Anything else.
    Other,
}

impl Capability {
    /// Every capability that a scenario may name.
    pub const ALL: [Self; 13] = [
        Self::Chat,
        Self::Group,
        Self::Notice,
        Self::Webhook,
        Self::Approval,
        Self::Ocr,
        Self::Meeting,
        Self::Calendar,
        Self::Directory,
        Self::Admin,
        Self::Status,
        Self::Login,
        Self::Receive,
    ];

    /// The word for it in scenarios and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Group => "group",
            Self::Notice => "notice",
            Self::Webhook => "webhook",
            Self::Approval => "approval",
            Self::Ocr => "ocr",
            Self::Meeting => "meeting",
            Self::Calendar => "calendar",
            Self::Directory => "directory",
            Self::Admin => "admin",
            Self::Status => "status",
            Self::Login => "login",
            Self::Receive => "receive",
            Self::Other => "other",
        }
    }

    /// Whether it is something that a journey can send, and so what a frozen or muted account may not do.
    pub fn is_sending(self) -> bool {
        matches!(
            self,
            Self::Chat
                | Self::Group
                | Self::Notice
                | Self::Webhook
                | Self::Approval
                | Self::Ocr
                | Self::Meeting
                | Self::Calendar
        )
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
