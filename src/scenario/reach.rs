//! Whether the traffic of a scenario gives an inject anything to hit.

use super::cx::Cx;
use super::diagnostic::Code;
use super::scenario::Parts;
use super::table::id;
use crate::plan::{
    Capability, Endpoint, EndpointKind, Fault, FreezeMode, Group, Hits, Inject, Journey, Receipts, Verify,
};
use crate::units::{EndpointId, GroupId, RegionId};

/// The connections of one group, or of another endpoint, to one endpoint.
struct Flow {
    /// `None` = nobody's: of a gateway that asks for itself, or of an auditor, or of a store of documents.
    group: Option<GroupId>,
    /// Where its addresses lie.
    source: RegionId,
    /// The legs that it crosses.
    way: Vec<(RegionId, RegionId)>,
    endpoint: EndpointId,
    capabilities: Vec<Capability>,
    /// Whether something stands by which the endpoint pushes.
    has_socket: bool,
    kind: EndpointKind,
}

/// A lint for every inject that no connection of any journey can meet.
pub(super) fn never_hits(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    let unread = parts.journeys.rows.iter().any(|row| row.value.is_none())
        || parts.groups.rows.iter().any(|row| row.value.is_none())
        || parts.endpoints.rows.iter().any(|row| row.value.is_none());
    if unread {
        return;
    }
    let mut flows: Vec<_> = parts.journeys.read().flat_map(|(.., journey)| flows(parts, journey)).collect();
    flows.extend(parts.endpoints.read().filter_map(|(at, _, endpoint)| audit(EndpointId(id(at)), endpoint)));
    for (_, row, inject) in parts.injects.read() {
        let deaf =
            |id: &&EndpointId| parts.endpoints.get(id.index()).is_some_and(|at| at.kind.is_deaf_to(&inject.fault));
        if let Some(endpoint) = inject.aim.endpoints.iter().find(deaf).and_then(|id| parts.endpoints.get(id.index())) {
            let (name, fault, at) = (&row.name, inject.fault.name(), &endpoint.name);
            let message = format!(
                "inject `{name}` (`{fault}`) does nothing at `{at}`: {} has nothing of the kind",
                endpoint.kind
            );
            let hint = if inject.fault.is_of_inspection() {
                "aim it at an endpoint of `kind: dlp`"
            } else {
                "aim it at another endpoint, or choose another fault; docs/faults.md says what each does"
            };
            cx.lint(Code::NeverHits, row.at, message, hint.to_owned());
            continue;
        }
        if inject.fault.action().is_some() || flows.iter().any(|flow| flow.meets(inject)) {
            continue;
        }
        let pushed = matches!(inject.fault.doc().hits, Hits::Pushed | Hits::Sockets);
        let (why, hint) = if pushed && !flows.iter().any(Flow::is_pushed) {
            let why = "no endpoint of any journey pushes to its recipients";
            (why, "let an endpoint tell of receipts by its inbox, a Stream or notifications, or choose another fault")
        } else {
            ("no connection of any journey matches its aim", "`firedrill plan` shows who talks to whom")
        };
        let message = format!("inject `{}` (`{}`) can never hit: {why}", row.name, inject.fault.name());
        cx.lint(Code::NeverHits, row.at, message, hint.to_owned());
    }
}

/// Senders log in and send over every route; recipients are pushed to by twins.
fn flows(parts: &Parts<'_>, journey: &Journey) -> Vec<Flow> {
    let mut flows = Vec::new();
    for id in journey.routes.iter().map(|route| route.endpoint) {
        if let Some(gateway) = parts.endpoints.get(id.index()).filter(|endpoint| endpoint.gateway().is_some()) {
            // He sends to it, it sends on for him, and what comes of it comes from there.
            flows.extend(of_endpoint(parts, journey, id).into_iter().filter(|flow| !flow.is_pushed()));
            for to in gateway.gateway().map_or(&[][..], |gateway| gateway.forwards(journey)) {
                flows
                    .extend(of_endpoint(parts, journey, *to).into_iter().map(|flow| flow.sent_on_from(gateway.region)));
                flows.extend(verified(parts, *to));
            }
            flows.extend(gateway.inspected_by().and_then(|by| inspection(parts, gateway.region, by)));
        } else {
            flows.extend(of_endpoint(parts, journey, id));
            flows.extend(told(parts, id));
        }
        flows.extend(verified(parts, id));
    }
    flows
}

fn of_endpoint(parts: &Parts<'_>, journey: &Journey, id: EndpointId) -> Vec<Flow> {
    let mut flows = Vec::new();
    if let Some(endpoint) = parts.endpoints.get(id.index()) {
        flows.extend(endpoint.sso.as_ref().and_then(|trust| sign_in(parts, journey.from, trust.provider)));
        let mut add = |group: GroupId, capabilities: Vec<Capability>, has_socket: bool| {
            let Some(Group { region, via, .. }) = parts.groups.get(group.index()) else { return };
            let source = via.as_ref().map_or(*region, |exit| exit.region);
            let way = vec![(*region, source), (source, endpoint.region)];
            let kind = endpoint.kind.clone();
            flows.push(Flow { group: Some(group), source, way, endpoint: id, capabilities, has_socket, kind });
        };
        let mut sends = vec![journey.send, Capability::Login];
        if journey.edits() {
            sends.push(Capability::Read);
        }
        if matches!(endpoint.receipts, Receipts::ReadStatus { .. }) {
            sends.push(Capability::Status);
        }
        let (stands, is_bytes) = match &endpoint.kind {
            EndpointKind::Wire(wire) => (wire.is_websocket(), !wire.is_websocket()),
            _ => (false, false),
        };
        // Nobody tells what bytes are for.
        add(journey.from, if is_bytes { Vec::new() } else { sends }, stands);
        match endpoint.receipts {
            Receipts::Acceptance => {}
            // The people at a real service read with their own apps.
            Receipts::ReadStatus { .. } if endpoint.url.is_some() => {}
            Receipts::Inbox | Receipts::ReadStatus { .. } => add(journey.recipients(), vec![Capability::Receive], true),
            Receipts::Stream | Receipts::Sync => {
                add(journey.recipients(), vec![Capability::Receive, Capability::Login], true);
            }
            Receipts::Notification => add(journey.recipients(), vec![Capability::Receive, Capability::Login], false),
            Receipts::Push => {
                // On a path that is senders' as well, whoever receives asks for what they do.
                let capability = match &endpoint.kind {
                    EndpointKind::Wire(wire) if wire.push.as_ref().is_some_and(|push| push.path.is_some()) => {
                        Capability::Receive
                    }
                    _ => journey.send,
                };
                add(journey.recipients(), if is_bytes { Vec::new() } else { vec![capability] }, stands);
            }
            Receipts::Ledger { .. } | Receipts::Poll { .. } => {
                add(journey.recipients(), vec![Capability::Receive], false);
            }
        }
    }
    flows
}

/// Whoever reads a gateway's audit trail.
fn audit(id: EndpointId, endpoint: &Endpoint) -> Option<Flow> {
    let source = endpoint.gateway()?.audit.as_ref()?.from;
    let (way, capabilities) = (vec![(source, endpoint.region)], vec![Capability::Other]);
    let kind = endpoint.kind.clone();
    Some(Flow { group: None, source, way, endpoint: id, capabilities, has_socket: false, kind })
}

/// A store of documents tells others what has changed.
fn told(parts: &Parts<'_>, id: EndpointId) -> Vec<Flow> {
    let Some(store) = parts.endpoints.get(id.index()) else { return Vec::new() };
    let peers = store.kind.peers().iter().filter_map(|peer| Some((peer.to, parts.endpoints.get(peer.to.index())?)));
    let flow = |(endpoint, other): (EndpointId, &Endpoint)| Flow {
        group: None,
        source: store.region,
        way: vec![(store.region, other.region)],
        endpoint,
        capabilities: vec![Capability::Sync],
        has_socket: false,
        kind: other.kind.clone(),
    };
    peers.map(flow).collect()
}

/// Senders who show tokens of a provider sign in there.
fn sign_in(parts: &Parts<'_>, id: GroupId, provider: EndpointId) -> Option<Flow> {
    let Group { region, via, .. } = parts.groups.get(id.index())?;
    let endpoint = parts.endpoints.get(provider.index())?;
    let source = via.as_ref().map_or(*region, |exit| exit.region);
    let way = vec![(*region, source), (source, endpoint.region)];
    let capabilities = vec![Capability::Login];
    Some(Flow {
        group: Some(id),
        source,
        way,
        endpoint: provider,
        capabilities,
        has_socket: false,
        kind: endpoint.kind.clone(),
    })
}

/// A twin that takes the tokens of a provider asks there for keys, or whether a token is good.
fn verified(parts: &Parts<'_>, id: EndpointId) -> Option<Flow> {
    let endpoint = parts.endpoints.get(id.index()).filter(|endpoint| endpoint.url.is_none())?;
    let trust = endpoint.sso.as_ref()?;
    let provider = parts.endpoints.get(trust.provider.index())?;
    let asks = match trust.verify {
        Verify::Jwks => Capability::Metadata,
        Verify::Introspection => Capability::Login,
    };
    Some(Flow {
        group: None,
        source: endpoint.region,
        way: vec![(endpoint.region, provider.region)],
        endpoint: trust.provider,
        capabilities: vec![asks],
        has_socket: false,
        kind: provider.kind.clone(),
    })
}

/// A gateway asks whoever inspects texts in its own name.
fn inspection(parts: &Parts<'_>, region: RegionId, by: EndpointId) -> Option<Flow> {
    let endpoint = parts.endpoints.get(by.index())?;
    Some(Flow {
        group: None,
        source: region,
        way: vec![(region, endpoint.region)],
        endpoint: by,
        capabilities: vec![Capability::Inspect],
        has_socket: false,
        kind: endpoint.kind.clone(),
    })
}

impl Flow {
    /// The same, but a gateway there sends in the sender's name.
    fn sent_on_from(self, region: RegionId) -> Self {
        if self.is_pushed() {
            return self;
        }
        let to = self.way.last().map_or(region, |(_, to)| *to);
        Self { source: region, way: vec![(region, to)], ..self }
    }

    fn is_pushed(&self) -> bool {
        self.has_socket || self.capabilities.contains(&Capability::Receive)
    }

    fn meets(&self, inject: &Inject) -> bool {
        fn any<T: PartialEq>(allowed: &[T], values: &[T]) -> bool {
            allowed.is_empty() || values.iter().any(|value| allowed.contains(value))
        }
        let aim = &inject.aim;
        let crosses = |link: &(RegionId, RegionId)| self.way.iter().any(|leg| leg == link || (leg.1, leg.0) == *link);
        let fits = match inject.fault.doc().hits {
            Hits::Pushed => self.is_pushed(),
            Hits::Sockets => self.has_socket,
            _ if self.kind.is_deaf_to(&inject.fault) => false,
            // A mail cannot be sent twice by the path; what is pushed can.
            _ if matches!(self.kind, EndpointKind::Smtp(_)) && inject.fault == Fault::Duplicate => self.is_pushed(),
            _ if matches!(inject.fault, Fault::AccountFreeze { mode: FreezeMode::SendOnly }) => {
                self.capabilities.iter().any(|capability| capability.is_sending())
            }
            _ => true,
        };
        fits && any(&aim.regions, &[self.source])
            && any(&aim.endpoints, &[self.endpoint])
            && any(&aim.capabilities, &self.capabilities)
            && (aim.links.is_empty() || aim.links.iter().any(crosses))
            && aim.group.is_none_or(|group| self.group == Some(group))
    }
}
