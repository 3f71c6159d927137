//! Documents that are written from the code. `FIREDRILL_WRITE_DOCS=1 cargo test --test house` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use firedrill::plan::{Action, Fault, Param, ParamKind, ParamNeed};
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

/// Keys with what they hold and mean, those of their maps below them.
fn table(text: &mut String, params: &[Param], within: &str) {
    for param in params {
        let name = format!("{within}{}", param.name);
        let need = match param.need {
            ParamNeed::Must(_) => String::new(),
            ParamNeed::OneOf => "one of these: ".to_owned(),
            ParamNeed::May => "optional: ".to_owned(),
            ParamNeed::Or(default) => format!("default `{default}`: "),
        };
        let _ = writeln!(text, "| `{name}` | {need}{} | {} |", param.kind, param.meaning);
        if let ParamKind::Map(params) = param.kind {
            table(text, params, &format!("{name}."));
        }
    }
}

fn heading(text: &mut String, params: &[Param]) {
    *text += "\n| key | value | meaning |\n|---|---|---|\n";
    table(text, params, "");
}

const AIMING: &str = "
A fault hits the units that all of its conditions hold for; without any it hits everything, unless it says that it needs one. A *unit* is one way of a handshake, an HTTP
request, an HTTP answer, a frame of a WebSocket, or a chunk of a byte stream.
";

const SHAPING: &str = "
At its full level a fault does what its parameters say. A ramp and a waveform make the level less than that for a while, and multiply. What
has a size is scaled by the level: the delay of `latency` and `push_delay`, and `bandwidth`, whose rate is divided by it (at half the level
twice as many bytes pass). Of what has no size such a share of units is hit. What is picked with `first` and `every` is counted over those
that are left.
";

const SHAPED: &str = "
```yaml
brownout: { during: fault, ramp: 2m, latency: { endpoint: dingtalk, normal: { mean: 400ms, sd: 80ms } } }
gusts: { during: fault, waveform: { burst: { every: 30s, for: 5s } }, status: { endpoint: dingtalk, code: 503, chance: 20% } }
replay: { during: fault, waveform: { trace: [[0s, 10%], [90s, 100%], [5m, 0%]] }, loss: { endpoint: dingtalk, random: 5% } }
third-time: { during: fault, drop_reply: { endpoint: dingtalk, capability: chat, every: 3, first: 10 } }
some-lines: { during: fault, reset: { endpoint: dingtalk, chance: 10%, per: connection } }
```
";

const OUTSIDE: &str = "
## Outside of the path

What follows is done elsewhere, not to traffic: nothing of the above says whom it hits, and it has no level. It stands in an inject like a
fault, with a time, and never without its undo. How it is made safe, and what to do when something is left, is in [actions.md](actions.md).
";

fn faults() -> String {
    let mut text = format!("# Faults\n\n{NOTE}");
    text += "What can be injected. Every fault stands under an inject's name, with a time, and is aimed by the keys that stand beside its own \
        parameters. `firedrill explain FAULT` shows the same. What each really does in the two worlds is in \
        [fidelity.md](fidelity.md).\n\n## Whom it hits\n\nIn the map of the fault:\n";
    heading(&mut text, Param::AIM);
    text += AIMING;
    text += "\n## When, and how hard\n\nBeside the fault, in the map of the inject:\n";
    heading(&mut text, Param::TIMES);
    text += SHAPING;
    text += SHAPED;
    for doc in Fault::DOCS {
        let _ = write!(text, "\n## {}\n\n{}\n", doc.name, doc.summary);
        if !doc.params.is_empty() {
            heading(&mut text, doc.params);
        }
        let _ = write!(text, "\n{}\n\n```yaml\n{}\n```\n", doc.live, doc.example);
    }
    text += OUTSIDE;
    for doc in Action::DOCS {
        let _ = write!(text, "\n### {}\n\n{}\n", doc.name, doc.summary);
        heading(&mut text, doc.params);
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
