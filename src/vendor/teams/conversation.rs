//! Chats and channels, and who is in them.
//!
//! A stand-in: the id names the members. A one-to-one chat's does so at Microsoft's, too, by their directory ids
//! (`19:a_b@unq.gbl.spaces`); of group chats (`19:a~b~c@thread.v2`) and channels (`19:a~b~c@thread.tacv2`) a real id says nothing. An id
//! that names nobody is a conversation whose members nobody knows: its messages are kept and told to subscribers, and go to no inbox.

use super::super::head::decode;
use super::place::Room;
use crate::plan::Capability;

/// What stands between the members' names; no name of a scenario has it.
const BETWEEN: char = '~';
const PAIR: &str = "@unq.gbl.spaces";
const GROUP: &str = "@thread.v2";
const CHANNEL: &str = "@thread.tacv2";

/// The team of every synthetic channel.
pub(super) const TEAM: &str = "fd000000-0000-4000-8000-0000000000aa";

/// A conversation, by its ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversation {
    /// A chat.
    Chat(String),
    /// A channel.
    Channel {
        /// The team's id.
        team: String,
        /// The channel's.
        channel: String,
    },
}

impl Conversation {
    /// What a path names.
    pub fn of(room: Room<'_>) -> Self {
        match room {
            Room::Chat(chat) => Self::Chat(decode(chat)),
            Room::Channel(team, channel) => Self::Channel { team: decode(team), channel: decode(channel) },
        }
    }

    /// Its name as a resource, the way notifications write it.
    pub fn resource(&self) -> String {
        match self {
            Self::Chat(chat) => format!("chats('{chat}')"),
            Self::Channel { team, channel } => format!("teams('{team}')/channels('{channel}')"),
        }
    }

    /// The members that its id names, who may be anybody if there are none. `one` is known to be one of them if he is: it tells where
    /// a name that has a `_` ends.
    pub fn members<'c>(&'c self, one: &str) -> Vec<&'c str> {
        let (Self::Chat(id) | Self::Channel { channel: id, .. }) = self;
        let Some(id) = id.strip_prefix("19:") else { return Vec::new() };
        if let Some(pair) = id.strip_suffix(PAIR) {
            return of_pair(pair, one).into_iter().filter(|name| !name.is_empty()).collect();
        }
        let names = id.strip_suffix(GROUP).or_else(|| id.strip_suffix(CHANNEL)).unwrap_or_default();
        if !names.contains(BETWEEN) {
            return Vec::new();
        }
        names.split(BETWEEN).filter(|name| !name.is_empty()).collect()
    }
}

fn of_pair<'c>(pair: &'c str, one: &str) -> Vec<&'c str> {
    let first = pair.strip_prefix(one).and_then(|rest| rest.strip_prefix('_'));
    let last = || pair.strip_suffix(one).and_then(|rest| rest.strip_suffix('_'));
    match (one.is_empty(), first.or_else(last)) {
        (false, Some(other)) => {
            vec![&pair[if first.is_some() { 0..one.len() } else { other.len() + 1..pair.len() }], other]
        }
        _ => pair.split('_').collect(),
    }
}

/// The conversation of a sender and recipients, as a path: a channel for what is sent into a group, a chat for everything else.
pub fn room(sent: Capability, sender: &str, recipients: &[&str]) -> String {
    if sent == Capability::Group {
        format!("/teams/{TEAM}/channels/{}", channel_id(sender, recipients))
    } else {
        format!("/chats/{}", chat_id(sender, recipients))
    }
}

/// The id of the chat between a sender and recipients.
pub(super) fn chat_id(sender: &str, recipients: &[&str]) -> String {
    match recipients {
        [one] => format!("19:{sender}_{one}{PAIR}"),
        _ => format!("19:{sender}{BETWEEN}{}{GROUP}", recipients.join("~")),
    }
}

/// The id of the channel of a sender and recipients.
pub(super) fn channel_id(sender: &str, recipients: &[&str]) -> String {
    format!("19:{sender}{BETWEEN}{}{CHANNEL}", recipients.join("~"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_the_members() {
        let chat = |id: String| Conversation::Chat(id);
        assert_eq!(chat(chat_id("a_1", &["b_2"])).members("a_1"), ["a_1", "b_2"]);
        assert_eq!(chat(chat_id("a_1", &["b_2"])).members("b_2"), ["b_2", "a_1"]);
        assert_eq!(chat(chat_id("a", &["b"])).members("c"), ["a", "b"]);
        assert_eq!(chat(chat_id("a", &["b", "c"])).members("b"), ["a", "b", "c"]);
        let channel = Conversation::Channel { team: TEAM.into(), channel: channel_id("a", &["b"]) };
        assert_eq!(channel.members("a"), ["a", "b"]);
        for id in ["19:561fbdbbfca848a484f0a6f00ce9dbbd@thread.tacv2", "", "19:", "x", "19:@unq.gbl.spaces"] {
            assert_eq!(chat(id.into()).members("a"), [""; 0], "{id}");
        }
    }
}
