//! What an authority's servers show: one certificate for this machine, and one for every other name that is asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::authority::valid;
use super::provider;
use crate::limits::TLS_NAMES;

/// How long a certificate is good for: the longest that every client accepts. It is made anew with every start.
const DAYS: i32 = 397;

/// The certificates of a server.
pub(super) struct Certificates {
    issuer: Issuer<'static, KeyPair>,
    authority: CertificateDer<'static>,
    domains: Vec<String>,
    now: Timestamp,
    /// For this machine.
    here: Arc<CertifiedKey>,
    /// For names that were asked for.
    named: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl Certificates {
    pub(super) fn new(
        issuer: Issuer<'static, KeyPair>,
        authority: CertificateDer<'static>,
        domains: &[&str],
        now: Timestamp,
    ) -> Result<Self, String> {
        let here = Arc::new(issue(&issuer, &authority, &["localhost"], now)?);
        let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
        Ok(Self { issuer, authority, domains, now, here, named: Mutex::default() })
    }

    /// The certificate for a name; that of this machine, which the client will refuse, if it is none of ours.
    fn named(&self, name: &str) -> Arc<CertifiedKey> {
        let within = |domain: &String| {
            name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        if !self.domains.iter().any(within) {
            return Arc::clone(&self.here);
        }
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = named.get(name) {
            return Arc::clone(known);
        }
        match issue(&self.issuer, &self.authority, &[name], self.now) {
            Ok(made) if named.len() < TLS_NAMES => {
                let made = Arc::new(made);
                named.insert(name.to_owned(), Arc::clone(&made));
                made
            }
            Ok(_) => Arc::clone(&self.here),
            Err(error) => {
                tracing::debug!(%error, "no certificate for a name");
                Arc::clone(&self.here)
            }
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // Whoever connects by an address names nobody.
        Some(hello.server_name().map_or_else(|| Arc::clone(&self.here), |name| self.named(&name.to_ascii_lowercase())))
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("domains", &self.domains).finish_non_exhaustive()
    }
}

/// A certificate for these names; where `localhost` is among them, also for this machine's own addresses.
fn issue(
    issuer: &Issuer<'_, KeyPair>,
    authority: &CertificateDer<'static>,
    names: &[&str],
    now: Timestamp,
) -> Result<CertifiedKey, String> {
    let mut sans = Vec::new();
    for name in names {
        sans.push(SanType::DnsName((*name).try_into().map_err(|error: rcgen::Error| error.to_string())?));
    }
    if names.contains(&"localhost") {
        let own = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        sans.extend(own.map(SanType::IpAddress));
    }
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "firedrill");
    params.subject_alt_names = sans;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    valid(&mut params, now, DAYS.days());
    let text = |error: rcgen::Error| error.to_string();
    let key = KeyPair::generate().map_err(text)?;
    let certificate = params.signed_by(&key, issuer).map_err(text)?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let chain = vec![certificate.der().clone(), authority.clone()];
    CertifiedKey::from_der(chain, private, &provider()).map_err(|error| error.to_string())
}

/// Whether clients that trust the authority would believe what it signs, for this machine and for every domain.
pub(super) fn check(
    issuer: &Issuer<'_, KeyPair>,
    authority: &CertificateDer<'static>,
    domains: &[&str],
    now: Timestamp,
) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).map_err(|error| error.to_string())?;
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
    let verifier = verifier.build().map_err(|error| error.to_string())?;
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    for name in ["localhost"].iter().chain(domains) {
        // One by one: a certificate is refused for any of its names.
        let signed = issue(issuer, authority, &[name], now)?;
        let server = ServerName::try_from(*name).map_err(|error| error.to_string())?;
        let shown = signed.end_entity_cert().map_err(|error| error.to_string())?;
        verifier.verify_server_cert(shown, &[], &server, &[], time).map_err(|error| disbelieved(name, &error))?;
    }
    Ok(())
}

fn disbelieved(name: &str, error: &tokio_rustls::rustls::Error) -> String {
    let why = error.to_string();
    // The reason that people meet has no words of its own.
    let why = if why.contains("NameConstraint") { "it was made for other hosts" } else { &why };
    format!("what it signs for `{name}` is not believed: {why}")
}
