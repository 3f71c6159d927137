//! Microsoft Teams' twin: Graph, Entra, and the webhooks.

mod entra;
mod grants;
mod graph;
mod meetings;
mod outbox;
mod pace;
mod parameters;
mod people;
mod store;
mod subscriptions;
mod webhooks;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{Response, StatusCode};

use super::core::Core;
use super::mailbox::{Letter, Mailbox};
use super::reply::{self, Reply};
use crate::plan::EndpointKind;
use crate::units::Moment;
use crate::vendor::teams::{Place, graph_error, not_emulated};
use crate::vendor::{Body, Head, Refusal, catalogue};

use grants::Grants;
use meetings::Diary;
use people::People;
use store::Store;

pub(super) use outbox::{Call, Next, Outbox};
pub use parameters::{Notifying, Parameters};
pub(super) use subscriptions::Proof;

/// What Teams remembers.
pub(super) struct Service {
    parameters: Parameters,
    grants: Mutex<Grants>,
    people: People,
    messages: Mutex<Store>,
    diary: Mutex<Diary>,
    outbox: Arc<Outbox>,
}

/// Graph's answer to whatever is about something that is not there: that it knows no such function is said in other words.
const NO_SUCH_OBJECT: Refusal = Refusal::Status(404);

/// Whoever a token belongs to.
struct Caller {
    /// The person; `None` for an application alone.
    user: Option<Arc<str>>,
    app: Arc<str>,
    /// When the token expires.
    expires: Moment,
}

impl Service {
    pub(super) fn new(core: &Core, parameters: Parameters) -> Self {
        let outbox = Arc::new(Outbox::new(parameters.notifying.clone(), core.wall));
        Self {
            parameters,
            grants: Mutex::default(),
            people: People::default(),
            messages: Mutex::default(),
            diary: Mutex::default(),
            outbox,
        }
    }

    /// The notifications that are to be sent.
    pub(super) fn outbox(&self) -> Arc<Outbox> {
        Arc::clone(&self.outbox)
    }

    /// What Teams says to a request.
    pub(super) fn answer(
        &self,
        core: &Core,
        from: reply::Caller,
        head: &Parts,
        body: &Bytes,
    ) -> Result<Reply, Refusal> {
        match Place::of(head.uri.path()) {
            Place::Graph(graph) => self.graph(core, (head, from.by_tls), graph, body),
            Place::Connector { webhook } => self.connector(core, head, webhook, body),
            Place::Flow { webhook } => self.flow(core, head, webhook, body),
            place => self.entra(core, (head, from.by_tls), place, body),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn letter(text: &str) -> Arc<Letter> {
    Arc::new(Letter { text: text.into(), ..Letter::default() })
}

/// The mailboxes of these users, but for the sender's.
fn mailboxes<'u>(
    core: &Core,
    users: impl IntoIterator<Item = &'u str>,
    sender: &str,
) -> Result<Vec<(&'u str, Arc<Mailbox>)>, Refusal> {
    let mut seen = BTreeSet::new();
    // Whoever is named twice is given it once.
    let others = users.into_iter().filter(|user| *user != sender && seen.insert(*user));
    others.map(|user| Ok((user, core.users.mailbox(user).ok_or(NO_SUCH_OBJECT)?))).collect()
}

/// Puts a letter into mailboxes, and tells into whose.
fn deliver<'u>(to: &[(&'u str, Arc<Mailbox>)], letter: &Arc<Letter>) -> Vec<&'u str> {
    let takes = |mailbox: &Mailbox| mailbox.put(Arc::clone(letter)).is_some();
    to.iter().filter(|(_, mailbox)| takes(mailbox)).map(|(user, _)| *user).collect()
}

/// Graph's no to something that no token of this kind may do.
fn forbidden(core: &Core, word: &str, why: &str) -> Reply {
    graph_error(403, word, why, core.number()).into()
}

/// No such function, unless the platform has it and the twin has not.
fn unknown(core: &Core, head: &Parts) -> Result<Reply, Refusal> {
    if catalogue::has(&EndpointKind::Teams, head.method(), head.path()) {
        return Ok(not_emulated(core.number()).into());
    }
    Err(Refusal::UnknownApi)
}

fn no_content() -> Reply {
    empty(StatusCode::NO_CONTENT)
}

fn accepted() -> Reply {
    empty(StatusCode::ACCEPTED)
}

fn empty(status: StatusCode) -> Reply {
    let mut response = Response::new(Body::default());
    *response.status_mut() = status;
    response.into()
}
