//! What a number of messages shows of a share or a percentile: bounds that hold whatever the distribution, and how many would do.

use super::evidence::Evidence;
use crate::analysis::{Among, Cell, Distribution, Neighbours, Observation};
use crate::confidence::{self, Pairs, RISK};
use crate::plan::{Bound, Confidence, Plan, Target};
use crate::units::{RouteId, Span, thousands};

/// What so many samples show, with 95 % confidence on either side; of an interval, on both sides together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shown {
    /// How many independent samples they are worth.
    pub(super) effective: f64,
    /// It is at least this, …
    pub(super) low: f64,
    /// … and at most this; `f64::INFINITY` = they are too few to tell.
    pub(super) high: f64,
    /// The share that came, and the share that was asked for: of good messages, or of those up to a percentile's bound.
    pub(super) shares: (f64, f64),
    pub(super) n: u64,
}

impl Shown {
    /// How many such samples would tell on which side of the target's bound it lies, if they went on like that; `None` = no number of them.
    pub(super) fn enough(&self) -> Option<u64> {
        let (came, asked) = self.shares;
        let independent = confidence::enough(came, asked, RISK)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        let needed = libm::ceil(independent as f64 * (self.n as f64 / self.effective)) as u64;
        Some(needed)
    }
}

/// Good messages among those that count; `alike` are neighbours by whether they were bad.
pub(super) fn availability(taken: &[&Cell], target: &Target, alike: &Pairs) -> Evidence {
    let (good, n) = taken.iter().fold((0, 0), |(good, n), cell| (good + cell.good, n + cell.valid));
    let basis = format!("{} of {} messages were good", thousands(good), thousands(n));
    let shown = share(target, (good, n), alike);
    Evidence { shown: Some(shown), ..Evidence::exactly(good as f64 / n as f64, n, basis) }
}

/// What the neighbours that a target selects had in common: among those that its route carried if it names one, else among all.
pub(super) fn alike(
    plan: &Plan,
    observation: &Observation,
    target: &Target,
    of: impl Fn(&Neighbours, Among) -> Option<Pairs>,
) -> Pairs {
    let named = target.expr.of.route;
    let mut pairs = Pairs::default();
    for figures in observation.journeys.iter().filter(|figures| plan.selects(&target.expr.of, figures.journey)) {
        let routes = &plan.journeys[figures.journey.index()].routes;
        let routes = (0_u8..).map(RouteId).zip(routes).filter(|(_, route)| Some(route.endpoint) == named);
        let routes: Vec<Option<RouteId>> = match named {
            Some(_) => routes.map(|(route, _)| Some(route)).collect(),
            None => vec![None],
        };
        for (phase, route) in target.phases.iter().flat_map(|phase| routes.iter().map(move |route| (*phase, *route))) {
            pairs.add(&of(&figures.neighbours, Among { phase, route }).unwrap_or_default());
        }
    }
    pairs
}

/// A share of so many samples, of which neighbours have so much in common.
pub(super) fn share(target: &Target, (some, n): (u64, u64), pairs: &Pairs) -> Shown {
    let (share, effective, risk) = (some as f64 / n as f64, pairs.effective(n), risk(target));
    Shown {
        effective,
        low: confidence::at_least(share * effective, effective, risk),
        high: confidence::at_most(share * effective, effective, risk),
        shares: (share, target.expr.bound.value()),
        n,
    }
}

/// How often either bound may be wrong. Of an interval that is one in twenty for both together.
fn risk(target: &Target) -> f64 {
    if target.confidence == Confidence::Interval { RISK / 2.0 } else { RISK }
}

/// A percentile of a latency. `alike` says whether neighbours were alike in being longer than so much.
pub(super) fn percentile(
    target: &Target,
    all: &Distribution,
    thousandths: u32,
    alike: impl FnOnce(Span) -> Pairs,
) -> Option<Shown> {
    let (Bound::Time(bound), n) = (target.expr.bound, all.n()) else { return None };
    let quantile = f64::from(thousandths) / 1e5;
    let effective = alike(bound).effective(n);
    let (low, high) = all.between(thousandths, effective, risk(target));
    // That a percentile is at most so much is that at least such a share is.
    Some(Shown { effective, low, high, shares: (all.share_up_to(bound), quantile), n })
}
