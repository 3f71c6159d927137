//! Rooms, and who is in them.
//!
//! A stand-in: the id of a synthetic room names the members (`!anna~bert:firedrill.example`), who are in it from the beginning. A real
//! room's id says nothing: it is made, people are invited, and join.

use super::SERVER;

/// What stands between the members' names; no name of a scenario has it.
const BETWEEN: char = '~';

/// How the id of a room begins that somebody made at a twin.
const MADE: &str = "!fd-room-";

/// The room of a sender and recipients. Whoever writes to himself is in it twice, so that the id still names a member.
pub fn between(sender: &str, recipients: &[&str]) -> String {
    let mut room = format!("!{sender}");
    for one in recipients {
        room.push(BETWEEN);
        room.push_str(one);
    }
    room.push(':');
    room.push_str(SERVER);
    room
}

/// The members that the id of a room names; none if it names nobody.
pub fn members(id: &str) -> impl Iterator<Item = &str> {
    let names = id.strip_prefix('!').and_then(|id| id.strip_suffix(SERVER)?.strip_suffix(':'));
    let names = names.filter(|names| names.contains(BETWEEN)).unwrap_or_default();
    names.split(BETWEEN).filter(|name| !name.is_empty())
}

/// The id of a room that somebody made.
pub fn made(number: u64) -> String {
    format!("{MADE}{number}:{SERVER}")
}

/// The number of a room that somebody made.
pub fn number(id: &str) -> Option<u64> {
    let number = id.strip_prefix(MADE)?.strip_suffix(SERVER)?.strip_suffix(':')?.parse().ok()?;
    (made(number) == id).then_some(number)
}
