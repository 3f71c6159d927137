//! How long programs that are not ours got nothing of what they asked for.

use std::collections::BTreeSet;

use crate::analysis::{Observation, ObservedCell, WayFigures, WayOutage};
use crate::plan::{Aggregate, Clock, Plan, Target};
use crate::units::InjectId;
use crate::verdict::evidence::{Evidence, Found, missing};
use crate::verdict::outages;

/// The worst of the outages selected, all together, or how many. Without any: 0 if an inject hit and was tolerated, else nothing is known.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target, taken: &[&ObservedCell]) -> Found {
    let of_inject = |of: &WayOutage| target.expr.of.inject.is_none_or(|inject| Some(inject) == of.inject_id);
    let every: Vec<(&str, &WayOutage)> =
        told(plan, observation, target).filter(|(_, outage)| of_inject(outage)).collect();
    let within = |of: &WayOutage| target.concerns(plan, of.outage.start_s, of.outage.end_s);
    let all: Vec<(&str, &WayOutage)> = every.iter().copied().filter(|(_, outage)| within(outage)).collect();
    let n = all.len() as u64;
    if n == 0 {
        if !is_tolerated(target, &every, taken) {
            return Err(missing(0, "there was no outage, and no inject hit that could have caused one"));
        }
        return Ok(Evidence::exactly(0.0, 0, "tolerated: an inject hit, and no outage followed".to_owned()));
    }
    if target.expr.aggregate == Some(Aggregate::Count) {
        let basis = if n == 1 { "one outage".to_owned() } else { format!("{n} outages") };
        return Ok(Evidence::exactly(n as f64, n, basis));
    }
    let shortest = |outage: &WayOutage| outage.within(target.clock).map_or(0.0, |(low, _)| low);
    let longest = |outage: &WayOutage| outage.within(target.clock).and_then(|(_, high)| high).unwrap_or(f64::INFINITY);
    let (lows, highs) = (all.iter().map(|(_, of)| shortest(of)), all.iter().map(|(_, of)| longest(of)));
    let together = target.expr.aggregate == Some(Aggregate::Sum);
    let (low, high) = if together { (lows.sum(), highs.sum()) } else { (outages::most(lows), outages::most(highs)) };
    let worst = all.iter().max_by(|(_, a), (_, b)| longest(a).total_cmp(&longest(b)));
    let which = if together && n > 1 { format!("{n} outages together, the longest") } else { outages::which(n) };
    let named = worst.map_or_else(String::new, |(way, worst)| name(way, worst, target.clock));
    let observed = Some(high).filter(|high| high.is_finite());
    Ok(Evidence { observed, low, high, n, basis: which + &named, shown: None, window: None })
}

/// Whether an inject hit what is looked at and caused no outage: one that did so in another phase was not tolerated.
fn is_tolerated(target: &Target, every: &[(&str, &WayOutage)], taken: &[&ObservedCell]) -> bool {
    let causes: BTreeSet<InjectId> = every.iter().filter_map(|(_, outage)| outage.inject_id).collect();
    let is_meant = |inject: &InjectId| target.expr.of.inject.is_none_or(|of| of == *inject);
    taken.iter().flat_map(|cell| &cell.hit_by).any(|inject| is_meant(inject) && !causes.contains(inject))
}

/// The outage that decides, in words.
fn name(way: &str, worst: &WayOutage, clock: Clock) -> String {
    let down = if worst.outage.censored { ", still down at the end" } else { "" };
    let from = match worst.within(clock) {
        _ if clock == Clock::Impact => String::new(),
        Some(_) => format!(", counted from {}", clock.name()),
        None => format!(", and there is no {} from which it could count", clock.name()),
    };
    match &worst.inject {
        Some(inject) => format!(": {way} under {inject}{from}{down}"),
        None => format!(": {way}, which no inject explains{from}{down}"),
    }
}

/// The outages of the ways in that a target selects, or there of the host that it names.
fn told<'o>(
    plan: &'o Plan,
    observation: &'o Observation,
    target: &'o Target,
) -> impl Iterator<Item = (&'o str, &'o WayOutage)> {
    let of = target.expr.of;
    let ways = plan.way_ids().zip(&observation.observed).filter(move |((id, _), _)| of.way.is_none_or(|of| of == *id));
    ways.flat_map(move |(_, way)| listed(plan, target, way).iter().map(|outage| (way.id.as_str(), outage)))
}

/// The outages of a way in, or there of the host that a target names.
fn listed<'o>(plan: &Plan, target: &Target, way: &'o WayFigures) -> &'o [WayOutage] {
    let Some(host) = target.expr.of.host else { return &way.outages };
    let host = plan.hosts().get(host.index()).copied();
    let of_host = way.hosts.iter().find(|of| host.is_some() && of.host.as_deref() == host);
    of_host.map_or(&[], |of| &of.outages)
}
