//! `compare`: recorded runs side by side.

use serde_json::Value;

use crate::common::{Place, Played, TINY, number, say, scenario};

/// The drill with this much delay on every request of its fault phase.
fn slowed(place: &Place, by: &str) -> Played {
    slowed_in(place, "rehearse", by)
}

fn slowed_in(place: &Place, how: &str, by: &str) -> Played {
    let freeze = "account_freeze: { endpoint: dingtalk, group: office }";
    assert!(TINY.contains(freeze), "{TINY}");
    let file = place.file(
        &format!("{by}.yaml"),
        &TINY.replace(freeze, &format!("latency: {{ endpoint: dingtalk, constant: {by} }}")),
    );
    let played = place.play(how, &file, &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    played
}

fn compared(runs: &[&Played], more: &[&str]) -> Played {
    let runs = runs.iter().map(|run| run.dir.display().to_string());
    say(["compare".to_owned()].into_iter().chain(runs).chain(more.iter().map(|word| (*word).to_owned())))
}

/// One figure of a journey in a phase: that of the last run beside the first.
fn change<'v>(told: &'v Value, phase: &str, figure: &str) -> &'v Value {
    let named = |list: &'v Value, key: &str, name: &str| {
        list.as_array().into_iter().flatten().find(|one| one[key] == name).unwrap_or(&Value::Null)
    };
    let phase = named(&named(&told["journeys"], "id", "order")["phases"], "phase", phase);
    named(&phase["figures"], "figure", figure)
}

#[test]
fn what_differs_is_told_from_chance() {
    let place = Place::new();
    let (earlier, later) = (slowed(&place, "20ms"), slowed(&place, "60ms"));
    let told = compared(&[&earlier, &later], &["--format", "json"]);
    assert_eq!(told.code, Some(0), "{}", told.told());
    let told: Value = serde_json::from_str(&told.out).expect("JSON");
    // A median of twenty is between the 6th and the 15th of them at the least (97.5 % on either side), and all of them take 40 ms longer on
    // each way: 80 ms or more in all.
    let median = change(&told, "fault", "p50");
    assert_eq!(median["shown"], true, "{median:#}");
    assert!(number(&median["difference"]) >= 79.0 && number(&median["low"]) > 0.0, "{median:#}");
    assert_eq!(median["n"], serde_json::json!([20, 20]), "{median:#}");
    // In peace the two are the same drill, by the same seed.
    let quiet = change(&told, "baseline", "p50");
    assert_eq!((&quiet["shown"], number(&quiet["difference"])), (&false.into(), 0.0), "{quiet:#}");
    let target = &told["targets"][0];
    assert_eq!((&target["id"], number(&target["difference"])), (&"all-arrived".into(), 0.0), "{target:#}");
    assert_eq!(target["runs"][1]["verdict"], "pass", "{target:#}");
    let notes = told["notes"].to_string();
    assert!(notes.contains("The plans differ"), "{notes}");
    for format in ["terminal", "markdown", "html"] {
        let shown = compared(&[&earlier, &later, &earlier], &["--format", format]);
        assert_eq!(shown.code, Some(0), "{}", shown.told());
        assert!(shown.out.contains("Run 3") && shown.out.contains("too few to tell"), "{}", shown.told());
        // A path can be copied, wherever it breaks the lines of a table: nobody copies where a browser may end one.
        let copied = shown.out.replace("<wbr>", "");
        assert!(copied.contains(&earlier.dir.display().to_string()), "{}", shown.told());
    }
}

/// The drill's own clock is fixed in virtual time; when somebody played it, its directory's name says.
#[test]
fn a_rehearsal_is_told_by_when_it_was_played() {
    let place = Place::new();
    let (one, other) = (slowed(&place, "20ms"), slowed(&place, "60ms"));
    let name = |run: &Played| run.dir.file_name().expect("a name").to_string_lossy().into_owned();
    // `20261127T030455.480Z-virtual-1` is 2026-11-27T03:04:55.
    let day = |name: &str| {
        format!("{}-{}-{}T{}:{}:{}", &name[..4], &name[4..6], &name[6..8], &name[9..11], &name[11..13], &name[13..15])
    };
    for at in [one.dir.clone(), one.dir.join("journal"), one.dir.join("journal/journal.fdj")] {
        let told = say(["compare", &at.display().to_string(), &other.dir.display().to_string()]);
        assert!(told.out.contains(&format!("{}Z", day(&name(&one)))), "{}", told.told());
        assert!(told.out.contains(&day(&name(&other))) && told.out.contains("Drill's clock"), "{}", told.told());
    }
    let report = say(["report", &one.dir.display().to_string(), "--format", "markdown"]).out;
    assert!(
        report.contains("Drill's own clock") && report.contains("(fixed; ") && !report.contains("| Started"),
        "{report}"
    );
}

/// The runs keep their order and their names, and whoever stands in between is said not to be compared.
#[test]
fn runs_keep_their_names_in_every_table() {
    let place = Place::new();
    let (one, other) = (slowed(&place, "20ms"), slowed(&place, "60ms"));
    let told = compared(&[&one, &one, &other], &["--format", "markdown"]).out;
    assert!(told.contains("Run 3 from Run 1. 'More than chance' is wrong at most once in twenty."), "{told}");
    assert!(
        told.contains("order, Run 3 beside Run 1") && told.contains("| Phase | Figure | Run 1 | Run 3 |"),
        "{told}"
    );
    // Nobody lost anything.
    assert!(told.contains("no failure in either") && !told.contains("+77"), "{told}");
}

/// Outages are single events, whose difference is told and nothing of chance; of messages that failed in a row it is said how many they are
/// worth, but not of those that nobody lost: what failed in a row was late.
#[test]
fn outages_are_compared_as_single_events() {
    let place = Place::new();
    let recovered = |decide: &str| {
        let more = ["--variant", "short", "--quiet", "--set", &format!("journeys.order.failover.decide={decide}")];
        place.play("rehearse", &scenario("quickstart"), &more)
    };
    let (slow, quick) = (recovered("1500ms"), recovered("500ms"));
    let told = compared(&[&slow, &quick], &["--format", "json"]);
    let told: Value = serde_json::from_str(&told.out).expect("JSON");
    let freeze = told["recovery"].as_array().into_iter().flatten().find(|one| one["inject"] == "fence-hong-kong");
    let by = freeze.map_or(0.0, |freeze| number(&freeze["difference_s"]));
    // A second less to decide is a second less to recover, give or take a message or two of the outbox.
    assert!((-1.2..-0.8).contains(&by), "{:#}", told["recovery"]);
    let lost = change(&told, "fence", "lost");
    // None of n is at most 1 − 0.025^(1/n), which is at most 3.7/n.
    let [low, high] = ["low", "high"].map(|end| number(&lost[end]));
    let most = |run: usize| 3.7 / number(&lost["n"][run]);
    assert!(number(&lost["difference"]) == 0.0 && -most(0) <= low && low < 0.0, "{lost:#}");
    assert!(0.0 < high && high <= most(1), "{lost:#}");
    let available = change(&told, "fence", "availability");
    assert!(number(&available["n_effective"][0]) < number(&available["n"][0]) / 2.0, "{available:#}");
    let shown = compared(&[&slow, &quick], &["--format", "markdown"]).out;
    assert!(shown.contains("single events") && shown.contains("fail"), "{shown}");
}

#[test]
fn a_run_over_sockets_beside_a_rehearsal() {
    let place = Place::new();
    let (earlier, later) = (slowed(&place, "20ms"), slowed_in(&place, "run", "60ms"));
    let told = compared(&[&earlier, &later], &["--format", "json"]);
    assert_eq!(told.code, Some(0), "{}", told.told());
    let told: Value = serde_json::from_str(&told.out).expect("JSON");
    // Sockets take time, and the machine's business some more; less than what was added none takes.
    let median = change(&told, "fault", "p50");
    assert!(median["shown"] == true && number(&median["difference"]) >= 79.0, "{median:#}");
    assert!(
        told["notes"].to_string().contains("in virtual time, where a computer takes no time"),
        "{:#}",
        told["notes"]
    );
}

#[test]
fn runs_of_different_scenarios_are_compared_only_on_demand() {
    let place = Place::new();
    let one = slowed(&place, "20ms");
    let file = place.file("other.yaml", &TINY.replace("name: tiny", "name: tiny-other"));
    let other = place.play("rehearse", &file, &["--quiet"]);
    let refused = compared(&[&one, &other], &[]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""), "{}", refused.told());
    assert!(
        refused.err.contains("`tiny` and `tiny-other`") && refused.err.contains("--different"),
        "{}",
        refused.told()
    );
    let shown = compared(&[&one, &other], &["--different"]);
    assert_eq!(shown.code, Some(0), "{}", shown.told());
    assert!(shown.out.contains("These are runs of different scenarios"), "{}", shown.told());
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let place = Place::new();
    let one = slowed(&place, "20ms");
    let dir = one.dir.display().to_string();
    let nine: Vec<&Played> = std::iter::repeat_n(&one, 9).collect();
    for (told, said) in [
        (say(["compare", &dir]), "2 values"),
        (say(["compare", &dir, "nowhere"]), "nowhere"),
        (compared(&nine, &[]), "at most 8"),
        (compared(&[&one, &one], &["--format", "junit"]), "possible values: terminal, json, markdown, html"),
    ] {
        assert!(told.code == Some(2) && told.err.contains(said), "{said}: {}", told.told());
    }
}
