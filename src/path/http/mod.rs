//! The HTTP half of the path: one exchange after another on a client's connection, continued on one connection to the endpoint.
//!
//! Heads and bodies go on as the very bytes they came in; what is read of them is where they end, and whom and what they are about. One
//! client's connection has one connection to the endpoint, so what the two say to each other about it (`Connection`, `Upgrade`, `Expect`)
//! holds from end to end and is left as it is. What two readers could understand differently is refused: `docs/decisions/0019-http-relay.md`.

mod answers;
mod aside;
mod asked;
pub mod body;
mod broken;
mod edit;
mod far;
mod gate;
pub mod head;
mod lesson;
mod line;
mod patience;
mod proxied;
mod relay;
mod reply;
mod streams;
mod wire;

pub use body::Body;
pub use head::{Answer, Bad, Finder, Framing, Request};
pub use proxied::{Login, Proxied};

pub(super) use answers::declined;
pub(super) use broken::{Broken, client, endpoint};
pub(super) use gate::{Gated, gate, while_there};
pub(super) use line::{Line, Stopped};
pub(super) use relay::serve;
pub(super) use streams::serve as serve_streams;

#[cfg(test)]
mod tests;
