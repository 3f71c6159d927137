//! What the sliding windows of a target show of a way in. What began in a window belongs to it, whatever order the records come in: they are
//! written when what was asked for is over.

use std::collections::BTreeMap;

use super::Alike;
use crate::analysis::Mark;
use crate::analysis::windows::{Asked, Held, Sample, Windows};
use crate::journal::Observed;
use crate::plan::{Metric, Plan, Target};
use crate::units::{HostId, Moment, Span, TargetId, WayId};

use super::cell::{counts, is_good, took};

/// Follows the windows of one target over one way in.
#[derive(Clone, Debug)]
pub(super) struct Sliding {
    pub(super) way: WayId,
    target: TargetId,
    asked: Asked,
    least: u64,
    /// When the windows begin.
    starts: Vec<Moment>,
    /// Those in which something began, by their position.
    held: BTreeMap<usize, Window>,
}

/// What a window holds, and whether neighbours were alike.
#[derive(Clone, Debug)]
struct Window {
    held: Held,
    alike: Alike,
}

impl Sliding {
    /// One for each way in of each target that is about programs and has windows.
    pub(super) fn all(plan: &Plan) -> Vec<Self> {
        let targets = (0_u16..).map(TargetId).zip(&plan.targets);
        let observed = targets.filter(|(_, target)| target.expr.metric.is_observed());
        let each = |(target, part): (TargetId, &Target)| {
            let asked = part.sliding.map(|sliding| Asked::of(plan, part, sliding));
            let of = move |(way, asked): (WayId, Asked)| {
                let least = asked.least(part.min_samples);
                Self { way, target, asked, least, starts: plan.windows_of_way(part), held: BTreeMap::new() }
            };
            plan.ways_of(part).filter_map(|(way, _)| Some((way, asked.clone()?))).map(of).collect::<Vec<_>>()
        };
        observed.flat_map(each).collect()
    }

    /// Takes in what was asked of a host.
    pub(super) fn record(&mut self, host: Option<HostId>, observed: &Observed) {
        let of = &self.asked.expr.of;
        if observed.way != self.way || !counts(observed.end) || (of.host.is_some() && of.host != host) {
            return;
        }
        let Some(sample) = self.sample(observed) else { return };
        let began = observed.began;
        let until = self.starts.partition_point(|start| *start <= began);
        let from = self.starts[..until].partition_point(|start| *start + self.asked.length <= began);
        for position in from..until {
            let start = self.starts[position];
            let new = || Window { held: Held::new(start, Span::ZERO), alike: Alike::default() };
            let window = self.held.entry(position).or_insert_with(new);
            let bad = window.held.add(&self.asked, sample);
            window.alike.add(began, bad);
        }
    }

    /// What it is for the target; `None` = nothing.
    fn sample(&self, observed: &Observed) -> Option<Sample> {
        let metric = self.asked.expr.metric;
        if metric == Metric::ObservedAvailability {
            return Some(Sample::Judged(if is_good(observed) { Mark::Good } else { Mark::Bad }));
        }
        let (of, took) = took(observed);
        (of == metric).then_some(Sample::Took(took))
    }

    /// What the windows show that were over before nothing more was sent.
    pub(super) fn windows(&self, until: Moment) -> Windows {
        let mut windows = Windows::new(self.target, self.least);
        let over = self.starts.iter().enumerate().filter(|(_, start)| **start + self.asked.length <= until);
        for (position, start) in over {
            let held =
                self.held.get(&position).map(|window| Held { pairs: window.alike.pairs(), ..window.held.clone() });
            windows.add(&self.asked, &held.unwrap_or_else(|| Held::new(*start, Span::ZERO)));
        }
        windows
    }
}
