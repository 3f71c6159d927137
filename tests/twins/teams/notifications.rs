//! Change notifications, and listeners that are well, slow, failing, dead.

use std::sync::Arc;

use firedrill::plan::Capability;
use firedrill::units::Span;
use firedrill::vendor::teams::message::{fetch_request, fetched};
use firedrill::vendor::teams::subscription::{self, Lifecycle, News};
use firedrill::world::World;
use hyper::StatusCode;

use super::rig::{How, Listener, Rig, quick};

const CHAT: &str = "/chats/19:anna_bert@unq.gbl.spaces/messages";

pub(crate) async fn whoever_listens_is_told_and_fetches(world: World) {
    let rig = Rig::fixed(&world, |_| {}).await;
    let (listener, bert) = (rig.listener().await, rig.login("bert").await);
    for resource in [CHAT, "me/chats/getAllMessages"] {
        let told = rig.subscribe(&bert, resource, &listener).await;
        assert_eq!(told.status, 201, "{}", told.text);
        assert!(told.json["clientState"].is_null(), "it is a secret: {}", told.text);
    }
    let others = subscription::Wish { changes: "updated,deleted".into(), ..rig.wish(CHAT, &listener) };
    assert_eq!(rig.ask(subscription::subscribe_request(&bert, &others)).await.status, 201);
    assert_eq!(rig.send("anna", Capability::Chat, &["bert"], "到了").await.status, 201);
    assert_eq!(rig.send("anna", Capability::Chat, &["carl"], "not his").await.status, 201);
    for (_, news) in listener.hears(2).await {
        assert_eq!(news.state.as_deref(), Some("secret"));
        let News::Created(resource) = &news.news else { panic!("{news:?}") };
        let told = rig.ask(fetch_request(&bert, resource)).await;
        let status = StatusCode::from_u16(told.status).expect("a status");
        let message = fetched(status, told.text.as_bytes()).unwrap_or_else(|no| panic!("{no:?}: {}", told.text));
        assert_eq!((message.text.as_str(), message.sender.as_deref()), ("到了", Some("anna")));
    }
    rig.sleep(Span::from_millis(300)).await;
    assert_eq!(listener.news().len(), 2, "one for each subscription to new ones, and nothing of others");
}

pub(crate) async fn whoever_does_not_prove_that_he_listens_is_not_subscribed(world: World) {
    let rig = Rig::fixed(&world, |spec| spec.teams.notifying.proof = Span::from_secs(2)).await;
    let (listener, bert) = (rig.listener().await, rig.login("bert").await);
    listener.answer(How::Mute);
    let mut urls = vec![format!("http://{}/news", listener.address)];
    let gone = rig.listener().await;
    urls.push(format!("http://{}/", gone.address));
    gone.close().await;
    // Nobody outside is called, nor by TLS.
    urls.extend([
        "http://192.0.2.1/".into(),
        "http://listener.example/".into(),
        format!("https://{}/", listener.address),
        "nonsense".into(),
    ]);
    for url in urls {
        let wish = subscription::Wish { url: url.clone(), lifecycle_url: None, ..rig.wish(CHAT, &listener) };
        let told = rig.ask(subscription::subscribe_request(&bert, &wish)).await;
        assert_eq!((told.status, &told.json["error"]["code"]), (400, &"InvalidRequest".into()), "{url}: {}", told.text);
    }
    assert_eq!(rig.call("GET", "/v1.0/subscriptions", &bert, "").await.json["value"].as_array().map(Vec::len), Some(0));
    listener.answer(How::Well);
    let carl = rig.login("carl").await;
    assert_eq!(rig.subscribe(&carl, CHAT, &listener).await.status, 403, "he is not in that chat");
    assert_eq!(rig.subscribe(&carl, "chats/getAllMessages", &listener).await.status, 403, "for applications alone");
    assert_eq!(rig.subscribe(&carl, "users", &listener).await.status, 400);
    let mut late = rig.wish(CHAT, &listener);
    late.expires = late.expires + Span::from_secs(4 * 86_400);
    assert_eq!(rig.ask(subscription::subscribe_request(&bert, &late)).await.status, 400, "longer than three days");
    late.expires = rig.wish(CHAT, &listener).expires + Span::from_secs(3_600);
    late.lifecycle_url = None;
    assert_eq!(
        rig.ask(subscription::subscribe_request(&bert, &late)).await.status,
        400,
        "nobody would hear its own news"
    );
}

pub(crate) async fn a_notification_that_fails_comes_again(world: World) {
    for how in [How::With(500), How::With(404), How::Late(Span::from_secs(5))] {
        let rig = Rig::fixed(&world, quick).await;
        let (listener, bert) = (rig.listener().await, rig.login("bert").await);
        assert_eq!(rig.subscribe(&bert, CHAT, &listener).await.status, 201);
        listener.answer(how.clone());
        let began = world.clock.now();
        assert_eq!(rig.send("anna", Capability::Chat, &["bert"], "x").await.status, 201);
        let news = listener.hears(2).await;
        assert_eq!(news[0].1, news[1].1, "the same again");
        let again = news[1].0.since(began);
        // A failed one is tried again after 100 ms, a late one after the second that it may take as well; never earlier.
        let least = if matches!(how, How::Late(_)) { 1_100 } else { 100 };
        assert!(again >= Span::from_millis(least), "{how:?}: {again}");
        listener.answer(How::Well);
        let heard = listener.hears(3).await.len();
        // Late answers that were under way may still add one.
        rig.sleep(Span::from_millis(2_500)).await;
        assert!(
            listener.news().len() <= heard + 1,
            "{how:?}: once it is taken it comes no more: {:?}",
            listener.news()
        );
    }
}

pub(crate) async fn a_listener_that_is_gone_is_told_when_he_is_back(world: World) {
    let rig = Rig::fixed(&world, quick).await;
    let (listener, bert) = (rig.listener().await, rig.login("bert").await);
    assert_eq!(rig.subscribe(&bert, CHAT, &listener).await.status, 201);
    let (address, heard) = (listener.address, Arc::clone(&listener.heard));
    listener.close().await;
    assert_eq!(rig.send("anna", Capability::Chat, &["bert"], "x").await.status, 201, "it is taken all the same");
    rig.sleep(Span::from_millis(500)).await;
    let listener = Listener::at(&world, address, &heard).await;
    assert!(matches!(listener.hears(1).await[0].1.news, News::Created(_)));
}

pub(crate) async fn subscriptions_are_renewed_and_ended(world: World) {
    let rig = Rig::fixed(&world, quick).await;
    let (listener, bert) = (rig.listener().await, rig.login("bert").await);
    let mut wish = rig.wish(CHAT, &listener);
    // It expires in four seconds, in which a busy machine gets to the renewal.
    wish.expires = wish.expires - Span::from_secs(596);
    let told = rig.ask(subscription::subscribe_request(&bert, &wish)).await;
    let id = subscription::subscribed(StatusCode::CREATED, told.text.as_bytes()).expect("an id");
    let path = format!("/v1.0/subscriptions/{id}");
    let later = wish.expires + Span::from_secs(600);
    let told = rig.ask(subscription::renew_request(&bert, &id, later)).await;
    assert_eq!((told.status, &told.json["id"]), (200, &id.as_str().into()), "{}", told.text);
    rig.sleep(Span::from_secs(5)).await;
    assert_eq!(rig.call("GET", &path, &bert, "").await.status, 200, "it was renewed");
    let carl = rig.login("carl").await;
    assert_eq!(rig.call("GET", &path, &carl, "").await.status, 404, "it is not his");
    assert_eq!(rig.ask(subscription::reauthorize_request(&bert, &id)).await.status, 202);
    assert_eq!(rig.ask(subscription::unsubscribe_request(&bert, &id)).await.status, 204);
    assert_eq!(rig.ask(subscription::unsubscribe_request(&bert, &id)).await.status, 404);
    assert_eq!(rig.send("anna", Capability::Chat, &["bert"], "x").await.status, 201);
    let mut brief = rig.wish(CHAT, &listener);
    brief.expires = brief.expires - Span::from_secs(598);
    let told = rig.ask(subscription::subscribe_request(&bert, &brief)).await;
    assert_eq!(told.status, 201, "{}", told.text);
    rig.sleep(Span::from_secs(3)).await;
    assert_eq!(rig.call("GET", "/v1.0/subscriptions", &bert, "").await.json["value"].as_array().map(Vec::len), Some(0));
    assert_eq!(listener.news(), []);
}

pub(crate) async fn whoever_is_shut_out_is_told_that_his_subscription_is_gone(world: World) {
    let rig = Rig::with(&world, quick).await;
    let (listener, bert, robot) = (rig.listener().await, rig.login("bert").await, rig.app().await);
    assert_eq!(rig.subscribe(&bert, CHAT, &listener).await.status, 201);
    let off = r#"{"accountEnabled":false}"#;
    assert_eq!(rig.call("PATCH", "/v1.0/users/bert", &robot, off).await.status, 204);
    assert_eq!(listener.hears(1).await[0].1.news, News::Lifecycle(Lifecycle::Removed));
    assert_eq!(rig.send("anna", Capability::Chat, &["bert"], "x").await.status, 201);
    rig.sleep(Span::from_millis(300)).await;
    assert_eq!(listener.news().len(), 1, "nothing more comes");
}

pub(crate) async fn a_reply_is_named_with_what_it_replies_to(world: World) {
    let rig = Rig::open(&world).await;
    let (listener, robot, anna) = (rig.listener().await, rig.app().await, rig.login("anna").await);
    assert_eq!(rig.subscribe(&robot, "/teams/t/channels/c/messages", &listener).await.status, 201);
    let say = r#"{"body":{"content":"x"}}"#;
    let mut path = "/v1.0/teams/t/channels/c/messages".to_owned();
    let first = rig.call("POST", &path, &anna, say).await.json["id"].as_str().expect("an id").to_owned();
    path = format!("{path}/{first}/replies");
    let reply = rig.call("POST", &path, &anna, say).await.json["id"].as_str().expect("an id").to_owned();
    let news = listener.hears(2).await;
    let resource = format!("teams('t')/channels('c')/messages('{first}')/replies('{reply}')");
    assert!(news.iter().any(|(_, one)| one.news == News::Created(resource.clone())), "{news:?}");
    assert_eq!(rig.ask(fetch_request(&robot, &resource)).await.json["replyToId"], first);
}
