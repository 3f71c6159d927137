//! What a target is judged by, and whether the plan sends enough for it.

use super::*;
use crate::plan::Confidence::{self, Bound, Point};
use crate::plan::Target;

/// [`SMALL`] with one target that holds this.
fn with(target: &str) -> Source {
    small_and(&format!("targets: {{ kept: {{ {target} }} }}\n"))
}

fn target(text: &str) -> Target {
    plan(&with(text)).targets.remove(0)
}

fn confidence(text: &str) -> Confidence {
    target(text).confidence
}

#[test]
fn what_must_hold_has_to_be_shown_where_that_can_be() {
    let share = "expr: \"availability >= 99%\"";
    let percentile = "expr: \"p95(delivery_latency) <= 800ms\"";
    for expr in [share, percentile] {
        assert_eq!(confidence(&format!("{expr}, level: must")), Bound);
        assert_eq!(confidence(&format!("{expr}, level: must, confidence: point")), Point);
        for less in ["", ", level: should", ", level: info"] {
            assert_eq!(confidence(&format!("{expr}{less}")), Point, "{less}");
        }
    }
    assert_eq!(confidence(&format!("{share}, confidence: lower95")), Bound);
    assert_eq!(confidence(&format!("{percentile}, level: info, confidence: upper95")), Bound);
    // What is promised for this drill is counted in full, and no sample of anything.
    assert_eq!(confidence(&format!("{share}, window: drill, level: must")), Point);
    assert_eq!(confidence(&format!("{share}, window: drill, level: must, confidence: lower95")), Bound);
    assert_eq!(
        confidence(&format!("{share}, window: 1m, level: must")),
        Bound,
        "in every window of it is another matter"
    );
    // What was counted, measured as a whole or is known within bounds of its own is what it is.
    for expr in ["lost == 0", "recovery_time <= 20m", "max(delivery_latency) <= 5s", "mean(delivery_latency) <= 1s"] {
        assert_eq!(confidence(&format!("expr: \"{expr}\", level: must")), Point, "{expr}");
    }
    // That nothing at all can fail is shown by no number of messages; that nothing did is a fact.
    assert_eq!(confidence("expr: \"availability >= 100%\", level: must"), Point);
    let short = plan(&small_and("targets: { kept: \"availability >= 99%\" }\n")).targets.remove(0);
    assert_eq!((short.confidence, short.min_samples, short.judged_by()), (Point, 0, "point"));
}

#[test]
fn a_bound_is_the_one_that_too_few_messages_do_not_keep() {
    assert_eq!(target("expr: \"availability >= 99%\", confidence: lower95").judged_by(), "lower95");
    assert_eq!(target("expr: \"p95(accept_latency) < 1s\", confidence: upper95").judged_by(), "upper95");
    for (wrong, what) in [
        ("expr: \"availability >= 99%\", confidence: upper95", "would pass for want of data"),
        ("expr: \"p95(accept_latency) < 1s\", confidence: lower95", "would pass for want of data"),
        ("expr: \"lost == 0\", confidence: upper95", "has no bounds"),
        ("expr: \"mean(delivery_latency) <= 1s\", confidence: upper95", "has no bounds"),
        ("expr: \"availability == 99%\", confidence: lower95", "has no bounds"),
        ("expr: \"availability >= 100%\", confidence: lower95", "no number of samples"),
        ("expr: \"recovery_time <= 20m\", min_samples: 3", "is not a figure of so many samples"),
        ("expr: \"availability >= 50%\", window: month, min_samples: 20", "is not a figure of so many samples"),
        ("expr: \"availability >= 50%\", window: year, min_samples: 20", "is not a figure of so many samples"),
        (
            "expr: \"availability >= 50%\", window: { rolling: 30d }, min_samples: 20",
            "is not a figure of so many samples",
        ),
    ] {
        let told = mistake(&with(wrong));
        // At the word itself, whose place is counted from 1.
        let at = format!("targets: {{ kept: {{ {wrong}").rfind(": ").map_or(0, |colon| colon + 3);
        assert!(told.starts_with(&format!("conflict 16:{at} ")) && told.contains(what), "{wrong}: {told}");
    }
    assert_eq!(code(&with("expr: \"availability >= 99%\", confidence: 95%")), "unknown-word");
    assert_eq!(code(&with("expr: \"lost == 0\", min_samples: 0")), "out-of-range");
    assert_eq!(target("expr: \"lost == 0\", min_samples: 300").min_samples, 300);
    // Where messages or slices of time are counted off a month, there are so many of them.
    for counted in ["window: drill", "window: month, budgeting: occurrences", "window: month, budgeting: timeslices"] {
        assert_eq!(target(&format!("expr: \"availability >= 50%\", {counted}, min_samples: 20")).min_samples, 20);
    }
}

/// Two a second over 31 minutes after the baseline's ten: 1,200 messages in the baseline.
#[test]
fn a_target_that_takes_more_messages_than_are_sent_is_a_lint() {
    let told = |text: &str| found(&with(&format!("{text}, phase: baseline")));
    let must = |expr: &str| told(&format!("expr: \"{expr}\", level: must"));
    assert_eq!(must("availability >= 99.9%").len(), 1);
    let lint = &must("availability >= 99.9%")[0];
    assert!(lint.starts_with("too-few-messages 16:12 "), "{lint}");
    assert!(lint.contains("takes at least 2,995 messages, and the plan sends 1,200 there"), "{lint}");
    // 1,197 of 0.9975 are enough, and none of them may fail.
    assert_eq!(must("availability >= 99.75%"), Vec::<String>::new());
    assert_eq!((must("p99.8(delivery_latency) <= 1s").len(), must("p99.7(delivery_latency) <= 1s").len()), (1, 0));
    // The other way round a percentile takes as many as the rest of it; a share, as many as are not to have it.
    assert_eq!((must("p0.1(delivery_latency) >= 1ms").len(), must("p1(delivery_latency) >= 1ms").len()), (1, 0));
    assert_eq!((must("availability <= 0.1%").len(), must("availability <= 1%").len()), (1, 0));
    let few = |n: u32| told(&format!("expr: \"mean(accept_latency) <= 1s\", min_samples: {n}"));
    assert_eq!((few(1_200).len(), few(1_201).len()), (0, 1));
    assert_eq!(told("expr: \"availability >= 99.9%\", level: must, confidence: point"), Vec::<String>::new());
    assert_eq!(told("expr: \"availability >= 99.9%\", level: must, window: drill"), Vec::<String>::new());
    // Another journey's messages are not this one's.
    let journey = "  other: { from: purchasing, to: factory, rate: 1/s, deadline: 5s, routes: [dingtalk, teams] }\n";
    let both = SMALL.replace("phases:", &format!("{journey}phases:"));
    let of = |label: &str| {
        let expr = format!("expr: \"availability{label} >= 99.8%\", level: must, phase: baseline");
        found(&source(&format!("{both}targets: {{ kept: {{ {expr} }} }}\n"))).len()
    };
    assert_eq!((of(""), of("{journey=order}"), of("{journey=other}")), (0, 1, 1));
}
