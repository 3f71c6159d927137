//! Custom robots.

use firedrill::endpoint::DingtalkSettings;
use firedrill::plan::{Capability, Limits};
use firedrill::units::Span;
use firedrill::vendor::dingtalk::webhook::{Security, TooFast, sign};
use firedrill::vendor::wall;
use firedrill::world::World;
use serde_json::{Value, json};

use super::office::{MAINLAND, Office, errcode, request, yes};

fn text(content: &str, mentions: &[&str]) -> Value {
    json!({ "msgtype": "text", "text": { "content": content }, "at": { "atUserIds": mentions } })
}

const ANNA: &str = "/robot/send?access_token=fdrobotanna";

pub(crate) async fn a_post_reaches_whom_it_mentions(world: World) {
    let office = Office::free(&world).await;
    let mut line = office.line().await;
    let (mut anna, mut bert) = (office.stream("anna").await, office.stream("bert").await);
    let posted = line.ask(request("POST", ANNA, None, &text("look", &["bert"]))).await;
    assert_eq!(posted.json(), json!({ "errcode": 0, "errmsg": "ok" }));
    assert_eq!(bert.message().await, "look");
    line.ask(request("POST", ANNA, None, &text("alone", &[]))).await;
    assert_eq!(anna.message().await, "alone");
    let no = line.ask(request("POST", "/robot/send", None, &text("x", &[]))).await;
    assert_eq!(errcode(&no), 400_101);
    let no = line.ask(request("POST", "/robot/send?access_token=unknown", None, &text("x", &[]))).await;
    assert_eq!((errcode(&no), &no.json()["errmsg"]), (300_005, &json!("token is not exist")));
    let no = line.ask(request("POST", ANNA, None, &json!({ "msgtype": "text" }))).await;
    assert_eq!((errcode(&no), &no.json()["errmsg"]), (400_202, &json!("miss param : text->content")));
}

pub(crate) async fn a_post_with_a_key_is_made_once(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let mut bert = office.stream("bert").await;
    // The client of a drill gives every try at one message the same key.
    assert_eq!(anna.send(Capability::Webhook, &["bert"], "once").await.0, yes());
    assert_eq!(anna.send(Capability::Webhook, &["bert"], "once").await.0, yes());
    anna.line.ask(request("POST", ANNA, None, &text("then", &["bert"]))).await;
    assert_eq!((bert.message().await.as_str(), bert.message().await.as_str()), ("once", "then"));
}

pub(crate) async fn security_settings_are_enforced(world: World) {
    let guard = |security| DingtalkSettings {
        robots: [("fdrobotanna".into(), security)].into(),
        ..DingtalkSettings::default()
    };
    let signed = guard(Security { secret: "SECabc".into(), ..Security::default() });
    // The world began a moment ago, at this time.
    let now = wall::DRILL.nanos() / 1_000_000;
    let office = Office::open(&world, MAINLAND, Limits::Off, signed).await;
    let mut line = office.line().await;
    let no = line.ask(request("POST", ANNA, None, &text("x", &[]))).await;
    assert_eq!((errcode(&no), &no.json()["errmsg"]), (310_000, &json!("invalid timestamp")));
    let path = format!("{ANNA}&timestamp={now}&sign={}", sign("SECother", now));
    let no = line.ask(request("POST", &path, None, &text("x", &[]))).await;
    assert_eq!(no.json()["errmsg"], "sign not match");
    let path = format!("{ANNA}&timestamp={now}&sign={}", sign("SECabc", now));
    assert_eq!(errcode(&line.ask(request("POST", &path, None, &text("x", &[]))).await), 0);
    let here = guard(Security { addresses: vec!["127.0.0.9/32".parse().expect("a net")], ..Security::default() });
    let office = Office::open(&world, MAINLAND, Limits::Off, here).await;
    let no = office.line().await.ask(request("POST", ANNA, None, &text("x", &[]))).await;
    assert_eq!(no.json()["errmsg"], "ip 127.0.0.1 not in whitelist");
    let mut there = office.line_from([127, 0, 0, 9]).await;
    assert_eq!(errcode(&there.ask(request("POST", ANNA, None, &text("x", &[]))).await), 0);
}

pub(crate) async fn twenty_a_minute_and_then_nothing_for_ten(world: World) {
    for (too_fast, code) in [(TooFast::Exceeded, 130_101), (TooFast::Throttled, 410_100), (TooFast::TooMany, 660_026)] {
        let settings = DingtalkSettings { too_fast, ..DingtalkSettings::default() };
        let office = Office::open(&world, MAINLAND, Limits::Vendor, settings).await;
        let post = async || {
            let mut line = office.line().await;
            errcode(&line.ask(request("POST", ANNA, None, &text("x", &[]))).await)
        };
        for _ in 0..20 {
            assert_eq!(post().await, 0);
        }
        assert_eq!(post().await, code);
        let mut other = office.line().await;
        let path = ANNA.replace("anna", "bert");
        assert_eq!(errcode(&other.ask(request("POST", &path, None, &text("x", &[]))).await), 0, "each by itself");
        // A minute's pause is not enough, and does not make it longer.
        world.clock.sleep(Span::from_secs(60)).await;
        assert_eq!(post().await, code);
        world.clock.sleep(Span::from_millis(539_999)).await;
        assert_eq!(post().await, code);
        world.clock.sleep(Span::from_millis(1)).await;
        assert_eq!(post().await, 0);
    }
}
