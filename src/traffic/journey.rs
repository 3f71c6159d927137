//! One journey being played: due moments, attempts, failover by account, and sending again.

mod ended;
mod probe;

pub use probe::good_since;

use ended::Failure;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use tokio::sync::Notify;

use super::Stage;
use super::failover::Accounts;
use super::outbox::{Decider, Outbox};
use super::receive::{self, Sent};
use super::schedule::Schedule;
use super::slots::{Rank, Slot, Slots};
use super::turns::{Turn, Turns};
use crate::client::{Behind, Outcome, Parcel};
use crate::control::Stand;
use crate::draw::Key;
use crate::journal::{Attempt, Ending, Message, Record, Unsent, UnsentCause};
use crate::limits::RESENT_TOGETHER;
use crate::plan::{Failover, FailoverBy, Journey, Recipients, Resend, message};
use crate::units::{AccountId, JourneyId, MessageId, Moment, RouteId, Span};
use crate::world::Tasks;

/// A message on its way.
pub(super) struct Letter {
    pub(super) id: MessageId,
    pub(super) due: Moment,
    pub(super) from: AccountId,
    pub(super) to: Vec<AccountId>,
    pub(super) text: String,
    pub(super) tries: AtomicUsize,
    /// How often it was put into the outbox since the last phase ended.
    pub(super) put_late: AtomicUsize,
}

/// A journey being played.
pub(super) struct Sending {
    me: Weak<Self>,
    stage: Arc<Stage>,
    id: JourneyId,
    draws: Key,
    class: u16,
    slots: Slots,
    turns: Turns,
    outbox: Outbox,
    accounts: Accounts,
    behind: Behind,
    tasks: Tasks,
    /// Messages that are being tried or wait for a slot, and switches by account that are decided.
    under_way: AtomicUsize,
    /// How many of them there ever were.
    begun: AtomicUsize,
    /// Whether every due moment has passed.
    all_due: AtomicBool,
    /// Rung when nothing is under way.
    quiet: Notify,
}

impl Sending {
    pub(super) fn new(stage: &Arc<Stage>, id: JourneyId, tasks: &Tasks) -> Arc<Self> {
        let scene = &stage.scene;
        let journey = &scene.plan.journeys[id.index()];
        let senders = scene.plan.senders(journey).count();
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            stage: Arc::clone(stage),
            id,
            draws: scene.world.seed.key("recipient").name(&journey.name),
            class: scene.plan.class_of(id),
            slots: Slots::new(journey.slots, scene.world.clock.clone()),
            turns: Turns::new(journey.per_account, senders, &scene.world.clock),
            outbox: Outbox::default(),
            accounts: Accounts::default(),
            behind: Behind::default(),
            tasks: tasks.clone(),
            under_way: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            all_due: AtomicBool::new(false),
            quiet: Notify::new(),
        })
    }

    pub(super) fn start(self: &Arc<Self>) {
        let name = &self.journey().name;
        self.tasks.spawn(format!("schedule of {name}"), Arc::clone(self).keep_schedule());
        if self.resending().is_some() {
            self.tasks.spawn(format!("outbox of {name}"), Arc::clone(self).send_again());
        }
        self.start_probes();
    }

    /// Waits until nothing is due any more, every attempt has ended and nothing that could be sent again waits.
    pub(super) async fn settled(&self) {
        loop {
            let mut quiet = std::pin::pin!(self.quiet.notified());
            quiet.as_mut().enable();
            if self.is_settled() {
                return;
            }
            quiet.await;
        }
    }

    fn is_settled(&self) -> bool {
        let begun = self.begun.load(Ordering::Acquire);
        let busy = self.under_way.load(Ordering::Acquire) > 0 || !self.all_due.load(Ordering::Acquire);
        self.look_at_the_route();
        let waits = self.outbox.has(|_| true);
        // Whoever takes a letter begins before he takes it: if nobody has begun meanwhile, both looks were at the same state.
        !busy && !waits && self.begun.load(Ordering::Acquire) == begun
    }

    /// How much has begun, and how much of it has not ended: as long as both stay nothing has moved.
    pub(super) fn moved(&self) -> (usize, usize) {
        (self.begun.load(Ordering::Acquire), self.under_way.load(Ordering::Acquire))
    }

    /// Whether messages wait for a switch that is decided or may be.
    pub(super) fn waits(&self) -> bool {
        !self.outbox.is_empty()
    }

    fn journey(&self) -> &Journey {
        &self.stage.scene.plan.journeys[self.id.index()]
    }

    /// The failover rule, if what is not acknowledged is sent again.
    fn resending(&self) -> Option<&Failover> {
        self.journey().failover.as_ref().filter(|rule| rule.resend == Resend::Unconfirmed)
    }

    /// Who decides by which route an account's messages go.
    fn decider(&self, account: AccountId) -> Decider {
        let by_account = |rule: &Failover| rule.by == FailoverBy::Account;
        self.journey().failover.as_ref().is_some_and(by_account).then_some(account)
    }

    /// The route in force for an account, and how often that was switched.
    fn stand(&self, account: AccountId) -> Stand {
        match self.decider(account) {
            Some(account) => self.accounts.stand(account),
            None => self.stand_of_all(),
        }
    }

    /// The route in force for the journey as a whole.
    fn stand_of_all(&self) -> Stand {
        self.stage.scene.board.snapshot().routes[self.id.index()]
    }

    /// Messages that failed before the journey as a whole switched may go. Accounts that switch say so themselves.
    fn look_at_the_route(&self) {
        self.outbox.stands(None, self.stand_of_all());
    }

    /// An account has switched: what failed before may go.
    fn has_switched(&self, account: AccountId) {
        self.outbox.stands(Some(account), self.accounts.stand(account));
        self.outbox.changed().notify_waiters();
    }

    /// Every message at its due moment, whatever became of those before.
    async fn keep_schedule(self: Arc<Self>) {
        let scene = &self.stage.scene;
        let (end, name): (_, Arc<str>) = (scene.plan.end(), "message".into());
        for (number, due) in (0..).zip(Schedule::new(self.journey(), scene.world.seed)) {
            if due >= end {
                break;
            }
            if self.closes_before(due).await {
                break;
            }
            if let Some(letter) = self.write(MessageId { journey: self.id, number }, due) {
                self.tasks.spawn(Arc::clone(&name), Arc::clone(&self).first_try(letter, self.begin()));
            }
        }
        self.all_due.store(true, Ordering::Release);
        self.quiet.notify_waiters();
    }

    /// Writes a letter and its record.
    fn write(&self, id: MessageId, due: Moment) -> Option<Arc<Letter>> {
        let scene = &self.stage.scene;
        let (plan, journey) = (&scene.plan, self.journey());
        let senders = plan.senders(journey);
        let from = senders.nth(id.number);
        let recipients = plan.others(journey, from);
        let to = match journey.to {
            Recipients::One(_) => {
                vec![recipients.nth(self.draws.draw(u64::from(id.number)).below(recipients.count()))]
            }
            Recipients::All(_) => recipients.iter().collect(),
        };
        let text = message::text(plan, id)?;
        scene.journal.append(Record::Message(Message {
            id,
            account: from,
            stream_number: id.number / senders.count(),
            recipients: to.clone(),
            capability: journey.send,
            class: self.class,
            due,
            bytes: u32::try_from(text.len()).unwrap_or(u32::MAX),
            hash: message::hash(&text),
        }));
        Some(Arc::new(Letter { id, due, from, to, text, tries: AtomicUsize::new(0), put_late: AtomicUsize::new(0) }))
    }

    /// A message newly due: it waits for its account's turn and for a slot at most until its deadline.
    async fn first_try(self: Arc<Self>, letter: Arc<Letter>, under_way: UnderWay) {
        let scene = &self.stage.scene;
        let deadline = letter.due + self.journey().deadline;
        // Who wakes up after the deadline has only himself to blame, whether or not a slot was free.
        let late = scene.world.clock.now() > deadline;
        let turn = if late { Err(UnsentCause::Lag) } else { self.take_turn(letter.from, deadline).await };
        let cause = match turn {
            Ok(turn) => return self.attempt(&letter, turn, under_way).await,
            Err(cause) => cause,
        };
        scene.journal.append(Record::Unsent(Unsent { message: letter.id, at: scene.world.clock.now(), cause }));
        // It may have had its turn, and no slot.
        self.outbox.changed().notify_waiters();
    }

    /// Waits for an account's turn, and then for a slot: whoever waits for himself keeps nobody else waiting. Else what it waited for in vain.
    async fn take_turn(&self, account: AccountId, until: Moment) -> Result<(Turn, Slot), UnsentCause> {
        let turn = self.turns.take(self.ordinal(account), until).await.ok_or(UnsentCause::Turn)?;
        let slot = self.slots.take(Rank::Due, until).await.ok_or(UnsentCause::Slots)?;
        Ok((turn, slot))
    }

    /// Which of the journey's senders an account is.
    fn ordinal(&self, account: AccountId) -> u32 {
        self.stage.scene.plan.senders(self.journey()).position(account)
    }

    /// Something is under way from now on until what this gives is dropped.
    fn begin(self: &Arc<Self>) -> UnderWay {
        self.begun.fetch_add(1, Ordering::AcqRel);
        self.under_way.fetch_add(1, Ordering::AcqRel);
        UnderWay(Arc::clone(self))
    }

    /// Waits for a due moment; `true` if the drill closes before it.
    async fn closes_before(&self, due: Moment) -> bool {
        let scene = &self.stage.scene;
        let mut until = scene.world.clock.until(due);
        loop {
            let snapshot = scene.board.snapshot();
            if snapshot.closing {
                return true;
            }
            tokio::select! {
                biased;
                () = &mut until => return scene.board.snapshot().closing,
                () = scene.board.changed(snapshot.epoch) => {}
            }
        }
    }

    /// One try on the route in force. Its account thinks before its turn ends, which nobody waits for but its own messages.
    async fn attempt(&self, letter: &Arc<Letter>, (turn, slot): (Turn, Slot), under_way: UnderWay) {
        let done = self.tried(letter, turn.freed().max(slot.freed), slot).await;
        drop(under_way);
        if self.turns.are_counted() {
            self.turns.end(turn, done).await;
            self.outbox.changed().notify_waiters();
        }
    }

    /// One try on the route in force, written down when it ends, which this tells. It was free to begin at `freed`, if it had to wait.
    async fn tried(&self, letter: &Arc<Letter>, freed: Option<Moment>, slot: Slot) -> Moment {
        let scene = &self.stage.scene;
        let clock = &scene.world.clock;
        let stand = self.stand(letter.from);
        let id = stand.route;
        let route = &self.journey().routes[id.index()];
        let users = &self.stage.users[route.endpoint.index()];
        let users: Vec<&str> = letter.to.iter().map(|to| users[to.index()].as_str()).collect();
        let number = letter.tries.fetch_add(1, Ordering::AcqRel) + 1;
        let client = self.stage.client(letter.from, route.endpoint);
        self.stage.goes_by(letter.id, id);
        let sent = clock.now();
        // A slot that was free all along was free when the message was due; what is sent again was due long ago, and its turn is now.
        let slot_at = freed.unwrap_or(if number == 1 { letter.due } else { sent });
        let Journey { send: capability, class, .. } = self.journey();
        let (capability, class, once) = (*capability, class.as_deref(), letter.id);
        let parcel = Parcel { capability, recipients: &users, class, text: &letter.text, once, written: letter.due };
        let patience = self.behind.patience(sent, sent.since(slot_at.max(letter.due)));
        let mut outcome = client.attempt(&parcel, sent + route.timeout, patience).await;
        let done = clock.now();
        drop(slot);
        let declined =
            letter.to.iter().zip(&users).filter(|(_, user)| outcome.declined.iter().any(|declined| declined == *user));
        let declined: Vec<_> = declined.map(|(account, _)| *account).collect();
        if let Some(known_as) = outcome.known_as.take() {
            let (endpoint, to, declined) = (route.endpoint, letter.to.clone(), declined.clone());
            let sent = Sent { known_as, endpoint, capability: self.journey().send, message: letter.id, to, declined };
            receive::watch(&self.stage, &client, sent);
        }
        let wait = outcome.wait;
        let attempt = record(letter, number, id, outcome, declined, [slot_at, sent, done]);
        let end = Failure { ending: attempt.ending, status: attempt.code.status, wait };
        if attempt.ending == Ending::Acknowledged {
            self.stage.has_taken[route.endpoint.index()].store(true, Ordering::Relaxed);
        }
        scene.journal.append(Record::Attempt(attempt));
        self.ended(letter, stand, &end, done);
        done
    }

    /// Sends what waits in the outbox again once there is another route: oldest first, after what is newly due, at the plan's rate.
    async fn send_again(self: Arc<Self>) {
        let scene = &self.stage.scene;
        let Some(gap) = self.resending().map(|rule| rule.resend_rate.gap()) else { return };
        let mut next = Moment::ZERO;
        // What late wakes have cost of the rate, which is made up for.
        let mut behind = Span::ZERO;
        loop {
            let epoch = scene.board.epoch();
            let mut changed = std::pin::pin!(self.outbox.changed().notified());
            changed.as_mut().enable();
            self.look_at_the_route();
            if !self.outbox.has(|account| self.turns.is_free(self.ordinal(account))) {
                behind = Span::ZERO;
                tokio::select! {
                    biased;
                    () = changed => {}
                    () = scene.board.changed(epoch) => {}
                }
                continue;
            }
            let clock = &scene.world.clock;
            if clock.now() < next {
                clock.until(next).await;
                behind = clock.now().since(next);
            }
            let Some(slot) = self.slots.take(Rank::Again, Moment::MAX).await else { return };
            let under_way = self.begin();
            if let Some((letter, turn)) = self.outbox.take(|account| self.turns.take_now(self.ordinal(account))) {
                let now = clock.now();
                next = now.before(behind.min(RESENT_TOGETHER)).max(next) + gap;
                behind = now.since(next);
                let me = Arc::clone(&self);
                self.tasks.spawn("message sent again", async move {
                    me.attempt(&letter, (turn, slot), under_way).await;
                });
            }
        }
    }
}

/// Something that a journey waits for before it is settled. It ends when this is dropped, also by a panic.
struct UnderWay(Arc<Sending>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.0.under_way.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.quiet.notify_waiters();
        }
    }
}

/// The record of an attempt with its three moments: slot, begin, end.
fn record(
    letter: &Letter,
    number: usize,
    route: RouteId,
    outcome: Outcome,
    declined: Vec<AccountId>,
    [slot_at, sent, done]: [Moment; 3],
) -> Attempt {
    // A message declined for everyone was refused, whatever the status says.
    let all_declined = !letter.to.is_empty() && declined.len() == letter.to.len();
    let ending = match outcome.ending {
        Ending::Acknowledged if all_declined => Ending::Refused,
        ending => ending,
    };
    Attempt {
        message: letter.id,
        number: u16::try_from(number).unwrap_or(u16::MAX),
        route,
        connection: outcome.connection,
        exchange: outcome.exchange,
        slot_at,
        sent,
        done,
        ending,
        code: outcome.code,
        declined,
    }
}
