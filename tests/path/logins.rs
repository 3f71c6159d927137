//! Logins: they are judged as their key's before anybody has a token, wherever they come from.

use firedrill::control::Alarm;
use firedrill::endpoint::{Spec, Twin};
use firedrill::plan::{Edition, EndpointKind};
use firedrill::units::{AccountId, EndpointId};
use firedrill::vendor::dingtalk::stream::{self, Opening};
use firedrill::vendor::{Body, Identity};
use firedrill::world::World;
use futures_util::{SinkExt, StreamExt};
use hyper::Request;
use serde_json::Value;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::Message;

use crate::rig::{DINGTALK, FACTORY, PURCHASING, Rig, Socket, TEAMS};

/// A way to a token: where, how, with what. `NAME` stands for the account's.
struct Way(EndpointId, &'static str, &'static str, &'static str);

const PRESENT: Way =
    Way(DINGTALK, "POST", "/v1.0/oauth2/accessToken", r#"{"appKey":"dingfdNAME","appSecret":"synthetic-NAME"}"#);
const CORP: Way = Way(
    DINGTALK,
    "POST",
    "/v1.0/oauth2/dingcorp/token",
    r#"{"client_id":"dingfdNAME","client_secret":"synthetic-NAME","grant_type":"client_credentials"}"#,
);
const OLD: Way = Way(DINGTALK, "GET", "/gettoken?appkey=%64ingfdNAME&appsecret=synthetic-NAME", "");
const STREAM: Way = Way(
    DINGTALK,
    "POST",
    "/v1.0/gateway/connections/open",
    r#"{"clientId":"dingfdNAME","clientSecret":"synthetic-NAME"}"#,
);
const REFRESH: Way = Way(TEAMS, "POST", ENTRA, "client_id=x&grant_type=refresh_token&refresh_token=fd-refresh-NAME");
const PASSWORD: Way =
    Way(TEAMS, "POST", ENTRA, "client_id=x&grant_type=password&username=NAME%40firedrill.example&password=y");
const ENTRA: &str = "/organizations/oauth2/v2.0/token";

/// Status and code of the answer to a login that comes from the address of another; no code if it worked.
async fn login(rig: &Rig, place: AccountId, account: AccountId, way: &Way) -> (u16, String) {
    let (status, body) = answer(rig, place, account, way).await;
    let code = |key: &str| body.get(key).filter(|code| **code != 0).map(Value::to_string);
    (status, code("code").or_else(|| code("errcode")).or_else(|| code("error_codes")).unwrap_or_default())
}

async fn answer(rig: &Rig, place: AccountId, account: AccountId, way: &Way) -> (u16, Value) {
    let Way(endpoint, method, target, body) = way;
    let name = rig.plan.account_name(account);
    let body = Body::from(body.replace("NAME", &name));
    let request = Request::builder().method(*method).uri(target.replace("NAME", &name)).header("host", "a");
    let mut client = rig.client_at(place, account, *endpoint).await;
    let (status, body) = client.ask(request.body(body).expect("a request")).await;
    (status.as_u16(), serde_json::from_slice(&body).expect("JSON"))
}

pub(crate) async fn each_way_to_a_token_is_judged_by_the_key_it_names(world: World) {
    let freeze = |mode: &str| format!("account_freeze: {{ endpoints: [dingtalk, teams], group: purchasing, {mode} }}");
    let injects = ["whole", "disabled", "organisation", "send-only"].map(|mode| {
        let freeze = match mode {
            "organisation" => "account_freeze: { endpoints: [dingtalk, teams], mode: organisation }".to_owned(),
            mode => freeze(&format!("mode: {mode}")),
        };
        format!("  {mode}: {{ during: fault, {freeze} }}\n")
    });
    let rig = Rig::twins(&world, &injects.concat()).await;
    let (frozen, other) = (rig.plan.member(PURCHASING, 0), rig.plan.member(FACTORY, 0));
    for (way, said) in [
        (PRESENT, [(400, "\"bot.stopped\""), (400, "\"staffId.notExisted\""), (400, "\"orgAccessForbidden\"")]),
        (CORP, [(400, "\"bot.stopped\""), (400, "\"staffId.notExisted\""), (400, "\"orgAccessForbidden\"")]),
        (OLD, [(200, "50003"), (200, "60120"), (200, "50005")]),
        (STREAM, [(400, "\"bot.stopped\""), (400, "\"staffId.notExisted\""), (400, "\"orgAccessForbidden\"")]),
        (REFRESH, [(400, "[50057]"), (400, "[50057]"), (400, "[5000224]")]),
    ] {
        let passes = (200, String::new());
        for (inject, (status, code)) in (0..).zip(said) {
            rig.apply(inject);
            assert_eq!(login(&rig, other, frozen, &way).await, (status, code.to_owned()), "{} {}", way.1, way.2);
            // A login is its key's, whoever sits where it comes from. An organisation is everybody's.
            let theirs = login(&rig, frozen, other, &way).await;
            assert_eq!(theirs == passes, injects[usize::from(inject)].contains("group"), "{theirs:?} {}", way.2);
            rig.lift(inject);
        }
        rig.apply(3);
        assert_eq!(login(&rig, other, frozen, &way).await, passes, "logging in is not sending: {}", way.2);
        rig.lift(3);
        assert_eq!(login(&rig, other, frozen, &way).await, passes, "{}", way.2);
    }
}

pub(crate) async fn a_login_counts_for_whom_it_names(world: World) {
    let limit = "rate_limit: { endpoint: dingtalk, capability: login, requests: 2, within: 1m }";
    let quota = "quota: { endpoint: dingtalk, group: purchasing, capability: login, calls: 1 }";
    let rig =
        Rig::twins(&world, &format!("  x: {{ during: fault, {limit} }}\n  y: {{ during: fault, {quota} }}")).await;
    let (one, two, place) =
        (rig.plan.member(PURCHASING, 0), rig.plan.member(PURCHASING, 1), rig.plan.member(FACTORY, 0));
    rig.apply(0);
    for (account, way, expected) in
        [(one, PRESENT, 200), (two, PRESENT, 200), (one, STREAM, 200), (two, OLD, 200), (one, CORP, 403)]
    {
        assert_eq!(login(&rig, place, account, &way).await.0, expected, "{}", way.2);
    }
    let throttled = "90018".to_owned();
    assert_eq!(login(&rig, place, two, &OLD).await, (200, throttled), "the third of each, though from one address");
    rig.lift(0);
    rig.apply(1);
    assert_eq!(login(&rig, one, place, &PRESENT).await.0, 200, "not the group's");
    assert_eq!(login(&rig, place, one, &OLD).await, (200, String::new()));
    let used_up = "\"Forbidden.AccessDenied.ApiCountLimitForOrg\"".to_owned();
    assert_eq!(login(&rig, place, two, &PRESENT).await, (403, used_up), "the group's second");
}

pub(crate) async fn what_was_given_before_a_revocation_logs_nobody_in(world: World) {
    let injects = "
  revoke: { during: fault, token_revoke: { endpoint: teams, group: purchasing } }
  expire: { during: fault, token_expire: { endpoint: teams, after: 50ms } }
  freeze: { during: fault, account_freeze: { endpoint: teams, group: purchasing } }";
    // Passwords are good where anybody may come.
    let open = Twin::open(&world, Alarm::default(), Spec::new("teams", EndpointKind::Teams)).await.expect("a port");
    let rig = Rig::build(&world, injects, Some(open.address())).await;
    let (one, place) = (rig.plan.member(PURCHASING, 0), rig.plan.member(FACTORY, 0));
    let (status, given) = answer(&rig, place, one, &PASSWORD).await;
    assert_eq!(status, 200, "{given}");
    let text = |key: &str| given[key].as_str().expect("a token").to_owned();
    let (access, refresh) = (text("access_token"), text("refresh_token"));
    let again = async || {
        let mut client = rig.client_at(place, one, TEAMS).await;
        client.identity = Identity { key: refresh.clone(), ..client.identity };
        let (status, body) = client.login().await;
        (status.as_u16(), body.contains("AADSTS50173"))
    };
    let about_me = async || {
        let request = Request::get("/v1.0/me").header("host", "a").header("authorization", format!("Bearer {access}"));
        rig.client_at(place, one, TEAMS).await.ask(request.body(Body::default()).expect("a request")).await.0.as_u16()
    };
    rig.sleep(100).await;
    rig.apply(1);
    assert_eq!((about_me().await, again().await), (401, (200, false)), "a refresh token outlives what it gives");
    rig.lift(1);
    assert_eq!(about_me().await, 200);
    rig.apply(0);
    assert_eq!(again().await, (400, true), "it was given before");
    assert_eq!(about_me().await, 401);
    for way in [REFRESH, PASSWORD] {
        let told = login(&rig, place, one, &way).await;
        assert_eq!(told, (200, String::new()), "what was never given out is not revoked: {}", way.2);
    }
    rig.lift(0);
    assert_eq!(again().await, (200, false));
    rig.apply(2);
    assert_eq!(login(&rig, place, one, &PASSWORD).await, (400, "[50057]".to_owned()), "told by the name");
    assert_eq!(again().await, (400, false), "and by what it gave");
}

/// Opens a Stream for an account, from the address of another.
async fn opening(rig: &Rig, place: AccountId, account: AccountId) -> Result<Opening, u16> {
    let mut client = rig.client_at(place, account, DINGTALK).await;
    let (status, body) = client.ask(stream::open_request(Edition::Mainland, &client.identity)).await;
    stream::opening(status, &body).map_err(|_| status.as_u16())
}

async fn connect(rig: &Rig, place: AccountId, opening: &Opening) -> Result<Socket, u16> {
    let request = opening.request(&generate_key()).expect("an address");
    rig.client_at(place, place, DINGTALK).await.upgrade(request).await
}

/// The text of the next message, which is acknowledged; `None` at the end of the connection.
async fn heard(socket: &mut Socket) -> Option<String> {
    while let Some(Ok(frame)) = socket.next().await {
        let Message::Text(text) = frame else { continue };
        let pushed = stream::pushed(&text).expect("a frame");
        socket.send(Message::text(pushed.acknowledgement())).await.expect("it is open");
        if let stream::What::Message(text) = pushed.what {
            return Some(text);
        }
    }
    None
}

pub(crate) async fn a_frozen_accounts_stream_is_closed_and_stays_shut(world: World) {
    let freeze = "  freeze: { during: fault, account_freeze: { endpoint: dingtalk, group: purchasing } }";
    let rig = Rig::twins(&world, freeze).await;
    let (frozen, place) = (rig.plan.member(PURCHASING, 4), rig.plan.member(FACTORY, 0));
    let mut sender = rig.client(place, DINGTALK).await;
    sender.login().await;
    let opened = opening(&rig, place, frozen).await.expect("a ticket");
    let mut socket = connect(&rig, place, &opened).await.expect("a Stream");
    let mut others = connect(&rig, place, &opening(&rig, place, place).await.expect("a ticket")).await.expect("one");
    sender.send("purchasing-5", "before").await;
    assert_eq!(heard(&mut socket).await.as_deref(), Some("before"));
    let kept = opening(&rig, place, frozen).await.expect("a ticket that nobody has used yet");
    rig.apply(0);
    let began = rig.now();
    assert_eq!(heard(&mut socket).await, None, "its Stream is closed, by whose ticket it is");
    assert!(rig.now() <= began + rig.slack(), "at once");
    sender.send("purchasing-5", "while frozen").await;
    for _ in 0..3 {
        assert_eq!(opening(&rig, place, frozen).await, Err(400), "no ticket until the lift");
        assert_eq!(connect(&rig, place, &kept).await.err(), Some(400), "nor is an old one good");
        rig.sleep(50).await;
    }
    sender.send("factory-1", "to another").await;
    assert_eq!(heard(&mut others).await.as_deref(), Some("to another"), "from the same address, and not frozen");
    rig.lift(0);
    let mut socket = connect(&rig, place, &kept).await.expect("the ticket that the twin never saw");
    assert_eq!(heard(&mut socket).await.as_deref(), Some("while frozen"), "kept and pushed");
    assert!(opening(&rig, place, frozen).await.is_ok());
}
