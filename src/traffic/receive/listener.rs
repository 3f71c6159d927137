//! A program's listener for change notifications: proves that it listens, and keeps what it is told until it is looked at.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use tokio::sync::Notify;

use crate::control::Scene;
use crate::limits::{BODY_BYTES, HEAD_TIMEOUT, RECEIVER_NEWS};
use crate::vendor::Body;
use crate::vendor::teams::subscription::{self, Lifecycle, News, Notified};
use crate::world::{Conn, Listener, Tasks};

/// What a program was told and has not looked at.
pub(super) struct Told {
    /// What it gave to its subscriptions: whoever does not say it is nobody to listen to.
    secret: String,
    queue: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Default)]
struct Queue {
    /// New messages, as resources.
    created: VecDeque<String>,
    /// News of subscriptions, by their ids.
    lifecycle: Vec<(String, Lifecycle)>,
}

impl Told {
    pub(super) fn new(secret: String) -> Self {
        Self { secret, queue: Mutex::default(), arrived: Notify::new() }
    }

    /// What its subscriptions are given.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    /// The message that was told of first.
    pub(super) fn first(&self) -> Option<String> {
        self.queue().created.front().cloned()
    }

    /// The first has been looked at.
    pub(super) fn done(&self) {
        self.queue().created.pop_front();
    }

    /// What was told of subscriptions since this was asked.
    pub(super) fn lifecycle(&self) -> Vec<(String, Lifecycle)> {
        std::mem::take(&mut self.queue().lifecycle)
    }

    /// Waits until there is something to look at.
    pub(super) async fn arrival(&self) {
        loop {
            let mut arrived = std::pin::pin!(self.arrived.notified());
            arrived.as_mut().enable();
            {
                let queue = self.queue();
                if !queue.created.is_empty() || !queue.lifecycle.is_empty() {
                    return;
                }
            }
            arrived.await;
        }
    }

    /// Takes what came; `false` if there is no room, so that it is told again.
    fn hear(&self, all: Vec<Notified>) -> bool {
        let mut queue = self.queue();
        if queue.created.len() + all.len() > RECEIVER_NEWS {
            return false;
        }
        for Notified { subscription, state, news } in all {
            match news {
                _ if state.as_deref() != Some(&self.secret) => {}
                News::Created(resource) => queue.created.push_back(resource),
                News::Lifecycle(event) => queue.lifecycle.push((subscription, event)),
                News::Other => {}
            }
        }
        drop(queue);
        self.arrived.notify_waiters();
        true
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        if let Some(token) = subscription::validation_token(&head) {
            return subscription::validation_answer(token);
        }
        let body = Limited::new(body, BODY_BYTES).collect().await.map(http_body_util::Collected::to_bytes);
        let kept = body.ok().and_then(|body| subscription::read_notifications(&body)).map(|all| self.hear(all));
        let status = match kept {
            Some(true) => StatusCode::ACCEPTED,
            Some(false) => StatusCode::SERVICE_UNAVAILABLE,
            None => StatusCode::BAD_REQUEST,
        };
        let mut response = Response::new(Body::default());
        *response.status_mut() = status;
        response
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accepts calls for ever.
pub(super) async fn serve(scene: Scene, tasks: Tasks, listener: Listener, told: Arc<Told>) {
    loop {
        let conn = scene.alarm.accept(&listener, &scene.world.clock).await;
        tasks.spawn("call", connection(scene.clone(), conn, Arc::clone(&told)));
    }
}

async fn connection(scene: Scene, conn: Conn, told: Arc<Told>) {
    let answer = service_fn(|request| {
        let told = Arc::clone(&told);
        async move { Ok::<_, Infallible>(told.answer(request).await) }
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(scene.world.clock.hyper())
        .header_read_timeout(std::time::Duration::from(HEAD_TIMEOUT))
        .auto_date_header(false)
        .serve_connection(conn.into_io(), answer);
    if let Err(error) = serving.await {
        tracing::debug!(%error, "a call to a recipient's program ended");
    }
}
