//! A drill in which nothing happened proves nothing: whatever is taken away from the quickstart, it does not pass.

use crate::common::turns::Turn;
use crate::common::{Place, Played, say, scenario};

/// The quickstart's short variant with changes.
fn rehearse(changes: &[&str]) -> Played {
    rehearse_file(&scenario("quickstart"), changes)
}

/// The same with other words in the file.
fn rehearse_with(words: &str, instead: &str) -> Played {
    let text = std::fs::read_to_string(scenario("quickstart")).expect("it ships");
    assert!(text.contains(words), "the quickstart has changed: no `{words}`");
    let place = Place::new();
    rehearse_file(&place.file("changed.yaml", &text.replace(words, instead)), &[])
}

fn rehearse_file(file: &str, changes: &[&str]) -> Played {
    let _turn = Turn::to("rehearse");
    let mut more = vec!["--variant", "short", "--quiet"];
    more.extend(changes.iter().flat_map(|change| ["--set", change]));
    Place::new().play("rehearse", file, &more)
}

/// It must not pass, and must say which phase proved nothing.
#[track_caller]
fn inconclusive(played: &Played, phase: &str) {
    inconclusive_because(played, &format!("no fault bit in phase {phase}"));
}

/// It must not pass, and must say why.
#[track_caller]
fn inconclusive_because(played: &Played, because: &str) {
    assert_eq!(played.code, Some(3), "{}", played.told());
    assert!(played.out.contains("INCONCLUSIVE"), "{}", played.out);
    let text = played.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(because), "it should say `{because}`: {}", played.out);
}

/// Without this none of the others would mean anything.
#[test]
fn unchanged_it_passes() {
    let played = rehearse(&[]);
    assert_eq!(played.code, Some(0), "{}", played.told());
}

#[test]
fn without_the_slowness() {
    inconclusive(&rehearse(&["injects.slow-dingtalk="]), "slow");
}

#[test]
fn without_the_fence() {
    // Then the office stays with DingTalk, and the freeze at Lite hits nobody either.
    inconclusive(&rehearse(&["injects.fence-hong-kong="]), "fence");
}

#[test]
fn without_the_freeze() {
    inconclusive(&rehearse(&["injects.freeze-office="]), "freeze");
}

#[test]
fn slowness_where_nobody_is() {
    inconclusive(&rehearse(&["injects.slow-dingtalk.latency.endpoint=teams"]), "slow");
}

#[test]
fn slowness_of_nothing() {
    inconclusive(&rehearse(&["injects.slow-dingtalk.latency.constant=0ms"]), "slow");
}

#[test]
fn a_fence_around_a_region_without_people() {
    inconclusive(&rehearse(&["injects.fence-hong-kong.geo_fence.region=singapore"]), "fence");
}

#[test]
fn a_fence_that_lets_everything_pass() {
    let actions = "region: hk, actions: { chat: allow, login: allow, receive: allow } }";
    inconclusive(&rehearse_with("region: hk } }", &format!("{actions} }}")), "fence");
}

#[test]
fn a_freeze_at_an_endpoint_not_in_force() {
    inconclusive(&rehearse(&["injects.freeze-office.account_freeze.endpoint=dingtalk"]), "freeze");
}

#[test]
fn a_freeze_of_a_share_that_is_nobody() {
    // round(1 % × 25) = 0 accounts.
    inconclusive(&rehearse(&["injects.freeze-office.account_freeze.share=1%"]), "freeze");
}

#[test]
fn a_freeze_of_sending_for_people_who_only_receive() {
    let changes =
        ["injects.freeze-office.account_freeze.group=factory", "injects.freeze-office.account_freeze.mode=send-only"];
    inconclusive(&rehearse(&changes), "freeze");
}

#[test]
fn a_second_inject_that_hits_nobody_beside_one_that_does() {
    let beside = "injects:\n  fence-singapore: { during: fence, geo_fence: { endpoint: dingtalk, region: singapore } }";
    inconclusive_because(&rehearse_with("injects:", beside), "inject fence-singapore never bit");
}

#[test]
fn a_freeze_of_recipients_where_no_message_goes() {
    // The factory's connections to Teams are closed and refused, again and again, while the orders go over Lite.
    let changes =
        ["injects.freeze-office.account_freeze.group=factory", "injects.freeze-office.account_freeze.endpoint=teams"];
    let played = rehearse(&changes);
    inconclusive(&played, "freeze");
    inconclusive_because(&played, "inject freeze-office hit");
    inconclusive_because(&played, "times, but never a message");
    inconclusive_because(&played, "no journey was touched");
}

#[test]
fn a_freeze_of_recipients_where_the_messages_go_bites() {
    let played = rehearse(&["injects.freeze-office.account_freeze.group=factory"]);
    assert!(matches!(played.code, Some(0 | 1)), "{}", played.told());
    for words in ["no fault bit", "never a message", "no journey was touched"] {
        assert!(!played.out.contains(words), "{words}: {}", played.told());
    }
}

#[test]
fn a_share_of_nothing_is_refused_before_anything_starts() {
    let played = rehearse(&["injects.freeze-office.account_freeze.share=0%"]);
    assert_eq!(played.code, Some(2), "{}", played.told());
    assert!(played.err.contains("nothing would be hit"), "{}", played.err);
}

#[test]
fn without_traffic() {
    // One message at the start, in the warm-up, and none in the baseline: nothing may be injected.
    let played = rehearse(&["journeys.order.rate=1/min"]);
    assert_eq!(played.code, Some(3), "{}", played.told());
}

#[test]
fn without_a_target_that_must_hold() {
    let place = Place::new();
    let text = std::fs::read_to_string(scenario("quickstart")).expect("it ships");
    let file = place.file("changed.yaml", &text.replace("level: must", "level: should"));
    inconclusive_because(&rehearse_file(&file, &[]), "no target is marked must");
    // Judged again by no target at all, or by none that decides, a run that passed does not pass.
    let played = place.play("rehearse", &scenario("quickstart"), &["--variant", "short", "--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let run = played.dir.display().to_string();
    for targets in ["targets: {}", "targets: { rto: \"recovery_time <= 3s\" }"] {
        let again = say(["judge", &run, "--targets", &place.file("targets.yaml", targets)]);
        inconclusive_because(&again, "no target is marked must");
    }
}

#[test]
fn a_must_target_that_nobody_could_look_at() {
    // Nobody goes over Teams before the freeze: the target has no message to be judged by.
    let early = "targets:\n  early: { expr: \"availability{route=teams} >= 1%\", level: must, phase: slow }";
    let played = rehearse_with("targets:", early);
    assert_eq!(played.code, Some(3), "{}", played.told());
    assert!(played.out.contains("? inconclusive  early") || played.out.contains("early"), "{}", played.out);
}

#[test]
fn a_must_target_that_the_drill_never_came_to() {
    // The steady state does not hold, so that nothing is injected, and no target of a later phase may be called passed.
    let played =
        rehearse(&["targets.steady.expr=p95(delivery_latency{journey=order}) <= 1ms", "journeys.order.deadline=700ms"]);
    assert_eq!(played.code, Some(3), "{}", played.told());
    for word in ["not evaluated", "steady"] {
        assert!(played.out.contains(word), "{word}: {}", played.out);
    }
    assert_eq!(played.out.matches("✔ pass").count(), 0, "{}", played.out);
}
