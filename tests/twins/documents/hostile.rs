//! Whatever is sent to it: an answer, and never a panic.

use firedrill::draw::Seed;
use firedrill::vendor::Body;
use firedrill::world::enter_virtual;
use hyper::Request;
use proptest::prelude::*;

use super::rig::Rig;

fn path() -> impl Strategy<Value = String> {
    let whole = vec!["/v1/documents/q3", "/v1/documents/", "/v1/documents/a/b", "/v1/documents/%00", "/v1/sync", "/"];
    (prop::sample::select(whole), "(\\?[a-z=&%]{0,9})?").prop_map(|(path, query)| path.to_owned() + &query)
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("[]".to_owned()),
        Just(r#"[{"document":"q3","version":{"other":9},"modified":1,"by":"other","text":"x"}]"#.to_owned()),
        Just(
            r#"[{"document":"q3","version":{"\"":18446744073709551615},"modified":1,"by":"other","text":"x"}]"#
                .to_owned()
        ),
        "-?[0-9]{1,22}",
        any::<String>().prop_map(|text| serde_json::to_string(&text).expect("JSON")),
    ];
    let name = prop::sample::select(vec!["text", "from", "documents", "other"]);
    let fields = prop::collection::vec((name, value).prop_map(|(name, value)| format!("\"{name}\":{value}")), 0..5);
    let json = fields.prop_map(|fields| format!("{{{}}}", fields.join(",")).into_bytes());
    prop_oneof![json, prop::collection::vec(any::<u8>(), 0..40)]
}

/// Fields as they should be, or as they should not.
fn fields() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let names = vec!["if-match", "if-none-match", "authorization"];
    let value = prop_oneof![
        Just("*".to_owned()),
        Just("\"store=1\"".to_owned()),
        Just("Bearer fd-writer-anna".to_owned()),
        "[ -~]{0,30}"
    ];
    prop::collection::vec((prop::sample::select(names), value), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn anything_is_answered(
        sent in prop::collection::vec((prop::sample::select(vec!["GET", "POST", "PUT"]), path(), fields(), body()), 1..12)
    ) {
        enter_virtual(Seed(5), async |world| {
            let rig = Rig::new(&world).await;
            for (method, path, fields, body) in sent {
                let request = Request::builder().method(method).uri(&path).header("host", "x");
                let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, value));
                // What is no path at all is not sent.
                let Ok(request) = request.body(Body::from(body)) else { continue };
                let told = rig.ask(request).await;
                assert!(told.status < 500 && told.json.is_object(), "{method} {path}: {told:?}");
            }
        })
        .expect("a virtual world");
    }
}
