//! Documents: links lead somewhere, and the first page says what is so.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::no_complaints;
use super::source::{File, files, line, root};

/// What a line of Markdown links to.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in (1..).zip(text.lines()) {
        fenced ^= line.trim_start().starts_with("```");
        if fenced {
            continue;
        }
        let links = line.match_indices("](").filter_map(|(at, _)| line[at + 2..].split(')').next());
        found.extend(links.map(|link| (number, link)));
    }
    found
}

/// A heading as the address of its place, the way code hosts make it.
fn anchors(text: &str) -> Vec<String> {
    let keep = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c => c.is_alphanumeric().then(|| c.to_ascii_lowercase()),
    };
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    headings.map(|heading| heading.chars().filter_map(keep).collect()).collect()
}

fn dead_links(file: &File) -> Vec<String> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let dead = |(number, link): (usize, &str)| {
        if link.contains("://") || link.starts_with("mailto:") {
            return None;
        }
        let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = if path.is_empty() { root().join(&file.path) } else { root().join(folder).join(path) };
        let place = format!("{}:{number}", file.path);
        if !path.is_empty() && !target.exists() {
            return Some(format!("{place}: `{link}` leads nowhere: mend the link or write what it promises"));
        }
        let text = if path.is_empty() { file.text.clone() } else { fs::read_to_string(&target).unwrap_or_default() };
        let missing = !anchor.is_empty() && !anchors(&text).iter().any(|known| known == anchor);
        missing.then(|| format!("{place}: `{link}`: there is no such heading"))
    };
    targets(&file.text).into_iter().filter_map(dead).collect()
}

/// Documents that code and settings speak of.
fn dead_mentions(file: &File) -> Vec<String> {
    let mention = |(at, _): (usize, &str)| {
        let name: String =
            file.text[at..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '/' | '-' | '_' | '.')).collect();
        let name = name.trim_end_matches('.').to_owned();
        (at, name)
    };
    let mentions = file
        .text
        .match_indices("docs/")
        .map(mention)
        .filter(|(_, name)| Path::new(name).extension().is_some_and(|ending| ending == "md"));
    let dead = mentions.filter(|(_, name)| !root().join(name).exists());
    dead.map(|(at, name)| format!("{}:{}: there is no `{name}`", file.path, line(&file.text, at))).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_link_leads_somewhere() {
    no_complaints(&files("", &[".md"]).iter().flat_map(dead_links).collect::<Vec<_>>());
}

#[test]
fn every_document_that_is_spoken_of_exists() {
    let spoken = files("", &[".rs", ".toml", ".yaml"]);
    let spoken = spoken.iter().filter(|file| !file.path.starts_with("tests/house/"));
    no_complaints(&spoken.flat_map(dead_mentions).collect::<Vec<_>>());
}

#[test]
fn a_dead_link_is_found() {
    let file = |text: &str| File { path: "docs/a.md".into(), text: text.into() };
    assert_eq!(
        dead_links(&file("[b](../README.md) [c](https://example.org) [d](nowhere.md)\n```\n[e](no.md)\n```")).len(),
        1
    );
    assert_eq!(dead_links(&file("# One thing\n[b](#one-thing) [c](#another)")).len(), 1);
    assert_eq!(dead_mentions(&file("see docs/none.md.")).len(), 1);
}

#[test]
fn every_decision_is_in_the_index() {
    let index = read("docs/decisions/README.md");
    for file in files("docs/decisions", &[".md"]).iter().filter(|file| !file.path.ends_with("README.md")) {
        let name = file.path.trim_start_matches("docs/decisions/");
        assert!(index.contains(&format!("({name})")), "docs/decisions/README.md does not list {name}");
    }
}

#[test]
fn the_first_page_quotes_the_scenario() {
    let (readme, scenario) = (read("README.md"), read("scenarios/quickstart.yaml"));
    let quoted = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block of YAML");
    let lines: Vec<_> = quoted.lines().filter(|line| !line.trim().is_empty() && line.trim() != "# …").collect();
    assert!(lines.len() >= 10, "the first page quotes only {} lines", lines.len());
    for line in lines {
        assert!(scenario.lines().any(|known| known == line), "README.md: `{line}` is not in scenarios/quickstart.yaml");
    }
}

#[test]
fn one_command_tests_it_all() {
    for file in ["README.md", "CONTRIBUTING.md", ".ci/run"] {
        assert!(read(file).contains("tests/run"), "{file} must name the one test command, `tests/run`");
    }
    #[cfg(unix)]
    for file in [".ci/run", "tests/run"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(root().join(file)).expect("a readable file").permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{file} must be executable");
    }
}

#[test]
fn every_shipped_scenario_says_what_it_asks_and_expects() {
    for file in files("scenarios", &[".yaml"]) {
        for word in ["# The question: ", "# The verdict: ", "\nquestion: ", "\nexpect: ", "\n  short:"] {
            assert!(file.text.contains(word), "{}: `{}` is missing", file.path, word.trim());
        }
    }
}

/// The words that begin the lines of a list in the program's help, such as its commands.
fn listed<'t>(help: &'t str, heading: &str) -> Vec<&'t str> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.is_empty());
    let own = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    own.filter_map(|line| line.split_whitespace().next()).filter(|word| *word != "help").collect()
}

#[test]
fn the_first_page_has_the_program_s_commands_and_exit_codes() {
    let help = Command::new(env!("CARGO_BIN_EXE_firedrill")).arg("--help").output().expect("the program starts");
    let help = String::from_utf8(help.stdout).expect("text");
    let readme = read("README.md");
    let commands = listed(&help, "Commands:");
    let table: Vec<_> =
        readme.lines().filter_map(|line| line.strip_prefix("| `firedrill ")?.split(' ').next()).collect();
    assert_eq!(table, commands, "README.md: the table of commands is not what `firedrill --help` lists");
    let codes = help.lines().skip_while(|line| *line != "Exit codes:").skip(1).flat_map(str::split_whitespace);
    let mut codes: Vec<u8> = codes.filter_map(|word| word.parse().ok()).collect();
    codes.sort_unstable();
    let row = |line: &str| line.strip_prefix("| ")?.split(' ').next()?.parse::<u8>().ok();
    let rows: Vec<u8> = readme.lines().filter_map(row).collect();
    assert_eq!(rows, codes, "README.md: the table of exit codes is not that of `firedrill --help`");
}

#[test]
fn the_changelog_knows_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("CHANGELOG.md").contains(version), "CHANGELOG.md says nothing about {version}");
}
