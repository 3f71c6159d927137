//! Signatures as the Standard Webhooks specification writes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::No;
use crate::units::Span;
use crate::vendor::Head;

/// How far a signature's time may lie from the ERP's: the five minutes that the specification's own libraries allow.
pub const SIGNED_WITHIN: Span = Span::from_secs(300);

/// The signature of a webhook made at `stamp`, in seconds since 1970. A secret that begins with `whsec_` is base64, any other is itself.
pub fn sign(secret: &str, id: &str, stamp: u64, body: &[u8]) -> String {
    let tag = hmac::sign(&key(secret), &signed(id, &stamp.to_string(), body));
    format!("v1,{}", STANDARD.encode(tag))
}

/// Whether a webhook is signed with the secret, at about `now`, which counts from 1970. Of several signatures one has to be good: that is
/// how secrets are changed.
///
/// # Errors
/// What is wrong with it.
pub fn verifies(secret: &str, head: &impl Head, body: &[u8], now: Span) -> Result<(), No> {
    let field = |name| head.header(name).unwrap_or_default();
    let stamp = field("webhook-timestamp");
    let at = stamp.parse::<u64>().map_err(|_| No::Unsigned)?;
    if at.abs_diff(now.nanos() / 1_000_000_000) > SIGNED_WITHIN.nanos() / 1_000_000_000 {
        return Err(No::Stale);
    }
    let (key, signed) = (key(secret), signed(field("webhook-id"), stamp, body));
    let is_good = |one: &str| {
        let tag = one.strip_prefix("v1,").and_then(|tag| STANDARD.decode(tag).ok());
        tag.is_some_and(|tag| hmac::verify(&key, &signed, &tag).is_ok())
    };
    if field("webhook-signature").split(' ').any(is_good) { Ok(()) } else { Err(No::Unsigned) }
}

fn key(secret: &str) -> hmac::Key {
    let decoded = secret.strip_prefix("whsec_").and_then(|rest| STANDARD.decode(rest).ok());
    hmac::Key::new(hmac::HMAC_SHA256, decoded.as_deref().unwrap_or(secret.as_bytes()))
}

fn signed(id: &str, stamp: &str, body: &[u8]) -> Vec<u8> {
    let mut signed = Vec::with_capacity(id.len() + stamp.len() + body.len() + 2);
    for part in [id.as_bytes(), b".", stamp.as_bytes(), b".", body] {
        signed.extend_from_slice(part);
    }
    signed
}
