//! Anything at all is answered, in the vendor's shape.

use firedrill::draw::Seed;
use firedrill::vendor::Body;
use firedrill::world::enter_virtual;
use hyper::Request;
use proptest::prelude::*;
use serde_json::Value;

use super::office::Office;

const PATHS: [&str; 30] = [
    "/v1.0/oauth2/accessToken",
    "/v1.0/oauth2/corp/token",
    "/gettoken",
    "/v1.0/robot/oToMessages/batchSend",
    "/v1.0/robot/oToMessages/readStatus",
    "/v1.0/robot/otoMessages/batchRecall",
    "/v1.0/robot/groupMessages/send",
    "/v1.0/robot/groupMessages/query",
    "/v1.0/workflow/processInstances",
    "/v1.0/workflow/processInstances/terminate",
    "/v1.0/workflow/processInstances/execute",
    "/v1.0/workflow/processes/instanceIds/query",
    "/v1.0/conference/videoConferences",
    "/v1.0/conference/videoConferences/fdconf-1/lock",
    "/v1.0/conference/videoConferences/%ff%00/users/invite",
    "/v1.0/conference/videoConferences/x/members/kick",
    "/v1.0/conference/scheduleConferences",
    "/v1.0/calendar/users/anna/calendars/primary/events",
    "/v1.0/contact/orgAccounts/disable",
    "/v1.0/contact/orgAccounts/status",
    "/v1.0/gateway/connections/open",
    "/connect",
    "/topapi/message/corpconversation/asyncsend_v2",
    "/topapi/message/corpconversation/getsendresult",
    "/topapi/v2/user/get",
    "/topapi/ocr/structured/recognize",
    "/chat/send",
    "/user/get",
    "/robot/send",
    "/robot/sendBySession",
];

/// Fields of all functions, with values that are right, wrong and absurd.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let names = prop::sample::select(vec![
        "appKey",
        "appSecret",
        "robotCode",
        "userIds",
        "msgKey",
        "msgParam",
        "openConversationId",
        "processQueryKey",
        "processQueryKeys",
        "originatorUserId",
        "processCode",
        "approvers",
        "formComponentValues",
        "processInstanceId",
        "taskId",
        "result",
        "actionerUserId",
        "startTime",
        "nextToken",
        "maxResults",
        "userId",
        "confTitle",
        "inviteUserIds",
        "inviteeList",
        "userList",
        "action",
        "summary",
        "start",
        "attendees",
        "clientId",
        "agent_id",
        "userid_list",
        "msg",
        "task_id",
        "userid",
        "chatid",
        "type",
        "image_url",
        "msgtype",
        "text",
        "at",
        "msgUuid",
    ]);
    let values = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "[ -~香]{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["anna", "dingfdanna", "PROC-1", "cidanna,bert==", "fd0000000000000001", "text"])
            .prop_map(Value::from),
        Just(serde_json::json!({ "content": "x", "msgtype": "text", "text": { "content": "y" } })),
        Just(serde_json::json!(["anna", "bert", 1, null])),
        Just(serde_json::json!([{ "userIds": ["anna"], "unionId": "bert", "id": "carl", "name": "n", "value": "v" }])),
    ];
    let objects = prop::collection::btree_map(names, values, 0..12)
        .prop_map(|fields| serde_json::to_vec(&fields).expect("JSON takes every text"));
    prop_oneof![objects, prop::collection::vec(any::<u8>(), 0..200)]
}

fn requests() -> impl Strategy<Value = (String, String, Vec<u8>)> {
    let paths = prop_oneof![prop::sample::select(PATHS.to_vec()).prop_map(str::to_owned), "/[a-zA-Z0-9/._%-]{0,40}"];
    let queries = "([a-z_]{1,12}=[a-zA-Z0-9%+._-]{0,12}&?){0,3}";
    let methods = prop::sample::select(vec!["GET", "POST", "PUT", "DELETE"]);
    (methods, paths, queries, bodies())
        .prop_map(|(method, path, query, body)| (method.to_owned(), format!("{path}?{query}"), body))
}

/// What is asked with this token, and what must not be answered.
fn all_answered(requests: Vec<(String, String, Vec<u8>)>, with_token: bool) -> Result<(), TestCaseError> {
    let play = enter_virtual(Seed(7), async |world| {
        let office = Office::free(&world).await;
        let mut anna = office.member("anna").await;
        for (method, target, body) in requests {
            let Ok(target) = target.parse::<hyper::Uri>() else { continue };
            let mut request = Request::builder().method(method.as_str()).uri(target.clone()).header("host", "twin");
            if with_token {
                request = request.header("x-acs-dingtalk-access-token", &anna.token);
            }
            let request = request.header("content-type", "application/json").body(Body::from(body));
            let answered = anna.line.ask(request.expect("a request")).await;
            let json: Value = serde_json::from_slice(&answered.body)
                .map_err(|error| TestCaseError::fail(format!("{target}: {error}: {answered:?}")))?;
            let is_no = answered.status >= 400 || json["errcode"].as_i64().is_some_and(|code| code != 0);
            prop_assert!(answered.status < 500, "{target}: {answered:?}");
            prop_assert!(is_no || with_token, "{target}: {answered:?}");
        }
        Ok(())
    });
    play.expect("a virtual world")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whoever_has_no_token_hears_a_no(requests in prop::collection::vec(requests(), 1..20)) {
        all_answered(requests, false)?;
    }

    #[test]
    fn whoever_has_one_is_answered(requests in prop::collection::vec(requests(), 1..20)) {
        all_answered(requests, true)?;
    }
}
