use super::*;
use crate::endpoint::wall::Wall;
use crate::vendor::wall;

fn at(secs: u64) -> Moment {
    Moment::ZERO + Span::from_secs(secs)
}

fn rules() -> Notifying {
    Notifying { window_least: 1_000, ..Notifying::default() }
}

/// An outbox with one subscription that lasts two days, by a token that expires then.
fn outbox(rules: Notifying, authorized: Moment) -> Outbox {
    let outbox = Outbox::new(rules, Wall::new(wall::DRILL));
    let wish = Wish {
        changes: "created".into(),
        url: "http://a:1/n".into(),
        lifecycle_url: Some("http://a:1/l".into()),
        resource: "chats('c')/messages".into(),
        expires: wall::DRILL + Span::from_secs(2 * 86_400),
        state: None,
    };
    let watch = wish.resource.clone();
    let facts = Facts { number: 1, id: "1".into(), wish, watch, app: "app".into(), creator: "anna".into() };
    outbox.add(facts, authorized, at(0));
    outbox
}

fn say(outbox: &Outbox, id: &str, now: Moment) {
    outbox.announce(&["chats('c')/messages".into()], &format!("chats('c')/messages('{id}')"), id, now);
}

/// The call that is due at this moment, and at no other.
#[track_caller]
fn due(outbox: &Outbox, now: Moment) -> Call {
    match outbox.next(now) {
        Next::Call(call) => *call,
        Next::Wait(at) => panic!("waits until {at}"),
        Next::Idle => panic!("is idle"),
    }
}

#[track_caller]
fn waits(outbox: &Outbox, now: Moment) -> Moment {
    match outbox.next(now) {
        Next::Wait(at) => at,
        Next::Call(call) => panic!("calls {} with {}", call.url, call.body),
        Next::Idle => panic!("is idle"),
    }
}

#[test]
fn a_notification_is_tried_again_ever_more_rarely_and_given_up_after_four_hours() {
    let outbox = outbox(Notifying { longest_retry: Span::from_secs(3_600), ..rules() }, Moment::MAX);
    say(&outbox, "1", at(0));
    let mut now = at(0);
    let mut waited = Vec::new();
    loop {
        match outbox.next(now) {
            Next::Call(call) if call.url.ends_with("/n") => outbox.ended(*call, false, Span::ZERO, now),
            Next::Call(call) => {
                assert!(call.body.contains("\"lifecycleEvent\":\"missed\""), "{}", call.body);
                break;
            }
            Next::Wait(next) => {
                waited.push(next.since(now).nanos() / 1_000_000_000);
                now = next;
            }
            Next::Idle => panic!("given up without a word after {waited:?}"),
        }
    }
    // 10 s doubled up to an hour: 5,110 s until the first wait of an hour, of which four hours hold two.
    assert_eq!(waited, [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600]);
}

#[test]
fn without_a_token_that_is_good_notifications_are_held_until_there_is_one() {
    let outbox = outbox(rules(), at(3_600));
    assert_eq!(waits(&outbox, at(0)), at(3_300), "five minutes ahead");
    let call = due(&outbox, at(3_300));
    assert!(call.body.contains("reauthorizationRequired"), "{}", call.body);
    outbox.ended(call, true, Span::ZERO, at(3_300));
    say(&outbox, "1", at(3_600));
    assert_eq!(waits(&outbox, at(3_600)), at(2 * 86_400), "held");
    outbox.renew(1, None, at(7_200), at(3_700));
    let call = due(&outbox, at(3_700));
    assert!(call.body.contains("messages('1')"), "{}", call.body);
    outbox.ended(call, true, Span::ZERO, at(3_700));
    assert_eq!(waits(&outbox, at(3_700)), at(6_900), "and again ahead of the new token's end");
}

#[test]
fn a_subscription_ends_when_it_expires_or_its_owner_goes() {
    let expired = outbox(rules(), at(3_600));
    expired.renew(1, Some(wall::DRILL + Span::from_secs(60)), at(3_600), at(0));
    assert_eq!(waits(&expired, at(0)), at(60));
    assert!(!matches!(expired.next(at(60)), Next::Call(_)));
    assert_eq!(expired.len(), 0);
    let left = outbox(rules(), at(3_600));
    left.gone("bert", at(1));
    assert_eq!(left.len(), 1, "it is not his");
    left.gone("anna", at(1));
    assert_eq!(left.len(), 0);
    assert!(due(&left, at(1)).body.contains("subscriptionRemoved"));
}

#[test]
fn whoever_is_slow_is_told_later_and_whoever_is_slower_nothing() {
    let outbox = outbox(Notifying { window_least: 10, ..Notifying::default() }, Moment::MAX);
    let answer = |took, now| {
        say(&outbox, "1", now);
        let call = due(&outbox, now);
        outbox.ended(call, true, took, now);
    };
    for _ in 0..9 {
        answer(Span::ZERO, at(0));
    }
    answer(Span::from_secs(2), at(0));
    say(&outbox, "quick", at(0));
    assert!(due(&outbox, at(0)).body.contains("quick"));
    for _ in 0..2 {
        say(&outbox, "slow", at(0));
        let call = due(&outbox, at(0));
        outbox.ended(call, true, Span::from_millis(2_950), at(0));
    }
    // 2 of 12 are more than 15 %.
    say(&outbox, "never", at(0));
    let call = due(&outbox, at(0));
    assert!(call.body.contains("missed"), "{}", call.body);
    outbox.ended(call, true, Span::ZERO, at(0));
    // 2 of 13 still are; and what is lost after the listener was reached is told again.
    say(&outbox, "never", at(0));
    let call = due(&outbox, at(0));
    assert!(call.body.contains("missed"), "{}", call.body);
    outbox.ended(call, true, Span::ZERO, at(0));
    // 2 of 14 are more than 10 %, and not more than 15 %.
    say(&outbox, "later", at(0));
    assert_eq!(waits(&outbox, at(0)), at(10));
    assert!(due(&outbox, at(10)).body.contains("later"));
}

#[test]
fn renewals_take_no_room_from_notifications() {
    let outbox = outbox(rules(), at(3_600));
    for _ in 0..TWIN_NOTICES {
        outbox.renew(1, None, at(3_600), at(0));
    }
    say(&outbox, "1", at(0));
    assert!(due(&outbox, at(0)).body.contains("messages('1')"));
}

#[test]
fn what_is_held_takes_room_as_well() {
    let outbox = outbox(rules(), at(0));
    let call = due(&outbox, at(0));
    assert!(call.body.contains("reauthorizationRequired"), "{}", call.body);
    outbox.ended(call, true, Span::ZERO, at(0));
    // One place of the agenda is the subscription's own end.
    for _ in 1..TWIN_NOTICES {
        say(&outbox, "1", at(0));
        assert_eq!(waits(&outbox, at(0)), at(2 * 86_400), "held");
    }
    say(&outbox, "1", at(0));
    assert!(due(&outbox, at(0)).body.contains("missed"), "too many wait");
    assert!(outbox.remove(1) && matches!(outbox.next(at(0)), Next::Idle));
}
