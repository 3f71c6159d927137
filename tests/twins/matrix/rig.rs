//! A twin, and whoever speaks to it.

use std::sync::{Arc, Mutex, PoisonError};

use firedrill::control::Alarm;
use firedrill::endpoint::{Accepted, Ledger, Spec, Twin};
use firedrill::plan::{EndpointKind, Limits};
use firedrill::vendor::{self, Body};
use firedrill::world::World;
use hyper::{Request, StatusCode};
use serde_json::Value;

use crate::client::Client;

pub(crate) const KIND: EndpointKind = EndpointKind::Matrix;
/// The room of anna and bert.
pub(crate) const ROOM: &str = "!anna~bert:firedrill.example";

/// A twin with what it took.
pub(crate) struct Rig {
    pub(crate) world: World,
    pub(crate) twin: Twin,
    taken: Arc<Mutex<Vec<String>>>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) json: Value,
}

impl Told {
    /// Its code and what it is called.
    #[track_caller]
    pub(crate) fn no(&self) -> (u16, &str) {
        (self.status, self.json["errcode"].as_str().unwrap_or_else(|| panic!("no no: {self:?}")))
    }

    #[track_caller]
    pub(crate) fn word(&self, key: &str) -> String {
        self.json[key].as_str().unwrap_or_else(|| panic!("no {key}: {self:?}")).to_owned()
    }

    /// The texts in a room's timeline.
    pub(crate) fn texts(&self, room: &str) -> Vec<&str> {
        let events = self.json["rooms"]["join"][room]["timeline"]["events"].as_array().map_or(&[][..], Vec::as_slice);
        events.iter().filter_map(|event| event["content"]["body"].as_str()).collect()
    }
}

impl Rig {
    /// A twin without limits at which only anna, bert and carl exist.
    pub(crate) async fn fixed(world: &World) -> Self {
        Self::with(world, |spec| {
            spec.users = Some(["anna", "bert", "carl"].map(|name| vendor::identity(&KIND, name)).into());
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
        let mut spec = Spec { limits: Limits::Off, ledger: Ledger::to(write), ..Spec::new("matrix", KIND) };
        change(&mut spec);
        let twin = Twin::open(world, Alarm::default(), spec).await.expect("a twin");
        Self { world: world.clone(), twin, taken }
    }

    /// What was taken so far: capability, sender, recipients and text.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Told {
        let mut client = Client::from(&self.world, [127, 0, 0, 1], self.twin.address()).await;
        let answered = client.ask(request).await;
        Told { status: answered.status, json: serde_json::from_slice(&answered.body).unwrap_or_default() }
    }

    /// A request below `/_matrix/client/`, with a token if there is one.
    pub(crate) async fn call(&self, method: &str, path: &str, token: &str, body: &str) -> Told {
        let request = Request::builder().method(method).uri(format!("/_matrix/client/{path}")).header("host", "x");
        let request =
            if token.is_empty() { request } else { request.header("authorization", format!("Bearer {token}")) };
        self.ask(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// A user's token, as firedrill's own client gets it.
    pub(crate) async fn login(&self, user: &str) -> String {
        let request = vendor::login_request(&KIND, &vendor::identity(&KIND, user)).expect("a password");
        let told = self.ask(request).await;
        let status = StatusCode::from_u16(told.status).expect("a status");
        vendor::login_answer(&KIND, status, told.json.to_string().as_bytes()).expect("a token").text
    }

    /// Says something in a room.
    pub(crate) async fn say(&self, token: &str, room: &str, transaction: &str, text: &str) -> Told {
        let body = serde_json::json!({ "msgtype": "m.text", "body": text }).to_string();
        self.call("PUT", &format!("v3/rooms/{room}/send/m.room.message/{transaction}"), token, &body).await
    }
}
