//! What is asked of it, and what it says.

use firedrill::control::Alarm;
use firedrill::dlp::{self, Kind, Language};
use firedrill::draw::Seed;
use firedrill::endpoint::{Spec, Twin};
use firedrill::plan::EndpointKind;
use firedrill::vendor::dlp::{Verdict, inspect_request, read_verdict};
use firedrill::vendor::{Answer, Body};
use firedrill::world::{World, enter_virtual};
use hyper::{Request, StatusCode};
use proptest::prelude::*;

use crate::client::{Answered, Client};

struct Rig {
    world: World,
    twin: Twin,
}

impl Rig {
    async fn new(world: &World) -> Self {
        let twin = Twin::open(world, Alarm::default(), Spec::new("guard", EndpointKind::Dlp)).await.expect("a twin");
        Self { world: world.clone(), twin }
    }

    async fn client(&self) -> Client {
        Client::from(&self.world, [127, 0, 0, 1], self.twin.address()).await
    }
}

fn verdict(answered: &Answered) -> Result<Verdict, Answer> {
    read_verdict(StatusCode::from_u16(answered.status).expect("a status"), &answered.body)
}

pub(crate) async fn what_may_not_leave_is_named(world: World) {
    let rig = Rig::new(&world).await;
    let mut client = rig.client().await;
    for (number, (name, kind)) in (0..).zip(Kind::ALL) {
        for language in [Language::Chinese, Language::English] {
            let key = Seed(3).key("twin").part(number);
            let secret = dlp::violation(kind, language, key);
            let answered = client.ask(inspect_request(&secret)).await;
            assert_eq!(verdict(&answered), Ok(Verdict::Block), "{secret}");
            let json = answered.json();
            let finding = &json["findings"][0];
            assert_eq!(finding["kind"], name, "{secret}");
            let place = |end: &str| usize::try_from(finding[end].as_u64().expect("a place")).expect("a small one");
            assert!(secret.get(place("start")..place("end")).is_some(), "{finding} of {secret}");
            let fine = dlp::innocent(kind, language, key);
            assert_eq!(verdict(&client.ask(inspect_request(&fine)).await), Ok(Verdict::Pass), "{fine}");
        }
    }
}

pub(crate) async fn anything_else_is_no_question(world: World) {
    let rig = Rig::new(&world).await;
    let mut client = rig.client().await;
    let mut ask = async |method: &str, path: &str, body: &str| {
        let request = Request::builder().method(method).uri(path).header("host", "guard");
        client.ask(request.body(Body::from(body.to_owned())).expect("a request")).await
    };
    assert_eq!(ask("POST", "/v1/inspect", r#"{"text":"A123456(3)","lang":"en"}"#).await.json()["verdict"], "block");
    assert_eq!(ask("POST", "/v1/inspect", r#"{"text":""}"#).await.json()["verdict"], "pass");
    for (method, path, body, status) in [
        ("GET", "/v1/inspect", "", 404),
        ("POST", "/v1/inspected", r#"{"text":""}"#, 404),
        ("POST", "/v1/inspect", "", 400),
        ("POST", "/v1/inspect", r#"{"text":7}"#, 400),
        ("POST", "/v1/inspect", r#"{"texts":""}"#, 400),
    ] {
        let answered = ask(method, path, body).await;
        assert_eq!(answered.status, status, "{method} {path} {body}");
        assert!(answered.json()["error"].is_string(), "{answered:?}");
        assert!(verdict(&answered).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn anything_is_answered(
        sent in prop::collection::vec(
            (prop::sample::select(vec!["GET", "POST", "PUT"]), "/(v1/inspect|[a-z/%]{0,9})", prop::collection::vec(any::<u8>(), 0..60)),
            1..12,
        )
    ) {
        enter_virtual(Seed(5), async |world| {
            let rig = Rig::new(&world).await;
            for (method, path, body) in sent {
                let request = Request::builder().method(method).uri(&path).header("host", "x");
                // What is no path at all is not sent.
                let Ok(request) = request.body(Body::from(body)) else { continue };
                let answered = rig.client().await.ask(request).await;
                assert!(answered.status < 500 && answered.json().is_object(), "{method} {path}: {answered:?}");
            }
        })
        .expect("a virtual world");
    }
}
