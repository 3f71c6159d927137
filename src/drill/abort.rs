use super::conductor::Conductor;
use super::note;
use crate::journal::{Decision, Event};
use crate::limits::{ABORT_LOOKS, ABORT_MARGIN};
use crate::units::{Moment, Span, six_digits};
use crate::verdict;

impl Conductor<'_> {
    /// Whether a target that ends the drill cannot be kept any more. If so, the decision is journalled with its figures and nothing new is
    /// sent.
    ///
    /// Going over all messages takes the longer the more there are, so that it is done the more seldom the longer the drill has lasted. It
    /// is told for a moment that has just passed, of which every record has come: not while what has come lies unread.
    pub(super) async fn cannot_be_kept(&mut self) -> bool {
        let plan = &self.scene.plan;
        let now = self.scene.world.clock.now();
        if now < self.looks_at || self.heart.is_late(now) || plan.targets.iter().all(|target| target.abort.is_none()) {
            return false;
        }
        self.looks_at = now + Span::from_nanos(now.nanos() / ABORT_LOOKS).max(ABORT_MARGIN);
        self.folded(self.keeper.barrier()).await;
        let at = Moment::ZERO + now.since(Moment::ZERO + ABORT_MARGIN);
        let (position, observation) = self.keeper.observe(|position, live| (position, live.folds.evidence(at)));
        let Some(judged) = verdict::broken(plan, &observation) else { return false };
        let written = |figure: Option<f64>| figure.map(six_digits);
        let decision = Decision::Abort {
            target: judged.name,
            expr: judged.expr,
            observed: written(judged.observed),
            low: written(judged.low),
            high: written(judged.high),
            n: judged.n,
            why: judged.why,
        };
        note(self.scene, Event::Decided { position, decision });
        self.scene.board.close();
        true
    }
}
