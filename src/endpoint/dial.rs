//! How a twin reaches whoever wants to be called back.

use std::fmt;
use std::future::Future;
use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use crate::world::{Conn, Net};

/// Connects to a `host:port`. Cheap to clone.
///
/// By default it connects to listeners on this machine, and to nobody else; whoever puts something between gives his own.
#[derive(Clone, Default)]
pub struct Dial(Option<Arc<Connect>>);

type Connect = dyn Fn(String) -> Connecting + Send + Sync;
type Connecting = Pin<Box<dyn Future<Output = Result<Conn, Error>> + Send>>;

impl Dial {
    /// Connects by this function, which is given the `host:port`.
    pub fn by<F, C>(connect: F) -> Self
    where
        F: Fn(String) -> C + Send + Sync + 'static,
        C: Future<Output = Result<Conn, Error>> + Send + 'static,
    {
        Self(Some(Arc::new(move |place| Box::pin(connect(place)))))
    }

    pub(super) async fn connect(&self, net: &Net, place: &str) -> Result<Conn, Error> {
        if let Some(connect) = &self.0 {
            return connect(place.to_owned()).await;
        }
        // A name is not even looked up: that would be traffic as well.
        let found = here(place);
        let refused = || {
            let why = format!("a twin calls nobody outside of this machine, and not {place}");
            Error::new(ErrorKind::PermissionDenied, why)
        };
        net.connect(None, found.ok_or_else(refused)?).await
    }
}

/// The address of a `host:port` on this machine; `None` if it is elsewhere, or no address.
fn here(place: &str) -> Option<SocketAddr> {
    let (host, port) = place.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = if host == "localhost" { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { host.parse().ok()? };
    host.is_loopback().then(|| SocketAddr::new(host, port))
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dial").field(&self.0.is_some()).finish()
    }
}
