//! Error budgets: what a promised availability lets be lost in its window, and what the outages of this drill cost of that.
//!
//! A drill of half an hour shows no availability of a month, and none is extrapolated. What it does show is how long its outages lasted;
//! of a month's allowance each takes a share that is plain arithmetic: (1 − promise) × window is what may be lost, and an outage takes its
//! length of it. An outage is known between bounds, and so is its share.

use super::evidence::{self, Evidence, Found, Missing, missing};
use crate::analysis::{JourneyFigures, Observation, Outage};
use crate::plan::{Plan, Target, Window};
use crate::units::{EndpointId, JourneyId, Moment, Share, Span, secs_exact, secs_range_beside};

/// What the outages of a journey cost of one window's budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// The journey …
    pub journey: JourneyId,
    /// … and the route by which it is promised, if it is by one.
    pub route: Option<EndpointId>,
    /// The availability that is promised.
    pub promised: Share,
    /// For which period.
    pub window: Window,
    /// What may be lost of it.
    pub allowed: Span,
    /// How many outages there were.
    pub outages: usize,
    /// At least so many seconds of it are gone …
    pub low_s: f64,
    /// … and at most so many; `None` if an outage had not ended.
    pub high_s: Option<f64>,
}

impl Budget {
    /// The share of the budget that is gone, at least and at most.
    pub fn spent(&self) -> (f64, Option<f64>) {
        let allowed = self.allowed.secs_f64();
        (self.low_s / allowed, self.high_s.map(|high| high / allowed))
    }
}

/// The budgets of every journey of which an availability is promised for longer than the drill, by the route of which it is: of its own
/// window, and of the month and the quarter in which it starts.
pub fn budgets(plan: &Plan, observation: &Observation) -> Vec<Budget> {
    let mut budgets: Vec<Budget> = Vec::new();
    for target in &plan.targets {
        let Some((promised, own)) = target.service_level() else { continue };
        for figures in &observation.journeys {
            let (journey, route) = (figures.journey, target.expr.of.route);
            let all = outages_of(plan, figures, route).filter(|_| plan.selects(&target.expr.of, journey));
            let Some(all) = all else { continue };
            let windows = [own].into_iter().chain(Window::BUDGETS.into_iter().filter(|window| *window != own));
            for window in windows {
                let known = |one: &Budget| {
                    (one.journey, one.route, one.promised, one.window) == (journey, route, promised, window)
                };
                let Some(allowed) =
                    window.allowance(promised, plan.calendar.as_ref()).filter(|_| !budgets.iter().any(known))
                else {
                    continue;
                };
                let Lost { low, high, outages } = Lost::of(plan, target, journey, all);
                budgets.push(Budget { journey, route, promised, window, allowed, outages, low_s: low, high_s: high });
            }
        }
    }
    budgets
}

/// What the outages of this drill leave of a window, if nothing else happens in it: the availability that it can still have.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target, window: (Window, Span)) -> Found {
    let Lost { low, high, outages } = worst(plan, observation, target)?;
    let (told, whole) = (window.0.told(plan.calendar.as_ref()), window.1.secs_f64());
    let left = |lost: f64| ((whole - lost) / whole).max(0.0);
    let may = target.service_level().and_then(|(promised, own)| own.allowance(promised, plan.calendar.as_ref()));
    let of_it = may.map_or_else(String::new, |may| format!(": {}", took((low, high), may)));
    let basis = match outages {
        0 => format!("no outage took anything of {told}"),
        n => {
            let leave = if n == 1 { "leaves" } else { "leave" };
            format!("what {} {leave} of {told}, if nothing else happens{of_it}", counted(n))
        }
    };
    Ok(Evidence {
        observed: high.map(left),
        low: high.map_or(0.0, left),
        high: left(low),
        n: outages as u64,
        basis,
        shown: None,
        window: None,
    })
}

/// The share of a promise's error budget that the outages of this drill cost, over the journey that spent most.
pub(super) fn spent(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let slo = target.expr.of.slo.and_then(|slo| plan.targets.get(slo.index()));
    let Some((slo, (promised, window))) = slo.and_then(|slo| Some((slo, slo.service_level()?))) else {
        return Err(missing(0, "no promise with an error budget is named"));
    };
    let calendar = plan.calendar.as_ref();
    let Some(allowed) = window.allowance(promised, calendar) else {
        return Err(missing(0, "nothing may be lost, so that no share of it can be told"));
    };
    // Of the promise's journeys and routes, in the phases of this target.
    let of = Target { phases: target.phases.clone(), ..slo.clone() };
    if slo.budgeting.is_some() {
        return evidence::evidence(plan, observation, &of)
            .map(|left| counted_off(&left, &of, (promised, &window.told(calendar))));
    }
    if !evidence::cells(plan, observation, &of).any(|cell| evidence::says_something(of.expr.metric, cell)) {
        return Err(missing(0, "no message was judged there"));
    }
    let Lost { low, high, outages } = worst(plan, observation, &of)?;
    let share = |lost: f64| lost / allowed.secs_f64();
    let (slo, told) = (&slo.name, window.told(calendar));
    let basis = match outages {
        0 => format!("no outage took anything of the {} that `{slo}` lets be lost in {told}", whole(allowed)),
        n => format!(
            "{} took {} of the {} that `{slo}` lets be lost in {told}",
            counted(n),
            secs_range_beside(low, high, Some(allowed.secs_f64())),
            whole(allowed)
        ),
    };
    Ok(Evidence {
        observed: high.map(share),
        low: share(low),
        high: high.map_or(f64::INFINITY, share),
        n: outages as u64,
        basis,
        shown: None,
        window: None,
    })
}

/// What is spent of a budget that counts slices or messages: what is missing of the window's availability, of what may be.
fn counted_off(left: &Evidence, slo: &Target, (promised, window): (Share, &str)) -> Evidence {
    let spent = |left: f64| (1.0 - left) / (1.0 - promised.fraction());
    let name = &slo.name;
    let basis = format!("{}, of the {promised} that `{name}` promises for {window}", left.basis);
    Evidence { observed: left.observed.map(spent), low: spent(left.high), high: spent(left.low), basis, ..left.clone() }
}

/// `45 min 00 s of the 44 min 38.4 s that may be lost`.
fn took((low, high): (f64, Option<f64>), may: Span) -> String {
    format!("{} of the {} that may be lost", secs_range_beside(low, high, Some(may.secs_f64())), whole(may))
}

/// A length of time that follows from what somebody wrote.
fn whole(span: Span) -> String {
    secs_exact(span.secs_f64())
}

fn counted(outages: usize) -> String {
    if outages == 1 { "one outage".to_owned() } else { format!("{outages} outages") }
}

/// How long a journey was down in the phases of a target, in seconds.
struct Lost {
    low: f64,
    /// `None` if an outage had not ended.
    high: Option<f64>,
    /// How many outages some of which lies in them.
    outages: usize,
}

impl Lost {
    /// What of these outages of a journey lies in the phases of a target, whatever begins before or ends after them.
    fn of(plan: &Plan, target: &Target, journey: JourneyId, all: &[Outage]) -> Self {
        let deadline = plan.journeys[journey.index()].deadline;
        let mut lost = Self { low: 0.0, high: Some(0.0), outages: 0 };
        for outage in all.iter().filter(|outage| target.concerns(plan, outage.start_s, outage.end_s)) {
            // It was down from a deadline after the first bad message was due until the last one was. It was so at most from the last good
            // message before until the first after it was received.
            let certain = (outage.start + deadline, Some(outage.last_bad));
            let (low, high) = [certain, (outage.last_good, outage.end)].map(|of| within(plan, target, of)).into();
            lost.low += low.unwrap_or_default().secs_f64();
            lost.high = lost.high.zip(high).map(|(sum, high)| sum + high.secs_f64());
            lost.outages += 1;
        }
        lost
    }
}

/// How much of a time lies in the phases of a target; `None` if that has no bound.
fn within(plan: &Plan, target: &Target, (from, to): (Moment, Option<Moment>)) -> Option<Span> {
    target.phases.iter().map(|phase| &plan.phases[phase.index()]).try_fold(Span::ZERO, |sum, phase| {
        // What comes after the last phase belongs to it.
        let is_last = phase.end() >= plan.end();
        let until = if is_last { to } else { Some(to.map_or(phase.end(), |to| to.min(phase.end()))) };
        Some(sum + until?.since(from.max(phase.start)))
    })
}

/// The outages of a journey, or of what it sends by a route; `None` if it cannot come by that.
fn outages_of<'o>(plan: &Plan, figures: &'o JourneyFigures, route: Option<EndpointId>) -> Option<&'o [Outage]> {
    let Some(endpoint) = route else { return Some(&figures.outages) };
    let mut routes = figures.routes.iter().zip(&plan.journeys[figures.journey.index()].routes);
    routes.find(|(_, route)| route.endpoint == endpoint).map(|(slice, _)| &slice.outages[..])
}

/// Of the journeys that a target selects the one that lost most.
fn worst(plan: &Plan, observation: &Observation, target: &Target) -> Result<Lost, Missing> {
    let of = target.expr.of;
    let journeys = observation.journeys.iter().filter(|figures| plan.selects(&of, figures.journey));
    let lost = journeys.filter_map(|figures| {
        outages_of(plan, figures, of.route).map(|all| Lost::of(plan, target, figures.journey, all))
    });
    let longest = |lost: &Lost| (lost.high.unwrap_or(f64::INFINITY), lost.low);
    let order = |a: &Lost, b: &Lost| longest(a).partial_cmp(&longest(b)).unwrap_or(std::cmp::Ordering::Equal);
    lost.max_by(order).ok_or_else(|| missing(0, "no message was judged there"))
}
