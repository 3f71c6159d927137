//! Endpoints: twins, which are emulations of the platforms made from `vendor`, and the addresses of real services.
//!
//! A twin is never made faulty: faults live on the path. It takes no time to answer; only what it is asked for makes it refuse.

mod calling;
mod core;
mod dial;
mod dingtalk;
mod inbox;
mod ledger;
mod mailbox;
mod platform;
mod reply;
mod teams;
mod twin;
mod users;
mod window;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

pub use dial::Dial;
pub use dingtalk::Settings as DingtalkSettings;
pub use ledger::{Accepted, Ledger};
pub use teams::{Notifying, Parameters as TeamsParameters};
pub use twin::{Spec, Twin};

use crate::control::Scene;
use crate::plan::Endpoint;
use crate::units::EndpointId;

/// The address of a real service on this machine: `host:port`, where a host is an address or `localhost`.
///
/// # Errors
/// `InvalidInput` if the text is neither; a plan holds no such text.
pub fn address_of(url: &str) -> io::Result<SocketAddr> {
    let invalid = || io::Error::new(io::ErrorKind::InvalidInput, format!("`{url}` is not an address and a port"));
    let (host, port) = url.rsplit_once(':').ok_or_else(invalid)?;
    let port = port.parse().map_err(|_| invalid())?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host =
        if host == "localhost" { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { host.parse().map_err(|_| invalid())? };
    Ok(SocketAddr::new(host, port))
}

/// Starts the twin of every endpoint that has no address of its own, and tells where each endpoint listens.
///
/// # Errors
/// Whatever the system says when a listener is refused.
pub async fn start(scene: &Scene) -> io::Result<(Vec<SocketAddr>, Vec<Twin>)> {
    let (mut addresses, mut twins) = (Vec::new(), Vec::new());
    for (id, endpoint) in scene.plan.endpoint_ids() {
        addresses.push(match &endpoint.url {
            Some(url) => address_of(url)?,
            None => start_twin(scene, id, endpoint, &mut twins).await?,
        });
    }
    Ok((addresses, twins))
}

async fn start_twin(
    scene: &Scene,
    id: EndpointId,
    endpoint: &Endpoint,
    twins: &mut Vec<Twin>,
) -> io::Result<SocketAddr> {
    let twin = Twin::start(scene, id, endpoint).await?;
    let address = twin.address();
    twins.push(twin);
    Ok(address)
}
