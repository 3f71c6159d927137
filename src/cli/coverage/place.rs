//! The endpoint that is asked, and whether it may be.

use std::net::IpAddr;

/// Where the endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its host, without brackets.
    pub(super) host: String,
    /// Host and port, as they are dialled and named.
    pub(super) authority: String,
    /// Whether it was named with `--allow`: else it must be this machine, whatever its name resolves to.
    pub(super) allowed: bool,
}

impl Place {
    /// Reads a url, and looks whether it may be asked.
    ///
    /// # Errors
    /// What is wrong with it, and what to write.
    pub(super) fn read(url: &str, allow: &[String]) -> Result<Self, String> {
        if url.starts_with("https://") {
            return Err(format!("`{url}`: https is not built yet; an endpoint on this machine can be asked over http"));
        }
        let bad =
            || format!("`{url}` is no url that can be asked: write http://host:port, such as http://127.0.0.1:9000");
        let rest = url.strip_prefix("http://").ok_or_else(bad)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let ported = rest.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0));
        let (written, authority) = match ported {
            Some((host, _)) => (host, rest.to_owned()),
            None => (rest, format!("{rest}:80")),
        };
        let host = written.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(written);
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let known = host.parse::<IpAddr>().is_ok() || (!written.is_empty() && written.chars().all(name));
        if !known {
            return Err(bad());
        }
        let allowed = allow.iter().any(|allowed| allowed == host || *allowed == authority || allowed == rest);
        let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if !here && !allowed {
            return Err(format!(
                "`{host}` is not on this machine: a hundred requests to a service of somebody else need `--allow {host}`"
            ));
        }
        Ok(Self { host: host.to_owned(), authority, allowed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_unless_another_is_allowed() {
        let read = |url: &str, allow: &[&str]| {
            Place::read(url, &allow.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>())
        };
        for url in ["http://127.0.0.1:9000", "http://localhost:80/", "http://[::1]:9000", "http://127.9.9.9"] {
            assert!(read(url, &[]).is_ok_and(|place| !place.allowed), "{url}");
        }
        assert_eq!(read("http://127.9.9.9", &[]).map(|place| place.authority), Ok("127.9.9.9:80".to_owned()));
        for url in ["http://api.example:80", "http://10.0.0.1:80", "http://localhost.example:80", "http://0.0.0.0:80"] {
            assert!(read(url, &[]).is_err_and(|told| told.contains("--allow")), "{url}");
        }
        assert!(read("http://api.example", &["api.example"]).is_ok_and(|place| place.allowed));
        assert!(read("http://api.example:81", &["api.example:80"]).is_err());
        for url in
            ["api.example", "ftp://127.0.0.1", "http://", "http://127.0.0.1:0", "http://127.0.0.1:1/path", "http://a b"]
        {
            assert!(read(url, &[]).is_err_and(|told| told.contains("http://host:port")), "{url}");
        }
        assert!(read("https://127.0.0.1:1", &[]).is_err_and(|told| told.contains("not built yet")));
    }
}
