//! Addresses to listen at, as Go reads them: an empty host is every address of the machine, an empty text is any port there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::error::ApiError;
use crate::limits::RESOLVE;
use crate::world::World;

/// The address that a text stands for. A name is asked for, for a short while only: nobody who changes a proxy waits for a resolver.
///
/// # Errors
/// In Go's words, if it is none.
pub(super) async fn resolve(world: &World, listen: &str) -> Result<SocketAddr, ApiError> {
    if listen.is_empty() {
        return Ok(everywhere(0));
    }
    let (host, port) = split(listen)?;
    let port = port_of(port)?;
    if host.is_empty() {
        return Ok(everywhere(port));
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(address, port));
    }
    let failed = |why: &str| ApiError::system(format!("listen tcp: lookup {host}: {why}"));
    let patience = world.clock.now() + RESOLVE;
    let place = format!("{host}:{port}");
    let found = world.clock.timeout(patience, world.net.resolve(&place)).await.map_err(|_| failed("i/o timeout"))?;
    let found = found.map_err(|_| failed("no such host"))?;
    // Go takes the first IPv4 address if there is one.
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| failed("no such host"))
}

/// Every address of the machine, of either family.
fn everywhere(port: u16) -> SocketAddr {
    SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port)
}

/// The same address for a machine that has no IPv6; `None` if there is none.
pub(super) fn without_ipv6(address: SocketAddr) -> Option<SocketAddr> {
    (address.ip() == Ipv6Addr::UNSPECIFIED).then(|| SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port()))
}

fn split(text: &str) -> Result<(&str, &str), ApiError> {
    let wrong = |why: &str| ApiError::system(format!("listen tcp: address {text}: {why}"));
    let (host, port) = text.rsplit_once(':').ok_or_else(|| wrong("missing port in address"))?;
    match host.strip_prefix('[') {
        Some(inner) => {
            let inner = inner.strip_suffix(']').ok_or_else(|| wrong("missing ']' in address"))?;
            Ok((inner, port))
        }
        None if host.contains(':') => Err(wrong("too many colons in address")),
        None => Ok((host, port)),
    }
}

fn port_of(text: &str) -> Result<u16, ApiError> {
    match text.parse::<i64>() {
        _ if text.is_empty() => Ok(0),
        Ok(port) => {
            u16::try_from(port).map_err(|_| ApiError::system(format!("listen tcp: address {text}: invalid port")))
        }
        Err(_) => Err(ApiError::system(format!("listen tcp: lookup tcp/{text}: unknown port"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Seed;
    use crate::world;

    #[test]
    fn addresses_are_read_as_go_reads_them() {
        let read = |text: &'static str| {
            let read = world::enter_virtual(Seed(1), async move |world| resolve(&world, text).await);
            read.expect("a world").map(|address| address.to_string()).map_err(|error| (error.status, error.text))
        };
        for (text, address) in [
            ("", "[::]:0"),
            (":80", "[::]:80"),
            ("localhost:80", "127.0.0.1:80"),
            ("127.0.0.1:", "127.0.0.1:0"),
            ("[::1]:5", "[::1]:5"),
        ] {
            assert_eq!(read(text), Ok(address.to_owned()), "{text}");
        }
        for (text, error) in [
            ("nowhere", "listen tcp: address nowhere: missing port in address"),
            ("a:b:1", "listen tcp: address a:b:1: too many colons in address"),
            ("[::1:5", "listen tcp: address [::1:5: missing ']' in address"),
            ("nowhere.invalid:1", "listen tcp: lookup nowhere.invalid: no such host"),
            ("127.0.0.1:99999", "listen tcp: address 99999: invalid port"),
            ("127.0.0.1:http", "listen tcp: lookup tcp/http: unknown port"),
        ] {
            assert_eq!(read(text), Err((500, error.to_owned())), "{text}");
        }
    }
}
