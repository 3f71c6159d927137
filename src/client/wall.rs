use super::Client;
use crate::units::{Moment, Span};
use crate::vendor::wall;

impl Client {
    /// What the wall clock at the endpoint shows, since 1970: a twin's is the drill's own.
    pub(super) fn wall(&self) -> Span {
        self.wall_at(self.now())
    }

    /// What it showed at a moment that is not still to come.
    pub(super) fn wall_at(&self, at: Moment) -> Span {
        let is_real = self.scene.plan.endpoints[self.caller.endpoint.index()].url.is_some();
        let real = is_real.then(|| self.scene.world.clock.wall()).flatten();
        let then = |now: Span| Span::from_nanos(now.nanos().saturating_sub(self.now().since(at).nanos()));
        real.map_or_else(|| wall::DRILL + at.since(Moment::ZERO), then)
    }
}
