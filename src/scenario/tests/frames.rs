//! Services that speak in frames: what they are read as, and what is wrong with them.

use super::*;
use crate::plan::{EndpointKind, Receipts};

const DESK: &str = "send: { json: '{\"id\": \"{message}\", \"to\": \"{to}\", \"text\": \"{text}\"}' }, \
    taken: { json: '{\"id\": \"{message}\"}' }";

fn framed(kind: &str, more: &str) -> Source {
    small_with("kind: teams, region: hk", &format!("kind: {kind}, region: hk, {more}"))
}

#[test]
fn a_service_that_speaks_in_frames_is_what_the_scenario_says() {
    let push = "receipts: { push: { text: \"{text}\", path: \"/in/{to}\" } }";
    let plan = plan(&framed("websocket", &format!("{DESK}, {push}")));
    let EndpointKind::Wire(wire) = &plan.endpoints[1].kind else { panic!("{:?}", plan.endpoints[1].kind) };
    assert!(wire.is_websocket() && wire.is_matched() && wire.tells_recipients());
    assert_eq!(wire.path_of(false).map(ToString::to_string).as_deref(), Some("/"));
    assert_eq!((plan.endpoints[1].receipts, wire.refused.is_some()), (Receipts::Push, false));
    let again: Plan = serde_json::from_str(&plan.canonical_json()).expect("a plan");
    assert_eq!(again, plan);
}

#[test]
fn mistakes_of_frames_are_told() {
    let send = "send: { text: \"{to} {text}\" }";
    for (kind, more, expected) in [
        ("websocket", "capability: chat".to_owned(), "endpoint `teams` has no `send`"),
        ("tcp", "send: { text: \"{to}\" }".to_owned(), "`send` does not say what is sent"),
        ("tcp", "send: { text: \"{text}\", json: '1' }".to_owned(), "a frame is one thing"),
        ("tcp", format!("{send}, taken: {{ text: \"{{message}}\" }}"), "which `send` does not say"),
        ("tcp", format!("{send}, taken: {{ text: \"{{text}}\" }}"), "`{text}` is nothing that is known here"),
        ("tcp", format!("{send}, taken: {{ }}"), "`taken` does not say what is in the frame"),
        (
            "websocket",
            format!("{DESK}, refused: {{ text: no }}"),
            "one of `taken` and `refused` says which message it is about",
        ),
        ("tcp", format!("{send}, framing: dots"), "framing"),
        ("tcp", format!("{send}, connect: {{ path: /x }}"), "connect"),
        ("tcp", format!("{send}, receipts: inbox"), "a service that speaks in frames pushes, or tells nothing"),
        (
            "tcp",
            format!("{send}, receipts: {{ push: {{ text: hi }} }}"),
            "`push` does not say where the message stands",
        ),
        (
            "tcp",
            format!("{send}, receipts: {{ push: {{ text: \"{{text}}\", path: \"/{{to}}\" }} }}"),
            "bare TCP knows no paths",
        ),
        (
            "tcp",
            format!("{send}, receipts: {{ push: {{ text: \"{{text}}\" }} }}"),
            "nothing says whose a recipient's connection is",
        ),
        (
            "tcp",
            format!("{send}, login: {{ json: '{{\"token\": \"hunter2\"}}' }}"),
            "a credential stands in the environment",
        ),
        ("tcp", format!("{send}, url: \"ws://127.0.0.1:9\""), "is no url that can be dialled"),
        ("websocket", format!("{DESK}, url: \"http://127.0.0.1:9\""), "is no url that can be dialled"),
        ("websocket", format!("{DESK}, url: \"wss://chat.example\""), "is neither a twin nor on this machine"),
    ] {
        let found = found(&framed(kind, &more));
        assert!(found.iter().any(|line| line.contains(expected)), "{kind} {more}: {found:#?}");
        assert!(!found.iter().any(|line| line.contains("hunter2")), "{found:#?}");
    }
}
