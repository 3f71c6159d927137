//! Work notifications.

use firedrill::plan::Capability;
use firedrill::units::Span;
use firedrill::world::World;
use serde_json::{Value, json};

use super::office::{Member, Office, errcode, yes};

const RESULT: &str = "/topapi/message/corpconversation/getsendresult";

async fn result(from: &mut Member, task: &Value) -> Value {
    let asked = json!({ "agent_id": 1, "task_id": task });
    from.old(RESULT, asked).await.json()["send_result"].clone()
}

pub(crate) async fn whoever_is_over_his_quota_is_told_nothing(world: World) {
    let office = Office::limited(&world).await;
    let mut anna = office.member("anna").await;
    let mut bert = office.stream("bert").await;
    let (read, first) = anna.send(Capability::Notice, &["bert", "nobody"], "read me").await;
    assert_eq!(read, yes(), "it says nothing of nobody");
    let (read, second) = anna.send(Capability::Notice, &["bert"], "read me").await;
    assert_eq!((read, errcode(&second)), (yes(), 0), "the same again on one day: a yes, and no message");
    anna.send(Capability::Notice, &["bert"], "the end").await;
    assert_eq!((bert.message().await.as_str(), bert.message().await.as_str()), ("read me", "the end"));
    let told = result(&mut anna, &first.json()["task_id"]).await;
    assert_eq!((&told["invalid_user_id_list"], &told["forbidden_user_id_list"]), (&json!(["nobody"]), &json!([])));
    let told = result(&mut anna, &second.json()["task_id"]).await;
    assert_eq!(told["forbidden_user_id_list"], json!(["bert"]));
    assert_eq!(told["forbidden_list"], json!([{ "code": "143106", "count": 1, "userid": "bert" }]));
    let asked = json!({ "agent_id": 1, "task_id": first.json()["task_id"] });
    let progress = anna.old("/topapi/message/corpconversation/getsendprogress", asked).await.json();
    assert_eq!(progress["progress"], json!({ "progress_in_percent": 100, "status": 2 }));
    assert_eq!(errcode(&anna.old(RESULT, json!({ "agent_id": 1, "task_id": 999 })).await), 40_035);
    let nowhere =
        json!({ "agent_id": 1, "dept_id_list": "1,7", "msg": { "msgtype": "text", "text": { "content": "7" } } });
    let sent = anna.old("/topapi/message/corpconversation/asyncsend_v2", nowhere).await;
    let told = result(&mut anna, &sent.json()["task_id"]).await;
    assert_eq!(told["invalid_dept_id_list"], json!(["7"]), "there is no other than the root");
    assert_eq!(bert.message().await, "7");
    // To everybody, without naming anybody.
    let all = json!({ "agent_id": 1, "to_all_user": true, "msg": { "msgtype": "text", "text": { "content": "all" } } });
    assert_eq!(errcode(&anna.old("/topapi/message/corpconversation/asyncsend_v2", all).await), 0);
    assert_eq!(bert.message().await, "all");
}

pub(crate) async fn a_day_has_its_quota(world: World) {
    let office = Office::limited(&world).await;
    let mut anna = office.member("anna").await;
    // 20 a second are allowed, and 500 a day for one user.
    for n in 0..500 {
        if n % 20 == 19 {
            world.clock.sleep(Span::from_secs(1)).await;
        }
        assert_eq!(anna.send(Capability::Notice, &["bert"], &n.to_string()).await.0, yes());
    }
    world.clock.sleep(Span::from_secs(1)).await;
    let (read, one_more) = anna.send(Capability::Notice, &["bert"], "500").await;
    assert_eq!(read, yes());
    let told = result(&mut anna, &one_more.json()["task_id"]).await;
    assert_eq!(told["forbidden_list"][0]["code"], "143105");
    // The world began at midnight of Greenwich: in Beijing the next day begins 16 hours later.
    world.clock.sleep(Span::from_secs(16 * 3_600)).await;
    let mut anna = office.member("anna").await;
    let (_, next_day) = anna.send(Capability::Notice, &["bert"], "0").await;
    let told = result(&mut anna, &next_day.json()["task_id"]).await;
    assert_eq!((&told["forbidden_list"], &told["unread_user_id_list"]), (&json!([]), &json!(["bert"])));
}
