//! How long those who were taken away could still send.

use crate::analysis::{Observation, Revoked};
use crate::journal::{Attempt, Code, Ending, Event, Record};
use crate::plan::{Deprovision, Fault, Plan};
use crate::units::{GroupId, RouteId, Span};

use super::script::{FREEZE, attempt, completed, control, message, ms, plan};

/// The senders are taken away at 60 s.
fn leaving() -> Plan {
    let mut plan = plan();
    plan.injects[0].fault = Fault::Deprovision(Deprovision { after: Span::ZERO, token_life: None, keeps: Vec::new() });
    plan.injects[0].aim.group = Some(GroupId(0));
    plan
}

/// Attempts at these seconds by these routes; applied at 60 s and lifted at 90 s. What is refused is refused for its token.
fn play(tries: &[(u64, u8, Ending)]) -> Observation {
    let of_token = |&(second, route, ending)| (second, route, ending, (400, "InvalidAuthentication"));
    play_coded(&tries.iter().map(of_token).collect::<Vec<_>>())
}

/// The same, refused with this status and code.
fn play_coded(tries: &[(u64, u8, Ending, (u16, &str))]) -> Observation {
    let mut records = vec![control(ms(60_000), Event::Applied(FREEZE)), control(ms(90_000), Event::Lifted(FREEZE))];
    for (number, &(second, route, ending, (status, word))) in (0_u32..).zip(tries) {
        let at = ms(second * 1_000);
        let code = if ending == Refused { Code { status, word: word.into() } } else { Code::default() };
        records.push(message(number, at));
        records.push(Record::Attempt(Attempt { route: RouteId(route), code, ..attempt(number, at, ending) }));
    }
    // Whatever order they come in.
    records.reverse();
    completed(&leaving(), records)
}

fn told(way: &Revoked) -> (&str, u64, u64, f64, Option<f64>) {
    (way.route.as_str(), way.taken, way.refused, way.lo_s, way.hi_s)
}

use Ending::{Acknowledged, NotSent, Refused, Unanswered};

#[test]
fn the_truth_lies_between_the_last_that_was_taken_and_the_first_refusal_after_it() {
    let tries =
        [(50, 0, Acknowledged), (61, 0, Acknowledged), (63, 0, Acknowledged), (65, 0, Refused), (67, 0, Refused)];
    let observation = play(&tries);
    // An attempt takes 20 ms.
    assert_eq!(told(&observation.revoked[0]), ("dingtalk", 2, 2, 3.0, Some(5.02)));
    // A refusal in between was no revocation.
    let tries = [(61, 0, Refused), (63, 0, Acknowledged), (65, 0, Refused)];
    assert_eq!(told(&play(&tries).revoked[0]), ("dingtalk", 1, 2, 3.0, Some(5.02)));
    let at_once = play(&[(61, 0, Refused)]);
    assert_eq!(told(&at_once.revoked[0]), ("dingtalk", 0, 1, 0.0, Some(1.02)));
}

#[test]
fn a_way_that_is_never_refused_is_open_and_every_way_is_told_apart() {
    let tries = [(61, 0, Refused), (62, 1, Acknowledged), (80, 1, Acknowledged), (70, 0, Unanswered), (71, 1, NotSent)];
    let observation = play(&tries);
    let told: Vec<_> = observation.revoked.iter().map(told).collect();
    assert_eq!(told, [("dingtalk", 0, 1, 0.0, Some(1.02)), ("lite", 2, 0, 20.0, None)]);
}

#[test]
fn what_is_sent_after_the_lift_is_sent_by_somebody_who_is_back() {
    let observation = play(&[(61, 0, Refused), (95, 0, Acknowledged)]);
    assert_eq!(told(&observation.revoked[0]), ("dingtalk", 0, 1, 0.0, Some(1.02)));
    assert!(play(&[(50, 0, Acknowledged)]).revoked.is_empty());
}

#[test]
fn only_a_refusal_for_who_sent_is_one() {
    let trouble =
        [(503, "system.error"), (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"), (404, "waterLimitError")];
    for why in trouble {
        let tries = [(61, 0, Acknowledged, why), (63, 0, Refused, why), (65, 0, Refused, why)];
        assert_eq!(told(&play_coded(&tries).revoked[0]), ("dingtalk", 1, 0, 1.0, None), "{why:?}");
        // Nor does it hide one that comes later.
        let gone = (401, "401");
        let tries = [(61, 0, Acknowledged, why), (63, 0, Refused, why), (65, 0, Refused, gone)];
        assert_eq!(told(&play_coded(&tries).revoked[0]), ("dingtalk", 1, 1, 1.0, Some(5.02)), "{why:?}");
        assert!(play_coded(&[(63, 0, Refused, why)]).revoked.is_empty(), "{why:?}");
    }
}
