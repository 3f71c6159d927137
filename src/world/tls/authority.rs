//! A private authority, for programs that are told to trust it. What it signs is good for this machine and for the names of services that
//! are played here, and for nothing else: should its key get lost, nobody can pass for anybody elsewhere with it.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, GeneralSubtree, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints,
};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::Acceptor;
use super::certificates::{Certificates, check};

/// The file of its certificate, which others are told to trust.
const CERTIFICATE: &str = "ca.pem";

/// The file of its key, for nobody but its owner.
const KEY: &str = "ca.key";

/// How long it is good for: as long as a machine is kept.
const YEARS: i16 = 10;

/// A private authority, kept in a directory.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    file: PathBuf,
    now: Timestamp,
}

/// Why there is no authority.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct AuthorityError(#[from] Unusable);

#[derive(Debug, thiserror::Error)]
enum Unusable {
    /// A file cannot be read, or written.
    #[error("cannot use `{0}` for a certificate authority: {1}; name another directory with --ca")]
    File(PathBuf, io::Error),
    /// Others could have read its key.
    #[error(
        "`{0}` can be read by others than its owner, and who has it can pass for this authority: `chmod 600` it if you trust them, \
         or remove the directory to have a new authority made"
    )]
    Open(PathBuf),
    /// The files are no authority, or none that is good for this.
    #[error(
        "`{0}` is no authority for this: {1}; name another directory, or remove it, to have a new one made, which clients have to be told to trust"
    )]
    Unfit(PathBuf, String),
}

impl Authority {
    /// The authority of a directory, made there if there is none. It can sign for this machine and for `domains` with all names in them.
    ///
    /// # Errors
    /// If the directory cannot be used, or holds an authority that is not fit for it.
    pub fn open(dir: &Path, domains: &[&str], now: Timestamp) -> Result<Self, AuthorityError> {
        let file = |path: &Path| {
            let path = path.to_owned();
            move |error| Unusable::File(path, error)
        };
        let unfit = |error: &dyn std::error::Error| Unusable::Unfit(dir.to_owned(), error.to_string());
        fs::create_dir_all(dir).map_err(file(dir))?;
        let at = dir.join(KEY);
        let text = key(&at, dir).map_err(file(&at))?;
        if fs::metadata(&at).map_err(file(&at))?.permissions().mode() & 0o077 != 0 {
            return Err(Unusable::Open(at).into());
        }
        let key = KeyPair::from_pem(&text).map_err(|error| unfit(&error))?;
        let params = params(domains, now);
        let at = dir.join(CERTIFICATE);
        if !at.exists() {
            let certificate = params.self_signed(&key).map_err(|error| unfit(&error))?;
            write(&at, certificate.pem().as_bytes(), 0o644).map_err(file(&at))?;
        }
        let text = fs::read(&at).map_err(file(&at))?;
        let certificate = CertificateDer::from_pem_slice(&text).map_err(|error| unfit(&error))?;
        let authority = Self { issuer: Issuer::new(params, key), certificate, file: at, now };
        check(&authority.issuer, &authority.certificate, domains, now)
            .map_err(|error| Unusable::Unfit(dir.to_owned(), error))?;
        Ok(authority)
    }

    /// The file that clients are told to trust.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Speaks TLS as this machine, and as any name in these domains that a client asks for.
    ///
    /// # Errors
    /// If the library refuses; it has no reason to.
    pub fn acceptor(self, domains: &[&str]) -> Result<Acceptor, AuthorityError> {
        let dir = self.file.clone();
        let certificates = Certificates::new(self.issuer, self.certificate, domains, self.now)
            .map_err(|error| Unusable::Unfit(dir.clone(), error))?;
        Ok(Acceptor::new(Arc::new(certificates)).map_err(|error| Unusable::Unfit(dir, error.to_string()))?)
    }
}

/// The key that stands in a file; a new one if there is none.
fn key(at: &Path, dir: &Path) -> io::Result<String> {
    // It is looked for first: who makes an authority at the same time writes the key before the certificate.
    let certified = dir.join(CERTIFICATE).exists();
    match fs::read_to_string(at) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        read => return read,
    }
    if certified {
        return Err(io::Error::new(ErrorKind::NotFound, "the key is gone, though there is a certificate of it"));
    }
    let key = KeyPair::generate().map_err(io::Error::other)?.serialize_pem();
    write(at, key.as_bytes(), 0o600)?;
    fs::read_to_string(at)
}

/// Writes a file whole or not at all, by way of another beside it. Whoever is first decides, should two want to make it at once.
fn write(at: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let beside = at.with_extension(format!("{}.{}.new", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    // One that is there, such as of a process that was killed, may be open to others or lead elsewhere.
    let _ = fs::remove_file(&beside);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&beside, at));
    fs::remove_file(&beside)?;
    match written {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// What the authority says of itself.
fn params(domains: &[&str], now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "firedrill twins on this machine");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let names = ["localhost"].iter().chain(domains).map(|name| GeneralSubtree::DnsName((*name).to_owned()));
    let addresses = [
        CidrSubnet::from_addr_prefix(IpAddr::V4(Ipv4Addr::LOCALHOST), 8),
        CidrSubnet::from_addr_prefix(IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
    ];
    let permitted_subtrees = names.chain(addresses.map(GeneralSubtree::IpAddress)).collect();
    params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    valid(&mut params, now, YEARS.years());
    params
}

/// From yesterday on, since clocks differ and nobody is to be told that a certificate is not good yet; and for so long.
pub(super) fn valid(params: &mut CertificateParams, now: Timestamp, long: Span) {
    let today = now.to_zoned(TimeZone::UTC).date();
    let midnight =
        |day: Date| rcgen::date_time_ymd(day.year().into(), day.month().unsigned_abs(), day.day().unsigned_abs());
    params.not_before = midnight(today.saturating_sub(1.day()));
    params.not_after = midnight(today.saturating_add(long));
}
