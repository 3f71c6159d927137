//! Documents with their versions: what is written here, and what comes from other stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::limits::{BODY_BYTES, DOCUMENT_COPIES, DOCUMENTS_KEPT};
use crate::plan::{Locking, OnConflict};
use crate::vendor::documents::{Change, Changes, Condition, Content, Copied, No, Version};

/// The documents of one store.
pub(super) struct Store {
    /// Its name, by which versions count its changes.
    name: String,
    on_conflict: OnConflict,
    documents: BTreeMap<String, Document>,
    /// What each of the others was told last, document by document.
    told: BTreeMap<String, BTreeMap<String, Told>>,
}

/// A document, or a conflicting copy of one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Revision {
    version: Version,
    text: Arc<str>,
    /// When it was written, in nanoseconds since 1970, and at which store. Of two versions the larger pair is the later.
    written: (u64, String),
}

#[derive(Clone, Debug)]
struct Document {
    now: Revision,
    /// By their versions.
    copies: BTreeMap<Version, Revision>,
}

/// What another store was told of a document: its version and how many copies it had, which get more alone.
type Told = (Version, usize);

impl Store {
    /// A store with these documents, which are empty.
    pub(super) fn new(name: &str, on_conflict: OnConflict, documents: impl IntoIterator<Item = String>) -> Self {
        let empty = || Document {
            now: Revision { version: Version::default(), text: "".into(), written: (0, name.to_owned()) },
            copies: BTreeMap::new(),
        };
        let documents = documents.into_iter().map(|document| (document, empty())).collect();
        Self { name: name.to_owned(), on_conflict, documents, told: BTreeMap::new() }
    }

    /// What a document is now.
    pub(super) fn read(&self, name: &str) -> Option<Content<'_>> {
        let document = self.documents.get(name)?;
        let copy = |copy: &'_ Revision| Copied {
            version: copy.version.to_string().into(),
            text: copy.text.to_string().into(),
        };
        Some(Content {
            version: document.now.version.to_string().into(),
            text: (&*document.now.text).into(),
            copies: document.copies.values().map(copy).collect(),
        })
    }

    /// Writes a document at a moment, and gives its version, and whether there was none before.
    pub(super) fn write(
        &mut self,
        (name, text): (&str, &str),
        condition: &Condition,
        (lock, at): (Locking, u64),
    ) -> Result<(String, bool), No> {
        let before = self.documents.get(name).map(|document| &document.now.version);
        let holds = match (condition, before) {
            (Condition::None, Some(_)) if lock == Locking::Required => return Err(No::Unconditional),
            (Condition::None, _) | (Condition::Absent, None) | (Condition::Present, Some(_)) => true,
            (Condition::Is(tags), Some(version)) => tags.contains(&version.to_string()),
            (Condition::Absent, Some(_)) | (Condition::Present | Condition::Is(_), None) => false,
        };
        if !holds {
            return Err(No::Changed);
        }
        let is_new = before.is_none();
        if is_new && self.documents.len() >= DOCUMENTS_KEPT {
            return Err(No::Full);
        }
        let version = before.cloned().unwrap_or_default().after(&self.name);
        let tag = version.to_string();
        let now = Revision { version, text: text.into(), written: (at, self.name.clone()) };
        match self.documents.get_mut(name) {
            Some(document) => document.now = now,
            None => {
                self.documents.insert(name.to_owned(), Document { now, copies: BTreeMap::new() });
            }
        }
        Ok((tag, is_new))
    }

    /// Whether another store was not told everything yet.
    pub(super) fn has_news_for(&self, other: &str) -> bool {
        self.news_for(other).next().is_some()
    }

    /// The documents of which another store was not told what they are now.
    fn news_for(&self, other: &str) -> impl Iterator<Item = (&String, &Document)> {
        let told = self.told.get(other);
        self.documents.iter().filter(move |(name, document)| match told.and_then(|told| told.get(*name)) {
            Some((version, copies)) => *version != document.now.version || *copies != document.copies.len(),
            None => document.now.version != Version::default() || !document.copies.is_empty(),
        })
    }

    /// What another store was not told yet.
    pub(super) fn changes_for(&self, other: &str) -> Vec<Change<'static>> {
        let news = self.news_for(other).map(|(name, document)| document.change(name));
        // What does not fit into one request is told the next time.
        let mut bytes = 0;
        news.take_while(|change| {
            let fits = bytes == 0 || bytes < BODY_BYTES / 4;
            bytes += change.text.len() + change.copies.iter().map(|copy| copy.text.len()).sum::<usize>() + 1;
            fits
        })
        .collect()
    }

    /// Another store has heard of these.
    pub(super) fn heard(&mut self, other: &str, changes: &[Change<'_>]) {
        let told = self.told.entry(other.to_owned()).or_default();
        for change in changes {
            told.insert(change.document.clone().into_owned(), (change.version.clone(), change.copies.len()));
        }
    }

    /// Takes in what another store tells: all of it, or nothing if that is too much.
    pub(super) fn take(&mut self, changes: &Changes<'_>) -> Result<usize, No> {
        let mut merged = BTreeMap::new();
        for change in &changes.documents {
            let name = &*change.document;
            let own = merged.remove(name).or_else(|| self.documents.get(name).cloned());
            let document = match own {
                Some(own) => own.with(change, self.on_conflict),
                None => Document::of(change),
            };
            if document.copies.len() > DOCUMENT_COPIES {
                return Err(No::Full);
            }
            merged.insert(name.to_owned(), document);
        }
        let new = merged.keys().filter(|name| !self.documents.contains_key(*name)).count();
        if self.documents.len() + new > DOCUMENTS_KEPT {
            return Err(No::Full);
        }
        self.documents.extend(merged);
        Ok(changes.documents.len())
    }
}

impl Document {
    fn of(change: &Change<'_>) -> Self {
        let copies = change.copies.iter().map(Revision::of);
        Self { now: Revision::of(change), copies: copies.map(|copy| (copy.version.clone(), copy)).collect() }
    }

    fn change(&self, name: &str) -> Change<'static> {
        let copies = self.copies.values().map(|copy| copy.change(name, Vec::new())).collect();
        self.now.change(name, copies)
    }

    /// This document with what another store has of it.
    fn with(mut self, change: &Change<'_>, on_conflict: OnConflict) -> Self {
        let other = Self::of(change);
        self.copies.extend(other.copies);
        if self.now.version.knows(&other.now.version) {
            return self;
        }
        if other.now.version.knows(&self.now.version) {
            return Self { now: other.now, ..self };
        }
        // Neither knows of the other. Both stores come to the same, whoever tells whom first.
        let both = self.now.version.with(&other.now.version);
        let other_is_later = other.now.written > self.now.written;
        let (later, earlier) = if other_is_later { (other.now, self.now) } else { (self.now, other.now) };
        if on_conflict == OnConflict::KeepBoth {
            self.copies.insert(earlier.version.clone(), earlier);
        }
        Self { now: Revision { version: both, ..later }, copies: self.copies }
    }
}

impl Revision {
    fn of(change: &Change<'_>) -> Self {
        let written = (change.modified, change.by.clone().into_owned());
        Self { version: change.version.clone(), text: (&*change.text).into(), written }
    }

    fn change(&self, name: &str, copies: Vec<Change<'static>>) -> Change<'static> {
        Change {
            document: name.to_owned().into(),
            version: self.version.clone(),
            modified: self.written.0,
            by: self.written.1.clone().into(),
            text: self.text.to_string().into(),
            copies,
        }
    }
}

#[cfg(test)]
mod tests;
