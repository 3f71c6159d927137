//! Folds of the journal: windows, latency, outages, ledger, availability. The same code runs live and offline, on the times *in*
//! records and never on their arrival.

mod distribution;
mod observation;
mod outage;

pub use distribution::{Distribution, Quantile};
pub use observation::{
    Basis, Blame, Bucket, Cell, Deliveries, Figures, GapFigures, InjectFigures, JourneyFigures, Lag, Latency, Messages,
    Observation, PhaseFigures, PhaseSlice, Recovery, RouteSlice, Sender, Series, Slow, Steady,
};
pub use outage::{Mark, Outage, Outcome};
