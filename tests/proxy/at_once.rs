//! Several clients that change the same proxy at once.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::daemon::Daemon;
use crate::upstream;

/// One client keeps confirming where the proxy listens, by a name that has to be looked up; the other disables and enables it. Neither has
/// said anything about what the other changes, so neither takes it back.
#[test]
fn a_change_takes_back_nothing_that_it_does_not_name() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::echo());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let body = format!("{{\"listen\":\"localhost:{}\"}}", listen.port());
            while !over.load(Ordering::Relaxed) {
                daemon.good("PATCH", "/proxies/a", &body, 200);
            }
        });
        let seen: Vec<_> = (0..200)
            .map(|at| {
                let wanted = at % 2 == 1;
                daemon.good("PATCH", "/proxies/a", &format!("{{\"enabled\":{wanted}}}"), 200);
                std::thread::sleep(std::time::Duration::from_millis(2));
                daemon.good("GET", "/proxies/a", "", 200)["enabled"] == json!(wanted)
            })
            .collect();
        over.store(true, Ordering::Relaxed);
        assert_eq!(seen.iter().filter(|kept| !**kept).count(), 0, "of {} changes so many were undone", seen.len());
    });
}
