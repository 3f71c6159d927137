//! Which addresses anybody may be meant to reach, and which lead into somebody's own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that are not public, by the registry of special purposes (RFC 6890) and its additions; and the address by which a virtual
/// machine of Azure reaches its host, which looks like a public one.
const INSIDE_4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([168, 63, 129, 16], 32),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

/// Blocks of IPv6 within the public block `2000::/3` that are not: protocols' own (Teredo among them, which carries an IPv4 address),
/// documentation, and 6to4, which carries one as well.
const INSIDE_6: &[([u16; 2], u32)] = &[([0x2001, 0], 23), ([0x2001, 0x0db8], 32), ([0x2002, 0], 16), ([0x3fff, 0], 20)];

/// Whether an address is one of the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !INSIDE_4.iter().any(|(block, length)| within_4(address, *block, *length)),
        IpAddr::V6(address) => {
            within_6(address, [0x2000, 0], 3)
                && !INSIDE_6.iter().any(|(block, length)| within_6(address, *block, *length))
        }
    }
}

fn within_4(address: Ipv4Addr, block: [u8; 4], length: u32) -> bool {
    (address.to_bits() ^ Ipv4Addr::from(block).to_bits()) >> (32 - length) == 0
}

fn within_6(address: Ipv6Addr, [high, low]: [u16; 2], length: u32) -> bool {
    let block = Ipv6Addr::new(high, low, 0, 0, 0, 0, 0, 0);
    (address.to_bits() ^ block.to_bits()) >> (128 - length) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_special_addresses_are_inside() {
        for inside in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:0:1::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
        ] {
            assert!(!is_public(inside.parse().expect("an address")), "{inside}");
        }
        for public in
            ["1.1.1.1", "8.8.8.8", "100.128.0.1", "172.32.0.1", "168.63.129.17", "2606:4700::1111", "2001:4860::8888"]
        {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
    }
}
