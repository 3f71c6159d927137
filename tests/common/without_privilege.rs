//! What this system gives to the privileged only, asked for without.

use std::process::Command;

use firedrill::draw::Seed;
use firedrill::world::{World, enter_sockets};

/// Set in the process in which a test runs without privilege.
const APART: &str = "FIREDRILL_TEST_WITHOUT_PRIVILEGE";

/// Runs `body`, the body of the test of this name, where handshakes cannot be swallowed: here, or, if we are privileged, in a process that has
/// given up the capability in question.
pub(crate) fn without_privilege(test: &str, body: impl AsyncFnOnce(World)) {
    let privileged = enter_sockets(Seed(7), async |world: World| world.net.can_swallow().is_ok());
    if !privileged.expect("a sockets world") {
        enter_sockets(Seed(7), body).expect("a sockets world");
        return;
    }
    assert!(std::env::var_os(APART).is_none(), "the capability was given up, and is still there");
    let program = std::env::current_exe().expect("this program");
    let mut setpriv = Command::new("setpriv");
    setpriv.args(["--bounding-set=-net_admin", "--inh-caps=-net_admin", "--"]).arg(program).args(["--exact", test]);
    let output = setpriv.env(APART, "1").output().expect("setpriv, of the package util-linux");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
