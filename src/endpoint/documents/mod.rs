//! A store of shared documents: it is read, written on a condition or without, and told by other stores what has changed there.

mod store;
mod syncing;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;

use super::core::Core;
use super::ledger::Accepted;
use super::reply::Reply;
use crate::plan::{Capability, Documents, Plan, message};
use crate::units::{EndpointId, MessageId};
use crate::vendor::documents::{self, Change, Changes, No};
use crate::vendor::{Body, Refusal};

use store::Store;
pub(super) use syncing::Syncing;

/// What it remembers.
pub(super) struct Service {
    how: Documents,
    name: String,
    /// The stores that may tell it what has changed; `None` if any may.
    peers: Option<Vec<String>>,
    store: Mutex<Store>,
}

/// What one store tells another.
pub(super) struct News {
    pub(super) changes: Changes<'static>,
    /// The messages whose texts are in it.
    pub(super) messages: Vec<MessageId>,
}

impl Service {
    /// A store that a drill plays has the drill's documents from the beginning.
    pub(super) fn new(how: Documents, drill: Option<(&Plan, EndpointId)>) -> Self {
        let name = drill.map_or("store", |(plan, id)| &plan.endpoints[id.index()].name).to_owned();
        let peers = drill.map(|(plan, _)| {
            how.peers.iter().map(|peer| plan.endpoints[peer.to.index()].name.clone()).collect::<Vec<_>>()
        });
        let all = drill.map_or_else(Vec::new, |(plan, _)| plan.documents());
        let store = Store::new(&name, how.on_conflict, all.into_iter().map(|(document, _)| document.to_owned()));
        Self { how, name, peers, store: Mutex::new(store) }
    }

    /// What it says to a request.
    pub(super) fn answer(&self, core: &Core, head: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
        let token = documents::credential(head).ok_or(Refusal::MissingToken)?;
        let who = core.users.app(token).ok_or(Refusal::InvalidToken)?.user;
        let path = head.uri.path();
        let answered = match (head.method.as_str(), documents::document(path)) {
            ("GET", Some(document)) => self.show(document),
            ("PUT", Some(document)) => self.write(core, (&who, document), head, body),
            ("POST", None) if documents::is_sync(path) => self.take(&who, body),
            _ => return Err(Refusal::UnknownApi),
        };
        Ok(answered.unwrap_or_else(No::answer).into())
    }

    fn show(&self, document: &str) -> Result<Response<Body>, No> {
        self.lock().read(document).map(|content| documents::shows(&content)).ok_or(No::Absent)
    }

    fn write(
        &self,
        core: &Core,
        (who, document): (&Arc<str>, &str),
        head: &Parts,
        body: &Bytes,
    ) -> Result<Response<Body>, No> {
        let condition = documents::condition(head)?;
        let text = documents::written(body)?;
        let at = core.wall.at(core.now()).nanos();
        let (version, is_new) = self.lock().write((document, &text), &condition, (self.how.lock, at))?;
        core.ledger.write(&Accepted {
            at: core.now(),
            id: &version,
            sender: who,
            recipients: &[],
            capability: Capability::Edit,
            text: &text,
        });
        Ok(documents::wrote(&version, is_new))
    }

    fn take(&self, who: &str, body: &Bytes) -> Result<Response<Body>, No> {
        let changes = documents::read_sync(body)?;
        let is_known = self.peers.as_ref().is_none_or(|peers| peers.contains(&changes.from.as_ref().to_owned()));
        if !is_known || self.peers.is_some() && who != changes.from {
            return Err(No::Stranger);
        }
        Ok(documents::synced(&self.lock().take(&changes)))
    }

    /// What another store was not told yet; `None` if it knows everything.
    pub(super) fn news_for(&self, other: &str) -> Option<News> {
        let documents = self.lock().changes_for(other);
        if documents.is_empty() {
            return None;
        }
        let texts = documents.iter().flat_map(|change| std::iter::once(change).chain(&change.copies));
        let messages = texts.filter_map(|change| message::id(&change.text)).collect();
        Some(News { changes: Changes { from: self.name.clone().into(), documents }, messages })
    }

    /// Whether another store was not told everything yet.
    pub(super) fn has_news_for(&self, other: &str) -> bool {
        self.lock().has_news_for(other)
    }

    /// Another store has heard of these, but for those that it had no room for.
    pub(super) fn heard(&self, other: &str, changes: &[Change<'_>], refused: &[String]) {
        self.lock().heard(other, changes, refused);
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
