//! The PROXY protocol, versions 1 and 2: what a proxy says first on a connection, of whom it speaks for
//! (<https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>). Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::limits::PROXY_HEADER_BYTES;
use crate::plan::ProxyVersion;

/// Whom a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// For a client, who has connected to a server.
    For {
        /// The client's address.
        client: SocketAddr,
        /// The address that it has connected to.
        server: SocketAddr,
    },
    /// For the proxy itself, which looks whether we are there; or for somebody whose address is of no family that we know.
    Itself,
}

/// Why bytes are no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    /// Something else is spoken.
    #[error("no header of the PROXY protocol")]
    NoHeader,
    /// One that says nothing.
    #[error("a header of the PROXY protocol that is none: {0}")]
    Wrong(&'static str),
    /// More than [`PROXY_HEADER_BYTES`].
    #[error("a header of the PROXY protocol of more than {PROXY_HEADER_BYTES} bytes")]
    TooLarge,
}

/// What version 1 begins with, and the longest line of it with its end (§2.1).
const ONE: &[u8] = b"PROXY ";
const LINE_BYTES: usize = 107;

/// What version 2 begins with (§2.2), and how much stands before its addresses.
const TWO: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
const HEAD_BYTES: usize = 16;

/// Version and command, family and transport of version 2.
const LOCAL: u8 = 0x20;
const PROXY: u8 = 0x21;
const TCP_4: u8 = 0x11;
const TCP_6: u8 = 0x21;

/// Reads a header from the first bytes of a connection, and how long it is; `None` if there is more to come.
///
/// # Errors
/// If they are no header.
pub fn read(bytes: &[u8]) -> Result<Option<(Spoken, usize)>, Bad> {
    let begins = |with: &[u8]| bytes.iter().zip(with).all(|(byte, with)| byte == with);
    if begins(ONE) {
        return if bytes.len() < ONE.len() { Ok(None) } else { one(bytes) };
    }
    if begins(TWO) {
        return if bytes.len() < HEAD_BYTES { Ok(None) } else { two(bytes) };
    }
    Err(Bad::NoHeader)
}

/// A line of text: `PROXY TCP4 client server port port`.
fn one(bytes: &[u8]) -> Result<Option<(Spoken, usize)>, Bad> {
    let line = &bytes[..bytes.len().min(LINE_BYTES)];
    let Some(end) = line.windows(2).position(|two| two == b"\r\n") else {
        return if bytes.len() < LINE_BYTES { Ok(None) } else { Err(Bad::Wrong("a line without an end")) };
    };
    let text = std::str::from_utf8(&line[ONE.len()..end]).map_err(|_| Bad::Wrong("a line that is no text"))?;
    let words: Vec<_> = text.split(' ').collect();
    let spoken = match words[..] {
        // Whatever follows is to be ignored (§2.1).
        ["UNKNOWN", ..] => Spoken::Itself,
        ["TCP4", client, server, from, to] => {
            let address = |word: &str| word.parse::<Ipv4Addr>().map(IpAddr::V4).ok();
            named(address(client).zip(address(server)), (from, to))?
        }
        ["TCP6", client, server, from, to] => {
            let address = |word: &str| word.parse::<Ipv6Addr>().map(IpAddr::V6).ok();
            named(address(client).zip(address(server)), (from, to))?
        }
        _ => return Err(Bad::Wrong("a line with other words")),
    };
    Ok(Some((spoken, end + 2)))
}

fn named(addresses: Option<(IpAddr, IpAddr)>, (from, to): (&str, &str)) -> Result<Spoken, Bad> {
    let (client, server) = addresses.ok_or(Bad::Wrong("no address"))?;
    let port = |word: &str| {
        let plain = word.bytes().all(|byte| byte.is_ascii_digit()) && (word == "0" || !word.starts_with('0'));
        plain.then(|| word.parse::<u16>().ok()).flatten()
    };
    let (from, to) = port(from).zip(port(to)).ok_or(Bad::Wrong("no port"))?;
    Ok(Spoken::For { client: SocketAddr::new(client, from), server: SocketAddr::new(server, to) })
}

/// A head of sixteen bytes, addresses, and what else a proxy has to say, which is passed over.
fn two(bytes: &[u8]) -> Result<Option<(Spoken, usize)>, Bad> {
    let (command, family) = (bytes[12], bytes[13]);
    let length = HEAD_BYTES + usize::from(u16::from_be_bytes([bytes[14], bytes[15]]));
    if command != LOCAL && command != PROXY {
        return Err(Bad::Wrong("another version or command"));
    }
    if length > PROXY_HEADER_BYTES {
        return Err(Bad::TooLarge);
    }
    let Some(content) = bytes.get(HEAD_BYTES..length) else { return Ok(None) };
    let spoken = match (command, family) {
        (PROXY, TCP_4) => ends::<4>(content)?,
        (PROXY, TCP_6) => ends::<16>(content)?,
        // Whoever receives what it does not know takes the connection for the proxy's own (§2.2).
        _ => Spoken::Itself,
    };
    Ok(Some((spoken, length)))
}

/// Two addresses and two ports.
fn ends<const N: usize>(content: &[u8]) -> Result<Spoken, Bad>
where
    IpAddr: From<[u8; N]>,
{
    let short = Bad::Wrong("too short for its addresses");
    let (client, rest) = content.split_first_chunk::<N>().ok_or(short)?;
    let (server, rest) = rest.split_first_chunk::<N>().ok_or(short)?;
    let (ports, _) = rest.split_first_chunk::<4>().ok_or(short)?;
    let [a, b, c, d] = *ports;
    Ok(Spoken::For {
        client: SocketAddr::new(IpAddr::from(*client), u16::from_be_bytes([a, b])),
        server: SocketAddr::new(IpAddr::from(*server), u16::from_be_bytes([c, d])),
    })
}

/// The header that says whom a connection is for.
pub fn write(version: ProxyVersion, client: SocketAddr, server: SocketAddr) -> Vec<u8> {
    let (client, server) = alike(client, server);
    match version {
        ProxyVersion::V1 => {
            let family = if client.is_ipv4() { "TCP4" } else { "TCP6" };
            let line =
                format!("PROXY {family} {} {} {} {}\r\n", client.ip(), server.ip(), client.port(), server.port());
            line.into_bytes()
        }
        ProxyVersion::V2 => {
            let octets = |address: IpAddr| match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            };
            let family = if client.is_ipv4() { TCP_4 } else { TCP_6 };
            let length: u8 = if client.is_ipv4() { 12 } else { 36 };
            let ports = [client.port().to_be_bytes(), server.port().to_be_bytes()].concat();
            [&TWO[..], &[PROXY, family, 0, length], &octets(client.ip()), &octets(server.ip()), &ports].concat()
        }
    }
}

/// Both of one family: there is no header for two.
fn alike(client: SocketAddr, server: SocketAddr) -> (SocketAddr, SocketAddr) {
    let plain = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let (client, server) = (plain(client), plain(server));
    if client.is_ipv4() == server.is_ipv4() {
        return (client, server);
    }
    let mapped = |address: SocketAddr| match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        IpAddr::V6(_) => address,
    };
    (mapped(client), mapped(server))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spoken(client: &str, server: &str) -> Spoken {
        Spoken::For { client: client.parse().expect("an address"), server: server.parse().expect("an address") }
    }

    #[test]
    fn both_versions_say_whom_a_connection_is_for() {
        let two = |command, family, content: &[u8]| {
            let length = u16::try_from(content.len()).expect("short").to_be_bytes();
            [&TWO[..], &[command, family], &length, content].concat()
        };
        let four = [10, 0, 0, 1, 10, 0, 0, 2, 0x1f, 0x90, 0, 80];
        for (bytes, due) in [
            (b"PROXY TCP4 10.0.0.1 10.0.0.2 8080 80\r\n".to_vec(), spoken("10.0.0.1:8080", "10.0.0.2:80")),
            (
                b"PROXY TCP6 fd00::1 ::ffff:1.2.3.4 0 65535\r\n".to_vec(),
                spoken("[fd00::1]:0", "[::ffff:1.2.3.4]:65535"),
            ),
            (b"PROXY UNKNOWN\r\n".to_vec(), Spoken::Itself),
            (b"PROXY UNKNOWN what ever\r\n".to_vec(), Spoken::Itself),
            (two(PROXY, TCP_4, &four), spoken("10.0.0.1:8080", "10.0.0.2:80")),
            (two(PROXY, TCP_4, &[&four[..], &[4, 0, 1, 0]].concat()), spoken("10.0.0.1:8080", "10.0.0.2:80")),
            (two(LOCAL, 0, b""), Spoken::Itself),
            (two(LOCAL, TCP_4, &four), Spoken::Itself),
            (two(PROXY, 0x31, &[0; 216]), Spoken::Itself),
        ] {
            for end in 0..bytes.len() {
                assert_eq!(read(&bytes[..end]), Ok(None), "{bytes:?}: {end}");
            }
            assert_eq!(read(&[&bytes[..], b"GET"].concat()), Ok(Some((due, bytes.len()))), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_header_is_told() {
        let long = [&TWO[..], &[PROXY, TCP_4, 0xff, 0xff]].concat();
        let short = [&TWO[..], &[PROXY, TCP_6, 0, 12], &[0; 12]].concat();
        let other = [&TWO[..], &[0x11, TCP_4, 0, 12], &[0; 12]].concat();
        for (bytes, why) in [
            (&b"GET / HTTP/1.1\r\n"[..], "no header"),
            (b"PROXx", "no header"),
            (b"PROXY TCP4 10.0.0.1 10.0.0.2 8080\r\n", "other words"),
            (b"PROXY TCP4 10.0.0.1 fd00::1 1 2\r\n", "no address"),
            (b"PROXY TCP4 10.0.0.1 10.0.0.2 +1 2\r\n", "no port"),
            (b"PROXY TCP4 10.0.0.1 10.0.0.2 01 2\r\n", "no port"),
            (b"PROXY TCP4 10.0.0.1 10.0.0.2 1 65536\r\n", "no port"),
            (b"PROXY tcp4 10.0.0.1 10.0.0.2 1 2\r\n", "other words"),
            (b"PROXY UNKNOWN \xff\r\n", "no text"),
            (&[b'a'; 0], ""),
            (&long, "more than"),
            (&short, "too short"),
            (&other, "another version"),
        ] {
            let told = read(bytes).map_err(|bad| bad.to_string());
            assert!(told.as_ref().map_or_else(|told| told.contains(why), Option::is_none), "{bytes:?}: {told:?}");
        }
        let line = [ONE, &[b'a'; 200]].concat();
        assert_eq!(read(&line), Err(Bad::Wrong("a line without an end")));
    }

    fn address() -> impl Strategy<Value = SocketAddr> {
        (any::<IpAddr>(), any::<u16>()).prop_map(|(ip, port)| SocketAddr::new(ip, port))
    }

    proptest! {
        /// What is written reads the same, however much of it is there at first.
        #[test]
        fn what_is_written_reads_the_same(client in address(), server in address(), rest in prop::collection::vec(any::<u8>(), 0..20)) {
            let canonical = |address: SocketAddr| (address.ip().to_canonical(), address.port());
            for version in [ProxyVersion::V1, ProxyVersion::V2] {
                let bytes = write(version, client, server);
                prop_assert!((0..bytes.len()).all(|end| read(&bytes[..end]) == Ok(None)));
                match read(&[&bytes[..], &rest].concat()) {
                    Ok(Some((Spoken::For { client: from, server: to }, length))) => {
                        prop_assert_eq!(length, bytes.len());
                        prop_assert_eq!((canonical(from), canonical(to)), (canonical(client), canonical(server)));
                    }
                    other => prop_assert!(false, "{:?}", other),
                }
            }
        }

        /// Anything at all, and a header with any byte changed: no panic, and the same whenever it is read.
        #[test]
        fn a_damaged_header_never_panics(at in any::<prop::sample::Index>(), byte: u8, client in address(), server in address()) {
            for version in [ProxyVersion::V1, ProxyVersion::V2] {
                let mut bytes = write(version, client, server);
                let place = at.index(bytes.len());
                bytes[place] = byte;
                let whole = read(&bytes);
                let first = (0..=bytes.len()).map(|end| read(&bytes[..end])).find(|found| *found != Ok(None));
                prop_assert_eq!(first.unwrap_or(Ok(None)), whole);
            }
        }

        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
            let _ = read(&[&TWO[..], &bytes].concat());
            let _ = read(&[ONE, &bytes].concat());
        }
    }
}
