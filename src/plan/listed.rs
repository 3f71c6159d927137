//! What may be reached, and what leads elsewhere: entries of lists, as people write them.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::site::{Host, Site};
use super::ways::ProxyVersion;

/// An entry of the list of what may be reached: `host`, `*.host`, an address or a block of addresses, each with or without a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Listed {
    who: Who,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    Name(String),
    /// All names below one.
    Below(String),
    /// By address.
    Block(IpNet),
}

/// Why an entry is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotListed {
    /// Nothing that may be reached.
    #[error(
        "`{0}` names nothing to reach: write `host`, `host:port`, `*.host`, an address or a block such as 10.0.0.0/8"
    )]
    Host(String),
    /// Nothing that leads elsewhere.
    #[error(
        "`{0}` leads nowhere: write `HOST[:PORT]=ADDRESS:PORT`, with `http://` before the address to go on without TLS, and `,send-proxy` or `,send-proxy-v2` behind it to say for whom"
    )]
    Lead(String),
}

impl FromStr for Listed {
    type Err = NotListed;

    fn from_str(text: &str) -> Result<Self, NotListed> {
        let wrong = || NotListed::Host(text.to_owned());
        if let Ok(block) = text.parse::<IpNet>() {
            return Ok(Self { who: Who::Block(block.trunc()), port: None });
        }
        if let Ok(address @ IpAddr::V6(_)) = text.parse::<IpAddr>() {
            return Ok(Self { who: Who::Block(address.to_canonical().into()), port: None });
        }
        let (below, rest) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        // Whether a port is written shows by what stands for it where none is.
        let read = |known| Site::read(rest, Some(known));
        let (site, other) = read(1).zip(read(2)).ok_or_else(wrong)?;
        let port = (site.port == other.port).then_some(site.port);
        let who = match site.host {
            Host::Name(name) if below => Who::Below(name),
            Host::Name(name) => Who::Name(name),
            Host::Address(_) if below => return Err(wrong()),
            Host::Address(address) => Who::Block(address.into()),
        };
        Ok(Self { who, port })
    }
}

impl Listed {
    /// The domain that it lies in; `None` for an address.
    pub fn domain(&self) -> Option<&str> {
        match &self.who {
            Who::Name(name) | Who::Below(name) => Some(name),
            Who::Block(_) => None,
        }
    }

    /// Whether it lists nothing but this machine itself.
    pub fn is_here(&self) -> bool {
        match &self.who {
            Who::Name(name) => name == "localhost",
            Who::Below(_) => false,
            Who::Block(block) => block.network().is_loopback() && block.broadcast().is_loopback(),
        }
    }

    /// Whether it is for one port alone.
    pub fn names_port(&self) -> bool {
        self.port.is_some()
    }

    /// Whether it lists a site by the name that it is called by.
    pub fn is_called(&self, site: &Site) -> bool {
        self.port.is_none_or(|port| port == site.port)
            && match (&self.who, &site.host) {
                (Who::Name(listed), Host::Name(name)) => listed == name,
                (Who::Below(above), Host::Name(name)) => {
                    name.strip_suffix(above).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
                }
                (Who::Block(block), Host::Address(address)) => block.contains(address),
                _ => false,
            }
    }

    /// Whether it is an address, or a block of them, that this is in, at whatever port.
    pub fn is_address(&self, ip: IpAddr) -> bool {
        matches!(&self.who, Who::Block(block) if block.contains(&ip.to_canonical()))
    }

    /// Whether it lists an address as one. `localhost` stands for those that everybody has for it.
    pub fn is_at(&self, address: SocketAddr) -> bool {
        self.port.is_none_or(|port| port == address.port())
            && match &self.who {
                Who::Block(block) => block.contains(&address.ip().to_canonical()),
                Who::Name(name) => name == "localhost" && address.ip().to_canonical().is_loopback(),
                Who::Below(_) => false,
            }
    }
}

/// As it is written.
impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.who, self.port) {
            (Who::Name(name), None) => f.write_str(name),
            (Who::Name(name), Some(port)) => write!(f, "{name}:{port}"),
            (Who::Below(name), None) => write!(f, "*.{name}"),
            (Who::Below(name), Some(port)) => write!(f, "*.{name}:{port}"),
            (Who::Block(block), None) => write!(f, "{block}"),
            (Who::Block(block), Some(port)) => write!(f, "{}", SocketAddr::new(block.addr(), port)),
        }
    }
}

impl From<Listed> for String {
    fn from(listed: Listed) -> Self {
        listed.to_string()
    }
}

impl TryFrom<String> for Listed {
    type Error = NotListed;

    fn try_from(text: String) -> Result<Self, NotListed> {
        text.parse()
    }
}

/// A host that leads to another address than its own: a vendor's to a twin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Lead {
    /// Who is called …
    host: Host,
    /// … at which port, if it is one alone.
    port: Option<u16>,
    /// Where that is.
    pub to: SocketAddr,
    /// Whether it is spoken to in the clear, though the client speaks TLS.
    pub clear: bool,
    /// In which version of the PROXY protocol it is told for whom it is asked.
    pub send: Option<ProxyVersion>,
}

impl FromStr for Lead {
    type Err = NotListed;

    fn from_str(text: &str) -> Result<Self, NotListed> {
        let wrong = || NotListed::Lead(text.to_owned());
        let (from, to) = text.split_once('=').ok_or_else(wrong)?;
        let (to, send) = match to.split_once(',') {
            None => (to, None),
            Some((to, "send-proxy")) => (to, Some(ProxyVersion::V1)),
            Some((to, "send-proxy-v2")) => (to, Some(ProxyVersion::V2)),
            Some(_) => return Err(wrong()),
        };
        let read = |known| Site::read(from, Some(known));
        let (site, other) = read(1).zip(read(2)).ok_or_else(wrong)?;
        let (clear, to) = to.strip_prefix("http://").map_or((false, to), |to| (true, to.trim_end_matches('/')));
        let to = Site::read(to, None).ok_or_else(wrong)?;
        let to = match to.host {
            Host::Address(address) => SocketAddr::new(address, to.port),
            Host::Name(name) if name == "localhost" => SocketAddr::from(([127, 0, 0, 1], to.port)),
            Host::Name(_) => return Err(wrong()),
        };
        Ok(Self { host: site.host, port: (site.port == other.port).then_some(site.port), to, clear, send })
    }
}

impl Lead {
    /// Whether it is the one for a site.
    pub fn is_for(&self, site: &Site) -> bool {
        self.host == site.host && self.port.is_none_or(|port| port == site.port)
    }
}

/// As it is written.
impl fmt::Display for Lead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A port of its own is shown as that of a site, which knows brackets.
        match (&self.host, self.port) {
            (host, Some(port)) => write!(f, "{}", Site { host: host.clone(), port })?,
            (Host::Address(address @ IpAddr::V6(_)), None) => write!(f, "[{address}]")?,
            (host, None) => write!(f, "{host}")?,
        }
        let send = match self.send {
            None => "",
            Some(ProxyVersion::V1) => ",send-proxy",
            Some(ProxyVersion::V2) => ",send-proxy-v2",
        };
        write!(f, "={}{}{send}", if self.clear { "http://" } else { "" }, self.to)
    }
}

impl From<Lead> for String {
    fn from(lead: Lead) -> Self {
        lead.to_string()
    }
}

impl TryFrom<String> for Lead {
    type Error = NotListed;

    fn try_from(text: String) -> Result<Self, NotListed> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads_the_same<T>(text: &str)
    where
        T: FromStr<Err = NotListed> + fmt::Display + PartialEq + fmt::Debug,
    {
        let read: T = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read.to_string().parse(), Ok(read), "{text}");
    }

    #[test]
    fn what_is_shown_reads_the_same() {
        for entry in
            ["a.example", "a.example:1", "*.a.example", "*.a.example:1", "10.0.0.1:1", "10.0.0.0/8", "::1", "[::1]:7"]
        {
            reads_the_same::<Listed>(entry);
        }
        for lead in [
            "a.example=127.0.0.1:1",
            "a.example:443=http://[::1]:1",
            "[::1]=127.0.0.1:1",
            "[::1]:2=127.0.0.1:1,send-proxy-v2",
            "a.example=http://127.0.0.1:1,send-proxy",
        ] {
            reads_the_same::<Lead>(lead);
        }
    }

    fn listed(entry: &str, site: &str) -> bool {
        let entry: Listed = entry.parse().unwrap_or_else(|error| panic!("{error}"));
        entry.is_called(&Site::read(site, Some(443)).expect(site))
    }

    #[test]
    fn an_entry_lists_what_it_says() {
        for (entry, yes, no) in [
            ("api.example", "API.example.:1", "x.api.example"),
            ("api.example:443", "api.example", "api.example:80"),
            ("*.api.example", "a.b.api.example", "api.example"),
            ("*.api.example", "a.api.example", "xapi.example"),
            ("127.0.0.1", "127.0.0.1:9", "127.0.0.2"),
            ("127.0.0.1:9", "127.0.0.1:9", "127.0.0.1:8"),
            ("10.0.0.0/8", "10.9.9.9", "11.0.0.1"),
            ("::1", "[::1]:7", "[::2]:7"),
            ("[::1]:7", "[::1]:7", "[::1]:8"),
            ("localhost", "localhost", "localhost.example"),
        ] {
            assert!(listed(entry, yes) && !listed(entry, no), "{entry}");
        }
        for entry in ["", "*", "*.", "https://a.example", "a.example/", "*.127.0.0.1", "10.0.0.0/40", "a b", ":443"] {
            assert!(entry.parse::<Listed>().is_err(), "{entry}");
        }
    }

    #[test]
    fn an_address_is_listed_by_address_alone() {
        let at = |entry: &str, address: &str| {
            entry.parse::<Listed>().expect("an entry").is_at(address.parse().expect("an address"))
        };
        assert!(
            at("10.0.0.0/8", "10.0.0.1:1") && at("10.0.0.1:1", "[::ffff:10.0.0.1]:1") && at("localhost", "127.0.0.1:5")
        );
        assert!(!at("10.0.0.1:1", "10.0.0.1:2") && !at("ten.example", "10.0.0.1:1") && !at("localhost", "10.0.0.1:5"));
    }

    #[test]
    fn a_lead_is_read() {
        let lead: Lead = "api.example:443=http://127.0.0.1:8475/".parse().expect("a lead");
        assert_eq!((lead.to, lead.clear), (([127, 0, 0, 1], 8475).into(), true));
        let site = |text| Site::read(text, None).expect("a site");
        assert!(lead.is_for(&site("API.example:443")) && !lead.is_for(&site("api.example:80")));
        for wrong in [
            "a",
            "a=",
            "=127.0.0.1:1",
            "a=b.example:1",
            "a=127.0.0.1",
            "a=https://127.0.0.1:1",
            "a=127.0.0.1:1,",
            "a=127.0.0.1:1,send",
        ] {
            assert!(wrong.parse::<Lead>().is_err(), "{wrong}");
        }
    }
}
