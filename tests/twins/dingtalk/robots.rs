//! Robot messages: to single users and into groups.

use firedrill::plan::Capability;
use firedrill::vendor::{self, Answer};
use firedrill::world::World;
use serde_json::json;

use super::office::{DIRECT, MAINLAND, Office, code, direct, yes};

pub(crate) async fn a_part_can_fail_inside_a_200(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let answered = anna.post(DIRECT, direct(&["bert", "nobody"], "order 1")).await;
    let body = answered.json();
    assert_eq!((answered.status, &body["invalidStaffIdList"]), (200, &json!(["nobody"])));
    assert_eq!(body["flowControlledStaffIdList"], json!([]));
    let (read, _) = anna.send(Capability::Chat, &["bert", "nobody"], "order 2").await;
    assert_eq!(read, Answer::Acknowledged { declined: vec!["nobody".into()] });
    let mut bert = office.stream("bert").await;
    assert_eq!((bert.message().await.as_str(), bert.message().await.as_str()), ("order 1", "order 2"));
    let mut wrong = direct(&["bert"], "x");
    wrong["robotCode"] = json!("dingnobody");
    assert_eq!(code(&anna.post(DIRECT, wrong).await), (400, "invalidParameter.robotCode.notExsit".into()));
}

pub(crate) async fn it_can_be_asked_who_has_read(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let to = ["bert", "carl"];
    for capability in [Capability::Chat, Capability::Group, Capability::Notice] {
        let (_, sent) = anna.send(capability, &to, "order").await;
        assert_eq!(anna.readers(capability, &to, &sent).await, [""; 0], "{capability:?}");
        let mut carl = office.stream("carl").await;
        let pushed = carl.next().await.expect("a frame");
        assert_eq!(anna.readers(capability, &to, &sent).await, [""; 0], "pushed, and not acknowledged");
        carl.acknowledge(&pushed).await;
        // The acknowledgement is a frame of another connection, which has no answer: its effect is waited for.
        while anna.readers(capability, &to, &sent).await != ["carl"] {}
    }
    // Nobody else can ask.
    let (_, sent) = anna.send(Capability::Chat, &to, "order").await;
    let id = vendor::sent_id(&MAINLAND, Capability::Chat, &sent.body).expect("an id");
    let mut bert = office.member("bert").await;
    let path = format!("/v1.0/robot/oToMessages/readStatus?robotCode=dingfdanna&processQueryKey={id}");
    assert_eq!(bert.get(&path).await.status, 400);
}

pub(crate) async fn what_is_taken_back_is_never_read(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let (_, sent) = anna.send(Capability::Chat, &["bert"], "wrong").await;
    let key = sent.json()["processQueryKey"].clone();
    let recall = json!({ "robotCode": "dingfdanna", "processQueryKeys": [key, "fd00"] });
    let answered = anna.post("/v1.0/robot/otoMessages/batchRecall", recall.clone()).await.json();
    assert_eq!(answered["successResult"], json!([key]));
    assert!(answered["failedResult"]["fd00"].is_string());
    let again = anna.post("/v1.0/robot/otoMessages/batchRecall", recall).await.json();
    assert_eq!(again["successResult"], json!([]));
    let path =
        format!("/v1.0/robot/oToMessages/readStatus?robotCode=x&processQueryKey={}", key.as_str().expect("a key"));
    let told = anna.get(&path).await.json();
    let of = &told["messageReadInfoList"][0];
    assert_eq!((&told["sendStatus"], &of["readStatus"]), (&json!("RECALLED"), &json!("UNREAD")), "{told}");
    anna.send(Capability::Chat, &["bert"], "right").await;
    assert_eq!(office.stream("bert").await.message().await, "right");
}

pub(crate) async fn what_is_taken_back_is_not_pushed_again(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let mut bert = office.stream("bert").await;
    let (_, sent) = anna.send(Capability::Chat, &["bert"], "wrong").await;
    // It is pushed, and the connection breaks before it is acknowledged.
    bert.next().await.expect("a frame");
    let key = sent.json()["processQueryKey"].clone();
    let recall = json!({ "robotCode": "dingfdanna", "processQueryKeys": [key] });
    let answered = anna.post("/v1.0/robot/otoMessages/batchRecall", recall).await.json();
    assert_eq!(answered["successResult"], json!([key]));
    drop(bert);
    let mut bert = office.stream("bert").await;
    anna.send(Capability::Chat, &["bert"], "right").await;
    assert_eq!(bert.message().await, "right");
}

pub(crate) async fn whoever_is_named_twice_is_told_once(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let mut bert = office.stream("bert").await;
    let group = json!({ "robotCode": "dingfdanna", "openConversationId": "cidbert,anna,bert==", "msgKey": "sampleText",
        "msgParam": "{\"content\":\"group\"}" });
    assert_eq!(anna.post("/v1.0/robot/groupMessages/send", group).await.status, 200);
    for capability in [Capability::Chat, Capability::Webhook, Capability::Meeting, Capability::Calendar] {
        assert_eq!(anna.send(capability, &["bert", "bert"], capability.name()).await.0, yes(), "{capability:?}");
    }
    for text in ["group", "chat", "webhook", "meeting", "calendar"] {
        assert_eq!(bert.message().await, text);
    }
    assert!(office.taken().iter().all(|(_, recipients)| recipients == "bert"), "{:?}", office.taken());
    let answered = anna.post(DIRECT, direct(&["nobody", "nobody"], "x")).await.json();
    assert_eq!(answered["invalidStaffIdList"], json!(["nobody"]));
}

pub(crate) async fn the_ledger_has_the_id_that_the_sender_was_told(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let mut told = Vec::new();
    for capability in [
        Capability::Chat,
        Capability::Group,
        Capability::Notice,
        Capability::Approval,
        Capability::Meeting,
        Capability::Calendar,
    ] {
        let (_, sent) = anna.send(capability, &["bert"], "x").await;
        told.push(vendor::sent_id(&MAINLAND, capability, &sent.body).unwrap_or_else(|| panic!("{sent:?}")));
    }
    let taken: Vec<_> = office.taken().into_iter().map(|(id, _)| id).collect();
    assert_eq!(taken, told);
}

pub(crate) async fn a_group_hears_it_all_but_its_sender(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let (mut bert, mut carl) = (office.stream("bert").await, office.stream("carl").await);
    assert_eq!(anna.send(Capability::Group, &["carl", "bert"], "to all").await.0, yes());
    let frame = bert.raw().await;
    let data: serde_json::Value = serde_json::from_str(frame["data"].as_str().expect("a text")).expect("JSON");
    assert_eq!((&data["conversationType"], &data["conversationId"]), (&json!("2"), &json!("cidanna,bert,carl==")));
    assert_eq!((&data["senderStaffId"], &data["text"]["content"]), (&json!("anna"), &json!("to all")));
    assert_eq!(carl.message().await, "to all");
    // The same group on the old gateway.
    let old = json!({ "chatid": "chatanna,carl", "msg": { "msgtype": "text", "text": { "content": "old" } } });
    assert!(anna.old("/chat/send", old.clone()).await.json()["messageId"].is_string());
    assert_eq!(carl.message().await, "old");
    let mut bert = office.member("bert").await;
    assert_eq!(super::office::errcode(&bert.old("/chat/send", old).await), 34_007);
    let nobody = json!({ "robotCode": "dingfdanna", "openConversationId": "cidnobody==", "msgKey": "sampleText",
        "msgParam": "{\"content\":\"x\"}" });
    let no = anna.post("/v1.0/robot/groupMessages/send", nobody).await;
    assert_eq!(code(&no), (400, "conversation.org.notMatch".into()));
}

pub(crate) async fn what_a_client_sends_arrives(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let mut bert = office.stream("bert").await;
    let sent = [
        Capability::Chat,
        Capability::Group,
        Capability::Notice,
        Capability::Webhook,
        Capability::Approval,
        Capability::Meeting,
        Capability::Calendar,
    ];
    for capability in sent {
        let text = format!("{capability:?} 订单 \"17\"");
        assert_eq!(anna.send(capability, &["bert"], &text).await.0, yes(), "{capability:?}");
        assert_eq!(bert.message().await, text);
    }
    // A document has no recipient.
    assert_eq!(anna.send(Capability::Ocr, &[], "invoice 17").await.0, yes());
}
