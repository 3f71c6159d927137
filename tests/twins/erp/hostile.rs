//! Whatever is sent to it: an answer, and never a panic.

use firedrill::draw::Seed;
use firedrill::vendor::Body;
use firedrill::world::enter_virtual;
use hyper::Request;
use proptest::prelude::*;

use super::rig::Rig;

fn path() -> impl Strategy<Value = String> {
    let whole = prop::sample::select(vec![
        "/v1/hooks/fd-hook-anna",
        "/v1/hooks/",
        "/v1/hooks/a/b",
        "/v1/bookings",
        "/v1/bookings/1",
        "/",
    ]);
    (whole, "(\\?after=-?[0-9]{0,22}(&to=[a-z%]{0,9})?(&brief=[a-z]{0,5})?|\\?[a-z=&%]{0,9})?")
        .prop_map(|(path, query)| path.to_owned() + &query)
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("[\"bert\"]".to_owned()),
        "-?[0-9]{1,22}",
        any::<String>().prop_map(|text| serde_json::to_string(&text).expect("JSON")),
    ];
    let name = prop::sample::select(vec!["document", "state", "to", "text", "other"]);
    let fields = prop::collection::vec((name, value).prop_map(|(name, value)| format!("\"{name}\":{value}")), 0..6);
    let json = fields.prop_map(|fields| format!("{{{}}}", fields.join(",")).into_bytes());
    prop_oneof![json, prop::collection::vec(any::<u8>(), 0..40)]
}

/// Fields as they should be, or as they should not.
fn fields() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature", "authorization"];
    let value = prop_oneof![
        Just("fd-0.1".to_owned()),
        Just("1767225600".to_owned()),
        Just("v1,AAAA v2,x v1,====".to_owned()),
        Just("Bearer fd-reader-bert".to_owned()),
        "[ -~]{0,30}",
    ];
    prop::collection::vec((prop::sample::select(names.to_vec()), value), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn anything_is_answered(
        sent in prop::collection::vec((prop::sample::select(vec!["GET", "POST", "PUT"]), path(), fields(), body()), 1..12)
    ) {
        enter_virtual(Seed(5), async |world| {
            let rig = Rig::usual(&world).await;
            for (method, path, fields, body) in sent {
                let request = Request::builder().method(method).uri(&path).header("host", "x");
                let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, value));
                // What is no path at all is not sent.
                let Ok(request) = request.body(Body::from(body)) else { continue };
                let told = rig.ask(request).await;
                assert!(told.status < 500 && told.json.is_object(), "{method} {path}: {told:?}");
            }
            // Nothing of that was signed.
            assert_eq!(rig.bookings(0).await, []);
        })
        .expect("a virtual world");
    }
}
