//! An ERP's ledger: each recipient reads what was booked since, and what of it is to be seen by him.
//!
//! What is booked is written down once, whoever hears of it first; a receipt is each reader's own.

use std::sync::atomic::Ordering;

use super::{Receiver, backoff, receipt_as};
use crate::journal::{Effect, Entry, Record};
use crate::limits::RECEIVER_PATIENCE;
use crate::plan::{Receipts, message};
use crate::units::{MessageId, Moment, Span};
use crate::vendor::erp::{self, Booking};

/// A recipient who reads the ledger.
pub(in crate::traffic) struct Books {
    receiver: Receiver,
    every: Span,
    /// The number of the last entry that he has read.
    after: u64,
}

impl Books {
    /// `None` if nobody reads at this endpoint.
    pub(super) fn new(receiver: Receiver) -> Result<Self, Receiver> {
        let plan = &receiver.stage.scene.plan;
        match plan.endpoints[receiver.whom.1.index()].receipts {
            Receipts::Ledger { every } => Ok(Self { receiver, every, after: 0 }),
            _ => Err(receiver),
        }
    }

    /// Reads what was there before the drill began. If there is no answer, nothing was.
    pub(super) async fn look(&mut self) {
        while self.ask().await.is_some_and(|bookings| !bookings.is_empty()) {}
    }

    /// Reads for ever. It does not ask too often after an ERP that does not answer.
    pub(super) async fn run(mut self) {
        let mut silent_since: Option<Moment> = None;
        loop {
            let clock = self.receiver.clock();
            let pause = silent_since.map_or(Span::ZERO, |since| backoff(clock.now().since(since)));
            clock.sleep(self.every.max(pause)).await;
            match self.ask().await {
                Some(mut bookings) => {
                    silent_since = None;
                    // A full page is not the last one.
                    while !bookings.is_empty() {
                        for booking in &bookings {
                            self.take(booking);
                        }
                        let more = bookings.len() >= erp::PAGE;
                        bookings = if more { self.ask().await.unwrap_or_default() } else { Vec::new() };
                    }
                }
                None => silent_since = silent_since.or(Some(self.receiver.clock().now())),
            }
        }
    }

    /// What was booked since the last answer; `None` if there is no answer.
    async fn ask(&mut self) -> Option<Vec<Booking>> {
        let until = self.receiver.clock().now() + RECEIVER_PATIENCE;
        let request = |token: &str| Some(erp::bookings_request(token, self.after));
        let (status, body) = self.receiver.client.ask(request, until).await?;
        let mut bookings = erp::bookings(status, &body).ok()?;
        // Numbers go up; whatever does not is no ledger's.
        let after = &mut self.after;
        bookings.retain(|booking| {
            let before = *after;
            *after = before.max(booking.booking);
            booking.booking > before
        });
        Some(bookings)
    }

    fn take(&self, booking: &Booking) {
        let Some(message) = erp::message(&booking.key).filter(|message| !message::is_probe(*message)) else { return };
        let Receiver { stage, client, whom } = &self.receiver;
        let effect = match booking.effect {
            erp::Effect::Booked => Effect::Applied,
            erp::Effect::Repeated => Effect::Repeated,
            erp::Effect::Superseded => Effect::Superseded,
        };
        if stage.read_until[whom.1.index()].fetch_max(booking.booking, Ordering::AcqRel) < booking.booking {
            let at = stage.scene.world.clock.now();
            let (endpoint, position) = (whom.1, booking.booking);
            stage.scene.journal.append(Record::Entry(Entry { message, endpoint, position, effect, at }));
        }
        if booking.to.contains(&client.identity().user) {
            let fresh = effect == Effect::Applied;
            receipt_as(stage, *whom, message, (fresh, self.is_intact(message, booking)));
        }
    }

    fn is_intact(&self, id: MessageId, booking: &Booking) -> bool {
        message::text(&self.receiver.stage.scene.plan, id).as_deref() == Some(&booking.text)
    }
}
