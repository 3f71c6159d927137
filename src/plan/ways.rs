use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::listed::{Lead, Listed};

/// A listener for programs that are not ours, which say where they want to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayIn {
    /// Its name, at which faults are aimed.
    pub name: String,
    /// What it speaks.
    pub kind: WayKind,
    /// Where it listens, as `host:port`; port 0 takes a free one.
    pub listen: String,
    /// Where it may lead, besides what leads elsewhere.
    pub allow: Vec<Listed>,
    /// What leads elsewhere than to its own address; that is allowed by it.
    pub map: Vec<Lead>,
    /// With whom TLS ends here and begins anew; names only, never addresses.
    pub intercept: Vec<Listed>,
    /// Of those, with whom it does not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pass_through: Vec<Listed>,
    /// Who says by the PROXY protocol for whom it speaks. Where there is anybody, nobody else may come.
    pub proxy_protocol_from: Vec<IpNet>,
}

/// What is said of clients between proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxyProtocol {
    /// Who says by the PROXY protocol for whom it speaks. Where there is anybody, nobody else may come.
    pub from: Vec<IpNet>,
    /// In which version whoever is connected next is told.
    pub send: Option<ProxyVersion>,
}

/// A version of the PROXY protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProxyVersion {
    /// A line of text.
    V1,
    /// Binary.
    V2,
}

impl ProxyVersion {
    /// The version of a word, `v1` or `v2`.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "v1" => Some(Self::V1),
            "v2" => Some(Self::V2),
            _ => None,
        }
    }
}

/// What a way in speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WayKind {
    /// HTTP, as to a proxy: `CONNECT`, and requests for a whole URL.
    Forward,
    /// SOCKS 5 (RFC 1928).
    Socks,
    /// TLS, whose hello names the host.
    Sni,
}

impl WayKind {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Forward, Self::Socks, Self::Sni];

    /// The word for it in a file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Socks => "socks",
            Self::Sni => "sni",
        }
    }
}
