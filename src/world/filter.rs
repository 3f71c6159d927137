//! Handshakes that the kernel drops: a classic BPF program on a listening socket.

use std::io::{Error, ErrorKind};
use std::net::Ipv6Addr;

use ipnet::IpNet;
use socket2::{SockFilter, Socket};

// The instructions in use, in the names of the kernel's header (linux/bpf_common.h).
const LD_B_ABS: u16 = 0x30;
const LD_W_ABS: u16 = 0x20;
const AND_K: u16 = 0x54;
const JEQ_K: u16 = 0x15;
const JSET_K: u16 = 0x45;
const RET_K: u16 = 0x06;

/// Where the flags are in a TCP header, at which the program's view of a packet begins.
const TCP_FLAGS: u32 = 13;
const SYN: u32 = 0x02;
const ACK: u32 = 0x10;

/// Offsets from here on count from the IP header (`SKF_NET_OFF`).
const IP: u32 = 0xfff0_0000;
const IPV4_SOURCE: u32 = IP + 12;
const IPV6_SOURCE: u32 = IP + 8;

/// The largest packet: let it through whole.
const PASS: u32 = u32::MAX;
const DROP: u32 = 0;

/// Drops what asks for a connection from one of `blocks`, or from anywhere if there are none.
///
/// Nothing else, as what is accepted inherits the filter.
///
/// # Errors
/// `PermissionDenied` if the kernel gives this to the privileged only.
pub(super) fn attach(socket: &Socket, blocks: &[IpNet]) -> Result<(), Error> {
    socket.attach_filter(&program(blocks)).map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => Error::new(
            ErrorKind::PermissionDenied,
            format!(
                "this kernel lets only the privileged drop handshakes ({error}); give the program CAP_NET_ADMIN, or refuse \
                 connections instead"
            ),
        ),
        _ => error,
    })
}

/// Takes off what [`attach`] put on, if it did.
pub(super) fn detach(socket: &Socket) -> Result<(), Error> {
    let nothing_on = Some(rustix::io::Errno::NOENT.raw_os_error());
    socket.detach_filter().or_else(|error| if error.raw_os_error() == nothing_on { Ok(()) } else { Err(error) })
}

fn program(blocks: &[IpNet]) -> Vec<SockFilter> {
    // Jumps count the instructions that are left out.
    let mut program = vec![
        SockFilter::new(LD_B_ABS, 0, 0, TCP_FLAGS),
        SockFilter::new(JSET_K, 1, 0, ACK),
        SockFilter::new(JSET_K, 1, 0, SYN),
        SockFilter::new(RET_K, 0, 0, PASS),
    ];
    for block in blocks {
        program.extend(drop_from(block));
    }
    program.push(SockFilter::new(RET_K, 0, 0, if blocks.is_empty() { DROP } else { PASS }));
    program
}

/// Drops what comes from one block, and else goes on behind itself.
fn drop_from(block: &IpNet) -> Vec<SockFilter> {
    let (version, source, tests) = match block {
        IpNet::V4(block) => (4, IPV4_SOURCE, vec![(u32::from(block.network()), u32::from(block.netmask()))]),
        IpNet::V6(block) => (6, IPV6_SOURCE, words(block.network()).into_iter().zip(words(block.netmask())).collect()),
    };
    // What the source must pass: a load, a mask and a comparison for each of its words that the block fixes.
    let mut tests: Vec<_> = (0..).zip(tests).filter(|(_, (_, mask))| *mask != 0).collect();
    tests.reverse();
    let mut end = vec![SockFilter::new(RET_K, 0, 0, DROP)];
    for (at, (value, mask)) in tests {
        end.insert(0, SockFilter::new(JEQ_K, 0, far(end.len()), value));
        end.insert(0, SockFilter::new(AND_K, 0, 0, mask));
        end.insert(0, SockFilter::new(LD_W_ABS, 0, 0, source + 4 * at));
    }
    end.insert(0, SockFilter::new(JEQ_K, 0, far(end.len()), version << 4));
    end.insert(0, SockFilter::new(AND_K, 0, 0, 0xf0));
    end.insert(0, SockFilter::new(LD_B_ABS, 0, 0, IP));
    end
}

fn words(address: Ipv6Addr) -> [u32; 4] {
    let halves = address.segments().map(u32::from);
    std::array::from_fn(|at| halves[2 * at] << 16 | halves[2 * at + 1])
}

/// At most four words with three instructions each are left out, which fits.
fn far(instructions: usize) -> u8 {
    u8::try_from(instructions).unwrap_or(u8::MAX)
}
