//! Habits: sizes, leftovers, `select!`, and the one module that knows the YAML library.

use super::no_complaints;
use super::source::{File, code, files, line, root, tests_from, words};

/// The most lines of a source file without its unit tests. A function's length is watched by clippy (`clippy.toml`).
const FILE_LINES: usize = 400;

/// Words that stand for work which was put off. Taken apart, so that this file holds none.
const LEFT: [&str; 3] = [concat!("FIX", "ME"), concat!("XX", "X"), concat!("TO", "DO")];
const LEFT_MACROS: [&str; 3] = ["todo!", "unimplemented!", "dbg!"];

/// The beginnings of paths that exist on one machine only.
const MACHINE: [&str; 4] =
    [concat!("/ho", "me/"), concat!("/Use", "rs/"), concat!("/ro", "ot/"), concat!("C:\\", "Users")];

fn too_long(file: &File) -> Vec<String> {
    let code = code(&file.text);
    let lines = code.lines().count().min(tests_from(&code).saturating_sub(1));
    let complaint = || {
        let place = format!("{}:{FILE_LINES}", file.path);
        format!("{place}: {lines} lines, {FILE_LINES} are the most: split it where it changes its subject")
    };
    (lines > FILE_LINES).then(complaint).into_iter().collect()
}

fn left_over(file: &File) -> Vec<String> {
    let complain = |text: &str, at: usize, word: &str| {
        format!("{}:{}: `{word}`: do it now, or write down why not", file.path, line(text, at))
    };
    let mut found: Vec<_> =
        LEFT.iter().flat_map(|word| words(&file.text, word).map(|at| complain(&file.text, at, word))).collect();
    if file.is_rust() {
        let code = code(&file.text);
        found.extend(LEFT_MACROS.iter().flat_map(|word| words(&code, word).map(|at| complain(&code, at, word))));
    }
    found
}

fn of_one_machine(file: &File) -> Vec<String> {
    let here = root().to_string_lossy().into_owned();
    let places = MACHINE.iter().copied().chain([here.as_str()]);
    let complain = |at: usize, place: &str| {
        format!("{}:{}: `{place}` exists on one machine: name it from the root", file.path, line(&file.text, at))
    };
    // SCIM's users are at a path of this name on every machine (RFC 7644 §3.2).
    let is_scim = |at: usize| file.text[..at].ends_with("/v2");
    let found =
        |place: &str| file.text.match_indices(place).map(|(at, _)| at).filter(|at| !is_scim(*at)).collect::<Vec<_>>();
    places.flat_map(|place| found(place).into_iter().map(move |at| complain(at, place))).collect()
}

fn unordered(file: &File) -> Vec<String> {
    let code = code(&file.text);
    let select = concat!("sel", "ect!");
    let arms = words(&code, select).filter(|at| {
        let body = code[at + select.len()..].trim_start().trim_start_matches(['{', '(', '[']);
        !body.trim_start().starts_with("biased;")
    });
    let complain = |at| {
        format!(
            "{}:{}: without `biased;` it draws its order from a generator of its own, and one seed gives two histories",
            file.path,
            line(&code, at)
        )
    };
    arms.map(complain).collect()
}

fn reads_yaml(file: &File) -> Vec<String> {
    let code = code(&file.text);
    if file.path == "src/scenario/yaml.rs" {
        return Vec::new();
    }
    let complain =
        |at| format!("{}:{}: only `src/scenario/yaml.rs` knows the YAML library", file.path, line(&code, at));
    ["serde_yaml", "serde_saphyr"].iter().flat_map(|name| words(&code, name)).map(complain).collect()
}

/// Every text that people write.
fn texts() -> Vec<File> {
    files("", &[".rs", ".md", ".toml", ".yaml", ".yml", ".py", ".html", ".css", ".txt", "/run"])
}

fn check(folders: &[&str], rule: fn(&File) -> Vec<String>) {
    let files = folders.iter().flat_map(|folder| files(folder, &[".rs"]));
    no_complaints(&files.flat_map(|file| rule(&file)).collect::<Vec<_>>());
}

#[test]
fn files_fit_a_head() {
    check(&["src"], too_long);
}

#[test]
fn every_select_is_biased() {
    check(&["src", "tests", "benches"], unordered);
}

#[test]
fn one_module_knows_the_yaml_library() {
    check(&["src", "tests", "benches"], reads_yaml);
}

#[test]
fn nothing_is_left_over() {
    no_complaints(&texts().iter().flat_map(left_over).collect::<Vec<_>>());
}

#[test]
fn no_path_of_one_machine() {
    no_complaints(&texts().iter().flat_map(of_one_machine).collect::<Vec<_>>());
}

#[test]
fn each_of_these_can_fail() {
    let file = |text: &str| File { path: "src/a.rs".into(), text: text.into() };
    assert_eq!(too_long(&file(&"x;\n".repeat(FILE_LINES + 1))).len(), 1);
    let tested = format!("x;\n#[cfg(test)]\nmod tests {{\n{}}}\n", "y;\n".repeat(FILE_LINES));
    assert_eq!(too_long(&file(&tested)).len(), 0, "unit tests are not counted");
    assert_eq!(left_over(&file(&format!("// {} later\ntodo!()", LEFT[0]))).len(), 2);
    assert_eq!(left_over(&file("a_dbg!(); // dbg!")).len(), 0);
    assert_eq!(of_one_machine(&file(&format!("\"{}me\"", MACHINE[0]))).len(), 1);
    let unfair = concat!("tokio::sel", "ect! {\n  a = b => c,\n}");
    assert_eq!(unordered(&file(unfair)).len(), 1);
    assert_eq!(unordered(&file(concat!("tokio::sel", "ect! {\n  // why\n  biased;\n  a = b => c,\n}"))).len(), 0);
    assert_eq!(reads_yaml(&file("use serde_yaml::Value;")).len(), 1);
    assert_eq!(reads_yaml(&file("// serde_yaml is known elsewhere")).len(), 0);
}
