//! Nobody's scenario acts unasked, and none acts without an undo.

use crate::common::{Played, say};
use crate::rig::Rig;

fn checked(rig: &Rig, action: &str) -> Played {
    say(["check", &rig.drill(action)])
}

#[test]
fn a_scenario_acts_only_if_it_is_allowed_to() {
    let rig = Rig::new();
    let file = rig.shells("echo x > PLACE/ran", "echo x > PLACE/ran", "");
    let refused = rig.0.play("run", &file, &[]);
    assert_eq!(refused.code, Some(2), "{}", refused.told());
    assert!(refused.err.contains("echo x >") && refused.err.contains("--allow-actions"), "{}", refused.told());
    assert!(rig.lines("ran") == 0 && rig.0.runs().is_empty());
    let planned = say(["plan", &file]);
    for said in ["does   sh -c \"echo x > ", "undoes sh -c \"echo x > ", "--allow-actions"] {
        assert!(planned.out.contains(said), "{said}: {}", planned.told());
    }
    assert_eq!((planned.code, rig.lines("ran")), (Some(0), 0));
    assert_eq!((say(["check", &file]).code, rig.lines("ran")), (Some(0), 0));
}

#[test]
fn nothing_begins_with_a_program_that_is_not_there() {
    let rig = Rig::new();
    let file = rig.drill("exec: { run: [touch, PLACE/ran], undo: [no-such-program-anywhere] }");
    let refused = rig.run(&file);
    assert_eq!(refused.code, Some(2), "{}", refused.told());
    assert!(refused.err.contains("`no-such-program-anywhere`"), "{}", refused.told());
    assert!(!rig.path("ran").exists());
}

#[test]
fn what_cannot_be_is_told_before() {
    let rig = Rig::new();
    let here = "http://127.0.0.1:9";
    let proof = |value: &str| {
        format!(
            "http: {{ do: {{ url: \"{here}\", headers: {{ Authorization: \"{value}\" }} }}, undo: {{ url: \"{here}\" }} }}"
        )
    };
    for (action, told) in [
        ("exec: { run: [touch, x] }".to_owned(), "has no `undo`"),
        (format!("http: {{ do: {{ url: \"{here}\" }} }}"), "has no `undo`"),
        ("exec: { run: touch x, undo: [rm, x] }".to_owned(), "write `run: [touch, x]`"),
        ("exec: { run: [], undo: [rm, x] }".to_owned(), "names no program"),
        ("exec: { run: [touch, x], undo: [rm, x], timeout: 3s }".to_owned(), "the inject lasts 2s"),
        ("exec: { run: [touch, x], undo: [rm, x], endpoint: dingtalk }".to_owned(), "has no place here"),
        ("ramp: 1s, exec: { run: [touch, x], undo: [rm, x] }".to_owned(), "`ramp` has nothing to change"),
        ("undo: [rm, x], exec: { run: [touch, x] }".to_owned(), "stands in the map of `exec`"),
        ("partition: {}, exec: { run: [touch, x], undo: [rm, x] }".to_owned(), "has two faults"),
        ("exec: { run: [a], undo: [b], env: { 1X: y } }".to_owned(), "no variable can be called"),
        ("exec: { run: [a], undo: [b], env: { X: \"${oops\" } }".to_owned(), "begins the name of a variable"),
        (
            "http: { do: { url: \"http://switch.example/x\" }, undo: { url: \"http://switch.example/x\" } }".to_owned(),
            "not-guarded",
        ),
        (format!("http: {{ do: {{ url: \"{here}/${{KEY}}\" }}, undo: {{ url: \"{here}\" }} }}"), "is no url"),
        (format!("http: {{ do: {{ method: HEAD, url: \"{here}\" }}, undo: {{ url: \"{here}\" }} }}"), "unknown-word"),
        (format!("http: {{ do: {{ url: \"{here}\" }}, undo: {{ url: \"{here}\" }}, ca: x.pem }}"), "conflict"),
        (proof("Bearer hunter2"), "open-secret"),
        ("exec: { run: [a], undo: [b], env: { API_TOKEN: hunter2 } }".to_owned(), "open-secret"),
        ("exec: { run: [a, stop, --password, hunter2], undo: [b] }".to_owned(), "open-secret"),
        ("exec: { run: [a], undo: [b, --db-password=hunter2] }".to_owned(), "open-secret"),
        (
            format!("http: {{ do: {{ url: \"{here}/x?api_key=hunter2\" }}, undo: {{ url: \"{here}\" }} }}"),
            "open-secret",
        ),
    ] {
        let checked = checked(&rig, &action);
        assert_eq!(checked.code, Some(2), "{action}: {}", checked.told());
        assert!(checked.told().contains(told), "{action}: {told}: {}", checked.told());
        assert!(!checked.told().contains("hunter2"), "{}", checked.told());
    }
    assert_eq!(checked(&rig, &proof("Bearer ${TOKEN}")).code, Some(0));
    let good =
        "exec: { run: [a, --key, order-17, --password-file, x], undo: [b], env: { API_TOKEN: \"${T}\", KEY: a } }";
    assert_eq!(checked(&rig, good).code, Some(0));
}

#[test]
fn a_path_alone_never_acts() {
    let rig = Rig::new();
    let file = rig.0.file("faults.yaml", "injects: { x: { exec: { run: [touch, x], undo: [rm, x] } } }\n");
    let told = say(["proxy", "--api", "127.0.0.1:0", "--faults", &file]);
    assert_eq!(told.code, Some(2), "{}", told.told());
    assert!(told.err.contains("a path alone does not do"), "{}", told.told());
}
