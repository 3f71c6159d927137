//! `rehearse --runs`: many plays of one drill, judged by how many keep each promise.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::common::{Place, Played, TINY, number, read, say};

/// A drill in which it is chance how long the slowest message takes.
fn by_chance() -> String {
    let freeze = "account_freeze: { endpoint: dingtalk, group: office }";
    assert!(TINY.contains(freeze), "{TINY}");
    let slow = "latency: { endpoint: dingtalk, direction: to-endpoint, normal: { mean: 100ms, sd: 20ms } }";
    let targets = "  fast: { expr: \"max(delivery_latency{phase=fault}) <= 140ms\", level: must }\n  \
                   in-time: { expr: \"max(delivery_latency) <= 400ms\", level: must }\n";
    TINY.replace(freeze, slow)
        .replace("  all-arrived: { expr: \"undelivered{journey=order} == 0\", level: must }\n", targets)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn played(place: &Place, file: &str, more: &[&str]) -> Played {
    let all: Vec<_> = ["--quiet", "--runs", "20"].iter().chain(more).copied().collect();
    place.play("rehearse", file, &all)
}

/// Every file under a directory but those with facts of the machine, by name.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).expect("a directory").flatten() {
            let path = entry.path();
            let name = path.strip_prefix(dir).expect("within").display().to_string();
            if path.is_dir() {
                open.push(path);
            } else if !name.ends_with("environment.json") {
                all.insert(name, std::fs::read(&path).expect("a file"));
            }
        }
    }
    all
}

#[test]
fn a_promise_is_judged_by_the_share_of_plays_that_keep_it() {
    let place = Place::new();
    let file = place.file("chance.yaml", &by_chance());
    let played = played(&place, &file, &["--format", "json", "--at-least", "60%"]);
    let told: Value = serde_json::from_str(&played.out).expect("JSON");
    assert_eq!(told, played.summary(), "what is printed is what is written");
    let (targets, plays) = (list(&told["targets"]), list(&told["plays"]));
    assert_eq!((plays.len(), &told["runs"], &told["first_seed"]), (20, &20.into(), &1.into()), "{told:#}");
    // Plays differ, and one seed always gives the same.
    let fast = &targets[0];
    let count = |key: &str| fast[key].as_u64().expect("a count");
    let (kept, missed) = (count("kept"), count("missed"));
    assert!(kept > 0 && missed > 0 && kept + missed == 20, "{fast:#}");
    let in_vain: Vec<_> = plays.iter().filter(|play| play["verdict"] == "fail").collect();
    assert_eq!(in_vain.len() as u64, missed, "{told:#}");
    // Clopper and Pearson's bounds hold what came.
    let (low, high) = (number(&fast["low"]), number(&fast["high"]));
    let share = kept as f64 / 20.0;
    assert!(low < share && share < high, "{fast:#}");
    assert_eq!(
        fast["verdict"],
        if low >= 0.6 {
            "pass"
        } else if high < 0.6 {
            "fail"
        } else {
            "inconclusive"
        }
    );
    // Twenty of twenty show that at least 0.05^(1/20) = 86.09 % do.
    let in_time = &targets[1];
    assert_eq!((&in_time["kept"], &in_time["verdict"]), (&20.into(), &"pass".into()), "{in_time:#}");
    assert!((number(&in_time["low"]) - 0.860_892).abs() < 1e-6, "{in_time:#}");
    // The first ten that did not pass are there in full, and are what that seed alone gives.
    let directory = in_vain[0]["directory"].as_str().expect("it is written down");
    let seed = in_vain[0]["seed"].to_string();
    let alone = place.play("rehearse", &file, &["--quiet", "--seed", &seed]);
    assert_eq!((alone.code, files(&alone.dir)), (Some(1), files(&played.dir.join(directory))));
    let links = String::from_utf8(read(&played.dir, "report.md")).expect("text");
    assert!(links.contains(&format!("(<{directory}/report.md>)")), "{links}");
    let page = String::from_utf8(read(&played.dir, "report.html")).expect("text");
    assert!(page.contains(&format!("href=\"{directory}/report.html\"")), "{page}");
}

#[test]
fn the_same_seeds_give_the_same_bytes_however_many_are_played_at_a_time() {
    let one = |jobs: &str| {
        let place = Place::new();
        let file = place.file("chance.yaml", &by_chance());
        let played = played(&place, &file, &["--jobs", jobs]);
        assert!(played.out.contains("20 plays"), "{}", played.told());
        (played.code, files(&played.dir))
    };
    let (first, other) = (one("1"), one("2"));
    assert!(first.1.len() > 10 && first.0.is_some_and(|code| code != 5), "{:?}", first.0);
    assert!(first == other, "one at a time and two at a time differ");
}

#[test]
fn exit_codes_are_by_shares() {
    let place = Place::new();
    let file = place.file("tiny.yaml", TINY);
    // All of twenty keep it: that shows 86 %, and not 95 %.
    assert_eq!(played(&place, &file, &["--at-least", "86%"]).code, Some(0));
    let few = place.play("rehearse", &file, &["--runs", "20"]);
    assert_eq!(few.code, Some(3), "{}", few.told());
    assert!(few.err.contains("so few plays cannot show that 95% of all keep a target; 59 would do"), "{}", few.told());
    assert!(few.err.contains("20 of 20 plays are over"), "{}", few.told());
    // A promise that nobody keeps.
    let broken =
        place.file("broken.yaml", &TINY.replace("undelivered{journey=order} == 0", "max(delivery_latency) <= 1ms"));
    let broken = played(&place, &broken, &[]);
    assert_eq!(broken.code, Some(1), "{}", broken.told());
    assert!(broken.out.contains("✘  FAIL") && broken.out.contains("plays/10"), "{}", broken.told());
}

#[test]
fn what_makes_no_sense_is_refused_and_nothing_is_played() {
    let place = Place::new();
    let file = place.file("tiny.yaml", TINY);
    for (more, said) in [
        (&["--runs", "0"][..], "0"),
        (&["--runs", "10001"], "10001"),
        (&["--jobs", "2"], "--runs"),
        (&["--at-least", "90%"], "--runs"),
        (&["--runs", "2", "--at-least", "100%"], "no number of plays"),
        (&["--runs", "2", "--jobs", "0"], "0"),
        (&["--runs", "2", "--format", "junit"], "tells of one play"),
        (&["--runs", "2", "--seed", "18446744073709551615"], "begin with a smaller one"),
    ] {
        let told = place.play("rehearse", &file, more);
        assert!(told.code == Some(2) && told.err.contains(said), "{more:?}: {}", told.told());
    }
    assert!(!place.reports().exists());
    assert!(say(["run", &file, "--runs", "2"]).code == Some(2), "real time is played once");
}
