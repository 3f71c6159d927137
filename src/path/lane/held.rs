//! What is held meets whatever goes on before it is let go, as a request does that is held at the gate.

use super::{Cut, Lane};
use crate::path::fate::Change;

impl Lane {
    /// The faults that concern it, by their serial numbers.
    pub(super) fn serials(&self) -> Vec<u64> {
        self.active.iter().map(|active| active.fault.serial).collect()
    }

    /// Something was switched. Whatever one of those faults has held that it has `met` is decided anew by the others, so that each hits it
    /// once, and travels from now on, unless it is held still.
    pub(super) fn judge_held_again(&mut self, met: &[u64]) -> Result<(), Cut> {
        if !self.queue.is_held(met) {
            return Ok(());
        }
        let (waiting, aside) = self.queue.take();
        let mut full = false;
        for chunk in aside {
            if chunk.is_held(met) {
                full |= self.meets(chunk, met, true)?;
            } else {
                self.keep(chunk, Some(&Change::Overtaken));
            }
        }
        for chunk in waiting {
            if chunk.is_held(met) {
                full |= self.meets(chunk, met, false)?;
            } else {
                self.keep(chunk, None);
            }
        }
        if full {
            self.close();
        }
        Ok(())
    }
}
