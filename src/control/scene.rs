use std::sync::Arc;

use super::{Connections, Switchboard};
use crate::journal::Journal;
use crate::plan::Plan;
use crate::world::World;

/// What everyone who plays in a drill stands in. Cheap to clone.
#[derive(Clone)]
pub struct Scene {
    /// The drill.
    pub plan: Arc<Plan>,
    /// Time, network and chance.
    pub world: World,
    /// Where everything is written down.
    pub journal: Journal,
    /// What is in force.
    pub board: Switchboard,
    /// The numbers of connections.
    pub connections: Connections,
}
