//! The endpoint that is asked, and whether it may be.

use std::net::{IpAddr, SocketAddr};

use crate::limits::PROBE_RATE;
use crate::plan::{Tls, Url};
use crate::units::Rate;

/// Where the endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    url: Url,
    /// Whether it was named with `--allow`: else it must be this machine, whatever its name resolves to.
    is_allowed: bool,
}

impl Place {
    /// Reads a url, and looks whether it may be asked.
    ///
    /// # Errors
    /// What is wrong with it, and what to write.
    pub(super) fn read(url: &str, allow: &[String]) -> Result<Self, String> {
        let bad = || {
            format!(
                "`{url}` is no url that can be asked: write http://host:port or https://host:port, such as http://127.0.0.1:9000"
            )
        };
        let (tls, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
            (Some(rest), _) => (None, rest),
            (None, Some(rest)) => (Some(Tls::default()), rest),
            (None, None) => return Err(bad()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let ported = rest.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (written, port) = ported.unwrap_or((rest, if tls.is_some() { 443 } else { 80 }));
        let host = written.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(written);
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_host = host.parse::<IpAddr>().is_ok() || (!written.is_empty() && written.chars().all(name));
        if !is_host || port == 0 {
            return Err(bad());
        }
        let url = Url { host: host.to_owned(), port, tls };
        let is_allowed = allow.iter().any(|allowed| allowed == host || *allowed == url.authority() || allowed == rest);
        if !url.is_here() && !is_allowed {
            return Err(format!(
                "`{host}` is not on this machine: a hundred requests to a service of somebody else need `--allow {host}`"
            ));
        }
        Ok(Self { url, is_allowed })
    }

    /// A service of somebody else is not asked more often than [`PROBE_RATE`] a second.
    ///
    /// # Errors
    /// If this is more.
    pub(super) fn admits(&self, rate: Rate) -> Result<(), String> {
        if self.url.is_here() || rate.per_second() <= PROBE_RATE {
            return Ok(());
        }
        Err(format!("`--rate {rate}` is more than a service of somebody else is asked: at most {PROBE_RATE}/s"))
    }

    /// Its host, without brackets.
    pub(super) fn host(&self) -> &str {
        &self.url.host
    }

    /// Host and port, as they are dialled and named.
    pub(super) fn authority(&self) -> String {
        self.url.authority()
    }

    /// As requests name it.
    pub(super) fn host_header(&self) -> String {
        self.url.host_header()
    }

    /// Its address, if that needs no looking up.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.url.address()
    }

    /// Whether it may be on another machine.
    pub(super) fn is_allowed(&self) -> bool {
        self.is_allowed
    }

    /// Whether TLS is spoken there.
    pub(super) fn is_secured(&self) -> bool {
        self.url.tls.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str, allow: &[&str]) -> Result<Place, String> {
        Place::read(url, &allow.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn only_this_machine_is_asked_unless_another_is_allowed() {
        for url in [
            "http://127.0.0.1:9000",
            "http://localhost:80/",
            "https://[::1]:9000",
            "http://127.9.9.9",
            "https://localhost",
        ] {
            assert!(read(url, &[]).is_ok_and(|place| !place.is_allowed()), "{url}");
        }
        for url in ["http://api.example:80", "https://10.0.0.1", "http://localhost.example:80", "http://0.0.0.0:80"] {
            assert!(read(url, &[]).is_err_and(|told| told.contains("--allow")), "{url}");
        }
        assert!(read("http://api.example", &["api.example"]).is_ok_and(|place| place.is_allowed()));
        assert!(read("http://api.example:81", &["api.example:80"]).is_err());
        assert!(read("https://api.example", &["api.example:443"]).is_ok());
        for url in
            ["api.example", "ftp://127.0.0.1", "http://", "http://127.0.0.1:0", "http://127.0.0.1:1/path", "http://a b"]
        {
            assert!(read(url, &[]).is_err_and(|told| told.contains("http://host:port")), "{url}");
        }
    }

    #[test]
    fn a_port_that_everybody_knows_need_not_be_written() {
        for (url, authority, header) in [
            ("http://127.9.9.9", "127.9.9.9:80", "127.9.9.9"),
            ("https://127.9.9.9", "127.9.9.9:443", "127.9.9.9"),
            ("https://[::1]:80", "[::1]:80", "[::1]:80"),
        ] {
            let place = read(url, &[]).expect(url);
            assert_eq!((place.authority().as_str(), place.host_header().as_str()), (authority, header), "{url}");
            assert_eq!(place.is_secured(), url.starts_with("https"), "{url}");
        }
    }

    #[test]
    fn a_service_of_somebody_else_is_asked_slowly() {
        let rate = |text: &str| text.parse::<Rate>().expect(text);
        let (here, there) = (read("http://127.0.0.1:1", &[]), read("https://api.example", &["api.example"]));
        assert_eq!(here.expect("here").admits(rate("1000/s")), Ok(()));
        let there = there.expect("there");
        assert_eq!(there.admits(rate("10/s")), Ok(()));
        assert!(there.admits(rate("11/s")).is_err_and(|told| told.contains("at most 10/s")));
    }
}
