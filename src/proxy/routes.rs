//! Which request does what, and what the answer looks like.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT, WWW_AUTHENTICATE};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::guard::Guard;
use super::input::ProxyInput;
use super::lease::Claim;
use super::metrics;
use super::registry::Registry;
use super::shapes::{DoorShape, Populated};

/// An answer.
pub(super) type Answer = Response<Full<Bytes>>;

/// The version of Toxiproxy that we answer as: clients choose their verbs by it.
pub const TOXIPROXY: &str = "2.12.0";

/// Our own version stands beside it.
const OWN_VERSION: HeaderName = HeaderName::from_static("x-firedrill-version");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-toxiproxy-request-id");
const LEASE: HeaderName = HeaderName::from_static("x-firedrill-lease");
const NO_SNIFF: HeaderName = HeaderName::from_static("x-content-type-options");

const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";

/// The interface without its wire: takes requests, gives answers.
pub(super) struct Api {
    /// What it is about.
    pub registry: Registry,
    /// Who may use it.
    pub guard: Guard,
    requests: AtomicU64,
}

/// A path that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place<'p> {
    Proxies,
    Populate,
    Proxy(&'p str),
    Toxics(&'p str),
    Toxic(&'p str, &'p str),
    Reset,
    Version,
    Metrics,
    State,
    Faults,
    Fault(&'p str),
    Leases,
    Lease(&'p str),
}

impl Place<'_> {
    fn of<'p>(segments: &[&'p str]) -> Option<Place<'p>> {
        if segments.iter().any(|segment| segment.is_empty()) {
            return None;
        }
        Some(match *segments {
            ["proxies"] => Place::Proxies,
            ["populate"] => Place::Populate,
            ["proxies", proxy] => Place::Proxy(proxy),
            ["proxies", proxy, "toxics"] => Place::Toxics(proxy),
            ["proxies", proxy, "toxics", toxic] => Place::Toxic(proxy, toxic),
            ["reset"] => Place::Reset,
            ["version"] => Place::Version,
            ["metrics"] => Place::Metrics,
            ["firedrill", "v1", "state"] => Place::State,
            ["firedrill", "v1", "faults"] => Place::Faults,
            ["firedrill", "v1", "faults", name] => Place::Fault(name),
            ["firedrill", "v1", "leases"] => Place::Leases,
            ["firedrill", "v1", "leases", id] => Place::Lease(id),
            _ => return None,
        })
    }

    fn takes(self, method: &Method) -> bool {
        let methods: &[Method] = match self {
            Self::Proxies | Self::Toxics(_) | Self::Faults => &[Method::GET, Method::POST],
            Self::Populate | Self::Reset => &[Method::POST],
            Self::Proxy(_) | Self::Toxic(..) => &[Method::GET, Method::POST, Method::PATCH, Method::DELETE],
            Self::Version | Self::State | Self::Leases => &[Method::GET],
            Self::Fault(_) => &[Method::DELETE],
            Self::Lease(_) => &[Method::POST, Method::DELETE],
            Self::Metrics => return true,
        };
        methods.contains(method)
    }
}

/// The body of `POST /firedrill/v1/leases/{id}`, which may be empty.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeaseBody {
    ttl_s: f64,
}

/// `GET /firedrill/v1/state`.
#[derive(Serialize)]
struct State {
    firedrill: &'static str,
    /// Seconds after the program's start.
    at_s: f64,
    proxies: Vec<DoorShape>,
    faults: Vec<super::shapes::NativeShape>,
    leases: Vec<super::shapes::LeaseShape>,
}

impl Api {
    /// An interface to a registry.
    pub(super) fn new(registry: Registry, guard: Guard) -> Self {
        Self { registry, guard, requests: AtomicU64::new(0) }
    }

    /// Answers a request that has passed the guard. Never waits for what passes through a proxy.
    pub(super) async fn answer(&self, head: &Parts, body: &[u8]) -> Answer {
        let path = decoded(head.uri.path());
        let segments: Vec<_> = path.split('/').skip(1).collect();
        let Some(place) = Place::of(&segments) else {
            return plain(StatusCode::NOT_FOUND, "404 page not found\n");
        };
        if !place.takes(&head.method) {
            return empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        let mut answer = if head.headers.get(USER_AGENT).is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
        {
            plain(StatusCode::FORBIDDEN, "User agent not allowed\n")
        } else {
            self.act(place, head, body).await.unwrap_or_else(|error| refusal(&error))
        };
        let id = format!("{:020x}", self.requests.fetch_add(1, Ordering::Relaxed));
        if let Ok(id) = HeaderValue::try_from(id) {
            answer.headers_mut().insert(REQUEST_ID, id);
        }
        answer
    }

    async fn act(&self, place: Place<'_>, head: &Parts, body: &[u8]) -> Result<Answer, ApiError> {
        let claim = claim(head)?;
        let claim = claim.as_ref();
        let registry = &self.registry;
        registry.renew(claim).await;
        let method = &head.method;
        Ok(match place {
            Place::Proxies if method == Method::GET => json(StatusCode::OK, &registry.proxies().await),
            Place::Proxies => json(StatusCode::CREATED, &registry.create(ProxyInput::create(body)?).await?),
            Place::Populate => self.populate(body).await,
            Place::Proxy(name) => self.proxy(method, name, body, claim).await?,
            Place::Toxics(proxy) if method == Method::GET => json(StatusCode::OK, &registry.toxics(proxy).await?),
            Place::Toxics(proxy) => json(StatusCode::OK, &registry.add_toxic(proxy, body, claim).await?),
            Place::Toxic(proxy, toxic) => self.toxic(method, (proxy, toxic), body).await?,
            Place::Reset => {
                registry.reset().await?;
                empty(StatusCode::NO_CONTENT)
            }
            Place::Version => version(),
            Place::Metrics => text(StatusCode::OK, "text/plain; version=0.0.4", metrics::render(registry).await),
            Place::State => json(StatusCode::OK, &self.state().await),
            Place::Faults if method == Method::GET => json(StatusCode::OK, &registry.natives().await),
            Place::Faults => json(StatusCode::CREATED, &registry.add_native(body, claim).await?),
            Place::Fault(name) => {
                registry.remove_native(name).await?;
                empty(StatusCode::NO_CONTENT)
            }
            Place::Leases => json(StatusCode::OK, &registry.leases().await),
            Place::Lease(id) if method == Method::POST => {
                json(StatusCode::OK, &registry.hold(&named(id, body)?).await?)
            }
            Place::Lease(id) => {
                registry.end_lease(id).await?;
                empty(StatusCode::NO_CONTENT)
            }
        })
    }

    async fn populate(&self, body: &[u8]) -> Answer {
        let populated = match ProxyInput::populate(body) {
            Ok(inputs) => self.registry.populate(inputs).await,
            Err(error) => Populated::new(Some(error), Vec::new()),
        };
        json(StatusCode::from_u16(populated.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &populated)
    }

    async fn proxy(&self, method: &Method, name: &str, body: &[u8], claim: Option<&Claim>) -> Result<Answer, ApiError> {
        Ok(match *method {
            Method::GET => json(StatusCode::OK, &self.registry.proxy(name).await?),
            Method::DELETE => {
                self.registry.delete(name).await?;
                empty(StatusCode::NO_CONTENT)
            }
            _ => json(StatusCode::OK, &self.registry.update(name, body, claim).await?),
        })
    }

    async fn toxic(&self, method: &Method, (proxy, toxic): (&str, &str), body: &[u8]) -> Result<Answer, ApiError> {
        Ok(match *method {
            Method::GET => json(StatusCode::OK, &self.registry.toxic(proxy, toxic).await?),
            Method::DELETE => {
                self.registry.remove_toxic(proxy, toxic).await?;
                empty(StatusCode::NO_CONTENT)
            }
            _ => json(StatusCode::OK, &self.registry.update_toxic(proxy, toxic, body).await?),
        })
    }

    async fn state(&self) -> State {
        let registry = &self.registry;
        let proxies = registry.lock().await.proxies.values().map(DoorShape::of).collect();
        let at_s = crate::units::six_digits(registry.world.clock.now().secs_f64());
        let (faults, leases) = (registry.natives().await, registry.leases().await);
        State { firedrill: env!("CARGO_PKG_VERSION"), at_s, proxies, faults, leases }
    }
}

/// The lease that a request names.
fn claim(head: &Parts) -> Result<Option<Claim>, ApiError> {
    let Some(value) = head.headers.get(LEASE) else { return Ok(None) };
    Claim::parse(value.to_str().unwrap_or_default()).map(Some)
}

/// The lease that a path names, with the time that the body gives it.
fn named(id: &str, body: &[u8]) -> Result<Claim, ApiError> {
    if body.is_empty() {
        return Claim::parse(id);
    }
    let body: LeaseBody = serde_json::from_slice(body).map_err(|error| ApiError::body(error.to_string()))?;
    Claim::parse(&format!("{id}; ttl={}", body.ttl_s))
}

/// A path with its percent signs read; those that are none stay.
fn decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let pair = (*byte == b'%').then(|| digit(at + 1).zip(digit(at + 2))).flatten();
        let read = pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        out.push(read.unwrap_or(*byte));
        at += if read.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn version() -> Answer {
    let body = format!("{{\"version\": \"{TOXIPROXY}\"}}\n");
    let mut answer = text(StatusCode::OK, "application/json;charset=utf-8", body);
    answer.headers_mut().insert(OWN_VERSION, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    answer
}

fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    match serde_json::to_string(value) {
        Ok(body) => text(status, JSON, body),
        Err(error) => refusal(&ApiError::system(error.to_string())),
    }
}

/// A refusal, with the headers of Go's `http.Error`.
pub(super) fn refusal(error: &ApiError) -> Answer {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::json!({ "error": error.text, "status": error.status });
    let mut answer = plain(status, &format!("{body}\n"));
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

fn plain(status: StatusCode, body: &str) -> Answer {
    let mut answer = text(status, PLAIN, body.to_owned());
    answer.headers_mut().insert(NO_SNIFF, HeaderValue::from_static("nosniff"));
    answer
}

fn text(status: StatusCode, kind: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}
