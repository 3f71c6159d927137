use super::*;
use crate::plan::Window;

fn promises(targets: &str) -> Source {
    small_and(&format!("targets:\n{targets}"))
}

#[test]
fn a_promise_that_is_probably_not_meant_is_a_lint() {
    let slo = "  slo: { expr: \"availability{journey=order} >= 99.9%\", window: month, level: should }\n";
    let rto = |time: &str| format!("  rto: {{ expr: \"recovery_time{{journey=order}} <= {time}\", level: must }}\n");
    for (targets, expected) in [
        ("  kept: { expr: \"availability{journey=order} >= 90%\", level: should }\n".to_owned(), "missing-window"),
        (format!("{slo}{}", rto("2h")), "rto-above-budget"),
        (rto("10s"), "coarse-gaps"),
    ] {
        let found = found(&promises(&targets));
        assert!(found.iter().any(|line| line.starts_with(expected)), "{targets}: {found:#?}");
    }
    // 0.1 % of the shortest month, of 28 days, are 40 minutes and 19.2 seconds.
    let both = found(&promises(&format!("{slo}{}", rto("2h"))));
    let said =
        "an outage of 2h, which `rto` allows, is 3 times the 40m19s200ms that `slo` lets be lost in a month of 28 days";
    assert!(both.iter().any(|line| line.contains(said)), "{both:#?}");
    let kept = found(&promises(&format!("{slo}{}", rto("40m"))));
    assert!(!kept.iter().any(|line| line.starts_with("rto-above-budget")), "{kept:#?}");
}

#[test]
fn a_must_does_not_rest_on_what_nobody_has_verified() {
    let claims = |verified: &str| {
        small_and(&format!(
            "claims: {{ rto: {{ value: 2h, kind: vendor_claim, source: somebody, verified: {verified} }} }}\n\
             targets: {{ rto: {{ expr: \"recovery_time <= claim(rto)\", level: must }} }}\n"
        ))
    };
    let lints = |source: &Source| found(source).iter().any(|line| line.starts_with("unverified-claim"));
    assert!(lints(&claims("false")) && !lints(&claims("true")));
    assert_eq!(plan(&claims("true")).targets[0].claim.as_deref(), Some("rto"));
}

#[test]
fn a_window_is_one_of_an_availability() {
    let target = |expr: &str, more: &str| promises(&format!("  one: {{ expr: \"{expr}\", {more}, level: must }}\n"));
    let quarter = target("availability >= 99.9%", "window: quarter");
    let loaded = load(&quarter, &Options::default()).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(loaded.plan.targets[0].window, Some(Window::Quarter));
    let of = |window: &str| plan(&target("availability >= 99.9%", &format!("window: {window}"))).targets.remove(0);
    assert_eq!(of("{ rolling: 30d }").window, Some(Window::Rolling(crate::units::Span::from_secs(30 * 86_400))));
    for (expr, more, expected) in [
        ("availability >= 99%", "window: { rolling: 40m }", "has a window of 40m, and the drill alone lasts 41m"),
        ("availability >= 99%", "window: { rolling: 30d, every: 1d }", "a rolling window has no key `every`"),
        ("availability >= 99%", "window: { rolling: long }", "a duration such as"),
        ("recovery_time <= 2h", "window: { rolling: 30d }", "`window` says for which period"),
        ("availability >= 100%", "window: { rolling: 30d }", "100% of a window of 30d leaves nothing"),
        ("recovery_time <= 2h", "window: month", "`window` says for which period"),
        ("availability <= 50%", "window: month", "`window` says for which period"),
        ("availability >= 100%", "window: month", "leaves nothing that an outage may cost"),
        ("availability >= 99%", "window: month, confidence: lower95", "arithmetic, and has no confidence"),
        ("availability >= 99%", "window: fortnight", "`fortnight` is no window"),
    ] {
        let found = found(&target(expr, more));
        assert!(found.iter().any(|line| line.contains(expected)), "{expr} {more}: {found:#?}");
    }
}

#[test]
fn a_zone_says_when_months_begin() {
    use crate::plan::Zone;
    let of = |zone: &str| plan(&small_and(&format!("zone: {zone}\n"))).zone;
    assert_eq!(plan(&small_and("")).zone, Zone::Named("Asia/Hong_Kong".to_owned()));
    assert_eq!(of("europe/london"), Zone::Named("Europe/London".to_owned()));
    assert_eq!((of("+08:00"), of("-05:30")), (Zone::Fixed(480), Zone::Fixed(-330)));
    for (zone, said) in [("Asia/Hongkong", "`Asia/Hongkong` is no time zone"), ("+8", "`+8` is no offset from UTC")] {
        let told = found(&small_and(&format!("zone: {zone}\n")));
        assert!(told.iter().any(|line| line.contains(said)), "{told:#?}");
    }
    let wrong = load(&small_and("zone: Asia/Hongkong\n"), &Options::default()).expect_err("no such zone").to_string();
    assert!(wrong.contains("such as Asia/Hong_Kong"), "{wrong}");
}

#[test]
fn whose_figure_it_is_can_be_said() {
    let said = |target: &str| {
        let targets = format!(
            "claims: {{ rto: {{ value: 2h, kind: standard, source: the policy, verified: true }} }}\ntargets: {{ {target} }}\n"
        );
        plan(&small_and(&targets)).targets.remove(0)
    };
    let source = said("rto: { expr: \"recovery_time <= 30m\", source: \" impact analysis of 2025 \" }");
    assert_eq!((source.source.as_deref(), source.claim), (Some("impact analysis of 2025"), None));
    let both = said("rto: { metric: recovery_time, op: \"<=\", value: claim(rto), source: signed by the board }");
    assert_eq!((both.source.as_deref(), both.claim.as_deref()), (Some("signed by the board"), Some("rto")));
    assert_eq!(both.text, "recovery_time <= claim(rto)");
    let list = small_and("targets: { rto: { expr: \"recovery_time <= 20m\", source: [us] } }\n");
    assert!(found(&list).iter().any(|line| line.starts_with("wrong-kind") && line.contains("the source is a word")));
}

#[test]
fn an_availability_counts_messages_or_slices_of_time() {
    use crate::plan::Budgeting;
    use crate::units::{Share, Span};
    let target = |more: &str| promises(&format!("  one: {{ expr: \"availability >= 90%\", phase: fault, {more} }}\n"));
    let slices =
        |secs, percent| Budgeting::Timeslices { every: Span::from_secs(secs), good: Share::from_percent(percent) };
    for (more, expected) in [
        ("level: should", None),
        ("budgeting: occurrences", Some(Budgeting::Occurrences)),
        ("budgeting: timeslices", Some(slices(60, 95))),
        ("budgeting: { timeslices: { every: 30s } }", Some(slices(30, 95))),
        ("budgeting: { timeslices: { good: 99% } }", Some(slices(60, 99))),
    ] {
        assert_eq!(plan(&target(more)).targets[0].budgeting, expected, "{more}");
    }
    for (more, expected, said) in [
        ("budgeting: ratio", "unknown-word", "`ratio` is no way of budgeting"),
        ("budgeting: { occurrences: {} }", "missing", "has no `timeslices`"),
        ("budgeting: { timeslices: { every: 0s } }", "out-of-range", "longer than nothing"),
        ("budgeting: { timeslices: { every: 5 } }", "bad-figure", "has no unit"),
        ("budgeting: { timeslices: { good: 95 } }", "bad-figure", "has no unit"),
        ("budgeting: { timeslices: { each: 5s } }", "unknown-key", "no key `each`"),
        ("budgeting: { timeslices: { every: 21m } }", "conflict", "is as long as a slice of 21m"),
        (
            "budgeting: timeslices, confidence: point, level: must, abort: breached",
            "conflict",
            "told when they are over",
        ),
        // The fault phase has twenty minutes, and nine of ten take 29 of them, all good.
        ("budgeting: timeslices, level: must", "too-few-messages", "at least 29 slices of time, and the plan has 20"),
        // What is left at its end is one as well.
        ("budgeting: { timeslices: { every: 3m } }, level: must", "too-few-messages", "and the plan has 7 there"),
    ] {
        let told = found(&target(more));
        let hit = told.iter().any(|line| line.starts_with(expected) && line.contains(said));
        assert!(hit, "{more}: {told:#?}");
    }
    let other = promises("  one: { expr: \"lost == 0\", budgeting: occurrences }\n");
    assert!(mistake(&other).contains("`budgeting` says how an availability is counted, and lost is none"));
}

#[test]
fn a_target_is_kept_in_every_window_of_a_length() {
    use crate::plan::Sliding;
    use crate::units::Span;
    let target = |expr: &str, more: &str| {
        promises(&format!("  one: {{ expr: \"{expr}\", phase: fault, level: should, {more} }}\n"))
    };
    let p95 = "p95(delivery_latency) <= 800ms";
    for (more, secs, every) in [
        ("window: 1m", 60, 30),
        ("window: { length: 1m }", 60, 30),
        ("window: { length: 1m, every: 1s }", 60, 1),
        ("window: { length: 20m, every: 20m }", 1_200, 1_200),
    ] {
        let sliding = Sliding { length: Span::from_secs(secs), every: Span::from_secs(every) };
        assert_eq!(plan(&target(p95, more)).targets[0].sliding, Some(sliding), "{more}");
    }
    for (expr, more, expected, said) in [
        (p95, "window: 5", "bad-figure", "has no unit"),
        (p95, "window: 0s", "out-of-range", "longer than nothing"),
        (p95, "window: { length: 1m, every: 0s }", "out-of-range", "longer than nothing"),
        (p95, "window: { every: 1m }", "missing", "has no `length`"),
        (p95, "window: { length: 1m, each: 1s }", "unknown-key", "no key `each`"),
        (p95, "window: { length: 1m, every: 2m }", "out-of-range", "in which nothing has to be kept"),
        (p95, "window: { length: 61s, every: 1s }", "out-of-range", "each moment would lie in 61 windows"),
        (p95, "window: 21m", "conflict", "would judge nothing of the 20m"),
        ("availability == 90%", "window: 1m", "conflict", "one that never changes"),
        ("lost == 0", "window: 1m", "conflict", "is not told of its messages one by one"),
        ("recovery_time <= 1m", "window: 1m", "conflict", "is not told of its messages one by one"),
        ("availability >= 90%", "window: 1m, budgeting: timeslices", "conflict", "by one of them"),
        // Two messages a second are 120 in a minute, and 99 % take 299 of them.
        (
            "availability >= 99%",
            "window: 1m, confidence: lower95",
            "too-few-messages",
            "in one the plan sends 120 there",
        ),
    ] {
        let told = found(&target(expr, more));
        let hit = told.iter().any(|line| line.starts_with(expected) && line.contains(said));
        assert!(hit, "{expr} {more}: {told:#?}");
    }
    let ending =
        "  one: { expr: \"availability >= 90%\", window: 1m, confidence: point, level: must, abort: breached }\n";
    assert!(mistake(&promises(ending)).contains("windows are told when they are over"));
}

#[test]
fn a_time_until_access_is_revoked_needs_somebody_who_is_taken_away() {
    let of = |inject: &str, labels: &str| {
        let target = format!("targets:\n  stops: {{ expr: \"time_to_revoke{labels} <= 15m\", level: must }}\n");
        let text = small_and(&target).text.replacen("partition: {}", inject, 1);
        found(&source(&text)).into_iter().filter(|line| line.starts_with("nobody-leaves")).collect::<Vec<_>>()
    };
    let directory = "http: { do: { method: PATCH, url: \"http://127.0.0.1:1/scim/v2/Users/anna\" }, undo: { method: PUT, url: \"http://127.0.0.1:1/\" } }";
    for inject in [directory, "partition: {}"] {
        let said = of(inject, "");
        let text = "target `stops` is told of those whom `deprovision` takes away, or `takes_away` names, and there is neither";
        assert!(matches!(&said[..], [one] if one.ends_with(text)), "{inject}: {said:?}");
    }
    let gone = "deprovision: { group: purchasing }";
    let said = directory.replacen("http: { ", "http: { takes_away: { group: purchasing, share: 50% }, ", 1);
    for inject in [gone, &said] {
        assert!(of(inject, "").is_empty() && of(inject, "{inject=trouble}").is_empty(), "{inject}");
    }
    for (leaving, word) in [
        ("{}", "missing"),
        ("{ group: nobody }", "unknown-name"),
        ("{ group: purchasing, share: 0% }", "bad-inject"),
        ("{ group: purchasing, region: hk }", "unknown-key"),
    ] {
        let inject = directory.replacen("http: { ", &format!("http: {{ takes_away: {leaving}, "), 1);
        let told = found(&source(&small_and("").text.replacen("partition: {}", &inject, 1)));
        assert!(told.iter().any(|line| line.starts_with(word)), "{leaving}: {told:?}");
    }
}

#[test]
fn a_recovery_is_told_to_within_two_gaps_and_two_deadlines() {
    let said = |rto: &str, deadline: &str| {
        let target =
            format!("targets: {{ rto: {{ expr: \"recovery_time{{journey=order}} <= {rto}\", level: must }} }}\n");
        let text = format!("{SMALL}{target}").replace("deadline: 5s", &format!("deadline: {deadline}"));
        found(&source(&text)).into_iter().find(|line| line.starts_with("coarse-gaps"))
    };
    // 2 · 30 s + 2 · 0.5 s, beside a half of two minutes.
    let wide = said("2m", "30s").expect("too wide");
    assert!(
        wide.contains("`order` tells a recovery to within 1m1s, ") && wide.contains("half of the 2m that `rto` allows"),
        "{wide}"
    );
    assert_eq!((said("2m", "29s"), said("2h", "30s")), (None, None));
    // Gaps alone are asked more of.
    assert!(said("49s", "1s").is_some_and(|line| line.contains("too seldom")) && said("50s", "1s").is_none());
}

#[test]
fn a_baseline_of_few_messages_does_not_tell_outages_from_the_background() {
    let said = |baseline: &str, targets: &str| {
        let text = format!("{SMALL}targets: {{ {targets} }}\n");
        let text = text.replace("baseline: 10m", &format!("baseline: {baseline}")).replace("fault: 20m", "fault: 1h");
        found(&source(&text)).into_iter().find(|line| line.starts_with("short-baseline"))
    };
    let rto = "rto: { expr: \"recovery_time{journey=order} <= 30m\", level: must }";
    // 20 messages without a bad one leave 1 − 0.05^(1/20) = 13.9 %: of some 8,500 messages 0.139⁵ · 8,500 · 0.861 = 0.38 rows of five.
    let few = said("10s", rto).expect("too few");
    assert!(few.contains("a baseline with 20 messages of `order` cannot show that less than 13.9 % are bad"), "{few}");
    // 44 leave 6.6 %, and 0.0099 rows; 42 leave 6.9 %, and 0.012.
    assert_eq!((said("21s", rto).is_some(), said("22s", rto)), (true, None));
    // Who asks for no outages has none told against him.
    assert_eq!(said("10s", "up: { expr: \"availability >= 90%\", phase: fault, level: must }"), None);
}
