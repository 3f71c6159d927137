//! Shared documents: what they are read as, and what is wrong with them.

use super::*;
use crate::plan::{Documents, EndpointKind, Lock, Locking, OnConflict, Peer, Recipients};
use crate::units::{EndpointId, GroupId, Span};

const HERE: &str = "kind: documents, region: shenzhen";
const EDIT: &str = "from: purchasing, send: edit, documents: [q3, q4], rate: 1/s, deadline: 5s, routes: [here]";

/// A scenario with two stores, what more they say, and what a journey does.
fn stores(here: &str, there: &str, journey: &str) -> Source {
    let text = SMALL
        .replace(
            "  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen }",
            &format!("  here: {{ {HERE}{here} }}"),
        )
        .replace("  teams: { kind: teams, region: hk }", &format!("  there: {{ kind: documents, region: hk{there} }}"));
    let (before, _) = text.split_once("  order:").expect("a journey");
    let (_, after) = text.split_once("routes: [dingtalk, teams] }\n").expect("a journey");
    source(&format!("{before}  change: {{ {journey} }}\n{after}"))
}

fn store(plan: &Plan, index: usize) -> &Documents {
    match &plan.endpoints[index].kind {
        EndpointKind::Documents(store) => store,
        other => panic!("{other:?}"),
    }
}

#[test]
fn stores_are_what_the_scenario_says() {
    let alone = plan(&stores("", "", EDIT));
    assert_eq!(*store(&alone, 0), Documents::USUAL);
    // Whoever names another one is told by it as well, as often, unless it says otherwise.
    let told = plan(&stores(", syncs_with: there, every: 10s", ", lock: required", EDIT));
    let peer = |to, secs| Peer { to: EndpointId(to), every: Span::from_secs(secs) };
    assert_eq!((&store(&told, 0).peers, &store(&told, 1).peers), (&vec![peer(1, 10)], &vec![peer(0, 10)]));
    assert_eq!(store(&told, 1).lock, Locking::Required);
    let both = plan(&stores(", syncs_with: there", ", syncs_with: here, every: 1s", EDIT));
    assert_eq!((&store(&both, 0).peers, &store(&both, 1).peers), (&vec![peer(1, 30)], &vec![peer(0, 1)]));
    let last = ", on_conflict: last_writer_wins";
    let last = plan(&stores(&format!("{last}, syncs_with: there"), last, EDIT));
    assert_eq!(store(&last, 0).on_conflict, OnConflict::LastWriterWins);
}

#[test]
fn a_journey_works_on_its_documents_in_turns() {
    let read = plan(&stores("", "", &format!("{EDIT}, lock: none, think: 2s")));
    let journey = &read.journeys[0];
    let editing = journey.editing.as_ref().expect("documents");
    assert_eq!((editing.lock, editing.think), (Lock::None, Span::from_secs(2)));
    assert_eq!([0, 1, 2].map(|number| editing.document(number)), ["q3", "q4", "q3"]);
    // It is addressed to nobody else.
    assert_eq!(journey.to, Recipients::One(GroupId(0)));
    assert_eq!(read.documents(), [("q3", vec![EndpointId(0)]), ("q4", vec![EndpointId(0)])]);
}

#[test]
fn mistakes_are_told() {
    let of = |here: &str, there: &str, journey: &str| mistake(&stores(here, there, journey));
    let says = |told: String, words: &str| assert!(told.contains(words), "{told}");
    says(of(", syncs_with: here", "", EDIT), "does not synchronise with itself");
    says(of(", syncs_with: nowhere", "", EDIT), "no endpoint `nowhere`");
    says(of(", every: 10s", "", EDIT), "this one does not");
    says(of(", syncs_with: there, every: 0s", "", EDIT), "longer than nothing");
    says(of(", syncs_with: there", ", on_conflict: last_writer_wins", EDIT), "the same way out of a conflict");
    says(of(", syncs_with: there", ", url: \"http://localhost:9000\"", EDIT), "only twins are synchronised");
    says(of(", receipts: inbox", "", EDIT), "tells nobody what has changed");
    says(of("", "", &EDIT.replace("documents: [q3, q4], ", "")), "on which documents");
    says(of("", "", &EDIT.replace("[q3, q4]", "[q3, q3]")), "stands here twice");
    says(of("", "", &EDIT.replace("[q3, q4]", "[\"a/b\"]")), "cannot be the document's name");
    says(of("", "", &format!("{EDIT}, think: 5s")), "has not written when his attempt is over");
    says(of("", "", &format!("{}, lock: none", EDIT.replace("send: edit", "send: read"))), "these read");
    let chat = small_with("deadline: 5s,", "deadline: 5s, documents: [q3],");
    says(mistake(&chat), "of journeys that work on documents");
    let by_dingtalk = small_with("rate: 2/s,", "send: edit, documents: [q3], rate: 2/s,");
    assert!(found(&by_dingtalk).iter().any(|one| one.contains("edit")), "{:?}", found(&by_dingtalk));
}

/// What became of changes is told when all is over: no condition for injecting anything, and nothing that ends a drill early.
#[test]
fn targets_on_documents_are_decided_in_the_end() {
    let with = |target: &str| {
        let text = stores("", "", EDIT).text;
        source(&format!("{text}targets:\n  one: {{ {target} }}\n"))
    };
    let read = plan(&with("expr: \"max(stale_read_window) <= 1m\", phase: baseline"));
    assert!(!read.targets[0].steady_state);
    assert!(code(&with("expr: \"lost_updates == 0\", level: must, abort: { when: breached }")).contains("conflict"));
    assert!(code(&with("expr: \"p95(stale_read_window) <= 1m\", level: must, window: 1m")).contains("conflict"));
}

/// What is allowed, and tells nothing: changes of which none is taken, and targets that select no work on documents.
#[test]
fn what_would_never_tell_anything_is_said_beforehand() {
    let said = |source: &Source, code: &str| -> Vec<String> {
        found(source).into_iter().filter(|one| one.starts_with(code)).collect()
    };
    let required = ", lock: required";
    let none = format!("{EDIT}, lock: none");
    for (here, journey, told) in [(required, &*none, true), ("", &none, false), (required, EDIT, false)] {
        let said = said(&stores(here, required, journey), "never-written ");
        assert_eq!(said.len(), usize::from(told), "{said:?}");
        assert!(said.iter().all(|one| one.contains("`here` takes nothing without one")), "{said:?}");
    }
    let read = EDIT.replace("send: edit", "send: read");
    for (journey, target, told) in [
        (EDIT, "lost_updates == 0", false),
        (EDIT, "lost_updates{journey=change, route=here} == 0", false),
        (EDIT, "stale_reads == 0", false),
        (&*read, "stale_reads == 0", false),
        (&*read, "lost_updates == 0", true),
        (EDIT, "conflicts{route=there} == 0", true),
    ] {
        let text = stores("", "", journey).text;
        let with = source(&format!("{text}targets:\n  one: {{ expr: \"{target}\", level: must }}\n"));
        let said = said(&with, "too-few-messages ");
        assert_eq!(said.len(), usize::from(told), "{target}: {said:?}");
        assert!(said.iter().all(|one| one.contains("of documents, and nothing that it selects")), "{said:?}");
    }
}

#[test]
fn the_way_from_store_to_store_needs_a_link() {
    let text = stores(", syncs_with: there", "", EDIT).text.replace("shenzhen: {} }", "shenzhen: {}, berlin: {} }");
    let found = found(&source(&text.replace("kind: documents, region: hk", "kind: documents, region: berlin")));
    let told = "no link joins `shenzhen` and `berlin`, which the connections of `here` have to cross";
    assert!(found.iter().any(|line| line.contains(told)), "{found:#?}");
}
