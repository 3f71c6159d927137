use super::events::ended;
use super::flows::{contract, processor, recourse};
use super::table::{Cell, Table, Tone};
use crate::journal::WorldKind;
use crate::plan::{Claim, EndpointKind, Journey, Plan, Receipts, Recipients};
use crate::report::Report;
use crate::report::names::{Names, claim_kind, claim_op};
use crate::report::words::{NONE, count, list, plain, secs, secs_exact};

/// Which drill this is: enough to play it again and to tell it from any other.
pub(super) fn identification(report: &Report<'_>) -> Vec<(&'static str, String)> {
    let Report { plan, start, observation, .. } = *report;
    let world = match start.world {
        WorldKind::Sockets => "live: real time, real sockets",
        WorldKind::Virtual => "simulated: virtual time, in memory",
    };
    let started = match start.world {
        WorldKind::Sockets => ("Started", plain(&start.started)),
        WorldKind::Virtual => ("Drill's own clock", format!("{} (fixed; --start sets it)", plain(&start.started))),
    };
    let mut rows = vec![("Scenario", plain(&plan.name))];
    rows.extend(plan.variant.as_deref().map(|variant| ("Variant", plain(variant))));
    rows.extend([
        ("Kind of exercise", format!("functional, {world}, {}", accounts(plan, start.world))),
        started,
        ("Lasted", secs(observation.at.secs_f64())),
        ("Ended", observation.end.map_or("unsealed: the run broke off", ended).into()),
        ("Seed", start.seed.0.to_string()),
        ("Plan, SHA-256", plain(&start.plan_sha256)),
        ("Tool", format!("firedrill {}", plain(&start.firedrill))),
        ("Records", count(observation.position)),
    ]);
    rows
}

/// Whose accounts took part. A rehearsal reaches nobody, whatever its plan names.
fn accounts(plan: &Plan, world: WorldKind) -> &'static str {
    let real = plan.endpoints.iter().any(|endpoint| endpoint.url.is_some() && !endpoint.credentials.is_empty());
    match world {
        WorldKind::Sockets if real => "synthetic texts; real accounts where an endpoint by url has credentials",
        _ => "synthetic accounts and texts",
    }
}

/// What was sent, by whom, to whom and on which ways.
pub(super) fn scope(plan: &Plan) -> Table {
    let titles = ["Journey", "Sends", "From", "To", "#Rate", "#Deadline", "Ways, in order"];
    let mut table = Table::new("What was sent: the synthetic business of the drill", &titles);
    for journey in &plan.journeys {
        table.rows.push(journey_row(plan, journey));
    }
    table
}

fn journey_row(plan: &Plan, journey: &Journey) -> Vec<Cell> {
    let names = Names(plan);
    let people = |id, count: u32| {
        let group = plan.groups.get(crate::units::GroupId::index(id));
        group.map_or(NONE.into(), |g| format!("{} ({count} in {})", names.group(id), names.region(g.region)))
    };
    let recipients = people(journey.recipients(), plan.recipients(journey).count());
    let to = match journey.to {
        Recipients::One(_) => format!("one of {recipients}"),
        Recipients::All(_) => format!("all of {recipients}"),
    };
    let routes: Vec<_> = journey.routes.iter().map(|route| names.endpoint(route.endpoint)).collect();
    vec![
        Cell::name(plain(&journey.name)),
        journey.send.name().into(),
        people(journey.from, plan.senders(journey).count()).into(),
        to.into(),
        journey.rate.to_string().into(),
        secs_exact(journey.deadline.secs_f64()).into(),
        routes.join(" → ").into(),
    ]
}

/// What was sent to, where it stands and who processes it.
pub(super) fn endpoints(plan: &Plan) -> Table {
    let titles =
        ["Endpoint", "Platform", "Region", "Processor", "Receipts", "Contract or SLA", "Recourse", "Real or twin"];
    let mut table = Table::new("Endpoints: where data went in this drill", &titles);
    for endpoint in &plan.endpoints {
        let real = match &endpoint.url {
            Some(url) => Cell::from("real service").with(plain(&url.to_string())),
            None => "twin".into(),
        };
        table.rows.push(vec![
            Cell::name(plain(&endpoint.name)),
            endpoint.kind.to_string().into(),
            Names(plan).region(endpoint.region).into(),
            processor(endpoint),
            match &endpoint.kind {
                EndpointKind::Gateway(_) => "from where it sends on to".into(),
                // No message goes there.
                EndpointKind::Sso(_) | EndpointKind::Dlp => NONE.into(),
                _ => receipts(endpoint.receipts),
            },
            contract(endpoint),
            recourse(endpoint),
            real,
        ]);
    }
    table
}

/// How the drill heard that messages were received.
fn receipts(receipts: Receipts) -> Cell {
    match receipts {
        Receipts::Acceptance => Cell::badge("none: acceptance only", Tone::Warn),
        Receipts::Inbox => "inbox of the twin".into(),
        Receipts::Stream => "Stream mode".into(),
        Receipts::Notification => "change notifications".into(),
        Receipts::Sync => "sync".into(),
        Receipts::Push => "pushed by the service".into(),
        Receipts::ReadStatus { every } => Cell::from("read status").with(format!("asked for every {every}")),
        Receipts::Ledger { every } => Cell::from("ledger of bookings").with(format!("read every {every}")),
        Receipts::Poll { every } => Cell::from("recipients ask").with(format!("every {every}")),
    }
}

/// What somebody asserted, and whether anyone verified it.
pub(super) fn claims(plan: &Plan) -> Table {
    let titles = ["Claim", "Figure", "Kind", "Source", "Verified", "Targets that rest on it"];
    let mut table = Table::new("Figures that were asserted, not measured here", &titles);
    for claim in &plan.claims {
        let verified = if claim.verified {
            Cell::badge("✔ yes", Tone::Good)
        } else {
            Cell::badge("✘ not verified", Tone::Warn)
        };
        let name = Cell::name(plain(&claim.name));
        table.rows.push(vec![
            claim.note.as_deref().map_or(name.clone(), |note| name.with(plain(note))),
            format!("{}{}", claim_op(claim.op), plain(&claim.value)).into(),
            claim_kind(claim.kind).into(),
            plain(&claim.source).into(),
            verified,
            resting_on(plan, claim).into(),
        ]);
    }
    table
}

/// The targets whose bound is that of a claim.
fn resting_on(plan: &Plan, claim: &Claim) -> String {
    let resting = plan.targets.iter().filter(|target| target.claim.as_ref() == Some(&claim.name));
    let names: Vec<_> = resting.map(|target| plain(&target.name)).collect();
    if names.is_empty() { NONE.into() } else { list(&names) }
}

/// The endpoints that are twins, in a list.
pub(super) fn twins(plan: &Plan) -> String {
    list(
        &plan
            .endpoint_ids()
            .filter(|(_, e)| e.url.is_none())
            .map(|(id, _)| Names(plan).endpoint(id))
            .collect::<Vec<_>>(),
    )
}
