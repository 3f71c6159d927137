//! A name that is allowed, and whose owner lets it lead elsewhere between two connections: into our network, to this machine, to a cloud's
//! metadata. In a network and with a hosts file of its own, so that an address may be public here and reach nobody.

#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]

mod common;
#[path = "common/own_network.rs"]
mod own_network;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use common::playing::Playing;
use common::{Place, Played, records};
use own_network::{in_own_network, system};

/// An address that is public elsewhere, one of a network of somebody's own, one at which clouds tell machines their secrets, and this machine.
const PUBLIC: &str = "1.2.3.4";
const PRIVATE: &str = "10.1.2.3";
const METADATA: &str = "169.254.169.254";
const HERE: &str = "127.0.0.1";

/// Where all of them listen.
const PORT: u16 = 8_099;

const NAME: &str = "api.firm.example";

/// A server at each address, which counts who comes and answers all that ask.
struct Server(Arc<AtomicUsize>);

impl Server {
    fn at(address: &str) -> Self {
        if address != HERE {
            system("ip", &["address", "add", &format!("{address}/32"), "dev", "lo"]);
        }
        let (listener, come) = (TcpListener::bind((address, PORT)).expect("a port"), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&come);
        std::thread::spawn(move || {
            for mut conn in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::Relaxed);
                std::thread::spawn(move || {
                    let mut head = [0; 4_096];
                    let _ = conn.read(&mut head);
                    let _ = conn.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                });
            }
        });
        Self(come)
    }

    fn come(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the system's resolver says of the names from now on, in the file that stands in the place of its own.
struct Resolver(String);

impl Resolver {
    fn new(place: &Place) -> Self {
        let file = place.file("hosts", "");
        system("mount", &["--bind", &file, "/etc/hosts"]);
        Self(file)
    }

    fn leads(&self, to: &[&str]) {
        let lines: Vec<_> = to.iter().map(|address| format!("{address} {NAME}\n")).collect();
        let lines = lines.concat();
        // Into the same file, which is what is mounted.
        std::fs::write(&self.0, format!("{HERE} localhost\n{lines}")).expect("room");
    }
}

const GUARD: &str = "guard: { hosts: [api.firm.example], max_duration: 1m, max_rate: 50/s, stop: none }\n";

const DRILL: &str = "
firedrill: 1
name: rebound
regions: { hk: {} }
endpoints: { dingtalk: { kind: dingtalk, edition: mainland, region: hk, limits: off } }
groups: { office: { count: 2, region: hk }, factory: { count: 2, region: hk } }
journeys: { order: { from: office, to: factory, rate: 5/s, deadline: 2s, routes: [dingtalk] } }
phases: { baseline: 5s }
ways_in: { bot: { forward: \"127.0.0.1:0\", allow: [api.firm.example] } }
grace: 1s
targets: { lost: { expr: \"lost{journey=order} == 0\" } }
";

/// What a proxy answers to a request.
fn asked(way: SocketAddr, request: &str) -> String {
    let mut conn = TcpStream::connect(way).expect("it listens");
    conn.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
    conn.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    let _ = conn.read_to_string(&mut answer);
    answer
}

fn tried(line: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned();
    let tried = line["tried"].as_array().expect("a list").iter();
    tried.map(|tried| format!("{} {}", word(&tried["address"]), word(&tried["end"]))).collect()
}

#[test]
fn a_program_s_host_that_moves_is_refused_and_written_down() {
    in_own_network("a_program_s_host_that_moves_is_refused_and_written_down", || {
        let (public, others) = (Server::at(PUBLIC), [PRIVATE, METADATA, HERE].map(Server::at));
        let place = Place::new();
        let resolver = Resolver::new(&place);
        let drill = Playing::start(&place, &place.file("drill.yaml", &format!("{GUARD}{DRILL}")), &[]);
        let way = drill.way("bot");
        let get = format!("GET http://{NAME}:{PORT}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let connect = format!("CONNECT {NAME}:{PORT} HTTP/1.1\r\n\r\n");
        resolver.leads(&[PUBLIC]);
        assert!(asked(way, &get).starts_with("HTTP/1.1 200"), "it is allowed");
        let mut due = vec![("answered", vec![format!("{PUBLIC}:{PORT} reached")])];
        for bad in [PRIVATE, METADATA, HERE, "::1", "fe80::1", "::ffff:10.1.2.3"] {
            resolver.leads(&[bad]);
            for request in [&get, &connect] {
                let answer = asked(way, request);
                assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("no public address"), "{bad}: {answer}");
                due.push(("denied", vec![format!("{} forbidden", shown(bad))]));
            }
        }
        // Of two addresses the one that may be dialled is, and of the other it is told that it was not.
        resolver.leads(&[METADATA, PUBLIC]);
        assert!(asked(way, &get).starts_with("HTTP/1.1 200"));
        due.push(("answered", vec![format!("{METADATA}:{PORT} forbidden"), format!("{PUBLIC}:{PORT} reached")]));
        resolver.leads(&[PUBLIC]);
        assert!(asked(way, &get).starts_with("HTTP/1.1 200"), "what comes back is allowed again");
        due.push(("answered", vec![format!("{PUBLIC}:{PORT} reached")]));
        let played = drill.ended(&place);
        assert_eq!((public.come(), others.map(|other| other.come())), (3, [0; 3]), "who was asked");
        let lines = records(&played.dir);
        let lines: Vec<_> = lines.iter().filter(|line| line["record"] == "observed").collect();
        let seen: Vec<_> = lines.iter().map(|line| (line["end"].as_str().unwrap_or("?"), tried(line))).collect();
        assert_eq!(seen, due);
    });
}

/// An address with the port, as the resolver gives it.
fn shown(address: &str) -> String {
    SocketAddr::new(address.parse().expect("an address"), PORT).to_string()
}

/// A service by its name, and an inject that asks one.
const SERVICE: &str = "
firedrill: 1
name: moved
regions: { hk: {} }
endpoints: { pager: { kind: http, region: hk, url: \"http://api.firm.example:8099\", send: { path: /in, text: \"{text}\" }, receipts: acceptance } }
groups: { office: { count: 2, region: hk }, factory: { count: 2, region: hk } }
journeys: { order: { from: office, to: factory, rate: 10/s, deadline: 2s, routes: [pager] } }
phases: { baseline: 1s, fault: 2s }
injects: { flag: { during: fault, http: { do: { url: \"http://api.firm.example:8099/on\" }, undo: { url: \"http://api.firm.example:8099/off\" } } } }
grace: 1s
targets: { good: { expr: \"availability{journey=order} >= 90%\", level: must, confidence: point } }
";

/// Plays it with the name leading there.
fn played(place: &Place, resolver: &Resolver, service: &str, to: &[&str]) -> Played {
    resolver.leads(to);
    let scenario = place.file("service.yaml", &format!("{GUARD}{service}"));
    place.play("run", &scenario, &["--quiet", "--allow-actions"])
}

/// Whoever wrote the scenario has named the host, and may mean one in his own network; a link's or a cloud's own nobody means.
#[test]
fn a_service_s_name_leads_to_no_metadata() {
    in_own_network("a_service_s_name_leads_to_no_metadata", || {
        let [private, metadata] = [PRIVATE, METADATA].map(Server::at);
        let place = Place::new();
        let resolver = Resolver::new(&place);
        let good = played(&place, &resolver, SERVICE, &[METADATA, PRIVATE]);
        assert_eq!((good.code, metadata.come()), (Some(0), 0), "{}", good.told());
        let dialled = |played: &Played| -> Vec<_> {
            records(&played.dir).iter().filter(|line| line["record"] == "dialled").map(tried).collect()
        };
        let both = vec![format!("{METADATA}:{PORT} forbidden"), format!("{PRIVATE}:{PORT} reached")];
        let told = dialled(&good);
        assert!(!told.is_empty() && told.iter().all(|tried| *tried == both), "{told:?}");
        // Two connections more than the path has made: to do it, and to undo it.
        assert_eq!(private.come(), told.len() + 2);
        let bad = played(&place, &resolver, SERVICE, &[METADATA]);
        assert_eq!((bad.code, metadata.come(), private.come()), (Some(3), 0, told.len() + 2), "{}", bad.told());
        let told = dialled(&bad);
        assert!(!told.is_empty() && told.iter().all(|tried| *tried == both[..1]), "{told:?}");
        assert_eq!(bad.err.matches("leads to 169.254.169.254").count(), 1, "it is said once: {}", bad.told());
        // Beside a twin the inject alone asks for the name: it cannot be made, and ends the drill.
        let twin = SERVICE.replacen("url: \"http://api.firm.example:8099\", ", "", 1);
        let bad = played(&place, &resolver, &twin, &[METADATA]);
        let why = bad.summary()["injects"][0]["action"].to_string();
        assert!(why.contains("leads to 169.254.169.254") && why.contains("write the address"), "{why} {}", bad.told());
        assert_eq!((bad.code, metadata.come()), (Some(5), 0), "{}", bad.told());
    });
}
