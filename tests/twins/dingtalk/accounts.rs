//! Accounts that an administrator disables.

use firedrill::plan::Capability;
use firedrill::vendor::Answer;
use firedrill::world::World;
use serde_json::json;

use super::office::{Office, code, errcode, request, yes};

const ACCOUNTS: &str = "/v1.0/contact/orgAccounts";

pub(crate) async fn whoever_is_disabled_is_out(world: World) {
    let office = Office::free(&world).await;
    let (mut anna, mut bert) = (office.member("anna").await, office.member("bert").await);
    let of = |user: &str| json!({ "userId": user, "reason": "a drill" });
    let status = format!("{ACCOUNTS}/status?userId=bert");
    assert_eq!(anna.get(&status).await.json(), json!({ "disable": false }));
    assert_eq!(anna.post(&format!("{ACCOUNTS}/disable"), of("bert")).await.json(), json!({ "result": true }));
    assert_eq!(anna.get(&status).await.json(), json!({ "disable": true }));
    // He is signed out, and cannot sign in again.
    assert_eq!(bert.send(Capability::Chat, &["anna"], "x").await.0, Answer::Refused("InvalidAuthentication".into()));
    let login = json!({ "appKey": "dingfdbert", "appSecret": "synthetic-bert" });
    let no = bert.line.ask(request("POST", "/v1.0/oauth2/accessToken", None, &login)).await;
    assert_eq!(code(&no), (400, "staffId.notExisted".into()));
    let path = "/gettoken?appkey=dingfdbert&appsecret=synthetic-bert";
    assert_eq!(errcode(&bert.line.ask(request("GET", path, None, &serde_json::Value::Null)).await), 60_120);
    // Nobody reaches him.
    let (read, _) = anna.send(Capability::Chat, &["bert", "carl"], "x").await;
    assert_eq!(read, Answer::Acknowledged { declined: vec!["bert".into()] });
    assert_eq!(errcode(&anna.old("/topapi/v2/user/get", json!({ "userid": "bert" })).await), 60_120);
    assert_eq!(anna.send(Capability::Meeting, &["bert"], "x").await.0, Answer::Refused("unknownUserError".into()));
    // His webhook goes on: nobody revokes it.
    assert_eq!(bert.send(Capability::Webhook, &["carl"], "x").await.0, yes());
    anna.post(&format!("{ACCOUNTS}/enable"), of("bert")).await;
    let before = bert.token.clone();
    let mut bert = office.member("bert").await;
    assert_ne!(bert.token, before, "the old token stays dead");
    assert_eq!(bert.send(Capability::Chat, &["anna"], "x").await.0, yes());
    // Signing out alone lets him sign in again.
    anna.post(&format!("{ACCOUNTS}/signOut"), of("bert")).await;
    assert_eq!(bert.send(Capability::Chat, &["anna"], "x").await.0, Answer::Refused("InvalidAuthentication".into()));
    assert_eq!(office.member("bert").await.send(Capability::Chat, &["anna"], "x").await.0, yes());
    assert_eq!(code(&anna.post(&format!("{ACCOUNTS}/disable"), of("nobody")).await), (400, "user.not.exist".into()));
}
