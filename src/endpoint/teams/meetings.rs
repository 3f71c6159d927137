//! Graph's side: online meetings and calendars.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::core::Core;
use super::super::ledger::Accepted;
use super::super::reply::Reply;
use super::graph::{no_such_person, owned};
use super::{Caller, NO_SUCH_OBJECT, Service, deliver, forbidden, letter, lock, mailboxes};
use crate::limits::TWIN_ENTRIES;
use crate::plan::Capability;
use crate::vendor::Refusal;
use crate::vendor::teams::{Owner, json_answer, meeting};

/// Meetings and events, by owner and id. Of too many the oldest are forgotten.
#[derive(Debug, Default)]
pub(super) struct Diary {
    entries: BTreeMap<u64, Entry>,
    /// Their numbers, by id.
    ids: BTreeMap<Box<str>, u64>,
    /// The numbers of events, by owner and the key under which they were entered once.
    once: BTreeMap<(Arc<str>, Box<str>), u64>,
}

#[derive(Debug)]
struct Entry {
    owner: Arc<str>,
    id: Box<str>,
    once: Option<Box<str>>,
    /// As Graph tells of it.
    body: String,
}

impl Diary {
    fn write(&mut self, number: u64, entry: Entry) {
        self.ids.insert(entry.id.clone(), number);
        if let Some(once) = &entry.once {
            self.once.insert((Arc::clone(&entry.owner), once.clone()), number);
        }
        self.entries.insert(number, entry);
        if self.entries.len() > TWIN_ENTRIES
            && let Some(oldest) = self.entries.keys().next().copied()
        {
            self.strike(oldest);
        }
    }

    fn strike(&mut self, number: u64) {
        let Some(entry) = self.entries.remove(&number) else { return };
        self.ids.remove(&entry.id);
        if let Some(once) = entry.once {
            self.once.remove(&(entry.owner, once));
        }
    }

    fn find(&self, id: &str) -> Option<(u64, &Entry)> {
        let number = *self.ids.get(id)?;
        Some((number, self.entries.get(&number)?))
    }
}

impl Service {
    pub(super) fn call_meeting(
        &self,
        core: &Core,
        caller: &Caller,
        owner: Owner<'_>,
        body: &[u8],
    ) -> Result<Reply, Refusal> {
        let organizer = owned(caller, owner)?;
        if !acts_for(caller, &organizer) {
            return Ok(not_his(core));
        }
        let wanted = meeting::read_meeting(body)?;
        let invited = Invited { organizer: &organizer, attendees: &wanted.attendees, text: &wanted.subject };
        let (number, now) = (core.number(), core.now());
        let id = meeting::meeting_id(number);
        if let Some(no) = invite(core, &invited, &id, Capability::Meeting) {
            return Ok(no);
        }
        let body = meeting::meeting_body(number, &organizer, &wanted, core.wall.at(now));
        let entry = Entry { owner: organizer, id: id.into(), once: None, body: body.clone() };
        lock(&self.diary).write(number, entry);
        Ok(json_answer(201, body).into())
    }

    /// Somebody joins a meeting, by whatever token.
    pub(super) fn join(&self, core: &Core, body: &[u8]) -> Result<Reply, Refusal> {
        let id = meeting::read_call(body)?;
        lock(&self.diary).find(&id).ok_or(NO_SUCH_OBJECT)?;
        Ok(meeting::call_answer(core.number(), &id).into())
    }

    pub(super) fn enter(&self, core: &Core, caller: &Caller, owner: Owner<'_>, body: &[u8]) -> Result<Reply, Refusal> {
        let organizer = owned(caller, owner)?;
        if !acts_for(caller, &organizer) {
            return Ok(not_his(core));
        }
        let entered = meeting::read_event(body)?;
        let once: Option<Box<str>> = entered.once.as_deref().map(Into::into);
        // Held until the event is written: of two requests with one key at once, the second finds what the first has entered.
        let mut diary = lock(&self.diary);
        if let Some(once) = &once {
            let number = diary.once.get(&(Arc::clone(&organizer), once.clone()));
            if let Some(entry) = number.and_then(|number| diary.entries.get(number)) {
                return Ok(json_answer(201, entry.body.clone()).into());
            }
        }
        let text = if entered.text.is_empty() { &entered.subject } else { &entered.text };
        let invited = Invited { organizer: &organizer, attendees: &entered.attendees, text };
        let (number, now) = (core.number(), core.now());
        let id = meeting::event_id(number);
        if let Some(no) = invite(core, &invited, &id, Capability::Calendar) {
            return Ok(no);
        }
        let body = meeting::event_body(number, &organizer, &entered, core.wall.at(now));
        diary.write(number, Entry { owner: organizer, id: id.into(), once, body: body.clone() });
        Ok(json_answer(201, body).into())
    }

    /// A meeting or an event.
    pub(super) fn entry(&self, core: &Core, caller: &Caller, owner: Owner<'_>, id: &str) -> Result<Reply, Refusal> {
        let owner = owned(caller, owner)?;
        if !acts_for(caller, &owner) {
            return Ok(not_his(core));
        }
        let diary = lock(&self.diary);
        let (_, entry) = diary.find(id).filter(|(_, entry)| entry.owner == owner).ok_or(NO_SUCH_OBJECT)?;
        Ok(json_answer(200, entry.body.clone()).into())
    }

    /// Calls a meeting or an event off.
    pub(super) fn strike(&self, core: &Core, caller: &Caller, owner: Owner<'_>, id: &str) -> Result<Reply, Refusal> {
        let owner = owned(caller, owner)?;
        if !acts_for(caller, &owner) {
            return Ok(not_his(core));
        }
        let mut diary = lock(&self.diary);
        let found = diary.find(id).filter(|(_, entry)| entry.owner == owner).map(|(number, _)| number);
        diary.strike(found.ok_or(NO_SUCH_OBJECT)?);
        Ok(super::no_content())
    }
}

/// Who is asked to come to something, by whom.
struct Invited<'a> {
    organizer: &'a str,
    attendees: &'a [String],
    text: &'a str,
}

/// Tells everybody who is asked to come, or says who does not exist. Whoever has an address elsewhere is told elsewhere.
fn invite(core: &Core, invited: &Invited<'_>, id: &str, capability: Capability) -> Option<Reply> {
    let Invited { organizer, attendees, text } = *invited;
    if core.users.mailbox(organizer).is_none() {
        return Some(no_such_person(core, organizer));
    }
    let inside = attendees.iter().map(String::as_str).filter(|name| !name.contains('@'));
    let Ok(to) = mailboxes(core, inside, organizer) else { return Some(no_such_person(core, "attendee")) };
    let recipients = deliver(&to, &letter(text));
    core.ledger.write(&Accepted { at: core.now(), id, sender: organizer, recipients: &recipients, capability, text });
    None
}

fn acts_for(caller: &Caller, user: &Arc<str>) -> bool {
    caller.user.as_ref().is_none_or(|caller| caller == user)
}

fn not_his(core: &Core) -> Reply {
    forbidden(core, "Forbidden", "Access is denied. Check credentials and try again.")
}
