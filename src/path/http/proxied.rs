//! Requests to a proxy: where they want to go, and how they go on from it. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::edit::without;
use super::head::{Bad, Framing, Request, space};
use crate::plan::Site;

/// What a proxy is asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxied {
    /// Where it shall go.
    pub site: Site,
    /// Whether a tunnel is asked for; otherwise it is an exchange, in the clear.
    pub tunnel: bool,
    /// Who the client says it is.
    pub login: Option<Login>,
}

/// A name and a password, as a client shows them to a proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// The port of a URL that names none.
const HTTP: u16 = 80;

/// What is between a client and its proxy, and for nobody else (RFC 9110 §11.7; the first was never a standard).
const FOR_PROXY: &[&[u8]] = &[b"proxy-connection", b"proxy-authorization"];

impl Proxied {
    /// Reads a whole head, as [`super::Finder`] found it.
    ///
    /// # Errors
    /// Whatever is [`Bad`].
    pub fn read(head: &[u8]) -> Result<Self, Bad> {
        let mut space = space();
        let request = Request::read_any(head, &mut space)?;
        let login = login(&request);
        if request.method == "CONNECT" {
            if !matches!(request.framing, Framing::None | Framing::Length(0)) {
                return Err(Bad::Framing("a tunnel is asked for without a body"));
            }
            let site = Site::read(request.target, None).ok_or(Bad::NotForProxy)?;
            return Ok(Self { site, tunnel: true, login });
        }
        let (authority, _) = absolute(request.target).ok_or(Bad::NotForProxy)?;
        let site = Site::read(authority, Some(HTTP)).ok_or(Bad::NotForProxy)?;
        Ok(Self { site, tunnel: false, login })
    }
}

/// Authority, and path with query, of a target in absolute form; `None` if it is none that a proxy passes on in the clear.
fn absolute(target: &str) -> Option<(&str, &str)> {
    let scheme = target.get(..7)?;
    let rest = scheme.eq_ignore_ascii_case("http://").then(|| &target[7..])?;
    Some(rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())))
}

fn login(request: &Request<'_, '_>) -> Option<Login> {
    let value = request.values("proxy-authorization").next()?;
    let (scheme, shown) = std::str::from_utf8(value).ok()?.split_once(' ')?;
    let shown = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(shown.trim()).ok())??;
    let shown = String::from_utf8(shown).ok()?;
    let (user, password) = shown.split_once(':')?;
    Some(Login { user: user.to_owned(), password: password.to_owned() })
}

/// The head of an exchange as its host gets it: the target in origin form, the host of the target in the place of any other (RFC 9112
/// §3.2.2), and nothing of what was for the proxy. The rest stays as it came, and no `Via` tells that anybody was on the way.
///
/// # Errors
/// [`Bad::NotForProxy`].
pub(super) fn forwarded(head: &[u8]) -> Result<Vec<u8>, Bad> {
    let mut space = space();
    let request = Request::read_any(head, &mut space)?;
    let (authority, path) = absolute(request.target).ok_or(Bad::NotForProxy)?;
    let path = path.split('#').next().unwrap_or_default();
    let path = match path.chars().next() {
        // All of a server is asked about without a path (RFC 9112 §3.2.4).
        None if request.method == "OPTIONS" => "*".to_owned(),
        None => "/".to_owned(),
        Some('?') => format!("/{path}"),
        Some(_) => path.to_owned(),
    };
    let version = if request.old { "1.0" } else { "1.1" };
    let mut new = format!("{} {path} HTTP/{version}\r\nHost: {authority}\r\n", request.method).into_bytes();
    let fields = without(head, &[FOR_PROXY, &[b"host"]]);
    let first = memchr::memchr(b'\n', &fields).map_or(fields.len(), |at| at + 1);
    new.extend_from_slice(&fields[first..]);
    new.extend_from_slice(b"\r\n");
    Ok(new)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(head: &str) -> Result<(String, bool), u16> {
        let proxied = Proxied::read(head.as_bytes());
        proxied.map(|asked| (asked.site.to_string(), asked.tunnel)).map_err(Bad::status)
    }

    #[test]
    fn a_tunnel_and_a_url_name_their_host() {
        let ok = |site: &str, tunnel| Ok((site.to_owned(), tunnel));
        assert_eq!(read("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"), ok("a.example:443", true));
        assert_eq!(read("CONNECT [::1]:1 HTTP/1.0\r\n\r\n"), ok("[::1]:1", true));
        assert_eq!(read("CONNECT a:1 HTTP/1.1\r\n\r\n"), ok("a:1", true), "the host stands in the target");
        assert_eq!(read("GET HTTP://A.example/x?y HTTP/1.1\r\nHost: b\r\n\r\n"), ok("a.example:80", false));
        assert_eq!(read("GET http://127.0.0.1:9?y HTTP/1.1\r\nHost: b\r\n\r\n"), ok("127.0.0.1:9", false));
        for wrong in [
            "CONNECT a.example HTTP/1.1\r\nHost: a\r\n\r\n",
            "CONNECT http://a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
            "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
            "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://me@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://a:80:80/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http:// HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        ] {
            assert_eq!(read(wrong), Err(400), "{wrong}");
        }
    }

    #[test]
    fn what_was_for_the_proxy_stays_with_it() {
        let head = "GET http://a.example:8/x?y=http://b/ HTTP/1.1\r\nhost: other\r\nX: 1\r\nProxy-Connection: keep-alive\r\n\
                    proxy-authorization: Basic YW5uYTpwOnc=\r\nCookie: c\r\n\r\n";
        let asked = Proxied::read(head.as_bytes()).unwrap_or_else(|bad| panic!("{bad}"));
        let login = asked.login.expect("a name");
        assert_eq!((login.user.as_str(), login.password.as_str()), ("anna", "p:w"));
        let new = forwarded(head.as_bytes()).expect("a request");
        let due = "GET /x?y=http://b/ HTTP/1.1\r\nHost: a.example:8\r\nX: 1\r\nCookie: c\r\n\r\n";
        assert_eq!(String::from_utf8(new).as_deref(), Ok(due));
        for (target, origin) in [("http://a", "/"), ("http://a?b", "/?b"), ("http://a/#c", "/"), ("http://a/b#c", "/b")]
        {
            let new = forwarded(format!("GET {target} HTTP/1.0\r\n\r\n").as_bytes()).expect("a request");
            assert_eq!(String::from_utf8(new), Ok(format!("GET {origin} HTTP/1.0\r\nHost: a\r\n\r\n")));
        }
        let all = forwarded(b"OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
        assert!(all.starts_with(b"OPTIONS * HTTP/1.1\r\n"));
    }

    proptest! {
        /// Whatever stands in the target or in a field: no panic, and what goes on is a request to the same host that names it once.
        #[test]
        fn what_goes_on_is_a_request(target in "(http://|HTTP://)?[a-z0-9.:/?#@%\\[\\]-]{0,30}", value in "[ -~]{0,30}") {
            let head = format!("POST {target} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: {value}\r\nX: {value}\r\n\r\n");
            if let (Ok(asked), Ok(new)) = (Proxied::read(head.as_bytes()), forwarded(head.as_bytes())) {
                let mut space = space();
                let request = Request::read(&new, &mut space).expect("a request");
                let host = request.values("host").next().and_then(|host| std::str::from_utf8(host).ok());
                prop_assert_eq!(host.and_then(|host| Site::read(host, Some(80))), Some(asked.site));
                prop_assert!(request.target.starts_with('/') && request.values("proxy-authorization").next().is_none());
            }
        }

        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Proxied::read(&bytes).is_ok(), forwarded(&bytes).is_ok());
        }
    }
}
