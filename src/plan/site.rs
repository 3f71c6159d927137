//! Where a program asks to go.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A host and a port, as a program names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// Who.
    pub host: Host,
    /// The port, at least 1.
    pub port: u16,
}

/// A host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// By its name, in lower case and without a dot at its end.
    Name(String),
    /// By its address; IPv4 within IPv6 is IPv4.
    Address(IpAddr),
}

/// The longest name that DNS has (RFC 1035 §2.3.4), and the longest part of one.
const NAME_BYTES: usize = 253;
const LABEL_BYTES: usize = 63;

impl Site {
    /// Reads `host:port`, or `host` alone if there is a `known` port. IPv6 addresses stand in brackets. `None` if it is nothing of the kind.
    pub fn read(text: &str, known: Option<u16>) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (inner, rest) = rest.split_once(']')?;
                (Host::Address(IpAddr::V6(inner.parse().ok()?).to_canonical()), rest.strip_prefix(':'))
            }
            None => match text.split_once(':') {
                Some((host, port)) => (Host::from_str(host).ok()?, Some(port)),
                None => (Host::from_str(text).ok()?, None),
            },
        };
        let bracketed = text.starts_with('[');
        if bracketed && port.is_none() && !text.ends_with(']') {
            return None;
        }
        let port = port.map_or(known, digits).filter(|port| *port > 0)?;
        Some(Self { host, port })
    }
}

/// A port in digits alone: no sign.
fn digits(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Not a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no host")]
pub struct NoHost;

impl FromStr for Host {
    type Err = NoHost;

    /// A name or an address, without brackets. A name whose last part is a number is none: some resolvers take `127.1` or `0x7f000001`
    /// for an address (RFC 1123 §2.1).
    fn from_str(text: &str) -> Result<Self, NoHost> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address.to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let fits = |label: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            !label.is_empty() && label.len() <= LABEL_BYTES && label.bytes().all(plain)
        };
        let last = name.rsplit('.').next().unwrap_or_default();
        let number = last.starts_with(|c: char| c.is_ascii_digit());
        if name.len() > NAME_BYTES || number || !name.split('.').all(fits) {
            return Err(NoHost);
        }
        Ok(Self::Name(name.to_ascii_lowercase()))
    }
}

impl Host {
    /// Its name, if it has one.
    pub fn into_name(self) -> Option<String> {
        match self {
            Self::Name(name) => Some(name),
            Self::Address(_) => None,
        }
    }

    /// Whether it is this machine, by the one name that everybody has for it, or by its address.
    pub fn is_here(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost",
            Self::Address(address) => address.is_loopback(),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            host => write!(f, "{host}:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Option<String> {
        Site::read(text, Some(443)).map(|site| site.to_string())
    }

    #[test]
    fn hosts_have_one_form() {
        for (text, form) in [
            ("API.DingTalk.com.", "api.dingtalk.com:443"),
            ("a_b.example:80", "a_b.example:80"),
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("[::1]", "[::1]:443"),
            ("[::FFFF:127.0.0.1]:8", "127.0.0.1:8"),
            ("localhost:65535", "localhost:65535"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(form), "{text}");
        }
        assert_eq!(Site::read("a.example", None), None, "nobody knows the port");
    }

    /// What a resolver might take for something else than what is written.
    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            ":1",
            "a:",
            "a:0",
            "a:65536",
            "a:+1",
            "a: 1",
            "a:1:2",
            "::1",
            "[::1",
            "[::1]1",
            "[::1]:",
            "[a]:1",
            "a..b",
            ".a",
            "a b",
            "a@b",
            "a/b",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "1.2.3.4.5",
            "a.0x7f",
            "[fe80::1%eth0]:1",
            "a%2eb",
            "ä.example",
            "a\u{0}b",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
        assert_eq!(shown(&"a.".repeat(200)), None, "too long");
        assert_eq!(shown(&"a".repeat(64)), None, "too long a label");
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_the_same(text in ".{0,80}") {
            if let Some(form) = shown(&text) {
                prop_assert_eq!(shown(&form), Some(form));
            }
        }
    }
}
