//! Programs that know nothing of us, written for Toxiproxy, against `firedrill proxy`: unchanged, and one after another, since the port is
//! fixed. What they need is installed under `target/foreign`, in fixed versions with fixed digests, and kept for the next time.

#![expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]

#[path = "common/installed.rs"]
mod installed;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use installed::{here, kept, python, succeed};

/// Where every client looks for Toxiproxy.
const API: &str = "127.0.0.1:8474";

/// One at a time.
static PORT: Mutex<()> = Mutex::new(());

/// The daemon at the fixed port, for as long as a suite runs.
struct Daemon {
    child: Child,
    _port: MutexGuard<'static, ()>,
}

impl Daemon {
    fn start(args: &[&str]) -> Self {
        let port = PORT.lock().unwrap_or_else(PoisonError::into_inner);
        let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
        command.args(["proxy", "--api", API]).args(args).env_remove("RUST_LOG");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
        if !line.contains("\"ready\":true") {
            let status = child.wait().expect("it ends");
            panic!(
                "firedrill proxy ended ({status}): is {API} taken? These clients know no other port: end whoever listens there"
            );
        }
        Self { child, _port: port }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A cargo that knows nothing of the one that runs us.
fn cargo(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(dir).env("CARGO_TARGET_DIR", kept("toxiproxy_rust-target")).env_remove("RUSTFLAGS");
    command
}

/// The tests that `toxiproxy_rust` ships, with the versions of our lock file for it.
#[test]
fn toxiproxy_rust_s_own_suite_passes() {
    let dir = kept("toxiproxy_rust");
    for part in ["src", "tests"] {
        fs::create_dir_all(dir.join(part)).expect("room under target/");
    }
    for file in ["Cargo.toml", "Cargo.lock", "src/lib.rs"] {
        fs::copy(here("toxiproxy_rust").join(file), dir.join(file)).expect("room under target/");
    }
    let metadata = succeed("cargo metadata", cargo(&dir).args(["metadata", "--locked", "--format-version", "1"]));
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    let client = packages.iter().find(|package| package["name"] == "toxiproxy_rust").expect("the client");
    assert_eq!(client["version"], "0.1.6");
    let source = Path::new(client["manifest_path"].as_str().expect("a path")).with_file_name("tests");
    fs::copy(source.join("toxiproxy_rust.rs"), dir.join("tests/suite.rs")).expect("the client's own tests");
    succeed("cargo test --no-run", cargo(&dir).args(["test", "--locked", "--test", "suite", "--no-run"]));
    // One of its tests starts a server in a thread and does not wait until it listens: on a busy machine its client may come first, is turned
    // away, and the server waits for ever. It takes three seconds otherwise.
    let told = played_in_a_minute(&dir).or_else(|| played_in_a_minute(&dir)).expect("it waited for ever, twice");
    assert!(told.contains("11 passed; 0 failed; 0 ignored"), "not as many tests as this version has:\n{told}");
}

/// What the suite said, with a daemon of its own; `None` if it had to be ended, and whatever it had started with it.
fn played_in_a_minute(dir: &Path) -> Option<String> {
    let _daemon = Daemon::start(&[]);
    let mut timed = Command::new("timeout");
    timed.arg("60").arg(env!("CARGO")).args(["test", "--locked", "--test", "suite", "--", "--test-threads", "1"]);
    timed.current_dir(dir).env("CARGO_TARGET_DIR", kept("toxiproxy_rust-target")).env_remove("RUSTFLAGS");
    let Output { status, stdout, stderr } = timed.stdin(Stdio::null()).output().expect("timeout, of the coreutils");
    let out = String::from_utf8_lossy(&stdout).into_owned();
    // What `timeout` says when it has ended somebody.
    if status.code() == Some(124) {
        return None;
    }
    assert!(status.success(), "toxiproxy_rust's tests: {status}\n{out}\n{}", String::from_utf8_lossy(&stderr));
    Some(out)
}

/// The source of `toxiproxy-python` as it is published, unpacked.
fn toxiproxy_python(python: &Path) -> PathBuf {
    let place = kept("toxiproxy-python");
    let unpacked = place.join("toxiproxy-python-0.1.1");
    if !unpacked.join("toxiproxy/__init__.py").exists() {
        // Its old setup asks for more while pip reads its name: without isolation it finds that among what has a digest.
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "--disable-pip-version-check", "--quiet", "download", "--require-hashes", "--no-deps"]);
        pip.args(["--no-build-isolation", "--no-binary", ":all:", "-d"])
            .arg(&place)
            .arg("-r")
            .arg(here("python/sdist.txt"));
        succeed("pip download", &mut pip);
        let mut tar = Command::new(python);
        tar.args(["-m", "tarfile", "-e"]).arg(place.join("toxiproxy-python-0.1.1.tar.gz")).arg(&place);
        succeed("unpacking", &mut tar);
    }
    unpacked
}

/// Every call of `toxiproxy-python`, with the helper that its archive ships; the archive does not hold its tests.
#[test]
fn toxiproxy_python_works_unchanged() {
    let python = python("venv", "python/requirements.txt");
    let client = toxiproxy_python(&python);
    let _daemon = Daemon::start(&[]);
    let mut suite = Command::new(&python);
    suite.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir"]).arg(here("python"));
    suite.arg(here("python/test_toxiproxy_python.py"));
    let path = format!("{}:{}", client.display(), client.join("test").display());
    suite.env("PYTHONPATH", path).env("PYTHONDONTWRITEBYTECODE", "1").env("no_proxy", "*").current_dir(&client);
    let told = succeed("pytest", &mut suite);
    assert!(told.contains("11 passed") && !told.contains("skipped"), "{told}");
}

/// Gives back what it gets, for as long as this process lives.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(bytes @ 1..) = stream.read(&mut buffer) {
                    if stream.write_all(&buffer[..bytes]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// A port that was free a moment ago.
fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// Chaos Toolkit plays our experiment through `chaostoolkit-toxiproxy`; what it journalled is what a client of the service saw.
#[test]
fn a_chaos_toolkit_experiment_has_its_effect() {
    let python = python("venv", "python/requirements.txt");
    let place = kept("chaostoolkit");
    let (upstream, port) = (echo(), free());
    let proxies = serde_json::json!([{"name": "service", "listen": format!("127.0.0.1:{port}"), "upstream": upstream.to_string()}]);
    let config = place.join("proxies.json");
    fs::write(&config, proxies.to_string()).expect("room under target/");
    let _daemon = Daemon::start(&["--config", &config.display().to_string()]);
    let journal = place.join("journal.json");
    // It may be there from an earlier run.
    let _ = fs::remove_file(&journal);
    let mut chaos = Command::new(python.with_file_name("chaos"));
    chaos.args(["--no-version-check", "--no-log-file", "--settings"]).arg(place.join("settings.yaml"));
    chaos.arg("run").arg("--journal-path").arg(&journal).arg(here("chaostoolkit/experiment.json"));
    chaos.env("PYTHONPATH", here("chaostoolkit")).env("PYTHONDONTWRITEBYTECODE", "1").env("no_proxy", "*");
    chaos.env("SERVICE_PORT", port.to_string()).env("UPSTREAM_PORT", upstream.port().to_string()).current_dir(&place);
    let told = succeed("chaos run", &mut chaos);
    let journal: Value = serde_json::from_slice(&fs::read(&journal).expect("a journal")).expect("JSON");
    check(&journal, &told);
}

#[track_caller]
fn check(journal: &Value, told: &str) {
    assert_eq!((&journal["status"], &journal["deviated"]), (&"completed".into(), &false.into()), "{told}");
    for moment in ["before", "after"] {
        assert_eq!(journal["steady_states"][moment]["steady_state_met"], true, "{moment}: {journal:#}");
    }
    let activities = |part: &str| journal[part].as_array().cloned().unwrap_or_default();
    for activity in activities("run").iter().chain(&activities("rollbacks")) {
        assert_eq!(activity["status"], "succeeded", "{activity:#}");
    }
    let output = |name: &str| {
        let run = activities("run");
        let found = run.iter().find(|activity| activity["activity"]["name"] == name);
        found.expect(name)["output"].clone()
    };
    let under = output("round trip under the latency").as_f64().expect("milliseconds");
    // Never early: the timer starts when the echo has arrived, which is after the client sent. The quickest of three round trips is late
    // by what a loopback connection and three wakes take, some ms on a busy machine; 50 ms is what the steady state allows as well.
    assert!((200.0..250.0).contains(&under), "200 ms were asked for, and a client saw {under}");
    let after = output("round trip after the latency").as_f64().expect("milliseconds");
    assert!(after < 50.0, "it is lifted, and a client still saw {after}");
    assert_eq!(output("refused while it is down"), true);
    assert_eq!(output("the other way is enabled"), true);
}
