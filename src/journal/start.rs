//! Block 0: what a run was started with, and the second door to a plan.

use super::read::ReadError;
use super::record::{Start, WorldKind};
use crate::draw::Seed;
use crate::plan::Plan;

impl Start {
    /// What a play of `plan` writes first. `started` is RFC 3339; in the virtual world it is the drill's own start.
    pub fn of(plan: &Plan, world: WorldKind, seed: Seed, started: &str) -> Self {
        let text = plan.canonical_json();
        Self {
            firedrill: env!("CARGO_PKG_VERSION").into(),
            world,
            seed,
            started: started.into(),
            calendar: plan.calendar.clone(),
            plan_sha256: hex_digest(text.as_bytes()),
            // What `canonical_json` has written reads back.
            plan: serde_json::from_str(&text).unwrap_or_default(),
        }
    }
}

/// The plan of a recorded run, if it is the one whose digest was recorded, with the calendar of its start.
pub fn plan(start: &Start) -> Result<Plan, ReadError> {
    let found = hex_digest(start.plan.to_string().as_bytes());
    if found != start.plan_sha256 {
        return Err(ReadError::PlanDigest { stated: start.plan_sha256.clone(), found });
    }
    let plan: Plan = serde_json::from_value(start.plan.clone())
        .map_err(|source| ReadError::Plan { firedrill: start.firedrill.clone(), source })?;
    Ok(Plan { calendar: start.calendar.clone(), ..plan })
}

/// SHA-256 in hexadecimal.
fn hex_digest(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let nibbles = digest.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect()
}
