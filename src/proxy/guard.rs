//! Who may speak to the control interface. It opens ports and breaks connections, so a web page must not reach it: neither directly, nor by
//! a name that it lets point to this machine.

use std::net::IpAddr;

use hyper::header::{AUTHORIZATION, HOST, ORIGIN};
use hyper::http::request::Parts;

use super::error::ApiError;
use crate::path::ways::same;

/// The rules.
#[derive(Clone)]
pub(super) struct Guard {
    /// The host that the interface was told to listen at.
    host: String,
    /// Whether only this machine reaches it.
    loopback: bool,
    token: Option<String>,
}

/// Why an interface is not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the control interface would listen at {0}, which other machines reach: name a file with a token (--token-file), or listen at 127.0.0.1"
)]
pub struct Unguarded(pub String);

impl Guard {
    /// Rules for an interface at `host`, which is `address`.
    ///
    /// # Errors
    /// If other machines could reach it and nobody would have to show a token.
    pub(super) fn new(host: &str, address: IpAddr, token: Option<String>) -> Result<Self, Unguarded> {
        let loopback = address.to_canonical().is_loopback();
        if !loopback && token.is_none() {
            return Err(Unguarded(address.to_string()));
        }
        Ok(Self { host: host.to_owned(), loopback, token })
    }

    /// Looks at a request.
    ///
    /// # Errors
    /// If it may not speak here.
    pub(super) fn check(&self, head: &Parts) -> Result<(), ApiError> {
        let forbidden = |text: String| ApiError { text, status: 403 };
        // A header that is no text is like none that we know.
        let text = |name| head.headers.get(&name).map(|value| value.to_str().unwrap_or("?"));
        let hosts: Vec<_> = head.headers.get_all(HOST).iter().map(|value| value.to_str().unwrap_or("?")).collect();
        let named = head.uri.authority().map(hyper::http::uri::Authority::as_str);
        for host in hosts.iter().copied().chain(named) {
            if self.loopback && !self.knows(host) {
                return Err(forbidden(format!("host `{host}` not allowed: use 127.0.0.1 or localhost")));
            }
        }
        if let Some(origin) = text(ORIGIN) {
            // The only origin there could be is the interface itself.
            let own = origin.strip_prefix("http://").is_some_and(|origin| hosts.len() == 1 && hosts[0] == origin);
            if !own {
                return Err(forbidden(format!("origin `{origin}` not allowed")));
            }
        }
        let Some(token) = &self.token else { return Ok(()) };
        let shown = text(AUTHORIZATION).and_then(|value| value.split_once(' '));
        let shown = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        match shown {
            Some(shown) if same(shown.as_bytes(), token.as_bytes()) => Ok(()),
            _ => {
                Err(ApiError { text: "token missing or wrong: send `Authorization: Bearer TOKEN`".into(), status: 401 })
            }
        }
    }

    fn knows(&self, host: &str) -> bool {
        let name = without_port(host);
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        address.is_ok_and(|address| address.to_canonical().is_loopback())
            || name.trim_end_matches('.').eq_ignore_ascii_case("localhost")
            || name.eq_ignore_ascii_case(&self.host)
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn status(guard: &Guard, headers: &[(&str, &str)]) -> u16 {
        let request =
            headers.iter().fold(Request::get("/proxies"), |request, (name, value)| request.header(*name, *value));
        let (head, ()) = request.body(()).expect("a request").into_parts();
        guard.check(&head).map_or_else(|error| error.status, |()| 200)
    }

    #[test]
    fn names_that_are_not_ours_are_refused() {
        let guard = Guard::new("127.0.0.1", IpAddr::from([127, 0, 0, 1]), None).expect("a guard");
        for good in ["localhost", "LOCALHOST:8474", "127.0.0.1:1", "127.9.9.9", "[::1]:80", "[::1]", "localhost."] {
            assert_eq!(status(&guard, &[("host", good)]), 200, "{good}");
        }
        for bad in
            ["evil.example", "evil.example:8474", "localhost.evil.example", "10.0.0.1", "", "127.0.0.1.evil.example"]
        {
            assert_eq!(status(&guard, &[("host", bad)]), 403, "{bad}");
        }
        assert_eq!(status(&guard, &[]), 200, "no browser leaves it out");
        assert_eq!(status(&guard, &[("host", "localhost:1"), ("host", "evil.example")]), 403);
    }

    #[test]
    fn foreign_origins_are_refused() {
        let guard = Guard::new("127.0.0.1", IpAddr::from([127, 0, 0, 1]), None).expect("a guard");
        let with = |origin| status(&guard, &[("host", "localhost:1"), ("origin", origin)]);
        assert_eq!(with("http://localhost:1"), 200);
        for bad in ["http://evil.example", "null", "http://localhost:2", "https://localhost:1", ""] {
            assert_eq!(with(bad), 403, "{bad}");
        }
    }

    #[test]
    fn a_token_is_asked_for_where_others_reach_it() {
        let everywhere = IpAddr::from([0, 0, 0, 0]);
        assert!(Guard::new("0.0.0.0", everywhere, None).is_err());
        let guard = Guard::new("0.0.0.0", everywhere, Some("secret".into())).expect("a guard");
        let with = |token| status(&guard, &[("host", "any.example"), ("authorization", token)]);
        assert_eq!((with("Bearer secret"), with("bearer  secret")), (200, 200));
        for bad in ["Bearer secre", "Bearer secrets", "Basic secret", "secret", "Bearer"] {
            assert_eq!(with(bad), 401, "{bad}");
        }
        assert_eq!(status(&guard, &[]), 401);
    }
}
