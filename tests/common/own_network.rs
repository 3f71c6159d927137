//! A network of a test's own, in which it may say what the kernel does, and files of its own in the place of the system's.

use std::process::{Command, Stdio};

/// Set in the process that has such a network.
const WITHIN: &str = "FIREDRILL_TEST_OWN_NETWORK";

/// Runs `body`, the body of the test of this name, in a process with a network namespace that has nothing but a loopback: as root, or as
/// the root of a user namespace. What it mounts there nobody else sees.
pub(crate) fn in_own_network(test: &str, body: impl FnOnce()) {
    if std::env::var_os(WITHIN).is_some() {
        system("ip", &["link", "set", "lo", "up"]);
        return body();
    }
    let ways: [&[&str]; 2] = [&["--net", "--mount"], &["--net", "--mount", "--map-root-user"]];
    let is_allowed = |way: &&&[&str]| {
        let tried = Command::new("unshare").args(**way).arg("true").stderr(Stdio::null()).status();
        tried.expect("unshare, of the package util-linux").success()
    };
    let way = ways.iter().find(is_allowed).expect("a network namespace: it takes root, or user namespaces");
    let program = std::env::current_exe().expect("this program");
    let mut within = Command::new("unshare");
    within.args(*way).arg("--").arg(program).args(["--exact", test, "--nocapture"]);
    let output = within.env(WITHIN, "1").stdin(Stdio::null()).output().expect("unshare, of the package util-linux");
    let said = String::from_utf8_lossy(&output.stdout);
    let passed = output.status.success() && said.contains("1 passed");
    assert!(passed, "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs a command of the system's administration, which ordinary users of some systems do not have in their path.
#[track_caller]
pub(crate) fn system(program: &str, args: &[&str]) {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let output = Command::new(program).args(args).env("PATH", path).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; tests/run installs it"));
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}
