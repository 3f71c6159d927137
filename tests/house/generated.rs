//! Documents that are written from the code. `FIREDRILL_WRITE_DOCS=1 cargo test --test house` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use firedrill::plan::Fault;
use firedrill::scenario::Code;

use super::source::root;

const NOTE: &str = "<!-- Written from the code by tests/house/generated.rs; do not edit by hand. -->\n\n";

/// The document must hold exactly this, or is rewritten if that is asked for.
fn same(path: &str, text: &str) {
    let file = root().join(path);
    if std::env::var_os("FIREDRILL_WRITE_DOCS").is_some() {
        fs::write(&file, text).expect("a writable document");
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(there == text, "{path} is not what the code says: run `FIREDRILL_WRITE_DOCS=1 cargo test --test house`");
}

fn errors() -> String {
    let mut text = format!("# Mistakes in a scenario\n\n{NOTE}");
    text += "`firedrill check` finds every mistake at once, and shows each with its line. The word in brackets, as in \
        `error[unknown-key]`, is stable: scripts may rely on it. An *error* means that there is no plan and nothing is started (exit code \
        2); a *lint* means that the drill can be played and may not be what its author means.\n\n";
    text += "| code | meaning |\n|---|---|\n";
    for (code, meaning) in Code::ALL {
        let _ = writeln!(text, "| `{}` | {meaning} |", code.name());
    }
    text
}

fn faults() -> String {
    let mut text = format!("# Faults\n\n{NOTE}");
    text += "What can be injected. Every fault stands under an inject's name, with a time (`during: PHASE`, or `at:` and `for:`), and is \
        aimed by the keys that stand beside its own parameters. What each really does in the two worlds is in [fidelity.md](fidelity.md).\n";
    for doc in Fault::DOCS {
        let _ = write!(text, "\n## {}\n\n{}\n", doc.name, doc.summary);
        if !doc.params.is_empty() {
            text += "\n| parameter | meaning |\n|---|---|\n";
        }
        for (name, meaning) in doc.params {
            let _ = writeln!(text, "| `{name}` | {} |", meaning.replace('|', "\\|"));
        }
        let _ = write!(text, "\n{}\n\n```yaml\n{}\n```\n", doc.live, doc.example);
    }
    text
}

#[test]
fn the_list_of_mistakes_is_the_code_s() {
    same("docs/errors.md", &errors());
}

#[test]
fn the_list_of_faults_is_the_code_s() {
    same("docs/faults.md", &faults());
}

#[test]
fn codes_are_stable_words_and_each_is_one() {
    let mut seen = BTreeMap::new();
    for (code, meaning) in Code::ALL {
        assert!(code.name().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", code.name());
        assert!(meaning.ends_with('.'), "{}: say what it means in a sentence", code.name());
        assert_eq!(seen.insert(code.name(), code), None, "two mistakes are called {}", code.name());
    }
}
