use super::conductor::Conductor;
use super::note;
use crate::journal::{Barrier, Decision, Event};
use crate::plan::{Metric, Target};
use crate::units::Span;
use crate::verdict;

/// Whether a target of the steady state is judged by outages.
fn is_of_outages(target: &Target) -> bool {
    let by_outages = matches!(target.expr.metric, Metric::RecoveryTime | Metric::DetectTime | Metric::DecideTime);
    target.steady_state && (by_outages || target.expr.metric == Metric::ErrorBudget || target.window.is_some())
}

impl Conductor<'_> {
    /// The gate at the baseline's end: how many bad messages in a row are an outage, and whether the state is steady. Both are journalled
    /// with their figures.
    pub(super) async fn steady(&self) -> bool {
        self.folded(self.keeper.barrier()).await;
        let plan = &self.scene.plan;
        let now = self.scene.world.clock.now();
        let (position, observation) = self.keeper.observe(|position, live| (position, live.folds.observe(Some(now))));
        for decision in verdict::detectors(plan, &observation) {
            note(self.scene, Event::Decided { position, decision });
        }
        // Only what is judged by outages is another with the detectors that were just decided on, and injects wait for this.
        let observation = if plan.targets.iter().any(is_of_outages) {
            self.folded(self.keeper.barrier()).await;
            self.keeper.with_sink(|live| live.folds.observe(Some(now)))
        } else {
            observation
        };
        let (held, why) = match verdict::steady(plan, &observation) {
            Ok(()) => (true, String::new()),
            Err(why) => (false, why),
        };
        note(self.scene, Event::Decided { position, decision: Decision::Steady { held, why } });
        held
    }

    /// Waits until everything appended before is folded.
    pub(super) async fn folded(&self, mut barrier: Barrier) {
        while !barrier.passed() {
            self.scene.world.clock.sleep(Span::from_millis(1)).await;
        }
    }
}
