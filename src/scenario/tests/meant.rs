//! What is meant by what stands in the wrong place, or in a form that is short of something.

use super::*;
use crate::plan::Fault;
use crate::scenario::PARTS;

/// All that is said of a scenario: place, message and hint, a line each.
fn said(source: &Source) -> Vec<String> {
    let found = match load(source, &Options::default()) {
        Ok(loaded) => loaded.lints,
        Err(diagnostics) => diagnostics,
    };
    let line = |one: &Diagnostic| {
        let hint = one.hint.as_deref().unwrap_or("-");
        format!("{}:{} {}: {} ({hint})", one.line, one.column, one.code.name(), one.message)
    };
    found.iter().filter(|one| one.code != Code::NoMustTarget).map(line).collect()
}

#[track_caller]
fn only(source: &Source, expected: &[&str]) {
    let said = said(source);
    let [one] = &said[..] else { panic!("{said:#?}") };
    assert!(expected.iter().all(|text| one.contains(text)), "{one}\n{expected:?}");
}

/// A quote that is not closed swallows lines until the next one: what is told is where it opens.
#[test]
fn a_quote_that_is_not_closed_is_told_where_it_opens() {
    let told = "the quote that opens here is not closed in its line (write another `\"` where the text ends)";
    let rto = "targets:\n  rto: { expr: \"recovery_time <= 10m\", level: must }\n";
    for (from, to, place) in [
        ("name: small", "name: \"small", "2:7 "),
        ("name: small", "name: small\nquestion: \"Does it work?", "3:11 "),
        ("name: small", "name: small\nquestion: \"the \\\"red\\\" one", "3:11 "),
        ("during: fault", "during: \"fault", "15:22 "),
        ("region: shenzhen }\n  teams", "region: \"shenzhen }\n  teams", "6:58 "),
        ("[dingtalk, teams]", "[\"dingtalk, teams]", "12:77 "),
    ] {
        only(&small_with(from, to), &[place, "syntax", told]);
        // Whatever quotes come later.
        let more = source(&(SMALL.replacen(from, to, 1) + rto));
        only(&more, &[place, "syntax", told]);
    }
    let single = "the quote that opens here is not closed in its line (write another `'` where the text ends)";
    only(&small_with("name: small", "name: small\nquestion: 'Does it''s work?"), &["3:11", single]);
    // In the last line.
    only(&small_and(&rto.replace("10m\"", "10m")), &["17:16", told]);
    // Apostrophes, quotes within a text, comments, and texts of several lines are none of that.
    for text in ["It's \"fine\", isn't it?", "x # it's \"so", "\"a \\\" b\"", "'it''s'", "\"a\n  b\""] {
        let bracket = small_with("name: small", &format!("name: small\nquestion: {text}\nseed: [x"));
        only(&bracket, &["syntax", "is not closed)", "`[` in line "]);
    }
}

/// A fault of one word is told how it is written in full, and what it is told can be played.
#[test]
fn a_fault_of_one_word_is_told_how_it_is_written() {
    for (word, full) in [
        ("latency: 120ms", "latency: { constant: 120ms }"),
        ("bandwidth: 10KB/s", "bandwidth: { rate: 10KB/s }"),
        ("loss: 5%", "loss: { random: 5% }"),
        ("timeout: 5s", "timeout: { after: 5s }"),
        ("reset: 5s", "reset: { after: 5s }"),
        ("slicer: 64B", "slicer: { size: 64B }"),
        ("limit_data: 2GB", "limit_data: { bytes: 2GB }"),
        ("partition: hk", "partition: { region: hk }"),
        ("refuse: dingtalk", "refuse: { endpoint: dingtalk }"),
        ("status: 503", "status: { code: 503 }"),
        ("drop_reply: close", "drop_reply: { how: close }"),
        ("mfa_required: purchasing", "mfa_required: { group: purchasing }"),
        ("quota: 100", "quota: { calls: 100 }"),
        ("latency: dingtalk", "latency: { endpoint: dingtalk, constant: 120ms }"),
        ("latency: [120ms]", "latency: { endpoint: dingtalk, constant: 120ms }"),
    ] {
        only(&small_with("partition: {}", word), &["wrong-kind", &format!("(write `{full}`)")]);
        let played = load(&small_with("partition: {}", full), &Options::default());
        assert!(played.is_ok(), "{full}: {played:?}");
    }
    // Of every other fault its example, which another test loads.
    for doc in Fault::DOCS {
        only(&small_with("partition: {}", &format!("{}: zork", doc.name)), &["wrong-kind", doc.example]);
    }
    let posted = fault(&source("{ name: a, latency: 120ms }"), &Surroundings::default()).expect_err("no map");
    assert!(posted.to_string().contains("write `latency: { constant: 120ms }`"), "{posted}");
}

/// Prometheus has names in quotes, patterns and negations.
#[test]
fn labels_are_told_how_they_are_written_here() {
    let unquoted = "a name in an expression stands without quotes (write `journey=order`)";
    let bare = "a name in an expression stands without quotes: `journey=order`";
    for (expr, place, hint) in [
        ("'lost{journey=\"order\"} == 0'", "17:31", unquoted),
        ("\"lost{journey='order'} == 0\"", "17:31", unquoted),
        ("\"lost{journey=\"order\"} == 0\"", "17:32", bare),
        ("\"lost{route=teams, journey=\"order\"} == 0\"", "17:", bare),
        (
            "\"lost{journey=~o.*} == 0\"",
            "17:30",
            "`=`, not `=~` (write `journey=NAME`, or leave the label out for all)",
        ),
        ("\"lost{journey!=order} == 0\"", "17:30", "`=`, not `!=` (write `journey=NAME`, or leave"),
        ("\"lost{journey==order} == 0\"", "17:30", "`=`, not `==` (write `journey=NAME`, or leave"),
    ] {
        only(&small_and(&format!("targets:\n  none: {{ expr: {expr} }}\n")), &[place, hint]);
    }
}

#[test]
fn a_target_in_the_wrong_place_is_told_where_it_stands() {
    let target = "rto: { expr: \"recovery_time <= 10m\", level: must }";
    let among = "(write `targets:` above it, as far to the left as `injects:` stands)";
    only(&small_and(&format!("  {target}\n")), &["16:3 unknown-key: `rto` has an `expr`", "among the injects", among]);
    let below = "(a target stands below `targets:`: write that above it, and indent it)";
    only(&small_and(&format!("{target}\n")), &["16:1 unknown-key: the scenario has no key `rto`", below]);
    for key in ["goals", "slos", "target", "objectives"] {
        let meant = "(what has an `expr` is a target: did you mean `targets`?)";
        only(&small_and(&format!("{key}:\n  {target}\n")), &["16:1 unknown-key: ", meant]);
    }
    for (text, said) in [
        (&target[5..], "16:12 missing: this target has no name (put one before it: `targets: { NAME: { expr: … } }`)"),
        ("[{ expr: \"lost == 0\" }]", "a map of `NAME: target`, not a list (each target has a name: write `NAME:` in"),
    ] {
        only(&small_and(&format!("targets: {text}\n")), &[said]);
    }
    let nameless = small_with("trouble: { during: fault, partition: {} }", "during: fault\n  partition: {}");
    only(&nameless, &["missing: this inject has no name"]);
    // A target may be called as one of its keys is.
    assert!(load(&small_and("targets: { expr: \"lost == 0\" }\n"), &Options::default()).is_ok());
}

/// What other tools and everyday speech call our keys.
#[test]
fn words_of_others_lead_to_ours() {
    for (from, to, ours) in [
        ("injects:", "faults:", "injects"),
        ("kind: teams", "type: teams", "kind"),
        ("rate: 2/s", "qps: 2", "rate"),
        ("partition: {}", "partition: {}, duration: 5m", "for"),
        ("partition: {}", "delay: 5ms", "latency"),
        ("partition: {}", "partition: { probability: 5% }", "chance"),
    ] {
        only(&small_with(from, to), &["unknown-", &format!("(did you mean `{ours}`?)")]);
    }
    // One mistake: what is missing is what is called otherwise.
    only(&small_and("targets: { t: { expression: \"lost == 0\" } }\n"), &["`expr`?"]);
    // Each leads to a key that there is.
    let keys = PARTS.iter().flat_map(|part| part.params).map(|param| param.name);
    let params = Fault::DOCS.iter().flat_map(|doc| doc.params).map(|param| param.name);
    let distributions = crate::plan::Param::DISTRIBUTIONS.iter().map(|param| param.name);
    let faults = Fault::DOCS.iter().map(|doc| doc.name);
    let all: Vec<_> = keys.chain(params).chain(distributions).chain(faults).collect();
    for (other, ours) in spell::SYNONYMS {
        assert!(all.contains(ours), "`{other}` leads to `{ours}`, which is no key");
    }
}

/// What is told without its right form in the message has it in the hint.
#[test]
fn mistakes_of_form_are_told_the_form() {
    for (from, to, hint) in [
        ("from: purchasing", "from: [purchasing]", "(write `purchasing`, without brackets)"),
        ("name: small", "name: [small, large]", "(there can be one only: write it without brackets)"),
        ("phases:", "links: {}\nphases:", "(keep one of them, or call one otherwise)"),
        ("teams: { kind: teams, region: hk }", "teams: hk", "(write `{ kind: dingtalk, region: hk }`)"),
        ("factory: { count: 10, region: shenzhen }", "factory: 10", "(write `{ count: 20, region: hk }`)"),
        ("partition: {}", "partition: {}, latency: 1ms", "write one inject for each"),
        ("partition: {}", "latency: { constant: 1ms, zork: 1 }", "(`firedrill explain latency` lists its keys)"),
    ] {
        only(&small_with(from, to), &[hint]);
    }
    for expr in ["recovery_time", "recovery_time <=", "{journey=order}"] {
        let told = "(a figure, a comparison and a bound: `recovery_time{journey=order} <= 2h`)";
        only(&small_and(&format!("targets: {{ t: {{ expr: \"{expr}\" }} }}\n")), &[told]);
    }
}

/// As people write them, whether in tens or in twos.
#[test]
fn a_size_is_told_in_a_unit_that_people_read() {
    let bytes = |text: &str| small_with("deadline: 5s", &format!("deadline: 5s, bytes: {text}"));
    for text in ["2GB", "3MB", "64KiB", "16MB", "10kB", "5MiB", "3GiB", "10001B"] {
        only(&bytes(text), &["out-of-range", &format!("of text, not {text} ")]);
    }
}

/// What is told helps: it is not what was just refused, and it names the form that was meant.
#[test]
fn hints_lead_on() {
    let failover = |decide: &str| {
        small_with(
            "routes: [dingtalk, teams]",
            &format!("routes: [dingtalk, teams], failover: {{ by: journey, decide: {decide} }}"),
        )
    };
    only(&failover("model"), &["not-yet", "(write how long people take, such as `decide: 15m`)"]);
    only(&failover("10m-15m"), &["bad-figure", "`10m-15m` is not a duration; write a duration such as 40ms"]);
    only(&failover("30 min"), &["bad-figure", "`30 min` has a space in it; write `30m` (-)"]);
    only(
        &small_with("to: factory", "to: [factory]"),
        &["wrong-kind", "a journey goes to one group", "`to: { all: GROUP }`"],
    );
    let month = "targets:\n  up: { expr: \"availability >= 99%\", window: 30d, level: must }\n";
    only(&small_and(month), &["conflict", "`window: { rolling: 30d }`, or `month`"]);
}
