//! Figures and words that have to say the same as the verdict beside them.

use super::*;
use crate::analysis::{Blame, Deliveries, Meanwhile, Slow};
use crate::units::Moment;

/// A text without its line breaks and columns.
fn flat(text: &str) -> String {
    text.replace('\u{2060}', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

const PEOPLE: [Format; 3] = [Format::Terminal, Format::Markdown, Format::Html];

/// What misses 99 % by a hair does not read as 99 %, nor does an end of its interval.
#[test]
fn a_figure_is_read_on_its_own_side_of_the_bound() {
    let mut fixture = Fixture::quickstart();
    let target = &mut fixture.judgement.targets[3];
    assert_eq!(target.expr, "availability{journey=order} >= 99%");
    (target.observed, target.low, target.high) = (Some(0.989_96), Some(0.985), Some(0.989_998));
    target.level = Level::Must;
    for format in PEOPLE {
        let told = flat(&text(format, &fixture).replace("<small>", " (").replace("</small>", ")"));
        assert!(told.contains("98.996 %") && told.contains("98.5–98.9998 %"), "{format}");
    }
    let junit = text(Format::Junit, &fixture);
    assert!(
        junit.contains("message=\"availability (order): at least 99 % → 98.996 %: 1,011 of 1,152 messages were good"),
        "{junit}"
    );
    assert!(junit.contains("name=\"unit\" value=\"share of 1\""), "{junit}");
    // A recovery that took as good as the three seconds that it may, and one that took no more.
    for (hi_s, told) in [(3.004, "2.999–3.004 s"), (3.0, "3.00 s")] {
        let recovery = &mut fixture.observation.recovery[2];
        (recovery.lo_s, recovery.hi_s) = (2.999_f64.min(hi_s), Some(hi_s));
        let markdown = text(Format::Markdown, &fixture);
        assert!(markdown.contains(told), "{told}");
    }
}

/// Why there is no verdict is the headline, and not that there is none.
#[test]
fn the_headline_says_why_there_is_no_verdict() {
    let mut fixture = Fixture::quickstart();
    fixture.exit_code = 3;
    fixture.judgement.targets[2].verdict = TargetOutcome::Inconclusive;
    "nobody reports receipts".clone_into(&mut fixture.judgement.targets[2].why);
    for format in PEOPLE {
        let told = flat(&text(format, &fixture)).replace('\\', "");
        assert!(told.contains("No verdict: `promises-kept` cannot be judged: nobody reports receipts."), "{format}");
        assert!(!told.contains("not known: promises-kept"), "{format}: it is said once");
    }
    fixture.judgement.targets[1].verdict = TargetOutcome::NotEvaluated;
    let told = flat(&text(Format::Terminal, &fixture));
    assert!(told.contains("No verdict: 2 targets that must hold cannot be judged."), "{told}");
    assert!(told.contains("– not known: promises-kept") && told.contains("– not known: rto"), "{told}");
    fixture.judgement.targets.iter_mut().for_each(|target| target.level = Level::Should);
    let told = flat(&text(Format::Terminal, &fixture));
    assert!(told.contains("No verdict: no target is marked as one that must hold."), "{told}");
}

/// An order that never arrived stands at the top, though nobody had promised it, and what refused it stands in the books.
#[test]
fn what_never_arrived_is_told_at_the_top_and_why_in_the_books() {
    let mut fixture = Fixture::quickstart();
    fixture.observation.deliveries.undelivered = 1;
    fixture.observation.deliveries.pairs = 1_301;
    let order = &mut fixture.observation.journeys[0].phases[3].figures.deliveries;
    (order.undelivered, order.pairs) = (1, 1_250);
    let failed = &mut fixture.observation.journeys[0].failed[1];
    (failed.status, failed.last_word, failed.attempts) = (429, 1, 1_234);
    "TooManyRequests".clone_into(&mut failed.code);
    // It is told of the journey it belongs to.
    let told = "1 of 1,250 deliveries of order was never received; none was promised by an acknowledgement and lost.";
    assert!(PEOPLE.iter().all(|format| flat(&text(*format, &fixture)).contains(told)));
    let [markdown, html] = [Format::Markdown, Format::Html].map(|format| text(format, &fixture));
    assert!(
        markdown.contains(
            "- **Never received:** 1 (of 1,301, acknowledged or not, of 2 journeys together, with those of the warm-up)"
        ),
        "{markdown}"
    );
    assert!(html.contains("<dt>Never received</dt><dd>1<small>"));
    let row = "| **order** | DingTalk Lite | refused | 429 TooManyRequests | 1,234 | 1 message |";
    assert!(markdown.contains(row), "{markdown}");
    assert!(html.contains("429 TooManyRequests"));
}

/// Of a journey whose receipts nobody observes, what was refused is known not to have come, and of the rest nothing is.
#[test]
fn what_no_receipt_can_tell_is_not_told_as_never_received_nor_as_received() {
    let mut fixture = Fixture::quickstart();
    let unobserved =
        |refused| Deliveries { undelivered: refused, pairs: refused, unobserved: 80, ..Deliveries::default() };
    let of_both = |fixture: &mut Fixture, refused| {
        fixture.observation.deliveries = unobserved(refused);
        let phases = &mut fixture.observation.journeys[1].phases;
        for slice in phases.iter_mut() {
            slice.figures.deliveries = Deliveries::default();
        }
        phases[3].figures.deliveries = unobserved(refused);
    };
    of_both(&mut fixture, 20);
    let told = "20 of 100 deliveries of alarm were never received; of 80 more nobody can tell, since their receipts are not observed.";
    assert!(
        PEOPLE.iter().all(|format| flat(&text(*format, &fixture)).contains(told)),
        "{}",
        text(Format::Terminal, &fixture)
    );
    let markdown = text(Format::Markdown, &fixture);
    assert!(markdown.contains("- **Never received:** 20 (of 100, acknowledged or not, of 2 journeys"), "{markdown}");
    assert!(markdown.contains("nobody got it; of 80 more nobody can tell, since their receipts are not observed"));
    of_both(&mut fixture, 0);
    let markdown = text(Format::Markdown, &fixture);
    for figure in ["Promised deliveries lost", "Never received"] {
        assert!(markdown.contains(&format!("- **{figure}:** – (receipts are not observed)")), "{markdown}");
    }
    assert!(!markdown.contains("were never received"));
}

/// Without an outage a journey need not have kept working for everybody.
#[test]
fn messages_that_failed_singly_are_told_of_an_inject_without_an_outage() {
    let mut fixture = Fixture::quickstart();
    let told = |fixture: &Fixture| flat(&text(Format::Terminal, fixture));
    fixture.observation.recovery[0].phase_hits = vec![0, 0, 384, 0, 0, 0];
    assert!(told(&fixture).contains("384 units delayed; order kept working."), "{}", told(&fixture));
    fixture.observation.journeys[0].phases[2].single = Blame { injected: 2, system: 7, sender: 0 };
    let two = "384 units delayed; no outage of order, but 2 of the 192 messages due in slow were hit and not good.";
    assert!(told(&fixture).contains(two), "{}", told(&fixture));
    fixture.observation.journeys[0].phases[2].single.injected = 1;
    assert!(told(&fixture).contains("but 1 of the 192 messages due in slow was hit and not good."));
    // Whose hit it was is not known where another inject was at work as well.
    fixture.observation.recovery[1].phase_hits = vec![0, 0, 3, 0, 0, 0];
    let either = "but 1 of the 192 messages due in slow was hit by this or another inject and not good.";
    assert!(told(&fixture).contains(either), "{}", told(&fixture));
}

/// A journey stopped if nothing came of what was due; if it came late, or half of it came, that is told.
#[test]
fn what_came_during_an_outage_is_told_with_it() {
    let mut fixture = Fixture::quickstart();
    let mut told = |meanwhile| {
        fixture.observation.journeys[0].outages[0].meanwhile = Some(meanwhile);
        flat(&text(Format::Terminal, &fixture))
    };
    let none = Meanwhile::default();
    for (meanwhile, words) in [
        (
            Meanwhile { missing: 69, ..none },
            "order stopped for 1.17–1.71 s (69 messages due then, all missing) and went on by",
        ),
        (
            Meanwhile { late: 69, ..none },
            "order was down for 1.17–1.71 s (69 messages due then, all late) and went on by",
        ),
        (
            Meanwhile { late: 1, missing: 68, ..none },
            "order was down for 1.17–1.71 s (69 messages due then: 1 late, 68 missing) and",
        ),
        (
            Meanwhile { good: 30, missing: 39, ..none },
            "order was down for 1.17–1.71 s (69 messages due then: 30 good, 39 missing) and",
        ),
        (
            Meanwhile { spoilt: 69, ..none },
            "order was down for 1.17–1.71 s (69 messages due then, all damaged or across a boundary)",
        ),
    ] {
        assert!(told(meanwhile).contains(words), "{words}: {}", told(meanwhile));
    }
}

/// An inject that had to wait is told to have come late, and to have had less of its time.
#[test]
fn how_late_an_inject_was_stands_beside_when_it_was_on() {
    let mut fixture = Fixture::quickstart();
    let markdown = text(Format::Markdown, &fixture);
    assert!(!markdown.contains(" late;") && !markdown.contains("waited for the steady state"), "{markdown}");
    let inject = &mut fixture.observation.injects[0];
    (inject.applied_s, inject.lifted_s) = (Some(8.05), Some(12.0));
    let markdown = text(Format::Markdown, &fixture);
    assert!(markdown.contains("+8.05–12.00 s (50.0 ms late; on for 3.95 s of 4.00 s)"), "{markdown}");
    fixture.observation.injects[0].applied_s = Some(8.002);
    let markdown = text(Format::Markdown, &fixture);
    assert!(markdown.contains("+8.00–12.00 s (2.00 ms late)"), "{markdown}");
    fixture.observation.injects[0].applied_s = Some(8.05);
    let gate = |control: &&mut crate::journal::Control| {
        matches!(control.event, Event::Decided { decision: crate::journal::Decision::Steady { .. }, .. })
    };
    let gate = fixture.observation.controls.iter_mut().find(gate).expect("a gate");
    gate.at = Moment::ZERO + Span::from_millis(8_049);
    let markdown = text(Format::Markdown, &fixture);
    assert!(
        markdown.contains("(50.0 ms late, since it waited for the steady state; on for 3.95 s of 4.00 s)"),
        "{markdown}"
    );
}

/// What was due is what was good, what was not, and what says nothing of the system.
#[test]
fn every_row_of_the_phases_adds_up() {
    let mut fixture = Fixture::quickstart();
    let figures = &mut fixture.observation.journeys[0].phases[3].figures;
    let (due, good, injected) = (figures.messages.intended, figures.good, figures.blame.injected);
    assert_eq!(due, good + injected);
    (figures.messages.intended, figures.blame.sender, figures.blocked) = (due + 9, 4, 3);
    let row = |fixture: &Fixture| {
        let markdown = text(Format::Markdown, fixture);
        markdown.lines().find(|line| line.starts_with("| **fence** |")).expect("a row").to_owned()
    };
    let told = row(&fixture);
    assert!(told.starts_with(&format!("| **fence** | fault | {} | {good} |", due + 9)), "{told}");
    let left_out = format!(
        "{injected} injected, 4 sender (left out), 3 rightly blocked (left out), 2 not decided yet (left out) |"
    );
    assert!(told.ends_with(&left_out), "{told}");
    let route = &mut fixture.observation.journeys[0].routes[0].in_force;
    let due = route.valid;
    route.blame.sender = 4;
    let markdown = text(Format::Markdown, &fixture);
    let told = markdown.lines().find(|line| line.starts_with("| **DingTalk** (dingtalk) |")).expect("a row");
    assert!(told.contains(&format!("| {} |", due + 4)) && told.contains("4 sender (left out)"), "{told}");
}

/// Whoever stands in for a route that was shut off carries what that failed: the outage is not the rescuer's.
#[test]
fn availability_by_route_is_of_what_was_due_while_it_was_in_force() {
    let fixture = Fixture::quickstart();
    let due: Vec<_> =
        fixture.observation.journeys[0].routes.iter().map(|route| route.in_force.blame.injected).collect();
    let carried: Vec<_> =
        fixture.observation.journeys[0].routes.iter().map(|route| route.figures.blame.injected).collect();
    assert_eq!((due[0], carried[0]), (69, 0), "DingTalk was fenced, and what it refused came by Lite");
    let markdown = text(Format::Markdown, &fixture);
    let row = markdown.lines().find(|line| line.starts_with("| **DingTalk** (dingtalk)")).unwrap();
    assert!(row.contains("| 69 injected |"), "{row}");
    let row = markdown.lines().find(|line| line.starts_with("| **Microsoft Teams** (teams)")).unwrap();
    assert!(row.contains("| 100 % | – |"), "{row}");
}

/// Accounts that change by themselves do so when their next message fails, which may be after the outage is over.
#[test]
fn every_account_that_changed_because_of_an_outage_is_counted() {
    use crate::journal::Control;
    use crate::units::{AccountId, JourneyId, Moment, RouteId};
    let mut fixture = Fixture::quickstart();
    let switched = |millis, account, (from, to)| Control {
        at: Moment::ZERO + Span::from_millis(millis),
        event: Event::Switched {
            journey: JourneyId(0),
            account: Some(AccountId(account)),
            from: RouteId(from),
            to: RouteId(to),
        },
    };
    let controls = &mut fixture.observation.controls;
    controls.retain(|control| !matches!(control.event, Event::Switched { .. }));
    // Two while it is down, from 12 to 13.7 s, and two when it is over; then one returns and leaves again, which the next outage explains.
    controls.extend([(12_500, 1), (12_900, 2), (14_000, 3), (16_500, 4)].map(|(at, who)| switched(at, who, (0, 1))));
    controls.extend([switched(17_000, 1, (1, 0)), switched(17_500, 1, (0, 1)), switched(17_600, 5, (0, 1))]);
    let told = flat(&text(Format::Terminal, &fixture));
    assert!(told.contains("went on by DingTalk Lite (4 accounts changed to it)"), "{told}");
}

/// Nobody else is to blame while the sender itself was late.
#[test]
fn an_outage_is_laid_on_the_system_only_if_the_sender_kept_up() {
    let mut fixture = Fixture::quickstart();
    let outage = &mut fixture.observation.recovery[2];
    (outage.inject, outage.inject_id) = (None, None);
    let (journey_id, journey) = (outage.journey_id, outage.journey.clone());
    let start_s = outage.start_s.expect("an outage");
    let told = |fixture: &Fixture| flat(&text(Format::Terminal, fixture));
    assert!(told(&fixture).contains("blame lies with the system"), "{}", told(&fixture));
    let mut late = |from_s: f64| {
        fixture.observation.sender.slow =
            vec![Slow { journey: journey.clone(), journey_id, from_s, to_s: from_s + 1.0 }];
        told(&fixture)
    };
    let within = late(start_s.floor());
    assert!(within.contains("was too slow meanwhile, and whose fault it was is not known"), "{within}");
    assert!(!within.contains("blame lies"), "{within}");
    assert!(late(start_s.floor() - 1.0).contains("blame lies with the system"));
}

/// Accounts that decide by themselves may be slower than the outage: it came and went, and they changed later. Several outages of one inject
/// are told together.
#[test]
fn accounts_that_change_when_the_outage_is_over_are_told_all_the_same() {
    use crate::journal::Control;
    use crate::units::{AccountId, JourneyId, RouteId};
    let mut fixture = Fixture::quickstart();
    let switched = |millis, account| Control {
        at: Moment::ZERO + Span::from_millis(millis),
        event: Event::Switched {
            journey: JourneyId(0),
            account: Some(AccountId(account)),
            from: RouteId(0),
            to: RouteId(1),
        },
    };
    let controls = &mut fixture.observation.controls;
    controls.retain(|control| !matches!(control.event, Event::Switched { .. }));
    controls.extend([(14_500, 1), (14_600, 2), (14_700, 3)].map(|(at, who)| switched(at, who)));
    let told = |fixture: &Fixture| flat(&text(Format::Terminal, fixture));
    assert!(told(&fixture).contains("; 3 accounts changed to DingTalk Lite."), "{}", told(&fixture));
    let again = fixture.observation.recovery[1].clone();
    fixture.observation.recovery.insert(2, again);
    let told = told(&fixture);
    assert!(told.contains("order was down 2 times, for 2.33–3.42 s together"), "{told}");
    assert!(told.contains("; 3 accounts changed to DingTalk Lite."), "{told}");
}
