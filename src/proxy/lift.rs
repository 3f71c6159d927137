//! What ends with a lease.

use super::error::ApiError;
use super::lease::Claim;
use super::native;
use super::registry::{Inner, Registry};
use crate::path::Gateway;
use crate::units::{Moment, Span};

impl Registry {
    /// Lifts what was held by leases whose time is over.
    pub(super) async fn lift_expired(&self) {
        let now = self.world.clock.now();
        let mut inner = self.lock().await;
        inner.follow_times(now);
        for id in inner.leases.expire(now) {
            tracing::warn!(lease = id, "a lease was not renewed: what it held is lifted");
            // It has said what failed, and tries again.
            let _ = inner.release(&self.gateway, &id, now).await;
        }
    }

    /// Ends a lease now, and lifts what it held.
    ///
    /// # Errors
    /// If there is no such lease, or a proxy cannot listen again.
    pub(super) async fn end_lease(&self, id: &str) -> Result<(), ApiError> {
        let mut inner = self.lock().await;
        if !inner.leases.end(id) {
            return Err(ApiError::not_found("lease"));
        }
        let released = inner.release(&self.gateway, id, self.world.clock.now()).await;
        self.leased.notify_one();
        released
    }
}

impl Inner {
    /// Lifts what was held by a lease that has ended. A proxy that cannot listen again keeps it alive for another second, after which it is
    /// tried anew.
    async fn release(&mut self, gateway: &Gateway, id: &str, now: Moment) -> Result<(), ApiError> {
        let held = |lease: &Option<String>| lease.as_deref() == Some(id);
        for proxy in self.proxies.values_mut() {
            for toxic in proxy.toxics.iter().filter(|toxic| held(&toxic.lease)) {
                proxy.lift(&toxic.armed_as());
            }
            proxy.toxics.retain(|toxic| !held(&toxic.lease));
            for native in self.natives.iter().filter(|native| held(&native.lease)) {
                proxy.lift(&native::armed_as(native.name()));
            }
        }
        self.natives.retain(|native| !held(&native.lease));
        let mut result = Ok(());
        for proxy in self.proxies.values_mut().filter(|proxy| held(&proxy.down)) {
            let started = proxy.start(gateway, &self.natives, now).await;
            result = result.and(started);
        }
        if let Err(error) = &result {
            tracing::error!(lease = id, %error, "a proxy cannot be enabled again; tries again in a second");
            let again = Claim { id: id.to_owned(), ttl: Some(Span::from_secs(1)) };
            // There was room for it a moment ago.
            let _ = self.leases.hold(&again, now);
        }
        result
    }
}
