//! What follows from an attempt's end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Letter, Sending};
use crate::control::Stand;
use crate::journal::{Control, Decision, Ending, Event, Record};
use crate::plan::{Back, Deciding, Failover, FailoverBy, Retry};
use crate::traffic::failover::{Decided, Ended};
use crate::traffic::slots::Rank;
use crate::units::{AccountId, Moment, Span};

/// How an attempt ended, as far as others follow from it.
pub(super) struct Failure {
    pub(super) ending: Ending,
    /// The answer's status; 0 if there was none.
    pub(super) status: u16,
    /// How long the answer asks to wait.
    pub(super) wait: Option<Span>,
}

impl Sending {
    /// What follows from an attempt's end: a switch by account, another try, or a place in the outbox.
    pub(super) fn ended(&self, letter: &Arc<Letter>, stand: Stand, end: &Failure, at: Moment) {
        let ending = end.ending;
        let (journey, route) = (self.journey(), stand.route);
        if let Some(rule) =
            journey.failover.as_ref().filter(|rule| rule.by == FailoverBy::Account && rule.on == Deciding::Automatic)
            && let Some(decided) =
                self.accounts.ended(rule, journey.routes.len(), letter.from, &Ended { route, ending, at })
        {
            self.decide(rule, letter.from, &decided, at);
        }
        if ending == Ending::Acknowledged || self.tries_again(letter, end, at) {
            return;
        }
        let Some(rule) = self.resending() else { return };
        // Without a way back, what failed on the last route can go nowhere.
        let last = rule.back == Back::Never && route.index() + 1 >= journey.routes.len();
        if !last && !self.gives_up(letter) {
            self.outbox.put(letter, self.decider(letter.from), stand, || self.stand(letter.from));
        }
    }

    /// Whether a message that has failed is let be. After the last phase each goes by every route once more at most: accounts that come and go
    /// between routes that take their probes, and never their messages, would hand them from one to the other for ever.
    fn gives_up(&self, letter: &Letter) -> bool {
        let is_late = self.stage.scene.board.snapshot().phase.is_none();
        is_late && letter.put_late.fetch_add(1, Ordering::AcqRel) >= self.journey().routes.len()
    }

    /// Whether the message is tried again by itself, which it then will be.
    fn tries_again(&self, letter: &Arc<Letter>, end: &Failure, at: Moment) -> bool {
        let failures = u32::try_from(letter.tries.load(Ordering::Acquire)).unwrap_or(u32::MAX);
        let rule = self.journey().retry.filter(|rule| failures <= rule.times && Retry::is_worth_it(end.status));
        let Some((rule, me)) = rule.zip(self.me.upgrade()) else { return false };
        let again_at = at + rule.pause(failures).max(end.wait.unwrap_or_default()).min(rule.most);
        let (under_way, letter) = (me.begin(), Arc::clone(letter));
        self.tasks.spawn("message tried again", async move {
            me.stage.scene.world.clock.until(again_at).await;
            let Some(turn) = me.turns.take(me.ordinal(letter.from), Moment::MAX).await else { return };
            let Some(slot) = me.slots.take(Rank::Again, Moment::MAX).await else { return };
            me.attempt(&letter, (turn, slot), under_way).await;
        });
        true
    }

    /// An account decides to change: it does so `decide` later, healed or not.
    fn decide(&self, rule: &Failover, account: AccountId, decided: &Decided, at: Moment) {
        let Some(me) = self.me.upgrade() else { return };
        let (from, to, switch_at) = (decided.from, decided.to, at + rule.decide);
        let journal = &self.stage.scene.journal;
        let journey = self.id;
        let failures = decided.failures;
        let decision = Decision::Failover { journey, account: Some(account), from, to, failures, switch_at };
        journal
            .append(Record::Control(Control { at, event: Event::Decided { position: journal.position(), decision } }));
        let under_way = me.begin();
        self.tasks.spawn("failover of an account", async move {
            let _under_way = under_way;
            let scene = &me.stage.scene;
            scene.world.clock.until(switch_at).await;
            me.accounts.switch(account, to, scene.world.clock.now());
            let event = Event::Switched { journey, account: Some(account), from, to };
            scene.journal.append(Record::Control(Control { at: scene.world.clock.now(), event }));
            me.has_switched(account);
            me.start_probes_of(account);
        });
    }
}
