//! Graph's side: subscriptions to messages.

use std::sync::Arc;

use super::super::core::Core;
use super::super::reply::{Question, Reply, Then};
use super::graph::{may_read, owned};
use super::outbox::{Facts, shown};
use super::{Caller, NO_SUCH_OBJECT, Service, forbidden};
use crate::limits::TWIN_SUBSCRIPTIONS;
use crate::plan::EndpointKind;
use crate::units::Moment;
use crate::vendor::teams::conversation::Conversation;
use crate::vendor::teams::message::message_id;
use crate::vendor::teams::subscription::{self, Wish};
use crate::vendor::teams::{Every, Graph, graph_error};
use crate::vendor::{self, Body, Form, Refusal};

/// A subscription that is made once its listeners have proved that they listen.
pub(in super::super) struct Proof {
    facts: Facts,
    authorized: Moment,
}

impl Service {
    /// Asks the listener, and answers when he has answered.
    pub(super) fn subscribe(&self, core: &Core, caller: &Caller, body: &[u8]) -> Result<Reply, Refusal> {
        let wish = subscription::read_wish(body)?;
        let Some(watch) = watched(core, caller, &wish)? else {
            return Ok(forbidden(core, "Forbidden", "The caller may not subscribe to this resource."));
        };
        self.check_span(core, &wish)?;
        if self.outbox.len() >= TWIN_SUBSCRIPTIONS {
            return Ok(forbidden(core, "Forbidden", "Subscription quota is exceeded."));
        }
        let number = core.number();
        let listeners = [Some(&wish.url), wish.lifecycle_url.as_ref()];
        let asked = listeners.into_iter().flatten().map(|url| {
            let text = subscription::validation_text(core.number());
            (subscription::validation_url(url, &text), text)
        });
        let asked = asked.collect();
        let creator = caller.user.clone().unwrap_or_else(|| "".into());
        let facts = Facts { number, id: subscription_id(number), wish, watch, app: Arc::clone(&caller.app), creator };
        let question = Question {
            asked,
            within: self.parameters.notifying.proof,
            proof: Proof { facts, authorized: caller.expires },
        };
        let why = "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request.";
        let response = graph_error(400, "InvalidRequest", why, core.number());
        Ok(Reply { response, then: Some(Then::Ask(Box::new(question))) })
    }

    /// The listeners have proved that they listen.
    pub(in super::super) fn proved(&self, core: &Core, proof: Proof) -> hyper::Response<Body> {
        let answer = subscription::subscription_answer(201, &shown(&proof.facts));
        let (creator, number) = (Arc::clone(&proof.facts.creator), proof.facts.number);
        self.outbox.add(proof.facts, proof.authorized, core.now());
        // Whoever was shut out while his listeners proved themselves had nothing yet that could be taken from him.
        if self.people.shut_out_since(&creator, number).is_some() && self.outbox.remove(number) {
            return vendor::refusal(&EndpointKind::Teams, &Form::default(), &Refusal::RevokedToken, core.number());
        }
        answer
    }

    fn check_span(&self, core: &Core, wish: &Wish) -> Result<(), Refusal> {
        let (now, rules) = (core.wall.at(core.now()), &self.parameters.notifying);
        let no = |why: String| Err(Refusal::BadRequest(why));
        if wish.expires <= now {
            return no("Subscription expiration must be in the future.".into());
        }
        let span = wish.expires - now;
        if span > rules.longest {
            let minutes = rules.longest.nanos() / 60_000_000_000;
            return no(format!("Subscription expiration can only be {minutes} minutes in the future."));
        }
        if span > rules.longest_without_news && wish.lifecycle_url.is_none() {
            return no("lifecycleNotificationUrl is a required property for subscription creation on this resource \
                when the expirationDateTime value is set to greater than 1 hour."
                .into());
        }
        Ok(())
    }

    pub(super) fn subscriptions(&self, caller: &Caller) -> Reply {
        let all = self.outbox.all();
        let his: Vec<_> = all.iter().filter(|facts| is_his(caller, facts)).map(|facts| shown(facts)).collect();
        subscription::subscriptions_answer(&his).into()
    }

    pub(super) fn subscription(&self, caller: &Caller, id: &str) -> Result<Reply, Refusal> {
        Ok(subscription::subscription_answer(200, &shown(&*self.his(caller, id)?)).into())
    }

    /// Renews a subscription with the token of this request; with a body, also until when it lasts.
    pub(super) fn renew(&self, core: &Core, caller: &Caller, id: &str, body: Option<&[u8]>) -> Result<Reply, Refusal> {
        let mut facts = (*self.his(caller, id)?).clone();
        let expires = body.map(subscription::read_renewal).transpose()?.flatten();
        if let Some(expires) = expires {
            facts.wish.expires = expires;
            self.check_span(core, &facts.wish)?;
        }
        let renewed = self.outbox.renew(facts.number, expires, caller.expires, core.now()).ok_or(NO_SUCH_OBJECT)?;
        Ok(match body {
            Some(_) => subscription::subscription_answer(200, &shown(&renewed)).into(),
            None => super::accepted(),
        })
    }

    pub(super) fn unsubscribe(&self, caller: &Caller, id: &str) -> Result<Reply, Refusal> {
        let number = self.his(caller, id)?.number;
        if self.outbox.remove(number) { Ok(super::no_content()) } else { Err(NO_SUCH_OBJECT) }
    }

    fn his(&self, caller: &Caller, id: &str) -> Result<Arc<Facts>, Refusal> {
        let facts = subscription_number(id).and_then(|number| self.outbox.get(number));
        facts.filter(|facts| is_his(caller, facts)).ok_or(NO_SUCH_OBJECT)
    }

    /// Tells whoever has subscribed of a message.
    pub(super) fn announce(
        &self,
        conversation: &Conversation,
        (resource, reply_to): (&str, Option<&str>),
        members: &[&str],
        number: u64,
        now: Moment,
    ) {
        if !self.outbox.is_used() {
            return;
        }
        let every = if matches!(conversation, Conversation::Chat(_)) { EVERY_CHAT } else { EVERY_CHANNEL };
        let mut watched = vec![of_room(resource), every.to_owned()];
        if matches!(conversation, Conversation::Chat(_)) {
            watched.extend(members.iter().map(|member| of_user(member)));
        }
        let id = message_id(number);
        let named = match reply_to {
            None => format!("{resource}/messages('{id}')"),
            Some(root) => format!("{resource}/messages('{root}')/replies('{id}')"),
        };
        self.outbox.announce(&watched, &named, &id, now);
    }
}

const EVERY_CHAT: &str = "every chat";
const EVERY_CHANNEL: &str = "every channel";

fn of_room(resource: &str) -> String {
    format!("room {resource}")
}

fn of_user(user: &str) -> String {
    format!("user {user}")
}

/// Under which name the resource of a wish is watched; `None` if the caller may not.
fn watched(core: &Core, caller: &Caller, wish: &Wish) -> Result<Option<String>, Refusal> {
    Ok(match Graph::named(&wish.resource) {
        Graph::Messages(room) => {
            let conversation = Conversation::of(room);
            may_read(core, caller, &conversation).then(|| of_room(&conversation.resource()))
        }
        Graph::AllMessages(Every::ChatOf(owner)) => {
            let user = owned(caller, owner)?;
            caller.user.as_ref().is_none_or(|caller| *caller == user).then(|| of_user(&user))
        }
        // The whole tenant's are for applications alone.
        Graph::AllMessages(Every::Chat) => caller.user.is_none().then(|| EVERY_CHAT.to_owned()),
        Graph::AllMessages(Every::Channel) => caller.user.is_none().then(|| EVERY_CHANNEL.to_owned()),
        _ => return Err(Refusal::BadRequest(format!("Resource '{}' cannot be subscribed to.", wish.resource))),
    })
}

/// An application sees its own; with a person's token, that person's.
fn is_his(caller: &Caller, facts: &Facts) -> bool {
    facts.app == caller.app && caller.user.as_deref().unwrap_or_default() == &*facts.creator
}

/// Ids of subscriptions look like UUIDs.
fn subscription_id(number: u64) -> String {
    format!("fd000000-0000-4000-9000-{number:012x}")
}

fn subscription_number(id: &str) -> Option<u64> {
    let number = u64::from_str_radix(id.strip_prefix("fd000000-0000-4000-9000-")?, 16).ok();
    number.filter(|number| subscription_id(*number) == id)
}
