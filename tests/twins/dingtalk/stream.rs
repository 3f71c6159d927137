//! Stream mode.

use firedrill::endpoint::DingtalkSettings;
use firedrill::plan::{Capability, Limits};
use firedrill::units::Span;
use firedrill::vendor::dingtalk::stream::What;
use firedrill::vendor::wall;
use firedrill::world::World;
use serde_json::{Value, json};

use super::office::{DIRECT, MAINLAND, Office, direct, errcode, request};

/// Long enough to be sure that nothing more comes; nothing is late by as much.
const A_WHILE: Span = Span::from_millis(200);

pub(crate) async fn what_is_pushed_is_kept_until_it_is_acknowledged(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    anna.post(DIRECT, direct(&["bert"], "one")).await;
    anna.post(DIRECT, direct(&["bert"], "two")).await;
    let mut bert = office.stream("bert").await;
    assert_eq!(bert.message().await, "one");
    assert_eq!(bert.next().await.map(|pushed| pushed.what), Some(What::Message("two".into())));
    // It breaks before the second is acknowledged.
    drop(bert);
    anna.post(DIRECT, direct(&["bert"], "three")).await;
    let mut bert = office.stream("bert").await;
    let mut heard = [bert.message().await, bert.message().await];
    // While the twin has not noticed that the first is gone, what comes meanwhile may come first.
    heard.sort_unstable();
    assert_eq!(heard, ["three", "two"]);
    assert!(bert.socket.is_silent(&world, A_WHILE).await, "the first was acknowledged");
}

pub(crate) async fn a_ticket_is_good_once(world: World) {
    let office = Office::free(&world).await;
    let opening = office.opening("bert").await;
    let _first = office.connect(&opening).await.expect("a connection");
    assert_eq!(office.connect(&opening).await.err().map(|status| status.as_u16()), Some(400));
}

pub(crate) async fn a_ticket_ends(world: World) {
    let office = Office::free(&world).await;
    let (early, late) = (office.opening("bert").await, office.opening("bert").await);
    world.clock.sleep(Span::from_millis(89_999)).await;
    assert!(office.connect(&early).await.is_ok());
    world.clock.sleep(Span::from_millis(1)).await;
    assert!(office.connect(&late).await.is_err());
}

pub(crate) async fn connections_share_the_messages(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let (mut one, mut two) = (office.stream("bert").await, office.stream("bert").await);
    for n in 0..60 {
        anna.post(DIRECT, direct(&["bert"], &format!("{n:02}"))).await;
    }
    let (mut heard, mut counts) = (Vec::new(), [0, 0]);
    while heard.len() < 60 {
        let (which, pushed) = tokio::select! {
            biased;
            pushed = one.next() => (0, pushed),
            pushed = two.next() => (1, pushed),
        };
        let pushed = pushed.expect("a frame");
        [&mut one, &mut two][which].acknowledge(&pushed).await;
        counts[which] += 1;
        heard.push(pushed.what);
    }
    let mut texts: Vec<_> = heard.iter().map(|what| format!("{what:?}")).collect();
    texts.sort_unstable();
    texts.dedup();
    // Each once; of 60 fair draws one side has fewer than 8 with a chance below 1 in 10⁹, and the draws follow the seed.
    assert!(texts.len() == 60 && counts.iter().all(|count| *count >= 8), "{counts:?}");
}

pub(crate) async fn events_tell_of_approvals_and_meetings(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let mut bert = office.stream("bert").await;
    for (capability, kind) in
        [(Capability::Approval, "workflow_instance_change_directed"), (Capability::Meeting, "meeting_status_change")]
    {
        anna.send(capability, &["bert"], "look").await;
        let frame = bert.raw().await;
        let head = &frame["headers"];
        assert_eq!((&frame["type"], &head["topic"], &head["eventType"]), (&json!("EVENT"), &json!("*"), &json!(kind)));
        let born: u64 = head["eventBornTime"].as_str().expect("a text").parse().expect("a number");
        assert!(born >= wall::DRILL.nanos() / 1_000_000);
        let data: Value = serde_json::from_str(frame["data"].as_str().expect("a text")).expect("JSON");
        assert_eq!((&data["title"], &data["type"]), (&json!("look"), &json!("start")));
    }
    // Whoever has subscribed to nothing is pushed nothing.
    let open = json!({ "clientId": "dingfdcarl", "clientSecret": "synthetic-carl" });
    let mut line = office.line().await;
    let answered = line.ask(request("POST", "/v1.0/gateway/connections/open", None, &open)).await.json();
    let ticket = answered["ticket"].as_str().expect("a ticket").to_owned();
    let opening = firedrill::vendor::dingtalk::stream::Opening {
        endpoint: format!("ws://{}/connect", office.twin.address()),
        ticket,
    };
    let mut carl = office.connect(&opening).await.expect("a connection");
    anna.post(DIRECT, direct(&["carl"], "x")).await;
    assert!(carl.socket.is_silent(&world, A_WHILE).await);
}

pub(crate) async fn a_message_is_answered_by_its_session(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let (mut ears, mut bert) = (office.stream("anna").await, office.stream("bert").await);
    anna.post(DIRECT, direct(&["bert"], "a question")).await;
    let frame = bert.raw().await;
    let data: Value = serde_json::from_str(frame["data"].as_str().expect("a text")).expect("JSON");
    let address = data["sessionWebhook"].as_str().expect("an address");
    let path = address.strip_prefix(&format!("http://{}", office.twin.address())).expect("back to where it came in");
    let reply = json!({ "msgtype": "text", "text": { "content": "an answer" } });
    assert_eq!(errcode(&office.line().await.ask(request("POST", path, None, &reply)).await), 0);
    assert_eq!(ears.message().await, "an answer");
    let until = data["sessionWebhookExpiredTime"].as_u64().expect("a time");
    assert!(until > data["createAt"].as_u64().expect("a time"));
    let old = path.replace(&until.to_string(), "1");
    assert_eq!(errcode(&office.line().await.ask(request("POST", &old, None, &reply)).await), 300_005);
}

pub(crate) async fn whoever_is_disabled_is_disconnected(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let mut bert = office.stream("bert").await;
    let late = office.opening("bert").await;
    anna.post("/v1.0/contact/orgAccounts/disable", json!({ "userId": "bert", "reason": "x" })).await;
    assert_eq!(bert.next().await.map(|pushed| pushed.what), Some(What::Disconnect));
    assert!(office.connect(&late).await.is_err(), "his tickets are gone");
}

pub(crate) async fn an_event_is_pushed_again_after_a_minute(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let mut bert = office.stream("bert").await;
    anna.send(Capability::Meeting, &["bert"], "look").await;
    let began = world.clock.now();
    let first = bert.next().await.expect("a frame");
    // A ping comes in between, after 30 s.
    let ping = bert.next().await.expect("a frame");
    assert!(matches!(ping.what, What::Ping(_)), "{ping:?}");
    bert.acknowledge(&ping).await;
    let mut again = bert.next().await.expect("a frame");
    if matches!(again.what, What::Ping(_)) {
        again = bert.next().await.expect("a frame");
    }
    assert_eq!((&again, world.clock.now().since(began)), (&first, Span::from_secs(60)));
    bert.acknowledge(&again).await;
    world.clock.sleep(Span::from_secs(61)).await;
    while let Ok(Some(pushed)) = world.clock.timeout(world.clock.now() + A_WHILE, bert.next()).await {
        assert!(matches!(pushed.what, What::Ping(_)), "{pushed:?}");
    }
}

pub(crate) async fn a_client_is_asked_whether_it_is_there(world: World) {
    let office = Office::free(&world).await;
    let mut bert = office.stream("bert").await;
    let frame = bert.raw().await;
    assert_eq!((&frame["type"], &frame["headers"]["topic"]), (&json!("SYSTEM"), &json!("ping")));
    let data: Value = serde_json::from_str(frame["data"].as_str().expect("a text")).expect("JSON");
    assert!(data["opaque"].is_string());
    assert_eq!(world.clock.now().since(firedrill::units::Moment::ZERO), Span::from_secs(30));
}

pub(crate) async fn whoever_does_not_go_is_let_go(world: World) {
    let settings = DingtalkSettings { stream_lifetime: Some(Span::from_secs(20)), ..DingtalkSettings::default() };
    let office = Office::open(&world, MAINLAND, Limits::Off, settings).await;
    let mut anna = office.member("anna").await;
    let mut bert = office.stream("bert").await;
    let began = world.clock.now();
    let last = bert.raw().await;
    assert_eq!(
        (&last["headers"]["topic"], world.clock.now().since(began)),
        (&json!("disconnect"), Span::from_secs(20))
    );
    assert_eq!(last["data"], "{\"reason\":\"connection is expired\"}");
    // What comes now goes to the next connection, and this one ends after ten seconds.
    anna.post(DIRECT, direct(&["bert"], "next")).await;
    let mut next = office.stream("bert").await;
    assert_eq!(next.message().await, "next");
    assert_eq!(bert.socket.next().await, None);
    assert_eq!(world.clock.now().since(began), Span::from_secs(30));
}
