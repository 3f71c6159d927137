//! A file that says who exists.

use crate::common::{Place, say};
use crate::rig::{LOGIN, Twin, login};

const YAML: &str = "
limits: off
users: [anna]
apps:
  - { app_key: dingorders, app_secret: s3cret-of-orders, user: orders }
  - app_key: dingalone
    app_secret: another
";

#[test]
fn only_those_exist_who_stand_there() {
    let place = Place::new();
    let json = r#"{"limits":"off","users":["anna"],"apps":[
        {"app_key":"dingorders","app_secret":"s3cret-of-orders","user":"orders"},{"app_key":"dingalone","app_secret":"another"}]}"#;
    for (name, text) in [("twin.yaml", YAML), ("twin.json", json)] {
        let twin = Twin::start(&["dingtalk", "--config", &place.file(name, text)]);
        for (key, secret) in [("dingorders", "wrong"), ("stranger", "s3cret-of-orders"), ("anna", ""), ("", "")] {
            let answer = twin.post(LOGIN, "", &login(key, secret));
            assert_eq!(answer.status, 400, "{name}: {key}/{secret}: {answer:?}");
        }
        let token = twin.token("dingorders", "s3cret-of-orders");
        let sent = twin.send(&token, &["anna", "orders", "dingalone", "nobody"], "x").json();
        assert_eq!(sent["invalidStaffIdList"], serde_json::json!(["nobody"]), "{name}");
        // Twenty a second would be the vendor's limit.
        assert!((0..50).all(|_| twin.send(&token, &["anna"], "x").status == 200), "{name}: the file says no limits");
    }
}

#[test]
fn the_command_line_overrules_the_file_s_limits() {
    let place = Place::new();
    let twin = Twin::start(&["dingtalk", "--limits", "vendor", "--config", &place.file("twin.yaml", YAML)]);
    let token = twin.token("dingorders", "s3cret-of-orders");
    // Five tries, since a busy machine may need longer than a second for more than twenty of them.
    let refused = || (0..60).any(|_| twin.send(&token, &["anna"], "x").status == 403);
    assert!((0..5).any(|_| refused()), "no limit was enforced");
}

#[test]
fn a_twin_with_fixed_credentials_may_be_reached_from_elsewhere() {
    let place = Place::new();
    let refused = say(["twin", "dingtalk", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.code, Some(2), "{}", refused.told());
    assert!(refused.err.contains("--config") && refused.out.is_empty(), "{}", refused.told());
    let open = Twin::start(&["dingtalk", "--listen", "0.0.0.0:0", "--config", &place.file("twin.yaml", YAML)]);
    assert!(open.http.ip().is_unspecified(), "{}", open.ready);
}

/// Every mistake at once, with line and hint as in a scenario, and no secret.
#[test]
fn mistakes_have_their_place() {
    let place = Place::new();
    let cases = [
        ("apps: [{ app_key: k, app_secrt: hunter2, user: a }]", &["unknown-key", ":1:", "app_secret"][..]),
        ("limits: none\nuserz: []", &["unknown-word", ":1:", "unknown-key", ":2:", "users"]),
        ("users: anna", &["wrong-kind", "[anna, bert]"]),
        ("users: [anna, bert, anna]", &["duplicate-key", "`anna` stands here twice"]),
        ("apps:\n  - { app_secret: hunter2 }", &["conflict", ":2:"]),
        ("apps:\n  - { token: hunter2 }", &["missing", "user: orders"]),
        ("apps:\n  - { user: a }", &["missing", "app_key"]),
        ("apps:\n  - { token: hunter2, user: a }\n  - { token: hunter2, user: b }", &["duplicate-key", ":3:"]),
        ("apps:\n  - { app_key: k, app_secret: \"hunter2 and a space\" }", &["bad-name", ":2:", "app_secret"]),
        ("apps: [ { app_secret: hunter2", &["syntax"]),
        ("sso: { token_life: 1500ms }", &["out-of-range", ":1:", "whole seconds"]),
        (
            "sso:\n  directory_token: \"hunter2 and a space\"\n  keys: { keep: 2 }",
            &["bad-name", ":2:", "missing", "rotate: 1h"],
        ),
        (
            "sso: { refresh_life: never, keys: { rotate: 0s, keep: 0 } }",
            &["bad-figure", "out-of-range", "between 1 and 16"],
        ),
        ("", &["missing"]),
    ];
    for (text, wanted) in cases {
        let told = say(["twin", "dingtalk", "--listen", "127.0.0.1:0", "--config", &place.file("twin.yaml", text)]);
        assert_eq!(told.code, Some(2), "{text}: {}", told.told());
        for word in wanted {
            assert!(told.err.contains(word), "{text}: no `{word}` in {}", told.err);
        }
        let forgotten = text.contains("app_secrt");
        assert!(forgotten || !told.err.contains("hunter2"), "{text}: a secret is quoted: {}", told.err);
    }
    let missing = say(["twin", "dingtalk", "--config", "nowhere.yaml"]);
    assert_eq!(missing.code, Some(2), "{}", missing.told());
    assert!(missing.err.contains("nowhere.yaml"), "{}", missing.told());
}
