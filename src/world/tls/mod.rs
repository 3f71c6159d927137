//! TLS over sockets, on both ends; the world in memory is plain. One library (rustls) with one provider (ring). What is spoken within is
//! agreed on by ALPN: HTTP/1.1, and HTTP/2 where both ends are somebody else's.

mod authority;
mod certificates;
mod stamp;
mod stream;
mod unasked;

use std::io::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio_rustls::rustls::client::{ClientConfig, Resumption};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::server::{ResolvesServerCert, ServerConfig};
use tokio_rustls::rustls::{self, RootCertStore};
use tokio_rustls::{TlsAcceptor, TlsConnector};

pub use authority::{Authority, AuthorityError};
pub use stamp::{HelloRandom, Stamp};
use stream::Begun;
pub(super) use stream::Stream;
pub use unasked::{CertificateAsked, is_distrust, is_unproved};

use super::Conn;

/// What the two ends have agreed on by ALPN (RFC 7301).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed(&'static [u8]);

impl Agreed {
    /// HTTP/1.1.
    pub const HTTP1: Self = Self(b"http/1.1");
    /// HTTP/2.
    pub const HTTP2: Self = Self(b"h2");

    /// Its name in ALPN.
    #[must_use]
    pub fn name(self) -> &'static [u8] {
        self.0
    }
}

/// Speaks TLS to whoever connects. Cheap to clone.
#[derive(Clone)]
pub struct Acceptor {
    http1: TlsAcceptor,
    http2: TlsAcceptor,
    /// Agrees on nothing, as servers do that know no ALPN.
    silent: TlsAcceptor,
}

impl Acceptor {
    fn new(certificates: Arc<dyn ResolvesServerCert>) -> Result<Self, rustls::Error> {
        let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let silent = config.with_no_client_auth().with_cert_resolver(certificates);
        let offering = |agreed: Agreed| {
            let mut config = silent.clone();
            config.alpn_protocols = vec![agreed.name().to_vec()];
            TlsAcceptor::from(Arc::new(config))
        };
        let (http1, http2) = (offering(Agreed::HTTP1), offering(Agreed::HTTP2));
        Ok(Self { http1, http2, silent: TlsAcceptor::from(Arc::new(silent)) })
    }

    /// The connection with its handshake behind it, from which then comes, and to which then goes, what was meant.
    ///
    /// # Errors
    /// If the handshake fails; `Unsupported` in memory.
    pub async fn accept(&self, conn: Conn) -> Result<Conn, Error> {
        self.accept_for((conn, Bytes::new()), Some(Agreed::HTTP1)).await
    }

    /// The same of a connection of which something was read already. `agreed` is what is agreed on; with `None`
    /// nothing is, as by servers that know no ALPN.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub async fn accept_for(&self, (conn, read): (Conn, Bytes), agreed: Option<Agreed>) -> Result<Conn, Error> {
        let acceptor = match agreed {
            Some(Agreed::HTTP1) => &self.http1,
            Some(_) => &self.http2,
            None => &self.silent,
        };
        let stream = acceptor.accept(Begun::new(conn.into_socket()?, read)).await?;
        Ok(Conn::secured(Stream::new(stream.into())))
    }
}

/// Speaks TLS to whom it connects, once he has proven his name. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    http1: TlsConnector,
    /// Offers HTTP/2 first.
    either: TlsConnector,
    /// What its hellos are stamped with.
    stamp: Option<Stamp>,
    /// Whether it goes no further with a host that asks for a certificate.
    minds: bool,
}

/// Why nobody could be trusted.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct TrustError(#[from] Untrusted);

#[derive(Debug, thiserror::Error)]
enum Untrusted {
    /// The file cannot be read.
    #[error("cannot read `{0}`: {1}")]
    Read(PathBuf, Error),
    /// The file holds no certificates.
    #[error("`{0}` holds no certificate in PEM: {1}")]
    Pem(PathBuf, String),
    /// The library refuses its own settings.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

impl Connector {
    /// Trusts the public authorities, and whichever stand in `private`, a file of certificates in PEM.
    ///
    /// # Errors
    /// If the file cannot be read as certificates.
    pub fn new(private: Option<&Path>) -> Result<Self, TrustError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(file) = private {
            let bad = |error: String| Untrusted::Pem(file.to_owned(), error);
            let text = std::fs::read(file).map_err(|error| Untrusted::Read(file.to_owned(), error))?;
            let mut found = CertificateDer::pem_slice_iter(&text).peekable();
            if found.peek().is_none() {
                return Err(bad("there is none in it".to_owned()).into());
            }
            for certificate in found {
                let certificate = certificate.map_err(|error| bad(error.to_string()))?;
                roots.add(certificate).map_err(|error| bad(error.to_string()))?;
            }
        }
        let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let config = config.map_err(Untrusted::Setup)?;
        let mut config = config.with_root_certificates(roots).with_client_cert_resolver(Arc::new(unasked::Nothing));
        config.alpn_protocols = vec![Agreed::HTTP1.name().to_vec()];
        let http1 = TlsConnector::from(Arc::new(config.clone()));
        config.alpn_protocols.insert(0, Agreed::HTTP2.name().to_vec());
        // Sessions are resumed with what they were agreed on.
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Ok(Self { http1, either: TlsConnector::from(Arc::new(config)), stamp: None, minds: false })
    }

    /// The same, which offers no protocol to agree on: for what is not HTTP.
    #[must_use]
    pub fn silent(self) -> Self {
        let mut config = ClientConfig::clone(self.http1.config());
        config.alpn_protocols = Vec::new();
        let silent = TlsConnector::from(Arc::new(config));
        Self { http1: silent.clone(), either: silent, ..self }
    }

    /// The same, which goes no further with a host that asks for a certificate, of which there is none: [`CertificateAsked`] tells it.
    #[must_use]
    pub fn minding(self) -> Self {
        Self { minds: true, ..self }
    }

    /// The same, whose hellos are stamped.
    #[must_use]
    pub fn stamping(&self, stamp: Stamp) -> Self {
        Self { stamp: Some(stamp), ..self.clone() }
    }

    /// The connection with its handshake behind it, in which the other end has proven to be `host`, a name or an address.
    ///
    /// # Errors
    /// If the handshake fails, as when the proof does; `InvalidInput` if that is no host; `Unsupported` in memory.
    pub async fn connect(&self, conn: Conn, host: &str) -> Result<Conn, Error> {
        self.secured(&self.http1, conn, host).await
    }

    /// The same, where HTTP/2 is offered besides HTTP/1.1, and liked better. [`Conn::agreed`] tells what the other end has chosen.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_either(&self, conn: Conn, host: &str) -> Result<Conn, Error> {
        self.secured(&self.either, conn, host).await
    }

    async fn secured(&self, with: &TlsConnector, conn: Conn, host: &str) -> Result<Conn, Error> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Error::new(std::io::ErrorKind::InvalidInput, format!("`{host}` is no host")))?;
        let begun = Begun::new(conn.into_socket()?, Bytes::new());
        let (stream, asked) = unasked::handshake(stamp::saying(self.stamp, || with.connect(name, begun))).await;
        if asked && self.minds {
            return Err(Error::other(CertificateAsked));
        }
        let stream = stream?;
        Ok(Conn::secured(Stream::new(stream.into())))
    }
}

/// Sessions that are remembered to be resumed, of all hosts together: as many as the library keeps unless told otherwise.
const SESSIONS: usize = 256;

/// The one provider.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(stamp::provider())
}
