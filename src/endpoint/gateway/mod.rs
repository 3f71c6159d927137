//! A gateway of the company's own: who sends is authenticated, a rule says where his message goes, and each endpoint of the rule is tried in
//! his name until one takes it.
//!
//! The state machine waits for nothing: it says where a message is to be sent on next, and is told how that ended.

mod breaker;
mod inspector;
mod memory;
mod onward;
mod people;
mod trail;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;

use super::core::Core;
use super::ledger::Accepted;
use super::reply::{Reply, Then};
use crate::journal::{Ending, Ruling};
use crate::plan::{Gateway, Plan};
use crate::units::{AccountId, EndpointId, GroupId, MessageId, Moment};
use crate::vendor::gateway::{self, No, Post, Reason};
use crate::vendor::http::message_id;
use crate::vendor::{Body, Refusal};

use breaker::Breakers;
use memory::{Memory, Stand};
pub(super) use onward::Onward;
use people::{People, Person};
use trail::Trail;

/// A gateway.
pub(super) struct Service {
    gateway: Arc<Gateway>,
    people: People,
    breakers: Mutex<Breakers>,
    memory: Mutex<Memory>,
    /// What it did, if anybody may want to read that.
    trail: Option<Trail>,
}

/// A message that is to be sent on.
pub(super) struct Forward {
    /// By what the gateway knows it.
    id: Box<str>,
    /// Which message of the drill it is.
    pub(super) message: MessageId,
    sender: Arc<str>,
    /// In whose name.
    pub(super) from: AccountId,
    /// To whom, with their names at the gateway.
    pub(super) to: Vec<(AccountId, String)>,
    pub(super) class: Option<Box<str>>,
    pub(super) text: Box<str>,
    /// The endpoints that are still to be tried, the next one last.
    left: Vec<EndpointId>,
    /// Whether any was.
    tried: bool,
    unanswered: bool,
    /// Why it may not be sent on, once that was ruled.
    barred: Option<No>,
    /// Those who were declined, once it was taken.
    taken: Option<Vec<String>>,
}

/// The next endpoint to try, and the number of that try among all of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) to: EndpointId,
    pub(super) number: u16,
}

impl Forward {
    /// Its text was inspected, and this came of it.
    pub(super) fn ruled(&mut self, ruling: Ruling) {
        self.barred = match ruling {
            Ruling::Pass | Ruling::FailedOpen => None,
            Ruling::Block => Some(No::Blocked),
            Ruling::FailedClosed => Some(No::Uninspected),
        };
    }

    /// Why it was not taken.
    fn why_not(&self) -> No {
        match self.barred {
            Some(no) => no,
            None if self.unanswered => No::Unanswered,
            None if self.tried => No::Refused,
            None => No::Resting,
        }
    }
}

impl Service {
    /// A gateway that a drill plays; one that stands alone knows nobody.
    pub(super) fn new(gateway: Arc<Gateway>, drill: Option<(&Plan, EndpointId)>) -> Self {
        let people = drill.map_or_else(People::default, |(plan, id)| People::of(plan, id));
        let is_read = drill.is_none() || gateway.audit.is_some();
        let trail = is_read.then(|| Trail::new(&gateway, drill.map(|(plan, _)| plan)));
        Self { breakers: Mutex::new(Breakers::new(gateway.breaker)), memory: Mutex::default(), gateway, people, trail }
    }

    /// What it says to a request, of this user if a provider of single sign-on has told whose it is.
    pub(super) fn answer(&self, core: &Core, user: Option<&str>, head: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
        match &self.trail {
            Some(trail) if gateway::audits(head) => audit(core, trail, head),
            Some(trail) if gateway::sends(head) => {
                let taken = self.take(core, user, head, body);
                note_refused(trail, core, (sender(core, user, head).ok(), body), &taken);
                taken
            }
            None if gateway::sends(head) => self.take(core, user, head, body),
            _ => Err(Refusal::UnknownApi),
        }
    }

    /// Takes a message: authenticates its sender, and routes it.
    fn take(&self, core: &Core, user: Option<&str>, head: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
        let sender = sender(core, user, head)?;
        let post = gateway::read_post(body).map_err(|why| Refusal::BadRequest(why.into()))?;
        if post.from.as_deref().is_some_and(|from| from != &*sender) {
            return Ok(gateway::no(No::NotYours).into());
        }
        let from = self.people.get(&sender).ok_or(Refusal::InvalidToken)?;
        let message = message_id(&post.id).ok_or_else(|| Refusal::BadRequest("the id is no drill's".into()))?;
        let to = self.recipients(&post)?;
        let parties: Vec<GroupId> = [from].iter().chain(to.iter().map(|(one, _)| one)).map(|one| one.group).collect();
        let Some(targets) = self.route(&post, &parties) else {
            return Ok(gateway::no(No::NoRule).into());
        };
        let mut memory = lock(&self.memory);
        let known = memory.of(&post.id);
        match &known.stand {
            Stand::Taken(declined) => return Ok(gateway::taken(&post.id, declined).into()),
            Stand::UnderWay => return Ok(gateway::no(No::InProgress).into()),
            Stand::Open => known.stand = Stand::UnderWay,
        }
        drop(memory);
        let forward = Forward {
            message,
            id: post.id.as_ref().into(),
            sender,
            from: from.account,
            to: to.into_iter().map(|(one, name)| (one.account, name)).collect(),
            class: post.class.as_deref().map(Into::into),
            text: post.text.as_ref().into(),
            left: targets.iter().rev().copied().collect(),
            tried: false,
            unanswered: false,
            barred: None,
            taken: None,
        };
        Ok(Reply { response: gateway::no(No::Unanswered), then: Some(Then::Forward(Box::new(forward))) })
    }

    fn recipients(&self, post: &Post<'_>) -> Result<Vec<(Person, String)>, Refusal> {
        let known = |user: &String| self.people.get(user).map(|person| (person, user.clone()));
        let all: Option<Vec<_>> = post.to.iter().map(known).collect();
        all.ok_or_else(|| Refusal::BadRequest("somebody of these users does not exist".into()))
    }

    /// Where a message goes, by its class and by whoever sends and receives it.
    fn route(&self, post: &Post<'_>, parties: &[GroupId]) -> Option<&[EndpointId]> {
        self.gateway.rule(post.class.as_deref(), parties).map(|rule| rule.to.as_slice())
    }

    /// Where a message is sent on next; `None` if there is nowhere else, or it was taken.
    pub(super) fn next(&self, forward: &mut Forward, now: Moment) -> Option<Leg> {
        if forward.taken.is_some() || forward.barred.is_some() {
            return None;
        }
        while let Some(to) = forward.left.pop() {
            if lock(&self.breakers).lets(to, now) {
                forward.tried = true;
                let mut memory = lock(&self.memory);
                let known = memory.of(&forward.id);
                known.legs = known.legs.saturating_add(1);
                return Some(Leg { to, number: known.legs });
            }
        }
        None
    }

    /// A message was sent on, and this came of it; `declined` are users at the gateway.
    pub(super) fn ended(
        &self,
        forward: &mut Forward,
        to: EndpointId,
        (ending, declined): (Ending, Vec<String>),
        core: &Core,
    ) {
        if let Some(trail) = &self.trail {
            trail.sent_on(core, forward, to, ending);
        }
        // Whoever declines everybody has not taken it.
        let taken = ending == Ending::Acknowledged && declined.len() < forward.to.len();
        lock(&self.breakers).ended(to, ending == Ending::Acknowledged, core.now());
        forward.unanswered |= ending == Ending::Unanswered;
        if taken {
            forward.taken = Some(declined);
        }
    }

    /// What is said to the sender in the end.
    pub(super) fn finish(&self, core: &Core, forward: &Forward) -> Response<Body> {
        let (stand, response) = match &forward.taken {
            Some(declined) => {
                self.write(core, forward, declined);
                (Stand::Taken(declined.clone()), gateway::taken(&forward.id, declined))
            }
            None => (Stand::Open, self.given_up(core, forward, forward.why_not())),
        };
        lock(&self.memory).of(&forward.id).stand = stand;
        response
    }

    fn given_up(&self, core: &Core, forward: &Forward, why: No) -> Response<Body> {
        if let Some(trail) = &self.trail {
            trail.given_up(core, forward, why);
        }
        gateway::no(why)
    }

    fn write(&self, core: &Core, forward: &Forward, declined: &[String]) {
        let users = forward.to.iter().map(|(_, user)| user.as_str());
        let recipients: Vec<&str> = users.filter(|user| !declined.iter().any(|one| one == user)).collect();
        core.ledger.write(&Accepted {
            at: core.now(),
            id: &forward.id,
            sender: &forward.sender,
            recipients: &recipients,
            capability: self.gateway.capability,
            text: &forward.text,
        });
    }
}

/// Lets an auditor read the trail, and nobody else.
fn audit(core: &Core, trail: &Trail, head: &Parts) -> Result<Reply, Refusal> {
    if gateway::credential(head) == Some(gateway::auditor().key.as_str()) {
        return trail.read(head).map(Reply::from);
    }
    authenticate(core, head).map(|_| gateway::no(No::NotAuditor).into())
}

/// Writes down that a message was refused at once, if it is one, and it is known whose.
fn note_refused(
    trail: &Trail,
    core: &Core,
    (sender, body): (Option<Arc<str>>, &Bytes),
    taken: &Result<Reply, Refusal>,
) {
    let reason = match taken {
        Ok(reply) if reply.then.is_some() || reply.response.status().is_success() => return,
        Ok(reply) => reply.response.extensions().get::<Reason>().copied(),
        Err(refusal) => Some(gateway::reason(refusal)),
    };
    if let (Some(sender), Ok(post), Some(Reason(reason))) = (sender, gateway::read_post(body), reason) {
        trail.refused(core, &sender, post, reason);
    }
}

/// Who sends a request: whom a provider has told, or whose token it is.
fn sender(core: &Core, user: Option<&str>, head: &Parts) -> Result<Arc<str>, Refusal> {
    user.map_or_else(|| authenticate(core, head), |user| Ok(user.into()))
}

/// Whose token a request shows.
fn authenticate(core: &Core, head: &Parts) -> Result<Arc<str>, Refusal> {
    let token = gateway::credential(head).ok_or(Refusal::MissingToken)?;
    core.users.app(token).map(|app| app.user).ok_or(Refusal::InvalidToken)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
