//! What is looked at before anything starts: descriptors and room for the journal.

use std::collections::BTreeSet;
use std::path::Path;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::journal::{self, WorldKind};
use crate::limits::HEAD_TIMEOUT;
use crate::plan::{Endpoint, Journey, Plan, Receipts};
use crate::units::{AccountId, EndpointId, Moment};

/// Why a drill is not started.
#[derive(Debug, thiserror::Error)]
pub(super) enum PreflightError {
    #[error(
        "this drill has at least {} files open at once, and up to about {} where nothing is answered, and the system allows {allowed}; \
         raise the limit (ulimit -n {}), or plan fewer accounts, routes or messages in flight", need.least, need.most, need.most
    )]
    Descriptors { need: Need, allowed: u64 },
    #[error(transparent)]
    Room(#[from] journal::RoomError),
}

/// How many descriptors a drill needs at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// If everything is answered at once: what is there in any case.
    least: u64,
    /// If nothing is, and as many messages are under way as may be. What programs open that are not ours is not known.
    most: u64,
}

/// Descriptors that the process itself has: streams, event queues, the journal.
const OWN: u64 = 8;

/// Some to spare, for what is opened for a moment.
const SPARE: u64 = 64;

/// Checks what the drill will need.
pub(super) fn check(plan: &Plan, world: WorldKind, run: &Path) -> Result<(), PreflightError> {
    if world == WorldKind::Sockets {
        descriptors(plan)?;
    }
    Ok(journal::check_room(plan, run)?)
}

/// Raises the soft limit as far as it may go, if that is needed. A drill that may need more than that is played: should they run out, it notices and
/// ends.
fn descriptors(plan: &Plan) -> Result<(), PreflightError> {
    let need = needed(plan);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|allowed| allowed >= need.most) {
        return Ok(());
    }
    let raised = maximum.map_or(need.most, |most| most.min(need.most));
    let set = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum });
    let allowed = if set.is_ok() { raised } else { current.unwrap_or(raised) };
    if allowed < need.least {
        return Err(PreflightError::Descriptors { need, allowed });
    }
    if allowed < need.most {
        tracing::warn!(
            "where nothing is answered, this drill may have up to about {most} files open at once, and the system allows {allowed}: should they run \
             out, it ends as an error; to be sure, raise the limit (ulimit -n {most}), or plan shorter timeouts or fewer messages in flight",
            most = need.most
        );
    }
    Ok(())
}

fn needed(plan: &Plan) -> Need {
    let receivers = Receivers::of(plan);
    let listeners = listeners(plan) + 2 * receivers.called.len() as u64;
    let held = legs(plan, &receivers.held);
    // Services of others close what is idle when they like.
    let is_twin = |place: &Place| plan.endpoints[place.1.index()].url.is_none();
    let writers = plan.journeys.iter().flat_map(|journey| writers(plan, journey));
    let kept = writers.chain(receivers.asking.iter().copied()).filter(is_twin).collect();
    let others = legs(plan, &receivers.asking) + legs(plan, &receivers.seldom) + legs(plan, &receivers.called);
    let flying = plan.journeys.iter().map(|journey| flying(plan, journey)).sum::<u64>();
    Need { least: OWN + listeners + held + legs(plan, &kept), most: OWN + SPARE + listeners + held + others + flying }
}

/// Whoever has a connection, and where.
type Place = (AccountId, EndpointId);

/// Recipients, by how they hear of messages.
#[derive(Default)]
struct Receivers {
    /// On a connection that is there all the time.
    held: BTreeSet<Place>,
    /// By asking so often that their connection stays.
    asking: BTreeSet<Place>,
    /// By asking now and then.
    seldom: BTreeSet<Place>,
    /// By being called.
    called: BTreeSet<Place>,
}

impl Receivers {
    fn of(plan: &Plan) -> Self {
        let mut receivers = Self::default();
        for journey in &plan.journeys {
            let ways = journey.routes.iter().flat_map(|route| plan.arrivals(route.endpoint));
            for endpoint in ways.filter(|endpoint| plan.has_receipts(journey, *endpoint)) {
                let part = &plan.endpoints[endpoint.index()];
                let places = match part.receipts {
                    Receipts::Inbox | Receipts::Stream | Receipts::Push => &mut receivers.held,
                    Receipts::ReadStatus { .. } if part.url.is_none() => &mut receivers.held,
                    Receipts::Ledger { every } | Receipts::Poll { every } if every >= HEAD_TIMEOUT => {
                        &mut receivers.seldom
                    }
                    Receipts::Ledger { .. } | Receipts::Poll { .. } | Receipts::Sync => &mut receivers.asking,
                    Receipts::Notification => &mut receivers.called,
                    Receipts::ReadStatus { .. } | Receipts::Acceptance => continue,
                };
                places.extend(plan.recipients(journey).iter().map(|account| (account, endpoint)));
            }
        }
        // They ask for what they are called for, and subscribe to it.
        receivers.seldom.extend(&receivers.called);
        receivers
    }
}

/// A door for each region and endpoint, and each twin's own.
fn listeners(plan: &Plan) -> u64 {
    let regions: BTreeSet<_> = plan.accounts.iter().map(|account| plan.region_of(account.address)).collect();
    let twins = plan.endpoints.iter().filter(|endpoint| endpoint.url.is_none()).count();
    (regions.len() * plan.endpoints.len() + twins) as u64
}

/// A connection's ends in this process: client, path on both sides, and the twin if there is one.
fn ends(endpoint: &Endpoint) -> u64 {
    if endpoint.url.is_none() { 4 } else { 3 }
}

fn legs(plan: &Plan, places: &BTreeSet<Place>) -> u64 {
    places.iter().map(|(_, endpoint)| ends(&plan.endpoints[endpoint.index()])).sum()
}

/// The senders whose connection by the first route is there: those whose turn comes before twins close what is idle. Of a Poisson process half
/// of what is due on average is as good as certain.
fn writers(plan: &Plan, journey: &Journey) -> impl Iterator<Item = Place> {
    let senders = plan.senders(journey);
    let due = journey.planned(plan.end().since(Moment::ZERO).min(HEAD_TIMEOUT)) / 2;
    let many = u32::try_from(due).unwrap_or(u32::MAX).min(senders.count());
    let first = journey.routes.first().map(|route| route.endpoint);
    first.into_iter().flat_map(move |endpoint| (0..many).map(move |nth| (senders.nth(nth), endpoint)))
}

/// As many connections as messages may be in flight, or one a sender on each route, whichever is more. Gateways, and whoever looks at tokens, may
/// have another one for each.
fn flying(plan: &Plan, journey: &Journey) -> u64 {
    let per_account = journey.per_account;
    let senders = u64::from(plan.senders(journey).count());
    let of_all = |each: Option<u32>| each.map_or(u64::MAX, |each| senders * u64::from(each));
    let in_flight = u64::from(journey.slots).min(of_all(per_account.in_flight));
    let on_routes = |each: u64| each.saturating_mul(journey.routes.len() as u64);
    let many = in_flight.max(on_routes(senders)).min(on_routes(of_all(per_account.connections)));
    let each = journey.routes.iter().map(|route| {
        let part = &plan.endpoints[route.endpoint.index()];
        ends(part) * (1 + u64::from(part.gateway().is_some()) + u64::from(part.sso.is_some()))
    });
    many * each.max().unwrap_or_default()
}
