//! Folds of the journal: windows, latency, outages, ledger, availability. The same code runs live and offline, on the times *in*
//! records and never on their arrival.
//!
//! Start at [`Folds`]: it takes records in (`folds`), keeps a row a message (`ledger`), and tells what became of each (`message`);
//! `observe` then adds them up (`tally`, `series`), finds outages (`outage`) and whose they are (`hits`, `touched`, `recovery`).

mod actions;
mod again;
mod arms;
mod as_judged;
mod audited;
mod auditors;
mod audits;
mod background;
mod bites;
mod books;
mod boundary;
mod burn;
mod clocks;
mod conservation;
mod deciding;
mod degraded;
mod distribution;
mod failed;
mod figures;
mod flows;
mod folds;
mod hits;
mod in_force;
mod inspections;
mod journey;
mod lag;
mod lateness;
mod leaks;
mod leavers;
mod led;
mod ledger;
mod legs;
mod lineage;
mod lineup;
mod live;
mod meanwhile;
mod message;
mod misfits;
mod neighbours;
mod observation;
mod observe;
mod observed;
mod outage;
mod patience;
mod promised;
mod recovery;
mod relied;
mod reorder;
mod row;
mod rows;
mod rpa;
mod series;
mod settle;
mod shared;
mod slices;
mod stalls;
mod tally;
mod touched;
mod tried;
mod versions;
mod windows;

#[cfg(test)]
pub(crate) mod tests;

pub use actions::{ActionFigures, CallFigures};
pub use arms::{Arms, Contrast, compare};
pub use audited::{Amiss, AuditCell, AuditFigures, UntoldFigures};
pub use books::{BeforeFigures, BookFigures, Misbooked, MishapFigures, Wrong};
pub use boundary::{BoundaryFigures, ControlCrossings, CrossingFigures};
pub use burn::Alert;
pub use clocks::Clocked;
pub use degraded::{Degraded, LongestLatency};
pub use distribution::{Distribution, Quantile};
pub use failed::FailedAttempts;
pub use figures::{
    Basis, Blame, Bucket, Cell, Deliveries, Figures, JourneyBasis, Lag, Latency, Messages, Series, Unseen,
};
pub use flows::{Crossing, Flow};
pub use folds::Folds;
pub use in_force::InForce;
pub use inspections::{InspectionCell, InspectionFigures, MisruledFigures, Passed, Verdicts, Wrongly};
pub use lateness::Late;
pub use leaks::LeakFigures;
pub use leavers::{Heard, Revoked};
pub use live::Failures;
pub use meanwhile::Meanwhile;
pub use misfits::MisdeliveredFigures;
pub use neighbours::{Among, Neighbours};
pub use observation::{
    GapFigures, InjectFigures, JourneyFigures, Observation, PhaseFigures, PhaseSlice, Recovery, RouteSlice, Sender,
    Slow, Steady,
};
pub use observed::{Alike, Ends, ObservedCell, ObservedFigures, ObservedHost, ObservedPhase, WayFigures, WayOutage};
pub use outage::{FEWEST_FOR_RATIO, Mark, N_DOWN_BEFORE, Outage, Outcome, Point, n_down};
pub use shared::{DocumentFigures, LostUpdate, SharedCell, Told as SharedTold};
pub use slices::{Slice, Slices};
pub use stalls::Stalled;
pub use tried::Tried;
pub use windows::{WindowFigures, Windows};
