//! Whatever is sent to it: an answer, and never a panic, and no token for nothing.

use firedrill::draw::Seed;
use firedrill::vendor::Body;
use firedrill::world::enter_virtual;
use hyper::Request;
use proptest::prelude::*;

use super::rig::{ADMIN, Rig};

fn path() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "/token",
        "/auth",
        "/token/introspection",
        "/token/revocation",
        "/me",
        "/jwks",
        "/.well-known/openid-configuration",
        "/scim/v2/Users",
        "/scim/v2/Users/anna",
        "/scim/v2/Users/%zz",
        "/scim/v2/Users/%00",
        "/scim/v2/",
        "/scim/v2/ServiceProviderConfig",
        "/scim/v2x",
        "/",
    ]);
    let query = "(\\?((client_id|redirect_uri|response_type|scope|filter|count|startIndex|login_hint)=[!-~&&[^#]]{0,20}&?){0,4})?";
    (known, query).prop_map(|(path, query)| format!("{path}{query}"))
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let form = "((client_id|client_secret|grant_type|code|token|refresh_token|username|scope)=(anna|fd-secret-bert|client_credentials|authorization_code|refresh_token|[!-~]{0,12})&?){0,6}";
    let scim = "\\{\"schemas\":\\[\"urn:ietf:params:scim:(api:messages:2.0:PatchOp|schemas:core:2.0:User)\"\\],\"(Operations|userName)\":(\\[\\{\"op\":\"(add|remove|replace)\",\"path\":\"(active|name.x|userName|[a-z.]{0,9})\",\"value\":(true|null|\"x\"|\\{\\})\\}\\]|\"[a-z]{0,9}\")\\}";
    prop_oneof![
        form.prop_map(String::into_bytes),
        scim.prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..40)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn anything_is_answered(
        sent in prop::collection::vec(
            (prop::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE"]), path(), any::<bool>(), any::<bool>(), body()),
            1..12,
        )
    ) {
        enter_virtual(Seed(5), async |world| {
            let rig = Rig::new(&world).await;
            for (method, path, known, is_form, body) in sent {
                let request = Request::builder().method(method).uri(&path).header("host", "x");
                let request = if known { request.header("authorization", format!("Bearer {ADMIN}")) } else { request };
                let kind = if is_form { "application/x-www-form-urlencoded" } else { "application/scim+json" };
                // What is no path at all is not sent.
                let Ok(request) = request.header("content-type", kind).body(Body::from(body)) else { continue };
                let told = rig.ask(request).await;
                assert!(told.status < 500, "{method} {path}: {told:?}");
                // Nobody has proved anything, so that nobody has got anything.
                assert!(told.json.get("access_token").is_none(), "{method} {path}: {told:?}");
            }
        })
        .expect("a virtual world");
    }
}
