//! What is decided on live figures while a drill is played.

use serde::{Deserialize, Serialize};

use super::record::End;
use crate::units::{AccountId, JourneyId, Moment, RouteId};

/// A decision with the figures it was taken on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// A journey, or one account of it, will change its route.
    Failover {
        /// The journey.
        journey: JourneyId,
        /// The account, if it decides for itself.
        account: Option<AccountId>,
        /// The route it will leave.
        from: RouteId,
        /// The route it will take.
        to: RouteId,
        /// Failed attempts in a row.
        failures: u32,
        /// When the switch is due, healed or not.
        switch_at: Moment,
    },
    /// A journey, or one account of it, will return to a route that takes messages again.
    Return {
        /// The journey.
        journey: JourneyId,
        /// The account, if it decides for itself.
        account: Option<AccountId>,
        /// The route it will leave.
        from: RouteId,
        /// The route it returns to.
        to: RouteId,
        /// Since when every probe was taken.
        good_since: Moment,
    },
    /// How many bad messages in a row make an outage, from the baseline's background failures.
    Detector {
        /// The journey.
        journey: JourneyId,
        /// The smallest n ≥ 3 with N·fⁿ·(1−f) < 0.01.
        n_down: u32,
        /// Bad messages of the baseline …
        bad: u64,
        /// … among all there.
        all: u64,
        /// N, the messages planned.
        planned: u64,
    },
    /// Whether the steady state held, so that something may be injected.
    Steady {
        /// Whether it held.
        held: bool,
        /// Why not.
        why: String,
    },
    /// A target that ends the drill when it cannot be kept any more cannot be: it failed.
    Abort {
        /// The target's name …
        target: String,
        /// … and expression.
        expr: String,
        /// The figure, in the unit in which the target is judged, if it is known to be just that.
        observed: Option<f64>,
        /// At best it is at least this …
        low: Option<f64>,
        /// … and at most this.
        high: Option<f64>,
        /// How many samples there can be.
        n: u64,
        /// One sentence: why.
        why: String,
    },
    /// The drill stops before its end.
    Stop {
        /// How it ends.
        end: End,
        /// Why.
        why: String,
    },
}
