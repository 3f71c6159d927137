use std::io;
use std::sync::{Arc, OnceLock};

use super::{Connections, Secrets, Switchboard, Troubles};
use crate::journal::Journal;
use crate::limits::ACCEPT_PAUSE;
use crate::plan::Plan;
use crate::world::{Clock, Conn, Listener, World};

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
    /// Raised by whoever notices that this machine cannot go on.
    pub alarm: Alarm,
    /// What is wrong with services that are not twins.
    pub troubles: Troubles,
    /// What the plan's variables stand for.
    pub secrets: Secrets,
}

/// What is wrong with this machine, for the conductor to end the drill. Cheap to clone: every clone is the same alarm.
#[derive(Clone, Debug, Default)]
pub struct Alarm(Arc<OnceLock<String>>);

impl Alarm {
    /// Raises the alarm if the error is a lack of descriptors: whatever fails for that is not the system's fault.
    pub fn starved(&self, error: &io::Error) {
        let lacks = [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE];
        if lacks.iter().any(|lack| error.raw_os_error() == Some(lack.raw_os_error())) {
            let _ = self.0.set(format!("too few descriptors: {error}; raise the limit (ulimit -n), and play again"));
        }
    }

    /// The next connection. A lack of descriptors raises the alarm and pauses accepting; it ends nothing.
    pub async fn accept(&self, listener: &Listener, clock: &Clock) -> Conn {
        loop {
            match listener.accept().await {
                Ok((conn, _)) => return conn,
                Err(error) => {
                    tracing::warn!(%error, at = %listener.local_addr(), "cannot accept; tries again in 50 ms");
                    self.starved(&error);
                    clock.sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// What is wrong.
    pub fn raised(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}
