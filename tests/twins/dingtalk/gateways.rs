//! Both gateways: tokens, limits, and how they say no.

use firedrill::endpoint::DingtalkSettings;
use firedrill::plan::{Capability, Edition, EndpointKind, Limits};
use firedrill::units::Span;
use firedrill::vendor::Answer;
use firedrill::world::World;
use serde_json::{Value, json};

use super::office::{DIRECT, Office, code, direct, errcode, request, yes};

pub(crate) async fn a_token_is_one_in_all_three_manners(world: World) {
    let office = Office::free(&world).await;
    let mut line = office.line().await;
    let login = json!({ "appKey": "dingfdanna", "appSecret": "synthetic-anna" });
    let present = line.ask(request("POST", "/v1.0/oauth2/accessToken", None, &login)).await.json();
    assert_eq!(present["expireIn"], 7_200);
    let login =
        json!({ "client_id": "dingfdanna", "client_secret": "synthetic-anna", "grant_type": "client_credentials" });
    let oauth = line.ask(request("POST", "/v1.0/oauth2/dingcorp/token", None, &login)).await.json();
    assert_eq!((&oauth["access_token"], &oauth["expires_in"]), (&present["accessToken"], &json!(7_200)));
    let path = "/gettoken?appkey=dingfdanna&appsecret=synthetic-anna";
    let old = line.ask(request("GET", path, None, &Value::Null)).await.json();
    assert_eq!(old["access_token"], present["accessToken"]);
    assert_eq!((&old["errcode"], &old["errmsg"], &old["expires_in"]), (&json!(0), &json!("ok"), &json!(7_200)));
    let wrong = json!({ "appKey": "dingfdanna", "appSecret": "synthetic-bert" });
    let no = line.ask(request("POST", "/v1.0/oauth2/accessToken", None, &wrong)).await;
    assert_eq!(code(&no), (400, "invalidClientIdOrSecret".into()));
    let no = line.ask(request("GET", "/gettoken?appkey=dingfdanna&appsecret=x", None, &Value::Null)).await;
    assert_eq!(errcode(&no), 40_096);
    let no = line.ask(request("GET", "/gettoken?corpid=dingfdanna&corpsecret=x", None, &Value::Null)).await;
    assert_eq!(errcode(&no), 40_089, "a corporation has a code of its own");
    let no = line.ask(request("GET", "/gettoken", None, &Value::Null)).await;
    assert_eq!((errcode(&no), &no.json()["errmsg"]), (40_035, &json!("缺少参数 corpid or appkey")));
}

pub(crate) async fn the_present_gateway_says_no_in_its_shape(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let body = direct(&["bert"], "x");
    let none = anna.line.ask(request("POST", DIRECT, None, &body)).await;
    assert_eq!(code(&none), (400, "AuthenticationFailed.MissingParameter".into()));
    assert_eq!(none.json()["message"], "缺少参数：x-acs-dingtalk-access-token");
    let id = none.json()["requestid"].as_str().expect("an id").to_owned();
    assert_eq!(none.head["x-acs-request-id"], id.as_str());
    assert!(none.head.contains_key("x-acs-trace-id"));
    assert_eq!(
        (&none.head["server"], &none.head["content-type"]),
        (&"DingTalk/1.0.0".parse().expect("a header"), &"application/json;charset=utf-8".parse().expect("a header"))
    );
    // Neither in the query, nor as a bearer, nor between quotes.
    let path = format!("{DIRECT}?access_token={}", anna.token);
    assert_eq!(anna.line.ask(request("POST", &path, None, &body)).await.status, 400);
    for token in ["unknown", &format!("\"{}\"", anna.token)] {
        let no = anna.line.ask(request("POST", DIRECT, Some(token), &body)).await;
        assert_eq!(code(&no), (400, "InvalidAuthentication".into()));
    }
    let no = anna.post("/v1.0/nothing", json!({})).await;
    assert_eq!(code(&no), (404, "InvalidAction.NotFound".into()));
    assert_eq!(code(&anna.get(DIRECT).await), (404, "InvalidAction.NotFound".into()));
    assert_eq!(code(&anna.post(DIRECT, Value::Null).await), (400, "Missingbody".into()));
    assert_eq!(code(&anna.post(DIRECT, json!({ "userIds": 1 })).await), (400, "invalidParameter".into()));
    let many: Vec<_> = (0..21).map(|n| n.to_string()).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    assert_eq!(code(&anna.post(DIRECT, direct(&many, "x")).await), (400, "invalidParameter".into()));
}

pub(crate) async fn the_old_gateway_says_no_in_a_200(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let path = "/topapi/v2/user/get";
    let no = anna.line.ask(request("POST", path, None, &json!({}))).await.json();
    assert_eq!(
        (&no["errcode"], &no["sub_code"], &no["sub_msg"]),
        (&json!(88), &json!("40000"), &json!("access_token is blank"))
    );
    let no = anna.line.ask(request("POST", &format!("{path}?access_token=x"), None, &json!({}))).await;
    assert_eq!(no.head["server"], "DingTalk/1.0.0");
    let no = no.json();
    assert_eq!((&no["errcode"], &no["sub_code"]), (&json!(88), &json!("40014")));
    assert_eq!(no["errmsg"], "ding talk error[subcode=40014,submsg=不合法的access_token]");
    assert!(no["request_id"].is_string());
    let no = anna.line.ask(request("GET", "/user/get?access_token=x&userid=anna", None, &Value::Null)).await;
    assert_eq!(errcode(&no), 40_014, "bare on an older path");
    // A header is not read there, a form is.
    let no = anna.post(path, json!({ "userid": "anna" })).await;
    assert_eq!(errcode(&no), 88);
    let mut form = request("POST", path, None, &Value::Null);
    *form.body_mut() = format!("access_token={}&userid=anna", anna.token).into();
    form.headers_mut().insert("content-type", "application/x-www-form-urlencoded".parse().expect("a header"));
    assert_eq!(errcode(&anna.line.ask(form).await), 0);
    let no = anna.old("/topapi/v2/user/notexist", json!({})).await.json();
    assert_eq!(
        (&no["errcode"], &no["sub_msg"]),
        (&json!(22), &json!("不合法ApiName，ApiName = dingtalk.oapi.v2.user.notexist"))
    );
    let no = anna.old("/user/nothing", json!({})).await;
    assert_eq!((errcode(&no), &no.json()["errmsg"]), (404, &json!("请求的URI地址不存在")));
}

pub(crate) async fn lite_does_not_know_what_it_lacks(world: World) {
    let lite = EndpointKind::Dingtalk(Edition::Lite);
    let office = Office::open(&world, lite, Limits::Off, DingtalkSettings::default()).await;
    let mut anna = office.member("anna").await;
    // How an approval's flow is made: of the present gateway, like whatever else is unknown there.
    let no = anna.post("/v1.0/workflow/forms", json!({})).await;
    assert_eq!(code(&no), (404, "InvalidAction.NotFound".into()));
    let no = anna.old("/attendance/list", json!({})).await;
    assert_eq!((errcode(&no), &no.json()["errmsg"]), (404, &json!("请求的URI地址不存在")));
    let (no, answered) = anna.send(Capability::Ocr, &[], "invoice").await;
    assert_eq!(no, Answer::Refused("22".into()));
    assert_eq!(answered.json()["sub_msg"], "不合法ApiName，ApiName = dingtalk.oapi.ocr.structured.recognize");
    for capability in [
        Capability::Chat,
        Capability::Group,
        Capability::Notice,
        Capability::Webhook,
        Capability::Approval,
        Capability::Meeting,
    ] {
        assert_eq!(anna.send(capability, &["bert"], "x").await.0, yes(), "{capability:?}");
    }
}

pub(crate) async fn users_are_looked_up(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    let user = anna.old("/topapi/v2/user/get", json!({ "userid": "bert", "language": "zh_CN" })).await.json();
    assert_eq!(
        (&user["errcode"], &user["result"]["userid"], &user["result"]["active"]),
        (&json!(0), &json!("bert"), &json!(true))
    );
    let path = format!("/user/get?access_token={}&userid=bert", anna.token);
    let user = anna.line.ask(request("GET", &path, None, &Value::Null)).await.json();
    assert_eq!(user["userid"], "bert");
    assert_eq!(errcode(&anna.old("/topapi/v2/user/get", json!({ "userid": "nobody" })).await), 60_121);
    assert_eq!(errcode(&anna.old("/topapi/v2/user/get", json!({})).await), 40_035);
}

pub(crate) async fn twenty_a_second_and_no_more(world: World) {
    let office = Office::limited(&world).await;
    let mut anna = office.member("anna").await;
    for _ in 0..20 {
        assert_eq!(anna.send(Capability::Chat, &["bert"], "x").await.0, yes());
    }
    let (no, answered) = anna.send(Capability::Chat, &["bert"], "x").await;
    assert_eq!(no, Answer::Refused("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi".into()));
    assert_eq!(answered.status, 403);
    // Another function, and another app, have a limit of their own.
    assert_eq!(anna.send(Capability::Group, &["bert"], "x").await.0, yes());
    assert_eq!(office.member("bert").await.send(Capability::Chat, &["anna"], "x").await.0, yes());
    world.clock.sleep(Span::from_secs(1)).await;
    assert_eq!(anna.send(Capability::Chat, &["bert"], "x").await.0, yes());
}

pub(crate) async fn an_address_that_sends_too_much_is_not_heard(world: World) {
    let office = Office::limited(&world).await;
    let mut line = office.line().await;
    for _ in 0..10_000 {
        assert_eq!(line.ask(request("GET", "/v1.0/x", None, &Value::Null)).await.status, 404);
    }
    let no = line.ask(request("GET", "/v1.0/x", None, &Value::Null)).await;
    assert_eq!((no.status, &no.json()["status"], &no.json()["punish"]), (403, &json!(1_111), &json!("deny")));
    let mut other = office.line_from([127, 0, 0, 2]).await;
    assert_eq!(other.ask(request("GET", "/v1.0/x", None, &Value::Null)).await.status, 404);
    // Twenty seconds later it would be welcome, but for the ban of five minutes.
    world.clock.sleep(Span::from_millis(299_999)).await;
    let mut other = office.line_from([127, 0, 0, 2]).await;
    assert_eq!(other.ask(request("GET", "/v1.0/x", None, &Value::Null)).await.status, 404);
    let mut line = office.line().await;
    assert_eq!(line.ask(request("GET", "/v1.0/x", None, &Value::Null)).await.status, 403);
    world.clock.sleep(Span::from_millis(1)).await;
    assert_eq!(line.ask(request("GET", "/v1.0/x", None, &Value::Null)).await.status, 404);
}

pub(crate) async fn a_token_ends(world: World) {
    let office = Office::free(&world).await;
    let mut anna = office.member("anna").await;
    world.clock.sleep(Span::from_millis(7_199_999)).await;
    let mut line = office.line().await;
    let send = |token: &str| request("POST", DIRECT, Some(token), &direct(&["bert"], "x"));
    assert_eq!(line.ask(send(&anna.token)).await.status, 200);
    world.clock.sleep(Span::from_millis(1)).await;
    assert_eq!(code(&line.ask(send(&anna.token)).await), (400, "InvalidAuthentication".into()));
    let path = format!("/user/get?userid=bert&access_token={}", anna.token);
    assert_eq!(errcode(&line.ask(request("GET", &path, None, &Value::Null)).await), 42_001);
    // A new one does not bring the old one back, and is the same, its time anew, as long as it is good.
    let again = office.member("anna").await;
    assert_ne!(again.token, anna.token);
    anna.line = office.line().await;
    assert_eq!(anna.send(Capability::Chat, &["bert"], "x").await.0, Answer::Refused("InvalidAuthentication".into()));
    anna.token = office.member("anna").await.token;
    assert_eq!(again.token, anna.token);
    assert_eq!(anna.send(Capability::Chat, &["bert"], "x").await.0, yes());
}
