//! Giving messages to users.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ask, Service};
use crate::endpoint::ledger::Accepted;
use crate::endpoint::mailbox::{Letter, Mailbox};
use crate::plan::Capability;
use crate::vendor::dingtalk::events::Event;
use crate::vendor::dingtalk::{approval, calendar, meeting, robot};

/// A message on its way to users.
pub(super) struct Parcel<'a> {
    pub(super) number: u64,
    pub(super) capability: Capability,
    pub(super) sender: &'a Arc<str>,
    pub(super) text: &'a str,
    /// The group that it is for.
    pub(super) place: Option<&'a str>,
    pub(super) event: Option<Event>,
}

/// A message as one user has it in his mailbox.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) user: Arc<str>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) frame: u64,
}

impl Kept {
    pub(super) fn is_read(&self) -> bool {
        self.mailbox.is_read(self.frame)
    }
}

/// By what its sender knows a message, as the answer told him. Of a webhook's or a document's he is told nothing.
fn known_as(capability: Capability, number: u64) -> String {
    match capability {
        Capability::Notice => number.to_string(),
        Capability::Approval => approval::instance_id(number),
        Capability::Meeting => meeting::meeting_id(number),
        Capability::Calendar => calendar::event_id(number),
        _ => robot::process_key(number),
    }
}

/// What became of a message.
pub(super) struct Posted<'a> {
    pub(super) kept: Vec<Kept>,
    /// Those who do not exist or are disabled.
    pub(super) unknown: Vec<&'a str>,
    /// Those who have too much already.
    pub(super) full: Vec<&'a str>,
}

impl Service {
    /// Gives a message to everybody who exists, and writes it down.
    pub(super) fn post<'a>(&self, ask: &Ask<'_>, parcel: Parcel<'_>, recipients: &[&'a str]) -> Posted<'a> {
        let core = ask.core;
        let at = core.now();
        let letter = Arc::new(Letter {
            text: parcel.text.into(),
            sender: Arc::clone(parcel.sender),
            number: parcel.number,
            at,
            place: parcel.place.map(Into::into),
            content: None,
            event: parcel.event,
        });
        let disabled = self.tokens.disabled(recipients);
        let mut posted = Posted { kept: Vec::with_capacity(recipients.len()), unknown: Vec::new(), full: Vec::new() };
        let mut seen = BTreeSet::new();
        // Whoever is named twice is given it once.
        for user in recipients.iter().filter(|user| recipients.len() == 1 || seen.insert(**user)) {
            let addressee = core.users.addressee(user).filter(|_| !disabled.contains(*user));
            let Some((name, mailbox)) = addressee else {
                posted.unknown.push(user);
                continue;
            };
            match mailbox.put(Arc::clone(&letter)) {
                Some(frame) => posted.kept.push(Kept { user: name, mailbox, frame }),
                None => posted.full.push(user),
            }
        }
        let names: Vec<&str> = posted.kept.iter().map(|kept| &*kept.user).collect();
        core.ledger.write(&Accepted {
            at,
            id: &known_as(parcel.capability, parcel.number),
            sender: parcel.sender,
            recipients: &names,
            capability: parcel.capability,
            text: parcel.text,
        });
        posted
    }

    /// Tells users of a change, which is no message: it is written down nowhere.
    pub(super) fn tell(&self, ask: &Ask<'_>, event: &Event, users: &[&str]) {
        let letter = Arc::new(Letter { at: ask.core.now(), event: Some(event.clone()), ..Letter::default() });
        let disabled = self.tokens.disabled(users);
        for user in users.iter().filter(|user| !disabled.contains(**user)) {
            if let Some(mailbox) = ask.core.users.mailbox(user) {
                // A full mailbox has more urgent things.
                let _ = mailbox.put(Arc::clone(&letter));
            }
        }
    }

    /// Whether somebody exists and is not disabled.
    pub(super) fn is_there(&self, ask: &Ask<'_>, user: &str) -> bool {
        ask.core.users.mailbox(user).is_some() && !self.tokens.is_disabled(user)
    }
}
