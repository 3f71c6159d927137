//! What is new to somebody, and waiting for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::http::request::Parts;

use super::super::core::Core;
use super::super::mailbox::{Letter, Mailbox};
use super::super::reply::{Reply, Then};
use super::devices::Device;
use super::{Service, lock, not_in_room};
use crate::units::Moment;
use crate::vendor::matrix::{self, Event, RoomNews, Stretch, Wanted};
use crate::vendor::{Body, Refusal};

/// Somebody who waits for what is new.
pub(in crate::endpoint) struct Waiting {
    device: Device,
    mailbox: Arc<Mailbox>,
    after: u64,
    /// Whether he wants to hear of everything that there is.
    first: bool,
    most: usize,
    /// Until when he waits.
    until: Moment,
}

impl Waiting {
    /// Until when he waits.
    pub(in crate::endpoint) fn until(&self) -> Moment {
        self.until
    }

    /// Waits until there is something new.
    pub(in crate::endpoint) async fn arrival(&self) {
        self.mailbox.arrival(self.after).await;
    }
}

impl Service {
    /// Tells what is new, or has him wait for it.
    pub(super) fn sync(&self, core: &Core, head: &Parts, device: Device) -> Result<Reply, Refusal> {
        let wanted = Wanted::of(head).ok_or_else(|| Refusal::BadRequest("Invalid stream token".into()))?;
        let mailbox = core.users.mailbox(&device.user).ok_or(Refusal::InvalidToken)?;
        let most = wanted.most.min(self.parameters.listed);
        let (first, after) = (wanted.since.is_none(), wanted.since.unwrap_or_default());
        let waiting = Waiting { device, mailbox, after, first, most, until: core.now() + wanted.hold };
        // Nobody waits to hear of everything that there is, and nobody for what is there.
        if first || wanted.hold.is_zero() || waiting.mailbox.peek(after).is_some() {
            return Ok(self.synced(core, &waiting).into());
        }
        Ok(Reply { response: hyper::Response::default(), then: Some(Then::Sync(Box::new(waiting))) })
    }

    /// What is new by now.
    pub(in crate::endpoint) fn synced(&self, core: &Core, waiting: &Waiting) -> hyper::Response<Body> {
        let user = &waiting.device.user;
        let (mut after, mut letters) = (waiting.after, Vec::new());
        // Whoever says how far he has come has all that was before it, and no more: he may ask again, and for what was left out.
        waiting.mailbox.read_until(after);
        while let Some((frame, letter)) = waiting.mailbox.peek(after) {
            after = frame;
            letters.push((frame, letter));
        }
        if waiting.first {
            waiting.mailbox.read_until(after);
        }
        let mut rooms = lock(&self.rooms);
        let joined = if waiting.first { rooms.joined(user) } else { Vec::new() };
        let mut fresh: BTreeMap<&str, bool> = joined.iter().map(|room| (room.as_str(), true)).collect();
        let mut invited = Vec::new();
        let mut news: BTreeMap<&str, RoomNews<'_>> = BTreeMap::new();
        let mut frames: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for (frame, letter) in &letters {
            let Some(room) = letter.place.as_deref() else { continue };
            if let Some(event) = event(core, letter) {
                news.entry(room).or_default().events.push(event);
                frames.entry(room).or_default().push(*frame);
                fresh.entry(room).or_insert(waiting.first);
            } else if rooms.has(room, user) {
                fresh.insert(room, true);
            } else if rooms.is_invited(room, user) {
                invited.push((room, &*letter.sender));
            }
        }
        let members: BTreeMap<&str, Vec<Arc<str>>> =
            fresh.into_iter().filter(|(_, is)| *is).map(|(room, _)| (room, rooms.members(room))).collect();
        drop(rooms);
        for (room, members) in &members {
            news.entry(room).or_default().members = members.iter().map(|member| &**member).collect();
        }
        for (name, room) in &mut news {
            let more = room.events.len().saturating_sub(waiting.most);
            room.events.drain(..more);
            room.cut = more > 0;
            room.before = frames.get(name).and_then(|frames| frames.get(more)).map(|first| first - 1);
        }
        matrix::sync_answer(after, &news, &invited, user)
    }

    /// Tells what was said in a room, as far as it is still kept.
    pub(super) fn messages(&self, core: &Core, head: &Parts, device: &Device, room: &str) -> Result<Reply, Refusal> {
        let no = || Refusal::BadRequest("Invalid pagination parameters".into());
        let Stretch { backwards, from, to, most } = Stretch::of(head).ok_or_else(no)?;
        if !lock(&self.rooms).has(room, &device.user) {
            return Ok(not_in_room(&device.user, room));
        }
        let mailbox = core.users.mailbox(&device.user).ok_or(Refusal::InvalidToken)?;
        let start = from.unwrap_or(if backwards { mailbox.latest() } else { 0 });
        let end = to.unwrap_or(if backwards { 0 } else { u64::MAX });
        let stretch = if backwards { (end, start) } else { (start, end) };
        let said = |letter: &Letter| letter.content.is_some() && letter.place.as_deref() == Some(room);
        let (letters, more) = mailbox.between(stretch, (backwards, most.min(self.parameters.listed)), said);
        let last = letters.last().filter(|_| more).map(|(frame, _)| frame - u64::from(backwards));
        let events: Vec<_> = letters.iter().filter_map(|(_, letter)| event(core, letter)).collect();
        Ok(matrix::messages_answer(&events, start, last).into())
    }
}

/// A letter as an event; `None` if it only tells of a room.
fn event<'l>(core: &Core, letter: &'l Letter) -> Option<Event<'l>> {
    let content = letter.content.as_deref()?;
    Some(Event { number: letter.number, sender: &letter.sender, at: core.wall.millis(letter.at), content })
}
