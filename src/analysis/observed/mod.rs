//! What programs that are not ours asked for by ways in, and what they got. The figures grow with the time and with what the plan names, not
//! with what programs ask.

mod alike;
mod cell;
mod course;
mod figures;
mod windows;

use std::collections::BTreeMap;

use super::Outage;
use super::recovery::Attribution;
use crate::journal::{Observed, ObservedEnd};
use crate::plan::{Clock, Metric, PhaseKind, Plan};
use crate::units::{HostId, InjectId, Moment, PhaseId, Span, WayId};

pub use alike::Alike;
pub use cell::{Ends, ObservedCell};
pub use course::WayOutage;
pub use figures::{ObservedFigures, ObservedHost, ObservedPhase, WayFigures};

/// Where an exchange belongs: by its way in, the host that it asked for if the plan names that, and the phase in which it began.
type Place = (WayId, Option<HostId>, PhaseId);

/// Whose outages are told.
#[derive(Clone, Copy, Debug)]
enum Whose {
    /// Those of all that came by a way in.
    Way(WayId),
    /// Those of what was asked of one host there, or of all that no way in names.
    Host(WayId, Option<HostId>),
}

impl Whose {
    /// Whether they are among what was asked of a host by a way in.
    fn takes(self, way: WayId, host: Option<HostId>) -> bool {
        match self {
            Self::Way(of) => of == way,
            Self::Host(of, named) => (of, named) == (way, host),
        }
    }

    /// The tightest objective of a recovery target by this clock that selects this outage, which belongs to this inject.
    fn objective(self, plan: &Plan, clock: Clock, (outage, inject): (&Outage, Option<InjectId>)) -> Option<Span> {
        let (way, host) = match self {
            Self::Way(way) => (way, None),
            Self::Host(_, None) => return None,
            Self::Host(way, host) => (way, host),
        };
        let selecting = plan.targets.iter().filter(|target| {
            let of = target.expr.of;
            target.clock == clock
                && of.host == host
                && of.way.is_none_or(|of| of == way)
                && of.inject.is_none_or(|of| Some(of) == inject)
                && target.concerns(plan, outage.start_s, outage.end_s)
        });
        selecting.filter_map(|target| target.allows(Metric::ObservedRecoveryTime)).min()
    }
}

/// All exchanges of programs that are not ours.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched {
    hosts: BTreeMap<String, HostId>,
    cells: BTreeMap<Place, ObservedCell>,
    /// Those that an inject hit, inject by inject …
    injects: BTreeMap<InjectId, u64>,
    /// … and phase by phase of their beginning.
    phases: BTreeMap<PhaseId, u64>,
    /// When it failed, by way in and host.
    courses: BTreeMap<(WayId, Option<HostId>), course::Course>,
    /// The windows of targets.
    sliding: Vec<windows::Sliding>,
}

impl Watched {
    pub(super) fn new(plan: &Plan) -> Self {
        let hosts = (0_u16..).map(HostId).zip(plan.hosts()).map(|(id, host)| (host.to_owned(), id));
        Self { hosts: hosts.collect(), sliding: windows::Sliding::all(plan), ..Self::default() }
    }

    /// Takes in an exchange or a connection. One by a way in that the plan does not have is passed over.
    pub(super) fn record(&mut self, plan: &Plan, observed: &Observed) {
        if observed.way.index() >= plan.ways_in.len() {
            return;
        }
        let host = observed.host.rsplit_once(':').and_then(|(name, _)| self.hosts.get(name)).copied();
        let phase = plan.phase_at(observed.began).unwrap_or(PhaseId(0));
        let place = (observed.way, host, phase);
        self.cells.entry(place).or_insert_with(|| ObservedCell::new(plan, place)).record(observed);
        self.sliding.iter_mut().for_each(|sliding| sliding.record(host, observed));
        if cell::counts(observed.end) {
            self.courses.entry((observed.way, host)).or_default().add(observed);
        }
        if matches!(observed.end, ObservedEnd::Denied | ObservedEnd::Limited) {
            return;
        }
        for inject in &observed.injects {
            *self.injects.entry(*inject).or_default() += 1;
        }
        if !observed.injects.is_empty() && observed.began < plan.end() {
            *self.phases.entry(phase).or_default() += 1;
        }
    }

    /// How many exchanges and connections an inject hit.
    pub(super) fn hit_by(&self, inject: InjectId) -> u64 {
        self.injects.get(&inject).copied().unwrap_or(0)
    }

    /// How many that began in a phase some inject hit.
    pub(super) fn hit_in(&self, phase: PhaseId) -> u64 {
        self.phases.get(&phase).copied().unwrap_or(0)
    }

    /// The figures, way by way in the order of the plan, and what windows show that were over by then.
    pub(super) fn figures(&self, plan: &Plan, until: Moment, attribution: &Attribution<'_>) -> Vec<WayFigures> {
        let hosts = plan.hosts();
        let way = |(id, way): (WayId, &crate::plan::DrillWay)| {
            let cells: Vec<ObservedCell> = self.cells.values().filter(|cell| cell.way == id).cloned().collect();
            let judged = |cell: &&ObservedCell| plan.phases[cell.phase.index()].kind != PhaseKind::Warmup;
            let phases = plan.phase_ids().map(|(phase, part)| ObservedPhase {
                phase: part.name.clone(),
                figures: ObservedFigures::of(cells.iter().filter(|cell| cell.phase == phase)),
            });
            let mut seen: Vec<Option<HostId>> = cells.iter().map(|cell| cell.host).collect();
            // The others, which are nobody's name, stand last.
            seen.sort_unstable_by_key(|host| (host.is_none(), *host));
            seen.dedup();
            let of_host = |host: Option<HostId>| ObservedHost {
                host: host.and_then(|host| hosts.get(host.index())).map(|host| (*host).to_owned()),
                figures: ObservedFigures::of(cells.iter().filter(judged).filter(|cell| cell.host == host)),
                outages: self.outages(plan, attribution, Whose::Host(id, host)),
            };
            WayFigures {
                id: way.way.name.clone(),
                figures: ObservedFigures::of(cells.iter().filter(judged)),
                phases: phases.collect(),
                hosts: seen.into_iter().map(of_host).collect(),
                outages: self.outages(plan, attribution, Whose::Way(id)),
                cells,
                windows: self
                    .sliding
                    .iter()
                    .filter(|sliding| sliding.way == id)
                    .map(|sliding| sliding.windows(until))
                    .collect(),
            }
        };
        plan.way_ids().map(way).collect()
    }

    fn outages(&self, plan: &Plan, attribution: &Attribution<'_>, whose: Whose) -> Vec<WayOutage> {
        let mut all = course::Course::default();
        let of_it = self.courses.iter().filter(|((way, host), _)| whose.takes(*way, *host));
        of_it.for_each(|(_, course)| all.merge(course));
        all.outages(plan, attribution, whose)
    }
}
