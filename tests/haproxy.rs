//! haproxy, as Debian has it, before and behind a way in: both versions of the PROXY protocol, in both families of addresses.

#![expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]

#[path = "proxy/daemon.rs"]
#[expect(dead_code, reason = "each test program takes what it needs")]
mod daemon;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use daemon::Daemon;

/// A running haproxy, ended with the test.
struct Haproxy {
    child: Child,
    _place: TempDir,
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Haproxy {
    /// Starts one that listens at these addresses among others.
    fn start(sections: &str, listens: &[String]) -> Self {
        let place = tempfile::tempdir().expect("a directory");
        let config = place.path().join("haproxy.cfg");
        let defaults = "defaults\n  timeout connect 20s\n  timeout client 20s\n  timeout server 20s\n";
        std::fs::write(&config, format!("{defaults}{sections}")).expect("a disk");
        let mut command = Command::new("haproxy");
        // Debian keeps it where only administrators look.
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
        let command = command.arg("-db").arg("-f").arg(&config).stdin(Stdio::null());
        let child = command.spawn().expect("haproxy is installed; `tests/run` sees to it");
        let mut running = Self { child, _place: place };
        let patience = Instant::now() + Duration::from_secs(30);
        while !listens.iter().all(|at| TcpStream::connect(at).is_ok()) {
            let ended = running.child.try_wait().expect("it is a child");
            assert!(ended.is_none() && Instant::now() < patience, "haproxy does not listen: {ended:?}\n{sections}");
            std::thread::sleep(Duration::from_millis(20));
        }
        running
    }
}

/// An address that was free a moment ago: haproxy does not say which it takes.
fn free(host: &str) -> String {
    let listener = TcpListener::bind((host, 0)).expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// What curl gets, from a source address: body, a space, status.
fn curl(from: &str, more: &[&str], url: &str) -> String {
    let mut command = Command::new("curl");
    let command = command.args(["-s", "-g", "--max-time", "30", "--interface", from, "-w", " %{http_code}"]);
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
        command.env_remove(variable);
    }
    let output = command.args(more).arg(url).output().expect("curl is installed; `tests/run` sees to it");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A server that says nothing but that it is there.
fn host() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for conn in listener.incoming().flatten() {
            let mut conn = conn;
            let mut head = [0; 4096];
            let _ = conn.read(&mut head);
            let _ = conn.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhere");
        }
    });
    at
}

/// People of Hong Kong are refused; who they are only haproxy says, from whose address all connections come.
#[test]
fn haproxy_says_for_whom_it_speaks() {
    let host = host();
    let place = tempfile::tempdir().expect("a directory");
    let file = place.path().join("faults.yaml");
    let text = format!(
        "regions: {{ hk: {{ addresses: [127.10.0.0/16, \"::1\"] }} }}\nways_in:\n  in: {{ forward: 127.0.0.1:0, allow: {host}, \
         proxy_protocol_from: 127.0.0.1 }}\ninjects:\n  no: {{ status: {{ region: hk, code: 503 }} }}\n"
    );
    std::fs::write(&file, text).expect("a disk");
    let daemon = Daemon::with(&["--api", "127.0.0.1:0", "--faults", file.to_str().expect("text")]);
    let way = daemon.ready["ways_in"]["in"].as_str().and_then(|url| url.strip_prefix("http://")).expect("a URL");
    let url = format!("http://{host}/");
    for version in ["send-proxy", "send-proxy-v2"] {
        let (four, six) = (free("127.0.0.1"), free("::1"));
        let section = format!(
            "listen before\n  mode tcp\n  bind {four}\n  bind {six}\n  server way {way} source 127.0.0.1 {version}\n"
        );
        let _haproxy = Haproxy::start(&section, &[four.clone(), six.clone()]);
        let by = |from: &str, proxy: &str| curl(from, &["-x", &format!("http://{proxy}")], &url);
        assert!(by("127.10.0.5", &four).ends_with(" 503"), "{version}: of Hong Kong");
        assert_eq!(by("127.20.0.5", &four), "here 200", "{version}: of elsewhere");
        assert!(by("::1", &six).ends_with(" 503"), "{version}: of Hong Kong, by IPv6");
    }
    // Without haproxy nobody comes in: neither from an address that is not listed, nor from one that is and says nothing.
    for from in ["127.20.0.5", "127.0.0.1"] {
        assert_eq!(curl(from, &["-x", &format!("http://{way}")], &url), " 000", "{from}");
    }
}

/// haproxy answers with the address that it was told.
#[test]
fn haproxy_hears_for_whom_it_is_asked() {
    let at = free("127.0.0.1");
    let section = format!(
        "frontend behind\n  mode http\n  bind {at} accept-proxy\n  http-request return status 200 content-type text/plain lf-string \
         \"%[src] %[dst]\"\n"
    );
    let _haproxy = Haproxy::start(&section, std::slice::from_ref(&at));
    let lead = |host: &str, said: &str| format!("{host}={at},{said}");
    let leads = [lead("one.example", "send-proxy"), lead("two.example", "send-proxy-v2")];
    let [one, two] = &leads;
    let args = ["--api", "127.0.0.1:0", "--forward", "127.0.0.1:0", "--map", one, "--map", two];
    let daemon = Daemon::with(&args);
    let way = daemon.ready["forward"].as_str().expect("a URL");
    for host in ["one.example", "two.example"] {
        let said = curl("127.10.0.7", &["-x", way], &format!("http://{host}/"));
        assert_eq!(said, "127.10.0.7 127.0.0.1 200", "{host}");
        let said = curl("127.10.0.7", &["-p", "-x", way], &format!("http://{host}/"));
        assert_eq!(said, "127.10.0.7 127.0.0.1 200", "{host}: in a tunnel");
    }
    for (version, protocol) in [("v1", "tcp"), ("v2", "tcp"), ("v1", "http"), ("v2", "http")] {
        for (listen, from, due) in
            [("127.0.0.1:0", "127.10.0.7", "127.10.0.7 127.0.0.1 200"), ("[::1]:0", "::1", "::1 ::1 200")]
        {
            let name = format!("{protocol}-{version}-{}", if from == "::1" { 6 } else { 4 });
            let body = format!(
                "{{\"name\":\"{name}\",\"listen\":\"{listen}\",\"upstream\":\"{at}\",\"protocol\":\"{protocol}\",\"send_proxy\":\"{version}\"}}"
            );
            let proxy = daemon.good("POST", "/proxies", &body, 201);
            let listens = proxy["listen"].as_str().expect("an address");
            assert_eq!(curl(from, &[], &format!("http://{listens}/")), due, "{name}");
        }
    }
}
