//! Known truths: drills of which it is known beforehand what their figures must say.

mod background;
#[path = "../common/mod.rs"]
mod common;
mod control;
mod copies;
mod correlated;
mod enough;
mod expected;
mod failures;
mod grace;
mod mortal;
mod outages;
mod queue;
mod stall;

use std::sync::{PoisonError, RwLock};

use serde_json::Value;

use crate::common::{Place, Played, records};

/// Who plays over sockets writes, so that nobody takes the processor away meanwhile; who rehearses reads.
static PROCESSOR: RwLock<()> = RwLock::new(());

/// The command of either world.
const REHEARSAL: &str = "rehearse";
const SOCKETS: &str = "run";

/// A drill that was played.
struct Drill {
    _place: Place,
    played: Played,
    summary: Value,
}

/// Plays a scenario with a seed in a world: rehearsals beside each other, over sockets alone.
fn play(command: &str, scenario: &str, seed: u64) -> Drill {
    let place = Place::new();
    let file = place.file("known.yaml", scenario);
    let seed = seed.to_string();
    let more = ["--quiet", "--seed", &seed];
    let played = if command == SOCKETS {
        let _alone = PROCESSOR.write().unwrap_or_else(PoisonError::into_inner);
        place.play_undisturbed(&file, &more)
    } else {
        let _guard = PROCESSOR.read().unwrap_or_else(PoisonError::into_inner);
        place.play(command, &file, &more)
    };
    Drill { summary: played.summary(), played, _place: place }
}

impl Drill {
    /// Ends with this exit code.
    #[track_caller]
    fn ended(self, code: i32) -> Self {
        assert_eq!(self.played.code, Some(code), "{}", self.played.told());
        self
    }

    /// The journal's records of these kinds, in order.
    fn records(&self, kinds: &[&str]) -> Vec<Value> {
        let all = records(&self.played.dir).into_iter();
        all.filter(|line| kinds.iter().any(|kind| line["record"] == *kind)).collect()
    }

    /// A count of the deliveries.
    #[track_caller]
    fn deliveries(&self, what: &str) -> u64 {
        count(&self.summary["deliveries"][what])
    }

    /// The units that the only inject hit.
    fn hits(&self) -> u64 {
        count(&self.summary["injects"][0]["hits"])
    }
}

/// A count in a summary.
#[track_caller]
fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no count: {value}"))
}

/// A list in a summary.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
