//! Logins, and who is in which room.

use firedrill::vendor;
use firedrill::world::World;

use super::rig::{KIND, ROOM, Rig};

pub(crate) async fn a_password_gives_a_token_until_it_is_taken_back(world: World) {
    let rig = Rig::fixed(&world).await;
    let flows = rig.call("GET", "v3/login", "", "").await;
    assert_eq!(flows.json["flows"][0]["type"], "m.login.password");
    assert!(rig.call("GET", "versions", "", "").await.json["versions"].is_array());
    let token = rig.login("anna").await;
    let who = rig.call("GET", "v3/account/whoami", &token, "").await;
    assert_eq!((who.status, who.word("user_id").as_str()), (200, "@anna:firedrill.example"));
    // By the whole id, from the same device: its earlier token is none any more.
    let login = |password: &str| {
        format!(
            r#"{{"type":"m.login.password","identifier":{{"type":"m.id.user","user":"@anna:firedrill.example"}},"password":"{password}","device_id":"PHONE"}}"#
        )
    };
    let first = rig.call("POST", "v3/login", "", &login("fd-password-anna")).await;
    assert_eq!(
        (first.word("user_id").as_str(), first.word("device_id").as_str()),
        ("@anna:firedrill.example", "PHONE")
    );
    let second = rig.call("POST", "v3/login", "", &login("fd-password-anna")).await.word("access_token");
    let earlier = rig.call("GET", "v3/account/whoami", &first.word("access_token"), "").await;
    assert_eq!((earlier.no(), &earlier.json["soft_logout"]), ((401, "M_UNKNOWN_TOKEN"), &false.into()));
    assert_eq!(rig.call("POST", "v3/login", "", &login("other")).await.no(), (403, "M_FORBIDDEN"));
    // One token is given back, and then all of them.
    assert_eq!(rig.call("POST", "v3/logout", &second, "{}").await.status, 200);
    assert_eq!(rig.call("GET", "v3/account/whoami", &second, "").await.no(), (401, "M_UNKNOWN_TOKEN"));
    assert_eq!(rig.call("GET", "v3/account/whoami", &token, "").await.status, 200);
    let other = rig.login("anna").await;
    assert_eq!(rig.call("POST", "v3/logout/all", &other, "").await.status, 200);
    for gone in [&token, &other] {
        assert_eq!(rig.call("GET", "v3/account/whoami", gone, "").await.no(), (401, "M_UNKNOWN_TOKEN"));
    }
}

pub(crate) async fn whoever_is_nobody_is_told_so(world: World) {
    let rig = Rig::fixed(&world).await;
    assert_eq!(rig.call("GET", "v3/account/whoami", "", "").await.no(), (401, "M_MISSING_TOKEN"));
    for token in ["anna", "fd-syt-1", "fd-password-anna", "x"] {
        assert_eq!(rig.call("GET", "v3/sync", token, "").await.no(), (401, "M_UNKNOWN_TOKEN"), "{token}");
    }
    let dora = r#"{"type":"m.login.password","user":"dora","password":"fd-password-dora"}"#;
    assert_eq!(rig.call("POST", "v3/login", "", dora).await.no(), (403, "M_FORBIDDEN"));
    assert_eq!(rig.call("POST", "v3/login", "", r#"{"type":"m.login.token"}"#).await.no(), (400, "M_UNKNOWN"));
    assert_eq!(rig.call("POST", "v3/login", "", "[").await.no(), (400, "M_BAD_JSON"));
    assert_eq!(rig.call("GET", "v3/sync?since=what", &rig.login("anna").await, "").await.no(), (400, "M_BAD_JSON"));
    assert_eq!(rig.call("GET", "v3/keys/changes", "", "").await.no(), (404, "FIREDRILL_NOT_EMULATED"));
    assert_eq!(rig.call("DELETE", "v3/login", "", "").await.no(), (405, "M_UNRECOGNIZED"));
    // Where anybody may come he exists when named, and a token is a user of its name.
    let open = Rig::with(&world, |_| {}).await;
    let told = open.call("GET", "v3/account/whoami", "dora", "").await;
    assert_eq!(told.word("user_id"), "@dora:firedrill.example");
    // Of a user who was named with a token at the start it is the only way in.
    let given = Rig::with(&world, |spec| {
        let carl =
            vendor::Identity { key: "syt_real".into(), secret: String::new(), ..vendor::identity(&KIND, "carl") };
        spec.users = Some(vec![carl]);
    });
    let told = given.await.call("GET", "v3/account/whoami", "syt_real", "").await;
    assert_eq!(told.word("user_id"), "@carl:firedrill.example");
}

pub(crate) async fn rooms_are_made_entered_and_left(world: World) {
    let rig = Rig::fixed(&world).await;
    let (anna, bert, carl) = (rig.login("anna").await, rig.login("bert").await, rig.login("carl").await);
    let made = rig.call("POST", "v3/createRoom", &anna, r#"{"invite":["@bert:firedrill.example"]}"#).await;
    let room = made.word("room_id");
    assert_eq!(rig.say(&bert, &room, "1", "too early").await.no(), (403, "M_FORBIDDEN"));
    // Whoever is asked in hears of it, once.
    let heard = rig.call("GET", "v3/sync", &bert, "").await;
    let state = &heard.json["rooms"]["invite"][&room]["invite_state"]["events"][0];
    assert_eq!(
        (&state["content"]["membership"], &state["sender"]),
        (&"invite".into(), &"@anna:firedrill.example".into())
    );
    let since = heard.word("next_batch");
    let again = rig.call("GET", &format!("v3/sync?since={since}"), &bert, "").await;
    assert_eq!(again.json["rooms"]["invite"], serde_json::json!({}));
    assert_eq!(rig.call("POST", &format!("v3/join/{room}"), &carl, "{}").await.no(), (403, "M_FORBIDDEN"));
    assert_eq!(rig.call("POST", &format!("v3/rooms/{room}/join"), &bert, "{}").await.word("room_id"), room);
    let members = rig.call("GET", &format!("v3/rooms/{room}/joined_members"), &anna, "").await;
    let names: Vec<_> = members.json["joined"].as_object().expect("members").keys().cloned().collect();
    assert_eq!(names, ["@anna:firedrill.example", "@bert:firedrill.example"]);
    assert_eq!(rig.call("GET", &format!("v3/rooms/{room}/joined_members"), &carl, "").await.no(), (403, "M_FORBIDDEN"));
    assert_eq!(rig.say(&bert, &room, "1", "here").await.status, 200);
    let heard = rig.call("GET", "v3/sync", &anna, "").await;
    assert_eq!(heard.texts(&room), ["here"]);
    let state = heard.json["rooms"]["join"][&room]["state"]["events"].as_array().expect("state").len();
    assert_eq!(state, 2, "who is in it is told with the first look: {heard:?}");
    assert_eq!(rig.call("GET", "v3/joined_rooms", &anna, "").await.json["joined_rooms"][0], room);
    // Whoever has left says nothing there, and may be asked in again.
    assert_eq!(rig.call("POST", &format!("v3/rooms/{room}/leave"), &bert, "").await.status, 200);
    assert_eq!(rig.say(&bert, &room, "2", "gone").await.no(), (403, "M_FORBIDDEN"));
    let who = r#"{"user_id":"@carl:firedrill.example"}"#;
    assert_eq!(rig.call("POST", &format!("v3/rooms/{room}/invite"), &bert, who).await.no(), (403, "M_FORBIDDEN"));
    assert_eq!(rig.call("POST", &format!("v3/rooms/{room}/invite"), &anna, who).await.status, 200);
    assert_eq!(rig.call("POST", &format!("v3/join/{room}"), &carl, "").await.status, 200);
    // A room whose id names its members needs no making, and a stranger is none of them.
    assert_eq!(rig.say(&anna, ROOM, "3", "as we are").await.status, 200);
    assert_eq!(rig.say(&carl, ROOM, "3", "not he").await.no(), (403, "M_FORBIDDEN"));
    assert_eq!(rig.taken(), ["chat bert>anna here", "chat anna>bert as we are"]);
}
