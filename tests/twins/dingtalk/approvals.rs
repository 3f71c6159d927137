//! Approvals.

use firedrill::units::Span;
use firedrill::world::World;
use serde_json::{Value, json};

use super::office::{Member, Office, code};

const APPROVALS: &str = "/v1.0/workflow/processInstances";

fn start(stages: &Value) -> Value {
    json!({ "originatorUserId": "anna", "processCode": "PROC-1", "deptId": -1, "approvers": stages,
        "formComponentValues": [{ "name": "reason", "value": "order 17", "details": [] }] })
}

async fn started(from: &mut Member, stages: &Value) -> String {
    let answered = from.post(APPROVALS, start(stages)).await.json();
    answered["instanceId"].as_str().unwrap_or_else(|| panic!("{answered}")).to_owned()
}

async fn get(from: &mut Member, id: &str) -> Value {
    let whole = from.get(&format!("{APPROVALS}?processInstanceId={id}")).await.json();
    assert_eq!(whole["success"], "true");
    whole["result"].clone()
}

/// Somebody's task is decided.
async fn decide(from: &mut Member, id: &str, user: &str, result: &str) -> (u16, String) {
    let whole = get(from, id).await;
    let tasks = whole["tasks"].as_array().expect("tasks");
    let task = tasks.iter().find(|task| task["userId"] == user).expect("a task");
    let body = json!({ "processInstanceId": id, "result": result, "actionerUserId": user, "taskId": task["taskId"] });
    code(&from.post(&format!("{APPROVALS}/execute"), body).await)
}

const DONE: (u16, String) = (200, String::new());

pub(crate) async fn all_of_a_stage_have_to_agree(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let stages =
        json!([{ "actionType": "AND", "userIds": ["bert", "carl"] }, { "actionType": "NONE", "userIds": ["dora"] }]);
    let id = started(&mut anna, &stages).await;
    let (mut bert, mut dora) = (office.stream("bert").await, office.stream("dora").await);
    assert_eq!(bert.message().await, "order 17", "whoever is to decide is told");
    assert_eq!(get(&mut anna, &id).await["status"], "RUNNING");
    assert_eq!(decide(&mut anna, &id, "dora", "agree").await.1, "processInstanceInvalidParameter", "not her turn");
    assert_eq!(decide(&mut anna, &id, "bert", "agree").await, DONE);
    assert_eq!(decide(&mut anna, &id, "bert", "agree").await.1, "processInstanceInvalidParameter", "once only");
    assert_eq!(decide(&mut anna, &id, "carl", "agree").await, DONE);
    assert_eq!(dora.message().await, "order 17");
    assert_eq!(decide(&mut anna, &id, "dora", "agree").await, DONE);
    let whole = get(&mut anna, &id).await;
    assert_eq!((&whole["status"], &whole["result"]), (&json!("COMPLETED"), &json!("agree")));
    let records = whole["operationRecords"].as_array().expect("records");
    assert_eq!((records.len(), &records[3]["userId"]), (4, &json!("dora")));
    assert_eq!(
        whole["createTime"],
        "2026-01-01T00:00:00Z".replace("00Z", &whole["createTime"].as_str().expect("a time")[17..])
    );
    // One no is enough, and one yes where one is.
    for (action, result) in [("AND", "refuse"), ("OR", "agree")] {
        let id = started(&mut anna, &json!([{ "actionType": action, "userIds": ["bert", "carl"] }])).await;
        assert_eq!(decide(&mut anna, &id, "carl", result).await, DONE);
        assert_eq!(get(&mut anna, &id).await["result"], result);
        assert_eq!(decide(&mut anna, &id, "bert", "agree").await.1, "aflowProcessInstStatusException", "it is over");
    }
    // Where one was enough, the others have nothing to decide any more, though the next stage has.
    let stages =
        json!([{ "actionType": "OR", "userIds": ["bert", "carl"] }, { "actionType": "NONE", "userIds": ["dora"] }]);
    let id = started(&mut anna, &stages).await;
    let mut seen = Vec::new();
    for decided in [false, true] {
        if decided {
            assert_eq!(decide(&mut anna, &id, "bert", "agree").await, DONE);
        }
        let whole = get(&mut anna, &id).await;
        seen.extend(whole["tasks"].as_array().expect("tasks").iter().map(|task| task["status"].clone()));
    }
    assert_eq!(seen, ["RUNNING", "RUNNING", "NEW", "COMPLETED", "CANCELED", "RUNNING"]);
}

pub(crate) async fn what_is_not_allowed_has_its_code(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let nobody = anna.post(APPROVALS, start(&json!([{ "actionType": "NONE", "userIds": ["nobody"] }]))).await;
    assert_eq!(code(&nobody), (400, "userNotExist".into()));
    let mut wrong = start(&json!([]));
    wrong["processCode"] = json!("1");
    assert_eq!(code(&anna.post(APPROVALS, wrong).await), (400, "processCodeError".into()));
    let no = anna.get(&format!("{APPROVALS}?processInstanceId=fdproc-999")).await;
    assert_eq!(code(&no), (400, "processInstanceNotExist".into()));
    assert_eq!(code(&anna.get(APPROVALS).await), (400, "invalidParameter".into()));
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(started(&mut anna, &json!([])).await);
    }
    let query = json!({ "processCode": "PROC-1", "startTime": 0, "nextToken": 0, "maxResults": 2 });
    let path = "/v1.0/workflow/processes/instanceIds/query";
    let first = anna.post(path, query.clone()).await.json();
    assert_eq!((&first["result"]["list"], &first["result"]["nextToken"]), (&json!(ids[..2]), &json!("2")));
    let mut rest = query;
    rest["nextToken"] = json!(2);
    let rest = anna.post(path, rest).await.json();
    assert_eq!((&rest["result"]["list"], &rest["result"]["nextToken"]), (&json!(ids[2..]), &Value::Null));
}

pub(crate) async fn nothing_is_ended_in_its_first_quarter_of_a_minute(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let id = started(&mut anna, &json!([{ "actionType": "NONE", "userIds": ["bert"] }])).await;
    let path = format!("{APPROVALS}/terminate");
    let end = |user: &str| json!({ "processInstanceId": id, "isSystem": false, "operatingUserId": user, "remark": "" });
    world.clock.sleep(Span::from_millis(14_999)).await;
    assert_eq!(code(&anna.post(&path, end("anna")).await), (400, "aflowProcessInstStatusException".into()));
    world.clock.sleep(Span::from_millis(1)).await;
    assert_eq!(code(&anna.post(&path, end("bert")).await), (400, "needAuth".into()));
    assert_eq!(code(&anna.post(&path, end("anna")).await), DONE);
    assert_eq!(get(&mut anna, &id).await["status"], "TERMINATED");
}
