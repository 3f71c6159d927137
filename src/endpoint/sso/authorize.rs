//! Where people sign in. Nobody sees a page: whoever is named signs in at once.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::http::request::Parts;
use hyper::{Response, Uri};

use super::super::core::Core;
use super::grants::{Code, Holder};
use super::{Service, lock};
use crate::vendor::Body;
use crate::vendor::sso::{Parameters, Problem, is_verifier, problem_answer, redirect_answer};

impl Service {
    /// Sends somebody back to the application, with a code for a token or a no.
    pub(super) fn authorize(&self, core: &Core, head: &Parts, issuer: &str, body: &[u8]) -> Response<Body> {
        let asked = if head.method == hyper::Method::POST {
            Parameters::of_form(head, body)
        } else {
            Parameters::of_query(head)
        };
        let known = asked.and_then(|asked| {
            let (client, back) = place_of(core, &asked)?;
            Ok((asked, client, back))
        });
        let (asked, client, back) = match known {
            Ok(known) => known,
            // RFC 6749 §4.1.2.1: whoever does not say where to is told here, and sent nowhere.
            Err(problem) => return problem_answer(&problem),
        };
        let state = asked.get("state").unwrap_or_default();
        let mut told = Vec::new();
        let given = self.code(core, &asked, client, &back);
        told.push(match &given {
            Ok(given) => ("code", given.as_str()),
            Err(error) => ("error", *error),
        });
        told.extend((!state.is_empty()).then_some(("state", state)));
        // RFC 9207.
        told.push(("iss", issuer));
        redirect_answer(&back, &told)
    }

    fn code(&self, core: &Core, asked: &Parameters, holder: Holder, back: &str) -> Result<String, &'static str> {
        if asked.get("request").is_some() {
            return Err("request_not_supported");
        }
        if asked.get("request_uri").is_some() {
            return Err("request_uri_not_supported");
        }
        match asked.get("response_type") {
            Some("code") => {}
            Some(_) => return Err("unsupported_response_type"),
            None => return Err("invalid_request"),
        }
        let challenge = asked.get("code_challenge");
        let method = asked.get("code_challenge_method");
        // RFC 7636 §4.3: what is not said is `plain`, which keeps nobody out.
        if challenge.is_some_and(|challenge| !is_verifier(challenge)) || challenge.is_some() != (method == Some("S256"))
        {
            return Err("invalid_request");
        }
        let scope = asked.scope().map_err(|_| "invalid_scope")?;
        let user = match asked.get("login_hint") {
            Some(name) => self.person(core, name).ok_or("login_required")?,
            None => holder.user,
        };
        self.admits(&user).map_err(|_| "access_denied")?;
        let stands_for = Code {
            holder: Holder { user, scope: scope.into(), client: holder.client },
            redirect: back.to_owned(),
            challenge: challenge.map(str::to_owned),
            nonce: asked.get("nonce").map(str::to_owned),
        };
        Ok(lock(&self.grants).tell(core.number(), stands_for, core.now()))
    }

    /// Whoever is called this; where anybody may come, whoever is named.
    fn person(&self, core: &Core, name: &str) -> Option<Arc<str>> {
        let known = lock(&self.directory).id(core, name);
        known.or_else(|| core.users.is_open().then(|| name.into()))
    }
}

/// The application, the user whom it acts for, and where it wants somebody to be sent back to.
fn place_of(core: &Core, asked: &Parameters) -> Result<(Holder, String), Problem> {
    let id = asked.need("client_id")?;
    let app = core.users.app(id).ok_or_else(|| Problem::request("the client is unknown"))?;
    let back = asked.need("redirect_uri")?;
    if !is_here(back) {
        return Err(Problem::request("the redirect_uri is not one on this machine, and a twin sends nobody elsewhere"));
    }
    Ok((Holder { client: id.into(), user: app.user, scope: "".into() }, back.to_owned()))
}

/// Whether an address to be sent back to is one on this machine.
fn is_here(back: &str) -> bool {
    let Ok(uri) = back.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_local =
        host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    matches!(uri.scheme_str(), Some("http" | "https")) && is_local && !back.contains('#')
        // Nothing that makes a browser and this read two hosts.
        && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
}
