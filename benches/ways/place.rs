//! Where the benchmark keeps its files, and the certificate of the host that everybody wants to reach.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::process::{Manner, Process, free, log, words};

/// The name that the host has, and that clients ask for: one that resolves everywhere.
pub(crate) const HOST: &str = "localhost";

/// How long the host's answer is, in bytes.
const ANSWER: usize = 100;

/// Files of one run.
pub(crate) struct Place {
    /// Configurations, logs and results.
    pub(crate) folder: PathBuf,
    /// The host's certificate, in PEM.
    pub(crate) certificate: PathBuf,
    /// The same with its key, as haproxy wants it.
    pub(crate) pair: PathBuf,
    /// The same, for clients to trust.
    pub(crate) trusted: CertificateDer<'static>,
}

impl Place {
    pub(crate) fn new() -> Result<Self, String> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap_or(Path::new("target"));
        let folder = target.join("ways");
        let certificate = folder.join("host.pem");
        let pair = folder.join("host-and-key.pem");
        let made = rcgen::generate_simple_self_signed([HOST.to_owned()]).map_err(|error| error.to_string())?;
        let (shown, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let written = fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&certificate, &shown))
            .and_then(|()| fs::write(&pair, format!("{shown}{key}")));
        written.map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
        let trusted = made.cert.der().clone();
        Ok(Self { folder, certificate, pair, trusted })
    }

    /// Writes a configuration; returns its path.
    pub(crate) fn config(&self, name: &str, text: &str) -> Result<String, String> {
        let path = self.folder.join(format!("{name}.conf"));
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path.display().to_string())
    }

    /// Somebody who echoes.
    pub(crate) fn echo(&self) -> Result<(SocketAddr, Process), String> {
        self.role("echo")
    }

    /// Somebody who writes for ever.
    pub(crate) fn source(&self) -> Result<(SocketAddr, Process), String> {
        self.role("source")
    }

    fn role(&self, role: &str) -> Result<(SocketAddr, Process), String> {
        let at = free()?;
        let mut process = Process::role(&format!("{role} {at}"), log(&self.folder, role))?;
        process.listening(at)?;
        Ok((at, process))
    }

    /// The host: one process of nginx that speaks TLS and answers with [`ANSWER`] bytes.
    pub(crate) fn host(&self) -> Result<(SocketAddr, Process), String> {
        let at = free()?;
        let server = format!(
            "http {{ access_log off; keepalive_requests 1000000000; server {{ listen {at} ssl; {} location / {{ \
             default_type text/plain; return 200 \"{}\"; }} }} {} }}\n",
            self.ssl(),
            "x".repeat(ANSWER),
            self.temp()
        );
        let config = self.config("host", &self.nginx("host", &server))?;
        let mut process = Process::start(
            &words(&format!("/usr/sbin/nginx -e stderr -c '{config}'")),
            Manner::Plain,
            log(&self.folder, "host"),
        )?;
        process.listening(at)?;
        Ok((at, process))
    }

    /// How nginx speaks TLS here.
    pub(crate) fn ssl(&self) -> String {
        let pair = self.pair.display();
        format!("ssl_certificate '{pair}'; ssl_certificate_key '{pair}'; ssl_protocols TLSv1.2 TLSv1.3;")
    }

    /// Where nginx keeps what it does not keep here.
    pub(crate) fn temp(&self) -> String {
        let one = |kind| format!("{kind}_temp_path '{}/nginx-{kind}'; ", self.folder.display());
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(one).concat()
    }

    /// A configuration of nginx, which writes only into our folder.
    pub(crate) fn nginx(&self, name: &str, block: &str) -> String {
        format!(
            "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\ndaemon off;\nmaster_process off;\nworker_processes 1;\n\
             pid '{}';\nevents {{ worker_connections 4096; }}\n{block}",
            self.folder.join(format!("{name}.pid")).display()
        )
    }
}
