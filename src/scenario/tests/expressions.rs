//! Expressions of targets: in one line, in parts, and written anew.

use proptest::prelude::*;

use super::*;
use crate::plan::{Aggregate, Bound, CoverageSet, Expr, Measure, Metric, MetricKind, Op, Selector, Target, When};
use crate::units::{
    BoundaryId, ClassId, EndpointId, HostId, InjectId, JourneyId, PhaseId, Rate, Share, Span, TargetId, WayId,
};

fn with(targets: &str) -> Source {
    let of_class = SMALL.replacen("order: { ", "order: { class: customers, ", 1);
    // A gateway whose audit trail is read, on as many lines.
    let of_class = of_class.replacen(
        "endpoints:\n  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen }\n  teams: { kind: teams, region: hk }\n",
        "endpoints: { dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen },\n  teams: { kind: teams, region: hk },\n  \
         relay: { kind: gateway, region: hk, rules: [{ to: [teams] }], audit: { every: 5s } } }\n",
        1,
    );
    source(&format!(
        "{of_class}claims: {{ c: {{ value: 5m, kind: standard, source: us }} }}\n\
         boundaries: {{ off: {{ group: factory, never: teams }} }}\n\
         ways_in: {{ bot: {{ forward: \"127.0.0.1:0\", allow: [localhost] }} }}\n\
         targets:\n  slo: {{ expr: \"availability >= 99%\", window: month }}\n  t: {targets}\n"
    ))
}

fn read(text: &str) -> (Plan, Target) {
    let plan = plan(&with(text));
    let target = plan.targets[1].clone();
    (plan, target)
}

/// An expression of any figure with whatever suits it.
fn any_expr() -> impl Strategy<Value = Expr> {
    let metric = prop::sample::select(Metric::ALL.map(|(_, metric)| metric).to_vec());
    let op = prop::sample::select(Op::ALL.map(|(_, op)| op).to_vec());
    let part = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (metric, any::<prop::sample::Index>(), 1_u32..100_000, part, op, any::<u64>()).prop_map(
        |(metric, index, thousandths, part, op, figure)| {
            let words = Aggregate::WORDS.into_iter().map(|(_, word)| Some(word));
            let all = words.chain([Some(Aggregate::Percentile(thousandths)), None]);
            let suits = |one: &Option<Aggregate>| match one {
                Some(aggregate) => aggregate.suits(metric),
                None => metric.kind() != MetricKind::Latency,
            };
            let possible: Vec<_> = all.filter(suits).collect();
            let aggregate = possible[index.index(possible.len())];
            let bound = match Measure::of(aggregate, metric) {
                Measure::Time => Bound::Time(Span::from_nanos(figure)),
                Measure::Share => Bound::Share(Share::from_millionths((figure % 1_000_001) as u32).expect("a share")),
                Measure::Count => Bound::Count(figure),
                Measure::Rate => {
                    let per = Span::from_nanos(figure % 1_000_000_000_000 + 1);
                    Bound::Rate(Rate::new(figure % 1_000_000 + 1, per).expect("a rate"))
                }
            };
            Expr { aggregate, metric, of: selector(metric, part), op, bound }
        },
    )
}

fn selector(metric: Metric, (journey, route, inject, common): (bool, bool, bool, bool)) -> Selector {
    let has = |label: &str| metric.labels().contains(&label);
    let needs = |label: &str| metric.needed_labels().contains(&label);
    Selector {
        journey: (has("journey") && journey).then_some(JourneyId(0)),
        class: (has("class") && inject).then_some(ClassId(0)),
        phase: (has("phase") && common).then_some(PhaseId(1)),
        route: (has("route") && (route || needs("route"))).then_some(EndpointId(u16::from(common))),
        inject: (has("inject") && inject).then_some(InjectId(0)),
        set: has("set").then_some(if common { CoverageSet::Common } else { CoverageSet::Api }),
        slo: has("slo").then_some(TargetId(0)),
        boundary: (has("boundary") && inject).then_some(BoundaryId(0)),
        dlp: (has("dlp") && inject).then_some(EndpointId(u16::from(common))),
        when: (has("when") && common).then_some(When::Flush),
        way: (has("way") && journey).then_some(WayId(0)),
        host: (has("host") && route).then_some(HostId(0)),
    }
}

/// The parts of an expression, as words.
fn parts(plan: &Plan, target: &Target) -> String {
    use crate::plan::Naming;
    let Expr { aggregate, metric, of, op, .. } = &target.expr;
    let labels: Vec<_> = of.labels().map(|label| format!("{}: {}", label.word(), plan.name(label))).collect();
    let agg = aggregate.map_or(String::new(), |aggregate| format!("agg: {aggregate}, "));
    let value = target.expr.written(plan, target.claim.as_deref()).bound();
    format!(
        "{{ {agg}metric: {}, labels: {{ {} }}, op: \"{op}\", value: \"{value}\" }}",
        metric.name(),
        labels.join(", ")
    )
}

proptest! {
    /// Written and read it is the same; in parts and back in one line, too, and in parts once more.
    #[test]
    fn an_expression_is_read_as_it_is_written(expr in any_expr()) {
        let blank = plan(&with("\"lost == 0\""));
        let text = expr.written(&blank, None).to_string();
        let (plan, short) = read(&format!("\"{text}\""));
        prop_assert_eq!(&short.expr, &expr, "{}", text);
        prop_assert_eq!(&short.text, &text);
        let long = parts(&plan, &short);
        let (plan, from_parts) = read(&long);
        prop_assert_eq!(&from_parts.expr, &expr, "{}", long);
        prop_assert_eq!(&from_parts.text, &text, "{}", long);
        prop_assert_eq!(parts(&plan, &from_parts), long);
    }
}

#[test]
fn what_is_written_is_plain() {
    for text in [
        "p99.9(delivery_latency{journey=order, route=dingtalk}) <= 1.8s",
        "recovery_time{journey=order, inject=trouble} < 20m",
        "recovery_time <= claim(c)",
        "count(recovery_time) == 1",
        "sum(recovery_time) <= 10m",
        "ratio(duplicated_after_dedup{route=teams}) <= 0.1%",
        "rate(lost) <= 2/min",
        "coverage{route=teams, set=common} >= 75%",
        "error_budget{slo=slo} <= 25%",
        "boundary_violations{route=teams, boundary=off, when=failover} == 0",
        "ratio(wrong_side) <= 1%",
        "dlp_leaks{journey=order, route=teams} == 0",
        "dlp_detection{route=dingtalk, dlp=teams} >= 99%",
        "p99(intercept_latency{dlp=teams}) <= 200ms",
        "ratio(uninspected) <= 1%",
        "recovery_time{journey=order, class=customers} <= 20m",
        "p95(delivery_latency{class=customers, phase=baseline, route=teams}) <= 1s",
        "observed_availability{phase=fault, way=bot} >= 99%",
        "observed_availability{way=bot, host=localhost} >= 99%",
        "p95(observed_latency{way=bot}) <= 2s",
        "ratio(observed_failures) <= 1%",
        "lost == 0",
    ] {
        let (plan, target) = read(&format!("\"{text}\""));
        assert_eq!(target.expr.written(&plan, target.claim.as_deref()).to_string(), text);
        let (_, again) = read(&parts(&plan, &target));
        assert_eq!((again.text.as_str(), &again.claim, &again.expr), (text, &target.claim, &target.expr));
    }
    // As somebody else would write it, it stays.
    assert_eq!(read("\"lost  ==0\"").1.text, "lost  ==0");
}

#[test]
fn an_expression_in_parts_is_read_strictly() {
    let start = "  t: { ".len();
    for (text, expected, said) in [
        ("metric: lost, value: 0", "missing 21:3", "an expression in parts has no `op`"),
        ("metric: lost, op: \"<=\"", "missing 21:3", "has no `value`"),
        ("op: \"<=\", value: 0", "missing 21:3", "has no `metric`"),
        ("expr: \"lost == 0\", op: \"<=\"", "conflict 21:", "`expr` says it all"),
        ("metric: losses, op: \"==\", value: 0", "unknown-word 21:", "`losses` is no figure"),
        ("metric: cost, op: \"==\", value: 0", "not-yet 21:", "figure `cost`"),
        ("metric: lost, op: \"=<\", value: 0", "bad-expression 21:", "`=<` is no comparison"),
        ("metric: lost, op: \"<=\", value: 3s", "bad-figure 21:", "a whole number such as 0"),
        ("metric: lost, agg: p95, op: \"<=\", value: 3", "bad-expression 21:", "`lost` has no `p95`"),
        ("metric: lost, agg: avarage, op: \"<=\", value: 3", "unknown-word 21:", "`avarage` is no aggregate"),
        ("metric: delivery_latency, op: \"<=\", value: 3s", "bad-expression 21:", "which value of it?"),
        ("metric: lost, labels: { jurney: order }, op: \"<=\", value: 3", "unknown-word 21:", "no label `jurney`"),
        ("metric: lost, labels: { journey: ordr }, op: \"<=\", value: 3", "unknown-name 21:", "no journey `ordr`"),
        ("metric: lost, labels: order, op: \"<=\", value: 3", "wrong-kind 21:", "`labels` is a map"),
        ("metric: coverage, labels: { route: teams }, op: \">=\", value: 3%", "bad-expression 21:", "of one route"),
        ("metric: lost, op: \"<=\", value: claim(d)", "unknown-name 21:", "no claim `d`"),
        ("metrik: lost, op: \"<=\", value: 3", "missing 21:3", "has no `metric`"),
    ] {
        let told = found(&with(&format!("{{ {text} }}")));
        assert!(told[0].starts_with(expected) && told[0].contains(said), "{text}: {told:#?}");
        if !expected.ends_with(":3") {
            let column: usize = told[0].split([':', ' ']).nth(2).and_then(|column| column.parse().ok()).expect("one");
            assert!(column > start, "{text}: {told:#?}");
        }
    }
}

#[test]
fn what_is_asked_has_to_suit_the_figure() {
    for (expr, said) in [
        ("p95(lost) <= 0", "`lost` has no `p95`"),
        ("sum(lost) <= 0", "`lost` has no `sum`"),
        ("ratio(recovery_time) <= 1%", "`recovery_time` has no `ratio`"),
        ("count(detect_time) <= 1", "`detect_time` has no `count`"),
        ("ratio(delivery_latency) <= 1%", "`delivery_latency` has no `ratio`"),
        ("max(availability) >= 1%", "`availability` is a single figure: `max` has nothing to choose from"),
        ("ratio(lost) <= 1", "`1` has no unit; write a share"),
        ("rate(lost) <= 1", "`1` has no unit; write a rate"),
        ("rate(lost) <= 0/s", "a rate is above zero"),
        ("count(recovery_time) <= 1m", "is a whole number such as 0, not `1m`"),
        ("error_budget <= 25%", "`error_budget` is of one promise"),
        ("error_budget{slo=sla} <= 25%", "there is no target `sla`"),
        ("error_budget{slo=t} <= 25%", "target `t` is about the error budget of a target that has none"),
        ("decide_time{route=teams} <= 1m", "`decide_time` has no label `route`"),
    ] {
        let told = found(&with(&format!("\"{expr}\"")));
        assert!(told.len() == 1 && told[0].contains(said), "{expr}: {told:#?}");
    }
    let hint = |expr: &str| match load(&with(&format!("\"{expr}\"")), &Options::default()) {
        Err(found) => found.iter().find_map(|one| one.hint.clone()).expect("a hint"),
        Ok(_) => panic!("{expr} was read"),
    };
    assert_eq!(hint("p95(lost) <= 0"), "possible here: count, rate, ratio, or `lost` alone");
    assert_eq!(hint("ratio(accept_latency) <= 1%"), "possible here: a percentile such as p95 or p99.9, mean, min, max");
    assert_eq!(hint("avg(accept_latency) <= 1s"), {
        "possible here: a percentile such as p95 or p99.9, mean, min, max, count, sum, rate, ratio"
    });
}

#[test]
fn an_interval_holds_a_value_and_says_of_how_many() {
    let told = |text: &str| found(&with(&format!("{{ {text}, confidence: interval95 }}")));
    for (text, expected, said) in [
        ("expr: \"ratio(duplicated) == 2%\"", "missing", "would pass for want of data"),
        ("expr: \"ratio(duplicated) <= 2%\", min_samples: 9", "conflict", "compared in one direction"),
        ("expr: \"duplicated == 2\", min_samples: 9", "conflict", "has no bounds"),
        ("expr: \"ratio(wrong_side) == 2%\", min_samples: 9", "conflict", "has no bounds"),
    ] {
        let told = told(text);
        assert!(told.len() == 1 && told[0].starts_with(expected) && told[0].contains(said), "{text}: {told:#?}");
    }
    let kept = "{ expr: \"ratio(duplicated) == 2%\", confidence: interval95, min_samples: 1000 }";
    let (_, target) = read(kept);
    assert_eq!((target.judged_by(), target.min_samples), ("interval95", 1_000));
    // A share that must be small has to be shown to be.
    assert_eq!(read("{ expr: \"ratio(lost) <= 1%\", level: must }").1.judged_by(), "upper95");
    assert_eq!(read("{ expr: \"ratio(lost) == 0%\", level: must }").1.judged_by(), "point");
    assert_eq!(read("{ expr: \"ratio(reordered) <= 1%\", level: must }").1.judged_by(), "upper95");
    assert_eq!(read("{ expr: \"ratio(wrong_side) <= 1%\", level: must }").1.judged_by(), "point");
}
