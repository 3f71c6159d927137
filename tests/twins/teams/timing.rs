//! Notifications by the vendor's own clock, which only virtual time has the patience for: exact to the microsecond, where nothing takes
//! time but what is made to.

use firedrill::draw::Seed;
use firedrill::endpoint::Dial;
use firedrill::limits::BODY_TIMEOUT;
use firedrill::plan::Capability;
use firedrill::units::{Moment, Span};
use firedrill::vendor::teams::subscription::{Lifecycle, News, Notified};
use firedrill::world::{World, enter_virtual};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::rig::{How, Rig};

const CHAT: &str = "/chats/19:anna_bert@unq.gbl.spaces/messages";

/// When each was heard, in seconds since `began`.
fn secs(news: &[(Moment, Notified)], began: Moment) -> Vec<f64> {
    news.iter().map(|(at, _)| at.since(began).secs_f64()).collect()
}

async fn a_slow_listener(world: World) {
    let rig = Rig::fixed(&world, |_| {}).await;
    let (listener, bert) = (rig.listener().await, rig.login("bert").await);
    assert_eq!(rig.subscribe(&bert, CHAT, &listener).await.status, 201);
    listener.answer(How::Late(Span::from_secs(4)));
    let began = world.clock.now();
    assert_eq!(rig.send("anna", Capability::Chat, &["bert"], "x").await.status, 201);
    rig.sleep(Span::from_secs(120)).await;
    // Three seconds for an answer, and then 10, 20, 40 s.
    assert_eq!(secs(&listener.news(), began), [0.0, 13.0, 36.0, 79.0]);
    // The third message's first answer is the tenth, and all were slow: the fourth is dropped, and the listener told of it.
    for _ in 0..3 {
        assert_eq!(rig.send("anna", Capability::Chat, &["bert"], "x").await.status, 201);
        rig.sleep(Span::from_secs(120)).await;
    }
    let missed = |(_, news): &(Moment, Notified)| news.news == News::Lifecycle(Lifecycle::Missed);
    let news = listener.news();
    let (at, _) = news.iter().find(|one| missed(one)).unwrap_or_else(|| panic!("{news:?}"));
    assert_eq!(at.since(began), Span::from_secs(360));
}

async fn a_body_that_does_not_end(world: World) {
    let rig = Rig::fixed(&world, |_| {}).await;
    let mut conn = world.net.connect(None, rig.twin.address()).await.expect("somebody listens");
    let began = world.clock.now();
    conn.write_all(b"POST /t/oauth2/v2.0/token HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nclient_id=x")
        .await
        .expect("it listens");
    let mut answer = [0; 12];
    conn.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 400");
    assert_eq!(world.clock.now().since(began), BODY_TIMEOUT);
}

async fn a_token_that_ends(world: World) {
    let rig = Rig::fixed(&world, |_| {}).await;
    let (listener, bert) = (rig.listener().await, rig.login("bert").await);
    let mut wish = rig.wish(CHAT, &listener);
    wish.expires = wish.expires + Span::from_secs(2 * 3_600);
    let told = rig.ask(firedrill::vendor::teams::subscription::subscribe_request(&bert, &wish)).await;
    assert_eq!(told.status, 201, "{}", told.text);
    let id = told.json["id"].as_str().expect("an id").to_owned();
    rig.sleep(Span::from_secs(3_600)).await;
    let news = listener.news();
    assert_eq!(news.len(), 1);
    assert_eq!((secs(&news, Moment::ZERO)[0], &news[0].1.news), (3_299.0, &News::Lifecycle(Lifecycle::Reauthorize)));
    assert_eq!(rig.send("anna", Capability::Chat, &["bert"], "held").await.status, 201);
    rig.sleep(Span::from_secs(60)).await;
    assert_eq!(listener.news().len(), 1, "its token has expired");
    let anew = rig.login("bert").await;
    let told = rig.ask(firedrill::vendor::teams::subscription::reauthorize_request(&anew, &id)).await;
    assert_eq!(told.status, 202, "{}", told.text);
    assert!(matches!(listener.hears(2).await[1].1.news, News::Created(_)), "what was held comes");
}

/// Whoever gives his own way to call back has every call go over it.
async fn a_way_of_its_own(world: World) {
    let net = world.net.clone();
    let clock = world.clock.clone();
    let rig = Rig::fixed(&world, |spec| {
        spec.dial = Dial::by(move |place| {
            let (net, clock) = (net.clone(), clock.clone());
            async move {
                clock.sleep(Span::from_millis(250)).await;
                net.connect(None, net.resolve(&place).await?[0]).await
            }
        });
    })
    .await;
    let (listener, bert) = (rig.listener().await, rig.login("bert").await);
    let began = world.clock.now();
    assert_eq!(rig.subscribe(&bert, CHAT, &listener).await.status, 201);
    assert_eq!(world.clock.now().since(began), Span::from_millis(500), "two proofs");
    let began = world.clock.now();
    assert_eq!(rig.send("anna", Capability::Chat, &["bert"], "x").await.status, 201);
    rig.sleep(Span::from_secs(1)).await;
    assert_eq!(secs(&listener.news(), began), [0.25]);
}

/// Proofs take a while, in which a subscription can be taken from nobody.
async fn an_owner_who_is_shut_out_meanwhile(world: World) {
    for path in ["/v1.0/users/bert", "/v1.0/users/bert/revokeSignInSessions"] {
        let (net, clock) = (world.net.clone(), world.clock.clone());
        let rig = Rig::with(&world, |spec| {
            spec.dial = Dial::by(move |place| {
                let (net, clock) = (net.clone(), clock.clone());
                async move {
                    clock.sleep(Span::from_millis(250)).await;
                    net.connect(None, net.resolve(&place).await?[0]).await
                }
            });
        })
        .await;
        let (listener, bert, robot) = (rig.listener().await, rig.login("bert").await, rig.app().await);
        let shut_out = async {
            rig.sleep(Span::from_millis(300)).await;
            let (method, body) =
                if path.ends_with("bert") { ("PATCH", r#"{"accountEnabled":false}"#) } else { ("POST", "") };
            rig.call(method, path, &robot, body).await
        };
        let (told, shut_out) = tokio::join!(rig.subscribe(&bert, CHAT, &listener), shut_out);
        assert!((200..300).contains(&shut_out.status), "{}", shut_out.text);
        assert_eq!(told.status, 401, "{}", told.text);
        assert_eq!(rig.send("anna", Capability::Chat, &["bert"], "x").await.status, 201);
        rig.sleep(Span::from_secs(2)).await;
        assert_eq!(listener.news(), []);
    }
}

#[test]
fn whoever_is_shut_out_while_he_subscribes_has_not_subscribed() {
    enter_virtual(Seed(1), an_owner_who_is_shut_out_meanwhile).expect("a world");
}

#[test]
fn a_slow_listener_is_called_again_by_the_vendor_s_clock_and_then_dropped() {
    enter_virtual(Seed(1), a_slow_listener).expect("a world");
}

#[test]
fn whoever_does_not_say_all_is_told_so() {
    enter_virtual(Seed(1), a_body_that_does_not_end).expect("a world");
}

#[test]
fn a_subscription_whose_token_ends_is_told_and_held() {
    enter_virtual(Seed(1), a_token_that_ends).expect("a world");
}

#[test]
fn calls_back_go_the_way_that_is_given() {
    enter_virtual(Seed(1), a_way_of_its_own).expect("a world");
}
