//! Who gets a token, and how long it is good.

use firedrill::units::Span;
use firedrill::world::World;

use super::rig::{Rig, Told};

/// Entra's number.
fn code(told: &Told) -> (u16, u64) {
    (told.status, told.json["error_codes"][0].as_u64().unwrap_or_else(|| panic!("{}", told.text)))
}

pub(crate) async fn a_token_is_good_for_a_while(world: World) {
    // Two seconds: a busy machine answers twice in that.
    let rig = Rig::with(&world, |spec| spec.teams.token = Span::from_secs(2)).await;
    let token = rig.login("anna").await;
    assert_eq!(rig.call("GET", "/v1.0/me", &token, "").await.status, 200);
    rig.sleep(Span::from_secs(2)).await;
    let told = rig.call("GET", "/v1.0/me", &token, "").await;
    assert_eq!(
        (told.status, &told.json["error"]["code"]),
        (401, &"InvalidAuthenticationToken".into()),
        "{}",
        told.text
    );
    let token = rig.login("anna").await;
    assert_eq!(rig.call("GET", "/v1.0/me", &token, "").await.status, 200, "a new one is good again");
}

pub(crate) async fn entra_says_why_it_gives_no_token(world: World) {
    let people = |spec: &mut firedrill::endpoint::Spec| {
        let person = |user: &str, key: &str, secret: &str| firedrill::vendor::Identity {
            user: user.into(),
            key: key.into(),
            secret: secret.into(),
            webhook: String::new(),
        };
        spec.users = Some(vec![person("anna", "anna", "right"), person("robot", "app", "secret")]);
    };
    let rig = Rig::with(&world, people).await;
    let app = "client_id=app&grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default";
    let told = rig.entra(&format!("{app}&client_secret=secret")).await;
    assert_eq!((told.status, told.json["expires_in"].as_u64()), (200, Some(3_599)), "{}", told.text);
    assert!(told.json["refresh_token"].is_null(), "an application has no refresh token");
    assert_eq!(code(&rig.entra(&format!("{app}&client_secret=wrong")).await), (401, 7_000_215));
    let unknown = "client_id=other&grant_type=client_credentials&client_secret=secret";
    assert_eq!(code(&rig.entra(unknown).await), (400, 700_016));
    let sign_in = |password: &str| {
        format!("client_id=x&grant_type=password&username=anna%40firedrill.example&password={password}")
    };
    let told = rig.entra(&format!("{}&scope=openid&client_info=1", sign_in("right"))).await;
    assert_eq!(told.json["id_token"].as_str().map(|jwt| jwt.split('.').count()), Some(3), "{}", told.text);
    assert!(told.json["client_info"].is_string(), "{}", told.text);
    let refresh = told.json["refresh_token"].as_str().expect("a refresh token").to_owned();
    let renew = format!("client_id=x&grant_type=refresh_token&refresh_token={refresh}");
    assert_eq!(rig.entra(&renew).await.status, 200);
    assert_eq!(code(&rig.entra("client_id=x&grant_type=refresh_token&refresh_token=none").await), (400, 9_002_313));
    assert_eq!(code(&rig.entra("client_id=x&grant_type=password&username=nobody&password=x").await), (400, 50_034));
    for _ in 0..10 {
        assert_eq!(code(&rig.entra(&sign_in("wrong")).await), (400, 50_126));
    }
    assert_eq!(code(&rig.entra(&sign_in("right")).await), (400, 50_053), "ten wrong passwords lock the account");
    let robot = rig.entra(&format!("{app}&client_secret=secret")).await.json["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    assert_eq!(rig.call("POST", "/v1.0/users/anna/revokeSignInSessions", &robot, "").await.status, 200);
    assert_eq!(code(&rig.entra(&renew).await), (400, 50_173));
    assert_eq!(rig.call("PATCH", "/v1.0/users/anna", &robot, r#"{"accountEnabled":false}"#).await.status, 204);
    assert_eq!(code(&rig.entra(&renew).await), (400, 50_057));
    assert_eq!(code(&rig.entra("client_id=x&grant_type=device_code").await), (400, 70_003));
    assert_eq!(code(&rig.entra("grant_type=client_credentials").await), (400, 900_144));
}

pub(crate) async fn a_revoked_token_is_challenged_if_its_client_understands_that(world: World) {
    let rig = Rig::open(&world).await;
    let claims = "%7B%22access_token%22%3A%7B%22xms_cc%22%3A%7B%22values%22%3A%5B%22cp1%22%5D%7D%7D%7D";
    let sign_in = "client_id=x&grant_type=password&username=anna&password=y";
    let told = rig.entra(&format!("{sign_in}&claims={claims}")).await;
    assert_eq!(told.json["expires_in"].as_u64(), Some(28 * 3_600), "{}", told.text);
    let understands = told.json["access_token"].as_str().expect("a token").to_owned();
    let other = rig.entra(sign_in).await.json["access_token"].as_str().expect("a token").to_owned();
    let robot = rig.app().await;
    assert_eq!(rig.call("POST", "/v1.0/users/anna/revokeSignInSessions", &robot, "").await.status, 200);
    let told = rig.call("GET", "/v1.0/me", &understands, "").await;
    let asks = told.headers.get("www-authenticate").expect("a challenge").to_str().expect("text");
    assert!(told.status == 401 && asks.contains("error=\"insufficient_claims\""), "{} {asks}", told.status);
    assert_eq!(rig.call("GET", "/v1.0/me", &other, "").await.status, 200, "that one lives until it expires");
    // In memory the sign-in is at the very moment of the revocation.
    let anew = rig.entra(&format!("{sign_in}&claims={claims}")).await.json["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    assert_eq!(rig.call("GET", "/v1.0/me", &anew, "").await.status, 200);
}

pub(crate) async fn clients_find_what_they_ask_for_before_they_sign_in(world: World) {
    let rig = Rig::open(&world).await;
    let told = rig.call("GET", "/organizations/v2.0/.well-known/openid-configuration", "", "").await;
    assert_eq!(
        told.json["token_endpoint"], "https://graph.microsoft.com/organizations/oauth2/v2.0/token",
        "{}",
        told.text
    );
    for name in ["issuer", "authorization_endpoint", "device_authorization_endpoint", "jwks_uri"] {
        assert!(told.json[name].is_string(), "{name}: {}", told.text);
    }
    let host = format!("127.0.0.1:{}", rig.twin.address().port());
    let plain = hyper::Request::get("/t/v2.0/.well-known/openid-configuration").header("host", &host);
    let told = rig.ask(plain.body(firedrill::vendor::Body::default()).expect("a request")).await;
    assert_eq!(told.json["token_endpoint"], format!("http://{host}/t/oauth2/v2.0/token"), "as it was reached");
    let before = hyper::Request::get("/t/v2.0/.well-known/openid-configuration").header("host", "127.0.0.1:1");
    let told = rig.ask(before.body(firedrill::vendor::Body::default()).expect("a request")).await;
    let wanted = "http://127.0.0.1:1/t/oauth2/v2.0/token";
    assert_eq!(told.json["token_endpoint"], wanted, "as well by whatever stands before it");
    let told = rig.call("GET", "/common/userrealm/anna@firedrill.example?api-version=1.0", "", "").await;
    assert_eq!(
        (&told.json["account_type"], &told.json["domain_name"]),
        (&"Managed".into(), &"firedrill.example".into())
    );
    assert_eq!(rig.call("GET", "/common/discovery/instance?api-version=1.1", "", "").await.status, 200);
    assert_eq!(rig.call("GET", "/common/discovery/v2.0/keys", "", "").await.status, 200);
}
