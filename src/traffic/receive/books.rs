//! An ERP's ledger: each recipient reads what was booked since and is to be seen by him. A receipt is each reader's own.

use super::ledger::ask;
use super::{Receiver, backoff, receipt_as};
use crate::plan::{Receipts, message};
use crate::units::{MessageId, Moment, Span};
use crate::vendor::erp::{self, Booking, Question};

/// A recipient who reads the ledger.
pub(in crate::traffic) struct Books {
    receiver: Receiver,
    every: Span,
    /// The number of the last entry that he has asked about.
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
        while self.ask().await.is_some_and(|(_, more)| more) {}
    }

    /// Reads for ever, at first when this part of the time between two questions has passed: not all ask at once. He does not ask too often after
    /// an ERP that does not answer.
    pub(super) async fn run(mut self, (nth, of): (u64, u64)) {
        let mut silent_since: Option<Moment> = None;
        let mut pause = Span::from_nanos(self.every.nanos() / of.max(1) * nth);
        loop {
            self.receiver.clock().sleep(pause).await;
            let is_answered = self.read().await;
            let now = self.receiver.clock().now();
            silent_since = if is_answered { None } else { silent_since.or(Some(now)) };
            pause = self.every.max(silent_since.map_or(Span::ZERO, |since| backoff(now.since(since))));
        }
    }

    /// Reads what is his, and then on in the whole ledger, if nobody has lately; whether he was answered.
    async fn read(&mut self) -> bool {
        let mut more = true;
        while more {
            let Some((bookings, is_full)) = self.ask().await else { return false };
            for booking in &bookings {
                self.take(booking);
            }
            more = is_full;
        }
        let Receiver { stage, client, whom } = &self.receiver;
        stage.ledgers[whom.1.index()].read_in_turn(stage, client, self.every).await;
        true
    }

    /// What is his of what was booked since the last answer, and whether there is more; `None` if there is no answer.
    async fn ask(&mut self) -> Option<(Vec<Booking>, bool)> {
        let Receiver { stage, client, .. } = &self.receiver;
        let to = Some(client.identity().user.as_str().into());
        let (bookings, next, more) = ask(stage, client, &Question { after: self.after, to, brief: false }).await?;
        self.after = next;
        Some((bookings, more))
    }

    fn take(&self, booking: &Booking) {
        let Some(message) = erp::message(&booking.key).filter(|message| !message::is_probe(*message)) else { return };
        let Receiver { stage, client, whom } = &self.receiver;
        // An ERP may list everybody's.
        if booking.to.contains(&client.identity().user) {
            let fresh = booking.effect == erp::Effect::Booked;
            receipt_as(stage, *whom, message, (fresh, self.is_intact(message, booking)));
        }
    }

    fn is_intact(&self, id: MessageId, booking: &Booking) -> bool {
        message::text(&self.receiver.stage.scene.plan, id).as_deref() == Some(&booking.text)
    }
}
