//! `firedrill coverage` asks a twin what is there, and hears what the catalogue says.

use std::net::SocketAddr;

use firedrill::plan::{Edition, EndpointKind};
use firedrill::vendor::catalogue::{self, Operation, State};
use firedrill::vendor::dingtalk;
use serde_json::Value;

use crate::common::{Place, Played, firedrill};
use crate::rig::{Twin, lines};

/// What holds the token in the environment.
const VARIABLE: &str = "FIREDRILL_TEST_TOKEN";

/// Asks, with a token if there is one, as quickly as this machine may be asked.
fn ask(to: &str, url: &str, token: Option<&str>, more: &[&str]) -> Played {
    let mut command = firedrill(["coverage", "--to", to, "--format", "json", "--rate", "500/s", "--url", url]);
    command.args(more);
    if let Some(token) = token {
        command.env(VARIABLE, token).args(["--token-env", VARIABLE]);
    }
    Place::new().ended(command.spawn().expect("the program starts"))
}

/// What was found of every function.
#[track_caller]
fn found(played: &Played) -> Vec<Value> {
    assert_eq!(played.code, Some(0), "{}", played.told());
    let document: Value = serde_json::from_str(&played.out).unwrap_or_else(|_| panic!("{}", played.told()));
    let asked = &document["asked"];
    for against in ["not_there_against_the_catalogue", "there_against_the_catalogue"] {
        assert_eq!(asked[against].as_array().map(Vec::len), Some(0), "{asked:#}");
    }
    asked["functions"].as_array().expect("a list").clone()
}

/// Whether DingTalk's twin emulates a function.
fn is_emulated(operation: &Operation) -> bool {
    let request =
        hyper::Request::builder().method(operation.call.method).uri(operation.call.path.replace(['{', '}'], ""));
    dingtalk::Operation::of(&request.body(()).expect("a request").into_parts().0).is_some()
}

/// Of everything that it emulates, Lite's twin has exactly what the catalogue does not call missing; and what it does not emulate, it
/// says so. Over http as over https, where a private authority vouches for it.
#[test]
fn a_twin_of_lite_lacks_exactly_what_the_catalogue_says() {
    let place = Place::new();
    let [ca, ledger] = ["ca", "ledger"].map(|name| place.path().join(name).display().to_string());
    let lite = EndpointKind::Dingtalk(Edition::Lite);
    let secured = ["--tls", "127.0.0.1:0", "--ca", &ca, "--ledger", &ledger];
    let twin = Twin::start(&[&["dingtalk", "--edition", "lite"], &secured[..]].concat());
    let token = twin.token("probe", "anything");
    let over_http = found(&ask("lite", &format!("http://{}", twin.http), Some(&token), &[]));
    let trust = ["--ca", twin.ready["ca"].as_str().expect("a file")];
    let localhost = format!("https://localhost:{}", twin.https().port());
    for url in [format!("https://{}", twin.https()), localhost] {
        assert_eq!(found(&ask("lite", &url, Some(&token), &trust)), over_http, "{url}");
    }
    assert_eq!(over_http.len(), catalogue::operations().len());
    for (one, operation) in over_http.iter().zip(catalogue::operations()) {
        let is_missing = catalogue::state(&lite, operation) == State::Missing;
        let (found, why) = match (operation.probed, is_missing, is_emulated(operation)) {
            (false, ..) => ("not asked", Some("ends, removes, locks or decides")),
            (true, true, _) => ("not there", None),
            (true, false, true) => ("there", None),
            (true, false, false) => ("unclear", Some("this twin does not emulate the function")),
        };
        assert_eq!((one["id"].as_str(), one["found"].as_str()), (Some(operation.id), Some(found)), "{one}");
        assert_eq!(one["why"].as_str().is_some_and(|told| told.contains(why.unwrap_or(told))), why.is_some(), "{one}");
    }
    // Three times a hundred functions were asked for, and nobody was sent anything.
    assert_eq!(twin.end("INT").code(), Some(0));
    assert_eq!(lines(&ledger), Vec::<Value>::new());
}

/// Whoever has no token hears what is missing all the same, and of the rest that a token is wanted.
#[test]
fn without_a_token_only_what_is_missing_is_told() {
    let twin = Twin::start(&["dingtalk", "--edition", "lite"]);
    let found = found(&ask("lite", &format!("http://{}", twin.http), None, &[]));
    let of = |id: &str| found.iter().find(|one| one["id"] == id).expect(id)["found"].clone();
    assert_eq!([of("ocr"), of("robot-chat"), of("user-get")], ["not there", "guarded", "guarded"]);
}

/// The other platforms' twins do not contradict the catalogue either.
#[test]
fn no_twin_contradicts_the_catalogue() {
    for (kind, to, there) in [("dingtalk", "dingtalk", "ocr"), ("teams", "teams", "user-get")] {
        let twin = Twin::start(&[kind]);
        let token = if kind == "teams" { "anna".to_owned() } else { twin.token("probe", "anything") };
        let found = found(&ask(to, &format!("http://{}", twin.http), Some(&token), &[]));
        assert!(found.iter().all(|one| one["found"] != "not there"), "{found:#?}");
        assert!(found.iter().any(|one| one["id"] == there && one["found"] == "there"), "{found:#?}");
    }
}

/// What cannot be asked is told with what to do, before anything is asked.
#[test]
fn whoever_cannot_be_asked_is_named_with_what_to_do() {
    let place = Place::new();
    let [ours, others] = ["ours", "others"].map(|name| {
        let ca = place.path().join(name).display().to_string();
        Twin::start(&["dingtalk", "--tls", "127.0.0.1:0", "--ca", &ca])
    });
    let ca = |twin: &Twin| twin.ready["ca"].as_str().expect("a file").to_owned();
    let (http, https) = (format!("http://{}", ours.http), format!("https://{}", ours.https()));
    let gone = place.path().join("gone").display().to_string();
    let rows: [(String, Vec<String>, i32, &str); 8] = [
        (https.clone(), vec![], 5, "name its certificate with --ca"),
        (https.clone(), vec!["--ca".into(), ca(&others)], 5, "name its certificate with --ca"),
        (format!("https://{}", ours.http), vec!["--ca".into(), ca(&ours)], 5, "no TLS"),
        (format!("http://{}", ours.https()), vec![], 5, "is it http or https?"),
        (format!("https://{}", closed()), vec![], 5, "cannot reach"),
        (http.clone(), vec!["--ca".into(), ca(&ours)], 2, "`--ca` says whom to trust over https"),
        (https.clone(), vec!["--ca".into(), gone.clone()], 2, &gone),
        (http, vec!["--token-env".into(), "FIREDRILL_NOT_SET".into()], 2, "export `FIREDRILL_NOT_SET`"),
    ];
    for (url, more, code, told) in rows {
        let played = ask("lite", &url, None, &more.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((played.code, played.out.as_str()), (Some(code), ""), "{url}: {}", played.told());
        assert!(played.err.contains(told), "{url}: `{told}` is not in {}", played.told());
    }
}

/// A port of this machine at which nobody listens: that of a twin that has ended.
fn closed() -> SocketAddr {
    let twin = Twin::start(&["dingtalk"]);
    let address = twin.http;
    assert_eq!(twin.end("INT").code(), Some(0));
    address
}
