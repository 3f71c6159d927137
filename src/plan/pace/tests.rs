use proptest::prelude::*;

use super::*;
use crate::plan::PhaseKind;

fn rate(text: &str) -> Rate {
    text.parse().expect("a rate")
}

fn at(text: &str) -> Moment {
    Moment::ZERO + text.parse().expect("a duration")
}

fn phase(start: &str, length: &str) -> Phase {
    Phase { name: "p".into(), kind: PhaseKind::Fault, start: at(start), length: length.parse().expect("a duration") }
}

fn moments(pace: &Pace, most: u64) -> Vec<Moment> {
    let course = Course::of(pace);
    (0..most).map_while(|n| course.nth(n)).collect()
}

#[test]
fn a_ramp_has_its_mean_rate_and_the_square_root_of_time() {
    let pace = Pace::Varied(vec![Stretch { from: rate("1/s"), to: rate("3/s"), length: Span::from_secs(10) }]);
    // 20 messages at a mean of 2/s, and then 3/s for ever.
    assert_eq!(pace.count_within(Span::from_secs(10)), 20);
    assert_eq!(pace.count_within(Span::from_secs(20)), 50);
    // t + t²/10 = n.
    let course = Course::of(&pace);
    assert_eq!(course.nth(0), Some(Moment::ZERO));
    let ten = Span::from_secs_f64((-1.0 + f64::sqrt(1.0 + 0.4 * 10.0)) * 5.0);
    assert_eq!(course.nth(10), Some(Moment::ZERO + ten));
    assert_eq!((course.nth(20), course.nth(23)), (Some(at("10s")), Some(at("11s"))));
    let peak = |drill: u64| pace.peak(Span::from_secs(drill), Span::from_secs(1));
    assert!((peak(5) - 2.0).abs() < 1e-9 && (peak(20) - 3.0).abs() < 1e-9, "{} {}", peak(5), peak(20));
    assert_eq!(pace.mean(Span::from_secs(10)), Some(rate("20/10s")));
    assert_eq!(pace.to_string(), "1/s to 3/s");
}

#[test]
fn steps_count_on_from_each_other() {
    let step = |text: &str, secs| Stretch::even(rate(text), Span::from_secs(secs));
    let pace = Pace::Varied(vec![step("1/s", 10), step("4/s", 5), step("30/min", 0)]);
    assert_eq!(pace.count_within(Span::from_secs(35)), 10 + 20 + 10);
    let course = Course::of(&pace);
    let shown: Vec<_> = [9, 10, 11, 29, 30, 31].map(|n| course.nth(n)).into_iter().flatten().collect();
    assert_eq!(shown, ["9s", "10s", "10.25s", "14.75s", "15s", "17s"].map(at));
    // The last step has one message in two seconds; a phase without any tells nothing.
    let phases = [phase("0s", "10s"), phase("10s", "5s"), phase("15s", "10s"), phase("15.1s", "1s")];
    assert_eq!(pace.widest_gap(phases.iter()), Some(Span::from_secs(2)));
}

#[test]
fn what_was_recorded_is_due_again_and_then_nothing() {
    let pace = Pace::Recorded(Recorded::Moments(["0s", "1s", "1s", "1.5s", "9s"].map(at).to_vec()));
    assert_eq!(moments(&pace, 99), ["0s", "1s", "1s", "1.5s", "9s"].map(at));
    let within = |secs| pace.count_within(Span::from_secs(secs));
    assert_eq!([1, 2, 9, 10, 99].map(within), [1, 4, 4, 5, 5]);
    // Three of them lie in the second from 1 s.
    assert!((pace.peak(Span::from_secs(10), Span::from_secs(1)) - 3.0).abs() < 1e-9);
    assert!((pace.peak(Span::from_secs(1), Span::from_secs(1)) - 1.0).abs() < 1e-9);

    let every = Span::from_secs(10);
    let pace = Pace::Recorded(Recorded::Counts { every, counts: vec![2, 0, 0, 5, 0] });
    assert_eq!(moments(&pace, 99), ["0s", "5s", "30s", "32s", "34s", "36s", "38s"].map(at));
    assert_eq!([10, 30, 31, 99].map(|secs| pace.count_within(Span::from_secs(secs))), [2, 2, 3, 7]);
    assert!((pace.peak(Span::from_secs(50), every) - 0.5).abs() < 1e-9);
    let silent = [phase("10s", "20s")];
    assert_eq!(pace.widest_gap(silent.iter()), None);
}

#[test]
fn a_pace_is_written_as_it_is_said() {
    for (pace, text) in [
        (Pace::Steady(rate("2/s")), r#""2/s""#),
        (
            Pace::Varied(vec![Stretch::even(rate("2/s"), Span::from_secs(60))]),
            r#"[{"from":"2/s","to":"2/s","for":"1m"}]"#,
        ),
        (Pace::Recorded(Recorded::Moments(vec![at("1s")])), r#"{"moments":["1s"]}"#),
        (
            Pace::Recorded(Recorded::Counts { every: Span::from_secs(1), counts: vec![3] }),
            r#"{"counts":{"every":"1s","counts":[3]}}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&pace).expect("JSON"), text);
        assert_eq!(serde_json::from_str::<Pace>(text).expect("a pace"), pace);
    }
}

/// Stretches of up to a minute, at 1 a minute to 1,000 a second.
fn varied() -> impl Strategy<Value = Pace> {
    let rate =
        || (1_u64..60_000).prop_map(|per_minute| Rate::new(per_minute, Span::from_secs(60)).expect("above zero"));
    let stretch = (rate(), rate(), 0_u64..60_000, any::<bool>()).prop_map(|(from, to, millis, even)| Stretch {
        from,
        to: if even { from } else { to },
        length: Span::from_millis(millis),
    });
    prop::collection::vec(stretch, 1..6).prop_map(Pace::Varied)
}

fn counted() -> impl Strategy<Value = Pace> {
    let counts = prop::collection::vec(prop_oneof![Just(0_u32), 1_u32..50], 1..20);
    (counts, 1_u64..10_000)
        .prop_map(|(counts, millis)| Pace::Recorded(Recorded::Counts { every: Span::from_millis(millis), counts }))
}

fn recorded() -> impl Strategy<Value = Pace> {
    prop::collection::vec(0_u64..100_000_000_000, 0..50).prop_map(|mut nanos| {
        nanos.sort_unstable();
        Pace::Recorded(Recorded::Moments(nanos.into_iter().map(Moment::from_nanos).collect()))
    })
}

proptest! {
    #[test]
    fn due_moments_never_go_back_and_are_as_many_as_are_planned(
        pace in prop_oneof![varied(), counted(), recorded()],
        end in 0_u64..60_000,
    ) {
        let end = Span::from_millis(end);
        let due = moments(&pace, 70_000);
        prop_assert!(due.is_sorted());
        let before = due.iter().filter(|due| **due < Moment::ZERO + end).count() as u64;
        prop_assert_eq!(pace.count_within(end), before);
    }

    #[test]
    fn as_many_as_the_rate_integrates_to(pace in varied(), end in 1_u64..60_000) {
        let Pace::Varied(stretches) = &pace else { unreachable!() };
        let end = Span::from_millis(end).secs_f64();
        // By the trapezium of each stretch, up to `end`.
        let (mut start, mut sum) = (0.0, 0.0);
        for stretch in stretches {
            let (length, from) = (stretch.length.secs_f64(), stretch.from.per_second());
            let part = (end - start).clamp(0.0, length);
            let growth = if length > 0.0 { (stretch.to.per_second() - from) / length } else { 0.0 };
            sum += from * part + growth * part * part / 2.0;
            start += length;
        }
        sum += stretches[stretches.len() - 1].to.per_second() * (end - start).max(0.0);
        let count = pace.count_within(Span::from_secs_f64(end)) as f64;
        // The first message is due at the very start, so the count is the sum rounded up; due moments are rounded to the nanosecond.
        prop_assert!(count > sum - 1e-3 && count < sum + 1.0 + 1e-3, "{count} of {sum}");
    }

    #[test]
    fn no_stretch_of_time_holds_more_than_the_peak_says(
        pace in prop_oneof![varied(), counted(), recorded()],
        start in 0_u64..60_000,
    ) {
        let (drill, over) = (Span::from_secs(60), Span::from_secs(2));
        let start = Moment::from_nanos(start * 1_000_000);
        let end = (start + over).min(Moment::ZERO + drill);
        let course = Course::of(&pace);
        let held = course.count_before(end).saturating_sub(course.count_before(start)) as f64;
        // One more than the rate gives fits in at the edges.
        prop_assert!(held <= pace.peak(drill, over) * over.secs_f64() + 1.001);
    }

    #[test]
    fn every_pace_reads_back(pace in prop_oneof![varied(), counted(), recorded()]) {
        let text = serde_json::to_value(&pace).expect("JSON");
        prop_assert_eq!(serde_json::from_value::<Pace>(text).expect("a pace"), pace);
    }
}
