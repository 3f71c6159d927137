use firedrill::world::World;

use super::rig::Rig;

const Q3: &str = "/v1/documents/q3";

pub(crate) async fn a_document_is_read_and_written_by_its_version(world: World) {
    let rig = Rig::new(&world).await;
    let read = rig.say("GET", Q3, &[], "").await;
    assert_eq!((read.status, &read.json["error"]), (404, &"not_found".into()));
    // Nobody has what is not there.
    let any = rig.say("PUT", Q3, &[("if-match", "*")], r#"{"text":"a"}"#).await;
    assert_eq!((any.status, &any.json["error"]), (412, &"precondition_failed".into()));
    let new = rig.say("PUT", Q3, &[("if-none-match", "*")], r#"{"text":"a"}"#).await;
    assert_eq!((new.status, new.tag.as_deref()), (201, Some("\"store=1\"")));
    assert_eq!(rig.say("PUT", Q3, &[("if-none-match", "*")], r#"{"text":"b"}"#).await.status, 412);
    let read = rig.say("GET", Q3, &[], "").await;
    assert_eq!((read.status, &read.tag, &read.json["text"]), (200, &new.tag, &"a".into()));
    // A weak tag never matches, one of several is enough.
    assert_eq!(rig.say("PUT", Q3, &[("if-match", "W/\"store=1\"")], r#"{"text":"b"}"#).await.status, 412);
    let second = rig.say("PUT", Q3, &[("if-match", "\"x\", \"store=1\"")], r#"{"text":"b"}"#).await;
    assert_eq!((second.status, second.tag.as_deref()), (200, Some("\"store=2\"")));
    let late = rig.say("PUT", Q3, &[("if-match", "\"store=1\"")], r#"{"text":"c"}"#).await;
    assert_eq!(late.status, 412);
    // Without a condition whoever comes last is right.
    assert_eq!(rig.say("PUT", Q3, &[], r#"{"text":"d"}"#).await.tag.as_deref(), Some("\"store=3\""));
    assert_eq!(rig.say("GET", Q3, &[], "").await.json["text"], "d");
}

pub(crate) async fn whoever_is_unknown_is_refused(world: World) {
    let rig = Rig::new(&world).await;
    for token in ["", "Bearer ", "Bearer nobody", "Basic fd-writer-anna"] {
        let request = hyper::Request::builder().uri(Q3).header("host", "x").header("authorization", token);
        let told = rig.ask(request.body(firedrill::vendor::Body::default()).expect("a request")).await;
        assert_eq!((told.status, &told.json["error"]), (401, &"unauthorized".into()), "{token}");
    }
}

pub(crate) async fn what_is_told_by_another_store_is_shown(world: World) {
    let rig = Rig::new(&world).await;
    let text = r#"{"text":"ours"}"#;
    assert_eq!(rig.say("PUT", Q3, &[], text).await.status, 201);
    // Long before anything was written here.
    let news = r#"{"from":"other","documents":[{"document":"q3","version":{"other":1},"modified":1,"by":"other","text":"theirs"}]}"#;
    let told = rig.say("POST", "/v1/sync", &[], news).await;
    assert_eq!((told.status, &told.json["documents"]), (200, &1.into()));
    let read = rig.say("GET", Q3, &[], "").await;
    assert_eq!((&read.json["text"], &read.json["copies"][0]["text"]), (&"ours".into(), &"theirs".into()));
    assert_eq!(read.tag.as_deref(), Some("\"other=1;store=1\""));
    // Whoever had read before that has to look again.
    assert_eq!(rig.say("PUT", Q3, &[("if-match", "\"store=1\"")], text).await.status, 412);
}
