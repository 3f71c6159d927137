//! People, their meetings and their calendars.

use firedrill::plan::Capability;
use firedrill::vendor;
use firedrill::world::World;

use super::rig::{KIND, Rig};

pub(crate) async fn people_are_looked_up_and_shut_out(world: World) {
    let rig = Rig::fixed(&world, |spec| {
        let robot = vendor::Identity {
            user: "robot".into(),
            key: "robot".into(),
            secret: "secret".into(),
            webhook: String::new(),
        };
        spec.users.as_mut().expect("users").push(robot);
    })
    .await;
    let (anna, robot) = (rig.login("anna").await, rig.app().await);
    let told = rig.call("GET", "/v1.0/me", &anna, "").await;
    assert_eq!((&told.json["id"], &told.json["userPrincipalName"]), (&"anna".into(), &"anna@firedrill.example".into()));
    assert!(told.json["accountEnabled"].is_null(), "only for whoever asks");
    for name in ["bert", "bert@firedrill.example", "bert%40firedrill.example"] {
        let told = rig.call("GET", &format!("/v1.0/users/{name}?$select=id,accountEnabled"), &anna, "").await;
        assert_eq!((told.status, &told.json["id"], &told.json["accountEnabled"]), (200, &"bert".into(), &true.into()));
    }
    let told = rig.call("GET", "/v1.0/users/nobody", &anna, "").await;
    assert_eq!((told.status, &told.json["error"]["code"]), (404, &"Request_ResourceNotFound".into()), "{}", told.text);
    let told = rig.call("GET", "/v1.0/me", &robot, "").await;
    assert_eq!((told.status, &told.json["error"]["code"]), (400, &"BadRequest".into()), "{}", told.text);
    let off = r#"{"accountEnabled":false}"#;
    let told = rig.call("PATCH", "/v1.0/users/bert", &anna, off).await;
    assert_eq!(
        (told.status, &told.json["error"]["code"]),
        (403, &"Authorization_RequestDenied".into()),
        "{}",
        told.text
    );
    assert_eq!(rig.call("PATCH", "/v1.0/users/bert", &robot, off).await.status, 204);
    let told = rig.call("GET", "/v1.0/users/bert?$select=accountEnabled", &anna, "").await;
    assert_eq!(told.json["accountEnabled"], false, "{}", told.text);
    assert_eq!(rig.call("PATCH", "/v1.0/users/bert", &robot, "{}").await.status, 400);
    assert_eq!(rig.call("PATCH", "/v1.0/users/nobody", &robot, off).await.status, 404);
}

pub(crate) async fn a_meeting_is_called_joined_and_called_off(world: World) {
    let rig = Rig::fixed(&world, |_| {}).await;
    let told = rig.send("anna", Capability::Meeting, &["bert", "carl"], "prices").await;
    assert_eq!(told.status, 201, "{}", told.text);
    assert_eq!(told.json["participants"]["attendees"].as_array().map(Vec::len), Some(2), "{}", told.text);
    assert_eq!(rig.taken(), ["meeting anna>bert,carl prices"]);
    let id = vendor::sent_id(&KIND, Capability::Meeting, told.text.as_bytes()).expect("an id");
    let bert = rig.login("bert").await;
    let join = |id: &str| format!(r#"{{"meetingInfo":{{"joinMeetingId":"{id}"}}}}"#);
    assert_eq!(rig.call("POST", "/v1.0/communications/calls", &bert, &join(&id)).await.status, 201);
    assert_eq!(rig.call("POST", "/v1.0/communications/calls", &bert, &join("9")).await.status, 404);
    let anna = rig.login("anna").await;
    let told = rig.call("GET", &format!("/v1.0/me/onlineMeetings/{id}"), &anna, "").await;
    assert_eq!((told.status, &told.json["subject"]), (200, &"prices".into()), "{}", told.text);
    assert_eq!(rig.call("GET", &format!("/v1.0/users/anna/onlineMeetings/{id}"), &bert, "").await.status, 403);
    assert_eq!(rig.call("DELETE", &format!("/v1.0/me/onlineMeetings/{id}"), &anna, "").await.status, 204);
    assert_eq!(rig.call("GET", &format!("/v1.0/me/onlineMeetings/{id}"), &anna, "").await.status, 404);
    assert_eq!(rig.call("POST", "/v1.0/communications/calls", &bert, &join(&id)).await.status, 404, "it is off");
    let told = rig.send("anna", Capability::Meeting, &["nobody"], "x").await;
    assert_eq!(told.status, 404, "{}", told.text);
}

pub(crate) async fn an_event_is_entered_once(world: World) {
    let rig = Rig::fixed(&world, |_| {}).await;
    let first = rig.send("anna", Capability::Calendar, &["bert"], "prices").await;
    assert_eq!((first.status, &first.json["body"]["content"]), (201, &"prices".into()), "{}", first.text);
    let again = rig.send("anna", Capability::Calendar, &["bert"], "prices").await;
    assert_eq!((again.status, &again.json["id"]), (201, &first.json["id"]), "the same key, the same event");
    assert_eq!(rig.taken(), ["calendar anna>bert prices"]);
    let anna = rig.login("anna").await;
    let body = r#"{"subject":"x","attendees":[{"emailAddress":{"address":"carl@firedrill.example"}},{"emailAddress":{"address":"dora@elsewhere.example"}}]}"#;
    let told = rig.call("POST", "/v1.0/me/calendar/events", &anna, body).await;
    assert_eq!(told.status, 201, "{}", told.text);
    assert_eq!(rig.taken()[1], "calendar anna>carl x");
    let id = told.json["id"].as_str().expect("an id");
    assert_eq!(rig.call("GET", &format!("/v1.0/me/events/{id}"), &anna, "").await.status, 200);
}

/// Whoever is given a token by the file that says who exists has it.
pub(crate) async fn a_token_that_was_named_at_the_start_is_good(world: World) {
    let rig = Rig::fixed(&world, |spec| {
        let named = |user: &str, key: &str, secret: &str| vendor::Identity {
            user: user.into(),
            key: key.into(),
            secret: secret.into(),
            webhook: String::new(),
        };
        let users = spec.users.as_mut().expect("users");
        users.extend([named("dora", "eyJ0", ""), named("robot", "robot", "secret")]);
    })
    .await;
    let told = rig.call("GET", "/v1.0/me", "eyJ0", "").await;
    assert_eq!((told.status, &told.json["id"]), (200, &"dora".into()), "{}", told.text);
    for token in ["robot", "fd-refresh-anna", "dora", "fd-access-+1"] {
        assert_eq!(rig.call("GET", "/v1.0/me", token, "").await.status, 401, "{token}");
    }
    let robot = rig.app().await;
    let off = r#"{"accountEnabled":false}"#;
    assert_eq!(rig.call("PATCH", "/v1.0/users/dora", &robot, off).await.status, 204);
    assert_eq!(rig.call("GET", "/v1.0/me", "eyJ0", "").await.status, 401);
}
