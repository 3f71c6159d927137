//! What an auditor reads.

use firedrill::units::Span;
use firedrill::world::World;
use serde_json::Value;

use super::rig::Rig;

fn numbers(page: &Value) -> Vec<u64> {
    let entries = page["entries"].as_array().expect("a list");
    entries.iter().map(|entry| entry["number"].as_u64().expect("a number")).collect()
}

pub(crate) async fn a_trail_is_read_by_the_page(world: World) {
    let rig = Rig::new(&world, &[1, 2]).await;
    let empty = rig.trail("").await;
    assert_eq!((numbers(&empty), &empty["next"], &empty["more"]), (vec![], &0.into(), &false.into()));
    for number in 0..7 {
        assert_eq!(rig.order(number).await.status, 200);
    }
    // It keeps five.
    let all = rig.trail("").await;
    assert_eq!((numbers(&all), &all["next"], &all["more"]), (vec![3, 4, 5, 6, 7], &7.into(), &false.into()));
    let two = rig.trail("?after=3&limit=2").await;
    assert_eq!((numbers(&two), &two["next"], &two["more"]), (vec![4, 5], &5.into(), &true.into()));
    let rest = rig.trail("?after=5&limit=2").await;
    assert_eq!((numbers(&rest), &rest["next"], &rest["more"]), (vec![6, 7], &7.into(), &false.into()));
    // Whoever asks for what is yet to come hears so again.
    let none = rig.trail("?after=18446744073709551615").await;
    assert_eq!((numbers(&none), &none["more"]), (vec![], &false.into()));
    // What was taken already is not taken twice, and is no act.
    assert_eq!(rig.order(6).await.status, 200);
    assert_eq!(rig.trail("?after=7").await["entries"], Value::Array(Vec::new()));
}

pub(crate) async fn nobody_but_an_auditor_reads_it(world: World) {
    let rig = Rig::new(&world, &[1, 2]).await;
    for (user, method, target, status, code) in [
        ("staff-1", "GET", "/v1/audit", 403, "not_auditor"),
        ("nobody", "GET", "/v1/audit", 401, "invalid_token"),
        ("auditor", "POST", "/v1/audit", 404, "unknown_function"),
        ("auditor", "GET", "/v1/audit/1", 404, "unknown_function"),
        ("auditor", "GET", "/v1/audit?after=-1", 400, "bad_request"),
        ("auditor", "GET", "/v1/audit?after=x", 400, "bad_request"),
        ("auditor", "GET", "/v1/audit?after=18446744073709551616", 400, "bad_request"),
        ("auditor", "GET", "/v1/audit?limit=0", 400, "bad_request"),
        // Who audits sends nothing.
        ("auditor", "POST", "/v1/messages", 401, "invalid_token"),
    ] {
        let told = rig.as_user(user, method, target, "").await;
        assert_eq!((told.status, &told.json()["error"]["code"]), (status, &code.into()), "{user} {method} {target}");
    }
}

pub(crate) async fn each_act_is_told_with_how_it_ended(world: World) {
    // Nobody is reached at the first: nothing leaves, and nothing is told of that.
    let rig = Rig::new(&world, &[2]).await;
    world.clock.sleep(Span::from_millis(250)).await;
    assert_eq!(rig.order(4).await.status, 200);
    let page = rig.trail("").await;
    let entry = &page["entries"][0];
    let of = |key: &str| entry[key].clone();
    assert_eq!(
        [of("id"), of("from"), of("class"), of("what"), of("endpoint"), of("outcome")],
        ["fd-0.4", "staff-1", "orders", "sent_on", "second", "acknowledged"]
    );
    assert_eq!(entry["to"], serde_json::json!(["staff-2"]));
    let at = entry["at"].as_str().and_then(firedrill::vendor::wall::read).expect("a moment");
    assert!(at >= firedrill::vendor::wall::DRILL + Span::from_millis(250), "{entry}");

    let rig = Rig::new(&world, &[]).await;
    assert_eq!(rig.order(5).await.status, 503);
    let sent = |user: &str, body: &str| (user.to_owned(), body.to_owned());
    for (user, body) in [
        // No rule fits it, it is another's, and it is for somebody who does not exist.
        sent("others-1", r#"{"id":"fd-0.6","to":["others-1"],"text":""}"#),
        sent("staff-1", r#"{"id":"fd-0.7","from":"staff-2","to":["staff-2"],"text":""}"#),
        sent("staff-1", r#"{"id":"fd-0.8","to":["staff-9"],"text":""}"#),
    ] {
        assert!((400..500).contains(&rig.as_user(&user, "POST", "/v1/messages", &body).await.status), "{body}");
    }
    // Of whom it is not known who he is, nothing is written down.
    assert_eq!(
        rig.as_user("nobody", "POST", "/v1/messages", r#"{"id":"fd-0.9","to":["staff-2"],"text":""}"#).await.status,
        401
    );
    let page = rig.trail("").await;
    let told = page["entries"].as_array().expect("a list").iter();
    let told: Vec<_> = told
        .map(|entry| [&entry["id"], &entry["what"], &entry["reason"]].map(|it| it.as_str().unwrap_or("")))
        .collect();
    assert_eq!(
        told,
        [
            ["fd-0.5", "refused", "refused"],
            ["fd-0.6", "refused", "no_rule"],
            ["fd-0.7", "refused", "not_yours"],
            ["fd-0.8", "refused", "bad_request"],
        ]
    );
}

/// An entry names as many as it can, and a page never grows beyond what an auditor reads.
pub(crate) async fn a_message_to_very_many_makes_no_endless_entry(world: World) {
    let rig = Rig::new(&world, &[1, 2]).await;
    let to = vec!["a-stranger"; 60_000];
    for number in 0..3 {
        let body =
            serde_json::json!({ "id": format!("fd-0.{number}"), "class": "orders", "to": to, "text": "" }).to_string();
        assert!(body.len() < firedrill::limits::BODY_BYTES);
        assert_eq!(rig.as_user("staff-1", "POST", "/v1/messages", &body).await.status, 400);
    }
    // What names itself like no message is in no trail.
    let other = serde_json::json!({ "id": "x".repeat(500_000), "to": ["staff-2"], "text": "" }).to_string();
    assert_eq!(rig.as_user("staff-1", "POST", "/v1/messages", &other).await.status, 400);
    let told = rig.as_user("auditor", "GET", "/v1/audit", "").await;
    assert!(told.body.len() < firedrill::limits::BODY_BYTES, "{}", told.body.len());
    let page = told.json();
    assert_eq!(numbers(&page), [1, 2, 3]);
    let named = page["entries"][0]["to"].as_array().map_or(0, Vec::len);
    // Ten bytes each, with four around them.
    assert_eq!(named, firedrill::limits::TWIN_AUDITED_BYTES / 14);
}
