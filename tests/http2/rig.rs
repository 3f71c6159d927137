//! A host of Node's that speaks both versions of HTTP over TLS, the daemon before it, and a client whose every frame a test chooses.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::daemon::{Daemon, program};
use crate::installed::here;

pub(crate) const HOST: &str = "h2.example";

/// How long anything may take that takes milliseconds: the machine may be busy with all the other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Rig {
    pub(crate) daemon: Daemon,
    /// Where the daemon is asked for tunnels.
    pub(crate) forward: String,
    /// Where the hello of TLS is enough.
    pub(crate) sni: String,
    /// What clients trust.
    pub(crate) ca: PathBuf,
    /// Where the host is.
    pub(crate) port: u16,
    /// What the daemon says to people.
    pub(crate) log: PathBuf,
    _host: Option<Host>,
    _place: TempDir,
}

/// Node's server, as long as a test needs it.
pub(crate) struct Host {
    pub(crate) port: u16,
    /// What whoever connects to it trusts.
    pub(crate) trusted: PathBuf,
    node: Child,
}

impl Host {
    /// One that keeps its certificate in a directory.
    pub(crate) fn start(place: &Path) -> Self {
        Self::allowing(place, None)
    }

    /// One that lets a client open so many streams at a time.
    fn allowing(place: &Path, streams: Option<u32>) -> Self {
        let [trusted, key] = ["host.pem", "host.key"].map(|name| place.join(name));
        let made = rcgen::generate_simple_self_signed([HOST.to_owned()]).expect("a certificate");
        fs::write(&trusted, made.cert.pem()).expect("room");
        fs::write(&key, made.signing_key.serialize_pem()).expect("room");
        let mut node = Command::new("node");
        node.arg(here("http2/server.mjs")).arg(&trusted).arg(&key).args(streams.map(|most| most.to_string()));
        let mut node = node.stdout(Stdio::piped()).spawn().expect("node starts");
        let mut port = String::new();
        BufReader::new(node.stdout.as_mut().expect("a pipe")).read_line(&mut port).expect("a port");
        Self { port: port.trim().parse().expect("a port"), trusted, node }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

impl Rig {
    pub(crate) fn start() -> Self {
        Self::before(None)
    }

    /// Before a host that lets a client open so many streams at a time.
    pub(crate) fn before(streams: Option<u32>) -> Self {
        Self::told(streams, &[])
    }

    /// With these arguments as well.
    pub(crate) fn with(more: &[&str]) -> Self {
        Self::told(None, more)
    }

    fn told(streams: Option<u32>, more: &[&str]) -> Self {
        let place = tempfile::tempdir().expect("a directory");
        let host = Host::allowing(place.path(), streams);
        let (port, trusted) = (host.port, host.trusted.clone());
        Self::leading(place, (port, &trusted), Some(host), more)
    }

    /// Before whoever listens at this port, with a certificate that stands there.
    pub(crate) fn leading(place: TempDir, (port, trusted): (u16, &Path), host: Option<Host>, more: &[&str]) -> Self {
        let file = |name: &str| place.path().join(name);
        let map = format!("{HOST}:443=127.0.0.1:{port}");
        let (own, trusted) = (file("own").display().to_string(), trusted.display().to_string());
        let mut daemon =
            program(&["--api", "127.0.0.1:0", "--forward", "127.0.0.1:0", "--sni", "127.0.0.1:0", "--map", &map]);
        daemon.args(["--intercept", HOST, "--ca", &own, "--upstream-ca", &trusted]);
        // At its own port it is somebody else's, of whom little may be asked.
        let at = format!("{HOST}:{port}");
        daemon.args(["--intercept", &at, "--allow", &at, "--allow", "127.0.0.1", "--max-rate", "1/s"]).args(more);
        let log = file("log");
        daemon.stderr(fs::File::create(&log).expect("room"));
        let daemon = Daemon::of(daemon);
        let listens = |name: &str| {
            let proxy = daemon.good("GET", &format!("/proxies/{name}"), "", 200);
            proxy["listen"].as_str().expect("an address").to_owned()
        };
        let (forward, sni) = (listens("forward"), listens("sni"));
        Self { daemon, forward, sni, ca: file("own").join("ca.pem"), port, log, _host: host, _place: place }
    }

    pub(crate) fn arm(&self, fault: &str) {
        self.daemon.good("POST", "/firedrill/v1/faults", fault, 201);
    }

    pub(crate) fn lift(&self, name: &str) {
        self.daemon.good("DELETE", &format!("/firedrill/v1/faults/{name}"), "", 204);
    }

    /// A connection within a tunnel and within TLS, for HTTP/2.
    pub(crate) async fn connect(&self) -> TlsStream<tokio::net::TcpStream> {
        connect(&self.forward, &self.ca).await
    }

    /// The same to the host at its own port, where it is somebody else's.
    pub(crate) async fn connect_abroad(&self) -> TlsStream<tokio::net::TcpStream> {
        connect_at(&self.forward, &self.ca, self.port).await.expect("it may")
    }

    /// The status by which a tunnel to that is refused.
    pub(crate) async fn refused_abroad(&self) -> String {
        connect_at(&self.forward, &self.ca, self.port).await.map(drop).expect_err("it may not")
    }

    /// The same, of which a test writes the very frames; the settings that begin it are exchanged.
    pub(crate) fn raw(&self) -> Raw {
        let mut conn = TcpStream::connect(&self.forward).expect("it listens");
        conn.set_read_timeout(Some(PATIENCE)).expect("a time");
        write!(conn, "CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n").expect("it reads");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            conn.read_exact(&mut byte).expect("an answer");
            head.push(byte[0]);
        }
        let name = ServerName::try_from(HOST).expect("a name");
        let session = ClientConnection::new(tls(&self.ca), name).expect("a client");
        let mut conn = Raw(StreamOwned::new(session, conn));
        conn.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").expect("it reads");
        conn.write_all(&frame(4, 0, 0, b"")).expect("it reads");
        conn
    }
}

/// TLS that trusts this authority, and offers HTTP/2 alone.
fn tls(ca: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).expect("a certificate")).expect("an authority");
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions");
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

/// A connection within a tunnel that is asked for there, and within TLS, for HTTP/2.
pub(crate) async fn connect(forward: &str, ca: &Path) -> TlsStream<tokio::net::TcpStream> {
    connect_at(forward, ca, 443).await.expect("it may")
}

/// The same to a port; or the status by which the tunnel is refused.
async fn connect_at(forward: &str, ca: &Path, port: u16) -> Result<TlsStream<tokio::net::TcpStream>, String> {
    let mut conn = tokio::net::TcpStream::connect(forward).await.expect("it listens");
    conn.set_nodelay(true).expect("a socket");
    let asked = format!("CONNECT {HOST}:{port} HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n");
    conn.write_all(asked.as_bytes()).await.expect("it reads");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(conn.read_u8().await.expect("an answer"));
    }
    if &head[9..12] != b"200" {
        return Err(String::from_utf8_lossy(&head[9..12]).into_owned());
    }
    let name = ServerName::try_from(HOST).expect("a name");
    Ok(TlsConnector::from(tls(ca)).connect(name, conn).await.expect("TLS, and HTTP/2"))
}

/// What curl gets and says that comes by this way in, with version and status behind it; and what went wrong.
pub(crate) fn curl(forward: &str, ca: &Path, more: &[&str]) -> String {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "60", "-x", &format!("http://{forward}"), "--cacert"]).arg(ca);
    let done = curl.args(["-w", " %{http_version} %{http_code}"]).args(more).output().expect("curl");
    String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned()
}

/// A connection whose last words are heard also when it takes no more.
pub(crate) struct Raw(StreamOwned<ClientConnection, TcpStream>);

impl Write for Raw {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl Read for Raw {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.0.conn.reader().read(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            if self.0.conn.read_tls(&mut self.0.sock)? == 0 {
                return Ok(0);
            }
            self.0.conn.process_new_packets().map_err(std::io::Error::other)?;
        }
    }
}

/// A frame as RFC 9113 §4.1 writes it.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("a frame").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(content);
    frame
}

/// A field as HPACK writes it without its tables (RFC 7541 §6.2.2), if it is short.
pub(crate) fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).expect("short")][..], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

/// The fields of a request, of which a test may add some.
pub(crate) fn request(more: &[(&str, &str)]) -> Vec<u8> {
    let own = [(":method", "GET"), (":scheme", "https"), (":authority", HOST), (":path", "/raw")];
    own.iter().chain(more).flat_map(|(name, value)| field(name, value)).collect()
}

/// Reads frames until one of these kinds comes, and returns kind and content; `None` at the end.
pub(crate) fn wait_for(conn: &mut impl Read, kinds: &[u8]) -> Option<(u8, Vec<u8>)> {
    loop {
        let mut head = [0; 9];
        conn.read_exact(&mut head).ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut content = vec![0; length as usize];
        conn.read_exact(&mut content).ok()?;
        if kinds.contains(&head[3]) {
            return Some((head[3], content));
        }
    }
}
