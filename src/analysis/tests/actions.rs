//! What is done outside, and whose the outages are then.

use std::collections::BTreeMap;

use super::script::*;
use crate::analysis::{Observation, Outcome};
use crate::journal::{CallEnd, Called, Came, Event, Record};
use crate::plan::{Action, Call, Exec, Fault, Half, Plan};
use crate::units::{InjectId, Span};

const OUTSIDE: InjectId = InjectId(1);

/// The plan with a freeze on the path, and an action from 60 s to 90 s.
fn with_action() -> Plan {
    let call = || Call::Exec(Exec { run: vec!["true".to_owned()], env: BTreeMap::new() });
    let action = Action { act: call(), undo: call(), timeout: Span::from_secs(1) };
    let mut plan = plan();
    plan.injects.push(crate::plan::Inject { fault: Fault::Action(Box::new(action)), ..inject("outside") });
    plan
}

/// A call that came back a second after it was made.
fn call(half: Half, began: u64, end: CallEnd) -> [Record; 2] {
    let came = Came { end, status: None, why: String::new(), output: String::new() };
    let (began, ended) = (ms(began), ms(began + 1_000));
    let called = Called { inject: OUTSIDE, half, began, ended, came };
    [control(began, Event::Calling(OUTSIDE, half)), control(ended, Event::Called(called))]
}

/// An action that is in force from 60 s, when it was begun, to 91 s, when its undo came back.
fn in_force() -> Vec<Record> {
    let mut records = call(Half::Act, 60_000, CallEnd::Done).to_vec();
    records.push(control(ms(61_000), Event::Applied(OUTSIDE)));
    records.extend(call(Half::Undo, 90_000, CallEnd::Done));
    records.push(control(ms(91_000), Event::Lifted(OUTSIDE)));
    records
}

fn observed(more: Vec<Record>, what: impl Fn(u32) -> What) -> Observation {
    let mut records = journey(what);
    records.extend(more);
    completed(&with_action(), records)
}

#[test]
fn an_outage_that_no_hit_explains_belongs_to_what_is_in_force_outside() {
    for (from, to, whose) in [(70, 80, Some(OUTSIDE)), (60, 80, Some(OUTSIDE)), (30, 40, None), (95, 105, None)] {
        let observation = observed(in_force(), refused_within(from, to));
        assert_eq!(observation.recovery[0].inject_id, whose, "{from} s to {to} s");
        assert_eq!(observation.recovery[0].outcome, Outcome::Recovered);
    }
    // A fault that hit there explains it better.
    let mut records = in_force();
    records.push(control(ms(50_000), Event::Applied(FREEZE)));
    records.push(hit(FREEZE, ms(70_100)));
    assert_eq!(observed(records, refused_within(70, 80)).recovery[0].inject_id, Some(FREEZE));
}

#[test]
fn without_an_outage_it_was_tolerated_where_it_was_in_force() {
    let observation = observed(in_force(), |_| What::Good);
    let [recovery] = &observation.recovery[..] else { panic!("{:?}", observation.recovery) };
    assert_eq!((recovery.outcome, recovery.inject_id), (Outcome::Tolerated, Some(OUTSIDE)));
    assert_eq!(recovery.phase_hits, [0, 1, 0]);
    let action = observation.injects[1].action.as_ref().expect("it is one");
    assert_eq!((action.calls.len(), action.left, action.is_done()), (2, false, true));
}

#[test]
fn what_was_begun_and_never_undone_is_left_and_what_was_never_begun_is_not() {
    let left =
        |records: Vec<Record>| observed(records, |_| What::Good).injects[1].action.as_ref().is_some_and(|a| a.left);
    let act = |end| call(Half::Act, 60_000, end).to_vec();
    assert!(left(act(CallEnd::Done)) && left(act(CallEnd::Failed)) && left(act(CallEnd::TimedOut)));
    assert!(!left(act(CallEnd::NotMade)) && !left(Vec::new()));
    assert!(left(act(CallEnd::Done)[..1].to_vec()), "the journal ends before the call came back");
    let tried = |ends: &[CallEnd]| {
        let undos = (90_000..).step_by(2_000).zip(ends).flat_map(|(at, end)| call(Half::Undo, at, *end));
        left(act(CallEnd::Done).into_iter().chain(undos).collect())
    };
    assert!(tried(&[CallEnd::Failed]) && tried(&[CallEnd::TimedOut, CallEnd::Failed]));
    assert!(!tried(&[CallEnd::Failed, CallEnd::Done]));
}
