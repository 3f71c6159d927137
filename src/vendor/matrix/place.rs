//! What a path names.

use std::borrow::Cow;

use crate::vendor::head::decode;

/// What the path of a request names. Names in it are decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place<'p> {
    /// Which versions of the specification are spoken.
    Versions,
    /// Where the homeserver of a domain is.
    Discovery,
    /// Ways to log in, and logging in.
    Login,
    /// Giving a token back, or all of them.
    Logout {
        /// All of them.
        all: bool,
    },
    /// Whose a token is.
    WhoAmI,
    /// What is new.
    Sync,
    /// A filter that is kept for later.
    Filter,
    /// Making a room.
    Create,
    /// Entering one.
    Join {
        /// Which.
        room: Cow<'p, str>,
    },
    /// Inviting somebody into one.
    Invite {
        /// Which.
        room: Cow<'p, str>,
    },
    /// Leaving one.
    Leave {
        /// Which.
        room: Cow<'p, str>,
    },
    /// Who is in one.
    Members {
        /// Which.
        room: Cow<'p, str>,
    },
    /// What was said in one.
    Messages {
        /// Which.
        room: Cow<'p, str>,
    },
    /// The rooms in which somebody is.
    Joined,
    /// Sending something into one.
    Send {
        /// Which.
        room: Cow<'p, str>,
        /// What kind of event it is, such as `m.room.message`.
        kind: Cow<'p, str>,
        /// What tells it from every other of its sender's.
        transaction: Cow<'p, str>,
    },
    /// Somebody's name and picture.
    Profile,
    /// What only administrators of Synapse may do.
    Admin,
    /// Nothing that is emulated.
    Unknown,
}

impl<'p> Place<'p> {
    /// What a request's path names.
    pub fn of(path: &'p str) -> Self {
        let Some(path) = path.strip_prefix("/_matrix/client/") else {
            return match path {
                "/.well-known/matrix/client" => Self::Discovery,
                _ if path.starts_with("/_synapse/admin/") => Self::Admin,
                _ => Self::Unknown,
            };
        };
        if path == "versions" {
            return Self::Versions;
        }
        let Some((_, path)) = path.split_once('/').filter(|(version, _)| matches!(*version, "v3" | "r0" | "v1")) else {
            return Self::Unknown;
        };
        match path {
            "login" => Self::Login,
            "logout" => Self::Logout { all: false },
            "logout/all" => Self::Logout { all: true },
            "account/whoami" => Self::WhoAmI,
            "sync" => Self::Sync,
            "createRoom" => Self::Create,
            "joined_rooms" => Self::Joined,
            _ => Self::within(path),
        }
    }

    fn within(path: &'p str) -> Self {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        match first {
            "rooms" => Self::in_room(rest),
            "join" if !rest.contains('/') => Self::Join { room: decoded(rest) },
            "user" if rest.split('/').nth(1) == Some("filter") => Self::Filter,
            "profile" => Self::Profile,
            _ => Self::Unknown,
        }
    }

    fn in_room(path: &'p str) -> Self {
        let (room, rest) = path.split_once('/').unwrap_or((path, ""));
        let room = decoded(room);
        match rest {
            "join" => Self::Join { room },
            "invite" => Self::Invite { room },
            "leave" => Self::Leave { room },
            "joined_members" => Self::Members { room },
            "messages" => Self::Messages { room },
            _ => match rest.strip_prefix("send/").and_then(|rest| rest.split_once('/')) {
                Some((kind, transaction)) if !transaction.contains('/') => {
                    Self::Send { room, kind: decoded(kind), transaction: decoded(transaction) }
                }
                _ => Self::Unknown,
            },
        }
    }
}

fn decoded(part: &str) -> Cow<'_, str> {
    if part.contains('%') { decode(part).into() } else { part.into() }
}
