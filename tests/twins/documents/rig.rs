//! A store of documents, and whoever speaks to it.

use firedrill::control::Alarm;
use firedrill::endpoint::{Spec, Twin};
use firedrill::plan::{Documents, EndpointKind};
use firedrill::vendor::{self, Body};
use firedrill::world::World;
use hyper::Request;
use serde_json::Value;

use crate::client::Client;

pub(crate) struct Rig {
    world: World,
    twin: Twin,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) tag: Option<String>,
    pub(crate) json: Value,
}

impl Rig {
    /// A store at which anna exists, and another store.
    pub(crate) async fn new(world: &World) -> Self {
        let kind = EndpointKind::Documents(Documents::USUAL);
        let users = Some(["anna", "other"].map(|name| vendor::identity(&kind, name)).into());
        let twin = Twin::open(world, Alarm::default(), Spec { users, ..Spec::new("store", kind) }).await;
        Self { world: world.clone(), twin: twin.expect("a twin") }
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Told {
        let mut client = Client::from(&self.world, [127, 0, 0, 1], self.twin.address()).await;
        let answered = client.ask(request).await;
        let tag = answered.head.get("etag").map(|tag| tag.to_str().expect("text").to_owned());
        Told { status: answered.status, tag, json: serde_json::from_slice(&answered.body).unwrap_or_default() }
    }

    /// What anna says.
    pub(crate) async fn say(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Told {
        let request = Request::builder().method(method).uri(path).header("host", "x");
        let request = request.header("authorization", "Bearer fd-writer-anna");
        let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.ask(request.body(Body::from(body.to_owned())).expect("a request")).await
    }
}
