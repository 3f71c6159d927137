//! Graph's side: conversations and people.

use std::sync::Arc;

use bytes::Bytes;
use hyper::http::request::Parts;

use super::super::core::Core;
use super::super::ledger::Accepted;
use super::super::reply::Reply;
use super::store::Kept;
use super::{Caller, NO_SUCH_OBJECT, Service, deliver, forbidden, letter, lock, mailboxes, unknown};
use crate::plan::Capability;
use crate::units::Span;
use crate::vendor::teams::conversation::Conversation;
use crate::vendor::teams::message::{self, ChatMessage, Page, message_id, message_number};
use crate::vendor::teams::{Graph, HOST, Owner, Room, graph_error, origin, person, query_number, user_of};
use crate::vendor::{Head, Refusal};

/// How many messages a list has that does not say, and at most.
const LISTED: usize = 20;
const MOST_LISTED: usize = 50;

impl Service {
    /// What Graph says to a request.
    pub(super) fn graph(
        &self,
        core: &Core,
        (head, by_tls): (&Parts, bool),
        graph: Graph<'_>,
        body: &Bytes,
    ) -> Result<Reply, Refusal> {
        let caller = self.caller(core, head);
        match (head.method.as_str(), graph) {
            ("POST", Graph::Messages(room)) => self.send(core, &caller?, room, None, body),
            ("POST", Graph::Replies(room, id)) => self.send(core, &caller?, room, Some(id), body),
            ("GET", Graph::Messages(room)) => Ok(self.list(core, &caller?, (head, by_tls), room, None)),
            ("GET", Graph::Replies(room, id)) => Ok(self.list(core, &caller?, (head, by_tls), room, Some(id))),
            ("GET", Graph::Message(room, id)) => self.one(core, &caller?, room, id),
            ("GET", Graph::Profile(owner)) => self.profile(core, &caller?, head, owner),
            ("PATCH", Graph::Profile(owner)) => self.enable(core, &caller?, owner, body),
            ("POST", Graph::Revocation(owner)) => self.sign_out(core, &caller?, owner),
            ("POST", Graph::Subscriptions) => self.subscribe(core, &caller?, body),
            ("GET", Graph::Subscriptions) => Ok(self.subscriptions(&caller?)),
            ("GET", Graph::Subscription(id)) => self.subscription(&caller?, id),
            ("PATCH", Graph::Subscription(id)) => self.renew(core, &caller?, id, Some(body)),
            ("POST", Graph::Reauthorization(id)) => self.renew(core, &caller?, id, None),
            ("DELETE", Graph::Subscription(id)) => self.unsubscribe(&caller?, id),
            ("POST", Graph::Meetings(owner)) => self.call_meeting(core, &caller?, owner, body),
            ("POST", Graph::Calls) => caller.and_then(|_| self.join(core, body)),
            ("POST", Graph::Events(owner)) => self.enter(core, &caller?, owner, body),
            ("GET", Graph::Meeting(owner, id) | Graph::Event(owner, id)) => self.entry(core, &caller?, owner, id),
            ("DELETE", Graph::Meeting(owner, id) | Graph::Event(owner, id)) => self.strike(core, &caller?, owner, id),
            // Graph looks for the function before it looks at the token.
            _ => unknown(core, head),
        }
    }

    /// Takes a message: keeps it, and puts it into the mailbox of every member that its conversation names.
    fn send(
        &self,
        core: &Core,
        caller: &Caller,
        room: Room<'_>,
        reply_to: Option<&str>,
        body: &[u8],
    ) -> Result<Reply, Refusal> {
        let Some(sender) = &caller.user else {
            let why = "Missing role permissions on the request. API requires one of 'Teamwork.Migrate.All'.";
            return Ok(forbidden(core, "Forbidden", why));
        };
        let said = message::read_send(body)?;
        let conversation = Conversation::of(room);
        let members = conversation.members(sender);
        if !admits(core, &members, sender) {
            return Ok(no_member(core));
        }
        let to = mailboxes(core, members.iter().copied(), sender)?;
        let resource = conversation.resource();
        if let Some(id) = reply_to {
            let is_begun = |number| lock(&self.messages).begins(&resource, number);
            message_number(id).filter(|number| is_begun(*number)).ok_or(NO_SUCH_OBJECT)?;
        }
        self.limit(core, &caller.app, &conversation).map_err(Refusal::Throttled)?;
        let (number, now, letter) = (core.number(), core.now(), letter(&said.text));
        let recipients = deliver(&to, &letter);
        let capability = if matches!(room, Room::Chat(_)) { Capability::Chat } else { Capability::Group };
        let (id, text) = (&message_id(number), &*said.text);
        core.ledger.write(&Accepted { at: now, id, sender, recipients: &recipients, capability, text });
        let kept = |room| Kept {
            room,
            reply_to: reply_to.map(Into::into),
            sender: Arc::clone(sender),
            letter: Arc::clone(&letter),
            html: said.html,
            at: now,
        };
        {
            let mut messages = lock(&self.messages);
            let room = messages.room(&resource);
            messages.keep(number, kept(room));
        }
        self.announce(&conversation, (&resource, reply_to), &members, number, now);
        let created = core.wall.at(now);
        let html = said.html;
        Ok(message::sent_answer(&ChatMessage {
            number,
            conversation: &conversation,
            reply_to,
            sender,
            text,
            html,
            created,
        })
        .into())
    }

    fn limit(&self, core: &Core, app: &str, conversation: &Conversation) -> Result<(), Span> {
        if !core.is_limited() {
            return Ok(());
        }
        core.count(&format!("app {app}"), self.parameters.per_app_and_tenant)?;
        if let Conversation::Channel { team, channel } = conversation {
            core.count(&format!("channel {app} {team} {channel}"), self.parameters.per_channel)?;
            core.count(&format!("day {app} {team} {channel}"), self.parameters.per_channel_daily)?;
        }
        Ok(())
    }

    fn list(
        &self,
        core: &Core,
        caller: &Caller,
        (head, by_tls): (&Parts, bool),
        room: Room<'_>,
        reply_to: Option<&str>,
    ) -> Reply {
        let conversation = Conversation::of(room);
        if !may_read(core, caller, &conversation) {
            return no_member(core);
        }
        let top = query_number(head, "$top").map_or(LISTED, |top| usize::try_from(top).unwrap_or(MOST_LISTED));
        let top = top.clamp(1, MOST_LISTED);
        let before =
            query_number(head, "$skiptoken").and_then(|id| message_number(&id.to_string())).unwrap_or(u64::MAX);
        let messages = lock(&self.messages);
        let (found, more) = messages.list(&conversation.resource(), reply_to, before, top);
        let told: Vec<_> = found.into_iter().map(|(number, kept)| told(core, &conversation, number, kept)).collect();
        let at = origin(head, by_tls, HOST);
        message::list_answer(&conversation, &told, &Page { at, reply_to, top, more }).into()
    }

    fn one(&self, core: &Core, caller: &Caller, room: Room<'_>, id: &str) -> Result<Reply, Refusal> {
        let conversation = Conversation::of(room);
        if !may_read(core, caller, &conversation) {
            return Ok(no_member(core));
        }
        let number = message_number(id).ok_or(NO_SUCH_OBJECT)?;
        let messages = lock(&self.messages);
        let kept = messages.get(&conversation.resource(), number).ok_or(NO_SUCH_OBJECT)?;
        Ok(message::message_answer(&told(core, &conversation, number, kept)).into())
    }

    fn profile(&self, core: &Core, caller: &Caller, head: &Parts, owner: Owner<'_>) -> Result<Reply, Refusal> {
        let user = owned(caller, owner)?;
        if core.users.mailbox(&user).is_none() {
            return Ok(no_such_person(core, &user));
        }
        let enabled = head.query().contains("accountEnabled").then(|| !self.people.is_disabled(&user));
        Ok(person::person_answer(&user, enabled).into())
    }

    /// Disables an account, or enables it again. With it goes what its owner has subscribed to.
    fn enable(&self, core: &Core, caller: &Caller, owner: Owner<'_>, body: &[u8]) -> Result<Reply, Refusal> {
        let (user, enabled) = (owned(caller, owner)?, person::read_enabled(body)?);
        if caller.user.is_some() {
            return Ok(unprivileged(core));
        }
        if core.users.mailbox(&user).is_none() {
            return Ok(no_such_person(core, &user));
        }
        self.people.enable(&user, enabled, core.now());
        if !enabled {
            self.outbox.gone(&user, core.now());
        }
        Ok(super::no_content())
    }

    fn sign_out(&self, core: &Core, caller: &Caller, owner: Owner<'_>) -> Result<Reply, Refusal> {
        let user = owned(caller, owner)?;
        if caller.user.as_ref().is_some_and(|caller| *caller != user) {
            return Ok(unprivileged(core));
        }
        if core.users.mailbox(&user).is_none() {
            return Ok(no_such_person(core, &user));
        }
        self.people.sign_out(&user, core.now(), core.number());
        self.outbox.gone(&user, core.now());
        Ok(person::revoked_answer().into())
    }
}

/// Whose something is; an application alone has no `me`.
pub(super) fn owned(caller: &Caller, owner: Owner<'_>) -> Result<Arc<str>, Refusal> {
    match (owner, &caller.user) {
        (Owner::User(name), _) => Ok(user_of(&crate::vendor::teams::decoded(name)).into()),
        (Owner::Me, Some(user)) => Ok(Arc::clone(user)),
        (Owner::Me, None) => {
            Err(Refusal::BadRequest("/me request is only valid with delegated authentication flow.".into()))
        }
    }
}

/// Whether a user may be in a conversation with these members: where everybody is known, only its members may.
fn admits(core: &Core, members: &[&str], user: &str) -> bool {
    members.is_empty() || core.users.is_open() || members.contains(&user)
}

pub(super) fn may_read(core: &Core, caller: &Caller, conversation: &Conversation) -> bool {
    caller.user.as_ref().is_none_or(|user| admits(core, &conversation.members(user), user))
}

fn told<'a>(core: &Core, conversation: &'a Conversation, number: u64, kept: &'a Kept) -> ChatMessage<'a> {
    ChatMessage {
        number,
        conversation,
        reply_to: kept.reply_to.as_deref(),
        sender: &kept.sender,
        text: &kept.letter.text,
        html: kept.html,
        created: core.wall.at(kept.at),
    }
}

fn no_member(core: &Core) -> Reply {
    forbidden(core, "Forbidden", "The caller is not a member of this conversation.")
}

fn unprivileged(core: &Core) -> Reply {
    forbidden(core, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

pub(super) fn no_such_person(core: &Core, user: &str) -> Reply {
    let why =
        format!("Resource '{user}' does not exist or one of its queried reference-property objects are not present.");
    graph_error(404, "Request_ResourceNotFound", &why, core.number()).into()
}
