use super::Client;
use crate::units::{Moment, Span};
use crate::vendor::wall;

impl Client {
    /// What the wall clock at the endpoint shows, since 1970: a twin's is the drill's own.
    pub(super) fn wall(&self) -> Span {
        let is_real = self.scene.plan.endpoints[self.caller.endpoint.index()].url.is_some();
        let real = is_real.then(|| self.scene.world.clock.wall()).flatten();
        real.unwrap_or_else(|| wall::DRILL + self.now().since(Moment::ZERO))
    }
}
