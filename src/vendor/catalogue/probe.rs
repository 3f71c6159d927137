//! The request by which a platform is asked whether a function is there.

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Uri};

use super::existence::is_present;
use super::{Operation, call};
use crate::plan::EndpointKind;
use crate::vendor::{Body, with_header};

/// What stands for an id: nobody has it, so that nothing is changed even if a request were heard.
const NOBODY: &str = "firedrill-probe";

/// Whether and how a function is asked for.
#[derive(Debug)]
pub enum Probe {
    /// With this request: no content, and ids that nobody has. Whoever sends it sets the host.
    Ask(Box<Request<Body>>),
    /// Not at all, and why.
    Skip(&'static str),
}

/// How to ask a platform at `host` whether a function is there, with a token or without one.
pub fn probe(kind: &EndpointKind, operation: &Operation, host: &str, token: Option<&str>) -> Probe {
    let Some(call) = call(kind, operation) else { return Probe::Skip("no call of this platform does it") };
    if !operation.probed || call.method == "DELETE" {
        return Probe::Skip("it ends, removes, locks or decides something");
    }
    if is_elsewhere(kind, call.path, host) {
        return Probe::Skip("another host of the platform answers it");
    }
    let filled: Vec<_> = call.path.split('/').map(|part| if part.starts_with('{') { NOBODY } else { part }).collect();
    let mut target = filled.join("/");
    let in_query = matches!(kind, EndpointKind::Dingtalk(_)) && !is_present(call.path);
    if let Some(token) = token.filter(|_| in_query) {
        target = format!("{target}?access_token={token}");
    }
    let (Ok(method), Ok(uri)) = (call.method.parse::<Method>(), target.parse::<Uri>()) else {
        return Probe::Skip("the token is no part of an address");
    };
    let body = if method == Method::GET { Body::default() } else { Body::from("{}") };
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    Probe::Ask(Box::new(match (kind, token) {
        (_, None)
        | (
            EndpointKind::Matrix
            | EndpointKind::Erp(_)
            | EndpointKind::Documents(_)
            | EndpointKind::Http(_)
            | EndpointKind::Smtp(_)
            | EndpointKind::Wire(_)
            | EndpointKind::Dlp
            | EndpointKind::Sso(_)
            | EndpointKind::Gateway(_),
            Some(_),
        ) => request,
        (EndpointKind::Dingtalk(_), Some(_)) if in_query => request,
        (EndpointKind::Dingtalk(_), Some(token)) => with_header(request, "x-acs-dingtalk-access-token", token),
        (EndpointKind::Teams, Some(token)) => with_header(request, "authorization", &format!("Bearer {token}")),
    }))
}

/// Whether the host is one of the vendor's that does not answer this path. A twin, or whatever has another name, answers all.
fn is_elsewhere(kind: &EndpointKind, path: &str, host: &str) -> bool {
    match (kind, host.split('.').next()) {
        (EndpointKind::Dingtalk(_), Some("api")) => !is_present(path),
        (EndpointKind::Dingtalk(_), Some("oapi")) => is_present(path),
        (EndpointKind::Teams, Some("graph")) => !path.starts_with("/v1.0/") && !path.starts_with("/beta/"),
        _ => false,
    }
}
