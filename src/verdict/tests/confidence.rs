//! Targets whose bound has to hold, not only the figure: met, missed and left open, with how many messages would do.

use super::*;
use crate::analysis::tests::script::OTHER_READER;
use crate::confidence::{RISK, at_least, at_most};
use crate::journal::{Message, Receipt};
use crate::units::thousands;
use TargetOutcome::{Fail, Inconclusive, Pass};

fn bound(target: Target) -> Target {
    Target { confidence: Confidence::Bound, ..target }
}

/// The first `messages` of a drill, ten a second, which was played to its end.
fn first(target: &Target, messages: u32, what: impl Fn(u32) -> What) -> TargetVerdict {
    let plan = planned(vec![target.clone()]);
    let mut records = journey(what);
    records.retain(|record| record.at() < ms(u64::from(messages) * 100 - 50));
    judge(&plan, &completed(&plan, records)).targets.remove(0)
}

/// Every hundredth message is refused: far enough apart to be independent.
fn one_in_a_hundred(number: u32) -> What {
    if number % 100 == 50 { What::Refused } else { What::Good }
}

fn near(a: Option<f64>, b: f64) -> bool {
    a.is_some_and(|a| (a - b).abs() < 1e-9)
}

#[test]
fn a_share_has_to_be_shown() {
    // 1,782 of 1,800 are good: 99 %, and with 95 % confidence 98.5 to 99.4 %.
    let (low, high) = (at_least(1_782.0, 1_800.0, RISK), at_most(1_782.0, 1_800.0, RISK));
    let of = |percent| judged(&bound(availability(percent)), one_in_a_hundred);
    let kept = of(98);
    assert_eq!((kept.verdict, kept.confidence, kept.n), (Pass, "lower95", 1_800));
    assert!(near(kept.observed, 0.99) && near(kept.low, low) && near(kept.high, high), "{kept:?}");
    assert!(0.98 < low && low < 0.99 && 0.99 < high && high < 1.0);
    assert_eq!(kept.why, "1,782 of 1,800 messages were good");
    // What was observed keeps 99 % exactly, and shows neither that nor its contrary: nor would any number of such messages.
    let open = of(99);
    assert_eq!((open.verdict, outcome(&availability(99), one_in_a_hundred)), (Inconclusive, Pass));
    assert!(open.why.ends_with(": no number of such messages could tell with 95 % confidence"), "{}", open.why);
    let missed = of(100);
    assert_eq!(missed.verdict, Fail);
    assert!(near(missed.high, high));
}

#[test]
fn too_few_leave_it_open_and_say_how_many_would_do() {
    let ninety_nine = bound(availability(99));
    let good = |_: u32| What::Good;
    let open = first(&ninety_nine, 298, good);
    assert_eq!((open.verdict, open.n), (Inconclusive, 298));
    assert!(open.why.ends_with(": too few to tell with 95 % confidence, about 299 would do"), "{}", open.why);
    assert_eq!(first(&ninety_nine, 299, good).verdict, Pass);
    // That it is missed is shown by fewer: 50 of which all are bad.
    assert_eq!(first(&ninety_nine, 50, |_| What::Refused).verdict, Fail);
    // Two of a hundred: at most 99 % is not shown by them, nor the contrary.
    let unlucky = first(&ninety_nine, 100, |number| if number % 50 == 25 { What::Refused } else { What::Good });
    assert_eq!(unlucky.verdict, Inconclusive);
    let enough = crate::confidence::enough(0.98, 0.99, RISK).expect("it can be told");
    assert!(unlucky.why.ends_with(&format!("confidence, about {} would do", thousands(enough))), "{}", unlucky.why);
    assert!((100..10_000).contains(&enough));
    assert_eq!(without_traffic(&ninety_nine), Inconclusive);
}

#[test]
fn a_row_of_failures_is_one_piece_of_news() {
    // Ninety bad ones of 1,800: 95 %, which 1,800 independent messages would show to be more than 90 %.
    let row = |number: u32| if (600..690).contains(&number) { What::Refused } else { What::Good };
    let apart = |number: u32| if number.is_multiple_of(20) { What::Refused } else { What::Good };
    let ninety = bound(availability(90));
    assert_eq!((judged(&ninety, apart).verdict, judged(&ninety, row).verdict), (Pass, Inconclusive));
    assert_eq!((outcome(&availability(90), apart), outcome(&availability(90), row)), (Pass, Pass));
    // After a bad one 89 of 90 are bad. After a good one, not counting the pairs across the edges of phases, 1 of 1,707 … but the row begins
    // with the fault phase, so that nothing is known to lead into it: ρ = 89/90, worth 1800 · (1/90) / (179/90) = 10.06.
    let news = judged(&ninety, row);
    assert!(news.n_effective.is_some_and(|n| (n - 1_800.0 / 179.0).abs() < 1e-9), "{:?}", news.n_effective);
    assert!(news.why.contains("(worth 10 independent ones, since neighbours fare alike)"), "{}", news.why);
    // Nor would more of the same outage be more news, however many.
    assert!(
        news.why.ends_with(
            "too few to tell with 95 % confidence. More messages of the same outage do not help; play longer, many plays (`--runs`), or \
             write `confidence: point` to judge this play alone"
        ),
        "{}",
        news.why
    );
    // All of them in two rows are worth less than two.
    let halves = judged(&ninety, |number| if number < 900 { What::Refused } else { What::Good });
    assert!(halves.why.contains("(worth one independent one, since neighbours fare alike)"), "{}", halves.why);
    // Spread out, they are worth what they are.
    assert!(near(judged(&ninety, apart).n_effective, 1_800.0));
    // One of two accounts that take turns, ninety in a row of its own: as many good ones between them make them no news. Nothing is known to
    // lead into that row either.
    let own =
        |number: u32| if (600..780).contains(&number) && number.is_multiple_of(2) { What::Refused } else { What::Good };
    let news = judged(&ninety, own);
    assert!(news.n_effective.is_some_and(|n| (n - 1_800.0 / 179.0).abs() < 1e-9), "{:?}", news.n_effective);
    assert_eq!(news.verdict, Inconclusive);
}

#[test]
fn what_befalls_one_recipient_is_one_piece_of_news() {
    // They get two messages each in turn, one from either account; one of them gets none for 18 s, whoever sends.
    let others = |number: u32| number / 2 % 2 == 1;
    let gone = |number: u32| if (600..780).contains(&number) && others(number) { What::Lost } else { What::Good };
    let records = journey(gone).into_iter().map(|record| match record {
        Record::Message(message) if others(message.id.number) => {
            Record::Message(Message { recipients: vec![OTHER_READER], ..message })
        }
        Record::Receipt(receipt) if others(receipt.message.number) => {
            Record::Receipt(Receipt { recipient: OTHER_READER, ..receipt })
        }
        record => record,
    });
    let share = Bound::Share(Share::from_millionths(100_000).unwrap());
    let lost = target(Some(Aggregate::Ratio), Metric::Lost, Op::Le, share);
    let plan = planned(vec![bound(availability(90)), bound(lost)]);
    let judged = judge(&plan, &completed(&plan, records.collect())).targets;
    for judged in judged {
        // Ninety in a row, as above; the row of all knows only pairs.
        assert!(judged.n_effective.is_some_and(|n| n < 30.0), "{}: {:?}", judged.name, judged.n_effective);
    }
}

#[test]
fn a_percentile_has_to_be_shown() {
    // One in forty takes 500 ms, the others 30: p95 is 30 ms, p97.5 on the edge, p99 500 ms.
    let slow = |number: u32| if number % 40 == 20 { What::Received(500) } else { What::Good };
    let of = |thousandths, millis| judged(&bound(percentile(Metric::DeliveryLatency, thousandths, millis)), slow);
    let kept = of(95_000, 100);
    assert_eq!((kept.verdict, kept.confidence, kept.n), (Pass, "upper95", 1_800));
    assert!(kept.high.is_some_and(|high| (0.03..0.031).contains(&high)), "{kept:?}");
    assert_eq!((of(99_000, 100).verdict, of(99_000, 500).verdict), (Fail, Pass));
    // 97 % are at most so slow, by 97.5 % that were: not enough to be sure, and by the figure itself it holds.
    let open = of(97_000, 100);
    assert_eq!((open.verdict, outcome(&percentile(Metric::DeliveryLatency, 97_000, 100), slow)), (Inconclusive, Pass));
    let enough = crate::confidence::enough(0.975, 0.97, RISK).expect("it can be told");
    assert!(
        enough > 1_800 && open.why.ends_with(&format!("confidence, about {} would do", thousands(enough))),
        "{}",
        open.why
    );
}

#[test]
fn too_few_have_no_upper_bound() {
    let p95 = bound(percentile(Metric::DeliveryLatency, 95_000, 800));
    let few = first(&p95, 58, |_| What::Good);
    assert_eq!((few.verdict, few.observed, few.high), (Inconclusive, Some(0.03), None));
    assert_eq!(few.why, "over 58 messages: too few to tell with 95 % confidence, about 59 would do");
    assert_eq!(first(&p95, 59, |_| What::Good).verdict, Pass);
    // Ten that are all too slow show that one in twenty is.
    assert_eq!(first(&p95, 10, |_| What::Received(900)).verdict, Fail);
    assert_eq!(without_traffic(&p95), Inconclusive);
    // Undelivered ones are slower than anything that is known.
    let lost = |number: u32| if number % 10 == 5 { What::Lost } else { What::Good };
    assert_eq!(judged(&p95, lost).verdict, Fail, "at least the deadline of a second");
    let second = bound(percentile(Metric::DeliveryLatency, 95_000, 1_000));
    assert_eq!((judged(&second, lost).verdict, judged(&second, lost).high), (Inconclusive, None));
}

#[test]
fn slow_neighbours_count_for_less_even_if_they_are_good() {
    // A row of forty slow ones, none of them bad: 2.2 % of 1,800, which independent messages would show to be less than 5 %.
    let row = |number: u32| if (900..940).contains(&number) { What::Received(500) } else { What::Good };
    let apart = |number: u32| if number % 45 == 7 { What::Received(500) } else { What::Good };
    let of = |millis| bound(percentile(Metric::DeliveryLatency, 95_000, millis));
    assert_eq!((judged(&of(100), apart).verdict, judged(&of(100), row).verdict), (Pass, Inconclusive));
    // Asked for half a second, there is nothing in which neighbours are alike.
    let (alike, not) = (judged(&of(100), row).n_effective, judged(&of(500), row).n_effective);
    assert!(alike.is_some_and(|n| n < 60.0) && near(not, 1_800.0), "{alike:?} {not:?}");
}

#[test]
fn the_other_way_round() {
    let at_most = |percent: u32| {
        let share = Bound::Share(Share::from_millionths(percent * 10_000).unwrap());
        bound(target(None, Metric::Availability, Op::Le, share))
    };
    let of = |percent| judged(&at_most(percent), one_in_a_hundred);
    assert_eq!(
        (of(99).confidence, of(100).verdict, of(98).verdict, of(99).verdict),
        ("upper95", Pass, Fail, Inconclusive)
    );
    let slower = |millis| {
        let time = Bound::Time(Span::from_millis(millis));
        bound(target(Some(Aggregate::Percentile(50_000)), Metric::DeliveryLatency, Op::Ge, time))
    };
    let of = |millis| judged(&slower(millis), |_| What::Good);
    assert_eq!((of(30).verdict, of(30).confidence, of(31).verdict), (Pass, "lower95", Fail));
}

#[test]
fn fewer_than_were_wanted_say_nothing() {
    for target in [availability(50), bound(availability(50)), none(Metric::Lost)] {
        let wants = |min_samples| Target { min_samples, ..target.clone() };
        assert_eq!(outcome(&wants(1_800), |_| What::Good), Pass);
        let few = judged(&wants(1_801), |_| What::Good);
        assert_eq!((few.verdict, few.n), (Inconclusive, 1_800));
        assert_eq!(few.why, "1,800 samples are too few, 1,801 would do");
    }
}

#[test]
fn all_good_and_all_bad() {
    let all_good = judged(&bound(availability(99)), |_| What::Good);
    assert!(near(all_good.low, at_least(1_800.0, 1_800.0, RISK)) && near(all_good.high, 1.0));
    let all_bad = judged(&bound(availability(99)), |_| What::Refused);
    assert!(near(all_bad.low, 0.0) && near(all_bad.high, at_most(0.0, 1_800.0, RISK)));
    assert_eq!((all_good.verdict, all_bad.verdict), (Pass, Fail));
    assert!(near(all_bad.n_effective, 1_800.0), "where all are alike, nothing tells how alike neighbours are");
}
