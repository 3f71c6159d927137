//! What a word means: faults, figures, parts of a scenario, mistakes, terms. Everything comes from where it is used.

mod figures;
mod pages;
mod terms;

use std::fmt::Write;

use clap::CommandFactory;
use clap_complete::Shell;

pub(super) use self::pages::wrapped;
use super::exit::Exit;
use super::{Cli, Explain, say};
use crate::plan::{Action, Fault, Metric};
use crate::scenario::{self, Code, PARTS};

/// A word that can be explained.
struct Topic {
    kind: Kind,
    name: &'static str,
    page: Box<dyn Fn() -> String>,
}

/// What kind of word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fault,
    Figure,
    Part,
    Mistake,
    Term,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Fault, Self::Figure, Self::Part, Self::Mistake, Self::Term];

    fn heading(self) -> &'static str {
        match self {
            Self::Fault => "Faults",
            Self::Figure => "Figures of targets",
            Self::Part => "Parts of a scenario",
            Self::Mistake => "Mistakes in a scenario",
            Self::Term => "Terms",
        }
    }
}

/// Topics that print something for programs.
const MADE: [(&str, &str); 3] = [
    ("schema", "a JSON Schema of the scenario file, for editors"),
    ("completions", "a completion script: `firedrill explain completions bash`"),
    ("man", "the manual page, or that of a command: `firedrill explain man run`"),
];

/// Prints what a topic is, or which there are.
pub(super) fn explain(args: &Explain) -> Exit {
    let words: Vec<_> = args.topic.iter().map(String::as_str).collect();
    match words[..] {
        [] => done(&list()),
        ["schema"] => done(&pretty(&scenario::schema())),
        ["completions", ref shell @ ..] => completions(shell.first().copied()),
        ["man", ref command @ ..] => manual(command.first().copied()),
        _ => topic(&words.join("-")),
    }
}

fn done(text: &str) -> Exit {
    say::data(text.as_bytes());
    Exit::Done
}

fn pretty(schema: &serde_json::Value) -> String {
    // Words and numbers, which JSON never refuses.
    let mut text = serde_json::to_string_pretty(schema).unwrap_or_default();
    text.push('\n');
    text
}

fn topics() -> Vec<Topic> {
    let faults =
        Fault::DOCS.iter().chain(Action::DOCS).map(|doc| topic_of(Kind::Fault, doc.name, || pages::fault(doc)));
    let figures = Metric::ALL.iter().map(|(name, metric)| topic_of(Kind::Figure, name, || figures::figure(*metric)));
    let parts = PARTS.iter().map(|part| topic_of(Kind::Part, part.name, || pages::part(part)));
    let mistakes =
        Code::ALL.iter().map(|(code, meaning)| topic_of(Kind::Mistake, code.name(), || pages::mistake(*code, meaning)));
    let terms = terms::TERMS.iter().map(|(name, meaning)| topic_of(Kind::Term, name, || pages::term(name, meaning)));
    faults.chain(figures).chain(parts).chain(mistakes).chain(terms).collect()
}

fn topic_of(kind: Kind, name: &'static str, page: impl Fn() -> String + 'static) -> Topic {
    Topic { kind, name, page: Box::new(page) }
}

fn list() -> String {
    let topics = topics();
    let mut text = "firedrill explain TOPIC says what it is. Topics:\n".to_owned();
    for kind in Kind::ALL {
        let names: Vec<_> = topics.iter().filter(|topic| topic.kind == kind).map(|topic| topic.name).collect();
        let _ = write!(text, "\n{}\n{}", kind.heading(), pages::wrapped(&names.join(", "), 2));
    }
    text += "\nFor programs\n";
    for (name, what) in MADE {
        let _ = writeln!(text, "  {name:12} {what}");
    }
    text
}

/// Letters only: `Steady State`, `steady-state` and `steady_state` are one.
fn plain(word: &str) -> String {
    word.to_lowercase().replace(['_', ' '], "-")
}

fn topic(word: &str) -> Exit {
    let topics = topics();
    let of = |word: &str| topics.iter().filter(|topic| plain(topic.name) == plain(word)).collect::<Vec<_>>();
    let mut meant = of(word);
    if meant.is_empty() {
        // A scenario's `journeys` has a topic for one of them.
        meant = word.strip_suffix('s').map(of).unwrap_or_default();
    }
    if meant.is_empty() {
        let known = topics.iter().map(|topic| topic.name).chain(MADE.map(|(name, _)| name));
        let hint = scenario::nearest(word, known)
            .map_or("`firedrill explain` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
        say::error(&format!("there is no topic `{word}`: {hint}"));
        return Exit::Usage;
    }
    done(&meant.iter().map(|topic| (topic.page)()).collect::<Vec<_>>().join("\n"))
}

fn completions(shell: Option<&str>) -> Exit {
    let Some(shell) = shell.and_then(|shell| shell.parse::<Shell>().ok()) else {
        let known: Vec<_> = <Shell as clap::ValueEnum>::value_variants().iter().map(Shell::to_string).collect();
        say::error(&format!("completions for which shell? write one of {}", known.join(", ")));
        return Exit::Usage;
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "firedrill", &mut script);
    say::data(&script);
    Exit::Done
}

fn manual(of: Option<&str>) -> Exit {
    let mut whole = Cli::command();
    whole.build();
    let command = match of {
        None => Some(whole.clone()),
        Some(name) => whole.find_subcommand(name).cloned(),
    };
    let Some(command) = command else {
        let names: Vec<_> = whole.get_subcommands().map(clap::Command::get_name).collect();
        say::error(&format!("there is no such command; write one of {}", names.join(", ")));
        return Exit::Usage;
    };
    let mut page = Vec::new();
    // Writing to memory does not fail.
    let _ = clap_mangen::Man::new(command).render(&mut page);
    say::data(&page);
    Exit::Done
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_topic_has_a_page_that_fits_a_terminal() {
        for topic in topics() {
            let page = (topic.page)();
            assert!(page.starts_with(topic.name) && page.lines().count() > 1, "{page}");
            for line in page.lines().filter(|line| !line.contains(": {")) {
                assert!(line.chars().count() <= pages::WIDTH, "{line}");
            }
        }
        assert!(list().lines().all(|line| line.chars().count() <= pages::WIDTH), "{}", list());
    }

    #[test]
    fn no_topic_stands_twice_in_its_list() {
        let mut seen = BTreeSet::new();
        for topic in topics() {
            let key = (topic.kind.heading(), plain(topic.name));
            assert!(seen.insert(key), "{} stands twice", topic.name);
        }
    }
}
