//! Messages, and hearing of them.

use firedrill::plan::Limits;
use firedrill::units::{Moment, Span};
use firedrill::vendor;
use firedrill::world::World;

use super::rig::{KIND, ROOM, Rig};

pub(crate) async fn a_message_is_taken_once_and_heard(world: World) {
    let rig = Rig::fixed(&world).await;
    let (anna, bert) = (rig.login("anna").await, rig.login("bert").await);
    let told = rig.say(&anna, "%21anna~bert%3Afiredrill.example", "t1", "你好").await;
    let id = told.word("event_id");
    assert_eq!(rig.say(&anna, ROOM, "t1", "again").await.word("event_id"), id, "the same transaction");
    // Of another device it is another one, and so is another transaction.
    let phone = rig.login("anna").await;
    assert_ne!(rig.say(&phone, ROOM, "t1", "from the phone").await.word("event_id"), id);
    assert_ne!(rig.say(&anna, ROOM, "t2", "more").await.word("event_id"), id);
    assert_eq!(rig.taken(), ["chat anna>bert 你好", "chat anna>bert from the phone", "chat anna>bert more"]);
    let heard = rig.call("GET", "v3/sync", &bert, "").await;
    assert_eq!(heard.texts(ROOM), ["你好", "from the phone", "more"]);
    let event = &heard.json["rooms"]["join"][ROOM]["timeline"]["events"][0];
    assert_eq!((&event["event_id"], &event["sender"]), (&id.into(), &"@anna:firedrill.example".into()));
    // The drill's wall clock begins with 2026.
    let began = 1_767_225_600_000;
    let now = began + world.clock.now().since(Moment::ZERO).nanos() / 1_000_000;
    assert!((began..=now).contains(&event["origin_server_ts"].as_u64().expect("a time")), "{event}");
    let since = heard.word("next_batch");
    let none = rig.call("GET", &format!("v3/sync?since={since}"), &bert, "").await;
    assert_eq!((none.texts(ROOM).len(), none.word("next_batch")), (0, since));
    // Whoever lost the answer asks again, and hears it again.
    assert_eq!(rig.call("GET", "v3/sync?since=s1", &bert, "").await.texts(ROOM), ["from the phone", "more"]);
    // Whoever writes to himself is taken for somebody, and hears nothing.
    assert_eq!(rig.say(&anna, "!anna~anna:firedrill.example", "t1", "note").await.status, 200);
    assert!(rig.call("GET", "v3/sync", &anna, "").await.texts("!anna~anna:firedrill.example").is_empty());
    // What was sent is what is told, whatever else stands in it.
    let more = r#"{"msgtype":"m.notice","body":"b","formatted_body":"<b>b</b>","format":"org.matrix.custom.html"}"#;
    let path = format!("v3/rooms/{ROOM}/send/m.room.message/t3");
    assert_eq!(rig.call("PUT", &path, &anna, more).await.status, 200);
    let heard = rig.call("GET", "v3/sync?since=s3", &bert, "").await;
    let content = &heard.json["rooms"]["join"][ROOM]["timeline"]["events"][0]["content"];
    assert_eq!(content, &serde_json::from_str::<serde_json::Value>(more).expect("JSON"));
}

pub(crate) async fn whoever_waits_hears_at_once_and_nobody_waits_for_ever(world: World) {
    let rig = Rig::fixed(&world).await;
    let (anna, bert) = (rig.login("anna").await, rig.login("bert").await);
    let clock = &world.clock;
    let asked = clock.now();
    let empty = rig.call("GET", "v3/sync?since=s0&timeout=300", &bert, "").await;
    assert!(empty.texts(ROOM).is_empty() && clock.now().since(asked) >= Span::from_millis(300), "{empty:?}");
    let asked = clock.now();
    // A minute is many times what a busy machine needs to say something half a second later.
    let waiting = rig.call("GET", "v3/sync?since=s0&timeout=60000", &bert, "");
    let saying = async {
        clock.sleep(Span::from_millis(500)).await;
        rig.say(&anna, ROOM, "t", "now").await
    };
    let (heard, said) = tokio::join!(waiting, saying);
    assert_eq!((said.status, heard.texts(ROOM)), (200, vec!["now"]));
    let took = clock.now().since(asked);
    assert!(took >= Span::from_millis(500) && took < Span::from_secs(60), "{took}");
}

pub(crate) async fn of_too_many_the_latest_are_listed(world: World) {
    let rig = Rig::fixed(&world).await;
    let (anna, bert) = (rig.login("anna").await, rig.login("bert").await);
    for number in 0..103 {
        assert_eq!(rig.say(&anna, ROOM, &number.to_string(), &number.to_string()).await.status, 200);
    }
    let limited = |told: &super::rig::Told| told.json["rooms"]["join"][ROOM]["timeline"]["limited"] == true;
    let first = rig.call("GET", "v3/sync?since=s0", &bert, "").await;
    assert!(limited(&first) && first.texts(ROOM)[0] == "93" && first.texts(ROOM).len() == 10, "ten without a filter");
    // As many as a filter says, and not more than a hundred.
    let of = |limit: u32| {
        format!("v3/sync?since=s0&filter=%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A{limit}%7D%7D%7D")
    };
    assert_eq!(rig.call("GET", &of(1), &bert, "").await.texts(ROOM), ["102"]);
    let most = rig.call("GET", &of(1_000), &bert, "").await;
    assert!(limited(&most) && most.texts(ROOM).len() == 100);
    let last = rig.call("GET", "v3/sync?since=s101", &bert, "").await;
    assert!(!limited(&last) && last.texts(ROOM) == ["101", "102"]);
}

/// As a client does that was told of the latest only: it goes back from there, to where it was before.
pub(crate) async fn what_is_not_listed_is_read_back(world: World) {
    let rig = Rig::fixed(&world).await;
    let (anna, bert) = (rig.login("anna").await, rig.login("bert").await);
    let other = "!anna~bert~carl:firedrill.example";
    for number in 0..400 {
        let room = if number % 40 == 0 { other } else { ROOM };
        assert_eq!(rig.say(&anna, room, &number.to_string(), &number.to_string()).await.status, 200);
    }
    let heard = rig.call("GET", "v3/sync?since=s20", &bert, "").await;
    let timeline = &heard.json["rooms"]["join"][ROOM]["timeline"];
    let latest: Vec<String> = (390..400).map(|number| number.to_string()).collect();
    assert_eq!((heard.texts(ROOM), &timeline["limited"]), (latest.iter().map(String::as_str).collect(), &true.into()));
    let list = async |query: String| rig.call("GET", &format!("v3/rooms/{ROOM}/messages?{query}"), &bert, "").await;
    let texts = |told: &super::rig::Told| {
        let events = told.json["chunk"].as_array().expect("a chunk").clone();
        let said = events.iter().map(|event| event["content"]["body"].as_str().expect("a text").parse::<u32>());
        said.collect::<Result<Vec<_>, _>>().expect("numbers")
    };
    let (mut found, mut from) = (Vec::new(), timeline["prev_batch"].as_str().map(str::to_owned));
    while let Some(at) = from {
        let told = list(format!("dir=b&limit=1000&from={at}&to=s20")).await;
        found.extend(texts(&told));
        assert!(told.status == 200 && found.len() <= 380, "{told:?}");
        from = told.json["end"].as_str().map(str::to_owned);
    }
    // The twentieth was number 19, and each fortieth went into the other room.
    let left_out: Vec<u32> = (20..390).rev().filter(|number| number % 40 != 0).collect();
    assert_eq!(found, left_out);
    // From the end if nobody says from where, ten if nobody says how many; and the other way.
    let latest: Vec<u32> = (390..400).rev().collect();
    assert_eq!(texts(&list("dir=b".into()).await), latest);
    let told = list("dir=f&from=s20&limit=3".into()).await;
    assert_eq!((texts(&told), told.word("end")), (vec![20, 21, 22], "s23".into()));
    assert_eq!(rig.call("GET", &format!("v3/rooms/{ROOM}/messages"), &bert, "").await.status, 400);
    let carl = rig.login("carl").await;
    assert_eq!(rig.call("GET", &format!("v3/rooms/{ROOM}/messages?dir=b"), &carl, "").await.no(), (403, "M_FORBIDDEN"));
}

pub(crate) async fn so_many_and_no_more(world: World) {
    let users = ["anna", "bert"].map(|name| vendor::identity(&KIND, name));
    let rig = Rig::with(&world, |spec| {
        (spec.users, spec.limits) = (Some(users.into()), Limits::Vendor);
        // A minute, so that a busy machine does not earn another message while it sends these.
        spec.matrix.message.every = Span::from_secs(60);
        spec.matrix.login.every = Span::from_secs(600);
    })
    .await;
    let anna = rig.login("anna").await;
    for number in 0..10 {
        assert_eq!(rig.say(&anna, ROOM, &number.to_string(), "x").await.status, 200, "{number}");
    }
    let over = rig.say(&anna, ROOM, "10", "x").await;
    assert_eq!(over.no(), (429, "M_LIMIT_EXCEEDED"));
    let wait = over.json["retry_after_ms"].as_u64().expect("a time");
    assert!((1..=60_000).contains(&wait), "{wait}");
    assert_eq!(rig.say(&anna, ROOM, "9", "x").await.status, 200, "what was taken is acknowledged again");
    assert_eq!(rig.say(&rig.login("bert").await, ROOM, "1", "x").await.status, 200, "each by himself");
    for _ in 0..4 {
        rig.login("anna").await;
    }
    let login = vendor::login_request(&KIND, &vendor::identity(&KIND, "anna")).expect("a password");
    assert_eq!(rig.ask(login).await.no(), (429, "M_LIMIT_EXCEEDED"));
    assert_eq!(rig.taken().len(), 11);
}

pub(crate) async fn what_is_no_message_is_refused(world: World) {
    let rig = Rig::fixed(&world).await;
    let anna = rig.login("anna").await;
    let path = format!("v3/rooms/{ROOM}/send/m.room.message/t");
    for (body, code) in [
        ("", "M_NOT_JSON"),
        ("{", "M_NOT_JSON"),
        ("[]", "M_BAD_JSON"),
        (r#"{"msgtype":"m.text"}"#, "M_BAD_JSON"),
        (r#"{"body":"x"}"#, "M_BAD_JSON"),
        (r#"{"msgtype":"m.text","body":7}"#, "M_BAD_JSON"),
    ] {
        assert_eq!(rig.call("PUT", &path, &anna, body).await.no(), (400, code), "{body}");
    }
    assert_eq!(rig.say(&anna, "!nobody:firedrill.example", "t", "x").await.no(), (403, "M_FORBIDDEN"));
    let reaction = format!("v3/rooms/{ROOM}/send/m.reaction/t");
    assert_eq!(rig.call("PUT", &reaction, &anna, "{}").await.no(), (404, "FIREDRILL_NOT_EMULATED"));
    assert!(rig.taken().is_empty());
}
