//! Which addresses anybody may be meant to reach, and which lead into somebody's own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

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
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !INSIDE_4.iter().any(|(block, length)| within_4(address, *block, *length)),
        IpAddr::V6(address) => {
            within_6(address, [0x2000, 0], 3)
                && !INSIDE_6.iter().any(|(block, length)| within_6(address, *block, *length))
        }
    }
}

/// Blocks of IPv4 that no service's name is ever meant to lead to: nobody's, those of the link, which are a cloud's metadata services, the
/// ones that look like others' (Alibaba's, Azure's, Oracle's), and groups.
const NOBODY_S_4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([100, 100, 100, 200], 32),
    ([168, 63, 129, 16], 32),
    ([169, 254, 0, 0], 16),
    ([192, 0, 0, 192], 32),
    ([224, 0, 0, 0], 3),
];

/// The same of IPv6: nobody's, those of the link, groups, and the metadata service of Amazon.
const NOBODY_S_6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::UNSPECIFIED, 128),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128),
];

/// Whether the name of a service may lead to an address. A scenario names its services itself, and so may mean one in its own network, or on
/// this machine; whoever means the address of a link or of a cloud's metadata writes the address.
pub fn may_be_meant(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !NOBODY_S_4.iter().any(|(block, length)| within_4(address, *block, *length)),
        IpAddr::V6(address) => !NOBODY_S_6.iter().any(|(block, length)| is_within(address, *block, *length)),
    }
}

/// The addresses of a service's name.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Those that may be dialled …
    pub meant: Vec<SocketAddr>,
    /// … and those that may not.
    pub forbidden: Vec<SocketAddr>,
}

impl Found {
    /// What a resolver has found.
    pub fn of(found: Vec<SocketAddr>) -> Self {
        let (meant, forbidden) = found.into_iter().partition(|address| may_be_meant(address.ip()));
        Self { meant, forbidden }
    }

    /// Those that may be dialled.
    ///
    /// # Errors
    /// If the name has none but others: what is wrong, and what to do about it.
    pub fn dialled(self, name: &str) -> Result<Vec<SocketAddr>, String> {
        match self.forbidden.first() {
            Some(first) if self.meant.is_empty() => Err(format!(
                "{name} leads to {}, an address of a link, of a cloud's metadata or of nobody; if that is meant, write the address in its `url`, and in `guard: {{ hosts: … }}`",
                first.ip()
            )),
            _ => Ok(self.meant),
        }
    }
}

fn within_4(address: Ipv4Addr, block: [u8; 4], length: u32) -> bool {
    (address.to_bits() ^ Ipv4Addr::from(block).to_bits()) >> (32 - length) == 0
}

fn within_6(address: Ipv6Addr, [high, low]: [u16; 2], length: u32) -> bool {
    is_within(address, Ipv6Addr::new(high, low, 0, 0, 0, 0, 0, 0), length)
}

fn is_within(address: Ipv6Addr, block: Ipv6Addr, length: u32) -> bool {
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

    #[test]
    fn a_name_is_never_meant_to_lead_to_a_link_or_to_metadata() {
        for other in [
            "0.0.0.0",
            "100.100.100.200",
            "168.63.129.16",
            "169.254.0.1",
            "169.254.169.254",
            "192.0.0.192",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::ffff:169.254.169.254",
            "fe80::1",
            "febf::1",
            "ff02::1",
            "fd00:ec2::254",
        ] {
            assert!(!may_be_meant(other.parse().expect("an address")), "{other}");
        }
        for meant in
            ["127.0.0.1", "10.0.0.1", "100.64.0.1", "172.16.0.1", "192.168.1.1", "8.8.8.8", "::1", "fd00::1", "fec0::1"]
        {
            assert!(may_be_meant(meant.parse().expect("an address")), "{meant}");
        }
        let at = |ip: &str| SocketAddr::new(ip.parse().expect("an address"), 80);
        let (good, bad) = (at("10.0.0.1"), at("169.254.169.254"));
        let found = Found::of(vec![bad, good]);
        assert_eq!(found.forbidden, [bad]);
        assert_eq!((found.dialled("a"), Found::of(vec![]).dialled("a")), (Ok(vec![good]), Ok(vec![])));
        let why = Found::of(vec![bad]).dialled("a.example:80").expect_err("metadata");
        assert!(why.starts_with("a.example:80 leads to 169.254.169.254, "), "{why}");
    }
}
