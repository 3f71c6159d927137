//! Endpoints: twins, which are emulations of the platforms made from `vendor`, and the addresses of real services.
//!
//! A twin is never made faulty: faults live on the path. It takes no time to answer; only what it is asked for makes it refuse.

mod calling;
mod core;
mod dial;
mod dingtalk;
mod dlp;
mod documents;
mod erp;
mod gateway;
mod http;
mod inbox;
mod ledger;
mod mailbox;
mod matrix;
mod platform;
mod relying;
mod reply;
mod smtp;
mod sso;
mod teams;
mod twin;
mod users;
mod wall;
mod window;
mod wire;

use std::io;
use std::net::SocketAddr;

pub use dial::Dial;
pub use dingtalk::Settings as DingtalkSettings;
pub use ledger::{Accepted, Ledger};
pub use matrix::{Parameters as MatrixParameters, Rate as MatrixRate};
pub use sso::Settings as SsoSettings;
pub use teams::{Notifying, Parameters as TeamsParameters};
pub use twin::{Spec, Twin};

use crate::control::Scene;
use crate::plan::{Endpoint, Plan};
use crate::units::{EndpointId, RegionId};

/// Starts the twin of every endpoint that has no address of its own, and tells where each twin listens.
///
/// # Errors
/// Whatever the system says when a listener is refused.
pub async fn start(scene: &Scene) -> io::Result<(Vec<Option<SocketAddr>>, Vec<Twin>)> {
    let (mut addresses, mut twins) = (Vec::new(), Vec::new());
    for (id, endpoint) in scene.plan.endpoint_ids() {
        addresses.push(match &endpoint.url {
            Some(_) => None,
            None => Some(start_twin(scene, id, endpoint, &mut twins).await?),
        });
    }
    Ok((addresses, twins))
}

/// Tells the gateways among the twins where they reach others from their own region.
pub fn lead(plan: &Plan, twins: &[Twin], entrance: impl Fn(RegionId, EndpointId) -> Option<SocketAddr>) {
    let played = plan.endpoints.iter().filter(|endpoint| endpoint.url.is_none());
    for (endpoint, twin) in played.zip(twins) {
        twin.leads(|to| entrance(endpoint.region, to));
    }
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
