use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::Request;
use hyper::http::request::Parts;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::scim::Person;
use super::*;
use crate::draw::Seed;
use crate::plan::{EndpointKind, Sso};
use crate::vendor::{Refusal, login_key, refusal as refused};

fn key() -> SigningKey {
    SigningKey::of(Seed(7), 1).expect("a key")
}

fn known(name: &str) -> Option<Vec<u8>> {
    (name == "fd-1").then(|| key().public().to_vec())
}

fn claims() -> Claims {
    Claims { sub: "anna".into(), jti: "3".into(), exp: 60, ..Claims::default() }
}

fn head(method: &str, path: &str, fields: &[(&str, &str)]) -> Parts {
    let fields =
        fields.iter().fold(Request::builder().method(method).uri(path), |all, (name, value)| all.header(*name, *value));
    fields.body(()).expect("a request").into_parts().0
}

/// A token with another header, signed by our key or by nobody.
fn forged(header: &Value, signs: bool) -> String {
    let claims = serde_json::to_vec(&claims()).expect("JSON");
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
    if !signs {
        return format!("{signed}.");
    }
    // Our own signer signs nothing but what it has made, so the library is asked.
    let mut seed = b"firedrill sso signing key".to_vec();
    seed.extend(7_u64.to_be_bytes());
    seed.extend(1_u64.to_be_bytes());
    let seed = ring::digest::digest(&ring::digest::SHA256, &seed);
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).expect("a key");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes())))
}

#[test]
fn what_is_signed_is_verified_and_says_the_same_each_time() {
    let token = key().sign(Type::Access, &claims());
    assert_eq!(token, key().sign(Type::Access, &claims()));
    assert_eq!(verify(Type::Access, &token, known), Ok(claims()));
    assert_eq!(verify(Type::Identity, &token, known), Err(BadToken::Malformed), "an access token identifies nobody");
    let good = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "fd-1" });
    assert_eq!(verify(Type::Access, &forged(&good, true), known), Ok(claims()));
}

#[test]
fn no_other_algorithm_and_no_other_key_is_taken() {
    let with = |name: &str, value: Value| {
        let mut header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "fd-1" });
        header[name] = value;
        header
    };
    for (header, signs, why) in [
        (with("alg", "none".into()), false, BadToken::Algorithm),
        (with("alg", "None".into()), true, BadToken::Algorithm),
        (with("alg", "HS256".into()), true, BadToken::Algorithm),
        (with("alg", "RS256".into()), true, BadToken::Algorithm),
        (with("alg", Value::Null), true, BadToken::Malformed),
        (with("crit", json!(["exp"])), true, BadToken::Algorithm),
        (with("kid", "fd-2".into()), true, BadToken::Key),
        (with("kid", "../fd-1".into()), true, BadToken::Key),
        (with("kid", Value::Null), true, BadToken::Key),
        (with("typ", "JWT".into()), true, BadToken::Malformed),
        (with("x", 1.into()), false, BadToken::Signature),
    ] {
        assert_eq!(verify(Type::Access, &forged(&header, signs), known), Err(why), "{header}");
    }
    let token = key().sign(Type::Access, &claims());
    let (signed, _) = token.rsplit_once('.').expect("three parts");
    for bad in [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        signed,
        &format!("{signed}."),
        &format!("{token}."),
        &format!("{token}="),
    ] {
        assert!(verify(Type::Access, bad, known).is_err(), "{bad:?}");
    }
    assert_eq!(verify(Type::Access, &"a".repeat(1 << 20), known), Err(BadToken::Malformed));
}

#[test]
fn a_client_proves_itself_in_one_way() {
    let form = |text: &str| {
        let head = head("POST", "/token", &[("content-type", "application/x-www-form-urlencoded; charset=utf-8")]);
        Parameters::of_form(&head, text.as_bytes()).expect("a form")
    };
    // "an/na" and "a:b c", each encoded as in a form.
    let by_head = head("POST", "/token", &[("authorization", "Basic YW4lMkZuYTphJTNBYitj")]);
    let proved = Client { id: "an/na".into(), secret: Some("a:b c".into()) };
    assert_eq!(Client::of(&by_head, &form("")), Ok(proved.clone()));
    assert_eq!(Client::of(&head("POST", "/token", &[]), &form("client_id=an%2Fna&client_secret=a:b+c")), Ok(proved));
    assert_eq!(wanted::basic(&wanted::basic_field("an/na", "a:b c")).expect("Basic").id, "an/na");
    for (fields, text, error) in [
        (&[][..], "", "invalid_client"),
        (&[("authorization", "Basic YW5uYTp4")], "client_id=anna&client_secret=x", "invalid_request"),
        (&[("authorization", "Basic YW5uYTp4")], "client_id=bert", "invalid_request"),
        (&[("authorization", "Basic !")], "", "invalid_client"),
        (&[("authorization", "Bearer x")], "client_id=anna", "invalid_client"),
    ] {
        let problem = Client::of(&head("POST", "/token", fields), &form(text)).expect_err("a no");
        assert_eq!(problem.error(), error, "{fields:?} {text}");
    }
    let head = head("POST", "/token", &[("content-type", "application/json")]);
    assert_eq!(Parameters::of_form(&head, b"a=b").expect_err("no form").error(), "invalid_request");
    let head = self::head("POST", "/token", &[("content-type", "application/x-www-form-urlencoded")]);
    for twice in [b"a=1&a=2".as_slice(), b"scope=a&sc%6fpe=b", b"\xff=1"] {
        assert_eq!(Parameters::of_form(&head, twice).expect_err("twice").error(), "invalid_request");
    }
}

#[test]
fn a_login_tells_whose_it_is() {
    let kind = EndpointKind::Sso(Sso::default());
    let request = crate::vendor::login_request(&kind, &identity("office-1")).expect("a login");
    let (head, _) = request.into_parts();
    assert_eq!(login_key(&kind, &head, b"grant_type=client_credentials").as_deref(), Some("office-1"));
    assert_eq!(login_key(&kind, &head, b"grant_type=refresh_token&refresh_token=r").as_deref(), Some("r"));
    assert_eq!(credential(&head).as_deref(), Some("office-1"));
    let token = login_answer(StatusCode::OK, b"{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":99}");
    assert_eq!(token, Ok(Token { text: "t".into(), lifetime: Span::from_secs(99) }));
    assert_eq!(
        login_answer(StatusCode::BAD_REQUEST, b"{\"error\":\"invalid_grant\"}"),
        Err(Answer::Refused("invalid_grant".into()))
    );
    assert_eq!(login_answer(StatusCode::OK, b"{}"), Err(Answer::Unreadable("200 without a token".into())));
}

#[test]
fn a_verifier_proves_its_challenge() {
    // RFC 7636, appendix B.
    let (verifier, challenge) =
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert!(proves(verifier, challenge) && !proves(challenge, verifier));
    assert!(
        is_verifier(verifier)
            && !is_verifier("short")
            && !is_verifier(&"a".repeat(129))
            && !is_verifier(&" ".repeat(50))
    );
}

/// What a user is after these operations.
fn patched(operations: &Value) -> Result<Person, String> {
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    Person::named("anna").patched(body.to_string().as_bytes()).map_err(|error| format!("{error:?}"))
}

#[test]
fn a_patch_is_done_whole_or_not_at_all() {
    for off in [
        json!([{ "op": "replace", "path": "active", "value": false }]),
        // As Entra has been known to write it.
        json!([{ "op": "Replace", "path": "active", "value": "False" }]),
        json!([{ "op": "replace", "value": { "active": false } }]),
        json!([{ "op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false }]),
        // Neither names nor URNs know the case of letters.
        json!([{ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:user:active", "value": false }]),
        json!([{ "op": "replace", "value": { "URN:IETF:params:scim:schemas:core:2.0:USER:ACTIVE": false } }]),
    ] {
        assert!(!patched(&off).expect("done").active, "{off}");
    }
    let named = patched(
        &json!([{ "op": "add", "path": "name.givenName", "value": "Anna" }, { "op": "remove", "path": "title" }]),
    );
    assert_eq!(named.expect("done").more["name"], json!({ "givenName": "Anna" }));
    for (bad, word) in [
        (json!([]), "invalidSyntax"),
        (json!({}), "invalidSyntax"),
        (json!([{ "op": "destroy", "path": "active" }]), "invalidSyntax"),
        (json!([{ "op": "replace", "path": "active", "value": "perhaps" }]), "invalidValue"),
        (json!([{ "op": "replace", "path": "active" }]), "invalidValue"),
        (json!([{ "op": "replace", "value": true }]), "invalidValue"),
        (json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "x" }]), "invalidPath"),
        (json!([{ "op": "replace", "path": "title.x", "value": "x" }]), "invalidPath"),
        (json!([{ "op": "replace", "path": "name", "value": "x" }]), "invalidValue"),
        (json!([{ "op": "remove" }]), "noTarget"),
        (json!([{ "op": "remove", "path": "userName" }]), "mutability"),
        (json!([{ "op": "remove", "path": "active" }]), "mutability"),
        (json!([{ "op": "remove", "path": "active.value" }]), "invalidPath"),
        (json!([{ "op": "remove", "path": "title.x" }]), "invalidPath"),
        (json!([{ "op": "replace", "path": "active.value", "value": false }]), "invalidPath"),
        (json!([{ "op": "replace", "path": "userName.value", "value": "x" }]), "invalidPath"),
        (json!([{ "op": "replace", "path": "", "value": false }]), "invalidPath"),
        (json!([{ "op": "replace", "path": ".active", "value": false }]), "invalidPath"),
        (json!([{ "op": "replace", "path": "active.", "value": false }]), "invalidPath"),
        (json!([{ "op": "replace", "path": "/active", "value": false }]), "invalidPath"),
        (json!([{ "op": "replace", "path": "active ", "value": false }]), "invalidPath"),
        (
            json!([{ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User", "value": { "active": false } }]),
            "invalidPath",
        ),
        (
            json!([{ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:", "value": false }]),
            "invalidPath",
        ),
        (json!([{ "op": "replace", "value": { "active.value": false } }]), "invalidPath"),
        (json!([{ "op": "replace", "value": { "": false } }]), "invalidSyntax"),
        (json!([{ "op": "replace", "value": { "active": false, "Active": true } }]), "invalidSyntax"),
        (
            json!([{ "op": "replace", "value": { "active": false, "urn:ietf:params:scim:schemas:core:2.0:User:active": true } }]),
            "invalidSyntax",
        ),
        (
            json!([{ "op": "replace", "path": "active", "value": false }, { "op": "replace", "path": "userName", "value": "" }]),
            "invalidValue",
        ),
    ] {
        assert!(patched(&bad).expect_err("a no").contains(word), "{bad}");
    }
    assert!(Person::named("anna").patched(b"{").is_err() && Person::read(b"[]").is_err());
    // Of another schema nothing is kept.
    let other = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
    assert_eq!(patched(&json!([{ "op": "add", "path": other, "value": "x" }])), Ok(Person::named("anna")));
    let twice =
        br#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"anna","active":false,"active":true}"#;
    assert!(format!("{:?}", Person::read(twice).expect_err("which?")).contains("active stands there twice"));
    assert!(
        Person::read(&vec![b' '; scim::LARGEST + 1]).expect_err("too large")
            == scim::ScimError::new(413, "", "the body has more than 65536 bytes")
    );
}

#[test]
fn each_standard_has_its_own_no() {
    let kind = EndpointKind::Sso(Sso::default());
    let no = |form: &Form, why: &Refusal| {
        let response = refused(&kind, form, why, 1);
        let challenge =
            response.headers().get("www-authenticate").and_then(|value| value.to_str().ok()).map(str::to_owned);
        (response.status().as_u16(), challenge.unwrap_or_default())
    };
    let disabled = Refusal::Frozen(crate::plan::FreezeMode::Disabled);
    assert_eq!(no(&Form::OAuth, &disabled).0, 400);
    assert_eq!(no(&Form::OAuth, &Refusal::InvalidKey), (401, "Basic realm=\"sso\"".into()));
    assert_eq!(no(&Form::Scim, &Refusal::InvalidToken), (401, "Bearer realm=\"scim\", error=\"invalid_token\"".into()));
    assert_eq!(no(&Form::Scim, &Refusal::MissingToken), (401, "Bearer realm=\"scim\"".into()));
    assert_eq!(
        no(&Form::Present, &Refusal::MissingToken),
        (401, "Bearer realm=\"sso\"".into()),
        "no error for whoever shows nothing"
    );
    assert!(no(&Form::Present, &Refusal::RevokedToken).1.contains("error=\"invalid_token\""));
    assert_eq!(no(&Form::OAuth, &Refusal::Status(503)).0, 503);
    // Whoever asks about a token is told no error.
    assert_eq!(no(&Form::Introspection, &disabled).0, 200);
    assert_eq!(no(&Form::Introspection, &Refusal::Status(503)).0, 503);
}

proptest! {
    #[test]
    fn garbage_is_no_token_no_form_and_nobody(text: String, bytes: Vec<u8>) {
        prop_assert!(verify(Type::Access, &text, known).is_err());
        let form = head("POST", "/token", &[("content-type", "application/x-www-form-urlencoded")]);
        let _ = Parameters::of_form(&form, &bytes);
        let _ = Person::read(&bytes);
        let _ = Person::named("anna").patched(&bytes);
        let _ = login_answer(StatusCode::OK, &bytes);
        prop_assert_eq!(Place::of(&format!("/scim/v2/Users/{}", percent(&text))) == Place::Users, text.is_empty());
    }

    #[test]
    fn a_token_that_was_touched_is_none(at in 0_usize..400, byte in any::<u8>()) {
        let mut token = key().sign(Type::Access, &claims()).into_bytes();
        let at = at % token.len();
        prop_assume!(token[at] != byte);
        token[at] = byte;
        // The last character holds two bits that say nothing, which a strict reader refuses.
        prop_assert!(std::str::from_utf8(&token).map_or(true, |token| verify(Type::Access, token, known).is_err()));
    }
}
