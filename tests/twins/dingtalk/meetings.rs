//! Meetings and calendars.

use firedrill::plan::Capability;
use firedrill::units::Span;
use firedrill::vendor;
use firedrill::world::World;
use serde_json::{Value, json};

use super::office::{MAINLAND, Member, Office, code, request, yes};

async fn opened(from: &mut Member, to: &[&str]) -> String {
    let (_, sent) = from.send(Capability::Meeting, to, "a call").await;
    vendor::sent_id(&MAINLAND, Capability::Meeting, &sent.body).expect("a meeting")
}

fn path(id: &str, what: &str) -> String {
    format!("/v1.0/conference/videoConferences/{id}{what}")
}

async fn info(from: &mut Member, id: &str) -> Value {
    from.get(&path(id, "")).await.json()["confInfo"].clone()
}

fn invited(user: &str) -> Value {
    json!({ "unionId": "anna", "inviteeList": [{ "unionId": user, "nick": user }], "phoneInviteeList": [] })
}

pub(crate) async fn nobody_enters_a_locked_meeting(world: World) {
    let office = Office::free(&world).await;
    let (mut anna, mut bert) = (office.member("anna").await, office.member("bert").await);
    let id = opened(&mut anna, &["bert"]).await;
    let lock = |action: &str| json!({ "action": action });
    assert_eq!(code(&bert.post(&path(&id, "/lock"), lock("lock")).await), (403, "noPermission".into()), "not his");
    assert_eq!(code(&anna.post(&path(&id, "/lock"), lock("shut")).await), (400, "commandError".into()));
    assert_eq!(anna.post(&path(&id, "/lock"), lock("lock")).await.json(), json!({ "success": true }));
    let no = anna.post(&path(&id, "/users/invite"), invited("carl")).await;
    assert_eq!(code(&no), (403, "noPermission".into()));
    assert_eq!(info(&mut anna, &id).await["activeNum"], 2);
    anna.post(&path(&id, "/lock"), lock("unlock")).await;
    // Ids come percent-encoded as well.
    let encoded = id.replace('-', "%2D");
    assert_eq!(anna.post(&path(&encoded, "/users/invite"), invited("carl")).await.status, 200);
    assert_eq!(info(&mut anna, &id).await["activeNum"], 3);
}

pub(crate) async fn heads_are_counted(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let id = opened(&mut anna, &["bert", "carl"]).await;
    let whole = info(&mut anna, &id).await;
    assert_eq!((&whole["activeNum"], &whole["status"], &whole["title"]), (&json!(3), &json!(2), &json!("a call")));
    let kick = json!({ "userList": [{ "unionId": "carl" }], "forbiddenRejoin": true });
    assert_eq!(anna.post(&path(&id, "/members/kick"), kick).await.status, 200);
    assert_eq!(info(&mut anna, &id).await["activeNum"], 2);
    let back = anna.post(&path(&id, "/users/invite"), invited("carl")).await;
    assert_eq!(code(&back), (403, "noPermission".into()), "he may not come back");
    let members = anna.get(&path(&id, "/members?maxResults=20")).await.json();
    let of = |user: &str| {
        let all = members["memberModels"].as_array().expect("members");
        all.iter().find(|member| member["unionId"] == user).expect("a member").clone()
    };
    assert_eq!((&of("carl")["attendStatus"], &of("bert")["attendStatus"]), (&json!(5), &json!(3)));
    assert_eq!((&of("anna")["host"], &of("bert")["host"]), (&json!(true), &json!(false)));
    assert_eq!(anna.call("DELETE", &path(&id, "?unionId=anna"), Value::Null).await.status, 200);
    assert_eq!(info(&mut anna, &id).await["status"], 1);
    assert_eq!(code(&anna.post(&path(&id, "/users/invite"), invited("dora")).await), (400, "confClosed".into()));
    assert_eq!(code(&anna.get(&path("fdconf-999", "")).await), (404, "roomNotFound".into()));
    let nobody = json!({ "userId": "anna", "confTitle": "x", "inviteUserIds": ["nobody"] });
    assert_eq!(code(&anna.post("/v1.0/conference/videoConferences", nobody).await), (400, "unknownUserError".into()));
    let later = json!({ "creatorUnionId": "anna", "title": "x", "startTime": 1, "endTime": 2 });
    let later = anna.post("/v1.0/conference/scheduleConferences", later).await.json();
    assert!(later["scheduleConferenceId"].is_string());
}

pub(crate) async fn an_event_with_a_key_is_entered_once(world: World) {
    let office = Office::limited(&world).await;
    let mut anna = office.member("anna").await;
    let mut bert = office.stream("bert").await;
    let (_, first) = anna.send(Capability::Calendar, &["bert"], "review").await;
    let (_, again) = anna.send(Capability::Calendar, &["bert"], "review").await;
    assert_eq!(first.json()["id"], again.json()["id"], "one message, one key, one event");
    let body = json!({ "summary": "another", "start": { "date": "2026-01-02" }, "attendees": [{ "id": "bert" }] });
    let mut keyless = request("POST", "/v1.0/calendar/users/anna/calendars/primary/events", Some(&anna.token), &body);
    let third = anna.line.ask(keyless).await;
    assert_ne!(third.json()["id"], first.json()["id"]);
    assert_eq!((bert.message().await.as_str(), bert.message().await.as_str()), ("review", "another"));
    keyless = request("POST", "/v1.0/calendar/users/nobody/calendars/primary/events", Some(&anna.token), &body);
    assert_eq!(code(&anna.line.ask(keyless).await), (400, "permissionDeny".into()));
}

/// A try that was refused has not used its key up: nothing was entered, and nothing else may be said to a second try.
pub(crate) async fn an_event_that_is_refused_is_refused_again(world: World) {
    let office = Office::limited(&world).await;
    let mut anna = office.member("anna").await;
    let body = json!({ "summary": "another", "start": { "date": "2026-01-02" }, "attendees": [{ "id": "bert" }] });
    let path = "/v1.0/calendar/users/anna/calendars/primary/events";
    // A hundred a day, and twenty calls a second.
    for n in 0..100 {
        if n % 20 == 19 {
            world.clock.sleep(Span::from_secs(1)).await;
        }
        assert_eq!(anna.post(path, body.clone()).await.status, 200, "{n}");
    }
    world.clock.sleep(Span::from_secs(1)).await;
    for _ in 0..2 {
        let (_, refused) = anna.send(Capability::Calendar, &["bert"], "one too many").await;
        assert_eq!(code(&refused), (400, "flowLimit".into()));
    }
    world.clock.sleep(Span::from_secs(86_400)).await;
    let mut anna = office.member("anna").await;
    assert_eq!(anna.send(Capability::Calendar, &["bert"], "one too many").await.0, yes());
    assert_eq!(office.taken().len(), 101);
}
