//! The seam between the two worlds: nobody above it can tell which one it is in.

use super::no_complaints;
use super::source::{File, code, files, line, words};

/// Code that plays and must be the same in both worlds, to the letter.
const PLAYED: [&str; 5] = ["src/path/", "src/endpoint/", "src/traffic/", "src/control/", "src/vendor/"];

/// Who may ask which world it is in, outside of `src/world`: the conductor, for how often it looks at the clock.
const ASKS: [&str; 1] = ["src/drill/conductor.rs"];

fn complaints(file: &File) -> Vec<String> {
    let code = code(&file.text);
    let mut found = Vec::new();
    let mut every = |word: &str, remedy: &str| {
        for at in words(&code, word) {
            found.push(format!("{}:{}: `{word}`: {remedy}", file.path, line(&code, at)));
        }
    };
    if file.path.starts_with("src/world/") {
        every("pub enum", "the two variants are matched in `src/world` only: make it private");
        every("pub(crate) enum", "the two variants are matched in `src/world` only: make it private");
        return found;
    }
    every("tokio::time", "the only door to time is `World::clock`");
    every("tokio::net", "the only door to the network is `World::net`");
    if !ASKS.contains(&file.path.as_str()) {
        every("is_virtual", "both worlds run one code: put the difference behind `World`");
    }
    if PLAYED.iter().any(|folder| file.path.starts_with(folder)) {
        every("WorldKind", "both worlds run one code: put the difference behind `World`");
        every("cfg!", "what is tested must be what is played");
        found.extend(swapped(file, &code));
    }
    found
}

/// Whatever is compiled under a condition, other than a file's own unit tests.
fn swapped(file: &File, code: &str) -> Vec<String> {
    let lines: Vec<_> = code.lines().map(str::trim).collect();
    let is_tests =
        |at: usize| lines[at] == "#[cfg(test)]" && lines.get(at + 1).is_some_and(|next| next.starts_with("mod tests"));
    let conditions = (0..lines.len()).filter(|at| lines[*at].contains("cfg(") || lines[*at].contains("cfg_attr("));
    let others = conditions.filter(|at| !is_tests(*at));
    others
        .map(|at| format!("{}:{}: `{}`: what is tested must be what is played", file.path, at + 1, lines[at]))
        .collect()
}

#[test]
fn nobody_above_the_seam_knows_its_world() {
    let found: Vec<_> = files("src", &[".rs"]).iter().flat_map(complaints).collect();
    no_complaints(&found);
}

#[test]
fn whoever_looks_through_the_seam_is_found() {
    let sample = |path: &str, text: &str| complaints(&File { path: path.into(), text: text.into() }).len();
    assert_eq!(sample("src/world/net.rs", "pub enum Kind { Sockets, Memory }"), 1);
    assert_eq!(sample("src/world/net.rs", "enum Kind { Sockets, Memory }"), 0);
    assert_eq!(sample("src/path/mod.rs", "if clock.is_virtual() {}"), 1);
    assert_eq!(sample("src/path/mod.rs", "use crate::journal::WorldKind;"), 1);
    assert_eq!(sample("src/path/mod.rs", "#[cfg(test)]\ntype Conn = Fake;"), 1);
    assert_eq!(sample("src/path/mod.rs", "#[cfg(test)]\nmod tests;"), 0);
    assert_eq!(sample("src/drill/mod.rs", "tokio::time::sleep(d).await; // tokio::net"), 1);
}
