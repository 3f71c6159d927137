//! What is asked wrongly, and what changes nothing.

use serde_json::Value;

use crate::common::{Place, TINY, firedrill, say, scenario};

#[test]
fn an_unknown_command_is_bad_usage() {
    let played = say(["dance"]);
    assert_eq!(played.code, Some(2), "{}", played.told());
    assert!(played.err.contains("dance") && played.out.is_empty(), "{}", played.told());
}

#[test]
fn an_unknown_option_is_bad_usage() {
    let played = say(["rehearse", &scenario("quickstart"), "--sed", "7"]);
    assert_eq!(played.code, Some(2), "{}", played.told());
    assert!(played.err.contains("--seed"), "it says what was meant: {}", played.told());
}

#[test]
fn no_command_is_bad_usage_and_help_is_not() {
    assert_eq!(say::<&str>([]).code, Some(2));
    let help = say(["--help"]);
    assert_eq!(help.code, Some(0));
    for command in ["run", "rehearse", "check", "plan", "judge", "report", "compare", "coverage", "explain"] {
        assert!(help.out.contains(command), "{}", help.out);
    }
}

/// Every command that reads a scenario says where it is wrong, and starts nothing.
#[test]
fn a_wrong_scenario_is_told_with_file_and_line() {
    let place = Place::new();
    let wrong = TINY.replace("rate: 20/s", "rate: 20");
    let line = wrong.lines().position(|line| line.contains("rate: 20")).expect("the line") + 1;
    let file = place.file("wrong.yaml", &wrong);
    for command in ["run", "rehearse"] {
        let played = place.play(command, &file, &[]);
        assert_eq!(played.code, Some(2), "{}", played.told());
        assert!(played.err.contains(&format!("{file}:{line}:")), "{}", played.told());
        assert!(played.out.is_empty(), "talk goes to standard error: {}", played.told());
    }
    for command in ["check", "plan"] {
        let played = say([command, &file]);
        assert_eq!(played.code, Some(2), "{}", played.told());
        assert!(played.err.contains(&format!("{file}:{line}:")), "{}", played.told());
    }
    assert!(!place.reports().exists(), "nothing was started");
}

#[test]
fn a_scenario_that_is_not_there_is_told_with_its_name() {
    let played = say(["check", "/nowhere/at/all.yaml"]);
    assert_eq!(played.code, Some(2));
    assert!(played.err.contains("/nowhere/at/all.yaml"), "{}", played.told());
}

#[test]
fn an_unknown_variant_is_told_with_those_there_are() {
    let played = say(["plan", &scenario("quickstart"), "--variant", "shrot"]);
    assert_eq!(played.code, Some(2), "{}", played.told());
    assert!(played.err.contains("short"), "{}", played.told());
}

#[test]
fn every_scenario_that_ships_is_good() {
    let files = [
        "quickstart",
        "account-freeze",
        "network-cut",
        "geo-fence-vpn",
        "seed-stall",
        "lite-migration",
        "tenant-freeze-72h",
    ]
    .map(scenario);
    let played = say(std::iter::once("check").chain(files.iter().map(String::as_str)));
    assert_eq!(played.code, Some(0), "{}", played.told());
    for file in &files {
        assert!(played.out.contains(&format!("{file}: good")), "{}", played.told());
    }
}

#[test]
fn check_speaks_json() {
    let place = Place::new();
    let good = place.file("good.yaml", TINY);
    let wrong = place.file("wrong.yaml", &TINY.replace("kind: teams", "kind: taems"));
    let played = say(["check", "--format", "json", &good, &wrong]);
    assert_eq!(played.code, Some(2), "{}", played.told());
    let found: Value = serde_json::from_str(&played.out).expect("JSON and nothing else on standard output");
    let errors = found[1]["diagnostics"].as_array().expect("a list");
    assert_eq!(errors.len(), 1, "{found:#}");
    assert_eq!((&errors[0]["file"], &errors[0]["severity"]), (&Value::from(wrong), &Value::from("error")));
    assert!(errors[0]["line"].as_u64() > Some(1) && errors[0]["hint"].to_string().contains("teams"), "{found:#}");
    assert_eq!((&found[0]["good"], &found[1]["good"]), (&Value::from(true), &Value::from(false)), "{found:#}");
    assert_eq!((&found[0]["file"], &found[0]["diagnostics"]), (&Value::from(good), &Value::Array(Vec::new())));
}

#[test]
fn plan_tells_who_is_hit_and_changes_nothing() {
    let place = Place::new();
    // round(40 % × 5) = 2 accounts, by name; another seed may draw others, the same seed never does.
    let file = place.file("share.yaml", &TINY.replace("group: office }", "group: office, share: 40% }"));
    let told = |seed: &str| {
        let played = say(["plan", &file, "--seed", seed]);
        assert_eq!(played.code, Some(0), "{}", played.told());
        played.out
    };
    let text = told("7");
    assert!(text.contains("freeze: account_freeze for 1s") && text.contains("2 of office (40%): office-"), "{text}");
    assert!(text.contains("at dingtalk") && text.contains("by dingtalk, then teams"), "{text}");
    let failover = "the whole journey leaves a route at once after 3 attempts in a row that failed, and 100ms of deciding; \
                    what was not acknowledged is sent again by the next; it does not return";
    assert!(text.contains(failover), "{text}");
    assert_eq!(text, told("7"));
    assert!((1..20).any(|seed| told(&seed.to_string()) != text), "twenty draws of 2 from 5, all alike");
    assert!(!place.reports().exists());
}

/// How hard, which of the units, and what becomes of handshakes: from the YAML to the words of the plan.
#[test]
fn plan_tells_how() {
    let place = Place::new();
    for (fault, lines) in [
        ("loss: { random: 2% }", &["with random: 2%, rto: 204ms"][..]),
        (
            "latency: { pareto: { least: 5ms, shape: 1.5 }, jitter: 1ms }",
            &["with pareto: { least: 5ms, shape: 1.5 }, jitter: 1ms"],
        ),
        (
            "slicer: { size: 8B, first: 9, every: 3 }",
            &["with size: 8B, variation: 0B, pause: 0s", "one in 3 of them only, 9 times"],
        ),
        (
            "reset: { chance: 10%, per: connection }",
            &["every account, with a chance of 10% a connection", "with after: 0s"],
        ),
        (
            "partition: {}, ramp: 500ms, waveform: { burst: { every: 200ms, for: 100ms } }",
            &["rising for 500ms, in bursts of 100ms every 200ms"],
        ),
        ("refuse: {}", &["the listener is closed"]),
        ("refuse: { endpoint: dingtalk, region: hk }", &["the listener is closed"]),
        ("refuse: { group: office }", &["accepted, then reset (after_accept)"]),
        ("refuse: {}, ramp: 500ms", &["accepted, then reset (after_accept)"]),
        ("blackhole: {}", &["SYNs are swallowed"]),
        ("blackhole: { chance: 10% }", &["accepted, then nothing passes"]),
    ] {
        let freeze = "account_freeze: { endpoint: dingtalk, group: office }";
        assert!(TINY.contains(freeze), "{TINY}");
        let file = place.file("how.yaml", &TINY.replace(freeze, fault));
        let played = say(["plan", &file]);
        assert_eq!(played.code, Some(0), "{}", played.told());
        for line in lines {
            assert!(played.out.contains(line), "{fault}: `{line}` is not in\n{}", played.out);
        }
    }
}

/// Four seconds of 400 messages each are 1,600, and a target of windows says how long they are.
#[test]
fn plan_counts_as_people_read_and_tells_windows() {
    let place = Place::new();
    let kept = "  kept: { expr: \"availability >= 50%\", window: 2s }\n";
    let file = place.file("many.yaml", &(TINY.replace("rate: 20/s", "rate: 400/s") + kept));
    let played = say(["plan", &file]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let in_each = "kept: availability >= 50% in ";
    assert!(played.out.contains("order: 1,600 messages"), "{}", played.out);
    assert!(played.out.lines().any(|line| line.contains(in_each) && line.contains(", in every 2s")), "{}", played.out);
}

/// What may be written is said before, and is not less than what is.
#[test]
fn the_plan_says_how_large_the_journal_may_be() {
    let place = Place::new();
    let file = place.file("tiny.yaml", TINY);
    let text = say(["plan", &file]).out;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("a journal of at most ")).expect("the size");
    let (count, unit) = line.split_once(' ').expect("a unit");
    assert_eq!(unit, "kB", "{line}");
    let most = count.parse::<u64>().expect("a number") * 1_000;
    let journal = place.play("rehearse", &file, &["--quiet"]).dir.join("journal/journal.fdj");
    let written = std::fs::metadata(journal).expect("a journal").len();
    assert!(written <= most, "{written} of {most}");
}

/// The plan tells whom a share hits; the drill then hits exactly those.
#[test]
fn who_is_planned_to_be_hit_is_hit() {
    let place = Place::new();
    let file = place.file("share.yaml", &TINY.replace("group: office }", "group: office, share: 40% }"));
    let text = say(["plan", &file, "--seed", "7"]).out;
    let line = text.lines().find(|line| line.contains("2 of office (40%): ")).expect("the radius");
    let planned: Vec<_> = line.split_once("): ").expect("names").1.split(", ").take(2).map(str::to_owned).collect();
    let run = place.play("rehearse", &file, &["--seed", "7", "--quiet"]).dir;
    let export = say(["report", &run.display().to_string(), "--format", "jsonl"]).out;
    let mut hit: Vec<String> = export
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|record| record["record"] == "hit")
        .map(|record| record["account"].as_str().expect("an account").to_owned())
        .collect();
    hit.sort();
    hit.dedup();
    let mut planned = planned;
    planned.sort();
    assert_eq!(hit, planned);
}

#[test]
fn explain_says_what_a_word_is() {
    for (words, told) in [
        (
            &["loss"][..],
            &[
                "loss: a fault",
                "rto: a duration above zero (default 204ms)",
                "loss: { endpoint: dingtalk, random: 10% }",
            ][..],
        ),
        (
            &["account-freeze"],
            &["account_freeze: a fault", "mode: one of whole, send-only, organisation, disabled (default whole)"],
        ),
        (&["recovery_time"], &["a figure of targets", "labels: journey, class, phase, inject"]),
        (&["missing-link"], &["a mistake in a scenario"]),
        (&["steady", "state"], &["steady state: a term"]),
        (&["rto"], &["RTO: a term"]),
        (&["wavform"], &["did you mean"]),
        (&["inject"], &["waveform: a map of step, sine, burst, trace", "burst"]),
        (&["aim"], &["per: one of unit, connection (default unit)"]),
        (&["journeys"], &["deadline: a duration above zero (needed, such as 5s)"]),
        (&["journey"], &["deadline: a duration above zero (needed, such as 5s)"]),
    ] {
        let played = say(std::iter::once("explain").chain(words.iter().copied()));
        let known = told != ["did you mean"];
        assert_eq!(
            (played.code, played.out.is_empty()),
            (Some(if known { 0 } else { 2 }), !known),
            "{}",
            played.told()
        );
        for line in told.iter().filter(|_| known) {
            assert!(played.out.contains(line), "`{line}` is not in\n{}", played.told());
        }
    }
}

#[test]
fn explain_alone_lists_every_topic_and_an_unknown_one_is_bad_usage() {
    let list = say(["explain"]);
    assert_eq!((list.code, list.err.as_str()), (Some(0), ""));
    for word in ["websocket_drop", "availability", "failover", "never-hits", "MTPD", "schema", "completions", "man"] {
        assert!(list.out.contains(word), "{word} is not in\n{}", list.out);
    }
    let slip = say(["explain", "latnecy"]);
    assert_eq!((slip.code, slip.out.as_str()), (Some(2), ""));
    assert!(slip.err.contains("did you mean `latency`?"), "{}", slip.told());
    let unknown = say(["explain", "quantum", "foam"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.err.contains("`firedrill explain` lists them"), "{}", unknown.told());
}

#[test]
fn explain_prints_for_programs() {
    let schema = say(["explain", "schema"]);
    let json: Value = serde_json::from_str(&schema.out).expect("JSON");
    assert_eq!(json["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(json["properties"]["name"]["$ref"], "#/$defs/name");
    for shell in ["bash", "zsh", "fish"] {
        let script = say(["explain", "completions", shell]);
        assert_eq!(script.code, Some(0));
        assert!(script.out.contains("rehearse") && script.out.contains("firedrill"), "{shell}: {}", script.out);
    }
    assert_eq!(say(["explain", "completions"]).code, Some(2));
    assert!(say(["explain", "completions", "cmd"]).err.contains("zsh"));
    let page = say(["explain", "man"]).out;
    assert!(page.contains(".TH firedrill 1") && page.contains("rehearse"), "{page}");
    assert!(say(["explain", "man", "run"]).out.contains("reports"));
    assert_eq!(say(["explain", "man", "dance"]).code, Some(2));
}

#[test]
fn a_plan_says_what_the_keys_of_a_target_mean() {
    let place = Place::new();
    let keyed = "targets:
  quarterly: { expr: \"availability{journey=order} >= 99%\", window: quarter }
  here: { expr: \"availability{journey=order} >= 99%\", window: drill }
  since: { expr: \"recovery_time{journey=order} <= 1m\", clock: injection }
";
    let file = place.file("keyed.yaml", &TINY.replace("targets:\n", keyed));
    let told = say(["plan", &file]);
    let line = |name: &str| told.out.lines().find(|line| line.contains(&format!("{name}: "))).unwrap_or_default();
    for (name, ends) in
        [("quarterly", ", of a quarter"), ("here", ", over the drill"), ("since", ", from the injection")]
    {
        assert!(line(name).ends_with(ends), "{}", told.told());
    }
}

/// What somebody asks first, and what he gets wrong first, is told in our own words, each with what to write.
#[test]
fn first_questions_are_answered() {
    for (topic, said) in [
        ("duration", "`2h30m`"),
        ("expr", "recovery_time{journey=order} <= 2h"),
        ("guard", "stop: the word none (needed)"),
        ("availability", "{ expr: \"availability{journey=order} >= 99.5%\", window: month }"),
        ("runbook", "plays no runbook steps"),
        ("failover", "not played by this version"),
        ("scenario", "failover"),
    ] {
        let told = say(["explain", topic]);
        let words = told.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.code == Some(0) && words.contains(said), "{topic}: {}", told.told());
    }
    let quickstart = scenario("quickstart");
    for (words, said) in [
        (&["rehearse", &quickstart, "--start", "2026-12-01"][..], "2026-12-01T00:00:00Z"),
        (&["plan", &quickstart, "--set", "journeys.order.rate"], "is no KEY=VALUE"),
        (&["proxy", "--api", "127.0.0.1:0", "--faults", "/nowhere/at/all.yaml"], "cannot read the file"),
    ] {
        let told = say(words);
        assert!(told.code == Some(2) && told.err.contains(said), "{said}: {}", told.told());
    }
}

/// Where no drill was ever played, none has left anything.
#[test]
fn nothing_is_left_where_nothing_was_played() {
    let place = Place::new();
    let output = crate::common::firedrill(["clean"]).current_dir(place.path()).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Whoever reads a plan sees who would have the data, and what was signed for that, before anything is sent.
#[test]
fn a_plan_says_who_runs_each_endpoint_and_under_which_contract() {
    let place = Place::new();
    let text = "
firedrill: 1
name: signed
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  teams: { kind: teams, region: hk, processor: Microsoft in East Asia, contract: an enterprise agreement }
  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, contract: none }
groups: { office: { count: 2, region: hk }, factory: { count: 2, region: shenzhen } }
journeys:
  order: { from: office, to: factory, rate: 2/s, deadline: 5s, routes: [teams, dingtalk] }
phases: { baseline: 1m }
targets: { kept: { expr: \"lost == 0\", level: must } }
";
    let told = say(["plan", &place.file("signed.yaml", text)]);
    let lines: Vec<&str> = told.out.lines().collect();
    let at = lines.iter().position(|line| *line == "Where it goes").unwrap_or_else(|| panic!("{}", told.told()));
    assert_eq!(
        lines[at + 1..at + 7],
        [
            "  teams: Microsoft Teams in hk, a twin",
            "    processor: Microsoft in East Asia; contract: an enterprise agreement",
            "    receipts: by the inbox of the twin",
            "  dingtalk: DingTalk mainland in shenzhen, a twin",
            "    processor: not stated; contract: none",
            "    receipts: by the inbox of the twin",
        ]
    );
}

/// What will really be dialled, in whose name, and whether that can be done here; of secrets their names alone.
#[test]
fn a_plan_says_which_real_services_it_dials() {
    let place = Place::new();
    let text = r#"
firedrill: 1
name: real
regions: { hk: {} }
guard: { hosts: [pager.example], max_duration: 2h, max_rate: 20/s, stop: none }
endpoints:
  pager:
    kind: http
    region: hk
    url: https://pager.example
    send: { path: "/pages?to={to}", headers: { authorization: "Bearer {token}", x-api-key: "${FD_KEY}" }, text: "{text}" }
    receipts: { poll: { every: 1s, path: "/inbox?user={to}", texts: /items/*/text } }
    credentials:
      office: { user: "${FD_USER}", token: "${FD_TOKEN}" }
groups: { office: { count: 2, region: hk } }
journeys:
  order: { from: office, to: office, rate: 2/s, deadline: 5s, routes: [pager] }
phases: { baseline: 1m, fault: 1m }
injects: { cut: { during: fault, exec: { run: [sh, -c, "true"], undo: [no-such-program-anywhere] } } }
targets: { kept: { expr: "lost == 0", level: must } }
"#;
    let file = place.file("real.yaml", text);
    let output = firedrill(["plan", &file]).env("FD_TOKEN", "hunter2").output().expect("the program starts");
    let told = String::from_utf8_lossy(&output.stdout);
    for line in [
        "  pager: ",
        ", at https://pager.example",
        "    receipts: by poll, every 1s",
        "    variables: FD_KEY (not set), FD_TOKEN (set), FD_USER (not set)",
        "  the guard allows pager.example, for at most 2h and 20/s",
        "cannot be done here: there is no program `no-such-program-anywhere` here that can be run",
    ] {
        assert!(told.contains(line), "{line}: {told}{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(!told.contains("hunter2") && told.matches("cannot be done here").count() == 1, "{told}");
}

/// Programs that are not ours are hit by whatever is aimed at everybody: they stand among whom it hits, with where they may go.
#[test]
fn a_plan_says_which_programs_come_in_and_whether_they_are_hit() {
    let place = Place::new();
    let ways = "
ways_in:
  bot: { forward: \"127.0.0.1:0\", map: { api.dingtalk.com: dingtalk }, allow: [localhost], limit: 50/s }
";
    let cut = |aim: &str| {
        let text = format!("{TINY}{ways}").replace("account_freeze: { endpoint: dingtalk, group: office }", aim);
        assert!(text.contains(aim), "the fault of `TINY` has another aim now");
        let told = say(["plan", &place.file("ways.yaml", &text)]);
        assert_eq!(told.code, Some(0), "{}", told.told());
        told.out
    };
    let told = cut("partition: { endpoint: dingtalk }");
    assert!(told.contains("hits every account, and programs that are not ours, at dingtalk"), "{told}");
    let comes_in = "
Who else comes in
  bot: forward at 127.0.0.1:0, at most 50/s
    leads api.dingtalk.com to dingtalk
    allows localhost
";
    assert!(told.contains(comes_in), "{told}");
    assert!(
        cut("partition: { endpoint: dingtalk, group: office }").contains("hits all 5 accounts of office"),
        "of a group"
    );
}
