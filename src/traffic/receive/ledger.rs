//! What the readers of an ERP's ledger read for all of them: the whole of it in brief, once, whoever's turn it is.
//!
//! Each entry is written down when the ledger is read that far, in the order of the ledger's own numbers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::wanted;
use crate::client::Client;
use crate::journal::{Effect, Entry, Record};
use crate::limits::RECEIVER_PATIENCE;
use crate::plan::{Endpoint, Receipts, message};
use crate::traffic::Stage;
use crate::units::{AccountId, EndpointId, Moment, Span};
use crate::vendor::erp::{self, Booking, Page, Question};

/// How far the ledger of an endpoint was read.
pub(in crate::traffic) struct Ledger {
    endpoint: EndpointId,
    read: Mutex<Read>,
}

#[derive(Default)]
struct Read {
    /// The number of the last entry.
    until: u64,
    /// From when on somebody is to read on.
    due: Moment,
}

impl Ledger {
    pub(in crate::traffic) fn new(endpoint: EndpointId) -> Self {
        Self { endpoint, read: Mutex::default() }
    }

    /// Reads on if that is to be done, which is once in `every`. Whoever is not answered leaves it to the next one.
    pub(super) async fn read_in_turn(&self, stage: &Stage, client: &Client, every: Span) {
        let now = stage.scene.world.clock.now();
        let is_due = {
            let mut read = self.lock();
            let is_due = now >= read.due;
            if is_due {
                read.due = now + every;
            }
            is_due
        };
        if is_due && self.read_on(stage, client, true).await.is_none() {
            self.lock().due = Moment::ZERO;
        }
    }

    /// Reads until there is no more; `None` if there is no answer. Without `writes` nothing of it is written down.
    async fn read_on(&self, stage: &Stage, client: &Client, writes: bool) -> Option<()> {
        let mut after = self.lock().until;
        loop {
            let question = Question { after, to: None, brief: true };
            let (bookings, next, more) = ask(stage, client, &question).await?;
            self.take(stage, &bookings, next, writes);
            after = next;
            // Of the whole ledger nothing is left out: where a page is empty it ends, whatever is said.
            if !more || bookings.is_empty() {
                return Some(());
            }
        }
    }

    /// Takes in what was read, but for what somebody else has read meanwhile.
    fn take(&self, stage: &Stage, bookings: &[Booking], next: u64, writes: bool) {
        // Held while it is written: what two have read at the same time stays in order.
        let mut read = self.lock();
        let at = stage.scene.world.clock.now();
        for booking in bookings {
            if booking.booking > read.until {
                read.until = booking.booking;
                if writes && let Some(entry) = entry(self.endpoint, booking, at) {
                    stage.scene.journal.append(Record::Entry(entry));
                }
            }
        }
        read.until = read.until.max(next);
    }

    fn lock(&self) -> MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of an entry; `None` if it is not of a drill's message.
fn entry(endpoint: EndpointId, booking: &Booking, at: Moment) -> Option<Entry> {
    let message = erp::message(&booking.key).filter(|message| !message::is_probe(*message))?;
    let effect = match booking.effect {
        erp::Effect::Booked => Effect::Applied,
        erp::Effect::Repeated => Effect::Repeated,
        erp::Effect::Superseded => Effect::Superseded,
    };
    Some(Entry { message, endpoint, position: booking.booking, effect, at })
}

/// What a reader is told: the entries, by their numbers, after which number to go on, and whether there is more already. `None` if there is no
/// answer.
pub(super) async fn ask(stage: &Stage, client: &Client, question: &Question<'_>) -> Option<(Vec<Booking>, u64, bool)> {
    let until = stage.scene.world.clock.now() + RECEIVER_PATIENCE;
    let (status, body) = client.ask(|token| Some(question.request(token)), until).await?;
    let page = Page::read(status, &body).ok()?;
    let (next, more) = page.ends(question.after);
    let (mut bookings, mut last) = (page.bookings, question.after);
    // Numbers go up; whatever does not is no ledger's.
    bookings.retain(|booking| {
        let is_next = booking.booking > last;
        last = last.max(booking.booking);
        is_next
    });
    Some((bookings, next, more))
}

/// Reads the ledgers of these endpoints to their ends, each by the first of its readers who is answered; who has heard nothing for as long as
/// receivers are patient is the last who is asked. Without `writes` nothing of it is written down.
pub(in crate::traffic) async fn read_all(stage: &Arc<Stage>, which: impl Fn(&Endpoint) -> bool, writes: bool) {
    let plan = &stage.scene.plan;
    let mut readers: BTreeMap<EndpointId, Vec<AccountId>> = BTreeMap::new();
    for (account, endpoints) in wanted(plan) {
        for endpoint in endpoints {
            let part = &plan.endpoints[endpoint.index()];
            if matches!(part.receipts, Receipts::Ledger { .. }) && which(part) {
                readers.entry(endpoint).or_default().push(account);
            }
        }
    }
    let clock = &stage.scene.world.clock;
    let reading = readers.into_iter().map(async |(endpoint, accounts)| {
        let until = clock.now() + RECEIVER_PATIENCE;
        for account in accounts {
            let client = stage.client(account, endpoint);
            let is_read = stage.ledgers[endpoint.index()].read_on(stage, &client, writes).await.is_some();
            if is_read || clock.now() >= until {
                break;
            }
        }
    });
    futures_util::future::join_all(reading).await;
}
