//! A twin, and clients and listeners of it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use firedrill::control::Alarm;
use firedrill::endpoint::{Accepted, Ledger, Notifying, Spec, Twin};
use firedrill::plan::{Capability, EndpointKind, Limits};
use firedrill::units::{JourneyId, MessageId, Moment, Span};
use firedrill::vendor::teams::subscription::{self, Notified, Wish};
use firedrill::vendor::wall;
use firedrill::vendor::{self, Body, Outgoing};
use firedrill::world::{Tasks, World};
use http_body_util::BodyExt;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use serde_json::Value;

pub(crate) const KIND: EndpointKind = EndpointKind::Teams;

/// Long enough for any answer on a busy machine; whoever waits longer waits for ever.
const PATIENCE: Span = Span::from_secs(60);

/// A twin with what it took.
pub(crate) struct Rig {
    pub(crate) world: World,
    pub(crate) twin: Twin,
    pub(crate) taken: Arc<Mutex<Vec<String>>>,
    tasks: Tasks,
}

/// An answer.
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Rig {
    /// A twin without limits at which everybody exists.
    pub(crate) async fn open(world: &World) -> Self {
        Self::with(world, |_| {}).await
    }

    /// A twin at which only anna, bert and carl exist.
    pub(crate) async fn fixed(world: &World, change: impl FnOnce(&mut Spec)) -> Self {
        Self::with(world, |spec| {
            spec.users = Some(["anna", "bert", "carl"].map(|name| vendor::identity(&KIND, name)).into());
            change(spec);
        })
        .await
    }

    pub(crate) async fn with(world: &World, change: impl FnOnce(&mut Spec)) -> Self {
        let taken = Arc::<Mutex<Vec<String>>>::default();
        let writes = Arc::clone(&taken);
        let write = move |accepted: &Accepted<'_>| {
            let Accepted { sender, recipients, capability, text, .. } = accepted;
            let line = format!("{} {sender}>{} {text}", capability.name(), recipients.join(","));
            writes.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        };
        let mut spec = Spec { limits: Limits::Off, ledger: Ledger::to(write), ..Spec::new("teams", KIND) };
        change(&mut spec);
        let twin = Twin::open(world, Alarm::default(), spec).await.expect("a twin");
        Self { world: world.clone(), twin, taken, tasks: Tasks::new() }
    }

    /// What was taken so far: capability, sender, recipients and text.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the twin answers, on a connection of its own.
    pub(crate) async fn ask(&self, request: Request<Body>) -> Told {
        let until = self.world.clock.now() + PATIENCE;
        self.world.clock.timeout(until, self.exchange(request)).await.expect("an answer in time")
    }

    async fn exchange(&self, request: Request<Body>) -> Told {
        let conn = self.world.net.connect(None, self.twin.address()).await.expect("somebody listens");
        let (mut sender, driving) = hyper::client::conn::http1::handshake(conn.into_io()).await.expect("a handshake");
        self.tasks.spawn("client", async move { drop(driving.await) });
        let (head, body) = sender.send_request(request).await.expect("an answer").into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Told { status: head.status.as_u16(), headers: head.headers, text, json }
    }

    /// A request with a token and a JSON body; of an empty text, without a body.
    pub(crate) async fn call(&self, method: &str, path: &str, token: &str, body: &str) -> Told {
        let request = Request::builder().method(method).uri(path).header("host", "graph.microsoft.com");
        let request =
            if token.is_empty() { request } else { request.header("authorization", format!("Bearer {token}")) };
        self.ask(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// What Entra answers to a form.
    pub(crate) async fn entra(&self, form: &str) -> Told {
        self.call("POST", "/organizations/oauth2/v2.0/token?client-request-id=1", "", form).await
    }

    /// A user's token, as firedrill's own client gets it.
    pub(crate) async fn login(&self, user: &str) -> String {
        let request = vendor::login_request(&KIND, &vendor::identity(&KIND, user)).expect("Teams exchanges tokens");
        let told = self.ask(request).await;
        let status = StatusCode::from_u16(told.status).expect("a status");
        vendor::login_answer(&KIND, status, told.text.as_bytes())
            .unwrap_or_else(|no| panic!("{no:?}: {}", told.text))
            .text
    }

    /// An application's own token.
    pub(crate) async fn app(&self) -> String {
        let told = self.entra("client_id=robot&client_secret=secret&grant_type=client_credentials").await;
        told.json["access_token"].as_str().unwrap_or_else(|| panic!("{}", told.text)).to_owned()
    }

    /// Sends a message as firedrill's own client does.
    pub(crate) async fn send(&self, from: &str, capability: Capability, to: &[&str], text: &str) -> Told {
        let token = self.login(from).await;
        let identity = vendor::identity(&KIND, from);
        let once = MessageId { journey: JourneyId(0), number: 1 };
        let outgoing = Outgoing {
            capability,
            from: &identity,
            token: &token,
            recipients: to,
            text,
            once,
            class: None,
            at: firedrill::units::Span::ZERO,
        };
        self.ask(vendor::send_request(&KIND, &outgoing).expect("a request")).await
    }

    pub(crate) async fn sleep(&self, span: Span) {
        self.world.clock.sleep(span).await;
    }

    /// A listener for notifications.
    pub(crate) async fn listener(&self) -> Listener {
        Listener::at(&self.world, SocketAddr::from(([127, 0, 0, 1], 0)), &Arc::default()).await
    }

    /// Has `token`'s owner notified of `resource` for ten minutes.
    pub(crate) async fn subscribe(&self, token: &str, resource: &str, listener: &Listener) -> Told {
        let wish = self.wish(resource, listener);
        self.ask(subscription::subscribe_request(token, &wish)).await
    }

    pub(crate) fn wish(&self, resource: &str, listener: &Listener) -> Wish {
        Wish {
            changes: "created".into(),
            url: format!("http://{}/news", listener.address),
            lifecycle_url: Some(format!("http://{}/itself", listener.address)),
            resource: resource.into(),
            expires: wall::DRILL + self.world.clock.now().since(Moment::ZERO) + Span::from_secs(600),
            state: Some("secret".into()),
        }
    }
}

/// Notifications in a hundredth of the vendor's time.
pub(crate) fn quick(spec: &mut Spec) {
    spec.teams.notifying = Notifying {
        answer: Span::from_secs(1),
        first_retry: Span::from_millis(100),
        longest_retry: Span::from_millis(200),
        window_least: usize::MAX,
        ..Notifying::default()
    };
}

/// How a listener answers notifications.
#[derive(Clone, Debug, Default)]
pub(crate) enum How {
    /// With a 202, at once.
    #[default]
    Well,
    /// With a 202, so much later.
    Late(Span),
    /// With this status.
    With(u16),
    /// Not even proofs.
    Mute,
}

/// What a listener has heard, and how he answers.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) how: How,
    pub(crate) news: Vec<(Moment, Notified)>,
}

/// A listener for notifications.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    pub(crate) heard: Arc<Mutex<Heard>>,
    world: World,
    tasks: Tasks,
}

impl Listener {
    pub(crate) async fn at(world: &World, address: SocketAddr, heard: &Arc<Mutex<Heard>>) -> Self {
        let listener = world.net.bind(address).await.expect("a port");
        let (address, tasks) = (listener.local_addr(), Tasks::new());
        let (each, clock, kept) = (tasks.clone(), world.clock.clone(), Arc::clone(heard));
        tasks.spawn("listener", async move {
            while let Ok((conn, _)) = listener.accept().await {
                let (clock, heard) = (clock.clone(), Arc::clone(&kept));
                each.spawn("exchange", async move {
                    let answer = service_fn(|request: Request<hyper::body::Incoming>| {
                        let (clock, heard) = (clock.clone(), Arc::clone(&heard));
                        async move {
                            let (asked, body) = request.into_parts();
                            let body = body.collect().await.expect("a body").to_bytes();
                            let (wait, answer) = hear(&asked, &body, clock.now(), &heard);
                            clock.sleep(wait).await;
                            Ok::<_, Infallible>(answer)
                        }
                    });
                    let mut serving = hyper::server::conn::http1::Builder::new();
                    drop(serving.timer(clock.hyper()).serve_connection(conn.into_io(), answer).await);
                });
            }
        });
        Self { address, heard: Arc::clone(heard), world: world.clone(), tasks }
    }

    pub(crate) fn answer(&self, how: How) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).how = how;
    }

    /// What was heard so far.
    pub(crate) fn news(&self) -> Vec<(Moment, Notified)> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).news.clone()
    }

    /// Waits until so much was heard.
    pub(crate) async fn hears(&self, count: usize) -> Vec<(Moment, Notified)> {
        let until = self.world.clock.now() + PATIENCE;
        while self.news().len() < count {
            assert!(self.world.clock.now() < until, "only {:?}", self.news());
            self.world.clock.sleep(Span::from_millis(5)).await;
        }
        self.news()
    }

    /// Nobody listens there any more.
    pub(crate) async fn close(self) {
        self.tasks.abort_all();
        self.tasks.drained().await;
    }
}

/// How long to wait, and what to answer then.
fn hear(asked: &Parts, body: &Bytes, now: Moment, heard: &Mutex<Heard>) -> (Span, Response<Body>) {
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    let with = |status: u16| {
        let mut answer = Response::new(Body::default());
        *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
        answer
    };
    if let How::Mute = heard.how {
        return (Span::ZERO, with(200));
    }
    if let Some(token) = subscription::validation_token(asked) {
        return (Span::ZERO, subscription::validation_answer(token));
    }
    let news = subscription::read_notifications(body).expect("a notification");
    heard.news.extend(news.into_iter().map(|one| (now, one)));
    match heard.how {
        How::Late(wait) => (wait, with(202)),
        How::With(status) => (Span::ZERO, with(status)),
        How::Well | How::Mute => (Span::ZERO, with(202)),
    }
}
