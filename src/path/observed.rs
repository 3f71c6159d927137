//! Ways in of a drill: its faults act on programs that are not ours, and what they ask for is written down.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::entered::accept;
use super::traffic::Meter;
use super::ways::{Interception, Observer, Rules, User};
use super::{Destination, Path, Protocol, Shared, Upstream};
use crate::limits::{FOREIGN_DURATION, FOREIGN_RATE, OBSERVED_CONNECTIONS};
use crate::plan::{DrillWay, Plan, ProxyProtocol};
use crate::units::{AccountId, EndpointId, RegionId, WayId};

/// The place of those who ask for no endpoint of the plan.
const NOWHERE: EndpointId = EndpointId(u16::MAX);

impl Path {
    /// Opens the plan's ways in, and tells where each listens. With hosts whom a way names TLS ends here, as `interception` says.
    ///
    /// # Errors
    /// Whatever the system says when a listener is refused.
    pub async fn ways_in(&mut self, interception: Option<&Interception>) -> io::Result<Vec<SocketAddr>> {
        let plan = Arc::clone(&self.shared.at.plan);
        let base = base(&plan, self.shared.at.world.clock.now());
        let mut listening = Vec::new();
        for (id, part) in plan.way_ids() {
            let with = interception.filter(|_| !part.way.intercept.is_empty());
            let with = with.map(|with| with.and(&part.way.intercept, &part.way.pass_through));
            let address = self.way_in((id, part), &base, with).await;
            let named = |error: io::Error| io::Error::new(error.kind(), format!("way `{}`: {error}", part.way.name));
            listening.push(address.map_err(named)?);
        }
        Ok(listening)
    }

    async fn way_in(
        &mut self,
        (id, part): (WayId, &DrillWay),
        base: &Rules,
        interception: Option<Interception>,
    ) -> io::Result<SocketAddr> {
        let at = self.shared.at.clone();
        let found = at.world.net.resolve(&part.way.listen).await?;
        let listen = *found.first().ok_or(io::ErrorKind::NotFound)?;
        let twins: Vec<_> = part
            .twins
            .iter()
            .filter_map(|to| {
                let twin = self.destinations.get(to.endpoint.index())?.upstream.address()?;
                Some((to.lead(twin)?, to.endpoint))
            })
            .collect();
        let leads = twins.iter().map(|(lead, _)| lead.clone()).chain(part.way.map.iter().cloned()).collect();
        let rules = Arc::new(base.with(part.way.allow.clone(), leads, interception));
        let observer = Arc::new(Observer::new(id, twins, part.limit, at.world.clock.now()));
        self.observers.push(Arc::clone(&observer));
        let listener = at.world.net.bind(listen).await?;
        rules.own(listener.local_addr());
        // Whoever opens more than that waits: his connections must not use up the drill's descriptors.
        let places = Arc::new(Semaphore::new(OBSERVED_CONNECTIONS));
        let (guests, buffers) = (self.shared.guests.clone(), self.shared.buffers.clone());
        let shared = Shared::new(at, guests, buffers, places, (rules, Some(observer)));
        let to = Arc::new(Destination {
            name: format!("way {}", part.way.name),
            endpoint: NOWHERE,
            region: None,
            kind: None,
            // Where it leads is asked for by whoever comes.
            upstream: Upstream::at(listener.local_addr()),
            meter: Arc::<Meter>::default(),
            called: None,
            asked: None,
            names: Vec::new(),
            looked_up: Vec::new(),
            proxy_protocol: ProxyProtocol::default(),
        });
        let address = listener.local_addr();
        let accepting = accept(shared, self.tasks.clone(), listener, to, Protocol::of_way(part.way.kind));
        self.tasks.spawn(format!("way in {}", part.way.name), accepting);
        Ok(address)
    }
}

/// The rules of all of them: what is counted, and who proxy users are.
fn base(plan: &Plan, now: crate::units::Moment) -> Rules {
    let caps = plan.guard.as_ref().map(|guard| (guard.max_rate, guard.max_duration));
    let mut rules = Rules::new(Vec::new(), caps.unwrap_or((FOREIGN_RATE, FOREIGN_DURATION)), now);
    let regions = (0..).map(RegionId).zip(&plan.regions).map(|(id, region)| (region.name.clone(), User::In(id)));
    let accounts = (0..).map(AccountId).zip(&plan.accounts);
    let accounts = accounts.map(|(id, account)| (plan.account_name(id), User::At(account.address)));
    // Of a region and an account of one name, the account.
    rules.users = regions.chain(accounts).collect::<BTreeMap<_, _>>();
    rules
}
