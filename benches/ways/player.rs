//! Who takes part, and how each is started.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::debian::{self, Tool};
use crate::metric::Side;
use crate::place::{HOST, Place};
use crate::process::{Manner, Process, free, log, words};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No proxy.
    Direct,
    /// firedrill's proxy that leads to one place: what a way in is compared with.
    Plain,
    Firedrill,
    Tinyproxy,
    Squid,
    Haproxy,
    Nginx,
    Mitmproxy,
}

/// What a player is to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Be asked for a tunnel.
    Connect,
    /// Pass TLS on by the name in its hello.
    Sni,
    /// End TLS, and begin it anew towards the host.
    Intercept,
}

pub(crate) struct Player {
    pub(crate) name: &'static str,
    pub(crate) side: Side,
    pub(crate) kind: Kind,
}

const fn player(name: &'static str, side: Side, kind: Kind) -> Player {
    Player { name, side, kind }
}

/// Everybody.
pub(crate) const ALL: &[Player] = &[
    player("direct", Side::Reference, Kind::Direct),
    player("plain", Side::Reference, Kind::Plain),
    player("tinyproxy", Side::Peer, Kind::Tinyproxy),
    player("squid", Side::Peer, Kind::Squid),
    player("haproxy", Side::Peer, Kind::Haproxy),
    player("nginx", Side::Peer, Kind::Nginx),
    player("mitmproxy", Side::Peer, Kind::Mitmproxy),
    player("firedrill", Side::Ours, Kind::Firedrill),
];

/// A proxy that runs; it ends when this is dropped.
pub(crate) struct Running {
    pub(crate) at: SocketAddr,
    /// Whether it has to be asked for a tunnel first.
    pub(crate) asked: bool,
    process: Option<Process>,
}

impl Running {
    /// Processor seconds so far; not a number for the direct connection.
    pub(crate) fn cpu(&self) -> f64 {
        self.process.as_ref().map_or(f64::NAN, Process::cpu)
    }

    /// Explains an error: a proxy that has died says so.
    pub(crate) fn blame(&mut self, error: String) -> String {
        match self.process.as_mut().map(Process::check) {
            Some(Err(death)) => format!("{error}; {death}"),
            _ => error,
        }
    }
}

impl Player {
    /// Starts it for a way before `upstream`.
    pub(crate) fn start(&self, place: &Place, way: Way, upstream: SocketAddr) -> Result<Running, String> {
        let listen = free()?;
        let command = match self.kind {
            Kind::Direct => return Ok(Running { at: upstream, asked: false, process: None }),
            Kind::Plain => plain(place, listen, upstream)?,
            Kind::Firedrill => firedrill(place, way, listen, upstream)?,
            Kind::Tinyproxy => {
                let text = format!(
                    "Listen 127.0.0.1\nPort {}\nMaxClients 1000\nTimeout 600\nLogLevel Critical\n",
                    listen.port()
                );
                format!("/usr/bin/tinyproxy -d -c '{}'", place.config("tinyproxy", &text)?)
            }
            Kind::Squid => squid(place, listen)?,
            Kind::Haproxy => {
                let text = haproxy(place, way, listen, upstream);
                format!("/usr/sbin/haproxy -db -f '{}'", place.config("haproxy", &text)?)
            }
            Kind::Nginx => {
                let text = place.nginx("nginx", &nginx(place, way, listen, upstream));
                format!("/usr/sbin/nginx -e stderr -c '{}'", place.config("nginx", &text)?)
            }
            Kind::Mitmproxy => mitmproxy(place, way, listen, upstream),
        };
        let mut process = Process::start(&words(&command), Manner::Plain, log(&place.folder, self.name))?;
        process.listening(listen)?;
        let asked = way == Way::Connect && self.kind != Kind::Plain;
        Ok(Running { at: listen, asked, process: Some(process) })
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_firedrill");

fn plain(place: &Place, listen: SocketAddr, upstream: SocketAddr) -> Result<String, String> {
    let proxies = json!([{ "name": "plain", "listen": listen, "upstream": upstream }]);
    let config = place.config("plain", &proxies.to_string())?;
    Ok(format!("'{PROGRAM}' proxy --api {} --config '{config}'", free()?))
}

fn firedrill(place: &Place, way: Way, listen: SocketAddr, upstream: SocketAddr) -> Result<String, String> {
    let map = format!("--map {HOST}:443={upstream}");
    let asked = match way {
        Way::Connect => format!("--forward {listen} --allow 127.0.0.1"),
        Way::Sni => format!("--sni {listen} {map}"),
        Way::Intercept => format!(
            "--sni {listen} {map} --intercept {HOST} --ca '{}' --upstream-ca '{}'",
            place.folder.join("ca").display(),
            place.certificate.display()
        ),
    };
    Ok(format!("'{PROGRAM}' proxy --api {} {asked}", free()?))
}

fn squid(place: &Place, listen: SocketAddr) -> Result<String, String> {
    let text = format!(
        "http_port {listen}\nhttp_access allow all\ncache deny all\naccess_log none\ncache_log /dev/null\npid_filename none\n\
         coredump_dir /tmp\nshutdown_lifetime 0 seconds\nvisible_hostname {HOST}\n"
    );
    Ok(format!("/usr/sbin/squid -N -f '{}'", place.config("squid", &text)?))
}

fn haproxy(place: &Place, way: Way, listen: SocketAddr, upstream: SocketAddr) -> String {
    let pair = place.pair.display();
    let sides = match way {
        Way::Intercept => format!(
            "defaults\n  mode http\n  http-reuse always\n@times\nfrontend f\n  bind {listen} ssl crt '{pair}'\n  default_backend b\n\
             backend b\n  server s {upstream} ssl verify required ca-file '{}' verifyhost {HOST} sni str({HOST})\n",
            place.certificate.display()
        ),
        Way::Connect | Way::Sni => format!(
            "defaults\n  mode tcp\n@times\nfrontend f\n  bind {listen}\n  tcp-request inspect-delay 5s\n  \
             tcp-request content accept if {{ req.ssl_hello_type 1 }}\n  use_backend b if {{ req.ssl_sni -i {HOST} }}\n\
             backend b\n  server s {upstream}\n"
        ),
    };
    let times = "  maxconn 4000\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h";
    format!("global\n  maxconn 4000\n  nbthread 1\n  no strict-limits\n{}", sides.replace("@times", times))
}

fn nginx(place: &Place, way: Way, listen: SocketAddr, upstream: SocketAddr) -> String {
    match way {
        Way::Intercept => format!(
            "http {{ access_log off; keepalive_requests 1000000000; upstream u {{ server {upstream}; keepalive 128; \
             keepalive_requests 1000000000; }} server {{ listen {listen} ssl; {} location / {{ proxy_pass https://u; \
             proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_ssl_verify on; proxy_ssl_name {HOST}; \
             proxy_ssl_trusted_certificate '{}'; }} }} {} }}\n",
            place.ssl(),
            place.certificate.display(),
            place.temp()
        ),
        Way::Connect | Way::Sni => format!(
            "stream {{ map $ssl_preread_server_name $to {{ {HOST} {upstream}; }} \
             server {{ listen {listen}; ssl_preread on; proxy_pass $to; }} }}\n"
        ),
    }
}

/// In a reverse proxy's place it ends TLS as it does in a forward proxy's, and wrk can ask it.
fn mitmproxy(place: &Place, way: Way, listen: SocketAddr, upstream: SocketAddr) -> String {
    let mode = match way {
        Way::Intercept => format!("--mode reverse:https://{upstream} --ssl-insecure"),
        Way::Connect | Way::Sni => "--mode regular --ignore-hosts .".to_owned(),
    };
    let port = listen.port();
    let folder = place.folder.join("mitmproxy");
    let (program, own) = (folder.join("bin/mitmdump"), folder.join("own"));
    format!(
        "'{}' -q {mode} --listen-host 127.0.0.1 --listen-port {port} --set 'confdir={}' --set flow_detail=0",
        program.display(),
        own.display()
    )
}

/// The newest that the Python of Debian 12 can run.
const MITMPROXY: &str = "mitmproxy==11.0.2";

const NGINX: Tool = Tool {
    file: &["/usr/sbin/nginx", "/usr/lib/nginx/modules/ngx_stream_module.so"],
    packages: &["nginx", "libnginx-mod-stream"],
};

/// Sees to it that everybody who takes part is here, and what everybody needs.
pub(crate) fn install(players: &[&Player], place: &Place) -> Result<(), String> {
    let tool = |kind| match kind {
        Kind::Tinyproxy => Some(Tool { file: &["/usr/bin/tinyproxy"], packages: &["tinyproxy"] }),
        Kind::Squid => Some(Tool { file: &["/usr/sbin/squid"], packages: &["squid"] }),
        Kind::Haproxy => Some(Tool { file: &["/usr/sbin/haproxy"], packages: &["haproxy"] }),
        _ => None,
    };
    let wrk = Tool { file: &["/usr/bin/wrk"], packages: &["wrk"] };
    let tools = players.iter().filter_map(|player| tool(player.kind)).chain([NGINX, wrk]);
    let missing: Vec<_> = tools.filter(|tool| !tool.is_here()).flat_map(|tool| tool.packages).copied().collect();
    if !missing.is_empty() {
        debian::install(&missing)?;
    }
    let folder: PathBuf = place.folder.join("mitmproxy");
    if players.iter().any(|player| player.kind == Kind::Mitmproxy) && !folder.join("bin/mitmdump").exists() {
        eprintln!("installing {MITMPROXY}");
        let python = folder.join("bin/python");
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        run(Command::new(python).args(["-m", "pip", "--disable-pip-version-check", "-q", "install", MITMPROXY]))?;
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.stdin(Stdio::null()).stdout(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        told => Err(format!("{command:?}: {told:?}; leave mitmproxy out with --players")),
    }
}
