//! The paths of Graph, Entra and the webhooks: one table for clients, the path and twins. Nothing here allocates: the path asks for
//! every request that passes.

use std::borrow::Cow;

use super::decode;

/// What a path names. Ids are as they stand there, percent-encoded or raw: SDKs write both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'p> {
    /// Entra's token endpoint.
    Token,
    /// Entra's description of itself for a tenant.
    Discovery {
        /// The tenant, by id or name.
        tenant: &'p str,
    },
    /// Which hosts speak for Entra.
    Instance,
    /// The keys by which tokens are signed.
    Keys,
    /// How a person signs in.
    Realm {
        /// The person's address.
        user: &'p str,
    },
    /// A legacy connector of a channel.
    Connector {
        /// The id that serves as its token.
        webhook: &'p str,
    },
    /// A workflow that is started by a request.
    Flow {
        /// The workflow's id.
        webhook: &'p str,
    },
    /// Graph, version 1.0 or beta.
    Graph(Graph<'p>),
    /// Nothing.
    Nowhere,
}

/// What a path of Graph names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graph<'p> {
    /// The messages of a conversation.
    Messages(Room<'p>),
    /// One of them; a reply has an id of its own.
    Message(Room<'p>, &'p str),
    /// The replies to one.
    Replies(Room<'p>, &'p str),
    /// The messages of all conversations of a kind.
    AllMessages(Every<'p>),
    /// The change notifications that were asked for.
    Subscriptions,
    /// One of them.
    Subscription(&'p str),
    /// Asking for one to go on with the present token.
    Reauthorization(&'p str),
    /// Somebody's online meetings.
    Meetings(Owner<'p>),
    /// One of them.
    Meeting(Owner<'p>, &'p str),
    /// Calls, by which meetings are joined.
    Calls,
    /// Somebody's calendar.
    Events(Owner<'p>),
    /// One of its events.
    Event(Owner<'p>, &'p str),
    /// A person.
    Profile(Owner<'p>),
    /// Signing a person out everywhere.
    Revocation(Owner<'p>),
    /// Nothing that is emulated.
    Unknown,
}

/// A conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room<'p> {
    /// A chat, by its id.
    Chat(&'p str),
    /// A channel of a team, by their ids.
    Channel(&'p str, &'p str),
}

/// Many conversations at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every<'p> {
    /// Every chat of the tenant.
    Chat,
    /// Every channel of the tenant.
    Channel,
    /// Every chat of somebody.
    ChatOf(Owner<'p>),
}

/// Whose something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'p> {
    /// The caller's.
    Me,
    /// This user's, by id or address.
    User(&'p str),
}

impl<'p> Place<'p> {
    /// What a request's path names.
    pub fn of(path: &'p str) -> Self {
        let Some(parts) = Parts::of(path) else { return Self::Nowhere };
        match *parts.all() {
            ["v1.0" | "beta", ref rest @ ..] => Self::Graph(Graph::of(rest)),
            ["webhookb2" | "webhook", _, "IncomingWebhook", webhook, ..] => Self::Connector { webhook },
            [.., "workflows", webhook, "triggers", _, "paths", "invoke"] => Self::Flow { webhook },
            [_, "oauth2", "v2.0", "token"] => Self::Token,
            [tenant, "v2.0", ".well-known", "openid-configuration"] => Self::Discovery { tenant },
            [_, "discovery", "v2.0", "keys"] => Self::Keys,
            ["common", "discovery", "instance"] => Self::Instance,
            ["common", "userrealm", user] => Self::Realm { user },
            _ => Self::Nowhere,
        }
    }
}

impl<'p> Graph<'p> {
    /// What a resource's name names, as subscriptions and notifications write it: with or without a slash before it.
    pub fn named(resource: &'p str) -> Self {
        Parts::of(resource).map_or(Self::Unknown, |parts| Self::of(parts.all()))
    }

    fn of(parts: &[&'p str]) -> Self {
        match *parts {
            ["me", ref rest @ ..] => Self::owned(Owner::Me, rest),
            ["users", user, ref rest @ ..] => Self::owned(Owner::User(user), rest),
            ["chats", "getAllMessages"] => Self::AllMessages(Every::Chat),
            ["teams", "getAllMessages"] => Self::AllMessages(Every::Channel),
            ["chats", chat, ref rest @ ..] => Self::spoken(Room::Chat(chat), rest),
            ["teams", team, "channels", channel, ref rest @ ..] => Self::spoken(Room::Channel(team, channel), rest),
            ["subscriptions"] => Self::Subscriptions,
            ["subscriptions", id] => Self::Subscription(id),
            ["subscriptions", id, "reauthorize"] => Self::Reauthorization(id),
            ["communications", "calls"] => Self::Calls,
            _ => Self::Unknown,
        }
    }

    fn owned(owner: Owner<'p>, parts: &[&'p str]) -> Self {
        match *parts {
            [] => Self::Profile(owner),
            ["revokeSignInSessions" | "microsoft.graph.revokeSignInSessions"] => Self::Revocation(owner),
            ["chats", "getAllMessages"] => Self::AllMessages(Every::ChatOf(owner)),
            ["chats", chat, ref rest @ ..] => Self::spoken(Room::Chat(chat), rest),
            ["onlineMeetings"] => Self::Meetings(owner),
            ["onlineMeetings", id] => Self::Meeting(owner, id),
            ["events"] | ["calendar", "events"] => Self::Events(owner),
            ["events", id] | ["calendar", "events", id] => Self::Event(owner, id),
            _ => Self::Unknown,
        }
    }

    fn spoken(room: Room<'p>, parts: &[&'p str]) -> Self {
        match *parts {
            ["messages"] => Self::Messages(room),
            ["messages", id] => Self::Message(room, id),
            ["messages", id, "replies"] if matches!(room, Room::Channel(..)) => Self::Replies(room, id),
            ["messages", _, "replies", id] if matches!(room, Room::Channel(..)) => Self::Message(room, id),
            _ => Self::Unknown,
        }
    }
}

/// The names in paths of Graph, and whether an id follows.
const NAMES: [(&str, bool); 15] = [
    ("me", false),
    ("users", true),
    ("chats", true),
    ("teams", true),
    ("channels", true),
    ("messages", true),
    ("replies", true),
    ("subscriptions", true),
    ("reauthorize", false),
    ("communications", false),
    ("calls", true),
    ("onlineMeetings", true),
    ("calendar", false),
    ("events", true),
    ("revokeSignInSessions", false),
];

/// The part of a path that Graph would say there is no resource for: the first name that stands nowhere, or else the last of all names.
pub(super) fn unknown_segment(path: &str) -> Cow<'static, str> {
    let mut parts = path.split('/').filter(|part| !part.is_empty()).peekable();
    parts.next_if(|version| matches!(*version, "v1.0" | "beta"));
    let mut last = "";
    while let Some(part) = parts.next() {
        let (name, has_key) = keyed(part).map_or((part, false), |(name, _)| (name, true));
        let Some((known, has_id)) = NAMES.iter().find(|(known, _)| *known == name) else {
            return Cow::Owned(decode(name));
        };
        last = *known;
        if *has_id && !has_key {
            parts.next();
        }
    }
    Cow::Borrowed(last)
}

/// The most parts of a path that means anything.
const MOST: usize = 10;

/// The parts between a path's slashes; `name('key')`, as notifications write it, are two.
struct Parts<'p> {
    texts: [&'p str; MOST],
    count: usize,
}

impl<'p> Parts<'p> {
    fn of(path: &'p str) -> Option<Self> {
        let mut parts = Self { texts: [""; MOST], count: 0 };
        for text in path.split('/').filter(|text| !text.is_empty()) {
            match keyed(text) {
                Some((name, key)) => {
                    parts.push(name)?;
                    parts.push(key)?;
                }
                None => parts.push(text)?,
            }
        }
        Some(parts)
    }

    fn push(&mut self, text: &'p str) -> Option<()> {
        *self.texts.get_mut(self.count)? = text;
        self.count += 1;
        Some(())
    }

    fn all(&self) -> &[&'p str] {
        &self.texts[..self.count]
    }
}

fn keyed(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once("('").or_else(|| text.split_once("(%27"))?;
    let key = rest.strip_suffix("')").or_else(|| rest.strip_suffix("%27)"))?;
    Some((name, key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_thing_has_several_paths() {
        let message = Graph::Message(Room::Chat("19:a_b@unq.gbl.spaces"), "16");
        for path in [
            "/v1.0/chats/19:a_b@unq.gbl.spaces/messages/16",
            "/beta/me/chats/19:a_b@unq.gbl.spaces/messages/16/",
            "/v1.0/users/anna/chats/19:a_b@unq.gbl.spaces/messages/16",
            "/v1.0/chats('19:a_b@unq.gbl.spaces')/messages('16')",
        ] {
            assert_eq!(Place::of(path), Place::Graph(message), "{path}");
        }
        assert_eq!(Graph::named("chats(%2719:a_b@unq.gbl.spaces%27)/messages(%2716%27)"), message);
        let reply = Place::Graph(Graph::Message(Room::Channel("t", "c"), "2"));
        assert_eq!(Place::of("/v1.0/teams/t/channels/c/messages/1/replies/2"), reply);
    }

    #[test]
    fn webhooks_carry_their_token_in_the_path() {
        let path = "/webhookb2/group@tenant/IncomingWebhook/abc/owner";
        assert_eq!(Place::of(path), Place::Connector { webhook: "abc" });
        for path in [
            "/workflows/abc/triggers/manual/paths/invoke",
            "/powerautomate/automations/direct/workflows/abc/triggers/manual/paths/invoke/",
        ] {
            assert_eq!(Place::of(path), Place::Flow { webhook: "abc" }, "{path}");
        }
    }

    #[test]
    fn the_segment_that_names_nothing_is_told() {
        for (path, segment) in [
            ("/v1.0/nothing", "nothing"),
            ("/v1.0/chats/a/nothing/b", "nothing"),
            ("/beta/users/events/no%20thing", "no thing"),
            ("/v1.0/chats('nothing')/nowhere('a')", "nowhere"),
            ("/v1.0/me/calendar/nothing", "nothing"),
            // Everything has a name here, and together they name nothing that is emulated.
            ("/v1.0/users/a/messages", "messages"),
            ("/v9/users", "v9"),
            ("/", ""),
        ] {
            assert_eq!(unknown_segment(path), segment, "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_path_is_somewhere_or_nowhere(path in "[/a-z0-9'()%.:@_~-]{0,80}") {
            let _ = (Place::of(&path), Graph::named(&path), unknown_segment(&path));
        }
    }
}
