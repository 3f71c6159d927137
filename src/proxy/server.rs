//! The control interface on its listener.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::ApiError;
use super::routes::{Answer, Api, refusal};
use crate::limits::{ACCEPT_PAUSE, API_BODY_TIMEOUT, API_CONNECTIONS, API_IDLE, BODY_BYTES};
use crate::world::{Clock, Conn, Listener, Tasks};

/// Accepts for as long as the program runs. Connections beyond the limit wait to be accepted.
pub(super) async fn accept(api: Arc<Api>, clock: Clock, tasks: Tasks, listener: Listener) {
    let places = Arc::new(Semaphore::new(API_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((conn, _)) => tasks.spawn("control connection", serve(Arc::clone(&api), clock.clone(), conn, place)),
            Err(error) => {
                tracing::warn!(%error, "the control interface cannot accept; tries again in 50 ms");
                clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(api: Arc<Api>, clock: Clock, conn: Conn, _place: OwnedSemaphorePermit) {
    let service = service_fn(|request| {
        let (api, clock) = (Arc::clone(&api), clock.clone());
        async move { Ok::<_, Infallible>(answer(&api, &clock, request).await) }
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(clock.hyper())
        .header_read_timeout(std::time::Duration::from(API_IDLE))
        // Some clients shut down their sending side as soon as they have asked.
        .half_close(true)
        .serve_connection(conn.into_io(), service);
    if let Err(error) = serving.await {
        tracing::debug!(%error, "a control connection ended");
    }
}

async fn answer(api: &Api, clock: &Clock, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    // Nothing is read of whoever may not speak here.
    if let Err(error) = api.guard.check(&head) {
        return refusal(&error);
    }
    match read(clock, body).await {
        Ok(body) => api.answer(&head, &body).await,
        Err(error) => refusal(&error),
    }
}

async fn read(clock: &Clock, body: Incoming) -> Result<Bytes, ApiError> {
    let collected = clock.timeout(clock.now() + API_BODY_TIMEOUT, Limited::new(body, BODY_BYTES).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(ApiError { text: format!("request body too large: {BODY_BYTES} bytes are the most"), status: 413 })
        }
        Ok(Err(error)) => Err(ApiError::body(error.to_string())),
        Err(_) => Err(ApiError { text: "the request body did not come in time".into(), status: 408 }),
    }
}
