//! Who takes part, and how each is started.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use serde_json::{Value, json};

use crate::api::Api;
use crate::measure::Bench;
use crate::metric::Side;
use crate::options::Options;
use crate::process::{Manner, Process, free, log, words};

pub(crate) enum Kind {
    /// No proxy.
    Direct,
    /// This program as a relay: `splice` or `copy`.
    Loop(&'static str),
    Haproxy {
        splice: bool,
        http: bool,
    },
    Nginx {
        http: bool,
    },
    /// A proxy that is told everything on its command line.
    Plain(String),
    /// A proxy that is driven through Toxiproxy's API.
    Api {
        command: String,
        unprivileged: bool,
        http: bool,
    },
}

pub(crate) struct Player {
    pub(crate) name: String,
    pub(crate) side: Side,
    pub(crate) kind: Kind,
}

impl Player {
    fn new(name: &str, side: Side, kind: Kind) -> Self {
        Self { name: name.to_owned(), side, kind }
    }

    /// It takes faults.
    pub(crate) fn has_api(&self) -> bool {
        matches!(self.kind, Kind::Api { http: false, unprivileged: false, .. })
    }

    /// It is there to show what HTTP costs.
    pub(crate) fn speaks_http(&self) -> bool {
        matches!(
            self.kind,
            Kind::Haproxy { http: true, .. } | Kind::Nginx { http: true } | Kind::Api { http: true, .. }
        )
    }

    /// It is there to show what privilege changes.
    pub(crate) fn unprivileged(&self) -> bool {
        matches!(self.kind, Kind::Api { unprivileged: true, .. })
    }

    /// It is there to show how fast bytes can be moved.
    pub(crate) fn only_moves(&self) -> bool {
        matches!(self.kind, Kind::Loop(_) | Kind::Haproxy { splice: true, .. })
    }

    /// What it says it is.
    pub(crate) fn version(&self) -> String {
        let (program, flag) = match self.kind {
            Kind::Haproxy { .. } => ("/usr/sbin/haproxy", "-v"),
            Kind::Nginx { .. } => ("/usr/sbin/nginx", "-v"),
            Kind::Api { .. } if self.side == Side::Ours => return env!("CARGO_PKG_VERSION").to_owned(),
            Kind::Direct | Kind::Loop(_) | Kind::Plain(_) | Kind::Api { .. } => return String::new(),
        };
        let Ok(output) = Command::new(program).arg(flag).output() else { return String::new() };
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned()
    }

    /// What it is, for the file of results.
    pub(crate) fn describe(&self) -> Value {
        let command = match &self.kind {
            Kind::Plain(command) | Kind::Api { command, .. } => command.as_str(),
            Kind::Direct | Kind::Loop(_) | Kind::Haproxy { .. } | Kind::Nginx { .. } => "",
        };
        json!({ "version": self.version(), "command": command })
    }

    /// Starts it before `upstream`.
    pub(crate) fn start(&self, bench: &Bench, upstream: SocketAddr) -> Result<Running, String> {
        if let Some(reason) = bench.without.as_ref().filter(|_| self.side == Side::Ours) {
            return Err(reason.clone());
        }
        let listen = free()?;
        let log = log(&bench.folder, &self.name.replace(' ', "-"));
        let config = bench.folder.join(format!("{}.conf", self.name.replace(' ', "-")));
        let write = |text: String| fs::write(&config, text).map_err(|error| format!("{}: {error}", config.display()));
        let config = config.display().to_string();
        let command = match &self.kind {
            Kind::Direct => return Ok(Running { at: upstream, process: None, api: None }),
            Kind::Loop(how) => {
                let process = Process::role(&format!("{how} {listen} {upstream}"), log)?;
                return Running::plain(listen, process);
            }
            Kind::Haproxy { splice, http } => {
                write(haproxy(bench, listen, upstream, (*splice, *http)))?;
                words(&format!("/usr/sbin/haproxy -db -f '{config}'"))
            }
            Kind::Nginx { http } => {
                write(nginx(bench, bench.peer_threads, &nginx_proxy(listen, upstream, *http)))?;
                words(&format!("/usr/sbin/nginx -e stderr -c '{config}'"))
            }
            Kind::Plain(command) => fill(command, &[("{listen}", listen), ("{upstream}", upstream)]),
            Kind::Api { command, unprivileged, http } => {
                let manner = if *unprivileged { Manner::Nobody } else { Manner::Plain };
                let process = Process::start(&api_command(bench, command, listen), manner, log)?;
                return Running::driven(process, listen, upstream, *http);
            }
        };
        let manner = if matches!(self.kind, Kind::Nginx { .. }) { Manner::Master } else { Manner::Plain };
        Running::plain(listen, Process::start(&command, manner, log)?)
    }
}

/// The API listens where the proxy would; the proxy gets the next free address.
fn api_command(bench: &Bench, command: &str, api: SocketAddr) -> Vec<String> {
    let command = command.replace("{api_host}", &api.ip().to_string()).replace("{api_port}", &api.port().to_string());
    let mut command = fill(&command, &[("{api}", api)]);
    for word in &mut command {
        *word = word.replace("{firedrill}", &bench.firedrill.display().to_string());
    }
    command
}

fn fill(command: &str, holes: &[(&str, SocketAddr)]) -> Vec<String> {
    let filled =
        holes.iter().fold(command.to_owned(), |text, (hole, address)| text.replace(hole, &address.to_string()));
    words(&filled)
}

/// A proxy that runs; it ends when this is dropped.
pub(crate) struct Running {
    pub(crate) at: SocketAddr,
    process: Option<Process>,
    api: Option<Api>,
}

impl Running {
    fn plain(at: SocketAddr, mut process: Process) -> Result<Self, String> {
        process.listening(at)?;
        Ok(Self { at, process: Some(process), api: None })
    }

    fn driven(mut process: Process, api: SocketAddr, upstream: SocketAddr, http: bool) -> Result<Self, String> {
        process.listening(api)?;
        let (at, mut api) = (free()?, Api::connect(api)?);
        api.create(at, upstream, http)?;
        process.listening(at)?;
        Ok(Self { at, process: Some(process), api: Some(api) })
    }

    /// The API of a player that has one.
    pub(crate) fn api(&mut self) -> Result<&mut Api, String> {
        self.api.as_mut().ok_or_else(|| "it has no API".to_owned())
    }

    /// Processor seconds so far; not a number for the direct connection.
    pub(crate) fn cpu(&self) -> f64 {
        self.process.as_ref().map_or(f64::NAN, Process::cpu)
    }

    pub(crate) fn resident_kib(&self) -> f64 {
        self.process.as_ref().map_or(f64::NAN, Process::resident_kib)
    }

    /// Explains an error: a proxy that has died says so.
    pub(crate) fn blame(&mut self, error: String) -> String {
        match self.process.as_mut().map(Process::check) {
            Some(Err(death)) => format!("{error}; {death}"),
            _ => error,
        }
    }
}

fn haproxy(bench: &Bench, listen: SocketAddr, upstream: SocketAddr, (splice, http): (bool, bool)) -> String {
    let threads = bench.peer_threads;
    let mode = if http { "http\n  http-reuse always" } else { "tcp" };
    let splice = if splice { "  option splice-auto\n" } else { "" };
    format!(
        "global\n  maxconn 9950\n  nbthread {threads}\n  no strict-limits\ndefaults\n  mode {mode}\n{splice}  maxconn 9950\n  \
         timeout connect 5s\n  timeout client 1h\n  timeout server 1h\nfrontend f\n  bind {listen}\n  default_backend b\n\
         backend b\n  server s {upstream}\n"
    )
}

fn nginx_proxy(listen: SocketAddr, upstream: SocketAddr, http: bool) -> String {
    if !http {
        return format!("stream {{ server {{ listen {listen}; proxy_pass {upstream}; proxy_timeout 1h; }} }}\n");
    }
    format!(
        "http {{ access_log off; keepalive_requests 1000000000; upstream u {{ server {upstream}; keepalive 128; \
         keepalive_requests 1000000000; }} server {{ listen {listen}; location / {{ proxy_pass http://u; \
         proxy_http_version 1.1; proxy_set_header Connection \"\"; }} }} @temp }}\n"
    )
}

/// The web server that HTTP is measured against: a small answer and nothing else.
pub(crate) fn web(bench: &Bench, listen: SocketAddr) -> Result<Process, String> {
    let server = format!(
        "http {{ access_log off; keepalive_requests 1000000000; server {{ listen {listen}; location / {{ \
         default_type text/plain; return 200 \"{}\"; }} }} @temp }}\n",
        "x".repeat(100)
    );
    let config = bench.folder.join("web.conf");
    fs::write(&config, nginx(bench, 1, &server)).map_err(|error| format!("{}: {error}", config.display()))?;
    let command = words(&format!("/usr/sbin/nginx -e stderr -c '{}'", config.display()));
    let mut process = Process::start(&command, Manner::Plain, log(&bench.folder, "web"))?;
    process.listening(listen)?;
    Ok(process)
}

/// nginx, which writes only into our folder. One process needs no master.
fn nginx(bench: &Bench, processes: u32, block: &str) -> String {
    let master = if processes > 1 { "on" } else { "off" };
    let temp: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path '{}/nginx-{kind}'; ", bench.folder.display()))
        .concat();
    format!(
        "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\ndaemon off;\nmaster_process {master};\nworker_processes {processes};\npid '{}';\n\
         worker_rlimit_nofile {};\nevents {{ worker_connections {}; }}\n{}",
        bench.folder.join("nginx.pid").display(),
        bench.descriptors,
        bench.descriptors,
        block.replace("@temp", &temp)
    )
}

/// Everybody who takes part.
pub(crate) fn all(options: &Options) -> Result<Vec<Player>, String> {
    let api = |unprivileged, http| Kind::Api { command: options.firedrill.clone(), unprivileged, http };
    let mut players = vec![
        Player::new("direct", Side::Reference, Kind::Direct),
        Player::new("splice loop", Side::Reference, Kind::Loop("splice")),
        Player::new("copy loop", Side::Reference, Kind::Loop("copy")),
        Player::new("haproxy", Side::Peer, Kind::Haproxy { splice: false, http: false }),
        Player::new("haproxy splice", Side::Peer, Kind::Haproxy { splice: true, http: false }),
        Player::new("haproxy http", Side::Reference, Kind::Haproxy { splice: false, http: true }),
        Player::new("nginx", Side::Peer, Kind::Nginx { http: false }),
        Player::new("nginx http", Side::Reference, Kind::Nginx { http: true }),
    ];
    let driven = |command| Kind::Api { command, unprivileged: false, http: false };
    players.extend(named("--peer", &options.peer, Side::Peer, Kind::Plain)?);
    players.extend(named("--peer-api", &options.peer_api, Side::Peer, driven)?);
    players.push(Player::new("firedrill", Side::Ours, api(false, false)));
    players.push(Player::new("firedrill http", Side::Ours, api(false, true)));
    players.extend(named("--also", &options.also, Side::Ours, driven)?);
    if rustix::process::geteuid().is_root() {
        players.push(Player::new("firedrill nobody", Side::Ours, api(true, false)));
    }
    chosen(&mut players, &options.players)?;
    Ok(players)
}

/// Players from `NAME=COMMAND`.
fn named(option: &str, given: &[String], side: Side, kind: fn(String) -> Kind) -> Result<Vec<Player>, String> {
    let player = |text: &String| {
        let (name, command) = text.split_once('=').ok_or_else(|| format!("{option} {text}: write NAME=COMMAND"))?;
        Ok(Player::new(name, side, kind(command.to_owned())))
    };
    given.iter().map(player).collect()
}

fn chosen(players: &mut Vec<Player>, names: &[String]) -> Result<(), String> {
    if let Some(unknown) = names.iter().find(|name| players.iter().all(|player| player.name != **name)) {
        let known: Vec<_> = players.iter().map(|player| player.name.as_str()).collect();
        return Err(format!("--players: nobody is called `{unknown}`; there are {}", known.join(", ")));
    }
    players.retain(|player| names.is_empty() || names.contains(&player.name));
    Ok(())
}
