//! The gate as exchanges meet it.

use super::broken::Broken;
use super::line::Inlet;
use crate::path::fate::{Change, Ending, Stage};
use crate::path::lane::Cut;
use crate::path::leg::{About, Leg, Onward, Passage};
use crate::vendor::Refusal;

/// Passes the gate. `interim` numbers the interim answers of an exchange from 1.
pub(in crate::path) async fn gate(leg: &Leg, stage: Stage, about: About, interim: u64) -> Result<Gated, Cut> {
    match leg.pass(stage, about, interim << 32 | u64::from(about.exchange)).await {
        Passage::On(onward) => Ok(Gated::On(onward)),
        Passage::End(Ending::Refuse(refusal)) => Ok(Gated::No(refusal)),
        Passage::End(Ending::Reset) => Err(Cut::Reset),
        Passage::End(_) => Err(Cut::Close),
    }
}

/// What the gate says of a request or an answer.
pub(in crate::path) enum Gated {
    /// It goes on.
    On(Onward),
    /// It is refused.
    No(Refusal),
}

impl Gated {
    /// Whether it never reaches the other side, and yet is answered.
    pub(in crate::path) fn ends_here(&self) -> bool {
        match self {
            Self::On(onward) => onward.change == Some(Change::Vanish),
            Self::No(_) => true,
        }
    }
}

/// Does something as long as the client is there.
pub(in crate::path) async fn while_there<T>(near: &mut Inlet, doing: impl Future<Output = T>) -> Result<T, Broken> {
    tokio::select! {
        biased;
        done = doing => Ok(done),
        () = near.gone() => Err(Broken::Gone),
    }
}
