//! A drill as a process, and what it says of itself.

use std::fs;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::used_by_children;

/// The deadline of a message; lag is judged against a tenth of it.
pub(crate) const DEADLINE_MS: f64 = 1_000.0;

pub(crate) struct Drill(String);

/// What came of a drill.
pub(crate) struct Played {
    summary: Value,
    /// Seconds of the whole program: reading, playing, judging and reports.
    cpu: f64,
    pub(crate) lag_p99_ms: f64,
}

impl Drill {
    /// Fifty accounts, each with a login of its own, to a server that is not ours. Acceptance is all that is heard.
    pub(crate) fn to_server(server: SocketAddr, rate: u32, seconds: u32) -> Self {
        let endpoint = format!(
            "kind: dingtalk, edition: mainland, region: hk, limits: off, url: \"http://{server}\", credentials: \
             {{ office: {{ app_key: \"${{BENCH_KEY}}\", app_secret: \"${{BENCH_KEY}}\" }}, factory: {{ user: \"${{BENCH_KEY}}\" }} }}"
        );
        Self::of(&endpoint, rate, seconds)
    }

    /// Fifty accounts to a twin in the same process, which tells its receipts.
    pub(crate) fn to_twin(rate: u32, seconds: u32) -> Self {
        Self::of("kind: dingtalk, edition: mainland, region: hk, limits: off", rate, seconds)
    }

    fn of(endpoint: &str, rate: u32, seconds: u32) -> Self {
        // The slots are rate × timeout × 1.25, and each may need four descriptors, of which a machine may have no more than 20,000.
        let timeout = 2_500_000 / rate;
        Self(format!(
            "firedrill: 1\nname: sender\nregions: {{ hk: {{}} }}\nendpoints: {{ dingtalk: {{ {endpoint} }} }}\n\
             groups: {{ office: {{ count: 50, region: hk }}, factory: {{ count: 50, region: hk }} }}\n\
             journeys: {{ order: {{ from: office, to: factory, rate: {rate}/s, deadline: {DEADLINE_MS}ms, timeout: {timeout}ms, routes: [dingtalk] }} }}\n\
             phases: {{ baseline: {seconds}s }}\n"
        ))
    }

    pub(crate) fn play(&self) -> Result<Played, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let scenario = folder.path().join("sender.yaml");
        fs::write(&scenario, &self.0).map_err(|error| error.to_string())?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
        command.arg("run").arg(&scenario).arg("--quiet").arg("--reports").arg(folder.path().join("reports"));
        command.env("BENCH_KEY", "bench").env_remove("RUST_LOG").stdin(Stdio::null());
        let before = used_by_children();
        let output = command.output().map_err(|error| format!("cannot start firedrill: {error}"))?;
        let cpu = used_by_children() - before;
        let summary = fs::read(folder.path().join("reports/sender/latest/summary.json"));
        let summary: Option<Value> = summary.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let summary = summary.ok_or_else(|| format!("no drill: {}", String::from_utf8_lossy(&output.stderr)))?;
        let lag_p99_ms = summary["sender"]["lag_ms"]["p99"].as_f64().ok_or("the drill tells no lag")?;
        Ok(Played { summary, cpu, lag_p99_ms })
    }
}

impl Played {
    fn messages(&self, kind: &str) -> f64 {
        self.summary["messages"][kind].as_f64().unwrap_or(f64::NAN)
    }

    /// µs of processor time a message.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.cpu * 1e6 / self.messages("intended")
    }

    /// Complains unless every message was accepted.
    pub(crate) fn all_accepted(&self) -> Result<(), String> {
        let (intended, accepted) = (self.messages("intended"), self.messages("accepted"));
        if accepted < intended { Err(format!("{accepted} of {intended} messages were accepted")) } else { Ok(()) }
    }

    /// Messages that were not received within their deadline.
    pub(crate) fn not_good(&self) -> f64 {
        let availability = self.summary["journeys"][0]["availability"].as_f64().unwrap_or(f64::NAN);
        (self.messages("intended") * (1.0 - availability)).round()
    }
}
