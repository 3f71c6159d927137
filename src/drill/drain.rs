use super::conductor::Conductor;
use super::{note, stopped};
use crate::endpoint::Twin;
use crate::journal::{End, Event};
use crate::limits::{DRAIN_STEP, RECEIVER_PATIENCE, STUCK, SYNC_PATIENCE};
use crate::traffic::Traffic;
use crate::units::{Moment, Span};

impl Conductor<'_> {
    /// After the last phase nothing new is due. Attempts and outbox finish; then receipts are awaited until each owed delivery is in or its
    /// grace has passed.
    pub(super) async fn drain(&mut self, traffic: &Traffic) -> End {
        self.forget_cues();
        for inject in self.scene.board.snapshot().faults.iter().map(|fault| fault.id) {
            self.scene.board.lift(inject);
            note(self.scene, Event::Lifted(inject));
        }
        self.actions.lift_all();
        self.scene.board.enter(None);
        note(self.scene, Event::Drain);
        if let Some(end) = self.settle(traffic).await {
            return end;
        }
        let mut end = self.receive().await;
        if end == End::Completed {
            end = self.synchronise().await;
        }
        if end == End::Completed {
            // What was booked after the last receipt shows who has done something twice.
            end = self.while_playing(traffic.read_ledgers()).await;
        }
        // What of each change of a document is left is told by what is there now.
        let looking = traffic.look_at_documents();
        if end != End::Completed {
            let clock = &self.scene.world.clock;
            // Whoever has ended the drill does not wait for all of it, and what was not read is not known.
            let _ = clock.timeout(clock.now() + RECEIVER_PATIENCE, looking).await;
            return end;
        }
        match self.while_playing(looking).await {
            // What gateways did is read in their audit trails, once more.
            End::Completed => self.while_playing(traffic.audited()).await,
            end => end,
        }
    }

    /// Does something to its end, unless something else ends the drill first.
    async fn while_playing(&mut self, reading: impl Future<Output = ()>) -> End {
        let mut reading = std::pin::pin!(reading);
        loop {
            let read = tokio::select! {
                biased;
                () = &mut reading => true,
                () = self.play_on() => false,
            };
            if let Some(end) = self.must_stop() {
                return end;
            }
            if read {
                return End::Completed;
            }
        }
    }

    /// Waits for the senders; `Some` if something else ends the drill first. How long they take together depends on what they are answered.
    /// While anything of theirs begins or ends none of them is stuck.
    async fn settle(&mut self, traffic: &Traffic) -> Option<End> {
        let longest = self.longest_wait();
        let (mut moved, mut since) = (traffic.moved(), self.scene.world.clock.now());
        loop {
            let settled = tokio::select! {
                biased;
                () = traffic.settled() => true,
                () = self.play_on() => false,
            };
            if let Some(end) = self.must_stop() {
                return Some(end);
            }
            if settled {
                // The last failure may have been the one that decides, and a decision is carried out, healed or not.
                self.folded(self.keeper.barrier()).await;
                if !self.has_switch_for(traffic) {
                    return None;
                }
                self.play_on().await;
            }
            let now = self.scene.world.clock.now();
            let before = std::mem::replace(&mut moved, traffic.moved());
            if moved != before {
                since = now;
            }
            if now.since(since) > longest {
                let stuck: Vec<_> = traffic.running().iter().map(ToString::to_string).collect();
                return Some(stopped(self.scene, End::Bug, &format!("these tasks are stuck: {}", stuck.join(", "))));
            }
        }
    }

    /// The longest that nothing of the senders begins or ends: somebody pauses before he tries again, or until a switch is made; then his account
    /// has to think and the outbox has its rate; and then he waits for a slot, whose holder waits for his answer.
    fn longest_wait(&self) -> Span {
        let journey = |journey: &crate::plan::Journey| {
            let rule = journey.failover.as_ref();
            let switch = rule.map_or(Span::ZERO, |rule| rule.decide + rule.resend_rate.gap());
            let pause = journey.retry.map_or(Span::ZERO, |rule| rule.most);
            let timeout = journey.routes.iter().map(|route| route.timeout).max().unwrap_or_default();
            pause + switch + journey.per_account.think + journey.deadline + timeout
        };
        self.scene.plan.journeys.iter().map(journey).max().unwrap_or_default() + STUCK
    }

    /// Waits until stores of documents have told each other everything: what one of them still has to tell may undo what is at another.
    /// News comes over every store at most once, at each after its next time, and that may be tried twice.
    async fn synchronise(&mut self) -> End {
        let all = self.scene.plan.endpoints.iter().map(|endpoint| endpoint.kind.peers());
        let longest: Span = all.filter_map(|peers| peers.iter().map(|peer| peer.every + SYNC_PATIENCE).max()).sum();
        let until = self.scene.world.clock.now() + longest * 2;
        let mut shown = Moment::ZERO;
        loop {
            if let Some(end) = self.must_stop() {
                return end;
            }
            let now = self.scene.world.clock.now();
            if now >= until || !self.twins.iter().any(Twin::has_news) {
                return End::Completed;
            }
            if now.since(shown) >= self.tick() {
                shown = now;
                self.show();
            }
            self.scene.world.clock.sleep(DRAIN_STEP).await;
        }
    }

    /// Waits for receipts.
    async fn receive(&mut self) -> End {
        let mut shown = Moment::ZERO;
        loop {
            self.folded(self.keeper.barrier()).await;
            let grace = self.scene.plan.grace;
            let (pending, until) = self.keeper.with_sink(|live| (live.folds.pending(), live.folds.drained_by(grace)));
            let now = self.scene.world.clock.now();
            if let Some(end) = self.must_stop() {
                return end;
            }
            if pending == 0 || until.is_none_or(|until| now >= until) {
                return End::Completed;
            }
            if now.since(shown) >= self.tick() {
                shown = now;
                self.show();
            }
            self.scene.world.clock.sleep(DRAIN_STEP).await;
        }
    }
}
