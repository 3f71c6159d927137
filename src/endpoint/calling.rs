//! A twin's calls to others: proofs that somebody listens, and notifications.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Uri};

use super::dial::Dial;
use super::reply::Question;
use super::teams::{Call, Next, Outbox};
use crate::limits::BODY_BYTES;
use crate::units::Moment;
use crate::vendor::Body;
use crate::world::{Tasks, World};

/// Whoever calls. Cheap to clone.
#[derive(Clone)]
pub(super) struct Messenger {
    pub(super) world: World,
    pub(super) dial: Dial,
    pub(super) tasks: Tasks,
}

/// What the other side said.
struct Heard {
    status: u16,
    /// Whether the body says of itself that it is plain text.
    plain: bool,
    body: Bytes,
}

impl Messenger {
    /// Whether everybody who is asked proves in time that he listens, by giving back what he was sent.
    pub(super) async fn proves(&self, question: &Question) -> bool {
        for (url, expected) in &question.asked {
            let until = self.world.clock.now() + question.within;
            let heard = self.post(url, "text/plain; charset=utf-8", String::new(), until).await;
            if !heard.is_some_and(|heard| heard.status == 200 && heard.plain && heard.body == expected.as_bytes()) {
                return false;
            }
        }
        true
    }

    /// Makes calls as they become due, for ever.
    pub(super) async fn run(self, outbox: Arc<Outbox>) {
        let clock = self.world.clock.clone();
        loop {
            match outbox.next(clock.now()) {
                Next::Call(call) => {
                    let (caller, outbox) = (self.clone(), Arc::clone(&outbox));
                    self.tasks.spawn("notification", async move { caller.notify(&outbox, *call).await });
                }
                Next::Wait(at) => tokio::select! {
                    biased;
                    () = outbox.rung() => {}
                    () = clock.until(at) => {}
                },
                Next::Idle => outbox.rung().await,
            }
        }
    }

    async fn notify(&self, outbox: &Outbox, mut call: Call) {
        let began = self.world.clock.now();
        let body = std::mem::take(&mut call.body);
        let heard = self.post(&call.url, "application/json; charset=utf-8", body, began + call.within).await;
        let now = self.world.clock.now();
        let taken = heard.is_some_and(|heard| (200..300).contains(&heard.status));
        outbox.ended(call, taken, now.since(began), now);
    }

    /// Posts, and waits for the whole answer at most until `until`. `None` is no answer, for whatever reason.
    async fn post(&self, url: &str, kind: &'static str, body: String, until: Moment) -> Option<Heard> {
        let asking = self.exchange(url, kind, body);
        match self.world.clock.timeout(until, asking).await {
            Ok(Ok(heard)) => Some(heard),
            Ok(Err(why)) => {
                tracing::debug!(url, why, "a twin's call failed");
                None
            }
            Err(_) => {
                tracing::debug!(url, "a twin's call was not answered in time");
                None
            }
        }
    }

    async fn exchange(&self, url: &str, kind: &'static str, body: String) -> Result<Heard, String> {
        let (place, request) = request(url, kind, body)?;
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let conn = self.dial.connect(&self.world.net, &place).await.map_err(|error| text(&error))?;
        let (mut sender, driving) =
            hyper::client::conn::http1::handshake(conn.into_io()).await.map_err(|error| text(&error))?;
        self.tasks.spawn("call", async move {
            // Its end shows in the exchange.
            let _ = driving.await;
        });
        let (head, body) = sender.send_request(request).await.map_err(|error| text(&error))?.into_parts();
        let body = Limited::new(body, BODY_BYTES).collect().await.map_err(|error| text(&error))?.to_bytes();
        let plain = head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
        Ok(Heard { status: head.status.as_u16(), plain, body })
    }
}

/// Whom to call, and with what. Twins call over plain HTTP alone.
fn request(url: &str, kind: &'static str, body: String) -> Result<(String, Request<Body>), String> {
    let uri: Uri = url.parse().map_err(|_| "no URL".to_owned())?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or("no http:// URL")?;
    let place = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
    let host = HeaderValue::from_str(authority.as_str()).map_err(|_| "no host".to_owned())?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).parse::<Uri>();
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = path.map_err(|_| "no path".to_owned())?;
    let headers = request.headers_mut();
    headers.insert(HOST, host);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok((place, request))
}
