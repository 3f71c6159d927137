//! Where data went, and what crossed a boundary on its way.

use std::collections::{BTreeMap, BTreeSet};

use super::table::{Cell, Table, Tone};
use crate::analysis::{BoundaryFigures, Flow, Heard, Observation, Revoked};
use crate::plan::{Boundary, Endpoint, Plan, Reach, Tier, When};
use crate::report::Report;
use crate::report::names::{self, Names};
use crate::report::words::{NONE, count, list, moment, plain, secs, secs_range};
use crate::units::{EndpointId, JourneyId, RegionId};

/// Where a journey's messages go, and by which gateway.
type Way = (JourneyId, EndpointId, RegionId, Option<EndpointId>);

/// What was carried on a way.
#[derive(Default)]
struct Carried {
    attempts: u64,
    bytes: u64,
    when: BTreeSet<When>,
}

/// The data-flow inventory: every way that the scenario plans, and every way that was really taken.
pub(super) fn inventory(report: &Report<'_>) -> Table {
    let Report { plan, observation, .. } = *report;
    let titles = [
        "Data",
        "Journey",
        "Endpoint",
        "Region",
        "Processor",
        "Contract or SLA",
        "Recourse",
        "#Attempts",
        "#Bytes",
        "In which course",
    ];
    let mut table = Table::new("Data flows: which data went where, to whose hands, under which promise", &titles);
    for ((journey, endpoint, region, via), carried) in ways(plan, &observation.flows) {
        let (names, part) = (Names(plan), &plan.journeys[journey.index()]);
        let at = &plan.endpoints[endpoint.index()];
        table.rows.push(vec![
            Cell::name(part.class.as_deref().map_or("no class stated".into(), plain)),
            names.journey(journey).into(),
            match via {
                Some(via) => Cell::from(plain(&at.name)).with(format!("by {}", names.endpoint(via))),
                None => plain(&at.name).into(),
            },
            names.region(region).into(),
            processor(at),
            contract(at),
            recourse(at),
            count(carried.attempts).into(),
            count(carried.bytes).into(),
            course(&carried.when),
        ]);
    }
    table
}

fn ways(plan: &Plan, flows: &[Flow]) -> BTreeMap<Way, Carried> {
    let mut ways: BTreeMap<Way, Carried> = BTreeMap::new();
    for (id, journey) in plan.journey_ids().filter(|(_, journey)| journey.control_of.is_none()) {
        for route in &journey.routes {
            let region = |id: EndpointId| plan.endpoints[id.index()].region;
            ways.entry((id, route.endpoint, region(route.endpoint), None)).or_default();
            let gateway = plan.endpoints[route.endpoint.index()].gateway();
            let inspected = plan.inspection(route.endpoint).map(|inspection| inspection.by);
            let forwards = gateway.map_or(&[][..], |gateway| gateway.forwards(journey));
            for to in forwards.iter().chain(&inspected) {
                ways.entry((id, *to, region(*to), Some(route.endpoint))).or_default();
            }
        }
    }
    for flow in flows {
        let journey = plan.journeys[flow.journey.index()].control_of.unwrap_or(flow.journey);
        let way = ways.entry((journey, flow.endpoint, flow.region, flow.via)).or_default();
        way.attempts += flow.attempts;
        way.bytes += flow.bytes;
        way.when.insert(flow.when);
    }
    ways
}

/// Who processes what is sent to an endpoint.
pub(super) fn processor(endpoint: &Endpoint) -> Cell {
    endpoint.processor.as_deref().map_or("not stated".into(), |processor| plain(processor).into())
}

/// Which contract or service level covers what is sent to an endpoint.
pub(super) fn contract(endpoint: &Endpoint) -> Cell {
    match endpoint.contract.as_deref() {
        None => "not stated".into(),
        Some("none") => Cell::badge("✘ none", Tone::Warn),
        Some(contract) => plain(contract).into(),
    }
}

/// What can be claimed of whoever runs an endpoint.
pub(super) fn recourse(endpoint: &Endpoint) -> Cell {
    match endpoint.tier {
        Tier::Unstated => "not stated".into(),
        Tier::Paid => "as contracted".into(),
        Tier::Free => Cell::badge("✘ no recourse", Tone::Warn).with("free plan: no service level was promised"),
    }
}

fn course(when: &BTreeSet<When>) -> Cell {
    let words: Vec<String> = when.iter().map(|when| names::course(*when).to_owned()).collect();
    if words.is_empty() { "planned, and not used".into() } else { list(&words).into() }
}

/// Boundary by boundary, what crossed it in which course of things; empty without boundaries.
pub(super) fn boundaries(report: &Report<'_>) -> Table {
    let Report { plan, observation, .. } = *report;
    let titles = [
        "Boundary",
        "What it says",
        "#Carried",
        "#As usual",
        "#After a failover",
        "#From an outbox",
        "#After a return",
        "Held",
    ];
    let mut table = Table::new("Boundaries: attempts that carried data across, by the course of things", &titles);
    for (boundary, figures) in plan.boundaries.iter().zip(&observation.boundaries) {
        let carried = Cell::from(count(figures.carried));
        let carried = match figures.control {
            Some(control) => carried.with(format!("and {} of control arms", count(control.carried))),
            None => carried,
        };
        let mut row = vec![Cell::name(plain(&boundary.name)), rule(plan, boundary).into(), carried];
        let crossed = When::ALL.iter().map(|(name, _)| figures.violations.get(name).copied().unwrap_or_default());
        row.extend(crossed.map(|crossed| if crossed == 0 { NONE.into() } else { count(crossed).into() }));
        let by_control = figures.control.map_or(0, |control| control.crossed);
        let held = match (figures.crossed(), figures.carried) {
            (0, 0) => Cell::badge("nothing was carried", Tone::Warn),
            (0, _) if by_control > 0 => Cell::badge("✔ held", Tone::Warn),
            (0, _) => Cell::badge("✔ held", Tone::Good),
            (crossed, _) => Cell::badge(format!("✘ crossed {}", times(crossed)), Tone::Bad),
        };
        row.push(match by_control {
            0 => held,
            crossed => held.with(format!("by control arms crossed {}", times(crossed))),
        });
        table.rows.push(row);
    }
    table
}

fn times(n: u64) -> String {
    if n == 1 { "once".into() } else { format!("{} times", count(n)) }
}

/// `customers within hk and singapore`.
fn rule(plan: &Plan, boundary: &Boundary) -> String {
    let names = Names(plan);
    let classes = boundary.classes.iter().map(|class| plain(class));
    let groups = boundary.groups.iter().map(|group| format!("sent or received by {}", names.group(*group)));
    let whom: Vec<String> = classes.chain(groups).collect();
    let (word, places) = match &boundary.rule {
        Reach::Within(places) => ("within", places),
        Reach::Never(places) => ("never", places),
    };
    let places: Vec<String> = places.iter().map(|place| names.place(*place)).collect();
    format!("{} {word} {}", whom.join(", "), list(&places))
}

/// The earliest crossings of each boundary, one by one: the message, the way it took and the moment; empty if there were none.
pub(super) fn crossings(observation: &Observation) -> Table {
    let titles = ["Boundary", "#At", "Message", "Data", "Sent by", "Way it took", "In which course"];
    let all: u64 = observation.boundaries.iter().map(BoundaryFigures::crossed).sum();
    let told: usize = observation.boundaries.iter().map(|figures| figures.first.len()).sum();
    let caption = if all == told as u64 {
        "What crossed a boundary".to_owned()
    } else {
        format!("What crossed a boundary: the first {told} of {}; the journal has all", count(all))
    };
    let mut table = Table::new(caption, &titles);
    for figures in &observation.boundaries {
        for crossing in &figures.first {
            let way = format!(
                "{}connection {} to {} in {}",
                crossing.via.as_deref().map_or(String::new(), |via| format!("by {}, ", plain(via))),
                crossing.connection,
                plain(&crossing.endpoint),
                plain(&crossing.region)
            );
            table.rows.push(vec![
                Cell::name(plain(&figures.id)),
                moment(crossing.at_s).into(),
                Cell::from(plain(&crossing.message)).with(match crossing.via {
                    Some(_) if crossing.attempt == 0 => "inspected".to_owned(),
                    Some(_) => format!("sent on, try {}", crossing.attempt),
                    None => format!("attempt {}", crossing.attempt),
                }),
                crossing.class.as_deref().map_or("no class stated".into(), |class| plain(class).into()),
                plain(&crossing.account).into(),
                way.into(),
                names::course(crossing.when).into(),
            ]);
        }
    }
    table
}

/// How long those who were taken away could still send; empty if nobody was.
pub(super) fn revoked(observation: &Observation) -> Table {
    let titles = [
        "Inject",
        "Journey",
        "By",
        "Sends",
        "#Accounts",
        "#Taken after it",
        "#Refused",
        "Revoked after",
        "Last taken",
        "Refused for good",
    ];
    let mut table = Table::new("Access of those who were taken away, way by way", &titles);
    for way in &observation.revoked {
        let after = match way.hi_s {
            Some(hi_s) => secs_range(way.lo_s, Some(hi_s)).into(),
            None if way.accounts == 0 => Cell::badge("? not heard of", Tone::Warn),
            None => Cell::badge("✘ never seen", Tone::Bad).with(format!("the last was taken after {}", secs(way.lo_s))),
        };
        table.rows.push(vec![
            Cell::name(plain(&way.inject)),
            plain(&way.journey).into(),
            plain(&way.route).into(),
            way.capability.into(),
            accounts(way),
            count(way.taken).into(),
            count(way.refused).into(),
            after,
            last_taken(way),
            way.first_refused.as_ref().map_or_else(|| NONE.into(), heard),
        ]);
    }
    table
}

/// Of how many it was heard there, and of how many not.
fn accounts(way: &Revoked) -> Cell {
    let cell = Cell::from(count(way.accounts));
    if way.unheard == 0 { cell } else { cell.with(format!("{} not heard of", count(way.unheard))) }
}

/// The last that was taken: of everybody, or of each to whom it stayed open.
fn last_taken(way: &Revoked) -> Cell {
    let [first, others @ ..] = &way.open_to[..] else {
        return way.last_taken.as_ref().map_or_else(|| NONE.into(), heard);
    };
    let mut accounts: Vec<String> = others.iter().map(|other| plain(&other.account)).collect();
    let untold = way.open - way.open_to.len() as u64;
    if untold > 0 {
        accounts.push(format!("{} more", count(untold)));
    }
    let cell = heard(first);
    if accounts.is_empty() {
        cell
    } else {
        Cell { more: cell.more.map(|more| format!("{more}; open to {} as well", accounts.join(", "))), ..cell }
    }
}

/// A message, who sent it, the way it took and the moment.
fn heard(of: &Heard) -> Cell {
    let connection = of.connection.map_or_else(String::new, |connection| format!(", connection {connection}"));
    let more = format!("{}, {}, attempt {}{connection}", plain(&of.account), moment(of.at_s), of.attempt);
    Cell::from(plain(&of.message)).with(more)
}
