//! What answers look like as JSON: the order of members is Toxiproxy's.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::error::ApiError;
use super::lease::Lease;
use super::native::{self, Native};
use super::registry::{Inner, Proxy};
use super::toxic::{Toxic, Type};
use crate::control::Arming;
use crate::journal::TriedEnd;
use crate::path::{Bytes, Door, Traffic, TriedServer};
use crate::plan::{Aim, Capability, Direction, EndpointKind, Fault, Per, Pick, Region, Shape, Wave};
use crate::scenario::Loose;
use crate::units::{Moment, Span, six_digits};

/// A proxy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ProxyShape {
    name: String,
    listen: String,
    upstream: String,
    enabled: bool,
    toxics: Vec<ToxicShape>,
}

/// A toxic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ToxicShape {
    attributes: Attributes,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    stream: String,
    #[serde(serialize_with = "as_go_does")]
    toxicity: f32,
}

/// A toxic's attributes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attributes(Type, [i64; 3]);

/// What `/populate` did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Populated {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    proxies: Option<Vec<ProxyShape>>,
}

/// What is armed, native or not, and what it did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct FaultShape {
    /// `toxic:NAME` or `fault:NAME`.
    name: String,
    direction: Direction,
    share: f64,
    hits: u64,
    /// Seconds after the program's start.
    applied_s: Option<f64>,
}

/// A native fault.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct NativeShape {
    name: String,
    /// Empty for all.
    proxies: Vec<String>,
    fault: Fault,
    /// The names of the regions that it is aimed at, and the capabilities; empty for all.
    regions: Vec<String>,
    capabilities: Vec<Capability>,
    direction: Direction,
    chance: f64,
    per: Per,
    /// Which of the units that it could hit it hits: so many, each n-th; `null` for all.
    first: Option<u64>,
    every: Option<u64>,
    /// How long its level rises, and how it goes up and down; `null` if it does not.
    ramp: Option<Span>,
    waveform: Option<Value>,
    /// How many accounts it is aimed at; `null` for everyone.
    accounts: Option<usize>,
    lease: Option<String>,
    /// Seconds after the program's start, as all times here.
    start_s: f64,
    /// `null` if it lasts until it is lifted.
    end_s: Option<f64>,
    hits: u64,
    applied_s: Option<f64>,
}

/// A lease and what it holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct LeaseShape {
    id: String,
    ttl_s: f64,
    expires_in_s: f64,
    toxics: Vec<String>,
    faults: Vec<String>,
    /// Proxies that are disabled as long as it lives.
    disabled: Vec<String>,
}

/// A proxy with what passes through it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct DoorShape {
    name: String,
    listen: String,
    upstream: String,
    enabled: bool,
    /// `tcp` or `http`.
    protocol: &'static str,
    /// The platform behind it.
    kind: Option<EndpointKind>,
    connections: u64,
    accepted: u64,
    to_endpoint: BytesShape,
    from_endpoint: BytesShape,
    /// The servers that it has connected last, the latest at the end.
    servers: Vec<String>,
    /// The addresses that it has dialled last, the latest at the end, each with how that ended.
    tried: Vec<TriedShape>,
    faults: Vec<FaultShape>,
}

/// An address that was dialled.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct TriedShape {
    address: String,
    /// How the last time ended.
    end: TriedEnd,
    reached: u64,
    missed: u64,
}

/// Bytes of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct BytesShape {
    read: u64,
    written: u64,
}

impl Proxy {
    pub(super) fn shape(&self) -> ProxyShape {
        ProxyShape {
            name: self.name.clone(),
            listen: self.listen.clone(),
            upstream: self.upstream.clone(),
            enabled: self.door.is_some(),
            toxics: self.listed().map(ToxicShape::of).collect(),
        }
    }
}

impl DoorShape {
    pub(super) fn of(proxy: &Proxy) -> Self {
        let traffic = proxy.door.as_ref().map_or(Traffic::default(), Door::traffic);
        let bytes = |bytes: Bytes| BytesShape { read: bytes.read, written: bytes.written };
        let reports = proxy.door.as_ref().map(Door::faults).unwrap_or_default();
        Self {
            name: proxy.name.clone(),
            listen: proxy.listen.clone(),
            upstream: proxy.upstream.clone(),
            enabled: proxy.door.is_some(),
            protocol: proxy.protocol.name(),
            kind: proxy.kind.clone(),
            connections: traffic.open,
            accepted: traffic.accepted,
            to_endpoint: bytes(traffic.to_endpoint),
            from_endpoint: bytes(traffic.from_endpoint),
            servers: proxy.door.iter().flat_map(Door::servers).map(|server| server.to_string()).collect(),
            tried: proxy.door.iter().flat_map(Door::tried).map(TriedShape::of).collect(),
            faults: reports.iter().map(FaultShape::of).collect(),
        }
    }
}

impl TriedShape {
    fn of(TriedServer { address, end, reached, missed }: TriedServer) -> Self {
        Self { address: address.to_string(), end, reached, missed }
    }
}

impl FaultShape {
    fn of(fault: &Arming) -> Self {
        let (name, aim) = (fault.inject.name.clone(), &fault.inject.aim);
        let applied_s = fault.first_hit().map(|at| six_digits(at.secs_f64()));
        Self { name, direction: aim.direction, share: aim.chance.fraction(), hits: fault.hits(), applied_s }
    }
}

impl ToxicShape {
    pub(super) fn of(toxic: &Toxic) -> Self {
        Self {
            attributes: Attributes(toxic.kind, toxic.values),
            name: toxic.name.clone(),
            kind: toxic.kind.name(),
            stream: toxic.stream.clone(),
            toxicity: toxic.toxicity,
        }
    }
}

impl Populated {
    /// `proxies` is `null` where nothing was done: Go's empty list.
    pub(super) fn new(error: Option<ApiError>, done: Vec<ProxyShape>) -> Self {
        let proxies = (!done.is_empty()).then_some(done);
        let (error, status) = error.map_or((None, None), |error| (Some(error.text), Some(error.status)));
        Self { error, status, proxies }
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> u16 {
        self.status.unwrap_or(201)
    }

    /// Why it stopped, if it did.
    pub(super) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

impl NativeShape {
    /// `regions` are those that faults can be aimed at.
    pub(super) fn of(native: &Native, inner: &Inner, regions: &[Region]) -> Self {
        let Loose { name, proxies, fault, aim, shape, pick, .. } = native.loose.clone();
        let Aim { regions: sources, capabilities, direction, chance, per, .. } = aim;
        let (Shape { ramp, wave }, Pick { first, every }) = (shape, pick);
        let named = sources.iter().filter_map(|id| regions.get(id.index())).map(|region| region.name.clone());
        let armed = native::armed_as(native.name());
        let doors = inner.proxies.values().filter_map(|proxy| proxy.door.as_ref());
        let reports: Vec<_> = doors.flat_map(Door::faults).filter(|report| report.inject.name == armed).collect();
        let applied = reports.iter().filter_map(|report| report.first_hit()).min();
        Self {
            name,
            proxies,
            fault,
            regions: named.collect(),
            capabilities,
            direction,
            chance: chance.fraction(),
            per,
            first,
            every,
            ramp: (!ramp.is_zero()).then_some(ramp),
            waveform: waveform(&wave),
            accounts: native.accounts.as_ref().map(Vec::len),
            start_s: six_digits(native.start.secs_f64()),
            end_s: (native.end != Moment::MAX).then(|| six_digits(native.end.secs_f64())),
            lease: native.lease.clone(),
            hits: reports.iter().map(|report| report.hits()).sum(),
            applied_s: applied.map(|at| six_digits(at.secs_f64())),
        }
    }
}

/// In the words of a request.
fn waveform(wave: &Wave) -> Option<Value> {
    Some(match wave {
        Wave::Steady => return None,
        Wave::Step { every, steps } => json!({ "step": { "every": every, "steps": steps } }),
        Wave::Sine { period, low } => json!({ "sine": { "period": period, "low": low } }),
        Wave::Burst { every, length } => json!({ "burst": { "every": every, "for": length } }),
        Wave::Trace(points) => json!({ "trace": points }),
    })
}

impl LeaseShape {
    pub(super) fn of(id: &str, lease: Lease, now: Moment, inner: &Inner) -> Self {
        let held = |lease: &Option<String>| lease.as_deref() == Some(id);
        let proxies = inner.proxies.values();
        let toxics = proxies.clone().flat_map(|proxy| {
            let held = proxy.toxics.iter().filter(|toxic| held(&toxic.lease));
            held.map(|toxic| format!("{}/{}", proxy.name, toxic.name))
        });
        let natives = inner.natives.iter().filter(|native| held(&native.lease));
        Self {
            id: id.into(),
            ttl_s: lease.ttl.secs_f64(),
            expires_in_s: six_digits(lease.expires.since(now).secs_f64()),
            toxics: toxics.collect(),
            faults: natives.map(|native| native.loose.name.clone()).collect(),
            disabled: proxies.filter(|proxy| held(&proxy.down)).map(|proxy| proxy.name.clone()).collect(),
        }
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = self.0.attributes();
        let mut map = serializer.serialize_map(Some(names.len()))?;
        for (name, value) in names.iter().zip(self.1) {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

/// A number without a fraction has no point: `1` and not `1.0`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn as_go_does<S: Serializer>(number: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    // The toxicity lies between 0 and 1.
    if *number == 0.0 {
        serializer.serialize_u8(0)
    } else if (*number - 1.0).abs() < f32::EPSILON / 4.0 {
        serializer.serialize_u8(1)
    } else {
        serializer.serialize_f32(*number)
    }
}
