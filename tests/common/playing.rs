//! A drill that programs of others take part in while it is being played.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use serde_json::Value;

use super::{Place, Played};

/// A drill whose ways in are open.
pub(crate) struct Playing {
    child: Child,
    /// The line that says where programs come in.
    ready: Value,
    said: JoinHandle<String>,
}

impl Playing {
    /// Starts a drill, and waits until programs can come in.
    pub(crate) fn start(place: &Place, scenario: &str, more: &[&str]) -> Self {
        let mut command = place.command("run", scenario, &[&["--quiet"], more].concat());
        Self::of(&mut command)
    }

    /// The same of a command.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::null()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
        let ready = lines.by_ref().find_map(|line| serde_json::from_str(&line).ok());
        // The drill may not have to wait for somebody to read.
        let said = std::thread::spawn(move || lines.collect::<Vec<_>>().join("\n"));
        Self { child, ready: ready.expect("a line that says where programs come in"), said }
    }

    /// A way in, as programs are told of it.
    pub(crate) fn url(&self, name: &str) -> &str {
        self.ready["ways_in"][name].as_str().expect(name)
    }

    /// Its address.
    pub(crate) fn way(&self, name: &str) -> SocketAddr {
        let url = self.url(name);
        url.split_once("://").and_then(|(_, address)| address.parse().ok()).expect(url)
    }

    /// Waits for its end. What it said from when the ways in were open is told with the rest.
    pub(crate) fn ended(mut self, place: &Place) -> Played {
        let code = self.child.wait().expect("the program ends").code();
        let (dir, err) = (place.runs().pop().expect("a run"), self.said.join().expect("it is read"));
        Played { code, out: String::new(), err, dir }
    }
}
