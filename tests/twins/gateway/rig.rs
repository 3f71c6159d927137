//! A gateway of a small drill, with the twins that it sends on to.

use std::path::Path as File;
use std::sync::Arc;

use firedrill::control::{Alarm, Connections, Scene, Secrets, Switchboard, Troubles};
use firedrill::endpoint::{self, Twin};
use firedrill::journal::{Collector, Journal, Keeper, Onward, Record, Start, WorldKind, Writer};
use firedrill::scenario::{Options, Source, load};
use firedrill::units::EndpointId;
use firedrill::vendor::Body;
use firedrill::world::{Conn, World};
use hyper::Request;
use serde_json::{Value, json};

use crate::client::{Answered, Client};

/// Of the two that it sends on to, staff-2 exists at the second alone.
const PLAN: &str = "
firedrill: 1
name: rig
regions: { hk: {} }
endpoints:
  gateway:
    kind: gateway
    region: hk
    rules: [{ class: orders, to: [first, second] }, { group: staff, to: [second] }]
    audit: { every: 1s, keeps: 5 }
  first: { kind: dingtalk, edition: lite, region: hk, limits: off }
  second: { kind: teams, region: hk, limits: off }
groups: { staff: { count: 3, region: hk }, others: { count: 1, region: hk } }
journeys:
  order: { from: staff, to: staff, class: orders, rate: 1/s, deadline: 5s, routes: [gateway] }
phases: { baseline: 1m }
targets: { kept: \"lost == 0\" }
";

pub(crate) struct Rig {
    pub(crate) world: World,
    keeper: Keeper<Vec<Record>>,
    twins: Vec<Twin>,
}

impl Rig {
    /// A gateway that reaches these of the endpoints that it sends on to.
    pub(crate) async fn new(world: &World, reached: &[u16]) -> Self {
        let source = Source { name: "rig.yaml".into(), text: PLAN.to_owned() };
        let plan = Arc::new(load(&source, &Options::default()).unwrap_or_else(|found| panic!("{found}")).plan);
        let start = Start::of(&plan, WorldKind::Virtual, world.seed, "2026-01-01T00:00:00Z");
        let writer = Writer::new(Box::new(std::io::sink()), File::new("nowhere"), &start).expect("a journal");
        let keeper = Journal::inline(Collector::new(writer, Vec::new()));
        let scene = Scene {
            alarm: Alarm::default(),
            troubles: Troubles::default(),
            plan: Arc::clone(&plan),
            world: world.clone(),
            journal: keeper.journal(),
            board: Switchboard::new(plan.journeys.len()),
            connections: Connections::default(),
            secrets: Secrets::default(),
        };
        let (addresses, twins) = endpoint::start(&scene).await.expect("twins");
        let leads = |id: EndpointId| addresses[id.index()].filter(|_| reached.contains(&id.0));
        endpoint::lead(&plan, &twins, |_, id| leads(id));
        Self { world: world.clone(), keeper, twins }
    }

    /// A connection to the gateway.
    pub(crate) async fn dial(&self) -> Conn {
        self.world.net.connect(None, self.twins[0].address()).await.expect("somebody listens")
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answered {
        Client::from(&self.world, [127, 0, 0, 1], self.twins[0].address()).await.ask(request).await
    }

    /// A request with somebody's token.
    pub(crate) async fn as_user(&self, user: &str, method: &str, target: &str, body: &str) -> Answered {
        let request = Request::builder().method(method).uri(target).header("host", "gateway");
        let request = request.header("authorization", format!("Bearer fd-gateway-{user}"));
        self.ask(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// Has staff-1 send the n-th order to staff-2.
    pub(crate) async fn order(&self, number: u32) -> Answered {
        self.as_user("staff-1", "POST", "/v1/messages", &order(number).to_string()).await
    }

    /// What an auditor reads.
    pub(crate) async fn trail(&self, query: &str) -> Value {
        let told = self.as_user("auditor", "GET", &format!("/v1/audit{query}"), "").await;
        assert_eq!(told.status, 200, "{told:?}");
        told.json()
    }

    /// What was sent on.
    pub(crate) fn sent_on(&self) -> Vec<Onward> {
        self.keeper.with_sink(|records| {
            let onward =
                |record: &Record| if let Record::Onward(onward) = record { Some(onward.clone()) } else { None };
            records.iter().filter_map(onward).collect()
        })
    }
}

/// The n-th order as it is sent.
pub(crate) fn order(number: u32) -> Value {
    json!({ "id": format!("fd-0.{number}"), "to": ["staff-2"], "class": "orders", "text": format!("order {number}") })
}
