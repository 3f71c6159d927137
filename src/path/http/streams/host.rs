//! The connection to the host, which carries all of a client's streams.

use std::future::Future;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use h2::client::{self, SendRequest};
use tokio::sync::{Mutex, watch};

use super::failed::Failed;
use super::wired::{Severed, Wired};
use crate::limits::{HEAD_BYTES, HTTP2_STREAM_WINDOW, HTTP2_WINDOW, LINGER};
use crate::path::leg::Leg;
use crate::path::sight::Sight;
use crate::world::tls::Agreed;
use crate::world::{Conn, Tasks};

/// The connection to the host. If the host has ended it, the next stream gets a new one.
pub(super) struct Host {
    leg: Arc<Leg>,
    tasks: Tasks,
    severed: Arc<Severed>,
    current: Mutex<Option<SendRequest<Bytes>>>,
    /// Dropped with this: what is left of a connection then has no reason to be.
    here: watch::Sender<()>,
}

/// A stream for which the host is dialled.
struct Dialling<'a>(&'a Sight<'a>);

impl Drop for Dialling<'_> {
    fn drop(&mut self) {
        self.0.has_dialled();
    }
}

impl Host {
    /// Begins with a connection that stands.
    ///
    /// # Errors
    /// If nothing can be sent over it.
    pub(super) async fn new(
        leg: &Arc<Leg>,
        conn: Conn,
        tasks: Tasks,
        severed: Arc<Severed>,
    ) -> Result<Self, h2::Error> {
        let (leg, here) = (Arc::clone(leg), watch::Sender::new(()));
        let host = Self { leg, tasks, severed, current: Mutex::new(None), here };
        let sender = host.begin(conn).await?;
        *host.current.lock().await = Some(sender);
        Ok(host)
    }

    /// A place for one more stream, when there is one; what is dialled for it is told of it.
    ///
    /// # Errors
    /// [`Failed::Unreachable`], or [`Failed::Host`].
    pub(super) async fn place(&self, sight: &Sight<'_>) -> Result<SendRequest<Bytes>, Failed> {
        let known = self.current.lock().await.clone();
        if let Some(known) = known
            && let Ok(ready) = known.ready().await
        {
            self.leg.charge().map_err(Failed::Unreachable)?;
            return Ok(ready);
        }
        let mut current = self.current.lock().await;
        // Whoever came before may have made a new one.
        if let Some(known) = current.clone()
            && let Some(Ok(ready)) = futures_util::FutureExt::now_or_never(known.ready())
        {
            self.leg.charge().map_err(Failed::Unreachable)?;
            return Ok(ready);
        }
        *current = None;
        // Also where the client gives up meanwhile, and before anybody else may dial.
        let dialling = Dialling(sight);
        let conn = self.leg.dial(None).await.map_err(Failed::Unreachable)?;
        drop(dialling);
        if conn.agreed() != Some(Agreed::HTTP2) {
            return Err(Failed::Unreachable(io::Error::other("the host no longer speaks HTTP/2")));
        }
        let made = self.begin(conn).await.map_err(Failed::Host)?;
        let ready = current.insert(made).clone();
        drop(current);
        ready.ready().await.map_err(Failed::Host)
    }

    /// Begins HTTP/2 on a connection, and sees to it that it goes on.
    async fn begin(&self, conn: Conn) -> Result<SendRequest<Bytes>, h2::Error> {
        let wired = Wired::new(Arc::new(conn), &self.leg, self.leg.forth().opposite(), &self.severed);
        let mut builder = client::Builder::new();
        builder.enable_push(false).max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX));
        builder.initial_window_size(HTTP2_STREAM_WINDOW).initial_connection_window_size(HTTP2_WINDOW);
        let (sender, connection) = builder.handshake(wired).await?;
        let mut here = self.here.subscribe();
        let leg = Arc::clone(&self.leg);
        self.tasks.spawn("a host's streams", async move {
            let gone = async {
                let _ = here.changed().await;
                leg.shared.at.world.clock.until(leg.now() + LINGER).await;
            };
            tokio::select! {
                biased;
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(connection = leg.number(), %error, "a host's connection ended");
                },
                // It had time to say good-bye.
                () = gone => {}
            }
        });
        Ok(sender)
    }

    /// Does something beside the client's streams, for at most so long.
    pub(super) fn aside<F>(&self, what: &'static str, doing: F)
    where
        F: Future<Output = Result<(), Failed>> + Send + 'static,
    {
        // It takes the place of a connection that could be open instead. Where there is none it is left out.
        let Ok(place) = Arc::clone(&self.leg.shared.places).try_acquire_owned() else { return };
        let leg = Arc::clone(&self.leg);
        self.tasks.spawn(what, async move {
            let _place = place;
            let clock = &leg.shared.at.world.clock;
            if let Ok(Err(error)) = clock.timeout(clock.now() + crate::limits::KEEP_ALIVE, doing).await {
                tracing::debug!(connection = leg.number(), %error, "{what} went wrong");
            }
        });
    }
}
