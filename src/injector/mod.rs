//! What is done outside of firedrill's own path, and how it is undone whatever happens.
//!
//! How something is undone is written into [`UndoLog`] and on disk before it is done ([`Injector::act`]), and struck out when it is undone
//! ([`Injector::undo`]). A process that is killed leaves the log; [`outstanding`] finds what is left, and the same code undoes it. Why it is
//! built this way is in `docs/decisions/0029-undo-log.md`.

mod exec;
mod http;
mod log;
mod output;
mod process;
mod scan;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

pub use log::{Drill, Entry, Running, Settled, UndoLog, UndoLogError};
pub use scan::{FILE, Found, Standing, outstanding};

use crate::control::Secrets;
use crate::journal::Came;
use crate::plan::{Action, Call};
use crate::units::{Moment, Span};
use crate::world::World;
use crate::world::tls::Connector;

/// Whether a call can be made at all, as far as can be told before.
///
/// # Errors
/// Why not.
pub fn possible(call: &Call) -> Result<(), String> {
    match call {
        Call::Exec(exec) => exec::find(exec),
        Call::Http(http) => match &http.url.tls {
            Some(tls) => Connector::new(tls.ca.as_deref().map(Path::new)).map(drop).map_err(|error| error.to_string()),
            None => Ok(()),
        },
    }
}

/// Becomes true when calls are to be cut short.
pub type Cut = watch::Receiver<bool>;

/// Makes calls. Cheap to clone.
#[derive(Clone)]
pub struct Injector {
    /// Time, and the way to servers.
    pub world: World,
    /// What variables stand for.
    pub secrets: Secrets,
    /// Where it is written down.
    pub log: Arc<UndoLog>,
}

/// What an act came to, and what undoes it if that is needed.
pub struct Acted {
    /// What came of the call.
    pub came: Came,
    /// What is to be undone; `None` = nothing was done.
    pub entry: Option<Entry>,
}

impl Injector {
    /// Writes down how an action is undone, and then does it. `begin` is called between the two.
    pub async fn act(&self, inject: &str, action: &Action, cut: Cut, begin: impl FnOnce() + Send) -> Acted {
        let (log, at) = (Arc::clone(&self.log), self.world.clock.now());
        let (name, of) = (inject.to_owned(), action.clone());
        // The disk may take its time, and this thread carries traffic.
        let written = tokio::task::spawn_blocking(move || log.begin(&name, at, &of)).await;
        let entry = match written {
            Ok(Ok(entry)) => entry,
            Ok(Err(error)) => return Acted { came: Came::not_made(error.to_string()), entry: None },
            Err(error) => return Acted { came: Came::not_made(error.to_string()), entry: None },
        };
        begin();
        let came = self.make(&action.act, action.timeout, &entry, cut).await;
        if came.end == crate::journal::CallEnd::NotMade {
            self.settle(&entry, Settled::NeverDone).await;
            return Acted { came, entry: None };
        }
        Acted { came, entry: Some(entry) }
    }

    /// Undoes what an entry of the log says, and strikes it out if that was done.
    pub async fn undo(&self, entry: &Entry, cut: Cut) -> Came {
        let came = self.make(&entry.undo, entry.timeout, entry, cut).await;
        if came.is_done() {
            self.settle(entry, Settled::Undone).await;
        }
        came
    }

    async fn settle(&self, entry: &Entry, how: Settled) {
        let (log, number) = (Arc::clone(&self.log), entry.number);
        let settled = tokio::task::spawn_blocking(move || log.settle(number, how)).await;
        if let Ok(Err(error)) = settled {
            tracing::warn!(%error, inject = entry.inject, "it was undone, and cannot be struck out: it may be undone once more");
        }
    }

    async fn make(&self, call: &Call, timeout: Span, entry: &Entry, cut: Cut) -> Came {
        let until = Until { at: self.world.clock.now() + timeout, timeout, cut };
        match call {
            Call::Exec(exec) => exec::run(self, exec, entry, until).await,
            Call::Http(http) => http::exchange(self, http, until).await,
        }
    }
}

/// Until when a call may take.
struct Until {
    at: Moment,
    timeout: Span,
    cut: Cut,
}

/// Why a call has to end.
#[derive(Clone, Copy)]
enum Over {
    Time,
    Cut,
}

impl Until {
    /// Waits for whichever comes first.
    async fn over(&mut self, world: &World) -> Over {
        let cut = async {
            if self.cut.wait_for(|cut| *cut).await.is_err() {
                // Nobody is left who could cut it.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = cut => Over::Cut,
            () = world.clock.until(self.at) => Over::Time,
        }
    }
}
