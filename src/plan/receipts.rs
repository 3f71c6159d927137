use serde::{Deserialize, Serialize};

use super::{Capability, EndpointKind};
use crate::units::Span;

/// How a drill hears that a message was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipts {
    /// Nobody tells: no more is known than that the platform took the message.
    Acceptance,
    /// Its twin pushes messages to the recipient's client: a stand-in for the connection of the platform's own app.
    Inbox,
    /// The recipient is an application that the platform pushes to: DingTalk's Stream mode.
    Stream,
    /// The recipient's program is called back, and fetches what is new: Microsoft Graph's change notifications.
    Notification,
    /// The sender asks the platform who has read the message: DingTalk's read status. A receipt is seen at most so much too late.
    ReadStatus {
        /// How long he waits before he asks, and again before he asks once more.
        every: Span,
    },
    /// Each recipient's program asks what is new, and is answered when there is something: Matrix's `/sync`.
    Sync,
    /// Each recipient reads what an ERP has booked. A receipt is seen at most so much too late.
    Ledger {
        /// How long he waits between two questions.
        every: Span,
    },
    /// Each recipient asks a service by scenario what has come. A receipt is seen at most so much too late.
    Poll {
        /// How long he waits between two questions.
        every: Span,
    },
    /// What a service by scenario sends to each recipient's connection.
    Push,
}

/// What is done when the read status is asked for.
impl Receipts {
    /// How often a read status is asked for, if nothing else is said.
    pub const ASKED_EVERY: Span = Span::from_secs(30);

    /// How often an ERP's ledger is read, if nothing else is said.
    pub const READ_EVERY: Span = Span::from_secs(1);

    /// Whether a platform has this way.
    pub fn are_of(self, kind: &EndpointKind) -> bool {
        match self {
            Self::Acceptance => true,
            Self::Inbox => !matches!(kind, EndpointKind::Wire(_) | EndpointKind::Erp(_) | EndpointKind::Documents(_)),
            Self::Ledger { .. } => matches!(kind, EndpointKind::Erp(_)),
            Self::Stream | Self::ReadStatus { .. } => matches!(kind, EndpointKind::Dingtalk(_)),
            Self::Notification => *kind == EndpointKind::Teams,
            Self::Sync => *kind == EndpointKind::Matrix,
            Self::Poll { .. } => matches!(kind, EndpointKind::Http(_)),
            Self::Push => matches!(kind, EndpointKind::Wire(_)),
        }
    }

    /// Whether it tells of the receipt of what is sent so. Nobody receives the text of a picture but who asked for it; DingTalk pushes
    /// neither work notifications nor a webhook's posts to applications; only of messages and notifications it says who has read them;
    /// and Graph's notifications are asked for of chats and channels.
    pub fn tell_of(self, sent: Capability) -> bool {
        match self {
            Self::Acceptance => false,
            Self::Inbox | Self::Sync | Self::Ledger { .. } | Self::Poll { .. } | Self::Push => sent != Capability::Ocr,
            Self::Stream => !matches!(sent, Capability::Ocr | Capability::Notice | Capability::Webhook),
            Self::Notification => matches!(sent, Capability::Chat | Capability::Group),
            Self::ReadStatus { .. } => matches!(sent, Capability::Chat | Capability::Group | Capability::Notice),
        }
    }

    /// Whether recipients are told over a WebSocket that stands.
    pub fn by_socket(self) -> bool {
        matches!(self, Self::Inbox | Self::Stream | Self::ReadStatus { .. })
    }
}
