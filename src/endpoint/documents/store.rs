//! Documents with their versions: what is written here, and what comes from other stores.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::limits::{BODY_BYTES, DOCUMENT_COPIES, DOCUMENTS_BYTES, DOCUMENTS_KEPT};
use crate::plan::{Locking, OnConflict};
use crate::vendor::documents::{Change, Changes, Condition, Content, Copied, No, Taken, Version};

/// The documents of one store.
pub(super) struct Store {
    /// Its name, by which versions count its changes.
    name: String,
    on_conflict: OnConflict,
    documents: BTreeMap<String, Document>,
    /// What stands in them and in their copies, in bytes.
    bytes: usize,
    /// What each of the others was told last, document by document.
    told: BTreeMap<String, BTreeMap<String, Told>>,
    /// The documents that each of the others had no room for when it was told last: these are told after all others.
    refused: BTreeMap<String, BTreeSet<String>>,
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
        let name = name.to_owned();
        Self { name, on_conflict, documents, bytes: 0, told: BTreeMap::new(), refused: BTreeMap::new() }
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
        let version = before.cloned().unwrap_or_default().after(&self.name);
        let tag = version.to_string();
        let now = Revision { version, text: text.into(), written: (at, self.name.clone()) };
        let copies = self.documents.get(name).map_or_else(BTreeMap::new, |document| document.copies.clone());
        self.put(name, Document { now, copies })?;
        Ok((tag, is_new))
    }

    /// Puts a document in its place, if there is room for it, and if its version is one that other stores take.
    fn put(&mut self, name: &str, document: Document) -> Result<(), No> {
        let before = self.documents.get(name);
        let bytes = self.bytes - before.map_or(0, Document::bytes) + document.bytes();
        let fits = document.copies.len() <= DOCUMENT_COPIES
            && document.now.version.is_sound()
            && bytes <= DOCUMENTS_BYTES
            && (before.is_some() || self.documents.len() < DOCUMENTS_KEPT);
        if !fits {
            return Err(No::Full);
        }
        self.bytes = bytes;
        self.documents.insert(name.to_owned(), document);
        Ok(())
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

    /// What another store was not told yet. What it had no room for comes last.
    pub(super) fn changes_for(&self, other: &str) -> Vec<Change<'static>> {
        let refused = self.refused.get(other);
        let is_refused = |name: &str| refused.is_some_and(|refused| refused.contains(name));
        let again = self.news_for(other).filter(|(name, _)| is_refused(name));
        let news = self.news_for(other).filter(|(name, _)| !is_refused(name)).chain(again);
        let news = news.map(|(name, document)| document.change(name));
        // What does not fit into one request is told the next time.
        let mut bytes = 0;
        news.take_while(|change| {
            let fits = bytes == 0 || bytes < BODY_BYTES / 4;
            bytes += change.text.len() + change.copies.iter().map(|copy| copy.text.len()).sum::<usize>() + 1;
            fits
        })
        .collect()
    }

    /// Another store has heard of these, but for those that it had no room for.
    pub(super) fn heard(&mut self, other: &str, changes: &[Change<'_>], refused: &[String]) {
        let told = self.told.entry(other.to_owned()).or_default();
        let waiting = self.refused.entry(other.to_owned()).or_default();
        for change in changes {
            let document = change.document.clone().into_owned();
            if refused.contains(&document) {
                waiting.insert(document);
            } else {
                waiting.remove(&document);
                told.insert(document, (change.version.clone(), change.copies.len()));
            }
        }
    }

    /// Takes in what another store tells, document by document. What there is no room for stays as it was.
    pub(super) fn take(&mut self, changes: &Changes<'_>) -> Taken {
        let mut taken = Taken::default();
        for change in &changes.documents {
            let name = &*change.document;
            let document = match self.documents.get(name).cloned() {
                Some(own) => own.with(change, self.on_conflict),
                None => Document::of(change),
            };
            match self.put(name, document) {
                Ok(()) => taken.count += 1,
                Err(_) => taken.refused.push(name.to_owned()),
            }
        }
        taken
    }
}

impl Document {
    /// What stands in it and in its copies.
    fn bytes(&self) -> usize {
        self.now.text.len() + self.copies.values().map(|copy| copy.text.len()).sum::<usize>()
    }

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
