//! The proxies there are, and everything that can be done to them.
//!
//! One lock is held for a moment by each request. Under it nobody waits for anything but for a listener to be bound or to be gone: names
//! are resolved before, and connections are the doors' own affair.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::{Mutex, MutexGuard, Notify};

use super::Config;
use super::error::ApiError;
use super::input::ProxyInput;
use super::lease::{Claim, Leases};
use super::listen;
use super::metrics::{self, Series};
use super::native::Native;
use super::shapes::{Populated, ProxyShape};
use super::toxic::Toxic;
use crate::limits::{PROXIES, RETIRED_SERIES};
use crate::path::ways::Rules;
use crate::path::{Door, Gateway, Opening, Protocol, Traffic};
use crate::plan::{EndpointKind, ProxyProtocol};
use crate::scenario::Surroundings;
use crate::units::Moment;
use crate::world::World;

/// The proxies, the leases and the native faults. Cheap to clone: every clone is the same registry.
#[derive(Clone, Debug)]
pub(super) struct Registry {
    pub(super) world: World,
    /// What native faults can be aimed at beside proxies.
    pub(super) surroundings: Arc<Surroundings>,
    pub(super) gateway: Gateway,
    /// Who may go where by a way in.
    rules: Arc<Rules>,
    inner: Arc<Mutex<Inner>>,
    /// Rung when the next lease to end may be another one.
    pub(super) leased: Arc<Notify>,
}

/// What the lock guards.
#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) proxies: BTreeMap<String, Proxy>,
    pub(super) natives: Vec<Native>,
    pub(super) leases: Leases,
    /// What passed through doors that are gone.
    pub(super) retired: BTreeMap<Series, Traffic>,
}

/// A proxy.
#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) name: String,
    pub(super) listen: String,
    pub(super) upstream: String,
    pub(super) protocol: Protocol,
    pub(super) kind: Option<EndpointKind>,
    /// What is said of clients, by whoever comes and to whoever it leads to.
    introductions: ProxyProtocol,
    /// Whether some of what comes by ways in is read within TLS.
    pub(super) intercepts: bool,
    /// What `listen` stands for.
    address: Result<SocketAddr, ApiError>,
    /// There while it is enabled.
    pub(super) door: Option<Door>,
    pub(super) toxics: Vec<Toxic>,
    /// The lease that it is disabled for as long as.
    pub(super) down: Option<String>,
}

/// A proxy that is asked for, and the address its `listen` stands for.
struct Wanted {
    input: ProxyInput,
    address: Result<SocketAddr, ApiError>,
}

impl Registry {
    /// No proxies, in a world.
    pub(super) fn new(world: &World, config: &Config, rules: Arc<Rules>) -> Self {
        let apart = config.ways.iter().map(|way| (way.input.name.clone(), Arc::new(way.rules(&rules)))).collect();
        let surroundings = Arc::new(config.surroundings.clone());
        let gateway = Gateway::new(world, config.buffers, config.connections);
        let gateway = gateway
            .among(surroundings.regions.clone())
            .knowing(config.guests())
            .ruled(Arc::clone(&rules))
            .ruled_apart(apart);
        Self { rules, world: world.clone(), surroundings, gateway, inner: Arc::default(), leased: Arc::default() }
    }

    pub(super) async fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().await
    }

    async fn wanted(&self, input: ProxyInput) -> Wanted {
        let address = self.address(&input).await;
        Wanted { input, address }
    }

    /// The address that a proxy shall listen at. A way in that other machines reach asks them for a token.
    async fn address(&self, input: &ProxyInput) -> Result<SocketAddr, ApiError> {
        let address = listen::resolve(&self.world, &input.listen).await?;
        let asks = self.rules.token.is_some() && input.protocol != Protocol::Sni;
        let open = input.protocol.is_way_in() && !address.ip().to_canonical().is_loopback() && !asks;
        if open { Err(ApiError::open_way_in(&input.name, address)) } else { Ok(address) }
    }

    /// Every proxy, by name.
    pub(super) async fn proxies(&self) -> BTreeMap<String, ProxyShape> {
        self.lock().await.proxies.values().map(|proxy| (proxy.name.clone(), proxy.shape())).collect()
    }

    /// One proxy.
    ///
    /// # Errors
    /// If there is none of this name.
    pub(super) async fn proxy(&self, name: &str) -> Result<ProxyShape, ApiError> {
        self.lock().await.proxy(name).map(|proxy| proxy.shape())
    }

    /// Creates a proxy.
    ///
    /// # Errors
    /// If there is one of this name, or it cannot listen.
    pub(super) async fn create(&self, input: ProxyInput) -> Result<ProxyShape, ApiError> {
        let wanted = self.wanted(input).await;
        let mut inner = self.lock().await;
        if inner.proxies.contains_key(&wanted.input.name) {
            return Err(ApiError::exists("proxy"));
        }
        inner.add(&self.gateway, wanted, self.world.clock.now()).await
    }

    /// Changes a proxy. A disabling under a lease ends with it.
    ///
    /// # Errors
    /// If there is none of this name, the body is no such thing, or it cannot listen.
    pub(super) async fn update(&self, name: &str, body: &[u8], claim: Option<&Claim>) -> Result<ProxyShape, ApiError> {
        let mut looked_up: Option<(String, Result<SocketAddr, ApiError>)> = None;
        loop {
            let mut inner = self.lock().await;
            let proxy = inner.proxy(name)?;
            // Read anew under each lock: whatever another client changed meanwhile stays as he wants it, unless the body names it.
            let input = proxy.as_input().update(body)?;
            let address = match looked_up.take() {
                Some((listen, address)) if listen == input.listen => address,
                _ if proxy.listen == input.listen && proxy.protocol == input.protocol && proxy.address.is_ok() => {
                    proxy.address.clone()
                }
                _ => {
                    drop(inner);
                    let address = self.address(&input).await;
                    looked_up = Some((input.listen, address));
                    continue;
                }
            };
            let changed = inner.change(&self.gateway, Wanted { input, address }, (claim, self.world.clock.now())).await;
            self.leased.notify_one();
            return changed;
        }
    }

    /// Removes a proxy with its connections.
    ///
    /// # Errors
    /// If there is none of this name.
    pub(super) async fn delete(&self, name: &str) -> Result<(), ApiError> {
        let mut inner = self.lock().await;
        let Inner { proxies, retired, .. } = &mut *inner;
        let mut proxy = proxies.remove(name).ok_or_else(|| ApiError::not_found("proxy"))?;
        proxy.stop(retired).await;
        Ok(())
    }

    /// Makes sure of proxies: those that are as asked for stay untouched, those that differ are replaced, the others created. Stops at
    /// the first that cannot listen.
    pub(super) async fn populate(&self, inputs: Vec<ProxyInput>) -> Populated {
        let wanted = join_all(inputs.into_iter().map(|input| self.wanted(input))).await;
        let mut inner = self.lock().await;
        let mut done = Vec::new();
        for wanted in wanted {
            match inner.add_or_replace(&self.gateway, wanted, self.world.clock.now()).await {
                Ok(shape) => done.push(shape),
                Err(error) => return Populated::new(Some(error), done),
            }
        }
        Populated::new(None, done)
    }

    /// Enables every proxy and removes every toxic. Native faults are not touched: Toxiproxy knows nothing of them.
    ///
    /// # Errors
    /// If a proxy cannot listen; those that follow it are then as they were.
    pub(super) async fn reset(&self) -> Result<(), ApiError> {
        self.look_up_unknown().await;
        let mut inner = self.lock().await;
        let Inner { proxies, natives, .. } = &mut *inner;
        for proxy in proxies.values_mut() {
            proxy.start(&self.gateway, natives, self.world.clock.now()).await?;
            while let Some(toxic) = proxy.toxics.pop() {
                proxy.lift(&toxic.armed_as());
            }
        }
        Ok(())
    }

    /// Asks again for names that nobody knew when their proxies were made.
    async fn look_up_unknown(&self) {
        let unknown: Vec<_> = {
            let inner = self.lock().await;
            inner.proxies.values().filter(|proxy| proxy.address.is_err()).map(Proxy::as_input).collect()
        };
        let wanted = join_all(unknown.into_iter().map(|input| self.wanted(input))).await;
        let mut inner = self.lock().await;
        for Wanted { input, address } in wanted {
            if let Some(proxy) = inner.proxies.get_mut(&input.name).filter(|proxy| proxy.listen == input.listen) {
                proxy.address = address;
            }
        }
    }

    /// Closes every door.
    pub(super) async fn close(&self) {
        let mut inner = self.lock().await;
        let Inner { proxies, retired, .. } = &mut *inner;
        for proxy in proxies.values_mut() {
            proxy.stop(retired).await;
        }
    }
}

impl Inner {
    pub(super) fn proxy(&mut self, name: &str) -> Result<&mut Proxy, ApiError> {
        self.proxies.get_mut(name).ok_or_else(|| ApiError::not_found("proxy"))
    }

    /// Makes a proxy what is wanted of the one of its name.
    async fn change(
        &mut self,
        gateway: &Gateway,
        wanted: Wanted,
        (claim, now): (Option<&Claim>, Moment),
    ) -> Result<ProxyShape, ApiError> {
        let Self { proxies, natives, leases, retired } = self;
        let proxy = proxies.get_mut(&wanted.input.name).ok_or_else(|| ApiError::not_found("proxy"))?;
        let differs = proxy.differs(&wanted)?;
        // One that is down already is nobody's to take over.
        let goes_down = proxy.door.is_some() && !wanted.input.enabled;
        if let Some(claim) = claim.filter(|_| goes_down) {
            // Before anything is closed: a lease that is refused leaves it up.
            leases.hold(claim, now)?;
        }
        if differs || proxy.address.is_err() {
            proxy.stop(retired).await;
            proxy.listen.clone_from(&wanted.input.listen);
            proxy.upstream.clone_from(&wanted.input.upstream);
            (proxy.protocol, proxy.kind) = (wanted.input.protocol, wanted.input.kind);
            proxy.introductions = wanted.input.proxy_protocol;
            proxy.address = wanted.address;
        }
        if wanted.input.enabled {
            proxy.start(gateway, natives, now).await?;
        } else if goes_down {
            proxy.down = claim.map(|claim| claim.id.clone());
            proxy.stop(retired).await;
        }
        Ok(proxy.shape())
    }

    async fn add(&mut self, gateway: &Gateway, wanted: Wanted, now: Moment) -> Result<ProxyShape, ApiError> {
        if self.proxies.len() >= PROXIES && !self.proxies.contains_key(&wanted.input.name) {
            return Err(ApiError::system(format!("there are {PROXIES} proxies already")));
        }
        let Wanted { input, address } = wanted;
        let ProxyInput { name, listen, upstream, enabled, protocol, kind, proxy_protocol: introductions } = input;
        let (door, toxics, down, intercepts) = (None, Vec::new(), None, gateway.intercepts(&name));
        let mut proxy =
            Proxy { name, listen, upstream, protocol, kind, introductions, intercepts, address, door, toxics, down };
        if enabled {
            proxy.start(gateway, &self.natives, now).await?;
        }
        let shape = proxy.shape();
        self.proxies.insert(proxy.name.clone(), proxy);
        Ok(shape)
    }

    async fn add_or_replace(&mut self, gateway: &Gateway, wanted: Wanted, now: Moment) -> Result<ProxyShape, ApiError> {
        if let Some(existing) = self.proxies.get_mut(&wanted.input.name) {
            if !existing.differs(&wanted)? {
                return Ok(existing.shape());
            }
            // It stays, stopped and with its toxics, if the new one cannot start.
            existing.stop(&mut self.retired).await;
        }
        self.add(gateway, wanted, now).await
    }
}

impl Proxy {
    fn as_input(&self) -> ProxyInput {
        let (name, listen, upstream) = (self.name.clone(), self.listen.clone(), self.upstream.clone());
        ProxyInput {
            name,
            listen,
            upstream,
            enabled: self.door.is_some(),
            protocol: self.protocol,
            kind: self.kind.clone(),
            proxy_protocol: self.introductions.clone(),
        }
    }

    /// Whether it would have to listen or lead elsewhere. Another name for the same address is the same.
    ///
    /// # Errors
    /// If it shall listen elsewhere, and nobody knows where that is.
    fn differs(&self, wanted: &Wanted) -> Result<bool, ApiError> {
        let moves = wanted.input.listen != self.listen && {
            let to = wanted.address.clone()?;
            self.address != Ok(to)
        };
        let ProxyInput { upstream, protocol, kind, proxy_protocol, .. } = &wanted.input;
        let as_it_is = (&self.upstream, self.protocol, &self.kind, &self.introductions);
        Ok(moves || (upstream, *protocol, kind, proxy_protocol) != as_it_is)
    }

    /// Opens the door, with every fault that is meant for it.
    pub(super) async fn start(&mut self, gateway: &Gateway, natives: &[Native], now: Moment) -> Result<(), ApiError> {
        if self.door.is_some() {
            return Ok(());
        }
        let address = self.address.clone()?;
        let opening = |listen| Opening {
            name: self.name.clone(),
            listen,
            upstream: self.upstream.clone(),
            protocol: self.protocol,
            kind: self.kind.clone(),
            proxy_protocol: self.introductions.clone(),
        };
        let mut opened = gateway.open(&opening(address)).await;
        if let (Err(error), Some(other)) = (&opened, listen::without_ipv6(address))
            && error.kind() != std::io::ErrorKind::AddrInUse
        {
            opened = gateway.open(&opening(other)).await;
        }
        let door = opened.map_err(|error| ApiError::bind(address, &error))?;
        self.address = Ok(door.local_addr());
        self.listen = door.local_addr().to_string();
        let meant = |native: &&Native| native.is_on(now) && native.hits(self);
        let natives = natives.iter().filter(meant).map(Native::fault);
        for fault in self.toxics.iter().filter_map(Toxic::fault).chain(natives) {
            door.arm(fault).map_err(|error| ApiError::system(error.to_string()))?;
        }
        self.door = Some(door);
        self.down = None;
        Ok(())
    }

    /// Closes the door and keeps its counts.
    async fn stop(&mut self, retired: &mut BTreeMap<Series, Traffic>) {
        let Some(door) = self.door.take() else { return };
        door.close().await;
        let series = self.series();
        if retired.len() < RETIRED_SERIES || retired.contains_key(&series) {
            metrics::add(retired.entry(series).or_default(), door.traffic());
        }
    }

    pub(super) fn series(&self) -> Series {
        Series { proxy: self.name.clone(), listener: self.listen.clone(), upstream: self.upstream.clone() }
    }

    pub(super) fn lift(&self, name: &str) {
        if let Some(door) = &self.door {
            door.lift(name);
        }
    }

    /// Its toxics as they are listed: those of the upstream direction first, each in the order of their creation.
    pub(super) fn listed(&self) -> impl Iterator<Item = &Toxic> {
        let (up, down) = (self.toxics.iter(), self.toxics.iter());
        up.filter(|toxic| toxic.is_upstream()).chain(down.filter(|toxic| !toxic.is_upstream()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Seed;
    use crate::world::enter_virtual;

    /// A resolver that was down, or slow, when a proxy was made says later what its name stands for.
    #[test]
    fn a_name_that_nobody_knew_is_asked_for_again() {
        let seen = enter_virtual(Seed(1), async |world| {
            let registry = Registry::new(&world, &Config::at(""), Arc::default());
            let mut made = Vec::new();
            for (name, listen) in [("a", "localhost:7001"), ("b", "localhost:7002")] {
                let (listen, upstream) = (listen.to_owned(), "u:1".to_owned());
                let input = ProxyInput { name: name.into(), listen, upstream, enabled: false, ..ProxyInput::fresh() };
                registry.create(input).await.expect("it is made");
                registry.lock().await.proxy(name).expect("it is there").address = Err(ApiError::system("no such host"));
            }
            made.push(registry.update("a", b"{\"enabled\":true}", None).await.map(drop));
            made.push(registry.reset().await);
            registry.close().await;
            made
        });
        assert_eq!(seen.expect("a world"), [Ok(()), Ok(())]);
    }
}
