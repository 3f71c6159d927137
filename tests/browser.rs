//! Reports as people read them: in a browser, in windows of three widths, in the light and in the dark, and on paper. Chromium shows them, axe
//! looks whether everybody can read them.

#[path = "common/installed.rs"]
mod installed;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use installed::{node, node_program, succeed};

/// What Chromium is called: its part without windows, as Debian has it, or whichever there is.
const BROWSERS: [&str; 4] = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

fn browser() -> &'static str {
    let answers = |name: &&&str| {
        let version = Command::new(name).arg("--version").stdin(Stdio::null()).output();
        version.is_ok_and(|output| output.status.success())
    };
    BROWSERS.iter().find(answers).expect("Chromium is installed; `tests/run` sees to it")
}

/// What the browser saw of these pages.
fn looked_at(pages: &[PathBuf]) -> Vec<Value> {
    let place = node("browser-node", "browser");
    let profile = tempfile::tempdir().expect("a directory");
    let mut looking = node_program(&place, "browser/look.mjs");
    let told = succeed("a look at pages", looking.arg(browser()).arg(profile.path()).args(pages));
    let seen: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert_eq!(seen.len(), pages.len(), "{told}");
    seen
}

/// What is wrong with a page, each in a line.
fn wrong(seen: &Value) -> Vec<String> {
    let all = |key: &str| seen[key].as_array().unwrap_or_else(|| panic!("no {key}: {seen}")).clone();
    let mut found: Vec<String> = Vec::new();
    found.extend(all("others").iter().map(|url| format!("asks for {url}")));
    found.extend(all("complained").iter().map(|said| format!("complains: {said}")));
    for window in all("windows") {
        let place = format!("{} px in the {}", window["width"], window["scheme"].as_str().unwrap_or("?"));
        if window["beyond"] != 0 {
            found.push(format!("{} px wider than a window of {place}", window["beyond"]));
        }
        found.extend(window["broken"].as_array().into_iter().flatten().map(|rule| format!("{place}: {rule}")));
    }
    found.extend(all("cut").iter().map(|what| format!("does not fit on paper: {what}")));
    if seen["sheets"].as_u64().unwrap_or(0) == 0 {
        found.push("is not printed".to_owned());
    }
    found
}

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).with_extension("yaml")
}

/// Rehearses a scenario, and tells the directory of the run.
fn rehearsed(place: &TempDir, scenario: &Path, more: &[&str]) -> PathBuf {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    command.arg("rehearse").arg(scenario).arg("--quiet").arg("--reports").arg(place.path()).args(more);
    let output = command.env_remove("RUST_LOG").stdin(Stdio::null()).output().expect("the program starts");
    let name = scenario.file_stem().expect("a name");
    let latest = place.path().join(name).join("latest");
    fs::canonicalize(&latest)
        .unwrap_or_else(|error| panic!("{error}: {}: {}", latest.display(), String::from_utf8_lossy(&output.stderr)))
}

/// Reports with every section that there is; names as long as they may be; runs beside each other.
#[test]
fn everybody_can_read_a_report_on_every_screen_and_on_paper() {
    let place = tempfile::tempdir().expect("a directory");
    let names = ["dlp-outage", "effectively-once", "jurisdiction-dispute", "version-confusion", "sso-revocation"];
    let mut pages = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/sample/report.html")];
    let runs: Vec<_> = names.iter().map(|name| rehearsed(&place, &scenario(name), &[])).collect();
    pages.extend(runs.iter().map(|run| run.join("report.html")));

    let long = place.path().join("long.yaml");
    let renamed = fs::read_to_string(scenario("quickstart")).expect("a scenario");
    let renamed = ["order", "hk-office", "fence-hong-kong", "all-arrived"]
        .iter()
        .fold(renamed.replace("name: quickstart", "name: long"), |text, name| {
            text.replace(name, &format!("{name}-{}", "x".repeat(63 - name.len())))
        });
    fs::write(&long, renamed).expect("a disk");
    pages.push(rehearsed(&place, &long, &[]).join("report.html"));

    let other = rehearsed(&place, &scenario("dlp-outage"), &["--seed", "8"]);
    let mut comparing = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    let compared = succeed("compare", comparing.args(["compare", "--format", "html"]).arg(&runs[0]).arg(&other));
    let page = place.path().join("compared.html");
    fs::write(&page, compared).expect("a disk");
    pages.push(page);

    let wrong: Vec<_> = looked_at(&pages).iter().map(|seen| (seen["page"].to_string(), wrong(seen))).collect();
    let wrong: Vec<_> = wrong.iter().filter(|(_, wrong)| !wrong.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A page that has everything that is looked for: without it nobody knew whether anything is seen.
#[test]
fn what_is_wrong_with_a_page_is_seen() {
    let place = tempfile::tempdir().expect("a directory");
    let page = place.path().join("page.html");
    let text = "<!DOCTYPE html><html><head><title>A page</title></head><body><main><h1>A page</h1>\
                <img src=\"picture.png\"><p style=\"color: #ddd; background: #fff\">Hardly to be read.</p>\
                <p style=\"width: 1500px\">Wide.</p><script>console.error(\"a complaint\")</script></main></body></html>";
    fs::write(&page, text).expect("a disk");
    let seen = looked_at(&[page]);
    let wrong = wrong(&seen[0]);
    for what in [
        "asks for \"file:///",
        "a complaint",
        "px wider than a window of 1280 px in the light",
        "360 px in the light: \"image-alt",
        "1280 px in the dark: \"color-contrast",
        "html-has-lang",
        "does not fit on paper: \"P Wide.\"",
    ] {
        assert!(wrong.iter().any(|found| found.contains(what)), "{what}: {wrong:#?}");
    }
}
