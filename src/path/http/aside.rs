//! What goes on beside a client's connection: the endpoint says something that is for nobody. Nobody waits for it, and whatever goes wrong
//! with it ends the connection to the endpoint and nothing else.

use std::pin::pin;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::body::Body;
use super::broken::Broken;
use super::line::{Line, Unit};
use super::reply::{drain, next_head, read_answer};
use crate::limits::{KEEP_ALIVE, LINGER};
use crate::path::leg::Leg;
use crate::world::Tasks;

/// What goes on beside one client's connection.
pub(super) struct Aside {
    tasks: Tasks,
    /// Whence the connection to the endpoint comes back when it is free.
    back: Option<oneshot::Receiver<Line>>,
}

impl Aside {
    pub(super) fn new(tasks: Tasks) -> Self {
        Self { tasks, back: None }
    }

    /// Sends a request a second time, over the connection to the endpoint if there is one, and otherwise over one of its own.
    pub(super) fn repeat(&mut self, leg: &Arc<Leg>, far: Option<Line>, name: Option<usize>, unit: Unit, to_head: bool) {
        let line_of = Arc::clone(leg);
        self.start(leg, "a request again", async move {
            let mut far = if let Some(far) = far {
                far
            } else {
                let conn = line_of.dial(name).await.map_err(Broken::Unreachable)?;
                Line::new(conn, &line_of, line_of.forth().opposite())
            };
            far.wire.send(unit.head(), unit.body()).await.map_err(super::broken::endpoint)?;
            let keeps_open = loop {
                let head = next_head(&mut far.inlet).await?;
                let answer = read_answer(&far.inlet, head, to_head)?;
                far.inlet.skip(head);
                if answer.status >= 200 {
                    drain(&mut far.inlet, &mut Body::new(answer.framing)).await?;
                    break answer.keeps_open;
                }
            };
            Ok(keeps_open.then_some(far))
        });
    }

    /// Reads the rest of an answer that the client has already got, as far as it gets it.
    pub(super) fn finish(&mut self, leg: &Arc<Leg>, mut far: Line, mut body: Body, keeps_open: bool) {
        self.start(leg, "the rest of an answer", async move {
            drain(&mut far.inlet, &mut body).await?;
            Ok(keeps_open.then_some(far))
        });
    }

    fn start<F>(&mut self, leg: &Arc<Leg>, what: &'static str, doing: F)
    where
        F: Future<Output = Result<Option<Line>, Broken>> + Send + 'static,
    {
        let (done, back) = oneshot::channel();
        self.back = Some(back);
        let leg = Arc::clone(leg);
        // It takes the place of a connection that could be open instead. Where there is none it may not take long.
        let place = Arc::clone(&leg.shared.places).try_acquire_owned();
        let most = if place.is_ok() { KEEP_ALIVE } else { LINGER };
        self.tasks.spawn(what, async move {
            let _place = place;
            let clock = &leg.shared.at.world.clock;
            match clock.timeout(clock.now() + most, pin!(doing)).await {
                // Whoever has dialled anew meanwhile does not want it back.
                Ok(Ok(Some(far))) => drop(done.send(far)),
                Ok(Ok(None)) | Err(_) => {}
                Ok(Err(error)) => tracing::debug!(connection = leg.number(), %error, "{what} went wrong"),
            }
        });
    }

    /// The connection to the endpoint, when it is free again; pending if it does not come back.
    pub(super) async fn back(&mut self) -> Line {
        if let Some(back) = &mut self.back {
            let line = back.await;
            self.back = None;
            if let Ok(line) = line {
                return line;
            }
        }
        std::future::pending().await
    }

    /// The connection to the endpoint, if it is free already; otherwise it is no longer waited for.
    pub(super) fn now(&mut self) -> Option<Line> {
        self.back.take()?.try_recv().ok()
    }
}
