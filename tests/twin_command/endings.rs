//! What keeps a twin from starting, what ends it, and its exit codes.

use std::net::TcpListener;

use crate::common::{Place, say};
use crate::rig::Twin;

#[test]
fn a_signal_is_its_ordinary_end() {
    for signal in ["INT", "TERM"] {
        let twin = Twin::start(&["teams"]);
        let standing = crate::rig::connect(twin.http);
        assert_eq!(twin.end(signal).code(), Some(0), "{signal}");
        drop(standing);
    }
}

#[test]
fn wrong_usage_starts_nothing() {
    for (args, wanted) in [
        (&["twin"][..], "KIND"),
        (&["twin", "slack"], "dingtalk"),
        (&["twin", "teams", "--edition", "lite"], "--edition"),
        (&["twin", "dingtalk", "--edition", "heavy"], "mainland"),
        (&["twin", "dingtalk", "--listen", "here"], "--listen"),
        (&["twin", "dingtalk", "--tls", "127.0.0.1:0"], "--ca"),
        (&["twin", "dingtalk", "--ca", "somewhere"], "--tls"),
        (&["twin", "dingtalk", "--limits", "some"], "vendor"),
        (&["twin", "dingtalk", "--listen", "[::]:0"], "--config"),
    ] {
        let told = say(args);
        assert_eq!(told.code, Some(2), "{args:?}: {}", told.told());
        assert!(told.err.contains(wanted) && told.out.is_empty(), "{args:?}: {}", told.told());
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]
fn what_the_machine_refuses_is_said() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let nowhere = place.path().join("no/such/place/ledger").display().to_string();
    // A file in the way of the directory.
    let file = place.file("in-the-way", "");
    let ca = place.path().join("ca").display().to_string();
    for (args, wanted) in [
        (&["--listen", &address][..], &[address.as_str(), "--listen"][..]),
        (&["--listen", "127.0.0.1:0", "--tls", &address, "--ca", &ca], &[&address, "--tls"]),
        (&["--listen", "127.0.0.1:0", "--ledger", &nowhere], &[&nowhere, "--ledger"]),
        (&["--listen", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--ca", &file], &[&file, "--ca"]),
    ] {
        let told = say(["twin", "dingtalk"].iter().chain(args));
        assert_eq!(told.code, Some(5), "{args:?}: {}", told.told());
        for word in wanted {
            assert!(told.err.contains(word), "{args:?}: no `{word}` in {}", told.told());
        }
    }
}

/// `/dev/full` takes nothing, as a full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_it_as_a_failure() {
    let twin = Twin::start(&["dingtalk", "--ledger", "/dev/full"]);
    let token = twin.token("orders", "secret");
    assert_eq!(twin.send(&token, &["anna"], "lost to the ledger").status, 200);
    assert_eq!(twin.wait().code(), Some(5));
}
