//! Room for descriptors, made before anybody could wait for it.
//!
//! Linux doubles a process's table of descriptors whenever it is full, from 64 on, and lets its threads use the new one after a grace period
//! of RCU. Measured, that is 10 to 20 ms at the 65th, 129th, 257th … connection, in which `socket` and `accept` stand still, and with them
//! everything else on their worker: what is told of a fault or of a sender then is the kernel's (docs/decisions/0058-descriptors.md).

use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::{Resource, getrlimit};

/// The most descriptors that room is made for; each is eight bytes of the kernel's memory.
const MOST: u64 = 1 << 16;

/// Makes the table as large as the limit of open files lets it become, or [`MOST`], by a descriptor with the highest number, which is closed
/// again. Where the system refuses that, the table grows as it did.
pub(super) fn make_room() {
    let last = i32::try_from(room().saturating_sub(1)).unwrap_or(i32::MAX);
    drop(fcntl_dupfd_cloexec(std::io::stderr(), last));
}

fn room() -> u64 {
    getrlimit(Resource::Nofile).current.map_or(MOST, |allowed| allowed.min(MOST))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_table_does_not_have_to_grow_any_more() {
        make_room();
        let status = std::fs::read_to_string("/proc/self/status").expect("the kernel tells");
        let size = status.lines().find_map(|line| line.strip_prefix("FDSize:")).expect("the size of the table");
        assert!(size.trim().parse::<u64>().expect("a number") >= room(), "{size}");
    }
}
