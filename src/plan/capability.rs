use serde::{Deserialize, Serialize};

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
    /// Changing a shared document.
    Edit,
    /// Reading a shared document.
    Read,
    /// Telling another store of documents what has changed.
    Sync,
    /// Looking up users and departments.
    Directory,
    /// Administering accounts: disabling, enabling, signing out.
    Admin,
    /// Asking whether a message has been read.
    Status,
    /// Exchanging a credential for a token.
    Login,
    /// Finding out how to sign in: published for everybody, before anybody is known.
    Metadata,
    /// Receiving messages.
    Receive,
    /// Having a text inspected for what may not leave.
    Inspect,
    /// Anything else.
    Other,
}

impl Capability {
    /// Every capability that a scenario may name.
    pub const ALL: [Self; 17] = [
        Self::Chat,
        Self::Group,
        Self::Notice,
        Self::Webhook,
        Self::Approval,
        Self::Ocr,
        Self::Meeting,
        Self::Calendar,
        Self::Edit,
        Self::Read,
        Self::Sync,
        Self::Directory,
        Self::Admin,
        Self::Status,
        Self::Login,
        Self::Receive,
        Self::Inspect,
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
            Self::Edit => "edit",
            Self::Read => "read",
            Self::Sync => "sync",
            Self::Directory => "directory",
            Self::Admin => "admin",
            Self::Status => "status",
            Self::Login => "login",
            Self::Metadata => "metadata",
            Self::Receive => "receive",
            Self::Inspect => "inspect",
            Self::Other => "other",
        }
    }

    /// These with their words.
    pub const fn words<const N: usize>(these: [Self; N]) -> [(&'static str, Self); N] {
        let mut words = [("", Self::Other); N];
        let mut at = 0;
        while at < N {
            words[at] = (these[at].name(), these[at]);
            at += 1;
        }
        words
    }

    /// Everything that a journey can send.
    pub const SENT: [Self; 10] = [
        Self::Chat,
        Self::Group,
        Self::Notice,
        Self::Webhook,
        Self::Approval,
        Self::Ocr,
        Self::Meeting,
        Self::Calendar,
        Self::Edit,
        Self::Read,
    ];

    /// Whether it is something that is done with shared documents.
    pub fn is_of_documents(self) -> bool {
        matches!(self, Self::Edit | Self::Read | Self::Sync)
    }

    /// Whether it is something that a journey can send, but for mere reading, and so what a frozen or muted account may not do.
    pub fn is_sending(self) -> bool {
        Self::SENT.contains(&self) && self != Self::Read
    }
}
