//! SCIM: who is in the directory, and what becomes of those who are taken away.

use firedrill::world::World;
use serde_json::json;

use super::rig::{ADMIN, Rig};

const OFF: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}"#;
const ON: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"True"}]}"#;
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

pub(crate) async fn whoever_is_taken_away_loses_what_he_has(world: World) {
    let rig = Rig::new(&world).await;
    let (token, session, bert) =
        (rig.token("anna").await, rig.sign_in("anna", "scope=openid").await, rig.token("bert").await);
    let off = rig.call("PATCH", "/scim/v2/Users/anna", ADMIN, OFF).await;
    assert_eq!((off.status, off.json["active"].as_bool()), (200, Some(false)), "{off:?}");
    assert!(!rig.is_active(&token).await && !rig.is_active(&session.word("access_token")).await);
    assert!(rig.is_active(&bert).await, "nobody else does");
    assert_eq!(rig.form("/token", "anna", "grant_type=client_credentials").await.no(), (400, "invalid_grant"));
    let renew = format!("grant_type=refresh_token&refresh_token={}", session.word("refresh_token"));
    assert_eq!(rig.form("/token", "anna", &renew).await.no(), (400, "invalid_grant"));
    let again = rig.get("/auth?response_type=code&client_id=anna&redirect_uri=http%3A%2F%2Flocalhost%2F", "").await;
    assert_eq!(again.sent("error"), "access_denied");
    // He comes back: he signs in anew, and what he had stays dead.
    assert_eq!(rig.call("PATCH", "/scim/v2/Users/anna", ADMIN, ON).await.json["active"], true);
    assert!(!rig.is_active(&token).await);
    let anew = rig.token("anna").await;
    assert!(rig.is_active(&anew).await);
    // Gone for good.
    assert_eq!(rig.call("DELETE", "/scim/v2/Users/anna", ADMIN, "").await.status, 204);
    assert_eq!(rig.get("/scim/v2/Users/anna", ADMIN).await.scim(), (404, ""));
    assert!(!rig.is_active(&anew).await);
    assert_eq!(rig.form("/token", "anna", "grant_type=client_credentials").await.no(), (400, "invalid_grant"));
}

/// Each with the answer to it and what became of `active`, of somebody who is active before it if `true`.
pub(crate) async fn who_may_sign_in_changes_only_by_saying_so(world: World) {
    let rig = Rig::new(&world).await;
    let lower = format!("{}:active", USER.to_ascii_lowercase());
    let put = |more: &str| format!(r#"{{"schemas":["{USER}"],"userName":"anna"{more}}}"#);
    let patch = |operation: &str| {
        format!(r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{operation}]}}"#)
    };
    let (bad_path, twice) = ((400, "invalidPath"), (400, "invalidSyntax"));
    let cases = [
        ("PATCH", true, patch(r#"{"op":"replace","path":"active.value","value":false}"#), bad_path, true),
        ("PATCH", true, patch(r#"{"op":"replace","path":"","value":false}"#), bad_path, true),
        ("PATCH", true, patch(&format!(r#"{{"op":"replace","path":"{lower}","value":false}}"#)), (200, ""), false),
        ("PATCH", true, patch(&format!(r#"{{"op":"replace","value":{{"{lower}":false}}}}"#)), (200, ""), false),
        ("PATCH", false, patch(r#"{"op":"remove","path":"active"}"#), (400, "mutability"), false),
        ("PATCH", true, patch(r#"{"op":"replace","value":{"active":false,"Active":true}}"#), twice, true),
        ("PATCH", false, patch(r#"{"op":"replace","value":{"active":false,"Active":true}}"#), twice, false),
        ("PUT", false, put(r#","active":false,"Active":true"#), twice, false),
        ("PUT", false, put(r#","active":false,"active":true"#), twice, false),
        ("PUT", false, put(r#","displayName":"Anna""#), (200, ""), false),
        ("PUT", true, put(r#","displayName":"Anna""#), (200, ""), true),
        ("PUT", true, put(r#","ACTIVE":false"#), (200, ""), false),
        ("PUT", false, put(r#","active":true"#), (200, ""), true),
    ];
    for (method, before, body, no, after) in cases {
        rig.call("PATCH", "/scim/v2/Users/anna", ADMIN, if before { ON } else { OFF }).await;
        let answer = rig.call(method, "/scim/v2/Users/anna", ADMIN, &body).await;
        if no.0 == 200 {
            assert_eq!((answer.status, answer.json["active"].as_bool()), (200, Some(after)), "{method} {body}");
        } else {
            assert_eq!(answer.scim(), no, "{method} {body}");
        }
        assert_eq!(rig.get("/scim/v2/Users/anna", ADMIN).await.json["active"], after, "{method} {body}");
        let given = rig.form("/token", "anna", "grant_type=client_credentials").await;
        assert_eq!(given.status == 200, after, "{method} {body}: {given:?}");
    }
}

/// A body of more than any may have is too large, by RFC 9110 and RFC 7644.
pub(crate) async fn a_body_that_is_too_large_is_told_so(world: World) {
    let rig = Rig::new(&world).await;
    let large = "x".repeat((1 << 20) + 1);
    let no = rig.call("PATCH", "/scim/v2/Users/anna", ADMIN, &large).await;
    assert_eq!(no.scim(), (413, ""));
    assert_eq!((no.word("status"), no.word("detail")), ("413".into(), "the body is too large".into()));
    let no = rig.form("/token", "anna", &large).await;
    assert_eq!((no.no(), no.word("error_description")), ((413, "invalid_request"), "the body is too large".into()));
    let token = rig.token("anna").await;
    assert!(rig.is_active(&token).await, "it goes on");
}

pub(crate) async fn people_are_made_found_and_changed(world: World) {
    let rig = Rig::new(&world).await;
    let carl = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Carl@x.example", "externalId": "c-1",
        "name": { "givenName": "Carl" }, "emails": [{ "value": "carl@x.example", "primary": true }], "nickName": "forgotten" });
    let made = rig.call("POST", "/scim/v2/Users", ADMIN, &carl.to_string()).await;
    assert_eq!((made.status, made.json["active"].as_bool(), made.json.get("nickName")), (201, Some(true), None));
    let place = format!("/scim/v2/Users/{}", made.word("id"));
    assert_eq!(made.head["location"].to_str().expect("text"), format!("http://idp.example{place}"));
    assert_eq!(rig.call("POST", "/scim/v2/Users", ADMIN, &carl.to_string()).await.scim(), (409, "uniqueness"));
    let taken = carl.to_string().replace("Carl@x.example", "ANNA");
    assert_eq!(
        rig.call("PUT", &place, ADMIN, &taken).await.scim(),
        (409, "uniqueness"),
        "whatever the case of its letters"
    );
    assert_eq!(rig.call("PUT", &place, ADMIN, &carl.to_string()).await.json["name"]["givenName"], "Carl");
    let found = rig.get("/scim/v2/Users?filter=userName%20eq%20%22carl@X.example%22", ADMIN).await;
    assert_eq!(
        (found.json["totalResults"].as_u64(), found.json["Resources"][0]["id"].as_str()),
        (Some(1), made.json["id"].as_str())
    );
    let page = rig.get("/scim/v2/Users?startIndex=2&count=1", ADMIN).await;
    assert_eq!((page.json["totalResults"].as_u64(), page.json["itemsPerPage"].as_u64()), (Some(3), Some(1)));
    assert_eq!(page.json["Resources"][0]["userName"], "bert");
    assert_eq!(rig.get("/scim/v2/ServiceProviderConfig", ADMIN).await.json["patch"]["supported"], true);
}

pub(crate) async fn nonsense_changes_nothing(world: World) {
    let rig = Rig::new(&world).await;
    for token in ["", "x", &rig.token("anna").await] {
        assert_eq!(rig.call("PATCH", "/scim/v2/Users/anna", token, OFF).await.scim(), (401, ""), "{token}");
    }
    let patch = |operations: &str| {
        format!(r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":{operations}}}"#)
    };
    let large = patch(&format!(r#"[{{"op":"add","path":"title","value":"{}"}}]"#, "x".repeat(70_000)));
    for (method, path, body, no) in [
        ("PATCH", "/scim/v2/Users/nobody", OFF, (404, "")),
        ("PATCH", "/scim/v2/Users/anna", "", (400, "invalidSyntax")),
        ("PATCH", "/scim/v2/Users/anna", "[]", (400, "invalidSyntax")),
        ("PATCH", "/scim/v2/Users/anna", r#"{"Operations":[]}"#, (400, "invalidSyntax")),
        (
            "PATCH",
            "/scim/v2/Users/anna",
            &patch(r#"[{"op":"replace","path":"active","value":7}]"#),
            (400, "invalidValue"),
        ),
        (
            "PATCH",
            "/scim/v2/Users/anna",
            &patch(r#"[{"op":"replace","path":"active","value":false},{"op":"x"}]"#),
            (400, "invalidSyntax"),
        ),
        ("PATCH", "/scim/v2/Users/anna", &large, (413, "")),
        ("PUT", "/scim/v2/Users/anna", r#"{"userName":"anna"}"#, (400, "invalidSyntax")),
        (
            "POST",
            "/scim/v2/Users",
            r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}"#,
            (400, "invalidValue"),
        ),
        ("GET", "/scim/v2/Users?filter=userName%20sw%20%22a%22", "", (400, "invalidFilter")),
        ("GET", "/scim/v2/Users?count=many", "", (400, "invalidValue")),
        ("GET", "/scim/v2/Groups", "", (404, "")),
        ("DELETE", "/scim/v2/Users", "", (405, "")),
        ("DELETE", "/scim/v2/Users/%2e%2e", "", (404, "")),
    ] {
        assert_eq!(rig.call(method, path, ADMIN, body).await.scim(), no, "{method} {path} {body:.100}");
    }
    let token = rig.token("anna").await;
    assert!(rig.is_active(&token).await, "she is there as before");
    assert_eq!(rig.get("/scim/v2/Users", ADMIN).await.json["totalResults"], 2);
}
