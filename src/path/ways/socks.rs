//! SOCKS 5 as bytes: RFC 1928, and names with passwords by RFC 1929. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::plan::{Host, Site};

/// The version of the protocol, and that of a name with a password.
const VERSION: u8 = 5;
const LOGIN_VERSION: u8 = 1;

/// Ways to say who one is.
const ANONYMOUS: u8 = 0;
const LOGIN: u8 = 2;
const NO_METHOD: u8 = 0xff;

/// The one thing that is done for anybody.
const CONNECT: u8 = 1;

/// Kinds of addresses.
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// What a message's first bytes are, and how many of them.
pub type Read<T> = Result<Option<(T, usize)>, Bad>;

/// What is no SOCKS 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    /// Another protocol, or another version of it.
    #[error("not SOCKS 5 but {0:#04x}")]
    Version(u8),
    /// A name without letters, a reserved byte that is not zero and the like.
    #[error("not the syntax of SOCKS 5: {0}")]
    Syntax(&'static str),
    /// Something else than a connection is asked for.
    #[error("SOCKS command {0} is not served, only CONNECT")]
    Command(u8),
    /// An address of an unknown kind.
    #[error("SOCKS address type {0} is unknown")]
    AddressType(u8),
}

/// How a request is answered, by the numbers of RFC 1928 §6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The connection stands.
    Done = 0,
    /// Something went wrong here.
    Failure = 1,
    /// The rules do not allow it.
    NotAllowed = 2,
    /// There is no way to that network.
    NetworkUnreachable = 3,
    /// There is no way to that host, or nobody knows it.
    HostUnreachable = 4,
    /// Nobody listens there.
    Refused = 5,
    /// It took too long.
    TimedOut = 6,
    /// Only connections are made.
    NotSupported = 7,
    /// That is no address.
    AddressType = 8,
}

impl Bad {
    /// How a request with this is answered.
    pub fn reply(self) -> Reply {
        match self {
            Self::Command(_) => Reply::NotSupported,
            Self::AddressType(_) => Reply::AddressType,
            Self::Version(_) | Self::Syntax(_) => Reply::Failure,
        }
    }
}

/// In what ways a client can say who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Methods {
    /// It need not.
    pub anonymous: bool,
    /// With a name and a password.
    pub login: bool,
}

/// Reads the first message, the methods that a client knows.
///
/// # Errors
/// What is no SOCKS 5.
pub fn methods(bytes: &[u8]) -> Read<Methods> {
    match bytes {
        [] | [VERSION] => Ok(None),
        [VERSION, 0, ..] => Err(Bad::Syntax("no method")),
        [VERSION, count, rest @ ..] => {
            let Some(known) = rest.get(..usize::from(*count)) else { return Ok(None) };
            let methods = Methods { anonymous: known.contains(&ANONYMOUS), login: known.contains(&LOGIN) };
            Ok(Some((methods, 2 + known.len())))
        }
        [other, ..] => Err(Bad::Version(*other)),
    }
}

/// The answer to it.
pub fn chosen(method: Option<bool>) -> [u8; 2] {
    [VERSION, method.map_or(NO_METHOD, |login| if login { LOGIN } else { ANONYMOUS })]
}

/// Reads a name and a password.
///
/// # Errors
/// What is no such message.
pub fn login(bytes: &[u8]) -> Read<(Vec<u8>, Vec<u8>)> {
    let part = |at: usize| -> Option<(Vec<u8>, usize)> {
        let length = usize::from(*bytes.get(at)?);
        Some((bytes.get(at + 1..at + 1 + length)?.to_vec(), at + 1 + length))
    };
    match bytes.first() {
        None => return Ok(None),
        Some(&LOGIN_VERSION) => {}
        Some(_) => return Err(Bad::Syntax("the version of a name with a password is 1")),
    }
    let read = part(1).and_then(|(name, at)| part(at).map(|(password, end)| ((name, password), end)));
    Ok(read)
}

/// The answer to it. Whoever hears `false` has to go.
pub fn welcome(is: bool) -> [u8; 2] {
    [LOGIN_VERSION, u8::from(!is)]
}

/// Reads where a client wants to go.
///
/// # Errors
/// What is no such message, or asks for something else.
pub fn request(bytes: &[u8]) -> Read<Site> {
    let [version, command, reserved, kind, rest @ ..] = bytes else {
        return match bytes.first() {
            Some(other) if *other != VERSION => Err(Bad::Version(*other)),
            _ => Ok(None),
        };
    };
    match (*version, *command, *reserved) {
        (VERSION, CONNECT, 0) => {}
        (VERSION, CONNECT, _) => return Err(Bad::Syntax("the reserved byte is not zero")),
        (VERSION, command, _) => return Err(Bad::Command(command)),
        (other, ..) => return Err(Bad::Version(other)),
    }
    let (host, length) = match *kind {
        IPV4 => (rest.first_chunk::<4>().map(|octets| address(Ipv4Addr::from(*octets).into())), 4),
        IPV6 => (rest.first_chunk::<16>().map(|octets| address(Ipv6Addr::from(*octets).into())), 16),
        NAME => {
            let Some((length, name)) = rest.split_first() else { return Ok(None) };
            let length = usize::from(*length);
            (name.get(..length).map(named).transpose()?, 1 + length)
        }
        other => return Err(Bad::AddressType(other)),
    };
    let Some((host, port)) = host.zip(rest.get(length..length + 2)) else { return Ok(None) };
    let port = u16::from_be_bytes([port[0], port[1]]);
    if port == 0 {
        return Err(Bad::Syntax("port 0"));
    }
    Ok(Some((Site { host, port }, 4 + length + 2)))
}

fn address(address: IpAddr) -> Host {
    Host::Address(address.to_canonical())
}

fn named(name: &[u8]) -> Result<Host, Bad> {
    let host = std::str::from_utf8(name).ok().and_then(|name| name.parse().ok());
    host.ok_or(Bad::Syntax("the name is no host"))
}

/// The answer to a request. `bound` is this end of the connection that was made.
pub fn reply(reply: Reply, bound: Option<SocketAddr>) -> Vec<u8> {
    let bound = bound.unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
    let mut bytes = vec![VERSION, reply as u8, 0];
    match bound.ip().to_canonical() {
        IpAddr::V4(address) => {
            bytes.push(IPV4);
            bytes.extend_from_slice(&address.octets());
        }
        IpAddr::V6(address) => {
            bytes.push(IPV6);
            bytes.extend_from_slice(&address.octets());
        }
    }
    bytes.extend_from_slice(&bound.port().to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_are_read_as_the_rfc_writes_them() {
        assert_eq!(methods(&[5, 3, 0, 1, 2]), Ok(Some((Methods { anonymous: true, login: true }, 5))));
        assert_eq!(methods(&[5, 1, 2, 9]), Ok(Some((Methods { anonymous: false, login: true }, 3))));
        assert_eq!((methods(&[4, 1]), methods(b"GET")), (Err(Bad::Version(4)), Err(Bad::Version(b'G'))));
        assert_eq!(login(b"\x01\x02me\x03abc!"), Ok(Some(((b"me".to_vec(), b"abc".to_vec()), 8))));
        assert!(login(&[5]).is_err());
        let site = |bytes: &[u8]| request(bytes).map(|read| read.map(|(site, length)| (site.to_string(), length)));
        assert_eq!(site(b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50rest"), Ok(Some(("127.0.0.1:80".into(), 10))));
        assert_eq!(site(b"\x05\x01\x00\x03\x09A.example\x01\xbb"), Ok(Some(("a.example:443".into(), 16))));
        let mut six = vec![5, 1, 0, 4];
        six.extend_from_slice(&Ipv6Addr::LOCALHOST.octets());
        six.extend_from_slice(&[0, 80]);
        assert_eq!(site(&six), Ok(Some(("[::1]:80".into(), 22))));
        for (bytes, why) in [
            (&b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"[..], Reply::NotSupported),
            (b"\x05\x03\x00\x01\x00\x00\x00\x00\x00\x00", Reply::NotSupported),
            (b"\x05\x01\x00\x02\x00\x00\x00\x00\x00\x00", Reply::AddressType),
            (b"\x05\x01\x01\x01\x7f\x00\x00\x01\x00\x50", Reply::Failure),
            (b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x00", Reply::Failure),
            (b"\x05\x01\x00\x03\x00\x00\x50", Reply::Failure),
            (b"\x05\x01\x00\x03\x03a b\x00\x50", Reply::Failure),
        ] {
            assert_eq!(site(bytes).map_err(Bad::reply), Err(why), "{bytes:?}");
        }
        assert_eq!(reply(Reply::NotAllowed, None), [5, 2, 0, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(reply(Reply::Done, Some(([127, 0, 0, 1], 258).into())), [5, 0, 0, 1, 127, 0, 0, 1, 1, 2]);
        assert_eq!(reply(Reply::Done, "[::1]:1".parse().ok()).len(), 22);
        assert_eq!((chosen(None), chosen(Some(true)), welcome(false)), ([5, 255], [5, 2], [1, 1]));
    }

    proptest! {
        /// Whatever comes: no panic, nothing taken that is not there, and a message that is not whole is not judged as if it were.
        #[test]
        fn any_bytes_are_read_alike_whole_and_in_part(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            for bytes in [bytes.clone(), [&[5, 1, 0, 3], &bytes[..]].concat(), [&[1], &bytes[..]].concat(), [&[5], &bytes[..]].concat()] {
                in_part(&bytes, methods)?;
                in_part(&bytes, login)?;
                in_part(&bytes, request)?;
            }
        }
    }

    fn in_part<T: PartialEq + std::fmt::Debug>(
        bytes: &[u8],
        read: impl Fn(&[u8]) -> Read<T>,
    ) -> Result<(), TestCaseError> {
        let whole = read(bytes);
        if let Ok(Some((_, length))) = &whole {
            prop_assert!(*length <= bytes.len());
        }
        let first = (0..=bytes.len()).map(|end| read(&bytes[..end])).find(|found| !matches!(found, Ok(None)));
        prop_assert_eq!(first.unwrap_or(Ok(None)), whole);
        Ok(())
    }
}
