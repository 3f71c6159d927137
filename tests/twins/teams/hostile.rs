//! Whatever is sent to it: an answer, and never a panic.

use firedrill::draw::Seed;
use firedrill::vendor::Body;
use firedrill::world::enter_virtual;
use hyper::Request;
use proptest::prelude::*;

use super::rig::Rig;

/// Something to send.
#[derive(Clone, Debug)]
struct Sent {
    method: &'static str,
    path: String,
    token: Option<String>,
    body: Vec<u8>,
}

/// Parts of which paths that mean something are made, and some that do not.
fn path() -> impl Strategy<Value = String> {
    let known = [
        "v1.0",
        "beta",
        "me",
        "users",
        "anna",
        "chats",
        "19:anna_bert@unq.gbl.spaces",
        "19%3Aa~b%40thread.v2",
        "messages",
        "teams",
        "t",
        "channels",
        "replies",
        "16",
        "1600000000001",
        "subscriptions",
        "reauthorize",
        "onlineMeetings",
        "communications",
        "calls",
        "events",
        "calendar",
        "getAllMessages",
        "revokeSignInSessions",
        "webhookb2",
        "x@y",
        "IncomingWebhook",
        "workflows",
        "triggers",
        "manual",
        "paths",
        "invoke",
        "tenant",
        "oauth2",
        "v2.0",
        "token",
        ".well-known",
        "openid-configuration",
        "common",
        "userrealm",
        "discovery",
        "instance",
        "keys",
        "chats('x')",
        "%",
        "%zz",
        "('",
        "",
    ];
    let whole = prop::sample::select(vec![
        "/v1.0/chats/19:anna_bert@unq.gbl.spaces/messages",
        "/v1.0/teams/t/channels/c/messages/1600000000001/replies",
        "/v1.0/subscriptions",
        "/v1.0/me/onlineMeetings",
        "/v1.0/me/events",
        "/v1.0/communications/calls",
        "/v1.0/users/anna",
        "/webhookb2/a@b/IncomingWebhook/c/d",
        "/workflows/a/triggers/manual/paths/invoke?sig=x",
        "/t/oauth2/v2.0/token",
    ]);
    let parts = prop::collection::vec(prop::sample::select(known.to_vec()), 0..9)
        .prop_map(|parts| format!("/{}", parts.join("/")));
    let query = "(\\?[a-z$%=&0-9'+]{0,20})?";
    prop_oneof![whole.prop_map(str::to_owned), (parts, query).prop_map(|(path, query)| path + &query)]
}

/// Bytes, and JSON that is nearly right.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?[0-9]{1,20}",
        any::<String>().prop_map(|text| serde_json::to_string(&text).expect("JSON")),
        Just("\"2026-01-01T00:01:00Z\"".to_owned()),
        Just("\"created\"".to_owned()),
        Just("\"http://127.0.0.1:1/\"".to_owned()),
        Just("\"chats/getAllMessages\"".to_owned()),
    ];
    let names = prop::sample::select(vec![
        "body",
        "content",
        "contentType",
        "attachments",
        "text",
        "subject",
        "participants",
        "attendees",
        "upn",
        "identity",
        "user",
        "id",
        "emailAddress",
        "address",
        "changeType",
        "notificationUrl",
        "lifecycleNotificationUrl",
        "resource",
        "expirationDateTime",
        "accountEnabled",
        "meetingInfo",
        "joinMeetingId",
        "chatInfo",
        "threadId",
        "msteams",
        "entities",
        "mentioned",
        "transactionId",
    ]);
    let json = leaf.prop_recursive(4, 24, 6, move |inner| {
        let field = (names.clone(), inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            prop::collection::vec(field, 0..6).prop_map(|fields| format!("{{{}}}", fields.join(","))),
            prop::collection::vec(inner, 0..3).prop_map(|values| format!("[{}]", values.join(","))),
        ]
    });
    let form = "(client_id|grant_type|password|username|refresh_token|claims|&|=|%[0-9a-f]{0,2}|[a-z]){0,20}";
    prop_oneof![
        3 => json.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => form.prop_map(String::into_bytes),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    let method = prop::sample::select(vec!["GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "FIND"]);
    let token = prop_oneof![Just(None), Just(Some("anna".to_owned())), "[ -~]{0,30}".prop_map(Some)];
    (method, path(), token, body()).prop_map(|(method, path, token, body)| Sent { method, path, token, body })
}

/// The request, if it can be written at all.
fn request(sent: &Sent) -> Option<Request<Body>> {
    let request = Request::builder().method(sent.method).uri(sent.path.as_str()).header("host", "graph.microsoft.com");
    let request = match &sent.token {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    };
    request.body(Body::from(sent.body.clone())).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_request_has_an_answer(all in prop::collection::vec(sent(), 1..30), fixed: bool) {
        enter_virtual(Seed(1), async |world| {
            let rig = if fixed { Rig::fixed(&world, |_| {}).await } else { Rig::open(&world).await };
            for sent in &all {
                let Some(request) = request(sent) else { continue };
                let told = rig.ask(request).await;
                prop_assert!((200..500).contains(&told.status), "{sent:?}: {} {}", told.status, told.text);
                let is_graph = sent.path.starts_with("/v1.0/") || sent.path.starts_with("/beta/");
                if is_graph && told.status >= 300 {
                    prop_assert!(told.json["error"]["code"].is_string(), "{sent:?}: {}", told.text);
                }
            }
            prop_assert_eq!(rig.twin.tasks().panicked(), Vec::<std::sync::Arc<str>>::new());
            Ok(())
        })
        .expect("a world")?;
    }
}
