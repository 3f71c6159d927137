//! What injects did to a journey, told from what would have befallen it anyway: its figures beside those of its control arm.

use serde::Serialize;

use super::{Among, Cell, Distribution, JourneyFigures, Quantile};
use crate::confidence::{Estimate, Pairs, RISK, Ranks, at_least, at_most};
use crate::plan::{PhaseKind, Plan};
use crate::units::{PhaseId, Span, whole};

/// Both arms of a journey in one phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arms {
    /// The phase's name.
    pub phase: String,
    /// Figure by figure.
    pub figures: Vec<Contrast>,
}

/// One figure of both arms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contrast {
    /// Which: `availability` and `lost`, a share of what was owed, as fractions; `p50`, `p90` and `p99` of the latency in milliseconds.
    pub figure: &'static str,
    /// Of those whom injects may hit; `None` if only a bound is known.
    pub exposed: Option<f64>,
    /// Of the control arm; likewise.
    pub control: Option<f64>,
    /// By how much the first exceeds the second.
    pub difference: Option<f64>,
    /// It exceeds it by at least this, with 97.5 % confidence; `None` = no bound.
    pub low: Option<f64>,
    /// It exceeds it by at most this, with 97.5 % confidence; `None` = no bound.
    pub high: Option<f64>,
    /// Whether so many messages show that there is a difference at all. If there is none, one in twenty shows one all the same.
    pub shown: bool,
    /// How many messages, or deliveries, either stands on.
    pub n: [u64; 2],
    /// How many independent ones these are worth: those that fail in a row are one piece of news.
    pub n_effective: [u64; 2],
    /// Whether it is a share of failures, and neither side had any.
    #[serde(skip)]
    pub none: bool,
}

/// The percentiles, in thousandths of a percent.
const PERCENTILES: [(&str, u32); 3] = [("p50", 50_000), ("p90", 90_000), ("p99", 99_000)];

/// A figure of one arm.
struct Told {
    estimate: Estimate,
    /// Whether its value is known, and not only a bound of it.
    known: bool,
    n: u64,
    effective: f64,
    /// Whether it is a share of failures, or of what had none, and there were none.
    none: bool,
}

/// The arms of a journey, phase by phase but for warm-up. What neither arm has messages for is left out.
pub(super) fn arms(plan: &Plan, exposed: &JourneyFigures, control: &JourneyFigures) -> Vec<Arms> {
    let phases = plan.phase_ids().filter(|(_, phase)| phase.kind != PhaseKind::Warmup);
    let told = phases.map(|(id, phase)| {
        let [exposed, control] = [exposed, control].map(|figures| Arm::of(figures, id));
        Arms { phase: phase.name.clone(), figures: contrasts(&exposed, &control) }
    });
    told.filter(|arms| !arms.figures.is_empty()).collect()
}

/// A journey in a later run beside itself in an earlier one, phase by phase but for warm-up: the later one stands for the exposed arm. Phases
/// are the same if they are called so.
pub fn compare(later: (&Plan, &JourneyFigures), earlier: (&Plan, &JourneyFigures)) -> Vec<Arms> {
    let phases = later.0.phase_ids().filter(|(_, phase)| phase.kind != PhaseKind::Warmup);
    let told = phases.filter_map(|(id, phase)| {
        let (before, _) = earlier.0.phase_ids().find(|(_, before)| before.name == phase.name)?;
        let figures = contrasts(&Arm::of(later.1, id), &Arm::of(earlier.1, before));
        Some(Arms { phase: phase.name.clone(), figures })
    });
    told.filter(|arms| !arms.figures.is_empty()).collect()
}

fn contrasts(exposed: &Arm, control: &Arm) -> Vec<Contrast> {
    let shares = [("availability", Arm::availability as fn(&Arm) -> Option<Told>), ("lost", Arm::lost)];
    let shares = shares.into_iter().map(|(figure, of)| (figure, of(exposed).zip(of(control))));
    let percentiles = PERCENTILES
        .into_iter()
        .map(|(figure, thousandths)| (figure, exposed.percentile(thousandths).zip(control.percentile(thousandths))));
    let both = shares.chain(percentiles).filter_map(|(figure, both)| both.map(|both| (figure, both)));
    both.map(|(figure, (exposed, control))| contrast(figure, &exposed, &control)).collect()
}

fn contrast(figure: &'static str, exposed: &Told, control: &Told) -> Contrast {
    let (a, b) = (exposed.estimate, control.estimate);
    let known = exposed.known && control.known;
    // Where a figure is known only to exceed something, its bounds are all there is of it.
    let (low, high) = if known {
        let difference = a.minus(b);
        (difference.low, difference.high)
    } else {
        (a.low - b.high, a.high - b.low)
    };
    let none = exposed.none && control.none;
    let value = |told: &Told| told.known.then_some(told.estimate.value);
    Contrast {
        figure,
        exposed: value(exposed),
        control: value(control),
        difference: known.then_some(a.value - b.value),
        low: low.is_finite().then_some(low),
        high: high.is_finite().then_some(high),
        shown: low > 0.0 || high < 0.0,
        n: [exposed.n, control.n],
        n_effective: [exposed, control].map(|told| whole(told.effective)),
        none,
    }
}

/// One arm's messages in one phase.
struct Arm {
    good: u64,
    valid: u64,
    lost: u64,
    owed: u64,
    latency: Distribution,
    /// Whether neighbours fared alike.
    pairs: Pairs,
}

impl Arm {
    fn of(figures: &JourneyFigures, phase: PhaseId) -> Self {
        let latency = Distribution::new(Span::ZERO);
        let pairs = figures.neighbours.bad(Among { phase, route: None });
        let mut arm = Self { good: 0, valid: 0, lost: 0, owed: 0, latency, pairs };
        for cell in figures.cells.iter().filter(|cell| cell.phase == phase) {
            arm.add(cell);
        }
        arm
    }

    fn add(&mut self, cell: &Cell) {
        self.good += cell.good;
        self.valid += cell.valid;
        self.lost += cell.deliveries.lost;
        self.owed += cell.deliveries.owed;
        self.latency.add(cell.latency());
    }

    /// How many independent samples so many are worth: what befalls a message in a row of bad ones is no news.
    fn effective(&self, n: u64) -> f64 {
        self.pairs.effective(n)
    }

    /// The share of `hits` of `n`; `none` if nothing failed by it. Then no two failed in a row either, however others fared by other figures.
    fn share(&self, hits: u64, n: u64, none: bool) -> Option<Told> {
        if n == 0 {
            return None;
        }
        let value = hits as f64 / n as f64;
        let effective = if none { n as f64 } else { self.effective(n) };
        let estimate = Estimate {
            value,
            low: at_least(value * effective, effective, RISK / 2.0),
            high: at_most(value * effective, effective, RISK / 2.0),
        };
        Some(Told { estimate, known: true, n, effective, none })
    }

    fn availability(&self) -> Option<Told> {
        self.share(self.good, self.valid, self.good == self.valid)
    }

    fn lost(&self) -> Option<Told> {
        self.share(self.lost, self.owed, self.lost == 0)
    }

    fn percentile(&self, thousandths: u32) -> Option<Told> {
        let n = self.latency.n();
        let (value, known) = match self.latency.percentile(thousandths) {
            Quantile::Empty => return None,
            Quantile::Value { low, high } => (f64::midpoint(low, high), true),
            Quantile::AtLeast(least) => (least, false),
        };
        let ranks = Ranks::of(f64::from(thousandths) / 1e5, n, self.effective(n), RISK / 2.0);
        let low = match ranks.at_least.map(|rank| self.latency.at_rank(rank)) {
            Some(Quantile::Value { low, .. } | Quantile::AtLeast(low)) => low,
            Some(Quantile::Empty) | None => 0.0,
        };
        let high = match ranks.at_most.map(|rank| self.latency.at_rank(rank)) {
            Some(Quantile::Value { high, .. }) => high,
            Some(Quantile::AtLeast(_) | Quantile::Empty) | None => f64::INFINITY,
        };
        let millis = |secs: f64| secs * 1e3;
        let estimate = Estimate { value: millis(value), low: millis(low.min(value)), high: millis(high.max(value)) };
        Some(Told { estimate, known, n, effective: self.effective(n), none: false })
    }
}
