//! What stands on what: imports point down only.

use super::no_complaints;
use super::source::{File, code, files, is_word, line, root, tests_from, words};

/// The layers, from the top. Names on one line never import each other. Those that are not built yet have their place already.
const LAYERS: &[&[&str]] = &[
    &["cli"],
    &["report", "drill", "proxy"],
    &["path", "endpoint", "traffic", "runbook", "injector"],
    &["client"],
    &["verdict"],
    &["analysis"],
    &["vendor", "control"],
    &["journal"],
    &["scenario", "world"],
    &["plan"],
    &["limits", "dlp"],
    &["units", "draw", "confidence"],
];

/// Whatever judges knows the journal and nothing of those who play.
const JUDGES: [&str; 3] = ["analysis", "verdict", "report"];
const PLAYERS: [&str; 9] =
    ["world", "control", "client", "path", "endpoint", "traffic", "runbook", "injector", "drill"];

fn height(layer: &str) -> Option<usize> {
    LAYERS.iter().rev().position(|line| line.contains(&layer))
}

/// The layer that a file below `src/` belongs to; `None` for the roots.
fn layer(path: &str) -> Option<&str> {
    let inner = path.strip_prefix("src/")?;
    let name = inner.split('/').next()?.trim_end_matches(".rs");
    (name != "lib" && name != "main").then_some(name)
}

/// Every name of the crate's root that a file uses, with its line.
fn used(file: &File) -> Vec<(usize, String)> {
    let code = code(&file.text);
    let mut found: Vec<_> = words(&code, "crate::")
        .flat_map(|at| heads(&code[at + "crate::".len()..]).into_iter().map(move |name| (at, name)))
        .collect();
    found.extend(climbed(&file.path, &code));
    found.into_iter().map(|(at, name)| (line(&code, at), name)).collect()
}

/// The first names of a path, which may be a group in braces.
fn heads(path: &str) -> Vec<String> {
    let word = |text: &str| text.trim_start().chars().take_while(|c| is_word(*c)).collect::<String>();
    let Some(group) = path.strip_prefix('{') else { return vec![word(path)] };
    let (mut depth, mut names, mut start) = (1, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => start = true,
            c if start && is_word(c) => {
                names.push(word(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    names
}

/// The names behind chains of `super::` that reach the root.
fn climbed(path: &str, code: &str) -> Vec<(usize, String)> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let depth = inner.split('/').count();
    let tests = tests_from(code);
    let mut found = Vec::new();
    for at in words(code, "super::").filter(|at| !code[..*at].ends_with("super::")) {
        let chain = code[at..].split("super::").take_while(|part| part.is_empty()).count();
        let inside = depth + usize::from(line(code, at) >= tests);
        if chain >= inside {
            found.extend(heads(&code[at + chain * "super::".len()..]).into_iter().map(|name| (at, name)));
        }
    }
    found
}

fn complaints(file: &File) -> Vec<String> {
    let Some(layer) = layer(&file.path) else { return Vec::new() };
    let Some(own) = height(layer) else {
        return vec![format!("{}:1: `{layer}` is in no line of the layer table: give it a place in LAYERS", file.path)];
    };
    let complain = |(line, name): (usize, String)| {
        let place = format!("{}:{line}", file.path);
        if name == layer {
            return None;
        }
        if JUDGES.contains(&layer) && PLAYERS.contains(&name.as_str()) {
            return Some(format!(
                "{place}: `{layer}` judges and must not know `{name}`, which plays: take what is needed from the journal"
            ));
        }
        match height(&name) {
            None => Some(format!("{place}: `{name}` is in no line of the layer table")),
            Some(other) if other < own => None,
            Some(_) => Some(format!(
                "{place}: `{layer}` does not stand on `{name}`: move what is needed down, or hand it over from above"
            )),
        }
    };
    used(file).into_iter().filter_map(complain).collect()
}

/// The lines of the layer picture in a document: the first block that begins with the top layer.
fn picture(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().map(|line| line.trim_start_matches("//!").trim());
    let lines = lines.skip_while(|line| *line != "```text").skip(1).skip_while(|line| *line != "cli");
    let names = |line: &str| {
        let names = line.split("  ").next().unwrap_or_default();
        names.split('·').map(|name| name.trim().to_owned()).collect()
    };
    lines.take_while(|line| *line != "```").map(names).collect()
}

/// The table without what is not built.
fn built() -> Vec<Vec<String>> {
    let exists =
        |name: &&&str| root().join(format!("src/{name}.rs")).exists() || root().join(format!("src/{name}")).exists();
    let row = |row: &&[&str]| row.iter().filter(exists).map(|name| (*name).to_owned()).collect::<Vec<_>>();
    LAYERS.iter().map(row).filter(|row| !row.is_empty()).collect()
}

#[test]
fn imports_point_down() {
    let found: Vec<_> = files("src", &[".rs"]).iter().flat_map(complaints).collect();
    no_complaints(&found);
}

#[test]
fn the_pictures_show_the_table() {
    for file in ["src/lib.rs", "docs/architecture.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(root().join(file)).expect("a readable file");
        assert_eq!(picture(&text), built(), "{file}: the layer picture differs from LAYERS in {}: redraw it", file!());
    }
}

fn sample(path: &str, text: &str) -> Vec<String> {
    complaints(&File { path: path.into(), text: text.into() })
}

#[test]
fn an_import_that_points_up_is_found() {
    let up = sample(
        "src/plan/mod.rs",
        "//! crate::cli is only mentioned\nuse crate::units::Span;\nuse crate::journal::Record;\n",
    );
    assert_eq!(up.len(), 1, "{up:?}");
    assert!(up[0].starts_with("src/plan/mod.rs:3: `plan` does not stand on `journal`"), "{up:?}");
    assert_eq!(sample("src/path/leg.rs", "fn f() { crate::traffic::start() }").len(), 1, "one line, each other");
    assert_eq!(
        sample("src/path/leg.rs", "use crate::{units::Span, drill::{Play, run}, world::Conn};").len(),
        1,
        "a group"
    );
    assert_eq!(sample("src/path/leg.rs", "use super::super::drill::Play;").len(), 1, "climbing to the root");
    assert_eq!(sample("src/draw.rs", "use super::units::Span;").len(), 1, "climbing by one");
    assert_eq!(sample("src/elsewhere/mod.rs", "").len(), 1, "a layer that nobody knows");
}

#[test]
fn an_import_that_points_down_is_none() {
    let down = "use crate::plan::Plan;\nuse super::Path;\n#[cfg(test)]\nmod tests {\n    use super::super::Path;\n}\n";
    assert_eq!(sample("src/path/leg.rs", down), Vec::<String>::new());
}

#[test]
fn a_judge_that_knows_a_player_is_found() {
    let found = sample("src/report/mod.rs", "use crate::path::Known;");
    assert!(found[0].contains("must not know `path`"), "{found:?}");
}
