//! Hosts that ask for a certificate of their client's, and clients that take nobody's but the host's own: TLS with them does not end here.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::daemon::{Daemon, program};
use crate::installed::here;

/// One asks for a certificate, one does it in TLS 1.2, and one does not.
const HOSTS: [&str; 3] = ["closed.x.example", "older.x.example", "open.x.example"];

struct Hosts {
    python: Child,
    place: tempfile::TempDir,
    ports: Vec<String>,
}

impl Drop for Hosts {
    fn drop(&mut self) {
        let _ = self.python.kill();
        let _ = self.python.wait();
    }
}

impl Hosts {
    fn start() -> Self {
        let place = tempfile::tempdir().expect("a directory");
        for (name, hosts) in [("host", &HOSTS[..]), ("client", &["client.example"])] {
            let names: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
            let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
            fs::write(place.path().join(format!("{name}.pem")), made.cert.pem()).expect("room");
            fs::write(place.path().join(format!("{name}.key")), made.signing_key.serialize_pem()).expect("room");
        }
        let mut python = Command::new("python3");
        python.arg(here("http2/certified.py"));
        python.args(["host.pem", "host.key", "client.pem"].map(|name| place.path().join(name)));
        let mut python = python.stdout(Stdio::piped()).spawn().expect("python starts");
        let mut ports = String::new();
        BufReader::new(python.stdout.as_mut().expect("a pipe")).read_line(&mut ports).expect("ports");
        Self { python, place, ports: ports.split_whitespace().map(str::to_owned).collect() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// A way in where TLS with all of them ends, but with those that more options name.
    fn daemon(&self, more: &[&str]) -> Daemon {
        let mut daemon = program(&["--api", "127.0.0.1:0", "--forward", "127.0.0.1:0", "--intercept", "*.x.example"]);
        for (host, port) in HOSTS.iter().zip(&self.ports) {
            daemon.arg("--map").arg(format!("{host}:443=127.0.0.1:{port}"));
        }
        daemon.arg("--ca").arg(self.file("own")).arg("--upstream-ca").arg(self.file("host.pem")).args(more);
        daemon.stderr(fs::File::create(self.file("log")).expect("room"));
        Daemon::of(daemon)
    }

    /// The status that a client gets who trusts this file alone, and shows a certificate.
    fn ask(&self, daemon: &Daemon, host: &str, trusted: &Path) -> String {
        let mut curl = Command::new("curl");
        curl.args(["-s", "--max-time", "30", "-o", "/dev/null", "-w", "%{http_code}"]);
        curl.arg("-x").arg(daemon.ready["forward"].as_str().expect("an address")).arg("--cacert").arg(trusted);
        curl.arg("--cert").arg(self.file("client.pem")).arg("--key").arg(self.file("client.key"));
        let output = curl.arg(format!("https://{host}/")).output().expect("curl");
        String::from_utf8(output.stdout).expect("text")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.file("log")).expect("a log")
    }
}

#[test]
fn a_host_that_asks_for_a_certificate_gets_its_client_s() {
    let hosts = Hosts::start();
    let daemon = hosts.daemon(&[]);
    let (own, theirs) = (hosts.file("own/ca.pem"), hosts.file("host.pem"));
    for host in ["closed.x.example", "older.x.example"] {
        for _ in 0..2 {
            assert_eq!(hosts.ask(&daemon, host, &theirs), "200", "{host}: end to end\n{}", hosts.log());
        }
    }
    assert_eq!(hosts.ask(&daemon, "open.x.example", &own), "200", "with the other it ends here: {}", hosts.log());
    assert_eq!(hosts.log().matches("asks for a certificate").count(), 2, "once of each: {}", hosts.log());
}

#[test]
fn a_client_that_takes_the_host_s_own_alone_is_told_of_and_let_through() {
    let hosts = Hosts::start();
    let (own, theirs) = (hosts.file("own/ca.pem"), hosts.file("host.pem"));
    let daemon = hosts.daemon(&[]);
    for _ in 0..2 {
        assert_eq!(hosts.ask(&daemon, "open.x.example", &theirs), "000");
    }
    assert_eq!(hosts.log().matches("--pass-through").count(), 1, "{}", hosts.log());
    drop(daemon);
    let daemon = hosts.daemon(&["--pass-through", "open.x.example"]);
    assert_eq!(hosts.ask(&daemon, "open.x.example", &theirs), "200", "{}", hosts.log());
    assert_eq!(hosts.ask(&daemon, "open.x.example", &own), "000", "it is the host's own certificate");
}
