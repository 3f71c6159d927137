use serde::{Deserialize, Serialize};

use super::{Capability, EndpointKind, Journey, Plan};
use crate::units::{EndpointId, MessageId, Span};

/// A store of shared documents at one place. What others have at theirs, each sends the others now and then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Documents {
    /// Whether whoever writes has to say which version he has read.
    pub lock: Locking,
    /// What is done with two versions of which neither knows the other.
    pub on_conflict: OnConflict,
    /// The stores that it sends its changes to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<Peer>,
}

/// A store that another one sends its changes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Which.
    pub to: EndpointId,
    /// How long it waits from one time to the next.
    pub every: Span,
}

/// Whether a store takes what is written without a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locking {
    /// It does: whoever wants to overwrite what he has not read may do so.
    Optional,
    /// It does not: 428 (RFC 6585 §3).
    Required,
}

/// What a store does when it is sent a version that does not know its own, nor its own that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The one that was written later stays, the other is gone.
    LastWriterWins,
    /// The one that was written later is the document, and the other stays beside it as a conflicting copy.
    KeepBoth,
}

impl Locking {
    /// Each with its word.
    pub const ALL: [(&'static str, Self); 2] = [("optional", Self::Optional), ("required", Self::Required)];
}

impl OnConflict {
    /// Each with its word.
    pub const ALL: [(&'static str, Self); 2] =
        [("keep_both", Self::KeepBoth), ("last_writer_wins", Self::LastWriterWins)];
}

impl Documents {
    /// How often changes are sent, if nothing else is said.
    pub const SYNC_EVERY: Span = Span::from_secs(30);

    /// A store that is played where nothing is said, by itself.
    pub const USUAL: Self = Self { lock: Locking::Optional, on_conflict: OnConflict::KeepBoth, peers: Vec::new() };
}

/// What a journey does with documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editing {
    /// Their names: its messages take them in turns.
    pub documents: Vec<String>,
    /// What a writer does lest he overwrite what he has not read.
    pub lock: Lock,
    /// How long he thinks from having read to writing.
    pub think: Span,
}

/// What a writer does lest he overwrite what he has not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// He writes on condition that the document still has the version that he has read: `If-Match` (RFC 9110 §13.1.1).
    Optimistic,
    /// Nothing.
    None,
}

impl Lock {
    /// Each with its word.
    pub const ALL: [(&'static str, Self); 2] = [("optimistic", Self::Optimistic), ("none", Self::None)];
}

/// What one message does with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work<'p> {
    /// The document.
    pub document: &'p str,
    /// How it is written after it was read; `None` if it is read alone.
    pub writes: Option<Writes>,
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writes {
    /// On which condition.
    pub lock: Lock,
    /// After so much thought.
    pub think: Span,
}

impl Editing {
    /// The document of a journey's message by its number.
    pub fn document(&self, number: u32) -> &str {
        let turn = number as usize % self.documents.len().max(1);
        self.documents.get(turn).map_or("", String::as_str)
    }
}

impl Journey {
    /// Whether its messages are changes of documents.
    pub fn edits(&self) -> bool {
        self.send == Capability::Edit
    }
}

impl Plan {
    /// What a message does with a document; `None` if it is none of these.
    pub fn work(&self, message: MessageId) -> Option<Work<'_>> {
        let journey = self.journeys.get(message.journey.index())?;
        let editing = journey.editing.as_ref()?;
        let Editing { lock, think, .. } = *editing;
        let writes = journey.edits().then_some(Writes { lock, think });
        Some(Work { document: editing.document(message.number), writes })
    }

    /// The position of a document among all of the plan, by its name.
    pub fn document(&self, name: &str) -> Option<u16> {
        let position = self.documents().iter().position(|(document, _)| *document == name)?;
        u16::try_from(position).ok()
    }

    /// Every document by name, with the stores at which journeys read or write it, each once.
    pub fn documents(&self) -> Vec<(&str, Vec<EndpointId>)> {
        let mut all = std::collections::BTreeMap::<&str, Vec<EndpointId>>::new();
        for journey in &self.journeys {
            for name in journey.editing.iter().flat_map(|editing| &editing.documents) {
                let stores = all.entry(name).or_default();
                for route in &journey.routes {
                    if self.endpoints[route.endpoint.index()].kind.keeps_documents()
                        && !stores.contains(&route.endpoint)
                    {
                        stores.push(route.endpoint);
                    }
                }
            }
        }
        all.into_iter().collect()
    }
}

impl EndpointKind {
    /// The stores that it tells what has changed; none if it is no store.
    pub fn peers(&self) -> &[Peer] {
        if let Self::Documents(documents) = self { &documents.peers } else { &[] }
    }

    /// Whether it is a store of documents.
    pub fn keeps_documents(&self) -> bool {
        matches!(self, Self::Documents(_))
    }
}
