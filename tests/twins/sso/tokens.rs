//! Who gets a token, and how long it is good.

use firedrill::draw::Seed;
use firedrill::plan::Sso;
use firedrill::units::Span;
use firedrill::vendor::sso::{BadToken, SigningKey, Type, verify};
use firedrill::world::{World, enter_virtual};

use super::rig::{BACK, Rig};

pub(crate) async fn a_secret_gives_a_token_that_others_can_verify(world: World) {
    let rig = Rig::new(&world).await;
    let said = rig.get("/.well-known/openid-configuration", "").await;
    assert_eq!(
        (said.word("issuer"), said.word("jwks_uri")),
        ("http://idp.example".into(), "http://idp.example/jwks".into())
    );
    let given = rig.form("/token", "anna", "grant_type=client_credentials&scope=orders+read").await;
    assert_eq!((given.status, given.head["cache-control"].as_bytes()), (200, b"no-store".as_slice()), "{given:?}");
    assert_eq!((given.word("token_type"), given.json["expires_in"].as_u64()), ("Bearer".into(), Some(60)));
    assert!(given.json.get("refresh_token").is_none(), "RFC 6749 §4.4.3");
    let keys = rig.get("/jwks", "").await;
    let key = &keys.json["keys"][0];
    assert_eq!(
        (key["kty"].as_str(), key["crv"].as_str(), key["kid"].as_str()),
        (Some("OKP"), Some("Ed25519"), Some("fd-1"))
    );
    let public = SigningKey::of(world.seed, 1).expect("a key").public().to_vec();
    let claims =
        verify(Type::Access, &given.word("access_token"), |name| (name == "fd-1").then_some(&public)).expect("ours");
    assert_eq!(
        (claims.sub.as_str(), claims.client_id.as_str(), claims.scope.as_str()),
        ("anna", "anna", "orders read")
    );
    assert!((60..=61).contains(&(claims.exp - claims.iat)), "a minute, in whole seconds: {claims:?}");
    assert_eq!(claims.iss, "http://idp.example");
    assert!(rig.is_active(&given.word("access_token")).await);
}

pub(crate) async fn whoever_proves_nothing_gets_nothing(world: World) {
    let rig = Rig::new(&world).await;
    for (form, no) in [
        ("grant_type=client_credentials", (401, "invalid_client")),
        ("client_id=anna&grant_type=client_credentials", (401, "invalid_client")),
        ("client_id=anna&client_secret=wrong&grant_type=client_credentials", (401, "invalid_client")),
        ("client_id=carl&client_secret=fd-secret-carl&grant_type=client_credentials", (401, "invalid_client")),
        ("client_id=anna&client_secret=fd-secret-anna", (400, "invalid_request")),
        (
            "client_id=anna&client_secret=fd-secret-anna&grant_type=password&username=anna&password=x",
            (400, "unsupported_grant_type"),
        ),
        (
            "client_id=anna&client_secret=fd-secret-anna&grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer",
            (400, "unsupported_grant_type"),
        ),
        ("client_id=anna&client_secret=fd-secret-anna&grant_type=client_credentials&scope=%22", (400, "invalid_scope")),
        (
            "client_id=anna&client_secret=fd-secret-anna&grant_type=client_credentials&grant_type=password",
            (400, "invalid_request"),
        ),
        (
            "client_id=anna&client_secret=fd-secret-anna&grant_type=refresh_token&refresh_token=fd-refresh-1-x",
            (400, "invalid_grant"),
        ),
        (
            "client_id=anna&client_secret=fd-secret-anna&grant_type=authorization_code&code=fd-code-1-x",
            (400, "invalid_grant"),
        ),
    ] {
        let told = rig.post("/token", form).await;
        assert_eq!(told.no(), no, "{form}");
        assert_eq!(told.head.contains_key("www-authenticate"), no.0 == 401, "{form}");
    }
    assert_eq!(rig.call("POST", "/token", "", "{}").await.no(), (400, "invalid_request"), "no form");
    assert_eq!(rig.get("/token", "").await.status, 405);
    assert_eq!(rig.post("/token/introspection", "token=x").await.no(), (401, "invalid_client"));
    assert_eq!(rig.post("/token/revocation", "token=x").await.no(), (401, "invalid_client"));
    assert_eq!(rig.get("/me", "").await.head["www-authenticate"], "Bearer realm=\"sso\"");
    assert_eq!(rig.get("/me", "x").await.no(), (401, "invalid_token"));
    assert_eq!(rig.get("/nothing", "").await.status, 404);
}

pub(crate) async fn a_person_is_signed_in_once_by_a_code(world: World) {
    let rig = Rig::new(&world).await;
    let start = format!("/auth?response_type=code&client_id=anna&redirect_uri={BACK}&state=a%20b&scope=openid&nonce=n");
    let told = rig.get(&start, "").await;
    assert_eq!(
        (told.status, told.sent("state"), told.sent("iss")),
        (302, "a%20b".into(), "http%3A%2F%2Fidp.example".into())
    );
    let ask = format!("grant_type=authorization_code&code={}&redirect_uri={BACK}", told.sent("code"));
    assert_eq!(rig.form("/token", "bert", &ask).await.no(), (400, "invalid_grant"), "it was told to another");
    let given = rig.form("/token", "anna", &ask).await;
    let (token, refresh) = (given.word("access_token"), given.word("refresh_token"));
    let public = SigningKey::of(world.seed, 1).expect("a key").public().to_vec();
    let identity = verify(Type::Identity, &given.word("id_token"), |_| Some(&public)).expect("ours");
    assert_eq!(
        (identity.aud.join(" ").as_str(), identity.nonce.as_deref(), identity.sub.as_str()),
        ("anna", Some("n"), "anna")
    );
    assert_eq!(rig.get("/me", &token).await.word("sub"), "anna");
    // Whoever has the code as well: nothing that came of it is good any more.
    assert_eq!(rig.form("/token", "anna", &ask).await.no(), (400, "invalid_grant"));
    assert!(!rig.is_active(&token).await);
    let renew = format!("grant_type=refresh_token&refresh_token={refresh}");
    assert_eq!(rig.form("/token", "anna", &renew).await.no(), (400, "invalid_grant"));
}

pub(crate) async fn nobody_is_sent_elsewhere_or_without_proof(world: World) {
    let rig = Rig::new(&world).await;
    for back in [
        "https%3A%2F%2Fevil.example%2F",
        "http%3A%2F%2F127.0.0.1%40evil.example%2F",
        "javascript%3Aalert(1)",
        "%2Fcb",
        "http%3A%2F%2Flocalhost%2Fcb%23x",
        "",
    ] {
        let told = rig.get(&format!("/auth?response_type=code&client_id=anna&redirect_uri={back}"), "").await;
        assert_eq!((told.status, told.head.contains_key("location")), (400, false), "{back}");
    }
    assert_eq!(
        rig.get(&format!("/auth?response_type=code&client_id=nobody&redirect_uri={BACK}"), "").await.status,
        400
    );
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    for (more, error) in [
        ("response_type=token", "unsupported_response_type"),
        ("scope=x", "invalid_request"),
        ("response_type=code&code_challenge=short&code_challenge_method=S256", "invalid_request"),
        (&format!("response_type=code&code_challenge={challenge}"), "invalid_request"),
        (&format!("response_type=code&code_challenge={challenge}&code_challenge_method=plain"), "invalid_request"),
        ("response_type=code&login_hint=nobody", "login_required"),
        ("response_type=code&request=x", "request_not_supported"),
        ("response_type=code&scope=%0A", "invalid_scope"),
    ] {
        let told = rig.get(&format!("/auth?client_id=anna&redirect_uri={BACK}&{more}"), "").await;
        assert_eq!((told.status, told.sent("error")), (302, error.into()), "{more}");
    }
    let start = format!(
        "/auth?response_type=code&client_id=anna&redirect_uri={BACK}&code_challenge={challenge}&code_challenge_method=S256"
    );
    let ask = async |more: &str| {
        let code = rig.get(&start, "").await.sent("code");
        rig.form("/token", "anna", &format!("grant_type=authorization_code&code={code}{more}")).await
    };
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let back = format!("&redirect_uri={BACK}");
    assert_eq!(ask(&back).await.no(), (400, "invalid_grant"));
    assert_eq!(ask(&format!("{back}&code_verifier={}", "a".repeat(43))).await.no(), (400, "invalid_grant"));
    assert_eq!(
        ask(&format!("&code_verifier={verifier}")).await.no(),
        (400, "invalid_grant"),
        "without the redirect_uri"
    );
    assert_eq!(ask(&format!("{back}&code_verifier={verifier}")).await.status, 200);
}

pub(crate) async fn a_refresh_token_is_good_once(world: World) {
    let rig = Rig::new(&world).await;
    let first = rig.sign_in("anna", "login_hint=bert").await;
    let renew =
        |told: &super::rig::Told| format!("grant_type=refresh_token&refresh_token={}", told.word("refresh_token"));
    let second = rig.form("/token", "anna", &renew(&first)).await;
    assert_eq!(second.status, 200, "{second:?}");
    let introspected =
        rig.form("/token/introspection", "anna", &format!("token={}", second.word("access_token"))).await;
    assert_eq!((introspected.word("sub"), introspected.word("client_id")), ("bert".into(), "anna".into()));
    assert_eq!(rig.form("/token", "bert", &renew(&second)).await.no(), (400, "invalid_grant"), "another application's");
    // The first again: somebody else has it, so that the whole session ends.
    assert_eq!(rig.form("/token", "anna", &renew(&first)).await.no(), (400, "invalid_grant"));
    assert_eq!(rig.form("/token", "anna", &renew(&second)).await.no(), (400, "invalid_grant"));
    assert!(!rig.is_active(&second.word("access_token")).await);
}

pub(crate) async fn what_is_given_back_is_good_no_more(world: World) {
    let rig = Rig::new(&world).await;
    let (token, other) = (rig.token("anna").await, rig.token("anna").await);
    let give_back =
        async |client: &str, token: &str| rig.form("/token/revocation", client, &format!("token={token}")).await;
    assert_eq!(give_back("bert", &token).await.no(), (400, "invalid_request"));
    assert!(rig.is_active(&token).await);
    assert_eq!(give_back("anna", &token).await.status, 200);
    assert_eq!(give_back("anna", "nonsense").await.status, 200, "RFC 7009 §2.2");
    assert!(!rig.is_active(&token).await && rig.is_active(&other).await);
    let session = rig.sign_in("anna", "scope=openid").await;
    assert_eq!(give_back("anna", &session.word("refresh_token")).await.status, 200);
    assert!(!rig.is_active(&session.word("access_token")).await);
    assert_eq!(rig.get("/me", &session.word("access_token")).await.no(), (401, "invalid_token"));
}

pub(crate) async fn another_token_is_none(world: World) {
    let rig = Rig::new(&world).await;
    let token = rig.token("anna").await;
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let (_, claims) = signed.split_once('.').expect("two parts");
    // {"alg":"none","typ":"at+jwt","kid":"fd-1"}, and the same with HS256.
    for header in [
        "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0Iiwia2lkIjoiZmQtMSJ9",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImZkLTEifQ",
    ] {
        for forged in [format!("{header}.{claims}."), format!("{header}.{claims}.{signature}")] {
            assert!(!rig.is_active(&forged).await, "{forged}");
            assert_eq!(rig.get("/me", &forged).await.no(), (401, "invalid_token"));
        }
    }
    let stranger = SigningKey::of(Seed(world.seed.0 + 1), 1).expect("a key");
    let public = SigningKey::of(world.seed, 1).expect("a key").public().to_vec();
    let claims = verify(Type::Access, &token, |_| Some(&public)).expect("ours");
    let forged = stranger.sign(Type::Access, &claims);
    assert_eq!(verify(Type::Access, &forged, |_| Some(&public)), Err(BadToken::Signature));
    assert!(!rig.is_active(&forged).await && rig.is_active(&token).await);
}

/// In virtual time, where a second is one exactly.
#[test]
fn a_token_ends_with_its_time_and_its_key() {
    enter_virtual(Seed(5), async |world| {
        let life = Span::from_secs(600);
        let rig =
            Rig::with(&world, Sso { token_life: life, rotate: Some(Span::from_secs(60)), keep: 2, ..Sso::default() })
                .await;
        let token = rig.token("anna").await;
        rig.wait(119).await;
        assert!(rig.is_active(&token).await, "its key is published still");
        let keys = rig.get("/jwks", "").await;
        assert_eq!(
            (keys.json["keys"][0]["kid"].as_str(), keys.json["keys"][1]["kid"].as_str()),
            (Some("fd-2"), Some("fd-1"))
        );
        rig.wait(1).await;
        assert!(!rig.is_active(&token).await, "a token outlives its key no longer than that is published");
        let told = rig.get("/me", &token).await;
        assert_eq!(told.no(), (401, "invalid_token"));
        let challenge = told.head["www-authenticate"].to_str().expect("text");
        assert!(challenge.starts_with("Bearer realm=\"sso\", error=\"invalid_token\""), "{challenge}");
        let rig = Rig::with(&world, Sso { token_life: life, refresh_life: Some(life), ..Sso::default() }).await;
        let session = rig.sign_in("anna", "").await;
        rig.wait(599).await;
        assert!(rig.is_active(&session.word("access_token")).await);
        rig.wait(1).await;
        assert!(!rig.is_active(&session.word("access_token")).await);
        assert_eq!(rig.get("/me", &session.word("access_token")).await.no(), (401, "invalid_token"));
        let renew = format!("grant_type=refresh_token&refresh_token={}", session.word("refresh_token"));
        assert_eq!(rig.form("/token", "anna", &renew).await.no(), (400, "invalid_grant"));
        let place = format!("/auth?response_type=code&client_id=anna&redirect_uri={BACK}");
        let code = rig.get(&place, "").await.sent("code");
        rig.wait(60).await;
        let ask = format!("grant_type=authorization_code&code={code}&redirect_uri={BACK}");
        assert_eq!(rig.form("/token", "anna", &ask).await.no(), (400, "invalid_grant"), "a code is good for a minute");
    })
    .expect("a virtual world");
}

pub(crate) async fn a_password_is_taken_where_it_was_said(world: World) {
    let rig = Rig::with(&world, Sso { password: true, ..Sso::default() }).await;
    let ask = async |password: &str| {
        rig.form("/token", "anna", &format!("grant_type=password&username=bert&password={password}")).await
    };
    assert_eq!(ask("wrong").await.no(), (400, "invalid_grant"));
    let given = ask("fd-secret-bert").await;
    let told = rig.form("/token/introspection", "anna", &format!("token={}", given.word("access_token"))).await;
    assert_eq!(told.word("sub"), "bert");
}
