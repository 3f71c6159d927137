//! Messages of chats and channels.

use firedrill::plan::{Capability, Limits};
use firedrill::units::{Moment, Span};
use firedrill::vendor;
use firedrill::world::World;
use hyper::StatusCode;

use super::rig::{KIND, Rig};

const SAY: &str = r#"{"body":{"contentType":"text","content":"你好"}}"#;

pub(crate) async fn a_message_is_taken_told_of_and_kept(world: World) {
    let rig = Rig::fixed(&world, |_| {}).await;
    let told = rig.send("anna", Capability::Chat, &["bert"], "你好").await;
    assert_eq!(told.status, 201, "{}", told.text);
    let id = vendor::sent_id(&KIND, Capability::Chat, told.text.as_bytes()).expect("an id");
    assert_eq!(told.json["id"], id);
    assert_eq!(told.json["chatId"], "19:anna_bert@unq.gbl.spaces");
    assert_eq!((&told.json["body"]["content"], &told.json["from"]["user"]["id"]), (&"你好".into(), &"anna".into()));
    let created: jiff::Timestamp = told.json["createdDateTime"].as_str().expect("a time").parse().expect("RFC 3339");
    let began: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().expect("RFC 3339");
    let now = i64::try_from(world.clock.now().since(Moment::ZERO).nanos() / 1_000_000).expect("not for ever");
    assert!((0..=now).contains(&(created.as_millisecond() - began.as_millisecond())), "{created}");
    let token = rig.login("bert").await;
    for path in [
        format!("/v1.0/chats/19:anna_bert@unq.gbl.spaces/messages/{id}"),
        format!("/v1.0/chats/19%3Aanna_bert%40unq.gbl.spaces/messages/{id}"),
        format!("/beta/me/chats/19%3aanna_bert%40unq.gbl.spaces/messages/{id}"),
        format!("/v1.0/chats('19%3Aanna_bert%40unq.gbl.spaces')/messages('{id}')"),
    ] {
        let told = rig.call("GET", &path, &token, "").await;
        assert_eq!((told.status, &told.json["body"]["content"]), (200, &"你好".into()), "{path}: {}", told.text);
    }
    let told = rig.call("GET", "/v1.0/chats/19%3Aanna_bert%40unq.gbl.spaces/messages", &token, "").await;
    assert_eq!(told.json["value"][0]["id"], id, "{}", told.text);
    assert_eq!(rig.taken(), ["chat anna>bert 你好"]);
    assert_eq!(rig.send("anna", Capability::Chat, &["bert", "carl"], "all").await.status, 201);
    assert_eq!(rig.taken()[1], "chat anna>bert,carl all");
}

pub(crate) async fn a_channel_has_threads(world: World) {
    let rig = Rig::open(&world).await;
    let token = rig.login("anna").await;
    let channel = "/v1.0/teams/fbe2bf47/channels/19%3A4a95f7d8db4c4e7fae857bcebe0623e6%40thread.tacv2/messages";
    let told = rig.call("POST", channel, &token, SAY).await;
    assert_eq!(told.status, 201, "{}", told.text);
    assert_eq!(told.json["channelIdentity"]["channelId"], "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.tacv2");
    let first = told.json["id"].as_str().expect("an id").to_owned();
    let told = rig.call("POST", &format!("{channel}/{first}/replies"), &token, SAY).await;
    assert_eq!((told.status, &told.json["replyToId"]), (201, &first.as_str().into()), "{}", told.text);
    let reply = told.json["id"].as_str().expect("an id").to_owned();
    let listed = async |path: &str| {
        let told = rig.call("GET", path, &token, "").await;
        let value = told.json["value"].as_array().unwrap_or_else(|| panic!("{}", told.text)).clone();
        value.iter().map(|message| message["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(channel).await, [first.as_str()], "replies are listed with their message");
    assert_eq!(listed(&format!("{channel}/{first}/replies")).await, [reply.as_str()]);
    let told = rig.call("GET", &format!("{channel}/{first}/replies/{reply}"), &token, "").await;
    assert_eq!(told.status, 200, "{}", told.text);
    let told = rig.send("anna", Capability::Group, &["bert", "carl"], "all").await;
    assert_eq!(told.status, 201, "{}", told.text);
    assert_eq!(rig.taken().last().map(String::as_str), Some("group anna>bert,carl all"));
}

pub(crate) async fn a_list_has_pages(world: World) {
    let rig = Rig::open(&world).await;
    let token = rig.login("anna").await;
    for _ in 0..5 {
        assert_eq!(rig.call("POST", "/v1.0/chats/19:x@thread.v2/messages", &token, SAY).await.status, 201);
    }
    let mut path = "/v1.0/chats/19:x@thread.v2/messages?$top=2".to_owned();
    let mut seen = Vec::new();
    for more in [true, true, false] {
        let told = rig.call("GET", &path, &token, "").await;
        let value = told.json["value"].as_array().unwrap_or_else(|| panic!("{}", told.text));
        seen.extend(value.iter().map(|message| message["id"].as_str().expect("an id").to_owned()));
        let next = told.json["@odata.nextLink"].as_str();
        assert_eq!(next.is_some(), more, "{}", told.text);
        path = next.unwrap_or_default().replace("https://graph.microsoft.com", "");
    }
    assert!(seen.len() == 5 && seen.is_sorted_by(|a, b| a > b), "latest first: {seen:?}");
}

/// A program that follows the link to the next page asks whom it has asked before, and goes on with the same list.
pub(crate) async fn the_next_page_is_where_the_first_was(world: World) {
    let rig = Rig::open(&world).await;
    let token = rig.login("anna").await;
    let channel = "/v1.0/teams/t/channels/c/messages";
    let root = rig.call("POST", channel, &token, SAY).await.json["id"].as_str().expect("an id").to_owned();
    let replies = format!("{channel}/{root}/replies");
    for _ in 0..3 {
        assert_eq!(rig.call("POST", &replies, &token, SAY).await.status, 201);
    }
    let reply = rig.call("GET", &replies, &token, "").await.json["value"][0]["id"].as_str().expect("an id").to_owned();
    for nothing in ["1600000009999", "x", &format!("+{root}"), &reply] {
        let told = rig.call("POST", &format!("{channel}/{nothing}/replies"), &token, SAY).await;
        assert_eq!(told.status, 404, "{nothing}: {}", told.text);
    }
    let host = rig.twin.address().to_string();
    let mut path = format!("{replies}?$top=2");
    let mut seen = 0;
    while !path.is_empty() {
        let request =
            hyper::Request::get(&path).header("host", &host).header("authorization", format!("Bearer {token}"));
        let told = rig.ask(request.body(vendor::Body::default()).expect("a request")).await;
        let value = told.json["value"].as_array().unwrap_or_else(|| panic!("{}", told.text));
        assert!(value.iter().all(|message| message["replyToId"] == root), "{}", told.text);
        seen += value.len();
        let next = told.json["@odata.nextLink"].as_str().unwrap_or_default();
        assert!(next.is_empty() || next.starts_with(&format!("http://{host}/")), "{next}");
        path = next.replace(&format!("http://{host}"), "");
    }
    assert_eq!(seen, 3);
}

pub(crate) async fn whoever_is_named_twice_is_told_once(world: World) {
    let rig = Rig::open(&world).await;
    for capability in
        [Capability::Chat, Capability::Group, Capability::Webhook, Capability::Meeting, Capability::Calendar]
    {
        let told = rig.send("anna", capability, &["bert", "carl", "bert"], "x").await;
        assert!((200..300).contains(&told.status), "{}", told.text);
    }
    assert!(rig.taken().iter().all(|line| line.ends_with(">bert,carl x")), "{:?}", rig.taken());
}

pub(crate) async fn only_members_speak_and_only_people(world: World) {
    let rig = Rig::fixed(&world, |_| {}).await;
    let chat = "/v1.0/chats/19:anna_bert@unq.gbl.spaces/messages";
    let carl = rig.login("carl").await;
    for (method, body) in [("POST", SAY), ("GET", "")] {
        let told = rig.call(method, chat, &carl, body).await;
        assert_eq!((told.status, &told.json["error"]["code"]), (403, &"Forbidden".into()), "{method}: {}", told.text);
        assert!(told.json["error"]["innerError"]["request-id"].is_string(), "{}", told.text);
    }
    let anna = rig.login("anna").await;
    for (path, token, body, status, code) in [
        (chat, "", SAY, 401, "InvalidAuthenticationToken"),
        (chat, "none", SAY, 401, "InvalidAuthenticationToken"),
        (chat, &anna, "{}", 400, "BadRequest"),
        (chat, &anna, r#"{"body":{"contentType":"rtf","content":"x"}}"#, 400, "BadRequest"),
        ("/v1.0/chats/19:anna_nobody@unq.gbl.spaces/messages", &anna, SAY, 404, "NotFound"),
        ("/v1.0/nothing", &anna, SAY, 400, "BadRequest"),
    ] {
        let told = rig.call("POST", path, token, body).await;
        assert_eq!((told.status, &told.json["error"]["code"]), (status, &code.into()), "{path} {body}: {}", told.text);
    }
    let told = rig.call("GET", &format!("{chat}/17"), &anna, "").await;
    assert_eq!(told.status, 404, "{}", told.text);
    assert_eq!(rig.taken(), [""; 0]);
    let open = Rig::open(&world).await;
    let robot = open.app().await;
    let told = open.call("POST", chat, &robot, SAY).await;
    assert_eq!((told.status, &told.json["error"]["code"]), (403, &"Forbidden".into()), "{}", told.text);
    assert_eq!(open.call("GET", chat, &robot, "").await.status, 200, "an application may read");
}

pub(crate) async fn too_many_messages_are_told_how_long_to_wait(world: World) {
    // Windows that no busy machine outlasts.
    let rig = Rig::with(&world, |spec| {
        spec.limits = Limits::Vendor;
        spec.teams.per_app_and_tenant = (3, Span::from_secs(3_600));
        spec.teams.per_channel = (2, Span::from_secs(1_800));
    })
    .await;
    let token = rig.login("anna").await;
    let post = async |path: &str| rig.call("POST", path, &token, SAY).await;
    let channel = "/v1.0/teams/t/channels/c/messages";
    assert_eq!((post(channel).await.status, post(channel).await.status), (201, 201));
    let told = post(channel).await;
    assert_eq!((told.status, &told.json["error"]["code"]), (429, &"TooManyRequests".into()), "{}", told.text);
    let wait: u64 = told.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1_700..=1_800).contains(&wait), "{wait}");
    // The refused one counted against the application's own limit.
    let told = post("/v1.0/chats/19:x@thread.v2/messages").await;
    assert_eq!(told.status, 429, "{}", told.text);
    let answer = vendor::read_answer(&KIND, Capability::Chat, StatusCode::TOO_MANY_REQUESTS, told.text.as_bytes());
    assert_eq!(answer, vendor::Answer::Refused("TooManyRequests".into()));
}
