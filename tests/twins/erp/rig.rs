//! An ERP, and whoever speaks to it.

use firedrill::control::Alarm;
use firedrill::endpoint::{Spec, Twin};
use firedrill::plan::{Applies, Capability, Dedupe, EndpointKind, Erp};
use firedrill::units::{JourneyId, MessageId, Moment, Span};
use firedrill::vendor::erp::{Booking, Page, Question};
use firedrill::vendor::{self, Body, Outgoing, wall};
use firedrill::world::World;
use hyper::{Request, StatusCode};
use serde_json::Value;

use crate::client::Client;

pub(crate) struct Rig {
    pub(crate) world: World,
    pub(crate) twin: Twin,
    kind: EndpointKind,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) wait: Option<String>,
    pub(crate) json: Value,
}

impl Told {
    /// Its status, and the word for what came of it or what is wrong.
    pub(crate) fn word(&self) -> (u16, &str) {
        (self.status, self.json["effect"].as_str().or(self.json["error"].as_str()).unwrap_or_default())
    }
}

impl Rig {
    /// An ERP at which anna and bert exist.
    pub(crate) async fn new(world: &World, erp: Erp) -> Self {
        let kind = EndpointKind::Erp(erp);
        let users = Some(["anna", "bert"].map(|name| vendor::identity(&kind, name)).into());
        let twin = Twin::open(world, Alarm::default(), Spec { users, ..Spec::new("erp", kind.clone()) }).await;
        Self { world: world.clone(), twin: twin.expect("a twin"), kind }
    }

    pub(crate) async fn usual(world: &World) -> Self {
        Self::new(world, Erp { dedupe: Dedupe::Key, applies: Applies::AnyOrder, rate_limit: None }).await
    }

    /// What the ERP's wall shows now.
    pub(crate) fn wall(&self) -> Span {
        wall::DRILL + self.world.clock.now().since(Moment::ZERO)
    }

    /// A state of anna's document for bert, signed at `at`.
    pub(crate) fn webhook(&self, state: u32, at: Span) -> Request<Body> {
        let from = vendor::identity(&self.kind, "anna");
        let message = Outgoing {
            capability: Capability::Webhook,
            from: &from,
            token: "",
            recipients: &["bert"],
            text: "x",
            once: MessageId { journey: JourneyId(0), number: state },
            class: None,
            at,
        };
        vendor::send_request(&self.kind, &message).expect("a request")
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Told {
        let mut client = Client::from(&self.world, [127, 0, 0, 1], self.twin.address()).await;
        let answered = client.ask(request).await;
        let wait = answered.head.get("retry-after").map(|wait| wait.to_str().expect("text").to_owned());
        Told { status: answered.status, wait, json: serde_json::from_slice(&answered.body).unwrap_or_default() }
    }

    pub(crate) async fn send(&self, state: u32) -> Told {
        self.ask(self.webhook(state, self.wall())).await
    }

    /// What bert reads.
    pub(crate) async fn bookings(&self, after: u64) -> Vec<Booking> {
        self.page(Question { after, ..Question::default() }).await.bookings
    }

    /// The answer to a question of bert's.
    pub(crate) async fn page(&self, question: Question<'_>) -> Page {
        let told = self.ask(question.request(&vendor::identity(&self.kind, "bert").key)).await;
        let status = StatusCode::from_u16(told.status).expect("a status");
        Page::read(status, told.json.to_string().as_bytes()).expect("a ledger")
    }
}
