//! What can be done to the toxics of a proxy, to native faults and to leases.

use super::error::ApiError;
use super::input::{ToxicInput, update_toxic};
use super::lease::Claim;
use super::native::{self, Native};
use super::registry::{Inner, Proxy, Registry};
use super::shapes::{LeaseShape, NativeShape, ToxicShape};
use super::toxic::Toxic;
use crate::limits::TOXICS;
use crate::plan::Fault;
use crate::scenario::Loose;
use crate::units::Moment;

impl Registry {
    /// Lifts what is over, and renews the lease that a request names.
    pub(super) async fn renew(&self, claim: Option<&Claim>) {
        self.lift_expired().await;
        if let Some(claim) = claim {
            self.lock().await.leases.renew(claim, self.world.clock.now());
            self.leased.notify_one();
        }
    }

    /// The toxics of a proxy.
    ///
    /// # Errors
    /// If there is no such proxy.
    pub(super) async fn toxics(&self, proxy: &str) -> Result<Vec<ToxicShape>, ApiError> {
        Ok(self.lock().await.proxy(proxy)?.listed().map(ToxicShape::of).collect())
    }

    /// One toxic.
    ///
    /// # Errors
    /// If there is no such proxy or no such toxic.
    pub(super) async fn toxic(&self, proxy: &str, name: &str) -> Result<ToxicShape, ApiError> {
        let mut inner = self.lock().await;
        let proxy = inner.proxy(proxy)?;
        Ok(ToxicShape::of(&proxy.toxics[proxy.place(name)?]))
    }

    /// Adds a toxic, for as long as the lease lives if there is one.
    ///
    /// # Errors
    /// If there is no such proxy, the body is no toxic, or its name is taken.
    pub(super) async fn add_toxic(
        &self,
        proxy: &str,
        body: &[u8],
        claim: Option<&Claim>,
    ) -> Result<ToxicShape, ApiError> {
        let mut inner = self.lock().await;
        let Inner { proxies, leases, .. } = &mut *inner;
        let proxy = proxies.get_mut(proxy).ok_or_else(|| ApiError::not_found("proxy"))?;
        let input = ToxicInput::create(body)?;
        if proxy.place(input.name()).is_ok() {
            return Err(ApiError::exists("toxic"));
        }
        let mut toxic = input.finish()?;
        if proxy.toxics.len() >= TOXICS {
            return Err(ApiError::bad(format!("a proxy has at most {TOXICS} toxics")));
        }
        if let Some(claim) = claim {
            leases.hold(claim, self.world.clock.now())?;
            toxic.lease = Some(claim.id.clone());
            self.leased.notify_one();
        }
        proxy.arm(&toxic)?;
        let shape = ToxicShape::of(&toxic);
        proxy.toxics.push(toxic);
        Ok(shape)
    }

    /// Changes attributes and toxicity of a toxic.
    ///
    /// # Errors
    /// If there is no such proxy or toxic, or the values are none.
    pub(super) async fn update_toxic(&self, proxy: &str, name: &str, body: &[u8]) -> Result<ToxicShape, ApiError> {
        let mut inner = self.lock().await;
        let proxy = inner.proxy(proxy)?;
        let place = proxy.place(name)?;
        let toxic = update_toxic(&proxy.toxics[place], body)?;
        proxy.arm(&toxic)?;
        let shape = ToxicShape::of(&toxic);
        proxy.toxics[place] = toxic;
        Ok(shape)
    }

    /// Removes a toxic.
    ///
    /// # Errors
    /// If there is no such proxy or toxic.
    pub(super) async fn remove_toxic(&self, proxy: &str, name: &str) -> Result<(), ApiError> {
        let mut inner = self.lock().await;
        let proxy = inner.proxy(proxy)?;
        let place = proxy.place(name)?;
        let toxic = proxy.toxics.remove(place);
        proxy.lift(&toxic.armed_as());
        Ok(())
    }

    /// Every native fault.
    pub(super) async fn natives(&self) -> Vec<NativeShape> {
        let inner = self.lock().await;
        inner.natives.iter().map(|native| NativeShape::of(native, &inner, &self.surroundings.regions)).collect()
    }

    /// Arms a native fault on every proxy that it is aimed at. One of the same name is replaced.
    ///
    /// # Errors
    /// If the body is no fault, or there are too many.
    pub(super) async fn add_native(&self, body: &[u8], claim: Option<&Claim>) -> Result<NativeShape, ApiError> {
        self.arm_native(native::read(body, &self.surroundings)?, claim).await
    }

    /// Arms a native fault, now or when its time comes.
    ///
    /// # Errors
    /// If it cannot act where it is aimed, or there are too many.
    pub(super) async fn arm_native(&self, loose: Loose, claim: Option<&Claim>) -> Result<NativeShape, ApiError> {
        let mut inner = self.lock().await;
        let now = self.world.clock.now();
        let lease = claim.map(|claim| claim.id.clone());
        let native = Native::new(loose, &self.surroundings.people, self.world.seed, now, lease);
        for name in &native.loose.proxies {
            let proxy = inner.proxies.get(name).ok_or_else(|| ApiError::not_found(&format!("proxy `{name}`")))?;
            native.misfit(proxy).map_or(Ok(()), |why| Err(ApiError::bad(why)))?;
        }
        native.is_nobodys().map_or(Ok(()), |why| Err(ApiError::bad(why)))?;
        let at_listeners = |proxy: &Proxy| native.hits(proxy) && !proxy.protocol.is_way_in();
        if native.loose.fault == Fault::Blackhole && inner.proxies.values().any(at_listeners) {
            let why = |error| ApiError::system(format!("handshakes cannot be swallowed: {error}"));
            self.world.net.can_swallow().map_err(why)?;
        }
        let known = inner.natives.iter().position(|known| known.name() == native.name());
        if known.is_none() && inner.natives.len() >= TOXICS {
            return Err(ApiError::bad(format!("there are at most {TOXICS} faults")));
        }
        if let Some(claim) = claim {
            inner.leases.hold(claim, now)?;
        }
        for proxy in inner.proxies.values() {
            proxy.follow(&native, now)?;
        }
        let shape = NativeShape::of(&native, &inner, &self.surroundings.regions);
        match known {
            Some(place) => inner.natives[place] = native,
            None => inner.natives.push(native),
        }
        self.leased.notify_one();
        Ok(shape)
    }

    /// Lifts a native fault.
    ///
    /// # Errors
    /// If there is none of this name.
    pub(super) async fn remove_native(&self, name: &str) -> Result<(), ApiError> {
        let mut inner = self.lock().await;
        let place = inner.natives.iter().position(|native| native.name() == name);
        inner.natives.remove(place.ok_or_else(|| ApiError::not_found("fault"))?);
        inner.proxies.values().for_each(|proxy| proxy.lift(&native::armed_as(name)));
        Ok(())
    }

    /// The leases that live.
    pub(super) async fn leases(&self) -> Vec<LeaseShape> {
        let inner = self.lock().await;
        let now = self.world.clock.now();
        inner.leases.iter().map(|(id, lease)| LeaseShape::of(id, lease, now, &inner)).collect()
    }

    /// Renews a lease or begins it; the answer says which, and what it holds.
    ///
    /// # Errors
    /// If there are too many.
    pub(super) async fn hold(&self, claim: &Claim) -> Result<LeaseShape, ApiError> {
        let mut inner = self.lock().await;
        let now = self.world.clock.now();
        let lease = inner.leases.hold(claim, now)?;
        self.leased.notify_one();
        Ok(LeaseShape::of(&claim.id, lease, now, &inner))
    }
}

impl Inner {
    /// When a lease ends, or a native fault starts or ends.
    fn next(&self, now: Moment) -> Moment {
        let times = self.natives.iter().flat_map(|native| [native.start, native.end]).filter(|at| *at > now);
        times.min().unwrap_or(Moment::MAX).min(self.leases.next())
    }

    /// Arms the native faults whose time has come, and forgets those whose time is over.
    pub(super) fn follow_times(&mut self, now: Moment) {
        for native in self.natives.iter_mut().filter(|native| native.due != native.is_on(now)) {
            native.due = native.is_on(now);
            for proxy in self.proxies.values() {
                if let Err(error) = proxy.follow(native, now) {
                    tracing::error!(fault = native.name(), %error, "a fault whose time has come cannot be armed");
                }
            }
        }
        self.natives.retain(|native| native.end > now);
    }
}

impl Proxy {
    /// Arms a native fault or lifts it, as its time and its aim say.
    fn follow(&self, native: &Native, now: Moment) -> Result<(), ApiError> {
        match &self.door {
            Some(door) if native.is_on(now) && native.hits(self) => {
                door.arm(native.fault()).map_err(|error| ApiError::system(error.to_string()))
            }
            _ => {
                self.lift(&native::armed_as(native.name()));
                Ok(())
            }
        }
    }

    fn place(&self, toxic: &str) -> Result<usize, ApiError> {
        let place = self.toxics.iter().position(|known| known.name == toxic);
        place.ok_or_else(|| ApiError::not_found("toxic"))
    }

    fn arm(&self, toxic: &Toxic) -> Result<(), ApiError> {
        match (&self.door, toxic.fault()) {
            (Some(door), Some(fault)) => door.arm(fault).map_err(|error| ApiError::system(error.to_string())),
            _ => Ok(()),
        }
    }
}

/// Watches over the leases for as long as the program runs.
pub(super) async fn watch(registry: Registry) {
    loop {
        let next = registry.lock().await.next(registry.world.clock.now());
        tokio::select! {
            biased;
            () = registry.leased.notified() => {}
            () = registry.world.clock.until(next) => registry.lift_expired().await,
        }
    }
}
