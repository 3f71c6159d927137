use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Binding, Capability, Carrier, Documents, Erp, Fault, Gateway, Receipts, Service, Sso, Tier, Trust, Wire};
use crate::units::{Rate, RegionId};

/// A collaboration platform, or any service, that messages are sent to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The endpoint's name; routes name it.
    pub name: String,
    /// Which platform.
    pub kind: EndpointKind,
    /// Where it runs.
    pub region: RegionId,
    /// The real service's address; without it a twin is played.
    pub url: Option<Url>,
    /// Whether its twin enforces the vendor's own limits.
    pub limits: Limits,
    /// How the drill hears that a message was received.
    pub receipts: Receipts,
    /// What is paid for it.
    pub tier: Tier,
    /// Who processes what is sent there, for the data-flow inventory.
    pub processor: Option<String>,
    /// Which contract or service level covers it, in the scenario author's words, or `none`; without it nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// Whose tokens it takes, if they are not its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sso: Option<Trust>,
    /// Who accounts are at a real service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Binding>,
}

/// The address of a real service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Url {
    /// A name or an address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// `https`.
    pub tls: Option<Tls>,
}

/// How a service that speaks TLS proves who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// A file of certificates in PEM that are trusted besides the public authorities.
    pub ca: Option<String>,
    /// What is spoken within.
    #[serde(default)]
    pub within: Within,
}

/// What is spoken within TLS, and how that begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Within {
    /// HTTP.
    #[default]
    Http,
    /// SMTP.
    Mail,
    /// Whatever a scenario describes: nothing is said of it.
    Bytes,
    /// SMTP that begins in the clear and is secured by STARTTLS (RFC 3207).
    Starttls,
}

impl Url {
    /// The service's address, if its host is one; `localhost` is 127.0.0.1.
    pub fn address(&self) -> Option<SocketAddr> {
        let host = if self.host == "localhost" { Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)) } else { self.host.parse() };
        host.ok().map(|host| SocketAddr::new(host, self.port))
    }

    /// Whether it is on this machine.
    pub fn is_here(&self) -> bool {
        self.address().is_some_and(|address| address.ip().to_canonical().is_loopback())
    }

    /// What a request to it is addressed to: the port is left out where everybody knows it.
    pub fn host_header(&self) -> String {
        let known = if self.tls.is_some() { 443 } else { 80 };
        let authority = self.authority();
        let bare = authority.rsplit_once(':').filter(|_| self.port == known).map(|(host, _)| host.to_owned());
        bare.unwrap_or(authority)
    }

    /// A service at `host` or `host:port`, in the same way secured as another: how a guard writes it.
    pub fn beside(written: &str, tls: Option<&Tls>) -> Self {
        let known = if tls.is_some() { 443 } else { 80 };
        let (host, port) = parted(written);
        Self { host: host.to_ascii_lowercase(), port: port.unwrap_or(known), tls: tls.cloned() }
    }

    /// Whether a request that is addressed so is for it.
    pub fn is_called(&self, authority: &str) -> bool {
        *self == Self::beside(authority, self.tls.as_ref())
    }

    /// `host:port`.
    pub fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// Host, without brackets, and port, if one is written.
fn parted(authority: &str) -> (&str, Option<u16>) {
    let bare = |host: &'_ str| host.len() > 1 && host.starts_with('[') && host.ends_with(']');
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if bare(host) || !host.contains(':') => (host, port.parse().ok()),
        _ => (authority, None),
    };
    (if bare(host) { &host[1..host.len() - 1] } else { host }, port)
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.tls.is_some() { "https://" } else { "" })?;
        f.write_str(&self.authority())
    }
}

/// The kinds of endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointKind {
    /// DingTalk.
    Dingtalk(Edition),
    /// Microsoft Teams.
    Teams,
    /// Matrix, on whichever homeserver.
    Matrix,
    /// Any service that speaks HTTP, as the scenario describes it.
    Http(Arc<Service>),
    /// An ERP that consumes webhooks.
    Erp(Erp),
    /// A store of shared documents.
    Documents(Documents),
    /// E-mail: a server that takes it by SMTP.
    Smtp(Mail),
    /// Any service that speaks in frames on a connection that stands, as the scenario describes it.
    Wire(Arc<Wire>),
    /// A service that inspects texts for what may not leave. Nobody sends messages by it.
    Dlp,
    /// Single sign-on: a provider of OpenID Connect, with the directory behind it. It takes no messages.
    Sso(Sso),
    /// A gateway of the company's own.
    Gateway(Arc<Gateway>),
}

/// E-mail, by any server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// What is sent by it: one thing.
    pub capability: Capability,
}

/// The editions of DingTalk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edition {
    /// The mainland edition, api.dingtalk.com.
    Mainland,
    /// DingTalk Lite, the international edition, api.dingtalk.io.
    Lite,
}

/// Whether a twin enforces the vendor's limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Limits {
    /// As the vendor documents them.
    #[default]
    Vendor,
    /// None.
    Off,
}

impl EndpointKind {
    /// Whether a journey can send this by the platform: whether it has a function for it at all, in any edition.
    pub fn sends(&self, capability: Capability) -> bool {
        match self {
            Self::Dingtalk(_) => capability.is_sending() && !capability.is_of_documents(),
            Self::Teams => matches!(
                capability,
                Capability::Chat | Capability::Group | Capability::Webhook | Capability::Meeting | Capability::Calendar
            ),
            Self::Matrix => capability == Capability::Chat,
            Self::Erp(_) => capability == Capability::Webhook,
            Self::Http(service) => service.capability == capability,
            Self::Documents(_) => matches!(capability, Capability::Edit | Capability::Read),
            Self::Smtp(mail) => mail.capability == capability,
            Self::Wire(wire) => wire.capability == capability,
            Self::Dlp | Self::Sso(_) => false,
            Self::Gateway(gateway) => gateway.capability == capability,
        }
    }

    /// Whether a fault can do nothing to what is spoken with the endpoint, wherever it is aimed: mail has no bodies of answers, no tokens and
    /// no meetings, a WebSocket's handshake neither, and on bare TCP nothing is told apart but connections and bytes.
    pub fn is_deaf_to(&self, fault: &Fault) -> bool {
        if fault.is_of_inspection() {
            return *self != Self::Dlp;
        }
        let of_tokens = matches!(fault, Fault::TokenRevoke | Fault::TokenExpire { .. } | Fault::MeetingLock { .. });
        match self {
            Self::Dingtalk(_) | Self::Teams | Self::Matrix | Self::Http(_) | Self::Sso(_) | Self::Gateway(_) => false,
            Self::Smtp(_) => of_tokens || matches!(fault, Fault::Body(_)),
            // A hook is an address, and a key stays: there are no tokens to take back.
            Self::Dlp | Self::Erp(_) | Self::Documents(_) => of_tokens,
            Self::Wire(wire) => match wire.carrier {
                Carrier::Websocket(_) => of_tokens || matches!(fault, Fault::Body(_)),
                Carrier::Tcp(_) => tells_units_apart(fault),
            },
        }
    }

    /// How many recipients one request can name. DingTalk documents 20 users of a robot's message, 100 of a work notification and 50
    /// mentions of a webhook's; where nothing is documented it is a hundred.
    pub fn recipients_of_one_request(&self, capability: Capability) -> u32 {
        match (self, capability) {
            (Self::Dingtalk(_), Capability::Chat | Capability::Approval) => 20,
            (Self::Dingtalk(_), Capability::Webhook) => 50,
            (Self::Teams, Capability::Chat) => 1,
            _ => 100,
        }
    }

    /// How many messages a second the vendor takes from one application: DingTalk's 20 requests and a robot's 20 posts a minute, Graph's
    /// two messages and a connector's 100 posts an hour, and Synapse's one message in five seconds. Of anything else nobody knows any.
    pub fn send_limit(&self, capability: Capability) -> f64 {
        match (self, capability) {
            (Self::Dingtalk(_), Capability::Webhook) => 20.0 / 60.0,
            (Self::Dingtalk(_), _) => 20.0,
            (Self::Teams, Capability::Webhook) => 100.0 / 3_600.0,
            (Self::Teams, Capability::Chat | Capability::Group) => 2.0,
            (Self::Matrix, _) => 0.2,
            (Self::Erp(erp), _) => erp.rate_limit.map_or(f64::INFINITY, Rate::per_second),
            _ => f64::INFINITY,
        }
    }
}

/// Whether a fault is for requests, answers or frames, which a stream of bytes has none of.
fn tells_units_apart(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::Status { .. }
            | Fault::Throttle { .. }
            | Fault::DropReply { .. }
            | Fault::Duplicate
            | Fault::Reorder { .. }
            | Fault::Body(_)
            | Fault::WebsocketDrop { .. }
            | Fault::PushDelay(_)
            | Fault::SilentLoss
            | Fault::TokenRevoke
            | Fault::TokenExpire { .. }
            | Fault::RateLimit(_)
            | Fault::Quota { .. }
            | Fault::MeetingLock { .. }
            | Fault::CapabilityMissing
            | Fault::Deprovision(_)
    )
}

impl fmt::Display for EndpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dingtalk(Edition::Mainland) => "DingTalk mainland",
            Self::Dingtalk(Edition::Lite) => "DingTalk Lite",
            Self::Teams => "Microsoft Teams",
            Self::Matrix => "Matrix",
            Self::Erp(_) => "ERP",
            Self::Documents(_) => "store of documents",
            Self::Http(_) => "HTTP service",
            Self::Smtp(_) => "e-mail",
            Self::Wire(wire) if wire.is_websocket() => "WebSocket service",
            Self::Wire(_) => "TCP service",
            Self::Dlp => "DLP",
            Self::Sso(_) => "single sign-on",
            Self::Gateway(_) => "gateway",
        })
    }
}
