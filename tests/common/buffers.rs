//! How much a sender may push towards a receiver that stands still.

use firedrill::world::World;

/// The most that the buffers of a client's connection and of the one behind it hold on one way, in bytes: in memory 64 KiB each, and on
/// sockets what the kernel lets its send and receive buffers grow to. Where it cannot be asked, Linux's own limits stand.
pub(crate) fn buffers_of_two_connections(world: &World) -> usize {
    if world.clock.is_virtual() {
        return 2 << 16;
    }
    2 * (most("tcp_wmem").unwrap_or(4 << 20) + most("tcp_rmem").unwrap_or(6 << 20))
}

fn most(buffer: &str) -> Option<usize> {
    let limits = std::fs::read_to_string(format!("/proc/sys/net/ipv4/{buffer}")).ok()?;
    limits.split_whitespace().last()?.parse().ok()
}
