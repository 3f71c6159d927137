//! A twin with four people, and what each of them can do.

use std::sync::{Arc, Mutex};

use firedrill::control::Alarm;
use firedrill::endpoint::{DingtalkSettings, Ledger, Spec, Twin};
use firedrill::plan::{Capability, Edition, EndpointKind, Limits};
use firedrill::units::{JourneyId, MessageId};
use firedrill::vendor::dingtalk::stream::{self, Opening, Pushed};
use firedrill::vendor::{self, Answer, Body, Identity, Outgoing};
use firedrill::world::World;
use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;

use crate::client::{Answered, Client, Socket};

pub(super) const MAINLAND: EndpointKind = EndpointKind::Dingtalk(Edition::Mainland);

/// A twin and its people.
pub(super) struct Office {
    pub(super) world: World,
    /// Ids and recipients of what was accepted.
    taken: Arc<Mutex<Vec<(String, String)>>>,
    pub(super) kind: EndpointKind,
    pub(super) twin: Twin,
}

impl Office {
    /// The mainland edition without limits.
    pub(super) async fn free(world: &World) -> Self {
        Self::open(world, MAINLAND, Limits::Off, DingtalkSettings::default()).await
    }

    /// The mainland edition with the vendor's limits.
    pub(super) async fn limited(world: &World) -> Self {
        Self::open(world, MAINLAND, Limits::Vendor, DingtalkSettings::default()).await
    }

    pub(super) async fn open(world: &World, kind: EndpointKind, limits: Limits, dingtalk: DingtalkSettings) -> Self {
        let users = ["anna", "bert", "carl", "dora"].map(|name| vendor::identity(&kind, name));
        let taken = Arc::<Mutex<Vec<_>>>::default();
        let writes = Arc::clone(&taken);
        let ledger = Ledger::to(move |accepted| {
            let line = (accepted.id.to_owned(), accepted.recipients.join(","));
            writes.lock().expect("nobody panicked").push(line);
        });
        let spec = Spec { limits, users: Some(users.into()), ledger, dingtalk, ..Spec::new("office", kind.clone()) };
        let twin = Twin::open(world, Alarm::default(), spec).await.expect("a port");
        Self { world: world.clone(), taken, kind, twin }
    }

    /// Ids and recipients of what was accepted so far.
    pub(super) fn taken(&self) -> Vec<(String, String)> {
        self.taken.lock().expect("nobody panicked").clone()
    }

    pub(super) fn identity(&self, name: &str) -> Identity {
        vendor::identity(&self.kind, name)
    }

    pub(super) async fn line(&self) -> Client {
        self.line_from([127, 0, 0, 1]).await
    }

    pub(super) async fn line_from(&self, address: [u8; 4]) -> Client {
        Client::from(&self.world, address, self.twin.address()).await
    }

    /// Somebody with a token.
    pub(super) async fn member(&self, name: &str) -> Member {
        let mut line = self.line().await;
        let identity = self.identity(name);
        let request = vendor::login_request(&self.kind, &identity).expect("DingTalk exchanges tokens");
        let answered = line.ask(request).await;
        let status = StatusCode::from_u16(answered.status).expect("a status");
        let token = vendor::login_answer(&self.kind, status, &answered.body).expect("a token").text;
        Member { line, identity, token, kind: self.kind.clone() }
    }

    /// Opens a Stream for somebody, but does not connect yet.
    pub(super) async fn opening(&self, name: &str) -> Opening {
        let EndpointKind::Dingtalk(edition) = self.kind else { panic!("DingTalk only") };
        let mut line = self.line().await;
        let mut request = stream::open_request(edition, &self.identity(name));
        let host = self.twin.address().to_string();
        request.headers_mut().insert("host", host.parse().expect("a header"));
        let answered = line.ask(request).await;
        let status = StatusCode::from_u16(answered.status).expect("a status");
        stream::opening(status, &answered.body).expect("an opening")
    }

    pub(super) async fn connect(&self, opening: &Opening) -> Result<Pushes, StatusCode> {
        assert_eq!(opening.authority(), Some(self.twin.address().to_string().as_str()), "back to where it came in");
        let request = opening.request(&generate_key()).expect("an address");
        let socket = self.line().await.upgrade(request).await?;
        Ok(Pushes { socket })
    }

    pub(super) async fn stream(&self, name: &str) -> Pushes {
        self.connect(&self.opening(name).await).await.expect("a Stream connection")
    }
}

/// A Stream connection.
pub(super) struct Pushes {
    pub(super) socket: Socket,
}

impl Pushes {
    /// The next frame, as it is.
    pub(super) async fn raw(&mut self) -> Value {
        serde_json::from_str(&self.socket.next().await.expect("a frame")).expect("JSON")
    }

    pub(super) async fn next(&mut self) -> Option<Pushed> {
        let text = self.socket.next().await?;
        Some(stream::pushed(&text).unwrap_or_else(|| panic!("no frame: {text}")))
    }

    pub(super) async fn acknowledge(&mut self, pushed: &Pushed) {
        self.socket.say(pushed.acknowledgement()).await;
    }

    /// The text of the next message, which is acknowledged.
    pub(super) async fn message(&mut self) -> String {
        let pushed = self.next().await.expect("a frame");
        self.acknowledge(&pushed).await;
        match pushed.what {
            stream::What::Message(text) => text,
            other => panic!("{other:?}"),
        }
    }
}

/// Somebody who is logged in.
pub(super) struct Member {
    pub(super) line: Client,
    pub(super) identity: Identity,
    pub(super) token: String,
    kind: EndpointKind,
}

impl Member {
    pub(super) async fn call(&mut self, method: &str, path: &str, body: Value) -> Answered {
        self.line.ask(request(method, path, Some(&self.token), &body)).await
    }

    pub(super) async fn post(&mut self, path: &str, body: Value) -> Answered {
        self.call("POST", path, body).await
    }

    pub(super) async fn get(&mut self, path: &str) -> Answered {
        self.call("GET", path, Value::Null).await
    }

    /// A function of the old gateway, with the token in the query.
    pub(super) async fn old(&mut self, path: &str, body: Value) -> Answered {
        let path = format!("{path}?access_token={}", self.token);
        self.line.ask(request("POST", &path, None, &body)).await
    }

    /// Sends as a client of a drill does.
    pub(super) async fn send(&mut self, capability: Capability, to: &[&str], text: &str) -> (Answer, Answered) {
        let answered = self
            .line
            .ask(vendor::send_request(&self.kind, &self.outgoing(capability, to, text)).expect("a request"))
            .await;
        let status = StatusCode::from_u16(answered.status).expect("a status");
        (vendor::read_answer(&self.kind, capability, status, &answered.body), answered)
    }

    pub(super) fn outgoing<'a>(&'a self, capability: Capability, to: &'a [&'a str], text: &'a str) -> Outgoing<'a> {
        let once = MessageId { journey: JourneyId(0), number: 7 };
        Outgoing {
            capability,
            from: &self.identity,
            token: &self.token,
            recipients: to,
            text,
            once,
            class: None,
            at: firedrill::units::Span::ZERO,
        }
    }

    /// Who has read what was sent.
    pub(super) async fn readers(&mut self, capability: Capability, to: &[&str], sent: &Answered) -> Vec<String> {
        let id = vendor::sent_id(&self.kind, capability, &sent.body).expect("an id");
        let asked = vendor::status_request(&self.kind, &self.outgoing(capability, to, ""), &id).expect("a question");
        let answered = self.line.ask(asked).await;
        let status = StatusCode::from_u16(answered.status).expect("a status");
        vendor::readers(&self.kind, status, &answered.body).unwrap_or_else(|no| panic!("{no:?}: {answered:?}"))
    }
}

/// A request with this body, or none if it is null.
pub(super) fn request(method: &str, path: &str, token: Option<&str>, body: &Value) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("host", "twin");
    if let Some(token) = token {
        request = request.header("x-acs-dingtalk-access-token", token);
    }
    let text = if body.is_null() { String::new() } else { body.to_string() };
    request.header("content-type", "application/json; charset=utf-8").body(Body::from(text)).expect("a request")
}

/// A message to single users, as the vendor's own client writes it.
pub(super) fn direct(to: &[&str], text: &str) -> Value {
    json!({ "msgKey": "sampleText", "msgParam": json!({ "content": text }).to_string(), "robotCode": "dingfdanna",
        "userIds": to })
}

pub(super) const DIRECT: &str = "/v1.0/robot/oToMessages/batchSend";

/// What was acknowledged for everybody.
pub(super) fn yes() -> Answer {
    Answer::Acknowledged { declined: Vec::new() }
}

/// The code of a no of the present gateway, with its status.
#[track_caller]
pub(super) fn code(answered: &Answered) -> (u16, String) {
    (answered.status, answered.json()["code"].as_str().unwrap_or_default().to_owned())
}

/// The code of the old gateway, whose status is always 200.
#[track_caller]
pub(super) fn errcode(answered: &Answered) -> i64 {
    assert_eq!(answered.status, 200, "{answered:?}");
    answered.json()["errcode"].as_i64().unwrap_or_else(|| panic!("{answered:?}"))
}
