//! Whatever is sent to it: an answer, and never a panic.

use firedrill::draw::Seed;
use firedrill::vendor::Body;
use firedrill::world::enter_virtual;
use hyper::Request;
use proptest::prelude::*;

use super::rig::Rig;

fn path() -> impl Strategy<Value = String> {
    let known = [
        "_matrix",
        "client",
        "v3",
        "r0",
        "v1",
        "login",
        "logout",
        "all",
        "account",
        "whoami",
        "sync",
        "createRoom",
        "join",
        "rooms",
        "invite",
        "leave",
        "joined_members",
        "joined_rooms",
        "messages",
        "send",
        "m.room.message",
        "t",
        "user",
        "filter",
        "profile",
        "versions",
        "!anna~bert:firedrill.example",
        "%21anna~bert%3Afiredrill.example",
        "!fd-room-1:firedrill.example",
        "!fd-room-18446744073709551616:firedrill.example",
        "%",
        "%zz",
        "~",
        "",
        "_synapse",
        "admin",
    ];
    let whole = prop::sample::select(vec![
        "/_matrix/client/v3/login",
        "/_matrix/client/v3/createRoom",
        "/_matrix/client/v3/sync",
        "/_matrix/client/v3/rooms/!anna~bert:firedrill.example/messages",
        "/_matrix/client/v3/rooms/!anna~bert:firedrill.example/send/m.room.message/t",
        "/_matrix/client/v3/rooms/!fd-room-1:firedrill.example/invite",
    ]);
    let parts = prop::collection::vec(prop::sample::select(known.to_vec()), 0..9)
        .prop_map(|parts| format!("/{}", parts.join("/")));
    let query = "(\\?(since=s?[0-9]{0,21}|dir=[bf]&|from=s[0-9]{0,21}&|to=s?[0-9]{0,21}&|limit=[0-9]{0,21}&|timeout=[0-9]{0,2}|filter=%7B%22room%22:[0-9%BD]{0,9}|access_token=anna|&|[a-z=]){0,6})?";
    (prop_oneof![whole.prop_map(str::to_owned), parts], query).prop_map(|(path, query)| path + &query)
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("\"m.login.password\"".to_owned()),
        Just("\"@anna:firedrill.example\"".to_owned()),
        "-?[0-9]{1,20}",
        any::<String>().prop_map(|text| serde_json::to_string(&text).expect("JSON")),
    ];
    let names = prop::sample::select(vec![
        "type",
        "identifier",
        "user",
        "password",
        "device_id",
        "msgtype",
        "body",
        "invite",
        "user_id",
        "preset",
    ]);
    let json = leaf.prop_recursive(3, 16, 5, move |inner| {
        let field = (names.clone(), inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            prop::collection::vec(field, 0..6).prop_map(|fields| format!("{{{}}}", fields.join(","))),
            prop::collection::vec(inner, 0..3).prop_map(|values| format!("[{}]", values.join(","))),
        ]
    });
    prop_oneof![json.prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..40)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn anything_is_answered(
        sent in prop::collection::vec((prop::sample::select(vec!["GET", "POST", "PUT"]), path(), any::<bool>(), body()), 1..12)
    ) {
        enter_virtual(Seed(5), async |world| {
            let rig = Rig::with(&world, |_| {}).await;
            for (method, path, known, body) in sent {
                let request = Request::builder().method(method).uri(&path).header("host", "x");
                let request = if known { request.header("authorization", "Bearer anna") } else { request };
                // What is no path at all is not sent.
                let Ok(request) = request.body(Body::from(body)) else { continue };
                let told = rig.ask(request).await;
                assert!(told.status < 500 && told.json.is_object(), "{method} {path}: {told:?}");
            }
        })
        .expect("a virtual world");
    }
}
