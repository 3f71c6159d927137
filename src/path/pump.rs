//! The stream half of the path: two lanes of chunks, and an eye on the switchboard for faults that act without data.

use std::sync::Arc;

use bytes::Bytes;

use super::fate::{Ending, Stage};
use super::lane::{self, Lane};
use super::leg::{About, Leg};
use crate::plan::Direction;
use crate::world::Conn;

/// Continues a client's byte stream to the endpoint until both directions have ended, or one has broken off.
pub(super) async fn serve(leg: Arc<Leg>, mut near: Conn) {
    let mut far = match leg.dial().await {
        Ok(far) => far,
        Err(error) => {
            tracing::debug!(connection = leg.number(), %error, "the endpoint cannot be reached");
            return near.reset();
        }
    };
    // Only lent: a connection that is dropped first has ended in order, and can no longer be reset.
    let (here, there) = ((&mut near, Bytes::new()), (&mut far, Bytes::new()));
    if let Err(lane::Broken) = lanes(&leg, leg.unknown(), here, there).await {
        // A reset goes on as a reset: whoever is still there must not take it for an end.
        near.reset();
        far.reset();
    }
}

/// Pumps an upgraded connection; of both sides something may have been read already.
pub(super) async fn pump(leg: &Leg, about: About, mut near: (Conn, Bytes), mut far: (Conn, Bytes)) {
    // Dropping both ends is the end for both sides.
    let _ = lanes(leg, about, (&mut near.0, near.1), (&mut far.0, far.1)).await;
}

async fn lanes(
    leg: &Leg,
    about: About,
    (near, near_read): (&mut Conn, Bytes),
    (far, far_read): (&mut Conn, Bytes),
) -> Result<(), lane::Broken> {
    let (near_reads, near_writes) = tokio::io::split(near);
    let (far_reads, far_writes) = tokio::io::split(far);
    let out = Lane::new(leg, about, Direction::ToEndpoint).run(near_read, near_reads, far_writes);
    let back = Lane::new(leg, about, Direction::FromEndpoint).run(far_read, far_reads, near_writes);
    tokio::select! {
        biased;
        () = closed(leg, about) => Ok(()),
        ended = futures_util::future::try_join(out, back) => ended.map(|_| ()),
    }
}

/// Returns when a fault that is on closes streams like this one.
async fn closed(leg: &Leg, about: About) {
    loop {
        let judged = leg.judge(Stage::Standing, about, 0);
        if judged.fate.ending == Some(Ending::Close) {
            for (inject, fate) in &judged.hits {
                leg.hit(*inject, fate, about, 1, leg.now());
            }
            return;
        }
        leg.shared.at.board.changed(judged.epoch).await;
    }
}
