//! What requests say, decoded. Pure functions of a body: `fuzz/` and the property tests call [`decode`].

use std::net::IpAddr;

use ipnet::IpNet;

use super::error::ApiError;
use super::gojson::{Fields, Json, parse};
use super::toxic::{self, Toxic, Type};
use crate::path::Protocol;
use crate::plan::{Edition, EndpointKind, ProxyProtocol, ProxyVersion, Sso};
use crate::scenario::Surroundings;

/// A proxy as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyInput {
    /// Its name.
    pub name: String,
    /// Where it shall listen.
    pub listen: String,
    /// Where it shall lead.
    pub upstream: String,
    /// Whether it shall listen at all.
    pub enabled: bool,
    /// What it shall understand: a member of ours, `"protocol":"http"`, which Toxiproxy does not have.
    pub protocol: Protocol,
    /// Which platform stands behind it: members of ours, `"kind":"dingtalk","edition":"lite"`.
    pub kind: Option<EndpointKind>,
    /// What is said of clients, by whoever comes and to whoever it leads to: members of ours, `"proxy_protocol_from":["10.0.0.0/8"]` and
    /// `"send_proxy":"v2"`.
    pub proxy_protocol: ProxyProtocol,
}

impl ProxyInput {
    /// A way in that listens at an address.
    pub fn way_in(name: &str, protocol: Protocol, listen: &str) -> Self {
        Self { name: name.into(), listen: listen.into(), protocol, ..Self::fresh() }
    }

    /// The same, where these say for whom they speak.
    #[must_use]
    pub fn told_by(self, from: Vec<IpNet>) -> Self {
        Self { proxy_protocol: ProxyProtocol { from, ..self.proxy_protocol }, ..self }
    }

    /// What a new proxy is unless it is told.
    pub fn fresh() -> Self {
        Self {
            name: String::new(),
            listen: String::new(),
            upstream: String::new(),
            enabled: true,
            protocol: Protocol::Stream,
            kind: None,
            proxy_protocol: ProxyProtocol::default(),
        }
    }

    fn read(mut self, json: &Json) -> Result<Self, String> {
        let fields = Fields::of(json, "toxiproxy.Proxy")?;
        let fields_of_proxy = |into: &mut Self| -> Result<(), String> {
            fields.text("name", &mut into.name)?;
            fields.text("listen", &mut into.listen)?;
            fields.text("upstream", &mut into.upstream)?;
            fields.flag("enabled", &mut into.enabled)?;
            let [mut protocol, mut kind, mut edition] = [const { String::new() }; 3];
            fields.text("protocol", &mut protocol)?;
            fields.text("kind", &mut kind)?;
            fields.text("edition", &mut edition)?;
            into.speak(&protocol, platform(&kind, &edition)?)?;
            into.introduce(fields)
        };
        fields_of_proxy(&mut self)?;
        Ok(self)
    }

    /// What it shall understand. A platform is spoken to by HTTP, and bytes are nobody's.
    fn speak(&mut self, protocol: &str, kind: Option<EndpointKind>) -> Result<(), String> {
        match (protocol, kind) {
            ("tcp", Some(_)) => return Err("a platform of some kind is spoken to by http, not tcp".into()),
            ("forward" | "socks" | "sni", Some(_)) => {
                return Err("a way in leads to many hosts, each with a kind of its own: leave kind out".into());
            }
            ("forward", None) => (self.protocol, self.kind) = (Protocol::Forward, None),
            ("socks", None) => (self.protocol, self.kind) = (Protocol::Socks, None),
            ("sni", None) => (self.protocol, self.kind) = (Protocol::Sni, None),
            ("tcp", None) => (self.protocol, self.kind) = (Protocol::Stream, None),
            ("" | "http", Some(kind)) => (self.protocol, self.kind) = (Protocol::Http, Some(kind)),
            ("http", None) => self.protocol = Protocol::Http,
            ("", None) => {}
            (other, _) => return Err(format!("protocol is tcp, http, forward, socks or sni, not {other}")),
        }
        Ok(())
    }

    /// What is said of clients. Where a way in leads, its list says for whom.
    fn introduce(&mut self, fields: Fields<'_>) -> Result<(), String> {
        if let Some(blocks) = fields.last("proxy_protocol_from") {
            self.proxy_protocol.from = blocks_of(blocks)?;
        }
        let mut version = String::new();
        fields.text("send_proxy", &mut version)?;
        if version.is_empty() {
            return Ok(());
        }
        if self.protocol.is_way_in() {
            return Err("a way in leads to many hosts: write ,send-proxy behind the address of --map".into());
        }
        let send = ProxyVersion::of(&version).ok_or_else(|| format!("send_proxy is v1 or v2, not {version}"))?;
        self.proxy_protocol.send = Some(send);
        Ok(())
    }

    /// A proxy to be created.
    ///
    /// # Errors
    /// If the body is no such thing, or does not say name or upstream.
    pub fn create(body: &[u8]) -> Result<Self, ApiError> {
        let input = parse(body).and_then(|json| Self::fresh().read(&json)).map_err(ApiError::body)?;
        input.complete("")?;
        Ok(input)
    }

    /// What a proxy shall become; what is not said stays as it is.
    ///
    /// # Errors
    /// If the body is no such thing.
    pub fn update(self, body: &[u8]) -> Result<Self, ApiError> {
        let name = self.name.clone();
        let input = parse(body).and_then(|json| self.read(&json)).map_err(ApiError::body)?;
        Ok(Self { name, ..input })
    }

    /// Every proxy that `/populate` or a configuration file names.
    ///
    /// # Errors
    /// If the body is no list of such, or one of them does not say name or upstream.
    pub fn populate(body: &[u8]) -> Result<Vec<Self>, ApiError> {
        let inputs = match parse(body).map_err(ApiError::body)? {
            Json::Null => Vec::new(),
            Json::List(list) => {
                let read = list.iter().map(|json| Self::fresh().read(json));
                read.collect::<Result<Vec<_>, _>>().map_err(ApiError::body)?
            }
            other => {
                Fields::of(&other, "[]toxiproxy.Proxy").map_err(ApiError::body)?;
                return Err(ApiError::body("json: cannot unmarshal object into Go value of type []toxiproxy.Proxy"));
            }
        };
        for (number, input) in (1..).zip(&inputs) {
            input.complete(&format!(" at proxy {number}"))?;
        }
        Ok(inputs)
    }

    fn complete(&self, place: &str) -> Result<(), ApiError> {
        for (field, text) in [("name", &self.name), ("upstream", &self.upstream)] {
            // Where a way in leads, whoever comes says.
            if text.is_empty() && !(field == "upstream" && self.protocol.is_way_in()) {
                return Err(ApiError::missing(&format!("{field}{place}")));
            }
        }
        Ok(())
    }
}

impl From<crate::scenario::Proxy> for ProxyInput {
    fn from(proxy: crate::scenario::Proxy) -> Self {
        let crate::scenario::Proxy { name, listen, upstream, http, kind, proxy_protocol } = proxy;
        let protocol = if http { Protocol::Http } else { Protocol::Stream };
        Self { name, listen, upstream, enabled: true, protocol, kind, proxy_protocol }
    }
}

/// Blocks of addresses, in a list.
fn blocks_of(json: &Json) -> Result<Vec<IpNet>, String> {
    let block = |json: &Json| match json {
        Json::Text(text) => text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)),
        _ => None,
    };
    let read = match json {
        Json::Null => Some(Vec::new()),
        Json::List(blocks) => blocks.iter().map(block).collect(),
        _ => None,
    };
    read.ok_or_else(|| "proxy_protocol_from is a list of blocks of addresses such as 10.0.0.0/8".into())
}

/// The platform of a kind, by the words of a scenario; `None` if nothing is said.
fn platform(kind: &str, edition: &str) -> Result<Option<EndpointKind>, String> {
    match (kind, edition) {
        ("", "") => Ok(None),
        ("dingtalk", "mainland") => Ok(Some(EndpointKind::Dingtalk(Edition::Mainland))),
        ("dingtalk", "lite") => Ok(Some(EndpointKind::Dingtalk(Edition::Lite))),
        ("teams", "") => Ok(Some(EndpointKind::Teams)),
        ("matrix", "") => Ok(Some(EndpointKind::Matrix)),
        ("sso", "") => Ok(Some(EndpointKind::Sso(Sso::default()))),
        ("dlp", "") => Ok(Some(EndpointKind::Dlp)),
        ("dingtalk", _) => Err("edition of dingtalk is mainland or lite".into()),
        ("teams" | "matrix" | "dlp" | "sso", _) => Err(format!("{kind} has no editions")),
        ("", _) => Err("edition without a kind".into()),
        (other, _) => Err(format!("kind is dingtalk, teams, matrix, dlp or sso, not {other}")),
    }
}

/// A toxic as it is asked for, checked but for what its proxy has to say: whether the name is taken comes before its attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct ToxicInput {
    toxic: Toxic,
    attributes: Json,
}

impl ToxicInput {
    /// A toxic to be created.
    ///
    /// # Errors
    /// If the body is no such thing, or stream or type are unknown.
    pub fn create(body: &[u8]) -> Result<Self, ApiError> {
        let json = parse(body).map_err(ApiError::body)?;
        let (mut name, mut kind, mut stream, mut toxicity) = (String::new(), String::new(), None, 1.0);
        let mut read = || -> Result<Json, String> {
            let fields = Fields::of(&json, "toxics.ToxicWrapper")?;
            fields.text("name", &mut name)?;
            fields.text("type", &mut kind)?;
            // Another client's word for it.
            for field in ["direction", "stream"] {
                let mut text = stream.take().unwrap_or_else(|| "downstream".to_owned());
                fields.text(field, &mut text)?;
                stream = Some(text);
            }
            fields.float("toxicity", &mut toxicity)?;
            Ok(fields.last("attributes").cloned().unwrap_or(Json::Null))
        };
        let attributes = read().map_err(ApiError::body)?;
        let stream = stream.unwrap_or_default();
        toxic::direction(&stream)?;
        let kind = Type::parse(&kind)?;
        if name.is_empty() {
            name = format!("{}_{stream}", kind.name());
        }
        Ok(Self { toxic: Toxic { name, kind, stream, toxicity, values: [0; 3], lease: None }, attributes })
    }

    /// The name it asks for.
    pub fn name(&self) -> &str {
        &self.toxic.name
    }

    /// The toxic.
    ///
    /// # Errors
    /// If its attributes are none.
    pub fn finish(mut self) -> Result<Toxic, ApiError> {
        self.toxic.merge(&self.attributes)?;
        self.toxic.check()?;
        Ok(self.toxic)
    }
}

/// What a toxic shall become: attributes and toxicity that are not given stay as they are, and nothing else can be changed.
///
/// # Errors
/// If the body is no such thing, or its values are none.
pub fn update_toxic(old: &Toxic, body: &[u8]) -> Result<Toxic, ApiError> {
    let json = parse(body).map_err(ApiError::body)?;
    let fields = Fields::of(&json, "toxics.ToxicWrapper").map_err(ApiError::body)?;
    let mut toxic = old.clone();
    fields.float("toxicity", &mut toxic.toxicity).map_err(ApiError::body)?;
    for attributes in fields.all("attributes") {
        toxic.merge(attributes)?;
    }
    toxic.check()?;
    Ok(toxic)
}

/// Reads a body in every way there is and gives back what was refused, for tests that feed it anything at all.
pub fn decode(body: &[u8]) -> Vec<ApiError> {
    let proxy = ProxyInput {
        name: "p".into(),
        listen: "l".into(),
        upstream: "u".into(),
        enabled: true,
        protocol: Protocol::Stream,
        kind: None,
        proxy_protocol: ProxyProtocol::default(),
    };
    let mut refused: Vec<_> = [
        ProxyInput::create(body).err(),
        proxy.update(body).err(),
        ProxyInput::populate(body).err(),
        ToxicInput::create(body).and_then(ToxicInput::finish).err(),
        super::native::read(body, &Surroundings::default()).err(),
    ]
    .into_iter()
    .flatten()
    .collect();
    for kind in Type::ALL {
        let values = [1, 0, 0];
        let old = Toxic { name: "t".into(), kind, stream: "upstream".into(), toxicity: 1.0, values, lease: None };
        match update_toxic(&old, body) {
            Ok(toxic) => drop(toxic.fault()),
            Err(error) => refused.push(error),
        }
    }
    refused
}
