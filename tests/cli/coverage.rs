//! What a platform keeps of another: by the catalogue, and by asking an endpoint that knows some functions only.
//!
//! The endpoint below is a plain HTTP/1.1 server on threads. It answers in the words of DingTalk's gateways, and keeps a log.

use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use firedrill::plan::{Edition, EndpointKind};
use firedrill::vendor::catalogue::{self, Operation, State};
use serde_json::{Value, json};

use crate::common::{Place, Played, TINY, exchange, firedrill, number, say};

/// What the endpoint says to a function that it may know.
#[derive(Clone, Copy)]
enum Says {
    Known,
    Unknown,
    Forbidden,
    Busy,
    /// Nothing: it closes the connection.
    Nothing,
}

/// One request in the log.
struct Asked {
    method: String,
    path: String,
    token: Option<String>,
    body: String,
    at: Instant,
}

type Log = Arc<Mutex<Vec<Asked>>>;

/// Starts an endpoint on a port of its own.
#[expect(clippy::disallowed_methods, reason = "this server is not ours and stands outside the world")]
fn serve(says: fn(&Operation) -> Says) -> (String, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (url, log) = (format!("http://{}", listener.local_addr().expect("an address")), Log::default());
    let kept = Arc::clone(&log);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let log = Arc::clone(&kept);
            std::thread::spawn(move || while answer(&stream, &log, says).is_some() {});
        }
    });
    (url, log)
}

/// One exchange; `None` when the connection is over.
#[expect(clippy::disallowed_methods, reason = "this server is not ours and stands outside the world")]
fn answer(stream: &TcpStream, log: &Log, says: fn(&Operation) -> Says) -> Option<()> {
    let request = exchange::Request::read(stream)?;
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let token = request.token.or_else(|| query.strip_prefix("access_token=").map(str::to_owned));
    let said = catalogue::operation(&request.method, path).map_or(Says::Unknown, says);
    let asked = Asked {
        path: path.to_owned(),
        method: request.method,
        token,
        body: String::from_utf8(request.body).ok()?,
        at: Instant::now(),
    };
    let answered = words_of(path, said);
    log.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    let (status, body) = answered?;
    exchange::answer(stream, status, &body)
}

/// As DingTalk's new and old gateways say it.
fn words_of(path: &str, says: Says) -> Option<(u16, Value)> {
    let new = path.starts_with("/v1.0/") || path.starts_with("/v2.0/");
    let coded = |code: &str| json!({ "code": code, "requestid": "1", "message": "m" });
    Some(match (says, new) {
        (Says::Nothing, _) => return None,
        (Says::Known, true) => (400, coded("Missingbody")),
        (Says::Known, false) => (200, json!({ "errcode": 40035, "errmsg": "m" })),
        (Says::Unknown, true) => (404, coded("InvalidAction.NotFound")),
        (Says::Unknown, false) => (200, json!({ "errcode": 22, "errmsg": "m" })),
        (Says::Forbidden, true) => (403, coded("Forbidden.AccessDenied.AccessTokenPermissionDenied")),
        (Says::Forbidden, false) => (200, json!({ "errcode": 88, "sub_code": "60011", "errmsg": "m" })),
        (Says::Busy, _) => (503, json!({})),
    })
}

fn ask(url: &str, more: &[&str]) -> Played {
    say(["coverage", "--to", "lite", "--format", "json", "--rate", "200/s", "--url", url].iter().chain(more))
}

fn document(played: &Played) -> Value {
    serde_json::from_str(&played.out).unwrap_or_else(|_| panic!("JSON and nothing else: {}", played.told()))
}

/// As the catalogue has it for Lite.
fn as_listed(operation: &Operation) -> Says {
    match catalogue::state(&EndpointKind::Dingtalk(Edition::Lite), operation) {
        State::Missing => Says::Unknown,
        State::Supported | State::Degraded => Says::Known,
    }
}

#[test]
fn the_catalogue_alone_gives_both_shares_with_their_denominators() {
    let played = say(["coverage", "--from", "dingtalk", "--to", "lite", "--format", "json"]);
    assert_eq!((played.code, played.err.as_str()), (Some(0), ""), "{}", played.told());
    let found = document(&played);
    let [api, common] = [&found["sets"][0], &found["sets"][1]];
    assert_eq!((&api["set"], &common["set"]), (&json!("api"), &json!("common")));
    for set in [api, common] {
        let [low, high, all] = ["low", "high", "all"].map(|key| number(&set[key]));
        let [supported, degraded] = ["supported", "degraded"].map(|key| number(&set[key]));
        assert!((low - supported / all).abs() < 1e-9 && (high - (supported + degraded) / all).abs() < 1e-9, "{set:#}");
        assert!(set["denominator"].as_str().is_some_and(|text| !text.is_empty()));
    }
    // The article's claims stand beside what is counted.
    assert!((number(&api["claimed"]) - 0.78).abs() < 1e-9 && (number(&common["claimed"]) - 0.9).abs() < 1e-9);
    let missing = found["missing"].as_array().expect("a list");
    let all = number(&found["functions"]);
    assert!((number(&api["supported"]) + number(&api["degraded"]) + missing.len() as f64 - all).abs() < 1e-9);
    let ids: Vec<_> = missing.iter().filter_map(|line| line["id"].as_str()).collect();
    assert!(ids.contains(&"ocr") && ids.contains(&"approval-form-save"), "{ids:?}");
    // Whatever rests on nothing is said to.
    let sources: f64 = found["sources"].as_object().expect("a map").values().map(number).sum();
    assert!((sources - all).abs() < 1e-9 && number(&found["assumptions"]) > 0.0, "{found:#}");
    assert_eq!(found["asked"], Value::Null);

    let text = say(["coverage", "--to", "lite"]).out;
    for word in
        ["claimed: 78 %", "claimed: 90 %", "Missing (", "Degraded", "are assumptions", "ocr", "of 100 functions"]
    {
        assert!(text.contains(word), "`{word}` is not in\n{text}");
    }
}

#[test]
fn teams_is_told_with_its_own_calls_and_without_claims() {
    let found = document(&say(["coverage", "--to", "teams", "--format", "json"]));
    assert_eq!((&found["sets"][0]["claimed"], &found["to"]), (&Value::Null, &json!("Microsoft Teams")));
    let degraded = found["degraded"].as_array().expect("a list");
    let start = degraded.iter().find(|line| line["id"] == "approval-start").expect("approvals are in beta");
    assert_eq!(start["there"], "POST /beta/solutions/approval/approvalItems");
    assert!(degraded.iter().all(|line| line["remark"].is_string()), "each says what is lost: {degraded:#?}");
    // From Lite there is less to keep.
    let from_lite = document(&say(["coverage", "--from", "lite", "--to", "teams", "--format", "json"]));
    assert!(number(&from_lite["functions"]) < number(&found["functions"]));
    let same = document(&say(["coverage", "--to", "dingtalk", "--format", "json"]));
    assert!((number(&same["sets"][0]["low"]) - 1.0).abs() < 1e-9);
}

#[test]
fn an_endpoint_that_is_as_the_catalogue_says() {
    let (url, log) = serve(as_listed);
    let played = ask(&url, &[]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let found = document(&played);
    let asked = &found["asked"];
    assert_eq!(
        (&asked["not_there_against_the_catalogue"], &asked["there_against_the_catalogue"]),
        (&json!([]), &json!([]))
    );
    // Every function has an answer, or a reason why not.
    let functions = asked["functions"].as_array().expect("a list");
    assert_eq!(functions.len(), catalogue::operations().len());
    let observed = functions.iter().filter(|one| one["why"].is_null()).count();
    assert!((number(&found["observed"]) - observed as f64).abs() < 1e-9);

    // Asked once each, without content, without a token, and nothing that could end or remove something.
    let log = log.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(log.len(), catalogue::operations().iter().filter(|operation| operation.probed).count());
    for request in log.iter() {
        let operation = catalogue::operation(&request.method, &request.path).expect("a function of the catalogue");
        assert!(operation.probed && request.method != "DELETE", "{}", operation.id);
        assert!(request.body.is_empty() || request.body == "{}", "{}", request.body);
        assert_eq!(request.token, None);
    }
}

#[test]
fn an_endpoint_that_is_otherwise_than_the_catalogue_says() {
    fn otherwise(operation: &Operation) -> Says {
        match operation.id {
            "user-get" | "event-get" => Says::Unknown,
            "ocr" => Says::Known,
            "robot-chat" => Says::Forbidden,
            "robot-group" => Says::Busy,
            _ => as_listed(operation),
        }
    }
    let (url, _) = serve(otherwise);
    let played = ask(&url, &[]);
    assert_eq!(played.code, Some(1), "{}", played.told());
    let found = document(&played);
    let asked = &found["asked"];
    assert_eq!(asked["not_there_against_the_catalogue"], json!(["user-get", "event-get"]));
    assert_eq!(asked["there_against_the_catalogue"], json!(["ocr"]));
    let of = |id: &str| asked["functions"].as_array().expect("a list").iter().find(|one| one["id"] == id).cloned();
    assert_eq!(of("robot-chat").expect("it")["found"], "guarded");
    assert_eq!(of("robot-group").expect("it")["found"], "unclear");
    assert_eq!(of("user-delete").expect("it")["found"], "not asked");
    // The shares follow what the endpoint said: two fewer, one more.
    let listed = document(&say(["coverage", "--to", "lite", "--format", "json"]));
    let supported = |document: &Value| number(&document["sets"][0]["supported"]);
    assert!((supported(&found) - (supported(&listed) - 1.0)).abs() < 1e-9, "{found:#}");
    let text = say(["coverage", "--to", "lite", "--rate", "200/s", "--url", &url]);
    assert_eq!(text.code, Some(1));
    for word in
        ["Not there, against the catalogue (2)", "There, against the catalogue (1)", "No telling", "not asked for"]
    {
        assert!(text.out.contains(word), "`{word}` is not in\n{}", text.out);
    }
}

#[test]
fn an_endpoint_that_tells_nothing_is_inconclusive() {
    let (url, _) = serve(|_| Says::Forbidden);
    let played = ask(&url, &[]);
    assert_eq!(played.code, Some(3), "{}", played.told());
    assert!(number(&document(&played)["observed"]).abs() < 1e-9);
}

#[test]
fn a_token_goes_where_each_gateway_wants_it() {
    let (url, log) = serve(as_listed);
    let with_token = |token: &str| {
        let args =
            ["coverage", "--to", "lite", "--rate", "200/s", "--token-env", "FIREDRILL_TEST_TOKEN", "--url", &url];
        let child = firedrill(args).env("FIREDRILL_TEST_TOKEN", token).spawn().expect("the program starts");
        Place::new().ended(child)
    };
    let played = with_token("s3cret");
    assert_eq!(played.code, Some(0), "{}", played.told());
    assert!(!played.told().contains("s3cret"), "a token is never shown");
    let log = log.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(log.iter().all(|request| request.token.as_deref() == Some("s3cret")), "in the head or in the query");
    drop(log);
    for no_token in ["", " \n", "two words", "two\nlines"] {
        assert_eq!(with_token(no_token).code, Some(2), "{no_token:?}");
    }
}

/// Three requests in a row without an answer are enough.
#[test]
fn whoever_answers_no_more_is_asked_no_more() {
    // The first function of the catalogue is answered.
    fn one_answer(operation: &Operation) -> Says {
        if operation.id == catalogue::operations()[0].id { Says::Known } else { Says::Nothing }
    }
    let silent: fn(&Operation) -> Says = |_| Says::Nothing;
    for (says, code, requests) in [(one_answer as fn(&Operation) -> Says, 0, 4), (silent, 5, 3)] {
        let (url, log) = serve(says);
        let played = ask(&url, &[]);
        assert_eq!(played.code, Some(code), "{}", played.told());
        assert_eq!(log.lock().unwrap_or_else(PoisonError::into_inner).len(), requests);
        let told = if code == 0 { &played.out } else { &played.err };
        let word = if code == 0 { "the endpoint has stopped answering" } else { "answers no request" };
        assert!(told.contains(word), "{}", played.told());
    }
}

/// A service of somebody else is asked slowly, whatever is wanted.
#[test]
fn others_are_asked_at_most_ten_times_a_second() {
    let played = say(["coverage", "--to", "lite", "--rate", "11/s", "--url", "http://10.0.0.1", "--allow", "10.0.0.1"]);
    assert_eq!(played.code, Some(2), "{}", played.told());
    assert!(played.err.contains("at most 10/s"), "{}", played.told());
}

/// n requests at 40 a second take at least (n − 1) / 40 s from the first to the last; a tenth less for what a busy machine adds to the way
/// of the first one.
#[test]
fn no_more_requests_a_second_than_allowed() {
    let (url, log) = serve(as_listed);
    let played = say(["coverage", "--to", "lite", "--rate", "40/s", "--url", &url]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let log = log.lock().unwrap_or_else(PoisonError::into_inner);
    let (first, last) = (log.first().expect("one").at, log.last().expect("one").at);
    let planned = Duration::from_millis(25) * u32::try_from(log.len() - 1).expect("few");
    assert!(last.duration_since(first) >= planned * 9 / 10, "{:?} for {}", last.duration_since(first), log.len());
}

#[test]
fn nothing_beyond_this_machine_is_asked_unasked() {
    for (url, code, told) in [
        ("http://api.dingtalk.io:80", 2, "--allow api.dingtalk.io"),
        ("http://10.0.0.1:80", 2, "--allow 10.0.0.1"),
        ("https://127.0.0.1:1", 5, "cannot reach 127.0.0.1:1"),
        ("127.0.0.1:1", 2, "http://host:port"),
        // Port 1 has no listener.
        ("http://127.0.0.1:1", 5, "cannot reach 127.0.0.1:1"),
    ] {
        let played = ask(url, &[]);
        assert_eq!((played.code, played.out.as_str()), (Some(code), ""), "{}", played.told());
        assert!(played.err.contains(told), "{}", played.told());
    }
    assert_eq!(say(["coverage", "--to", "lite", "--rate", "9/s"]).code, Some(2), "nothing is asked");
    assert_eq!(say(["coverage"]).code, Some(2));
    assert_eq!(say(["coverage", "--from", "teams", "--to", "lite"]).code, Some(2));
}

/// The drill's own figure, from its journal alone: once when it was played, and again from what was written down.
#[test]
fn a_drill_is_held_to_a_coverage() {
    let place = Place::new();
    let with = |share: &str| {
        let target = format!(
            "  goes-on: {{ expr: \"coverage{{route=teams, set=common}} >= {share}\", phase: fault, level: must }}\n"
        );
        place.file("covered.yaml", &format!("{TINY}{target}"))
    };
    let played = place.play("rehearse", &with("60%"), &[]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let of = |summary: &Value| {
        let targets = summary["targets"].as_array().expect("a list").clone();
        targets.into_iter().find(|target| target["id"] == "goes-on").expect("the target")
    };
    let target = of(&played.summary());
    let listed = document(&say(["coverage", "--to", "teams", "--format", "json"]));
    for key in ["low", "high"] {
        let told = (number(&target[key]) - number(&listed["sets"][1][key])).abs();
        // What was tried is what the catalogue has as well; printed figures have six digits.
        assert!(told < 1e-5, "{target:#}");
    }
    assert!(target["why"].as_str().is_some_and(|why| why.contains("1 by what the drill saw")), "{target:#}");
    let again = say(["judge", &played.dir.display().to_string(), "--format", "json"]);
    assert_eq!(of(&document(&again)), target, "{}", again.told());

    let missed = place.play("rehearse", &with("95%"), &[]);
    assert_eq!((missed.code, of(&missed.summary())["verdict"].clone()), (Some(1), json!("fail")), "{}", missed.told());
    // Nobody tried Teams in the baseline.
    let unseen = place.file(
        "unseen.yaml",
        &format!(
            "{TINY}  goes-on: {{ expr: \"coverage{{route=teams, set=api}} >= 1%\", level: must, phase: recovery }}\n"
        )
        .replace("after: { failures: 3 }", "after: { failures: 300 }"),
    );
    let unseen = place.play("rehearse", &unseen, &[]);
    assert_eq!(of(&unseen.summary())["verdict"], "inconclusive", "{}", unseen.told());
}
