//! Hosts that ask for a certificate of their client's: nobody but the client has one to show.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::Error;
use std::pin::pin;
use std::sync::Arc;

use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, AlertDescription, SignatureScheme};

thread_local! {
    /// Whether the handshake that goes on here has been asked. The library looks for certificates while it is polled.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

/// Shows nothing, and notes that it was asked to.
#[derive(Debug)]
pub(super) struct Nothing;

impl ResolvesClientCert for Nothing {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        ASKED.set(true);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// A host has asked its client for a certificate.
#[derive(Debug, thiserror::Error)]
#[error("the host asks for a certificate of its client's")]
pub struct CertificateAsked;

impl CertificateAsked {
    /// Whether that is what went wrong.
    #[must_use]
    pub fn is_within(error: &Error) -> bool {
        let Some(inner) = error.get_ref() else { return false };
        inner.is::<Self>()
    }
}

/// What comes of a handshake, and whether a certificate was asked for in it.
pub(super) async fn handshake<T>(shaking: impl Future<Output = T>) -> (T, bool) {
    let (mut shaking, mut asked) = (pin!(shaking), false);
    let made = poll_fn(|cx| {
        ASKED.set(false);
        let polled = shaking.as_mut().poll(cx);
        asked |= ASKED.take();
        polled
    });
    (made.await, asked)
}

/// Whether a handshake has failed because the other end has not proven who it is.
#[must_use]
pub fn is_unproved(error: &Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}

/// Whether a handshake has failed because the other end does not believe what it was shown.
#[must_use]
pub fn is_distrust(error: &Error) -> bool {
    let alert = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(
        alert,
        Some(rustls::Error::AlertReceived(
            AlertDescription::BadCertificate | AlertDescription::UnknownCA | AlertDescription::CertificateUnknown
        ))
    )
}
